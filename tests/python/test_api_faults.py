"""What happens to a server: publishes, dead workers, full disks, an end. No answer is mixed.

Real processes and signals, and a file system that is really full.
"""

import os
import shutil
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import duckdb
import pytest
import requests
from conftest import StartProcess
from guarded import TABLES, build_guarded

from wavehouse.project import Project
from wavehouse.publishing.publish import PassedBuild, publish
from wavehouse_exchange.serving.audit import read_log, verify

PATIENCE = 90
READERS = 4


def publish_version(project: Project, version: str) -> str:
    """Publish a release of which every figure says its version; give the release's id."""
    build_guarded(project, version=version)
    with duckdb.connect(str(project.working_database)) as connection:
        connection.execute(f"update marts.fct_trend_estimates set note = 'version {version}'")
    build = PassedBuild.of(project, version, list(TABLES))
    build.save(project)
    release: str = publish(project, build)["release"]
    return release


@pytest.fixture
def project(empty_project: Project, project_root: Path) -> Project:
    """The small warehouse, published once."""
    shutil.copytree(project_root / "seeds" / "reference", empty_project.reference)
    publish_version(empty_project, "1")
    return empty_project


def free_port() -> int:
    """Give a port that nothing listens at."""
    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        port: int = found.getsockname()[1]
        return port


@contextmanager
def server(
    project: Project, start_process: StartProcess, *options: str
) -> Iterator[tuple[str, "subprocess.Popen[str]"]]:
    """Run `wavehouse serve`; give its address and its process."""
    port = free_port()
    command = [str(Path(sys.executable).with_name("wavehouse")), "--project-dir", str(project.root)]
    words = [*command, "serve", "--port", str(port), "--requests-a-minute", "10000000", *options]
    process = start_process(words, stdout=subprocess.PIPE, text=True)
    address = f"http{'s' if '--certificate' in options else ''}://127.0.0.1:{port}"
    until = time.monotonic() + PATIENCE
    while True:
        try:
            requests.get(f"{address}/health", timeout=5, verify=False)
            break
        except requests.RequestException:
            assert process.poll() is None, process.stdout and process.stdout.read()
            assert time.monotonic() < until
            time.sleep(0.1)
    yield address, process


class Readers:
    """Programs that ask over and over, and keep what they got."""

    def __init__(self, address: str) -> None:
        """Begin to ask."""
        self.answers: list[tuple[str, frozenset[str], int]] = []
        self.refusals: list[int] = []
        self.cut = 0
        self._address = address
        self._ends = threading.Event()
        self._threads = [threading.Thread(target=self._ask) for _ in range(READERS)]
        for thread in self._threads:
            thread.start()

    def _ask(self) -> None:
        while not self._ends.is_set():
            try:
                answer = requests.get(f"{self._address}/v1/estimates?fields=note", timeout=PATIENCE)
            except requests.ConnectionError:
                self.cut += 1
                continue
            if answer.status_code != 200:
                self.refusals.append(answer.status_code)
                continue
            document = answer.json()
            notes = frozenset(row["note"] for row in document["data"])
            self.answers.append((document["meta"]["release"], notes, len(document["data"])))

    def wait_for(self, count: int) -> None:
        """Wait until so many more answers came."""
        until, wanted = time.monotonic() + PATIENCE, len(self.answers) + count
        while len(self.answers) < wanted:
            assert time.monotonic() < until, (len(self.answers), self.refusals[-3:], self.cut)
            time.sleep(0.02)

    def end(self) -> None:
        """Ask no more."""
        self._ends.set()
        for thread in self._threads:
            thread.join(PATIENCE)


@contextmanager
def readers(address: str) -> Iterator[Readers]:
    """Let programs ask as long as the block runs."""
    asking = Readers(address)
    try:
        yield asking
    finally:
        asking.end()


def check_whole(asking: Readers, versions: dict[str, str]) -> None:
    """Each answer is of one release, and all of it."""
    sizes = {size for _, _, size in asking.answers}
    assert len(sizes) == 1, sizes
    for release, notes, _ in asking.answers:
        assert notes == {f"version {versions[release]}"}


