"""Record what runs: each command that changes something leaves a file that says how it went.

    with recorded(project, "build", target="duckdb") as run:
        with run.step("dbt") as step:
            ...
            step.rows = 35
        run.note(n_tables=28)

The history never fails the work: where it cannot be written, the work goes on, and says so once.
"""

import os
import sys
import time
from collections.abc import Iterable, Iterator
from contextlib import contextmanager, suppress
from contextvars import ContextVar
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from wavehouse import __version__
from wavehouse.building.fingerprint import VERSIONED
from wavehouse.errors import WavehouseError
from wavehouse.escapes import terminal_text
from wavehouse.operations.run_history import log
from wavehouse.operations.run_history.messages import FAILED, ending_of
from wavehouse.operations.run_history.processes_of_runs import (
    this_process,
    trigger,
    usage,
    who,
    why,
)
from wavehouse.operations.run_history.run_files import (
    RUNNING,
    forget_old_runs,
    runs_folder,
    settle_killed,
    write_nodes,
    write_run,
)
from wavehouse.project import Project

PASSED, NOTHING_TO_DO = "passed", "nothing_to_do"
# Names the run that a child process is part of.
PART_OF = "WAVEHOUSE_RUN"
# What a run may be noted to be, to have made, or to have found; None until it is.
FACTS = (
    *("release_id", "previous_release_id", "input_fingerprint", "method_fingerprint"),
    *("n_tables", "n_rows", "n_nodes", "n_tests", "n_failed_tests", "n_warned_tests"),
    *("n_findings", "n_hard_findings", "study_id", "details"),
)

# As `operations.yml` has it where it says nothing else.
DAYS_KEPT = 400

_CURRENT: ContextVar["RecordedRun | None"] = ContextVar("current_run", default=None)


@dataclass
class Step:
    """A step of a run. What it made may be said by `rows` until it ends."""

    name: str
    rows: int | None = None


class RecordedRun:
    """A run that is being recorded. It is written when it begins, after each step, and at its end.

    Args:
        project: the project.
        command: what runs, such as `build`.
        target: the engine that it works on, where it works on one.
        is_reported: whether a report follows it, which writes the page.
    """

    def __init__(
        self,
        project: Project,
        command: str,
        target: str | None = None,
        *,
        is_reported: bool = False,
    ) -> None:
        """Describe the run as it is at its beginning; nothing is written yet."""
        self._project = project
        self._is_reported = is_reported
        self._is_writable = True
        self._clock = time.monotonic()
        self._processor, _ = usage()
        started = datetime.now(UTC)
        self.record: dict[str, Any] = {
            "run_id": _free_id(project, started, command),
            "part_of": _outer_run(project),
            "command": command,
            "target": target,
            "started_at": started.isoformat(),
            "ended_at": None,
            "status": RUNNING,
            "seconds": None,
            "processor_seconds": None,
            "peak_memory_mb": None,
            "trigger": trigger(),
            "who": who(),
            "why": why(),
            **dict.fromkeys(FACTS),
            "versions": {"wavehouse": __version__, "python": sys.version.split()[0]},
            "message": None,
            "steps": [],
            "process": this_process(),
            "said_at": started.isoformat(),
        }

    @property
    def run_id(self) -> str:
        """The id, which begins with the time when the run began."""
        return str(self.record["run_id"])

    def note(self, **facts: Any) -> None:  # noqa: ANN401 (whatever can be written as JSON)
        """Note what the run made or found; written with the next step, or at the end.

        Args:
            facts: of those in `FACTS`. `details` is a table of anything else that a command wants
                to keep, such as the id of a snapshot; what is noted later is added.

        Raises:
            TypeError: there is no such fact.
        """
        unknown = sorted(facts.keys() - set(FACTS))
        if unknown:
            raise TypeError(f"No fact of a run: {', '.join(unknown)}. Use `details`.")
        if "details" in facts:
            facts["details"] = (self.record["details"] or {}) | facts["details"]
        self.record |= facts

    def note_nodes(self, nodes: Iterable[dict[str, Any]]) -> None:
        """Keep what dbt ran in this run, as `read_nodes` gives it. The last word counts."""
        kept = list(nodes)
        self._write(lambda: write_nodes(self._project, self.run_id, kept))

    def failed(self, message: str) -> None:
        """Say that not all was done, where the rest went on; the message may not have answers."""
        self.record |= {"status": FAILED, "message": message}

    def nothing_to_do(self) -> None:
        """Say that all was as it should be, so that nothing was done."""
        self.record["status"] = NOTHING_TO_DO

    @contextmanager
    def step(self, name: str) -> Iterator[Step]:
        """Record a step: how long the block takes and how it ends."""
        clock = time.monotonic()
        step = Step(name)
        row = {
            "number": len(self.record["steps"]) + 1,
            "step": name,
            "started_at": datetime.now(UTC).isoformat(),
            "seconds": None,
            "status": RUNNING,
            "rows": None,
        }
        self.record["steps"].append(row)
        self._note_versions()
        self.save()
        status = PASSED
        try:
            yield step
        except BaseException as error:
            status, _ = ending_of(error)
            raise
        finally:
            seconds = round(time.monotonic() - clock, 3)
            row |= {"status": status, "seconds": seconds, "rows": step.rows}
            self._tell("step", step=name, status=status, seconds=seconds, rows=step.rows)

    def begin(self) -> None:
        """Write that the run began, and of runs that are gone that they were killed."""
        self._write(lambda: settle_killed(self._project))
        self.save()
        self._tell("begin", command=self.record["command"], trigger=self.record["trigger"])

    def end(self, status: str, message: str | None = None) -> None:
        """Write how the run ended."""
        processor, peak = usage()
        if self.record["status"] != RUNNING and status == PASSED:
            status = self.record["status"]
        if status != NOTHING_TO_DO:
            self._note_versions()
        self.record |= {
            "status": status,
            "message": message or self.record["message"],
            "ended_at": datetime.now(UTC).isoformat(),
            "seconds": round(time.monotonic() - self._clock, 3),
            "processor_seconds": round(processor - self._processor, 3),
            "peak_memory_mb": round(peak, 1),
        }
        self.save()
        said = {key: self.record[key] for key in ("command", "seconds", "release_id", "message")}
        self._tell("end", **said, status=status)
        self._write(self._tidy)

    def _tidy(self) -> None:
        """Forget old runs, and write the page; of a run within a run the outer one does it.

        A run that finds nothing to do ends at once.
        """
        if self.record["part_of"] is None and self.record["status"] != NOTHING_TO_DO:
            forget_old_runs(self._project, _days_kept(self._project))
            if not self._is_reported:
                from wavehouse.operations.run_history.page import write_page

                write_page(self._project)

    def save(self) -> None:
        """Write the run as it is now."""
        self.record["said_at"] = datetime.now(UTC).isoformat()
        self._write(lambda: write_run(self._project, self.record))

    def _note_versions(self) -> None:
        """Note the versions of what computes; looking them up takes longer than finding no work."""
        from importlib.metadata import PackageNotFoundError, version

        for name in VERSIONED:
            with suppress(PackageNotFoundError):
                self.record["versions"].setdefault(name, version(name))

    def _tell(self, event: str, **facts: Any) -> None:  # noqa: ANN401 (of JSON)
        self._write(lambda: log.tell(self._project, event, run_id=self.run_id, **facts))

    def _write(self, write: Any) -> None:  # noqa: ANN401 (a function without arguments)
        """Write, or say once that the history cannot be written."""
        try:
            write()
        # Whatever is wrong with it, also a fault of ours: the work is done, or goes on.
        except Exception as error:
            if self._is_writable:
                said = f"This run is not recorded, and goes on: {error}"
                print(terminal_text(said), file=sys.stderr, flush=True)
            self._is_writable = False


