"""Small projects for what runs by itself: a schedule, a release and runs, made without dbt."""

import csv
import json
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

import duckdb
import pytest

from wavehouse.codebook.schedule import COLUMNS
from wavehouse.errors import WavehouseError
from wavehouse.operations.run_history.runs import recorded
from wavehouse.project import Project
from wavehouse.publishing.publish import PassedBuild, publish


def unwatch(patch: pytest.MonkeyPatch) -> None:
    """Let runs be those of a schedule, on a machine without PostgreSQL."""
    patch.setenv("WAVEHOUSE_TRIGGER", "schedule")
    for name in ("HOST", "PORT", "USER", "PASSWORD", "DATABASE"):
        patch.delenv(f"WAVEHOUSE_PG_{name}", raising=False)
    for name in ("WAVEHOUSE_RUN", "WAVEHOUSE_DATABASE", "WAVEHOUSE_LANDING"):
        patch.delenv(name, raising=False)


def small_project(folder: Path, operations: Mapping[str, Any] | None = None) -> Project:
    """Make a project with one study, `towns`, and what it says of its running."""
    (folder / "seeds/codebook").mkdir(parents=True)
    (folder / "dbt_project.yml").write_text("name: towns\n")
    (folder / "seeds/codebook/studies.csv").write_text("study_id\ntowns\n")
    project = Project(folder)
    plan(project, [])
    if operations is not None:
        say(project, operations)
    return project


def say(project: Project, operations: Mapping[str, Any]) -> None:
    """Write `operations.yml`; JSON is YAML."""
    (project.root / "operations.yml").write_text(json.dumps(operations))


def plan(project: Project, waves: Iterable[Mapping[str, str]]) -> None:
    """Write the field schedule of the study; cells that are left out are empty."""
    with (project.codebook / "field_schedule.csv").open("w", newline="") as file:
        writer = csv.DictWriter(file, COLUMNS, restval="", lineterminator="\n")
        writer.writeheader()
        writer.writerows({"study_id": "towns"} | dict(wave) for wave in waves)


def deliver(project: Project, wave_id: str, n_respondents: int) -> Path:
    """Deliver a wave of the study as a file."""
    path = project.waves / "towns" / f"towns_{wave_id}.csv"
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text("id\n" + "".join(f"{each}\n" for each in range(n_respondents)))
    return path


def publish_small(project: Project, rows: int = 1000) -> str:
    """Publish a table, and give the id of the release."""
    project.target.mkdir(exist_ok=True)
    project.working_database.unlink(missing_ok=True)
    with duckdb.connect(str(project.working_database)) as connection:
        connection.execute(
            "create schema marts; create table marts.fct_trend_estimates as "
            f"select i as cell, i / 7 as estimate from range({rows}) as r (i)"
        )
    (project.target / "manifest.json").write_text(json.dumps({"nodes": {}}))
    build = PassedBuild.of(project, "made up", ["fct_trend_estimates"])
    build.save(project)
    release: str = publish(project, build)["release"]
    return release


def record(
    project: Project,
    command: str = "build",
    *,
    fails: str | None = None,
    nodes: Mapping[str, float] | None = None,
) -> str:
    """Record a run that passes at once, or fails with a message; give its id."""
    try:
        with recorded(project, command, target="duckdb") as run, run.step("dbt"):
            if nodes:
                run.note_nodes(
                    {"node": name, "kind": "model", "seconds": seconds, "status": "success"}
                    for name, seconds in nodes.items()
                )
            if fails:
                raise WavehouseError(fails)
    except WavehouseError:
        pass
    return run.run_id
