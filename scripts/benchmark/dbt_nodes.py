"""Run a dbt command, and measure each of its nodes: processor seconds and peak memory.

    python -m benchmark.dbt_nodes FILE WORDS OF DBT
    python -m benchmark.dbt_nodes FILE stages WORDS OF WAVEHOUSE'S OWN CALLER OF DBT

What the process takes between a node's begin and its end is the node's, which is exact with one
thread of dbt; DuckDB's own threads are within. With several, nodes that run at the same time share
what was taken meanwhile. The file gets a line of JSON for each node, as soon as it has ended, and
last one for the whole.
"""

from __future__ import annotations

import json
import sys
import threading
from pathlib import Path
from typing import TYPE_CHECKING, TextIO

from benchmark.processes import forget_peak, own_cpu_seconds, own_peak_mb

if TYPE_CHECKING:
    from dbt_common.events.base_types import EventMsg


class Watch:
    """Attributes processor seconds to the nodes that run."""

    def __init__(self, file: TextIO) -> None:
        """Begin with no node running."""
        self.file = file
        self.lock = threading.Lock()
        self.running: dict[str, float] = {}
        self.paths: dict[str, str] = {}
        self.last = own_cpu_seconds()

    def hear(self, event: EventMsg) -> None:
        """Take note of a node that begins or ends."""
        name = event.info.name
        if name not in ("NodeStart", "NodeFinished"):
            return
        node = event.data.node_info
        with self.lock:
            self.share_out()
            if name == "NodeStart":
                forget_peak()
                self.running[node.unique_id] = 0.0
            else:
                seconds = self.running.pop(node.unique_id, 0.0)
                self.write(node.unique_id, node.node_path, node.node_status, seconds)

    def share_out(self) -> None:
        """Give what was taken since the last event to those that ran."""
        now = own_cpu_seconds()
        for node in self.running:
            self.running[node] += (now - self.last) / len(self.running)
        self.last = now

    def write(self, node: str, path: str, status: str, cpu_seconds: float) -> None:
        """Write what a node took."""
        row = {"node": node, "path": path, "status": str(status), "cpu_seconds": cpu_seconds}
        self.file.write(json.dumps({**row, "peak_mb": own_peak_mb()}) + "\n")
        self.file.flush()


def main(words: list[str]) -> int:
    """Run dbt, or what calls it, with the words after the file, and give its exit code."""
    from dbt.cli.main import dbtRunner

    from wavehouse.building.stages import ALL, build_stages
    from wavehouse.project import Project

    with Path(words[0]).open("a", encoding="utf-8") as file:
        watch = Watch(file)
        if words[1] == "stages":
            root, artifacts, how, *options = words[2:]
            folders = Project(Path(root)), Path(artifacts)
            passed = build_stages(*folders, how == ALL, options, [watch.hear])
        else:
            passed = dbtRunner(callbacks=[watch.hear]).invoke(words[1:]).success
        watch.write("all", "", "success" if passed else "error", own_cpu_seconds())
    return 0 if passed else 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
