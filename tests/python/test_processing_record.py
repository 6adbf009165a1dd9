"""The record of processing has what the project knows, and marks what it does not know."""

from pathlib import Path

import pytest
from workbench import add_codebook_rows, set_codebook_rows

from wavehouse.cli import main
from wavehouse.errors import ProblemsError
from wavehouse.people.processing_record import OPEN, processing_record
from wavehouse.project import Project

TIME = {"rows_until": "2031-12-31", "aggregates": "stay"}


@pytest.fixture
def project(empty: Project) -> Project:
    """A project with a panel, of which an audience reads answers, and another one a part."""
    study = {
        "study_id": "panel",
        "study_label": "The | panel",
        "description": "Asks\nneighbours.",
        "universe": "Adults of <b>Town</b>",
        "producer": "The town",
    }
    add_codebook_rows(
        empty,
        {
            "studies": [study],
            "waves": [
                {"study_id": "panel", "wave_id": str(n), "wave_number": str(n)} for n in (1, 2, 10)
            ],
            "variables": [{"variable_id": "joy", "variable_label": "Joy of living"}],
            "questions": [{"study_id": "panel", "variable_id": "joy", "valid_from_wave": "1"}],
            "waived_columns": [
                {"study_id": "panel", "source_column": "phone", "waiver_kind": "personal_data"},
                {"study_id": "panel", "source_column": "mode", "waiver_kind": "technical"},
            ],
            "audience_deliveries": [{"audience_id": "field", "study_id": "panel"}],
            "study_protections": [{"study_id": "panel", "respondent_ids": "pseudonyms", **TIME}],
        },
    )
    set_codebook_rows(
        empty,
        "audiences",
        [
            {"audience_id": "public", "audience_label": "Everybody", "needs_key": "false"},
            {"audience_id": "field", "audience_label": "Field force", "needs_key": "true"},
        ],
    )
    set_codebook_rows(
        empty,
        "audience_rows",
        [
            {"audience_id": "public", "study_id": "panel", "wave_id": "1"},
            {"audience_id": "field", "study_id": "panel"},
        ],
    )
    set_codebook_rows(
        empty,
        "audience_columns",
        [
            {"audience_id": "public", "table_or_group": "estimates"},
            {"audience_id": "field", "table_or_group": "wide_panel"},
        ],
    )
    return empty


def cells_of(record: str) -> dict[str, str]:
    """Give what the record's tables say, by the first cell."""
    rows = [line.strip("| \n").split(" | ") for line in record.splitlines() if line[:1] == "|"]
    return {row[0]: row[1] for row in rows if len(row) == 2}


def test_it_has_what_the_project_knows(project: Project) -> None:
    record = processing_record(project, "The town", "dpo@town.example")
    said = cells_of(record)
    assert said["controller"] == "The town"
    assert said["study"] == "`panel`, 3 waves, 1 to 10"
    assert said["description"] == "Asks neighbours."
    assert said["data of people"] == "Joy of living"
    assert said["columns that tell who somebody is, not kept"] == "phone"
    assert said["rows of people are kept"] == "until 2031-12-31"
    assert said["ids of respondents"].startswith("replaced by pseudonyms")
    assert said["recipients of rows of people"] == "Field force"
    assert said["recipients of estimates"] == "Everybody (a part)"
    assert said["who delivers through the API"] == "Field force"
    assert said["rows of people in releases"].startswith("30 days")
    assert said["rows of people in backups"] == "there are no backups"
    assert said["files of audiences"] == (
        "Everybody (open to everybody); Field force (encrypted, opened by keys)"
    )
    # Each table has two columns, whatever the codebook's texts hold.
    assert "## The \\| panel" in record
    assert said["people"] == "Adults of \\<b\\>Town\\</b\\>"


def test_what_it_does_not_know_is_marked(
    project: Project, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    said = cells_of(processing_record(project))
    assert said["controller"] == said["purposes"] == said["terms of use"] == OPEN
    file = tmp_path / "record.md"
    words = ("processing-record", "--controller", "The town", "--to", str(file))
    assert main(["--project-dir", str(project.root), *words]) == 0
    # Contact, transfers, purposes, terms.
    assert capsys.readouterr().out == f"Wrote {file}. 4 places are to be filled in.\n"
    assert file.read_text(encoding="utf-8") == processing_record(project, "The town")


def test_backups_and_times_are_those_that_are_set(project: Project) -> None:
    (project.root / "operations.yml").write_text(
        "backup:\n  repository: ../backup\n  keep_microdata:\n    daily: 9\n", encoding="utf-8"
    )
    path = project.root / "releases.yml"
    aggregates = "aggregates:\n  days: 1\n"
    path.write_text(f"{aggregates}microdata:\n  days: 7\n  months: 2\n", encoding="utf-8")
    said = cells_of(processing_record(project))
    assert said["rows of people in releases"].startswith("7 days, 2 months;")
    assert said["rows of people in backups"] == "9 days"
    assert said["backups"] == "encrypted, by restic"
    path.write_text(f"{aggregates}microdata:\n  days: all\n", encoding="utf-8")
    assert "should set one" in cells_of(processing_record(project))["rows of people in releases"]


def test_a_codebook_that_cannot_be_read_is_said(project: Project) -> None:
    (project.codebook / "studies.csv").unlink()
    with pytest.raises(ProblemsError, match=r"studies\.csv"):
        processing_record(project)
