"""No process outlives a run of the tests, however a test or the run ends.

Every process that a run starts has its mark in its environment, also where its parent is gone. At
the end of the run what still has it is ended. A worker of pytest-xdist whose run was killed ends
by itself.
"""

import os
import signal
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path

MARK = "WAVEHOUSE_TEST_RUN"
PROCESSES = Path("/proc")
# Helpers of a process that just ended need a moment to notice it.
PATIENCE = 3.0


def mark_run() -> str:
    """Mark this process and all that it starts; what has a mark keeps it."""
    return os.environ.setdefault(MARK, f"{os.getpid()}-{time.time_ns()}")


def left_behind(mark: str, ours: set[int]) -> dict[int, str]:
    """Give the commands of living processes with a mark, by number.

    Where the system has no /proc there are none to be seen.

    Args:
        mark: the mark of the run.
        ours: numbers of processes that may live.
    """
    wanted = f"{MARK}={mark}".encode()
    found = {}
    for number, folder in _processes():
        # Others' processes and those that just ended cannot be read.
        with suppress(OSError):
            if number not in ours and wanted in (folder / "environ").read_bytes().split(b"\0"):
                command = (
                    (folder / "cmdline").read_bytes().replace(b"\0", b" ").decode(errors="replace")
                )
                found[number] = command.strip()
    return found


def end_left_behind(mark: str, patience: float = PATIENCE) -> list[str]:
    """End what a run left behind, and give its commands.

    Args:
        mark: the mark of the run.
        patience: seconds for processes that are about to end by themselves.
    """
    ours = {os.getpid(), os.getppid()}
    left = _wait(mark, ours, patience)
    for sent in (signal.SIGTERM, signal.SIGKILL):
        for number in left_behind(mark, ours):
            with suppress(OSError):
                os.kill(number, sent)
        if not _wait(mark, ours, patience):
            break
    return sorted(left.values())


def end_with_parent(end: Callable[[], object] | None = None, pause: float = 1.0) -> None:
    """Watch for the end of the process that started this one, and end then too.

    Args:
        end: what to do instead of ending.
        pause: seconds between two looks.
    """
    parent = os.getppid()

    def watch() -> None:
        while os.getppid() == parent:
            time.sleep(pause)
        (end or _end_all)()

    threading.Thread(target=watch, daemon=True).start()


def _end_all() -> None:
    end_left_behind(os.environ[MARK], patience=0.1)
    os._exit(1)


def _wait(mark: str, ours: set[int], patience: float) -> dict[int, str]:
    until = time.monotonic() + patience
    while (left := left_behind(mark, ours)) and time.monotonic() < until:
        time.sleep(0.1)
    return left


def _processes() -> Iterator[tuple[int, Path]]:
    if PROCESSES.is_dir():
        for folder in PROCESSES.iterdir():
            if folder.name.isdigit():
                yield int(folder.name), folder
