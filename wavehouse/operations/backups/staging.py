"""A still picture of the project, for restic to read while others build, publish and land.

What is replaced by whoever changes it (releases, history, landed waves) gets a hard link: that
costs nothing, and the file stays although the project's own goes. The rest is copied, as it is
small. Locks are held only while the picture is taken.
"""

import os
import shutil
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from wavehouse.building.fingerprint import fingerprint
from wavehouse.errors import WavehouseError
from wavehouse.operations.backups.backup_contents import RELEASE, Found, find_contents
from wavehouse.project import Project
from wavehouse.publishing.history import NO_LINKS
from wavehouse.publishing.releases import published_manifest, publishing_lock

FOLDER = ".backup"
# A larger file is linked, and looked at again after it was read.
COPIED_BYTES = 16_000_000
ATTEMPTS, PAUSE = 10, 0.5
# Written at any time, and a whole file each.
AT_ANY_TIME = "warehouse/operations/"


@dataclass(frozen=True)
class Picture:
    """The project as it was at one moment.

    Args:
        folder: has a folder for each part, and in that of releases one for each release.
        contents: what is in it.
        skipped: what could not be taken, a line each.
        is_as_published: whether the release that counts was built from just these inputs.
    """

    folder: Path
    contents: Sequence[Found]
    skipped: Sequence[str]
    is_as_published: bool

    def place(self, part: str, release: str = "") -> Path:
        """Name the folder of a part, or of the part of a release."""
        return self.folder / part / release if part == RELEASE else self.folder / part

    @property
    def releases(self) -> list[str]:
        """The ids of releases of which there are rows of people."""
        return sorted({each.release for each in self.contents if each.part == RELEASE})

    def changed(self) -> list[str]:
        """Give the files that are linked, and were written where they lie since."""
        return [
            each.path
            for each in self.contents
            if not each.is_link
            # What was damaged was taken out.
            and (place := self.place(each.part, each.release) / each.path).exists()
            and place.stat().st_ino == each.state.st_ino
            and (place.stat().st_size, place.stat().st_mtime_ns) != each.mark[1:]
        ]


@contextmanager
def picture_of(project: Project) -> Iterator[Picture]:
    """Take a picture of the project, and remove it at the end of the block.

    Only for the holder of the lock of backups: what is found in its place is of a dead run.

    Raises:
        WavehouseError: files change all the time, so that no moment can be caught.
    """
    folder = project.warehouse / FOLDER
    _remove(folder)
    try:
        yield _take(project, folder)
    finally:
        _remove(folder)


def _take(project: Project, folder: Path) -> Picture:
    from wavehouse_exchange.onboarding.edits import alone

    what = ""
    for _ in range(ATTEMPTS):
        # No publish switches and no command changes the codebook meanwhile; landing is quick.
        with alone(project), publishing_lock(project):
            try:
                contents, skipped = find_contents(project)
                picture = Picture(folder, contents, skipped, _is_as_published(project))
                _fill(project, picture)
                again, _ = find_contents(project)
                what = _difference(contents, again)
                if not what:
                    return picture
            except FileNotFoundError as gone:
                what = str(gone.filename)
        _remove(folder)
        time.sleep(PAUSE)
    raise WavehouseError(
        f"No backup was made: {what} changes all the time. Run the command again when nothing "
        "writes there."
    )


def _is_as_published(project: Project) -> bool:
    published = published_manifest(project)
    return published is not None and published["fingerprint"] == fingerprint(project)


def _difference(before: Sequence[Found], after: Sequence[Found]) -> str:
    """Name a file that is another one now; nothing if all are the same."""
    marks = [
        {each.path: each.mark for each in side if not each.path.startswith(AT_ANY_TIME)}
        for side in (before, after)
    ]
    changed = {path for path, _ in marks[0].items() ^ marks[1].items()}
    return min(changed, default="")


def _fill(project: Project, picture: Picture) -> None:
    """Link or copy all files into the picture, each folder with its own mode and owner."""
    made: set[Path] = set()
    for each in picture.contents:
        top = picture.place(each.part, each.release)
        place = top / each.path
        _make_folders(project, top, place.parent, made)
        if each.is_link:
            place.symlink_to(each.source.readlink())
        elif each.is_immutable or each.state.st_size > COPIED_BYTES:
            _link(each, place)
        else:
            _copy(each, place)


def _make_folders(project: Project, top: Path, folder: Path, made: set[Path]) -> None:
    if folder in made:
        return
    if folder == top:
        folder.mkdir(parents=True, exist_ok=True)
    else:
        _make_folders(project, top, folder.parent, made)
        folder.mkdir(exist_ok=True)
        name = folder.relative_to(top)
        within = name.parts[0] == "landing"
        like = project.landing / name.relative_to("landing") if within else project.root / name
        if like.is_dir():
            shutil.copystat(like, folder)
            _give(folder, like.stat())
    made.add(folder)


def _link(each: Found, place: Path) -> None:
    try:
        os.link(each.source, place)
    except OSError as error:
        if error.errno not in NO_LINKS:
            raise
        _copy(each, place)


def _copy(each: Found, place: Path) -> None:
    shutil.copy2(each.source, place)
    _give(place, each.state)


def _give(place: Path, state: os.stat_result) -> None:
    """Let a copy belong to whom the original does, where we may."""
    if os.geteuid() == 0:
        os.chown(place, state.st_uid, state.st_gid)


def _remove(folder: Path) -> None:
    """Remove a picture; files are links to those of the project, which stay."""
    if folder.exists():
        shutil.rmtree(folder)
