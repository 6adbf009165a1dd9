"""A corrected delivery says what it changes, and what was decided stays decided."""

import csv
import shutil
from collections.abc import Callable
from pathlib import Path

import pandas as pd
import pyreadstat
import pytest
import yaml
from studies.four_waves import STUDY, add_four_waves, answers
from survey_files import write_first
from workbench import (
    Row,
    codebook_rows,
    copy_project,
    keep_studies,
    read_rows,
    set_codebook_rows,
    write_rows,
)

from wavehouse.project import Project
from wavehouse_exchange.onboarding.draft import Draft, Proposal, read_draft
from wavehouse_exchange.onboarding.revised import keep_decisions, within_a_wave

RunCommand = Callable[..., tuple[int, str]]
VALIDITY = ("valid_from_wave", "valid_to_wave")
TOWN = (
    *("--study-label", "Town survey", "--date", "2023-05-01", "--respondent", "id"),
    *("--producer", "The town", "--universe", "Adults", "--citation", "Town survey"),
    *("--terms", "Made up."),
)


@pytest.fixture(scope="module")
def bare(tmp_path_factory: pytest.TempPathFactory) -> Project:
    project = copy_project(tmp_path_factory.mktemp("corrected") / "project")
    keep_studies(project, [])
    return project


@pytest.fixture
def four(bare: Project, tmp_path: Path) -> Project:
    """A study of four waves that are in the codebook."""
    project = Project(Path(shutil.copytree(bare.root, tmp_path / "project")))
    set_codebook_rows(project, "segments", [])
    add_four_waves(project)
    return project


@pytest.fixture
def town(bare: Project, tmp_path: Path, run_command: RunCommand) -> Project:
    """A project with the first wave of another study drafted, from labelled files."""
    project = Project(Path(shutil.copytree(bare.root, tmp_path / "town")))
    write_first(tmp_path)
    code, output = run_command(
        project, "new-study", "town", "1", str(tmp_path / "town_1.sav"), *TOWN, "--as", "seed"
    )
    assert code == 0, output
    return project


def deliver(
    run_command: RunCommand, project: Project, wave_id: str, rows: list[Row]
) -> tuple[int, str]:
    """Deliver a wave of the study again."""
    path = project.root / "again.csv"
    write_rows(path, list(rows[0]), rows)
    return run_command(project, "add-wave", STUDY, wave_id, str(path), "--replace")


def changes(project: Project, name: str) -> list[Row]:
    return read_rows(project.target / f"changes/{name}.csv")


def test_what_a_correction_changes_is_said_by_row_respondent_column_and_code(
    four: Project, run_command: RunCommand
) -> None:
    rows = answers("2")
    men = sum(row["sex"] == "1" for row in rows)
    for row in rows[:5]:
        # Five people, of whom as many were men as are counted off below.
        row["sex"] = "2" if row["sex"] == "1" else "1"
    now = sum(row["sex"] == "1" for row in rows)
    code, output = deliver(run_command, four, "2", [*rows[:-2], rows[0] | {"id": "new"}])
    assert code == 0, output
    assert "Rows: 60 before, 59 now." in output
    assert "Respondents: 1 came, 2 went." in output
    assert "sex: 5 answers changed; counts" in output
    assert "All changes are in target/changes/four_2.csv." in output
    kept = [*rows[:-2], rows[0]]
    of_sex = {
        row["source_code"]: row for row in changes(four, "four_2") if row["source_column"] == "sex"
    }
    counted = sum(row["sex"] == "1" for row in kept)
    assert (of_sex["1"]["was"], of_sex["1"]["is_now"]) == (str(men), str(counted))
    assert now != men
    assert (of_sex[""]["what"], of_sex[""]["is_now"]) == ("answers changed", "5")
    proposals = read_draft(four, STUDY, "2").proposals
    assert [(p.kind, p.is_open) for p in proposals] == [("wave", True)]


def test_the_same_file_again_changes_nothing(four: Project, run_command: RunCommand) -> None:
    code, output = deliver(run_command, four, "2", answers("2"))
    assert code == 0, output
    assert "No column, label, code or answer has changed." in output
    assert "The codebook stays as it is. Next: make" in output


