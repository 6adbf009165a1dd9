"""A column of the design whose label has other words: the decision about it does what it says."""

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pandas as pd
import pyreadstat
import pytest
from workbench import codebook_rows, ran

from wavehouse.project import Project
from wavehouse_exchange.onboarding.draft import Proposal, read_draft

RunCommand = Callable[..., tuple[int, str]]

STUDY = (
    *("--study-label", "Town survey", "--date", "2023-05-01", "--respondent", "id"),
    *("--weight", "w", "--producer", "The town", "--universe", "Adults in town"),
    *("--citation", "Town survey", "--terms", "Made up.", "--as", "landing"),
)
LABELS = {
    "id": "Number of the respondent",
    "w": "Weight for the analysis of persons",
    "life": "Q1. How good is your life in this town?",
    "car": "Q2. Do you have a car?",
    "age": "Q3. How old are you?",
}
VALUES = {"life": {1: "Good", 2: "Fair", 3: "Bad"}, "car": {1: "Yes", 2: "No"}}


def deliver(folder: Path, wave: int, weight: str) -> str:
    draw = np.random.default_rng(wave)
    data = pd.DataFrame(
        {
            "id": [f"{wave}{row:03d}" for row in range(300)],
            "w": draw.uniform(0.4, 2.2, 300).round(4),
            "life": draw.integers(1, 4, 300),
            "car": draw.integers(1, 3, 300),
            "age": draw.integers(18, 90, 300),
        }
    )
    path = folder / f"town_{wave}.sav"
    pyreadstat.write_sav(
        data,
        str(path),
        column_labels=list((LABELS | {"w": weight}).values()),
        variable_value_labels=VALUES,
    )
    return str(path)


@pytest.fixture
def asked(empty: Project, tmp_path: Path, run_command: RunCommand) -> tuple[Project, Proposal]:
    """A second wave whose weight is worded otherwise, with everything else decided."""
    first = deliver(tmp_path, 1, LABELS["w"])
    ran(run_command, empty, "new-study", "town", "1", first, *STUDY)
    ran(run_command, empty, "decide", "town", "1", "open", "accept")
    ran(run_command, empty, "apply", "town", "1")
    second = deliver(tmp_path, 2, "Weight for the analysis of households")
    ran(run_command, empty, "add-wave", "town", "2", second, "--date", "2024-05-01")
    draft = read_draft(empty, "town", "2")
    (proposal,) = [p for p in draft.proposals if p.subject == "w"]
    ran(run_command, empty, "decide", "town", "2", "open", "except", proposal.id, "accept")
    return empty, proposal


def accepted_and_rejected(proposal: Proposal) -> tuple[str, str]:
    """Say which decision means that it is the same weight, and which that it is another."""
    return ("accept", "reject") if proposal.kind == "changed_wording" else ("reject", "accept")


def decided(run_command: RunCommand, project: Project, proposal: Proposal, decision: str) -> None:
    words = ("town", "2", proposal.id, decision, "--because", "as the report says")
    ran(run_command, project, "decide", *words)


def test_the_same_weight_in_other_words_needs_no_row(
    asked: tuple[Project, Proposal], run_command: RunCommand
) -> None:
    project, proposal = asked
    assert proposal.kind in ("changed_wording", "reused_name")
    assert "the same weight of the design in other words" in proposal.reason
    before = codebook_rows(project, "design_columns")
    decided(run_command, project, proposal, accepted_and_rejected(proposal)[0])
    ran(run_command, project, "apply", "town", "2")
    assert codebook_rows(project, "design_columns") == before
    assert len({row["design_id"] for row in codebook_rows(project, "waves")}) == 1
    # No drift is found of what is no question, so that a waiver of it would waive nothing.
    assert codebook_rows(project, "drift_waivers") == []


def test_another_weight_gives_the_wave_a_design_of_its_own(
    asked: tuple[Project, Proposal], run_command: RunCommand
) -> None:
    project, proposal = asked
    decided(run_command, project, proposal, accepted_and_rejected(proposal)[1])
    code, output = run_command(project, "apply", "town", "2")
    assert code == 1
    assert f"{proposal.id} ({proposal.kind}, w): design_columns.source_column is ???" in output
    path = project.root / "drafts/town_2.yml"
    path.write_text(path.read_text(encoding="utf-8").replace("???", "age"), encoding="utf-8")
    ran(run_command, project, "apply", "town", "2")
    designs = {row["wave_id"]: row["design_id"] for row in codebook_rows(project, "waves")}
    assert designs["1"] != designs["2"]
    weights = {
        row["design_id"]: row["source_column"]
        for row in codebook_rows(project, "design_columns")
        if row["design_role"] == "weight"
    }
    assert weights == {designs["1"]: "w", designs["2"]: "age"}
