"""The field schedule: rows that cannot be read are named, and those that can say when to wait."""

from collections.abc import Callable
from datetime import date
from pathlib import Path

import pytest
from studies.four_waves import STUDY, project_of_four_waves
from workbench import ROOT, add_codebook_rows, codebook_rows

from wavehouse.codebook.schedule import PlannedWave, Schedule, read_schedule
from wavehouse.codebook.tables import Codebook
from wavehouse.errors import ProblemsError
from wavehouse.project import Project

RunCommand = Callable[..., tuple[int, str]]
DUE = {"study_id": "towns", "wave_id": "w4", "due_on": "2024-05-20"}


def schedule_of(*rows: dict[str, str]) -> Schedule:
    """Read rows in which cells that are left out are empty."""
    empty = dict.fromkeys(
        (
            *("study_id", "wave_id", "field_starts_on", "field_ends_on", "due_on"),
            *("delivery_every_days", "min_respondents"),
        ),
        "",
    )
    return read_schedule(
        Codebook(
            {
                "studies": [{"study_id": "towns"}],
                "field_schedule": [empty | row for row in rows],
            }
        )
    )


@pytest.mark.parametrize(
    ("cells", "said"),
    [
        ({"due_on": ""}, "column due_on is empty. Write the last day"),
        ({"due_on": "20.5.2024"}, "column due_on, value '20.5.2024': this is no date."),
        ({"due_on": "20240520"}, "column due_on, value '20240520': this is no date."),
        ({"due_on": "2024-02-30"}, "value '2024-02-30': this is no date. Write it as 2024-05-01."),
        ({"field_starts_on": "soon"}, "column field_starts_on, value 'soon': this is no date."),
        ({"field_ends_on": "2024-13-01"}, "column field_ends_on, value '2024-13-01': this is no"),
        ({"min_respondents": "many"}, "column min_respondents, value 'many': this is no whole"),
        ({"min_respondents": "0"}, "column min_respondents, value '0': this is no whole number"),
        ({"min_respondents": "1e3"}, "column min_respondents, value '1e3': this is no whole"),
        (
            {"field_starts_on": "2024-05-01", "delivery_every_days": "-1"},
            "column delivery_every_days, value '-1': this is no whole number from 1 on.",
        ),
        ({"delivery_every_days": "7"}, "column field_starts_on is empty, though deliveries are"),
        (
            {"field_starts_on": "2024-05-02", "field_ends_on": "2024-05-01"},
            "column field_ends_on is before field_starts_on (2024-05-01, 2024-05-02).",
        ),
        (
            {"field_starts_on": "2024-06-01"},
            "column due_on is before field_starts_on (2024-05-20, 2024-06-01).",
        ),
        (
            {"field_ends_on": "2024-06-01"},
            "column due_on is before field_ends_on (2024-05-20, 2024-06-01).",
        ),
        ({"study_id": "cities"}, "column study_id: seeds/codebook/studies.csv has no such study."),
    ],
)
def test_a_row_that_cannot_be_read_is_named_with_a_remedy(cells: dict[str, str], said: str) -> None:
    found = schedule_of(DUE | cells)
    assert not found.waves
    (problem,) = found.problems
    study = cells.get("study_id", "towns")
    assert problem.startswith(f"seeds/codebook/field_schedule.csv, study {study}, wave w4: ")
    assert said in problem


def test_a_wave_that_stands_twice_is_a_problem_and_other_rows_are_read() -> None:
    found = schedule_of(DUE, DUE, DUE | {"wave_id": "w5"})
    assert [wave.wave_id for wave in found.waves] == ["w4", "w5"]
    (problem,) = found.problems
    assert problem.endswith("the wave stands here more than once. Keep one of the rows.")


def test_a_planned_wave_is_read_whole() -> None:
    row = {
        "field_starts_on": "2024-05-01",
        "field_ends_on": "2024-05-14",
        "delivery_every_days": "2",
        "min_respondents": "1000",
    }
    (wave,) = schedule_of(DUE | row).waves
    assert wave == PlannedWave(
        "towns", "w4", date(2024, 5, 20), date(2024, 5, 1), date(2024, 5, 14), 2, 1000
    )


def test_a_wave_is_due_and_in_the_field_by_days() -> None:
    wave = PlannedWave("towns", "w4", date(2024, 5, 20), date(2024, 5, 1), date(2024, 5, 14), 3)
    assert not wave.is_due(date(2024, 5, 20))
    assert wave.is_due(date(2024, 5, 21))
    days = {day: wave.is_in_the_field(date(2024, 5, day)) for day in (1, 14, 15)}
    assert days == {1: True, 14: True, 15: False}
    assert not wave.is_in_the_field(date(2024, 4, 30))
    # The first delivery is waited for from the first day of fieldwork on.
    assert wave.silent_after(None) == date(2024, 5, 4)
    assert wave.silent_after(date(2024, 4, 1)) == date(2024, 5, 4)
    assert wave.silent_after(date(2024, 5, 6)) == date(2024, 5, 9)
    # Without an end, fieldwork lasts until the wave is due; without a start nothing is expected.
    assert PlannedWave("towns", "w4", date(2024, 5, 20), date(2024, 5, 1)).is_in_the_field(
        date(2024, 5, 20)
    )
    assert PlannedWave("towns", "w4", date(2024, 5, 20)).silent_after(None) is None


def test_check_names_bad_rows_and_a_build_stops_before_dbt(
    tmp_path: Path, run_command: RunCommand
) -> None:
    from wavehouse.codebook.wave_files import check_files

    project = project_of_four_waves(tmp_path / "four")
    planned = {"study_id": STUDY, "wave_id": "5", "due_on": "2030-01-31"}
    add_codebook_rows(project, {"field_schedule": [planned]})
    # A wave may be planned before it is declared.
    check_files(project)
    add_codebook_rows(project, {"field_schedule": [planned | {"wave_id": "6", "due_on": "never"}]})
    with pytest.raises(ProblemsError, match="wave 6: column due_on, value 'never'"):
        check_files(project)
    code, output = run_command(project, "check")
    assert code == 1
    assert "column due_on, value 'never'" in output


def test_a_wave_that_is_taken_out_is_not_waited_for(
    tmp_path: Path, run_command: RunCommand
) -> None:
    project = project_of_four_waves(tmp_path / "four")
    rows = [{"study_id": STUDY, "wave_id": each, "due_on": "2020-01-31"} for each in "23"]
    add_codebook_rows(project, {"field_schedule": rows})
    code, output = run_command(project, "remove-wave", STUDY, "2", "--apply")
    assert code == 0, output
    assert [row["wave_id"] for row in codebook_rows(project, "field_schedule")] == ["3"]


def test_the_schedule_of_the_project_can_be_read() -> None:
    from wavehouse.codebook.tables import read_codebook

    assert not read_schedule(read_codebook(Project(ROOT))).problems
