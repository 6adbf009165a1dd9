"""Read a table of Cassandra page by page, by the official driver; nothing is asked but SELECT."""

import json
import logging
import struct
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

import bson
from bson.errors import BSONError
from cassandra import (
    ConsistencyLevel,
    DriverException,
    InvalidRequest,
    OperationTimedOut,
    ReadTimeout,
    RequestExecutionException,
)
from cassandra.auth import PlainTextAuthProvider
from cassandra.cluster import (
    EXEC_PROFILE_DEFAULT,
    Cluster,
    ExecutionProfile,
    NoHostAvailable,
    ResultSet,
    Session,
)
from cassandra.connection import ConnectionException
from cassandra.policies import HostFilterPolicy, RoundRobinPolicy
from cassandra.protocol import ErrorMessage, ProtocolException
from cassandra.query import SimpleStatement, tuple_factory

from wavehouse.errors import ProblemsError, WavehouseError
from wavehouse.escapes import sql_name
from wavehouse.writing import write_whole
from wavehouse_exchange.landing.cassandra import Address
from wavehouse_exchange.landing.cassandra_refusals import refuse_missing, refused
from wavehouse_exchange.landing.cql_values import Handler, described, document_value, unknown
from wavehouse_exchange.landing.progress import Progress
from wavehouse_exchange.landing.read_bson import LONGEST_DOCUMENT

# All versions since 2.2 speak it.
PROTOCOL = 4
SECONDS_TO_CONNECT = 15
SECONDS_FOR_A_PAGE = 60
# Pages are counted in rows, and what they weigh in bytes: rows of a page follow the rows before.
FIRST_ROWS, MOST_ROWS = 100, 5000
BYTES_OF_A_PAGE = 4 << 20
# How often a page is asked for, and the pause before it is asked for again.
TRIES = 3
PAUSE = 2.0
# Another try may help.
FLEETING = (NoHostAvailable, ConnectionException, OperationTimedOut, RequestExecutionException)
# What the driver says of types and values that it does not know.
UNREADABLE = (ValueError, TypeError, LookupError, AssertionError, struct.error)
FAILURES = (DriverException, ErrorMessage, ConnectionException, NoHostAvailable)


@dataclass
class _Place:
    """Where a reading is: what came, and the server's own mark of the page that follows."""

    address: str
    columns: list[list[str]] = field(default_factory=list)
    rows: int = 0
    size: int = 0
    paging: str = ""


