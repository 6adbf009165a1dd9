"""What a run keeps of what dbt ran: of dbt's own results, by node, without anything that they say.

Messages of failures may quote answers, so only statuses and counts are kept.
"""

from collections import Counter
from collections.abc import Mapping
from typing import Any

from wavehouse.operations.run_history.runs import current_run
from wavehouse.product import PACKAGE

TEST = "test"
FAILED, WARNED = ("fail", "error"), ("warn",)

Results = Mapping[str, Mapping[str, Any]]


def note_results(*results: Results) -> None:
    """Keep what dbt ran in the run that is being recorded, if there is one.

    Args:
        results: of each of dbt's runs, by node; of a node that ran twice the last one counts, and
            its seconds are those of both.
    """
    run = current_run()
    if run is None:
        return
    nodes: dict[str, dict[str, Any]] = {}
    for one in results:
        for name, result in one.items():
            node = node_of(name, result)
            node["seconds"] = round(node["seconds"] + nodes.get(name, {"seconds": 0})["seconds"], 3)
            nodes[name] = node
    statuses = Counter(node["status"] for node in nodes.values() if node["kind"] == TEST)
    run.note(
        n_nodes=len(nodes),
        n_tests=sum(statuses.values()),
        n_failed_tests=sum(statuses[each] for each in FAILED),
        n_warned_tests=sum(statuses[each] for each in WARNED),
    )
    run.note_nodes(nodes.values())


def node_of(unique_id: str, result: Mapping[str, Any]) -> dict[str, Any]:
    """Give what is kept of a node's result.

    Args:
        unique_id: dbt's name of it, such as `model.wavehouse.dim_wave`; that of a test ends with a
            hash.
        result: what dbt says of it.
    """
    kind, package, *name = unique_id.split(".")
    name = name[:-1] if kind == TEST and len(name) > 1 else name
    # A project of a team's own may give a name that Wavehouse gives, too.
    name = name if package == PACKAGE else [package, *name]
    rows = (result.get("adapter_response") or {}).get("rows_affected")
    return {
        "node": ".".join(name),
        "kind": kind,
        "status": str(result["status"]),
        "seconds": round(float(result.get("execution_time") or 0), 3),
        "rows": rows if isinstance(rows, int) and rows >= 0 and kind != TEST else None,
        "failures": result.get("failures") if kind == TEST else None,
    }
