"""On PostgreSQL too a change computes the waves that it touches, as if all were built from nothing.

The same changes as in `test_by_wave.py`, of models that are computed by wave and what follows from
them up to the estimates.
"""

import random
import re
from pathlib import Path
from typing import Any

import pytest
from studies.changing import PANEL, STUDY, Survey
from workbench import copy_project, keep_studies, own_database, query_postgres, run_dbt

from wavehouse.building.postgres import PostgresServer
from wavehouse.project import Project

SUMS = ("+int_moments__cells",)
ESTIMATES = ("+int_estimates__estimates", "+int_contrasts__contrasts")
# With the columns that name a row.
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


def build(project: Project, server: PostgresServer, *selected: str) -> set[str]:
    """Build some models, and give the waves that were computed, as `study wave`."""
    # One at a time: where two statements replace relations that one view reads, each drops that
    # view too, and PostgreSQL may stop one of them (deadlock).
    words = ("build", "--threads", "1", "--exclude-resource-type", "test", "unit_test")
    words = (*words, "--select", *selected)
    run = run_dbt(project, *words, target="postgres", env=server.environment)
    assert run.exit_code == 0, run.output[-5000:]
    said = re.search(r"Waves computed: (.*)", run.output)
    assert said, run.output[-3000:]
    if said[1].startswith("none"):
        return set()
    if said[1].startswith("all"):
        return {"all"}
    return set(said[1].partition(" (")[0].split(", "))


def rows_of(server: PostgresServer, table: str, key: tuple[str, ...]) -> dict[Any, dict[str, Any]]:
    """Read a table by its key."""
    rows = query_postgres(server, f"select * from {table}")
    return {tuple(row[column] for column in key): row for row in rows}


def is_same(found: object, expected: object) -> bool:
    """Tell whether two values are the same: numbers may differ by 1e-12 of their size."""
    if isinstance(found, float) and isinstance(expected, float):
        return found == pytest.approx(expected, rel=1e-12, abs=1e-12)
    return found == expected


def compare(changed: PostgresServer, whole: PostgresServer) -> None:
    """Compare all tables, row by row."""
    for table, key in COMPARED.items():
        found, expected = rows_of(changed, table, key), rows_of(whole, table, key)
        assert expected, table
        assert found.keys() == expected.keys(), table
        for place, row in expected.items():
            wrong = [
                column
                for column, value in row.items()
                if column != "fingerprint" and not is_same(found[place][column], value)
            ]
            assert not wrong, (table, place, wrong)


def test_changes_on_postgres(tmp_path: Path, postgres_server: PostgresServer) -> None:
    """Every kind of change, three at a time; in the end all is as if built from nothing."""
    changing, from_nothing = (
        own_database(postgres_server, name) for name in ("changing", "from_nothing")
    )
    draw = random.Random(4)
    survey = Survey()
    for study_id in (STUDY, PANEL):
        for _ in range(3):
            survey.add(draw, study_id)
    project = start(tmp_path / "changed", survey)
    assert build(project, changing, *SUMS) == {"all"}
    kinds = survey.changes
    draw.shuffle(kinds)
    for made in (kinds[:3], kinds[3:]):
        touched: set[str] = set()
        for change in made:
            touched |= change(draw)
        there = {f"{study_id} {wave}" for study_id, wave in survey.waves}
        survey.write(project)
        assert build(project, changing, *SUMS) == touched & there, [
            change.__name__ for change in made
        ]
    assert build(project, changing, *ESTIMATES) == set()
    whole = start(tmp_path / "whole", survey)
    assert build(whole, from_nothing, *ESTIMATES) == {"all"}
    compare(changing, from_nothing)
