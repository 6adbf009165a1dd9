"""Why a build refused a delivery, in words that may be kept: no answers, no ids of people."""

from collections.abc import Iterator

from wavehouse.building.dbt import RESULTS, results_of
from wavehouse.drift import PROBLEMS
from wavehouse.encryption.databases import connect
from wavehouse.errors import ProblemsError, WavehouseError
from wavehouse.operations.daily_run.trial import State, state_of
from wavehouse.operations.run_history.dbt_results import FAILED
from wavehouse.operations.run_history.messages import ending_of
from wavehouse.project import Project
from wavehouse.writing import is_of_the_system

MOST = 3


def results_state(project: Project) -> State | None:
    """Give what tells whether dbt wrote new results; None if there are none."""
    return state_of(project.target / RESULTS)


def why_refused(project: Project, error: BaseException, before: State | None) -> str:
    """Say why a build refused what it was given; an empty text if it failed for another reason.

    Problems of files and codebook come first: file, wave, column and what is wrong, without the
    value that was met. Where there are none, the tests and models that failed are named.

    Args:
        project: the project.
        error: what the build ended with.
        before: the state of dbt's results when it was begun; the same ones are of another build.
            No times are compared: the clock may have been set meanwhile, and a disk in the network
            has one of its own.
    """
    if not isinstance(error, WavehouseError) or is_of_the_system(error):
        return ""
    is_new = results_state(project) not in (None, before)
    said = (list(_problems(project)) or list(_failed(project))) if is_new else []
    if not said and isinstance(error, ProblemsError):
        # Files that could not be read, before dbt began.
        said = [ending_of(error)[1]]
    more = f" And {len(said) - MOST} more." if len(said) > MOST else ""
    return " ".join(said[:MOST]) + more


def _problems(project: Project) -> Iterator[str]:
    import duckdb

    try:
        with connect(project.working_database, read_only=True) as connection:
            rows = connection.execute(
                "select distinct file_path, wave_id, column_name, problem "
                f"from {PROBLEMS} order by all"
            ).fetchall()
    except duckdb.Error:
        return
    for file, wave, column, problem in rows:
        places = [
            file,
            *([f"wave {wave}"] if wave else []),
            *([f"column {column}"] if column else []),
        ]
        yield f"{', '.join(places)}: {problem}"


def _failed(project: Project) -> Iterator[str]:
    for node, result in sorted(results_of(project.target).items()):
        if result["status"] in FAILED:
            kind, _, name = node.split(".")[:3]
            yield f"The {kind} {name} failed."
