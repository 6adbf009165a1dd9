"""The releases that stay: their tables as Parquet files, each content on the disk once.

    warehouse/history/release=<id>/manifest.json
    warehouse/history/release=<id>/aggregates/<table>.parquet
    warehouse/history/release=<id>/microdata/<table>.parquet    only as long as that part is kept
    warehouse/history/release=<id>/<part>/audiences/<audience>.duckdb    what an audience may read
    warehouse/history/release=<id>/microdata/estimation/        likewise: what questions need

A file is a hard link to that of the published release, or of an earlier one in the history whose
rows and columns are the same. So a file is gone from the disk when no release has it any more, and
nobody has to count. Folders appear and go in one step; DuckDB gives the release as a column when it
reads several (`hive_partitioning`).
"""

import errno
import hashlib
import json
import os
import shutil
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time
from pathlib import Path
from typing import Any, Protocol, TypeVar

from wavehouse.encryption import parquet
from wavehouse.encryption.convert import content_of
from wavehouse.encryption.databases import connect
from wavehouse.errors import WavehouseError
from wavehouse.escapes import sql_name, sql_text
from wavehouse.estimating.keeping import FILE
from wavehouse.project import Project
from wavehouse.publishing.releases import PARTIAL, counting_release, manifest_of, seal, sync_tree
from wavehouse.publishing.retention import AGGREGATES, MICRODATA, PARTS, read_retention

NAME = "release="
MANIFEST = "manifest.json"
AUDIENCES = "audiences"  # the folder of the files that audiences read
REMOVED = ".removed"
# The folder within microdata of what questions need.
ESTIMATION = "estimation"
# A table with such a column has rows of people.
OF_PEOPLE = frozenset({"respondent_key", "person_key"})
# What file systems say that have no links, or no more of them for a file.
NO_LINKS = (errno.EXDEV, errno.EPERM, errno.ENOTSUP, errno.EMLINK, errno.ENOSYS)
FOOTER = 8  # the last bytes of a Parquet file: the length of its footer, and a mark


@dataclass(frozen=True)
class KeptRelease:
    """A release in the history.

    Args:
        folder: where its files are.
        manifest: what is known of it.
        live: `current` if it is the one that counts, `previous` if it counted before; else empty.
    """

    folder: Path
    manifest: dict[str, Any]
    live: str = ""

    @property
    def release_id(self) -> str:
        """Its id, which begins with the time when it was published."""
        name: str = self.manifest["release"]
        return name

    @property
    def published_at(self) -> datetime:
        """When it was published."""
        return datetime.fromisoformat(self.manifest["published_at"])

    @property
    def parts(self) -> list[str]:
        """What is kept of it."""
        return [part for part in PARTS if (self.folder / part).is_dir()]

    @property
    def size(self) -> int:
        """Bytes of all of its files, wherever else they are used."""
        return sum(file.stat().st_size for file in self._all_files())

    @property
    def own_size(self) -> int:
        """Bytes that would be free if it were removed."""
        return sum(
            each.st_size for file in self._all_files() if (each := file.stat()).st_nlink == 1
        )

    def files(self) -> Iterator[Path]:
        """Give its Parquet files."""
        for part in self.parts:
            yield from sorted((self.folder / part).glob("*.parquet"))

    def files_of_audiences(self) -> Iterator[Path]:
        """Give the databases that audiences read of it."""
        for part in self.parts:
            yield from sorted((self.folder / part / AUDIENCES).glob("*.duckdb"))

    def _all_files(self) -> Iterator[Path]:
        yield from self.files()
        yield from self.files_of_audiences()
        yield from self.estimation().values()

    def estimation(self) -> dict[str, Path]:
        """Give the files that questions need, by table; none if they are not kept."""
        return {
            file.stem: file for file in (self.folder / MICRODATA / ESTIMATION).glob("*.parquet")
        }

    def table(self, name: str) -> Path | None:
        """Give the file of a table; None if there is none, or it is not kept."""
        found = (self.folder / part / f"{name}.parquet" for part in PARTS)
        return next((file for file in found if file.is_file()), None)


