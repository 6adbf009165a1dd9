"""Deliveries that wait in the inbox, and what became of those that were looked at.

    <inbox>/<study>/<wave>/<files>                                  put there by who delivers
    warehouse/operations/taken/<study>__<wave>.json                 what a run took last
    warehouse/operations/refused/<study>__<wave>.json               what a run refused, and why

The inbox is only read. A delivery is known by the checksums of its files, so the same files are
taken once, and refused once as long as the codebook is what it was.
"""

import json
import os
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cached_property
from pathlib import Path
from typing import Any

from wavehouse.checksums import sha256_of
from wavehouse.codebook.ids import complaint_about_file, judge_ids
from wavehouse.errors import ProblemsError
from wavehouse.operations.run_history.run_files import operations_folder
from wavehouse.project import Project
from wavehouse.writing import write_whole

# Names that programs give to files that they are still writing.
UNFINISHED = (".part", ".partial", ".tmp", ".filepart", ".crdownload")
TAKEN, REFUSED = "taken", "refused"


@dataclass(frozen=True)
class Delivery:
    """The files of a wave as they lie in the inbox.

    Attributes:
        study_id: the study, as the folder says.
        wave_id: the wave, likewise.
        files: its files, by name.
    """

    study_id: str
    wave_id: str
    files: tuple[Path, ...]

    def __str__(self) -> str:
        """Name it the way every message does."""
        return f"study {self.study_id}, wave {self.wave_id}"

    @cached_property
    def sums(self) -> list[dict[str, str]]:
        """Name and SHA-256 sum of each file, as it was when they were first asked for."""
        return [{"name": path.name, "sha256": sha256_of(path)} for path in self.files]


@dataclass(frozen=True)
class Inbox:
    """What lies in the inbox.

    Attributes:
        deliveries: those whose files are complete, by study and wave.
        arriving: those of which a file was changed only now, so that it may not be complete.
        problems: what does not belong there, each with what to do.
    """

    deliveries: list[Delivery]
    arriving: list[Delivery]
    problems: list[str]


def read_inbox(folder: Path, shown: str, settle_seconds: float, now: float) -> Inbox:
    """Look at what lies in the inbox.

    Args:
        folder: the inbox; it need not be there.
        shown: how messages call it.
        settle_seconds: a file that was changed less long ago may still be arriving.
        now: the time, in seconds since 1970.
    """
    found = Inbox([], [], [])
    for wave in _folders_of_waves(folder, shown, found.problems):
        study_id, wave_id = wave.parent.name, wave.name
        place = f"{shown}/{study_id}/{wave_id}"
        try:
            judge_ids(study_id, wave_id, f"{place}:")
        except ProblemsError as error:
            found.problems.append(" ".join(str(error).split()))
            continue
        wrong = list(_problems_of_files(wave, place))
        found.problems.extend(wrong)
        files = [path for path in _visible(wave) if path.is_file()]
        if files and not wrong:
            delivery = Delivery(study_id, wave_id, tuple(files))
            arriving = any(_arrives(path, settle_seconds, now) for path in files)
            (found.arriving if arriving else found.deliveries).append(delivery)
    return found


def _folders_of_waves(folder: Path, shown: str, problems: list[str]) -> Iterator[Path]:
    """Give the folders of waves, and note what stands beside them or above."""
    for study in _folders(folder, shown, "a study", "<study>/<wave>", problems):
        yield from _folders(study, f"{shown}/{study.name}", "a wave", "<wave>", problems)


def _folders(
    folder: Path, shown: str, of_what: str, below: str, problems: list[str]
) -> Iterator[Path]:
    for path in _visible(folder):
        if path.is_dir():
            yield path
        else:
            problems.append(
                f"{shown}/{path.name} is no folder of {of_what}. Put it into {shown}/{below}/."
            )


def _problems_of_files(wave: Path, place: str) -> Iterator[str]:
    """Give what cannot be a file of a delivery; the files beside it may not be all of it then."""
    for path in _visible(wave):
        shown = path.name.encode("utf-8", "replace").decode()
        if path.is_dir():
            yield f"{place}/{shown} is a folder. Put its files into {place}/."
        elif not path.is_file() or not os.access(path, os.R_OK):
            yield f"{place}/{shown} cannot be read. Give the account that runs this the right to."
        elif shown != path.name:
            yield f"{place}/{shown} has a name that is not UTF-8. Rename it."
        elif wrong := complaint_about_file(path.name):
            yield f"{place}/{shown} {wrong}."


def _arrives(path: Path, settle_seconds: float, now: float) -> bool:
    """Whether a file may not be complete yet. One from the future was changed by another clock."""
    try:
        changed = path.stat().st_mtime
    except OSError:
        return True
    return path.name.endswith(UNFINISHED) or 0 <= now - changed < settle_seconds


def outcome(project: Project, delivery: Delivery, kind: str) -> dict[str, Any] | None:
    """Give what is remembered of a wave's last delivery that was taken, or refused."""
    try:
        found: dict[str, Any] = json.loads(_place(project, delivery, kind).read_text("utf-8"))
    except (OSError, ValueError):
        return None
    return found


def remember_taken(
    project: Project,
    delivery: Delivery,
    sums: list[dict[str, str]],
    rows: dict[str, dict[str, str | None]],
) -> None:
    """Remember that a delivery was taken, and forget that one of the wave was refused.

    Args:
        project: the project.
        delivery: the delivery.
        sums: name and checksum of each of its files.
        rows: where the project has its rows, with their checksums before and after.
    """
    _remember(project, delivery, TAKEN, {"files": sums, "rows": rows, "taken_at": _now()})
    _place(project, delivery, REFUSED).unlink(missing_ok=True)


def remember_refused(
    project: Project,
    delivery: Delivery,
    sums: list[dict[str, str]],
    message: str,
    remedy: str,
    codebook: str,
) -> None:
    """Remember that a delivery was refused, why, what to do, and with which codebook."""
    said = {"message": message, "remedy": remedy, "codebook": codebook}
    _remember(project, delivery, REFUSED, {"files": sums, "refused_at": _now(), **said})


def forget_refused(project: Project, still_there: list[Delivery]) -> None:
    """Forget refusals of deliveries that are no longer in the inbox."""
    names = {_place(project, delivery, REFUSED) for delivery in still_there}
    for path in (operations_folder(project) / REFUSED).glob("*.json"):
        if path not in names:
            path.unlink(missing_ok=True)


def _remember(project: Project, delivery: Delivery, kind: str, said: dict[str, Any]) -> None:
    row = {"study_id": delivery.study_id, "wave_id": delivery.wave_id, **said}
    write_whole(_place(project, delivery, kind), json.dumps(row, indent=2) + "\n")


def _place(project: Project, delivery: Delivery, kind: str) -> Path:
    name = f"{delivery.study_id}__{delivery.wave_id}.json"
    return operations_folder(project) / kind / name


def _visible(folder: Path) -> Iterator[Path]:
    if folder.is_dir():
        yield from sorted(path for path in folder.iterdir() if not path.name.startswith("."))


def _now() -> str:
    return datetime.now(UTC).isoformat(timespec="seconds")
