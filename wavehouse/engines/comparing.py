"""Compare two sets of tables value by value: all rows, all columns.

Numbers are compared by their distance: relative to what is expected, or absolute where that is
next to zero. All other values have to be the same.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from wavehouse.escapes import sql_name

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection

TOLERANCE = 1e-9
NUMBER = "DOUBLE"
# A row that both tables have.
BOTH = "h.is_there and t.is_there"
# Rows and values that are named where tables differ.
MOST_NAMED = 5
# What says something of the engine. Each sums up a study in its own way; only fingerprints of
# one engine are ever compared. Where an engine enforces no keys, tests guard them and are named.
OF_AN_ENGINE = {("dictionary_fingerprints", "fingerprint"), ("dictionary_columns", "guarded_by")}


@dataclass
class Compared:
    """What came out of a table.

    Args:
        table: its name.
        n_rows: rows that both have.
        n_values: values that were compared, with those of keys.
        n_off: values that differ, by more than the tolerance if they are numbers, and rows that
            only one of the two has.
        greatest: the greatest difference of numbers within the tolerance or beyond it.
        wrong: what differs, the first few of each kind.
    """

    table: str
    n_rows: int = 0
    n_values: int = 0
    n_off: int = 0
    greatest: float = 0.0
    wrong: list[str] = field(default_factory=list)


def columns_of(connection: "DuckDBPyConnection", relation: str) -> dict[str, str]:
    """Give the columns of a table with their types."""
    rows = connection.execute(f"select column_name, column_type from (describe {relation})")
    return dict(rows.fetchall())


def compare(
    connection: "DuckDBPyConnection", table: str, here: str, there: str, key: Sequence[str]
) -> Compared:
    """Compare two tables that a connection reaches.

    Args:
        connection: reaches both.
        table: what messages call them.
        here: the one that is right.
        there: the other one; its types may be others, such as texts.
        key: the columns that name a row.
    """
    compared = Compared(table)
    columns, others = columns_of(connection, here), columns_of(connection, there)
    if list(columns) != list(others):
        only = [f"only on DuckDB: {name}" for name in columns if name not in others]
        only += [f"not on DuckDB: {name}" for name in others if name not in columns]
        compared.wrong = [f"column {each}" for each in only] or ["columns are in another order"]
        compared.n_off = len(compared.wrong)
        return compared
    typed = ", ".join(
        f"cast({sql_name(name)} as {kind}) as {sql_name(name)}" for name, kind in columns.items()
    )
    same = " and ".join(_is_same(sql_name(name)) for name in key)
    found = (
        f"(select *, true as is_there from {here}) as h full join "
        f"(select {typed}, true as is_there from {there}) as t on {same}"
    )
    named = ", ".join(
        f"coalesce(cast(coalesce(h.{name}, t.{name}) as varchar), 'null')"
        for name in map(sql_name, key)
    )
    place = f"concat_ws(', ', {named})"
    _compare_keys(connection, compared, found, place)
    off = {
        name: _distance(sql_name(name), kind)
        for name, kind in columns.items()
        if name not in key and (table, name) not in OF_AN_ENGINE
    }
    compared.n_values = compared.n_rows * (len(off) + len(key))
    if not off:
        return compared
    counts = ", ".join(
        f"count(*) filter ({distance} > {TOLERANCE}), "
        f"max(case when {distance} < 'infinity'::double then {distance} end)"
        for distance in off.values()
    )
    row = connection.execute(f"select {counts} from {found} where {BOTH}").fetchall()[0]
    for name, n_off, greatest in zip(off, row[::2], row[1::2], strict=True):
        compared.greatest = max(compared.greatest, greatest or 0.0)
        compared.n_off += n_off
        if n_off:
            quoted = sql_name(name)
            examples = connection.execute(
                f"select {place}, h.{quoted}, t.{quoted} from {found} "
                f"where {BOTH} and {off[name]} > {TOLERANCE} order by 1 limit {MOST_NAMED}"
            ).fetchall()
            compared.wrong += [
                f"{where}: {name} is {value!r} on DuckDB and {other!r} there"
                for where, value, other in examples
            ]
            if n_off > MOST_NAMED:
                compared.wrong.append(f"... {n_off:,} values of {name}")
    return compared


def _compare_keys(
    connection: "DuckDBPyConnection", compared: Compared, found: str, place: str
) -> None:
    """Count the rows of both, and name those that only one of them has."""
    ((n_here_only, n_there_only, compared.n_rows, n_keys),) = connection.execute(
        "select count(*) filter (t.is_there is null), count(*) filter (h.is_there is null), "
        f"count(*) filter ({BOTH}), count(distinct case when {BOTH} then {place} end) from {found}"
    ).fetchall()
    for n_rows, missing, said in (
        (n_here_only, "t", "only on DuckDB"),
        (n_there_only, "h", "not on DuckDB"),
    ):
        compared.n_off += n_rows
        if n_rows:
            rows = connection.execute(
                f"select {place} from {found} where {missing}.is_there is null "
                f"order by 1 limit {MOST_NAMED}"
            )
            compared.wrong += [f"row {each} is {said}" for (each,) in rows.fetchall()]
        if n_rows > MOST_NAMED:
            compared.wrong.append(f"... {n_rows:,} rows are {said}")
    # A key that names several rows joins each with each.
    if n_more := compared.n_rows - n_keys:
        compared.n_off += n_more
        compared.wrong.append(f"the key names {n_more:,} rows more than once")


def _is_same(name: str) -> str:
    return f"h.{name} is not distinct from t.{name}"


def _distance(name: str, kind: str) -> str:
    """Give SQL of how far two values are from each other: no end if they cannot be compared."""
    endless = "'infinity'::double"
    if kind != NUMBER:
        return f"case when {_is_same(name)} then 0.0 else {endless} end"
    return (
        f"case when {_is_same(name)} then 0.0 "
        f"when h.{name} is null or t.{name} is null or isnan(h.{name}) or isnan(t.{name}) "
        f"then {endless} "
        f"when abs(h.{name}) < {TOLERANCE} then abs(h.{name} - t.{name}) "
        f"else abs(h.{name} - t.{name}) / abs(h.{name}) end"
    )
