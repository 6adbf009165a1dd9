"""Releases on PostgreSQL: what was built and passed is copied, whole, to a schema of its own.

    wavehouse_access.releases                       the releases that are kept, and which counts
    served_<release>                                its tables, with policies and grants
    served_<release>_of_<audience's number>         what the policies of an audience read
    served_<release>_of_answers                     what estimates on demand need, while it counts

A build replaces tables one after the other, for minutes. Readers see none of it: they read the
release that counted when their transaction began, until another one is there as a whole.
"""

import os
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from wavehouse.audiences.keys import Register, read_register
from wavehouse.audiences.postgres import (
    ACCESS,
    Place,
    close_tables,
    columns_of,
    guard_with,
    set_up,
    today_in_utc,
)
from wavehouse.audiences.postgres_estimation import ANSWERS_OF, SERVED, copy_estimation
from wavehouse.building.postgres import connect_to_target
from wavehouse.escapes import sql_name
from wavehouse.project import Project
from wavehouse.publishing.history import OF_PEOPLE

if TYPE_CHECKING:
    from psycopg2 import extensions

# With the one that counts: whoever turns pages of an earlier one may go on.
KEPT = 3
# So long the removal of an old release waits for its readers; the next publish tries again.
PATIENCE = "5s"
# Texts are ordered and compared as DuckDB does it, by code point; the last one knows no letters
# beyond ASCII when it looks for words. In the order of preference.
COLLATIONS = ("pg_c_utf8", "C.UTF-8", "C.utf8", "C")


@dataclass(frozen=True)
class Served:
    """A release on PostgreSQL.

    Args:
        release_id: its id, as releases in files have them.
        audiences: how many audiences may read it.
    """

    release_id: str
    audiences: int


def publish_and_tell_postgres(project: Project, of_people: set[str]) -> str:
    """Let audiences read what was built on PostgreSQL, if a login serves; say what was done.

    Args:
        project: the project, whose register says which keys are good.
        of_people: the tables that are declared to hold rows of people.

    Raises:
        WavehouseError: the login has rights that go past the policies.
    """
    place = Place(login=os.environ.get("WAVEHOUSE_PG_READER") or Place.login)
    server = connect_to_target()
    try:
        with server, server.cursor() as cursor:
            cursor.execute("select 1 from pg_roles where rolname = %s", [place.login])
            if cursor.fetchone() is None:
                return f"PostgreSQL has no login {place.login}, so nothing is served from it."
            people = of_people | {
                table
                for table, names in columns_of(cursor, place.marts).items()
                if OF_PEOPLE & set(names)
            }
            served = publish_with(cursor, read_register(project), people, place)
        left = forget_releases(server)
    finally:
        server.close()
    told = f"PostgreSQL serves {served.release_id} to {served.audiences} audiences"
    return f"{told}, and to nobody else." + (f" Still read, and kept: {left}." if left else "")


def publish_with(
    cursor: "extensions.cursor", register: Register, of_people: set[str], place: Place
) -> Served:
    """Copy what was built as a release that counts, in the transaction of a cursor.

    Args:
        cursor: of the owner of the tables.
        register: the keys.
        of_people: the tables that hold rows of people.
        place: where what was built is, and who serves.

    Raises:
        WavehouseError: there is no such login, it has too many rights, or a table is missing.
    """
    set_up(cursor, place.login)
    for table in columns_of(cursor, place.marts):
        close_tables(cursor, place.marts, table)
    now = datetime.now(UTC)
    release_id = f"{now:%Y%m%dT%H%M%S%f}Z"
    schema = f"{SERVED}{release_id.lower()}"
    cursor.execute(f"create schema {sql_name(schema)}")
    collation = _collation(cursor)
    for table in columns_of(cursor, place.marts):
        _copy(cursor, place.marts, schema, table, collation)
    answers = f"{schema}{ANSWERS_OF}"
    there = replace(
        place,
        marts=schema,
        grants=schema,
        answers=answers if copy_estimation(cursor, answers) else None,
    )
    audiences = guard_with(cursor, register, of_people, there, today_in_utc())
    cursor.execute(f"update {ACCESS}.releases set counts = false where counts")
    cursor.execute(
        f"insert into {ACCESS}.releases values (%s, %s, %s, true)", [release_id, schema, now]
    )
    return Served(release_id, audiences)


def forget_releases(server: "extensions.connection") -> str:
    """Remove releases beyond those that are kept; name those that somebody still reads."""
    from psycopg2 import errors

    with server, server.cursor() as cursor:
        cursor.execute(
            f"select release_id, schema_name from {ACCESS}.releases "
            "order by published_at desc offset 1"
        )
        earlier = cursor.fetchall()
    left = []
    for place, (release_id, schema) in enumerate(earlier, start=2):
        try:
            with server, server.cursor() as cursor:
                cursor.execute("select set_config('lock_timeout', %s, true)", [PATIENCE])
                cursor.execute(f"drop schema if exists {sql_name(schema + ANSWERS_OF)} cascade")
                if place <= KEPT:
                    continue
                for name in _schemas(cursor, schema):
                    cursor.execute(f"drop schema {sql_name(name)} cascade")
                cursor.execute(f"delete from {ACCESS}.releases where release_id = %s", [release_id])
        except errors.LockNotAvailable:
            left.append(release_id)
    return ", ".join(left)


def _schemas(cursor: "extensions.cursor", schema: str) -> Sequence[str]:
    """Give the schemas of a release: policies read some, so those go last."""
    cursor.execute(
        "select nspname from pg_namespace where nspname = %s or starts_with(nspname, %s) "
        "order by nspname",
        [schema, f"{schema}_of_"],
    )
    return [name for (name,) in cursor.fetchall()]


def _copy(
    cursor: "extensions.cursor", source: str, target: str, table: str, collation: str
) -> None:
    """Copy a table with its key, its comments and its rows."""
    old, new = (f"{sql_name(schema)}.{sql_name(table)}" for schema in (source, target))
    cursor.execute(f"create table {new} (like {old} including all)")
    cursor.execute(
        "select attname, format_type(atttypid, atttypmod) from pg_attribute "
        "where attrelid = %s::regclass and attnum > 0 and not attisdropped and attcollation <> 0",
        [new],
    )
    altered = ", ".join(
        f"alter column {sql_name(name)} type {kind} collate {sql_name(collation)}"
        for name, kind in cursor.fetchall()
    )
    if altered:
        cursor.execute(f"alter table {new} {altered}")
    cursor.execute(f"insert into {new} table {old}")
    cursor.execute(f"analyze {new}")


def _collation(cursor: "extensions.cursor") -> str:
    cursor.execute(
        "select collname from pg_collation where collname = any(%s) "
        "and collencoding in (-1, (select encoding from pg_database "
        "where datname = current_database()))",
        [list(COLLATIONS)],
    )
    there = {name for (name,) in cursor.fetchall()}
    return next(name for name in COLLATIONS if name in there)
