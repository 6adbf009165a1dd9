"""Things that a run of tests makes once, however many processes it has."""

import fcntl
import os
import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest


def folder_of_run(factory: pytest.TempPathFactory) -> Path:
    """Give the temporary folder that all processes of this run have in common."""
    own = factory.getbasetemp()
    return own.parent if "PYTEST_XDIST_WORKER" in os.environ else own


def make_once(factory: pytest.TempPathFactory, name: str, make: Callable[[Path], object]) -> Path:
    """Make something in the process that asks first; the others wait for it.

    What could not be made is not tried again: everybody who asks hears why.

    Args:
        factory: pytest's maker of temporary folders.
        name: a name that nothing else of the tests has.
        make: makes it, in or beside the folder that it is given, which is not there.

    Returns:
        the folder.

    Raises:
        AssertionError: it could not be made, now or before.
    """
    folder = folder_of_run(factory) / f"once-{name}"
    failure = folder.with_name(f"{folder.name}.failed")
    done = folder.with_name(f"{folder.name}.done")
    with _locked(folder.with_name(f"{folder.name}.lock")):
        if failure.exists():
            raise AssertionError(f"{name} failed before: {failure.read_text(encoding='utf-8')}")
        if not done.exists():
            # A process that was killed may have left a part.
            shutil.rmtree(folder, ignore_errors=True)
            try:
                make(folder)
            except BaseException as error:
                failure.write_text(f"{type(error).__name__}: {error}", encoding="utf-8")
                raise
            done.touch()
    return folder


@contextmanager
def _locked(path: Path) -> Iterator[None]:
    """Hold a lock that the system gives back if its holder is killed."""
    with path.open("w") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield
