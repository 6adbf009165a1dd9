"""What every reader is kept from: endless files, and errors that only its library understands."""

import errno
import zipfile
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import IO
from xml.parsers import expat

from wavehouse.errors import WavehouseError
from wavehouse_exchange.landing.tables import Column, DeliveredTable

# A workbook's parts together, and what a large one may unpack to of its packed size. The XML of
# real sheets unpacks to some ten or twenty times its size.
MOST_UNPACKED_BYTES = 4_000_000_000
MOST_UNPACKED_TIMES = 200
SMALL_PART_BYTES = 20_000_000
BLOCK_BYTES = 1 << 20


def guarded(path: Path, open_file: Callable[[], DeliveredTable]) -> DeliveredTable:
    """Open a file, and say of whatever its reader fails with which file it is, and where.

    Args:
        path: the file.
        open_file: its reader.

    Raises:
        WavehouseError: the file cannot be read.
        OSError: the system refuses it, such as for want of a permission.
    """
    try:
        table = open_file()
    except Exception as error:
        raise _told(path, error, "") from error
    table.chunks = _guarded_chunks(path, table.chunks)
    return table


def _guarded_chunks(path: Path, chunks: Iterator[Sequence[Column]]) -> Iterator[Sequence[Column]]:
    count = 0
    try:
        for chunk in chunks:
            yield chunk
            count += len(chunk[0]) if chunk else 0
    except Exception as error:
        raise _told(path, error, f" after row {count:,}") from error


def _told(path: Path, error: Exception, place: str) -> Exception:
    """Give an error that a user understands; one of ours, or of the system, as it is."""
    # A place that a damaged file names outside of itself is an invalid argument to the system.
    is_systems = isinstance(error, OSError) and error.errno not in {None, errno.EINVAL}
    if isinstance(error, WavehouseError) or is_systems:
        return error
    what = str(error).strip().partition("\n")[0][:200] or type(error).__name__
    return WavehouseError(
        f"{path}: the file is damaged, or is not a complete .{path.suffix[1:].lower()} file: it "
        f"cannot be read{place} ({what}). Ask for a new delivery."
    )


def check_package(path: Path) -> None:
    """Look at the parts of a workbook before any is unpacked.

    Raises:
        WavehouseError: it unpacks to more than the limits, or a part declares entities.
        zipfile.BadZipFile: it is no package.
    """
    with zipfile.ZipFile(path) as package:
        parts = package.infolist()
        total = sum(part.file_size for part in parts)
        if total > MOST_UNPACKED_BYTES:
            raise WavehouseError(
                f"{path}: its parts unpack to {total:,} bytes, but at most "
                f"{MOST_UNPACKED_BYTES:,} are read. Save it in parts, or save it as .csv."
            )
        for part in parts:
            if part.file_size > max(SMALL_PART_BYTES, part.compress_size * MOST_UNPACKED_TIMES):
                raise WavehouseError(
                    f"{path}: the part {part.filename} unpacks to {part.file_size:,} bytes, over "
                    f"{MOST_UNPACKED_TIMES} times its packed size, which no sheet of answers "
                    "does. Save the workbook again, or save it as .csv."
                )
        for part in parts:
            if part.filename.endswith((".xml", ".rels")):
                with package.open(part) as file:
                    # Sheets are large, and read to their end later.
                    is_sheet = "/worksheets/" in part.filename
                    _check_part(path, part.filename, file, only_begins=is_sheet)


def _check_part(path: Path, name: str, file: IO[bytes], only_begins: bool) -> None:
    """Refuse a part that is broken, or declares a document type: it can make endless entities."""

    def refuse(*_: object) -> None:
        raise WavehouseError(
            f"{path}: the part {name} declares a document type (<!DOCTYPE>), which no workbook "
            "needs and which can blow up. Save the workbook again."
        )

    parser = expat.ParserCreate()
    parser.StartDoctypeDeclHandler = refuse
    try:
        while block := file.read(BLOCK_BYTES):
            parser.Parse(block, False)
            if only_begins:
                return
        parser.Parse(b"", True)
    except expat.ExpatError as error:
        raise WavehouseError(
            f"{path}: the part {name} is broken ({error}). Save the workbook again, or ask for a "
            "new delivery."
        ) from error
