"""Copy the marts of a build that passed into a new release, verify it, and switch to it."""

import json
import platform
import shutil
import time
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from datetime import UTC, date, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from wavehouse.building.artifacts import FOLDER
from wavehouse.building.databases import holder_named
from wavehouse.building.dbt import declared_keys, declared_microdata
from wavehouse.building.fingerprint import VERSIONED
from wavehouse.building.working_database import state_of
from wavehouse.encryption import parquet
from wavehouse.encryption.databases import attach, connect
from wavehouse.encryption.key import secret
from wavehouse.errors import ProblemsError, WavehouseError
from wavehouse.escapes import sql_name, sql_text
from wavehouse.estimating.keeping import FILE as ESTIMATION
from wavehouse.estimating.keeping import keep_program
from wavehouse.operations.run_history.runs import note
from wavehouse.project import Project
from wavehouse.publishing.history import OF_PEOPLE, add_to_history, kept_releases, tidy_history
from wavehouse.publishing.published_tables import PublishedTable, read_tables
from wavehouse.publishing.releases import (
    counting_release,
    new_release,
    publishing_lock,
    remove_releases,
)
from wavehouse.publishing.retention import AGGREGATES, MICRODATA, read_retention
from wavehouse.writing import explained, write_whole

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection

PUBLIC_SCHEMA = "marts"
# In dbt's folder: the artifacts of the last build that passed, whatever dbt was asked since.
PASSED = "passed"
DRIFT = "fct_drift"
# The key in the metadata of Parquet files, and the view in the database, that name the release.
RELEASE_KEY = "wavehouse_release"
# Beside encrypted Parquet files, in which nothing can read such a key.
RELEASE_FILE = "release.json"
# Which release made a revision is known only when that is published.
REVISIONS = "fct_revisions"
# Larger ones make smaller files, but who looks for a variable skips less (docs/layouts.md).
ROW_GROUPS = "row_group_size 122880"


@dataclass
class PassedBuild:
    """What is known of a build that passed: what it was made of, and the file it left."""

    fingerprint: str
    tables: list[str]
    file_size: int
    file_time: int

    @classmethod
    def of(cls, project: Project, fingerprint: str, tables: Sequence[str]) -> "PassedBuild":
        """Describe the working database as it is now."""
        state = project.working_database.stat()
        return cls(fingerprint, sorted(tables), state.st_size, state.st_mtime_ns)

    def save(self, project: Project) -> None:
        """Remember the build beside the working database."""
        write_whole(_record(project), json.dumps(asdict(self), indent=2) + "\n")


def forget_build(project: Project) -> None:
    """Take back the word that the working database passed, before anything changes it."""
    _record(project).unlink(missing_ok=True)
    shutil.rmtree(project.target / PASSED, ignore_errors=True)


def is_as_it_passed(project: Project, fingerprint: str) -> bool:
    """Tell whether the working database is that of a build of these inputs, which passed.

    It is not where a build was begun since, by hand too: what such a build left may be half of one.
    """
    try:
        return passed_build(project).fingerprint == fingerprint
    except WavehouseError:
        return False


def passed_build(project: Project) -> PassedBuild:
    """Give the last build, if it passed and the working database is still as it left it.

    Raises:
        WavehouseError: there is no such build, so nothing may be published.
    """
    database = project.relative(project.working_database)
    try:
        build = PassedBuild(**json.loads(_record(project).read_text()))
    except (OSError, ValueError, TypeError):
        raise WavehouseError(
            f"Nothing was published: {database} is not from a build that passed. Run `make`."
        ) from None
    if state_of(project.working_database) is None or build != PassedBuild.of(
        project, build.fingerprint, build.tables
    ):
        raise WavehouseError(
            f"Nothing was published: {database} was changed after the build that passed. "
            "Run `make`."
        )
    return build


