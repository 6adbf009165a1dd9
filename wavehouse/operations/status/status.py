"""How a project is: what is published, what ran, which waves are there, what there is room for."""

from contextlib import suppress
from dataclasses import asdict, dataclass, field
from datetime import UTC, datetime
from typing import Any

from wavehouse.errors import WavehouseError
from wavehouse.operations.backups.backup_state import read_backups
from wavehouse.operations.configuration import Operations, read_operations
from wavehouse.operations.findings.deliveries import WaveState
from wavehouse.operations.findings.finding import ERROR, Finding, moment, runbook_of
from wavehouse.operations.findings.findings import UNREADABLE, find_all
from wavehouse.operations.findings.findings_of_runs import known_runs, seconds_by_node
from wavehouse.operations.findings.findings_of_waves import wave_states
from wavehouse.operations.findings.growth import growth_per_day, note_sizes, read_sizes
from wavehouse.operations.findings.postgres_facts import PostgresFacts, ask_postgres, uses_postgres
from wavehouse.operations.findings.storage import DatabaseSize, DiskSpace, database_sizes, disks
from wavehouse.operations.run_history.history import DONE, did_its_work
from wavehouse.operations.run_history.run_files import RUNNING, Run
from wavehouse.project import Project
from wavehouse.publishing.releases import published_manifest

POSTGRES = "postgres"
SLOWEST = 10
# Of a run, what others read. The message is in the finding.
OF_RUNS = (
    *("run_id", "command", "target", "status", "started_at", "ended_at", "seconds"),
    *("processor_seconds", "peak_memory_mb", "trigger", "who"),
)


@dataclass(frozen=True)
class CommandRuns:
    """What is known of the runs of one command on one engine.

    Args:
        last: the last one that ended.
        last_passed: the last one that did its work, or had nothing to do.
        running: the one that runs now.
        counts: how many ended how, of all that are remembered.
    """

    last: Run | None
    last_passed: Run | None
    running: Run | None
    counts: dict[str, int]


@dataclass
class Status:
    """All that `wavehouse status` shows.

    Args:
        project: the name of the project.
        at: the time it is of.
        runbook: the file that explains findings, from the project.
        operations: what the project says of its running.
        findings: what is otherwise than it should be, errors first.
        release: the manifest of what is published; None if nothing is.
        runs: by command and engine.
        models: how long the slowest models of the last build took, in seconds.
        waves: the planned waves and what came of them.
        backups: what is known of backups.
        disks: the disks that the project writes to.
        databases: the sizes of the DuckDB files and of the history.
        growth: bytes by which each database grew in a day.
        postgres: what the PostgreSQL server says, if the project has one.
    """

    project: str
    at: datetime
    runbook: str
    operations: Operations
    findings: list[Finding] = field(default_factory=list)
    release: dict[str, Any] | None = None
    runs: dict[tuple[str, str], CommandRuns] = field(default_factory=dict)
    models: dict[str, float] = field(default_factory=dict)
    waves: list[WaveState] = field(default_factory=list)
    backups: dict[str, Any] = field(default_factory=dict)
    disks: list[DiskSpace] = field(default_factory=list)
    databases: list[DatabaseSize] = field(default_factory=list)
    growth: dict[str, float] = field(default_factory=dict)
    postgres: PostgresFacts | None = None

    @property
    def exit_code(self) -> int:
        """1 if a finding is an error, else 0: warnings may wait."""
        return int(any(each.severity == ERROR for each in self.findings))

    def facts(self) -> dict[str, Any]:
        """Give it as JSON can hold it; times are of ISO 8601, sizes in bytes."""
        return {
            "project": self.project,
            "at": self.at.isoformat(),
            "exit_code": self.exit_code,
            "findings": [each.facts() for each in self.findings],
            "release": self._release_facts(),
            "runs": [
                {"command": command, "target": target or None, "counts": runs.counts}
                | {
                    name: {key: run.get(key) for key in OF_RUNS} if run else None
                    for name, run in (
                        ("last", runs.last),
                        ("last_passed", runs.last_passed),
                        ("running", runs.running),
                    )
                }
                for (command, target), runs in self.runs.items()
            ],
            "slowest_models": [{"model": n, "seconds": s} for n, s in self.models.items()],
            "waves": [_wave_facts(state) for state in self.waves],
            "backups": self.backups,
            "disks": [asdict(each) for each in self.disks],
            "databases": [
                asdict(each) | {"grew_per_day": self.growth.get(each.name)}
                for each in self.databases
            ],
            "postgres": self._postgres_facts(),
        }

    def _release_facts(self) -> dict[str, Any] | None:
        if self.release is None:
            return None
        tables = self.release["tables"]
        return {
            "release": self.release["release"],
            "published_at": self.release["published_at"],
            "n_tables": len(tables),
            "n_rows": sum(table["rows"] for table in tables),
        }

    def _postgres_facts(self) -> dict[str, Any] | None:
        if self.postgres is None:
            return None
        started = self.postgres.started_at
        return asdict(self.postgres) | {
            "started_at": started.isoformat() if started else None,
            "grew_per_day": self.growth.get(POSTGRES),
        }


