"""Tables of a MySQL or MariaDB server, read into a file with a JSON object a line.

All rows are read in one transaction that sees the table as it was when the reading began, and that
cannot write. The server says values as texts, which become JSON by the types of their columns.
"""

import json
import os
import ssl
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qsl

from wavehouse.errors import WavehouseError
from wavehouse_exchange.landing.addresses import parts_of, refuse_unknown
from wavehouse_exchange.landing.named import listed
from wavehouse_exchange.landing.progress import Progress
from wavehouse_exchange.landing.sql_tables import NONE_SEEN, SECONDS_TO_CONNECT, collect_table

if TYPE_CHECKING:
    from pymysql.connections import Connection
    from pymysql.cursors import SSCursor

PASSWORD = "WAVEHOUSE_MYSQL_PASSWORD"
# As the programs of MySQL call them.
MODE, AUTHORITY, CERTIFICATE, KEY = OPTIONS = ("ssl-mode", "ssl-ca", "ssl-cert", "ssl-key")
MODES = ("DISABLED", "PREFERRED", "REQUIRED", "VERIFY_CA", "VERIFY_IDENTITY")
PREFERRED, VERIFYING = MODES[1], MODES[3:]
PORT = 3306
SECONDS_WITHOUT_DATA = 600
# Of a column that is filled with zeros on the left, or is a list of several values.
ZEROFILL, SET = 64, 2048
SETTINGS = (
    # Quotes and the like mean what they mean by default.
    "set session sql_mode = ''",
    "set session time_zone = '+00:00'",
    # A server may be set up to give the first rows only.
    "set session sql_select_limit = 18446744073709551615",
    f"set session net_write_timeout = {SECONDS_WITHOUT_DATA}",
    "set session transaction isolation level repeatable read",
    "start transaction with consistent snapshot, read only",
)
TABLES = """
    select table_name from information_schema.tables
    where table_schema = %s order by table_name
"""
KEY_COLUMNS = """
    select column_name from information_schema.statistics
    where table_schema = %s and table_name = %s and index_name = 'PRIMARY'
    order by seq_in_index
"""
# Writes a value, as the server says it, as JSON.
ToJson = Callable[[Any], str]


@dataclass(frozen=True)
class Address:
    """A table on a server.

    Args:
        scheme: as the address has it.
        host: the host.
        port: its port.
        user: who reads; empty for the one that the system says.
        database: the database.
        table: the table.
        options: what stands behind `?`, by name.
    """

    scheme: str
    host: str
    port: int
    user: str
    database: str
    table: str
    options: tuple[tuple[str, str], ...] = ()

    def __str__(self) -> str:
        """Name it the way every message does."""
        port = "" if self.port == PORT else f":{self.port}"
        return f"{self.scheme}://{self.host}{port}/{self.database}/{self.table}"

    @property
    def file_name(self) -> str:
        """The name of the file that the table becomes."""
        return f"{self.table}.ndjson"

    def collect(self, part: Path, what: str) -> None:
        """Read all rows into a file.

        Args:
            part: the file; what an earlier run left of it is written over.
            what: the study and wave, for messages.

        Raises:
            WavehouseError: the table cannot be read, or is empty.
        """
        from pymysql import MySQLError

        def write() -> int:
            with _connected(self) as connection:
                return _write(connection, self, part, what)

        def reason(error: Exception) -> object:
            # The first of the driver's arguments is a number.
            return error.args[-1] if error.args else error

        refused = (MySQLError, ssl.SSLError)
        collect_table(f"{self} ({what})", part, PASSWORD, refused, write, reason)


def address_of(text: str) -> Address:
    """Understand an address: mysql://[user@]host[:port]/database/table[?options].

    Raises:
        WavehouseError: it is none, has a password in it, or options that there are not.
    """
    parts = parts_of(text, PASSWORD, "database", "table")
    options = dict(parse_qsl(parts.query, keep_blank_values=True))
    host, colon, port = parts.hosts.rpartition(":")
    if not colon or parts.hosts.endswith("]"):
        host, port = parts.hosts, str(PORT)
    address = Address(
        parts.scheme, host, int(port), parts.user, parts.outer, parts.inner, tuple(options.items())
    )
    if "," in host:
        raise WavehouseError(f"{address}: name one host.")
    refuse_unknown(address, options, OPTIONS)
    for name in (AUTHORITY, CERTIFICATE, KEY):
        if name in options and not Path(options[name]).is_file():
            raise WavehouseError(f"{address}: {name}: there is no file {options[name]}.")
    if (mode := options.get(MODE, PREFERRED)) not in MODES:
        raise WavehouseError(f"{address}: there is no {MODE} {mode}. There are {', '.join(MODES)}.")
    return address


class _NotSaid:
    """Refuses a server that asks for the password itself where nobody knows who it is."""

    def __init__(self, _: object) -> None:
        pass

    def authenticate(self, _: object) -> object:
        from pymysql import OperationalError

        raise OperationalError(
            0, "the server asks for the password itself; say who it is by ssl-mode=VERIFY_IDENTITY"
        )


