"""The files of runs: one for each run, written whole, which are all that the history is made of.

    warehouse/operations/runs/<run id>.json       what a run was and how it went
    warehouse/operations/runs/<run id>.running    there as long as it runs; empty
    warehouse/operations/nodes/<run id>.jsonl     what dbt ran in it, a line for each node

They lie beside what is published, so they survive a new build from nothing, and are backed up.
"""

import contextlib
import json
from collections.abc import Iterable, Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from wavehouse.operations.run_history.processes_of_runs import lives
from wavehouse.project import Project
from wavehouse.writing import write_whole

RUNNING, KILLED = "running", "killed"
MARK = ".running"
KILLED_MESSAGE = (
    "The run ended without a word: it was killed, or the machine stopped. What was published "
    "before is as it was; run it again."
)

Run = dict[str, Any]


def operations_folder(project: Project) -> Path:
    """Give the folder of everything that operations keep: runs, findings, logs, metrics."""
    return project.warehouse / "operations"


def runs_folder(project: Project) -> Path:
    """Give the folder with a file for each run."""
    return operations_folder(project) / "runs"


def nodes_folder(project: Project) -> Path:
    """Give the folder with a file for each run in which dbt ran something."""
    return operations_folder(project) / "nodes"


def read_runs(project: Project, last: int | None = None) -> list[Run]:
    """Read the runs, those that run now too, in the order in which they began.

    One whose process is gone is `killed`, whatever its file says. A file that cannot be read is
    left out: a run is never stopped by its history.

    Args:
        project: the project.
        last: read only so many, the latest; all if left out.
    """
    paths = sorted(runs_folder(project).glob("*.json"))
    paths = paths if last is None else paths[-last:] if last else []
    runs = [run for path in paths if (run := _read(path)) is not None]
    return sorted(map(_judged, runs), key=lambda run: (str(run["started_at"]), str(run["run_id"])))


def read_run(project: Project, run_id: str) -> Run | None:
    """Read one run; None if there is none of that id."""
    path = runs_folder(project) / f"{run_id}.json"
    run = _read(path) if path.parent == runs_folder(project) else None
    return None if run is None else _judged(run)


def read_nodes(project: Project, run_id: str) -> list[dict[str, Any]]:
    """Read what dbt ran in a run: `node`, `kind`, `status`, `seconds`, `rows`, `failures`."""
    try:
        text = (nodes_folder(project) / f"{run_id}.jsonl").read_text("utf-8")
        return [json.loads(line) for line in text.splitlines()]
    except (OSError, ValueError):
        return []


def write_run(project: Project, run: Run) -> None:
    """Write the file of a run, and the mark that it runs. Raises what `write_whole` raises."""
    path = runs_folder(project) / f"{run['run_id']}.json"
    mark = path.with_suffix(MARK)
    if run["status"] == RUNNING and not path.exists():
        path.parent.mkdir(parents=True, exist_ok=True)
        mark.touch()
    write_whole(path, json.dumps(run, default=str) + "\n")
    if run["status"] != RUNNING:
        mark.unlink(missing_ok=True)


def is_marked(path: Path) -> bool:
    """Tell whether the file of a run has the mark that it runs."""
    return path.with_suffix(MARK).exists()


def write_nodes(project: Project, run_id: str, nodes: Iterable[dict[str, Any]]) -> None:
    """Write what dbt ran in a run. Raises what `write_whole` raises."""
    rows = ({"run_id": run_id} | node for node in nodes)
    lines = [json.dumps(row, separators=(",", ":")) + "\n" for row in rows]
    write_whole(nodes_folder(project) / f"{run_id}.jsonl", "".join(lines))


def settle_killed(project: Project) -> list[Run]:
    """Write of each run whose process is gone that it was killed, and give these runs."""
    killed = []
    for mark in sorted(runs_folder(project).glob(f"*{MARK}")):
        run = _read(mark.with_suffix(".json"))
        if run is None or run["status"] != RUNNING:
            # Killed before its first word, or after its last.
            if not _is_fresh(mark):
                mark.unlink(missing_ok=True)
        elif (judged := _judged(run))["status"] == KILLED:
            write_run(project, judged)
            killed.append(judged)
    return killed


def forget_old_runs(project: Project, days: int) -> None:
    """Remove the files of runs that began more than so many days ago."""
    oldest = f"{datetime.now(UTC) - timedelta(days=days):%Y%m%dT%H%M%S%f}Z"
    for folder in (runs_folder(project), nodes_folder(project)):
        for path in folder.glob("*.json*"):
            if path.name < oldest:
                path.unlink(missing_ok=True)


def _read(path: Path) -> Run | None:
    with contextlib.suppress(OSError, ValueError):
        run = json.loads(path.read_text("utf-8"))
        if isinstance(run, dict) and {"run_id", "started_at", "status", "steps"} <= run.keys():
            return run
    return None


def _judged(run: Run) -> Run:
    """Give a run as it is: `killed` if it says that it runs, and its process is gone."""
    if run["status"] != RUNNING:
        return run
    said_at = datetime.fromisoformat(run["said_at"])
    hours = (datetime.now(UTC) - said_at).total_seconds() / 3600
    if lives(run["process"], hours):
        return run
    # When it ended is not known: not before its last word.
    seconds = max((said_at - datetime.fromisoformat(run["started_at"])).total_seconds(), 0)
    ended = {"status": KILLED, "ended_at": run["said_at"], "seconds": round(seconds, 3)}
    return run | ended | {"message": KILLED_MESSAGE, "steps": _cut_short(run["steps"])}


def _cut_short(steps: Sequence[dict[str, Any]]) -> list[dict[str, Any]]:
    return [step | {"status": KILLED} if step["status"] == RUNNING else step for step in steps]


def _is_fresh(mark: Path) -> bool:
    """Tell whether a mark was made just now, by a run whose first word may be on its way."""
    try:
        return datetime.now(UTC).timestamp() - mark.stat().st_mtime < 60
    except OSError:
        return True
