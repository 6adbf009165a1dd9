"""The database that dbt builds into, before a build begins."""

import shutil
from pathlib import Path

from wavehouse.building.databases import LOCKED
from wavehouse.encryption.databases import connect, is_encrypted, is_other_than_declared
from wavehouse.project import Project
from wavehouse.writing import reason_code

DAMAGED = ".damaged"
# What DuckDB wrote beside a database and not yet into it, such as of a program that was killed.
LOG = ".wal"


def state_of(database: Path) -> tuple[int, int] | None:
    """Give size and time of a database, to know later if it changed.

    None if it is not there, or if what somebody wrote waits beside it to be read into it.
    """
    if not database.is_file() or _log(database).exists():
        return None
    state = database.stat()
    return state.st_size, state.st_mtime_ns


def _log(database: Path) -> Path:
    return database.with_name(database.name + LOG)


def set_damaged_aside(project: Project) -> None:
    """Rename a working database that DuckDB cannot open, since a build makes all of it again.

    A run that is killed while it makes the file leaves a part of its header. What somebody else has
    locked, or what may not be read, is left as it is: dbt says so.
    """
    import duckdb

    database = project.working_database
    log = _log(database)
    # Of a run that was killed; DuckDB removes only what it has made itself.
    shutil.rmtree(database.with_name(f"{database.name}.tmp"), ignore_errors=True)
    if not database.exists():
        # It would be replayed on top of the new one.
        log.unlink(missing_ok=True)
        return
    if is_other_than_declared(database):
        kind = "encrypted" if is_encrypted(database) else "plain"
        print(f"{project.relative(database)} is {kind}, unlike the project: it is built again.")
        log.unlink(missing_ok=True)
        database.unlink()
        return
    try:
        connect(database).close()
    except duckdb.Error as error:
        if LOCKED in str(error) or reason_code(error) is not None:
            return
        aside = database.with_name(f"{database.name}{DAMAGED}")
        log.unlink(missing_ok=True)
        database.replace(aside)
        reason = str(error).splitlines()[0]
        print(
            f"{project.relative(database)} was damaged, perhaps by a run that was killed, and is "
            f"built again. The damaged file is {project.relative(aside)}. ({reason})"
        )
