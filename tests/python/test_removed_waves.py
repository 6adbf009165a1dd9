"""A wave can be taken out of a study, with all that only it had, and put back."""

import os
import shutil
import signal
from collections.abc import Callable
from pathlib import Path

import pytest
from studies.four_waves import STUDY, VALIDITY, project_of_four_waves
from workbench import (
    Row,
    add_codebook_rows,
    codebook_rows,
    set_codebook_rows,
)

from wavehouse.project import Project
from wavehouse_exchange.onboarding import edits, undoing

RunCommand = Callable[..., tuple[int, str]]


@pytest.fixture(scope="module")
def four_once(tmp_path_factory: pytest.TempPathFactory) -> Project:
    return project_of_four_waves(tmp_path_factory.mktemp("four"))


@pytest.fixture
def four(four_once: Project, tmp_path: Path) -> Project:
    """A study of four waves to change."""
    return Project(Path(shutil.copytree(four_once.root, tmp_path / "project")))


def files(project: Project) -> dict[str, bytes]:
    """Give what a command could change."""
    folders = (project.codebook, project.waves, project.root / "landing", project.root / "drafts")
    return {
        project.relative(path): path.read_bytes()
        for folder in folders
        for path in sorted(folder.rglob("*"))
        if path.is_file()
    }


def rows(project: Project, table: str, *columns: str) -> list[tuple[str, ...]]:
    """Give some columns of the rows of the study."""
    return [
        tuple(row[column] for column in columns)
        for row in codebook_rows(project, table)
        if row.get("study_id", STUDY) == STUDY
    ]


def test_nothing_happens_before_it_is_asked_for(four: Project, run_command: RunCommand) -> None:
    before = files(four)
    code, output = run_command(four, "remove-wave", STUDY, "2")
    assert code == 0
    assert "  - four, 2, 2, Four waves 2" in output
    assert "  + four, 3, 2, Four waves 3" in output
    assert "seeds/waves/four/four_2.csv goes" in output
    assert "The same command with --apply does it." in output
    assert files(four) == before


def test_later_waves_close_up_and_ranges_are_mended(four: Project, run_command: RunCommand) -> None:
    code, output = run_command(four, "remove-wave", STUDY, "2", "--apply")
    assert code == 0, output
    assert rows(four, "waves", "wave_id", "wave_number") == [("1", "1"), ("3", "2"), ("4", "3")]
    assert rows(four, "questions", "variable_id", *VALIDITY) == [
        ("sex", "1", ""),
        ("happy", "1", "1"),
        ("happy", "3", ""),
        ("trust", "3", "3"),
    ]
    assert not (four.waves / "four/four_2.csv").exists()
    assert (four.waves / "four/four_1.csv").exists()


def test_the_first_wave_can_go(four: Project, run_command: RunCommand) -> None:
    assert run_command(four, "remove-wave", STUDY, "1", "--apply")[0] == 0
    starts = rows(four, "questions", "variable_id", *VALIDITY)
    assert starts[:2] == [("sex", "2", ""), ("happy", "2", "2")]
    assert {first for (first,) in rows(four, "crosswalk", "valid_from_wave")} == {"2", "3"}
    assert rows(four, "waived_columns", "valid_from_wave") == [("2",)]


def test_what_only_the_wave_had_goes_with_it(four: Project, run_command: RunCommand) -> None:
    code, output = run_command(four, "remove-wave", STUDY, "3", "--apply")
    assert code == 0, output
    for table, column in (
        ("questions", "variable_id"),
        ("variables", "variable_id"),
        ("measures", "variable_id"),
        ("crosswalk", "crosswalk_id"),
        ("code_lists", "code_list_id"),
        ("categories", "code_list_id"),
    ):
        assert {name for (name,) in rows(four, table, column)} <= {"sex", "happy"}, table
    assert ("happy", "4", "") in rows(four, "questions", "variable_id", *VALIDITY)


def test_a_group_of_questions_that_only_the_wave_had_goes_with_it(
    four: Project, run_command: RunCommand
) -> None:
    member = {"variable_group_id": "grid", "variable_id": "trust", "member_order": "1"}
    measure = {"measure_id": "grid_share", "measure_kind": "shares", "variable_group_id": "grid"}
    grid = {
        "variable_groups": [{"variable_group_id": "grid", "group_kind": "grid"}],
        "variable_group_members": [member],
        "measures": [measure],
    }
    add_codebook_rows(four, grid)
    assert run_command(four, "remove-wave", STUDY, "3", "--apply")[0] == 0
    for table in grid:
        assert not [r for r in codebook_rows(four, table) if "grid" in r.values()], table
    assert run_command(four, "undo")[0] == 0
    # With a question that goes on it is another group then, which is for a person to say.
    add_codebook_rows(four, {"variable_group_members": [member | {"variable_id": "happy"}]})
    before = files(four)
    code, output = run_command(four, "remove-wave", STUDY, "3", "--apply")
    assert code == 1
    assert (
        "variable_group_members.csv: grid, trust has variable_id trust, which is removed" in output
    )
    assert files(four) == before


