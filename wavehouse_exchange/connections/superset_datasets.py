"""The datasets of the bundle for Superset that are queries: lines to draw, and lists for filters.

Superset draws a band between two series whose names end as those of a forecast's bounds do. And it
sorts categories by their names only, so names begin with their place in the questionnaire. Both
queries are of standard SQL, so that PostgreSQL reads them too.
"""

from typing import Any

from wavehouse.escapes import sql_text
from wavehouse.publishing.contracts import SCHEMA
from wavehouse_exchange.connections.charts import ChartColumn, ChartTable, Trend, guarded

TYPES = {"text": "VARCHAR", "integer": "INTEGER", "boolean": "BOOLEAN", "date": "DATE"}
LINES = "trend_lines"
LISTS = "trend_lists"
# Superset's ends of names for the bounds of a band.
LOWER, UPPER = "__yhat_lower", "__yhat_upper"
ESTIMATE, BOUND, BREAK = "estimate", "bound", "break"
AFTER_A_BREAK = ", after a break"
LABELS = ("study_label", "measure_label", "category_label", "segment_label", "wave_label")
PLACES = ("study", "measure", "category", "segment", "wave")

# A place is written before a name where there are several, with as many digits as the last one.
IN_ORDER = """\
        case
            when {last} = 1 then {label}
            else lpad(cast({place} as varchar), {digits}, '0') || '. ' || {label}
        end as {name}"""
# What a measure without categories has in place of one.
NO_CATEGORY = "_Z"


def virtual_datasets(
    estimates: ChartTable, first: Trend | None, physical: dict[str, Any]
) -> dict[str, dict[str, Any]]:
    """Give the two datasets by their names.

    Args:
        estimates: the table of trend estimates.
        first: the trend that stands first in the lists.
        physical: the dataset of that table, whose columns both take over.
    """
    columns = {column["column_name"]: column for column in physical["columns"]}
    values = next(metric for metric in physical["metrics"] if metric["metric_name"] == "value")
    return {
        LINES: {
            **physical,
            "table_name": LINES,
            "description": (
                "What a chart of trends draws: each estimate, each bound of its interval, and each "
                "estimate after a break once more, as a row of its own."
            ),
            "sql": _lines(estimates),
            "source_db_engine": "duckdb",
            "columns": [
                *physical["columns"],
                _text("series", "Name of the line or of a bound of its band."),
                _text("drawn_as", f"What the row is: `{ESTIMATE}`, `{BOUND}` or `{BREAK}`."),
                _text("category_in_order", "The category with its place in the questionnaire."),
                _text("segment_value_in_order", "The value of the segment with its place."),
            ],
            "metrics": [
                {
                    **values,
                    "metric_name": "height",
                    # Superset writes it before the name of each line.
                    "verbose_name": "Estimate",
                    "expression": guarded("height"),
                }
            ],
        },
        LISTS: {
            **physical,
            "table_name": LISTS,
            "description": "What the filters of the dashboard offer, and in which order.",
            "sql": _lists(first),
            "source_db_engine": "duckdb",
            "main_dttm_col": None,
            "columns": [columns[name] for name in LABELS],
            "metrics": [
                {
                    "metric_name": f"{name}_place",
                    "expression": f"min({name}_place)",
                    "description": "To sort a list by.",
                }
                for name in PLACES
            ],
        },
    }


def dataset_column(column: ChartColumn) -> dict[str, Any]:
    """Describe a column of a dataset, to filter and group by."""
    return {
        "column_name": column.name,
        "verbose_name": column.label,
        "description": column.description,
        "type": TYPES[column.data_type],
        "is_dttm": column.data_type == "date",
        "is_active": True,
        "groupby": True,
        "filterable": True,
    }


def _text(name: str, description: str) -> dict[str, Any]:
    return dataset_column(ChartColumn(name, "text", description, is_key=False))


def _lines(estimates: ChartTable) -> str:
    facts = ", ".join(column.name for column in estimates.facts)
    category = (
        f"case when category_code = '{NO_CATEGORY}' then measure_label else category_label end"
    )
    return f"""\
with placed as (
    select
        *,
        dense_rank() over (
            partition by study_id, measure_id order by category_order, category_label
        ) as category_place,
        dense_rank() over (
            partition by study_id, measure_id, segment_id
            order by segment_order, segment_value_label
        ) as segment_value_place
    from {SCHEMA}.{estimates.name}
),

counted as (
    select
        *,
        max(category_place) over (partition by study_id, measure_id) as category_last,
        max(segment_value_place) over (
            partition by study_id, measure_id, segment_id
        ) as segment_value_last
    from placed
),

named as (
    select
        *,
{_in_order("category", category)},
{_in_order("segment_value", "segment_value_label")}
    from counted
)

select {facts}, category_in_order, segment_value_in_order,
    segment_value_in_order as series, '{ESTIMATE}' as drawn_as, value as height
from named
union all
select {facts}, category_in_order, segment_value_in_order,
    segment_value_in_order || '{LOWER}', '{BOUND}', value_lower
from named
union all
select {facts}, category_in_order, segment_value_in_order,
    segment_value_in_order || '{UPPER}', '{BOUND}', value_upper
from named
union all
select {facts}, category_in_order, segment_value_in_order,
    segment_value_in_order || '{AFTER_A_BREAK}', '{BREAK}', value
from named
where break_text is not null
"""


def _in_order(name: str, label: str) -> str:
    last = f"{name}_last"
    return IN_ORDER.format(
        last=last,
        place=f"{name}_place",
        digits=f"cast(length(cast({last} as varchar)) as integer)",
        label=label,
        name=f"{name}_in_order",
    )


def _lists(first: Trend | None) -> str:
    """Write the query of the lists: what has figures, the first trend before all others."""

    def is_first(**ids: str) -> str:
        return " and ".join(f"{name} = {sql_text(value)}" for name, value in ids.items())

    study = measure = category = "1 = 0"
    if first:
        study = is_first(study_id=first.study_id)
        measure = is_first(measure_id=first.measure_id)
        category = is_first(measure_id=first.measure_id, category_code=first.category_code)
    return f"""\
select
    study_label, measure_label, category_label, segment_label, wave_label,
    case when {study} then '' else study_label end as study_place,
    case when {measure} then '' else measure_label end as measure_place,
    case when {category} then -1 else category_order end as category_place,
    cast(segment_depth as varchar) || segment_label as segment_place,
    -wave_number as wave_place
from {SCHEMA}.chart_trend_estimates
where value is not null
"""
