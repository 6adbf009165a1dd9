"""Why a build refused a delivery, in words that may be kept: no answers, no ids of people."""

from collections.abc import Iterator

from wavehouse.building.dbt import results_of
from wavehouse.project import Project

PROBLEMS = "intermediate.int_checks__problems"
FAILED = ("fail", "error")
MOST = 3


def why_refused(project: Project) -> str:
    """Give the first problems that the last build found; an empty text if it found none.

    Problems of files and codebook come first: file, wave, column and what is wrong, without the
    value that was met. Where there are none, the tests and models that failed are named.
    """
    said = list(_problems(project)) or list(_failed(project))
    more = f" And {len(said) - MOST} more." if len(said) > MOST else ""
    return " ".join(said[:MOST]) + more


def _problems(project: Project) -> Iterator[str]:
    import duckdb

    try:
        with duckdb.connect(str(project.working_database), read_only=True) as connection:
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
