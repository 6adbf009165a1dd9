"""What the team does with deliveries: look, take one in as `add-wave` would, or decline it."""

import shutil
from collections.abc import Iterator
from contextlib import contextmanager

from wavehouse.errors import WavehouseError
from wavehouse.locks import only_one
from wavehouse.people.sources import remove_delivered
from wavehouse.project import Project
from wavehouse_exchange.onboarding.onboard import add_wave
from wavehouse_exchange.receiving.check_one import log
from wavehouse_exchange.receiving.checking import wave_options
from wavehouse_exchange.receiving.quarantine import Delivery, Quarantine, State
from wavehouse_exchange.receiving.rows import files_to_read
from wavehouse_exchange.receiving.sealing import is_kept, opened

TEAM = "team"
SHORTEST_ID = 6


def list_deliveries(project: Project) -> str:
    """Say which deliveries there are, in the order in which they came."""
    quarantine = Quarantine(project)
    quarantine.tidy()
    found = quarantine.all()
    if not found:
        return "There are no deliveries."
    lines = []
    for each in found:
        sizes = sum(file.size_bytes for file in each.files)
        said = f"{each.n_rows:,} rows" if each.n_rows is not None else f"{sizes:,} bytes"
        if each.state == "accepted":
            said += f", {len(each.to_decide)} to decide"
        if each.faults:
            said += f", {len(each.faults)} problem(s)"
        lines.append(
            f"{each.delivery_id}  {each.state:<8}  {each.received_at[:16]}  {each.study_id} "
            f"{each.wave_id}  of {each.audience_id} ({each.key_id}): {said}"
        )
    waiting = sum(each.state == "accepted" for each in found)
    if waiting:
        lines.append(
            f"{waiting} wait(s) for you: `wavehouse deliveries show ID`, then `take` or `decline`."
        )
    return "\n".join(lines)


def show_delivery(project: Project, delivery_id: str) -> str:
    """Say all that is known of a delivery.

    Raises:
        WavehouseError: there is none of this id.
    """
    quarantine = Quarantine(project)
    each = _found(quarantine, delivery_id)
    lines = [
        f"{each}: {each.state}",
        f"From {each.audience_id}, key {each.key_id}, received {each.received_at}.",
    ]
    for file, path in zip(each.files, quarantine.paths(each), strict=True):
        place = f" in {project.relative(path.parent)}" if is_kept(path) else ", not kept"
        lines.append(f"{file.name}: {file.size_bytes:,} bytes, SHA-256 {file.sha256}{place}")
    if each.reading_options:
        lines.append(f"Read with {each.reading_options}.")
    if each.n_rows is not None:
        lines.append(f"{each.n_rows:,} rows, {each.n_columns} columns.")
    for fault in each.faults:
        place = f", column {fault.column}" if fault.column else ""
        value = f", value {fault.value!r}" if fault.value is not None else ""
        lines.append(f"  [{fault.code}] {fault.file}{place}{value}: {fault.detail} {fault.remedy}")
    for item in each.to_decide:
        lines.append(f"  to decide: {item.kind} {item.subject}: {item.detail}")
    if each.note:
        lines.append(f"Declined: {each.note}")
    if each.state == "accepted":
        lines.append(
            f"Next: `wavehouse deliveries take {each.delivery_id}`, or `wavehouse deliveries "
            f'decline {each.delivery_id} --because "..."`.'
        )
    return "\n".join(lines)


def take_delivery(project: Project, delivery_id: str) -> str:
    """Bring a delivery in as `wavehouse add-wave` does, and say what that says.

    Raises:
        WavehouseError: it is not one that was accepted, or `add-wave` refuses it now.
    """
    quarantine = Quarantine(project)
    with _alone(quarantine, delivery_id) as delivery:
        _refuse_state(delivery, ("accepted", "taken"), "taken in")
        if not all(is_kept(path) for path in quarantine.paths(delivery)):
            raise WavehouseError(
                f"{delivery} was taken in, and its files are removed, since they had people who "
                "were erased or ids that are replaced. Ask for it again."
            )
        with opened(quarantine, delivery):
            files = files_to_read(quarantine, delivery)
            options = wave_options(project, delivery)
            said = add_wave(project, delivery.study_id, delivery.wave_id, files, options)
        _decide(quarantine, delivery, "taken")
        remove_delivered(project)
    return said


def decline_delivery(project: Project, delivery_id: str, because: str) -> str:
    """Decline a delivery, and remove its files; who delivered it is told why.

    Raises:
        WavehouseError: it was taken in, or came to nothing already.
    """
    quarantine = Quarantine(project)
    with _alone(quarantine, delivery_id) as delivery:
        _refuse_state(delivery, ("received", "accepted"), "declined")
        _decide(quarantine, delivery, "declined", because)
    return f"{delivery} is declined, and its files are removed. Who delivered it is told why."


def remove_delivery(project: Project, delivery_id: str) -> str:
    """Remove all that is known of a delivery, and its files.

    Raises:
        WavehouseError: there is none of this id.
    """
    quarantine = Quarantine(project)
    with _alone(quarantine, delivery_id) as delivery:
        shutil.rmtree(quarantine.folder / delivery.delivery_id)
        log(quarantine, delivery.delivery_id, TEAM, "", "removed")
    return f"{delivery} is removed. A wave that was made of it stays as it is."


def _decide(quarantine: Quarantine, delivery: Delivery, state: State, note: str = "") -> None:
    log(quarantine, delivery.delivery_id, TEAM, "", state)
    quarantine.decide(delivery, state=state, note=note)


def _refuse_state(delivery: Delivery, fitting: tuple[State, ...], what: str) -> None:
    if delivery.state not in fitting:
        raise WavehouseError(
            f"{delivery} is {delivery.state}, so it is not {what}. `wavehouse deliveries show "
            f"{delivery.delivery_id}` says more."
        )


@contextmanager
def _alone(quarantine: Quarantine, delivery_id: str) -> Iterator[Delivery]:
    """Give a delivery as it is when nobody else works on its study's."""
    study_id = _found(quarantine, delivery_id).study_id
    with only_one(quarantine.folder / f".{study_id}.lock", "check of a delivery"):
        yield _found(quarantine, delivery_id)


def _found(quarantine: Quarantine, delivery_id: str) -> Delivery:
    """Give a delivery by its id, or by the beginning of one."""
    found = quarantine.find(delivery_id)
    if found is not None:
        return found
    begun = [each for each in quarantine.all() if each.delivery_id.startswith(delivery_id)]
    if len(delivery_id) >= SHORTEST_ID and len(begun) == 1:
        return begun[0]
    raise WavehouseError(
        f"There is no delivery {delivery_id!r}. `wavehouse deliveries list` names those that there "
        "are."
    )
