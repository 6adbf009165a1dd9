"""Put what a delivery changes into the project, and take it back where the build says no.

    .wavehouse/taking/taking.json    what is put in place: names, and checksums before and after
    .wavehouse/taking/before/...     files and landed waves as they were

The folder is there from before the first change until the build has passed, or all is taken back.
A run that finds it begins with that: whatever happened, the project is as it was before, or whole
with the delivery. What somebody changed in between is left as it is, and is named.
"""

import hashlib
import json
import os
import shutil
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from wavehouse.building.fingerprint import fingerprint
from wavehouse.checksums import sha256_of
from wavehouse.operations.daily_run.inbox import TAKEN, Delivery, outcome, remember_taken
from wavehouse.operations.daily_run.trial import Busy, Trial, state_of
from wavehouse.project import Project
from wavehouse.publishing.history import link_or_copy
from wavehouse.publishing.releases import published_manifest
from wavehouse.writing import copy_whole, explained, remove_left_by_the_dead, write_whole

NOTE = "taking.json"
BEFORE = "before"
LANDED = "landing/"


@dataclass
class Taking:
    """Deliveries that are put in place, and not yet judged by a build.

    Attributes:
        project: the project.
        places: the checksum before, and all that were put there since, the last one last, by the
            name of a file or of a landed wave; None where there is nothing.
        deliveries: study, wave and checksums of each delivery.
    """

    project: Project
    places: dict[str, tuple[str | None, list[str | None]]] = field(default_factory=dict)
    deliveries: list[dict[str, Any]] = field(default_factory=list)

    @property
    def folder(self) -> Path:
        """Where all of it is kept until it is judged."""
        return taking_folder(self.project)

    def put_in_place(
        self, delivery: Delivery, sums: Sequence[dict[str, str]], trial: Trial
    ) -> None:
        """Put what a delivery changes into the project.

        What is about to be replaced is kept, and written down, before anything is replaced.

        Raises:
            Busy: somebody changed one of these files since the delivery was tried.
        """
        from wavehouse_exchange.onboarding.edits import alone

        sources: dict[str, Path | None] = {name: trial.copy.root / name for name in trial.files}
        sources |= dict.fromkeys(trial.removed)
        with explained(self.folder), alone(self.project):
            changed = [
                name
                for name in sources
                if state_of(self.project.root / name) != trial.begun_with.get(name)
            ]
            if changed:
                raise Busy(f"{changed[0]} was changed while the delivery was tried.")
            if trial.landed:
                name = f"{LANDED}{delivery.study_id}/{delivery.wave_id}"
                sources[name] = trial.copy.landed_wave(delivery.study_id, delivery.wave_id)
            for name, source in sources.items():
                self._keep(name, source)
            said = {"study_id": delivery.study_id, "wave_id": delivery.wave_id, "files": [*sums]}
            self.deliveries.append(said)
            write_whole(
                self.folder / NOTE,
                json.dumps({"places": self.places, "deliveries": self.deliveries}, indent=2) + "\n",
            )
            for name, source in sources.items():
                _put(source, _place_of(self.project, name), is_wave=name.startswith(LANDED))

    def is_published(self) -> bool:
        """Whether the release that counts is of the project as it is, with the deliveries."""
        published = published_manifest(self.project)
        return published is not None and published["fingerprint"] == fingerprint(self.project)

    def remember(self) -> None:
        """Remember that all of its deliveries were taken."""
        for each in self.deliveries:
            delivery = Delivery(each["study_id"], each["wave_id"], ())
            remember_taken(self.project, delivery, each["files"], self.rows_of(delivery))

    def settle(self) -> None:
        """Let what was put in place stay."""
        if self.folder.is_dir():
            _remove(self.folder)

    def take_back(self) -> list[str]:
        """Make the project what it was before; give a line for each file that is not, and why."""
        from wavehouse_exchange.landing.land import clear_rest
        from wavehouse_exchange.onboarding.edits import alone

        left = []
        aside = self.folder.with_name("taking-left")
        with explained(self.folder), alone(self.project):
            for each in self.deliveries:
                # A landing that was killed between its two renames.
                clear_rest(self.project, each["study_id"], each["wave_id"])
            for name, (before, put) in reversed(self.places.items()):
                place = _place_of(self.project, name)
                remove_left_by_the_dead(place)
                now = _sum(place)
                if now == before:
                    continue
                # Of several deliveries, one may have been put there and the next one not yet.
                if now not in put:
                    left.append(
                        f"{self.project.relative(place)} was changed while a delivery was tried, "
                        "and is left as it is. What it was before is in "
                        f"{self.project.relative(aside)}/{name}: compare them."
                    )
                    continue
                kept = self.folder / BEFORE / name if before is not None else None
                _put(kept, place, is_wave=name.startswith(LANDED))
            if left and (self.folder / BEFORE).is_dir():
                shutil.rmtree(aside, ignore_errors=True)
                shutil.copytree(self.folder / BEFORE, aside)
            self.settle()
        return left

    def rows_of(self, delivery: Delivery) -> dict[str, dict[str, str | None]]:
        """Give where the rows of a delivery are, with checksums before and after."""
        names = (
            f"{LANDED}{delivery.study_id}/{delivery.wave_id}",
            f"seeds/waves/{delivery.study_id}/{delivery.study_id}_{delivery.wave_id}.csv",
        )
        return {
            name: {"before": self.places[name][0], "after": self.places[name][1][-1]}
            for name in names
            if name in self.places
        }

    def _keep(self, name: str, source: Path | None) -> None:
        """Keep what is there before the first delivery that changes it."""
        place = _place_of(self.project, name)
        if name not in self.places:
            before = _sum(place)
            if before is not None:
                _copy(place, self.folder / BEFORE / name)
            self.places[name] = (before, [])
        self.places[name][1].append(_sum(source) if source else None)


