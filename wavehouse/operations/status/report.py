"""Look at a project, tell those who should know, write page and metrics: `status`, and each run."""

from wavehouse.errors import WavehouseError
from wavehouse.operations.alerts.alerts import tell
from wavehouse.operations.findings.finding import counted
from wavehouse.operations.run_history.page import write_page
from wavehouse.operations.status.status import Status, look, remember_sizes
from wavehouse.project import Project


def report(project: Project) -> list[str]:
    """Look, tell and write; nothing is raised, since this is the end of a run that did its work.

    Returns:
        how many findings there are, what was sent and written and what could not be, one line
        each.
    """
    try:
        status = look(project)
        found = f"Findings: {counted(status.findings)}; `wavehouse status` has them."
        lines = [found] if status.findings else []
        return [
            *lines,
            *tell_of(project, status),
            *measure(project, status),
            *_page(project, status),
        ]
    except Exception as error:  # whatever it is, the run before it counts
        return [f"How the project is could not be told: {type(error).__name__}."]


def tell_of(project: Project, status: Status) -> list[str]:
    """Tell those who are named in `operations.yml` what they do not know yet."""
    return tell(project, status.operations, status.findings, status.at)


def measure(project: Project, status: Status) -> list[str]:
    """Write the metrics, and remember the sizes of today."""
    from wavehouse.operations.status.metrics import write_metrics

    try:
        remember_sizes(project, status)
        return [f"Wrote {project.relative(write_metrics(project, status))}."]
    except (WavehouseError, OSError) as error:
        return [f"No metrics were written: {error}"]


def _page(project: Project, status: Status) -> list[str]:
    """Write the page of runs with what was found; give a line if it could not be written."""
    try:
        write_page(project, status.findings)
    except OSError as error:
        return [f"The page of runs was not written: {error}"]
    return []
