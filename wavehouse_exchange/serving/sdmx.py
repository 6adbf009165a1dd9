"""The estimates as a service of SDMX's REST API, for programs of official statistics.

Each study is a dataflow, `DF_TRENDS_<study>`, with the structure that `wavehouse export` writes.
A key names the dimensions in their order, `STUDY.MEASURE.CATEGORY.SEGMENT`: an empty place (or `*`)
is any value, and `+` (in version 3.0 also a comma) stands between several.
"""

import threading
from collections import OrderedDict
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime
from typing import TYPE_CHECKING, Any

from wavehouse.encryption.databases import connect
from wavehouse.errors import WavehouseError
from wavehouse.project import Project
from wavehouse_exchange.exports.published import Release, add_references, records
from wavehouse_exchange.exports.sdmx_files import (
    OBSERVATIONS,
    check_dates,
    data_csv,
    data_xml,
    flows_xml,
    header_of,
    series_key,
    structure_xml,
)
from wavehouse_exchange.exports.sdmx_json import data_json
from wavehouse_exchange.exports.sdmx_structures import (
    DIMENSIONS,
    TIME,
    Structures,
    make_structures,
)
from wavehouse_exchange.exports.study import Study
from wavehouse_exchange.serving.copies import copy_table
from wavehouse_exchange.serving.doors import Opened
from wavehouse_exchange.serving.formats import Body
from wavehouse_exchange.serving.parameters import shown
from wavehouse_exchange.serving.problems import RequestError, bad_parameter, not_found, not_offered

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection

AGENCY = "WAVEHOUSE"
# Studies whose structures are kept, of each release that is open.
KEPT = 32
ANSWERS_KEPT = 8
NEEDED = {
    "dim_study": "",
    "dim_wave": "where study_id = $1",
    "dim_measure": "",
    "dim_segment": "",
    "fct_trend_estimates": "where study_id = $1",
}
XML_DATA = "application/vnd.sdmx.structurespecificdata+xml;version=2.1"
XML_STRUCTURE = "application/vnd.sdmx.structure+xml;version=2.1"
CSV_DATA = "application/vnd.sdmx.data+csv;version=2.0.0"
JSON_DATA = {
    "1.0.0": "application/vnd.sdmx.data+json;version=1.0.0",
    "2.0.0": "application/vnd.sdmx.data+json;version=2.0.0",
}


@dataclass(frozen=True)
class Flow:
    """What is known of a study's trends; observations are in the order of their series."""

    study: Study
    structures: Structures
    rows: list[dict[str, Any]]


@dataclass(frozen=True)
class Asked:
    """Which observations are wanted.

    Args:
        dimensions: values by place; an empty set is any value.
        first: from this day on.
        last: up to this day.
    """

    dimensions: tuple[frozenset[str], ...] = ()
    first: date | None = None
    last: date | None = None


class Flows:
    """The dataflows of each release and audience, read when they are asked for."""

    def __init__(self, project: Project) -> None:
        """Take the project, which has the code lists of the standard."""
        self._project = project
        self._kept: OrderedDict[tuple[str, str, str], Flow] = OrderedDict()
        self._written: OrderedDict[tuple[str, str, str, Asked, str], tuple[Body, int]]
        self._written = OrderedDict()
        self._lock = threading.Lock()

    def ids(self, opened: Opened) -> list[str]:
        """Give the dataflows that an audience may read."""
        if "fct_trend_estimates" not in opened.tables:
            return []
        rows = opened.read("select distinct study_id from fct_trend_estimates order by 1")
        return [_flow_id(study) for (study,) in rows.values]

    def flow(self, flow_id: str, opened: Opened) -> Flow:
        """Give a dataflow by its id.

        Raises:
            RequestError: there is none of this id that the audience may read.
        """
        studies = {known: known.removeprefix(_flow_id("")) for known in self.ids(opened)}
        if flow_id not in studies:
            raise not_found(
                f"There is no dataflow {shown(flow_id)}. There are: {', '.join(studies)}."
            )
        at = (opened.audience_id, opened.release_id, flow_id)
        with self._lock:
            if at in self._kept:
                self._kept.move_to_end(at)
                return self._kept[at]
        flow = _read(studies[flow_id], opened, self._project)
        with self._lock:
            self._kept[at] = flow
            while len(self._kept) > KEPT:
                self._kept.popitem(last=False)
        return flow

    def data(self, flow_id: str, opened: Opened, asked: Asked, accept: str) -> tuple[Body, int]:
        """Give what `data` writes. The last answers are kept: a large one takes seconds."""
        at = (opened.audience_id, opened.release_id, flow_id, asked, accept)
        with self._lock:
            if at in self._written:
                return self._written[at]
        written = data(self.flow(flow_id, opened), asked, accept)
        with self._lock:
            self._written[at] = written
            while len(self._written) > ANSWERS_KEPT:
                self._written.popitem(last=False)
        return written


