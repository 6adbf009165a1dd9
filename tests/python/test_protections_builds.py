"""How studies protect people, in a project that dbt builds.

Pseudonyms: no file has an id, and every figure is as it was. A last day: nothing of people stays.
"""

import csv
import shutil
from datetime import date
from pathlib import Path

import pytest
from once import make_once
from planted import LAST_ONLY, LAST_WAVE, PANELLIST, STUDIES, found_in, make_planted
from studies.landed import LANDED
from workbench import add_codebook_rows, copy_built, query, run_wavehouse

from wavehouse.operations.daily_run.inbox import Delivery
from wavehouse.operations.daily_run.trial import Waits, try_delivery
from wavehouse.people.expired import read_expired
from wavehouse.people.held import held_of
from wavehouse.people.pseudonyms import SETTING
from wavehouse.project import Project
from wavehouse.publishing.history import kept_releases
from wavehouse_exchange.landing import land_wave
from wavehouse_exchange.receiving.handing_over import take_delivery
from wavehouse_exchange.receiving.quarantine import Quarantine, Sender, SentFile

IDS = [PANELLIST["respond"], LAST_ONLY["respond"]]
ESTIMATES = (
    "select study_id, wave_id, measure_id, segment_id, category_code, n_respondents, "
    "round(estimate, 12) as estimate, round(standard_error, 12) as standard_error "
    "from marts.fct_trend_estimates order by all"
)


@pytest.fixture(scope="module")
def planted(tmp_path_factory: pytest.TempPathFactory) -> Project:
    """The project with ids that are nowhere else; only to be copied."""
    return Project(make_once(tmp_path_factory, "planted", make_planted, keep=True))


@pytest.fixture(scope="module")
def replaced(planted: Project, tmp_path_factory: pytest.TempPathFactory) -> Project:
    """The project after the ids of both studies were replaced."""
    folder = tmp_path_factory.mktemp("replaced")
    project = copy_built(planted, folder / "project")
    # It is not whole, and has no id.
    (project.root / "drafts" / "bsa_1986.yml").unlink()
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv(SETTING, str(folder / "people.key"))
        for study_id in STUDIES:
            run = run_wavehouse(project, "pseudonymise", study_id)
            assert run.exit_code == 0, run.output
    return project


@pytest.fixture(autouse=True)
def key(replaced: Project, monkeypatch: pytest.MonkeyPatch) -> None:
    """Let the key be known."""
    monkeypatch.setenv(SETTING, str(replaced.root.parent / "people.key"))


def test_no_file_has_an_id(planted: Project, replaced: Project) -> None:
    places = set(found_in(planted.root, IDS))
    for kept in (
        *("seeds/waves/bsa/", f"landing/{LANDED}/", "target/wavehouse.duckdb", ".wavehouse/edits/"),
    ):
        assert any(name.startswith(kept) for name in places), kept
    assert found_in(replaced.root, IDS) == {}


def test_every_figure_is_as_it_was(planted: Project, replaced: Project) -> None:
    before = query(planted, ESTIMATES)
    assert len(before) > 100
    assert query(replaced, ESTIMATES) == before


def test_a_person_of_a_panel_is_one(planted: Project, replaced: Project) -> None:
    people = (
        "select study_id, count(*) as n, count(distinct person_key) as n_people "
        "from marts.fct_respondents group by all order by all"
    )
    assert query(replaced, people) == query(planted, people)
    held = held_of(replaced, LANDED, PANELLIST["respond"])
    assert len(held.published) == 4
    (pseudonym,) = {each["value"] for each in held.answers if each["used_as"] == "respondent"}
    assert held_of(replaced, LANDED, pseudonym).answers == held.answers


def test_a_wave_that_comes_has_no_ids(planted: Project, replaced: Project, tmp_path: Path) -> None:
    project = copy_built(replaced, tmp_path / "project")
    delivered = tmp_path / "delivery.csv"
    shutil.copy(planted.waves / "bsa" / f"bsa_{LAST_WAVE}.csv", delivered)
    land_wave(project, LANDED, LAST_WAVE, [delivered], replace=True)
    run = run_wavehouse(project, "add-wave", "bsa", LAST_WAVE, str(delivered), "--replace")
    assert run.exit_code == 0, run.output
    assert found_in(project.root, IDS) == {}
    with (project.waves / "bsa" / f"bsa_{LAST_WAVE}.csv").open(newline="") as file:
        now = [row["respond"] for row in csv.DictReader(file)]
    with (replaced.waves / "bsa" / f"bsa_{LAST_WAVE}.csv").open(newline="") as file:
        assert now == [row["respond"] for row in csv.DictReader(file)]


def test_a_new_wave_has_no_ids_either(planted: Project, replaced: Project, tmp_path: Path) -> None:
    project = copy_built(replaced, tmp_path / "project")
    delivered = tmp_path / "delivery.csv"
    lines = (planted.waves / "bsa" / f"bsa_{LAST_WAVE}.csv").read_text().splitlines()
    delivered.write_text("\n".join(lines[:-1]) + "\n")
    # As `run` tries what lies in the inbox.
    with pytest.raises(Waits):
        try_delivery(project, Delivery("bsa", "1987", (delivered,)), date(2026, 11, 30))
    run = run_wavehouse(project, "add-wave", "bsa", "1987", str(delivered), "--date", "1987-01-01")
    assert run.exit_code == 0, run.output
    assert found_in(project.root, IDS) == {}


def test_a_delivery_through_the_api_has_no_ids(
    planted: Project, replaced: Project, tmp_path: Path
) -> None:
    project = copy_built(replaced, tmp_path / "project")
    quarantine = Quarantine(project)
    content = (planted.waves / "bsa" / f"bsa_{LAST_WAVE}.csv").read_bytes()
    with quarantine.arriving() as arriving:
        arriving.place("wave.csv").write_bytes(content)
        arriving.files.append(SentFile("wave.csv", "0" * 64, len(content)))
        delivery, _ = quarantine.keep(arriving, Sender("partners", "k", LANDED, LAST_WAVE), "")
    quarantine.decide(delivery, state="accepted")
    take_delivery(project, delivery.delivery_id)
    assert found_in(project.root, IDS) == {}


def test_rows_of_people_go_when_their_time_is_over(planted: Project, tmp_path: Path) -> None:
    project = copy_built(planted, tmp_path / "project")
    (project.root / "drafts" / "bsa_1986.yml").unlink()
    row = {"study_id": "bsa", "rows_until": "2020-12-31", "aggregates": "stay"}
    add_codebook_rows(project, {"study_protections": [row]})
    own = [PANELLIST["rownames"], LAST_ONLY["rownames"]]
    assert found_in(project.root, own)
    run = run_wavehouse(project, "expire", "--apply")
    assert run.exit_code == 0, run.output
    # The other study has its own copy of these rows.
    left = set(found_in(project.root, own))
    assert not [name for name in left if "bsa/" in name], left
    counts = "select study_id, count(*) as n from marts.fct_respondents group by all"
    assert [row["study_id"] for row in query(project, counts)] == [LANDED]
    kept = kept_releases(project)
    assert [each.parts for each in kept[:-1]] == [["aggregates"]] * len(kept[:-1])
    stays = read_expired(project)["bsa"].stays_in
    assert stays == kept[-2].release_id
    assert run_wavehouse(project, "build").exit_code == 0