def taking_folder(project: Project) -> Path:
    """Give the folder that is there while deliveries are put in place and not yet judged."""
    return project.root / ".wavehouse" / "taking"


def finish_last(project: Project) -> list[str]:
    """Finish what a run that was killed had begun; give what to tell of it.

    Raises:
        OSError: what it left cannot be read.
    """
    folder = taking_folder(project)
    shutil.rmtree(_removed(folder), ignore_errors=True)
    if not folder.is_dir():
        return []
    try:
        said = json.loads((folder / NOTE).read_text("utf-8"))
    except FileNotFoundError:
        # Killed before anything was put in place.
        _remove(folder)
        return []
    places = {name: (before, put) for name, (before, put) in said["places"].items()}
    taking = Taking(project, places, said["deliveries"])
    if taking.is_published():
        taking.remember()
        taking.settle()
        return []
    if all(_is_taken(project, each) for each in taking.deliveries):
        taking.settle()
        return []
    names = ", ".join(f"{each['study_id']} {each['wave_id']}" for each in taking.deliveries)
    return [
        f"A run was killed while it tried {names}. That is taken back, and is tried again where "
        "the files are still in the inbox.",
        *taking.take_back(),
    ]


def has_gone(project: Project, taken: dict[str, Any]) -> bool:
    """Whether the project lost the rows of a delivery that was taken: they are as before it.

    Rows that somebody replaced since are others, and not lost.
    """
    return any(
        (now := _sum(_place_of(project, name))) != sums["after"] and now == sums["before"]
        for name, sums in taken.get("rows", {}).items()
    )


def _is_taken(project: Project, said: dict[str, Any]) -> bool:
    known = outcome(project, Delivery(said["study_id"], said["wave_id"], ()), TAKEN)
    return known is not None and known["files"] == said["files"]


def _put(source: Path | None, place: Path, *, is_wave: bool) -> None:
    """Put a file or a landed wave in place, or take it away where there is no source."""
    from wavehouse_exchange.landing.land import PARTIAL, put_in_place

    if source is None and is_wave:
        # By a name that the next landing clears, should this be killed.
        _remove(place, place.with_name(f".{place.name}{PARTIAL}removed"))
    elif source is None:
        place.unlink(missing_ok=True)
    elif is_wave:
        partial = place.with_name(f".{place.name}{PARTIAL}{os.getpid()}")
        shutil.rmtree(partial, ignore_errors=True)
        _copy(source, partial)
        put_in_place(partial, place)
    else:
        copy_whole(source, place)
    for folder in (place.parent, place.parent.parent):
        if folder.is_dir() and not any(folder.iterdir()):
            folder.rmdir()


def _copy(source: Path, place: Path) -> None:
    """Copy a file, or a folder with its files; links do, since nobody writes into such files."""
    place.parent.mkdir(parents=True, exist_ok=True)
    if source.is_dir():
        shutil.copytree(source, place, copy_function=link_or_copy)
    else:
        copy_whole(source, place)


def _place_of(project: Project, name: str) -> Path:
    is_wave = name.startswith(LANDED)
    return project.landing / name.removeprefix(LANDED) if is_wave else project.root / name


def _sum(path: Path) -> str | None:
    """Give a checksum of a file, or of names and contents in a folder; None of nothing."""
    if path.is_dir():
        names = sorted(each for each in path.rglob("*") if each.is_file())
        lines = [f"{each.relative_to(path).as_posix()} {sha256_of(each)}\n" for each in names]
        return hashlib.sha256("".join(lines).encode()).hexdigest()
    return sha256_of(path) if path.is_file() else None


def _remove(folder: Path, aside: Path | None = None) -> None:
    """Take a folder away in one step, and then from the disk."""
    aside = aside or _removed(folder)
    shutil.rmtree(aside, ignore_errors=True)
    if folder.exists():
        folder.rename(aside)
    shutil.rmtree(aside, ignore_errors=True)


def _removed(folder: Path) -> Path:
    return folder.with_name(f".{folder.name}.removed")
