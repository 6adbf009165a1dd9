"""Copies of the project to try things on: overlaid with test studies, cut down, built, queried.

A test copies the project, changes the copy's files, and runs dbt there. A copy has a database and a
target folder of its own, so it never meets the checkout's, or another copy's.
"""

import csv
import importlib.util
import os
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from types import ModuleType
from typing import Any

import duckdb
import psycopg2
from ready_dbt import ReadyDbt

from wavehouse.building.dbt import START
from wavehouse.building.postgres import PostgresServer
from wavehouse.generate import generate
from wavehouse.project import Project

ROOT = Path(__file__).resolve().parents[2]

# All that a build reads; tests/python is left out, as nothing of it is built.
COPIED = (
    "dbt_project.yml",
    "profiles.yml",
    "requirements.lock",
    "analyses",
    "docs",
    "macros",
    "models",
    "seeds",
    "tests",
    "wavehouse",
    "wavehouse_exchange",
)
# What dbt has read, in its folder of artifacts. It serves for the same target only.
CACHE = "partial_parse.msgpack"
NOT_COPIED = shutil.ignore_patterns("python", "__pycache__", ".*")
# PostgreSQL's builds go on beside others, so they have a process from the start.
READY_DBT = ReadyDbt()

Row = dict[str, str]
Tables = Mapping[str, Iterable[Mapping[str, str]]]


@dataclass(frozen=True)
class DbtRun:
    """How a command ended, and all that it printed."""

    exit_code: int
    output: str


def copy_project(destination: Path) -> Project:
    """Copy all that a build reads, without anything built, into a folder that is new or empty."""
    destination.mkdir(parents=True, exist_ok=True)
    for name in COPIED:
        source = ROOT / name
        if source.is_dir():
            shutil.copytree(source, destination / name, ignore=NOT_COPIED)
        else:
            shutil.copy(source, destination)
    return Project(destination)


def read_rows(path: Path) -> list[Row]:
    """Read a CSV file with a header; every value is text, empty where there is nothing."""
    with path.open(newline="", encoding="utf-8") as file:
        return list(csv.DictReader(file))


