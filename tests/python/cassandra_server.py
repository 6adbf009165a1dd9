"""A server that speaks Cassandra's native protocol (version 4) as far as a reader needs it.

Frames and bodies are those of the protocol's description, `native_protocol_v4.spec` in Cassandra's
documentation. Values are written by the driver's own types, so that both sides agree on them.
"""

import socketserver
import ssl
import struct
import threading
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

from cassandra import cqltypes, type_codes
from wire import received

HEADER = struct.Struct(">BBhBi")
ERROR, STARTUP, READY, AUTHENTICATE, OPTIONS, SUPPORTED = 0, 1, 2, 3, 5, 6
QUERY, RESULT, REGISTER, AUTH_RESPONSE, AUTH_SUCCESS = 7, 8, 11, 15, 16
ROWS, GLOBAL_TABLE, MORE_PAGES = 2, 1, 2
INVALID, BAD_CREDENTIALS, UNAUTHORIZED, READ_TIMEOUT = 0x2200, 0x0100, 0x2100, 0x1200
PAGE_SIZE, PAGING_STATE = 0x04, 0x08
TEXT = cqltypes.UTF8Type
CODES = {
    getattr(cqltypes, name): code
    for name, code in vars(type_codes).items()
    if not name.startswith("_") and hasattr(cqltypes, name)
}
LOCAL = {
    "key": (TEXT, "local"),
    "cluster_name": (TEXT, "of the tests"),
    "data_center": (TEXT, "one"),
    "rack": (TEXT, "one"),
    "release_version": (TEXT, "4.1.0"),
    "partitioner": (TEXT, "org.apache.cassandra.dht.Murmur3Partitioner"),
    "host_id": (cqltypes.UUIDType, uuid.UUID(int=1)),
    "schema_version": (cqltypes.UUIDType, uuid.UUID(int=2)),
    "rpc_address": (cqltypes.InetAddressType, "127.0.0.1"),
}


@dataclass
class Table:
    """The table `town.wave`, what became of it, and how the server fails.

    Args:
        columns: the types of the columns, by name.
        rows: the rows, in the order of their tokens.
        user: who may read, and the password; anybody if empty.
        cut_after: breaks the connection once, after so many pages; never if 0.
        changes_after: a column comes in after so many pages; never if 0.
        refuses: answers a page with this error instead.
        tls: how the connection is encrypted.
        queries: what was asked, in words.
        sizes: how many rows each page was to have.
    """

    columns: dict[str, Any]
    rows: list[tuple[Any, ...]]
    user: tuple[str, str] | None = None
    cut_after: int = 0
    changes_after: int = 0
    refuses: tuple[int, str] | None = None
    tls: ssl.SSLContext | None = None
    queries: list[str] = field(default_factory=list)
    sizes: list[int] = field(default_factory=list)
    address: str = ""


class _CutError(Exception):
    pass


@contextmanager
def serving_table(table: Table) -> Iterator[Table]:
    """Let a server answer for a block; its address is that of the table `town.wave`."""

    class Handler(socketserver.BaseRequestHandler):
        def handle(self) -> None:
            try:
                connection = self.request
                if table.tls:
                    connection = table.tls.wrap_socket(connection, server_side=True)
                with connection:
                    while head := received(connection, HEADER.size):
                        _, _, stream, code, length = HEADER.unpack(head)
                        kind, answer = _answer(table, code, received(connection, length))
                        connection.sendall(HEADER.pack(0x84, 0, stream, kind, len(answer)) + answer)
            except (_CutError, OSError):
                return

    class Server(socketserver.ThreadingTCPServer):
        daemon_threads = True
        block_on_close = False

    with Server(("127.0.0.1", 0), Handler) as server:
        thread = threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True)
        thread.start()
        user = f"{table.user[0]}@" if table.user else ""
        table.address = f"cassandra://{user}127.0.0.1:{server.server_address[1]}/town/wave"
        try:
            yield table
        finally:
            server.shutdown()
            thread.join()


def _answer(table: Table, code: int, body: bytes) -> tuple[int, bytes]:
    if code == OPTIONS:
        versions = _string("CQL_VERSION") + struct.pack(">H", 1) + _string("3.4.5")
        none = _string("COMPRESSION") + struct.pack(">H", 0)
        return SUPPORTED, struct.pack(">H", 2) + versions + none
    if code == STARTUP and table.user:
        return AUTHENTICATE, _string("org.apache.cassandra.auth.PasswordAuthenticator")
    if code in {STARTUP, REGISTER}:
        return READY, b""
    if code == AUTH_RESPONSE and table.user:
        if body[4:] == b"\0" + b"\0".join(part.encode() for part in table.user):
            return AUTH_SUCCESS, struct.pack(">i", -1)
        return _error(BAD_CREDENTIALS, "Provided username and/or password are incorrect")
    assert code == QUERY, f"a reader asks by QUERY only, not by {code}"
    length = struct.unpack_from(">i", body)[0]
    query, flags = body[4 : 4 + length].decode(), body[4 + length + 2]
    table.queries.append(query)
    size, state, at = 10**9, b"", 4 + length + 3
    if flags & PAGE_SIZE:
        size, at = struct.unpack_from(">i", body, at)[0], at + 4
    if flags & PAGING_STATE:
        state = body[at + 4 : at + 4 + struct.unpack_from(">i", body, at)[0]]
    return _queried(table, query, size, state)