def test_new_columns_and_codes_of_a_correction_are_asked_about_for_its_wave_alone(
    four: Project, run_command: RunCommand
) -> None:
    rows = [
        row | {"club": "", "happy": "9" if number < 6 else row["happy"], "pet": "12"[number % 2]}
        for number, row in enumerate(answers("2"))
    ]
    code, output = deliver(run_command, four, "2", rows)
    assert code == 0, output
    assert "New columns: pet." in output
    draft = read_draft(four, STUDY, "2")
    assert (draft.previous_wave, draft.like, draft.following_wave) == ("1", "2", "3")
    kinds = {(p.kind, p.subject) for p in draft.open_proposals}
    assert ("new_column", "pet") in kinds
    assert any(subject == "happy" for _, subject in kinds)
    for proposal in draft.open_proposals:
        assert run_command(four, "decide", STUDY, "2", proposal.id, "accept")[0] == 0
    code, output = run_command(four, "apply", STUDY, "2")
    assert code == 0, output
    pet = next(row for row in codebook_rows(four, "questions") if row["source_column"] == "pet")
    assert [pet[column] for column in VALIDITY] == ["2", "2"]
    nine = [row for row in codebook_rows(four, "crosswalk") if row["source_code"] == "9"]
    assert [[row[column] for column in VALIDITY] for row in nine] == [["2", "2"]]


def test_a_column_that_a_correction_renames_is_the_waves_alone(
    four: Project, run_command: RunCommand
) -> None:
    before = codebook_rows(four, "questions")
    rows = [
        {("gender" if name == "sex" else name): value for name, value in row.items()}
        for row in answers("3")
    ]
    code, output = deliver(run_command, four, "3", rows)
    assert code == 0, output
    assert "New columns: gender." in output
    assert "Columns that went: sex." in output
    draft = read_draft(four, STUDY, "3")
    assert draft.open_proposals
    assert not [
        change for p in draft.proposals for change in p.changes if change["table"] == "breaks"
    ]
    # Nothing is written before it is decided.
    assert codebook_rows(four, "questions") == before


def test_without_respondents_that_are_told_apart_the_rest_is_said(
    four: Project, run_command: RunCommand
) -> None:
    rows = [row | {"id": "1"} for row in answers("2")]
    code, output = deliver(run_command, four, "2", rows)
    assert code == 0, output
    assert "Respondents cannot be compared" in output


def test_labels_that_changed_are_said(
    tmp_path: Path, town: Project, run_command: RunCommand
) -> None:
    data, about = pyreadstat.read_sav(str(tmp_path / "town_1.sav"), user_missing=True)
    labels = about.column_names_to_labels | {"age": "Age in years at the interview"}
    codes = about.variable_value_labels | {"sex": {1: "Male", 2: "Woman"}}
    write(tmp_path / "again.sav", data, labels, codes)
    words = ("new-study", "town", "1", str(tmp_path / "again.sav"), *TOWN, "--as", "seed")
    code, output = run_command(town, *words, "--replace")
    assert code == 0, output
    assert "age: label 'Age in years', now 'Age in years at the interview'" in output
    assert "sex: code 1 was 'Man', now 'Male'" in output
    assert "Respondents: 0 came, 0 went." in output


def write(path: Path, data: pd.DataFrame, labels: dict[str, str], codes: dict) -> None:
    pyreadstat.write_sav(
        data,
        str(path),
        column_labels=[labels[column] for column in data.columns],
        variable_value_labels=codes,
        missing_ranges={"safe": [{"lo": 9, "hi": 9}]},
    )


