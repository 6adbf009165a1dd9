"""Measure what the run history costs a build: recording it, its page, and its tables.

A study is built from nothing, when nothing was recorded before; and anew, with the runs of more
than a year behind it, of which each had as many nodes of dbt as that build. Parsing the models of
the tables is not told apart from the rest of dbt.
"""

from __future__ import annotations

import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from benchmark.build_steps import RECORDING
from benchmark.builds import read_nodes
from benchmark.generate import generate
from benchmark.processes import Limits, Usage, read_phases, run
from benchmark.rivals.run import SCRIPTS
from benchmark.shapes import Shape
from benchmark.warehouse import deliver
from wavehouse.operations.run_history.run_files import read_nodes as nodes_of_run
from wavehouse.operations.run_history.run_files import read_runs, write_nodes, write_run
from wavehouse.project import Project

DAYS = 400
# Names of the tables' nodes, tests and sources.
OF_RUNS = ("ops_", "stg_operations__")


@dataclass(frozen=True)
class Cost:
    """What a build took, and what of it the run history took.

    Args:
        step: which build.
        n_runs: how many runs were recorded before.
        cpu_seconds: processor seconds of the whole build.
        recording: those of writing the files, the log and the page.
        tables: those of building and testing the tables.
        peak_mb: memory of the whole build at its peak.
    """

    step: str
    n_runs: int
    cpu_seconds: float
    recording: float
    tables: float
    peak_mb: float

    @property
    def share(self) -> float:
        """The part of the build that the run history is."""
        return (self.recording + self.tables) / self.cpu_seconds


def measure_operations(shape: Shape, folder: Path, limits: Limits) -> list[Cost]:
    """Build a study from nothing, and anew after more than a year of runs.

    Args:
        shape: the study.
        folder: gets all that is made.
        limits: what each build may take.
    """
    generate(shape, folder)
    project = deliver(shape, folder).project
    found = [built("from nothing", project, folder, limits)]
    repeat_last_run(project, DAYS)
    found.append(built(f"anew, after {DAYS} days", project, folder, limits))
    return found


def repeat_last_run(project: Project, days: int) -> None:
    """Record for each of some days before that the last run, with its nodes, ran then too."""
    last = read_runs(project)[-1]
    nodes = nodes_of_run(project, last["run_id"])
    for day in range(1, days):
        began = datetime.now(UTC) - timedelta(days=day)
        run_id = f"{began:%Y%m%dT%H%M%S%f}Z-{last['command']}"
        write_run(project, last | {"run_id": run_id, "started_at": began.isoformat()})
        write_nodes(project, run_id, (node | {"run_id": run_id} for node in nodes))


def built(step: str, project: Project, folder: Path, limits: Limits) -> Cost:
    """Build and publish, and say what that took."""
    n_runs = len(read_runs(project))
    phases_file, nodes_file = folder / "phases.json", folder / "nodes.jsonl"
    nodes_file.unlink(missing_ok=True)
    words = [project.root, folder / "delivered", phases_file, nodes_file]
    whole = run(
        [sys.executable, "-m", "benchmark.build_steps", *words, "1", "all"],
        folder / "build.log",
        limits,
        SCRIPTS,
    )
    return cost_of(step, n_runs, whole, read_phases(phases_file), read_nodes(nodes_file))


def cost_of(
    step: str,
    n_runs: int,
    whole: Usage,
    phases: Mapping[str, Usage],
    nodes: Sequence[Mapping[str, object]],
) -> Cost:
    """Add up what the run history took."""
    tables = sum(
        float(str(node["cpu_seconds"]))
        for node in nodes
        if any(part.startswith(OF_RUNS) for part in str(node["node"]).split("."))
    )
    recording = phases[RECORDING].cpu_seconds
    return Cost(step, n_runs, whole.cpu_seconds, recording, tables, whole.peak_mb)


def operations_table(found: Sequence[Mapping[str, Any]]) -> list[str]:
    """Give the table of what the run history took."""
    lines = [
        "| build | runs before | processor seconds | recording | tables | share of the build |",
        "|---|---|---|---|---|---|",
    ]
    for one in (Cost(**each) for each in found):
        lines.append(
            f"| {one.step} | {one.n_runs:,} | {one.cpu_seconds:.1f} | {one.recording:.2f} "
            f"| {one.tables:.2f} | {100 * one.share:.1f} % |"
        )
    return lines
