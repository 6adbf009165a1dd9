"""Where a question is run: DuckDB, or PostgreSQL. dbt rendered the program for that engine."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Protocol

from wavehouse.escapes import sql_name

if TYPE_CHECKING:
    import pyarrow
    from duckdb import DuckDBPyConnection
    from psycopg import Cursor

# Types of PostgreSQL by their number (pg_type.dat), as DuckDB calls them; others are texts.
POSTGRES_TYPES = {
    16: "BOOLEAN",
    20: "BIGINT",
    21: "SMALLINT",
    23: "INTEGER",
    700: "FLOAT",
    701: "DOUBLE",
    1082: "DATE",
    1114: "TIMESTAMP",
    1184: "TIMESTAMP WITH TIME ZONE",
    1700: "DECIMAL",
}
Row = tuple[Any, ...]


class Engine(Protocol):
    """What runs a question. Values are bound where a query has `$1`, `$2` and so on."""

    def rows(self, sql: str, values: Sequence[object] = ()) -> list[Row]:
        """Run a query and give its rows."""
        ...

    def table(self, sql: str, values: Sequence[object] = ()) -> "pyarrow.Table":
        """Run a query and give its rows as a table of Arrow."""
        ...

    def make(self, kind: str, name: str, sql: str) -> None:
        """Make a temporary table or view of a query.

        Args:
            kind: `table` or `view`.
            name: its name.
            sql: the query, in which nothing is bound.
        """
        ...

    def run(self, sql: str, values: Sequence[object] = ()) -> None:
        """Run a statement."""
        ...


@dataclass(frozen=True)
class OnDuckDB:
    """DuckDB."""

    cursor: "DuckDBPyConnection"

    def rows(self, sql: str, values: Sequence[object] = ()) -> list[Row]:
        """Run a query and give its rows."""
        return self.cursor.execute(sql, list(values)).fetchall()

    def table(self, sql: str, values: Sequence[object] = ()) -> "pyarrow.Table":
        """Run a query and give its rows as a table of Arrow."""
        return self.cursor.execute(sql, list(values)).to_arrow_table()

    def make(self, kind: str, name: str, sql: str) -> None:
        """Make a temporary table or view of a query."""
        self.cursor.execute(f"create temp {kind} {sql_name(name)} as {sql}")

    def run(self, sql: str, values: Sequence[object] = ()) -> None:
        """Run a statement."""
        self.cursor.execute(sql, list(values))


@dataclass(frozen=True)
class OnPostgres:
    """PostgreSQL, in a transaction that is rolled back in the end: nothing that it makes stays.

    Args:
        cursor: of psycopg, whose `cursor_factory` takes `$1` (RawCursor).
    """

    cursor: "Cursor[Row]"

    def rows(self, sql: str, values: Sequence[object] = ()) -> list[Row]:
        """Run a query and give its rows."""
        self.cursor.execute(sql, list(values))
        return self.cursor.fetchall()

    def table(self, sql: str, values: Sequence[object] = ()) -> "pyarrow.Table":
        """Run a query and give its rows as a table of Arrow."""
        import pyarrow as pa

        rows = self.rows(sql, values)
        types = {
            "BIGINT": pa.int64(),
            "SMALLINT": pa.int16(),
            "INTEGER": pa.int32(),
            "BOOLEAN": pa.bool_(),
            "DOUBLE": pa.float64(),
            "DATE": pa.date32(),
        }
        fields = [
            pa.field(column.name, types.get(POSTGRES_TYPES.get(column.type_code, ""), pa.string()))
            for column in self.cursor.description or []
        ]
        columns = zip(*rows, strict=True) if rows else [() for _ in fields]
        arrays = [
            pa.array(list(column), field.type)
            for column, field in zip(columns, fields, strict=True)
        ]
        return pa.Table.from_arrays(arrays, schema=pa.schema(fields))

    def make(self, kind: str, name: str, sql: str) -> None:
        """Make a temporary table or view of a query."""
        made = sql_name(name)
        self.cursor.execute(f"create temp {kind} {made} as {sql}")
        if kind == "table":
            # Otherwise it would be planned as if it had a thousand rows.
            self.cursor.execute(f"analyze {made}")

    def run(self, sql: str, values: Sequence[object] = ()) -> None:
        """Run a statement."""
        self.cursor.execute(sql, list(values))


def fill(engine: Engine, name: str, columns: str, rows: Sequence[Sequence[object]]) -> None:
    """Make a temporary table of rows.

    Args:
        engine: gets it.
        name: its name.
        columns: names and types, as SQL.
        rows: the rows.
    """
    engine.run(f"create temp table {sql_name(name)} ({columns})")
    if rows:
        width = len(rows[0])
        places = ", ".join(
            f"({', '.join(f'${at * width + place + 1}' for place in range(width))})"
            for at in range(len(rows))
        )
        engine.run(
            f"insert into {sql_name(name)} values {places}",
            [value for row in rows for value in row],
        )
