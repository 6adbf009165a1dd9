"""Which rows of a public table an audience may read, as a condition in SQL.

A row is visible if all that it tells of is:

| the table has               | visible is a row                                                  |
|-----------------------------|-------------------------------------------------------------------|
| a wave                      | of a granted wave                                                 |
| two waves, from and to      | whose waves, and all between them, are granted                    |
| a study, and no wave        | of a study of which all waves are granted                         |
| no study: a dimension       | that a visible row names                                          |
| no study: any other         | if all rows of all studies are granted                            |
| a measure, or a segment     | of a granted one                                                  |
| a variable, but no measure  | of a granted measure, where grants are limited to measures        |
| rows of people              | of a wave that is granted without a limit to measures or segments |

A few columns of visible rows tell of other waves. They are empty where those are not granted.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import TYPE_CHECKING

from wavehouse.audiences.grants import RowGrant
from wavehouse.escapes import sql_name, sql_text

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection

# First and last wave of a row that tells of several.
SPANS = (
    ("from_wave_id", "to_wave_id"),
    ("first_wave_id", "last_wave_id"),
    ("base_wave_id", "wave_id"),
    ("from_wave_id", "wave_id"),
    ("declared_wave_id", "wave_id"),
)
# Rows that are granted with any wave of their study, and what they tell of all of them.
OF_THE_STUDY = {
    "dim_study": ("n_waves", "first_wave_date", "last_wave_date"),
    "dictionary_variables": ("n_waves_asked", "n_waves", "first_wave_id", "last_wave_id"),
}
# Rows that are granted with their wave, and what they tell of an earlier one.
OF_THE_WAVE_BEFORE = {
    "dictionary_questions": (
        "previous_wave_id",
        (
            *("previous_wave_id", "is_reworded", "is_universe_changed"),
            *("previous_question_text", "previous_universe"),
        ),
    )
}
# Rows that are granted with their wave, and what they tell of any earlier one. A change or a break
# reaches back as far as waves that asked, so it is shown where all waves before are granted.
OF_EARLIER_WAVES = {
    "chart_trend_estimates": frozenset(
        {
            *("since_previous", "is_significant_since_previous"),
            *("since_first", "is_significant_since_first"),
            "break_text",
        }
    )
}
# They tell of a wave as a whole, so a limit to measures does not hide them.
OF_WHOLE_WAVES = frozenset({"dim_study", "dim_wave", "fct_wave_quality", "fct_weight_quality"})
STATUSES = ("observation_status", "from_observation_status", "to_observation_status")
# The name of the table whose rows are judged, in conditions.
ROW = "candidate"
# The schema of the tables that `prepare` makes, in conditions.
GRANTS = "main."


@dataclass(frozen=True)
class Judged:
    """A public table whose rows are judged.

    Args:
        name: its name.
        columns: its columns.
        of_people: whether its rows are of people.
    """

    name: str
    columns: frozenset[str]
    of_people: bool


def prepare(
    connection: "DuckDBPyConnection", source: str, rows: Sequence[RowGrant], today: date
) -> None:
    """Make the tables that conditions read: what is granted as of a day, wave by wave.

    Args:
        connection: has the release attached; the tables are made in its own memory.
        source: database and schema of the release.
        rows: what the audience is granted.
        today: the day.
    """
    connection.execute(
        "create or replace table declared (study_id text, wave_id text, measure_id text, "
        "segment_id text, with_provisional boolean, is_open boolean)"
    )
    for row in rows:
        connection.execute(
            "insert into declared values (?, ?, ?, ?, ?, ?)",
            [
                *(row.study_id, row.wave_id, row.measure_id, row.segment_id),
                *(row.with_provisional, row.not_before is None or row.not_before <= today),
            ],
        )
    connection.execute(
        f"""
        create or replace table grants as
        select distinct
            wave.study_id, wave.wave_id, wave.wave_number,
            declared.measure_id, declared.segment_id, declared.with_provisional
        from {source}.dim_wave as wave
        inner join declared
            on
                wave.study_id = declared.study_id
                and wave.wave_id = coalesce(declared.wave_id, wave.wave_id)
        where
            declared.is_open
            and (
                declared.wave_id is not null
                or not exists (
                    select 1 from declared as own
                    where own.study_id = wave.study_id and own.wave_id = wave.wave_id
                )
            )
        """
    )
    # Waves from a first to a last one, all of which a grant of the same limits covers.
    connection.execute(
        f"""
        create or replace table spans as
        with pairs as (
            select
                first.study_id, first.wave_id as first_wave_id, last.wave_id as last_wave_id,
                first.measure_id, first.segment_id, first.with_provisional,
                first.wave_number as first_number, last.wave_number as last_number
            from grants as first
            inner join grants as last
                on
                    first.study_id = last.study_id
                    and first.wave_number <= last.wave_number
                    and first.measure_id is not distinct from last.measure_id
                    and first.segment_id is not distinct from last.segment_id
                    and first.with_provisional = last.with_provisional
        )
        select
            pairs.* exclude (first_number, last_number),
            not exists (
                select 1 from {source}.dim_wave as wave
                where
                    wave.study_id = pairs.study_id
                    and wave.wave_number < pairs.first_number
            ) as is_from_the_beginning
        from pairs
        where not exists (
            select 1 from {source}.dim_wave as wave
            where
                wave.study_id = pairs.study_id
                and wave.wave_number between pairs.first_number and pairs.last_number
                and not exists (
                    select 1 from grants
                    where
                        grants.study_id = wave.study_id
                        and grants.wave_id = wave.wave_id
                        and grants.measure_id is not distinct from pairs.measure_id
                        and grants.segment_id is not distinct from pairs.segment_id
                        and grants.with_provisional = pairs.with_provisional
                )
        )
        """
    )
    connection.execute(
        f"""
        create or replace table whole as
        with counted as (
            select
                study_id, measure_id, segment_id, with_provisional,
                count(distinct wave_id) as n_waves
            from grants
            group by all
        ),

        declared_waves as (
            select study_id, count(*) as n_waves from {source}.dim_wave group by study_id
        )
        select counted.* exclude (n_waves)
        from counted
        inner join declared_waves
            on
                counted.study_id = declared_waves.study_id
                and counted.n_waves = declared_waves.n_waves
        """
    )
    connection.execute(
        f"""
        create or replace table measure_variables as
        select measure_id, unnest([variable_id, denominator_variable_id]) as variable_id
        from {source}.dim_measure
        """
    )


def is_all(connection: "DuckDBPyConnection", source: str) -> bool:
    """Tell whether all rows of all studies are granted, after `prepare`."""
    return not connection.execute(f"select 1 where not ({_all_studies(source)})").fetchall()


def condition(table: Judged, source: str) -> str:
    """Write the condition that holds for the rows of a table which the audience may read.

    Args:
        table: the table; it is named `candidate` in the condition.
        source: database and schema of the release.
    """
    columns = table.columns
    if "study_id" not in columns:
        return _named_by_visible(table.name, source)
    if table.name in OF_THE_STUDY:
        return _granted(table, "grants", [])
    span = next(((first, last) for first, last in SPANS if {first, last} <= columns), None)
    if span:
        first, last = (f"{ROW}.{column}" for column in span)
        # A row without its first wave tells of the last alone.
        return (
            f"case when {last} is null then {_granted(table, 'whole', [])} else "
            + _granted(
                table,
                "spans",
                [
                    f"{last} in (spans.first_wave_id, spans.last_wave_id)",
                    f"coalesce({first}, {last}) in (spans.first_wave_id, spans.last_wave_id)",
                    f"({first} is distinct from {last} "
                    "or spans.first_wave_id = spans.last_wave_id)",
                ],
            )
            + " end"
        )
    if "wave_id" in columns:
        of_wave = _granted(table, "grants", [f"grants.wave_id = {ROW}.wave_id"])
        return (
            f"case when {ROW}.wave_id is null then {_granted(table, 'whole', [])} "
            f"else {of_wave} end"
        )
    if {"period_grain", "period_id"} <= columns:
        of_wave = _granted(table, "grants", [f"grants.wave_id = {ROW}.period_id"])
        return (
            f"case when {ROW}.period_grain = 'wave' then {of_wave} "
            f"else {_granted(table, 'whole', [])} end"
        )
    return _granted(table, "whole", [])


def _granted(table: Judged, grants: str, more: list[str]) -> str:
    """Write that a grant covers a row: study, limits, status, and what more is said."""
    columns = table.columns
    parts = [f"{grants}.study_id = {ROW}.study_id", *more]
    if table.of_people:
        parts += [f"{grants}.measure_id is null", f"{grants}.segment_id is null"]
    elif "measure_id" in columns:
        parts.append(f"({grants}.measure_id is null or {grants}.measure_id = {ROW}.measure_id)")
    elif "variable_id" in columns:
        parts.append(
            f"({grants}.measure_id is null or exists (select 1 "
            f"from {GRANTS}measure_variables as measured "
            f"where measured.measure_id = {grants}.measure_id "
            f"and measured.variable_id = {ROW}.variable_id))"
        )
    elif table.name not in OF_WHOLE_WAVES:
        parts += [f"{grants}.measure_id is null", f"{grants}.segment_id is null"]
    if "segment_id" in columns and not table.of_people:
        parts.append(f"({grants}.segment_id is null or {grants}.segment_id = {ROW}.segment_id)")
    for status in STATUSES:
        if status in columns:
            parts.append(f"({grants}.with_provisional or {ROW}.{status} is distinct from 'P')")
    return f"exists (select 1 from {GRANTS}{grants} as {grants} where {' and '.join(parts)})"


def _named_by_visible(table: str, source: str) -> str:
    """Write the condition for a table without studies: a visible row of another table names it."""
    figures = Judged("fct_trend_estimates", _FIGURE, False)
    estimates = f"from {source}.fct_trend_estimates as {ROW} where {condition(figures, source)}"
    questions = (
        f"from {source}.dim_question as {ROW} "
        f"where {condition(Judged('dim_question', _QUESTION, False), source)}"
    )
    measures = f"select {ROW}.measure_id {estimates}"
    segments = f"select {ROW}.segment_id, {ROW}.segment_code {estimates}"
    # Every column is named with its table: one that a table lacks would be taken from further out.
    variables = (
        f"select {ROW}.variable_id {questions} "
        f"union all select {ROW}.derived_from_variable_id {questions} "
        f"union all select {ROW}.variable_id {estimates} "
        f"union all select measure.denominator_variable_id from {source}.dim_measure as measure "
        f"where measure.measure_id in ({measures}) "
        "union all select unnest([segment.first_variable_id, segment.second_variable_id]) "
        f"from {source}.dim_segment as segment "
        f"where (segment.segment_id, segment.segment_code) in ({segments})"
    )
    named = (
        f"exists (select 1 from ({variables}) as named where named.variable_id = {ROW}.variable_id)"
    )
    match table:
        case "dim_measure":
            return f"{ROW}.measure_id in ({measures})"
        case "dim_segment":
            return f"({ROW}.segment_id, {ROW}.segment_code) in ({segments})"
        case "dim_variable" | "dim_category" | "dictionary_categories":
            return named
        case "dim_weight":
            return (
                f"{ROW}.weight_id in (select {ROW}.weight_id {estimates} "
                f"union all select study.weight_id from {source}.dim_study as study "
                "where study.study_id in (select grants.study_id from grants))"
            )
        case "dictionary_columns":
            return f"({ROW}.variable_id is null or {named})"
    return _all_studies(source)


def _all_studies(source: str) -> str:
    return (
        f"not exists (select 1 from {source}.dim_study as study where study.study_id not in "
        "(select study_id from whole where measure_id is null and segment_id is null "
        "and with_provisional))"
    )


_FIGURE = frozenset({"study_id", "wave_id", "measure_id", "segment_id", "observation_status"})
_QUESTION = frozenset({"study_id", "wave_id", "variable_id"})


def shown(table: str, column: str) -> str:
    """Write what a column of a visible row shows: its value, or nothing where that is hidden."""
    value = f"{ROW}.{sql_name(column)}"
    if column in OF_THE_STUDY.get(table, ()):
        return (
            f"case when {ROW}.study_id in (select study_id from whole) then {value} end "
            f"as {sql_name(column)}"
        )
    named, told = OF_THE_WAVE_BEFORE.get(table, ("", ()))
    if column in told:
        return (
            f"case when {ROW}.{named} is null or ({ROW}.study_id, {ROW}.{named}) in "
            f"(select (study_id, wave_id) from grants) then {value} end as {sql_name(column)}"
        )
    if column in OF_EARLIER_WAVES.get(table, ()):
        judged = Judged(table, _FIGURE, False)
        since = ["spans.is_from_the_beginning", f"spans.last_wave_id = {ROW}.wave_id"]
        visible = _granted(judged, "spans", since)
        return f"case when {visible} then {value} end as {sql_name(column)}"
    return value


def may_be_empty(table: str, column: str) -> bool:
    """Tell whether a column can be empty in a file of an audience, though it is not elsewhere."""
    return (
        column in OF_THE_STUDY.get(table, ())
        or column in (OF_THE_WAVE_BEFORE.get(table, ("", ()))[1])
        or column in OF_EARLIER_WAVES.get(table, ())
    )


def of_columns(columns: Mapping[str, Iterable[str]]) -> str:
    """Write the condition for rows that tell of columns: only of these.

    Args:
        columns: the columns of each table.
    """
    listed = ", ".join(
        f"({sql_text(table)}, {sql_text(column)})"
        for table, names in columns.items()
        for column in names
    )
    return f"({ROW}.table_name, {ROW}.column_name) in ({listed or '(null, null)'})"
