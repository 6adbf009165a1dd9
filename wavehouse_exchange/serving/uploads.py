"""Deliveries of large files in parts, as tus does it: a length, then parts at their offset.

POST  …/deliveries/uploads?name=wave.sav   Upload-Length: 4000000000
HEAD  …/deliveries/uploads/{id}            how much arrived: Upload-Offset
PATCH …/deliveries/uploads/{id}            Upload-Offset: where the body goes on
"""

import asyncio

from litestar import HttpMethod, Response, route
from litestar.handlers import HTTPRouteHandler

from wavehouse_exchange.receiving.arriving import add_part, refuse_without_room, too_large
from wavehouse_exchange.receiving.bodies import judged_name, judged_parameters, judged_reading
from wavehouse_exchange.receiving.checks import Checks
from wavehouse_exchange.receiving.quarantine import Delivery, Quarantine, Sender
from wavehouse_exchange.receiving.uploads import Upload, Uploads
from wavehouse_exchange.serving.deliveries import (
    NOT_HERE,
    NOT_KEPT,
    PATH,
    address_of_wave,
    answer_to_sender,
    checked_within,
    permitted,
    refuse_too_many,
)
from wavehouse_exchange.serving.doors import Doors
from wavehouse_exchange.serving.http import READING, Answered, Asked
from wavehouse_exchange.serving.logged import notes_of
from wavehouse_exchange.serving.problems import RequestError, bad_parameter, not_found

LENGTH, OFFSET = "upload-length", "upload-offset"
ONE = f"{PATH}/uploads/{{upload_id:str}}"


def upload_routes(
    quarantine: Quarantine, checks: Checks, doors: Doors, most: int
) -> list[HTTPRouteHandler]:
    """Give the handlers of uploads in parts.

    Args:
        quarantine: where they go.
        checks: what checks them once they are whole.
        doors: what opens releases.
        most: how many bytes one may have.
    """
    uploads = Uploads(quarantine)
    return [
        _beginning(quarantine, uploads, doors, most),
        _asking(uploads, doors),
        _adding(quarantine, uploads, checks, doors),
    ]


def _beginning(
    quarantine: Quarantine, uploads: Uploads, doors: Doors, most: int
) -> HTTPRouteHandler:
    @route(f"{PATH}/uploads", http_method=HttpMethod.POST, name="begin upload")
    async def begin(request: Asked) -> Answered:
        return await asyncio.to_thread(_begun, request, quarantine, uploads, doors, most)

    return begin


def _begun(
    request: Asked, quarantine: Quarantine, uploads: Uploads, doors: Doors, most: int
) -> Answered:
    _, sender = permitted(request, doors)
    pairs = list(request.query_params.multi_items())
    name = judged_parameters(pairs)
    if name is None:
        raise bad_parameter("name", "Name the file, as in ?name=survey.sav.")
    reading = judged_reading(pairs, [judged_name(name)])
    length = _number(request, LENGTH)
    if length > most:
        raise too_large(most)
    if not length:
        raise RequestError(400, "Nothing was delivered", "Upload-Length is 0: no file.")
    refuse_too_many(quarantine, sender)
    quarantine.folder.mkdir(parents=True, exist_ok=True)
    refuse_without_room(quarantine.folder, length)
    return _told(uploads.begin(sender, name, reading, length), 0, 201)


def _asking(uploads: Uploads, doors: Doors) -> HTTPRouteHandler:
    @route(ONE, http_method=READING, name="upload")
    async def ask(request: Asked) -> Answered:
        _, sender = await asyncio.to_thread(permitted, request, doors)
        upload = _found(uploads, request, sender)
        return _told(upload, uploads.offset(upload), 200)

    return ask


def _adding(
    quarantine: Quarantine, uploads: Uploads, checks: Checks, doors: Doors
) -> HTTPRouteHandler:
    @route(ONE, http_method=HttpMethod.PATCH, request_max_body_size=None, name="add to upload")
    async def add(request: Asked) -> Answered:
        opened, sender = await asyncio.to_thread(permitted, request, doors)
        upload = _found(uploads, request, sender)
        with uploads.alone(upload):
            there = uploads.offset(upload)
            if _number(request, OFFSET) != there:
                raise RequestError(
                    409,
                    "The part does not fit",
                    f"{there} bytes arrived, so the next part begins there. Send Upload-Offset: "
                    f"{there}.",
                    headers={"Upload-Offset": str(there)},
                )
            await add_part(request.receive, uploads.path(upload), upload.length - there)
            now = uploads.offset(upload)
            if now < upload.length:
                return _told(upload, now, 200)
            delivery, is_new = await asyncio.to_thread(_whole, quarantine, uploads, upload, sender)
        notes_of(request.scope).delivery = delivery.delivery_id
        delivery = await checked_within(quarantine, checks, delivery)
        return answer_to_sender(delivery, opened, 201 if is_new else 200)

    return add


def _whole(
    quarantine: Quarantine, uploads: Uploads, upload: Upload, sender: Sender
) -> tuple[Delivery, bool]:
    with quarantine.arriving() as arriving:
        uploads.finish(upload, arriving)
        kept = quarantine.keep(arriving, sender, upload.reading_options)
    uploads.remove(upload)
    return kept


def _found(uploads: Uploads, request: Asked, sender: Sender) -> Upload:
    upload = uploads.find(str(request.path_params["upload_id"]), sender)
    if upload is None:
        raise not_found(f"{NOT_HERE} An upload of which nothing came for a day is removed.")
    return upload


def _told(upload: Upload, offset: int, status: int) -> Answered:
    head = {
        **NOT_KEPT,
        "Location": f"{address_of_wave(upload)}/uploads/{upload.upload_id}",
        "Upload-Offset": str(offset),
        "Upload-Length": str(upload.length),
    }
    return Response(b"", status_code=status, headers=head, media_type="text/plain")


def _number(request: Asked, header: str) -> int:
    text = request.headers.get(header, "")
    if not (text.isascii() and text.isdecimal() and len(text) < 16):
        raise RequestError(
            400, "A header is missing", f"{header.title()} is to be a number of bytes."
        )
    return int(text)
