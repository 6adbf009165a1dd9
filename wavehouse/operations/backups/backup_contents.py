"""What a backup holds: which files of a project, in which part, and the list of all of them.

A backup has parts, since rows of people may not be kept as long as the rest:

    project    what has no row of people: codebook, models, settings, aggregates, run history
    delivered  rows of people as they came: landed waves, wave files, and all that is not known
    release    rows of people of one release, and its database; a snapshot for each release
"""

import os
import stat
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import Any

from wavehouse.audiences.keys import keys_folder
from wavehouse.checksums import sha256_of
from wavehouse.operations.run_history.run_files import MARK, runs_folder
from wavehouse.project import Project
from wavehouse.publishing.releases import LINKS

PROJECT, DELIVERED, RELEASE = "project", "delivered", "release"
LIST = "wavehouse-backup.json"
FORMAT = 1
# Made again by a command, or of this machine only. Keys are apart from what they open.
LEFT_OUT = frozenset(
    {
        *(".git", ".venv", ".venv.removed", ".venv.lock", "target", "logs", "dbt_packages"),
        *("build", "keys", ".user.yml"),
    }
)
LEFT_OUT_ANYWHERE = frozenset(
    {"__pycache__", ".pytest_cache", ".ruff_cache", ".hypothesis", ".DS_Store"}
)
# Of the warehouse: docs, pages, exports and the like are written from these.
WAREHOUSE = frozenset({"releases", "history", "operations", "current", *LINKS})
# Folders of code and texts. What lies elsewhere may be a file of answers, so it counts as such.
WITHOUT_PEOPLE = frozenset(
    {
        *("analyses", "docs", "drafts", "macros", "models", "scripts", "seeds", "snapshots"),
        *("tests", "vendor", "wavehouse", "wavehouse_exchange", ".ci", ".github", ".wavehouse"),
    }
)
TEXTS = frozenset({"", ".cfg", ".ini", ".lock", ".md", ".sh", ".toml", ".txt", ".yaml", ".yml"})
# In .wavehouse: what commands changed or took away, waves among it.
KEPT_BY_COMMANDS = ".wavehouse"


@dataclass(frozen=True)
class Found:
    """A file or link of the project, as it was when it was looked at.

    Args:
        path: where it is in a restored project, from the top.
        source: where it is now.
        part: the part of the backup that it is of.
        release: the id of the release, in the part `release`.
        state: what the system says of it.
    """

    path: str
    source: Path
    part: str
    release: str
    state: os.stat_result

    @property
    def is_link(self) -> bool:
        """Whether it is a symbolic link."""
        return stat.S_ISLNK(self.state.st_mode)

    @property
    def is_immutable(self) -> bool:
        """Whether it is replaced by whoever changes it, never written again where it lies."""
        return self.path.startswith(("landing/", "warehouse/releases/", "warehouse/history/"))

    @property
    def mark(self) -> tuple[int, int, int]:
        """What is another one when the file was changed."""
        return self.state.st_ino, self.state.st_size, self.state.st_mtime_ns


def find_contents(project: Project) -> tuple[list[Found], list[str]]:
    """Give all that a backup holds, and a line for each thing that it cannot hold.

    Raises:
        OSError: a file went or cannot be looked at.
    """
    found: list[Found] = []
    skipped: list[str] = []
    own = project.root / "landing"
    if own.is_dir() and own.resolve() != project.landing.resolve():
        skipped.append(f"landing: WAVEHOUSE_LANDING names {project.landing}, which is taken.")
    # Runs that are not over, such as that of the backup, are not known on another machine.
    runs = "warehouse/operations/runs"
    unfinished = {f"{runs}/{path.stem}" for path in runs_folder(project).glob(f"*{MARK}")}
    keys = keys_folder(project)
    for path, source in _walk(project):
        # A backup outlives what is destroyed here, so it may not have what opens releases.
        if path.rpartition(".")[0] in unfinished or source.is_relative_to(keys):
            continue
        state = source.lstat()
        part, release = part_of(path)
        if stat.S_ISREG(state.st_mode):
            found.append(Found(path, source, part, release, state))
        elif not stat.S_ISLNK(state.st_mode):
            skipped.append(f"{path} is no file (a pipe, socket or device).")
        elif _leads_out(project, source):
            skipped.append(f"{path} is a link out of the project, to {source.readlink()}.")
        else:
            found.append(Found(path, source, part, release, state))
    return found, skipped + _waiting(project)


