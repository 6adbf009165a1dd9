"""Let one process at a time work on something; a lock ends with its process."""

import fcntl
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TextIO

from wavehouse.writing import explained


@contextmanager
def only_one(lock: Path, what: str) -> Iterator[int]:
    """Hold a lock for a block, waiting for others to finish.

    Args:
        lock: the lock's file, which stays; its folder is made.
        what: what others may be doing, such as `landing of wave 2020`.

    Yields:
        the lock's handle: a process that is given it holds the lock too, as long as it lives.

    Raises:
        WavehouseError: the file cannot be written.
    """
    with _opened(lock) as file:
        if not _take(file):
            print(f"Waiting for another {what} to finish.", file=sys.stderr, flush=True)
            fcntl.flock(file, fcntl.LOCK_EX)
        yield file.fileno()


@contextmanager
def if_free(lock: Path) -> Iterator[bool]:
    """Hold a lock for a block if nobody else does, and tell whether it is held.

    Args:
        lock: the lock's file, which stays; its folder is made.

    Raises:
        WavehouseError: the file cannot be written.
    """
    with _opened(lock) as file:
        yield _take(file)


def _opened(lock: Path) -> TextIO:
    with explained(lock):
        lock.parent.mkdir(parents=True, exist_ok=True)
        return lock.open("w")


def _take(file: TextIO) -> bool:
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True
