"""Estimates that no table holds: a request becomes a question to the answers that are kept.

Whether an audience may ask says its file: without answers of people in it nothing is estimated.
"""

from collections.abc import Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

from wavehouse.encryption.databases import connect
from wavehouse.errors import NotGivenError, WavehouseError
from wavehouse.escapes import sql_text
from wavehouse.estimating.programs import NOT_HERE
from wavehouse.estimating.questions import WAVE, Question
from wavehouse_exchange.serving.doors import Opened, Rows
from wavehouse_exchange.serving.file_doors import reader, tables_of
from wavehouse_exchange.serving.parameters import Filter, Wanted
from wavehouse_exchange.serving.problems import bad_parameter, not_offered
from wavehouse_exchange.serving.questions import any_of, column_named, rows_query
from wavehouse_exchange.serving.resources import Resource

if TYPE_CHECKING:
    import pyarrow

TOTAL = "total"
PUBLISHED_ONLY = (
    "These figures would be estimated from answers, and you may read published estimates only. "
    "/v1/segments has the segments that are published."
)
# Columns that say what is estimated; filters on others keep rows of what comes out.
ASKED = ("measure_id", "study_id", "wave_id", "segment_id")


def estimated(
    resource: Resource, wanted: Wanted, opened: Opened, of_people: Sequence[Filter], largest: int
) -> Rows:
    """Estimate what a request asks for, from answers.

    Args:
        resource: with the key by which the rows are ordered.
        wanted: the request.
        opened: the release, as the audience may read it.
        of_people: those of its filters that name variables.
        largest: how many rows an answer without pages may have.

    Raises:
        RequestError: a name or value is wrong, or the audience has no answers to estimate from.
    """
    import pyarrow as pa

    if opened.estimates is None:
        raise not_offered(PUBLISHED_ONLY)
    columns = opened.tables[resource.table]
    asked = {
        column: each.values
        for each in wanted.filters
        if (column := column_named(each.name, columns)) in ASKED
    }
    try:
        tables = [opened.estimates(question) for question in _questions(wanted, asked, of_people)]
    except NotGivenError as error:
        text = PUBLISHED_ONLY if str(error) == NOT_HERE else str(error)
        raise not_offered(text.replace("in `fct_trend_estimates`", "at /v1/estimates")) from error
    except WavehouseError as error:
        raise bad_parameter("filter" if of_people else "by", str(error)) from error
    whole: pyarrow.Table = pa.concat_tables(tables, promote_options="default")
    rest = tuple(each for each in wanted.filters if each not in of_people)
    rest = tuple(each for each in rest if column_named(each.name, columns) not in ASKED)
    # What came out is a table like any other.
    with connect() as connection:
        connection.register("given", whole)
        connection.execute(f"create table {resource.table} as from given")
        made = replace(
            opened, tables=tables_of(connection, "main"), reads=reader(connection.cursor), kept={}
        )
        query = rows_query(resource, replace(wanted, filters=rest), made.tables, largest)
        return query.read(made)


def _questions(
    wanted: Wanted, asked: dict[str, tuple[str, ...]], of_people: Sequence[Filter]
) -> list[Question]:
    """Give the questions of a request: one for each segment that it names."""
    measures = asked.get("measure_id")
    if not measures:
        raise bad_parameter(
            "filter[measure]", "Say which measures are to be estimated: filter[measure]=…"
        )
    studies = asked.get("study_id", ("",))
    if len(studies) > 1:
        raise bad_parameter("filter[study]", "Estimate for one study at a time, or for all.")
    segments = asked.get("segment_id")
    if segments and wanted.by:
        raise bad_parameter("by", "Say what to cross by `by` or by filter[segment], not by both.")
    crossings = [() if each == TOTAL else (each,) for each in segments or ()] or [wanted.by]
    return [
        Question(
            measures=measures,
            by=by,
            where=" and ".join(map(_condition, of_people)),
            waves=asked.get("wave_id", ()),
            study=studies[0],
            grain=wanted.aggregate or WAVE,
        )
        for by in crossings
    ]


def _condition(each: Filter) -> str:
    """Write a filter as a condition on people, which is read and checked where it is used."""
    return any_of(each, each.name, sql_text, lambda text: _number(text, each))


def _number(text: str, each: Filter) -> str:
    try:
        return repr(float(text))
    except ValueError:
        raise bad_parameter(
            each.parameter, f"A range of {each.name} needs numbers, such as 30..44."
        ) from None
