"""What an export reads: the published marts of one study, or of one wave of it."""

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from wavehouse.building.databases import opened_release
from wavehouse.codebook.csv_files import read_csv
from wavehouse.encryption.databases import attach
from wavehouse.encryption.databases import connect as open_database
from wavehouse.errors import WavehouseError
from wavehouse.escapes import sql_name, sql_text
from wavehouse.project import Project
from wavehouse.publishing.releases import manifest_of

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection

SCHEMA = "marts"
WAVE_COLUMNS = ("wave_id", "from_wave_id", "to_wave_id")
# Code lists that no public table repeats; each becomes a table with a `place` for their order.
REFERENCES = ("missing_kinds", "observation_statuses", "confidentiality_statuses")


@dataclass(frozen=True)
class Release:
    """The published release that an export was made from."""

    release_id: str
    published_at: str
    version: str


def connect(project: Project, study_id: str, wave_id: str | None = None) -> "DuckDBPyConnection":
    """Open the published warehouse for a writer.

    The connection is to an empty database whose schema `marts` has a view for each public table:
    of tables that have studies or waves in them, only the rows of what is exported. The release is
    in the table `release`, code lists of the standards are in those of `REFERENCES`.

    Args:
        project: the project whose published warehouse is read; nothing in it can be written.
        study_id: the study to export.
        wave_id: the only wave to export; all of them if left out.

    Raises:
        WavehouseError: nothing is published, or there is no such study or wave.
    """
    # The release itself, not the link to it: a publish meanwhile does not mix two releases.
    folder = (project.warehouse / "current").resolve()
    manifest = manifest_of(folder)
    if manifest is None:
        raise WavehouseError(
            "Nothing is published yet, so there is nothing to export. Run `make` first."
        )
    connection = open_database()
    try:
        with opened_release(folder / "wavehouse.duckdb") as readable:
            attach(connection, readable, "published")
        _check_study(connection, study_id, wave_id)
        _make_views(connection, study_id, wave_id)
    except BaseException:
        connection.close()
        raise
    connection.execute(
        "create table release as select $1 as release_id, $2 as published_at, $3 as version",
        [manifest["release"], manifest["published_at"], manifest["versions"]["wavehouse"]],
    )
    add_references(connection, project)
    return connection


def add_references(connection: "DuckDBPyConnection", project: Project) -> None:
    """Make the tables of `REFERENCES` in a database, from what the warehouse brings."""
    for table in REFERENCES:
        rows = read_csv(project.reference / f"{table}.csv", keep_rows=True).rows
        columns = ", ".join(f"{name} text" for name in rows[0])
        values = ", ".join("?" for _ in rows[0])
        connection.execute(f"create table {table} (place integer, {columns})")
        connection.executemany(
            f"insert into {table} values (?, {values})",
            [[place, *row.values()] for place, row in enumerate(rows, start=1)],
        )


def release_of(connection: "DuckDBPyConnection") -> Release:
    """Say which release a connection of `connect` reads."""
    row = connection.execute("select release_id, published_at, version from release").fetchone()
    assert row is not None
    return Release(*row)


def records(
    connection: "DuckDBPyConnection", sql: str, parameters: list[Any] | None = None
) -> list[dict[str, Any]]:
    """Run a query; give its rows by column name."""
    result = connection.execute(sql, parameters or [])
    names = [column[0] for column in result.description]
    return [dict(zip(names, row, strict=True)) for row in result.fetchall()]


def _check_study(connection: "DuckDBPyConnection", study_id: str, wave_id: str | None) -> None:
    waves: dict[str, list[str]] = {}
    for study, wave in connection.execute(
        "select study_id, wave_id from published.marts.dim_wave order by study_id, wave_number"
    ).fetchall():
        waves.setdefault(study, []).append(wave)
    if study_id not in waves:
        raise WavehouseError(
            f"There is no study {study_id!r} in the published warehouse. Name one of "
            f"{', '.join(waves)}; a study that was added or landed since is published by `make`."
        )
    if wave_id is not None and wave_id not in waves[study_id]:
        raise WavehouseError(
            f"Study {study_id} has no wave {wave_id!r} in the published warehouse. Name one of "
            f"{', '.join(waves[study_id])}."
        )


def _make_views(connection: "DuckDBPyConnection", study_id: str, wave_id: str | None) -> None:
    connection.execute(f"create schema {SCHEMA}")
    tables: dict[str, list[str]] = {}
    for table, column in connection.execute(
        "select table_name, column_name from duckdb_columns() "
        "where database_name = 'published' and schema_name = $1 order by table_name, column_index",
        [SCHEMA],
    ).fetchall():
        tables.setdefault(table, []).append(column)
    for table, columns in tables.items():
        wanted = [f"study_id = {sql_text(study_id)}"] if "study_id" in columns else []
        if wave_id is not None:
            wanted += [f"{name} = {sql_text(wave_id)}" for name in WAVE_COLUMNS if name in columns]
        where = f" where {' and '.join(wanted)}" if wanted else ""
        connection.execute(
            f"create view {SCHEMA}.{sql_name(table)} as "
            f"select * from published.{SCHEMA}.{sql_name(table)}{where}"
        )