def look(project: Project, now: datetime | None = None) -> Status:
    """Look at a project. What cannot be looked at is empty, and a finding says so."""
    at = now or datetime.now(UTC)
    try:
        operations = read_operations(project)
    except WavehouseError:
        operations = Operations()
    status = Status(project.name, at, runbook_of(project), operations)
    runs = None
    # A file may go in this moment, because a build or a publish replaces it.
    with suppress(*UNREADABLE):
        runs = known_runs(project)
    if uses_postgres():
        status.postgres = ask_postgres()
    status.findings = find_all(project, at, runs=runs, postgres=status.postgres)
    status.release = published_manifest(project)
    status.backups = read_backups(project)
    with suppress(*UNREADABLE):
        runs = runs or []
        status.runs = _by_command(runs)
        status.models = _slowest_models(project, runs)
    with suppress(*UNREADABLE):
        status.waves = wave_states(project, at)
    with suppress(*UNREADABLE):
        status.disks = disks(project)
    with suppress(*UNREADABLE):
        status.databases = database_sizes(project)
    today = at.astimezone().date()
    known = read_sizes(project) | {today: _sizes(status)}
    grew = {name: growth_per_day(known, name, today) for name in known[today]}
    status.growth = {name: value for name, value in grew.items() if value is not None}
    return status


def remember_sizes(project: Project, status: Status) -> None:
    """Keep the sizes of today, to know later what grew. Raises what `note_sizes` raises."""
    note_sizes(project, _sizes(status), status.at.astimezone().date())


def _sizes(status: Status) -> dict[str, int]:
    sizes = {each.name: each.size for each in status.databases}
    if status.postgres and not status.postgres.error:
        sizes[POSTGRES] = status.postgres.size
    return sizes


def _by_command(runs: list[Run]) -> dict[tuple[str, str], CommandRuns]:
    kinds = sorted({(run["command"], run["target"] or "") for run in runs})
    found = {}
    for kind in kinds:
        of_kind = [run for run in runs if (run["command"], run["target"] or "") == kind]
        ended = [run for run in of_kind if run["status"] != RUNNING]
        counts: dict[str, int] = {}
        for run in ended:
            counts[run["status"]] = counts.get(run["status"], 0) + 1
        found[kind] = CommandRuns(
            ended[-1] if ended else None,
            next((run for run in reversed(ended) if did_its_work(run)), None),
            next((run for run in reversed(of_kind) if run["status"] == RUNNING), None),
            counts,
        )
    return found


def _slowest_models(project: Project, runs: list[Run]) -> dict[str, float]:
    last = next(
        (r for r in reversed(runs) if r["command"] == "build" and r["status"] in DONE), None
    )
    if last is None:
        return {}
    took = seconds_by_node(project, last)
    return dict(sorted(took.items(), key=lambda each: -each[1])[:SLOWEST])


def _wave_facts(state: WaveState) -> dict[str, Any]:
    wave, last = state.wave, state.delivery.last_at
    return {
        "study_id": wave.study_id,
        "wave_id": wave.wave_id,
        "status": state.status,
        "due_on": wave.due_on.isoformat(),
        "field_starts_on": wave.field_starts_on and wave.field_starts_on.isoformat(),
        "field_ends_on": wave.field_ends_on and wave.field_ends_on.isoformat(),
        "n_respondents": state.delivery.n_respondents,
        "min_respondents": wave.min_respondents,
        "last_delivery_at": last.isoformat() if last else None,
    }


def seconds_since_epoch(text: object) -> float | None:
    """Give a time as Prometheus has it; None if it is none."""
    when = moment(text)
    return when.timestamp() if when else None