def history_folder(project: Project) -> Path:
    """Name the folder of the history, whether it is there or not."""
    return project.warehouse / "history"


def kept_releases(project: Project) -> list[KeptRelease]:
    """Give the releases in the history, the earliest first."""
    counting = counting_release(project)
    manifests = [
        (folder, manifest)
        for folder in history_folder(project).glob(f"{NAME}*")
        if (manifest := manifest_of(folder)) is not None
    ]
    before = next(
        (each.get("previous") for _, each in manifests if each["release"] == counting), None
    )
    live = {counting: "current", before: "previous"}
    return sorted(
        (
            KeptRelease(folder, manifest, live.get(manifest["release"], ""))
            for folder, manifest in manifests
        ),
        key=lambda release: (release.published_at, release.release_id),
    )


def find_release(project: Project, words: str) -> KeptRelease:
    """Give the release of an id, or the one that counted at a time.

    Args:
        project: the project.
        words: an id or the beginning of one; a date (all of that day counts) or a time, of UTC if
            it does not say otherwise; `current` or `previous`.

    Raises:
        WavehouseError: there is no such release in the history, or several.
    """
    releases = kept_releases(project)
    if not releases:
        raise WavehouseError("No release is kept yet. Run `make` first.")
    return release_named(releases, words, "`wavehouse releases` lists those that are kept")


class Dated(Protocol):
    """A release that can be chosen: its id, when it was published, and whether it is live."""

    @property
    def release_id(self) -> str:
        """Its id."""

    @property
    def published_at(self) -> datetime:
        """When it was published."""

    @property
    def live(self) -> str:
        """The word `current` or `previous`; empty for others."""


Each = TypeVar("Each", bound=Dated)


def release_named(releases: "Sequence[Each]", words: str, listed: str) -> "Each":
    """Choose a release by what a reader calls it.

    Args:
        releases: those there are, at least one, the earliest first.
        words: as `find_release` takes them.
        listed: says where all of them are listed.

    Raises:
        WavehouseError: there is no such release, or several.
    """
    for each in releases:
        if words and words in (each.release_id, each.live):
            return each
    found = [each for each in releases if words and each.release_id.startswith(words)]
    if len(found) == 1:
        return found[0]
    moment = last_moment(words)
    if moment is not None:
        earlier = [each for each in releases if each.published_at <= moment]
        if not earlier:
            raise WavehouseError(
                f"No release that is kept was published by {words}: the earliest is "
                f"{releases[0].release_id}. ({listed}.)"
            )
        return earlier[-1]
    number = f"{len(found)} releases have" if found else "No release has"
    raise WavehouseError(
        f"{number} this name: {words}. Give an id or the beginning of one, a date such as "
        f"2026-03-31, `current` or `previous`; {listed}."
    )


def add_to_history(project: Project) -> None:
    """Take all whole releases that stand in `warehouse/releases` into the history.

    Only for the holder of `publishing_lock`. Releases that were published before there was a
    history are taken over the same way, and so is one whose publish was killed after its switch.
    """
    history = history_folder(project)
    history.mkdir(exist_ok=True)
    _finish_removals(history)
    known = {
        (table["name"], table["content"]): file
        for release in kept_releases(project)
        for table in release.manifest["tables"]
        if (file := release.table(table["name"])) is not None
    } | {
        (name, total): file
        for release in kept_releases(project)
        for name, file in release.estimation().items()
        if (total := release.manifest.get("estimation", {}).get(name))
    }
    for folder in sorted((project.warehouse / "releases").glob("[!.]*")):
        manifest = manifest_of(folder)
        if manifest is not None and not (history / f"{NAME}{manifest['release']}").exists():
            _add(history, folder, manifest, known)