def test_decisions_about_what_is_the_same_are_kept(
    tmp_path: Path, town: Project, run_command: RunCommand
) -> None:
    draft = read_draft(town, "town", "1")
    by_subject = {p.subject: p.id for p in draft.proposals if p.kind == "new_column"}
    for subject, decision in (("marstat", "accept"), ("transp", "reject"), ("safe", "accept")):
        words = ("decide", "town", "1", by_subject[subject], decision, "--because", "as agreed")
        assert run_command(town, *words)[0] == 0
    # Rows of a proposal that was edited stay as they were written.
    path = town.root / "drafts/town_1.yml"
    text = path.read_text(encoding="utf-8")
    assert "variable_label: Marital status" in text
    path.write_text(
        text.replace("variable_label: Marital status", "variable_label: Married or not")
    )

    data, about = pyreadstat.read_sav(str(tmp_path / "town_1.sav"), user_missing=True)
    codes = about.variable_value_labels | {"safe": {1: "Safe", 2: "Unsafe", 3: "Both", 4: "None"}}
    codes["marstat"] = about.variable_value_labels["marstat"]
    data["first"] = 1
    data = data[["id", "first", *[name for name in data if name not in ("id", "first")]]]
    write(tmp_path / "again.sav", data, {**about.column_names_to_labels, "first": "First"}, codes)
    words = ("new-study", "town", "1", str(tmp_path / "again.sav"), *TOWN, "--as", "seed")
    code, output = run_command(town, *words, "--replace")
    assert code == 0, output
    assert "decisions are kept" in output
    now = {p.subject: p for p in read_draft(town, "town", "1").proposals if p.kind == "new_column"}
    assert now["marstat"].id != by_subject["marstat"]
    assert (now["marstat"].decision, now["marstat"].because) == ("accept", "as agreed")
    assert now["transp"].decision == "reject"
    assert "Married or not" in yaml.safe_dump(now["marstat"].changes)
    # Its codes are other ones.
    assert now["safe"].is_open
    assert now["first"].is_open


def test_conditions_and_what_only_a_person_knew_go_along() -> None:
    row = {"table": "waves", "add": {"wave_id": "1", "wave_date": "2001-01-01"}}
    only = {"table": "questions", "add": {"source_column": "b"}, "when": "p2 accept"}
    before = _draft(
        Proposal("wave", "1", 1.0, "800 rows", [row], decision="accept", id="p1"),
        Proposal("new_column", "a", 1.0, "a", [], decision="accept", id="p2"),
        Proposal("equal_labels", "b", 1.0, "b", [only], decision="accept", id="p3"),
    )
    unknown = {"table": "waves", "add": {"wave_id": "1", "wave_date": "???"}}
    moved = {**only, "when": "p4 accept"}
    after = _draft(
        Proposal("wave", "1", 1.0, "801 rows", [unknown], id="p1"),
        Proposal("new_column", "z", 1.0, "z", [], id="p2"),
        Proposal("equal_labels", "b", 1.0, "b", [moved], id="p3"),
        Proposal("new_column", "a", 1.0, "a", [], id="p4"),
    )
    made = {p.id: (p.changes, p.if_rejected) for p in before.proposals}
    assert keep_decisions(before, made, after).startswith("3 of 3 decisions are kept")
    assert [p.decision for p in after.proposals] == ["accept", "open", "accept", "accept"]
    assert after.proposals[0].changes == [row]
    assert after.proposals[2].changes == [moved]


def _draft(*proposals: Proposal) -> Draft:
    return Draft("s", "1", "", "", "seed", [], 0, list(proposals))


def test_a_correction_makes_no_break() -> None:
    broken = {"table": "breaks", "add": {"break_id": "x"}}
    version = {"table": "questions", "version": {}, "set": {}}
    wording = Proposal("changed_wording", "a", 0.5, "", [version, broken])
    shift = Proposal("shifted_distribution", "a", 0.5, "")
    assert within_a_wave([wording, shift]) == [wording]
    assert wording.changes == [version]


def test_the_file_of_changes_is_safe_in_a_spreadsheet(
    four: Project, run_command: RunCommand
) -> None:
    rows = [row | {"happy": "=1+1"} for row in answers("2")]
    assert deliver(run_command, four, "2", rows)[0] == 0
    with (four.target / "changes/four_2.csv").open(newline="", encoding="utf-8") as stream:
        cells = {cell for row in csv.reader(stream) for cell in row}
    assert "'=1+1" in cells
    assert "=1+1" not in cells


def test_a_failed_correction_leaves_the_files_and_the_draft(
    four: Project, run_command: RunCommand, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_: object) -> None:
        raise OSError(28, "No space left on device")

    seed = (four.waves / "four/four_2.csv").read_bytes()
    monkeypatch.setattr("wavehouse_exchange.onboarding.onboard.write_changes", fail)
    code, output = deliver(run_command, four, "2", answers("2")[:-1])
    assert code == 1, output
    assert (four.waves / "four/four_2.csv").read_bytes() == seed
    assert not (four.root / "drafts").exists()
