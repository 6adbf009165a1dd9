"""Copies of a working database on PostgreSQL: both engines hold the same, to the last bit."""

import io
from collections.abc import Mapping

import duckdb
from psycopg2 import extensions

from wavehouse.escapes import sql_name

KINDS = {
    "BIGINT": "bigint",
    "INTEGER": "integer",
    "DOUBLE": "double precision",
    "BOOLEAN": "boolean",
    "DATE": "date",
    "VARCHAR": "text",
    "TIMESTAMP": "timestamp",
}


def copy_schemas(
    working: duckdb.DuckDBPyConnection,
    cursor: extensions.cursor,
    schemas: Mapping[str, str],
) -> None:
    """Copy all tables of schemas.

    Args:
        working: the database.
        cursor: of the owner.
        schemas: the schema there, by that of the database.
    """
    for schema, target in schemas.items():
        cursor.execute(f"drop schema if exists {target} cascade; create schema {target}")
        tables: dict[str, list[tuple[str, str, str]]] = {}
        for table, *column in working.execute(
            "select table_name, column_name, data_type, coalesce(comment, '') "
            "from duckdb_columns() where schema_name = ? order by table_name, column_index",
            [schema],
        ).fetchall():
            tables.setdefault(table, []).append((column[0], column[1], column[2]))
        for table, columns in tables.items():
            place = f"{target}.{sql_name(table)}"
            listed = ", ".join(f"{sql_name(name)} {KINDS[kind]}" for name, kind, _ in columns)
            cursor.execute(f"create table {place} ({listed})")
            for name, _, comment in columns:
                cursor.execute(f"comment on column {place}.{sql_name(name)} is %s", [comment])
            file = io.StringIO()
            names = ", ".join(map(sql_name, (name for name, *_ in columns)))
            found = working.execute(f"select {names} from {schema}.{sql_name(table)}")
            while rows := found.fetchmany(10_000):
                file.writelines("\t".join(map(_field, row)) + "\n" for row in rows)
            file.seek(0)
            cursor.copy_expert(f"copy {place} from stdin", file)


def _field(value: object) -> str:
    """Write a value as COPY reads it."""
    if value is None:
        return "\\N"
    if isinstance(value, float):
        return repr(value)
    text = str(value)
    for plain, escaped in (("\\", "\\\\"), ("\t", "\\t"), ("\n", "\\n"), ("\r", "\\r")):
        text = text.replace(plain, escaped)
    return text
