"""A backup on storage that speaks S3: a server on this machine, which keeps it in memory."""

import shutil
import socket
import subprocess
import time
from collections.abc import Callable
from pathlib import Path

import backups
import pytest
from backups import check_whole, fill, landed_version, release, run

from wavehouse.project import Project

StartProcess = Callable[..., "subprocess.Popen[bytes]"]

pytestmark = pytest.mark.slow("restic")
SERVER = Path(__file__).resolve().parents[2] / "target/s3/bin/moto_server"
PATIENCE = 60


@pytest.fixture
def storage(start_process: StartProcess, monkeypatch: pytest.MonkeyPatch) -> str:
    """An address for restic on a server that lives as long as the test."""
    assert SERVER.exists(), "The test needs a server of S3. Run `make drills`."
    assert shutil.which("restic"), "The test needs restic. Run `make drills`."
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    process = start_process(
        [str(SERVER), "-H", "127.0.0.1", "-p", str(port)],
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    until = time.monotonic() + PATIENCE
    while True:
        with socket.socket() as probe:
            if probe.connect_ex(("127.0.0.1", port)) == 0:
                break
        assert process.poll() is None
        assert time.monotonic() < until
        time.sleep(0.1)
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "key")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "secret")
    monkeypatch.setenv("RESTIC_PASSWORD", backups.PASSWORD)
    for name in ("RESTIC_PASSWORD_FILE", "RESTIC_PASSWORD_COMMAND", "RESTIC_REPOSITORY"):
        monkeypatch.delenv(name, raising=False)
    return f"s3:http://127.0.0.1:{port}/bucket/panel"


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
