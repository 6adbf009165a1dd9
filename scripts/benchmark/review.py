"""Measure what the commands of a review take at the size of a questionnaire."""

from __future__ import annotations

import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from benchmark.processes import run
from benchmark.rivals.run import ROOT
from wavehouse.project import Project
from wavehouse_exchange.onboarding.draft import Draft, Proposal, read_draft, save_draft

STUDY, WAVE = "town", "2"
N_COLUMNS, N_PROPOSALS, N_CODES = 600, 1000, 8
# Each after the ones before it, as somebody works.
STEPS: tuple[tuple[str, ...], ...] = (
    ("review", STUDY, WAVE),
    ("decide", STUDY, WAVE, "q1*", "accept"),
    ("decide", STUDY, WAVE, "kind:code_added", "except", "q2*", "reject", "--because", "no"),
    ("decide", STUDY, WAVE, "open", "accept"),
    ("review", STUDY, WAVE, "--all"),
)


@dataclass(frozen=True)
class Step:
    """What a command took, Python's start and imports included."""

    command: str
    cpu_seconds: float
    peak_mb: float


def measure_commands(folder: Path) -> list[Step]:
    """Run the commands on a draft of 600 columns and 1,000 proposals.

    Args:
        folder: gets the draft.
    """
    project = Project(folder)
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "dbt_project.yml").write_text("name: wavehouse\n", encoding="utf-8")
    save_draft(project, questionnaire())
    # As `add-wave` does.
    read_draft(project, STUDY, WAVE)
    steps = []
    for words in STEPS:
        command = [sys.executable, "-m", "wavehouse", "--project-dir", folder, *words]
        usage = run(command, folder / "log.txt", environment={"PYTHONPATH": str(ROOT)})
        steps.append(Step(" ".join(words), usage.cpu_seconds, usage.peak_mb))
    return steps


def questionnaire() -> Draft:
    """Give a draft as long as that of a large questionnaire."""
    row = {"study_id": STUDY, "crosswalk_id": "trust", "valid_from_wave": WAVE}
    changes = [
        {"table": "crosswalk", "add": {**row, "source_code": str(code)}} for code in range(N_CODES)
    ]
    proposals = [
        Proposal(
            "new_column" if place < N_COLUMNS else "code_added",
            f"q{place % N_COLUMNS}",
            0.5,
            "not delivered before, and of a length that reasons have in questionnaires",
            changes,
            id=f"p{place + 1:02d}",
        )
        for place in range(N_PROPOSALS)
    ]
    return Draft(STUDY, WAVE, "1", "1", "seed", [], 0, proposals)


def review_table(steps: Sequence[Mapping[str, Any]]) -> list[str]:
    """Give the table of the commands."""
    lines = ["| command | processor seconds | peak MB |", "|---|---|---|"]
    for step in steps:
        took = f"{step['cpu_seconds']:.2f} | {step['peak_mb']:,.0f}"
        lines.append(f"| `wavehouse {step['command']}` | {took} |")
    return lines
