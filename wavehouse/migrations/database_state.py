"""A database as a state: its version is a table in it, and each migration is one transaction."""

from collections.abc import Callable, Sequence
from typing import Any, Protocol

from wavehouse.escapes import sql_text
from wavehouse.migrations.migration import Applied, Migration, known_migrations, pending

SCHEMA = "wavehouse"
TABLE = f"{SCHEMA}.migrations"


class Cursor(Protocol):
    """What DuckDB's connections and psycopg2's cursors have in common."""

    def execute(self, query: str, /) -> Any:  # noqa: ANN401 (each its own)
        """Run a statement."""

    def fetchall(self) -> list[Any]:
        """Give the rows of the last one."""


def plan_database(
    cursor: Cursor, name: str, known: Sequence[Migration] | None = None
) -> list[Migration]:
    """Give the migrations that a database needs; nothing is changed.

    Args:
        cursor: the database's.
        name: what messages call it.
        known: the migrations; those of the program if left out.

    Raises:
        WavehouseError: it is newer than the program, or a migration was edited afterwards.
    """
    known = known_migrations("database") if known is None else known
    return pending(name, applied_to(cursor), known)


def applied_to(cursor: Cursor) -> list[Applied]:
    """Give the migrations that a database has behind it."""
    cursor.execute(
        "select count(*) from information_schema.tables "
        f"where table_schema = {sql_text(SCHEMA)} and table_name = 'migrations'"
    )
    if not cursor.fetchall()[0][0]:
        return []
    cursor.execute(f"select number, name, checksum from {TABLE} order by number")
    return [Applied(*row) for row in cursor.fetchall()]


def migrate_database(
    cursor: Cursor, name: str, known: Sequence[Migration] | None = None
) -> list[str]:
    """Migrate a database: all pending migrations in one transaction, or none of them.

    The cursor must not be within a transaction already (psycopg2: `autocommit`).

    Returns:
        notes of the migrations.

    Raises:
        WavehouseError: it cannot be migrated; then it is as it was, as after any other error.
    """
    notes: list[str] = []
    cursor.execute("begin")
    try:
        cursor.execute(f"create schema if not exists {SCHEMA}")
        cursor.execute(
            f"create table if not exists {TABLE} (number integer primary key, name text not null, "
            "checksum text not null, applied_at timestamp default current_timestamp)"
        )
        for migration in plan_database(cursor, name, known):
            notes += migration.migrate(_runner(cursor))
            values = ", ".join(map(sql_text, (migration.name, migration.checksum)))
            cursor.execute(
                f"insert into {TABLE} (number, name, checksum) "
                f"values ({migration.number}, {values})"
            )
    except BaseException:
        cursor.execute("rollback")
        raise
    cursor.execute("commit")
    return notes


def _runner(cursor: Cursor) -> Callable[[str], object]:
    return lambda statement: cursor.execute(statement)
