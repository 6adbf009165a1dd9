"""Deliveries: waves that partners send, into quarantine and no further.

    POST /v1/studies/{study}/waves/{wave}/deliveries        send one
    GET  /v1/studies/{study}/waves/{wave}/deliveries        those that the audience sent
    GET  /v1/studies/{study}/waves/{wave}/deliveries/{id}   what became of one

Who may deliver is in the file that the key opens. To all others there is nothing here, whether or
not there is such a study.
"""

import asyncio
from dataclasses import asdict, dataclass, field
from typing import Any

from litestar import HttpMethod, route
from litestar.handlers import HTTPRouteHandler

from wavehouse.codebook.ids import complaint_about_wave, shown
from wavehouse.errors import WavehouseError
from wavehouse_exchange.receiving.arriving import DIGEST, refuse_other_bytes, take_in
from wavehouse_exchange.receiving.bodies import body_of, judged_parameters, judged_reading
from wavehouse_exchange.receiving.checks import Checks
from wavehouse_exchange.receiving.quarantine import Delivery, Quarantine, Sender
from wavehouse_exchange.receiving.uploads import Upload
from wavehouse_exchange.serving.doors import Doors, Opened
from wavehouse_exchange.serving.formats import Body, json_bytes
from wavehouse_exchange.serving.http import READING, Answered, Asked, entered, response
from wavehouse_exchange.serving.logged import notes_of
from wavehouse_exchange.serving.problems import (
    RequestError,
    bad_parameter,
    not_found,
    out_of_order,
    unknown_key,
)
from wavehouse_exchange.serving.resources import VERSION

PATH = f"{VERSION}/studies/{{study_id:str}}/waves/{{wave_id:str}}/deliveries"
LARGEST_BYTES = 2_000_000_000
# An answer waits so long for the checks; then it says where to ask.
PATIENCE_SECONDS = 30.0
ASK_AGAIN_SECONDS = 5
# Of one audience and study, that wait for a person.
MOST_WAITING = 100
NOT_HERE = "There is nothing at this address, or this key may not deliver there."
NEXT = {
    "received": "It is being checked. Ask again in some seconds.",
    "accepted": "It waits for those who run the warehouse. They decide what is listed in to_decide "
    "and take it in; nothing else is to be done.",
    "refused": "Nothing of it was kept. Correct what is listed in problems, and deliver it again.",
    "failed": "It was not checked, through a fault of the server. Deliver it again later.",
    "taken": "Those who run the warehouse review it.",
    "declined": "Those who run the warehouse declined it; note says why. Nothing of it was kept.",
}


@dataclass
class DeliveryRefusedError(RequestError):
    """A delivery that was refused, with all that is wrong with it.

    Args:
        more: members of the answer beside those of every problem.
    """

    more: dict[str, Any] = field(default_factory=dict)

    def body(self, address: str) -> dict[str, object]:
        """Give the members that RFC 9457 names, and what is wrong."""
        return super().body(address) | self.more


def delivery_routes(
    quarantine: Quarantine, checks: Checks, doors: Doors, most: int = LARGEST_BYTES
) -> list[HTTPRouteHandler]:
    """Give the handlers of deliveries.

    Args:
        quarantine: where they go.
        checks: what checks them.
        doors: what opens releases.
        most: how many bytes one may have.
    """
    return [
        _sending(quarantine, checks, doors, most),
        _list(quarantine, doors),
        _one(quarantine, checks, doors),
    ]


