"""LookML for Looker: a view for each table for charts, and an explore of it."""

from collections.abc import Sequence
from typing import Any

import lkml

from wavehouse.publishing.contracts import SCHEMA
from wavehouse_exchange.connections.charts import ChartColumn, ChartTable, guarded

# What an administrator of Looker calls the connection to PostgreSQL.
CONNECTION = "wavehouse"
TYPES = {"text": "string", "integer": "number", "boolean": "yesno"}


def looker_files(charts: Sequence[ChartTable]) -> dict[str, str]:
    """Write a LookML project, by file name.

    A figure is a measure that has the value of a group's only row, so an explore without enough
    dimensions shows nothing. There is no dimension of a figure, so nothing can be summed.

    Args:
        charts: the tables, as they are published.
    """
    files = {f"views/{chart.name}.view.lkml": _dump({"views": [_view(chart)]}) for chart in charts}
    model = {
        "connection": CONNECTION,
        "includes": ["/views/*.view.lkml"],
        "explores": [
            {"name": chart.name, "label": chart.label, "description": chart.description}
            for chart in charts
        ],
    }
    return {"wavehouse.model.lkml": _dump(model), **files}


def _view(chart: ChartTable) -> dict[str, Any]:
    keys = ", '|', ".join(f"${{TABLE}}.{column.name}" for column in chart.columns if column.is_key)
    key = {"name": "row_key", "primary_key": "yes", "hidden": "yes", "sql": f"concat({keys})"}
    return {
        "name": chart.name,
        "label": chart.label,
        "sql_table_name": f"{SCHEMA}.{chart.name}",
        "dimensions": [key, *(_dimension(chart, column) for column in chart.facts)],
        "measures": [_measure(column) for column in chart.figures],
    }


def _dimension(chart: ChartTable, column: ChartColumn) -> dict[str, str]:
    words = {
        "name": column.name,
        "label": column.label,
        "description": column.description,
        "sql": f"${{TABLE}}.{column.name}",
    }
    if column.data_type == "date":
        return words | {"type": "date", "datatype": "date", "convert_tz": "no"}
    order = chart.sort_column(column.name)
    return words | {"type": TYPES[column.data_type]} | ({"order_by_field": order} if order else {})


def _measure(column: ChartColumn) -> dict[str, str]:
    return {
        "name": column.name,
        "label": column.label,
        "description": f"{column.description} Empty where the group has several rows.",
        "type": "number",
        "sql": guarded(f"${{TABLE}}.{column.name}"),
        "value_format": column.number_format,
    }


def _dump(content: dict[str, Any]) -> str:
    return str(lkml.dump(content)) + "\n"