def write_rows(path: Path, columns: Sequence[str], rows: Iterable[Mapping[str, str]]) -> None:
    """Write a CSV file with a header; a row may leave columns out, which stay empty."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("w", newline="", encoding="utf-8") as file:
        writer = csv.DictWriter(file, columns, restval="", lineterminator="\n")
        writer.writeheader()
        writer.writerows(rows)


def codebook_rows(project: Project, table: str) -> list[Row]:
    """Give the rows of a codebook table."""
    return read_rows(project.codebook / f"{table}.csv")


def set_codebook_rows(project: Project, table: str, rows: Iterable[Mapping[str, str]]) -> None:
    """Replace all rows of a codebook table; its columns stay."""
    path = project.codebook / f"{table}.csv"
    with path.open(newline="", encoding="utf-8") as file:
        columns = next(csv.reader(file))
    write_rows(path, columns, rows)


def add_codebook_rows(project: Project, tables: Tables) -> None:
    """Append rows to codebook tables; columns that a row leaves out stay empty."""
    for table, rows in tables.items():
        set_codebook_rows(project, table, [*codebook_rows(project, table), *rows])


def index_row(study_id: str, base_wave_id: str) -> Row:
    """Give the row of `comparisons.csv` that asks for an index."""
    return {
        "study_id": study_id,
        "comparison_id": f"index_{base_wave_id}",
        "comparison_kind": "index",
        "base_wave_id": base_wave_id,
    }


def pool_row(study_id: str, n_waves: int) -> Row:
    """Give the row of `periods.csv` that asks for pooled waves."""
    return {"study_id": study_id, "period_kind": "pooled_waves", "n_waves": str(n_waves)}


def write_wave(
    project: Project, study_id: str, wave_id: str, rows: Sequence[Mapping[str, str]]
) -> None:
    """Deliver a wave; the first row has all of its columns."""
    path = project.waves / study_id / f"{study_id}_{wave_id}.csv"
    write_rows(path, list(rows[0]), rows)


def add_study(project: Project, folder: Path) -> None:
    """Add a study that is kept as files: `codebook/*.csv` are appended, `waves/*.csv` copied.

    The folder's name is the study's id. Run `generate` after the last study.
    """
    for path in sorted((folder / "codebook").glob("*.csv")):
        add_codebook_rows(project, {path.stem: read_rows(path)})
    (project.waves / folder.name).mkdir(parents=True)
    for path in sorted((folder / "waves").glob("*.csv")):
        shutil.copy(path, project.waves / folder.name)


def keep_studies(project: Project, study_ids: Iterable[str]) -> None:
    """Take all other studies out of the codebook and the seeds, and generate again.

    What only they use goes too: variables, measures, segments. A small project builds quickly.
    """
    kept = set(study_ids)
    tables = {path.stem: read_rows(path) for path in project.codebook.glob("*.csv")}

    def keep(table: str, column: str, values: set[str]) -> set[str]:
        """Keep the rows with one of the values, and give the first column of those."""
        tables[table] = [row for row in tables[table] if row[column] in values]
        return {next(iter(row.values())) for row in tables[table]}

    for table, rows in tables.items():
        if rows and "study_id" in rows[0]:
            keep(table, "study_id", kept)
    designs = {row["design_id"] for row in tables["designs"]}
    keep("design_columns", "design_id", designs)
    variables = {row["variable_id"] for row in tables["questions"]}
    groups = {row["variable_group_id"] for row in tables["variable_groups"]} - {
        row["variable_group_id"]
        for row in tables["variable_group_members"]
        if row["variable_id"] not in variables
    }
    variables |= keep("derived_sums", "variable_group_id", groups)
    variables |= keep("derivations", "source_variable_id", variables)
    keep("variables", "variable_id", variables)
    groups = {row["variable_group_id"] for row in tables["variable_groups"]} - {
        row["variable_group_id"]
        for row in tables["variable_group_members"]
        if row["variable_id"] not in variables
    }
    keep("variable_groups", "variable_group_id", groups)
    keep("variable_group_members", "variable_group_id", groups)
    populations = keep("standard_populations", "variable_id", variables)
    keep("standard_population_shares", "standard_population_id", populations)
    keep("measures", "variable_id", variables | {""})
    keep("measures", "denominator_variable_id", variables | {""})
    keep("measures", "variable_group_id", groups | {""})
    measures = keep("measures", "standard_population_id", populations | {""})
    for table in ("measure_items", "bridges"):
        keep(table, "measure_id", measures)
    bases = {row["base_id"] for row in tables["measures"]}
    keep("bases", "base_id", bases)
    keep("base_categories", "base_id", bases)
    named = {row["score_id"] for name in ("measure_items", "derived_sums") for row in tables[name]}
    keep("scores", "score_id", named)
    lists = {row["code_list_id"] for row in tables["variables"]} - {""}
    keep("code_lists", "code_list_id", lists)
    keep("categories", "code_list_id", lists)
    segments = {row["segment_id"] for row in tables["segments"]} - {
        row["segment_id"]
        for row in tables["segment_variables"]
        if row["variable_id"] not in variables
    }
    keep("segments", "segment_id", segments)
    keep("segment_variables", "segment_id", segments)
    keep("segment_contrasts", "segment_id", segments)
    keep("association_tests", "measure_id", measures)
    keep("association_tests", "segment_id", segments)
    for table, rows in tables.items():
        set_codebook_rows(project, table, rows)
    for folder in project.waves.iterdir():
        if folder.is_dir() and folder.name not in kept:
            shutil.rmtree(folder)
    generate(project)


def load_script(name: str) -> ModuleType:
    """Import a script, which is in no package."""
    spec = importlib.util.spec_from_file_location(name, ROOT / f"scripts/{name}.py")
    assert spec
    assert spec.loader
    module = importlib.util.module_from_spec(spec)
    # Dataclasses look their module up by name.
    sys.modules[name] = module
    spec.loader.exec_module(module)
    return module


def database_path(project: Project) -> Path:
    """Give the DuckDB file of a copy."""
    return project.target / "wavehouse.duckdb"


def artifacts_folder(project: Project, target: str) -> Path:
    """Give the folder of what dbt says about a build; each engine has its own."""
    return project.target if target == "duckdb" else project.target / target


def run_dbt(
    project: Project,
    *words: str,
    target: str = "duckdb",
    env: Mapping[str, str] | None = None,
) -> DbtRun:
    """Run a dbt command in a copy, and give its exit code and output, whatever they are.

    Args:
        project: the copy.
        words: the command with its options, such as `build`.
        target: the engine, as profiles.yml names it.
        env: more environment variables, such as those of a PostgreSQL server.
    """
    artifacts = artifacts_folder(project, target)
    artifacts.mkdir(parents=True, exist_ok=True)
    if target == "duckdb":
        begin_with_what_is_read(project)
    return _run_dbt(project, artifacts, target, env or {}, *words)


def _run_dbt(
    project: Project, artifacts: Path, target: str, env: Mapping[str, str], *words: str
) -> DbtRun:
    folders = ["--target-path", str(artifacts), "--log-path", str(artifacts / "logs")]
    # What the log has besides the output takes a tenth of dbt's time, and nobody reads it.
    options = ["--target", target, *folders, "--no-use-colors", "--log-level-file", "none"]
    env = {**_environment(), **env}
    if target == "duckdb":
        return DbtRun(*READY_DBT.run([*words, *options], project.root, env))
    done = subprocess.run(
        [*START, *words, *options],
        cwd=project.root,
        env=env,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        encoding="utf-8",
        check=False,
    )
    return DbtRun(done.returncode, done.stdout)


def run_dbt_beside(project: Project, folder: Path, *words: str) -> DbtRun:
    """Run a dbt command whose files go to another folder, from what the last build has read.

    Args:
        project: the project, which stays as it is.
        folder: gets the files, as `target` would.
        words: the command with its options.
    """
    folder.mkdir(parents=True, exist_ok=True)
    read = project.target / CACHE
    if read.exists():
        shutil.copy(read, folder)
    return _run_dbt(project, folder, "duckdb", {}, *words)


def ran(run_command: Callable[..., tuple[int, str]], project: Project, *words: str) -> str:
    """Run a command of `run_command` that has to pass; give what it printed."""
    code, output = run_command(project, *words)
    assert code == 0, output
    return output


def run_wavehouse(project: Project, *words: str) -> DbtRun:
    """Run a `wavehouse` command as a shell would, whatever comes of it.

    Args:
        project: the checkout, or a copy.
        words: the command with its options.
    """
    if words[0] == "build":
        begin_with_what_is_read(project)
    done = subprocess.run(
        [sys.executable, "-m", "wavehouse", "--project-dir", str(project.root), *words],
        env=_environment(),
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        encoding="utf-8",
        check=False,
    )
    return DbtRun(done.returncode, done.stdout)


def run_make(goal: str) -> DbtRun:
    """Make a goal of the checkout's Makefile, whatever comes of it."""
    done = subprocess.run(
        ["make", goal],
        cwd=ROOT,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        check=False,
    )
    return DbtRun(done.returncode, done.stdout)


