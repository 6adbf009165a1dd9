"""After a wave was put between others, one taken out and a series parted, a build is as if born so.

The other project never had the wave that was taken out, and had both variables from the start.
"""

from pathlib import Path

import pytest
from studies.four_waves import DATES, STUDY, add_four_waves, answers
from workbench import (
    add_codebook_rows,
    codebook_rows,
    copy_project,
    keep_studies,
    query,
    run_dbt,
    run_wavehouse,
    set_codebook_rows,
    write_rows,
)

from wavehouse.generate import generate
from wavehouse.project import Project
from wavehouse_exchange.onboarding.draft import read_draft

BUILT = ("fct_trend_estimates", "fct_trend_changes", "fct_answers", "dim_question", "dim_wave")


def bare(folder: Path, waves: str) -> Project:
    """Give a project with some waves of the study alone."""
    project = copy_project(folder)
    keep_studies(project, [])
    set_codebook_rows(project, "segments", [])
    add_four_waves(project, waves)
    return project


def build(project: Project) -> None:
    generate(project)
    left_out = ("resource_type:unit_test",)
    built = run_dbt(
        project, "build", "--select", *(f"+{name}" for name in BUILT), "--exclude", *left_out
    )
    assert built.exit_code == 0, built.output[-5000:]
    assert not query(project, "select * from intermediate.int_checks__problems")


def born_so(folder: Path) -> Project:
    """Give the project that had waves 1, 2 and 4 and both variables from the start."""
    project = bare(folder, "124")
    questions = codebook_rows(project, "questions")
    for row in questions:
        if row["source_column"] == "q2":
            row["variable_id"] = "later_happy"
    set_codebook_rows(project, "questions", questions)
    for table, key, made in (
        ("variables", "variable_id", "later_happy"),
        ("measures", "measure_id", "later_happy_share"),
    ):
        row = next(row for row in codebook_rows(project, table) if row[key].startswith("happy"))
        label = {f"{table.removesuffix('s')}_label": "Later happiness"}
        changed = row | label | {"variable_id": "later_happy", key: made}
        add_codebook_rows(project, {table: [changed]})
    return project


def rows(project: Project, table: str) -> list[dict[str, str]]:
    """Give the rows of a public table, in an order of their own."""
    found = query(project, f"select * from marts.{table}")
    return sorted([{name: _said(value) for name, value in row.items()} for row in found], key=repr)


def _said(value: object) -> str:
    # Sums over threads differ in their last digits.
    return f"{value:.9g}" if isinstance(value, float) else str(value)


@pytest.mark.slow("drill")
def test_a_study_that_was_changed_is_like_one_that_was_born_so(tmp_path: Path) -> None:
    changed = bare(tmp_path / "changed", "134")
    delivered = tmp_path / "2.csv"
    write_rows(delivered, list(answers("2")[0]), answers("2"))
    words = ("add-wave", STUDY, "2", str(delivered), "--date", DATES["2"])
    run = run_wavehouse(changed, *words)
    assert run.exit_code == 0, run.output
    for proposal in read_draft(changed, STUDY, "2").open_proposals:
        run_wavehouse(changed, "decide", STUDY, "2", proposal.id, "accept")
    for words in (
        ("apply", STUDY, "2"),
        ("remove-wave", STUDY, "3", "--apply"),
        (
            *("split-series", STUDY, "happy", "--from", "4", "--into", "later_happy"),
            *("--label", "Later happiness", "--apply"),
        ),
    ):
        run = run_wavehouse(changed, *words)
        assert run.exit_code == 0, run.output
    build(changed)
    born = born_so(tmp_path / "born")
    build(born)
    for table in BUILT:
        found = rows(changed, table)
        assert found == rows(born, table), table
        assert found, table
    shown = {row["measure_id"] for row in rows(changed, "fct_trend_estimates")}
    assert {"happy_share", "later_happy_share"} <= shown
