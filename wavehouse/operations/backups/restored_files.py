"""The files of a restored project: each is the one that was backed up, and is there once."""

import os
from collections.abc import Collection
from pathlib import Path
from typing import Any

from wavehouse.encryption import parquet
from wavehouse.encryption.key import secret
from wavehouse.errors import ProblemsError, WavehouseError
from wavehouse.operations.backups.backup_contents import sums_of
from wavehouse.project import Project
from wavehouse.publishing.history import NO_LINKS, describe_content, kept_releases

# So many faults are listed one by one.
LISTED = 20


def check_files(project: Project, facts: dict[str, Any]) -> int:
    """Compare every file with the list, and the history with what it says of itself.

    Raises:
        ProblemsError: a file is missing, is another one, or is not in the list.
    """
    wanted = facts["files"]
    there = {
        path.relative_to(project.root).as_posix()
        for path in project.root.rglob("*")
        if path.is_file() and not path.is_symlink()
    }
    problems = [f"{path} is missing." for path in sorted(wanted.keys() - there)]
    problems += [
        f"{path} is not in the list of the backup." for path in sorted(there - set(wanted))
    ]
    both = sorted(wanted.keys() & there)
    for path, (total, size, mode) in sums_of(project.root, both).items():
        if [total, size] != wanted[path][:2]:
            problems.append(f"{path} is another file than the one that was backed up.")
        elif mode != wanted[path][2]:
            (project.root / path).chmod(wanted[path][2])
    problems += [
        f"{path} was damaged before it was backed up: its content is not what the manifest of its "
        "release says."
        for path in damaged_tables(project)
    ]
    if problems:
        more = len(problems) - LISTED
        raise ProblemsError(
            f"Backup {facts['backup']} is not whole, so nothing was restored. Try an earlier one "
            "(--at, --snapshot):",
            problems[:LISTED] + ([f"and {more} more."] if more > 0 else []),
        )
    return len(both)


def damaged_tables(project: Project, known_whole: Collection[str] = ()) -> list[str]:
    """Give the tables of the history whose content is not what the manifest of their release says.

    What is encrypted is left out where there is no key: nobody can tell.

    Args:
        project: the project.
        known_whole: ids of releases that need not be looked at.
    """
    import duckdb

    try:
        has_key = secret() is not None
    except WavehouseError:
        has_key = False
    known: dict[tuple[int, int], str] = {}
    damaged = []
    for release in kept_releases(project):
        if release.release_id in known_whole:
            continue
        for table in release.manifest["tables"]:
            file = release.table(table["name"])
            if file is None or "content" not in table:
                continue
            if not has_key and parquet.is_encrypted(file):
                continue
            state = file.stat()
            key = (state.st_dev, state.st_ino)
            if key not in known:
                try:
                    known[key] = describe_content(file)[0]
                except (WavehouseError, OSError, duckdb.Error):
                    # It is no Parquet file any more.
                    known[key] = ""
            if known[key] != table["content"]:
                damaged.append(project.relative(file))
    return damaged


def link_again(project: Project, facts: dict[str, Any]) -> None:
    """Let files of releases and history that are the same be one on the disk, as they were."""
    first: dict[tuple[str, int], Path] = {}
    for path, (total, _, mode) in sorted(facts["files"].items()):
        if not path.startswith(("warehouse/releases/", "warehouse/history/")):
            continue
        if not path.endswith(".parquet"):
            continue
        place = project.root / path
        other = first.setdefault((total, mode), place)
        if other is not place and not other.samefile(place):
            link = place.with_name(f".{place.name}.link")
            try:
                os.link(other, link)
            except OSError as error:
                if error.errno not in NO_LINKS:
                    raise
                # A file system without links has them apart, as publishing there has.
                return
            link.replace(place)
