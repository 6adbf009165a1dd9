"""Waves of this project's studies as if they were new, with a key from its codebook.

What belongs together the codebook says: a variable's column in one wave and in the next, whatever
they are called. Of NHANES the columns that the codebook does not use are in the key too: its names
are stable, so a name that both waves have under the same label is one question, and one that only
one of them has ended or is new. Left out are names whose label changed, and columns that have one
wave's name and the label of another name in the other: of these no list says what they are.

Each pair is there a second time with its names shuffled within each file, all but the
respondent's, so that no name can carry a match. NHANES' files have no labels; a third time both
waves have those of the agency's codebook.
"""

from __future__ import annotations

import csv
import gzip
import random
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from itertools import pairwise
from pathlib import Path

import pyreadstat
from rapidfuzz import fuzz

from benchmark.rivals.run import ROOT

SEEDS = ("gss", "bsa")
LANDED = "nhanes"
RESPONDENTS = ("SEQN", "rownames")
# Labels so much alike, of a hundred, may be one question.
MUCH_THE_SAME = 80
AS_DELIVERED, DEALT_OUT = "as delivered", "names dealt out"
LABELLED = "names dealt out, with labels"


@dataclass(frozen=True)
class Pair:
    """A wave and the one before it.

    Attributes:
        name: what to call the pair.
        group: the study and what was done to its files.
        old: the files of the earlier wave.
        new: those of the later one.
        key: what became of each column.
        joined_on: the column that several files are joined on.
        design: weights, strata and the like, which nobody is asked.
        is_decided: whether somebody would bring them in so; not where nothing says what is asked.
    """

    name: str
    group: str
    old: tuple[Path, ...]
    new: tuple[Path, ...]
    key: Path
    joined_on: str | None = None
    design: frozenset[str] = frozenset()
    is_decided: bool = True


def real_pairs(folder: Path, landing: Path | None, quick: bool = False) -> Iterator[Pair]:
    """Give the pairs of waves, as delivered and with names shuffled.

    Args:
        folder: gets the keys and the files with other names.
        landing: where the delivered files of NHANES are, if they are at hand.
        quick: only the last pair of each study.
    """
    for study in (*SEEDS, *([LANDED] if landing else [])):
        waves = _waves(study, landing)
        for before, after in list(pairwise(waves))[-1 if quick else 0 :]:
            for made in (AS_DELIVERED, DEALT_OUT, *([LABELLED] if study == LANDED else [])):
                yield _pair(study, (before, waves[before]), (after, waves[after]), folder, made)


def _waves(study: str, landing: Path | None) -> dict[str, tuple[Path, ...]]:
    """Give the files of each wave, in order."""
    rows = [row for row in _codebook("waves") if row["study_id"] == study]
    rows.sort(key=lambda row: int(row["wave_number"]))
    found = {}
    for wave in (row["wave_id"] for row in rows):
        if study in SEEDS:
            found[wave] = (ROOT / "seeds" / "waves" / study / f"{study}_{wave}.csv",)
        elif landing:
            found[wave] = tuple(
                landing / row["file_name"]
                for row in _codebook("deliveries")
                if (row["study_id"], row["wave_id"]) == (study, wave)
            )
    return found


def _pair(
    study: str,
    old: tuple[str, tuple[Path, ...]],
    new: tuple[str, tuple[Path, ...]],
    folder: Path,
    made: str,
) -> Pair:
    """Write the key of two waves, and their files where these are not as delivered."""
    name = f"{study} {old[0]} to {new[0]}, {made}"
    place = folder / name.replace(" ", "_").replace(",", "")
    place.mkdir(parents=True, exist_ok=True)
    files, later = old[1], new[1]
    called: dict[str, str] = {}
    if made == LABELLED:
        files = tuple(_written(path, place / path.name, None, {}, labelled=True) for path in files)
    if made != AS_DELIVERED:
        draw = random.Random(name)
        later = tuple(
            _written(path, place / path.name, draw, called, labelled=made == LABELLED)
            for path in later
        )
    labels = {}
    if study == LANDED:
        labels = {wave: _labels(paths) for wave, paths in (old, new)}
    key = place / "key.csv"
    with key.open("w", encoding="utf-8", newline="") as stream:
        writer = csv.writer(stream, lineterminator="\n")
        writer.writerow(["column_in_old", "column_in_new", "relation", "change"])
        for before, after, relation in _relations(study, old[0], new[0], labels):
            writer.writerow([before, called.get(after, after), relation, ""])
    joined_on = RESPONDENTS[0] if len(later) > 1 else None
    design = frozenset(row["source_column"] for row in _codebook("design_columns"))
    return Pair(name, f"{study}, {made}", files, later, key, joined_on, design, made != DEALT_OUT)


