"""A column that was waived becomes a variable in every wave that delivers it."""

import shutil
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from random import Random

import pytest
from studies.four_waves import STUDY, VALIDITY, answers, project_of_four_waves
from workbench import (
    Row,
    add_codebook_rows,
    codebook_rows,
    write_wave,
)

from wavehouse.project import Project
from wavehouse_exchange.onboarding.draft import read_draft
from wavehouse_exchange.onboarding.later_variable import leave_out
from wavehouse_exchange.onboarding.profile import labels_file, labels_text, profile_wave, seed_file
from wavehouse_exchange.onboarding.tables import EditedTable

RunCommand = Callable[..., tuple[int, str]]
PETS = {"1": "Dog", "2": "Cat", "3": "None"}
# Wave, column and codes of a question about pets; the third wave turned them, and has a fish.
PET_WAVES = {
    "1": ("pet", PETS),
    "2": ("pet", PETS),
    "3": ("q9", {"1": "None", "2": "Cat", "3": "Dog", "4": "Fish"}),
    "4": ("q8", PETS),
}


@pytest.fixture(scope="module")
def four_once(tmp_path_factory: pytest.TempPathFactory) -> Project:
    """A study of four waves with a question about pets that is waived."""
    project = project_of_four_waves(tmp_path_factory.mktemp("later"))
    for wave_id, (column, codes) in PET_WAVES.items():
        draw = Random(f"pets {wave_id}")
        rows = [row | {column: draw.choice(list(codes))} for row in answers(wave_id)]
        write_wave(project, STUDY, wave_id, rows)
        label(project, wave_id, {column: ("Pet in the household", codes)})
    waivers = [
        {
            "study_id": STUDY,
            "source_column": column,
            "valid_from_wave": first,
            "valid_to_wave": last,
        }
        for column, first, last in (("pet", "1", ""), ("q9", "3", "3"), ("q8", "3", ""))
    ]
    add_codebook_rows(project, {"waived_columns": waivers})
    return project


def label(project: Project, wave_id: str, labels: dict[str, tuple[str, dict[str, str]]]) -> None:
    """Keep labels beside a wave that is a seed."""
    known = {
        "sex": ("Sex", {"1": "Man", "2": "Woman"}),
        "happy": ("Happiness", {"1": "Very happy", "2": "Rather happy", "3": "Not happy"}),
        "q2": ("Happiness", {"1": "Very happy", "2": "Rather happy", "3": "Not happy"}),
        "q3": ("Trust in people", {"1": "Trusts", "2": "Does not trust"}),
        "club": ("Member of a club", {"1": "Yes", "2": "No"}),
    } | labels
    profile = profile_wave(project, STUDY, wave_id)
    assert profile is not None
    columns = {
        name: replace(column, label=known[name][0], value_labels=known[name][1])
        if name in known
        else column
        for name, column in profile.columns.items()
    }
    path = labels_file(seed_file(project, STUDY, wave_id))
    path.write_text(labels_text(replace(profile, columns=columns)), encoding="utf-8")


@pytest.fixture
def four(four_once: Project, tmp_path: Path) -> Project:
    return Project(Path(shutil.copytree(four_once.root, tmp_path / "project")))


def rows(project: Project, table: str, *columns: str) -> set[tuple[str, ...]]:
    return {tuple(row[column] for column in columns) for row in codebook_rows(project, table)}


def decide_all(run_command: RunCommand, project: Project, wave_id: str) -> None:
    for proposal in read_draft(project, STUDY, wave_id).open_proposals:
        code, output = run_command(project, "decide", STUDY, wave_id, proposal.id, "accept")
        assert code == 0, output
    code, output = run_command(project, "apply", STUDY, wave_id)
    assert code == 0, output


def waivers(project: Project) -> set[tuple[str, ...]]:
    return rows(project, "waived_columns", "source_column", *VALIDITY)


def test_the_column_is_found_in_all_waves_by_what_it_asks(
    four: Project, run_command: RunCommand
) -> None:
    before = {path.name: path.read_bytes() for path in four.codebook.glob("*.csv")}
    code, output = run_command(four, "add-variable", STUDY, "q8")
    assert code == 0, output
    assert "drafts/four_4.yml" in output
    proposals = read_draft(four, STUDY, "4").proposals
    assert proposals[0].kind == "new_column"
    named = " ".join(p.reason for p in proposals)
    for wave_id, (column, _) in PET_WAVES.items():
        assert f"{wave_id} ({column})" in named or any(
            p.subject == column and f"waves {wave_id}" in p.reason for p in proposals
        )
    assert {path.name: path.read_bytes() for path in four.codebook.glob("*.csv")} == before


def test_accepted_it_is_a_question_in_each_wave_with_its_codes(
    four: Project, run_command: RunCommand
) -> None:
    assert run_command(four, "add-variable", STUDY, "q8")[0] == 0
    decide_all(run_command, four, "4")
    asked = rows(four, "questions", "variable_id", "source_column", *VALIDITY)
    assert {row[1:] for row in asked if row[0] not in ("sex", "happy", "trust")} == {
        ("pet", "1", "2"),
        ("q9", "3", "3"),
        ("q8", "4", ""),
    }
    variables = {row[0] for row in asked} - {"sex", "happy", "trust"}
    assert len(variables) == 1
    variable = variables.pop()
    labels = {
        row["category_code"]: row["category_label"]
        for row in codebook_rows(four, "categories")
        if row["code_list_id"] == variable
    }
    assert sorted(labels.values()) == ["Cat", "Dog", "Fish", "None"]
    # Every delivered code means what its file says, whatever the wave.
    questions = [row for row in codebook_rows(four, "questions") if row["variable_id"] == variable]
    for wave_id, (column, codes) in PET_WAVES.items():
        question = next(row for row in questions if row["source_column"] == column)
        found = {
            row["source_code"]: labels[row["category_code"]]
            for row in codebook_rows(four, "crosswalk")
            if row["crosswalk_id"] == question["crosswalk_id"]
            and row["valid_from_wave"] <= wave_id <= (row["valid_to_wave"] or "9")
        }
        assert found == codes, wave_id
    assert [row for row in codebook_rows(four, "measures") if row["variable_id"] == variable]
    assert waivers(four) == {("club", "1", ""), ("pet", "3", ""), ("q8", "3", "3")}