def _waiting(project: Project) -> list[str]:
    """Say which deliveries through the API wait for a person; they are in no backup."""
    from wavehouse_exchange.receiving.quarantine import Quarantine

    waiting = [each for each in Quarantine(project).all() if each.state == "accepted"]
    return [
        f"warehouse/quarantine/{each.delivery_id}: a delivery that waits (study {each.study_id}, "
        f"wave {each.wave_id}). Take it in with `wavehouse deliveries take {each.delivery_id}`; "
        "after a restore whoever sent it has to send it again."
        for each in waiting
    ]


def part_of(path: str) -> tuple[str, str]:
    """Say which part of a backup a file is of; for one of a release, also which release."""
    match PurePosixPath(path).parts:
        case ["warehouse", "releases", release, *_]:
            return RELEASE, release
        case ["warehouse", "history", folder, "microdata", *_]:
            return RELEASE, folder.removeprefix("release=")
        case ["warehouse", *_]:
            return PROJECT, ""
        case ["seeds", "waves", _, name] if name.endswith((".yml", ".yaml")):
            return PROJECT, ""
        case ["seeds", "waves", _, *_]:
            return DELIVERED, ""
        case [top] if PurePosixPath(top).suffix in TEXTS:
            return PROJECT, ""
        case [top, second, *_] if top in WITHOUT_PEOPLE:
            kept = top == KEPT_BY_COMMANDS and not second.startswith("codebook.")
            return (DELIVERED if kept else PROJECT), ""
    return DELIVERED, ""


def _walk(project: Project) -> Iterator[tuple[str, Path]]:
    """Give files and links of a project by their names, folders in order."""
    for place in sorted(project.root.iterdir()):
        name = place.name
        # The landing folder may lie elsewhere; it comes below, under the name that it has else.
        is_landing = name == "landing" or place.resolve() == project.landing.resolve()
        if name in LEFT_OUT or name.endswith(".egg-info") or is_landing:
            continue
        if name == "warehouse":
            for inner in sorted(WAREHOUSE):
                if os.path.lexists(place / inner):
                    yield from _below(place / inner, f"{name}/{inner}")
        elif name == ".wavehouse":
            for each in sorted(place.iterdir()):
                if each.name not in {"product", "lock"}:
                    yield from _below(each, f"{name}/{each.name}")
        else:
            yield from _below(place, name)
    if project.landing.is_dir():
        yield from _below(project.landing.resolve(), "landing")


def _below(place: Path, name: str) -> Iterator[tuple[str, Path]]:
    if place.is_symlink() or not place.is_dir():
        yield name, place
        return
    for inner in sorted(place.iterdir()):
        hidden = inner.name.startswith(".")
        # What commands are about to write or to remove, their locks, and downloads.
        if inner.name in LEFT_OUT_ANYWHERE or (
            hidden and name.split("/")[0] in {"landing", "warehouse"}
        ):
            continue
        yield from _below(inner, f"{name}/{inner.name}")


def _leads_out(project: Project, link: Path) -> bool:
    return not link.resolve().is_relative_to(project.root.resolve())


def sums_of(folder: Path, paths: list[str]) -> dict[str, list[Any]]:
    """Give sum, size and mode of files below a folder; what is one file on the disk is read once.

    Raises:
        OSError: one cannot be read.
    """
    known: dict[tuple[int, int], str] = {}
    sums: dict[str, list[Any]] = {}
    for path in paths:
        place = folder / path
        state = place.stat()
        key = (state.st_dev, state.st_ino)
        if key not in known:
            known[key] = sha256_of(place)
        sums[path] = [known[key], state.st_size, stat.S_IMODE(state.st_mode)]
    return sums
