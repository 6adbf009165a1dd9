"""Write one file again, encrypted or plain; it is replaced when the new one is whole."""

import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

from wavehouse.encryption import databases, parquet
from wavehouse.encryption.key import secret
from wavehouse.errors import WavehouseError
from wavehouse.escapes import sql_name, sql_text

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection

PARTIAL = ".converting"


def is_right(path: Path, *, encrypted: bool) -> bool:
    """Tell whether a Parquet file or a database is as it is to be."""
    kind = parquet if path.suffix == ".parquet" else databases
    return kind.is_encrypted(path) == encrypted


def convert_parquet(path: Path, *, encrypted: bool, metadata: str | None = None) -> None:
    """Write a Parquet file again, with the same rows in the same order.

    Args:
        path: the file; links to it elsewhere stay what they were.
        encrypted: whether it is encrypted afterwards.
        metadata: what it says of itself, as a struct in SQL; nothing if left out.
    """
    with _replaced(path) as partial, databases.connect() as connection:
        options = [f"kv_metadata {metadata}"] if metadata else []
        said = parquet.copy_options(connection, *options, encrypted=encrypted)
        connection.execute(f"copy (from {parquet.source(path)}) to {sql_text(partial)} {said}")
        _compare(path, *(content_of(connection, parquet.source(each)) for each in (path, partial)))


def convert_database(path: Path, *, encrypted: bool) -> None:
    """Write a DuckDB database again, with its tables, keys, comments and views.

    Args:
        path: the file, which nobody has open.
        encrypted: whether it is encrypted afterwards.
    """
    with _replaced(path) as partial, databases.connect() as connection:
        databases.load_encryption(connection)
        # Views name the database that they are in.
        name = databases.database_name(path)
        databases.attach(connection, path, name)
        key = f" (encryption_key {sql_text(secret() or '')})" if encrypted else ""
        connection.execute(f"attach {sql_text(partial)} as converted{key}")
        connection.execute(f"copy from database {sql_name(name)} to converted")
        connection.execute("checkpoint converted")
        tables = connection.execute(
            f"select schema_name, table_name from duckdb_tables() where database_name = '{name}'"
        ).fetchall()
        for schema, table in tables:
            there = f"{sql_name(schema)}.{sql_name(table)}"
            _compare(
                path,
                *(
                    content_of(connection, f"{each}.{there}")
                    for each in (sql_name(name), "converted")
                ),
            )


@contextmanager
def _replaced(path: Path) -> Iterator[Path]:
    """Give the place of a file that takes the other's, with its rights, if the block ends well."""
    partial = path.with_name(f".{path.name}{PARTIAL}")
    _remove(partial)
    try:
        yield partial
        with partial.open("rb") as stream:
            os.fsync(stream.fileno())
        partial.chmod(path.stat().st_mode)
        partial.replace(path)
    finally:
        _remove(partial)


def _remove(partial: Path) -> None:
    """Remove a file that was not finished, and what DuckDB had written beside it."""
    partial.unlink(missing_ok=True)
    partial.with_name(f"{partial.name}.wal").unlink(missing_ok=True)
    shutil.rmtree(partial.with_name(f"{partial.name}.tmp"), ignore_errors=True)


def content_of(connection: "DuckDBPyConnection", rows: str) -> tuple[list[Any], list[Any]]:
    """Give the columns of rows, and a number that they come to in their order."""
    return (
        connection.execute(f"describe from {rows}").fetchall(),
        connection.execute(
            "select count(*), sum(hash(each, row_number)::hugeint) "
            f"from (select each, row_number() over () as row_number from {rows} as each)"
        ).fetchall(),
    )


def _compare(path: Path, before: object, after: object) -> None:
    if before != after:
        raise WavehouseError(
            f"{path}: written again, its content differs. The file was left as it was."
        )
