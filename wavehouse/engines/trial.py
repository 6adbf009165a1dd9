"""Try an engine: build everything on DuckDB and there, and compare every public table."""

import json
import os
import resource
import shutil
import subprocess
import time
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

from wavehouse.building.dbt import declared_keys, public_tables
from wavehouse.building.target_names import DUCKDB
from wavehouse.codebook.wave_files import check_files
from wavehouse.encryption.databases import attach, connect
from wavehouse.encryption.key import encrypted_for
from wavehouse.engines.building import START
from wavehouse.engines.comparing import TOLERANCE, Compared, compare
from wavehouse.engines.engine import Engine, Running
from wavehouse.errors import WavehouseError
from wavehouse.escapes import sql_name
from wavehouse.generate import generate
from wavehouse.locks import only_one
from wavehouse.processes import ended_with_us
from wavehouse.project import Project
from wavehouse.publishing.publish import PUBLIC_SCHEMA
from wavehouse.reports import aligned
from wavehouse.writing import explained, write_whole

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection

# What a build reads besides its own files: no release, so that both make the same.
NOTHING_PUBLISHED = {"WAVEHOUSE_PUBLISHED": "nothing-is-published"}


@dataclass(frozen=True)
class Cost:
    """What a build took: seconds on the clock, and of all processors together."""

    clock: float
    processor: float


@dataclass
class Trial:
    """What came out of the trial of an engine.

    Args:
        engine: its name.
        title: what readers call it.
        server: its name and version, as it said them.
        is_real: whether it was the engine itself.
        day: when it was tried.
        studies: the studies that were built.
        here: what the build took on DuckDB.
        there: what it took there.
        tables: what came out of each public table.
    """

    engine: str
    title: str
    server: str
    is_real: bool
    day: str
    studies: list[str]
    here: Cost
    there: Cost
    tables: list[Compared] = field(default_factory=list)

    @property
    def n_equal(self) -> int:
        """How many tables are equal."""
        return sum(not table.wrong for table in self.tables)

    @property
    def is_equal(self) -> bool:
        """Whether all are, and something was compared."""
        return 0 < self.n_equal == len(self.tables)

    @property
    def n_values(self) -> int:
        """How many values were compared."""
        return sum(table.n_values for table in self.tables)

    @property
    def greatest(self) -> float:
        """The greatest difference of two numbers."""
        return max((table.greatest for table in self.tables), default=0.0)

    def record(self) -> dict[str, object]:
        """Give what the table of engines in the docs needs."""
        return {
            **{name: value for name, value in asdict(self).items() if name != "tables"},
            "n_tables": len(self.tables),
            "n_equal": self.n_equal,
            "n_rows": sum(table.n_rows for table in self.tables),
            "n_values": self.n_values,
            "greatest": self.greatest,
        }


def try_engine(project: Project, engine: Engine) -> Trial:
    """Build all on DuckDB and on an engine that is started for it, and compare what is public.

    Nothing is published, and no other build is touched.

    Args:
        project: the project.
        engine: the engine.

    Raises:
        ProblemsError: files have problems.
        WavehouseError: a build failed, the engine does not start, or the project is encrypted.
    """
    if encrypted_for(project):
        raise WavehouseError(
            "This project is encrypted, and an engine that is tried holds plain tables. Try it "
            "with the examples of Wavehouse instead."
        )
    folder = project.target / "engines"
    with explained(folder), only_one(folder / ".lock", "trial of an engine"):
        found = check_files(project)
        for change in generate(project, found):
            print(f"Generated {change}")
        place = folder / engine.name
        shutil.rmtree(place, ignore_errors=True)
        # Gone at the end; what dbt wrote of both builds stays, to look at.
        tables = place / "tables"
        tables.mkdir(parents=True)
        database = tables / "wavehouse.duckdb"
        try:
            here = _build(project, DUCKDB, place / DUCKDB, {"WAVEHOUSE_DATABASE": str(database)})
            with engine.started(project, found.waves, tables) as running:
                print(f"Started {running.server}.", flush=True)
                before = running.cost()
                there = _build(project, engine.target, place / "there", running.environment)
                there = Cost(there.clock, there.processor + running.cost() - before)
                trial = Trial(
                    engine.name,
                    engine.title,
                    running.server,
                    engine.is_real,
                    datetime.now(UTC).date().isoformat(),
                    sorted({wave.study_id for wave in found.waves} - {*found.left_out}),
                    here,
                    there,
                    _compare(place / DUCKDB, database, running),
                )
        finally:
            shutil.rmtree(tables)
        write_whole(place / "trial.json", json.dumps(trial.record(), indent=2) + "\n")
    return trial


def describe(trial: Trial) -> str:
    """Say what came out: a line for each table, what differs, and what it took."""
    rows = [("table", "rows", "values", "greatest difference", "differ")]
    rows += [
        (
            table.table,
            f"{table.n_rows:,}",
            f"{table.n_values:,}",
            f"{table.greatest:.1e}" if table.greatest else "0",
            f"{table.n_off:,}",
        )
        for table in trial.tables
    ]
    lines = aligned(rows)
    for table in trial.tables:
        lines += [f"{table.table}: {each}" for each in table.wrong]
    ratio = trial.there.processor / trial.here.processor
    lines += [
        f"{trial.server} beside DuckDB, studies {', '.join(trial.studies)}: {trial.n_equal} of "
        f"{len(trial.tables)} public tables are equal (numbers to {TOLERANCE:g}), "
        f"{trial.n_values:,} values; the greatest difference is {trial.greatest:.1e}.",
        f"The build took {trial.there.processor:.0f} s of processors ({trial.here.processor:.0f} s "
        f"on DuckDB: {ratio:.2f} times), {trial.there.clock:.0f} s on the clock "
        f"({trial.here.clock:.0f} s).",
    ]
    return "\n".join(lines)


def _build(project: Project, target: str, artifacts: Path, environment: Mapping[str, str]) -> Cost:
    """Build on a target, in a process of its own, and give what it took."""
    started, used = time.monotonic(), _used()
    process = subprocess.Popen(
        [*START, str(project.root), target, str(artifacts)],
        cwd=project.root,
        env={**os.environ, **NOTHING_PUBLISHED, **environment},
    )
    with ended_with_us(process):
        code = process.wait()
    if code:
        raise WavehouseError(
            f"The build on {target} failed; see the messages above, and {artifacts}."
        )
    return Cost(time.monotonic() - started, _used() - used)


def _used() -> float:
    """Give the processor seconds of all processes that were started here and ended."""
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


def _compare(artifacts: Path, database: Path, running: Running) -> list[Compared]:
    """Compare all public tables, one after the other."""
    keys = declared_keys(artifacts, PUBLIC_SCHEMA)
    file = database.with_name("compared.duckdb")
    with connect(file, config={"memory_limit": "2GB"}) as connection:
        attach(connection, database, "here")
        connection.execute("create schema there")
        return [
            _compare_table(connection, table, keys.get(table, ()), running)
            for table in public_tables(artifacts, PUBLIC_SCHEMA)
        ]


def _compare_table(
    connection: "DuckDBPyConnection", table: str, key: Sequence[str], running: Running
) -> Compared:
    name = sql_name(table)
    running.bring(connection, table)
    compared = compare(connection, table, f"here.{PUBLIC_SCHEMA}.{name}", f"there.{name}", key)
    connection.execute(f"drop table there.{name}")
    return compared
