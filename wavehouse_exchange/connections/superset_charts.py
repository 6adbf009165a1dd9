"""The charts and the dashboard of the bundle for Superset."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from wavehouse_exchange.connections.charts import SegmentValue
from wavehouse_exchange.connections.superset_datasets import (
    AFTER_A_BREAK,
    BOUND,
    BREAK,
    ESTIMATE,
    LINES,
    LISTS,
    LOWER,
    UPPER,
)

Identify = Callable[[str, str], str]

DATABASE = "published"
VERSION = "1.0.0"
ALL_ROWS = 10_000
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
class Chart:
    """One chart.

    Args:
        name: what it is called in files.
        title: what readers see above it.
        description: what it shows.
        dataset: the name of the dataset that it reads.
        kind: Superset's name of the kind of chart.
        settings: Superset's settings of such a chart.
        width: of the twelve columns of the dashboard.
        height: in the dashboard's units, of eight points each.
    """

    name: str
    title: str
    description: str
    dataset: str
    kind: str
    settings: Mapping[str, Any]
    width: int
    height: int


def _only(column: str, *values: str | bool) -> dict[str, Any]:
    """Give a filter of a chart."""
    return {
        "clause": "WHERE",
        "expressionType": "SIMPLE",
        "subject": column,
        "operator": "IN",
        "operatorId": "IN",
        "comparator": list(values),
    }


TREND = Chart(
    name="trend",
    title="Trend with its interval",
    description=(
        "Estimates over time in the unit of the table, with bands for their confidence intervals "
        "and a large dot at the first wave after a break."
    ),
    dataset=LINES,
    kind="mixed_timeseries",
    settings={
        "x_axis": "wave_date",
        "metrics": ["height"],
        "groupby": ["series"],
        "adhoc_filters": [_only("drawn_as", ESTIMATE, BOUND)],
        "seriesType": "line",
        "markerEnabled": True,
        "markerSize": 6,
        "opacity": 0.2,
        "order_desc": False,
        "row_limit": ALL_ROWS,
        "truncate_metric": True,
        "metrics_b": ["height"],
        "groupby_b": ["series"],
        "adhoc_filters_b": [_only("drawn_as", BREAK)],
        "seriesTypeB": "scatter",
        "markerEnabledB": True,
        "markerSizeB": 14,
        "order_desc_b": False,
        "row_limit_b": ALL_ROWS,
        "truncate_metric_b": True,
        # A lower bound before the upper one, or the band begins at zero.
        "sort_series_type": "name",
        "sort_series_ascending": True,
        "sort_series_type_b": "name",
        "sort_series_ascending_b": True,
        "legendSort": "asc",
        "show_legend": True,
        "legendType": "scroll",
        "legendOrientation": "top",
        "rich_tooltip": True,
        "x_axis_time_format": "%b %Y",
        "tooltipTimeFormat": "%B %Y",
        "y_axis_title": "In the unit of the figures below",
        "y_axis_title_margin": 40,
        "yAxisTitlePosition": "Left",
        "y_axis_format": ",.2~f",
        "truncateYAxis": True,
        "y_axis_bounds": [None, None],
    },
    width=7,
    height=66,
)

BARS = Chart(
    name="categories",
    title="All categories in one wave",
    description="Estimates of all categories of a measure, in the order of the questionnaire.",
    dataset=LINES,
    kind="echarts_timeseries_bar",
    settings={
        "x_axis": "category_in_order",
        "xAxisForceCategorical": True,
        # The axis begins at the bottom.
        "x_axis_sort": "name",
        "x_axis_sort_asc": False,
        "sort_series_type": "name",
        "sort_series_ascending": True,
        "metrics": ["height"],
        "groupby": ["segment_value_in_order"],
        "adhoc_filters": [_only("drawn_as", ESTIMATE)],
        "order_desc": False,
        "row_limit": ALL_ROWS,
        "truncate_metric": True,
        "orientation": "horizontal",
        "show_value": True,
        "show_legend": True,
        "legendType": "scroll",
        "legendOrientation": "top",
        "rich_tooltip": True,
        "y_axis_format": ",.2~f",
        # A bar that does not begin at zero tells something else than its number.
        "truncateYAxis": False,
        "y_axis_bounds": [None, None],
    },
    width=5,
    height=66,
)

FIGURES = Chart(
    name="figures",
    title="Figures",
    description="Each estimate as it is written, with its interval, its base, and what to know.",
    dataset="chart_trend_estimates",
    kind="table",
    settings={
        "query_mode": "aggregate",
        "groupby": [
            *("wave_label", "segment_value_label", "display_value", "display_interval"),
            *("since_previous", "break_text", "status_text"),
        ],
        "metrics": ["n_respondents"],
        "timeseries_limit_metric": "position",
        "order_desc": False,
        "row_limit": ALL_ROWS,
        "show_totals": False,
        "table_timestamp_format": "smart_date",
        "show_cell_bars": False,
        "include_search": False,
        # Texts of the codebook are texts.
        "allow_render_html": False,
    },
    width=12,
    height=75,
)

CHANGES = Chart(
    name="significant_changes",
    title="Significant changes",
    description="Changes between waves whose test, adjusted for many comparisons, is significant.",
    dataset="chart_trend_changes",
    kind="table",
    settings={
        # Grouped, as two waves may be compared twice: as neighbours, and with the first.
        "query_mode": "aggregate",
        "groupby": [
            *("waves_label", "segment_value_label", "display_value", "display_interval"),
            *("significance_text", "break_text", "status_text"),
        ],
        "adhoc_filters": [_only("is_significant", True)],
        "metrics": [],
        "timeseries_limit_metric": "position",
        "order_desc": False,
        "row_limit": ALL_ROWS,
        "show_cell_bars": False,
        "include_search": False,
        # Texts of the codebook are texts.
        "allow_render_html": False,
    },
    width=12,
    height=40,
)

CHARTS = (TREND, BARS, FIGURES, CHANGES)
ROWS = ((TREND, BARS), (FIGURES,), (CHANGES,))


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
