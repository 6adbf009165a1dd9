"""What must not come back: the list `warehouse/operations/forgotten.json`, replayed on a restore.

Backups are older than the wish to have something gone, so a restore would bring it back. An entry
says what it is, and may have more (who wished it, when and why), which is kept as it stands:

    {"path": "landing/panel/2031"}              a file or folder of the project
    {"path": "...", "sha256": "..."}            that file, as long as it has this content
    {"release": "20310301T061500123456Z"}       a release, with all of it
    {"release": "...", "part": "microdata"}     its rows of people alone

The list is empty until something is put on it.
"""

import json
import shutil
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from wavehouse.checksums import sha256_of
from wavehouse.errors import WavehouseError
from wavehouse.operations.run_history.run_files import operations_folder
from wavehouse.project import Project
from wavehouse.publishing.history import NAME, history_folder
from wavehouse.publishing.releases import LINKS
from wavehouse.publishing.retention import MICRODATA
from wavehouse.writing import write_whole

FILE = "forgotten.json"
Entry = dict[str, Any]


def read_forgotten(project: Project) -> list[Entry]:
    """Give the list of what must not come back; empty if there is none.

    Raises:
        WavehouseError: it cannot be read, so nobody knows what must not come back.
    """
    path = operations_folder(project) / FILE
    return parse_forgotten(path.read_bytes(), project.relative(path)) if path.exists() else []


def parse_forgotten(content: bytes, name: str) -> list[Entry]:
    """Read the list.

    Args:
        content: what the file holds.
        name: what messages call it.

    Raises:
        WavehouseError: it is no such list.
    """
    try:
        entries = json.loads(content)
    except ValueError as error:
        raise WavehouseError(f"{name} is no JSON: {error}. Take it from a backup.") from None
    for entry in entries if isinstance(entries, list) else [None]:
        if not isinstance(entry, dict) or not ({"path", "release"} & entry.keys()):
            raise WavehouseError(
                f"{name}: an entry has neither `path` nor `release`, so it is not clear what must "
                "not come back. Correct it."
            )
    return list(entries)


def forgotten_releases(project: Project) -> set[str]:
    """Give the ids of releases whose rows of people must not come back."""
    return {entry["release"] for entry in read_forgotten(project) if "release" in entry}


def replay(project: Project, more: Iterable[Entry] = ()) -> list[str]:
    """Remove from a restored project what must not come back; give a line for each thing removed.

    Args:
        project: the project, whose list is replayed.
        more: entries of a later list, such as that of a later backup; they become part of it.

    Raises:
        WavehouseError: the list cannot be read, or an entry leads out of the project.
    """
    entries = read_forgotten(project)
    entries += [entry for entry in more if entry not in entries]
    if not entries:
        return []
    text = json.dumps(entries, indent=2) + "\n"
    write_whole(operations_folder(project) / FILE, text)
    removed: list[str] = []
    for entry in entries:
        if "path" in entry:
            removed += _remove_path(project, entry)
        if "release" in entry:
            removed += _remove_release(project, entry)
    return removed


def _remove_path(project: Project, entry: Entry) -> list[str]:
    place = project.root / entry["path"]
    if not place.parent.resolve().is_relative_to(project.root.resolve()) or ".." in place.parts:
        raise WavehouseError(f"{FILE}: {entry['path']} leads out of the project. Correct it.")
    if not place.exists() and not place.is_symlink():
        return []
    if "sha256" in entry and (place.is_dir() or sha256_of(place) != entry["sha256"]):
        return []
    _remove(place)
    return [f"{entry['path']} (it must not come back)"]


def _remove_release(project: Project, entry: Entry) -> list[str]:
    """Remove a release, or its rows of people. One that counts is not whole then, so it goes."""
    name, only_people = entry["release"], entry.get("part") == MICRODATA
    kept = history_folder(project) / f"{NAME}{name}"
    live = project.warehouse / "releases" / name
    places = [live, kept / MICRODATA if only_people else kept]
    gone = [place for place in places if place.exists()]
    for place in gone:
        _remove(place)
    current = project.warehouse / "current"
    if current.is_symlink() and not current.exists():
        for link in (*LINKS, "current"):
            (project.warehouse / link).unlink(missing_ok=True)
    what = f"the {MICRODATA} of release {name}" if only_people else f"release {name}"
    return [f"{what} (it must not come back)"] if gone else []


def _remove(place: Path) -> None:
    if place.is_dir() and not place.is_symlink():
        shutil.rmtree(place)
    else:
        place.unlink()
