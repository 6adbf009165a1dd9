"""A study can be taken out with all that only it had, and put back; so can what `apply` wrote."""

import shutil
from collections.abc import Callable
from pathlib import Path

import pytest
import yaml
from studies.town import STUDY, begin_town, copied, delivered, make_bare, run
from workbench import (
    add_codebook_rows,
    codebook_rows,
    copy_project,
    ran,
    set_codebook_rows,
)

from wavehouse.generate import check_generated, generate
from wavehouse.project import Project
from wavehouse_exchange.onboarding.draft import read_draft

RunCommand = Callable[..., tuple[int, str]]
NOT_COMPARED = ("target", ".wavehouse", "logs", "wavehouse")


@pytest.fixture(scope="module")
def full(tmp_path_factory: pytest.TempPathFactory) -> Project:
    """The project with its own studies, generated files included, beside the delivered files."""
    folder = tmp_path_factory.mktemp("removed_study")
    shutil.copy(delivered(make_bare(tmp_path_factory.mktemp("bare")), "1"), folder)
    project = copy_project(folder / "project")
    generate(project)
    return project


@pytest.fixture(scope="module")
def second(tmp_path_factory: pytest.TempPathFactory) -> Project:
    """A project with the town survey alone, and a draft of its second wave."""
    project = make_bare(tmp_path_factory.mktemp("applied"))
    begin_town(project)
    run(project, "add-wave", "town", "2", delivered(project, "2"), "--date", "2024-05-01")
    run(project, "decide", "town", "2", "open", "accept")
    return project


@pytest.fixture
def town(second: Project, tmp_path: Path) -> Project:
    return copied(second, tmp_path)


def files(project: Project) -> dict[str, bytes]:
    """Give the project file by file."""
    return {
        name: path.read_bytes()
        for path in sorted(project.root.rglob("*"))
        if path.is_file() and (name := project.relative(path)).split("/")[0] not in NOT_COMPARED
    }


@pytest.mark.parametrize("place", ["seed", "landing"])
def test_a_study_that_goes_leaves_the_project_as_it_was(
    full: Project, tmp_path: Path, run_command: RunCommand, place: str
) -> None:
    project = copied(full, tmp_path)
    before = files(project)
    words = ("new-study", "town", "1", delivered(project, "1"), *STUDY)
    ran(run_command, project, *words, "--stratum", "marstat", "--as", place)
    ran(run_command, project, "decide", "town", "1", "open", "accept")
    ran(run_command, project, "apply", "town", "1")
    generate(project)
    with_it = files(project)
    assert "models/staging/town/stg_town__delivered.sql" in with_it
    shown = ran(run_command, project, "remove-study", "town")
    assert "  - town, 1, 1, Town survey 1" in shown
    assert "Nothing was changed. The same command with --apply does it." in shown
    assert files(project) == with_it
    output = ran(run_command, project, "remove-study", "town", "--apply")
    assert "models/staging/town/stg_town__delivered.sql: no longer needed" in output
    assert files(project) == before
    output = ran(run_command, project, "undo")
    assert "Taken back: wavehouse remove-study town" in output
    assert files(project) == with_it
    check_generated(project)


def test_variables_that_other_studies_ask_stay(full: Project, tmp_path: Path) -> None:
    project = copied(full, tmp_path)
    run(project, "remove-study", "gss", "--apply")
    check_generated(project)
    studies = {row["study_id"] for row in codebook_rows(project, "studies")}
    asked = {row["variable_id"] for row in codebook_rows(project, "questions")}
    assert studies == {"api", "bsa", "nhanes"} - ({"nhanes"} - studies)
    assert "happiness" not in {row["variable_id"] for row in codebook_rows(project, "variables")}
    assert asked <= {row["variable_id"] for row in codebook_rows(project, "variables")}
    assert not [r for r in codebook_rows(project, "deliveries") if r["study_id"] == "gss"]
    segments = {row["segment_id"] for row in codebook_rows(project, "segments")}
    # One of its two variables is asked by nobody any more.
    assert "sex_by_census_region" not in segments
    assert "sex" in segments


@pytest.mark.parametrize(
    ("table", "row", "said"),
    [
        (
            "variable_group_members",
            {
                "variable_group_id": "mixed",
                "variable_id": "usual_means_of_transport_to_work",
            },
            "variable_group_members.csv: mixed, usual_means_of_transport_to_work has variable_id "
            "usual_means_of_transport_to_work",
        ),
        (
            "measures",
            {
                "measure_id": "a_ratio",
                "measure_kind": "ratio",
                "variable_id": "school_type",
                "denominator_variable_id": "usual_means_of_transport_to_work",
            },
            "measures.csv: a_ratio has denominator_variable_id usual_means_of_transport_to_work",
        ),
    ],
)
def test_a_study_stays_while_another_needs_what_only_it_has(
    full: Project,
    tmp_path: Path,
    run_command: RunCommand,
    table: str,
    row: dict[str, str],
    said: str,
) -> None:
    project = copied(full, tmp_path)
    ran(run_command, project, "new-study", "town", "1", delivered(project, "1"), *STUDY)
    ran(run_command, project, "decide", "town", "1", "open", "accept")
    ran(run_command, project, "apply", "town", "1")
    if table == "variable_group_members":
        other = {"variable_group_id": "mixed", "variable_id": "school_type"}
        group = {"variable_group_id": "mixed"}
        add_codebook_rows(project, {"variable_groups": [group], table: [other]})
    add_codebook_rows(project, {table: [row]})
    before = files(project)
    code, output = run_command(project, "remove-study", "town", "--apply")
    assert code == 1
    assert f"{said}, which is removed with the study. Remove the row first" in output
    assert files(project) == before


