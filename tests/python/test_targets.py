"""Each test belongs to `make test` or `make test-slow`, and no process outlives a run of them."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest
from leftovers import MARK, PROCESSES, end_left_behind, left_behind
from targets import mark_slow

HERE = Path(__file__).parent
SEES_PROCESSES = pytest.mark.skipif(not PROCESSES.is_dir(), reason="the system has no /proc")
# Starts a process that outlives it, and says its number.
LEAVE = """
import subprocess, sys
quiet = {"stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL}
left = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(600)"], **quiet)
print(left.pid, flush=True)
"""


class Item:
    """Stands in for a test."""

    def __init__(self, *fixtures: str, engine: str = "", marks: tuple[object, ...] = ()) -> None:
        """Take the names of its fixtures, the engine that is its parameter, and its marks."""
        self.nodeid = "test_it"
        self.fixturenames = fixtures
        self.marks = list(marks)
        if engine:
            self.callspec = type("Spec", (), {"params": {"read": engine}})

    def add_marker(self, mark: pytest.MarkDecorator) -> None:
        """Take a mark."""
        self.marks.append(mark.mark)

    def iter_markers(self, name: str) -> list[pytest.Mark]:
        """Give the marks of a name."""
        return [mark for mark in self.marks if mark.name == name]


@pytest.mark.parametrize(
    ("item", "reasons"),
    [
        (Item("overlay_on_duckdb"), []),
        (Item("read", engine="duckdb"), []),
        (Item("read", engine="postgres"), ["server"]),
        (Item("engines", "overlay_on_postgres"), ["server"]),
        (Item("site", "opened"), ["browser"]),
        (Item("nhanes"), ["data"]),
        (Item("visit", "on_postgres"), ["browser", "server"]),
        (Item(marks=(pytest.mark.slow("drill").mark,)), ["drill"]),
    ],
)
def test_what_a_test_needs_tells_its_command(item: Item, reasons: list[str]) -> None:
    mark_slow([item])
    assert [mark.args[0] for mark in item.iter_markers("slow")] == reasons


@pytest.mark.parametrize("mark", [pytest.mark.slow, pytest.mark.slow("takes long")])
def test_slowness_alone_is_no_reason(mark: pytest.MarkDecorator) -> None:
    with pytest.raises(pytest.UsageError, match=r"^test_it: slow needs one of these reasons: ser"):
        mark_slow([Item(marks=(mark.mark,))])


@SEES_PROCESSES
def test_what_a_test_left_behind_is_ended_and_named() -> None:
    mark = f"test-{os.getpid()}-{time.time_ns()}"
    environment = {**os.environ, MARK: mark}
    done = subprocess.run(
        [sys.executable, "-c", LEAVE], env=environment, capture_output=True, text=True, check=True
    )
    number = int(done.stdout)
    assert list(left_behind(mark, set())) == [number]
    assert left_behind(mark, {number}) == {}
    assert [command.endswith("time.sleep(600)") for command in end_left_behind(mark, 0.5)] == [True]
    assert left_behind(mark, set()) == {}


# The worker of a run: it starts a process and waits, and its run is killed meanwhile.
WORKER = """
import subprocess, sys, time
from leftovers import end_with_parent
end_with_parent(pause=0.05)
subprocess.Popen([sys.executable, "-c", "import time; time.sleep(600)"])
print("waiting", flush=True)
time.sleep(600)
"""
RUN = """
import subprocess, sys
worker = subprocess.Popen([sys.executable, "-c", sys.argv[1]], stdout=subprocess.PIPE, text=True)
print(worker.stdout.readline(), end="", flush=True)
worker.wait()
"""


@SEES_PROCESSES
def test_workers_of_a_killed_run_end_with_all_that_they_started(
    start_process: Callable[..., "subprocess.Popen[str]"],
) -> None:
    mark = f"test-{os.getpid()}-{time.time_ns()}"
    run = start_process(
        [sys.executable, "-c", RUN, WORKER],
        env={**os.environ, MARK: mark, "PYTHONPATH": str(HERE)},
        stdout=subprocess.PIPE,
        text=True,
    )
    assert run.stdout
    assert run.stdout.readline() == "waiting\n"
    # The environment of a program that has just begun cannot be read for a moment.
    until = time.monotonic() + 30
    while len(left_behind(mark, set())) < len(["run", "worker", "its process"]):
        assert time.monotonic() < until
        time.sleep(0.05)
    run.send_signal(signal.SIGKILL)
    run.wait()
    until = time.monotonic() + 30
    while (left := left_behind(mark, set())) and time.monotonic() < until:
        time.sleep(0.05)
    assert left == {}
