"""How a public table is written into a release: definition, order of rows, comments."""

from collections import defaultdict
from dataclasses import dataclass
from types import MappingProxyType
from typing import TYPE_CHECKING

from wavehouse.escapes import sql_name, sql_text

if TYPE_CHECKING:
    from collections.abc import Mapping

    from duckdb import DuckDBPyConnection

# Up to so many rows a table declares its key, for programs that look for one. Nothing is written
# into a release, so an index serves nobody; of 1.6 million answers it would be 5/6 of the file.
KEYED_ROWS = 20_000
# Rows that are asked for together stand together: those of a wave, in it those of a variable. In
# this order a question to one variable skips nearly all rows of the others.
FIRST = ("study_id", "wave_id", "variable_id")


@dataclass(frozen=True)
class PublishedTable:
    """A public table as the working database has it.

    Args:
        name: its name, in the public schema.
        columns: its columns in their order, with their definition: name, type, NOT NULL.
        key: the columns of its primary key; none if it has none, as a view.
        constraints: its other constraints, UNIQUE and CHECK, in SQL. Foreign keys are left out: the
            build has tested them, and the copy is only read.
        comment: what it is, if it says so.
        comments: what a column is, by its name.
    """

    name: str
    columns: dict[str, str]
    key: tuple[str, ...]
    constraints: tuple[str, ...]
    comment: str | None
    comments: dict[str, str]

    def definition(self, schema: str, rows: int) -> str:
        """Write the statement that makes it, for a number of rows."""
        parts = [*self.columns.values(), *self.constraints]
        if self.key and rows <= KEYED_ROWS:
            parts.append(f"primary key ({_list(self.key)})")
        return f"create table {schema}.{sql_name(self.name)} ({', '.join(parts)})"

    def order(self) -> str:
        """Write the ORDER BY of its rows, so that files of the same content are the same."""
        if not self.key:
            return ""
        first = [column for column in FIRST if column in self.columns]
        return f"order by {_list(dict.fromkeys([*first, *self.key]))}"

    def comment_statements(self, schema: str) -> list[str]:
        """Write the statements that give it and its columns their comments."""
        table = f"{schema}.{sql_name(self.name)}"
        of_table = [f"comment on table {table} is {sql_text(self.comment)}"] if self.comment else []
        return of_table + [
            f"comment on column {table}.{sql_name(column)} is {sql_text(text)}"
            for column, text in self.comments.items()
        ]


def read_tables(
    connection: "DuckDBPyConnection",
    database: str,
    schema: str,
    keys: "Mapping[str, tuple[str, ...]]" = MappingProxyType({}),
) -> dict[str, PublishedTable]:
    """Give the tables and views of a schema by name, from what DuckDB knows of them.

    Args:
        connection: has the database attached.
        database: its name there.
        schema: the schema.
        keys: the keys of tables whose key is tested, but not declared in the database.
    """
    place = [database, schema]
    comments = dict(
        connection.execute(
            """
            select table_name, comment from duckdb_tables()
            where database_name = $1 and schema_name = $2
            union all
            select view_name, comment from duckdb_views()
            where database_name = $1 and schema_name = $2
            """,
            place,
        ).fetchall()
    )
    declared = dict(keys)
    constraints = defaultdict(list)
    for table, kind, text, columns in connection.execute(
        """
        select table_name, constraint_type, constraint_text, constraint_column_names
        from duckdb_constraints()
        where
            database_name = ? and schema_name = ?
            and constraint_type in ('PRIMARY KEY', 'UNIQUE', 'CHECK')
        order by table_name, constraint_index
        """,
        place,
    ).fetchall():
        if kind == "PRIMARY KEY":
            declared[table] = tuple(columns)
        else:
            constraints[table].append(text)
    definitions: dict[str, dict[str, str]] = defaultdict(dict)
    column_comments: dict[str, dict[str, str]] = defaultdict(dict)
    for table, column, data_type, nullable, text in connection.execute(
        """
        select table_name, column_name, data_type, is_nullable, comment
        from duckdb_columns()
        where database_name = ? and schema_name = ?
        order by table_name, column_index
        """,
        place,
    ).fetchall():
        filled = "" if nullable else " not null"
        definitions[table][column] = f"{sql_name(column)} {data_type}{filled}"
        if text is not None:
            column_comments[table][column] = text
    return {
        name: PublishedTable(
            name,
            definitions[name],
            declared.get(name, ()),
            tuple(constraints[name]),
            comment,
            column_comments[name],
        )
        for name, comment in comments.items()
    }


def _list(columns: "tuple[str, ...] | dict[str, None]") -> str:
    return ", ".join(sql_name(column) for column in columns)
