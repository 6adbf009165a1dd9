"""`wavehouse run`: all that a warehouse needs in a day, without anybody awake.

Fetch, take what lies in the inbox, build (with the attack, and publish), write for readers, back
up, report. Each step may be run again at any time and does what is left, so a run that was killed
is healed by the next one. A step that fails keeps none of the later ones from what can be done
without it.
"""

import shlex
import signal
import time
import traceback
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import partial
from types import FrameType

from wavehouse.building.build import build
from wavehouse.building.fingerprint import sum_of_files
from wavehouse.errors import WavehouseError
from wavehouse.escapes import terminal_text
from wavehouse.locks import if_free
from wavehouse.operations.configuration import Operations, inside_project, read_operations
from wavehouse.operations.daily_run.build_failure import results_state, why_refused
from wavehouse.operations.daily_run.inbox import (
    REFUSED,
    TAKEN,
    Delivery,
    forget_refused,
    outcome,
    read_inbox,
    remember_refused,
)
from wavehouse.operations.daily_run.taking import Taking, finish_last, has_gone
from wavehouse.operations.daily_run.trial import Busy, Trial, Waits, try_delivery
from wavehouse.operations.daily_run.written import is_written, remember_written
from wavehouse.operations.run_history.messages import ending_of, short
from wavehouse.operations.run_history.run_files import operations_folder, read_runs
from wavehouse.operations.run_history.runs import RecordedRun, recorded
from wavehouse.operations.status.report import report
from wavehouse.people.sources import remove_delivered
from wavehouse.project import Project
from wavehouse.publishing.releases import counting_release
from wavehouse.publishing.retention import is_in_doubt
from wavehouse.writing import explained, is_of_the_system

LOCK = ".run.lock"
# Of what a build says, in what is remembered of a delivery.
LONGEST = 400
SECONDS_TO_NEXT_ALARM = 30


class TimeLimit(BaseException):  # so that no step takes it for an error of its own
    """A run took longer than it may."""


@dataclass
class _Limit:
    is_over: bool = False


@dataclass
class Outcome:
    """What a run did.

    Attributes:
        taken: deliveries that were taken.
        refused: deliveries that were refused, now or before, and are still in the inbox.
        failed: the steps that failed, each with words that may be kept.
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
        WavehouseError: the run took longer than it may. What it did until then stays, and what is
            published is whole.
    """
    operations = read_operations(project)
    with if_free(operations_folder(project) / LOCK) as is_alone:
        if not is_alone:
            print("Another run is at work. Nothing was done.")
            return True
        try:
            return _run(project, operations)
        finally:
            for line in report(project):
                print(terminal_text(line))


def _run(project: Project, operations: Operations) -> bool:
    minutes = operations.run.time_limit_minutes
    with recorded(project, "run", is_reported=True) as record, _time_limit(minutes) as limit:
        done = Outcome()
        before = counting_release(project)
        for name, work in _steps(project, operations, done):
            _step(record, limit, done, name, work)
        done.refused = list(dict.fromkeys(done.refused))
        record.note(
            release_id=counting_release(project),
            previous_release_id=before,
            details={"taken": done.taken, "refused": len(done.refused)},
        )
        _tell(project, done, before)
        if not done.is_well:
            # Not raised: all that could be done is done.
            record.failed("; ".join([*done.failed, *done.refused])[:LONGEST])
    return done.is_well


def _steps(
    project: Project, operations: Operations, done: Outcome
) -> Iterator[tuple[str, Callable[[], None]]]:
    """Give the steps of a run, each with what it does.

    What is written for readers is written once for each release, so that one that failed, or that a
    run did not come to, is written by the next one.
    """
    yield "fetch", lambda: _fetch(project, done)
    yield "build", lambda: _take_and_build(project, operations, done)
    if operations.run.expire:
        yield "expire", lambda: _expire(project, done)
    outputs: dict[str, Callable[[], None]] = {}
    if operations.run.pages:
        outputs |= {"docs": lambda: _docs(project), "pages": lambda: _pages(project)}
    for each in operations.run.exports:
        outputs[f"export {each.study} {each.format}"] = partial(
            _export, project, each.study, each.format
        )
    for name, write in outputs.items():
        if not is_written(project, name):
            yield name, partial(_write, project, name, write)
    if operations.backup is not None:
        yield "backup", lambda: _back_up(project)


