"""What a request becomes: SQL over the tables of its audience, with values that are bound."""

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, datetime
from functools import partial
from typing import Any

from wavehouse.escapes import sql_name
from wavehouse_exchange.serving.doors import Column, Opened, Rows
from wavehouse_exchange.serving.parameters import Filter, Wanted, read_cursor, shown
from wavehouse_exchange.serving.problems import bad_parameter, not_found
from wavehouse_exchange.serving.resources import RESOURCES, Resource

Tables = Mapping[str, dict[str, Column]]
RANGE = re.compile(r"(.*?)\.\.(.*)")
SUFFIXES = ("", "_id", "_code")
TRUTHS = {"true": True, "false": False}
# Of a column of whole numbers; beyond this a database would refuse the comparison.
LARGEST_INTEGER = 2**63 - 1


@dataclass(frozen=True)
class Query:
    """A query and what is bound in it."""

    sql: str
    values: tuple[object, ...] = ()
    # Columns that are null in what it gives: from which table they are filled, by which columns.
    filled: Mapping[str, tuple[str, tuple[str, ...]]] = field(default_factory=dict)
    # By these its rows are put in order here: sorting them there is a third of a small query.
    order: tuple[str, ...] = ()

    def read(self, opened: Opened) -> Rows:
        """Run it, and fill columns that belong to a whole table.

        They are looked up here, since a join at each request would take most of its time.
        """
        rows = opened.read(self.sql, self.values)
        for name, (table, pairs) in self.filled.items():
            known = opened.once(f"{table}.{name}", partial(_values_by, opened, table, pairs, name))
            places = [rows.columns.index(pair) for pair in pairs]
            place = rows.columns.index(name)
            values = [
                (*row[:place], known.get(tuple(row[own] for own in places)), *row[place + 1 :])
                for row in rows.values
            ]
            rows = replace(rows, values=values)
        if self.order:
            places = [rows.columns.index(name) for name in self.order]
            rows = replace(rows, values=sorted(rows.values, key=partial(_place_of, places)))
        return rows


@dataclass
class _Conditions:
    """Conditions of a query, as they are put together."""

    texts: list[str] = field(default_factory=list)
    values: list[object] = field(default_factory=list)

    def bind(self, value: object, as_type: str = "") -> str:
        """Bind a value and give what stands for it."""
        self.values.append(value)
        mark = f"${len(self.values)}"
        return f"cast({mark} as {as_type})" if as_type else mark

    def where(self) -> str:
        return f" where {' and '.join(self.texts)}" if self.texts else ""


def columns_of(resource: Resource, tables: Tables, table: str | None = None) -> dict[str, Column]:
    """Give the columns of a resource that an audience may read.

    Raises:
        RequestError: none of them is in what the audience may read.
    """
    found = tables.get(table or resource.table)
    if not found:
        raise not_found(f"There are no {resource.name} that you may read here.")
    return found


def column_named(name: str, columns: dict[str, Column]) -> str | None:
    """Give the column that a name of a request means: `wave` is `wave_id`."""
    return next((name + end for end in SUFFIXES if name + end in columns), None)


def selected_columns(resource: Resource, wanted: Wanted, columns: dict[str, Column]) -> list[str]:
    """Give the columns of an answer: the key, and what is asked for.

    Raises:
        RequestError: there is no such column.
    """
    if not wanted.fields:
        return list(columns)
    fields = [
        own
        for name in wanted.include
        if name in resource.includes
        for own in resource.includes[name][1].values()
        if own in columns
    ]
    for name in wanted.fields:
        column = column_named(name, columns)
        if column is None:
            raise bad_parameter(
                "fields",
                f"{resource.name} have no column {shown(name)}. There are: {', '.join(columns)}.",
            )
        fields.append(column)
    return list(dict.fromkeys([*key_columns(resource, columns), *fields]))


def rows_query(
    resource: Resource, wanted: Wanted, tables: Tables, largest: int, table: str | None = None
) -> Query:
    """Write the query of a request for rows of a table.

    It asks for one row more than it may give, so that the next page, or an answer that is too
    large, is noticed.

    Args:
        resource: what is asked for.
        wanted: what of it.
        tables: what the audience may read.
        largest: how many rows an answer without pages may have.
        table: another table with the same columns, such as that of pooled waves.

    Raises:
        RequestError: a parameter names what is not there, or a value does not fit.
    """
    columns = columns_of(resource, tables, table)
    added = {
        name: (other, pairs)
        for name, (other, pairs) in resource.adds.items()
        if {name, *pairs} <= set(tables.get(other, ())) and set(pairs) <= set(columns)
    }
    selected = selected_columns(
        resource, wanted, columns | {name: Column(name, "text", "") for name in added}
    )
    filled = {
        name: of for name, of in added.items() if name in selected and set(of[1]) <= set(selected)
    }
    names = ", ".join(
        f"cast(null as varchar) as {sql_name(name)}"
        if name in filled
        else _looked_up(name, *added[name])
        if name in added
        else f"rows.{sql_name(name)}"
        for name in selected
    )
    inner = _filtered(resource, wanted, columns, table or resource.table)
    if wanted.size is None:
        # All of them, or too many for an answer.
        order = tuple(key_columns(resource, columns))
        return Query(f"select {names} {inner.sql} limit {largest + 1}", inner.values, filled, order)
    return Query(
        f"select {names} {inner.sql} order by {_order(resource, columns)} limit {wanted.size + 1}",
        inner.values,
        filled,
    )


