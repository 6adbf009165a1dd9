"""Tables of SQLite files, read by Python's own `sqlite3`; nothing is written beside the file."""

import sqlite3
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from urllib.parse import quote

from wavehouse.errors import WavehouseError
from wavehouse.escapes import sql_name
from wavehouse_exchange.landing.named import listed
from wavehouse_exchange.landing.tables import (
    DeliveredColumn,
    DeliveredTable,
    ReadingOptions,
    Texts,
    rows_of_a_chunk,
)
from wavehouse_exchange.landing.texts import common_kind, kind_of, value_text

# A text or blob of more is no answer; an expression in a file cannot make a larger one either.
LONGEST_VALUE = 1 << 24


def open_sqlite(path: Path, options: ReadingOptions) -> DeliveredTable:
    """Open the only table of a file that has rows, or the one that is named.

    Raises:
        WavehouseError: it is no such file, is still written, or it is not clear which table is
            meant.
    """
    for ending in ("-wal", "-journal"):
        beside = path.with_name(path.name + ending)
        if beside.is_file() and beside.stat().st_size:
            raise WavehouseError(
                f"{path}: {beside.name} lies beside it: a program still writes into the file, or "
                "stopped half way. Close it, or copy the file with `sqlite3 file '.backup copy'`."
            )
    try:
        with closing(_connected(path)) as connection:
            name = _table(path, connection, options.sheet)
            columns = [each[0] for each in connection.execute(_select(name)).description]
            (count,) = connection.execute(f"SELECT count(*) FROM {sql_name(name)}").fetchone()
    except sqlite3.Error as error:
        raise _told(path, error) from error
    table = DeliveredTable(
        path,
        path.suffix[1:].lower(),
        f"sqlite {sqlite3.sqlite_version}",
        [DeliveredColumn(each) for each in columns],
        [],
        expected_rows=count,
    )
    table.chunks = _chunks(table, name)
    return table


def _chunks(table: DeliveredTable, name: str) -> Iterator[list[Texts]]:
    kinds: list[set[str]] = [set() for _ in table.columns]
    size = rows_of_a_chunk(len(table.columns))
    try:
        with closing(_connected(table.path)) as connection:
            cursor = connection.execute(_select(name))
            while rows := cursor.fetchmany(size):
                columns = list(zip(*rows, strict=True))
                for found, values in zip(kinds, columns, strict=True):
                    found.update(kind_of(value) for value in values if value is not None)
                yield [[value_text(value) for value in values] for values in columns]
    except sqlite3.Error as error:
        raise _told(table.path, error) from error
    for column, found in zip(table.columns, kinds, strict=True):
        column.type = common_kind(found) if found else "text"


def _connected(path: Path) -> sqlite3.Connection:
    # Immutable: nothing is made beside the file, and it is not locked.
    address = f"file:{quote(str(path.resolve()))}?mode=ro&immutable=1"
    connection = sqlite3.connect(address, uri=True)
    connection.setlimit(sqlite3.SQLITE_LIMIT_LENGTH, LONGEST_VALUE)
    # As SQLite advises for files of others: https://www.sqlite.org/security.html
    connection.execute("PRAGMA trusted_schema = OFF")
    connection.execute("PRAGMA cell_size_check = ON")
    return connection


def _table(path: Path, connection: sqlite3.Connection, name: str | None) -> str:
    """Give the table that is meant. Views and virtual tables run what a file says: none of them."""
    names = [
        found
        for found, sql in connection.execute(
            "SELECT name, sql FROM sqlite_schema WHERE type = 'table' AND name NOT LIKE 'sqlite_%' "
            "ORDER BY rowid"
        )
        if not sql.lstrip().lower().startswith("create virtual")
    ]
    if name is None:
        filled = [
            each
            for each in names
            if connection.execute(f"SELECT 1 FROM {sql_name(each)} LIMIT 1").fetchone()
        ]
        if len(filled) == 1:
            return filled[0]
        raise WavehouseError(
            f"{path}: {len(filled)} tables have rows ({listed(filled)}), but only one can be "
            "read. Name it with --sheet."
        )
    if name not in names:
        raise WavehouseError(
            f"{path}: there is no table {name!r}. Name one of {listed(names)} with --sheet; views "
            "are not read."
        )
    return name


def _select(name: str) -> str:
    # In the order of the table itself: an index with all columns would give another.
    return f"SELECT * FROM {sql_name(name)} NOT INDEXED"


def _told(path: Path, error: sqlite3.Error) -> WavehouseError:
    return WavehouseError(
        f"{path}: the file is damaged, or is no SQLite file: it cannot be read ({error}). Ask for "
        "a new delivery."
    )
