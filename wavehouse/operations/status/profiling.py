"""Where the time of a model goes: DuckDB's own profile of its query."""

import os
import tempfile

from wavehouse.building.databases import holder_named
from wavehouse.encryption.databases import connect
from wavehouse.errors import WavehouseError
from wavehouse.locks import only_one
from wavehouse.project import Project

# As profiles.yml has it.
MEMORY = ("WAVEHOUSE_MEMORY", "2GB")


def profile(project: Project, model: str) -> str:
    """Run the query of a model once more, without keeping its rows, and say what took how long.

    It is the SQL of the last build, on the tables of the working database. No build begins while it
    runs.

    Args:
        project: the project.
        model: the model's name.

    Returns:
        DuckDB's tree of operators, with rows and seconds of each.

    Raises:
        WavehouseError: there is no such model in the last build, or it cannot be run on what is
            there.
    """
    import duckdb

    database = project.working_database
    found = sorted(
        path
        for path in (project.target / "compiled").glob("*/models/**/*.sql")
        if path.stem == model and path.is_file()
    )
    if not found or not database.is_file():
        raise WavehouseError(
            f"There is no model {model!r} in the last build. Name one as its file is named, "
            "without `.sql`; if nothing was built here, run `make` first."
        )
    query = found[0].read_text(encoding="utf-8")
    variable, default = MEMORY
    with (
        only_one(project.target / ".build.lock", "build"),
        tempfile.TemporaryDirectory(prefix="wavehouse-") as folder,
        holder_named(project.relative(database)),
    ):
        settings = {
            "memory_limit": os.environ.get(variable) or default,
            "temp_directory": folder,
            "autoinstall_known_extensions": "false",
        }
        with connect(database, read_only=True, config=settings) as connection:
            try:
                (row,) = connection.execute(f"explain analyze {query}").fetchall()
            except duckdb.Error as error:
                raise WavehouseError(
                    f"The query of {model} cannot be run on {project.relative(database)}: "
                    f"{str(error).splitlines()[0]} Build again, and then profile it."
                ) from error
    return str(row[1])
