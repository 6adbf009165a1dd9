"""Where deliveries wait, outside of all that a build reads, and what is known of each.

    warehouse/quarantine/<id>/delivery.json   who delivered what, and what became of it
    warehouse/quarantine/<id>/files/          its files, until it is refused or declined
    warehouse/quarantine/<id>/read/           rows of JSON or Arrow, as files that can be read
    warehouse/quarantine/.arriving/<number>/  a delivery that still arrives, locked by its process

A delivery becomes one by a rename of its folder, once all of it is on the disk. What a dead process
left of one that arrived is removed when the next one begins.

A delivery's id is made of who delivers, study, wave, how it is read and the SHA-256 sums of its
files. So the same delivery again is the same one.
"""

import fcntl
import json
import re
import secrets
import shutil
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field, fields, replace
from datetime import UTC, datetime
from hashlib import sha256
from pathlib import Path, PurePath
from typing import Any, Literal

from wavehouse.errors import WavehouseError
from wavehouse.locks import only_one
from wavehouse.project import Project
from wavehouse.publishing.releases import sync_to_disk
from wavehouse.writing import write_whole

FOLDER, ARRIVING, FILES = "quarantine", ".arriving", "files"
READ = "read"  # files that are read in place of others, such as Parquet made of Arrow
RECORD, LOCK = "delivery.json", "lock"
ID = re.compile(r"d_[0-9a-f]{32}")
# received: not checked yet; failed: through a fault of ours; taken: a person began its review.
State = Literal["received", "accepted", "refused", "failed", "taken", "declined"]
WITHOUT_FILES: tuple[State, ...] = ("refused", "declined", "failed")


@dataclass(frozen=True)
class SentFile:
    """A file as it was sent.

    Args:
        name: its name; a harmless one.
        sha256: the sum of its bytes.
        size_bytes: how many there are.
    """

    name: str
    sha256: str
    size_bytes: int


@dataclass(frozen=True)
class Fault:
    """What is wrong with a delivery, so that it is refused.

    Args:
        code: which check found it.
        detail: what is wrong.
        remedy: what to do.
        file: the file's name.
        column: the column, as it was delivered.
        value: the value in that column.
        rows: how many rows have it.
    """

    code: str
    detail: str
    remedy: str
    file: str | None = None
    column: str | None = None
    value: str | None = None
    rows: int | None = None


@dataclass(frozen=True)
class ToDecide:
    """What a person of the team is to decide about a delivery that is accepted.

    Args:
        kind: what was found, as drafts call it.
        subject: the column that it is about; of a few kinds the wave.
        detail: what speaks for it.
    """

    kind: str
    subject: str
    detail: str


@dataclass(frozen=True)
class Delivery:
    """What is known of a delivery.

    Args:
        delivery_id: its id.
        audience_id: the audience of the key that delivered it.
        key_id: that key's id.
        study_id: the study.
        wave_id: the wave.
        files: what was sent.
        reading_options: how the files are read, as words of the command line.
        received_at: when all of it was here, in UTC.
        state: what became of it.
        codebook: the sum of the codebook that it was checked with.
        checked_at: when that was.
        n_rows: rows that were read.
        n_columns: columns that were read.
        faults: why it is refused.
        to_decide: what is to be decided, if it is accepted.
        note: why a person declined it.
    """

    delivery_id: str
    audience_id: str
    key_id: str
    study_id: str
    wave_id: str
    files: tuple[SentFile, ...]
    reading_options: str
    received_at: str
    state: State = "received"
    codebook: str = ""
    checked_at: str | None = None
    n_rows: int | None = None
    n_columns: int | None = None
    faults: tuple[Fault, ...] = ()
    to_decide: tuple[ToDecide, ...] = ()
    note: str = ""

    def __str__(self) -> str:
        """Name it the way every message does."""
        return f"delivery {self.delivery_id} (study {self.study_id}, wave {self.wave_id})"


@dataclass(frozen=True)
class Sender:
    """Who delivers which wave.

    Args:
        audience_id: the audience of the key.
        key_id: the key's id.
        study_id: the study.
        wave_id: the wave.
    """

    audience_id: str
    key_id: str
    study_id: str
    wave_id: str


@dataclass
class Arriving:
    """A delivery that is on its way to the disk.

    Args:
        folder: where it is written.
        files: those that are complete.
    """

    folder: Path
    files: list[SentFile] = field(default_factory=list)

    def place(self, name: str) -> Path:
        """Give the place of a file."""
        return self.folder / FILES / name


