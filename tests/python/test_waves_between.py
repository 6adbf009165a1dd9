"""A wave between two others changes nothing of them, and is like one that came in its turn."""

import shutil
from collections.abc import Callable
from pathlib import Path

import pytest
from studies.four_waves import DATES, STUDY, VALIDITY, add_four_waves, answers, codebook
from workbench import (
    Row,
    add_codebook_rows,
    codebook_rows,
    copy_project,
    keep_studies,
    set_codebook_rows,
    write_rows,
)

from wavehouse.codebook.tables import read_codebook
from wavehouse.project import Project
from wavehouse_exchange.onboarding.between import neighbours, place_between
from wavehouse_exchange.onboarding.draft import (
    ACCEPT,
    REJECT,
    Change,
    Draft,
    Proposal,
    draft_path,
    read_draft,
    save_draft,
)

RunCommand = Callable[..., tuple[int, str]]
HAPPY = {"study_id": STUDY, "variable_id": "happy"}
SEX = {"study_id": STUDY, "variable_id": "sex"}


@pytest.fixture(scope="module")
def bare(tmp_path_factory: pytest.TempPathFactory) -> Project:
    project = copy_project(tmp_path_factory.mktemp("between") / "project")
    keep_studies(project, [])
    set_codebook_rows(project, "segments", [])
    return project


def with_waves(bare: Project, folder: Path, waves: str) -> Project:
    """Give a project of the study with some of its waves."""
    project = Project(Path(shutil.copytree(bare.root, folder / waves)))
    add_four_waves(project, waves)
    return project


def deliver(run_command: RunCommand, project: Project, wave_id: str, *words: str) -> str:
    """Bring in a wave of the study by its date."""
    rows = answers(wave_id)
    path = project.root / f"{wave_id}.csv"
    write_rows(path, list(rows[0]), rows)
    date = ("--date", DATES[wave_id])
    code, output = run_command(project, "add-wave", STUDY, wave_id, str(path), *date, *words)
    assert code == 0, output
    return output


def rows(project: Project, table: str, *columns: str) -> list[tuple[str, ...]]:
    return [tuple(row[column] for column in columns) for row in codebook_rows(project, table)]


def ranges(project: Project, variable: str) -> list[tuple[str, ...]]:
    """Give the questions of a variable: column, first and last wave."""
    found = rows(project, "questions", "variable_id", "source_column", *VALIDITY)
    return sorted((row[1:] for row in found if row[0] == variable), key=lambda row: row[1])


def second_wave(project: Project, changes: list[Change], decision: str = ACCEPT) -> None:
    """Draft wave 2, compared with wave 1 and before wave 3, with one proposal beside its own."""
    row = next(row for row in codebook(["1", "2", "3", "4"])["waves"] if row["wave_id"] == "2")
    other = {"accept": "changes", "reject": "if_rejected"}[decision]
    wave = Proposal("wave", "2", 1.0, "", [{"table": "waves", "add": row}], id="p1")
    assert place_between(read_codebook(project), STUDY, wave, "3") == []
    wave.decision = ACCEPT
    proposals = [
        wave,
        Proposal("found", "x", 1.0, "", decision=decision, id="p2", **{other: changes}),
    ]
    draft = Draft(STUDY, "2", "1", "1", "seed", [], 0, proposals, following_wave="3")
    save_draft(project, draft)


def apply(run_command: RunCommand, project: Project, wave_id: str = "2") -> str:
    code, output = run_command(project, "apply", STUDY, wave_id)
    assert code == 0, output
    return output


@pytest.mark.parametrize(
    ("date", "around"),
    [
        ("2000-01-01", ("", "1")),
        ("2001-05-01", ("1", "2")),
        ("2004-01-01", ("2", "3")),
        ("2010-01-01", ("4", "")),
        ("", ("4", "")),
    ],
)
def test_the_date_says_where_a_wave_stands(date: str, around: tuple[str, str]) -> None:
    assert neighbours(codebook(list("1234"))["waves"], date) == around


