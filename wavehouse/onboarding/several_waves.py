"""Files that hold several waves: which others there are, and the column that tells them apart."""

from collections.abc import Collection, Sequence
from dataclasses import replace
from pathlib import Path

from wavehouse.landing.land import is_catalogue
from wavehouse.landing.options import fitting
from wavehouse.landing.readers import open_table
from wavehouse.landing.reshape import values_of
from wavehouse.landing.tables import ReadingOptions
from wavehouse.onboarding.draft import Proposal


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
    return (
        f"\nThe file has other waves too: {named}. When this one is applied, go on with\n"
        f"  wavehouse add-wave {study_id} {following} {path} --split-by {wanted.column}"
    )


def with_wave_column(
    proposals: Sequence[Proposal], reading: ReadingOptions, study_id: str, wave_id: str
) -> list[Proposal]:
    """Let the column that says which wave a row is of be waived, and not become a question."""
    column = reading.split_by.column.casefold() if reading.split_by else None
    kept = [p for p in proposals if p.subject.casefold() != column]
    own = [p for p in proposals if p.subject.casefold() == column]
    if not own:
        return kept
    waiver = {
        "study_id": study_id,
        "source_column": own[0].subject,
        "valid_from_wave": wave_id,
        "waiver_kind": "technical",
        "reason": "Says which wave a row is of.",
    }
    what = "it says which wave a row is of, and is the same in all of them. Accept waives it"
    change = {"table": "waived_columns", "add": waiver}
    return [Proposal("wave_column", own[0].subject, 0.95, what, [change], [change]), *kept]