def publish(project: Project, build: PassedBuild) -> dict[str, Any]:
    """Publish the tables of a build: all of it or nothing. Then add it to the history.

    Args:
        project: the project whose working database is read.
        build: which tables there are to publish, and the fingerprint to note.

    Returns:
        the manifest of the new release.

    Raises:
        ProblemsError: something not made by publishing is in the way, the copy differs, or
            `releases.yml` is not as it should be.
        WavehouseError: the working database cannot be read or lacks a table.
    """
    from importlib.metadata import version

    from wavehouse.audiences.files import Release, write_audiences
    from wavehouse.audiences.sealing import seal_release

    started = datetime.now(UTC)
    release_id = f"{started:%Y%m%dT%H%M%S%f}Z"
    read_retention(project)
    with explained(project.warehouse), publishing_lock(project):
        previous = counting_release(project)
        of_people = declared_microdata(project.target, PUBLIC_SCHEMA)
        with new_release(project, release_id) as folder:
            sources = _sources(project, build, release_id)
            tables = _copy(project, build, folder, release_id, sources)
            _verify(project, folder, tables, sources)
            _keep_artifacts(project, folder)
            with _connect() as connection:
                keep_program(connection, project.working_database, folder / ESTIMATION)
            release = Release(
                release_id,
                started.isoformat(timespec="seconds"),
                folder / "wavehouse.duckdb",
                declared_keys(project.target, PUBLIC_SCHEMA),
                _microdata(folder, of_people),
                day_of(started),
            )
            audiences, keys = write_audiences(folder, release, project.working_database)
            manifest = {
                "release": release_id,
                "previous": previous,
                "published_at": started.isoformat(timespec="seconds"),
                "fingerprint": build.fingerprint,
                "versions": {name: version(name) for name in VERSIONED}
                | {"python": platform.python_version()},
                "tables": [
                    {
                        "name": name,
                        "rows": rows,
                        "part": MICRODATA if name in of_people else AGGREGATES,
                    }
                    for name, rows in tables.items()
                ],
                "audiences": audiences,
            }
            (folder / "manifest.json").write_text(json.dumps(manifest, indent=2) + "\n")
            # Before the release counts, so that whoever may read it can from the first moment.
            seal_release(project, release_id, keys)
        # What was published stays so, should any of this fail: the next publish does it then.
        add_to_history(project)
        # A reader that opened the release before stays undisturbed for one more publish.
        remove_releases(project, {release_id, previous})
        tidy_history(project)
    return manifest


def said_of_release(release_id: str) -> str:
    """Give the content of `RELEASE_FILE`, which the macro `published_rows` reads."""
    return json.dumps({"release": release_id}) + "\n"


def ended_embargo(manifest: dict[str, Any]) -> str | None:
    """Give the day on which an embargo ended after a release was published; None if none did."""
    days = [each["waits_until"] for each in manifest.get("audiences", []) if each["waits_until"]]
    today = day_of(datetime.now(UTC)).isoformat()
    return min((day for day in days if day <= today), default=None)


def day_of(started: datetime) -> date:
    """Give the day for which embargoes are judged: that of the publish, in UTC."""
    return started.date()


def _microdata(folder: Path, declared: set[str]) -> set[str]:
    """Give the tables of a release that hold rows of people: declared so, or by their columns."""
    with _connect(folder / "wavehouse.duckdb", read_only=True) as connection:
        by_columns = connection.execute(
            "select distinct table_name from duckdb_columns() where schema_name = $1 "
            "and column_name in (select unnest($2))",
            [PUBLIC_SCHEMA, sorted(OF_PEOPLE)],
        ).fetchall()
    return declared | {name for (name,) in by_columns}


def publish_and_tell(project: Project, build: PassedBuild) -> None:
    """Publish, and say in one line what was published. Raises what `publish` raises.

    The page of what changed between waves follows, so that it is of what is published.
    """
    from wavehouse.drift import write_drift_and_tell

    started = time.monotonic()
    manifest = publish(project, build)
    rows = sum(table["rows"] for table in manifest["tables"])
    note(
        release_id=manifest["release"],
        previous_release_id=manifest["previous"],
        input_fingerprint=manifest["fingerprint"],
        n_tables=len(manifest["tables"]),
        n_rows=rows,
    )
    print(
        f"Published {len(manifest['tables'])} tables with {rows:,} rows to "
        f"warehouse/wavehouse.duckdb and warehouse/parquet in {time.monotonic() - started:.1f} s."
    )
    print(tell_audiences(manifest))
    if DRIFT in build.tables:
        report = write_drift_and_tell(project, project.warehouse)
        note(n_findings=len(report.findings), n_hard_findings=report.n_open)


def tell_audiences(manifest: dict[str, Any]) -> str:
    """Say who may read a release, and what comes later."""
    audiences = manifest["audiences"]
    if not audiences:
        return (
            "No audience may read it: the codebook's table `audiences` has no row, so nothing is "
            "served."
        )
    named = ", ".join(
        f"{each['audience_id']}{' (key)' if each['needs_key'] else ''}" for each in audiences
    )
    days = [each["waits_until"] for each in audiences if each["waits_until"]]
    waits = f" An embargo ends on {min(days)}: publish then." if days else ""
    return f"For audiences: {named}.{waits}"


def _record(project: Project) -> Path:
    return project.target / "wavehouse_build.json"


def _keep_artifacts(project: Project, folder: Path) -> None:
    """Let the release have what dbt said of the build, if that is known."""
    kept = project.target / PASSED
    if kept.is_dir():
        shutil.copytree(kept, folder / FOLDER)