def _write(project: Project, name: str, write: Callable[[], None]) -> None:
    """Write something for readers, and remember of which release it is."""
    release = counting_release(project)
    write()
    remember_written(project, name, release)


def _step(
    record: RecordedRun, limit: _Limit, done: Outcome, name: str, work: Callable[[], None]
) -> None:
    """Do a step; where it fails, say so and let the others go on."""
    print(f"== {name}", flush=True)
    try:
        with record.step(name):
            work()
    except Exception as error:  # whatever it is, the other steps are not at fault
        if limit.is_over:
            # A library made another error of it: DuckDB says that its query was interrupted.
            raise TimeLimit from error
        _say(error)
        done.failed.append(f"{name}: {ending_of(error)[1]}")


def _say(error: Exception) -> None:
    """Show an error: in one sentence if it is ours, and in full where nobody expected it."""
    if isinstance(error, WavehouseError | OSError):
        print(terminal_text(str(error)), flush=True)
    else:
        traceback.print_exception(error)


def _fetch(project: Project, done: Outcome) -> None:
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
        try:
            for fetched in fetch(project, study_id):
                if fetched.is_new:
                    print(f"Fetched {study_id} {fetched.landed.wave_id}.")
        except WavehouseError as error:
            print(terminal_text(str(error)), flush=True)
            done.failed.append(f"fetch {study_id}: {ending_of(error)[1]}")


def _expire(project: Project, done: Outcome) -> None:
    """Remove rows of people whose time is over, unless the clock may be wrong."""
    from wavehouse.people.expiring import build_without, due_studies, expire

    due = due_studies(project)
    if not due:
        return
    now = datetime.now(UTC)
    runs = [datetime.fromisoformat(run["started_at"]) for run in read_runs(project)]
    if is_in_doubt([*runs, now]):
        done.notes.append(
            f"Rows of people of {', '.join(due)} seem to be due, and the clock may be wrong: there "
            "was no run for long. `wavehouse expire --apply` removes them; else runs do so after a "
            "week."
        )
        return
    reached = expire(project, build_without)
    done.notes += [*reached.lines, *reached.left]


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
    refusals = []
    for delivery in waiting:
        failure = _try(project, [delivery], done)
        if failure is not None:
            refusals.append((delivery, failure))
            build(project)
    # Last: what is taken changes the codebook, and after a change a refused one is tried again.
    for delivery, failure in refusals:
        _refuse(project, delivery, done, failure)


def _try(project: Project, deliveries: Sequence[Delivery], done: Outcome) -> str | None:
    """Put deliveries in place and build; give why the build refuses them, and take them back then.

    Raises:
        Exception: something failed that says nothing of the deliveries, such as a full disk. They
            are taken back, and are tried again with the next run.
    """
    taking = Taking(project)
    before = results_state(project)
    try:
        for delivery in deliveries:
            trial = _tried(project, delivery, done)
            if trial is not None:
                try:
                    taking.put_in_place(delivery, delivery.sums, trial)
                except Busy as busy:
                    done.refused.append(f"{delivery}: {busy} It is tried again with the next run.")
        build(project)
    except BaseException as error:
        if taking.deliveries and taking.is_published():
            # Cut short after the release was switched to.
            _keep(taking, done)
            raise
        done.notes += taking.take_back()
        failure = why_refused(project, error, before) if taking.deliveries else ""
        if failure:
            print(terminal_text(str(error)), flush=True)
            return failure
        raise
    _keep(taking, done)
    return None


