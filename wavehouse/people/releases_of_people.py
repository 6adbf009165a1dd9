"""Erased people in releases: rows of people go as a whole, figures of theirs one by one.

A release never changes but for this. Its rows of people are a part that can go without the rest,
so of releases from before an erasure that part goes, and the next release has it again.
"""

import json
import os
import shutil
from collections.abc import Callable, Collection, Iterable
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

import duckdb

from wavehouse.encryption import parquet
from wavehouse.encryption.databases import connect
from wavehouse.escapes import sql_name, sql_text
from wavehouse.operations.backups.replay import Entry, replay
from wavehouse.people.traces import Values
from wavehouse.project import Project
from wavehouse.publishing.history import (
    AUDIENCES,
    MANIFEST,
    KeptRelease,
    describe_content,
    kept_releases,
    link_or_copy,
)
from wavehouse.publishing.publish import RELEASE_KEY
from wavehouse.publishing.releases import manifest_of, seal
from wavehouse.publishing.retention import AGGREGATES, MICRODATA
from wavehouse.writing import write_whole

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection

# What a release's manifest has since figures of erased people were taken out of its tables.
MARK = "erased_from"
# The same since a study was taken out of them.
WITHOUT_STUDIES = "studies_taken_out_of"
NUMBERS = ("FLOAT", "DOUBLE", "DECIMAL")
RESPONDENTS = "fct_respondents"
WHY = "People were erased."


def releases_with_people(
    project: Project, waves: Collection[tuple[str, str | None]], before: str | None = None
) -> list[str]:
    """Give the ids of releases whose rows of people may be of erased ones.

    Args:
        project: the project.
        waves: study and wave of the erased people; None for all waves of the study.
        before: only releases that were published before this time, as entries of the list have it.
    """
    live = {
        folder.name: manifest
        for folder in (project.warehouse / "releases").glob("[!.]*")
        if (manifest := manifest_of(folder)) is not None
    }
    kept = {release.release_id: release for release in kept_releases(project)}
    found = []
    for name in sorted(live.keys() | kept.keys()):
        manifest = live.get(name) or kept[name].manifest
        # An id begins with the time, to the microsecond.
        if before is not None and name >= f"{datetime.fromisoformat(before):%Y%m%dT%H%M%S%f}":
            continue
        places = [project.warehouse / "releases" / name / "parquet"] if name in live else []
        if name in kept and MICRODATA in kept[name].parts:
            places.append(kept[name].folder / MICRODATA)
        if any(_has_rows_of(place / f"{RESPONDENTS}.parquet", waves) for place in places):
            found.append(name)
    return found


def _has_rows_of(file: Path, waves: Collection[tuple[str, str | None]]) -> bool:
    """Tell whether a table of respondents has rows of some waves; one that cannot be read may."""
    try:
        with connect() as connection:
            there = connection.execute(
                f"select distinct study_id, wave_id from {parquet.source(file)}"
            ).fetchall()
    except duckdb.Error:
        return True
    return any((study, wave) in waves or (study, None) in waves for study, wave in there)


def remove_rows_of_people(project: Project, releases: Iterable[str], why: str = WHY) -> list[str]:
    """Remove the rows of people of releases, for good: no backup brings them back.

    Only for the holder of `publishing_lock`.

    Args:
        project: the project.
        releases: their ids.
        why: why they must not come back, for the list of what must not.

    Returns:
        what was removed, a line each.
    """
    from wavehouse.audiences.sealing import tidy_sealed

    entries: list[Entry] = [
        {"release": release, "part": MICRODATA, "why": why} for release in releases
    ]
    removed = replay(project, entries)
    tidy_sealed(project)
    return [line.removesuffix(" (it must not come back)") for line in removed]


def clean_aggregates(project: Project, values: Values) -> list[str]:
    """Take values out of the tables of releases that have no rows of people; name the tables.

    A text loses the value, a number becomes empty. What audiences read of such a release goes: it
    may be encrypted, and then nobody can look into it without their keys.

    Only for the holder of `publishing_lock`.
    """
    with connect() as connection:
        connection.execute("create table own_numbers (value double)")
        connection.execute("insert into own_numbers select unnest($1::double[])", [values.numbers])
        return _change_tables(
            project, connection, lambda source: _without_values(connection, source, values), MARK
        )


def take_study_out(project: Project, study_id: str) -> list[str]:
    """Take the rows of a study out of the tables of figures of all releases; name the tables.

    What audiences read of such a release goes too, as with `clean_aggregates`.

    Only for the holder of `publishing_lock`.
    """
    its = f"study_id = {sql_text(study_id)}"

    def without_study(source: str) -> str | None:
        columns = {row[0] for row in connection.execute(f"describe from {source}").fetchall()}
        has = "study_id" in columns and bool(
            connection.execute(f"select 1 from {source} where {its} limit 1").fetchall()
        )
        return f"select * from {source} where ({its}) is not true" if has else None

    with connect() as connection:
        return _change_tables(project, connection, without_study, WITHOUT_STUDIES)