def _relations(
    study: str, old: str, new: str, labels: Mapping[str, Mapping[str, str]]
) -> Iterator[tuple[str, str, str]]:
    """Say what became of each column."""
    before, after = _columns_of_variables(study, old), _columns_of_variables(study, new)
    linked = {(before[variable], after[variable]) for variable in before.keys() & after.keys()}
    yield from ((one, other, "same question") for one, other in sorted(linked))
    if not labels:
        return
    used, used_later = {one for one, _ in linked}, {other for _, other in linked}
    first = {name: label for name, label in labels[old].items() if name not in used}
    second = {name: label for name, label in labels[new].items() if name not in used_later}
    for name in sorted(first.keys() & second.keys()):
        if first[name] == second[name] != "":
            yield name, name, "same question"
    ended, came = first.keys() - second.keys(), second.keys() - first.keys()
    for name in sorted(ended):
        if first[name] and not _is_among(first[name], second.values()):
            yield name, "", "ends"
    for name in sorted(came):
        if second[name] and not _is_among(second[name], first.values()):
            yield "", name, "new"


def _is_among(label: str, others: Iterable[str]) -> bool:
    return any(fuzz.token_sort_ratio(label, other) >= MUCH_THE_SAME for other in others)


def _columns_of_variables(study: str, wave: str) -> dict[str, str]:
    """Give the column of each variable in a wave."""
    order = {
        row["wave_id"]: int(row["wave_number"])
        for row in _codebook("waves")
        if row["study_id"] == study
    }
    return {
        row["variable_id"]: row["source_column"]
        for row in _codebook("questions")
        if row["study_id"] == study
        and order[row["valid_from_wave"]] <= order[wave]
        and (not row["valid_to_wave"] or order[wave] <= order[row["valid_to_wave"]])
    }


@cache
def _agency(landing: Path) -> dict[tuple[str, str], str]:
    """Give the label of each column of each file, as the agency's codebook has it."""
    with gzip.open(landing / "codebook_variables.csv.gz", "rt", encoding="utf-8") as stream:
        return {
            (row["TableName"], row["Variable"]): row["SasLabel"] for row in csv.DictReader(stream)
        }


def _labels(paths: Sequence[Path]) -> dict[str, str]:
    """Give the labels of all columns of NHANES, without signs that differ by the year."""
    found: dict[str, str] = {}
    for path in paths:
        names = list(pyreadstat.read_xport(str(path), metadataonly=True)[1].column_names)
        for name in names:
            label = _agency(path.parent).get((path.stem, name), "")
            found[name] = " ".join(re.findall(r"\w+", label.casefold()))
    return found


def _written(
    path: Path,
    target: Path,
    draw: random.Random | None,
    called: dict[str, str],
    *,
    labelled: bool,
) -> Path:
    """Write a file with its names shuffled, or with the agency's labels.

    Args:
        path: the delivered file.
        target: where to write it.
        draw: deals the names out; None leaves them.
        called: gets the new name of each column.
        labelled: whether the columns get labels.
    """
    if path.suffix == ".csv":
        with path.open(encoding="utf-8", newline="") as stream:
            header, *rows = csv.reader(stream)
        with target.open("w", encoding="utf-8", newline="") as stream:
            writer = csv.writer(stream, lineterminator="\n")
            writer.writerows([_dealt(header, draw, called), *rows])
        return target
    data, _ = pyreadstat.read_xport(str(path))
    labels = [_agency(path.parent).get((path.stem, name), "") for name in data.columns]
    data.columns = _dealt(list(data.columns), draw, called)
    target = target.with_suffix(".sav") if labelled else target
    if labelled:
        pyreadstat.write_sav(data, str(target), column_labels=labels)
    else:
        pyreadstat.write_xport(data, str(target), file_format_version=5)
    return target


def _dealt(names: Sequence[str], draw: random.Random | None, called: dict[str, str]) -> list[str]:
    if draw:
        free = [name for name in names if name not in RESPONDENTS]
        called |= dict(zip(free, draw.sample(free, len(free)), strict=True))
    return [called.get(name, name) for name in names]


def _codebook(table: str) -> list[dict[str, str]]:
    with (ROOT / "seeds" / "codebook" / f"{table}.csv").open(
        encoding="utf-8", newline=""
    ) as stream:
        return list(csv.DictReader(stream))