def asked_for(key: str, parameters: Mapping[str, str]) -> Asked:
    """Read a key and the parameters beside it.

    Args:
        key: as the address has it; `all` and `*` are everything.
        parameters: `startPeriod` and `endPeriod`, or `c[TIME_PERIOD]` and other `c[…]`.

    Raises:
        RequestError: a part of it cannot be read.
    """
    parts = [""] * len(DIMENSIONS)
    if key not in {"all", "*", ""}:
        given = key.split(".")
        if len(given) != len(DIMENSIONS):
            names = ".".join(each.id for each in DIMENSIONS)
            raise bad_parameter("key", f"A key has {len(DIMENSIONS)} parts: {names}.")
        parts = given
    wanted = [frozenset(_values(part)) for part in parts]
    first, last = None, None
    places = {each.id: place for place, each in enumerate(DIMENSIONS)}
    for name, value in parameters.items():
        component = name[2:-1] if name.startswith("c[") and name.endswith("]") else None
        if name == "startPeriod":
            first = _day(name, value, is_end=False)
        elif name == "endPeriod":
            last = _day(name, value, is_end=True)
        elif component == TIME.id:
            first, last = _period(name, value)
        elif component in places:
            wanted[places[component]] = frozenset(_values(value))
        elif name not in {"detail", "dimensionAtObservation", "references", "includeHistory"}:
            raise bad_parameter(shown(name), f"{shown(name)} is no parameter of data here.")
    return Asked(tuple(wanted), first, last)


def data(flow: Flow, asked: Asked, accept: str) -> tuple[Body, int]:
    """Write the observations that are asked for.

    Args:
        flow: the dataflow.
        asked: which of them.
        accept: the header of the request; SDMX-ML 2.1 if it is indifferent.

    Returns:
        the bytes, and how many observations are in them.

    Raises:
        RequestError: nothing was found, or none of the accepted formats can be given.
    """
    rows = [row for row in flow.rows if _is_asked(row, asked)]
    if not rows:
        raise not_found("No observation has this key in these periods.")
    write = _writer(accept)
    return write(flow, rows), len(rows)


def structure(flow: Flow) -> Body:
    """Write a dataflow with all that it refers to."""
    return Body(structure_xml(flow.structures, header_of(flow.study)), XML_STRUCTURE)


def list_of(flows: Sequence[Flow]) -> Body:
    """Write the dataflows by their names, without what they refer to."""
    return Body(
        flows_xml([(flow.structures, header_of(flow.study)) for flow in flows]), XML_STRUCTURE
    )


def _flow_id(study_id: str) -> str:
    return f"DF_TRENDS_{study_id}"


def _read(study_id: str, opened: Opened, project: Project) -> Flow:
    """Copy what the structures are made of into a small database of their own."""
    missing = [table for table in NEEDED if table not in opened.tables]
    if missing:
        raise not_offered(f"SDMX needs {missing[0]}, which you may not read.")
    with connect() as connection:
        for table, where in NEEDED.items():
            copy_table(opened, table, connection, where, [study_id] if where else [])
        add_references(connection, project)
        return _flow(study_id, opened, connection)


def _flow(study_id: str, opened: Opened, connection: "DuckDBPyConnection") -> Flow:
    import duckdb

    study = Study(
        records(connection, "select * from marts.dim_study where study_id = $1", [study_id])[0],
        tuple(records(connection, "select * from marts.dim_wave order by wave_number")),
        (),
        (),
        Release(opened.release_id, _published_at(opened.release_id), ""),
    )
    try:
        check_dates(study)
        structures = make_structures(connection, study)
        rows = records(connection, OBSERVATIONS, [study_id])
    except WavehouseError as error:
        raise not_offered(f"This study cannot be given as SDMX: {error}") from error
    except (KeyError, duckdb.BinderException) as error:
        # A column that the audience may not read.
        raise not_offered(f"You may not read all that SDMX needs: {error}") from error
    return Flow(study, structures, rows)


