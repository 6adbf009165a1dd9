"""Let one process at a time work on something; a lock ends with its process."""

import fcntl
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

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
    with explained(lock):
        lock.parent.mkdir(parents=True, exist_ok=True)
        file = lock.open("w")
    with file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            print(f"Waiting for another {what} to finish.", file=sys.stderr, flush=True)
            fcntl.flock(file, fcntl.LOCK_EX)
        yield file.fileno()
