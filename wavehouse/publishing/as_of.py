"""Read a release that is kept: a small database whose tables are views of its Parquet files."""

import os
from pathlib import Path

from wavehouse.encryption import parquet
from wavehouse.encryption.databases import connect
from wavehouse.errors import WavehouseError
from wavehouse.escapes import sql_name, sql_text
from wavehouse.project import Project
from wavehouse.publishing.history import KeptRelease, find_release, kept_releases, size_on_disk
from wavehouse.publishing.retention import PARTS
from wavehouse.reports import aligned
from wavehouse.writing import PARTIAL, explained

SCHEMA = "marts"
UNITS = ("B", "kB", "MB", "GB", "TB")


def write_as_of(project: Project, words: str, path: Path | None) -> tuple[Path, KeptRelease]:
    """Write a DuckDB file in which the schema `marts` is as it was published.

    The views name the files of the history by their whole path, so the file may lie anywhere, and
    fails to read once the release is removed.

    Args:
        project: the project.
        words: which release, as `find_release` takes it.
        path: the file; `warehouse/as_of/<release>.duckdb` if left out.

    Raises:
        WavehouseError: there is no such release, or something else stands at the path.
    """
    release = find_release(project, words)
    path = path or project.warehouse / "as_of" / f"{release.release_id}.duckdb"
    if path.exists() and not _is_ours(path):
        raise WavehouseError(
            f"{path} exists already and was not made by this command. Name another file."
        )
    partial = path.with_name(f".{path.name}.{os.getpid()}{PARTIAL}")
    with explained(path):
        path.parent.mkdir(parents=True, exist_ok=True)
        try:
            with connect(partial, is_plain=True) as connection:
                for statement in view_statements(release):
                    connection.execute(statement)
            partial.replace(path)
        finally:
            partial.unlink(missing_ok=True)
    return path, release


def view_statements(release: KeptRelease, schema: str = SCHEMA) -> list[str]:
    """Write the statements that make a release's tables readable in any DuckDB.

    Args:
        release: the release, in the history.
        schema: where the views go.
    """
    return [
        f"create schema if not exists {sql_name(schema)}",
        f"create or replace view main.wavehouse_release as "
        f"select {sql_text(release.release_id)} as release, "
        f"{sql_text(release.manifest['published_at'])} as published_at",
        *(
            f"create or replace view {sql_name(schema)}.{sql_name(file.stem)} as select * "
            f"from {parquet.source(file.resolve())}"
            for file in release.files()
        ),
    ]


def describe_releases(project: Project) -> str:
    """List the releases that are kept: when published, what is kept of each, and how large."""
    releases = kept_releases(project)
    if not releases:
        return "No release is kept yet. Run `make` first."
    rows = [("release", "published", "kept", "size", "freed by removing it", "")]
    rows += [
        (
            release.release_id,
            f"{release.published_at:%Y-%m-%d %H:%M}",
            " and ".join(release.parts),
            readable_size(release.size),
            "" if release.live else readable_size(release.own_size),
            release.live,
        )
        for release in reversed(releases)
    ]
    lines = aligned(rows)
    whole = size_on_disk(release.folder for release in releases)
    stood = sum(release.size for release in releases)
    number = f"{len(releases)} release{'' if len(releases) == 1 else 's'}"
    lines.append(
        f"{number}: {readable_size(whole)} on the disk, because equal files are stored once "
        f"({readable_size(stood)} otherwise). releases.yml says which releases stay; `wavehouse "
        "as-of RELEASE` opens one."
    )
    return "\n".join(lines)


def readable_size(size: float) -> str:
    """Write a number of bytes for readers."""
    unit = 0
    while size >= 1000 and unit < len(UNITS) - 1:
        size /= 1000
        unit += 1
    return f"{size:.0f} {UNITS[unit]}" if size >= 10 or unit == 0 else f"{size:.1f} {UNITS[unit]}"


def tell_as_of(project: Project, words: str, path: Path | None) -> str:
    """Write the views, and say where they are and what is not kept any more."""
    written, release = write_as_of(project, words, path)
    missing = [part for part in PARTS if part not in release.parts]
    lacks = f" It no longer has {' and '.join(missing)}." if missing else ""
    if any(map(parquet.is_encrypted, release.files())):
        lacks += (
            " Its tables are encrypted: whoever opens it runs the `pragma add_parquet_key` that "
            "`wavehouse encryption show --key` prints first."
        )
    return (
        f"Wrote {project.relative(written)}: the tables of {release.release_id}, published "
        f"{release.published_at:%Y-%m-%d %H:%M} UTC.{lacks}"
    )


def _is_ours(path: Path) -> bool:
    """Tell whether a file is one of views that this command wrote."""
    import duckdb

    try:
        with connect(path, read_only=True) as connection:
            return bool(
                connection.execute(
                    "select count(*) filter (view_name = 'wavehouse_release') = 1 "
                    "and (select count(*) from duckdb_tables()) = 0 "
                    "from duckdb_views() where not internal"
                ).fetchall()[0][0]
            )
    except duckdb.Error:
        return False