def _add(
    history: Path, release: Path, manifest: dict[str, Any], known: dict[tuple[str, str], Path]
) -> None:
    name = f"{NAME}{manifest['release']}"
    partial = history / f".{name}{PARTIAL}"
    shutil.rmtree(partial, ignore_errors=True)
    tables = []
    added = {}
    for table in manifest["tables"]:
        file = release / "parquet" / f"{table['name']}.parquet"
        content, columns = describe_content(file)
        of_people = table.get("part") == MICRODATA or OF_PEOPLE & columns
        part = MICRODATA if of_people else AGGREGATES
        place = partial / part / file.name
        place.parent.mkdir(parents=True, exist_ok=True)
        link_or_copy(known.get((table["name"], content), file), place)
        tables.append({**table, "part": part, "content": content})
        added[table["name"], content] = history / name / part / file.name
    _add_audiences(release, partial)
    asked = _add_estimation(release / FILE, partial / MICRODATA / ESTIMATION, known)
    manifest = {**manifest, "tables": tables, "estimation": asked}
    text = json.dumps(manifest, indent=2) + "\n"
    (partial / MANIFEST).write_text(text, encoding="utf-8")
    seal(partial)
    sync_tree(partial)
    partial.rename(history / name)
    kept = history / name / MICRODATA / ESTIMATION
    added |= {(key, total): kept / f"{key}.parquet" for key, total in asked.items()}
    known.update(added)


def _add_audiences(release: Path, partial: Path) -> None:
    """Let each part of a release in the history have the files that audiences read of it."""
    for part in PARTS:
        for file in (release / AUDIENCES / part).glob("*.duckdb"):
            place = partial / part / AUDIENCES / file.name
            place.parent.mkdir(parents=True, exist_ok=True)
            link_or_copy(file, place)


def _add_estimation(file: Path, folder: Path, known: dict[tuple[str, str], Path]) -> dict[str, str]:
    """Take what questions need over as Parquet files; give a sum of each table's content."""
    if not file.is_file():
        return {}
    folder.mkdir(parents=True)
    contents = {}
    with connect(file, read_only=True) as connection:
        for (name,) in connection.execute("select table_name from duckdb_tables()").fetchall():
            place = folder / f"{name}.parquet"
            connection.execute(
                f"copy {sql_name(name)} to {sql_text(place)} {parquet.copy_options(connection)}"
            )
            contents[name], _ = describe_content(place)
            if (same := known.get((name, contents[name]))) is not None:
                place.unlink()
                link_or_copy(same, place)
    return contents


def describe_content(file: Path) -> tuple[str, set[str]]:
    """Give a sum of the rows and columns of a Parquet file (SHA-256), and its columns' names.

    The footer, which names the release, does not count but for the columns and their types.
    """
    if parquet.is_encrypted(file):
        return _describe_encrypted(file)
    with connect() as connection:
        schema = connection.execute(
            "select name, type, converted_type::text, logical_type::text, num_children "
            f"from parquet_schema({sql_text(file)})"
        ).fetchall()
    total = hashlib.sha256(repr(schema).encode())
    left = file.stat().st_size - FOOTER
    with file.open("rb") as stream:
        stream.seek(left)
        left -= int.from_bytes(stream.read(FOOTER)[:4], "little")
        stream.seek(0)
        while left > 0:
            read = stream.read(min(left, 1 << 20))
            if not read:
                raise WavehouseError(f"{file} ends too early. Run `wavehouse build --force`.")
            total.update(read)
            left -= len(read)
    return total.hexdigest(), {row[0] for row in schema[1:]}


def _describe_encrypted(file: Path) -> tuple[str, set[str]]:
    """Do the same by the values: no two encryptions of equal rows have equal bytes."""
    with connect() as connection:
        columns, sums = content_of(connection, parquet.source(file))
    return hashlib.sha256(repr((columns, sums)).encode()).hexdigest(), {row[0] for row in columns}


def link_or_copy(file: str | Path, place: str | Path) -> None:
    """Put a file that nobody writes into at another place too, by a link where the disk can."""
    try:
        os.link(file, place)
    except OSError as error:
        if error.errno not in NO_LINKS:
            raise
        shutil.copy2(file, place)


