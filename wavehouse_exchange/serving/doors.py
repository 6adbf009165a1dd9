"""What a key opens: a release as one audience may read it, whatever engine holds it."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Protocol

if TYPE_CHECKING:
    import pyarrow as pa
    from duckdb import DuckDBPyConnection

    from wavehouse.estimating.questions import Question

# By the type, as DuckDB calls it; all others are texts.
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


Read = Callable[[str, Sequence[object]], Rows]


@dataclass(frozen=True)
class Opened:
    """A release, as one audience may read it.

    Args:
        audience_id: who may read it.
        key_id: the key that opened it for this request; None for the public.
        release_id: the release.
        tables: what there is to read: columns by table, in their order. Queries name a table
            without a schema.
        reads: runs a query with what is bound.
        cursor: gives a connection of DuckDB on the same release; close it, or use it in `with`.
            None if the release is on another engine.
        estimates: answers a question from what people answered; None if the audience may not.
        kept: what was worked out for this audience and release, by a name, for later requests.
        deliverable: study and wave of what the audience may deliver; None for all waves.
    """

    audience_id: str
    key_id: str | None
    release_id: str
    tables: Mapping[str, dict[str, Column]]
    reads: Read
    cursor: "Callable[[], DuckDBPyConnection] | None" = None
    estimates: "Callable[[Question], pa.Table] | None" = None
    kept: dict[str, Any] = field(default_factory=dict)
    deliverable: Sequence[tuple[str, str | None]] = ()

    @property
    def can_estimate(self) -> bool:
        """Whether it has what estimates on demand need."""
        return self.estimates is not None

    def read(self, sql: str, values: Sequence[object] = ()) -> Rows:
        """Run a query.

        Args:
            sql: the query; `$1` stands for the first value.
            values: what is bound.
        """
        return self.reads(sql, values)

    def once(self, name: str, work: Callable[[], Any]) -> Any:  # noqa: ANN401 (what `work` gives)
        """Give what a piece of work gives, which is done for the first request only.

        Args:
            name: tells it from others.
            work: its result is of this audience and release, and nothing else.
        """
        if name not in self.kept:
            self.kept[name] = work()
        return self.kept[name]


class Doors(Protocol):
    """Opens releases for keys."""

    def enter(self, key: str | None, as_of: str | None = None) -> Opened:
        """Give the release that a key opens.

        The key is looked up each time, so that one that is revoked opens nothing from then on.

        Args:
            key: the key of the request; without one the audience is `public`.
            as_of: a release, or a day, as `wavehouse as-of` takes it; None for the one that counts.

        Raises:
            RequestError: the key is refused, the release is not there, or nothing is published.
        """
        ...

    def close(self) -> None:
        """Let go of what is open."""
        ...
