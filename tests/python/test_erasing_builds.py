"""Erasure in a project that dbt builds: after it no file has what only erased people answered."""

import csv
import io
import json
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest
from once import make_once
from planted import LAST_ONLY, LAST_WAVE, PANELLIST, STUDIES, found_in, make_planted
from studies.landed import LANDED
from workbench import copy_built, query, run_wavehouse

from wavehouse.people.pseudonyms import SETTING
from wavehouse.project import Project
from wavehouse.publishing.history import kept_releases
from wavehouse_exchange.landing import land_wave
from wavehouse_exchange.serving.audit import verify


@pytest.fixture(scope="module")
def planted(tmp_path_factory: pytest.TempPathFactory) -> Project:
    """The project with both people; only to be copied."""
    return Project(make_once(tmp_path_factory, "planted", make_planted, keep=True))


@pytest.fixture(scope="module")
def said(erased: Project) -> str:
    """What the command said."""
    return (erased.root.parent / "said.txt").read_text()


@pytest.fixture(scope="module")
def erased(planted: Project, tmp_path_factory: pytest.TempPathFactory) -> Project:
    """The project after both were erased from both studies."""
    folder = tmp_path_factory.mktemp("erased")
    project = copy_built(planted, folder / "project")
    rows = [
        *(f"{study_id},,{PANELLIST['respond']}" for study_id in STUDIES),
        *(f"{study_id},{LAST_WAVE},{LAST_ONLY['respond']}" for study_id in STUDIES),
    ]
    (folder / "people.csv").write_text("\n".join(["study_id,wave_id,respondent_id", *rows]))
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv(SETTING, str(folder / "people.key"))
        run = run_wavehouse(project, "erase", "--file", str(folder / "people.csv"))
    assert run.exit_code == 0, run.output
    (folder / "said.txt").write_text(run.output)
    return project


@pytest.fixture
def key(erased: Project, monkeypatch: pytest.MonkeyPatch) -> None:
    """Let the key be known."""
    monkeypatch.setenv(SETTING, str(erased.root.parent / "people.key"))


def test_a_person_is_given_all_that_is_held(
    planted: Project, tmp_path: Path, run_command: Callable[..., tuple[int, str]]
) -> None:
    file = tmp_path / "person.json"
    words = ("person", LANDED, PANELLIST["respond"])
    code, said = run_command(planted, *words, "--to", str(file))
    assert (code, "4 waves" in said) == (0, True)
    assert file.stat().st_mode & 0o077 == 0
    held = json.loads(file.read_text())
    derived = [each for each in held["answers"] if each["variable_id"] == "age_group"]
    assert [each["category_label"] for each in derived] == ["35 to 54"] * 4
    found = {
        (each["wave_id"], each["source_column"]): each
        for each in held["answers"]
        if each not in derived
    }
    assert len(found) == len(held["answers"]) - 4 == 41
    for wave in ("1983", "1984", "1985", LAST_WAVE):
        age = found[wave, "age"]
        assert (age["value"], age["numeric_value"]) == (PANELLIST["age"], float(PANELLIST["age"]))
        assert (age["variable_label"], age["missing_kind"]) == ("Age", None)
        assert found[wave, "gender"]["category_label"] == "Female"
        assert found[wave, "respond"]["used_as"] == "respondent"
    assert found[LAST_WAVE, "remark"]["value"] == PANELLIST["remark"]
    assert [row["wave_id"] for row in held["published_rows"]] == ["1983", "1984", "1985", "1986"]
    assert held["files"] == [
        *(f"landing/{LANDED}/{wave}/answers.parquet" for wave in (1983, 1984, 1985, 1986)),
        f".wavehouse/edits/000001-remove-wave/landing/{LANDED}/1986/answers.parquet",
    ]
    assert held["releases_with_rows_of_people"] == [r.release_id for r in kept_releases(planted)]
    code, said = run_command(planted, *words, "--format", "csv")
    rows = list(csv.DictReader(io.StringIO(said)))
    assert (code, len(rows)) == (0, 45)
    assert {row["value"] for row in rows} >= set(PANELLIST.values())
    assert LAST_ONLY["respond"] not in said
    assert run_command(planted, *words, "--to", str(file))[0] == 1
    code, said = run_command(planted, "person", "bsa", "nobody")
    assert (code, "no wave that is here has a respondent nobody" in said) == (1, True)


def test_no_file_has_an_answer_of_theirs(planted: Project, erased: Project) -> None:
    places = set(found_in(planted.root))
    for kept in (
        *("seeds/waves/bsa/", f"landing/{LANDED}/", "target/wavehouse.duckdb", ".wavehouse/edits/"),
        *("warehouse/releases/", "warehouse/history/", "warehouse/exports/", "warehouse/audit/"),
        *("warehouse/operations/runs/", "logs/", "drafts/"),
    ):
        assert any(name.startswith(kept) for name in places), kept
    assert found_in(erased.root) == {}


def test_all_others_are_published(erased: Project) -> None:
    counts = query(
        erased,
        "select study_id, wave_id, count(*) as n from marts.fct_respondents group by all",
    )
    assert {row["n"] for row in counts} == {264}
    assert len(counts) == 8
    first, second, last = kept_releases(erased)
    assert (first.parts, second.parts) == (["aggregates"], ["aggregates"])
    assert last.parts == ["aggregates", "microdata"]


def test_the_log_of_requests_still_holds(erased: Project) -> None:
    assert verify(erased.warehouse) == []
    (log,) = (erased.warehouse / "audit").glob("*.jsonl")
    assert "/v1/studies" in log.read_text()


@pytest.mark.usefixtures("key")
def test_a_later_delivery_comes_without_them(
    planted: Project, erased: Project, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    project = copy_built(erased, tmp_path / "project")
    delivered = tmp_path / "delivery.csv"
    shutil.copy(planted.waves / "bsa" / "bsa_1986.csv", delivered)
    landed = land_wave(project, LANDED, "1986", [delivered], replace=True)
    assert landed.row_count == 264
    assert "are left out: 2 rows" in landed.files[0].notes[0]
    assert "2 rows" in capsys.readouterr().out
    assert found_in(project.root) == {}


@pytest.mark.usefixtures("key")
def test_a_file_from_before_is_refused(planted: Project, erased: Project, tmp_path: Path) -> None:
    project = copy_built(erased, tmp_path / "project")
    seed = Path("seeds/waves/bsa/bsa_1986.csv")
    shutil.copy(planted.root / seed, project.root / seed)
    run = run_wavehouse(project, "build")
    assert run.exit_code == 1
    assert f"{seed} (study bsa, wave 1986): 2 rows of people who were erased" in run.output
    assert run_wavehouse(project, "erase").exit_code == 0
    assert found_in(project.root) == {}


def test_what_is_left_is_said(said: str) -> None:
    assert "Gone:" in said
    assert "people.key is new" in said
