"""What a finding is, and which kinds there are. `docs/guide/runbook.md` has a section for each."""

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from wavehouse.errors import WavehouseError
from wavehouse.project import Project

WARNING, ERROR = "warning", "error"
RUNBOOK = "docs/guide/runbook.md"
# Of messages that others wrote.
LONGEST = 500
# Each kind, and what it says of its subject.
KINDS = {
    "run_failed": "failed",
    "run_killed": "was killed",
    "run_stuck": "does not end",
    "publish_late": "is too old",
    "build_slower": "got slower",
    "wave_late": "is late",
    "wave_short": "has too few respondents",
    "wave_silent": "is silent",
    "wave_waits": "waits for decisions",
    "delivery_refused": "was not taken",
    "schedule_wrong": "cannot be read",
    "rows_due": "is kept for too long",
    "backup_late": "is late",
    "backup_failed": "failed",
    "drill_late": "is late",
    "drill_failed": "failed",
    "disk_low": "is nearly full",
    "release_damaged": "is damaged",
    "database_unreachable": "cannot be reached",
    "database_in_the_clear": "is reached without encryption",
    "database_locked": "has queries that wait",
    "database_slow": "has queries that do not end",
    "database_crowded": "has few connections left",
    "alert_failed": "could not be told",
    "operations_wrong": "cannot be read",
    "not_looked_at": "could not be looked at",
}


@dataclass(frozen=True)
class Finding:
    """Something that is otherwise than it should be, in words for whoever is told.

    It holds no answers of people and no secrets, because it is mailed and posted.

    Args:
        kind: one of `KINDS`.
        severity: `error` if something does not work or is lost unless somebody acts, else
            `warning`.
        subject: what it is about, such as `gss 2026`; with the kind it names the finding.
        what_happened: a sentence or two.
        what_stays: what is as it was.
        what_to_do: the remedy.
        since: when it began; None where that is not known.
    """

    kind: str
    severity: str
    subject: str
    what_happened: str
    what_stays: str
    what_to_do: str
    since: datetime | None = None

    @property
    def key(self) -> str:
        """The name of the finding, the same as long as it holds."""
        return f"{self.kind}:{self.subject}"

    @property
    def title(self) -> str:
        """The finding in a few words."""
        return f"{self.subject} {KINDS[self.kind]}"

    @property
    def runbook(self) -> str:
        """Where the guide's runbook explains it."""
        return f"{RUNBOOK}#{self.kind}"

    def facts(self) -> dict[str, Any]:
        """Give it as JSON can hold it."""
        said = asdict(self) | {"since": self.since.isoformat() if self.since else None}
        return {"key": self.key, "title": self.title, **said, "runbook": self.runbook}


def not_looked_at(name: str, error: Exception) -> Finding:
    """Say that something could not be looked at, with what an error of ours says of it."""
    # Other errors may quote what they met.
    said = str(error) if isinstance(error, WavehouseError) else type(error).__name__
    if isinstance(error, OSError):
        said = error.strerror or said
    return Finding(
        "not_looked_at",
        WARNING,
        name,
        f"Looking at this failed: {sentence(said)}",
        "Nothing was changed. All other findings are here.",
        "Fix what it names. If it names nothing of yours, it is a fault of Wavehouse: report it.",
    )


def runbook_of(project: Project) -> str:
    """Name the runbook's file as it is seen from a project, which has it from Wavehouse."""
    return project.relative(project.product / RUNBOOK)


def counted(findings: Sequence[Finding]) -> str:
    """Count findings by severity, for readers."""
    numbers = ((each, sum(one.severity == each for one in findings)) for each in (ERROR, WARNING))
    return ", ".join(f"{n} {word}{'' if n == 1 else 's'}" for word, n in numbers if n)


def sentence(text: object) -> str:
    """Make one line of a message that others wrote, not too long, that ends as a sentence does."""
    line = " ".join(str(text).split())
    if len(line) > LONGEST:
        line = f"{line[:LONGEST].rstrip()}..."
    return line if line.endswith((".", "!", "?")) else f"{line}."


def moment(text: object) -> datetime | None:
    """Read a time of ISO 8601, of UTC where it names no zone; None if it is none."""
    try:
        found = datetime.fromisoformat(str(text))
    except ValueError:
        return None
    return found if found.tzinfo else found.replace(tzinfo=UTC)


def said_time(when: datetime) -> str:
    """Write a time for readers, of UTC."""
    return f"{when.astimezone(UTC):%Y-%m-%d %H:%M} UTC"


def said_span(span: timedelta | float) -> str:
    """Write how long something takes, in the unit that fits: 45 s, 12 min, 30 hours, 9 days."""
    seconds = span.total_seconds() if isinstance(span, timedelta) else span
    for size, unit, most in ((1, "s", 120), (60, "min", 120), (3600, "hours", 72)):
        if seconds < most * size:
            digits = 1 if size == 1 and seconds < 10 else 0
            return f"{seconds / size:.{digits}f} {unit}"
    return f"{seconds / 86400:.0f} days"


def said_size(n_bytes: float) -> str:
    """Write a size for readers: 512 B, 3.4 MB, 12 GB."""
    for size, unit in ((1e9, "GB"), (1e6, "MB"), (1e3, "kB")):
        if n_bytes >= size:
            shown = n_bytes / size
            return f"{shown:.1f} {unit}" if shown < 10 else f"{shown:,.0f} {unit}"
    return f"{n_bytes:.0f} B"
