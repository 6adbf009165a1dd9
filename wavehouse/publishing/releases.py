"""The published warehouse on disk: whole releases, and one link that says which counts.

    warehouse/releases/<id>/    wavehouse.duckdb, parquet/, estimation.duckdb, audiences/,
                                manifest.json; read-only once there
    warehouse/current           link to the release that counts; all that a switch replaces
    warehouse/wavehouse.duckdb  link to current/wavehouse.duckdb, made once
    warehouse/parquet           link to current/parquet, made once
    warehouse/history/          earlier releases, as long as they are kept (`history.py`)

So the database and the Parquet files change in the same instant. A program that has an old file
open goes on reading it, because a file that is open outlives its name.
"""

import json
import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from wavehouse.errors import ProblemsError, WavehouseError
from wavehouse.locks import only_one
from wavehouse.project import Project

LINKS = {"wavehouse.duckdb": "current/wavehouse.duckdb", "parquet": "current/parquet"}
PARTIAL = ".partial"


def published_manifest(project: Project) -> dict[str, Any] | None:
    """Give the manifest of the published release; None if nothing whole is published."""
    whole = all((project.warehouse / name).exists() for name in LINKS)
    return manifest_of(project.warehouse / "current") if whole else None


def manifest_of(folder: Path) -> dict[str, Any] | None:
    """Give the manifest of a release by its folder; None if there is none that can be read."""
    try:
        manifest: dict[str, Any] = json.loads((folder / "manifest.json").read_text())
    except (OSError, ValueError):
        return None
    return manifest


@contextmanager
def refuse_older_release(database: str, readers: str) -> Iterator[None]:
    """Tell what to do if a table or column is missing while a published database is read.

    Args:
        database: what the message calls the database.
        readers: who reads the table or column, with the verb.

    Raises:
        WavehouseError: DuckDB knew no such table or column, so a version before this one made it.
    """
    import duckdb

    try:
        yield
    except (duckdb.CatalogException, duckdb.BinderException) as error:
        raise WavehouseError(
            f"{database} lacks a table or column that {readers}, so it is of an older version. "
            f"Run `make`. ({str(error).splitlines()[0]})"
        ) from error


def release_folder(project: Project) -> Path:
    """Give the folder of the published release, which never changes.

    `warehouse/current` leads elsewhere from one moment to the next; a program that opens
    several files one after the other opens them here, so all are of one release. It stays until the
    second publish from now.

    Raises:
        WavehouseError: nothing is published.
    """
    if published_manifest(project) is None:
        raise WavehouseError("Nothing is published yet. Run `make` first.")
    return (project.warehouse / "current").resolve()


def check_links(project: Project) -> None:
    """Make sure that publishing would not overwrite anything that it has not made.

    Raises:
        ProblemsError: something else stands where a link belongs.
    """
    problems = []
    for name, target in [*LINKS.items(), ("current", None)]:
        path = project.warehouse / name
        if path.is_symlink():
            if target is not None and str(path.readlink()) != target:
                problems.append(f"warehouse/{name} is a link to {path.readlink()}. Remove it.")
        elif path.exists():
            problems.append(
                f"warehouse/{name} was not made by publishing. Move it elsewhere if you need it."
            )
    if problems:
        raise ProblemsError("Nothing was published; something is in the way:", problems)


@contextmanager
def publishing_lock(project: Project) -> Iterator[None]:
    """Let one publish work at a time; another waits. The lock ends with its process."""
    with only_one(project.warehouse / ".publish.lock", "publish"):
        yield


def counting_release(project: Project) -> str | None:
    """Give the id of the release that counts; None if there is none yet."""
    current = project.warehouse / "current"
    return current.readlink().name if current.is_symlink() else None


@contextmanager
def new_release(project: Project, release_id: str) -> Iterator[Path]:
    """Give a folder to fill; switch to it if the block ends well, else leave no trace of it.

    Only for the holder of `publishing_lock`: unfinished folders found here are of dead runs, and so
    are releases that nobody ever switched to.
    """
    check_links(project)
    releases = project.warehouse / "releases"
    releases.mkdir(exist_ok=True)
    for folder in releases.iterdir():
        if folder.name.endswith(PARTIAL) or not _has_counted(folder, counting_release(project)):
            shutil.rmtree(folder)
    partial = releases / f".{release_id}{PARTIAL}"
    partial.mkdir()
    try:
        yield partial
        sync_tree(partial)
        seal(partial)
        partial.rename(releases / release_id)
        sync_to_disk(releases)
    finally:
        shutil.rmtree(partial, ignore_errors=True)
    # The fixed links first: they lead nowhere until `current` is there, so all appear at once.
    for name, target in LINKS.items():
        if not (project.warehouse / name).is_symlink():
            (project.warehouse / name).symlink_to(target)
    replace_link(project.warehouse / "current", f"releases/{release_id}")
    sync_to_disk(project.warehouse)


def _has_counted(folder: Path, counting: str | None) -> bool:
    """Tell whether a release is the one that counts, or one that did before.

    One that never did was made upon the one that counts. Before releases named the one that they
    were made upon, it was the one with a later name.
    """
    if counting is None:
        return False
    manifest = manifest_of(folder)
    if manifest is None or "previous" not in manifest:
        return folder.name <= counting
    return bool(manifest["previous"] != counting)


def remove_releases(project: Project, kept: set[str | None]) -> None:
    """Remove the folders of releases but for those of some ids. Their history is elsewhere.

    Only for the holder of `publishing_lock`.
    """
    for old in (project.warehouse / "releases").iterdir():
        if old.name not in kept:
            shutil.rmtree(old)


def seal(place: Path) -> None:
    """Let nobody write a file, or the files of a folder, that is published: not even its owner.

    Who may read is what the umask of the publisher says. Folders stay the owner's (and a group's,
    where the umask allows that) to replace and remove; others may not write them whatever it says.
    """
    for path in [*place.rglob("*"), place] if place.is_dir() else [place]:
        if not path.is_symlink():
            path.chmod(path.stat().st_mode & (~0o002 if path.is_dir() else ~0o222))


def replace_link(link: Path, target: str) -> None:
    """Make a link lead elsewhere, in one step."""
    temporary = link.with_name(f".{link.name}{PARTIAL}")
    temporary.unlink(missing_ok=True)
    temporary.symlink_to(target)
    temporary.replace(link)


def sync_tree(folder: Path) -> None:
    """Wait until a folder and all in it are on the disk."""
    for path in [*folder.rglob("*"), folder]:
        if not path.is_symlink():
            sync_to_disk(path)


def sync_to_disk(path: Path) -> None:
    """Wait until a file, or the names in a folder, are on the disk."""
    handle = os.open(path, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
