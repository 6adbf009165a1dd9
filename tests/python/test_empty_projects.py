"""A project before its first wave builds, tests and publishes."""

from pathlib import Path

import pytest
from workbench import (
    add_codebook_rows,
    codebook_rows,
    copy_project,
    keep_studies,
    query,
    run_dbt,
    run_wavehouse,
)

from wavehouse.generate import generate
from wavehouse.project import Project


@pytest.fixture(scope="module")
def empty(tmp_path_factory: pytest.TempPathFactory) -> Project:
    """The project with the codebook's fixed tables, and no study at all."""
    project = copy_project(tmp_path_factory.mktemp("empty"))
    keep_studies(project, [])
    return project


def test_a_project_without_any_wave_is_built_tested_and_published(empty: Project) -> None:
    assert not list(empty.waves.rglob("*.csv"))
    assert not list(empty.models.rglob("wide_*"))
    run = run_wavehouse(empty, "build")
    assert run.exit_code == 0, run.output
    assert "Published 37 tables" in run.output
    tables = query(empty, "select table_name from duckdb_tables() where schema_name = 'marts'")
    for table in ("fct_answers", "fct_respondents", "fct_trend_estimates", "dim_wave"):
        assert {"table_name": table} in tables
        assert query(empty, f"select count(*) as n from marts.{table}") == [{"n": 0}]


def test_a_project_whose_only_waves_are_landed_and_not_here_is_read_without_a_warning(
    empty: Project,
) -> None:
    """Without any seed wave, and without the folder of the landed ones."""
    root = Path(__file__).resolve().parents[2]
    here = Project(root)
    add_codebook_rows(
        empty,
        {
            table: [row for row in codebook_rows(here, table) if row["study_id"] == "nhanes"]
            for table in ("studies", "designs", "waves", "deliveries")
        },
    )
    generate(empty)
    assert (empty.models / "marts/wide/wide_nhanes.sql").is_file()
    run = run_dbt(empty, "--warn-error-options", '{"error": "all"}', "parse")
    assert run.exit_code == 0, run.output
