"""All findings of a project: what is otherwise than it should be, from what lies on the disk.

Nothing is built or changed, and dbt is not needed. One part that cannot be looked at hides no
other: that is a finding itself.
"""

from collections.abc import Callable, Iterator, Sequence
from datetime import UTC, datetime
from functools import partial

from wavehouse.errors import WavehouseError
from wavehouse.operations.configuration import Operations, read_operations
from wavehouse.operations.findings.finding import ERROR, Finding, not_looked_at, sentence
from wavehouse.operations.findings.findings_of_alerts import findings_of_alerts
from wavehouse.operations.findings.findings_of_backups import findings_of_backups
from wavehouse.operations.findings.findings_of_postgres import (
    findings_of_postgres,
    judge_postgres,
)
from wavehouse.operations.findings.findings_of_runs import findings_of_release, findings_of_runs
from wavehouse.operations.findings.findings_of_storage import findings_of_storage
from wavehouse.operations.findings.findings_of_times import findings_of_times
from wavehouse.operations.findings.findings_of_waves import (
    findings_of_deliveries,
    findings_of_waves,
)
from wavehouse.operations.findings.postgres_facts import PostgresFacts
from wavehouse.operations.run_history.run_files import Run
from wavehouse.project import Project

# What files raise that are not as they should be.
UNREADABLE = (WavehouseError, OSError, ValueError, KeyError, TypeError, AttributeError)
Part = Callable[[Project, Operations, datetime], Iterator[Finding]]
PARTS: dict[str, Part] = {
    "The runs": findings_of_runs,
    "The release": findings_of_release,
    "The field schedule": findings_of_waves,
    "The deliveries": findings_of_deliveries,
    "The times of rows of people": findings_of_times,
    "The backups": findings_of_backups,
    "The disks": findings_of_storage,
    "PostgreSQL": findings_of_postgres,
    "The alerts": findings_of_alerts,
}


def find_all(
    project: Project,
    now: datetime | None = None,
    *,
    runs: Sequence[Run] | None = None,
    postgres: PostgresFacts | None = None,
) -> list[Finding]:
    """Look at everything: errors first, then what began first.

    Args:
        project: what to look at.
        now: the time to judge by; that of the clock if left out.
        runs: what `known_runs` gives, if it was asked already.
        postgres: what the server says of itself, likewise.
    """
    at = now or datetime.now(UTC)
    found: list[Finding] = []
    operations = _operations(project, found)
    parts = dict(PARTS)
    if runs is not None:
        parts["The runs"] = partial(findings_of_runs, runs=runs)
    if postgres is not None:
        parts["PostgreSQL"] = lambda *_: judge_postgres(postgres, at)
    for name, part in parts.items():
        try:
            found += part(project, operations, at)
        except UNREADABLE as error:
            found.append(not_looked_at(name, error))
    return sorted(
        found, key=lambda each: (each.severity != ERROR, each.since or at, each.kind, each.subject)
    )


def _operations(project: Project, found: list[Finding]) -> Operations:
    try:
        return read_operations(project)
    except WavehouseError as error:
        found.append(
            Finding(
                "operations_wrong",
                ERROR,
                "operations.yml",
                sentence(error),
                "What is published stays as it was. What the file says is not known, so the rest "
                "is judged as if it were not there, and nobody is told.",
                "Fix the lines it names.",
            )
        )
        return Operations()
