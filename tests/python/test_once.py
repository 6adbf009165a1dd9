"""What a run of tests makes once is made once, for all who ask, and however it ends."""

import os
import signal
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from once import folder_of_run, make_once
from sharing import GROUPS, LONG, arrange, group_of

HERE = Path(__file__).parent
# A process of a run: it says when it begins to make something, and what it got.
ASK = """
import sys
from pathlib import Path
from once import make_once

class Factory:
    def getbasetemp(self):
        return Path(sys.argv[1])

def make(folder):
    folder.mkdir()
    print("making", flush=True)
    sys.stdin.readline()
    (folder / "made").write_text("whole")

print((make_once(Factory(), "thing", make) / "made").read_text(), flush=True)
"""


class Factory:
    """Stands in for pytest's maker of temporary folders."""

    def __init__(self, folder: Path) -> None:
        """Remember the folder."""
        self.folder = folder

    def getbasetemp(self) -> Path:
        """Give the folder of this process."""
        return self.folder


@pytest.fixture
def start(
    tmp_path: Path, start_process: Callable[..., "subprocess.Popen[str]"]
) -> Callable[[str], "subprocess.Popen[str]"]:
    """Start one of several processes of a run, by its name."""

    def process(name: str) -> "subprocess.Popen[str]":
        (tmp_path / name).mkdir()
        return start_process(
            [sys.executable, "-c", ASK, str(tmp_path / name)],
            env={**os.environ, "PYTEST_XDIST_WORKER": name, "PYTHONPATH": str(HERE)},
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )

    return process


def test_the_second_to_ask_waits_and_gets_what_the_first_made(
    start: Callable[[str], "subprocess.Popen[str]"],
) -> None:
    first = start("gw0")
    assert first.stdout
    assert first.stdout.readline() == "making\n"
    second = start("gw1")
    # The second cannot be seen waiting; if it did not, it would say that it is making too.
    assert first.communicate("\n") == ("whole\n", None)
    assert second.communicate("\n") == ("whole\n", None)


def test_what_was_not_finished_by_a_killed_process_is_not_taken(
    start: Callable[[str], "subprocess.Popen[str]"],
) -> None:
    first = start("gw0")
    assert first.stdout
    assert first.stdout.readline() == "making\n"
    first.send_signal(signal.SIGKILL)
    first.communicate()
    second = start("gw1")
    assert second.communicate("\n") == ("making\nwhole\n", None)


def test_what_failed_is_not_tried_again_and_says_why(tmp_path: Path) -> None:
    def fail(_: Path) -> None:
        raise ValueError("the seventh wave is missing")

    factory = Factory(tmp_path)
    with pytest.raises(ValueError, match="seventh wave"):
        make_once(factory, "thing", fail)
    with pytest.raises(
        AssertionError, match="thing failed before: ValueError: the seventh wave is missing"
    ):
        make_once(factory, "thing", Path.mkdir)


def test_processes_of_a_run_share_a_folder_and_one_alone_has_its_own(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    factory = Factory(tmp_path / "gw1")
    monkeypatch.setenv("PYTEST_XDIST_WORKER", "gw1")
    assert folder_of_run(factory) == tmp_path
    monkeypatch.delenv("PYTEST_XDIST_WORKER")
    assert folder_of_run(factory) == tmp_path / "gw1"


class Item:
    """Stands in for a test."""

    def __init__(self, name: str, *fixtures: str) -> None:
        """Take the name of its file and those of its fixtures."""
        self.path = Path(f"{name}.py")
        self.fixturenames = fixtures


def test_builds_on_engines_come_first_and_what_reads_them_last() -> None:
    reading = Item("test_references", "overlay_on_duckdb")
    long, other = Item("test_publish"), Item("test_calendar")
    macros, engines = Item("test_macros"), Item("test_engines", "overlay_on_duckdb")
    # A test that reads nothing stays with the others of its file.
    beside = Item("test_references")
    items = [reading, other, beside, long, macros, engines]
    arrange(items)
    assert items == [engines, macros, long, other, reading, beside]


def test_files_stay_together_and_those_that_share_a_server_too() -> None:
    assert group_of("tests/python/test_publish.py::test_it[a@b::c]") == "test_publish"
    for group, names in GROUPS.items():
        assert {group_of(f"tests/python/{name}.py::test_it") for name in names} == {group}


def test_every_file_that_is_ordered_is_there() -> None:
    assert [
        name for name in (*GROUPS["engines"], *LONG) if not (HERE / f"{name}.py").is_file()
    ] == []
