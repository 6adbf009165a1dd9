"""The answers of a study as files of SPSS and Stata."""

import math
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pandas as pd

from wavehouse_exchange.exports.coding import (
    DATES,
    DESIGN_LABELS,
    NUMBERS,
    Coding,
    code_variable,
    write_code_lists,
)
from wavehouse_exchange.exports.names import legal_names
from wavehouse_exchange.exports.programs import File, Labels, Program
from wavehouse_exchange.exports.study import RESPONDENT_COLUMNS, Study, answer_rows, read_study

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection

NAN = math.nan


def write_statistical(
    connection: "DuckDBPyConnection", study_id: str, folder: Path, program: Program
) -> list[Path]:
    """Write the answers of all waves, and of each wave, as files of a program.

    Args:
        connection: of `published.connect`.
        study_id: the study.
        folder: where to write.
        program: SPSS or Stata.

    Returns:
        the files, with lists of names and codes, and a text of what had to be shortened.
    """
    study = read_study(connection, study_id)
    columns = [*RESPONDENT_COLUMNS, *(variable.column for variable in study.variables)]
    names = legal_names(columns, program.rules)
    codings = {
        variable.column: code_variable(variable, study, program.kinds)
        for variable in study.variables
    }
    labels = program.labels()
    files = []
    for wave in [None, *study.waves] if len(study.waves) > 1 else study.waves:
        ending = f"_{wave['wave_id']}" if wave else ""
        path = folder / f"{study_id}{ending}{program.suffix}"
        program.write(_file(connection, study, wave, path, program, names, codings, labels))
        files.append(path)
    lists = write_code_lists(folder, study, names, codings)
    notes = folder / "notes.txt"
    # The same label stands in the file of all waves and in those of single ones.
    cuts = list(dict.fromkeys(labels.cuts))
    renamed = [
        f"{column} is named {names[column]}." for column in columns if names[column] != column
    ]
    told = [*renamed, *cuts] or ["Nothing had to be shortened or renamed."]
    notes.write_text("\n".join(told) + "\n", encoding="utf-8")
    if renamed or cuts:
        print(
            f"{program.rules.program}: {len(renamed)} names were changed and {len(cuts)} labels "
            "cut, because the format has limits; notes.txt beside the files lists them."
        )
    return [*files, *lists, notes]


def _file(
    connection: "DuckDBPyConnection",
    study: Study,
    wave: Mapping[str, Any] | None,
    path: Path,
    program: Program,
    names: Mapping[str, str],
    codings: Mapping[str, Coding],
    labels: Labels,
) -> File:
    variables = study.asked_in(wave["wave_id"] if wave else None)
    about = study.study
    title = wave["wave_label"] if wave else about["study_label"]
    column_labels = {
        names[column]: labels.fit(text, labels.of_variable, f"Label of {names[column]}")
        for column, text in [
            *DESIGN_LABELS.items(),
            *((variable.column, variable.label) for variable in variables),
        ]
    }
    value_labels = {
        names[variable.column]: {
            value: labels.fit(
                text, labels.of_value, f"Label of value {value} of {names[variable.column]}"
            )
            for value, text in codings[variable.column].labels.items()
        }
        for variable in variables
        if codings[variable.column].labels
    }
    formats = {names[name]: program.date_format for name in DATES}
    formats |= {
        names[variable.column]: program.number_format(
            0 if variable.is_whole or not variable.is_numeric else variable.decimals or 4
        )
        for variable in variables
    }
    measures = {
        names[column]: "scale" if column in (*NUMBERS, *DATES) else "nominal"
        for column in RESPONDENT_COLUMNS
    }
    measures |= {
        names[variable.column]: "scale" if variable.is_numeric else "nominal"
        for variable in variables
    }
    return File(
        path,
        _data(connection, study, wave["wave_id"] if wave else None, program, names, codings),
        labels.fit(title, labels.of_file, "Label of the file"),
        [
            f"Study: {about['study_label']} ({study.study_id})",
            f"Wave: {wave['wave_label']}, {wave['wave_date']}" if wave else "All waves",
            f"Please cite: {about['citation']}",
            f"Terms of use: {about['terms_of_use']}",
            f"Wavehouse {study.release.version}, release {study.release.release_id}",
            "Harmonised answers, one row for each respondent. codes.csv says what each value "
            "means.",
        ],
        column_labels,
        value_labels,
        {names[variable.column]: codings[variable.column] for variable in variables},
        formats,
        measures,
    )


def _data(
    connection: "DuckDBPyConnection",
    study: Study,
    wave_id: str | None,
    program: Program,
    names: Mapping[str, str],
    codings: Mapping[str, Coding],
) -> pd.DataFrame:
    """Give the answers as the program's values, with a column for each of its names."""
    columns, parts = answer_rows(connection, study, wave_id)
    data: dict[str, list[Any]] = {column: [] for column in columns}
    for part in parts:
        for column, texts in zip(columns, zip(*part, strict=True), strict=True):
            data[column] += _values(column, texts, program, codings)
    return pd.DataFrame(
        {
            names[column]: _series(values, column in codings or column in (*DATES, *NUMBERS))
            for column, values in data.items()
        }
    )


def _values(
    column: str, texts: Sequence[Any], program: Program, codings: Mapping[str, Coding]
) -> list[Any]:
    if column in codings:
        values = codings[column].values
        # None is a variable that the wave did not have; a text without a value is a number.
        return [
            NAN if text is None else values[text] if text in values else float(text)
            for text in texts
        ]
    if column in DATES:
        return [NAN if day is None else program.date_number(day) for day in texts]
    if column in NUMBERS:
        return [NAN if number is None else number for number in texts]
    return [text or "" for text in texts]


def _series(values: list[Any], is_number: bool) -> pd.Series:
    if not is_number:
        return pd.Series(values, dtype="object")
    if not any(isinstance(value, str) for value in values):
        return pd.Series(values, dtype="float64")
    # Numbers with Stata's letters among them. pyreadstat takes a column for text if its first rows
    # hold only letters; of a categorical one it looks at the categories, so numbers come first.
    different = {value for value in values if value == value}
    ordered = sorted(different, key=lambda value: (isinstance(value, str), value))
    return pd.Series(pd.Categorical(values, categories=ordered))
