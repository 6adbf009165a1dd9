"""The page of operations: what ran, what got slower, what failed, what is late; one file."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from wavehouse.operations.run_history.history import (
    Comparison,
    bad_tests,
    compare_last_build,
    duration,
    failures,
    is_made_good,
    when,
)
from wavehouse.operations.run_history.history_texts import name_of, status_text
from wavehouse.operations.run_history.run_files import Run, operations_folder, read_nodes, read_runs
from wavehouse.project import Project
from wavehouse.reports import page
from wavehouse.writing import write_whole

if TYPE_CHECKING:
    from wavehouse.operations.findings.finding import Finding

# Findings that the page tells as what failed.
OF_FAILURES = ("run_failed", "run_killed")
# Enough for ten builds to compare with, among other commands.
N_RUNS, N_FAILED = 60, 10


@dataclass(frozen=True)
class Failure:
    """A run that failed or was killed, with the tests that did not pass."""

    run: Run
    tests: list[dict[str, Any]]
    is_made_good: bool


@dataclass(frozen=True)
class Operations:
    """All that the page shows.

    Args:
        now: when it was written.
        runs: the last runs, the latest first.
        failures: those that failed or were killed, the latest first.
        comparison: the last build beside those before it.
        findings: what is late, or otherwise not as it should be.
    """

    now: datetime
    runs: list[Run]
    failures: list[Failure]
    comparison: Comparison
    findings: list["Finding"]


def page_file(project: Project) -> Path:
    """Give the file of the page."""
    return operations_folder(project) / "index.html"


def write_page(project: Project, findings: Sequence["Finding"] | None = None) -> Path:
    """Write the page, and say where.

    Args:
        project: the project.
        findings: all findings, if they were looked for already.

    Raises:
        OSError: the page cannot be written.
    """
    path = page_file(project)
    write_whole(path, render(read_page(project, findings=findings)))
    return path


def read_page(
    project: Project, now: datetime | None = None, findings: Sequence["Finding"] | None = None
) -> Operations:
    """Read what the page shows, from the history and from what is expected of the project.

    Args:
        project: the project.
        now: the time to judge by; that of the clock if left out.
        findings: all findings, if they were looked for already.
    """
    # It reads tables of the codebook, which other parts of a run need not.
    from wavehouse.operations.findings.findings import find_all

    now = now or datetime.now(UTC)
    runs = read_runs(project, N_RUNS)
    found = find_all(project, now) if findings is None else findings
    late = [each for each in found if each.kind not in OF_FAILURES]
    failed = [
        Failure(run, bad_tests(read_nodes(project, run["run_id"])), is_made_good(run, runs))
        for run in failures(runs)[:N_FAILED]
    ]
    comparison = compare_last_build(project, runs)
    return Operations(now, runs[::-1], failed, comparison, late)


def render(operations: Operations) -> str:
    """Write it as one HTML page that needs nothing else."""
    return page(
        "operations",
        duration,
        operations=operations,
        when=when,
        name_of=name_of,
        status_text=status_text,
    )