@contextmanager
def _connected(address: Address) -> "Iterator[Connection[SSCursor]]":
    """Begin a transaction that reads, sees one state, and says every value one way."""
    import pymysql
    from pymysql.converters import encoders
    from pymysql.cursors import SSCursor

    options = dict(address.options)
    mode = options.get(MODE, PREFERRED)
    is_verified = mode in VERIFYING
    tls: dict[str, Any] = {}
    if mode == "DISABLED":
        tls = {"ssl_disabled": True}
    elif mode != PREFERRED:
        context = ssl.create_default_context(cafile=options.get(AUTHORITY))
        context.check_hostname = mode == MODES[-1]
        context.verify_mode = ssl.CERT_REQUIRED if is_verified else ssl.CERT_NONE
        if CERTIFICATE in options:
            context.load_cert_chain(options[CERTIFICATE], options.get(KEY))
        tls = {"ssl": context}
    password = os.environ.get(PASSWORD, "") if address.user else ""
    plain = () if is_verified else ("mysql_clear_password", "dialog")
    connection = pymysql.connect(
        host=address.host.strip("[]"),
        port=address.port,
        user=address.user or None,
        password=password.encode(),
        charset="utf8mb4",
        # Values stay as the server says them.
        conv=encoders,
        cursorclass=SSCursor,
        connect_timeout=SECONDS_TO_CONNECT,
        read_timeout=SECONDS_WITHOUT_DATA,
        auth_plugin_map=dict.fromkeys(plain, _NotSaid),
        program_name="wavehouse",
        **tls,
    )
    try:
        for statement in SETTINGS:
            with connection.cursor() as cursor:
                cursor.execute(statement)
        yield connection
    finally:
        if connection.open:
            connection.close()


@contextmanager
def _rows(connection: "Connection[SSCursor]", query: str) -> Iterator[Iterator[tuple[Any, ...]]]:
    """Ask for rows, which come one by one."""
    found = connection.cursor()
    try:
        found.execute(query)
        yield iter(found.fetchone, None)
    except BaseException:
        # To use the connection again, the driver would read all that is left.
        connection.close()
        if found._result is not None:
            found._result.unbuffered_active = False
        raise
    found.close()


def _write(connection: "Connection[SSCursor]", address: Address, part: Path, what: str) -> int:
    tables = _texts(connection, TABLES, address.database)
    if address.table not in tables:
        raise WavehouseError(
            f"{address} ({what}): database {address.database} has no table {address.table}. There "
            f"are {listed(tables, NONE_SEEN)}."
        )
    table = f"{_name(address.database)}.{_name(address.table)}"
    with connection.cursor() as cursor:
        cursor.execute(f"select * from {table} limit 0")
        columns = list(cursor._result.fields)  # type: ignore[union-attr] (flags are only there)
    key = _texts(connection, KEY_COLUMNS, address.database, address.table)
    order = f" order by {', '.join(map(_name, key))}" if key else ""
    names = [json.dumps(column.name, ensure_ascii=False) for column in columns]
    chosen = ", ".join(map(_chosen, columns))
    written = [_to_json(column) for column in columns]
    number = 0
    with (
        part.open("w", encoding="utf-8", newline="\n") as file,
        _rows(connection, f"select {chosen} from {table}{order}") as rows,
        Progress(f"Reading {address.table}", None, "{:,} rows".format) as progress,
    ):
        for number, row in enumerate(rows, start=1):
            values = (
                f"{name}: {'null' if value is None else to_json(value)}"
                for name, to_json, value in zip(names, written, row, strict=True)
            )
            file.write("{" + ", ".join(values) + "}\n")
            progress.at(number)
    return number


def _texts(connection: "Connection[SSCursor]", query: str, *values: str) -> Sequence[str]:
    with connection.cursor() as cursor:
        cursor.execute(query, values)
        return [str(text) for (text,) in cursor.fetchall()]


def _name(text: str) -> str:
    return "`" + text.replace("`", "``") + "`"


def _chosen(column: Any) -> str:  # noqa: ANN401 (a class without types)
    """Write a column of the query; the server rounds a number of single precision to six digits."""
    from pymysql.constants import FIELD_TYPE

    name = _name(column.name)
    is_rounded = column.type_code == FIELD_TYPE.FLOAT and not column.flags & ZEROFILL
    return f"{name} * 1e0 as {name}" if is_rounded else name


def _to_json(column: Any) -> ToJson:  # noqa: ANN401 (a class without types)
    """Give what makes a value for JSON of what the server says of a column."""
    from pymysql.constants import FIELD_TYPE as TYPE

    numbers = {TYPE.TINY, TYPE.SHORT, TYPE.INT24, TYPE.LONG, TYPE.LONGLONG}
    numbers |= {TYPE.DOUBLE, TYPE.DECIMAL, TYPE.NEWDECIMAL}
    kind, is_filled = column.type_code, bool(column.flags & ZEROFILL)
    if column.flags & SET:
        return lambda text: _json(text.split(",") if text else [])
    if kind == TYPE.FLOAT and not is_filled:
        return _single
    if kind == TYPE.BIT:
        return lambda value: str(int.from_bytes(value, "big"))
    if kind == TYPE.YEAR or (kind in numbers and not is_filled):
        return str
    if kind == TYPE.TIMESTAMP:
        return lambda text: _json(_moment(text) + "+00:00")
    if kind in {TYPE.DATETIME, TYPE.TIME}:
        return lambda text: _json(_moment(text))
    # Zeros on the left are there to be seen, as in 00042.
    return lambda value: _json("\\x" + value.hex() if isinstance(value, bytes) else value)


def _json(value: object) -> str:
    return json.dumps(value, ensure_ascii=False)


def _single(text: str) -> str:
    """Write the shortest number of single precision that is meant."""
    from numpy import float32

    return str(float32(text))


def _moment(text: str) -> str:
    """Write a moment as ISO 8601 has it, without zeros behind the second that say nothing."""
    day, blank, time = text.rpartition(" ")
    return day + ("T" if blank else "") + (time.rstrip("0").rstrip(".") if "." in time else time)
