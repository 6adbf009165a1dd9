"""Give an audience that reads answers what estimates on demand need, of its studies and waves only.

A release may hold `estimation.duckdb`, with tables of people and of the codebook. An audience with
the group `answers` has them in its file of microdata, in the schema `estimation`.
"""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from wavehouse.audiences.visible_rows import ROW, Judged, condition
from wavehouse.encryption.databases import attach
from wavehouse.escapes import sql_name

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection

SCHEMA = "estimation"
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
    attach(connection, file, "kept")
    tables: dict[str, list[str]] = {}
    for table, column in connection.execute(
        "select table_name, column_name from duckdb_columns() where database_name = 'kept' "
        "order by table_name, column_index"
    ).fetchall():
        tables.setdefault(table, []).append(column)
    connection.execute(f"create schema {made}.{SCHEMA}")
    granted = _granted(source)
    for table, columns in tables.items():
        visible = "true" if everything else granted.rows(ROW, columns, tables, "kept.main")
        connection.execute(
            f"create table {made}.{SCHEMA}.{sql_name(table)} as "
            f"select * from kept.main.{sql_name(table)} as {ROW} where {visible}"
        )


@dataclass(frozen=True)
class Granted:
    """What an audience is granted, as SQL says it on one engine.

    Args:
        waves: the query for study and wave of all waves that are granted as a whole.
        known: the query for the values that the audience may know, by a column of NAMES.
    """

    waves: str
    known: Mapping[str, str]

    def rows(self, row: str, columns: Collection[str], tables: Collection[str], place: str) -> str:
        """Write which rows of a table of estimation an audience may read.

        Args:
            row: what stands for a row of the table.
            columns: the columns of the table.
            tables: the tables that there are.
            place: what stands before them, such as their schema.
        """
        parts = [self._of_waves(row, columns, tables, place)]
        parts += [
            f"({row}.{column} is null or {row}.{column} in ({self.known[column]}))"
            for column in NAMES
            if column in columns
        ]
        return " and ".join(parts)

    def _of_waves(
        self, row: str, columns: Collection[str], tables: Collection[str], place: str
    ) -> str:
        """Write which rows are of waves, or else of studies, that are granted as a whole."""
        studies = f"select of_waves.study_id from ({self.waves}) as of_waves"
        if {"study_id", "wave_id"} <= set(columns):
            return f"({row}.study_id, {row}.wave_id) in ({self.waves})"
        if "study_id" in columns:
            return f"{row}.study_id in ({studies})"
        # These name a wave by its number, or a design: another table says what they stand for.
        for column, table, of_wave in (
            ("wave_key", NUMBERED, f"(said.study_id, said.wave_id) in ({self.waves})"),
            ("design_id", DESIGNS, f"said.study_id in ({studies})"),
        ):
            if column in columns:
                if table not in tables:
                    return "false"
                said = f"select said.{column} from {place}.{table} as said where {of_wave}"
                return f"{row}.{column} in ({said})"
        return "true"


def _granted(source: str) -> Granted:
    """Give what an audience is granted by what `prepare` made in DuckDB."""
    known = {
        column: f"select {ROW}.{name} from {source}.{dimension} as {ROW} "
        f"where {condition(Judged(dimension, frozenset(), False), source)}"
        for column, (dimension, name) in NAMES.items()
    }
    return Granted(waves_of("grants"), known)


def waves_of(grants: str) -> str:
    """Write the query for the waves that a table of grants has as a whole."""
    return (
        f"select granted.study_id, granted.wave_id from {grants} as granted "
        "where granted.measure_id is null and granted.segment_id is null"
    )
