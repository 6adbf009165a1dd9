"""What a PostgreSQL server says of itself: uptime, sizes, locks, slow queries, connections.

From its own statistics, which any user of the database may read. No text of a query is shown: it
may hold codes. What dbt runs carries the name of its model in a comment, and that is shown.
"""

import os
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from wavehouse.building.postgres import connect_to_target
from wavehouse.building.postgres_target import is_local, protection

if TYPE_CHECKING:
    from psycopg2 import extensions

# Of profiles.yml: whoever sets none of them does not use PostgreSQL.
VARIABLES = tuple(
    f"WAVEHOUSE_PG_{name}" for name in ("HOST", "PORT", "USER", "PASSWORD", "DATABASE")
)
# Seconds: a status must not wait for a server that is in trouble.
CONNECT_SECONDS, STATEMENT_SECONDS, LOCK_MILLISECONDS = 5, 5, 500
NODE = re.compile(r'"node_id": "([a-z_]+\.\w+\.[\w.]+)"')
LARGEST, SLOWEST = 10, 5


@dataclass(frozen=True)
class Activity:
    """A query that runs or waits.

    Args:
        pid: the server's process.
        user: whose it is.
        program: what asked, as it calls itself.
        node: the model or test that dbt runs; None if it is not dbt's.
        seconds: since when.
        blocked_by: the processes that it waits for.
    """

    pid: int
    user: str
    program: str
    node: str | None
    seconds: float
    blocked_by: tuple[int, ...] = ()

    def __str__(self) -> str:
        what = self.node or self.program or "a query"
        return f"process {self.pid} ({what}, user {self.user})"


@dataclass
class PostgresFacts:
    """What a server said; `error` alone where it could not be asked.

    Args:
        started_at: since when the server runs.
        version: its version.
        size: bytes of the database.
        tables: bytes of the largest tables with their indexes, by name; without those that are
            being replaced at that moment.
        dead_rows: rows that were deleted and still take room, of the largest tables.
        waiting: queries that wait for a lock, and what for.
        running: queries that run, the longest first.
        connections: how many there are.
        max_connections: how many there may be.
        deadlocks: how many there were since the statistics began.
        rollbacks: transactions that failed or were taken back, since then.
        temporary_bytes: written to temporary files because memory was short, since then.
        statements: the statements that took most time in all, if `pg_stat_statements` is there:
            query id, calls, seconds in all, mean seconds.
        tls: the version of TLS that protects the connection; None if it is in the clear.
        is_local: whether it is reached without a network.
        error: why it could not be asked.
    """

    started_at: datetime | None = None
    version: str = ""
    size: int = 0
    tables: dict[str, int] = field(default_factory=dict)
    dead_rows: dict[str, int] = field(default_factory=dict)
    waiting: list[Activity] = field(default_factory=list)
    running: list[Activity] = field(default_factory=list)
    connections: int = 0
    max_connections: int = 0
    deadlocks: int = 0
    rollbacks: int = 0
    temporary_bytes: int = 0
    statements: list[dict[str, Any]] = field(default_factory=list)
    tls: str | None = None
    is_local: bool = True
    error: str | None = None


def uses_postgres(environment: Mapping[str, str] = os.environ) -> bool:
    """Tell whether the project is set up to build on PostgreSQL."""
    return any(environment.get(name) for name in VARIABLES)


def ask_postgres() -> PostgresFacts:
    """Ask the server that `WAVEHOUSE_PG_...` names; what it cannot be asked is left empty."""
    import psycopg2

    try:
        connection = connect_to_target(
            connect_timeout=CONNECT_SECONDS,
            options=f"-c statement_timeout={STATEMENT_SECONDS * 1000} "
            f"-c lock_timeout={LOCK_MILLISECONDS} -c default_transaction_read_only=on",
            application_name="wavehouse status",
        )
    except psycopg2.Error as error:
        return PostgresFacts(error=_first_line(error))
    try:
        connection.autocommit = True
        with connection.cursor() as cursor:
            return _facts(cursor)
    except psycopg2.Error as error:
        return PostgresFacts(error=_first_line(error))
    finally:
        connection.close()


