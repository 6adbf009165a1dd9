"""What changed is built again, and nothing else; the result is that of a build from nothing.

A made-up survey goes through changes that are drawn (`studies/changing.py`). After some, the build
says which waves it computed, which have to be those that the changes touched. It runs only what
changed, or reads what changed, so all tables are compared in the end.
"""

import random
import re
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import pytest
from studies.changing import PANEL, STUDY, Survey
from workbench import copy_project, keep_studies, query, run_dbt, run_wavehouse

from wavehouse.project import Project

# These say what a build read of those before it, so that they tell builds apart; or have a row for
# each computed number, which rounding may make one or two. What is made of these is compared.
NOT_ALIKE = re.compile("(int|fct)_revisions.*|dictionary_fingerprints|int_.*__p_values")
# Numbers of hashes, of which the model's SQL is a part.
NOT_COMPARED = "('fingerprint')"


def start(folder: Path, survey: Survey) -> Project:
    """Make a project of a state of the survey."""
    project = copy_project(folder)
    keep_studies(project, [])
    survey.write(project)
    return project


def build(project: Project) -> set[str]:
    """Build and publish, and give the waves that were computed, as `study wave`."""
    run = run_wavehouse(project, "build")
    assert run.exit_code == 0, run.output[-5000:]
    said = re.findall(r"Waves computed: (.*)", run.output)
    assert said, run.output[-3000:]
    computed: set[str] = set()
    for line in said:
        if line.startswith("all"):
            return {"all"}
        if not line.startswith("none"):
            computed |= set(line.partition(" (")[0].split(", "))
    return computed


def tables_of(project: Project) -> dict[str, list[str]]:
    """Give the columns of each table, in schemas that are computed."""
    found: dict[str, list[str]] = {}
    for row in query(
        project,
        "select table_schema || '.' || table_name as name, column_name from "
        f"information_schema.columns where table_schema in ('intermediate', 'marts') "
        f"and column_name not in {NOT_COMPARED} order by all",
    ):
        if not NOT_ALIKE.fullmatch(row["name"].split(".")[1]):
            found.setdefault(row["name"], []).append(row["column_name"])
    return found


def rows_of(project: Project, table: str, columns: Sequence[str]) -> list[dict[str, Any]]:
    """Read a table in an order that its rows have in each build: by what is no number first."""
    named = ", ".join(f'"{column}"' for column in columns)
    found = query(project, f"select {named} from {table}")

    def place(row: Mapping[str, Any]) -> list[str]:
        exact = [repr(one) for one in row.values() if not isinstance(one, float)]
        return [*exact, *(f"{one:.6g}" for one in row.values() if isinstance(one, float))]

    return sorted(found, key=place)


def is_same(found: object, expected: object) -> bool:
    """Tell whether two values are the same: numbers may differ by 1e-12 of their size."""
    if isinstance(expected, list) and isinstance(found, list):
        return len(found) == len(expected) and all(map(is_same, found, expected))
    if isinstance(expected, float) and isinstance(found, float):
        return found == pytest.approx(expected, rel=1e-12, abs=1e-12, nan_ok=True)
    return found == expected


def compare(changed: Project, whole: Project) -> None:
    """Compare all tables, row by row."""
    tables = tables_of(whole)
    assert tables_of(changed) == tables
    assert {"intermediate.int_moments__cells", "marts.fct_trend_estimates"} <= set(tables)
    for table, columns in tables.items():
        found, expected = (rows_of(project, table, columns) for project in (changed, whole))
        assert len(found) == len(expected), table
        for one, other in zip(found, expected, strict=True):
            wrong = [column for column in columns if not is_same(one[column], other[column])]
            assert not wrong, (table, wrong, one, other)


def grow(folder: Path, seed: int, n_waves: int, n_builds: int, changes_a_build: int) -> None:
    """Make drawn changes, build after some, and compare in the end with a build from nothing.

    Args:
        folder: gets the projects.
        seed: of what is drawn.
        n_waves: how many waves each study begins with; the panel has at most three.
        n_builds: how often it is built after changes.
        changes_a_build: how many changes are made before each.
    """
    draw = random.Random(seed)
    survey = Survey()
    for study_id, n in ((STUDY, n_waves), (PANEL, min(n_waves, 3))):
        for _ in range(n):
            survey.add(draw, study_id)
    project = start(folder / "changed", survey)
    assert build(project) == {"all"}
    # Every kind of change comes before one comes again.
    kinds = survey.changes
    draw.shuffle(kinds)
    for number in range(n_builds):
        touched: set[str] = set()
        made = [kinds[(number * changes_a_build + n) % len(kinds)] for n in range(changes_a_build)]
        for change in made:
            touched |= change(draw)
        there = {f"{study_id} {wave}" for study_id, wave in survey.waves}
        survey.write(project)
        assert build(project) == touched & there, (
            seed,
            [change.__name__ for change in made],
        )
    whole = start(folder / "whole", survey)
    run = run_dbt(whole, "build", "--exclude-resource-type", "test", "unit_test")
    assert run.exit_code == 0, run.output[-5000:]
    compare(project, whole)


def test_changes_compute_what_they_touch(tmp_path: Path) -> None:
    """Every kind of change, all at a time; in the end all is as if built from nothing."""
    grow(tmp_path, seed=1, n_waves=3, n_builds=1, changes_a_build=6)


@pytest.mark.slow("drill")
def test_a_tracker_of_sixty_waves(tmp_path: Path) -> None:
    """Each kind of change of one of many waves, three at a time."""
    grow(tmp_path, seed=2, n_waves=57, n_builds=2, changes_a_build=3)