def _keep(taking: Taking, done: Outcome) -> None:
    """Let what was put in place stay, and remember it."""
    taking.remember()
    done.taken += [f"{each['study_id']} {each['wave_id']}" for each in taking.deliveries]
    taking.settle()
    for line in remove_delivered(taking.project):
        print(terminal_text(line), flush=True)


def _tried(project: Project, delivery: Delivery, done: Outcome) -> Trial | None:
    """Try a delivery in a copy of the project; None if it cannot be taken, which is remembered.

    Raises:
        WavehouseError: the system refuses to write, which says nothing of the delivery.
    """
    try:
        with explained(project.target):
            return try_delivery(project, delivery, datetime.now(UTC).astimezone().date())
    except Busy as busy:
        done.refused.append(f"{delivery}: {busy} It is tried again with the next run.")
    except Waits as waits:
        _refuse(project, delivery, done, str(waits), waits=True)
    except Exception as error:
        if is_of_the_system(error):
            raise
        _say(error)
        _refuse(project, delivery, done, ending_of(error)[1])
    return None


def _waiting(project: Project, operations: Operations, done: Outcome) -> list[Delivery]:
    """Give the deliveries that are to be tried: new ones, and refused ones that may pass now."""
    if operations.run.inbox is None:
        return []
    folder = inside_project(project, operations.run.inbox)
    if not folder.is_dir():
        done.failed.append(
            f"inbox: there is no folder {operations.run.inbox} (run.inbox in operations.yml). Make "
            "it, or connect the disk that it is on."
        )
        return []
    found = read_inbox(folder, operations.run.inbox, operations.run.settle_seconds, time.time())
    done.failed += [f"inbox: {problem}" for problem in found.problems]
    done.notes += [f"Still arriving, taken next time: {each}." for each in found.arriving]
    forget_refused(project, [*found.deliveries, *found.arriving])
    waiting = []
    for delivery in found.deliveries:
        try:
            sums = delivery.sums
        except OSError as error:
            done.failed.append(f"inbox: {delivery}: {ending_of(error)[1]}")
            continue
        taken, refused = (outcome(project, delivery, kind) for kind in (TAKEN, REFUSED))
        if taken is not None and taken["files"] == sums:
            if has_gone(project, taken):
                done.refused.append(
                    f"{delivery}: It was taken on {taken['taken_at'][:10]}, and the project does "
                    "not have it any more, as after a checkout of an older version. If it is to "
                    "come again, remove warehouse/operations/taken/"
                    f"{delivery.study_id}__{delivery.wave_id}.json; if not, its files in the inbox."
                )
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
    files = " ".join(shlex.quote(project.relative(path)) for path in delivery.files)
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
    message = short(message, LONGEST)
    remember_refused(project, delivery, delivery.sums, message, remedy, _codebook(project))
    done.refused.append(f"{delivery}: {message} {remedy}")


def _codebook(project: Project) -> str:
    """Give a checksum of the codebook: another one may let a refused delivery pass."""
    return sum_of_files(project, sorted(project.codebook.glob("*.csv")))


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
def _time_limit(minutes: float) -> Iterator[_Limit]:
    """End the block with an error after some time, and what it started with it.

    A library may make another error of the signal, or swallow it; so it comes again and again, and
    the block learns from what is yielded that its time is over.
    """
    limit = _Limit()

    def end(signum: int, frame: FrameType | None) -> None:  # noqa: ARG001 (signal's own signature)
        limit.is_over = True
        raise TimeLimit

    before = signal.signal(signal.SIGALRM, end)
    signal.setitimer(signal.ITIMER_REAL, minutes * 60, SECONDS_TO_NEXT_ALARM)
    try:
        yield limit
    except TimeLimit:
        raise WavehouseError(
            f"The run was stopped after {minutes:g} minutes (run.time_limit_minutes in "
            "operations.yml). What is published is whole; the next run goes on."
        ) from None
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, before)
