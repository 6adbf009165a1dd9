"""Tables of a PostgreSQL server, read into a file with a JSON object a line.

The server itself writes each row as JSON, in one transaction that sees the table as it was when
the reading began, and that cannot write.
"""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import parse_qsl

from wavehouse.errors import WavehouseError
from wavehouse_exchange.landing.addresses import parts_of, refuse_unknown
from wavehouse_exchange.landing.named import listed
from wavehouse_exchange.landing.progress import Progress
from wavehouse_exchange.landing.sql_tables import NONE_SEEN, SECONDS_TO_CONNECT, collect_table

if TYPE_CHECKING:
    from psycopg import Connection

SCHEMES = ("postgresql", "postgres")
PASSWORD = "WAVEHOUSE_POSTGRESQL_PASSWORD"
# As libpq calls them.
OPTIONS = ("sslcert", "sslkey", "sslmode", "sslrootcert")
ROWS_OF_A_BATCH = 1000
SETTINGS = {
    "TimeZone": "UTC",
    "IntervalStyle": "iso_8601",
    "bytea_output": "hex",
    "extra_float_digits": "1",
    # Rows that a policy keeps from the reader are an error, not a smaller wave.
    "row_security": "off",
    # The same table gives the same rows in the same order.
    "synchronize_seqscans": "off",
    "max_parallel_workers_per_gather": "0",
}
KEY = """
    select attribute.attname
    from pg_index as key
    cross join unnest(key.indkey::int2[]) with ordinality as part (attnum, place)
    inner join pg_attribute as attribute
        on attribute.attrelid = key.indrelid and attribute.attnum = part.attnum
    where key.indrelid = %s and key.indisprimary
    order by part.place
"""
TABLES = """
    select class.relname, class.oid
    from pg_class as class
    inner join pg_namespace as schema on schema.oid = class.relnamespace
    where schema.nspname = %s and class.relkind in ('r', 'p', 'v', 'm', 'f')
    order by class.relname
"""


@dataclass(frozen=True)
class Address:
    """A table on a server.

    Args:
        scheme: as the address has it.
        hosts: the host with its port; several are tried in turn.
        user: who reads; empty for the one that the system says.
        database: the database.
        table: the table, with or without its schema.
        options: what stands behind `?`, by name.
    """

    scheme: str
    hosts: str
    user: str
    database: str
    table: str
    options: tuple[tuple[str, str], ...] = ()

    def __str__(self) -> str:
        """Name it the way every message does."""
        return f"{self.scheme}://{self.hosts}/{self.database}/{self.table}"

    @property
    def file_name(self) -> str:
        """The name of the file that the table becomes."""
        return f"{self.table}.ndjson"

    @property
    def names(self) -> tuple[str, str]:
        """The schema and the table in it."""
        schema, dot, table = self.table.partition(".")
        return (schema, table) if dot else ("public", self.table)

    def collect(self, part: Path, what: str) -> None:
        """Read all rows into a file.

        Args:
            part: the file; what an earlier run left of it is written over.
            what: the study and wave, for messages.

        Raises:
            WavehouseError: the table cannot be read, or is empty.
        """
        from psycopg import Error

        def write() -> int:
            with _connected(self) as connection:
                return _write(connection, self, part, what)

        collect_table(f"{self} ({what})", part, PASSWORD, Error, write)


def address_of(text: str) -> Address:
    """Understand an address: postgresql://[user@]host[:port]/database/[schema.]table[?options].

    Raises:
        WavehouseError: it is none, has a password in it, or options that there are not.
    """
    parts = parts_of(text, PASSWORD, "database", "table")
    options = dict(parse_qsl(parts.query, keep_blank_values=True))
    address = Address(
        parts.scheme, parts.hosts, parts.user, parts.outer, parts.inner, tuple(options.items())
    )
    refuse_unknown(address, options, OPTIONS)
    return address


@contextmanager
def _connected(address: Address) -> "Iterator[Connection]":
    """Begin a transaction that reads, sees one state, and says every value one way."""
    import psycopg

    hosts, ports = zip(*map(_host, address.hosts.split(",")), strict=True)
    known = {"user": address.user, "password": os.environ.get(PASSWORD) if address.user else None}
    with psycopg.connect(
        host=",".join(hosts),
        port=",".join(ports),
        dbname=address.database,
        connect_timeout=SECONDS_TO_CONNECT,
        application_name="wavehouse",
        client_encoding="utf8",
        **{name: value for name, value in known.items() if value},
        **dict(address.options),
    ) as connection:
        connection.read_only = True
        connection.isolation_level = psycopg.IsolationLevel.REPEATABLE_READ
        for name, value in SETTINGS.items():
            connection.execute("select set_config(%s, %s, true)", (name, value))
        yield connection


def _host(text: str) -> tuple[str, str]:
    host, colon, port = text.rpartition(":")
    return (text, "5432") if text.endswith("]") or not colon else (host, port)


def _write(connection: "Connection", address: Address, part: Path, what: str) -> int:
    from psycopg import sql

    schema, table = address.names
    tables = dict(connection.execute(TABLES, (schema,)).fetchall())
    if table not in tables:
        raise WavehouseError(
            f"{address} ({what}): schema {schema} has no table {table}. There are "
            f"{listed(list(tables), NONE_SEEN)}. Write "
            "schema.table where it is in another schema than public."
        )
    key = [name for (name,) in connection.execute(KEY, (tables[table],))]
    row = sql.Identifier("row of wavehouse")
    order = [sql.SQL("{}.{}").format(row, sql.Identifier(name)) for name in key]
    query = sql.SQL("select row_to_json({})::text from {} as {}").format(
        row, sql.Identifier(schema, table), row
    )
    if order:
        query += sql.SQL(" order by ") + sql.SQL(", ").join(order)
    number = 0
    with (
        part.open("w", encoding="utf-8", newline="\n") as file,
        connection.cursor(name="wavehouse") as found,
        Progress(f"Reading {address.table}", None, "{:,} rows".format) as progress,
    ):
        found.itersize = ROWS_OF_A_BATCH
        for number, (text,) in enumerate(found.execute(query), start=1):
            # Between the parts of a column of JSON there may be line ends; within texts there are
            # none.
            file.write(text.replace("\n", " ").replace("\r", " ") + "\n")
            progress.at(number)
    return number