def _place_of(places: Sequence[int], row: Sequence[Any]) -> list[tuple[bool, Any]]:
    """Give what a row is sorted by: its key, with what is null at the end, as databases do."""
    return [(row[place] is None, row[place]) for place in places]


def _looked_up(name: str, table: str, pairs: Sequence[str]) -> str:
    """Write a column of another table, where an answer lacks the columns to look it up by."""
    same = " and ".join(f"other.{sql_name(pair)} = rows.{sql_name(pair)}" for pair in pairs)
    looked_up = f"select {sql_name(name)} from {sql_name(table)} as other where {same}"
    return f"({looked_up}) as {sql_name(name)}"


def _values_by(
    opened: Opened, table: str, pairs: Sequence[str], name: str
) -> dict[tuple[object, ...], object]:
    """Give a column of a table by the columns that name its rows."""
    listed = ", ".join(map(sql_name, (*pairs, name)))
    found = opened.read(f"select {listed} from {sql_name(table)}")
    return {row[:-1]: row[-1] for row in found.values}


def key_columns(resource: Resource, columns: dict[str, Column]) -> list[str]:
    """Give the columns that name a row, as far as the audience may read them."""
    return [name for name in resource.key if name in columns]


def _order(resource: Resource, columns: dict[str, Column]) -> str:
    return ", ".join(map(sql_name, key_columns(resource, columns))) or "1"


def _filtered(resource: Resource, wanted: Wanted, columns: dict[str, Column], table: str) -> Query:
    conditions = _Conditions()
    for each in wanted.filters:
        column = column_named(each.name, columns)
        if column is None:
            raise bad_parameter(
                each.parameter,
                f"{resource.name} have no column {shown(each.name)}. "
                f"There are: {', '.join(columns)}.",
            )
        conditions.texts.append(_condition(each, columns[column], conditions))
    if wanted.search:
        _search(resource, wanted.search, columns, conditions)
    if wanted.after is not None:
        _after(resource, wanted, columns, conditions)
    return Query(f"from {sql_name(table)} as rows{conditions.where()}", tuple(conditions.values))


def _condition(each: Filter, column: Column, conditions: _Conditions) -> str:
    """Write a filter: one of its values, or within one of its ranges."""
    if column.kind == "text" and any(RANGE.fullmatch(value) for value in each.values):
        raise bad_parameter(
            each.parameter,
            f"{column.name} is a text, and ranges are of numbers and days, such as "
            "filter[wave_date]=2000-01-01..2004-12-31.",
        )
    return any_of(
        each,
        sql_name(column.name),
        lambda text: conditions.bind(*_typed(text, column, each)),
        has_ranges=column.kind in {"number", "integer", "date"},
    )


def any_of(
    each: Filter,
    name: str,
    write: Callable[[str], str],
    write_end: Callable[[str], str] | None = None,
    *,
    has_ranges: bool = True,
) -> str:
    """Write a condition: one of a filter's values, or within one of its ranges.

    Args:
        each: the filter.
        name: what has the values, as the condition has it.
        write: writes a value.
        write_end: writes the end of a range, if that differs.
        has_ranges: whether two dots make a range.

    Raises:
        RequestError: a range has no end.
    """
    parts, single = [], []
    for value in each.values:
        found = RANGE.fullmatch(value) if has_ranges else None
        if found is None:
            single.append(write(value))
            continue
        ends = [
            f"{name} {sign} {(write_end or write)(text)}"
            for sign, text in ((">=", found[1]), ("<=", found[2]))
            if text
        ]
        if not ends:
            raise bad_parameter(each.parameter, "A range needs a number or a day: 5.., ..9, 5..9.")
        parts.append(" and ".join(ends))
    if single:
        parts.append(f"{name} in ({', '.join(single)})")
    return "(" + " or ".join(f"({part})" for part in parts) + ")"


