"""A bundle for Apache Superset: the published tables for charts, four charts and a dashboard.

Superset adds up whatever column it is given. So figures are no columns of the datasets: each is a
metric that answers for a single row, and is empty for several. The identifiers of everything
follow from its name, so a bundle that is imported again replaces what came before.
"""

from collections.abc import Mapping, Sequence
from typing import Any
from uuid import NAMESPACE_URL, uuid5

import yaml

from wavehouse.publishing.contracts import SCHEMA
from wavehouse_exchange.connections.charts import (
    ChartColumn,
    ChartFacts,
    ChartTable,
    guarded,
)
from wavehouse_exchange.connections.packed import zipped
from wavehouse_exchange.connections.superset_charts import CHARTS, Chart
from wavehouse_exchange.connections.superset_dashboard import VERSION, Identify, dashboard
from wavehouse_exchange.connections.superset_datasets import dataset_column, virtual_datasets

# Superset drops the first folder of each name in a bundle.
ROOT = "wavehouse"
DATABASE = "published"
WHOLE, SHARE, OTHER = ",d", ".0%", ",.2~f"
FORMATS = {"n_respondents": WHOLE, "rounded_percent": WHOLE, "ci_level": SHARE}
ONLY_ALONE = (
    "It is empty unless exactly one figure is left: group or filter by study, wave, measure, "
    "category, segment and segment value."
)
ONLY_ALONE_CHANGES = ONLY_ALONE.replace("wave,", "both waves, comparison,")


def superset_bundle(
    charts: Sequence[ChartTable], facts: ChartFacts, project: str, address: str
) -> bytes:
    """Give a ZIP file that Superset imports, with a database, its datasets, charts and a dashboard.

    Args:
        charts: the published tables for charts.
        facts: what the dashboard opens with, and the names of its lines.
        project: the name of the project, which keeps bundles of several projects apart.
        address: the published database as SQLAlchemy names it, `duckdb:////path/of/a/file`.
    """
    files = superset_files(charts, facts, project, address)
    return zipped({f"{ROOT}/{name}": text for name, text in files.items()})


def superset_files(
    charts: Sequence[ChartTable], facts: ChartFacts, project: str, address: str
) -> dict[str, str]:
    """Give the files of a bundle by their names, for a folder; with the same arguments."""
    return {
        name: yaml.safe_dump(content, allow_unicode=True, sort_keys=False, width=100)
        for name, content in _contents(charts, facts, project, address).items()
    }


def _contents(
    charts: Sequence[ChartTable], facts: ChartFacts, project: str, address: str
) -> dict[str, Mapping[str, Any]]:
    def identify(kind: str, name: str) -> str:
        return str(uuid5(NAMESPACE_URL, f"wavehouse/superset/{project}/{kind}/{name}"))

    tables = {table.name: _dataset(table) for table in charts}
    [estimates, _] = charts
    tables |= virtual_datasets(estimates, facts.first, tables[estimates.name])
    files: dict[str, Mapping[str, Any]] = {
        # Without a type, so that every importer of Superset takes it.
        "metadata.yaml": {"version": VERSION, "timestamp": "1980-01-01T00:00:00+00:00"},
        f"databases/{project}.yaml": _database(project, address, identify("database", DATABASE)),
    }
    for name, table in tables.items():
        files[f"datasets/{project}/{name}.yaml"] = {
            **table,
            "uuid": identify("dataset", name),
            "database_uuid": identify("database", DATABASE),
            "version": VERSION,
        }
    for chart in CHARTS:
        files[f"charts/{chart.name}.yaml"] = _chart(chart, identify)
    files[f"dashboards/{project}.yaml"] = dashboard(project, facts.values, identify)
    return files


def _database(project: str, address: str, uuid: str) -> dict[str, Any]:
    """Describe the connection: to read only, and without Superset's own editor of SQL."""
    is_duckdb = address.startswith("duckdb:")
    connecting = {"connect_args": {"read_only": True}} if is_duckdb else {}
    return {
        "database_name": f"{project} (published)",
        "sqlalchemy_uri": address,
        "expose_in_sqllab": False,
        "allow_run_async": False,
        "allow_ctas": False,
        "allow_cvas": False,
        "allow_dml": False,
        "allow_csv_upload": False,
        "extra": {"engine_params": connecting, "allows_virtual_table_explore": False},
        "uuid": uuid,
        "version": VERSION,
    }


def _dataset(table: ChartTable) -> dict[str, Any]:
    """Describe a published table: what to filter and group by as columns, figures as metrics."""
    note = ONLY_ALONE if table.date_column == "wave_date" else ONLY_ALONE_CHANGES
    return {
        "table_name": table.name,
        "schema": SCHEMA,
        "description": table.description,
        "main_dttm_col": table.date_column,
        "sql": None,
        "params": None,
        "filter_select_enabled": True,
        "columns": [dataset_column(column) for column in table.facts],
        "metrics": [
            *(_metric(column, note) for column in table.figures),
            _position(table),
        ],
    }


def _metric(column: ChartColumn, note: str) -> dict[str, Any]:
    return {
        "metric_name": column.name,
        "verbose_name": column.label,
        "expression": guarded(column.name),
        "description": f"{column.description} {note}",
        "d3format": FORMATS.get(column.name, OTHER),
        "extra": {"warning_markdown": note},
    }


def _position(table: ChartTable) -> dict[str, Any]:
    """Give a metric to sort the rows of a table by; Superset sorts groups by one metric only."""
    wave = table.date_column.removesuffix("date") + "number"
    return {
        "metric_name": "position",
        "verbose_name": "Position in a table",
        "expression": f"min(cast({wave} as bigint) * 100000000 + segment_order)",
        "description": "To sort the rows of a table by wave, and by value of the segment.",
        "d3format": WHOLE,
    }


def _chart(chart: Chart, identify: Identify) -> dict[str, Any]:
    return {
        "slice_name": chart.title,
        "description": chart.description,
        "viz_type": chart.kind,
        "params": {"viz_type": chart.kind, **chart.settings},
        "uuid": identify("chart", chart.name),
        "dataset_uuid": identify("dataset", chart.dataset),
        "version": VERSION,
    }
