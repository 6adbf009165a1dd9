"""Collections of a MongoDB server, read into a file as `mongodump` writes them.

Documents come in the order of their ids, a batch at a time, so that a reading that was interrupted
goes on behind the last document that came.
"""

import os
import re
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from io import BytesIO
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import SplitResult, unquote, urlsplit, urlunsplit

from wavehouse.codebook.ids import inside, judge_ids
from wavehouse.errors import WavehouseError
from wavehouse.locks import only_one
from wavehouse.people.sources import DOWNLOADS
from wavehouse.project import Project
from wavehouse.writing import explained
from wavehouse_exchange.landing.progress import Progress
from wavehouse_exchange.landing.read_bson import whole_documents

if TYPE_CHECKING:
    from pymongo.collection import Collection

SCHEMES = ("mongodb", "mongodb+srv")
PASSWORD = "WAVEHOUSE_MONGODB_PASSWORD"
PART = ".part"
ROWS_OF_A_BATCH = 1000
SECONDS_TO_CONNECT = 15
TRIES = 3
# Database and collection; a collection's name may have dots, and slashes in it are rare.
PLACE = re.compile(r"/(?P<database>[^/]+)/(?P<collection>[^/]+)")


@dataclass(frozen=True)
class Address:
    """A collection on a server.

    Args:
        server: the server, with user and options, without a password.
        user: who reads; empty for nobody.
        database: the database.
        collection: the collection.
    """

    server: str
    user: str
    database: str
    collection: str

    def __str__(self) -> str:
        """Name it the way every message does."""
        return f"{self.server}{self.database}/{self.collection}"


def address_of(text: str) -> Address:
    """Understand an address: mongodb://[user@]host[:port][,host...]/database/collection[?options].

    Raises:
        WavehouseError: it is none, or has a password in it.
    """
    parts: SplitResult = urlsplit(text)
    user, _, hosts = parts.netloc.rpartition("@")
    if ":" in user:
        raise WavehouseError(
            f"{parts.scheme}://...@{hosts}: an address with a password stays in the shell's "
            f"history and in the record of runs. Leave it out, and set {PASSWORD}."
        )
    place = PLACE.fullmatch(unquote(parts.path))
    if not hosts or place is None:
        raise WavehouseError(
            f"{text}: this names no collection. Write {parts.scheme}://host/database/collection."
        )
    server = urlunsplit((parts.scheme, hosts, "/", parts.query, ""))
    return Address(server, unquote(user), place["database"], place["collection"])


@contextmanager
def collected(project: Project, study_id: str, wave_id: str, address: Address) -> Iterator[Path]:
    """Give a file with the documents of a collection for a block; it is removed afterwards.

    Args:
        project: the project.
        study_id: the study.
        wave_id: the wave that they are of.
        address: the collection. Nothing is written into it.

    Raises:
        WavehouseError: the server cannot be reached or refuses it, the collection is empty, or it
            changed while it was read. What has come stays, for the next run to go on from.
    """
    judge_ids(study_id, wave_id, "Nothing was read:")
    downloads = project.landing / study_id / DOWNLOADS
    file = downloads / wave_id / f"{address.collection}.bson"
    inside(project.landing, file, project.relative(file))
    part = file.with_name(file.name + PART)
    with explained(downloads), only_one(downloads / ".lock", f"fetch of study {study_id}"):
        file.parent.mkdir(parents=True, exist_ok=True)
        _collect(address, part, f"study {study_id}, wave {wave_id}")
        part.replace(file)
        try:
            yield file
        finally:
            file.unlink(missing_ok=True)


@contextmanager
def files_at_hand(
    project: Project, study_id: str, wave_id: str, delivered: Sequence[Path | Address]
) -> Iterator[list[Path]]:
    """Give what was delivered as files for a block; what lies on a server is read first.

    Args:
        project: the project.
        study_id: the study.
        wave_id: the wave.
        delivered: files and collections.

    Raises:
        WavehouseError: a collection cannot be read.
    """
    with ExitStack() as stack:
        yield [
            each
            if isinstance(each, Path)
            else stack.enter_context(collected(project, study_id, wave_id, each))
            for each in delivered
        ]


def _collect(address: Address, part: Path, what: str) -> None:
    """Read all documents that are not in a file yet."""
    from pymongo import MongoClient
    from pymongo.errors import AutoReconnect, PyMongoError

    client: MongoClient[dict[str, Any]] = MongoClient(
        address.server,
        username=address.user or None,
        password=os.environ.get(PASSWORD) if address.user else None,
        serverSelectionTimeoutMS=SECONDS_TO_CONNECT * 1000,
        appname="wavehouse",
        readPreference="secondaryPreferred",
    )
    with client:
        for number in range(TRIES):
            try:
                _read(client[address.database][address.collection], part, address, what)
            except AutoReconnect as error:
                if number == TRIES - 1:
                    raise _refused(address, what, error) from error
            except PyMongoError as error:
                raise _refused(address, what, error) from error
            else:
                return


def _refused(address: Address, what: str, error: Exception) -> WavehouseError:
    said = str(error).split(", Timeout:", maxsplit=1)[0].split(", full error", maxsplit=1)[0]
    return WavehouseError(
        f"{address} ({what}): the collection cannot be read: {said[:200]}. Check address, user and "
        f"{PASSWORD}, and run the command again; it continues where it stopped."
    )


def _read(
    collection: "Collection[dict[str, Any]]", part: Path, address: Address, what: str
) -> None:
    expected = collection.count_documents({})
    if not expected:
        raise WavehouseError(
            f"{address} ({what}): the collection has no documents. Check the names of database and "
            "collection: MongoDB does not say that there is none."
        )
    n_documents, last = _come_already(part)
    begun = {"_id": {"$gt": last}} if n_documents else {}
    found = collection.find_raw_batches(begun, sort=[("_id", 1)], batch_size=ROWS_OF_A_BATCH)
    with (
        part.open("ab") as file,
        Progress(f"Reading {address.collection}", expected, "{:,} documents".format) as progress,
    ):
        for batch in found:
            file.write(batch)
            file.flush()
            n_documents += sum(1 for _ in whole_documents(BytesIO(batch)))
            progress.at(n_documents)
    if n_documents != expected:
        part.unlink()
        raise WavehouseError(
            f"{address} ({what}): {n_documents:,} documents came, and {expected:,} are there. The "
            "collection changed while it was read, or has ids of several types. Run the command "
            "again when nobody writes into it: it begins anew."
        )


def _come_already(part: Path) -> tuple[int, Any]:
    """Count the whole documents of a file, cut off what is behind them, and give the last id."""
    from bson import decode

    if not part.is_file():
        return 0, None
    number, end, last = 0, 0, b""
    with part.open("r+b") as file:
        for last in whole_documents(file):
            number, end = number + 1, end + len(last)
        file.truncate(end)
    return number, decode(last)["_id"] if last else None
