"""Files that hold several waves: which others there are, and the column that tells them apart."""

import shlex
from collections.abc import Collection, Mapping, Sequence
from dataclasses import replace
from pathlib import Path

from wavehouse_exchange.landing.land import is_catalogue
from wavehouse_exchange.landing.options import fitting, written
from wavehouse_exchange.landing.readers import open_table
from wavehouse_exchange.landing.reshape import values_of
from wavehouse_exchange.landing.tables import ReadingOptions, RowsOfAWave, texts_of
from wavehouse_exchange.onboarding.draft import Proposal
from wavehouse_exchange.onboarding.profile import WaveProfile
from wavehouse_exchange.onboarding.wanted import NEW_KINDS


def other_waves(
    files: Sequence[Path], reading: ReadingOptions, study_id: str, known: Collection[str]
) -> str:
    """Say which waves a file has that the study has not, and how the next of them is brought in.

    Args:
        files: the delivered files.
        reading: how they are read.
        study_id: the study.
        known: the waves that it has, and the one that is brought in now.

    Returns:
        lines to put behind others; nothing if the file was not split, or has no other wave.
    """
    wanted = reading.split_by
    if wanted is None:
        return ""
    path = next(path for path in files if not is_catalogue(path))
    whole = replace(fitting(reading, path), split_by=None, leave_out=())
    counts = values_of(open_table(path, whole), wanted.column)
    others = {
        value: count
        for value, count in counts.items()
        if value and value not in known and value != wanted.value
    }
    if not others:
        return ""
    named = ", ".join(f"{value} ({count} rows)" for value, count in others.items())
    following = next(iter(others))
    same = replace(fitting(reading, path), split_by=RowsOfAWave(wanted.column))
    words = shlex.join([str(path) for path in files])
    return (
        "\n"
        f"The file has other waves too: {named}. When this one is applied, continue with\n"
        f"  wavehouse add-wave {study_id} {following} {words} {written(same)}"
    )


def repeating_columns(
    files: Sequence[Path], reading: ReadingOptions, new: WaveProfile
) -> dict[str, str]:
    """Find columns of a file with several waves that say nothing but which wave a row is of.

    In each wave they have one value in all rows, and not the same in all waves.

    Args:
        files: the delivered files.
        reading: how they are read.
        new: what the wave has.

    Returns:
        the value that each of them has in this wave.
    """
    wanted = reading.split_by
    constant = {
        name.casefold()
        for name, column in new.columns.items()
        if column.code_count == 1 and not column.empty_count
    }
    if wanted is None or not constant:
        return {}
    path = next(path for path in files if not is_catalogue(path))
    table = open_table(path, replace(fitting(reading, path), split_by=None))
    names = [column.name.casefold() for column in table.columns]
    if wanted.column.casefold() not in names:
        return {}
    of_wave = names.index(wanted.column.casefold())
    places = [place for place, name in enumerate(names) if name in constant and place != of_wave]
    pairs: dict[int, set[tuple[str, str]]] = {place: set() for place in places}
    for chunk in table.chunks:
        waves = [(text or "").strip() for text in texts_of(chunk[of_wave])]
        for place in list(pairs):
            values = ((text or "").strip() for text in texts_of(chunk[place]))
            pairs[place].update(zip(waves, values, strict=True))
            if len({wave for wave, _ in pairs[place]}) < len(pairs[place]):
                del pairs[place]
    here = wanted.value
    return {
        name: dict(pairs[names.index(name.casefold())]).get(here, "")
        for name in new.columns
        if name.casefold() in names
        and names.index(name.casefold()) in pairs
        and len({value for _, value in pairs[names.index(name.casefold())]}) > 1
        and all(value for _, value in pairs[names.index(name.casefold())])
    }


def with_wave_column(
    proposals: Sequence[Proposal],
    reading: ReadingOptions,
    study_id: str,
    wave_id: str,
    repeating: Mapping[str, str],
) -> list[Proposal]:
    """Let columns that say which wave a row is of be waived, and not become questions.

    Args:
        proposals: what is proposed about columns.
        reading: how the files are read.
        study_id: the study.
        wave_id: the wave.
        repeating: what `repeating_columns` found.
    """
    column = reading.split_by.column.casefold() if reading.split_by else None
    own = [p.subject for p in proposals if p.subject.casefold() == column]
    new = {p.subject for p in proposals if p.kind in NEW_KINDS}
    # What earlier waves took for a question goes on as one.
    waived = [*dict.fromkeys(own), *(n for n in repeating if n in new and n not in own)]
    kept = [p for p in proposals if p.subject not in waived]
    return [*(_waiver(name, study_id, wave_id, repeating) for name in waived), *kept]


def _waiver(name: str, study_id: str, wave_id: str, repeating: Mapping[str, str]) -> Proposal:
    waiver = {
        "study_id": study_id,
        "source_column": name,
        "valid_from_wave": wave_id,
        "waiver_kind": "technical",
        "reason": "Says which wave a row belongs to.",
    }
    change = {"table": "waived_columns", "add": waiver}
    if name in repeating:
        what = (
            f"it is {repeating[name]} in all rows of this wave, and has one value in each other "
            "wave of the file: it says which wave a row belongs to. Accept waives it"
        )
        return Proposal("wave_column", name, 0.85, what, [change], [change])
    what = "it says which wave a row belongs to, and is the same in all rows. Accept waives it"
    return Proposal("wave_column", name, 0.95, what, [change], [change])
