"""Land the waves of a project and build it as `wavehouse build` does, and measure every step.

    python -m benchmark.build_steps PROJECT DELIVERED PHASES NODES THREADS all|models

The steps are those of the commands themselves, with a watch around each. dbt runs in a process of
its own, as always; that one measures its nodes (`dbt_nodes.py`). With `models`, tests, the attack
and publishing are left out.
"""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import wavehouse.building.build
import wavehouse.disclosure.closing
import wavehouse.generate
import wavehouse.publishing.publish
from benchmark.processes import Phases
from benchmark.warehouse import STUDY
from wavehouse.building.dbt import START
from wavehouse.operations.run_history.runs import RecordedRun
from wavehouse.project import Project
from wavehouse_exchange.landing import land_wave

# Functions that `wavehouse build` calls by these names, and what their steps are called.
STEPS = (
    (wavehouse.generate, "generate", "generate files"),
    (wavehouse.disclosure.closing, "close_and_report", "attack and close"),
    (wavehouse.publishing.publish, "publish_and_tell", "publish"),
)
# Between these steps the run is written, with its log and its page.
RECORDING = "record what runs"


def main(words: list[str]) -> int:
    """Land and build, and write what it took."""
    root, delivered, phases_file, nodes_file, threads, what = words
    project = Project(Path(root))
    phases = Phases()
    with phases.phase("land waves"):
        for path in sorted(Path(delivered).glob("*.csv")):
            land_wave(project, STUDY, path.stem, [path])
    for module, name, step in STEPS:
        setattr(module, name, watched(phases, getattr(module, name), step))
    RecordedRun._write = watched(phases, RecordedRun._write, RECORDING)  # type: ignore[method-assign]

    def run_dbt(
        project: Project, *arguments: str, program: Sequence[str] = START, **_: object
    ) -> int:
        """Run dbt, or what calls it, in a process that measures its nodes."""
        caller = () if program == START else ("stages",)
        command = [sys.executable, "-m", "benchmark.dbt_nodes", nodes_file, *caller, *arguments]
        folders = ["--project-dir", str(project.root), "--profiles-dir", str(project.root)]
        with phases.phase("dbt"):
            return subprocess.run(
                [*command, *folders, "--threads", threads, "--no-use-colors"],
                cwd=project.root,
                check=False,
            ).returncode

    try:
        if what == "models":
            wavehouse.generate.generate(project)
            without = ("test", "unit_test")
            words = [word for kind in without for word in ("--exclude-resource-type", kind)]
            return run_dbt(project, "build", *words, "--target-path", str(project.target))
        wavehouse.building.build.run_dbt = run_dbt
        wavehouse.building.build.build(project, force=True)
    finally:
        phases.write(Path(phases_file))
    return 0


def watched(phases: Phases, function: Callable[..., Any], step: str) -> Callable[..., Any]:
    """Give a function that does the same as a step that is measured."""

    def measured(*arguments: object, **options: object) -> object:
        with phases.phase(step):
            return function(*arguments, **options)

    return measured


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