def _sending(quarantine: Quarantine, checks: Checks, doors: Doors, most: int) -> HTTPRouteHandler:
    # The body is counted as it is written.
    @route(PATH, http_method=HttpMethod.POST, request_max_body_size=None, name="deliver")
    async def deliver(request: Asked) -> Answered:
        opened, sender = await asyncio.to_thread(permitted, request, doors)
        pairs = list(request.query_params.multi_items())
        name = judged_parameters(pairs)
        headers = request.headers
        if headers.get("content-encoding", "identity").lower() != "identity":
            raise RequestError(
                415,
                "The file is of no known format",
                "A body with Content-Encoding is not unpacked. Send the file as it is.",
            )
        body = body_of(
            headers.get("content-type", ""),
            headers.get("content-disposition", ""),
            name,
            f"{sender.study_id}_{sender.wave_id}",
        )
        if body.name is not None:
            judged_reading(pairs, [body.name])
        await asyncio.to_thread(refuse_too_many, quarantine, sender)
        with quarantine.arriving() as arriving:
            await take_in(request.receive, body, arriving, _announced(request), most)
            refuse_other_bytes(headers.get(DIGEST), arriving.files, is_form=body.name is None)
            reading = judged_reading(pairs, [each.name for each in arriving.files])
            try:
                delivery, is_new = await asyncio.to_thread(
                    quarantine.keep, arriving, sender, reading
                )
            except WavehouseError as error:
                raise out_of_order("The delivery cannot be kept. Nothing was.") from error
        notes_of(request.scope).delivery = delivery.delivery_id
        delivery = await checked_within(quarantine, checks, delivery)
        return answer_to_sender(delivery, opened, 201 if is_new else 200)

    return deliver


def _list(quarantine: Quarantine, doors: Doors) -> HTTPRouteHandler:
    @route(PATH, http_method=READING, sync_to_thread=True, name="deliveries")
    def deliveries(request: Asked) -> Answered:
        opened, sender = permitted(request, doors)
        _refuse_parameters(request)
        found = [each for each in quarantine.all() if _is_of(each, sender)]
        notes_of(request.scope).rows = len(found)
        document = {
            "data": [shown_delivery(each) for each in found],
            "links": {"self": request.url.path},
            "meta": {"audience": opened.audience_id, "rows": len(found)},
        }
        return response(Body(json_bytes(document), "application/json"), opened, NOT_KEPT)

    return deliveries


def _one(quarantine: Quarantine, checks: Checks, doors: Doors) -> HTTPRouteHandler:
    @route(f"{PATH}/{{delivery_id:str}}", http_method=READING, sync_to_thread=True, name="delivery")
    def delivery(request: Asked) -> Answered:
        opened, sender = permitted(request, doors)
        _refuse_parameters(request)
        found = quarantine.find(str(request.path_params["delivery_id"]))
        if found is None or not _is_of(found, sender):
            raise not_found(
                f"{NOT_HERE} Your deliveries of this wave are at {address_of_wave(sender)}. If "
                "one that was accepted is missing there, those who run the server removed it, or "
                "the server was restored from a backup, which has no deliveries. Send the same "
                "files again: if they are here after all, nothing is there twice."
            )
        notes_of(request.scope).delivery = found.delivery_id
        if found.state == "received":
            checks.begin(found)
        return _document(found, opened, 200)

    return delivery


NOT_KEPT = {"Cache-Control": "no-store"}


def permitted(request: Asked, doors: Doors) -> tuple[Opened, Sender]:
    """Tell whose delivery of which wave a request is about.

    Raises:
        RequestError: there is no key, or it may not deliver there.
    """
    opened = entered(request, doors)
    if opened.key_id is None:
        raise unknown_key("Deliveries need a key. Send it as Authorization: Bearer KEY.")
    study_id, wave_id = (str(request.path_params[each]) for each in ("study_id", "wave_id"))
    if not may_deliver(opened, study_id, wave_id):
        raise not_found(NOT_HERE)
    if said := complaint_about_wave(wave_id, study_id):
        raise bad_parameter("wave_id", f"wave {shown(wave_id)} {said}.")
    return opened, Sender(opened.audience_id, opened.key_id, study_id, wave_id)


def may_deliver(opened: Opened, study_id: str, wave_id: str) -> bool:
    """Tell whether an audience may deliver a wave, as the release says that its key opens.

    Args:
        opened: the release, as the audience may read it.
        study_id: the study.
        wave_id: the wave.
    """
    granted = opened.deliverable
    return (study_id, None) in granted or (study_id, wave_id) in granted


def _announced(request: Asked) -> int | None:
    length = request.headers.get("content-length", "")
    return int(length) if length.isascii() and length.isdecimal() else None


def _refuse_parameters(request: Asked) -> None:
    for parameter in request.query_params:
        raise bad_parameter(parameter, "This address takes no parameters.")


