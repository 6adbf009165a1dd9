"""Uploads in parts: a file that arrives piece by piece, and becomes a delivery when it is whole.

    warehouse/quarantine/.uploads/<id>/upload.json   whose it is, how long the file is to be
    warehouse/quarantine/.uploads/<id>/files/        the file, as far as it arrived

Unlike a delivery that is cut, what arrived of an upload stays, for a day. It is no delivery, is not
checked, and nobody is told of it but who sends it.
"""

import fcntl
import json
import re
import secrets
import shutil
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path

from wavehouse.checksums import sha256_of
from wavehouse.writing import write_whole
from wavehouse_exchange.receiving.quarantine import (
    FILES,
    LOCK,
    Arriving,
    Quarantine,
    Sender,
    SentFile,
)
from wavehouse_exchange.serving.problems import RequestError

FOLDER, RECORD = ".uploads", "upload.json"
ID = re.compile(r"u_[0-9a-f]{32}")
KEPT_SECONDS = 86_400
# Of one audience, that are not whole.
MOST = 10


@dataclass(frozen=True)
class Upload:
    """A file that arrives in parts.

    Args:
        upload_id: its id.
        audience_id: whose it is.
        study_id: the study.
        wave_id: the wave.
        name: the file's name.
        reading_options: how it is read, as words of the command line.
        length: how many bytes it is to have.
    """

    upload_id: str
    audience_id: str
    study_id: str
    wave_id: str
    name: str
    reading_options: str
    length: int


class Uploads:
    """The uploads of a quarantine."""

    def __init__(self, quarantine: Quarantine) -> None:
        """Take the quarantine that they become deliveries of."""
        self._quarantine = quarantine
        self._folder = quarantine.folder / FOLDER

    def begin(self, sender: Sender, name: str, reading: str, length: int) -> Upload:
        """Begin an upload.

        Raises:
            RequestError: the audience has too many that are not whole.
        """
        self.tidy()
        mine = [each for each in self._all() if each.audience_id == sender.audience_id]
        if len(mine) >= MOST:
            raise RequestError(
                429,
                "Too many uploads are open",
                f"{len(mine)} uploads of your audience are not whole. Finish one, or wait a day.",
                headers={"Retry-After": "3600"},
            )
        upload = Upload(
            f"u_{secrets.token_hex(16)}",
            *(sender.audience_id, sender.study_id, sender.wave_id),
            *(name, reading, length),
        )
        place = self._folder / upload.upload_id
        (place / FILES).mkdir(parents=True, mode=0o700)
        self._quarantine.folder.chmod(0o700)
        (place / FILES / name).touch()
        (place / LOCK).touch()
        write_whole(place / RECORD, json.dumps(asdict(upload)))
        return upload

    def find(self, upload_id: str, sender: Sender) -> Upload | None:
        """Give an upload of somebody; None if there is none, or it is another's."""
        upload = self._read(upload_id) if ID.fullmatch(upload_id) else None
        whose = (sender.audience_id, sender.study_id, sender.wave_id)
        is_theirs = upload and (upload.audience_id, upload.study_id, upload.wave_id) == whose
        return upload if is_theirs else None

    def path(self, upload: Upload) -> Path:
        """Give the file as far as it arrived."""
        return self._folder / upload.upload_id / FILES / upload.name

    def offset(self, upload: Upload) -> int:
        """Say how many bytes arrived."""
        return self.path(upload).stat().st_size

    @contextmanager
    def alone(self, upload: Upload) -> Iterator[None]:
        """Let nobody else send a part of an upload in the block.

        Raises:
            RequestError: somebody does.
        """
        with (self._folder / upload.upload_id / LOCK).open("r") as lock:
            try:
                fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError as error:
                raise RequestError(
                    409,
                    "A part arrives already",
                    "Another request sends a part of this upload. Ask for Upload-Offset again.",
                ) from error
            yield

    def finish(self, upload: Upload, arriving: Arriving) -> None:
        """Let a file that is whole be that of a delivery that arrives."""
        path = self.path(upload)
        file = SentFile(upload.name, sha256_of(path), upload.length)
        path.rename(arriving.place(upload.name))
        arriving.files.append(file)

    def remove(self, upload: Upload) -> None:
        """Remove an upload."""
        shutil.rmtree(self._folder / upload.upload_id, ignore_errors=True)

    def tidy(self) -> None:
        """Remove uploads of which nothing came for a day."""
        for folder in self._folder.glob("*"):
            last = max((each.stat().st_mtime for each in folder.rglob("*")), default=0.0)
            if time.time() - last > KEPT_SECONDS:
                shutil.rmtree(folder, ignore_errors=True)

    def _all(self) -> Iterator[Upload]:
        for folder in self._folder.glob("u_*"):
            upload = self._read(folder.name)
            if upload is not None:
                yield upload

    def _read(self, upload_id: str) -> Upload | None:
        try:
            return Upload(**json.loads((self._folder / upload_id / RECORD).read_bytes()))
        except FileNotFoundError:
            return None
