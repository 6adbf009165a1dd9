"""Copy what is recorded of runs into PostgreSQL, which cannot read files of this machine."""

import json
import os
from collections.abc import Iterable, Iterator, Mapping
from io import StringIO
from typing import TYPE_CHECKING, Any

from wavehouse.building.postgres import target_cursor
from wavehouse.operations.run_history.run_files import RUNNING, read_nodes, read_runs
from wavehouse.project import Project

if TYPE_CHECKING:
    from psycopg2 import extensions

SCHEMA = "history"
TABLES = ("runs", "nodes")


def load_runs(project: Project, environment: Mapping[str, str] = os.environ) -> int:
    """Bring the tables of the schema `history` up to date with the runs that ended.

    What is recorded of a run that ended never changes, so only new runs are copied; those that are
    forgotten here are removed there.

    Args:
        project: the project.
        environment: where the server is, in the variables that profiles.yml names.

    Returns:
        how many runs were copied.
    """
    runs = {run["run_id"]: run for run in read_runs(project) if run["status"] != RUNNING}
    with target_cursor(environment) as cursor:
        cursor.execute(f"create schema if not exists {SCHEMA}")
        for table in TABLES:
            cursor.execute(
                f"create table if not exists {SCHEMA}.{table} (run_id text not null, json json)"
            )
        cursor.execute(f"select run_id from {SCHEMA}.runs")
        known = {run_id for (run_id,) in cursor.fetchall()}
        for table in TABLES:
            cursor.execute(f"delete from {SCHEMA}.{table} where not run_id = any(%s)", [list(runs)])
        new = [run_id for run_id in runs if run_id not in known]
        _copy(cursor, "runs", ((run_id, runs[run_id]) for run_id in new))
        _copy(cursor, "nodes", _nodes(project, new))
    return len(new)


def _nodes(project: Project, run_ids: Iterable[str]) -> Iterator[tuple[str, dict[str, Any]]]:
    for run_id in run_ids:
        for node in read_nodes(project, run_id):
            yield run_id, node


def copied_text(text: str) -> str:
    """Write JSON, or a name, for PostgreSQL's text format: a backslash before signs.

    Within JSON tabs and line ends are escaped, and PostgreSQL has no character of number 0.
    """
    return text.replace("\\u0000", "").replace("\\", "\\\\")


def _copy(
    cursor: "extensions.cursor", table: str, rows: Iterable[tuple[str, dict[str, Any]]]
) -> None:
    """Copy rows as PostgreSQL's own text format, with a tab between values."""
    lines = StringIO()
    for run_id, record in rows:
        lines.write(f"{run_id}\t{copied_text(json.dumps(record))}\n")
    lines.seek(0)
    cursor.copy_expert(f"copy {SCHEMA}.{table} (run_id, json) from stdin", lines)
