"""A backup on storage that speaks S3: a server on this machine, which keeps it in memory."""

import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path

import backups
import pytest
from backups import check_whole, fill, landed_version, release, run
from s3_server import start_s3

from wavehouse.project import Project

StartProcess = Callable[..., "subprocess.Popen[bytes]"]

pytestmark = pytest.mark.slow("restic")


@pytest.fixture
def storage(start_process: StartProcess, monkeypatch: pytest.MonkeyPatch) -> str:
    """An address for restic on a server that lives as long as the test."""
    assert shutil.which("restic"), "The test needs restic. Run `make drills`."
    _, address = start_s3(start_process)
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "key")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "secret")
    monkeypatch.setenv("RESTIC_PASSWORD", backups.PASSWORD)
    for name in ("RESTIC_PASSWORD_FILE", "RESTIC_PASSWORD_COMMAND", "RESTIC_REPOSITORY"):
        monkeypatch.delenv(name, raising=False)
    return f"s3:{address}/bucket/panel"


def test_a_backup_goes_to_s3_and_comes_back(
    empty_project: Project, storage: str, tmp_path: Path
) -> None:
    fill(empty_project)
    backups.write(empty_project, "operations.yml", f"backup:\n  repository: {storage}\n")
    for version in (1, 2):
        release(empty_project, version)
        done = run(empty_project, "backup")
        assert done.returncode == 0, done.stderr
    assert "1 backup is kept; 2 old parts went." in done.stdout
    done = run(empty_project, "restore", storage, str(tmp_path / "restored"))
    assert done.returncode == 0, done.stderr
    restored = Project(tmp_path / "restored")
    assert (check_whole(restored), landed_version(restored)) == (2, 1)


def test_storage_that_cannot_be_reached_is_told(empty_project: Project, storage: str) -> None:
    fill(empty_project)
    elsewhere = storage.replace("127.0.0.1", "127.0.0.2", 1)
    backups.write(empty_project, "operations.yml", f"backup:\n  repository: {elsewhere}\n")
    done = run(empty_project, "backup")
    assert done.returncode == 1
    assert f"failed on {elsewhere}" in done.stderr
    assert "check network, name and access" in done.stderr