def last_release_with(project: Project, study_id: str) -> str | None:
    """Give the id of the last release in the history that has figures of a study."""
    with connect() as connection:
        for release in reversed(kept_releases(project)):
            for file in sorted((release.folder / AGGREGATES).glob("*.parquet")):
                source = parquet.source(file)
                names = {row[0] for row in connection.execute(f"describe from {source}").fetchall()}
                if (
                    "study_id" in names
                    and connection.execute(
                        f"select 1 from {source} where study_id = {sql_text(study_id)} limit 1"
                    ).fetchall()
                ):
                    return release.release_id
    return None


def _change_tables(
    project: Project,
    connection: "DuckDBPyConnection",
    query_of: Callable[[str], str | None],
    mark: str,
) -> list[str]:
    """Write tables of figures anew, with what a query gives of them; name those that changed.

    Args:
        project: the project.
        connection: where the queries run.
        query_of: gives the query for a source; None where the table stays as it is.
        mark: where the manifest says which tables were changed.
    """
    changed = []
    new_files: dict[tuple[int, int], Path] = {}
    for release in kept_releases(project):
        partials: dict[str, Path] = {}
        for file in sorted((release.folder / AGGREGATES).glob("*.parquet")):
            partial = _changed(connection, file, release, query_of, new_files)
            if partial is not None:
                partials[file.stem] = partial
        if not partials:
            continue
        # The manifest first: after a kill between the two, the tables are still found.
        _note_changed(release, partials, mark)
        for name, partial in partials.items():
            file = release.folder / AGGREGATES / f"{name}.parquet"
            state = file.stat()
            partial.replace(file)
            new_files[state.st_dev, state.st_ino] = file
        shutil.rmtree(release.folder / AGGREGATES / AUDIENCES, ignore_errors=True)
        changed += [f"{name} of release {release.release_id}" for name in partials]
    return changed


def _changed(
    connection: "DuckDBPyConnection",
    file: Path,
    release: KeptRelease,
    query_of: Callable[[str], str | None],
    new_files: dict[tuple[int, int], Path],
) -> Path | None:
    """Write a table as it is to be beside the old one; None if it stays as it is."""
    state = file.stat()
    partial = file.with_name(f".{file.name}.partial")
    partial.unlink(missing_ok=True)
    if (same := new_files.get((state.st_dev, state.st_ino))) is not None:
        link_or_copy(same, partial)
        return partial
    query = query_of(parquet.source(file))
    if query is None:
        return None
    connection.execute(
        f"copy ({query}) to {sql_text(partial)} "
        + parquet.copy_options(
            connection, f"kv_metadata {{{RELEASE_KEY}: {sql_text(release.release_id)}}}"
        )
    )
    seal(partial)
    with partial.open("rb") as stream:
        os.fsync(stream.fileno())
    return partial


def _without_values(connection: "DuckDBPyConnection", source: str, values: Values) -> str | None:
    """Give the query of a table without some values; None if it has none of them."""
    replaced = []
    for name, kind, *_ in connection.execute(f"describe select * from {source}").fetchall():
        column = sql_name(name)
        if kind == "VARCHAR":
            texts = connection.execute(
                f"select distinct {column} from {source} where {column} is not null"
            ).fetchall()
            cases = " ".join(
                f"when {sql_text(text)} then {sql_text(values.taken_out_of(text))}"
                for (text,) in texts
                if values.is_in(text)
            )
            if cases:
                replaced.append(f"case {column} {cases} else {column} end as {column}")
        elif kind.startswith(NUMBERS):
            has = f"{column}::double in (select value from own_numbers)"
            if connection.execute(f"select 1 from {source} where {has} limit 1").fetchall():
                replaced.append(f"case when not ({has}) then {column} end as {column}")
    return f"select * replace ({', '.join(replaced)}) from {source}" if replaced else None


def _note_changed(release: KeptRelease, partials: dict[str, Path], mark: str) -> None:
    """Let the manifest of a release say what its tables hold, and which ones were changed."""
    manifest: dict[str, Any] = release.manifest
    for table in manifest["tables"]:
        if table["name"] in partials:
            table["content"] = describe_content(partials[table["name"]])[0]
    manifest[mark] = sorted({*manifest.get(mark, []), *partials})
    write_whole(release.folder / MANIFEST, json.dumps(manifest, indent=2) + "\n", sealed=True)
