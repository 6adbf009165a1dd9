"""DuckLake: tables that are Parquet files, under a catalogue that several programs may share."""

import os
from typing import TYPE_CHECKING

from wavehouse.encryption.databases import connect, load_extension
from wavehouse.errors import WavehouseError
from wavehouse.escapes import sql_text
from wavehouse.project import Project

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection

# As profiles.yml reads them, from the project's folder.
CATALOGUE, DATA = "WAVEHOUSE_LAKE", "WAVEHOUSE_LAKE_DATA"
DEFAULTS = {CATALOGUE: "target/ducklake/catalogue.ducklake", DATA: "target/ducklake/data"}
NAME = "lake"
ON_POSTGRES = "postgres:"


def setting(name: str) -> str:
    """Give where the catalogue or the data are, as the environment says or else as by default."""
    return os.environ.get(name) or DEFAULTS[name]


def load_lake(connection: "DuckDBPyConnection", catalogue: str) -> None:
    """Let a connection attach a lake.

    Args:
        connection: gets what reads it.
        catalogue: where the lake's catalogue is.

    Raises:
        WavehouseError: see `load_extension`.
    """
    if catalogue.startswith(ON_POSTGRES):
        load_extension(connection, "postgres_scanner")
    load_extension(connection, "ducklake")


def attach_lake(
    connection: "DuckDBPyConnection", catalogue: str, data: str, *, read_only: bool = False
) -> None:
    """Attach a lake as `lake`, where it is not attached yet.

    Args:
        connection: to what.
        catalogue: a file, or `postgres:` with the words of a connection.
        data: the folder of its files.
        read_only: whether nothing is written.
    """
    load_lake(connection, catalogue)
    # A catalogue keeps the folder as it was named first, perhaps from another one.
    options = [f"data_path {sql_text(data)}", "override_data_path true"]
    options += ["read_only"] if read_only else []
    connection.execute(
        f"attach if not exists {sql_text(f'ducklake:{catalogue}')} as {NAME} ({', '.join(options)})"
    )


def connect_to_lake(project: Project, *, read_only: bool = False) -> "DuckDBPyConnection":
    """Open the lake that the dbt target `ducklake` builds.

    Args:
        project: the project; names without a folder in front are in its folder.
        read_only: whether nothing is written.

    Raises:
        WavehouseError: it was never built, or DuckDB cannot open it.
    """
    import duckdb

    catalogue = setting(CATALOGUE)
    if not catalogue.startswith(ON_POSTGRES):
        # Attaching would make one.
        if not (project.root / catalogue).exists():
            raise WavehouseError(
                f"There is no lake at {catalogue}. Build it: wavehouse build --target ducklake"
            )
        catalogue = str(project.root / catalogue)
    connection = connect()
    try:
        attach_lake(connection, catalogue, str(project.root / setting(DATA)), read_only=read_only)
        connection.execute(f"use {NAME}")
    except duckdb.Error as error:
        connection.close()
        said = f"The lake at {setting(CATALOGUE)} cannot be opened: {error}"
        raise WavehouseError(said) from error
    except BaseException:
        connection.close()
        raise
    return connection
