"""Copy landed waves into PostgreSQL, which cannot read Parquet."""

import hashlib
import os
import threading
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING

from wavehouse.building.postgres import target_cursor
from wavehouse.codebook.wave_files import DeliveredWave
from wavehouse.encryption import parquet
from wavehouse.encryption.databases import connect
from wavehouse.errors import ProblemsError, WavehouseError
from wavehouse.escapes import sql_name
from wavehouse.project import Project
from wavehouse_exchange.landing.landed import SCHEMAS

if TYPE_CHECKING:
    from psycopg2 import extensions

SCHEMA = "landing"
# PostgreSQL cuts longer names without a word.
LONGEST_NAME = 63
# And a row has at most 8 KB; of a longer text beside many others only a part can be put elsewhere.
MOST_COLUMNS = 1600
PROGRAM_LIMIT_EXCEEDED = "54000"
TYPES = {
    "string": "text",
    "int32": "integer",
    "int64": "bigint",
    "bool": "boolean",
    "timestamp[us]": "timestamp",
}
METADATA = {
    name: {field.name: TYPES[str(field.type)] for field in schema}
    for name, schema in SCHEMAS.items()
}


def load_landed_waves(
    project: Project,
    waves: Iterable[DeliveredWave],
    environment: Mapping[str, str] = os.environ,
) -> list[str]:
    """Bring the tables of the schema `landing` up to date with the landing folder.

    A wave's table has the columns that the codebook names. It is made again only if its files or
    these columns changed, and removed if the wave is not landed any more.

    Args:
        project: the project.
        waves: its waves, landed or not.
        environment: where the server is, in the variables that profiles.yml names.

    Returns:
        one line for each wave that was copied.

    Raises:
        ProblemsError: PostgreSQL cannot hold a column under its name, or so many columns.
        WavehouseError: it cannot hold a row.
    """
    landed = [
        wave
        for wave in waves
        if wave.is_landed and (_folder(project, wave) / "answers.parquet").is_file()
    ]
    columns = {wave.seed: _present_columns(project, wave) for wave in landed}
    _refuse_what_is_too_much(project, landed, columns)
    said = []
    with target_cursor(environment) as cursor:
        cursor.execute(f"create schema if not exists {SCHEMA}")
        cursor.execute(
            f"create table if not exists {SCHEMA}.loaded (table_name text primary key, state text)"
        )
        cursor.execute(f"select table_name, state from {SCHEMA}.loaded")
        loaded = dict(cursor.fetchall())
        # A wave with none of the columns that the codebook names is left to the checks.
        for wave in (each for each in landed if columns[each.seed]):
            state = _state(project, wave, columns[wave.seed])
            if loaded.pop(wave.seed, None) != state:
                _load_wave(cursor, project, wave, columns[wave.seed], state)
                said.append(f"Copied wave {wave.wave_id} of study {wave.study_id} to PostgreSQL.")
        for name in loaded:
            cursor.execute(f"drop table if exists {SCHEMA}.{sql_name(name)} cascade")
            cursor.execute(f"delete from {SCHEMA}.loaded where table_name = %s", [name])
        _load_metadata(cursor, project)
    return said


def _folder(project: Project, wave: DeliveredWave) -> Path:
    return project.landed_wave(wave.study_id, wave.wave_id)


def _present_columns(project: Project, wave: DeliveredWave) -> list[str]:
    path = _folder(project, wave) / "answers.parquet"
    present = set(parquet.schema_of(path).names)
    return [column for column in wave.columns if column in present]


