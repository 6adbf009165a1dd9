"""The release that a key opens: its file, what is in it, and connections for requests."""

import threading
from collections import OrderedDict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from wavehouse.audiences.door import KeyRefusedError, check_key, open_audience
from wavehouse.errors import NotGivenError, WavehouseError
from wavehouse.estimating.programs import STEPS
from wavehouse.project import Project
from wavehouse.publishing.releases import counting_release
from wavehouse_exchange.serving.problems import not_found, not_offered, out_of_order, unknown_key

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection

# Releases that stay open beside the one that counts, for requests with `as_of`.
OPEN_AT_ONCE = 16
NOT_SEALED = (
    "This release cannot be opened by your key: it may be older than the key. Ask those who run "
    "the server, or read another release."
)
# By the type; all others are texts.
KINDS = {
    **dict.fromkeys(("DOUBLE", "FLOAT"), "number"),
    **dict.fromkeys(("BIGINT", "INTEGER", "SMALLINT", "TINYINT", "HUGEINT"), "integer"),
    **dict.fromkeys(("DATE", "TIMESTAMP", "TIMESTAMP WITH TIME ZONE"), "date"),
    "BOOLEAN": "boolean",
}


@dataclass(frozen=True)
class Column:
    """A column of a table: what kind of values it has (text, number, integer, date, boolean)."""

    name: str
    kind: str
    description: str


@dataclass(frozen=True)
class Rows:
    """What a query gave.

    Args:
        columns: the names, in order.
        types: the type of each, as DuckDB calls it.
        values: the rows.
    """

    columns: tuple[str, ...]
    types: tuple[str, ...]
    values: Sequence[tuple[Any, ...]]

    @property
    def kinds(self) -> tuple[str, ...]:
        """What kind of values each column has."""
        return tuple(KINDS.get(each, "text") for each in self.types)

    def records(self) -> list[dict[str, Any]]:
        """Give each row by its columns."""
        return [dict(zip(self.columns, row, strict=True)) for row in self.values]


@dataclass(frozen=True)
class Opened:
    """A release, as one audience may read it.

    Args:
        audience_id: whose file it is.
        key_id: the key that opened it for this request; None for the public.
        release_id: the release.
        connection: on that file and on nothing else.
        tables: what the file holds of the schema `marts`: columns by table, in their order.
        cursor: gives a connection of its own on the same files; close it, or use it in `with`.
        can_estimate: whether it has what estimates on demand need.
    """

    audience_id: str
    key_id: str | None
    release_id: str
    connection: "DuckDBPyConnection"
    tables: Mapping[str, dict[str, Column]]
    cursor: Callable[[], "DuckDBPyConnection"]
    can_estimate: bool = False

    def read(self, sql: str, values: Sequence[object] = ()) -> Rows:
        """Run a query.

        Args:
            sql: the query; `$1` stands for the first value.
            values: what is bound.
        """
        with self.cursor() as cursor:
            cursor.execute(sql, list(values))
            described = cursor.description or []
            return Rows(
                tuple(column[0] for column in described),
                tuple(str(column[1]) for column in described),
                cursor.fetchall(),
            )


class Doors:
    """Opens releases for keys, and keeps them open for the requests to come."""

    def __init__(self, project: Project) -> None:
        """Take the project whose releases are served."""
        self._project = project
        self._opened: OrderedDict[tuple[str, str], Opened] = OrderedDict()
        self._lock = threading.Lock()

    def enter(self, key: str | None, as_of: str | None = None) -> Opened:
        """Give the release that a key opens.

        The key is looked up each time, so that one that is revoked opens nothing from then on.

        Args:
            key: the key of the request; without one the audience is `public`.
            as_of: a release, or a day, as `wavehouse as-of` takes it; None for the one that counts.

        Raises:
            RequestError: the key is refused, the release is not there, or nothing is published.
        """
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
            audience.connection,
            tables_of(audience.connection),
            audience.cursor,
            _has_program(audience.connection),
        )
        with self._lock:
            self._opened[at] = opened
            # A request that still reads has a cursor of its own, which outlives this.
            while len(self._opened) > OPEN_AT_ONCE:
                self._opened.popitem(last=False)
        return opened

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


def _has_program(connection: "DuckDBPyConnection") -> bool:
    query = "select 1 from duckdb_tables() where table_name = $1"
    return connection.execute(query, [STEPS]).fetchone() is not None


def tables_of(connection: "DuckDBPyConnection") -> dict[str, dict[str, Column]]:
    """Give what a connection has in the schema `marts`: columns by table."""
    found = connection.execute(
        "select table_name, column_name, data_type, coalesce(comment, '') from duckdb_columns() "
        "where schema_name = 'marts' order by table_name, column_index"
    ).fetchall()
    tables: dict[str, dict[str, Column]] = {}
    for table, name, data_type, description in found:
        kind = KINDS.get(data_type, "text")
        tables.setdefault(table, {})[name] = Column(name, kind, description)
    return tables