def test_undo_puts_everything_back_byte_by_byte(four: Project, run_command: RunCommand) -> None:
    landed = four.root / "landing/four/3/answers.parquet"
    landed.parent.mkdir(parents=True)
    landed.write_bytes(b"landed")
    before = files(four)
    assert run_command(four, "remove-wave", STUDY, "3", "--apply")[0] == 0
    assert run_command(four, "remove-wave", STUDY, "1", "--apply")[0] == 0
    assert not landed.exists()
    code, output = run_command(four, "undo")
    assert (code, "Taken back: wavehouse remove-wave four 1" in output) == (0, True)
    code, output = run_command(four, "undo")
    assert (code, "Taken back: wavehouse remove-wave four 3" in output) == (0, True)
    assert files(four) == before
    code, output = run_command(four, "undo")
    assert (code, "there is nothing to undo" in output) == (1, True)


def test_undo_does_not_lose_what_was_written_since(four: Project, run_command: RunCommand) -> None:
    assert run_command(four, "remove-wave", STUDY, "2", "--apply")[0] == 0
    add_codebook_rows(four, {"waived_columns": [{"study_id": STUDY, "source_column": "x"}]})
    set_codebook_rows(four, "waves", [*codebook_rows(four, "waves")[:-1]])
    before = files(four)
    code, output = run_command(four, "undo")
    assert code == 1
    assert "seeds/codebook/waves.csv: four, 4 has changed since" in output
    assert files(four) == before


