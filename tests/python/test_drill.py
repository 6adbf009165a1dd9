"""Drills: what comes out of a backup is built again, and gives the numbers of its release."""

import json
import re
import shutil
from collections.abc import Callable
from pathlib import Path

import backups
import pytest
from workbench import copy_built

from wavehouse.building.fingerprint import fingerprint
from wavehouse.operations.backups.backup import backup
from wavehouse.operations.backups.backup_state import read_backups
from wavehouse.operations.backups.restic import INSTALL
from wavehouse.project import Project

Run = Callable[..., tuple[int, str]]

pytestmark = pytest.mark.slow("restic")


@pytest.fixture
def project(published: Project, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Project:
    """Two small studies, built and published, with a repository to back up to."""
    assert shutil.which("restic"), INSTALL
    for name in ("RESTIC_PASSWORD_FILE", "RESTIC_PASSWORD_COMMAND", "RESTIC_REPOSITORY"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("RESTIC_PASSWORD", backups.PASSWORD)
    monkeypatch.setenv("RESTIC_CACHE_DIR", str(tmp_path / "cache"))
    project = copy_built(published, tmp_path / "project")
    backups.write(project, "operations.yml", "backup:\n  repository: ../repository\n")
    return project


def test_a_good_backup_passes(project: Project, run_command: Run) -> None:
    made = backup(project)
    before = backups.described(project.root / "warehouse/releases")
    code, said = run_command(project, "drill")
    assert code == 0, said
    assert f"It builds, and gives the numbers of release {made.facts['release']}: " in said
    assert "all other tables too." in said
    known = read_backups(project)["drill"]
    assert known["passed"]
    assert known["backup_id"] == made.facts["backup_id"]
    assert known["n_compared"] > 1000
    assert known["n_differing"] == 0
    # It touched nothing, and left nothing.
    assert backups.described(project.root / "warehouse/releases") == before
    assert not (project.target / "drill").exists()
    assert read_backups(project)["last"] == made.facts


def test_other_numbers_are_told(project: Project, run_command: Run) -> None:
    """A release that does not follow from the waves and the codebook beside it."""
    wave = next((project.waves / "api").glob("*.csv"))
    lines = wave.read_text().splitlines(keepends=True)
    header = lines[0].rstrip("\n").split(",")
    place = next(i for i, name in enumerate(header) if re.fullmatch(r"api\d\d", name))
    for number in range(1, 40):
        values = lines[number].rstrip("\n").split(",")
        values[place] = str(int(values[place]) - 1)
        lines[number] = ",".join(values) + "\n"
    wave.write_text("".join(lines))
    for manifest in project.warehouse.glob("*/*/manifest.json"):
        facts = json.loads(manifest.read_text()) | {"fingerprint": fingerprint(project)}
        manifest.chmod(0o600)
        manifest.write_text(json.dumps(facts))
    backup(project)
    code, said = run_command(project, "drill")
    assert code == 1
    assert "was restored and builds, and gives other numbers than the release in it:" in said
    assert "Other tables that differ: " in said
    known = read_backups(project)["drill"]
    assert not known["passed"]
    assert known["n_differing"] > 2
    assert not (project.target / "drill").exists()


def test_a_backup_that_does_not_build_is_told(
    project: Project, run_command: Run, tmp_path: Path
) -> None:
    backups.write(project, "models/marts/broken.sql", "select {{ no_such_macro() }}\n")
    backup(project)
    place = tmp_path / "scratch"
    place.mkdir()
    code, said = run_command(project, "drill", "--to", str(place))
    assert code == 1
    assert "was restored and does not build. All that the build said is in logs/drill.log" in said
    assert "no_such_macro" in (project.root / "logs/drill.log").read_text()
    assert not read_backups(project)["drill"]["passed"]
    assert list(place.iterdir()) == []


def test_a_drill_that_was_killed_leaves_nothing_for_long(
    project: Project, run_command: Run
) -> None:
    backups.write(project, "target/drill/dbt_project.yml", "name: left_behind\n")
    backups.write(project, "models/marts/broken.sql", "select {{ no_such_macro() }}\n")
    backup(project)
    code, said = run_command(project, "drill")
    assert (code, "does not build" in said) == (1, True)
    assert not (project.target / "drill").exists()


def test_without_a_backup_there_is_nothing_to_try(project: Project, run_command: Run) -> None:
    code, said = run_command(project, "drill")
    assert code == 1
    assert "There is no repository there, or it cannot be reached." in said
    assert not read_backups(project)["drill"]["passed"]
