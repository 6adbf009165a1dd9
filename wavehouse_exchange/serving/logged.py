"""Every request is logged before its answer leaves; what cannot be logged is not answered."""

import time
from collections.abc import Awaitable, Callable, MutableMapping
from dataclasses import dataclass
from typing import Any

from wavehouse_exchange.serving.audit import AuditLog
from wavehouse_exchange.serving.formats import json_bytes
from wavehouse_exchange.serving.problems import MEDIA_TYPE, out_of_order

Message = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]
App = Callable[[MutableMapping[str, Any], Receive, Send], Awaitable[None]]

# Where a request's notes are kept, for `note` and for the log.
NOTES = "wavehouse_notes"
NOT_LOGGED = ("/health", "/metrics")
LONGEST_ADDRESS = 2_000


@dataclass
class Notes:
    """What the routes tell the log about a request."""

    audience: str | None = None
    key: str | None = None
    release: str | None = None
    rows: int | None = None


def notes_of(scope: MutableMapping[str, Any]) -> Notes:
    """Give the notes of a request, to be filled in."""
    notes: Notes = scope.setdefault("state", {}).setdefault(NOTES, Notes())
    return notes


class Logged:
    """An application around another one, which writes a line for each of its requests."""

    def __init__(self, app: App, log: AuditLog) -> None:
        """Take the application and its log."""
        self._app = app
        self._log = log

    async def __call__(self, scope: MutableMapping[str, Any], receive: Receive, send: Send) -> None:
        """Answer a request."""
        if scope["type"] != "http" or scope["path"] in NOT_LOGGED:
            await self._app(scope, receive, send)
            return
        began = time.perf_counter()
        notes = notes_of(scope)
        refused = False

        async def logged_send(message: Message) -> None:
            nonlocal refused
            if message["type"] == "http.response.start":
                try:
                    self._log.add(_payload(scope, message["status"], notes, began))
                except OSError:
                    refused = True
                    await _send_problem(scope, send)
                    return
            if not refused:
                await send(message)

        await self._app(scope, receive, logged_send)


def _payload(
    scope: MutableMapping[str, Any], status: int, notes: Notes, began: float
) -> dict[str, Any]:
    address = scope["path"]
    if scope["query_string"]:
        address += "?" + scope["query_string"].decode("latin-1")
    return {
        "audience": notes.audience,
        "key": notes.key,
        "method": scope["method"],
        "address": address[:LONGEST_ADDRESS],
        "status": status,
        "rows": notes.rows,
        "release": notes.release,
        "milliseconds": round((time.perf_counter() - began) * 1000, 2),
    }


async def _send_problem(scope: MutableMapping[str, Any], send: Send) -> None:
    """Tell that the request cannot be logged."""
    problem = out_of_order(
        "The log of requests cannot be written, and nothing is given out without it. Those who run "
        "the server find the disk of warehouse/audit full, or sealed."
    )
    body = json_bytes(problem.body(scope["path"]))
    headers = [
        (b"content-type", MEDIA_TYPE.encode()),
        (b"content-length", str(len(body)).encode()),
        *((name.lower().encode(), value.encode()) for name, value in problem.headers.items()),
    ]
    await send({"type": "http.response.start", "status": problem.status, "headers": headers})
    await send({"type": "http.response.body", "body": body})
