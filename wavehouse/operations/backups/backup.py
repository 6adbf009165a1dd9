"""Back up a project: a picture of it goes to a repository of restic, and is read back."""

import json
import socket
import time
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from wavehouse import __version__
from wavehouse.errors import ProblemsError, WavehouseError
from wavehouse.escapes import terminal_text
from wavehouse.locks import only_one
from wavehouse.operations.backups.backup_contents import (
    DELIVERED,
    FORMAT,
    LIST,
    PROJECT,
    RELEASE,
    part_of,
    sums_of,
)
from wavehouse.operations.backups.backup_state import (
    failure_noted,
    note_backups,
    now,
    read_backups,
)
from wavehouse.operations.backups.keeping import forget_old
from wavehouse.operations.backups.repository import open_repository, prepare, read_list
from wavehouse.operations.backups.restic import Restic, Snapshot, refuse_old_restic
from wavehouse.operations.backups.restored_files import damaged_tables
from wavehouse.operations.backups.staging import Picture, picture_of
from wavehouse.operations.run_history.run_files import operations_folder
from wavehouse.operations.run_history.runs import recorded, step
from wavehouse.people.releases_of_people import MARK
from wavehouse.project import Project
from wavehouse.publishing.as_of import readable_size
from wavehouse.publishing.history import kept_releases
from wavehouse.publishing.releases import counting_release
from wavehouse.writing import explained

# With each backup a share of the repository is read; after so many, all of it was.
SHARES = 14


@dataclass(frozen=True)
class Made:
    """A backup that was made and verified.

    Args:
        facts: as `backups.json` has them.
        skipped: what is not in it, a line each.
        n_gone: how many snapshots were taken away.
    """

    facts: dict[str, Any]
    skipped: Sequence[str]
    n_gone: int

    def lines(self) -> list[str]:
        """Say what was backed up."""
        facts = self.facts
        size, added = readable_size(facts["n_bytes"]), readable_size(facts["added_bytes"])
        return [
            *(f"Not in the backup: {line}" for line in self.skipped),
            f"Backed up {facts['n_files']:,} files ({size}; {added} are new in the repository) as "
            f"{facts['backup_id']} in {facts['seconds']:.0f} s, and read it back.",
            f"{facts['n_kept']} backup{' is' if facts['n_kept'] == 1 else 's are'} kept"
            f"{f'; {self.n_gone} old parts went' if self.n_gone else ''}.",
        ]


def backup(project: Project, *, new_repository: bool = False, take_over: bool = False) -> Made:
    """Make a backup, verify it, and take old ones away.

    Others may build, publish and land meanwhile. Another backup is waited for.

    Args:
        project: the project.
        new_repository: begin a repository where there was one before.
        take_over: go on in a repository whose last backup was made by another machine.

    Raises:
        WavehouseError: there is no repository, no password or no restic, the disk is full, the
            repository is damaged, or the like; earlier backups are as they were.
        ProblemsError: `operations.yml` or `releases.yml` is not as it should be; or the backup was
            made, and files of releases are damaged.
    """
    refuse_old_restic()
    lock = operations_folder(project) / ".backup.lock"
    with (
        explained(project.warehouse),
        recorded(project, "backup") as run,
        only_one(lock, "backup") as handle,
        failure_noted(project),
    ):
        settings, restic = open_repository(project)
        restic = replace(restic, holding=[handle])
        repository_id, there = prepare(project, restic, new_repository, take_over)
        started = time.monotonic()
        begun = datetime.now(UTC)
        with picture_of(project) as picture:
            with step("write"):
                added, damaged = _write(project, restic, picture, there, begun)
            facts = _facts(picture, _id(begun), _number(there))
        with step("verify"):
            _verify(project, restic)
        verified_at = now()
        with step("forget old ones"):
            gone, kept = forget_old(project, settings, restic, facts["backup_id"])
        facts |= {
            "ended_at": now(),
            "seconds": round(time.monotonic() - started, 1),
            "added_bytes": added,
            "verified_at": verified_at,
            "n_kept": kept,
        }
        run.note(release_id=facts["release"], details=facts)
        note_backups(
            project,
            repository_id=repository_id,
            repository=restic.name,
            n_backups=read_backups(project).get("n_backups", 0) + 1,
            last=facts,
            failed=None,
        )
        if damaged:
            raise ProblemsError(
                f"The backup {facts['backup_id']} was made. These files never change, and did: "
                "they are damaged, and not in it as they are. Backups before have them whole; see "
                "docs/guide/runbook.md, release_damaged:",
                damaged,
            )
    return Made(facts, picture.skipped, gone)


def backup_and_tell(
    project: Project, *, new_repository: bool = False, take_over: bool = False
) -> None:
    """Make a backup, and say what was backed up. Takes and raises what `backup` does."""
    made = backup(project, new_repository=new_repository, take_over=take_over)
    for line in made.lines():
        print(terminal_text(line))


def _write(
    project: Project,
    restic: Restic,
    picture: Picture,
    before: Sequence[Snapshot],
    begun: datetime,
) -> tuple[int, list[str]]:
    """Write all parts, that of the project last, so that a backup is there when all of it is.

    Returns:
        how many bytes are new in the repository, and which files are damaged.
    """
    backup_id = _id(begun)
    facts = _list(project, picture, begun)
    damaged = _set_damaged_aside(project, restic, picture, before, facts["files"])
    text = json.dumps(facts, indent=0)
    list_file = picture.place(PROJECT) / LIST
    list_file.write_text(text, encoding="utf-8")
    number = _number(before)
    own = {"project": project.name, "backup": backup_id, "number": str(number)}
    there = {each.tags["release"] for each in before if each.part == RELEASE}
    added = 0
    for release in picture.releases:
        # A release never changes, so it is written once.
        if release not in there:
            tags = {**own, "part": RELEASE, "release": release}
            added += restic.back_up(picture.place(RELEASE, release), tags)["data_added"]
    if picture.place(DELIVERED).is_dir():
        tags = {**own, "part": DELIVERED}
        added += restic.back_up(picture.place(DELIVERED), tags)["data_added"]
    changed = picture.changed()
    if changed:
        raise WavehouseError(
            f"No backup was made: {changed[0]} was written while it was read. Run the command "
            "again when nothing writes there."
        )
    summary = restic.back_up(picture.place(PROJECT), {**own, "part": PROJECT})
    read = restic.run("dump", summary["snapshot_id"], f"/{LIST}")
    if read != text:
        raise WavehouseError(
            f"The backup {backup_id} does not read as it was written. The repository, or the way "
            f"to it, is damaged: {restic.name}. Run the command again, or take another repository."
        )
    return int(added + summary["data_added"]), damaged


def _set_damaged_aside(
    project: Project,
    restic: Restic,
    picture: Picture,
    before: Sequence[Snapshot],
    files: dict[str, Any],
) -> list[str]:
    """Leave out of a backup what is damaged of releases and history; give the names of the files.

    Of a release that is in the repository already, the list names the file as it is there.
    """
    made = [each for each in before if each.part == PROJECT]
    known = read_list(restic, made[-1])["files"] if made else {}
    there = {each.tags["release"] for each in before if each.part == RELEASE}
    # Figures of erased people were taken out of these.
    changed = tuple(
        f"warehouse/history/{release.folder.name}/"
        for release in kept_releases(Project(picture.place(PROJECT)))
        if MARK in release.manifest
    )
    damaged = {
        each.path
        for each in picture.contents
        if each.is_immutable
        and not each.path.startswith(changed)
        and each.path.startswith("warehouse/")
        and each.path in known
        and files[each.path][:2] != known[each.path][:2]
    }
    tables = set(damaged_tables(project, known_whole=there)) & files.keys()
    # The published file may be the same one on the disk.
    sums = {files[path][0] for path in tables}
    damaged |= {path for path in files if path.startswith("warehouse/") and files[path][0] in sums}
    for path in damaged:
        part, release = part_of(path)
        if release in there and path in known:
            files[path] = known[path]
        else:
            (picture.place(part, release) / path).unlink()
            del files[path]
    return sorted(damaged)


def _list(project: Project, picture: Picture, begun: datetime) -> dict[str, Any]:
    """Give the list that a restore checks every file by."""
    files: dict[str, Any] = {}
    folders: dict[Path, list[str]] = {}
    for each in picture.contents:
        if not each.is_link:
            folders.setdefault(picture.place(each.part, each.release), []).append(each.path)
    for folder, paths in folders.items():
        files |= sums_of(folder, paths)
    return {
        "format": FORMAT,
        "backup": _id(begun),
        "made_at": begun.isoformat(timespec="seconds"),
        "made_on": socket.gethostname(),
        "project": project.name,
        "version": __version__,
        "release": counting_release_of(picture),
        "is_as_published": picture.is_as_published,
        "releases": picture.releases,
        "links": {
            each.path: str((picture.place(each.part, each.release) / each.path).readlink())
            for each in picture.contents
            if each.is_link
        },
        "files": files,
    }


def _number(before: Sequence[Snapshot]) -> int:
    """Give the number of the backup that follows on those of some snapshots."""
    return max((each.number for each in before), default=0) + 1


def _id(begun: datetime) -> str:
    return f"{begun:%Y%m%dT%H%M%S%f}Z"


def counting_release_of(picture: Picture) -> str | None:
    """Give the id of the release that counts in a picture; None if there is none."""
    return counting_release(Project(picture.place(PROJECT)))


def _facts(picture: Picture, backup_id: str, number: int) -> dict[str, Any]:
    files = [each for each in picture.contents if not each.is_link]
    # What several releases share is there once.
    sizes = {each.mark: each.state.st_size for each in files}
    return {
        "backup_id": backup_id,
        "number": number,
        "release": counting_release_of(picture),
        "n_files": len(files),
        "n_bytes": sum(sizes.values()),
    }


def _verify(project: Project, restic: Restic) -> None:
    """Let restic check the repository, and read the share whose turn it is."""
    share = read_backups(project).get("n_backups", 0) % SHARES + 1
    restic.run("check", f"--read-data-subset={share}/{SHARES}")
