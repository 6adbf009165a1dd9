"""Requests and answers as all routes treat them: keys, tags, heads."""

from collections.abc import Mapping
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


def tag_of(request: Asked, opened: Opened, name: str) -> str:
    """Give what tells an answer from others: release, audience, format and request."""
    parts = (opened.release_id, opened.audience_id, name, request.url.path, request.url.query)
    # Weak, since what is compressed differs in its bytes.
    return f'W/"{sha256(repr(parts).encode()).hexdigest()[:32]}"'


def has_already(request: Asked, tag: str) -> bool:
    """Tell whether the asking program has the answer with this tag."""
    known = request.headers.get("if-none-match", "")
    return tag.removeprefix("W/") in {each.strip().removeprefix("W/") for each in known.split(",")}


def not_changed(opened: Opened, tag: str) -> Answered:
    """Tell that the answer is the one that the program has."""
    return Response(b"", status_code=304, headers=_head(opened, tag))


def response(
    body: Body,
    opened: Opened,
    tag: str | None = None,
    links: Mapping[str, str] | None = None,
    name: str | None = None,
) -> Answered:
    """Send an answer.

    Args:
        body: what is sent.
        opened: the release that it is of.
        tag: what tells it from others.
        links: the address of the next page is named in the head too, for formats without links.
        name: what the answer is called where it is saved as a file.
    """
    head = _head(opened, tag)
    if links and "next" in links:
        head["Link"] = f'<{links["next"]}>; rel="next"'
    if name:
        head["Content-Disposition"] = f'inline; filename="{name}"'
    return Response(body.content, media_type=body.media_type, headers=head)


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


def _head(opened: Opened, tag: str | None) -> dict[str, str]:
    head = {
        "Cache-Control": "no-cache" if opened.key_id is None else "private, no-cache",
        "Vary": "Accept, Accept-Encoding, Authorization",
        "Wavehouse-Release": opened.release_id,
    }
    return head | ({"ETag": tag} if tag else {})
