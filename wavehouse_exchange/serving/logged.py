"""Every request is logged before its answer leaves; what cannot be logged is not answered."""

import re
import time
from collections.abc import Awaitable, Callable, MutableMapping
from dataclasses import dataclass
from typing import Any

from wavehouse_exchange.serving.audit import AuditLog
from wavehouse_exchange.serving.formats import json_bytes
from wavehouse_exchange.serving.problems import MEDIA_TYPE, RequestError, out_of_order

Message = MutableMapping[str, Any]
Scope = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]
App = Callable[[Scope, Receive, Send], Awaitable[None]]

# Where a request's notes are kept, for `note` and for the log.
NOTES = "wavehouse_notes"
NOT_LOGGED = ("/health", "/metrics")
LONGEST_ADDRESS = 2_000
HOST = re.compile(rb"(?:[A-Za-z0-9._-]+|\[[0-9A-Fa-f:.]+\])(?::([0-9]{1,5}))?")
# As in `/v1/waves/{study_id:str}`.
TYPE_OF_PARAMETER = re.compile(r":\w+(?=\})")
LARGEST_PORT = 65_535
BAD_HOST = RequestError(
    400, "The request names no server", "The header Host is to name a server, once."
)
KEY_IN_THE_CLEAR = RequestError(
    403,
    "The key came over the network in the clear",
    "Whoever was on the way could read it. Ask those who run the server for another key, and ask "
    "by https only.",
)
NOT_WRITTEN = out_of_order(
    "The log of requests cannot be written, and nothing is given out without it. Those who run the "
    "server find the disk of warehouse/audit full, or sealed."
)


@dataclass
class Notes:
    """What the routes tell the log about a request."""

    audience: str | None = None
    key: str | None = None
    release: str | None = None
    rows: int | None = None
    delivery: str | None = None


def notes_of(scope: Scope) -> Notes:
    """Give the notes of a request, to be filled in."""
    notes: Notes = scope.setdefault("state", {}).setdefault(NOTES, Notes())
    return notes


class Logged:
    """An application around another one, which writes a line for each of its requests."""

    def __init__(self, app: App, log: AuditLog) -> None:
        """Take the application and its log."""
        self._app = app
        self._log = log

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer a request."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        refusal = _refusal(scope)
        if refusal is None and scope["path"] in NOT_LOGGED:
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
                    await _send_problem(scope, send, NOT_WRITTEN)
                    return
            if not refused:
                await send(message)

        if refusal is None:
            await self._app(scope, receive, logged_send)
        else:
            await _send_problem(scope, logged_send, refusal)


def _payload(scope: Scope, status: int, notes: Notes, began: float) -> dict[str, Any]:
    address = scope["path"]
    if scope["query_string"]:
        address += "?" + scope["query_string"].decode("latin-1")
    said = {
        "audience": notes.audience,
        "key": notes.key,
        "method": scope["method"],
        "address": address[:LONGEST_ADDRESS],
        # What kind of thing, without what was asked: this may go where no payload may.
        "route": _route(scope),
        "status": status,
        "rows": notes.rows,
        "release": notes.release,
        "milliseconds": round((time.perf_counter() - began) * 1000, 2),
    }
    return said | ({"delivery": notes.delivery} if notes.delivery else {})


def _route(scope: Scope) -> str | None:
    """Give the route of a request as it is declared; None if there is none for it."""
    template = scope.get("path_template")
    return TYPE_OF_PARAMETER.sub("", template) if template else None


def _refusal(scope: Scope) -> RequestError | None:
    """Give why a request is refused before it is looked at."""
    if not _has_good_host(scope):
        return BAD_HOST
    # A redirect to https would come too late, and nobody would notice.
    came_by = [value.strip() for name, value in scope["headers"] if name == b"x-forwarded-proto"]
    if b"http" in came_by and any(name == b"authorization" for name, _ in scope["headers"]):
        return KEY_IN_THE_CLEAR
    return None


def _has_good_host(scope: Scope) -> bool:
    """Tell whether the request says which server it means, in words that are a server's name."""
    hosts = [value for name, value in scope["headers"] if name == b"host"]
    found = HOST.fullmatch(hosts[0]) if len(hosts) == 1 else None
    return found is not None and int(found[1] or 0) <= LARGEST_PORT


async def _send_problem(scope: Scope, send: Send, problem: RequestError) -> None:
    """Answer with a problem, without the framework."""
    body = json_bytes(problem.body(scope["path"]))
    headers = [
        (b"content-type", MEDIA_TYPE.encode()),
        (b"content-length", str(len(body)).encode()),
        *((name.lower().encode(), value.encode()) for name, value in problem.headers.items()),
    ]
    await send({"type": "http.response.start", "status": problem.status, "headers": headers})
    await send({"type": "http.response.body", "body": body})
