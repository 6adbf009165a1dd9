"""Things that a run of tests makes once, however many processes it has.

What takes minutes and depends on files of the checkout only is kept for later runs, in
target/tests/<sum of these files>: a second run, or `make test-slow` after `make test`, has it at
once. Kept things are only to be read.
"""

import fcntl
import hashlib
import os
import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import cache
from pathlib import Path
from typing import IO

import pytest
from workbench import COPIED, ROOT

KEPT = ROOT / "target" / "tests"
# Held until the process ends: what somebody reads is not removed.
_HELD: list[IO[str]] = []


def folder_of_run(factory: pytest.TempPathFactory) -> Path:
    """Give the temporary folder that all processes of this run have in common."""
    own = factory.getbasetemp()
    return own.parent if "PYTEST_XDIST_WORKER" in os.environ else own


def make_once(
    factory: pytest.TempPathFactory,
    name: str,
    make: Callable[[Path], object],
    keep: bool = False,
) -> Path:
    """Make something in the process that asks first; the others wait for it.

    What could not be made is not tried again in this run: everybody who asks hears why.

    Args:
        factory: pytest's maker of temporary folders.
        name: a name that nothing else of the tests has.
        make: makes it, in or beside the folder that it is given, which is not there.
        keep: it follows from the files of the checkout alone, so later runs may read it too.

    Returns:
        the folder.

    Raises:
        AssertionError: it could not be made, now or before.
    """
    of_run = folder_of_run(factory)
    folder = (kept_folder() if keep else of_run) / f"once-{name}"
    failure = of_run / f"once-{name}.failed"
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


def make_kept(name: str, make: Callable[[Path], object]) -> Path:
    """Make something in the process that asks first, and keep it; one that failed is tried again.

    Args:
        name: a name that nothing else of the tests has.
        make: makes it, of the files of the checkout alone, in a folder that is not there.
    """
    folder = kept_folder() / f"once-{name}"
    done = folder.with_name(f"{folder.name}.done")
    with _locked(folder.with_name(f"{folder.name}.lock")):
        if not done.exists():
            shutil.rmtree(folder, ignore_errors=True)
            make(folder)
            done.touch()
    return folder


@cache
def kept_folder(kept: Path = KEPT) -> Path:
    """Give the folder of what follows from the checkout as it is, and remove those of before."""
    kept.mkdir(parents=True, exist_ok=True)
    folder = kept / sum_of_sources()
    folder.mkdir(exist_ok=True)
    lock = (folder / ".lock").open("w")
    fcntl.flock(lock, fcntl.LOCK_SH)
    _HELD.append(lock)
    for other in kept.iterdir():
        if other != folder:
            _remove_unused(other)
    return folder


def _remove_unused(folder: Path) -> None:
    """Remove a folder, unless another run reads it."""
    try:
        with (folder / ".lock").open("w") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            shutil.rmtree(folder, ignore_errors=True)
    except OSError:
        return


def sum_of_sources(root: Path = ROOT) -> str:
    """Give a sum of all that kept things are made of: what is copied, helpers of tests included."""
    total = hashlib.sha256()
    for name in COPIED:
        place = root / name
        for path in sorted(place.rglob("*")) if place.is_dir() else [place]:
            hidden = any(part.startswith((".", "__pycache__")) for part in path.parts[-3:])
            if path.is_file() and not hidden and not path.name.startswith("test_"):
                content = path.read_bytes()
                total.update(f"{path.relative_to(root)}\0{len(content)}\0".encode() + content)
    return total.hexdigest()[:16]


@contextmanager
def _locked(path: Path) -> Iterator[None]:
    """Hold a lock that the system gives back if its holder is killed."""
    with path.open("w") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield
