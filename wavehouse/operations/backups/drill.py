"""A drill: restore a backup beside the project, build it again, and compare the numbers."""

import os
import shutil
import subprocess
import sys
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from wavehouse.changes.diff import columns_of, difference, has_measures
from wavehouse.changes.diff_report import in_short
from wavehouse.encryption import parquet
from wavehouse.encryption.databases import connect
from wavehouse.errors import WavehouseError
from wavehouse.locks import only_one
from wavehouse.operations.backups.backup_contents import PROJECT
from wavehouse.operations.backups.backup_state import note_backups, now
from wavehouse.operations.backups.repository import open_repository, read_list
from wavehouse.operations.backups.restic import Restic, Snapshot, refuse_old_restic
from wavehouse.operations.backups.restore import Restored, choose, restore
from wavehouse.operations.run_history.run_files import operations_folder
from wavehouse.operations.run_history.runs import recorded, step
from wavehouse.processes import ended_with_us
from wavehouse.project import Project
from wavehouse.publishing.history import find_release
from wavehouse.writing import explained

FOLDER = "drill"
# Tables that say of a release or of runs when they were, so no two builds have the same.
OF_THEIR_TIME = ("fct_revisions",)
OF_RUNS = "ops_"
# Where the restored project has its files, and not where ours has.
NOT_INHERITED = ("WAVEHOUSE_DATABASE", "WAVEHOUSE_LANDING", "WAVEHOUSE_RUN")
LOG = "drill.log"
# Lines of the build that failed, in the message.
LAST_LINES = 15
# Backups that are looked at for one that was made right after a publish.
LOOKED_AT = 10


@dataclass(frozen=True)
class Drill:
    """What a drill found.

    Args:
        facts: as `backups.json` has them.
        lines: what to tell.
    """

    facts: dict[str, Any]
    lines: list[str]


def drill(project: Project, *, folder: Path | None = None) -> Drill:
    """Restore, check, build and compare; note the result, and leave nothing else.

    Args:
        project: the project whose backups are tried; it is not touched.
        folder: where to restore to; a folder of the project's `target` if left out.

    Raises:
        WavehouseError: the backup cannot be restored, does not build, or gives other numbers.
    """
    refuse_old_restic()
    lock = operations_folder(project) / ".drill.lock"
    started = time.monotonic()
    with explained(project.warehouse), recorded(project, "drill") as run, only_one(lock, "drill"):
        place = folder or project.target / FOLDER
        known: dict[str, Any] = {"passed": False}
        try:
            lines = _drill(project, place, known)
            known["passed"] = True
        except Exception as error:
            known["message"] = str(error)[:1000]
            raise
        finally:
            known |= {"ended_at": now(), "seconds": round(time.monotonic() - started, 1)}
            note_backups(project, drill=known)
            run.note(details=known)
    return Drill(known, lines)


def _drill(project: Project, place: Path, known: dict[str, Any]) -> list[str]:
    _, restic = open_repository(project)
    if place == project.target / FOLDER:
        # What a dead drill left.
        shutil.rmtree(place, ignore_errors=True)
    restic.run("unlock")
    chosen, is_as_published = _newest_as_published(restic)
    was_there = place.exists()
    with step("restore"):
        restored = restore(restic, place, snapshot=chosen.snapshot_id)
    try:
        known |= {"backup_id": restored.backup_id, "n_files": restored.n_files}
        lines = [
            f"Restored {restored.n_files:,} files of backup {restored.backup_id}; all have their "
            "checksums."
        ]
        return lines + _build_and_compare(project, restored, is_as_published, known)
    finally:
        shutil.rmtree(place, ignore_errors=True)
        if was_there:
            place.mkdir()


def _newest_as_published(restic: Restic) -> tuple[Snapshot, bool]:
    """Give the newest backup whose release was built from the inputs that it has, if one is near.

    Only of such a one a build has to give the numbers of its release.
    """
    made = [each for each in restic.snapshots() if each.part == PROJECT]
    latest = choose(made, None, None)
    for snapshot in made[: -LOOKED_AT - 1 : -1]:
        if read_list(restic, snapshot)["is_as_published"]:
            return snapshot, True
    return latest, False


def _build_and_compare(
    project: Project, restored: Restored, is_as_published: bool, known: dict[str, Any]
) -> list[str]:
    with step("build"):
        build = _build(restored.project)
    log = project.root / "logs" / LOG
    log.parent.mkdir(exist_ok=True)
    log.write_text(build.stdout, encoding="utf-8")
    if build.returncode != 0:
        last = "\n".join(build.stdout.splitlines()[-LAST_LINES:])
        raise WavehouseError(
            f"Backup {restored.backup_id} was restored and does not build. All that the build "
            f"said is in {project.relative(log)}; its last lines:\n{last}"
        )
    if not is_as_published:
        known["message"] = "not compared: the project was changed since its last publish"
        return [
            "It builds. Its numbers were not compared, since no recent backup was made right after "
            "a publish: the codebook, models or waves were changed in between."
        ]
    before = restored.facts["release"]
    with step("compare"):
        found = difference(restored.project, before, "current")
        others = _other_tables(restored.project, before)
    known |= {
        "n_compared": found.n_compared,
        "n_differing": len(found.differing) + len(others),
    }
    if not found.is_same or others:
        tables = f" Other tables that differ: {', '.join(others)}." if others else ""
        raise WavehouseError(
            f"Backup {restored.backup_id} was restored and builds, and gives other numbers than "
            f"the release in it: {in_short(found)}{tables} See {project.relative(log)}, and "
            "docs/guide/runbook.md, drill_failed."
        )
    return [
        f"It builds, and gives the numbers of release {before}: {found.n_compared:,} rows of "
        "estimates are the same, and all other tables too."
    ]


def _build(project: Project) -> "subprocess.CompletedProcess[str]":
    environment = {k: v for k, v in os.environ.items() if k not in NOT_INHERITED}
    # The installed program, whatever lies in the folder.
    words = [sys.executable, "-P", "-m", "wavehouse", "--project-dir", str(project.root)]
    with (
        subprocess.Popen(
            [*words, "build", "--force"],
            cwd=project.root,
            env=environment,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            encoding="utf-8",
            errors="replace",
        ) as process,
        ended_with_us(process),
    ):
        said, _ = process.communicate()
    return subprocess.CompletedProcess(process.args, process.returncode, said)


def _other_tables(project: Project, before: str) -> list[str]:
    """Give the tables that have no estimates and differ between a release and the new one.

    What has estimates was compared with a tolerance, as the last digit of a sum follows from the
    order in which it was added up.
    """
    first, second = (find_release(project, words) for words in (before, "current"))
    differing = []
    with connect() as connection:
        for table in first.manifest["tables"]:
            name = table["name"]
            if name in OF_THEIR_TIME or name.startswith(OF_RUNS):
                continue
            files = [release.table(name) for release in (first, second)]
            if None in files:
                differing.append(name)
                continue
            sources = [parquet.source(file) for file in files if file]
            if has_measures(columns_of(connection, sources[0])):
                continue
            sums = [
                connection.execute(
                    f"select count(*), sum(hash(each)::hugeint) from {source} as each"
                ).fetchall()
                for source in sources
            ]
            if sums[0] != sums[1]:
                differing.append(name)
    return differing
