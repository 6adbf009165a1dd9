"""Requests and answers as all routes treat them: keys, tags, heads."""

from collections.abc import Callable, Mapping
from hashlib import sha256
from typing import Any

from litestar import HttpMethod, Request, Response

from wavehouse_exchange.serving.doors import Doors, Opened
from wavehouse_exchange.serving.formats import Body
from wavehouse_exchange.serving.logged import notes_of
from wavehouse_exchange.serving.parameters import LONGEST_VALUE
from wavehouse_exchange.serving.problems import unknown_key

Asked = Request[Any, Any, Any]
Answered = Response[bytes]
READING = [HttpMethod.GET, HttpMethod.HEAD]


def entered(
    request: Asked, doors: Doors, as_of: str | None = None, *, of_public: bool = False
) -> Opened:
    """Give the release that the key of a request opens, and note whose it is for the log.

    Args:
        request: the request.
        doors: what opens releases.
        as_of: which release; None for the one that counts.
        of_public: whether the public's is given, whatever the key.

    Raises:
        RequestError: the key is refused, or the release is not there.
    """
    opened = doors.enter(None if of_public else _key(request), as_of)
    notes = notes_of(request.scope)
    notes.audience, notes.key = opened.audience_id, opened.key_id
    notes.release = opened.release_id
    return opened


def answered(request: Asked, opened: Opened, name: str, make: Callable[[], Body]) -> Answered:
    """Answer a request, unless the asking program has the answer already.

    Args:
        request: the request.
        opened: the release that is read.
        name: what tells this form of the answer from others, such as its format.
        make: gives what is sent; it is called only if that is wanted.
    """
    parts = (opened.release_id, opened.audience_id, name, request.url.path, request.url.query)
    # Weak, since what is compressed differs in its bytes.
    tag = f'W/"{sha256(repr(parts).encode()).hexdigest()[:32]}"'
    known = request.headers.get("if-none-match", "")
    if tag.removeprefix("W/") in {each.strip().removeprefix("W/") for each in known.split(",")}:
        return Response(b"", status_code=304, headers=_head(opened) | {"ETag": tag})
    return response(make(), opened, {"ETag": tag})


def response(body: Body, opened: Opened, head: Mapping[str, str] | None = None) -> Answered:
    """Send an answer.

    Args:
        body: what is sent.
        opened: the release that it is of.
        head: what its head says too.
    """
    headers = {**_head(opened), **(head or {}), **body.head}
    return Response(body.content, media_type=body.media_type, headers=headers)


def who(request: Asked) -> str:
    """Tell requests of one key, or of one address without a key, from those of others."""
    header = request.headers.get("authorization")
    if header:
        return sha256(header.encode()).hexdigest()
    return request.client.host if request.client else "nobody"


def _key(request: Asked) -> str | None:
    headers = request.headers.getall("authorization", [])
    if not headers:
        return None
    if len(headers) > 1:
        raise unknown_key("The header Authorization is there more than once. Send one key.")
    header = headers[0]
    kind, _, key = header.partition(" ")
    if kind.lower() != "bearer" or not key.strip() or len(key) > LONGEST_VALUE:
        raise unknown_key("Write the key as Authorization: Bearer KEY.")
    return key.strip()


def _head(opened: Opened) -> dict[str, str]:
    return {
        "Cache-Control": "no-cache" if opened.key_id is None else "private, no-cache",
        "Vary": "Accept, Accept-Encoding, Authorization",
        "Wavehouse-Release": opened.release_id,
    }
