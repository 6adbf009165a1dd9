"""Releases in files of DuckDB: each audience has its own, and a key opens that one."""

import threading
from collections import OrderedDict
from collections.abc import Callable, Sequence
from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING

from wavehouse.audiences.door import (
    KeyRefusedError,
    check_key,
    is_sealed_to,
    open_audience,
)
from wavehouse.audiences.files import DELIVERABLE
from wavehouse.errors import NotGivenError, WavehouseError
from wavehouse.estimating.estimates import estimate
from wavehouse.estimating.programs import STEPS
from wavehouse.project import Project
from wavehouse.publishing.releases import counting_release
from wavehouse_exchange.serving.doors import KINDS, Column, Opened, Read, Rows
from wavehouse_exchange.serving.problems import not_found, not_offered, out_of_order, unknown_key

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection

# Releases that stay open beside the one that counts, for requests with `as_of`.
OPEN_AT_ONCE = 16
NOT_SEALED = (
    "This release cannot be opened by your key: it may be older than the key. Ask those who run "
    "the server, or read another release."
)


class FileDoors:
    """Opens files of audiences, and keeps them open for the requests to come."""

    def __init__(self, project: Project) -> None:
        """Take the project whose releases are served."""
        self._project = project
        self._opened: OrderedDict[tuple[str, str], Opened] = OrderedDict()
        self._lock = threading.Lock()

    def enter(self, key: str | None, as_of: str | None = None) -> Opened:
        """Give the release that a key opens; see `Doors`."""
        try:
            permit = check_key(self._project, key)
        except KeyRefusedError as error:
            raise unknown_key(str(error)) from error
        release_id = self._release(as_of)
        at = (permit.audience_id, release_id)
        with self._lock:
            opened = self._opened.get(at)
            if opened is not None:
                self._opened.move_to_end(at)
        # That another key opened it is no right of this one.
        if opened is not None and is_sealed_to(self._project, release_id, permit):
            return replace(opened, key_id=permit.key_id)
        try:
            audience = open_audience(self._project, key, release_id if as_of else None)
        except KeyRefusedError as error:
            raise unknown_key(str(error)) from error
        except NotGivenError as error:
            raise not_offered(NOT_SEALED if key else str(error)) from error
        except WavehouseError as error:
            raise out_of_order(str(error)) from error
        # Another one may count since.
        at = (permit.audience_id, audience.release_id)
        opened = Opened(
            audience.audience_id,
            permit.key_id,
            audience.release_id,
            tables_of(audience.connection, "marts"),
            reader(audience.cursor),
            audience.cursor,
            partial(estimate, audience.connection)
            if _has_table(audience.connection, STEPS)
            else None,
            deliverable=_deliverable(audience.connection),
        )
        with self._lock:
            self._opened[at] = opened
            # A request that still reads has a cursor of its own, which outlives this.
            while len(self._opened) > OPEN_AT_ONCE:
                self._opened.popitem(last=False)
        return opened

    def close(self) -> None:
        """Let go of what is open, once nobody reads it."""
        with self._lock:
            self._opened.clear()

    def _release(self, as_of: str | None) -> str:
        from wavehouse.publishing.history import find_release

        counting = counting_release(self._project)
        if counting is None:
            raise out_of_order("Nothing is published yet.")
        if as_of is None or as_of == counting:
            return counting
        try:
            return find_release(self._project, as_of).release_id
        except WavehouseError as error:
            raise not_found(f"as_of: {error}") from error


def reader(cursor: Callable[[], "DuckDBPyConnection"]) -> Read:
    """Give what runs queries on DuckDB, each on a connection of its own.

    Args:
        cursor: gives a connection; it is closed after the query.
    """

    def read(sql: str, values: Sequence[object]) -> Rows:
        with cursor() as connection:
            connection.execute(sql, list(values))
            described = connection.description or []
            return Rows(
                tuple(column[0] for column in described),
                tuple(str(column[1]) for column in described),
                connection.fetchall(),
            )

    return read


def tables_of(connection: "DuckDBPyConnection", schema: str) -> dict[str, dict[str, Column]]:
    """Give what a schema of a connection has: columns by table."""
    found = connection.execute(
        "select table_name, column_name, data_type, coalesce(comment, '') from duckdb_columns() "
        "where schema_name = ? order by table_name, column_index",
        [schema],
    ).fetchall()
    tables: dict[str, dict[str, Column]] = {}
    for table, name, data_type, description in found:
        kind = KINDS.get(data_type, "text")
        tables.setdefault(table, {})[name] = Column(name, kind, description)
    return tables


def _has_table(connection: "DuckDBPyConnection", name: str) -> bool:
    query = "select 1 from duckdb_tables() where table_name = $1"
    return connection.execute(query, [name]).fetchone() is not None


def _deliverable(connection: "DuckDBPyConnection") -> list[tuple[str, str | None]]:
    """Give what an audience may deliver. Releases from before there were deliveries say nothing."""
    if not _has_table(connection, DELIVERABLE):
        return []
    return connection.execute(
        f"select study_id, wave_id from {DELIVERABLE} order by all"
    ).fetchall()
