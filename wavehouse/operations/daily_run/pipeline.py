"""`wavehouse run`: all that a warehouse needs in a day, without anybody awake.

Fetch, take what lies in the inbox, build (with the attack, and publish), write for readers, back
up, report. Each step may be run again at any time and does what is left, so a run that was killed
is healed by the next one. A step that fails keeps none of the later ones from what can be done
without it.
"""

import fcntl
import hashlib
import signal
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from types import FrameType

from wavehouse.building.build import build
from wavehouse.errors import WavehouseError
from wavehouse.escapes import terminal_text
from wavehouse.operations.configuration import Operations, inside_project, read_operations
from wavehouse.operations.daily_run.build_failure import why_refused
from wavehouse.operations.daily_run.inbox import (
    REFUSED,
    TAKEN,
    Delivery,
    forget_refused,
    outcome,
    read_inbox,
    remember_refused,
    remember_taken,
)
from wavehouse.operations.daily_run.taking import Taking, finish_last
from wavehouse.operations.daily_run.trial import Waits, try_delivery
from wavehouse.operations.run_history.run_files import operations_folder
from wavehouse.operations.run_history.runs import RecordedRun, recorded
from wavehouse.operations.status.report import report
from wavehouse.project import Project
from wavehouse.publishing.releases import counting_release
from wavehouse.writing import explained

LOCK = ".run.lock"
# Of what a build says, in what is remembered of a delivery.
LONGEST = 400


class TimeLimit(BaseException):  # so that no step takes it for an error of its own
    """A run took longer than it may."""


@dataclass
class Outcome:
    """What a run did.

    Attributes:
        taken: deliveries that were taken.
        refused: deliveries that were refused, now or before, and are still in the inbox.
        failed: the steps that failed, each with its first words.
        notes: what else is to be told.
    """

    taken: list[str] = field(default_factory=list)
    refused: list[str] = field(default_factory=list)
    failed: list[str] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)

    @property
    def is_well(self) -> bool:
        """Whether nobody has to do anything."""
        return not self.refused and not self.failed


def run(project: Project) -> bool:
    """Do all that is to be done, and tell it; one run works at a time.

    Returns:
        whether all went well: False where a step failed, or a delivery was refused.

    Raises:
        ProblemsError: `operations.yml` is not as it should be; nothing was done.
        WavehouseError: the run took longer than it may. What was published stays as it was.
    """
    operations = read_operations(project)
    with _alone(project) as is_alone:
        if not is_alone:
            print("Another run is at work. Nothing was done.")
            return True
        with recorded(project, "run") as record, _time_limit(operations.run.time_limit_minutes):
            done = Outcome()
            before = counting_release(project)
            for name, work in _steps(project, operations, done, before):
                _step(record, done, name, work)
            record.note(
                release_id=counting_release(project),
                previous_release_id=before,
                details={"taken": done.taken, "refused": len(done.refused)},
            )
            _tell(project, done, before)
            if not done.is_well:
                # Not raised: all that could be done is done.
                record.record["status"] = "failed"
                record.record["message"] = "; ".join([*done.failed, *done.refused])[:LONGEST]
        for line in report(project):
            print(terminal_text(line))
        return done.is_well


def _steps(
    project: Project, operations: Operations, done: Outcome, before: str | None
) -> Iterator[tuple[str, Callable[[], None]]]:
    """Give the steps of a run, each with what it does."""
    yield "fetch", lambda: _fetch(project)
    yield "build", lambda: _take_and_build(project, operations, done)
    is_new = counting_release(project) != before
    if is_new and operations.run.pages:
        yield "docs", lambda: _docs(project)
        yield "pages", lambda: _pages(project)
    for each in operations.run.exports if is_new else ():
        study, form = each.study, each.format
        yield f"export {study} {form}", lambda: _export(project, study, form)  # noqa: B023 (now)
    if operations.backup is not None:
        yield "backup", lambda: _back_up(project)


def _step(record: RecordedRun, done: Outcome, name: str, work: Callable[[], None]) -> None:
    """Do a step; where it fails, say so and let the others go on."""
    print(f"== {name}", flush=True)
    try:
        with record.step(name):
            work()
    except (WavehouseError, OSError) as error:
        print(terminal_text(str(error)), flush=True)
        done.failed.append(f"{name}: {str(error).splitlines()[0]}")


def _fetch(project: Project) -> None:
    """Download what the codebook lists and is not there, of studies that are in use."""
    from wavehouse.codebook.tables import read_codebook
    from wavehouse_exchange.landing.fetch import fetch, read_deliveries

    optional = {
        row["study_id"]
        for row in read_codebook(project).rows("studies")
        if row.get("is_optional") == "true"
    }
    listed = dict.fromkeys(each.study_id for each in read_deliveries(project) if each.url)
    for study_id in listed:
        if study_id in optional and not (project.landing / study_id).is_dir():
            continue
        for fetched in fetch(project, study_id):
            if fetched.is_new:
                print(f"Fetched {study_id} {fetched.landed.wave_id}.")


def _take_and_build(project: Project, operations: Operations, done: Outcome) -> None:
    """Take what lies in the inbox, and build; take back what a build refuses."""
    with explained(project.root):
        done.notes += finish_last(project)
    waiting = _waiting(project, operations, done)
    if not waiting:
        build(project)
        return
    failure = _try(project, waiting, done)
    if failure is None:
        return
    # Is it the deliveries? The project as it was before says so.
    build(project)
    if len(waiting) == 1:
        _refuse(project, waiting[0], done, failure)
        return
    for delivery in waiting:
        failure = _try(project, [delivery], done)
        if failure is not None:
            _refuse(project, delivery, done, failure)
            build(project)