@contextmanager
def recorded(
    project: Project, command: str, target: str | None = None, *, is_reported: bool = False
) -> Iterator[RecordedRun]:
    """Record what the block does as a run.

    A run within a run, in this process or one that it starts, is part of that one. An error passes
    as it is, and is noted with its first words; a signal that ends the block makes it `stopped`.

    Args:
        project: the project.
        command: what runs, such as `build`.
        target: the engine that it works on, where it works on one.
        is_reported: whether a report follows it, which writes the page.
    """
    run = RecordedRun(project, command, target, is_reported=is_reported)
    run.begin()
    token = _CURRENT.set(run)
    outer = os.environ.get(PART_OF)
    os.environ[PART_OF] = run.run_id
    status, message = PASSED, None
    try:
        yield run
    except BaseException as error:
        status, message = ending_of(error)
        raise
    finally:
        _CURRENT.reset(token)
        if outer is None:
            os.environ.pop(PART_OF, None)
        else:
            os.environ[PART_OF] = outer
        run.end(status, message)


def current_run() -> RecordedRun | None:
    """Give the run that is being recorded in this process, the innermost one."""
    return _CURRENT.get()


@contextmanager
def step(name: str) -> Iterator[Step]:
    """Record a step of the run that is being recorded; without one, only do the block."""
    run = _CURRENT.get()
    if run is None:
        yield Step(name)
    else:
        with run.step(name) as begun:
            yield begun


def note(**facts: Any) -> None:  # noqa: ANN401 (whatever can be written as JSON)
    """Note facts of the run that is being recorded, if there is one; see `RecordedRun.note`."""
    run = _CURRENT.get()
    if run is not None:
        run.note(**facts)


def _days_kept(project: Project) -> int:
    """Give for how many days runs are remembered. What reads the file takes its time to load."""
    if not (project.root / "operations.yml").exists():
        return DAYS_KEPT
    from wavehouse.operations.configuration import read_operations

    try:
        return read_operations(project).history.days
    except WavehouseError:
        # Whoever needs the rest of the file says what is wrong with it.
        return DAYS_KEPT


def _free_id(project: Project, started: datetime, command: str) -> str:
    stem, number = f"{started:%Y%m%dT%H%M%S%f}Z-{command}", 1
    run_id = stem
    while _is_file(runs_folder(project) / f"{run_id}.json"):
        number += 1
        run_id = f"{stem}-{number}"
    return run_id


def _outer_run(project: Project) -> str | None:
    """Give the run that this is part of, if it is one of this project."""
    outer = os.environ.get(PART_OF, "")
    is_name = outer and Path(outer).name == outer
    return outer if is_name and _is_file(runs_folder(project) / f"{outer}.json") else None


def _is_file(path: Path) -> bool:
    """Tell whether a file is there; not, where nobody lets us look."""
    try:
        return path.is_file()
    except OSError:
        return False
