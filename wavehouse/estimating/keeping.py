"""Keep with a release what questions to it need: the program, and the tables that it reads."""

from pathlib import Path
from typing import TYPE_CHECKING

from wavehouse.encryption.databases import attach
from wavehouse.escapes import sql_name
from wavehouse.estimating.programs import INPUT, STEPS, input_from

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection

# In the folder of a release.
FILE = "estimation.duckdb"


def keep_program(connection: "DuckDBPyConnection", working: Path, file: Path) -> bool:
    """Write the tables of questions into a new file: with rows of people, but no names of them.

    Args:
        connection: writes the file.
        working: a database as dbt built it.
        file: is made.

    Returns:
        whether there is a file now; there is none if the database was built without a program.
    """
    # Its views name their tables with the database, which dbt knows by the name of its file.
    database = sql_name(working.stem)
    attach(connection, working, working.stem)
    try:
        places = dict(
            connection.execute(
                "select table_name, table_schema from information_schema.tables "
                "where table_catalog = ?",
                [working.stem],
            ).fetchall()
        )
        if STEPS not in places:
            return False
        attach(connection, file, "kept", read_only=False)
        try:
            _copy(
                connection,
                {name: f"{database}.{sql_name(place)}" for name, place in places.items()},
            )
        finally:
            connection.execute("detach kept")
    finally:
        connection.execute(f"detach {database}")
    return True


def _copy(connection: "DuckDBPyConnection", places: dict[str, str]) -> None:
    """Copy the program and its tables, each with the columns that it reads."""
    steps = f"{places[STEPS]}.{STEPS}"
    connection.execute("begin")
    connection.execute(f"create table kept.{STEPS} as from {steps} order by step_number")
    for name, sql in connection.execute(
        f"select step_name, step_sql from {steps} where step_kind = ? order by step_number", [INPUT]
    ).fetchall():
        source = f"{places[name]}.{sql_name(name)}"
        selected = input_from(name, sql, source)
        connection.execute(f"create table kept.{sql_name(name)} as {selected} order by all")
    connection.execute("commit")
    connection.execute("checkpoint kept")
