"""A server that speaks MongoDB's wire protocol as far as a reader needs it, over given documents.

Messages are those of OP_MSG, and of OP_QUERY for the first greeting, as the protocol's description
has them: https://www.mongodb.com/docs/manual/reference/mongodb-wire-protocol/
"""

import socketserver
import struct
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

import bson
from wire import received

HEADER = struct.Struct("<iiii")
OP_REPLY, OP_QUERY, OP_MSG = 1, 2004, 2013
DOCUMENTS = 1
READING = {"find", "getMore", "aggregate", "killCursors"}
GREETINGS = {"hello", "ismaster", "isMaster"}


@dataclass
class Collection:
    """What the server has, and how it fails.

    Args:
        documents: in the order of their ids.
        cut_after: breaks the connection once, after so many batches; never if 0.
        refuses: answers with this error instead.
        grows_by: how many documents come while it is read.
        commands: what was asked, by its name.
    """

    documents: list[dict[str, Any]]
    cut_after: int = 0
    refuses: str = ""
    grows_by: int = 0
    commands: list[str] = field(default_factory=list)
    batches: int = 0
    address: str = ""


@contextmanager
def serving_documents(collection: Collection) -> Iterator[Collection]:
    """Let a server answer for a block; its address is that of the collection `town.wave`."""

    class Handler(socketserver.BaseRequestHandler):
        def handle(self) -> None:
            while message := received(self.request, HEADER.size):
                length, number, _, code = HEADER.unpack(message)
                body = received(self.request, length - HEADER.size)
                if code == OP_QUERY:
                    # Flags, the name of a collection, two numbers, and the question.
                    question = bson.decode(body[body.index(b"\0", 4) + 9 :])
                    head = struct.pack("<iqii", 8, 0, 0, 1)
                    answer = head + bson.encode(_answer(collection, question))
                    self._send(number, OP_REPLY, answer)
                    continue
                question = bson.decode(body[5:])
                answer_of = _answer(collection, question)
                if answer_of is None:
                    return
                self._send(number, OP_MSG, struct.pack("<iB", 0, 0) + bson.encode(answer_of))

        def _send(self, number: int, code: int, body: bytes) -> None:
            head = HEADER.pack(HEADER.size + len(body), 0, number, code)
            self.request.sendall(head + body)

    with socketserver.ThreadingTCPServer(("127.0.0.1", 0), Handler) as server:
        server.daemon_threads = True
        thread = threading.Thread(target=server.serve_forever, daemon=True)
        thread.start()
        collection.address = f"mongodb://127.0.0.1:{server.server_address[1]}/town/wave"
        try:
            yield collection
        finally:
            server.shutdown()
            thread.join()


def _answer(collection: Collection, question: dict[str, Any]) -> dict[str, Any] | None:
    """Answer a command; nothing if the connection breaks."""
    name = next(iter(question))
    collection.commands.append(name)
    if name in GREETINGS:
        return {
            "helloOk": True,
            "ismaster": True,
            "isWritablePrimary": True,
            "maxBsonObjectSize": 1 << 24,
            "maxMessageSizeBytes": 48_000_000,
            "maxWriteBatchSize": 100_000,
            "minWireVersion": 0,
            "maxWireVersion": 21,
            "ok": 1.0,
        }
    if name not in READING:
        return {"ok": 1.0}
    if collection.refuses:
        return {"ok": 0.0, "code": 13, "codeName": "Unauthorized", "errmsg": collection.refuses}
    if name == "aggregate":
        counted = [{"_id": 1, "n": len(collection.documents)}] if collection.documents else []
        collection.documents += [{"_id": 10**9 + n} for n in range(collection.grows_by)]
        return _cursor(counted, 0, "firstBatch")
    if name == "killCursors":
        return {"ok": 1.0}
    collection.batches += 1
    if collection.cut_after and collection.batches > collection.cut_after:
        collection.cut_after = 0
        return None
    if name == "find":
        assert question["sort"] == {"_id": 1}
        behind = question.get("filter", {}).get("_id", {}).get("$gt")
        begin = 0 if behind is None else _place_of(collection, behind) + 1
    else:
        begin = question["getMore"] - 1
    end = begin + question["batchSize"]
    batch = collection.documents[begin:end]
    is_more = end < len(collection.documents)
    part = "firstBatch" if name == "find" else "nextBatch"
    return _cursor(batch, end + 1 if is_more else 0, part)


def _place_of(collection: Collection, id_: object) -> int:
    return next(n for n, each in enumerate(collection.documents) if each["_id"] == id_)


def _cursor(batch: list[dict[str, Any]], number: int, name: str) -> dict[str, Any]:
    return {"cursor": {"id": bson.Int64(number), "ns": "town.wave", name: batch}, "ok": 1.0}
