"""What an engine must be able to do to be tried, and which ones there are.

An engine is started for one trial, with nothing in it, and is gone afterwards.
"""

import os
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, closing, contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

from wavehouse.building.target_names import DUCKLAKE, POSTGRES
from wavehouse.codebook.wave_files import DeliveredWave
from wavehouse.encryption.databases import connect
from wavehouse.escapes import sql_name, sql_text
from wavehouse.processes import fields_of
from wavehouse.project import Project

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection
    from psycopg2 import extensions

TICKS_A_SECOND = os.sysconf("SC_CLK_TCK")
# Of a table that is brought as a file, in bytes; DuckDB's own is two million.
LONGEST_ROW = 100_000_000
# Of `fields_of` a process: its parent, and the time of itself and of those that it ended.
PARENT, TIMES = 1, slice(11, 15)


@dataclass(frozen=True)
class Running:
    """An engine that runs.

    Args:
        server: its name and version, as it says them itself.
        environment: what dbt's profile needs to reach it.
        bring: copies a table of the schema `marts` into a DuckDB connection, as `there.<table>`.
        cost: gives the processor seconds of the engine's own processes since it started.
    """

    server: str
    environment: Mapping[str, str]
    bring: Callable[["DuckDBPyConnection", str], None]
    cost: Callable[[], float] = lambda: 0.0


@dataclass(frozen=True)
class Engine:
    """An engine that can be tried.

    Args:
        name: what a command calls it.
        title: what readers call it.
        target: the target of profiles.yml.
        is_real: whether it is the engine itself, and not what poses as it.
        started: starts it, given the project, its waves, and a folder that is its own.
    """

    name: str
    title: str
    target: str
    is_real: bool
    started: Callable[[Project, Sequence[DeliveredWave], Path], AbstractContextManager[Running]]


@contextmanager
def _postgres(project: Project, waves: Sequence[DeliveredWave], folder: Path) -> Iterator[Running]:
    """Start PostgreSQL, and copy the landed waves into it."""
    from wavehouse.building.postgres import connect_to_target, throwaway_postgres
    from wavehouse_exchange.landing.load_postgres import load_landed_waves

    with (
        throwaway_postgres() as server,
        closing(connect_to_target(server.environment)) as connection,
    ):
        load_landed_waves(project, waves, server.environment)

        def bring(into: "DuckDBPyConnection", table: str) -> None:
            path = folder / f"{table}.csv"
            with path.open("wb") as file, connection.cursor() as cursor:
                cursor.copy_expert(
                    f"copy (select * from marts.{sql_name(table)}) to stdout "
                    "(format csv, header true, force_quote *)",
                    file,
                )
            # An empty text is quoted, and a null is not.
            into.execute(
                f"create table there.{sql_name(table)} as select * from read_csv("
                f"{sql_text(path)}, header = true, all_varchar = true, delim = ',', "
                "quote = '\"', escape = '\"', nullstr = '', allow_quoted_nulls = false, "
                f"max_line_size = {LONGEST_ROW})"
            )
            path.unlink()

        name, cost = _asked(connection)
        yield Running(name, server.environment, bring, cost)


@contextmanager
def _ducklake(
    project: Project,  # noqa: ARG001 (landed waves are read where they lie)
    waves: Sequence[DeliveredWave],  # noqa: ARG001
    folder: Path,
) -> Iterator[Running]:
    """Make an empty lake, with its catalogue in a file."""
    yield _lake(str(folder / "catalogue.ducklake"), folder)


@contextmanager
def _ducklake_on_postgres(
    project: Project,  # noqa: ARG001
    waves: Sequence[DeliveredWave],  # noqa: ARG001
    folder: Path,
) -> Iterator[Running]:
    """Make an empty lake, with its catalogue in a PostgreSQL that is started for it."""
    from wavehouse.building.postgres import connect_to_target, throwaway_postgres

    with (
        throwaway_postgres() as server,
        closing(connect_to_target(server.environment)) as connection,
    ):
        place = f"host={server.host} port={server.port} user={server.user}"
        lake = _lake(f"postgres:{place} dbname={server.database}", folder)
        name, cost = _asked(connection)
        yield replace(lake, server=f"{lake.server}, {name}", cost=cost)


def _lake(catalogue: str, folder: Path) -> Running:
    import duckdb

    from wavehouse.engines.lake import CATALOGUE, DATA, attach_lake, load_lake

    environment = {CATALOGUE: catalogue, DATA: str(folder / "data")}

    def bring(into: "DuckDBPyConnection", table: str) -> None:
        attach_lake(into, catalogue, environment[DATA], read_only=True)
        into.execute(f"create table there.{sql_name(table)} as from lake.marts.{sql_name(table)}")

    with connect() as connection:
        load_lake(connection, catalogue)
        ((version,),) = connection.execute(
            "select extension_version from duckdb_extensions() where extension_name = 'ducklake'"
        ).fetchall()
    return Running(f"DuckLake {version}, DuckDB {duckdb.__version__}", environment, bring)


def _asked(connection: "extensions.connection") -> tuple[str, Callable[[], float]]:
    """Ask a PostgreSQL server for its name and version; give what tells its processor seconds."""
    with connection.cursor() as cursor:
        cursor.execute("show server_version")
        ((version,),) = cursor.fetchall()
    process = _parent(connection.info.backend_pid)
    return f"PostgreSQL {version.split()[0]}", lambda: _seconds(process)


def _parent(process: int) -> int:
    """Give the process that started another; 0 where the system does not say."""
    try:
        return int(fields_of(process)[PARENT])
    except OSError:
        return 0


def _seconds(process: int) -> float:
    """Give the processor seconds of a process and of all that it started; 0 if nobody says."""
    if not process:
        return 0.0
    found = 0.0
    for path in Path("/proc").glob("[0-9]*"):
        number = int(path.name)
        try:
            fields = fields_of(number)
        except OSError:
            continue
        if process in {number, int(fields[PARENT])}:
            found += sum(map(int, fields[TIMES])) / TICKS_A_SECOND
    return found


ENGINES = {
    engine.name: engine
    for engine in (
        Engine("postgres", "PostgreSQL", POSTGRES, True, _postgres),
        Engine("ducklake", "DuckLake, catalogue in a file", DUCKLAKE, True, _ducklake),
        Engine(
            "ducklake-on-postgres",
            "DuckLake, catalogue in PostgreSQL",
            DUCKLAKE,
            True,
            _ducklake_on_postgres,
        ),
    )
}
