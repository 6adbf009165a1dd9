"""Erasure and backups, with restic itself: what a restore brings back has no erased person."""

import shutil
from pathlib import Path

import backups
import pytest
from planted import found_in
from small_people import ID, SECRETS, make_small, release, write_down

from wavehouse.errors import WavehouseError
from wavehouse.operations.backups import keeping
from wavehouse.operations.backups.backup import backup
from wavehouse.operations.backups.backup_contents import DELIVERED, PROJECT, RELEASE
from wavehouse.operations.backups.restic import INSTALL
from wavehouse.operations.backups.restore import restore
from wavehouse.people import erasing
from wavehouse.people.erasing import erase
from wavehouse.people.named import Respondent
from wavehouse.people.pseudonyms import SETTING
from wavehouse.project import Project
from wavehouse.publishing.history import kept_releases

pytestmark = pytest.mark.slow("restic")

PERSON = [Respondent("panel", None, ID)]


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Project:
    """A project with two releases, backed up twice, in which a person is everywhere."""
    assert shutil.which("restic"), INSTALL
    for name in ("RESTIC_PASSWORD_FILE", "RESTIC_PASSWORD_COMMAND", "RESTIC_REPOSITORY"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("RESTIC_PASSWORD", backups.PASSWORD)
    monkeypatch.setenv("RESTIC_CACHE_DIR", str(tmp_path / "cache"))
    monkeypatch.setenv(SETTING, str(tmp_path / "people.key"))
    monkeypatch.setattr(erasing, "_build", lambda project: release(project, version=3))
    # Else only the last backup of a day is kept.
    monkeypatch.setattr(keeping, "options_of", lambda _: ("--keep-last", "100"))
    project = make_small(tmp_path / "project")
    release(project, version=1)
    backup(project)
    release(project, version=2)
    write_down(project)
    backup(project)
    return project


def test_the_next_backup_takes_earlier_ones_away(project: Project, tmp_path: Path) -> None:
    said = "\n".join(erase(project, PERSON).left)
    assert "Left in backups" in said
    assert "all earlier backups" in said
    made = backup(project)
    kept = backups.repository_of(project).snapshots()
    assert sorted(each.part for each in kept) == sorted([PROJECT, DELIVERED, RELEASE])
    assert made.facts["n_kept"] == 1
    assert made.n_gone >= 5
    restored = restore(backups.repository_of(project), tmp_path / "restored")
    assert found_in(restored.project.root, SECRETS) == {}
    assert len(kept_releases(restored.project)) == 3
    # It happens once.
    backup(project)
    assert len(backups.repository_of(project).snapshots()) == 5


def test_an_earlier_backup_is_restored_without_them(project: Project, tmp_path: Path) -> None:
    copy = tmp_path / "copy-of-the-repository"
    erase(project, PERSON)
    made = {each.backup_id for each in backups.repository_of(project).snapshots()}
    assert len(made) == 2
    # As if that backup had not taken the earlier ones away: no room, or a kill.
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(keeping, "of_erased", lambda *_: [])
        backup(project)
    for backup_id in sorted(made):
        restored = restore(backups.repository_of(project), copy / backup_id, snapshot=backup_id)
        assert found_in(restored.project.root, SECRETS) == {}
        assert any("people were erased" in line for line in restored.lacks)
        assert all(each.parts == ["aggregates"] for each in kept_releases(restored.project))


def test_a_restore_without_the_key_restores_nothing(project: Project, tmp_path: Path) -> None:
    erase(project, PERSON)
    backup(project)
    (tmp_path / "people.key").unlink()
    with pytest.raises(WavehouseError, match="of erased people, so that they do not come back"):
        restore(backups.repository_of(project), tmp_path / "restored")
    assert not (tmp_path / "restored").exists()


def test_what_was_changed_on_purpose_is_not_damaged(project: Project) -> None:
    erase(project, PERSON)
    made = backup(project)
    assert made.facts["number"] == 3
    backup(project)
