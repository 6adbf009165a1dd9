"""Collections of a MongoDB server, read into a file as `mongodump` writes them.

Documents come in the order of their ids, a batch at a time, so that a reading that was interrupted
goes on behind the last document that came.
"""

import os
from dataclasses import dataclass
from io import BytesIO
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import urlunsplit

from wavehouse.errors import WavehouseError
from wavehouse_exchange.landing.addresses import parts_of
from wavehouse_exchange.landing.progress import Progress
from wavehouse_exchange.landing.read_bson import whole_documents

if TYPE_CHECKING:
    from pymongo.collection import Collection

SCHEMES = ("mongodb", "mongodb+srv")
PASSWORD = "WAVEHOUSE_MONGODB_PASSWORD"
ROWS_OF_A_BATCH = 1000
SECONDS_TO_CONNECT = 15
TRIES = 3


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

    @property
    def file_name(self) -> str:
        """The name of the file that the collection becomes, as `mongodump` gives it."""
        return f"{self.collection}.bson"

    def collect(self, part: Path, what: str) -> None:
        """Read the documents that are not in a file yet.

        Args:
            part: the file.
            what: the study and wave, for messages.

        Raises:
            WavehouseError: the collection cannot be read, is empty, or changed meanwhile.
        """
        _collect(self, part, what)


def address_of(text: str) -> Address:
    """Understand an address: mongodb://[user@]host[:port][,host...]/database/collection[?options].

    Raises:
        WavehouseError: it is none, or has a password in it.
    """
    parts = parts_of(text, PASSWORD, "database", "collection")
    server = urlunsplit((parts.scheme, parts.hosts, "/", parts.query, ""))
    return Address(server, parts.user, parts.outer, parts.inner)


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
