"""Files of `mongodump`: documents of MongoDB, one after the other, as the server stores them."""

from collections.abc import Iterator
from pathlib import Path
from typing import IO, Any

import bson
from bson.codec_options import CodecOptions, DatetimeConversion
from bson.errors import BSONError

from wavehouse.errors import WavehouseError
from wavehouse_exchange.landing.bson_values import plain
from wavehouse_exchange.landing.documents import document_table
from wavehouse_exchange.landing.tables import DeliveredTable, ReadingOptions

# A document of MongoDB is at most 16 MB.
LONGEST_DOCUMENT = 1 << 24
HEADER_BYTES = 4
OPTIONS: CodecOptions[dict[str, Any]] = CodecOptions(
    tz_aware=True, datetime_conversion=DatetimeConversion.DATETIME_AUTO
)


def open_bson(path: Path, options: ReadingOptions) -> DeliveredTable:
    """Open a file of documents.

    Raises:
        ProblemsError: the documents cannot be flattened.
        WavehouseError: it is damaged, or is no such file.
    """

    def documents() -> Iterator[tuple[str, dict[str, Any]]]:
        number = end = 0
        with path.open("rb") as file:
            for number, content in enumerate(whole_documents(file), start=1):
                end += len(content)
                try:
                    document = bson.decode(content, OPTIONS)
                except (BSONError, ValueError, OverflowError) as error:
                    raise _damaged(path, number, str(error)[:80]) from error
                yield f"document {number}", plain(document)
        if end < path.stat().st_size:
            raise _damaged(path, number + 1, "it ends too early")

    return document_table(path, "bson", f"pymongo {_version()}", documents, options)


def whole_documents(stream: IO[bytes]) -> Iterator[bytes]:
    """Give the bytes of each document up to the end, or to the first that is not whole."""
    while len(head := stream.read(HEADER_BYTES)) == HEADER_BYTES:
        length = int.from_bytes(head, "little")
        if not HEADER_BYTES < length <= LONGEST_DOCUMENT:
            return
        content = head + stream.read(length - HEADER_BYTES)
        if len(content) < length:
            return
        yield content


def _damaged(path: Path, number: int, why: str) -> WavehouseError:
    return WavehouseError(
        f"{path}: document {number} cannot be read ({why}). Dump the collection again with "
        "`mongodump`; unpack it first if it is packed (gzip)."
    )


def _version() -> str:
    from importlib.metadata import version

    return version("pymongo")
