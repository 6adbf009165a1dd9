"""DuckDB files that other programs hold open: say who does, and what to do.

DuckDB lets several programs read a file, or one program write it. A program that has one open for
reading keeps others from writing, one that has it open for writing keeps all others away.
"""

import re
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from wavehouse.encryption.databases import connect
from wavehouse.errors import WavehouseError
from wavehouse.project import Project

LOCKED = "Could not set lock on file"
HOLDER = re.compile(r"held in (?P<program>.+?) \(PID (?P<number>\d+)\)(?: by user (?P<user>\w+))?")


def held_message(error: BaseException | str, name: str) -> str | None:
    """Say who holds a DuckDB file, and what to do; None if an error is about something else.

    Args:
        error: what DuckDB said, or a line of dbt's output with it.
        name: what the message calls the file.
    """
    text = str(error)
    if LOCKED not in text:
        return None
    holder = HOLDER.search(text)
    who = "another program"
    if holder:
        user = f", user {holder['user']}" if holder["user"] else ""
        who = f"{holder['program']} (process {holder['number']}{user})"
    return (
        f"{name} is open in {who}, which keeps other programs out. Close it there, or end that "
        "program, and run the command again. To query during builds, open "
        "warehouse/wavehouse.duckdb for reading only."
    )


@contextmanager
def holder_named(name: str) -> Iterator[None]:
    """Name the program that holds a DuckDB file which the block opens.

    Raises:
        WavehouseError: another program holds it. Other errors pass as they are.
    """
    import duckdb

    try:
        yield
    except duckdb.IOException as error:
        message = held_message(error, name)
        if message is None:
            raise
        raise WavehouseError(message) from error


def refuse_held(project: Project) -> None:
    """Make sure that dbt can write the working database, before it has begun.

    Raises:
        WavehouseError: another program has it open. What cannot be opened for another reason is
            left to others to tell.
    """
    import duckdb

    path = project.working_database
    if not path.exists():
        return
    try:
        with holder_named(project.relative(path)):
            connect(path).close()
    except duckdb.Error:
        return


@contextmanager
def opened_release(database: Path) -> Iterator[Path]:
    """Give the file to read a published database from, even if somebody has opened it for writing.

    Only its owner and the system's administrator can do that, since a release is read-only. What
    they hold is not read then, but a copy of the file, as it was published. A connection that is
    opened in the block may outlive it, since an open file outlives its name.
    """
    import duckdb

    try:
        connect(database, read_only=True).close()
    except duckdb.IOException as error:
        if LOCKED not in str(error):
            raise
    else:
        yield database
        return
    with tempfile.TemporaryDirectory(prefix="wavehouse-") as folder:
        yield Path(shutil.copy(database, folder))