def _try(project: Project, deliveries: Sequence[Delivery], done: Outcome) -> str | None:
    """Put deliveries in place and build; give why that failed, and take them back then."""
    taking = Taking(project)
    put: list[tuple[Delivery, list[dict[str, str]]]] = []
    try:
        for delivery in deliveries:
            sums = delivery.sums()
            try:
                trial = try_delivery(project, delivery, datetime.now(UTC).date())
                taking.put_in_place(delivery, sums, trial)
            except WavehouseError as error:
                _refuse(project, delivery, done, str(error), waits=isinstance(error, Waits))
            else:
                put.append((delivery, sums))
        build(project)
    except WavehouseError as error:
        done.notes += taking.take_back()
        if not put:
            raise
        return why_refused(project) or str(error)
    except BaseException:
        done.notes += taking.take_back()
        raise
    for delivery, sums in put:
        remember_taken(project, delivery, sums)
        done.taken.append(f"{delivery.study_id} {delivery.wave_id}")
    taking.settle()
    return None


def _waiting(project: Project, operations: Operations, done: Outcome) -> list[Delivery]:
    """Give the deliveries that are to be tried: new ones, and refused ones that may pass now."""
    if operations.run.inbox is None:
        return []
    folder = inside_project(project, operations.run.inbox)
    found = read_inbox(folder, operations.run.inbox, operations.run.settle_seconds, time.time())
    done.failed += [f"inbox: {problem}" for problem in found.problems]
    done.notes += [f"Still arriving, taken next time: {each}." for each in found.arriving]
    forget_refused(project, [*found.deliveries, *found.arriving])
    waiting = []
    for delivery in found.deliveries:
        sums = delivery.sums()
        taken, refused = (outcome(project, delivery, kind) for kind in (TAKEN, REFUSED))
        if taken is not None and taken["files"] == sums:
            continue
        if (
            refused is not None
            and refused["files"] == sums
            and refused["codebook"] == _codebook(project)
        ):
            done.refused.append(f"{delivery}: {refused['message']} {refused['remedy']}")
            continue
        waiting.append(delivery)
    return waiting


def _refuse(
    project: Project, delivery: Delivery, done: Outcome, failure: str, *, waits: bool = False
) -> None:
    """Remember why a delivery was not taken, and what to do."""
    files = " ".join(project.relative(path) for path in delivery.files)
    words = f"{delivery.study_id} {delivery.wave_id}"
    by_hand = (
        f"Bring it in with `wavehouse add-wave {words} {files} --replace`, decide what is open, "
        f"and run `wavehouse apply {words}`"
    )
    if waits:
        message = f"It waits for a person. {failure}"
        remedy = f"{by_hand}."
    else:
        message = f"It was refused. {failure}"
        remedy = f"Ask for a corrected delivery. Or see more: {by_hand[0].lower()}{by_hand[1:]}."
    message = " ".join(message.split())
    message = message if len(message) <= LONGEST else f"{message[: LONGEST - 1]}…"
    remember_refused(project, delivery, delivery.sums(), message, remedy, _codebook(project))
    done.refused.append(f"{delivery}: {message} {remedy}")


def _codebook(project: Project) -> str:
    """Give a checksum of the codebook: another one may let a refused delivery pass."""
    total = hashlib.sha256()
    for path in sorted(project.codebook.glob("*.csv")):
        total.update(path.name.encode())
        total.update(path.read_bytes())
    return total.hexdigest()


def _docs(project: Project) -> None:
    from wavehouse.docs_site.site import write_docs

    write_docs(project)


def _pages(project: Project) -> None:
    from wavehouse_exchange.pages.site import write_pages

    site = write_pages(project)
    print(f"Wrote {project.relative(site.folder)}/index.html: {site.files:,} files.")


def _export(project: Project, study_id: str, form: str) -> None:
    from wavehouse_exchange.exports.export import export_and_tell

    export_and_tell(project, study_id, [form], None, None)


def _back_up(project: Project) -> None:
    from wavehouse.operations.backups.backup import backup_and_tell

    backup_and_tell(project)


def _tell(project: Project, done: Outcome, before: str | None) -> None:
    """Say at the end what came of the run, in a few lines."""
    print("== result")
    for line in done.notes:
        print(terminal_text(line))
    for line in done.taken:
        print(terminal_text(f"Taken: {line}."))
    for line in done.refused:
        print(terminal_text(f"Not taken: {line}"))
    for line in done.failed:
        print(terminal_text(f"Failed: {line}"))
    now = counting_release(project)
    if now is None:
        print("Nothing is published yet.")
    elif now == before:
        print(f"The published release is as before: {now}.")
    else:
        print(f"Published release {now}.")
    if done.is_well:
        print("All is well.")


@contextmanager
def _alone(project: Project) -> Iterator[bool]:
    """Tell whether no other run is at work; then none begins as long as the block lasts."""
    path = operations_folder(project) / LOCK
    with explained(path):
        path.parent.mkdir(parents=True, exist_ok=True)
        file = path.open("w")
    with file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            yield False
            return
        yield True


@contextmanager
def _time_limit(minutes: float) -> Iterator[None]:
    """End the block with an error after some time, and what it started with it."""

    def end(signum: int, frame: FrameType | None) -> None:  # noqa: ARG001 (signal's own signature)
        raise TimeLimit

    before = signal.signal(signal.SIGALRM, end)
    signal.setitimer(signal.ITIMER_REAL, minutes * 60)
    try:
        yield
    except TimeLimit:
        raise WavehouseError(
            f"The run was stopped after {minutes:g} minutes (run.time_limit_minutes in "
            "operations.yml). What was published stays as it was; the next run goes on."
        ) from None
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, before)