@pytest.mark.parametrize(("there", "new"), [("134", "2"), ("234", "1")])
def test_a_wave_in_its_place_is_like_one_that_came_in_its_turn(
    bare: Project, tmp_path: Path, run_command: RunCommand, there: str, new: str
) -> None:
    project = with_waves(bare, tmp_path, there)
    deliver(run_command, project, new)
    draft = read_draft(project, STUDY, new)
    assert draft.following_wave == str(int(new) + 1)
    for proposal in draft.open_proposals:
        assert run_command(project, "decide", STUDY, new, proposal.id, "accept")[0] == 0
    apply(run_command, project, new)
    whole = with_waves(bare, tmp_path, "1234")
    for table in sorted(path.stem for path in whole.codebook.glob("*.csv")):
        # Two waves of the same columns: nothing else is proposed.
        columns = codebook_rows(whole, table)[0] if codebook_rows(whole, table) else {}
        expected = sorted(rows(whole, table, *columns))
        assert sorted(rows(project, table, *columns)) == expected, table


def test_without_a_date_the_year_in_the_ids_says_where_it_stands(
    bare: Project, tmp_path: Path, run_command: RunCommand
) -> None:
    project = with_waves(bare, tmp_path, "12")
    waves = [
        row | {"wave_id": year, "wave_date": f"{year}-05-01"}
        for row, year in zip(codebook_rows(project, "waves"), ("2001", "2005"), strict=True)
    ]
    set_codebook_rows(project, "waves", waves)
    for table in ("questions", "crosswalk", "waived_columns"):
        changed = [row | {"valid_from_wave": "2001"} for row in codebook_rows(project, table)]
        set_codebook_rows(project, table, changed)
    for wave_id, year in (("1", "2001"), ("2", "2005")):
        path = project.waves / STUDY
        (path / f"{STUDY}_{wave_id}.csv").rename(path / f"{STUDY}_{year}.csv")
    path = project.root / "2003.csv"
    # Not the very file of another wave, which is refused.
    write_rows(path, list(answers("1")[0]), answers("1")[:-1])
    assert run_command(project, "add-wave", STUDY, "2003", str(path))[0] == 0
    draft = read_draft(project, STUDY, "2003")
    assert (draft.previous_wave, draft.like, draft.following_wave) == ("2001", "2001", "2005")
    assert draft.proposals[0].changes[0]["add"]["wave_number"] == "2"


def test_another_column_of_the_wave_alone_parts_the_range(
    bare: Project, tmp_path: Path, run_command: RunCommand
) -> None:
    project = with_waves(bare, tmp_path, "134")
    before = {path.name: path.read_bytes() for path in project.codebook.glob("*.csv")}
    version = {"table": "questions", "version": SEX, "set": {"source_column": "gender"}}
    again = {"table": "questions", "version": SEX, "set": {"question_text": "Asks for gender."}}
    wording = {"break_id": "sex_2", "study_id": STUDY, "wave_id": "2", "variable_id": "sex"}
    second_wave(project, [version, again, {"table": "breaks", "add": wording}])
    apply(run_command, project)
    assert ranges(project, "sex") == [("sex", "1", "1"), ("gender", "2", "2"), ("sex", "3", "")]
    assert rows(project, "breaks", "break_id", "wave_id") == [("sex_2", "2"), ("sex_2_ends", "3")]
    # Taken out again, it is as if it had never been there.
    assert run_command(project, "remove-wave", STUDY, "2", "--apply")[0] == 0
    after = {path.name: path.read_bytes() for path in project.codebook.glob("*.csv")}
    assert after == before


def test_a_column_that_the_next_wave_has_is_its_row(
    bare: Project, tmp_path: Path, run_command: RunCommand
) -> None:
    project = with_waves(bare, tmp_path, "134")
    known = {"study_id": STUDY, "variable_id": "happy", "break_kind": "wording"}
    add_codebook_rows(project, {"breaks": [known | {"break_id": "happy_3", "wave_id": "3"}]})
    version = {"table": "questions", "version": HAPPY, "set": {"source_column": "q2"}}
    found = {"table": "breaks", "add": known | {"break_id": "happy_2", "wave_id": "2"}}
    second_wave(project, [version, found])
    apply(run_command, project)
    assert ranges(project, "happy") == [("happy", "1", "1"), ("q2", "2", "")]
    assert rows(project, "breaks", "break_id", "wave_id") == [("happy_3", "2")]


