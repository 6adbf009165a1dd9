"""Commands of an encrypted project that build or copy it: results as ever, and nothing plain."""

import csv
import shutil
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from planted import found_in
from test_encryption import not_encrypted
from test_own_projects import _newer_wheel
from workbench import run_wavehouse

from wavehouse.building.dbt import run_dbt
from wavehouse.encryption import parquet
from wavehouse.encryption.databases import connect
from wavehouse.encryption.key import FILE, KEY, forget_key, unlock
from wavehouse.project import Project
from wavehouse.publishing.history import kept_releases

# Of a person whom nobody else is like.
SECRETS = ["okapi-1001", "371.829164"]


def plant(project: Project) -> None:
    """Let a person of the last wave have an id and an answer of their own."""
    path = project.waves / "harbour" / "harbour_2025.csv"
    with path.open(newline="", encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    rows[2] |= dict(zip(("person", "minutes_to_work"), SECRETS, strict=True))
    with path.open("w", newline="", encoding="utf-8") as file:
        writer = csv.DictWriter(file, list(rows[0]))
        writer.writeheader()
        writer.writerows(rows)


def ran(project: Project, *words: str) -> str:
    run = run_wavehouse(project, *words)
    assert run.exit_code == 0, run.output
    return run.output


@pytest.mark.slow("drill")
def test_upgrade_check_change_split_series_and_expire(
    town: Project, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv(KEY, raising=False)
    monkeypatch.setenv(FILE, str(tmp_path / "keys" / "project.key"))
    plant(town)
    (tmp_path / "wheels").mkdir()
    wheel = str(_newer_wheel(tmp_path / "wheels"))
    ran(town, "encryption", "on")
    ran(town, "build")
    ran(town, "contracts")
    ran(town, "baseline", str(tmp_path / "release"))
    assert "to 9.9.9:" in ran(town, "upgrade", wheel)
    assert (town.target / "upgrade" / "project" / "dbt_project.yml").is_file()
    # Packages of others have files for tests, too.
    shutil.rmtree(town.target / "upgrade" / "venv")

    split = ("split-series", "harbour", "ferry_satisfaction", "--from", "2025", "--into", "ferry")
    ran(town, *split, "--apply")
    said = ran(town, "check-change", "--against", str(tmp_path / "release"))
    # Three answers in the total, and in each value of each segment.
    assert "| harbour | ferry_share | fct_trend_estimates | 0 |  |  |  |  |  |  | 54 |  |" in said
    assert "taken from the release" in said
    assert parses(town)
    ran(town, "undo")
    ran(town, "generate")
    # dbt knows the variable still, which is gone together with its block of docs.
    assert parses(town)
    assert found_in(tmp_path, SECRETS) == {}
    assert not_encrypted(Project(tmp_path)) == []

    before = published_shares(town)
    assert before
    last_day = (datetime.now(UTC) - timedelta(days=3)).date()
    with (town.codebook / "study_protections.csv").open("a", encoding="utf-8") as file:
        file.write(f"harbour,,,{last_day},,stay\n")
    ran(town, "expire", "--apply")
    assert not list(town.landing.rglob("*.parquet"))
    assert not list((town.warehouse / "history").glob("*/microdata/**/*.parquet"))
    assert published_shares(town) == before
    assert not_encrypted(town) == []


def parses(project: Project) -> bool:
    """Tell whether dbt reads the project, with what it has read before."""
    unlock(project)
    try:
        return run_dbt(project, "parse", "--quiet") == 0
    finally:
        forget_key()


def published_shares(project: Project) -> list[tuple[object, ...]]:
    """Give the figures of the newest release in the history that has some."""
    unlock(project)
    try:
        with connect() as connection:
            for release in reversed(kept_releases(project)):
                file = release.table("fct_trend_estimates")
                if file is not None:
                    rows = connection.execute(f"from {parquet.source(file)} order by all")
                    if found := rows.fetchall():
                        return found
    finally:
        forget_key()
    return []