def _sources(project: Project, build: PassedBuild, release_id: str) -> dict[str, str]:
    """Give what each table is copied from: the working table, in revisions with their release.

    The working table has revisions since the release that counted when it was built, and does not
    name the one that made them. That is this one, unless the same build was published before.
    """
    sources = {name: f"working.{PUBLIC_SCHEMA}.{sql_name(name)}" for name in build.tables}
    if REVISIONS in sources:
        followed = "".join(
            f" when {sql_text(release.manifest['previous'])} then {sql_text(release.release_id)}"
            for release in kept_releases(project)
            if release.manifest.get("previous")
        )
        made_by = f"case from_release{followed} else {sql_text(release_id)} end"
        made_by = made_by if followed else sql_text(release_id)
        sources[REVISIONS] = (
            f"(select * replace (coalesce(to_release, {made_by}) as to_release) "
            f"from {sources[REVISIONS]})"
        )
    return sources


def _copy(
    project: Project, build: PassedBuild, folder: Path, release_id: str, sources: dict[str, str]
) -> dict[str, int]:
    """Write the release's database and Parquet files; give the number of rows by table.

    Each file names the release that it is of, so that a reader of several can compare.
    """
    (folder / "parquet").mkdir()
    counts = {}
    with _connect(folder / "wavehouse.duckdb") as connection:
        _attach(connection, project.working_database, "working")
        keys = declared_keys(project.target, PUBLIC_SCHEMA)
        tables = read_tables(connection, "working", PUBLIC_SCHEMA, keys)
        missing = [f"{PUBLIC_SCHEMA}.{name}" for name in build.tables if name not in tables]
        if missing:
            raise WavehouseError(
                f"Nothing was published: {project.relative(project.working_database)} lacks "
                f"{', '.join(missing)}. Run `make`."
            )
        # In one transaction: each comment by itself would wait for the disk.
        connection.execute("begin")
        connection.execute(f"create schema {PUBLIC_SCHEMA}")
        for name in build.tables:
            counts[name] = _copy_table(connection, tables[name], sources[name])
        connection.execute(
            f"create view main.{RELEASE_KEY} as select {sql_text(release_id)} as release"
        )
        connection.execute("commit")
        connection.execute("detach working")
        connection.execute("checkpoint")
        if secret() is not None:
            said = said_of_release(release_id)
            (folder / "parquet" / RELEASE_FILE).write_text(said, encoding="utf-8")
        for name in build.tables:
            file = sql_text(folder / "parquet" / f"{name}.parquet")
            of_release = f"kv_metadata {{{RELEASE_KEY}: {sql_text(release_id)}}}"
            options = parquet.copy_options(connection, of_release, ROW_GROUPS)
            connection.execute(f"copy {PUBLIC_SCHEMA}.{sql_name(name)} to {file} {options}")
    return counts


def _copy_table(connection: "DuckDBPyConnection", table: PublishedTable, source: str) -> int:
    """Copy a table of the working database with its comments; give the number of its rows."""
    name = f"{PUBLIC_SCHEMA}.{sql_name(table.name)}"
    rows: int = connection.execute(f"select count(*) from working.{name}").fetchall()[0][0]
    connection.execute(table.definition(PUBLIC_SCHEMA, rows))
    connection.execute(f"insert into {name} select * from {source} {table.order()}")
    for comment in table.comment_statements(PUBLIC_SCHEMA):
        connection.execute(comment)
    return rows


def _verify(
    project: Project, folder: Path, tables: dict[str, int], sources: dict[str, str]
) -> None:
    """Read the release as a reader would, and compare every table with the working one."""
    problems = []
    with _connect(folder / "wavehouse.duckdb", read_only=True) as connection:
        _attach(connection, project.working_database, "working")
        for name in tables:
            source = f"{PUBLIC_SCHEMA}.{sql_name(name)}"
            file = folder / "parquet" / f"{name}.parquet"
            expected = _digest(connection, sources[name])
            problems += [
                f"{PUBLIC_SCHEMA}.{name}: the {kind} differs from the working table."
                for kind, copy in (
                    ("published table", source),
                    ("Parquet file", parquet.source(file)),
                )
                if _digest(connection, copy) != expected
            ]
    if problems:
        raise ProblemsError(
            "Nothing was published, because the copy differs from the build:", problems
        )


def _digest(connection: "DuckDBPyConnection", source: str) -> tuple[int, int]:
    """Give the number of rows and the sum of their hashes."""
    return connection.execute(
        f"select count(*), sum(hash(each)::hugeint) from {source} as each"
    ).fetchall()[0]


def _connect(path: Path | None = None, read_only: bool = False) -> "DuckDBPyConnection":
    return connect(path, read_only=read_only, config={"autoinstall_known_extensions": "false"})


def _attach(connection: "DuckDBPyConnection", path: Path, name: str) -> None:
    import duckdb

    try:
        with holder_named(path.name):
            attach(connection, path, name)
    except duckdb.Error as error:
        raise WavehouseError(
            f"Nothing was published: the working database cannot be read. {error}"
        ) from error