def refuse_too_many(quarantine: Quarantine, sender: Sender) -> None:
    """Refuse a delivery while many of its sender wait for a person.

    Raises:
        RequestError: there are too many.
    """
    waiting = [
        each
        for each in quarantine.all()
        if each.state in ("received", "accepted")
        and (each.audience_id, each.study_id) == (sender.audience_id, sender.study_id)
    ]
    if len(waiting) >= MOST_WAITING:
        raise RequestError(
            429,
            "Too many deliveries wait",
            f"{len(waiting)} deliveries of this study wait for those who run the warehouse. Ask "
            "them to look at these before you send more.",
            headers={"Retry-After": "3600"},
        )


async def checked_within(quarantine: Quarantine, checks: Checks, delivery: Delivery) -> Delivery:
    """Wait for the checks of a delivery, within limits, and give it as it is then."""
    if delivery.state == "received":
        running = asyncio.wrap_future(checks.begin(delivery))
        await asyncio.wait([running], timeout=PATIENCE_SECONDS)
    found = await asyncio.to_thread(quarantine.find, delivery.delivery_id)
    return found or delivery


def answer_to_sender(delivery: Delivery, opened: Opened, status: int) -> Answered:
    """Answer whoever sent a delivery.

    Raises:
        RequestError: it is refused, or could not be checked.
    """
    head = {"Location": _address(delivery)}
    if delivery.state == "failed":
        detail = f"{delivery.faults[0].detail} Nothing was kept; deliver it again later."
        raise RequestError(500, "A fault of the server", detail)
    if delivery.state == "refused":
        n_faults = len(delivery.faults)
        problems = "one problem" if n_faults == 1 else f"{n_faults} problems"
        first = delivery.faults[0]
        raise DeliveryRefusedError(
            422,
            "The delivery is refused",
            f"It has {problems}, and nothing of it was kept. {_told(first)}",
            headers=head,
            more={"delivery": delivery.delivery_id, "problems": _problems(delivery)},
        )
    if delivery.state == "received":
        return _document(delivery, opened, 202, head | {"Retry-After": str(ASK_AGAIN_SECONDS)})
    return _document(delivery, opened, status, head)


def _told(fault: Any) -> str:  # noqa: ANN401
    parts = [fault.file, fault.column and f"column {fault.column}"]
    place = ", ".join(each for each in parts if each)
    value = "" if fault.value is None else f"{fault.value!r}: "
    return f"{place}: {value}{fault.detail} {fault.remedy}"


def _document(
    delivery: Delivery, opened: Opened, status: int, head: dict[str, str] | None = None
) -> Answered:
    document = {
        "data": shown_delivery(delivery),
        "links": {"self": _address(delivery)},
        "meta": {"audience": opened.audience_id},
    }
    answer = response(
        Body(json_bytes(document), "application/json"), opened, NOT_KEPT | (head or {})
    )
    answer.status_code = status
    return answer


def shown_delivery(delivery: Delivery) -> dict[str, Any]:
    """Give what is told of a delivery to whoever sent it."""
    return {
        "delivery_id": delivery.delivery_id,
        "study_id": delivery.study_id,
        "wave_id": delivery.wave_id,
        "state": delivery.state,
        "next": NEXT[delivery.state],
        "received_at": delivery.received_at,
        "checked_at": delivery.checked_at,
        "files": [asdict(each) for each in delivery.files],
        "reading_options": delivery.reading_options or None,
        "rows": delivery.n_rows,
        "columns": delivery.n_columns,
        "problems": _problems(delivery),
        "to_decide": [asdict(each) for each in delivery.to_decide],
        "note": delivery.note or None,
    }


def _problems(delivery: Delivery) -> list[dict[str, Any]]:
    return [asdict(each) for each in delivery.faults]


def _is_of(delivery: Delivery, sender: Sender) -> bool:
    return (delivery.audience_id, delivery.study_id, delivery.wave_id) == (
        *(sender.audience_id, sender.study_id, sender.wave_id),
    )


def address_of_wave(sender: Sender | Delivery | Upload) -> str:
    """Give the address of the deliveries of a wave."""
    return f"{VERSION}/studies/{sender.study_id}/waves/{sender.wave_id}/deliveries"


def _address(delivery: Delivery) -> str:
    return f"{address_of_wave(delivery)}/{delivery.delivery_id}"