def tidy_history(project: Project, *, is_asked_for: bool = False) -> list[str]:
    """Remove what the policy does not keep; give a line for each release of which something went.

    Time is counted back from the newest release. While its time is in doubt, because a clock may
    have jumped ahead, nothing goes, until releases came for a week or somebody asks; see
    `Retention.kept`.

    Only for the holder of `publishing_lock`.

    Args:
        project: the project.
        is_asked_for: whether somebody asked for it, and so knows what the time is.

    Raises:
        ProblemsError: `releases.yml` is not as it should be; nothing is removed then.
    """
    from wavehouse.people.expired import releases_that_stay

    _finish_removals(history_folder(project))
    retention = read_retention(project)
    releases = kept_releases(project)
    times = {release.release_id: release.published_at for release in releases}
    always = [release.release_id for release in releases if release.live]
    aggregates, microdata = (
        retention[part].kept(times, always, is_asked_for=is_asked_for) for part in PARTS
    )
    # Figures of studies that have no rows of people any more, and so come in no other release.
    aggregates |= releases_that_stay(project) & times.keys()
    # Answers without the estimates from them serve nobody, so they do not stay longer.
    microdata &= aggregates
    gone = []
    for release in releases:
        if release.release_id not in aggregates:
            _remove(release.folder)
            gone.append(f"{release.release_id}: all")
        elif release.release_id not in microdata and MICRODATA in release.parts:
            _remove(release.folder / MICRODATA)
            gone.append(f"{release.release_id}: {MICRODATA}")
    _destroy_sealed(project)
    return gone


def remove_release(project: Project, words: str, *, microdata_only: bool) -> str:
    """Remove a release from the history, or its rows of people alone; say what went.

    Only for the holder of `publishing_lock`.

    Raises:
        WavehouseError: there is no such release, or it is one of the two that always stay.
    """
    from wavehouse.people.expired import releases_that_stay

    release = find_release(project, words)
    if release.live:
        raise WavehouseError(
            f"{release.release_id} is the {release.live} release, which stays. Later publishes "
            "replace it; then it can be removed."
        )
    if not microdata_only and release.release_id in releases_that_stay(project):
        raise WavehouseError(
            f"{release.release_id} keeps the figures of a study that has no rows of people any "
            "more: seeds/codebook/study_protections.csv says that they stay."
        )
    if microdata_only and MICRODATA not in release.parts:
        raise WavehouseError(f"{release.release_id} has no {MICRODATA} any more.")
    _remove(release.folder / MICRODATA if microdata_only else release.folder)
    _destroy_sealed(project)
    return f"Removed {f'the {MICRODATA} of ' if microdata_only else ''}{release.release_id}."


def _destroy_sealed(project: Project) -> None:
    """Let copies of what is removed be unreadable: what opens them for audiences goes too."""
    from wavehouse.audiences.sealing import tidy_sealed

    tidy_sealed(project)


def size_on_disk(folders: Iterable[Path]) -> int:
    """Give the bytes that files in folders take, each file once, whatever links lead to it."""
    sizes = {}
    for folder in folders:
        for file in folder.rglob("*"):
            if file.is_file() and not file.is_symlink():
                state = file.stat()
                sizes[state.st_dev, state.st_ino] = state.st_size
    return sum(sizes.values())


def _remove(folder: Path) -> None:
    """Take a folder away in one step, and then from the disk."""
    aside = folder.with_name(f".{folder.name}{REMOVED}")
    shutil.rmtree(aside, ignore_errors=True)
    folder.rename(aside)
    shutil.rmtree(aside)


def _finish_removals(history: Path) -> None:
    """Remove what dead runs left: half releases, and what they had begun to remove."""
    for pattern in (f".{NAME}*", f"{NAME}*/.*{REMOVED}"):
        for folder in history.glob(pattern):
            shutil.rmtree(folder)


def last_moment(words: str) -> datetime | None:
    """Give the last moment that a date or a time means; None if it is neither."""
    try:
        day = date.fromisoformat(words)
    except ValueError:
        pass
    else:
        return datetime.combine(day, time.max, UTC)
    try:
        moment = datetime.fromisoformat(words)
    except ValueError:
        return None
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)
