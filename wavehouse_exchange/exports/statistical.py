"""The answers of a study as files of SPSS and Stata."""

import math
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pandas as pd

from wavehouse_exchange.exports.coding import (
    Coding,
    Value,
    code_variable,
    write_code_lists,
)
from wavehouse_exchange.exports.declaring import write_r_script, write_stata_script
from wavehouse_exchange.exports.names import legal_names
from wavehouse_exchange.exports.programs import File, Labels, Program
from wavehouse_exchange.exports.study import Study, answer_rows, read_study

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
        the files, with lists of names and codes, how the sampling design is declared, and a text
        of what had to be shortened.
    """
    study = read_study(connection, study_id)
    columns = [
        *(column.name for column in study.columns),
        *(variable.column for variable in study.variables),
    ]
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
    lists.append(write_r_script(folder, study, names, program.suffix, program.r_reading))
    if program.has_do_files:
        lists.append(write_stata_script(folder, study, names, program.suffix))
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
            *((column.name, column.label) for column in study.columns),
            *((variable.column, variable.label) for variable in variables),
        ]
    }
    value_labels = {
        names[variable.column]: labels.fit_values(
            codings[variable.column].labels, names[variable.column]
        )
        for variable in variables
        # Of a number, programs take a label of one value for a sign that all values are categories.
        if codings[variable.column].labels and not variable.is_numeric
    }
    formats = {names[name]: program.date_format for name in _dates(study)}
    formats |= {
        names[variable.column]: program.number_format(
            0 if variable.is_whole or not variable.is_numeric else variable.decimals or 4
        )
        for variable in variables
    }
    measures = {
        names[column.name]: "scale" if column.is_number or column.is_date else "nominal"
        for column in study.columns
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
    dates = _dates(study)
    numbers = {column.name for column in study.columns if column.is_number}
    data: dict[str, list[Any]] = {column: [] for column in columns}
    for part in parts:
        for column, texts in zip(columns, zip(*part, strict=True), strict=True):
            if column in codings:
                data[column] += _answers(texts, codings[column])
            elif column in dates:
                data[column] += [NAN if day is None else program.date_number(day) for day in texts]
            elif column in numbers:
                data[column] += [NAN if number is None else number for number in texts]
            else:
                data[column] += [text or "" for text in texts]
    return pd.DataFrame(
        {
            names[column]: _series(values, column in codings or column in dates | numbers)
            for column, values in data.items()
        }
    )


def _dates(study: Study) -> set[str]:
    return {column.name for column in study.columns if column.is_date}


def _answers(texts: Sequence[str | None], coding: Coding) -> list[Value]:
    values = coding.values
    # None is a variable that the wave did not have; a text without a value is a number.
    return [
        NAN if text is None else values[text] if text in values else float(text) for text in texts
    ]


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
