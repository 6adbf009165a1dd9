"""Sizes: of databases and of what is published, what is free in them, and what is free on disks."""

import fcntl
import shutil
from dataclasses import dataclass
from pathlib import Path

from wavehouse.building.databases import LOCKED
from wavehouse.encryption import parquet
from wavehouse.encryption.databases import connect
from wavehouse.project import Project
from wavehouse.publishing.history import history_folder, size_on_disk


@dataclass(frozen=True)
class DiskSpace:
    """A disk that the project writes to.

    Args:
        folders: what of the project is on it.
        free: bytes that are free for this user.
        size: bytes in all.
    """

    folders: tuple[str, ...]
    free: int
    size: int


@dataclass(frozen=True)
class DatabaseSize:
    """A DuckDB file or a folder of published files.

    Args:
        name: `working` (what dbt builds into), `release` (what readers open), `history`.
        size: bytes on the disk; a file that several releases share counts once.
        unused: bytes within a DuckDB file that hold nothing and are filled first; None where that
            is not known, because another program has the file open or it is no such file.
    """

    name: str
    size: int
    unused: int | None = None


def disks(project: Project) -> list[DiskSpace]:
    """Give the disks of the project's folders, each once."""
    places = {
        "project": project.root,
        "warehouse": project.warehouse,
        "landing": project.landing,
        "target": project.working_database.parent,
    }
    found: dict[int, tuple[Path, list[str]]] = {}
    for name, folder in places.items():
        there = next((place for place in (folder, *folder.parents) if place.exists()), None)
        if there is not None:
            found.setdefault(there.stat().st_dev, (there, []))[1].append(name)
    spaces = []
    for there, names in found.values():
        usage = shutil.disk_usage(there)
        spaces.append(DiskSpace(tuple(names), usage.free, usage.total))
    return spaces


def database_sizes(project: Project) -> list[DatabaseSize]:
    """Give the sizes of the databases that are there."""
    working, release = project.working_database, project.warehouse / "wavehouse.duckdb"
    sizes = []
    if working.is_file():
        sizes.append(DatabaseSize("working", working.stat().st_size, _unused_by_builds(project)))
    if release.is_file():
        sizes.append(DatabaseSize("release", release.stat().st_size, _unused(release)))
    if history_folder(project).is_dir():
        sizes.append(DatabaseSize("history", size_on_disk([history_folder(project)])))
    return sizes


def _unused_by_builds(project: Project) -> int | None:
    """Look into the working database, but only while no build wants it: it would be refused."""
    lock = project.target / ".build.lock"
    try:
        with lock.open("r") as file:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
            return _unused(project.working_database)
    except OSError:
        return None


def _unused(path: Path) -> int | None:
    """Give the bytes of the free blocks of a DuckDB file."""
    import duckdb

    try:
        with connect(path, read_only=True) as connection:
            row = connection.execute(
                "select free_blocks * block_size from pragma_database_size()"
            ).fetchone()
    except duckdb.Error:
        return None
    return int(row[0]) if row else None


def release_damage(project: Project) -> str | None:
    """Say how the published release differs from what its manifest says; None if it does not.

    Each table of the database and each Parquet file is opened, and its rows are counted from what
    the files know of themselves: it takes a fraction of a second, and reads no rows. Whether each
    byte is as it was is what a drill looks at.
    """
    import duckdb

    from wavehouse.escapes import sql_name
    from wavehouse.publishing.releases import manifest_of

    current = project.warehouse / "current"
    if not current.is_symlink():
        return None
    if not current.exists():
        return f"warehouse/current leads to {current.readlink()}, which is not there."
    manifest = manifest_of(current)
    if manifest is None:
        return "warehouse/current/manifest.json is missing or cannot be read."
    folder = current.resolve()
    expected = {table["name"]: table["rows"] for table in manifest["tables"]}
    missing = [n for n in expected if not (folder / "parquet" / f"{n}.parquet").is_file()]
    if missing:
        return f"Parquet files are missing: {', '.join(sorted(missing)[:5])}."
    database, reading = folder / "wavehouse.duckdb", "wavehouse.duckdb"
    if not database.is_file():
        return "wavehouse.duckdb is missing."
    try:
        with connect(database, read_only=True) as connection:
            for name, rows in expected.items():
                file = f"{name}.parquet"
                rows_of_file = parquet.source(folder / "parquet" / file)
                tables = {"wavehouse.duckdb": f"marts.{sql_name(name)}", file: rows_of_file}
                for reading, table in tables.items():
                    counted = connection.execute(f"select count(*) from {table}").fetchone()
                    if counted != (rows,):
                        there = f"{counted[0]:,}" if counted else "no"
                        return f"{reading}: {name} has {there} rows; {rows:,} were published."
    except duckdb.Error as error:
        if LOCKED in str(error):
            # Somebody has opened it for writing, as only its owner can; the files are there.
            return None
        # What DuckDB says may quote what it met.
        return f"{reading} cannot be read ({type(error).__name__})."
    return None