def _published_at(release_id: str) -> str:
    moment = datetime.strptime(release_id, "%Y%m%dT%H%M%S%fZ")
    return moment.replace(tzinfo=UTC).isoformat(timespec="seconds")


def _values(part: str) -> Iterable[str]:
    if part in {"", "*"}:
        return ()
    return [value for text in part.split("+") for value in text.split(",") if value]


def _day(name: str, text: str, *, is_end: bool) -> date:
    """Read a year, a month or a day: its first day, or its last."""
    parts = text.split("T")[0].split("-")
    try:
        year, month, day = (int(parts[place]) if place < len(parts) else None for place in range(3))
        if day is not None and month is not None and year is not None:
            return date(year, month, day)
        if not is_end:
            return date(year or 0, month or 1, 1)
        from calendar import monthrange

        last = month or 12
        return date(year or 0, last, monthrange(year or 0, last)[1])
    except (ValueError, IndexError):
        raise bad_parameter(
            name, f"{shown(text)!r} is no year, month or day, such as 2004, 2004-05, 2004-05-01."
        ) from None


def _period(name: str, text: str) -> tuple[date | None, date | None]:
    """Read `ge:2000+le:2004`, or one period."""
    first, last = None, None
    for part in text.replace(",", "+").split("+"):
        sign, colon, day = part.partition(":")
        if not colon:
            first, last = _day(name, part, is_end=False), _day(name, part, is_end=True)
        elif sign in {"ge", "gt"}:
            first = _day(name, day, is_end=sign == "gt")
        elif sign in {"le", "lt"}:
            last = _day(name, day, is_end=sign == "le")
        else:
            raise bad_parameter(name, f"{shown(sign)!r} is no comparison; ge and le are.")
    return first, last


def _is_asked(row: Mapping[str, Any], asked: Asked) -> bool:
    day = row["wave_date"]
    return (
        (asked.first is None or day >= asked.first)
        and (asked.last is None or day <= asked.last)
        and all(
            not wanted or value in wanted
            for wanted, (_, value) in zip(asked.dimensions, series_key(row), strict=True)
        )
    )


Writer = Callable[[Flow, Sequence[Mapping[str, Any]]], Body]


def _writer(accept: str) -> Writer:
    """Choose the format of observations by what a request accepts."""
    for part in accept.split(",") if accept.strip() else ["*/*"]:
        name = part.split(";q=")[0].replace(" ", "").lower()
        kind = name.partition(";")[0]
        if kind in {"application/vnd.sdmx.data+csv", "text/csv"}:
            return _csv
        if kind in {"application/vnd.sdmx.data+json", "application/json"}:
            return _json_2 if "version=2" in name else _json_1
        if kind.endswith("+xml") or kind in {"*/*", "application/*", "application/xml", "text/xml"}:
            return _xml
        if kind == "text/html":
            return _xml
    offered = ", ".join([XML_DATA, CSV_DATA, *JSON_DATA.values()])
    raise RequestError(406, "No such format", f"Data can be given as {offered}.", "Accept")


def _xml(flow: Flow, rows: Sequence[Mapping[str, Any]]) -> Body:
    return Body(data_xml(flow.structures, rows, header_of(flow.study)), XML_DATA)


def _csv(flow: Flow, rows: Sequence[Mapping[str, Any]]) -> Body:
    return Body(data_csv(flow.structures, rows).encode(), CSV_DATA)


def _json_1(flow: Flow, rows: Sequence[Mapping[str, Any]]) -> Body:
    return _json(flow, rows, "1.0.0")


def _json_2(flow: Flow, rows: Sequence[Mapping[str, Any]]) -> Body:
    return _json(flow, rows, "2.0.0")


def _json(flow: Flow, rows: Sequence[Mapping[str, Any]], version: str) -> Body:
    header = header_of(flow.study)
    name = f"{flow.study.study['study_label']}: trends"
    return Body(data_json(flow.structures, rows, header, name, version), JSON_DATA[version])