def test_a_study_that_is_being_brought_in_is_given_up(
    full: Project, tmp_path: Path, run_command: RunCommand
) -> None:
    project = copied(full, tmp_path)
    before = files(project)
    ran(run_command, project, "new-study", "town", "1", delivered(project, "1"), *STUDY)
    output = ran(run_command, project, "remove-study", "town", "--apply")
    assert "drafts/town_1.yml goes" in output
    assert files(project) == before
    code, output = run_command(project, "remove-study", "town")
    assert code == 1
    assert "there is no study town, and it is not being brought in. There are " in output


def test_what_apply_wrote_is_taken_back_as_long_as_nothing_needs_it(
    town: Project, run_command: RunCommand
) -> None:
    before = files(town)
    output = ran(run_command, town, "apply", "town", "2")
    assert "`wavehouse undo` undoes this." in output
    applied = files(town)
    assert "drafts/town_2.yml" not in applied
    output = ran(run_command, town, "undo")
    assert "Taken back: wavehouse apply town 2" in output
    assert "drafts/town_2.yml is as it was" in output
    assert "Next: wavehouse review town 2" in output
    assert files(town) == before
    ran(run_command, town, "apply", "town", "2")
    # The day is the same, so all is the same.
    assert files(town) == applied


def test_rows_that_were_written_since_stay(town: Project, run_command: RunCommand) -> None:
    before = {path.name: codebook_rows(town, path.stem) for path in town.codebook.glob("*.csv")}
    ran(run_command, town, "apply", "town", "2")
    noted = {"study_id": "town", "source_column": "zz", "waiver_kind": "technical", "reason": "x"}
    noted |= {"valid_from_wave": "1"}
    add_codebook_rows(town, {"waived_columns": [noted]})
    ran(run_command, town, "undo")
    after = {path.name: codebook_rows(town, path.stem) for path in town.codebook.glob("*.csv")}
    added = [row for row in after["waived_columns.csv"] if row["source_column"] == "zz"]
    assert len(added) == 1
    after["waived_columns.csv"] = [
        row for row in after["waived_columns.csv"] if row["source_column"] != "zz"
    ]
    assert after == before


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (
            lambda rows: [row | {"wave_label": "Renamed"} for row in rows],
            "waves.csv: town, 2 has changed since the command wrote or removed it",
        ),
        (lambda rows: rows[:1], "waves.csv: town, 2 has changed since"),
    ],
)
def test_rows_of_apply_that_were_edited_since_are_not_lost(
    town: Project, run_command: RunCommand, change: Callable, said: str
) -> None:
    ran(run_command, town, "apply", "town", "2")
    set_codebook_rows(town, "waves", change(codebook_rows(town, "waves")))
    before = files(town)
    code, output = run_command(town, "undo")
    assert code == 1
    assert said in output
    assert files(town) == before


def test_apply_is_not_taken_back_where_something_was_built_on_it(
    town: Project, run_command: RunCommand
) -> None:
    ran(run_command, town, "apply", "town", "2")
    kept = files(town)
    measure = {"measure_id": "clubs", "measure_kind": "shares", "variable_id": "member_of_a_club"}
    add_codebook_rows(town, {"measures": [measure]})
    code, output = run_command(town, "undo")
    assert code == 1
    assert "measures.csv: clubs was written since, but its variable_id member_of_a_club" in output
    for name, content in kept.items():
        (town.root / name).write_bytes(content)
    words = ("add-wave", "town", "3", delivered(town, "2"), "--date", "2025-05-01", "--same-file")
    ran(run_command, town, *words)
    code, output = run_command(town, "undo")
    assert code == 1
    assert "drafts/town_3.yml was made from wave 2. Delete it first" in output
    (town.root / "drafts/town_3.yml").unlink()
    ran(run_command, town, "undo")
    assert read_draft(town, "town", "2").wave == "2"


def test_personal_data_that_apply_took_out_is_kept_nowhere(
    town: Project, run_command: RunCommand
) -> None:
    path = town.root / "drafts/town_2.yml"
    content = yaml.safe_load(path.read_text(encoding="utf-8"))
    waiver = {
        "study_id": "town",
        "source_column": "club",
        "valid_from_wave": "2",
        "waiver_kind": "personal_data",
        "reason": "Tells who somebody is.",
    }
    for proposal in content["proposals"]:
        if proposal["subject"] == "club":
            proposal["changes"] = [{"table": "waived_columns", "add": waiver}]
    path.write_text(yaml.safe_dump(content, sort_keys=False), encoding="utf-8")
    draft = path.read_bytes()
    ran(run_command, town, "apply", "town", "2")
    output = ran(run_command, town, "undo")
    assert "club are left out of the landed files, because they are not kept." in output
    assert path.read_bytes() == draft
    words = ("add-wave", "town", "2", delivered(town, "2"))
    assert "it is left as it is" in ran(run_command, town, *words)
    output = ran(run_command, town, *words, "--replace")
    assert "New columns: club." in output
    # And once more, without landing it in between.
    ran(run_command, town, "decide", "town", "2", "open", "accept")
    ran(run_command, town, "apply", "town", "2")
