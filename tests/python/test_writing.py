"""Files are written whole or not at all; where the system refuses, place and remedy are told."""

import errno
import os
import resource
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from test_publish import build_working_database, check_published_whole

from wavehouse.errors import WavehouseError
from wavehouse.locks import only_one
from wavehouse.operations.run_history.run_files import read_runs
from wavehouse.project import Project
from wavehouse.publishing.publish import publish
from wavehouse.writing import explained, reason_code, refusal, write_whole

NOBODY = 65534


def files(folder: Path) -> dict[str, bytes]:
    """Give all files below a folder; locks are no content."""
    return {
        str(path.relative_to(folder)): path.read_bytes()
        for path in folder.rglob("*")
        if path.is_file() and not path.name.endswith(".lock")
    }


def published_files(project: Project) -> dict[str, bytes]:
    """Give what is in the warehouse, but for the history of runs, which every run writes."""
    return {
        name: content
        for name, content in files(project.warehouse).items()
        if not name.startswith("operations/")
    }


def run_limited(project: Project, size: int, *words: str) -> tuple[int, str]:
    """Run a command that cannot make a file larger than some bytes; give its code and words."""

    def limit() -> None:
        resource.setrlimit(resource.RLIMIT_FSIZE, (size, size))

    done = subprocess.run(
        [sys.executable, "-m", "wavehouse", "--project-dir", str(project.root), *words],
        capture_output=True,
        text=True,
        check=False,
        preexec_fn=limit,
    )
    return done.returncode, done.stdout + done.stderr


def test_a_file_is_replaced_and_keeps_its_mode(tmp_path: Path) -> None:
    path = tmp_path / "new" / "file.txt"
    write_whole(path, "räum\r\n")
    assert path.read_bytes() == "räum\r\n".encode()
    path.chmod(0o600)
    write_whole(path, b"other")
    assert path.read_bytes() == b"other"
    assert path.stat().st_mode & 0o777 == 0o600
    assert list(path.parent.iterdir()) == [path]


def test_what_a_dead_run_left_beside_goes_and_that_of_a_living_one_stays(tmp_path: Path) -> None:
    path = tmp_path / "file.txt"
    dead = subprocess.Popen([sys.executable, "-c", ""])
    dead.wait()
    (tmp_path / f".file.txt.{dead.pid}.partial").write_text("half")
    living = tmp_path / f".file.txt.{os.getppid()}.partial"
    living.write_text("half")
    write_whole(path, "whole")
    assert sorted(tmp_path.iterdir()) == sorted([path, living])


@pytest.mark.parametrize("fails", ["fsync", "replace"])
def test_a_write_that_fails_leaves_the_old_file(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, fails: str
) -> None:
    path = tmp_path / "file.txt"
    path.write_text("old")

    def refuse(*_: object) -> None:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    with monkeypatch.context() as patch:
        patch.setattr(*((os, "fsync") if fails == "fsync" else (Path, "replace")), refuse)
        with pytest.raises(WavehouseError, match=f"^{path} cannot be written: the disk is full"):
            write_whole(path, "new")
    assert files(tmp_path) == {"file.txt": b"old"}


@pytest.mark.parametrize(
    ("error", "code"),
    [
        (OSError(errno.EROFS, "x"), errno.EROFS),
        (RuntimeError('IO Error: Could not write file "x": No space left on device'), errno.ENOSPC),
        ("[Errno 27] File too large", errno.EFBIG),
        (FileNotFoundError(errno.ENOENT, os.strerror(errno.ENOENT)), None),
        ("Compilation Error", None),
    ],
)
def test_reasons_are_found_in_errors_of_libraries_too(
    error: BaseException | str, code: int | None
) -> None:
    assert reason_code(error) == code


def test_other_errors_pass_and_ours_are_not_wrapped(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError), explained(tmp_path):
        (tmp_path / "nothing").read_text()
    with pytest.raises(WavehouseError, match=r"^Permission denied to laugh$"), explained(tmp_path):
        raise WavehouseError("Permission denied to laugh")


def test_a_full_disk_says_how_much_is_free(tmp_path: Path) -> None:
    said = refusal(tmp_path / "a" / "b", errno.ENOSPC)
    assert said.startswith(f"{tmp_path}/a/b cannot be written: the disk is full (")
    assert said.endswith(
        " MB are free). Make room and run the command again. No half-written file was left."
    )


def test_a_publish_that_the_system_stops_leaves_the_old_release(empty_project: Project) -> None:
    publish(empty_project, build_working_database(empty_project, 1))
    build_working_database(empty_project, 2, rows=100_000)
    before = published_files(empty_project)
    code, said = run_limited(empty_project, 100_000, "publish")
    assert code == 1
    assert said == (
        f"{empty_project.warehouse} cannot be written: a file became larger than the system lets "
        "it be. Raise the limit (`ulimit -f`) and run the command again. No half-written file "
        "was left.\n"
    )
    assert published_files(empty_project) == before
    # The history could be written, and says it.
    (run,) = read_runs(empty_project)
    assert (run["command"], run["status"]) == ("publish", "failed")
    assert run["message"] == said.strip()
    assert check_published_whole(empty_project) == 1


@contextmanager
def as_nobody() -> Iterator[None]:
    """Be a user who may write nothing of ours, for a block."""
    if os.geteuid() != 0:
        pytest.skip("only root can become another user")
    os.seteuid(NOBODY)
    try:
        yield
    finally:
        os.seteuid(0)


def test_a_folder_or_file_that_is_not_ours_is_named_with_the_user() -> None:
    # pytest's own folders are closed to other accounts.
    with TemporaryDirectory(prefix="wavehouse-test-") as name:
        folder = Path(name)
        folder.chmod(0o755)
        secret = folder / "secret.csv"
        secret.write_text("x")
        secret.chmod(0o600)
        file = folder / "target" / ".build.lock"
        for write in (
            lambda: write_whole(file, "x"),
            lambda: only_one(file, "build").__enter__(),
        ):
            with as_nobody(), pytest.raises(WavehouseError) as caught:
                write()
            assert str(caught.value) == (
                f"{file.parent} cannot be written: you have no right to write there (user nobody, "
                f"folder {folder}). Give yourself the right to write there and run the command "
                "again. No half-written file was left."
            )
        with as_nobody(), pytest.raises(WavehouseError) as caught, explained(folder):
            secret.read_text()
        assert str(caught.value) == (
            f"{secret} cannot be read: you have no right to read it. Give yourself that right."
        )
        assert list(folder.iterdir()) == [secret]
