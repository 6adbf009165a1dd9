"""A series ends, or is parted into two variables, with all that belongs to it."""

import shutil
from collections.abc import Callable
from pathlib import Path

import pytest
from studies.four_waves import STUDY, VALIDITY, project_of_four_waves
from workbench import (
    Row,
    add_codebook_rows,
    codebook_rows,
)

from wavehouse.project import Project

RunCommand = Callable[..., tuple[int, str]]
HAPPY_BREAKS: list[Row] = [
    {"break_id": name, "study_id": STUDY, "wave_id": wave_id, "variable_id": variable}
    for name, wave_id, variable in (
        ("second", "2", "happy"),
        ("third", "3", "happy"),
        ("fourth", "4", "happy"),
        ("sample", "3", ""),
    )
]


@pytest.fixture(scope="module")
def four_once(tmp_path_factory: pytest.TempPathFactory) -> Project:
    project = project_of_four_waves(tmp_path_factory.mktemp("series"))
    bridges = [
        {"break_id": name, "measure_id": "happy_share", "bridge_factor": "1.1"}
        for name in ("second", "third", "fourth")
    ]
    items = [{"measure_id": "happy_net", "item_code": "happy", "score_id": "happy"}]
    net = {"measure_id": "happy_net", "measure_label": "Rather or very", "variable_id": "happy"}
    add_codebook_rows(
        project,
        {
            "breaks": HAPPY_BREAKS,
            "bridges": bridges,
            "measures": [net],
            "measure_items": items,
            "scores": [{"score_id": "happy", "category_code": "c1", "score": "1"}],
            "association_tests": [{"measure_id": "happy_share", "segment_id": "sex"}],
        },
    )
    return project


@pytest.fixture
def four(four_once: Project, tmp_path: Path) -> Project:
    """A study of four waves to change."""
    return Project(Path(shutil.copytree(four_once.root, tmp_path / "project")))


def files(project: Project) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in project.codebook.glob("*.csv")}


def rows(project: Project, table: str, *columns: str) -> list[tuple[str, ...]]:
    return [tuple(row[column] for column in columns) for row in codebook_rows(project, table)]


def questions(project: Project, variable: str) -> list[tuple[str, ...]]:
    found = rows(project, "questions", "variable_id", "source_column", *VALIDITY)
    return [row[1:] for row in found if row[0] == variable]


SPLIT = ("split-series", STUDY, "happy", "--from", "3", "--into", "life_happy")
END = ("end-series", STUDY, "happy", "--after", "2", "--because", "Another question.")


@pytest.mark.parametrize("words", [SPLIT, END])
def test_nothing_happens_before_it_is_asked_for_and_undo_takes_it_back(
    four: Project, run_command: RunCommand, words: tuple[str, ...]
) -> None:
    before = files(four)
    code, output = run_command(four, *words)
    assert code == 0, output
    assert "The same command with --apply does it." in output
    assert files(four) == before
    assert run_command(four, *words, "--apply")[0] == 0
    assert files(four) != before
    assert run_command(four, "undo")[0] == 0
    assert files(four) == before


def test_a_parted_series_is_two_variables(four: Project, run_command: RunCommand) -> None:
    code, output = run_command(four, *SPLIT, "--label", "Happiness with life", "--apply")
    assert code == 0, output
    assert questions(four, "happy") == [("happy", "1", "2")]
    assert questions(four, "life_happy") == [("q2", "3", "")]
    assert ("life_happy", "Happiness with life", "happy") in rows(
        four, "variables", "variable_id", "variable_label", "code_list_id"
    )
    assert rows(four, "measures", "measure_id", "measure_label", "variable_id") == [
        ("happy_share", "Happy", "happy"),
        ("trust_share", "Trust", "trust"),
        ("happy_net", "Rather or very", "happy"),
        ("life_happy_share", "Happiness with life", "life_happy"),
        ("life_happy_net", "Rather or very (from 3)", "life_happy"),
    ]
    assert rows(four, "measure_items", "measure_id", "score_id") == [
        ("happy_net", "happy"),
        ("life_happy_net", "happy"),
    ]
    assert ("life_happy_share", "sex") in rows(
        four, "association_tests", "measure_id", "segment_id"
    )


