"""Estimates: those that are declared are read; others are estimated when they are asked for."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

from wavehouse_exchange.serving.doors import Opened, Rows
from wavehouse_exchange.serving.on_demand import estimated
from wavehouse_exchange.serving.parameters import Filter, Wanted, shown
from wavehouse_exchange.serving.problems import bad_parameter, not_offered
from wavehouse_exchange.serving.questions import column_named, columns_of, rows_query
from wavehouse_exchange.serving.resources import CELL, PERIODS, POOLED, Resource

KEYS = {
    POOLED: ("study_id", "wave_id", "n_waves", *CELL),
    PERIODS: ("study_id", "period_grain", "period_start", *CELL),
}


@dataclass(frozen=True)
class Estimates:
    """Rows of estimates.

    Args:
        rows: the rows.
        key: the columns that name a row, in the order of the rows.
        is_estimated: whether they were estimated for this request.
    """

    rows: Rows
    key: tuple[str, ...]
    is_estimated: bool = False


def read_estimates(resource: Resource, wanted: Wanted, opened: Opened, largest: int) -> Estimates:
    """Give the estimates that a request asks for.

    Filters that name a column choose rows; those that name a variable choose respondents, and so
    what is estimated.

    Args:
        resource: that of estimates.
        wanted: what of it.
        opened: the release, as the audience may read it.
        largest: how many rows an answer without pages may have.

    Raises:
        RequestError: a parameter is wrong, or the audience may not have such estimates.
    """
    columns = columns_of(resource, opened.tables)
    of_people = [each for each in wanted.filters if column_named(each.name, columns) is None]
    for each in of_people:
        _refuse_unknown({each.name}, opened, each.parameter)
    segments = _declared_segments(wanted.by, opened)
    if of_people or segments is None:
        return _on_demand(resource, wanted, opened, of_people, largest)
    filters = wanted.filters
    if segments:
        filters += (Filter("segment_id", tuple(segments), "by"),)
    table = {"pooled": POOLED, None: resource.table}.get(wanted.aggregate, PERIODS)
    if table == PERIODS:
        filters += (Filter("period_grain", (wanted.aggregate or "",), "aggregate"),)
    if table not in opened.tables:
        raise not_offered(f"You may not read estimates by {wanted.aggregate}.", "aggregate")
    declared = replace(resource, table=table, key=KEYS.get(table, resource.key))
    query = rows_query(declared, replace(wanted, filters=filters), opened.tables, largest)
    rows = query.read(opened)
    if rows.values or table != PERIODS or wanted.after:
        return Estimates(rows, declared.key)
    # Nobody declared these periods; a study that was fielded day by day has them all the same.
    return _on_demand(resource, wanted, opened, of_people, largest)


def _on_demand(
    resource: Resource, wanted: Wanted, opened: Opened, of_people: Sequence[Filter], largest: int
) -> Estimates:
    """Estimate what nobody declared."""
    table = {None: resource.table, "pooled": POOLED}.get(wanted.aggregate, PERIODS)
    keyed = replace(resource, key=KEYS.get(table, resource.key))
    rows = estimated(keyed, wanted, opened, of_people, largest)
    return Estimates(rows, keyed.key, is_estimated=True)


def _declared_segments(by: Sequence[str], opened: Opened) -> list[str] | None:
    """Give the declared segments that a crossing is: none if nothing is crossed.

    Returns:
        None if the crossing is of no declared segment, and has to be estimated.

    Raises:
        RequestError: a name is that of no segment and no variable.
    """
    if not by:
        return []
    columns = opened.tables.get("dim_segment", {})
    if not {"segment_id", "first_variable_id", "second_variable_id"} <= set(columns):
        raise not_offered("You may not read segments, so estimates cannot be broken down.", "by")
    rows = opened.read(
        "select distinct segment_id, first_variable_id, second_variable_id from dim_segment"
    ).values
    variables = {segment: {first, second} - {None} for segment, first, second in rows}
    asked: set[str] = set()
    for name in by:
        asked |= variables.get(name) or {name}
    if len(by) == 1 and by[0] in variables:
        return [by[0]]
    _refuse_unknown(asked, opened, "by")
    found = sorted(segment for segment, of in variables.items() if of == asked)
    return found or None


def _refuse_unknown(names: set[str], opened: Opened, parameter: str) -> None:
    if "dim_variable" not in opened.tables:
        return
    rows = opened.read("select variable_id from dim_variable").values
    unknown = sorted(names - {variable for (variable,) in rows})
    if unknown:
        what = "segment" if parameter == "by" else "column"
        raise bad_parameter(
            parameter, f"There is no {what} and no variable {shown(unknown[0])}. See /v1/variables."
        )
