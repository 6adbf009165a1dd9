"""Files of `mongodump`: documents of MongoDB, one after the other, as the server stores them."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

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
        with path.open("rb") as file:
            number = 0
            while head := file.read(HEADER_BYTES):
                number += 1
                length = int.from_bytes(head, "little")
                rest = file.read(length - HEADER_BYTES) if _is_length(length) else b""
                if len(head) < HEADER_BYTES or len(rest) < length - HEADER_BYTES or not rest:
                    raise _damaged(path, number, "it ends too early")
                try:
                    document = bson.decode(head + rest, OPTIONS)
                except (BSONError, ValueError, OverflowError) as error:
                    raise _damaged(path, number, str(error)[:80]) from error
                yield f"document {number}", plain(document)

    return document_table(path, "bson", f"pymongo {_version()}", documents, options)


def _is_length(length: int) -> bool:
    return HEADER_BYTES < length <= LONGEST_DOCUMENT


def _damaged(path: Path, number: int, why: str) -> WavehouseError:
    return WavehouseError(
        f"{path}: document {number} cannot be read ({why}). Dump the collection again with "
        "`mongodump`; unpack it first if it is packed (gzip)."
    )


def _version() -> str:
    from importlib.metadata import version

    return version("pymongo")
