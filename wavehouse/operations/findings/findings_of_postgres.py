"""Findings about the PostgreSQL server of a project that builds there."""

from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta

from wavehouse.operations.configuration import Operations
from wavehouse.operations.findings.finding import ERROR, WARNING, Finding, said_span, sentence
from wavehouse.operations.findings.postgres_facts import (
    Activity,
    PostgresFacts,
    ask_postgres,
    uses_postgres,
)
from wavehouse.project import Project

WAITS_SECONDS = 60
SLOW_SECONDS = 15 * 60
# Of the connections that there may be.
CROWDED = 0.8
SERVER = "The PostgreSQL server"
STAYS = "What was built there stays. What is published with DuckDB is apart from it."


def findings_of_postgres(_: Project, __: Operations, now: datetime) -> Iterator[Finding]:
    """Ask the server, if the project has one."""
    if uses_postgres():
        yield from judge_postgres(ask_postgres(), now)


def judge_postgres(facts: PostgresFacts, now: datetime) -> Iterator[Finding]:
    """Find what is otherwise than it should be in what a server said of itself."""
    if facts.error:
        yield Finding(
            "database_unreachable",
            ERROR,
            SERVER,
            f"The server that WAVEHOUSE_PG_... names could not be asked: {sentence(facts.error)}",
            STAYS,
            "See whether the server runs, and whether host, port, user and password are right. "
            "Where the project no longer builds on PostgreSQL, take the variables away.",
        )
        return
    if facts.tls is None and not facts.is_local:
        yield Finding(
            "database_in_the_clear",
            WARNING,
            SERVER,
            "The connection to it is not encrypted, and it is not on this machine. Answers of "
            "people and passwords go over the network in the clear.",
            "Builds and readers work as before.",
            "Set WAVEHOUSE_PG_SSLMODE=verify-full, and WAVEHOUSE_PG_SSLROOTCERT to the certificate "
            "of the server's authority. docs/guide/postgresql.md says how.",
        )
    waiting = [each for each in facts.waiting if each.seconds > WAITS_SECONDS]
    if waiting:
        blockers = sorted({pid for each in waiting for pid in each.blocked_by})
        yield Finding(
            "database_locked",
            WARNING,
            SERVER,
            f"{_named(waiting)} has waited for a lock for {said_span(waiting[0].seconds)}, "
            f"which is held by process {', '.join(map(str, blockers))}.",
            "What waits has changed nothing yet and goes on when the lock is free.",
            "Let the process that holds the lock end its transaction. `select pg_terminate_backend("
            "PID)` ends it; a build that is ended so runs again from the beginning.",
            now - timedelta(seconds=waiting[0].seconds),
        )
    slow = [each for each in facts.running if each.seconds > SLOW_SECONDS]
    if slow:
        yield Finding(
            "database_slow",
            WARNING,
            SERVER,
            f"{_named(slow)} has run for {said_span(slow[0].seconds)}.",
            "Queries only read; a build puts each table in place when it is whole.",
            "If it is a model, see `wavehouse history` for what it took before, and run `analyze`. "
            "If it is a query of somebody, ask them, or end it: `select pg_cancel_backend(PID)`.",
            now - timedelta(seconds=slow[0].seconds),
        )
    if facts.connections > CROWDED * facts.max_connections:
        yield Finding(
            "database_crowded",
            WARNING,
            SERVER,
            f"{facts.connections} of {facts.max_connections} connections are taken.",
            f"{STAYS} Once all are taken, builds and readers are refused.",
            "Close programs that keep connections open, put a pooler in between, or raise "
            "max_connections.",
        )


def _named(activities: Sequence[Activity]) -> str:
    """Name some queries, as the subject of a sentence."""
    first = str(activities[0])
    more = len(activities) - 1
    return f"{first[0].upper()}{first[1:]}" + (f", first of {more + 1}," if more else "")
