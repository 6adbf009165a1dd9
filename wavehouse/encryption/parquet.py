"""Read and write Parquet files, encrypted or plain: the only place that does for our own files.

DuckDB and pyarrow encrypt in ways that the other cannot read, so encrypted files are DuckDB's.
"""

from collections.abc import Iterable, Iterator, Sequence
from glob import glob, has_magic
from pathlib import Path
from typing import TYPE_CHECKING

import pyarrow as pa
import pyarrow.parquet as pq

from wavehouse.encryption.databases import connect, load_encryption
from wavehouse.encryption.key import NO_KEY, PARQUET_KEY, secret
from wavehouse.errors import WavehouseError
from wavehouse.escapes import sql_name, sql_text

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection

ENCRYPTED = b"PARE"
COMPRESSION = "zstd"
# Without braces, which dbt would fill in.
OPTION = f"encryption_config = struct_pack(footer_key := '{PARQUET_KEY}')"
ROWS_OF_A_BATCH = 10_000


def is_encrypted(path: Path) -> bool:
    """Tell whether a Parquet file is encrypted; one that is not there, or is none, is not."""
    try:
        with path.open("rb") as stream:
            return stream.read(len(ENCRYPTED)) == ENCRYPTED
    except OSError:
        return False


def source(path: Path, *options: str) -> str:
    """Give the SQL by which a connection of `databases.connect` reads a file.

    Args:
        path: the file, or a pattern of several; these are all encrypted, or none is.
        options: more of DuckDB's options, such as `file_row_number = true`.

    Raises:
        WavehouseError: it is encrypted, and there is no key.
    """
    # Folders of the history are named as DuckDB names partitions, and are none.
    more = ["hive_partitioning = false", *options]
    first = min(glob(str(path)), default=None) if has_magic(str(path)) else path  # noqa: PTH207
    if first is not None and is_encrypted(Path(first)):
        if secret() is None:
            raise WavehouseError(f"{first} is encrypted, and {NO_KEY}")
        more.append(OPTION)
    return f"read_parquet({', '.join([sql_text(path), *more])})"


def copy_options(
    connection: "DuckDBPyConnection", *options: str, encrypted: bool | None = None
) -> str:
    """Give the options of a `copy` to a Parquet file, and let the connection be able to write it.

    Args:
        connection: which is to write it.
        options: more of DuckDB's options.
        encrypted: whether it is encrypted; as the project's files are if left out.
    """
    said = ["format parquet", f"compression {COMPRESSION}", *options]
    if secret() is not None if encrypted is None else encrypted:
        load_encryption(connection)
        said.append(f"encryption_config {{footer_key: '{PARQUET_KEY}'}}")
    return f"({', '.join(said)})"


def read_table(path: Path, columns: Sequence[str] | None = None) -> pa.Table:
    """Read a whole file.

    Args:
        path: the file.
        columns: only these columns, in this order.
    """
    if not is_encrypted(path):
        return pq.read_table(path, columns=list(columns) if columns is not None else None)
    with connect() as connection:
        return connection.execute(_query(path, columns)).to_arrow_table()


def row_count(path: Path) -> int:
    """Count the rows of a file."""
    if not is_encrypted(path):
        return pq.ParquetFile(path).metadata.num_rows
    with connect() as connection:
        query = f"select count(*) from {source(path)}"
        (count,) = connection.execute(query).fetchall()[0]
    return int(count)


def schema_of(path: Path) -> pa.Schema:
    """Give the columns of a file with their types."""
    if not is_encrypted(path):
        return pq.read_schema(path)
    with connect() as connection:
        query = f"from {source(path)} limit 0"
        return connection.execute(query).to_arrow_table().schema


def batches(path: Path, columns: Sequence[str] | None = None) -> Iterator[pa.RecordBatch]:
    """Read a file a part at a time, in the order of its rows.

    Args:
        path: the file.
        columns: only these columns, in this order.
    """
    if not is_encrypted(path):
        chosen = list(columns) if columns is not None else None
        yield from pq.ParquetFile(path).iter_batches(columns=chosen)
        return
    with connect() as connection:
        yield from connection.execute(_query(path, columns)).to_arrow_reader(ROWS_OF_A_BATCH)


def _query(path: Path, columns: Sequence[str] | None) -> str:
    names = "*" if columns is None else ", ".join(map(sql_name, columns))
    return f"select {names} from {source(path)}"


def write_table(table: pa.Table, path: Path) -> None:
    """Write a table into a file, encrypted if the project is."""
    if secret() is None:
        pq.write_table(table, path, compression=COMPRESSION)
    else:
        write_batches(path, table.schema, table.to_batches())


def write_batches(path: Path, schema: pa.Schema, parts: Iterable[pa.RecordBatch]) -> None:
    """Write a file a part at a time, encrypted if the project is.

    Args:
        path: the file.
        schema: its columns.
        parts: its rows.
    """
    if secret() is None:
        with pq.ParquetWriter(path, schema, compression=COMPRESSION) as writer:
            for part in parts:
                writer.write_batch(part)
        return
    with connect(config={"threads": "1"}) as connection:
        failed: list[BaseException] = []

        def carried() -> Iterator[pa.RecordBatch]:
            # DuckDB tells of an error in words of its own, so it is kept and raised as it was.
            try:
                yield from parts
            except BaseException as error:
                failed.append(error)
                raise

        rows = pa.RecordBatchReader.from_batches(schema, carried())
        connection.register("delivered_rows", rows)
        try:
            connection.execute(
                f"copy (from delivered_rows) to {sql_text(path)} {copy_options(connection)}"
            )
        except Exception:
            if failed:
                raise failed[0] from None
            raise
