"""Bring a project back from a backup, into an empty folder: all of it, checked, or nothing."""

import shutil
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from time import monotonic
from typing import Any

from wavehouse.encryption.key import is_unlocked, unlock
from wavehouse.errors import WavehouseError
from wavehouse.locks import only_one
from wavehouse.operations.backups.backup_contents import (
    DELIVERED,
    LIST,
    PROJECT,
    RELEASE,
    part_of,
)
from wavehouse.operations.backups.backup_state import note_backups, now
from wavehouse.operations.backups.replay import FILE as FORGOTTEN
from wavehouse.operations.backups.replay import Entry, parse_forgotten, replay
from wavehouse.operations.backups.repository import read_list
from wavehouse.operations.backups.restic import Restic, Snapshot, refuse_old_restic
from wavehouse.operations.backups.restored_files import check_files, link_again
from wavehouse.operations.run_history.runs import recorded
from wavehouse.people.erasure_list import FILE as ERASED
from wavehouse.people.erasure_list import ErasureList, parse_erased
from wavehouse.people.replayed import replay_erased
from wavehouse.project import Project
from wavehouse.publishing.as_of import readable_size
from wavehouse.publishing.history import last_moment
from wavehouse.publishing.releases import LINKS
from wavehouse.writing import explained

PARTIAL = ".wavehouse-restore.partial"
LOCK = ".wavehouse-restore.lock"


@dataclass(frozen=True)
class Restored:
    """A project that came out of a backup.

    Args:
        project: where it is.
        backup_id: the backup.
        made_at: when that was made.
        n_files: how many files were checked.
        facts: the list of the backup.
        lacks: what the backup does not have any more, and what must not come back; a line each.
    """

    project: Project
    backup_id: str
    made_at: str
    n_files: int
    facts: dict[str, Any]
    lacks: Sequence[str]

    def lines(self) -> list[str]:
        """Say what was restored, and what comes next."""
        return [
            f"Restored {self.n_files:,} files of backup {self.backup_id} to {self.project.root}. "
            "All have the checksums that they had.",
            *(f"Not restored: {line}" for line in self.lacks),
            "Next:",
            f"  cd {self.project.root}",
            "  make                    # sets up .venv, and builds what is not up to date",
            "Its git history and its keys are in no backup: bring them from where you keep them.",
        ]


def restore(
    restic: Restic, folder: Path, *, at: str | None = None, snapshot: str | None = None
) -> Restored:
    """Restore the last backup, or another one, to a folder that is empty or not there.

    Args:
        restic: the repository.
        folder: where to. It becomes a project only when all is there and checked.
        at: take the last backup that was made by then: a date (all of that day counts) or a time,
            of UTC if it does not say otherwise.
        snapshot: take this one: the id of a backup or the beginning of one, or restic's own.

    Raises:
        WavehouseError: the folder is not empty, there is no such backup, the disk has no room,
            restic failed, or people were erased and their key is not there; nothing is left then.
        ProblemsError: files do not have their checksums.
    """
    refuse_old_restic()
    started = monotonic()
    with explained(folder), _empty_folder(folder) as partial:
        snapshots = restic.snapshots()
        chosen = choose([each for each in snapshots if each.part == PROJECT], at, snapshot)
        facts = read_list(restic, chosen)
        lacks = _extract(restic, facts, chosen, snapshots, partial)
        project = Project(partial)
        # A drill has the key of its own project. Without one, checksums of the files have to do.
        is_first = not is_unlocked()
        if is_first:
            unlock(project)
        n_files = check_files(project, facts)
        link_again(project, facts)
        lacks += replay(project, _latest_forgotten(restic, snapshots))
        lacks += replay_erased(project, _latest_erased(restic, snapshots))
        note_backups(
            project,
            repository_id=restic.repository_id(),
            repository=restic.name,
            failed=None,
            last={
                "backup_id": facts["backup"],
                "release": facts["release"],
                "ended_at": facts["made_at"],
                "verified_at": facts["made_at"],
                "seconds": 0,
                "n_files": n_files,
                "n_bytes": sum(size for _, size, _ in facts["files"].values()),
                "added_bytes": 0,
                "n_kept": sum(each.part == PROJECT for each in snapshots),
            },
            restored={"at": now(), "backup_id": facts["backup"]},
        )
        _put_in_place(partial, folder)
    if is_first:
        unlock(Project(folder))
    with recorded(Project(folder), "restore") as run:
        # It has a place to be recorded in only now.
        run.note(
            details={
                "backup_id": facts["backup"],
                "n_files": n_files,
                "seconds": round(monotonic() - started, 1),
            }
        )
    return Restored(Project(folder), facts["backup"], facts["made_at"], n_files, facts, lacks)


def choose(made: Sequence[Snapshot], at: str | None, snapshot: str | None) -> Snapshot:
    """Choose a backup from the snapshots of projects, the last if nothing else is said.

    Raises:
        WavehouseError: there is none, or none of that time or name, or several.
    """
    if not made:
        raise WavehouseError(
            "The repository has no backup of Wavehouse. Name the one that `wavehouse backup` wrote "
            "to."
        )
    names = {each.tags.get("project") for each in made}
    if len(names) > 1:
        raise WavehouseError(f"The repository has backups of {', '.join(sorted(map(str, names)))}.")
    listed = ", ".join(each.backup_id for each in made[-5:])
    if snapshot:
        found = [
            each
            for each in made
            if each.backup_id.startswith(snapshot) or each.snapshot_id.startswith(snapshot)
        ]
        if len(found) != 1:
            raise WavehouseError(
                f"{len(found) or 'No'} backups are called {snapshot}. The last are {listed}."
            )
        return found[0]
    if at is None:
        return made[-1]
    moment = _moment(at)
    earlier = [each for each in made if each.time <= moment]
    if not earlier:
        raise WavehouseError(
            f"No backup that is kept was made by {at}: the earliest is {made[0].backup_id}."
        )
    return earlier[-1]


