"""What a column is, named by a person: one decision, and the draft follows."""

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pandas as pd
import pyreadstat
import pytest
from workbench import codebook_rows, ran

from wavehouse.project import Project
from wavehouse_exchange.onboarding.draft import read_draft

RunCommand = Callable[..., tuple[int, str]]

STUDY = (
    *("--study-label", "Town survey", "--date", "2023-05-01", "--respondent", "id"),
    *("--producer", "The town", "--universe", "Adults in town", "--citation", "Town survey"),
    *("--terms", "Made up.", "--as", "landing"),
)
YES = {1: "Yes", 2: "No"}
FIRST = {
    "q1": ("Q1. How good is your life in this town?", {1: "Good", 2: "Fair", 3: "Bad"}),
    "q2": ("Q2. Do you have a car?", YES),
    "q3": ("Q3. Did you vote in the last election?", YES),
}
# Nothing of the labels says that q31 is q3.
SECOND = {
    "q1": FIRST["q1"],
    "q2": FIRST["q2"],
    "q30": ("Q30. Which colour is your roof?", {1: "Red", 2: "Black", 3: "Green", 4: "None"}),
    "q31": ("Q31. Participation", {1: "Took part", 2: "Stayed at home", 3: "Not entitled"}),
}


def deliver(folder: Path, wave: int, columns: dict[str, tuple[str, dict[int, str]]]) -> str:
    draw = np.random.default_rng(wave)
    data = pd.DataFrame(
        {"id": [f"{wave}{row:03d}" for row in range(200)]}
        | {name: draw.choice([*codes], 200) for name, (_, codes) in columns.items()}
    )
    path = folder / f"town_{wave}.sav"
    pyreadstat.write_sav(
        data,
        str(path),
        column_labels=["Number", *(label for label, _ in columns.values())],
        variable_value_labels={name: codes for name, (_, codes) in columns.items()},
    )
    return str(path)


@pytest.fixture
def drafted(empty: Project, tmp_path: Path, run_command: RunCommand) -> Project:
    """A second wave in which the question on voting has another name and other words."""
    ran(run_command, empty, "new-study", "town", "1", deliver(tmp_path, 1, FIRST), *STUDY)
    ran(run_command, empty, "decide", "town", "1", "open", "accept")
    ran(run_command, empty, "apply", "town", "1")
    second = deliver(tmp_path, 2, SECOND)
    ran(run_command, empty, "add-wave", "town", "2", second, "--date", "2024-05-01")
    return empty


def ids(project: Project) -> dict[tuple[str, str], str]:
    return {(p.kind, p.subject): p.id for p in read_draft(project, "town", "2").proposals}


@pytest.mark.parametrize(
    ("kind", "subject", "other"), [("dropped_column", "q3", "Q31"), ("new_column", "q31", "q3")]
)
def test_a_question_goes_on_as_the_column_that_is_named(
    drafted: Project, run_command: RunCommand, kind: str, subject: str, other: str
) -> None:
    found = ids(drafted)
    assert ("renamed_column", "q31") not in found
    ran(run_command, drafted, "decide", "town", "2", found["new_column", "q30"], "accept")
    words = ("town", "2", found[kind, subject], "is", other, "--because", "the questionnaire")
    said = ran(run_command, drafted, "decide", *words)
    assert said.startswith("q31 is q3 of wave 1. ")
    proposals = {(p.kind, p.subject): p for p in read_draft(drafted, "town", "2").proposals}
    link = proposals["renamed_column", "q31"]
    assert (link.decision, link.because) == ("accept", "the questionnaire")
    assert not {("dropped_column", "q3"), ("new_column", "q31")} & proposals.keys()
    # What was decided stays, and what is said of the codes is open.
    assert proposals["new_column", "q30"].decision == "accept"
    assert [p for p in proposals.values() if p.subject == "q31" and p.is_open]
    # The same command again, with an option, keeps what was named.
    path = str(drafted.root.parent / "town_2.sav")
    again = ("town", "2", path, "--date", "2024-05-01", "--label", "Second")
    ran(run_command, drafted, "add-wave", *again)
    assert ("renamed_column", "q31") in ids(drafted)
    ran(run_command, drafted, "decide", "town", "2", "open", "accept")
    ran(run_command, drafted, "apply", "town", "2")
    asked = [
        (row["valid_from_wave"], row["valid_to_wave"], row["source_column"])
        for row in codebook_rows(drafted, "questions")
        if row["source_column"] in ("q3", "q31")
    ]
    assert asked == [("1", "1", "q3"), ("2", "", "q31")]


@pytest.mark.parametrize(
    ("kind", "subject", "other", "said"),
    [
        ("dropped_column", "q3", "q3l", "wave 2 has no column q3l. Did you mean q31?"),
        ("new_column", "q31", "vote", "wave 1 has no column vote. Correct the name."),
        ("wave", "2", "q3", "(wave, 2) is about no column. Name a proposal of a column."),
    ],
)
def test_what_cannot_be_is_said_and_changes_nothing(
    drafted: Project, run_command: RunCommand, kind: str, subject: str, other: str, said: str
) -> None:
    path = drafted.root / "drafts/town_2.yml"
    before = path.read_bytes()
    words = ("town", "2", ids(drafted)[kind, subject], "is", other)
    code, output = run_command(drafted, "decide", *words)
    assert code == 1
    assert said in output
    assert path.read_bytes() == before


def test_an_unknown_proposal_and_a_first_wave_are_refused(
    empty: Project, tmp_path: Path, run_command: RunCommand
) -> None:
    ran(run_command, empty, "new-study", "town", "1", deliver(tmp_path, 1, FIRST), *STUDY)
    code, output = run_command(empty, "decide", "town", "1", "p99", "is", "q3")
    assert code == 1
    assert "p99: there are p01 to " in output
    code, output = run_command(empty, "decide", "town", "1", "p01", "is", "q3")
    assert code == 1
    assert "is compared with no earlier wave" in output
