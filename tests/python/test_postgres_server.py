"""The throwaway PostgreSQL server: it works, it answers for its command, and it leaves nothing."""

import os
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import psycopg2
import pytest

import wavehouse.building.postgres
from wavehouse.building.postgres import (
    PREFIX,
    PostgresServer,
    connect_to_target,
    find_binaries,
    server_explained,
    throwaway_postgres,
)
from wavehouse.errors import WavehouseError
from wavehouse.project import Project

pytestmark = pytest.mark.slow("server")

Run = Callable[..., tuple[int, str]]
StartProcess = Callable[..., "subprocess.Popen[str]"]

# Stands in for a command that runs for long: it says where the server is, then waits for the test.
WAIT = "import os, sys; print(os.environ['WAVEHOUSE_PG_PORT'], flush=True); sys.stdin.read()"


@pytest.fixture
def temporary(monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A folder for temporary files of this test alone, which the server's account may enter."""
    # pytest's own folders are closed to other accounts.
    with tempfile.TemporaryDirectory(prefix="wavehouse-test-") as name:
        Path(name).chmod(0o755)
        monkeypatch.setattr(tempfile, "tempdir", name)
        monkeypatch.setenv("TMPDIR", name)
        yield Path(name)


def connect(server: PostgresServer) -> "psycopg2.extensions.connection":
    """Connect as dbt would."""
    return psycopg2.connect(
        host=server.host,
        port=server.port,
        user=server.user,
        password=server.password,
        dbname=server.database,
        connect_timeout=5,
    )


def start_waiting_command(
    start_process: StartProcess, project: Project
) -> tuple["subprocess.Popen[str]", PostgresServer]:
    """Start `wavehouse postgres` with a command that waits; give it once the server is up."""
    words = ["--project-dir", str(project.root), "postgres", "--", sys.executable, "-c", WAIT]
    process = start_process(
        [sys.executable, "-m", "wavehouse", *words],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    assert process.stdout is not None
    return process, PostgresServer(int(process.stdout.readline()))


def is_down(server: PostgresServer) -> bool:
    """Tell whether nobody answers any more."""
    try:
        connect(server).close()
    except psycopg2.OperationalError:
        return True
    return False


def test_the_server_answers_and_is_gone_afterwards(temporary: Path) -> None:
    with throwaway_postgres() as server:
        with connect(server) as connection, connection.cursor() as cursor:
            cursor.execute(
                "select current_database(), pg_encoding_to_char(encoding), datcollate "
                "from pg_database where datname = current_database()"
            )
            assert cursor.fetchone() == ("wavehouse", "UTF8", "C.UTF-8")
        connection.close()
        (folder,) = temporary.iterdir()
        assert (folder / "data").stat().st_uid != 0
    assert is_down(server)
    assert list(temporary.iterdir()) == []


def test_a_server_that_is_gone_is_told_in_our_words() -> None:
    nowhere = {"WAVEHOUSE_PG_HOST": "127.0.0.1", "WAVEHOUSE_PG_PORT": "1"}
    not_there = pytest.raises(WavehouseError, match=r"127\.0\.0\.1:1 is gone, or .* refused")
    with not_there, server_explained(nowhere):
        connect_to_target(nowhere, connect_timeout=5)
    with throwaway_postgres() as server:
        cursor = connect(server).cursor()
        # A fault of ours is none of the server's.
        with pytest.raises(psycopg2.ProgrammingError), server_explained(server.environment):
            cursor.execute("select * from nothing")
        cursor.connection.rollback()
        ends = pytest.raises(WavehouseError, match=f":{server.port} is gone.*connection")
        with ends, server_explained(server.environment):
            cursor.execute("select pg_terminate_backend(pg_backend_pid())")


def test_two_servers_at_once_do_not_meet(temporary: Path) -> None:
    with throwaway_postgres() as one, throwaway_postgres() as other:
        assert one.port != other.port
        connect(one).close()
        connect(other).close()
    assert list(temporary.iterdir()) == []


def test_an_error_inside_removes_the_server(temporary: Path) -> None:
    with pytest.raises(ZeroDivisionError), throwaway_postgres() as server:
        raise ZeroDivisionError
    assert is_down(server)
    assert list(temporary.iterdir()) == []


@pytest.mark.parametrize(("script", "expected"), [("pass", 0), ("raise SystemExit(7)", 7)])
def test_the_command_gets_the_server_and_its_exit_code_is_returned(
    empty_project: Project, temporary: Path, run_command: Run, script: str, expected: int
) -> None:
    script = (
        "import os, psycopg2; e = os.environ; "
        "psycopg2.connect(host=e['WAVEHOUSE_PG_HOST'], port=e['WAVEHOUSE_PG_PORT'], "
        "user=e['WAVEHOUSE_PG_USER'], password=e['WAVEHOUSE_PG_PASSWORD'], "
        f"dbname=e['WAVEHOUSE_PG_DATABASE']); {script}"
    )
    assert run_command(empty_project, "postgres", "--", sys.executable, "-c", script)[0] == expected
    assert list(temporary.iterdir()) == []


def test_a_command_that_does_not_exist_is_named(
    empty_project: Project, temporary: Path, run_command: Run
) -> None:
    code, said = run_command(empty_project, "postgres", "--", "no-such-program")
    assert (code, said) == (1, "no-such-program cannot be run: No such file or directory.\n")
    assert list(temporary.iterdir()) == []


def test_a_missing_command_is_asked_for(empty_project: Project, run_command: Run) -> None:
    code, said = run_command(empty_project, "postgres", "--")
    assert code == 1
    assert said.startswith("Name a command")


@pytest.mark.parametrize(
    ("sent", "code"), [(signal.SIGTERM, 143), (signal.SIGINT, 130), (signal.SIGHUP, 129)]
)
def test_a_signal_stops_the_command_and_removes_the_server(
    empty_project: Project,
    temporary: Path,
    start_process: StartProcess,
    sent: signal.Signals,
    code: int,
) -> None:
    process, server = start_waiting_command(start_process, empty_project)
    assert not is_down(server)
    process.send_signal(sent)
    assert process.wait(timeout=30) == code
    assert is_down(server)
    assert list(temporary.iterdir()) == []


def test_what_a_killed_run_left_is_removed_by_the_next(
    empty_project: Project, temporary: Path, start_process: StartProcess
) -> None:
    process, server = start_waiting_command(start_process, empty_project)
    process.kill()
    process.wait()
    process.communicate()
    assert not is_down(server)
    with throwaway_postgres():
        assert is_down(server)
        assert len(list(temporary.glob(f"{PREFIX}*"))) == 1
    assert list(temporary.iterdir()) == []


def test_a_server_that_does_not_start_says_why_and_leaves_nothing(
    temporary: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(wavehouse.building.postgres.SETTINGS, "no_such_setting", "on")
    with pytest.raises(WavehouseError, match="no_such_setting"), throwaway_postgres():
        pass
    assert list(temporary.iterdir()) == []


@pytest.mark.usefixtures("temporary")
def test_a_port_that_is_taken_meanwhile_is_replaced(monkeypatch: pytest.MonkeyPatch) -> None:
    original = wavehouse.building.postgres._free_port
    with throwaway_postgres() as taken:
        ports = iter([taken.port, taken.port])
        monkeypatch.setattr(
            wavehouse.building.postgres, "_free_port", lambda: next(ports, None) or original()
        )
        with throwaway_postgres() as server:
            assert server.port != taken.port
            connect(server).close()


def test_a_server_that_ended_by_itself_is_removed_too(temporary: Path) -> None:
    with throwaway_postgres():
        (folder,) = temporary.iterdir()
        pid = int((folder / "data/postmaster.pid").read_text().split()[0])
        os.kill(pid, signal.SIGKILL)
        time.sleep(0.5)
    assert list(temporary.iterdir()) == []


def make_binaries(folder: Path, *names: str) -> Path:
    """Make programs that do nothing."""
    folder.mkdir(parents=True)
    for name in names:
        (folder / name).write_text("#!/bin/sh\n")
        (folder / name).chmod(0o755)
    return folder


@pytest.fixture
def no_binaries(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A machine without PostgreSQL; give the folder where Debian would put it."""
    debian = tmp_path / "postgresql"
    monkeypatch.setattr(wavehouse.building.postgres, "DEBIAN_FOLDER", debian)
    monkeypatch.setenv("PATH", str(tmp_path / "bin"))
    return debian


def test_binaries_are_found_on_the_path_by_pg_config_and_the_newest_of_debian(
    no_binaries: Path, tmp_path: Path
) -> None:
    assert find_binaries() is None
    make_binaries(no_binaries / "9/bin", *wavehouse.building.postgres.NEEDED)
    newest = make_binaries(no_binaries / "15/bin", *wavehouse.building.postgres.NEEDED)
    make_binaries(no_binaries / "16/bin", "pg_ctl")
    assert find_binaries() == newest
    configured = make_binaries(tmp_path / "configured", *wavehouse.building.postgres.NEEDED)
    path = make_binaries(tmp_path / "bin", "pg_config")
    (path / "pg_config").write_text(f"#!/bin/sh\necho {configured}\n")
    assert find_binaries() == configured
    for name in wavehouse.building.postgres.NEEDED:
        (path / name).write_text("#!/bin/sh\n")
        (path / name).chmod(0o755)
    assert find_binaries() == path


def test_the_debian_package_is_installed_where_that_is_possible(
    no_binaries: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    make_binaries(tmp_path / "bin", "apt-get")
    commands = []

    def run(words: list[str], **_: object) -> subprocess.CompletedProcess[str]:
        commands.append(words[:2])
        if "postgresql" in words:
            make_binaries(no_binaries / "15/bin", *wavehouse.building.postgres.NEEDED)
        return subprocess.CompletedProcess(words, 0, "", "")

    monkeypatch.setattr(wavehouse.building.postgres.os, "geteuid", lambda: 0)
    monkeypatch.setattr(wavehouse.building.postgres.subprocess, "run", run)
    assert wavehouse.building.postgres.install_binaries() == no_binaries / "15/bin"
    assert commands == [["apt-get", "update"], ["apt-get", "install"]]


@pytest.mark.usefixtures("no_binaries")
@pytest.mark.parametrize(("user", "package_manager"), [(0, False), (1000, True)])
def test_without_postgresql_the_error_says_what_to_install(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    user: int,
    package_manager: bool,
) -> None:
    if package_manager:
        make_binaries(tmp_path / "bin", "apt-get")
    monkeypatch.setattr(wavehouse.building.postgres.os, "geteuid", lambda: user)
    with pytest.raises(WavehouseError, match="apt-get install postgresql"), throwaway_postgres():
        pass


@pytest.mark.usefixtures("no_binaries")
def test_a_failed_installation_is_reported(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    make_binaries(tmp_path / "bin", "apt-get")
    (tmp_path / "bin/apt-get").write_text("#!/bin/sh\necho no network >&2\nexit 100\n")
    monkeypatch.setattr(wavehouse.building.postgres.os, "geteuid", lambda: 0)
    with pytest.raises(WavehouseError, match=r"(?s)apt-get update.*no network"):
        wavehouse.building.postgres.install_binaries()