def _queried(table: Table, query: str, size: int, state: bytes) -> tuple[int, bytes]:
    if query == 'SELECT * FROM "town"."wave"':
        return _page(table, size, state)
    if "FROM system.local" in query:
        types, values = zip(*LOCAL.values(), strict=True)
        return _rows(dict(zip(LOCAL, types, strict=True)), [values])
    if "system.peers_v2" in query:
        return _error(INVALID, "unconfigured table peers_v2")
    if "system.peers" in query:
        return _rows({"peer": cqltypes.InetAddressType}, [])
    if "system_schema.keyspaces" in query:
        return _rows({"name": TEXT}, [("town",), ("system_auth",)])
    if "system_schema.tables" in query and query.endswith("'town'"):
        return _rows({"name": TEXT}, [("wave",), ("visits",)])
    if "system_schema." in query:
        return _rows({"name": TEXT}, [])
    return _error(INVALID, f"no such table: {query}")


def _page(table: Table, size: int, state: bytes) -> tuple[int, bytes]:
    if table.refuses:
        return _error(*table.refuses)
    begin = 0
    if state:
        if not state.startswith(b"\xffpage"):
            return _error(INVALID, "Invalid value for the paging state")
        begin = int(state[5:])
    table.sizes.append(size)
    if table.cut_after and len(table.sizes) > table.cut_after:
        table.cut_after = 0
        raise _CutError
    if table.changes_after and len(table.sizes) > table.changes_after:
        table.changes_after = 0
        table.columns["late"] = TEXT
        table.rows = [(*row, "new") for row in table.rows]
    end = begin + size
    following = b"\xffpage%d" % end if end < len(table.rows) else b""
    return _rows(table.columns, table.rows[begin:end], following)


def _rows(
    columns: dict[str, Any], rows: list[tuple[Any, ...]], following: bytes = b""
) -> tuple[int, bytes]:
    flags = GLOBAL_TABLE | (MORE_PAGES if following else 0)
    parts = [struct.pack(">iii", ROWS, flags, len(columns))]
    parts += [_bytes(following)] if following else []
    parts += [_string("town"), _string("wave")]
    parts += [_string(name) + _option(type_) for name, type_ in columns.items()]
    parts.append(struct.pack(">i", len(rows)))
    parts += [
        struct.pack(">i", -1) if value is None else _bytes(type_.to_binary(value, 4))
        for row in rows
        for type_, value in zip(columns.values(), row, strict=True)
    ]
    return RESULT, b"".join(parts)


def _option(type_: Any) -> bytes:  # noqa: ANN401 (a type of the driver)
    """Write a type as the columns of a result have it."""
    if issubclass(type_, cqltypes.UserType):
        fields = [
            _string(name) + _option(below)
            for name, below in zip(type_.fieldnames, type_.subtypes, strict=True)
        ]
        names = _string(type_.keyspace) + _string(type_.typename)
        return struct.pack(">H", 0x30) + names + struct.pack(">H", len(fields)) + b"".join(fields)
    if issubclass(type_, cqltypes.FrozenType):
        # That something is frozen is not said.
        return _option(type_.subtypes[0])
    below = b"".join(map(_option, getattr(type_, "subtypes", ())))
    if issubclass(type_, cqltypes.TupleType):
        return struct.pack(">HH", 0x31, len(type_.subtypes)) + below
    code = next((CODES[base] for base in type_.__mro__ if base in CODES), 0)
    if type_ is cqltypes.DurationType or not code:
        return struct.pack(">H", 0) + _string(_java(type_))
    return struct.pack(">H", code) + below


def _java(type_: Any) -> str:  # noqa: ANN401
    """Write a type that has no code of its own."""
    text = str(type_.cass_parameterized_type(full=True))
    if not issubclass(type_, cqltypes.VectorType):
        return text
    within = f"({_java(type_.subtype)} , {type_.vector_size})"
    return text.partition("(")[0] + within


def _error(code: int, text: str) -> tuple[int, bytes]:
    more = struct.pack(">HiiB", 6, 1, 2, 0) if code == READ_TIMEOUT else b""
    return ERROR, struct.pack(">i", code) + _string(text) + more


def _string(text: str) -> bytes:
    content = text.encode()
    return struct.pack(">H", len(content)) + content


def _bytes(content: bytes) -> bytes:
    return struct.pack(">i", len(content)) + content