def test_what_holds_in_the_wave_before_holds_in_the_new_one(
    bare: Project, tmp_path: Path, run_command: RunCommand
) -> None:
    project = with_waves(bare, tmp_path, "134")
    second_wave(project, [])
    apply(run_command, project)
    assert ranges(project, "happy") == [("happy", "1", "2"), ("q2", "3", "")]
    numbers = rows(project, "crosswalk", "crosswalk_id", *VALIDITY)
    assert {row for row in numbers if row[0] == "happy"} == {("happy", "1", "")}


@pytest.mark.parametrize("decision", [ACCEPT, REJECT])
def test_a_question_that_the_wave_left_out_goes_on_after_it(
    bare: Project, tmp_path: Path, run_command: RunCommand, decision: str
) -> None:
    project = with_waves(bare, tmp_path, "134")
    waiver: Row = {"study_id": STUDY, "source_column": "q9", "valid_from_wave": "2"}
    changes: list[Change] = [
        {"table": "questions", "end": SEX},
        {"table": "questions", "end": HAPPY},
        {"table": "waived_columns", "add": waiver},
    ]
    second_wave(project, changes, decision)
    apply(run_command, project)
    assert ranges(project, "sex") == [("sex", "1", "1"), ("sex", "3", "")]
    assert ranges(project, "happy") == [("happy", "1", "1"), ("q2", "3", "")]
    assert ("q9", "2", "2") in rows(project, "waived_columns", "source_column", *VALIDITY)


def test_a_code_of_the_wave_alone_and_one_that_the_next_has_too(
    bare: Project, tmp_path: Path, run_command: RunCommand
) -> None:
    project = with_waves(bare, tmp_path, "134")
    code = {"study_id": STUDY, "crosswalk_id": "happy", "missing_kind": "refused"}
    later = code | {"source_code": "9", "valid_from_wave": "3"}
    add_codebook_rows(project, {"crosswalk": [later]})
    second_wave(
        project,
        [
            {"table": "crosswalk", "add": code | {"source_code": each, "valid_from_wave": "2"}}
            for each in "89"
        ],
    )
    apply(run_command, project)
    found = rows(project, "crosswalk", "crosswalk_id", "source_code", *VALIDITY)
    assert {row[1:] for row in found if row[0] == "happy" and row[1] in "89"} == {
        ("8", "2", "2"),
        ("9", "2", ""),
    }


def test_breaks_of_the_next_wave_are_asked_about(
    bare: Project, tmp_path: Path, run_command: RunCommand
) -> None:
    project = with_waves(bare, tmp_path, "134")
    sample = {"break_id": "sample", "study_id": STUDY, "wave_id": "3", "break_kind": "sample"}
    add_codebook_rows(project, {"breaks": [sample | {"description": "A new frame."}]})
    deliver(run_command, project, "2")
    asked = next(p for p in read_draft(project, STUDY, "2").proposals if p.kind == "break_between")
    assert asked.is_open
    assert "this break begins with wave 3: A new frame." in asked.reason
    assert run_command(project, "decide", STUDY, "2", "p01", "accept")[0] == 0
    assert run_command(project, "decide", STUDY, "2", asked.id, "accept")[0] == 0
    apply(run_command, project)
    assert rows(project, "breaks", "break_id", "wave_id") == [("sample", "2")]


def test_a_row_that_cannot_be_made_leaves_everything(
    bare: Project, tmp_path: Path, run_command: RunCommand
) -> None:
    project = with_waves(bare, tmp_path, "134")
    before = {path.name: path.read_bytes() for path in project.codebook.glob("*.csv")}
    unknown = {"study_id": STUDY, "variable_id": "age"}
    second_wave(project, [{"table": "questions", "version": unknown, "set": {}}])
    code, output = run_command(project, "apply", STUDY, "2")
    assert code == 1
    assert "is valid in wave 1" in output
    assert {path.name: path.read_bytes() for path in project.codebook.glob("*.csv")} == before
    assert draft_path(project, STUDY, "2").is_file()
