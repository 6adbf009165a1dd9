"""`wavehouse estimate`, and what a release keeps for it."""

import csv
import io
import json
import re
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest
from documentation import fences
from workbench import copy_built

from wavehouse.project import Project
from wavehouse.publishing.history import kept_releases

Run = Callable[..., tuple[int, str]]
ROOT = Path(__file__).resolve().parents[2]
GUIDE = (ROOT / "docs/guide/ask-for-an-estimate.md").read_text(encoding="utf-8")
COMMANDS = fences(GUIDE, "sh")
ANSWERS = fences(GUIDE, "text")


@pytest.mark.parametrize(("command", "answer"), list(zip(COMMANDS, ANSWERS, strict=False)))
def test_the_guide_shows_what_is_answered(
    checkout: Project, run_command: Run, command: str, answer: str
) -> None:
    words = [quoted or plain for quoted, plain in re.findall(r'"([^"]*)"|(\S+)', command.strip())]
    assert words[:2] == ["wavehouse", "estimate"]
    assert run_command(checkout, *words[1:]) == (0, answer)


def test_all_columns_are_in_csv_and_json(published: Project, run_command: Run) -> None:
    words = ("estimate", "abortion_support_mean", "--by", "sex", "--waves", "1986")
    _, as_csv = run_command(published, *words, "--format", "csv")
    _, as_json = run_command(published, *words, "--format", "json")
    rows = list(csv.DictReader(io.StringIO(as_csv)))
    objects = json.loads(as_json)
    assert [row["by_sex"] for row in rows] == ["female", "male"]
    assert list(rows[0]) == list(objects[0])
    for row, each in zip(rows, objects, strict=True):
        for name, value in each.items():
            # Two runs add in another order, so numbers may differ in their last digit.
            if isinstance(value, float):
                assert float(row[name]) == pytest.approx(value, rel=1e-12)
            else:
                assert row[name] == ("" if value is None else str(value))
        assert each["wave_id"] == "1986"
        assert each["standard_error"] > 0


def test_pools_and_periods_exclude_each_other(published: Project, run_command: Run) -> None:
    code, printed = run_command(
        published, "estimate", "abortion_support_mean", "--pooled", "--aggregate", "year"
    )
    assert code == 2
    assert "exclude each other" in printed


def test_a_wrong_name_ends_with_what_there_is(published: Project, run_command: Run) -> None:
    code, printed = run_command(published, "estimate", "abortion_support_meen")
    assert code == 1
    assert "There are: abortion_support_mean" in printed


def test_a_kept_release_answers_as_long_as_its_microdata_stay(
    published: Project, run_command: Run, tmp_path: Path
) -> None:
    project = copy_built(published, tmp_path / "project")
    words = ("estimate", "abortion_support_mean", "--by", "sex,party")
    expected = run_command(project, *words)
    assert expected[0] == 0
    assert run_command(project, *words, "--release", "current") == expected
    (release,) = kept_releases(project)
    assert release.estimation().keys() >= {"int_answers__coded", "int_program__steps"}
    microdata = release.folder / "microdata"
    assert {file.parent.parent for file in release.estimation().values()} == {microdata}
    shutil.rmtree(microdata)
    code, printed = run_command(project, *words, "--release", "current")
    assert code == 1
    assert "microdata are not kept any more" in printed


def test_what_is_kept_for_questions_names_nobody(published: Project) -> None:
    """Rows of people are numbered; their keys and the ids that were delivered stay behind."""
    import duckdb

    file = published.warehouse / "current" / "estimation.duckdb"
    with duckdb.connect(str(file), read_only=True) as connection:
        columns = {
            name
            for (name,) in connection.execute("select column_name from duckdb_columns()").fetchall()
        }
    assert "respondent_number" in columns
    assert not columns & {"respondent_key", "person_key", "respondent_id", "source_code"}