def test_publishes_under_load_lose_and_mix_nothing(
    project: Project, start_process: StartProcess
) -> None:
    first = (project.warehouse / "current").readlink().name
    versions = {first: "1"}
    with server(project, start_process, "--workers", "2") as (address, _):
        with readers(address) as asking:
            for version in ("2", "3", "4"):
                asking.wait_for(20)
                versions[publish_version(project, version)] = version
            asking.wait_for(20)
        check_whole(asking, versions)
        assert {release for release, _, _ in asking.answers} == set(versions)
        assert (asking.refusals, asking.cut) == ([], 0)
    logged = [line for line in read_log(project.warehouse) if line["status"] == 200]
    assert len(logged) == len(asking.answers)
    assert verify(project.warehouse) == []


@pytest.mark.slow("drill")
def test_a_worker_that_is_killed_is_followed_by_another(
    project: Project, start_process: StartProcess
) -> None:
    first = (project.warehouse / "current").readlink().name
    with server(project, start_process, "--workers", "2") as (address, process):
        with readers(address) as asking:
            for _ in range(3):
                asking.wait_for(20)
                os.kill(workers_of(process.pid)[0], signal.SIGKILL)
            asking.wait_for(60)
        check_whole(asking, {first: "1"})
        assert asking.refusals == []
        # Only what a dead worker was answering is cut, and is asked again.
        assert asking.cut < READERS * 6
    logged = [line for line in read_log(project.warehouse) if line["status"] == 200]
    assert len(logged) >= len(asking.answers)


def workers_of(pid: int) -> list[int]:
    """Give the processes that answer."""
    told = Path(f"/proc/{pid}/task/{pid}/children").read_text().split()
    return [
        int(child)
        for child in told
        if "spawn_main" in Path(f"/proc/{child}/cmdline").read_text().replace("\0", " ")
    ]


@pytest.mark.slow("drill")
def test_a_full_disk_stops_answers_and_nothing_else(
    project: Project, start_process: StartProcess
) -> None:
    folder = project.warehouse / "audit"
    folder.mkdir()
    mounted = subprocess.run(
        ["mount", "-t", "tmpfs", "-o", "size=64k", "tmpfs", str(folder)],
        capture_output=True,
        check=False,
    )
    if mounted.returncode:
        pytest.skip("A file system of a few kilobytes needs the right to mount it.")
    try:
        with server(project, start_process) as (address, _):
            statuses = []
            while statuses[-20:] != [503] * 20:
                statuses.append(requests.get(f"{address}/v1/studies", timeout=PATIENCE).status_code)
                assert len(statuses) < 5_000
            assert statuses.count(200) > 20
            assert len(list(read_log(project.warehouse))) == statuses.count(200)
            assert verify(project.warehouse) == []
            subprocess.run(["mount", "-o", "remount,size=1m", str(folder)], check=True)
            assert requests.get(f"{address}/v1/studies", timeout=PATIENCE).status_code == 200
            assert verify(project.warehouse) == []
    finally:
        subprocess.run(["umount", "--lazy", str(folder)], check=True)


def test_a_server_that_is_ended_answers_what_runs(
    project: Project, start_process: StartProcess
) -> None:
    with server(project, start_process) as (address, process):
        with readers(address) as asking:
            asking.wait_for(20)
            process.send_signal(signal.SIGTERM)
            assert process.wait(PATIENCE) in {0, 128 + signal.SIGTERM, -signal.SIGTERM}
        assert asking.refusals == []
    logged = [line for line in read_log(project.warehouse) if line["status"] == 200]
    assert len(logged) == len(asking.answers)


@pytest.mark.parametrize(
    ("options", "said"),
    [
        (("--host", "0.0.0.0"), "in the clear"),
        (("--certificate", "server.pem"), "TLS needs both"),
        (("--certificate", "a.pem", "--private-key", "b.key"), "a.pem is missing"),
    ],
)
def test_a_server_that_would_not_be_safe_does_not_begin(
    project: Project,
    run_command: Callable[..., tuple[int, str]],
    options: tuple[str, ...],
    said: str,
) -> None:
    code, text = run_command(project, "serve", *options)
    assert code == 1
    assert said in text


def test_without_a_release_there_is_nothing_to_serve(
    bare: Project, run_command: Callable[..., tuple[int, str]]
) -> None:
    code, text = run_command(bare, "serve")
    assert code == 1
    assert "Nothing is published yet" in text
