"""Rows that were sent as JSON or Arrow, written as a file that is read like any other."""

import os
from collections.abc import Callable
from pathlib import Path

from wavehouse.encryption.databases import connect
from wavehouse.errors import WavehouseError
from wavehouse.escapes import sql_text
from wavehouse.writing import PARTIAL
from wavehouse_exchange.receiving.bodies import read_name
from wavehouse_exchange.receiving.quarantine import READ, Delivery, Quarantine

ROWS_AT_ONCE = 1_000
LONGEST_REASON = 200


def files_to_read(quarantine: Quarantine, delivery: Delivery) -> list[Path]:
    """Give the files of a delivery as they are read.

    Raises:
        WavehouseError: rows are none.
    """
    found = []
    for path in quarantine.paths(delivery):
        name = read_name(path.name)
        if name == path.name:
            found.append(path)
            continue
        place = path.parent.parent / READ / name
        if not place.is_file():
            place.parent.mkdir(mode=0o700, exist_ok=True)
            partial = place.with_name(f".{name}.{os.getpid()}{PARTIAL}")
            try:
                _WRITERS[path.suffix.lower()](path, partial)
                partial.replace(place)
            finally:
                partial.unlink(missing_ok=True)
        found.append(place)
    return found


def _lines_of(path: Path, place: Path) -> None:
    """Write each element of a JSON array as a line."""
    import duckdb

    with connect() as connection, place.open("w", encoding="utf-8") as lines:
        connection.execute("set threads = 1")
        try:
            read = connection.execute(
                f"select json::text from read_json_objects({sql_text(path)}, format = 'array')"
            )
            while rows := read.fetchmany(ROWS_AT_ONCE):
                # Within a JSON text, ends of lines only stand between its parts.
                lines.writelines(
                    row.replace("\r", " ").replace("\n", " ") + "\n" for (row,) in rows if row
                )
        except (duckdb.Error, UnicodeError) as error:
            raise WavehouseError(
                f"{path}: the rows are no JSON array of objects "
                f"({_reason(error, path)}). "
                'Send [{"column": "value"}, ...], in UTF-8.'
            ) from error


def _parquet_of(path: Path, place: Path) -> None:
    """Write the batches of an Arrow stream or file as Parquet."""
    import pyarrow as pa
    import pyarrow.parquet as pq

    try:
        with pa.memory_map(str(path)) as source:
            if path.suffix.lower() == ".arrow":
                file = pa.ipc.open_file(source)
                batches = (file.get_batch(each) for each in range(file.num_record_batches))
                schema = file.schema
            else:
                stream = pa.ipc.open_stream(source)
                batches, schema = iter(stream), stream.schema
            with pq.ParquetWriter(place, schema) as writer:
                for batch in batches:
                    batch.validate(full=True)
                    writer.write_batch(batch)
    except (pa.ArrowException, OSError, ValueError) as error:
        raise WavehouseError(
            f"{path}: the rows are no Arrow that can be read ({_reason(error, path)}). Write them "
            "again, as a stream (application/vnd.apache.arrow.stream) or a file."
        ) from error


def _reason(error: Exception, path: Path) -> str:
    """Give the first line of what a library says, without our folders."""
    said = (str(error).splitlines() or [type(error).__name__])[0]
    return said.replace(str(path), path.name)[:LONGEST_REASON]


_WRITERS: dict[str, Callable[[Path, Path], None]] = {
    ".json": _lines_of,
    ".arrow": _parquet_of,
    ".arrows": _parquet_of,
}