class _Reading:
    """A reading of one table into one file."""

    def __init__(self, address: Address, part: Path, what: str) -> None:
        self._address = address
        self._part = part
        self._what = what
        self._note = part.with_name(f"{part.name}.place")
        self._page = FIRST_ROWS
        self.place = self._begun()

    def run(self, session: Session) -> None:
        """Read from the place on to the end."""
        # CQL quotes names as SQL does.
        table = f"{sql_name(self._address.keyspace)}.{sql_name(self._address.table)}"
        # Nothing is bound and nothing filtered, so a page that is asked for twice is the same.
        query = SimpleStatement(f"SELECT * FROM {table}", is_idempotent=True)
        with (
            self._part.open("r+b" if self._part.is_file() else "w+b") as file,
            Progress(f"Reading {self._address.table}", None, "{:,} rows".format) as progress,
        ):
            file.truncate(self.place.size)
            file.seek(self.place.size)
            is_more = True
            while is_more:
                query.fetch_size = self._page
                found = self._asked(session, query)
                content = self._documents(found)
                file.write(content)
                file.flush()
                self._advance(found, len(content))
                progress.at(self.place.rows)
                is_more = found.has_more_pages
        if not self.place.rows:
            self.forget()
            raise WavehouseError(f"{self._named}: the table has no rows. Check its name.")
        self._note.unlink()

    def forget(self) -> None:
        """Let the next reading begin anew."""
        self._note.unlink(missing_ok=True)
        self._part.unlink(missing_ok=True)
        self.place = _Place(str(self._address))

    def ask_for_less(self) -> None:
        """Let the next page be smaller: the last took too long."""
        self._page = max(1, self._page // 4)

    @property
    def _named(self) -> str:
        return f"{self._address} ({self._what})"

    def _begun(self) -> _Place:
        """Give where an earlier reading of the same table stopped."""
        try:
            place = _Place(**json.loads(self._note.read_text()))
            if place.address == str(self._address) and self._part.stat().st_size >= place.size:
                return place
        except (OSError, ValueError, TypeError):
            pass
        return _Place(str(self._address))

    def _asked(self, session: Session, query: SimpleStatement) -> ResultSet:
        try:
            return session.execute(query, paging_state=bytes.fromhex(self.place.paging) or None)
        except UNREADABLE as error:
            raise WavehouseError(
                f"{self._named}: the driver cannot read what the server sends behind row "
                f"{self.place.rows}: {str(error)[:200]}. Write the table with `COPY table TO "
                "'wave.csv' WITH HEADER = true` in cqlsh, and bring in that file."
            ) from error

    def _documents(self, found: ResultSet) -> bytes:
        """Write the rows of a page as documents."""
        names, types = found.column_names, found.column_types
        columns = [[name, described(type_)] for name, type_ in zip(names, types, strict=True)]
        if not self.place.columns:
            self._refuse_unknown(names, types)
            self.place.columns = columns
        elif columns != self.place.columns:
            changed = sorted(
                {name for name, _ in columns + self.place.columns}
                - {name for name, type_ in columns if [name, type_] in self.place.columns}
            )
            self.forget()
            raise WavehouseError(
                f"{self._named}: the table's columns changed while it was read "
                f"({', '.join(changed) or 'their order'}). Run the command again when nobody "
                "changes it: it begins anew."
            )
        documents = []
        for number, row in enumerate(found.current_rows, start=self.place.rows + 1):
            values = zip(names, row, types, strict=True)
            document = {name: document_value(value, type_) for name, value, type_ in values}
            documents.append(self._encoded(document, number))
        return b"".join(documents)

    def _encoded(self, document: dict[str, Any], number: int) -> bytes:
        # The key begins with it. Nothing else of a person belongs into a message.
        shown = next(f"{name}={value}" for name, value in document.items())[:80]
        try:
            content = bson.encode(document)
        except (BSONError, OverflowError, ValueError) as error:
            raise WavehouseError(
                f"{self._named}: row {number} ({shown}) cannot become a document: "
                f"{str(error)[:120]}. Correct it where it is."
            ) from error
        if len(content) > LONGEST_DOCUMENT:
            raise WavehouseError(
                f"{self._named}: row {number} ({shown}) has {len(content):,} bytes; the most are "
                f"{LONGEST_DOCUMENT:,}. Leave large columns out: write the others with "
                "`COPY table (columns) TO 'wave.csv' WITH HEADER = true` in cqlsh."
            )
        return content

    def _refuse_unknown(self, names: list[str], types: list[Any]) -> None:
        problems = [
            f"{name}: {type_}"
            for name, type_ in zip(names, map(unknown, types), strict=True)
            if type_ is not None
        ]
        if problems:
            raise ProblemsError(
                f"{self._named}: columns of these types cannot be read. Write the others with "
                "`COPY table (columns) TO 'wave.csv' WITH HEADER = true` in cqlsh, and bring in "
                "that file:",
                problems,
            )

    def _advance(self, found: ResultSet, size: int) -> None:
        number = len(found.current_rows)
        self.place.rows += number
        self.place.size += size
        self.place.paging = (found.paging_state or b"").hex()
        write_whole(self._note, json.dumps(asdict(self.place)))
        if number:
            fitting = BYTES_OF_A_PAGE * number // max(size, 1)
            self._page = min(MOST_ROWS, 4 * self._page, max(1, fitting))


def collect(address: Address, part: Path, what: str) -> None:
    """Read all rows that are not in a file yet; see `Address.collect`."""
    reading = _Reading(address, part, what)
    reached, tries = -1, 0
    while True:
        try:
            with _connected(address) as session:
                try:
                    reading.run(session)
                except (InvalidRequest, ProtocolException):
                    # No such table, or a mark of a page that the server does not know any more.
                    reading.forget()
                    refuse_missing(session, address, what)
                    raise
        except FAILURES as error:
            tries = tries + 1 if reading.place.rows == reached else 1
            # One that was never reached will hardly be reached in a moment.
            if not isinstance(error, FLEETING) or not reading.place.rows or tries == TRIES:
                raise refused(address, what, error) from error
            reached = reading.place.rows
            if isinstance(error, (ReadTimeout, OperationTimedOut)):
                reading.ask_for_less()
            time.sleep(PAUSE)
        else:
            return


@contextmanager
def _connected(address: Address) -> Iterator[Session]:
    """Connect to the hosts of an address, and to no others, for a block."""
    endpoints = address.endpoints()
    credentials = address.credentials()
    policy = HostFilterPolicy(RoundRobinPolicy(), lambda host: host.endpoint in endpoints)
    profile = ExecutionProfile(
        load_balancing_policy=policy,
        # A copy that lags behind does not answer alone.
        consistency_level=ConsistencyLevel.LOCAL_QUORUM,
        request_timeout=SECONDS_FOR_A_PAGE,
        row_factory=tuple_factory,
    )
    with _quiet():
        cluster = Cluster(
            endpoints,
            auth_provider=PlainTextAuthProvider(**credentials) if credentials else None,
            ssl_context=address.encryption(),
            execution_profiles={EXEC_PROFILE_DEFAULT: profile},
            protocol_version=PROTOCOL,
            # Of tables that are not asked for, nothing is read.
            schema_metadata_enabled=False,
            token_metadata_enabled=False,
            connect_timeout=SECONDS_TO_CONNECT,
            control_connection_timeout=SECONDS_TO_CONNECT,
            monitor_reporting_enabled=False,
            application_name="wavehouse",
        )
        try:
            session = cluster.connect()
            session.client_protocol_handler = Handler
            yield session
        finally:
            cluster.shutdown()


@contextmanager
def _quiet() -> Iterator[None]:
    """Let the driver say nothing by itself: what fails becomes a message of ours."""
    driver = logging.getLogger("cassandra")
    before = driver.level
    driver.setLevel(logging.CRITICAL + 1)
    try:
        yield
    finally:
        driver.setLevel(before)