def test_a_variable_of_one_wave_goes_on_into_the_others(
    four: Project, run_command: RunCommand
) -> None:
    # As if the last wave had been brought in with the question, and those before waived it.
    variable = {"variable_id": "pet", "code_list_id": "pet", "value_type": "categorical"}
    target: Row = {"study_id": STUDY, "crosswalk_id": "pet", "valid_from_wave": "4"}
    question = {"study_id": STUDY, "variable_id": "pet", "source_column": "q8"}
    add_codebook_rows(
        four,
        {
            "variables": [variable],
            "code_lists": [{"code_list_id": "pet"}],
            "categories": [
                {"code_list_id": "pet", "category_code": name, "category_label": label}
                for name, label in (("hound", "Dog"), ("cat", "Cat"), ("no_pet", "No pet"))
            ],
            "crosswalk": [
                target | {"source_code": code, "category_code": category}
                for code, category in (("1", "hound"), ("2", "cat"), ("3", "no_pet"))
            ],
            "questions": [question | {"crosswalk_id": "pet", "valid_from_wave": "4"}],
        },
    )
    code, output = run_command(four, "add-variable", STUDY, "q8")
    assert code == 0, output
    proposals = read_draft(four, STUDY, "4").proposals
    assert {p.kind for p in proposals} == {"same_question"}
    decide_all(run_command, four, "4")
    asked = rows(four, "questions", "variable_id", "source_column", *VALIDITY)
    assert {("pet", "pet", "1", "2"), ("pet", "q9", "3", "3"), ("pet", "q8", "4", "")} <= asked
    crosswalks = rows(four, "crosswalk", "crosswalk_id", "source_code", "category_code")
    # Labels go by what the last wave made of them: its "None" is no_pet.
    assert {row[1:] for row in crosswalks if row[0] == "pet_1"} == {
        ("1", "hound"),
        ("2", "cat"),
        ("3", "no_pet"),
    }
    assert len(codebook_rows(four, "variables")) == 4


def test_a_rejected_wave_keeps_its_waiver(four: Project, run_command: RunCommand) -> None:
    assert run_command(four, "add-variable", STUDY, "q8")[0] == 0
    for proposal in read_draft(four, STUDY, "4").proposals:
        decision = "reject" if proposal.subject == "q9" else "accept"
        words = ("decide", STUDY, "4", proposal.id, decision, "--because", "other animals")
        assert run_command(four, *words)[0] == 0
    assert run_command(four, "apply", STUDY, "4")[0] == 0
    assert ("q9", "3", "3") in waivers(four)
    assert not [row for row in codebook_rows(four, "questions") if row["source_column"] == "q9"]
    assert "Fish" not in {row["category_label"] for row in codebook_rows(four, "categories")}


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("age",), "no wave of study four delivers a column age"),
        (("q8", "--wave", "2"), "wave 2 of study four does not deliver a column q8"),
        (("q8", "--wave", "9"), "study four has no such wave. There are 1, 2, 3, 4"),
        (("sex",), "sex is a variable of study four in all waves"),
    ],
)
def test_what_cannot_be_is_said(
    four: Project, run_command: RunCommand, words: tuple[str, ...], said: str
) -> None:
    code, output = run_command(four, "add-variable", STUDY, *words)
    assert code == 1
    assert said in output
    assert not (four.root / "drafts").exists()


@pytest.mark.parametrize(
    ("held", "out", "left"),
    [
        (("1", ""), ("1", "4"), set()),
        (("1", ""), ("2", "3"), {("1", "1"), ("4", "")}),
        (("1", "3"), ("3", "4"), {("1", "2")}),
        (("2", ""), ("1", "3"), {("4", "")}),
        (("1", "2"), ("3", "4"), {("1", "2")}),
    ],
)
def test_rows_that_no_longer_hold_in_some_waves_hold_in_the_others(
    tmp_path: Path, held: tuple[str, str], out: tuple[str, str], left: set[tuple[str, str]]
) -> None:
    path = tmp_path / "waived_columns.csv"
    path.write_text(f"source_column,valid_from_wave,valid_to_wave\nx,{held[0]},{held[1]}\ny,1,\n")
    table = EditedTable(path, ["source_column", "valid_from_wave"])
    change = {"leave_out": {"source_column": "x"}, "from": out[0], "to": out[1]}
    leave_out(table, change, {"1": 1, "2": 2, "3": 3, "4": 4})
    found = {(r[VALIDITY[0]], r[VALIDITY[1]]) for r in table.rows if r["source_column"] == "x"}
    assert found == left
    assert {"source_column": "y", **dict(zip(VALIDITY, ("1", ""), strict=True))} in table.rows