def begin_with_what_is_read(project: Project) -> None:
    """Give a copy that dbt has not read what it read of the project without studies.

    Then it reads only what differs, in half the time. A project without studies it is, since dbt
    reads everything again where a table that another one refers to is gone.
    """
    from once import make_kept

    cache = project.target / CACHE
    was_read = cache.exists() or (project.target / "manifest.json").exists()
    if was_read or project.root == ROOT or not is_copy(project):
        return
    read = make_kept("read", _read_without_studies) / "target" / CACHE
    cache.parent.mkdir(parents=True, exist_ok=True)
    shutil.copy(read, cache)


def is_copy(project: Project) -> bool:
    """Tell whether a project was copied from the checkout, not made up by a test."""
    return (project.root / "macros/engines").is_dir()


def _read_without_studies(folder: Path) -> None:
    """Let dbt read the project without any study."""
    project = copy_project(folder)
    keep_studies(project, [])
    project.target.mkdir()
    run = _run_dbt(project, project.target, "duckdb", {}, "parse")
    assert run.exit_code == 0, run.output[-5000:]


def _environment() -> dict[str, str]:
    """Give our environment, in which a copy's database is where profiles.yml has it.

    dbt reads a project again if the path of its database is another one than last time. This one is
    relative, so that copies of a project that was read, and other commands in it, need not.
    """
    return {name: value for name, value in os.environ.items() if name != "WAVEHOUSE_DATABASE"}


def copy_built(project: Project, destination: Path) -> Project:
    """Copy a project with all that was built in it and published from it."""
    return Project(shutil.copytree(project.root, destination, symlinks=True))


def open_for_change(database: Path) -> duckdb.DuckDBPyConnection:
    """Open a copy of a published database to change it, which what is published does not allow."""
    database.chmod(database.stat().st_mode | 0o200)
    return duckdb.connect(str(database))


def query(project: Project, sql: str) -> list[dict[str, Any]]:
    """Read from a copy's DuckDB file; a row is its values by column."""
    with duckdb.connect(str(database_path(project)), read_only=True) as connection:
        result = connection.sql(sql)
        return [dict(zip(result.columns, row, strict=True)) for row in result.fetchall()]


def own_database(server: PostgresServer, name: str) -> PostgresServer:
    """Make a database on a server that several tests share, and give the server as seen from it."""
    connection = psycopg2.connect(
        host=server.host,
        port=server.port,
        user=server.user,
        password=server.password,
        dbname=server.database,
    )
    try:
        # A database cannot be made within a transaction.
        connection.autocommit = True
        with connection.cursor() as cursor:
            cursor.execute(f'create database "{name}"')
    finally:
        connection.close()
    return replace(server, database=name)


def query_postgres(server: PostgresServer, sql: str) -> list[dict[str, Any]]:
    """Read from a PostgreSQL server; a row is its values by column."""
    connection = psycopg2.connect(
        host=server.host,
        port=server.port,
        user=server.user,
        password=server.password,
        dbname=server.database,
    )
    try:
        with connection.cursor() as cursor:
            cursor.execute(sql)
            columns = [column.name for column in cursor.description or ()]
            return [dict(zip(columns, row, strict=True)) for row in cursor.fetchall()]
    finally:
        connection.close()
