"""Give an audience that reads answers what estimates on demand need, of its studies and waves only.

A release may hold `estimation.duckdb`, with tables of people and of the codebook. An audience with
the group `answers` has them in its file of microdata, in the schema `estimation`.
"""

from pathlib import Path
from typing import TYPE_CHECKING

from wavehouse.audiences.visible_rows import ROW, Judged, condition
from wavehouse.escapes import sql_name, sql_text

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection

SCHEMA = "estimation"
# Which rows of people are granted: those of waves without a limit to measures or segments.
WAVES = (
    "select grants.study_id, grants.wave_id from grants "
    "where grants.measure_id is null and grants.segment_id is null"
)
# A table with a number of waves, and no study, is of the waves that this one names.
NUMBERED = "int_delivered__waves"
DESIGNS = "stg_codebook__designs"
# What names something: the dimension, and its column, that has what an audience may know.
NAMES = {
    "variable_id": ("dim_variable", "variable_id"),
    "source_variable_id": ("dim_variable", "variable_id"),
    "code_list_id": ("dim_variable", "code_list_id"),
    "measure_id": ("dim_measure", "measure_id"),
    "segment_id": ("dim_segment", "segment_id"),
}


def copy_estimation(
    connection: "DuckDBPyConnection", file: Path, source: str, made: str, everything: bool
) -> None:
    """Copy the tables of a release's `estimation.duckdb` into a file that is attached.

    Args:
        connection: has the release, and the file of the audience.
        file: the database; nothing is copied if it is not there.
        source: database and schema of the release.
        made: the audience's file, by its name in the connection.
        everything: whether the audience reads all rows of all studies.
    """
    if not file.is_file():
        return
    connection.execute(f"attach {sql_text(file)} as kept (read_only)")
    tables: dict[str, list[str]] = {}
    for table, column in connection.execute(
        "select table_name, column_name from duckdb_columns() where database_name = 'kept' "
        "order by table_name, column_index"
    ).fetchall():
        tables.setdefault(table, []).append(column)
    connection.execute(f"create schema {made}.{SCHEMA}")
    for table, columns in tables.items():
        visible = "true" if everything else _visible(columns, tables, source)
        connection.execute(
            f"create table {made}.{SCHEMA}.{sql_name(table)} as "
            f"select * from kept.main.{sql_name(table)} as {ROW} where {visible}"
        )


def _visible(columns: list[str], tables: dict[str, list[str]], source: str) -> str:
    """Write which rows of a table of estimation an audience may read."""
    parts = [_of_waves(columns, tables)]
    for column, (dimension, known) in NAMES.items():
        if column in columns:
            judged = condition(Judged(dimension, frozenset(), False), source)
            parts.append(
                f"({ROW}.{column} is null or {ROW}.{column} in (select {ROW}.{known} "
                f"from {source}.{dimension} as {ROW} where {judged}))"
            )
    return " and ".join(parts)


def _of_waves(columns: list[str], tables: dict[str, list[str]]) -> str:
    """Write which rows are of waves, or else of studies, that are granted as a whole."""
    studies = f"select of_waves.study_id from ({WAVES}) as of_waves"
    if {"study_id", "wave_id"} <= set(columns):
        return f"({ROW}.study_id, {ROW}.wave_id) in ({WAVES})"
    if "study_id" in columns:
        return f"{ROW}.study_id in ({studies})"
    if "wave_key" in columns:
        if NUMBERED not in tables:
            return "false"
        return (
            f"{ROW}.wave_key in (select wave.wave_key from kept.main.{NUMBERED} as wave "
            f"where (wave.study_id, wave.wave_id) in ({WAVES}))"
        )
    if "design_id" in columns:
        if DESIGNS not in tables:
            return "false"
        return (
            f"{ROW}.design_id in (select design.design_id from kept.main.{DESIGNS} as design "
            f"where design.study_id in ({studies}))"
        )
    return "true"
