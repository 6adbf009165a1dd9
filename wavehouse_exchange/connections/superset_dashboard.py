"""The dashboard of the bundle for Superset, with its filters."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from wavehouse_exchange.connections.charts import SegmentValue
from wavehouse_exchange.connections.superset_charts import (
    BARS,
    CHANGES,
    CHARTS,
    FIGURES,
    ROWS,
    TREND,
    Chart,
)
from wavehouse_exchange.connections.superset_datasets import (
    AFTER_A_BREAK,
    LISTS,
    LOWER,
    UPPER,
)

Identify = Callable[[str, str], str]

VERSION = "1.0.0"
# Colours that colour-blind people can tell apart (after Okabe and Ito), by the place of a value.
COLOURS = (
    *("#0072b2", "#c25400", "#00805f", "#a2457d", "#8a6d00", "#5c656d"),
    *("#56b4e9", "#e69f00", "#009e73", "#cc79a7"),
)
HOW_TO_READ = """\
Lines are estimates, bands their confidence intervals. A large dot is the first wave after something
broke the series: what it was is in the table. A gap has its reason there too. Filters go from top
to bottom; a place without a number has more than one figure, or none.
"""


@dataclass(frozen=True)
class Filter:
    """One filter of the dashboard, for one value.

    Args:
        name: what readers see.
        column: what it filters by, in all datasets.
        place: the metric by which its list is sorted.
        after: the names of the filters that it depends on.
        not_of: charts that it does not filter.
    """

    name: str
    column: str
    place: str
    after: tuple[str, ...] = ()
    not_of: tuple[Chart, ...] = ()


FILTERS = (
    Filter("Study", "study_label", "study_place"),
    Filter("Measure", "measure_label", "measure_place", ("Study",)),
    Filter("Segment", "segment_label", "segment_place", ("Study", "Measure")),
    Filter("Category", "category_label", "category_place", ("Study", "Measure"), (BARS,)),
    Filter(
        "Wave of the bars",
        "wave_label",
        "wave_place",
        ("Study", "Measure"),
        (TREND, FIGURES, CHANGES),
    ),
)


def dashboard(project: str, values: Sequence[SegmentValue], identify: Identify) -> dict[str, Any]:
    """Describe the dashboard.

    Args:
        project: the name of the project.
        values: the values of segments, each of which has a colour.
        identify: gives the identifier of something by its kind and name.
    """
    return {
        "dashboard_title": f"Trends ({project})",
        "description": "Published trends with their intervals, breaks and significant changes.",
        "slug": None,
        "uuid": identify("dashboard", "trends"),
        "published": True,
        "position": dict(_positions(identify, project)),
        "metadata": {
            "native_filter_configuration": [_filter(each, identify) for each in FILTERS],
            # A click into a chart would filter others by one of its series.
            "cross_filters_enabled": False,
            "chart_configuration": {},
            "global_chart_configuration": {},
            "color_scheme": "",
            "refresh_frequency": 0,
            "expanded_slices": {},
            "label_colors": dict(_colours(values)),
            "timed_refresh_immune_slices": [],
        },
        "version": VERSION,
    }


def _colours(values: Sequence[SegmentValue]) -> Iterator[tuple[str, str]]:
    """Give a line, its band and its dots one colour; Superset takes them for four series."""
    for value in values:
        for end in ("", LOWER, UPPER, AFTER_A_BREAK):
            yield value.in_order + end, COLOURS[(value.place - 1) % len(COLOURS)]


def _number(chart: Chart) -> int:
    """Give the number of a chart in this bundle; Superset gives it another one."""
    return CHARTS.index(chart) + 1


def _positions(identify: Identify, project: str) -> Iterator[tuple[str, Any]]:
    rows = [f"ROW-{number}" for number in range(len(ROWS) + 1)]
    yield "DASHBOARD_VERSION_KEY", "v2"
    yield "ROOT_ID", {"type": "ROOT", "id": "ROOT_ID", "children": ["GRID_ID"]}
    yield (
        "HEADER_ID",
        {"type": "HEADER", "id": "HEADER_ID", "meta": {"text": f"Trends ({project})"}},
    )
    yield "GRID_ID", _part("GRID", "GRID_ID", ["ROOT_ID"], rows)
    note = "MARKDOWN-reading"
    yield rows[0], _row(rows[0], [note])
    yield (
        note,
        {
            **_part("MARKDOWN", note, ["ROOT_ID", "GRID_ID", rows[0]], []),
            "meta": {"code": HOW_TO_READ, "width": 12, "height": 10},
        },
    )
    for row, charts in zip(rows[1:], ROWS, strict=True):
        yield row, _row(row, [f"CHART-{chart.name}" for chart in charts])
        for chart in charts:
            name = f"CHART-{chart.name}"
            yield (
                name,
                {
                    **_part("CHART", name, ["ROOT_ID", "GRID_ID", row], []),
                    "meta": {
                        "chartId": _number(chart),
                        "uuid": identify("chart", chart.name),
                        "sliceName": chart.title,
                        "width": chart.width,
                        "height": chart.height,
                    },
                },
            )


def _part(kind: str, name: str, parents: list[str], children: list[str]) -> dict[str, Any]:
    return {"type": kind, "id": name, "parents": parents, "children": children}


def _row(name: str, children: list[str]) -> dict[str, Any]:
    return {
        **_part("ROW", name, ["ROOT_ID", "GRID_ID"], children),
        "meta": {"background": "BACKGROUND_TRANSPARENT"},
    }


def _filter(each: Filter, identify: Identify) -> dict[str, Any]:
    return {
        "id": _filter_id(each.name),
        "name": each.name,
        "type": "NATIVE_FILTER",
        "filterType": "filter_select",
        "description": "",
        "targets": [{"datasetUuid": identify("dataset", LISTS), "column": {"name": each.column}}],
        "controlValues": {
            "multiSelect": False,
            "enableEmptyFilter": True,
            "defaultToFirstItem": True,
            "searchAllOptions": False,
            "inverseSelection": False,
            "creatable": False,
            "sortAscending": True,
        },
        "sortMetric": each.place,
        "requiredFirst": True,
        "defaultDataMask": {"extraFormData": {}, "filterState": {}, "ownState": {}},
        "cascadeParentIds": [_filter_id(name) for name in each.after],
        "scope": {
            "rootPath": ["ROOT_ID"],
            "excluded": [_number(chart) for chart in each.not_of],
        },
        "chartsInScope": [],
        "tabsInScope": [],
    }


def _filter_id(name: str) -> str:
    return f"NATIVE_FILTER-{name.lower().replace(' ', '-')}"
