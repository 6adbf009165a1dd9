"""The bundle for Superset of a project, opened, and what its figures should be."""

import io
import zipfile
from typing import Any

import duckdb
import yaml

from wavehouse.project import Project
from wavehouse_exchange.connections.charts import ChartFacts, read_published
from wavehouse_exchange.connections.superset import superset_bundle, superset_files

KEYS = {
    "chart_trend_estimates": [
        *("study_id", "wave_id", "measure_id", "category_code", "segment_id", "segment_code")
    ],
    "chart_trend_changes": [
        *("study_id", "comparison", "from_wave_id", "to_wave_id"),
        *("measure_id", "category_code", "segment_id", "segment_code"),
    ],
}
FIGURES = {
    "chart_trend_estimates": [
        *("value", "value_lower", "value_upper", "rounded_percent", "ci_level", "n_respondents")
    ],
    "chart_trend_changes": ["value", "value_lower", "value_upper", "ci_level"],
}


def files_of(bundle: bytes) -> dict[str, Any]:
    """Give what is in a bundle, by the names that Superset gives it."""
    with zipfile.ZipFile(io.BytesIO(bundle)) as packed:
        return {
            name.partition("/")[2]: yaml.safe_load(packed.read(name)) for name in packed.namelist()
        }


def contents_of(
    project: Project, facts: ChartFacts, address: str = "duckdb:////elsewhere"
) -> dict[str, Any]:
    """Give what is in the bundle of a project with some facts and an address."""
    charts, _ = read_published(project)
    files = superset_files(charts, facts, "survey", address)
    return {name: yaml.safe_load(text) for name, text in files.items()}


def bundle_of(project: Project, name: str = "survey") -> bytes:
    """Give the bundle of what a project has published."""
    address = f"duckdb:///{project.root / 'warehouse/wavehouse.duckdb'}"
    return superset_bundle(*read_published(project), name, address)


def datasets_of(bundle: bytes) -> dict[str, Any]:
    """Give the datasets of a bundle by the names of their tables."""
    files = files_of(bundle)
    return {
        content["table_name"]: content
        for name, content in files.items()
        if name.startswith("datasets/")
    }


def opened(project: Project) -> duckdb.DuckDBPyConnection:
    """Open what a project has published."""
    return duckdb.connect(str(project.warehouse / "wavehouse.duckdb"), read_only=True)


def rows_of(project: Project, query: str) -> list[tuple[Any, ...]]:
    """Ask what a project has published."""
    with opened(project) as connection:
        return connection.execute(query).fetchall()
