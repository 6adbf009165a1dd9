"""The history in the terminal: a table of runs, and all of one run."""

from collections.abc import Sequence
from typing import Any

from wavehouse.operations.run_history.history import bad_tests, duration, slowest, when
from wavehouse.operations.run_history.run_files import Run
from wavehouse.reports import aligned

HEADER = ("began (UTC)", "what ran", "status", "took", "who", "why", "release")
FACTS = {
    "release_id": "release",
    "previous_release_id": "the release before",
    "study_id": "study",
    "n_tables": "tables",
    "n_rows": "rows",
    "n_nodes": "nodes that dbt ran",
    "n_tests": "tests",
    "n_failed_tests": "of these failed",
    "n_warned_tests": "of these warned",
    "n_findings": "findings of drift",
    "n_hard_findings": "of these hard and open",
    "processor_seconds": "processor seconds",
    "peak_memory_mb": "memory at its peak, in MB",
    "input_fingerprint": "fingerprint of inputs",
    "method_fingerprint": "fingerprint of the method",
}


def status_text(status: str) -> str:
    """Write a status for readers."""
    return status.replace("_", " ")


def name_of(run: Run) -> str:
    """Name what ran: the command with its study and engine."""
    of_engine = f"({run['target']})" if run["target"] not in (None, "duckdb") else None
    return " ".join(filter(None, (run["command"], run["study_id"], of_engine)))


def table_of_runs(runs: Sequence[Run]) -> str:
    """Write a line for each run."""
    rows = [
        (
            when(run["started_at"]),
            name_of(run),
            status_text(run["status"]),
            duration(run["seconds"]),
            run["who"],
            run["why"] or "",
            run["release_id"] or "",
        )
        for run in runs
    ]
    return "\n".join(aligned([HEADER, *rows]))


def text_of_run(run: Run, nodes: Sequence[dict[str, Any]]) -> str:
    """Write all that is known of a run."""
    reason = f", since {run['why']}" if run["why"] else ""
    parts = [
        f"{run['run_id']}: {name_of(run)}, {status_text(run['status'])}",
        f"Begun {when(run['started_at'])} UTC by {run['who']} ({run['trigger']}{reason}); "
        + (f"took {duration(run['seconds'])}." if run["seconds"] is not None else "it still runs."),
    ]
    if run["part_of"]:
        parts.append(f"Part of {run['part_of']}.")
    if run["message"]:
        parts += ["", run["message"]]
    if run["steps"]:
        steps = [
            (step["step"], status_text(step["status"]), duration(step["seconds"]))
            for step in run["steps"]
        ]
        parts += ["", *aligned([("step", "status", "took"), *steps])]
    tests = bad_tests(nodes)
    if tests:
        rows = [(test["node"], test["status"], str(test["failures"] or "")) for test in tests]
        parts += ["", *aligned([("test that did not pass", "status", "rows"), *rows])]
    if nodes:
        rows = [(node["node"], node["kind"], duration(node["seconds"])) for node in slowest(nodes)]
        parts += ["", *aligned([("slowest node", "kind", "took"), *rows])]
    facts = [(text, _fact(run[name])) for name, text in FACTS.items() if run[name] is not None]
    facts += [(name.replace("_", " "), _fact(v)) for name, v in (run["details"] or {}).items()]
    facts += [(f"version of {name}", number) for name, number in run["versions"].items()]
    return "\n".join([*parts, "", *aligned(facts)])


def _fact(value: object) -> str:
    if isinstance(value, list):
        return ", ".join(map(str, value))
    return f"{value:,}" if isinstance(value, int | float) else str(value)
