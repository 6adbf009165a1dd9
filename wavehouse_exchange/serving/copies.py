"""Small copies of what an audience may read, for programs that read a database of DuckDB."""

from collections.abc import Sequence
from typing import TYPE_CHECKING

from wavehouse.escapes import sql_name
from wavehouse_exchange.serving.doors import Opened
from wavehouse_exchange.serving.formats import arrow_table

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection


def copy_table(
    opened: Opened,
    table: str,
    connection: "DuckDBPyConnection",
    where: str = "",
    values: Sequence[object] = (),
) -> None:
    """Copy a table into the schema `marts` of a connection, with the columns that may be read.

    Args:
        opened: what is read.
        table: the table.
        connection: gets it.
        where: a condition, if not all rows are wanted; `$1` stands for the first value.
        values: what is bound.
    """
    names = ", ".join(map(sql_name, opened.tables[table]))
    rows = opened.read(f"select {names} from {sql_name(table)} {where}", values)
    connection.execute("create schema if not exists marts")
    connection.register("given", arrow_table(rows, {}))
    connection.execute(f"create table marts.{sql_name(table)} as select * from given")
    connection.unregister("given")