def _typed(text: str, column: Column, each: Filter) -> tuple[object, str]:
    """Read a value as the column has them, with the type of SQL to bind it as.

    Raises:
        RequestError: it is not one.
    """
    try:
        if column.kind == "integer":
            number = int(text)
            if abs(number) > LARGEST_INTEGER or "_" in text:
                raise ValueError(text)
            return number, "bigint"
        if column.kind == "number":
            value = float(text)
            if "_" in text or value != value or abs(value) == float("inf"):
                raise ValueError(text)
            return value, "double precision"
        if column.kind == "date":
            return date.fromisoformat(text), "date"
        if column.kind == "boolean":
            return TRUTHS[text.lower()], "boolean"
    except (ValueError, KeyError):
        expected = {
            "integer": "a whole number",
            "number": "a number",
            "date": "a day such as 2004-05-01",
            "boolean": "true or false",
        }[column.kind]
        raise bad_parameter(
            each.parameter,
            f"{column.name} is compared with {expected}, and {shown(text)!r} is none.",
        ) from None
    if "\x00" in text:
        raise bad_parameter(each.parameter, "No text of a warehouse holds the character NUL.")
    return text, "varchar"


def _search(
    resource: Resource, words: str, columns: dict[str, Column], conditions: _Conditions
) -> None:
    searched = [name for name in resource.searched if name in columns]
    if not searched:
        raise bad_parameter("search", f"{resource.name} have no texts that are searched.")
    for word in words.split():
        mark = conditions.bind(word, "varchar")
        found = (f"position(lower({mark}) in lower({sql_name(name)})) > 0" for name in searched)
        conditions.texts.append(f"({' or '.join(found)})")


def _after(
    resource: Resource, wanted: Wanted, columns: dict[str, Column], conditions: _Conditions
) -> None:
    key = key_columns(resource, columns)
    values = read_cursor(wanted.after or "", wanted.digest(), key)
    if any(value is None for value in values):
        raise bad_parameter("page[after]", "This is not the mark of a page.")
    of_page = Filter("page[after]", ("",), "page[after]")
    # (a, b) > (1, 2), written out, since databases differ in how they use an index for it.
    ors = []
    for place, name in enumerate(key):
        equal = [
            f"{sql_name(before)} = "
            f"{conditions.bind(*_typed(str(values[index]), columns[before], of_page))}"
            for index, before in enumerate(key[:place])
        ]
        mark = conditions.bind(*_typed(str(values[place]), columns[name], of_page))
        ors.append(" and ".join([*equal, f"{sql_name(name)} > {mark}"]))
    conditions.texts.append("(" + " or ".join(f"({each})" for each in ors) + ")")


def included_query(
    name: str, of: Resource, rows: Sequence[Mapping[str, object]], tables: Tables
) -> tuple[str, Query] | None:
    """Write the query for what belongs to rows, such as their waves.

    Args:
        name: what is included, by the name that the resource has for it.
        of: the resource that the rows are of.
        rows: the rows of the answer, with the columns that name what is included.
        tables: what the audience may read.

    Returns:
        the name of the other resource and its query; None if there are no rows.

    Raises:
        RequestError: nothing of this name can be included, or the audience may not read it.
    """
    if name not in of.includes:
        known = ", ".join(of.includes) or "nothing"
        raise bad_parameter(
            "include", f"{of.name} include no {shown(name)}. They include: {known}."
        )
    other_name, pairs = of.includes[name]
    other = RESOURCES[other_name]
    columns = columns_of(other, tables)
    missing = [column for column in pairs if column not in columns]
    if missing:
        raise not_found(f"include: you may not read {missing[0]} of {other.name}.")
    wanted = sorted(
        {tuple(str(row[own]) for own in pairs.values()) for row in rows if _is_named(row, pairs)}
    )
    if not wanted:
        return None
    conditions = _Conditions()
    keys = ", ".join(
        "(" + ", ".join(conditions.bind(value, "varchar") for value in each) + ")"
        for each in wanted
    )
    names = ", ".join(f"cast({sql_name(column)} as varchar)" for column in pairs)
    if len(pairs) > 1:
        names = f"({names})"
    selected = ", ".join(map(sql_name, columns))
    return other_name, Query(
        f"select {selected} from {sql_name(other.table)} where {names} in ({keys}) "
        f"order by {_order(other, columns)}",
        tuple(conditions.values),
    )


def _is_named(row: Mapping[str, object], pairs: Mapping[str, str]) -> bool:
    return all(row.get(own) is not None for own in pairs.values())


def key_values(row: Mapping[str, object], key: Sequence[str]) -> list[object]:
    """Give a row's key as a cursor packs it."""
    return [
        value.isoformat() if isinstance(value := row[name], date | datetime) else value
        for name in key
    ]
