"""What changed is computed again, and nothing else; the result is that of a build from nothing.

A made-up survey goes through changes that are drawn (`studies/changing.py`). After some, the build
says which waves it computed, which have to be those that the changes touched.
"""

import random
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest
from studies.changing import PANEL, STUDY, Survey
from workbench import copy_project, keep_studies, query, run_dbt

from wavehouse.project import Project

SUMS = ("+int_moments__cells",)
ESTIMATES = ("+int_estimates__estimates", "+int_contrasts__contrasts")
COMPARED = {
    "intermediate.int_answers__coded": ("wave_key", "respondent_number", "variable_id"),
    "intermediate.int_moments__cells": ("part_key", "score_key", "segment_value_key"),
    "intermediate.int_estimates__estimates": ("cell_key",),
    "intermediate.int_contrasts__contrasts": ("contrast_key",),
}


def start(folder: Path, survey: Survey) -> Project:
    """Make a project of a state of the survey."""
    project = copy_project(folder)
    keep_studies(project, [])
    survey.write(project)
    return project


def build(project: Project, *selected: str) -> set[str]:
    """Build some models, and give the waves that were computed, as `study wave`."""
    run = run_dbt(
        project, "build", "--exclude-resource-type", "test", "unit_test", "--select", *selected
    )
    assert run.exit_code == 0, run.output[-5000:]
    said = re.search(r"Waves computed: (.*)", run.output)
    assert said, run.output[-3000:]
    if said[1].startswith("none"):
        return set()
    if said[1].startswith("all"):
        return {"all"}
    return set(said[1].partition(" (")[0].split(", "))


def rows_of(project: Project, table: str, key: tuple[str, ...]) -> dict[Any, dict[str, Any]]:
    """Read a table by its key."""
    return {
        tuple(row[column] for column in key): row
        for row in query(project, f"select * from {table}")
    }


def differing(found: Mapping[str, Any], expected: Mapping[str, Any]) -> list[str]:
    """Name the columns whose values differ: numbers by more than 1e-12 of their size."""
    return [
        column
        for column, value in expected.items()
        if column != "fingerprint"
        and not (
            found[column] == value
            or (
                isinstance(value, float)
                and isinstance(found[column], float)
                and found[column] == pytest.approx(value, rel=1e-12, abs=1e-12)
            )
        )
    ]


def compare(changed: Project, whole: Project) -> None:
    """Compare all tables, row by row."""
    for table, key in COMPARED.items():
        found, expected = rows_of(changed, table, key), rows_of(whole, table, key)
        assert expected, table
        assert found.keys() == expected.keys(), table
        wrong = {
            row_key: columns
            for row_key, row in expected.items()
            if (columns := differing(found[row_key], row))
        }
        assert not wrong, (table, list(wrong.items())[:3])


def grow(folder: Path, seed: int, n_builds: int, changes_a_build: int) -> None:
    """Make drawn changes, build after some, and compare in the end with a build from nothing."""
    draw = random.Random(seed)
    survey = Survey()
    for study_id in (STUDY, PANEL):
        for _ in range(3):
            survey.add(draw, study_id)
    project = start(folder / "changed", survey)
    assert build(project, *SUMS) == {"all"}
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
        assert build(project, *SUMS) == touched & there, (
            seed,
            [change.__name__ for change in made],
        )
    assert build(project, *ESTIMATES) == set()
    whole = start(folder / "whole", survey)
    assert build(whole, *ESTIMATES) == {"all"}
    compare(project, whole)


def test_changes_compute_what_they_touch(tmp_path: Path) -> None:
    """Every kind of change, three at a time; in the end all is as if built from nothing."""
    grow(tmp_path, seed=1, n_builds=2, changes_a_build=3)


@pytest.mark.slow("drill")
@pytest.mark.parametrize("seed", [2, 3])
def test_long_histories(tmp_path: Path, seed: int) -> None:
    """Many changes, one at a time."""
    grow(tmp_path, seed=seed, n_builds=10, changes_a_build=1)