def test_breaks_and_bridges_go_with_their_half(four: Project, run_command: RunCommand) -> None:
    code, output = run_command(four, *SPLIT, "--apply")
    assert code == 0
    assert rows(four, "breaks", "break_id", "variable_id") == [
        ("second", "happy"),
        ("fourth", "life_happy"),
        ("sample", ""),
    ]
    assert rows(four, "bridges", "break_id", "measure_id") == [
        ("second", "happy_share"),
        ("fourth", "life_happy_share"),
    ]
    assert "the bridge of happy_share over break third is removed" in output


def test_a_series_is_parted_within_the_range_of_a_row(
    four: Project, run_command: RunCommand
) -> None:
    words = ("split-series", STUDY, "sex", "--from", "2", "--into", "gender", "--apply")
    code, output = run_command(four, *words)
    assert code == 0, output
    assert questions(four, "sex") == [("sex", "1", "1")]
    assert questions(four, "gender") == [("sex", "2", "")]
    assert (
        "segment_variables.csv: sex, 1 uses sex, and has nothing of study four from wave 2"
        in output
    )


def test_an_ended_series_leaves_waived_columns(four: Project, run_command: RunCommand) -> None:
    code, output = run_command(four, *END, "--apply")
    assert code == 0, output
    assert questions(four, "happy") == [("happy", "1", "2")]
    waived = rows(four, "waived_columns", "source_column", *VALIDITY, "waiver_kind", "reason")
    assert ("q2", "3", "", "out_of_scope", "Another question.") in waived
    assert [name for name, _ in rows(four, "breaks", "break_id", "variable_id")] == [
        "second",
        "sample",
    ]
    assert rows(four, "bridges", "break_id") == [("second",)]


def test_a_series_ends_within_the_range_of_a_row(four: Project, run_command: RunCommand) -> None:
    words = ("end-series", STUDY, "sex", "--after", "3", "--because", "x", "--apply")
    code, output = run_command(four, *words)
    assert code == 0, output
    assert questions(four, "sex") == [("sex", "1", "3")]
    assert ("sex", "4", "") in rows(four, "waived_columns", "source_column", *VALIDITY)
    assert "segment_variables.csv: sex, 1 uses sex" in output


def test_a_column_that_another_variable_has_too_is_not_waived(
    four: Project, run_command: RunCommand
) -> None:
    other = {"variable_id": "mood", "variable_label": "Mood", "code_list_id": "happy"}
    asked = next(row for row in codebook_rows(four, "questions") if row["source_column"] == "q2")
    add_codebook_rows(four, {"variables": [other], "questions": [asked | {"variable_id": "mood"}]})
    code, output = run_command(four, *END, "--apply")
    assert code == 0, output
    assert "column q2 of wave 3 stays, for another variable" in output
    assert rows(four, "waived_columns", "source_column") == [("club",)]


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (
            ("end-series", STUDY, "happy", "--after", "4", "--because", "x"),
            "is asked in 1, 2, 3, 4",
        ),
        (("end-series", STUDY, "trust", "--after", "1", "--because", "x"), "is asked in 3"),
        (("end-series", STUDY, "happy", "--after", "9", "--because", "x"), "has no wave 9"),
        (("split-series", STUDY, "happy", "--from", "1", "--into", "x"), "is asked in 1, 2, 3, 4"),
        (("split-series", STUDY, "age", "--from", "2", "--into", "x"), "no question of study four"),
        (("split-series", STUDY, "happy", "--from", "3", "--into", "sex"), "has that variable"),
        (("split-series", STUDY, "happy", "--from", "3", "--into", "Sex"), "begin with a small"),
    ],
)
def test_what_cannot_be_is_said(
    four: Project, run_command: RunCommand, words: tuple[str, ...], said: str
) -> None:
    before = files(four)
    code, output = run_command(four, *words, "--apply")
    assert code == 1
    assert said in output
    assert files(four) == before
