"""The charts of the bundle for Superset."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from wavehouse_exchange.connections.superset_datasets import BOUND, BREAK, ESTIMATE, LINES

ALL_ROWS = 10_000


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


# A legend and a tooltip, as every chart of lines or bars has them.
SERIES = {
    "show_legend": True,
    "legendType": "scroll",
    "legendOrientation": "top",
    "rich_tooltip": True,
    "y_axis_format": ",.2~f",
    "y_axis_bounds": [None, None],
}
# Rows in order, all of them, and nothing added up or drawn into cells.
TABLE = {
    "query_mode": "aggregate",
    "timeseries_limit_metric": "position",
    "order_desc": False,
    "row_limit": ALL_ROWS,
    "show_cell_bars": False,
    "include_search": False,
    # Texts of the codebook are texts.
    "allow_render_html": False,
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
        **SERIES,
        "x_axis_time_format": "%b %Y",
        "tooltipTimeFormat": "%B %Y",
        "y_axis_title": "In the unit of the figures below",
        "y_axis_title_margin": 40,
        "yAxisTitlePosition": "Left",
        "truncateYAxis": True,
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
        **SERIES,
        # A bar that does not begin at zero tells something else than its number.
        "truncateYAxis": False,
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
        **TABLE,
        "groupby": [
            *("wave_label", "segment_value_label", "display_value", "display_interval"),
            *("since_previous", "break_text", "status_text"),
        ],
        "metrics": ["n_respondents"],
        "show_totals": False,
        "table_timestamp_format": "smart_date",
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
        **TABLE,
        "groupby": [
            *("waves_label", "segment_value_label", "display_value", "display_interval"),
            *("significance_text", "break_text", "status_text"),
        ],
        "adhoc_filters": [_only("is_significant", True)],
        "metrics": [],
    },
    width=12,
    height=40,
)

CHARTS = (TREND, BARS, FIGURES, CHANGES)
ROWS = ((TREND, BARS), (FIGURES,), (CHANGES,))
