"""Public tables on a PostgreSQL server, to be compared: read into DuckDB as they are."""

import tempfile
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING

from wavehouse.building.postgres import connect_to_target
from wavehouse.escapes import sql_name, sql_text
from wavehouse.publishing.contracts import SCHEMA

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection
    from psycopg2 import extensions

TYPES = {
    "text": "varchar",
    "double precision": "double",
    "bigint": "bigint",
    "integer": "integer",
    "boolean": "boolean",
    "date": "date",
    "timestamp without time zone": "timestamp",
}
# Without quotes nothing is null, and an empty text has quotes.
READING = (
    "header = false, delim = ',', quote = '\"', escape = '\"', nullstr = '', "
    "allow_quoted_nulls = false, auto_detect = false"
)
OF_MEASURES = frozenset({"study_id", "measure_id"})


def load_public(connection: "DuckDBPyConnection", databases: Mapping[str, str]) -> None:
    """Copy the public tables of measures into databases in memory.

    Args:
        connection: gets the databases.
        databases: their names, and the prefix of the schemas on the server that each is read from.
    """
    server = connect_to_target()
    try:
        with server.cursor() as cursor:
            for database, prefix in databases.items():
                connection.execute(f"attach ':memory:' as {database}")
                connection.execute(f"create schema {database}.{SCHEMA}")
                for table, columns in _tables(cursor, f"{prefix}{SCHEMA}").items():
                    if columns.keys() >= OF_MEASURES:
                        source = f"{sql_name(f'{prefix}{SCHEMA}')}.{sql_name(table)}"
                        place = f"{database}.{SCHEMA}.{sql_name(table)}"
                        _load(connection, cursor, source, place, columns)
    finally:
        server.close()


def _tables(cursor: "extensions.cursor", schema: str) -> dict[str, dict[str, str]]:
    """Give DuckDB's types of the columns of each table in a schema."""
    cursor.execute(
        """
        select table_name, column_name, data_type from information_schema.columns
        where table_schema = %s
        order by table_name, ordinal_position
        """,
        [schema],
    )
    tables: dict[str, dict[str, str]] = {}
    for table, column, data_type in cursor.fetchall():
        tables.setdefault(table, {})[column] = TYPES.get(data_type, "varchar")
    return tables


def _load(
    connection: "DuckDBPyConnection",
    cursor: "extensions.cursor",
    source: str,
    place: str,
    columns: Mapping[str, str],
) -> None:
    names = ", ".join(f"{sql_text(name)}: {sql_text(kind)}" for name, kind in columns.items())
    with tempfile.TemporaryDirectory(prefix="wavehouse-") as folder:
        file = Path(folder) / "table.csv"
        with file.open("w", encoding="utf-8") as stream:
            cursor.copy_expert(f"copy (select * from {source}) to stdout (format csv)", stream)
        connection.execute(
            f"create table {place} as "
            f"select * from read_csv({sql_text(file)}, columns = {{{names}}}, {READING})"
        )