def _refuse_what_is_too_much(
    project: Project, waves: list[DeliveredWave], columns: dict[str, list[str]]
) -> None:
    problems = [
        f"{project.relative(_folder(project, wave))}: study {wave.study_id}, wave {wave.wave_id}, "
        f"column {column}: PostgreSQL allows names of {LONGEST_NAME} bytes. Waive the column, or "
        "build on DuckDB."
        for wave in waves
        for column in columns[wave.seed]
        if len(column.encode()) > LONGEST_NAME
    ]
    problems += [
        f"{project.relative(_folder(project, wave))}: study {wave.study_id}, wave {wave.wave_id}: "
        f"the codebook names {len(columns[wave.seed]):,} of its columns, and PostgreSQL allows "
        f"{MOST_COLUMNS:,} in a table. Waive those that nobody needs, or build on DuckDB."
        for wave in waves
        if len(columns[wave.seed]) > MOST_COLUMNS
    ]
    if problems:
        raise ProblemsError("Landed waves that PostgreSQL cannot hold:", problems)


def _state(project: Project, wave: DeliveredWave, columns: list[str]) -> str:
    files = (_folder(project, wave) / "files.parquet").read_bytes()
    return hashlib.sha256(files + "\0".join(columns).encode()).hexdigest()


def _load_wave(
    cursor: "extensions.cursor",
    project: Project,
    wave: DeliveredWave,
    columns: list[str],
    state: str,
) -> None:
    path = _folder(project, wave) / "answers.parquet"
    names = ", ".join(map(sql_name, columns))
    table = f"{SCHEMA}.{sql_name(wave.seed)}"
    cursor.execute(f"drop table if exists {table} cascade")
    cursor.execute(f"create table {table} ({', '.join(f'{sql_name(c)} text' for c in columns)})")
    try:
        _copy(cursor, f"select {names} from {parquet.source(path)}", table)
    except Exception as error:
        if getattr(error, "pgcode", None) != PROGRAM_LIMIT_EXCEEDED:
            raise
        said = str(error).partition("\n")[0]
        raise WavehouseError(
            f"{project.relative(path)}: study {wave.study_id}, wave {wave.wave_id}: PostgreSQL "
            f"cannot hold a row of its {len(columns):,} columns that the codebook names ({said}). "
            "Waive those that nobody needs, or build on DuckDB."
        ) from error
    cursor.execute(f"delete from {SCHEMA}.loaded where table_name = %s", [wave.seed])
    cursor.execute(f"insert into {SCHEMA}.loaded values (%s, %s)", [wave.seed, state])


def _load_metadata(cursor: "extensions.cursor", project: Project) -> None:
    for name, columns in METADATA.items():
        table = f"{SCHEMA}.{name}"
        cursor.execute(f"drop table if exists {table} cascade")
        if not any(project.landing.glob(f"*/*/{name}.parquet")):
            continue
        types = ", ".join(f"{column} {data_type}" for column, data_type in columns.items())
        cursor.execute(f"create table {table} ({types})")
        pattern = project.landing / "*/*" / f"{name}.parquet"
        _copy(cursor, f"select {', '.join(columns)} from {parquet.source(pattern)}", table)


def _copy(cursor: "extensions.cursor", query: str, table: str) -> None:
    """Copy what DuckDB reads, as CSV: for both, an empty text is quoted there and a null is not.

    It goes through a pipe, so that rows of an encrypted project are on no disk.
    """
    out, into = os.pipe()
    failed: list[Exception] = []

    def write() -> None:
        try:
            with connect() as connection:
                connection.execute("set preserve_insertion_order = true")
                connection.execute(
                    f"copy ({query}) to '/dev/fd/{into}' "
                    "(format csv, header false, use_tmp_file false)"
                )
        except Exception as error:
            failed.append(error)
        finally:
            os.close(into)

    writer = threading.Thread(target=write)
    # Line ends within an answer stay as they are.
    with open(out, encoding="utf-8", newline="") as rows:  # noqa: PTH123 (it has no path)
        writer.start()
        try:
            cursor.copy_expert(f"copy {table} from stdin (format csv)", rows)
        finally:
            # Where PostgreSQL refused a row, DuckDB is told by the pipe that nobody reads any more.
            rows.close()
            writer.join()
    if failed:
        raise failed[0]