class Quarantine:
    """The deliveries of a project."""

    def __init__(self, project: Project) -> None:
        """Take the project. Its quarantine need not be there."""
        self.project = project
        self.folder = project.warehouse / FOLDER

    @contextmanager
    def arriving(self) -> Iterator[Arriving]:
        """Give a place for a delivery; unless it is kept in the block, nothing of it is left."""
        self.tidy()
        folder = self.folder / ARRIVING / secrets.token_hex(8)
        (folder / FILES).mkdir(parents=True, mode=0o700)
        self.folder.chmod(0o700)
        try:
            with (folder / LOCK).open("w") as lock:
                fcntl.flock(lock, fcntl.LOCK_EX)
                yield Arriving(folder)
        finally:
            shutil.rmtree(folder, ignore_errors=True)

    def keep(self, arrived: Arriving, sender: Sender, reading: str) -> tuple[Delivery, bool]:
        """Let what arrived be a delivery, in one step.

        Args:
            arrived: what arrived, complete.
            sender: who delivered which wave.
            reading: how it is read, as words of the command line.

        Returns:
            the delivery; and whether it is a new one. One that was refused is new again when the
            codebook is another one since, and one that failed through a fault of ours is at once.
        """
        delivery = Delivery(
            _id_of(sender, reading, arrived.files),
            *(sender.audience_id, sender.key_id, sender.study_id, sender.wave_id),
            files=tuple(arrived.files),
            reading_options=reading,
            received_at=_now(),
        )
        for path in (arrived.folder / FILES).iterdir():
            sync_to_disk(path)
        with only_one(self.folder / LOCK, "delivery"):
            known = self.find(delivery.delivery_id)
            if known is not None and not self._is_to_be_checked_again(known):
                return known, False
            _write(arrived.folder, delivery)
            place = self.folder / delivery.delivery_id
            shutil.rmtree(place, ignore_errors=True)
            arrived.folder.rename(place)
            sync_to_disk(self.folder)
            (place / LOCK).unlink(missing_ok=True)
        return delivery, True

    def _is_to_be_checked_again(self, known: Delivery) -> bool:
        if known.state == "failed":
            return True
        return known.state == "refused" and known.codebook != codebook_sum(self.project)

    def find(self, delivery_id: str) -> Delivery | None:
        """Give a delivery by its id; None if there is none."""
        if not ID.fullmatch(delivery_id):
            return None
        try:
            return _read((self.folder / delivery_id / RECORD).read_bytes())
        except FileNotFoundError:
            return None

    def all(self) -> list[Delivery]:
        """Give all deliveries, those that came first before the others."""
        found = [self.find(path.name) for path in self.folder.glob("d_*")]
        return sorted(
            (each for each in found if each is not None), key=lambda each: each.received_at
        )

    def paths(self, delivery: Delivery) -> list[Path]:
        """Give the files of a delivery as they lie there, in the order in which they were sent."""
        folder = self.folder / delivery.delivery_id / FILES
        return [folder / each.name for each in delivery.files]

    def decide(self, delivery: Delivery, **changes: Any) -> Delivery:  # noqa: ANN401 (fields of a delivery)
        """Write what became of a delivery; the files of one that comes to nothing are removed.

        Args:
            delivery: the delivery.
            changes: its fields that are other ones now.
        """
        decided = replace(delivery, **changes)
        folder = self.folder / delivery.delivery_id
        _write(folder, decided)
        if decided.state in WITHOUT_FILES:
            for name in (FILES, READ):
                shutil.rmtree(folder / name, ignore_errors=True)
        return decided

    def tidy(self) -> None:
        """Remove what dead processes left of deliveries that were arriving."""
        for folder in (self.folder / ARRIVING).glob("*"):
            try:
                with (folder / LOCK).open("r") as lock:
                    fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
                    shutil.rmtree(folder, ignore_errors=True)
            except BlockingIOError:
                continue
            except FileNotFoundError:
                # It begins just now, or a process died just then.
                _remove_if_old(folder)


def codebook_sum(project: Project) -> str:
    """Give a sum of the codebook: another one may let pass what was refused."""
    digest = sha256()
    for path in sorted(project.codebook.glob("*.csv")):
        digest.update(f"{path.name}\0".encode())
        digest.update(sha256(path.read_bytes()).digest())
    return digest.hexdigest()


def _id_of(sender: Sender, reading: str, files: Sequence[SentFile]) -> str:
    parts = [
        *(sender.audience_id, sender.study_id, sender.wave_id, reading),
        *([PurePath(each.name).suffix.lower(), each.sha256] for each in files),
    ]
    return f"d_{sha256(json.dumps(parts).encode()).hexdigest()[:32]}"


def _write(folder: Path, delivery: Delivery) -> None:
    write_whole(folder / RECORD, json.dumps(asdict(delivery), ensure_ascii=False, indent=1) + "\n")


def _read(content: bytes) -> Delivery:
    """Read a record, also one of a version that knew fewer fields or more.

    Raises:
        WavehouseError: it is none.
    """
    known = {each.name for each in fields(Delivery)}
    try:
        row = {name: value for name, value in json.loads(content).items() if name in known}
        row["files"] = tuple(SentFile(**each) for each in row["files"])
        row["faults"] = tuple(Fault(**each) for each in row.get("faults", ()))
        row["to_decide"] = tuple(ToDecide(**each) for each in row.get("to_decide", ()))
        return Delivery(**row)
    except (ValueError, TypeError, KeyError, AttributeError) as error:
        raise WavehouseError(
            f"warehouse/{FOLDER} has a {RECORD} that cannot be read ({error}). Remove its folder, "
            "and ask for the delivery again."
        ) from error


def _remove_if_old(folder: Path) -> None:
    try:
        age = datetime.now(UTC).timestamp() - folder.stat().st_mtime
    except FileNotFoundError:
        return
    if age > 60:
        shutil.rmtree(folder, ignore_errors=True)


def _now() -> str:
    return datetime.now(UTC).isoformat(timespec="seconds")
