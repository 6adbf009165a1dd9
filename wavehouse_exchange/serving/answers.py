"""The answer to a request for rows of a resource."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from wavehouse_exchange.serving.doors import Opened, Rows
from wavehouse_exchange.serving.estimates import read_estimates
from wavehouse_exchange.serving.parameters import Wanted, cursor, shown
from wavehouse_exchange.serving.problems import not_found, too_large
from wavehouse_exchange.serving.questions import (
    column_named,
    included_query,
    key_values,
    rows_query,
)
from wavehouse_exchange.serving.resources import RESOURCES, Resource

# Rows of an answer without pages: 50 MB of JSON, a second or two.
LARGEST_ANSWER = 50_000
# Columns by which a row is named.
IDS = ("_id", "_code")
# What `include` names may stand for so many rows.
LARGEST_INCLUDED = 2_000


@dataclass(frozen=True)
class Answer:
    """What a request is answered with.

    Args:
        rows: the rows.
        included: what belongs to them, by the name of its resource.
        after: the mark that the next page continues after; None if nothing follows.
        is_estimated: whether the rows were estimated for this request.
        notes: what a reader should know of it, such as values that no row has.
    """

    rows: Rows
    included: Mapping[str, list[dict[str, Any]]] = field(default_factory=dict)
    after: str | None = None
    is_estimated: bool = False
    notes: tuple[str, ...] = ()


def answer(resource: Resource, wanted: Wanted, opened: Opened) -> Answer:
    """Answer a request for rows.

    Args:
        resource: what is asked for.
        wanted: what of it.
        opened: the release, as the audience may read it.

    Raises:
        RequestError: a parameter is wrong, the answer is too large, or not for this audience.
    """
    if resource.name == "estimates":
        found = read_estimates(resource, wanted, opened, LARGEST_ANSWER)
        rows, key, is_estimated = found.rows, found.key, found.is_estimated
    else:
        rows = rows_query(resource, wanted, opened.tables, LARGEST_ANSWER).read(opened)
        key, is_estimated = resource.key, False
    after = None
    if len(rows.values) > (wanted.size or LARGEST_ANSWER):
        if wanted.size is None:
            raise too_large(
                f"These are more than {LARGEST_ANSWER:,} {resource.name}, the most of an answer. "
                "Ask for fewer by filter[…], or for pages by page[size].",
            )
        rows = replace(rows, values=rows.values[: wanted.size])
        last = dict(zip(rows.columns, rows.values[-1], strict=True))
        after = cursor(wanted.digest(), key_values(last, [name for name in key if name in last]))
    included: dict[str, list[dict[str, Any]]] = {}
    for name in wanted.include:
        _include(name, resource, rows, opened, included)
    notes = () if rows.values or is_estimated else _not_there(resource, wanted, opened)
    return Answer(rows, included, after, is_estimated, notes)


def _not_there(resource: Resource, wanted: Wanted, opened: Opened) -> tuple[str, ...]:
    """Say which ids of the filters no row has: an empty answer may be a typing error."""
    columns = opened.tables[resource.table]
    notes = []
    for each in wanted.filters:
        column = column_named(each.name, columns)
        if column is None or not column.endswith(IDS):
            continue
        for value in each.values:
            alone = Wanted(filters=(replace(each, values=(value,)),), fields=(column,), size=1)
            query = rows_query(resource, alone, opened.tables, 1)
            if not query.read(opened).values:
                notes.append(
                    f"No row of {resource.name} that you may read has {column} {shown(value)}."
                )
    return tuple(notes)


def one(resource: Resource, key: Mapping[str, str], opened: Opened) -> Rows:
    """Give the one row that an address names.

    Raises:
        RequestError: there is none that the audience may read.
    """
    from wavehouse_exchange.serving.parameters import Filter

    filters = tuple(Filter(name, (value,), name) for name, value in key.items())
    rows = rows_query(resource, Wanted(filters=filters), opened.tables, 1).read(opened)
    if not rows.values:
        named = ", ".join(f"{name} {value}" for name, value in key.items())
        raise not_found(f"There is no such row of {resource.name}: {named}.")
    return rows


def _include(
    name: str,
    resource: Resource,
    rows: Rows,
    opened: Opened,
    included: dict[str, list[dict[str, Any]]],
) -> None:
    """Add what a name of `include` stands for; two names of one resource share its list."""
    records = rows.records()
    found = included_query(name, resource, records, opened.tables)
    if found is None:
        # The name was checked; without rows there is nothing to add.
        included.setdefault(resource.includes[name][0], [])
        return
    other, query = found
    if len(query.values) > LARGEST_INCLUDED * len(RESOURCES[other].key):
        raise too_large(
            f"include={name} belongs to too many rows here. Ask for fewer rows, or for "
            f"{other} by themselves.",
            "include",
        )
    known = included.setdefault(other, [])
    known += [row for row in query.read(opened).records() if row not in known]