def test_nothing_is_half_done(
    four: Project, run_command: RunCommand, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(edits, "write_all", full)
    before = files(four)
    code, output = run_command(four, "remove-wave", STUDY, "2", "--apply")
    assert (code, "the disk is full" in output) == (1, True)
    assert files(four) == before
    assert not list((four.root / ".wavehouse/edits").glob("*"))


def test_what_a_killed_command_had_begun_is_taken_back(
    four: Project, monkeypatch: pytest.MonkeyPatch, run_command: RunCommand
) -> None:
    """It is killed when files are moved away and the tables are not written yet."""
    before = files(four)
    with monkeypatch.context() as patch:
        patch.setattr(edits, "write_all", lambda _: os.kill(os.getpid(), signal.SIGKILL))
        child = os.fork()
        if child == 0:
            run_command(four, "remove-wave", STUDY, "2", "--apply")
            os._exit(0)
        assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == -signal.SIGKILL
    assert files(four) != before
    assert run_command(four, "remove-wave", STUDY, "2")[0] == 0
    assert files(four) == before
    code, output = run_command(four, "undo")
    assert code == 1
    assert "there is nothing to undo" in output


def test_an_undo_that_is_killed_can_be_run_again(
    four: Project, monkeypatch: pytest.MonkeyPatch, run_command: RunCommand
) -> None:
    """It is killed when files are put back and the tables are not written yet."""
    before = files(four)
    assert run_command(four, "remove-wave", STUDY, "2", "--apply")[0] == 0
    removed = files(four)
    with monkeypatch.context() as patch:
        patch.setattr(undoing, "write_all", lambda _: os.kill(os.getpid(), signal.SIGKILL))
        child = os.fork()
        if child == 0:
            run_command(four, "undo")
            os._exit(0)
        assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == -signal.SIGKILL
    assert files(four) not in (before, removed)
    assert run_command(four, "remove-wave", STUDY, "3")[0] == 0
    assert files(four) == removed
    assert run_command(four, "undo")[0] == 0
    assert files(four) == before
    assert not list((four.root / ".wavehouse/edits").iterdir())


INDEX: Row = {
    "study_id": STUDY,
    "comparison_id": "index_3",
    "comparison_kind": "index",
    "base_wave_id": "3",
}


@pytest.mark.parametrize(
    ("table", "row", "said"),
    [
        ("comparisons", INDEX, "comparisons.csv: four, index_3 has base_wave_id 3"),
        (
            "segment_variables",
            {"segment_id": "trust", "position": "1", "variable_id": "trust"},
            "segment_variables.csv: trust, 1 has variable_id trust, which is removed with the wave",
        ),
        (
            "measures",
            {
                "measure_id": "happy_ratio",
                "measure_kind": "ratio",
                "variable_id": "happy",
                "denominator_variable_id": "trust",
            },
            "measures.csv: happy_ratio has denominator_variable_id trust",
        ),
    ],
)
def test_a_wave_that_something_needs_stays(
    four: Project, run_command: RunCommand, table: str, row: Row, said: str
) -> None:
    add_codebook_rows(four, {table: [row]})
    before = files(four)
    code, output = run_command(four, "remove-wave", STUDY, "3", "--apply")
    assert code == 1
    assert "Wave 3 of study four stays, because something needs it:" in output
    assert said in output
    assert files(four) == before


def test_rows_of_the_wave_go_and_breaks_begin_with_the_next(
    four: Project, run_command: RunCommand
) -> None:
    breaks = [
        {"break_id": name, "study_id": STUDY, "wave_id": wave_id, "variable_id": variable}
        for name, wave_id, variable in (
            ("new_sample", "3", ""),
            ("new_column", "3", "happy"),
            ("later", "4", ""),
        )
    ]
    add_codebook_rows(
        four,
        {
            "breaks": breaks,
            "deliveries": [
                {"study_id": STUDY, "wave_id": wave_id, "position": "1"} for wave_id in "34"
            ],
            "drift_waivers": [{"study_id": STUDY, "wave_id": "3", "drift_kind": "weights"}],
        },
    )
    code, output = run_command(four, "remove-wave", STUDY, "3", "--apply")
    assert code == 0, output
    assert rows(four, "deliveries", "wave_id") == [("4",)]
    assert rows(four, "drift_waivers", "wave_id") == []
    assert rows(four, "breaks", "break_id", "wave_id") == [
        ("new_sample", "4"),
        ("new_column", "4"),
        ("later", "4"),
    ]
    assert "break new_sample now begins with wave 4" in output
    # Of the last wave nothing is left that they could break.
    assert run_command(four, "remove-wave", STUDY, "4", "--apply")[0] == 0
    assert rows(four, "breaks", "break_id", "wave_id") == []


def test_rows_that_the_wave_had_parted_are_one_again(
    four: Project, run_command: RunCommand
) -> None:
    parted = []
    for row in codebook_rows(four, "questions"):
        if row["variable_id"] != "sex":
            parted.append(row)
            continue
        parted += [
            row | {"valid_to_wave": "1"},
            row | {"valid_from_wave": "2", "valid_to_wave": "2", "source_column": "gender"},
            row | {"valid_from_wave": "3"},
        ]
    set_codebook_rows(four, "questions", parted)
    add_codebook_rows(
        four,
        {
            "breaks": [
                {"break_id": name, "study_id": STUDY, "wave_id": wave, "variable_id": "sex"}
                for name, wave in (("sex_2", "2"), ("sex_2_ends", "3"))
            ]
        },
    )
    assert run_command(four, "remove-wave", STUDY, "2", "--apply")[0] == 0
    asked = rows(four, "questions", "variable_id", "source_column", *VALIDITY)
    assert [row for row in asked if row[0] == "sex"] == [("sex", "sex", "1", "")]
    assert rows(four, "breaks", "break_id") == []


def test_a_wave_that_is_being_brought_in_is_given_up(
    four: Project, run_command: RunCommand
) -> None:
    before = files(four)
    delivered = four.root / "delivered.csv"
    delivered.write_bytes((four.waves / "four/four_4.csv").read_bytes())
    words = ("add-wave", STUDY, "5", str(delivered), "--date", "2009-05-01", "--same-file")
    assert run_command(four, *words)[0] == 0
    code, output = run_command(four, "remove-wave", STUDY, "4", "--apply")
    assert code == 1
    assert "drafts/four_5.yml was made from the waves as they are" in output
    assert run_command(four, "remove-wave", STUDY, "5", "--apply")[0] == 0
    assert files(four) == before


def test_a_wave_that_is_not_there_is_said(four: Project, run_command: RunCommand) -> None:
    code, output = run_command(four, "remove-wave", STUDY, "6")
    assert code == 1
    assert (
        "study four has no wave 6, and it is not being brought in. There are 1, 2, 3, 4" in output
    )


def test_the_only_wave_stays(four: Project, run_command: RunCommand) -> None:
    for wave_id in "432":
        assert run_command(four, "remove-wave", STUDY, wave_id, "--apply")[0] == 0
    code, output = run_command(four, "remove-wave", STUDY, "1", "--apply")
    assert code == 1
    assert "1 is the only wave of study four" in output
