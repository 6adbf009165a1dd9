"""Ids and names of files in the codebook that may not become names, with their rows."""

import re
from collections.abc import Iterator

from wavehouse.codebook.ids import (
    MOST_OF_COLUMN,
    complaint_about_column,
    complaint_about_file,
    complaint_about_study,
    complaint_about_wave,
    same_file,
    shown,
)
from wavehouse.codebook.tables import Codebook, Row


def id_problems(codebook: Codebook) -> list[str]:
    """List what is wrong with ids and names that paths, columns and pages are made of.

    Other ids are only compared, and left to the checks of the build.
    """
    return [
        *(
            problem
            for name in ("waves", "field_schedule", "deliveries")
            for problem in _of_waves(codebook, name)
        ),
        *_same_names(codebook),
        *_of_columns(codebook),
        *file_problems(codebook.rows("deliveries")),
    ]


def file_problems(deliveries: list[Row]) -> Iterator[str]:
    """List names of delivered files that cannot be names, or are one file on some systems."""
    seen: dict[tuple[str, str, str], str] = {}
    for row in deliveries:
        study_id, wave_id, name = row["study_id"], row["wave_id"], row["file_name"]
        where = f"{_row('deliveries', row)}: file_name {shown(name)}"
        if complaint := complaint_about_file(name):
            yield f"{where} {complaint}."
        other = seen.setdefault((study_id, wave_id, same_file(name)), name)
        if other != name:
            yield (
                f"{where} and {shown(other)} are the same file on systems that ignore case. "
                "Rename one."
            )


def _row(table: str, row: Row) -> str:
    study, wave = (
        text if re.fullmatch(r"\w+", text, re.ASCII) else shown(text)
        for text in (row["study_id"], row["wave_id"])
    )
    return f"seeds/codebook/{table}.csv, study {study}, wave {wave}"


def _of_waves(codebook: Codebook, table: str) -> Iterator[str]:
    for row in codebook.rows(table):
        for column, complaint in (
            ("study_id", complaint_about_study(row["study_id"])),
            ("wave_id", complaint_about_wave(row["wave_id"], row["study_id"])),
        ):
            if complaint:
                yield f"{_row(table, row)}: {column} {complaint}."


def _same_names(codebook: Codebook) -> Iterator[str]:
    """List waves of different studies whose files and tables would have one name."""
    first: dict[str, tuple[str, str]] = {}
    for row in codebook.rows("waves"):
        name, key = f"{row['study_id']}_{row['wave_id']}", (row["study_id"], row["wave_id"])
        study_id, wave_id = first.setdefault(name, key)
        if (study_id, wave_id) != key:
            yield (
                f"{_row('waves', row)}: its files and tables would have the name {shown(name)}, "
                f"like those of study {study_id}, wave {wave_id}. Give one of the two another id."
            )


def _of_columns(codebook: Codebook) -> Iterator[str]:
    for segment in codebook.rows("segments"):
        segment_id = segment["segment_id"]
        if complaint := complaint_about_column(segment_id, prefix="segment_"):
            yield f"seeds/codebook/segments.csv: segment_id {shown(segment_id)} {complaint}."
    for variable in codebook.rows("variables"):
        variable_id = variable["variable_id"]
        # Upper case is left to the checks, which list it with all else.
        if not re.fullmatch(r"\w+", variable_id, re.ASCII) or len(variable_id) > MOST_OF_COLUMN:
            yield (
                f"seeds/codebook/variables.csv: variable_id {shown(variable_id)} becomes the name "
                "of a column and part of the name of a page in the docs. Use letters without "
                f"accents, digits and underscores, at most {MOST_OF_COLUMN} of them."
            )
