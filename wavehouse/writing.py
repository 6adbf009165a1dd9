"""Write files so that nobody ever finds half of one, and say what to do where it cannot be done."""

import errno
import os
import pwd
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from glob import escape
from pathlib import Path

from wavehouse.errors import WavehouseError

PARTIAL = ".partial"
OLD = ".old"
# Why a system writes nothing, and the remedy. The texts of these errors are looked for too, since
# DuckDB, pyarrow and dbt pass them on as text only.
REASONS = {
    errno.ENOSPC: "the disk is full",
    errno.EDQUOT: "your quota of the disk is used up",
    errno.EFBIG: "a file became larger than the system lets it be",
    errno.EROFS: "the disk is read-only",
    errno.EACCES: "you have no right to write there",
    errno.EPERM: "you have no right to write there",
}
REMEDIES = {
    errno.ENOSPC: "Make room and run the command again",
    errno.EDQUOT: "Make room, or ask for more, and run the command again",
    errno.EFBIG: "Raise the limit (`ulimit -f`) and run the command again",
    errno.EROFS: "Put the project on a disk that can be written and run the command again",
    errno.EACCES: "Give yourself the right to write there and run the command again",
    errno.EPERM: "Give yourself the right to write there and run the command again",
}
PERMISSIONS = (errno.EACCES, errno.EPERM)


def write_whole(path: Path, content: str | bytes, *, sealed: bool = False) -> None:
    """Write a file in one step: others find the old content or the new, whenever this is stopped.

    Args:
        path: the file; its folder is made.
        content: all of it; a text is written as UTF-8, with its line ends as they are.
        sealed: let nobody write it then, not even its owner, as all that is published.

    Raises:
        WavehouseError: it cannot be written; the old file is as it was, and nothing is left beside.
    """
    with _beside(path) as partial:
        with partial.open("wb") as stream:
            stream.write(content.encode() if isinstance(content, str) else content)
            stream.flush()
            os.fsync(stream.fileno())
        if path.exists():
            shutil.copymode(path, partial)
        if sealed:
            partial.chmod(partial.stat().st_mode & ~0o222)


def write_for_owner(path: Path, text: str) -> None:
    """Write a new file that nobody but its owner may read.

    Raises:
        FileExistsError: there is a file already.
    """
    handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(handle, "w", encoding="utf-8", newline="") as stream:
        stream.write(text)
        stream.flush()
        os.fsync(stream.fileno())


def copy_whole(source: Path, path: Path) -> None:
    """Copy a file of any size in one step. Raises what `write_whole` raises."""
    with _beside(path) as partial:
        shutil.copyfile(source, partial)
        with partial.open("rb") as stream:
            os.fsync(stream.fileno())


@contextmanager
def _beside(path: Path) -> Iterator[Path]:
    """Give a place for a new file, which takes that of the old one if the block ends well."""
    # Two runs at once write beside each other; what a dead one left goes.
    partial = path.with_name(f".{path.name}.{os.getpid()}{PARTIAL}")
    with explained(path):
        path.parent.mkdir(parents=True, exist_ok=True)
        remove_left_by_the_dead(path)
        try:
            yield partial
            partial.replace(path)
        except BaseException:
            partial.unlink(missing_ok=True)
            raise


@contextmanager
def new_folder(place: Path) -> Iterator[Path]:
    """Give an empty folder, which takes the place of the one before if the block ends well."""
    partial = place.with_name(f".{place.name}{PARTIAL}")
    # Of a run that was killed.
    shutil.rmtree(partial, ignore_errors=True)
    try:
        partial.mkdir(parents=True)
        yield partial
        _replace_folder(place, partial)
    finally:
        shutil.rmtree(partial, ignore_errors=True)


def _replace_folder(place: Path, new: Path) -> None:
    """Put a new folder in place of the one before, which stays until the new one is there."""
    old = place.with_name(f".{place.name}{OLD}")
    shutil.rmtree(old, ignore_errors=True)
    if place.exists():
        place.rename(old)
    try:
        new.rename(place)
    except OSError:
        if old.exists():
            old.rename(place)
        raise
    shutil.rmtree(old, ignore_errors=True)


def remove_left_by_the_dead(path: Path) -> None:
    """Remove what killed runs left beside a file when they wrote it."""
    for stale in path.parent.glob(f".{escape(path.name)}.*{PARTIAL}"):
        number = stale.name.removesuffix(PARTIAL).rpartition(".")[2]
        if number.isdecimal() and not is_running(int(number)):
            stale.unlink(missing_ok=True)


def is_running(pid: int) -> bool:
    """Tell whether a process of this number runs on this machine, whoever's it is."""
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return True


@contextmanager
def explained(place: Path) -> Iterator[None]:
    """Name the file or folder, and a remedy, where the system refuses to write in the block.

    Args:
        place: what is written: a file, or a folder with many. An error that names a file itself is
            told of that file.

    Raises:
        WavehouseError: the disk is full, the folder is read-only, or the like. Other errors pass as
            they are.
    """
    try:
        yield
    except WavehouseError:
        raise
    except Exception as error:
        code = reason_code(error)
        if code is None:
            raise
        named = error.filename if isinstance(error, OSError) else None
        raise WavehouseError(refusal(Path(named) if named else place, code)) from error


def reason_code(error: BaseException | str) -> int | None:
    """Tell which of `REASONS` an error, or a text about one, is of; None if of none."""
    if isinstance(error, OSError) and error.errno in REASONS:
        return error.errno
    text = str(error)
    return next((code for code in REASONS if os.strerror(code) in text), None)


def is_of_the_system(error: BaseException | None) -> bool:
    """Tell whether the system refused to write, wherever in the chain of errors that is said."""
    while error is not None:
        if reason_code(error) is not None:
            return True
        if any(f"cannot be written: {reason}" in str(error) for reason in REASONS.values()):
            return True
        error = error.__cause__ or error.__context__
    return False


def refusal(place: Path, code: int) -> str:
    """Say that a place cannot be written, or read, why, and what to do."""
    if code in PERMISSIONS and place.is_file() and not _may_read(place):
        return f"{place} cannot be read: you have no right to read it. Give yourself that right."
    said = f"{place} cannot be written: {REASONS[code]}"
    there = next(folder for folder in (place, *place.parents) if folder.exists())
    if code in (errno.ENOSPC, errno.EDQUOT):
        said += f" ({shutil.disk_usage(there).free / 1e6:,.0f} MB are free)"
    elif code in PERMISSIONS:
        folder = there if there.is_dir() else there.parent
        said += f" (user {user_name()}, folder {folder})"
    return f"{said}. {REMEDIES[code]}. No half-written file was left."


def _may_read(place: Path) -> bool:
    return os.access(place, os.R_OK, effective_ids=os.access in os.supports_effective_ids)


def user_name() -> str:
    """Name the user that this process is of, by number where there is no name."""
    try:
        return pwd.getpwuid(os.geteuid()).pw_name
    except KeyError:
        return str(os.geteuid())
