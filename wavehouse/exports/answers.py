"""Harmonised answers of a wave, a row per respondent: what every export of microdata begins with.

A category stands as its code, a number as a number, and a missing answer as its kind behind an
underscore, such as `_refused`, so that one column says it all and a reader can tell them apart.
"""

from collections import defaultdict
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from wavehouse.errors import ProblemsError
from wavehouse.wide_tables import column_of

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection

MISSING_KINDS = {
    "not_asked": "Not asked",
    "not_applicable": "Not applicable",
    "dont_know": "Don't know",
    "refused": "Refused",
    "no_answer": "No answer",
    "invalid": "Invalid",
}
MISSING_PREFIX = "_"

# Columns of fct_respondents that an export has before the answers: type, label, role in the design.
DESIGN_COLUMNS = {
    "respondent_key": ("text", "Key of the respondent in the wave", ""),
    "person_key": ("text", "Key of the person, the same in all waves of a panel", "respondent"),
    "stratum_id": ("text", "Stratum of the sampling design", "stratum"),
    "psu_key": ("text", "Primary sampling unit", "psu"),
    "weight": ("number", "Weight", "weight"),
    "psu_population": ("number", "PSUs in the population of the stratum", "psu_population"),
    "interview_date": ("date", "Date of the interview", "interview_date"),
}


@dataclass(frozen=True)
class Column:
    """A column of a wave's export.

    `data_type` is text, number or date; `categories` are codes with labels, in their order;
    `missing_kinds` are those that occur in the wave; `role` is that of a column of the design.
    """

    name: str
    label: str
    data_type: str
    variable_id: str = ""
    role: str = ""
    categories: dict[str, str] = field(default_factory=dict)
    missing_kinds: tuple[str, ...] = ()
    about: dict[str, Any] = field(default_factory=dict)

    @property
    def is_categorical(self) -> bool:
        """Whether its values are codes of a list."""
        return bool(self.categories)


def rows_of(connection: "DuckDBPyConnection", sql: str, *values: object) -> list[dict[str, Any]]:
    """Give the rows of a query as dicts."""
    found = connection.execute(sql, list(values))
    names = [column[0] for column in found.description or []]
    return [dict(zip(names, row, strict=True)) for row in found.fetchall()]


def waves_of(connection: "DuckDBPyConnection", study_id: str) -> list[dict[str, Any]]:
    """Give the waves of a study in their order, as rows of dim_wave."""
    return rows_of(
        connection, "select * from marts.dim_wave where study_id = ? order by wave_number", study_id
    )


def columns_of_wave(connection: "DuckDBPyConnection", study_id: str, wave_id: str) -> list[Column]:
    """Give the columns of a wave's export: first the design, then each variable that it has.

    Raises:
        ProblemsError: a category has the code that stands for a kind of missing.
    """
    filled = rows_of(
        connection,
        f"select {', '.join(f'count({name}) as {name}' for name in DESIGN_COLUMNS)}, "
        "bool_or(stratum_id <> 'all') as is_stratified from marts.fct_respondents "
        "where study_id = ? and wave_id = ?",
        study_id,
        wave_id,
    )[0]
    columns = [
        Column(name, label, data_type, role=role)
        for name, (data_type, label, role) in DESIGN_COLUMNS.items()
        # Without strata all respondents are in the stratum `all`.
        if filled[name] and (name != "stratum_id" or filled["is_stratified"])
    ]
    kinds: dict[str, list[str]] = defaultdict(list)
    for row in rows_of(
        connection,
        "select distinct variable_id, missing_kind from marts.fct_answers "
        "where study_id = ? and wave_id = ? and missing_kind is not null",
        study_id,
        wave_id,
    ):
        kinds[row["variable_id"]].append(row["missing_kind"])
    categories: dict[str, dict[str, str]] = defaultdict(dict)
    for row in rows_of(
        connection, "select * from marts.dim_category order by variable_id, category_order"
    ):
        categories[row["variable_id"]][row["category_code"]] = row["category_label"]
    questions = rows_of(
        connection,
        "select * exclude (derived_from_variable_id, is_derived), "
        "questions.is_derived, questions.derived_from_variable_id "
        "from marts.dim_question as questions inner join marts.dim_variable using (variable_id) "
        "where study_id = ? and wave_id = ? order by is_derived, variable_id",
        study_id,
        wave_id,
    )
    for about in questions:
        variable_id = about["variable_id"]
        is_number = about["value_type"] == "numeric"
        columns.append(
            Column(
                column_of(variable_id),
                about["variable_label"],
                "number" if is_number else "text",
                variable_id,
                categories={} if is_number else categories[variable_id],
                missing_kinds=tuple(kind for kind in MISSING_KINDS if kind in kinds[variable_id]),
                about=about,
            )
        )
    _refuse_clashes(study_id, wave_id, columns)
    return columns


def missing_code(kind: str) -> str:
    """Give the code that stands for a kind of missing."""
    return MISSING_PREFIX + kind


def write_answers(
    connection: "DuckDBPyConnection", study_id: str, wave_id: str, columns: list[Column], path: Path
) -> int:
    """Write a wave as CSV (RFC 4180, UTF-8, with a header); give the number of its rows.

    Numbers are the shortest text that reads back unchanged. Rows are ordered by respondent_key.
    """
    number = (
        "case when numeric_value = floor(numeric_value) and abs(numeric_value) < 1e15 "
        "then cast(cast(numeric_value as bigint) as varchar) "
        "else cast(numeric_value as varchar) end"
    )
    code = f"coalesce(category_code, {number}, '{MISSING_PREFIX}' || missing_kind)"
    design = [column for column in columns if not column.variable_id]
    asked = [column for column in columns if column.variable_id]
    pivoted = "".join(
        f", max(case when variable_id = {_text(column.variable_id)} then {code} end) "
        f'as "{column.name}"'
        for column in asked
    )
    study = f"study_id = {_text(study_id)} and wave_id = {_text(wave_id)}"
    shown = ", ".join(
        [f"respondents.{column.name}" for column in design]
        + [f'answers."{column.name}"' for column in asked]
    )
    connection.execute(
        f"copy (with answers as (select respondent_key{pivoted} from marts.fct_answers "
        f"where {study} group by respondent_key), "
        f"respondents as (select * from marts.fct_respondents where {study}) "
        f"select {shown} from respondents left join answers "
        "on respondents.respondent_key = answers.respondent_key "
        f"order by respondents.respondent_key) to {_text(str(path))} (format csv, header)"
    )
    found = rows_of(connection, f"select count(*) as n from marts.fct_respondents where {study}")
    return int(found[0]["n"])


def _refuse_clashes(study_id: str, wave_id: str, columns: list[Column]) -> None:
    missing = {missing_code(kind) for kind in MISSING_KINDS}
    problems = [
        f"study {study_id}, wave {wave_id}, variable {column.variable_id}: category {code} has the "
        "code that stands for missing answers in exports. Give it another code in "
        "seeds/codebook/categories.csv."
        for column in columns
        for code in sorted(missing & column.categories.keys())
    ]
    if problems:
        raise ProblemsError("These categories cannot be exported:", problems)


def _text(text: str) -> str:
    return "'" + text.replace("'", "''") + "'"