def _facts(cursor: "extensions.cursor") -> PostgresFacts:
    facts = PostgresFacts(tls=protection(cursor.connection), is_local=is_local())
    cursor.execute(
        "select pg_postmaster_start_time(), current_setting('server_version'), "
        "pg_database_size(current_database()), current_setting('max_connections')::int, "
        "(select count(*) from pg_stat_activity where backend_type = 'client backend')"
    )
    started, facts.version, facts.size, facts.max_connections, facts.connections = _row(cursor)
    facts.started_at = started.astimezone(UTC)
    cursor.execute(
        "select deadlocks, xact_rollback, temp_bytes from pg_stat_database "
        "where datname = current_database()"
    )
    facts.deadlocks, facts.rollbacks, facts.temporary_bytes = _row(cursor)
    activities = _activities(cursor)
    facts.waiting = [each for each in activities if each.blocked_by]
    facts.running = [each for each in activities if not each.blocked_by]
    facts.statements = _statements(cursor)
    for name, size, dead in _largest_tables(cursor):
        facts.tables[name], facts.dead_rows[name] = size, dead
    return facts


def _largest_tables(cursor: "extensions.cursor") -> list[tuple[str, int, int]]:
    """Give the largest tables, without those being replaced: asking would wait for them."""
    import psycopg2

    try:
        cursor.execute(
            """
            select schemaname || '.' || relname, pg_total_relation_size(relid), n_dead_tup
            from pg_stat_user_tables as tables
            where not exists (
                select from pg_locks as locks
                where locks.relation = tables.relid and locks.mode = 'AccessExclusiveLock'
            )
            order by 2 desc nulls last, 1
            limit %s
            """,
            [LARGEST],
        )
    except (psycopg2.errors.LockNotAvailable, psycopg2.errors.QueryCanceled):
        # One was locked in this moment.
        return []
    return [(name, size, dead) for name, size, dead in cursor.fetchall() if size is not None]


def _activities(cursor: "extensions.cursor") -> list[Activity]:
    cursor.execute(
        """
        select
            pid, usename, application_name, query,
            extract(epoch from clock_timestamp() - query_start)::float8,
            case when wait_event_type = 'Lock' then pg_blocking_pids(pid) else '{}' end
        from pg_stat_activity
        where
            state = 'active' and pid <> pg_backend_pid() and datname = current_database()
            and backend_type = 'client backend'
        order by query_start
        """
    )
    return [
        Activity(pid, user or "", program or "", _node(query), seconds or 0.0, tuple(blocked_by))
        for pid, user, program, query, seconds, blocked_by in cursor.fetchall()
    ]


def _node(query: str | None) -> str | None:
    found = NODE.search(query or "")
    return found[1].split(".")[2] if found else None


def _statements(cursor: "extensions.cursor") -> list[dict[str, Any]]:
    import psycopg2

    try:
        cursor.execute(
            "select queryid, calls, total_exec_time / 1000, mean_exec_time / 1000 "
            "from pg_stat_statements "
            "where dbid = (select oid from pg_database where datname = current_database()) "
            "order by total_exec_time desc limit %s",
            [SLOWEST],
        )
    except psycopg2.Error:
        # The extension is not installed, not loaded, or of a server before 13.
        return []
    names = ("query_id", "calls", "seconds", "mean_seconds")
    return [
        dict(zip(names, (str(query), calls, round(all_, 3), round(mean, 3)), strict=True))
        for query, calls, all_, mean in cursor.fetchall()
    ]


def _row(cursor: "extensions.cursor") -> tuple[Any, ...]:
    row = cursor.fetchone()
    assert row is not None
    return row


def _first_line(error: Exception) -> str:
    return (str(error).strip().splitlines() or [type(error).__name__])[0]