@contextmanager
def _empty_folder(folder: Path) -> Iterator[Path]:
    """Give a place within an empty folder; if the block fails, the folder is as it was."""
    was_there = folder.exists()
    ours = {PARTIAL, LOCK}
    if was_there and (not folder.is_dir() or {each.name for each in folder.iterdir()} - ours):
        raise WavehouseError(
            f"{folder} is there already and not empty. Name a new folder, or empty it: a restore "
            "overwrites nothing."
        )
    partial = folder / PARTIAL
    with only_one(folder / LOCK, "restore"):
        # The one that was waited for may have filled it; what a dead one left goes.
        if {each.name for each in folder.iterdir()} - ours:
            raise WavehouseError(f"{folder} was filled meanwhile. Name a new folder.")
        _remove(partial)
        partial.mkdir()
        try:
            yield partial
        finally:
            _remove(partial)
            (folder / LOCK).unlink()
            if not was_there and not any(folder.iterdir()):
                folder.rmdir()


def _extract(
    restic: Restic,
    facts: dict[str, Any],
    chosen: Snapshot,
    snapshots: Sequence[Snapshot],
    partial: Path,
) -> list[str]:
    """Let restic write the parts; leave out of the list, and tell, what is not kept any more."""
    parts: list[Snapshot] = [chosen]
    lacks = []
    delivered = [
        each for each in snapshots if (each.part, each.backup_id) == (DELIVERED, facts["backup"])
    ]
    parts += delivered
    releases = {
        each.tags["release"]: each
        for each in snapshots
        if each.part == RELEASE and each.tags["release"] in facts["releases"]
    }
    parts += releases.values()
    missing: dict[tuple[str, str], int] = {}
    for path in list(facts["files"]):
        part, release = part_of(path)
        kept = part == PROJECT or (delivered if part == DELIVERED else release in releases)
        if not kept:
            missing[part, release] = missing.get((part, release), 0) + 1
            del facts["files"][path]
    for (_, release), number in sorted(missing.items()):
        what = f"the microdata of release {release}" if release else "delivered rows of people"
        lacks.append(f"{what} ({number} files), which are not kept as long.")
    _refuse_small_disk(facts, partial)
    for snapshot in parts:
        words = ("restore", snapshot.snapshot_id, "--target", str(partial))
        live = f"warehouse/releases/{snapshot.tags.get('release')}/"
        # A release was live when it was written, and may not have been at the time of this backup.
        if snapshot.part == RELEASE and not any(path.startswith(live) for path in facts["files"]):
            words = (*words, "--exclude", "/warehouse/releases")
        restic.run(*words)
    (partial / LIST).unlink()
    return lacks + _unlink_unwhole(partial)


def _unlink_unwhole(partial: Path) -> list[str]:
    """Take the links of the warehouse away where the release that they lead to is not kept."""
    warehouse = partial / "warehouse"
    current = warehouse / "current"
    if not current.is_symlink() or (current / "wavehouse.duckdb").exists():
        return []
    for name in (*LINKS, "current"):
        (warehouse / name).unlink(missing_ok=True)
    return ["the published release; `wavehouse as-of` reads what the history has of it."]


def _refuse_small_disk(facts: dict[str, Any], partial: Path) -> None:
    needed = sum(size for _, size, _ in facts["files"].values())
    # Files that are one on the disk are so again in the end; restic writes those of a part once.
    least = sum({total: size for total, size, _ in facts["files"].values()}.values())
    free = shutil.disk_usage(partial).free
    if free < least:
        raise WavehouseError(
            f"{partial.parent} has {readable_size(free)} free, and the backup needs "
            f"{readable_size(least)} to {readable_size(needed)}. Make room, or name another folder."
        )


def _latest_forgotten(restic: Restic, snapshots: Sequence[Snapshot]) -> list[Entry]:
    """Give the list of what must not come back as the last backup has it, or any that can be read.

    An earlier backup that is restored may be older than the wish.
    """
    path = f"warehouse/operations/{FORGOTTEN}"
    content = _of_latest(restic, snapshots, path)
    return parse_forgotten(content, path) if content is not None else []


def _latest_erased(restic: Restic, snapshots: Sequence[Snapshot]) -> ErasureList:
    """Give the list of erased people as the last backup has it."""
    path = f"warehouse/operations/{ERASED}"
    content = _of_latest(restic, snapshots, path)
    return parse_erased(content, path) if content is not None else ErasureList()


def _of_latest(restic: Restic, snapshots: Sequence[Snapshot], path: str) -> bytes | None:
    """Give a file of the project as the last backup has it; None if it has none."""
    latest = [each for each in snapshots if each.part == PROJECT][-1]
    if path not in read_list(restic, latest)["files"]:
        return None
    return restic.run("dump", latest.snapshot_id, f"/{path}").encode()


def _put_in_place(partial: Path, folder: Path) -> None:
    """Move all up; the file that makes the folder a project comes last."""
    last = "dbt_project.yml"
    for path in sorted(partial.iterdir(), key=lambda each: each.name == last):
        path.rename(folder / path.name)


def _remove(folder: Path) -> None:
    if folder.exists():
        shutil.rmtree(folder)


def _moment(words: str) -> datetime:
    moment = last_moment(words)
    if moment is None:
        raise WavehouseError(
            f"{words!r} is no date or time. Write it as 2026-03-31 or 2026-03-31T06:15."
        )
    return moment
