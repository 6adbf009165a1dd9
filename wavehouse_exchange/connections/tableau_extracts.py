"""Tableau extracts (`.hyper`) of the tables for charts, written by Tableau's own engine.

Nothing else writes these files. The engine is free (Apache License 2.0) and takes 290 MB, so it is
no need of Wavehouse: extracts are written where it is installed.
"""

from collections.abc import Sequence
from importlib.util import find_spec
from pathlib import Path
from tempfile import TemporaryDirectory

from wavehouse.escapes import sql_name, sql_text
from wavehouse_exchange.connections.charts import ChartTable

ENGINE = "tableauhyperapi==0.0.26963"
NO_EXTRACTS = (
    "No extracts for Tableau were written, since its engine is not installed. To install it: "
    f".venv/bin/uv pip install {ENGINE}"
)
# The schema in which Tableau looks for tables.
SCHEMA = "Extract"
# The engine writes a log into the folder where it is called, unless it is told not to.
SETTINGS = {"log_config": ""}


def writes_extracts() -> bool:
    """Tell whether Tableau's engine is installed."""
    return find_spec("tableauhyperapi") is not None


def tableau_extracts(charts: Sequence[ChartTable], parquet: Path) -> dict[str, bytes]:
    """Give an extract of each table, by its name, with all rows.

    The engine puts rows in an order of its own; what sorts a chart are columns of the table.

    Args:
        charts: the tables, as they are published.
        parquet: the folder of the published Parquet files; the engine reads them itself.
    """
    # Loaded here, since it is not installed everywhere.
    from tableauhyperapi import Connection, CreateMode, HyperProcess, Telemetry

    release = parquet.resolve()
    quiet = Telemetry.DO_NOT_SEND_USAGE_DATA_TO_TABLEAU
    extracts = {}
    with TemporaryDirectory() as folder, HyperProcess(quiet, parameters=SETTINGS) as engine:
        for chart in charts:
            file = Path(folder) / f"{chart.name}.hyper"
            with Connection(engine.endpoint, file, CreateMode.CREATE) as connection:
                connection.catalog.create_schema(SCHEMA)
                connection.execute_command(_copied(chart, release / f"{chart.name}.parquet"))
            extracts[chart.name] = file.read_bytes()
    return extracts


def _copied(chart: ChartTable, source: Path) -> str:
    columns = ", ".join(sql_name(column.name) for column in chart.columns)
    return (
        f"create table {sql_name(SCHEMA)}.{sql_name(chart.name)} as "
        f"select {columns} from external({sql_text(source)})"
    )
