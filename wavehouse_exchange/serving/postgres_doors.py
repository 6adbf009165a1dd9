"""Releases on PostgreSQL: each query is a transaction that the database lets in, or not.

    begin;
    select wavehouse_access.authenticate($1);      the key; what it returns is the audience
    set local role wavehouse_reads_<audience>;
    set local search_path = served_<release>;
    select ...;
    commit;

Which rows and columns come back is up to policies and grants (`wavehouse.audiences.postgres`). The
process of the server has a login without rights, and no filter of its own.
"""

import os
import threading
from collections import OrderedDict
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import datetime
from functools import partial
from typing import TYPE_CHECKING, Any

import psycopg
from psycopg_pool import ConnectionPool, PoolTimeout

from wavehouse.audiences.door import WORDS, KeyRefusedError, as_it_was_given
from wavehouse.audiences.postgres import ACCESS, READS, Place
from wavehouse.audiences.postgres_estimation import ANSWERS_OF
from wavehouse.building.postgres_target import target_settings
from wavehouse.errors import WavehouseError
from wavehouse.escapes import sql_name
from wavehouse.estimating.engines import POSTGRES_TYPES, OnPostgres
from wavehouse.estimating.estimates import answer
from wavehouse.estimating.programs import STEPS, Program
from wavehouse.estimating.questions import Question
from wavehouse.publishing.history import release_named
from wavehouse_exchange.serving.doors import KINDS, Column, Opened, Rows
from wavehouse_exchange.serving.problems import (
    RequestError,
    not_found,
    not_offered,
    out_of_order,
    too_large,
    unknown_key,
)

if TYPE_CHECKING:
    import pyarrow as pa
    from psycopg import Cursor

CONNECTIONS = 16
# Seconds: to wait for a connection, and for an answer.
PATIENCE, LONGEST_QUERY = 5, 30
# What was looked up of so many audiences and releases is kept.
KNOWN_AT_ONCE = 64
TEXT = "VARCHAR"
GIVEN_AWAY = "This key was given to others meanwhile. Ask again."
LISTED = "The release that counts, and a few before it, are on PostgreSQL"
GONE = out_of_order("The database does not answer. Ask again in a while.")


@dataclass(frozen=True)
class _Release:
    """A release that is on the server."""

    release_id: str
    schema: str
    published_at: datetime
    live: str


class PostgresDoors:
    """Lets requests in on PostgreSQL, with a pool of connections for all of them."""

    def __init__(self, environment: Mapping[str, str] = os.environ) -> None:
        """Prepare connections; none is made before it is needed.

        Args:
            environment: says where the server is and who serves: the variables that profiles.yml
                reads, with WAVEHOUSE_PG_READER and WAVEHOUSE_PG_READER_PASSWORD for the login.
        """
        self._pool: ConnectionPool[psycopg.Connection[tuple[Any, ...]]] = ConnectionPool(
            kwargs={
                **target_settings(environment),
                "user": environment.get("WAVEHOUSE_PG_READER") or Place.login,
                "password": environment.get("WAVEHOUSE_PG_READER_PASSWORD", ""),
                "application_name": "wavehouse serve",
                "connect_timeout": PATIENCE,
                "options": f"-c statement_timeout={LONGEST_QUERY}s",
                # Values are bound by the server and never become text of a query.
                "cursor_factory": psycopg.RawCursor,
                "prepare_threshold": None,
            },
            min_size=0,
            max_size=CONNECTIONS,
            timeout=PATIENCE,
            open=False,
        )
        self._known: OrderedDict[tuple[str, str], Opened] = OrderedDict()
        self._lock = threading.Lock()

    def close(self) -> None:
        """Close the connections."""
        self._pool.close()

    def enter(self, key: str | None, as_of: str | None = None) -> Opened:
        """Give the release that a key opens; see `Doors`."""
        if key is not None:
            try:
                key = as_it_was_given(key)
            except KeyRefusedError as error:
                raise unknown_key(str(error)) from error
        with self._let_in(key) as (cursor, audience_id):
            cursor.execute(f"select {ACCESS}.admitted_key()")
            (key_id,) = cursor.fetchone() or (None,)
            release = _chosen(cursor, as_of)
            reads = partial(self._read, key, audience_id, release.schema)
            answers = f"{release.schema}{ANSWERS_OF}"
            estimates = partial(self._estimate, key, audience_id, answers)
            at = (audience_id, release.release_id)
            with self._lock:
                known = self._known.get(at)
                if known is not None:
                    self._known.move_to_end(at)
            if known is None:
                cursor.execute(f"select study_id, wave_id from {ACCESS}.deliverable()")
                deliverable = cursor.fetchall()
                _take_role(cursor, audience_id)
                tables = _tables(cursor, release.schema)
                # What is kept holds no key.
                known = Opened(
                    *(audience_id, None, release.release_id, tables, _nobody),
                    estimates=_nobody if _tables(cursor, answers).get(STEPS) else None,
                    deliverable=[(study_id, wave_id) for study_id, wave_id in deliverable],
                )
                with self._lock:
                    self._known[at] = known
                    while len(self._known) > KNOWN_AT_ONCE:
                        self._known.popitem(last=False)
        # Releases that do not count any more have no answers on the server.
        may_estimate = known.can_estimate and release.live == "current"
        return replace(
            known, key_id=key_id, reads=reads, estimates=estimates if may_estimate else None
        )

    def _read(
        self, key: str | None, audience_id: str, schema: str, sql: str, values: Sequence[object]
    ) -> Rows:
        """Run a query as the audience of a key, in a transaction of its own."""
        with self._as(key, audience_id) as cursor:
            cursor.execute(f"set local search_path = {sql_name(schema)}")
            cursor.execute(sql, list(values))
            described = cursor.description or []
            return Rows(
                tuple(column.name for column in described),
                tuple(POSTGRES_TYPES.get(column.type_code, TEXT) for column in described),
                cursor.fetchall(),
            )

    def _estimate(
        self, key: str | None, audience_id: str, schema: str, question: Question
    ) -> "pa.Table":
        """Run a question as the audience of a key; nothing of it stays."""
        with self._as(key, audience_id) as cursor:
            # Temporary tables come first, and nothing else is found without a schema.
            cursor.execute("set local search_path = pg_temp, pg_catalog")
            place = sql_name(schema)
            cursor.execute(
                f"select step_name, step_kind, step_sql from {place}.{STEPS} order by step_number"
            )
            program = Program(place, tuple(cursor.fetchall()))
            try:
                return answer(OnPostgres(cursor), program, question)
            finally:
                cursor.connection.rollback()

    @contextmanager
    def _as(self, key: str | None, audience_id: str) -> Iterator["Cursor[tuple[Any, ...]]"]:
        """Begin a transaction in the role of an audience.

        Raises:
            RequestError: the key is not of this audience any more.
        """
        with self._let_in(key) as (cursor, now):
            if now != audience_id:
                raise unknown_key(GIVEN_AWAY)
            _take_role(cursor, audience_id)
            yield cursor

    @contextmanager
    def _let_in(self, key: str | None) -> Iterator[tuple["Cursor[tuple[Any, ...]]", str]]:
        """Begin a transaction that the database lets in, and give the audience it is for.

        Raises:
            RequestError: the key is refused, or the server cannot be reached.
        """
        # Does nothing once it is open.
        self._pool.open()
        try:
            with self._pool.connection() as connection, connection.cursor() as cursor:
                cursor.execute(f"select {ACCESS}.authenticate($1)", [key])
                (audience_id,) = cursor.fetchone() or ("",)
                yield cursor, str(audience_id)
        except psycopg.errors.InvalidAuthorizationSpecification as error:
            raise _refused(error, key) from error
        except psycopg.errors.QueryCanceled as error:
            raise too_large("This takes too long. Ask for fewer rows at a time.") from error
        except (psycopg.errors.UndefinedTable, psycopg.errors.InvalidSchemaName) as error:
            raise out_of_order("A release was replaced meanwhile. Ask again.") from error
        except (psycopg.OperationalError, PoolTimeout) as error:
            raise GONE from error


