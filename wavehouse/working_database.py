"""The database that dbt builds into, before a build begins."""

import shutil

from wavehouse.databases import LOCKED
from wavehouse.project import Project
from wavehouse.writing import reason_code

DAMAGED = ".damaged"


def set_damaged_aside(project: Project) -> None:
    """Rename a working database that DuckDB cannot open, since a build makes all of it again.

    A run that is killed while it makes the file leaves a part of its header. What somebody else has
    locked, or what may not be read, is left as it is: dbt says so.
    """
    import duckdb

    database = project.working_database
    log = database.with_name(f"{database.name}.wal")
    # Of a run that was killed; DuckDB removes only what it has made itself.
    shutil.rmtree(database.with_name(f"{database.name}.tmp"), ignore_errors=True)
    if not database.exists():
        # It would be replayed on top of the new one.
        log.unlink(missing_ok=True)
        return
    try:
        duckdb.connect(str(database)).close()
    except duckdb.Error as error:
        if LOCKED in str(error) or reason_code(error) is not None:
            return
        aside = database.with_name(f"{database.name}{DAMAGED}")
        log.unlink(missing_ok=True)
        database.replace(aside)
        reason = str(error).splitlines()[0]
        print(
            f"{project.relative(database)} was damaged, perhaps by a run that was killed, and is "
            f"made anew; the damaged file is {project.relative(aside)}. ({reason})"
        )