def _nobody(*_: object) -> Any:  # noqa: ANN401 (stands for what gives something)
    raise AssertionError("Each request reads by its own key.")


def _refused(error: psycopg.Error, key: str | None) -> RequestError:
    said = error.diag.message_primary or ""
    for reason, words in WORDS.items():
        if said == reason:
            return unknown_key(words)
    if key is None:
        return not_offered("Nothing is given out without a key.")
    return not_offered("There is nothing for this key.")


def _take_role(cursor: "Cursor[tuple[Any, ...]]", audience_id: str) -> None:
    cursor.execute(f"set local role {sql_name(READS + audience_id)}")


def _chosen(cursor: "Cursor[tuple[Any, ...]]", as_of: str | None) -> _Release:
    """Choose a release.

    Raises:
        RequestError: there is none of this name.
    """
    cursor.execute(f"select release_id, schema_name, published_at, counts from {ACCESS}.served()")
    rows = cursor.fetchall()
    if not rows:
        raise out_of_order("Nothing is published yet.")
    releases = [
        _Release(release_id, schema, published_at, "current" if counts else "")
        for release_id, schema, published_at, counts in rows
    ]
    if len(releases) > 1 and releases[-1].live:
        releases[-2] = replace(releases[-2], live="previous")
    if as_of is None:
        return next(each for each in releases if each.live == "current")
    try:
        return release_named(releases, as_of, LISTED)
    except WavehouseError as error:
        raise not_found(f"as_of: {error}") from error


def _tables(cursor: "Cursor[tuple[Any, ...]]", schema: str) -> dict[str, dict[str, Column]]:
    """Give what the role of a transaction may read of a schema: columns by table."""
    cursor.execute(
        """
        select tables.relname, columns.attname, columns.atttypid::bigint,
            coalesce(col_description(tables.oid, columns.attnum), '')
        from pg_class as tables
        inner join pg_namespace as schemas on tables.relnamespace = schemas.oid
        inner join pg_attribute as columns on tables.oid = columns.attrelid
        where schemas.nspname = $1 and tables.relkind = 'r'
            and columns.attnum > 0 and not columns.attisdropped
            and has_column_privilege(tables.oid, columns.attnum, 'select')
        order by tables.relname collate "C", columns.attnum
        """,
        [schema],
    )
    tables: dict[str, dict[str, Column]] = {}
    for table, name, data_type, description in cursor.fetchall():
        kind = KINDS.get(POSTGRES_TYPES.get(data_type, TEXT), "text")
        tables.setdefault(table, {})[name] = Column(name, kind, description)
    return tables
