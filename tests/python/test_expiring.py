"""Rows of people of a study go when their time is over, and nothing goes before or in silence."""

import json
from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest
import small_people
from planted import found_in
from small_people import SECRETS, WEIGHT, make_small, release, write_down

from wavehouse.errors import ProblemsError, WavehouseError
from wavehouse.operations.configuration import Operations
from wavehouse.operations.daily_run import pipeline
from wavehouse.operations.findings.findings_of_times import findings_of_times
from wavehouse.people import expiring
from wavehouse.people.expired import read_expired
from wavehouse.people.expiring import due_studies, expire, plan
from wavehouse.people.keeping_times import is_over, last_days, refuse_when_over
from wavehouse.project import Project
from wavehouse.publishing.history import kept_releases, remove_release, tidy_history
from wavehouse.publishing.releases import counting_release, publishing_lock

Run = Callable[..., tuple[int, str]]
HEADER = "study_id,respondent_ids,key_mark,rows_until,rows_days,aggregates\n"
NOW = datetime.now(UTC)
YESTERDAY = (NOW - timedelta(days=3)).date()


def declare(project: Project, row: str) -> None:
    """Write the only row of `study_protections`."""
    small_people.write(project.codebook / "study_protections.csv", f"{HEADER}{row}\n")


def nothing_built(project: Project) -> None:
    """Build nothing: it must not be asked for."""
    raise AssertionError(project)


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Project:
    """A project with two releases of one study, which is to go."""
    project = make_small(tmp_path / "project")
    small_people.write(
        project.codebook / "studies.csv", "study_id,study_label,is_optional\npanel,Panel,\n"
    )
    declare(project, f"panel,,,{YESTERDAY},,stay")
    release(project, version=1)
    release(project, version=2)
    write_down(project)
    # What of the codebook is generated is tried with dbt.
    monkeypatch.setattr("wavehouse.generate.generate", lambda _: None)
    return project


def test_the_last_day_is_as_declared(project: Project) -> None:
    waves = project.codebook / "waves.csv"
    waves.write_text(
        "study_id,wave_id,wave_number,wave_date,fieldwork_end,design_id,wave_label,delivered_as\n"
        "panel,2030,1,2030-05-01,2030-05-20,by_id,W,seed\n"
        "panel,2031,2,2030-05-10,,by_id,W,landing\n"
    )
    for row, day in (
        ("panel,,,,,", None),
        ("panel,,,2031-01-31,,go", date(2031, 1, 31)),
        ("panel,,,,10,stay", date(2030, 5, 30)),
        ("panel,,,2031-01-31,10,stay", date(2030, 5, 30)),
        ("other,,,,10,stay", None),
    ):
        declare(project, row)
        assert last_days(project).get("panel") == day, row
    for row, said in (
        ("panel,,,soon,,go", "rows_until: 'soon' is no date"),
        ("panel,,,,ten,go", "rows_days: 'ten' is no whole number"),
        ("panel,,,2031-01-31,,", "Write stay or go"),
    ):
        declare(project, row)
        with pytest.raises(ProblemsError, match=said):
            last_days(project)
    # It is over when the day is over everywhere.
    day = date(2031, 1, 31)
    assert not is_over(day, datetime(2031, 2, 1, 11, tzinfo=UTC))
    assert is_over(day, datetime(2031, 2, 1, 13, tzinfo=UTC))


def test_nothing_of_people_is_left_and_figures_stay(project: Project) -> None:
    last = counting_release(project)
    done = expire(project, nothing_built)
    # The heaviest weight is a figure of the releases, which were to stay.
    left = found_in(project.root, SECRETS)
    assert {name.split("/")[-2] for name in left if "history" in name} <= {"aggregates"}
    assert all("/aggregates/" in name or "operations/runs" in name for name in left), left
    assert found_in(project.root, ["id-2"]) == {}
    assert [each.parts for each in kept_releases(project)] == [["aggregates"]] * 2
    assert counting_release(project) is None
    assert not (project.landing / "panel").exists()
    assert (project.codebook / "studies.csv").read_text().splitlines()[1] == "panel,Panel,true"
    known = read_expired(project)["panel"]
    assert (known.is_done, known.stays_in, known.last_day) == (True, last, YESTERDAY.isoformat())
    assert known.did == done.lines
    assert any("panel_2030.csv" in line or "seeds/waves: panel" in line for line in done.lines)
    assert due_studies(project) == {}
    assert expire(project, nothing_built).lines == [expiring.NOTHING]


def test_figures_go_where_that_is_declared(project: Project) -> None:
    declare(project, f"panel,,,{YESTERDAY},,go")
    expire(project, nothing_built)
    assert set(found_in(project.root, [WEIGHT])) <= {
        "warehouse/operations/runs/20310101T000000000000Z-build.json"
    }
    for each in kept_releases(project):
        assert each.manifest["studies_taken_out_of"] == ["fct_weight_quality"]
    assert read_expired(project)["panel"].stays_in is None


def test_the_release_that_keeps_figures_stays(project: Project) -> None:
    expire(project, nothing_built)
    small_people.write(
        project.root / "releases.yml",
        "aggregates:\n  days: 0\nmicrodata:\n  days: 0\n",
    )
    stays = read_expired(project)["panel"].stays_in
    with publishing_lock(project):
        tidy_history(project, is_asked_for=True)
        assert [each.release_id for each in kept_releases(project)] == [stays]
        with pytest.raises(WavehouseError, match="keeps the figures of a study"):
            remove_release(project, str(stays), microdata_only=False)


def test_a_wave_is_not_brought_in_any_more(project: Project) -> None:
    with pytest.raises(WavehouseError, match=f"study panel, wave 2032: .* until {YESTERDAY}"):
        refuse_when_over(project, "panel", "2032")
    declare(project, f"panel,,,{(NOW + timedelta(days=3)).date()},,stay")
    refuse_when_over(project, "panel", "2032")
    refuse_when_over(project, "other", "1")


def test_it_is_told_before_and_after(project: Project) -> None:
    (finding,) = findings_of_times(project, Operations(), NOW)
    assert finding.kind == "rows_due"
    assert f"were to be kept until {YESTERDAY}" in finding.what_happened
    declare(project, f"panel,,,{(NOW + timedelta(days=5)).date()},,stay")
    (finding,) = findings_of_times(project, Operations(), NOW)
    assert "are to be kept" in finding.what_happened
    declare(project, f"panel,,,{(NOW + timedelta(days=50)).date()},,stay")
    assert list(findings_of_times(project, Operations(), NOW)) == []
    assert plan(project).lines == [expiring.NOTHING]


def test_deliveries_that_wait_are_declined(project: Project) -> None:
    from wavehouse_exchange.receiving.quarantine import Quarantine, Sender, SentFile

    quarantine = Quarantine(project)
    with quarantine.arriving() as arriving:
        arriving.place("wave.csv").write_text("person\nid-1\n")
        arriving.files.append(SentFile("wave.csv", "0" * 64, 12))
        delivery, _ = quarantine.keep(arriving, Sender("partners", "k", "panel", "2032"), "")
    expire(project, nothing_built)
    known = quarantine.find(delivery.delivery_id)
    assert known is not None
    assert (known.state, known.note) == ("declined", expiring.BECAUSE)
    assert not quarantine.paths(known)[0].exists()


@pytest.mark.parametrize("step", ["_remove", "remove_rows_of_people", "backups_before"])
@pytest.mark.parametrize("is_done", [True, False], ids=["after", "before"])
def test_a_killed_command_goes_on(
    step: str, is_done: bool, project: Project, monkeypatch: pytest.MonkeyPatch
) -> None:
    real = getattr(expiring, step)

    def killed(*arguments: object, **options: object) -> object:
        if is_done:
            real(*arguments, **options)
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(expiring, step, killed)
        with pytest.raises(KeyboardInterrupt):
            expire(project, nothing_built)
    assert list(due_studies(project)) == ["panel"]
    expire(project, nothing_built)
    assert found_in(project.root, ["id-2"]) == {}
    assert [each.parts for each in kept_releases(project)] == [["aggregates"]] * 2
    assert read_expired(project)["panel"].is_done


def test_a_run_removes_them_unless_the_clock_may_be_wrong(
    project: Project, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(expiring, "build_without", nothing_built)
    runs = project.warehouse / "operations" / "runs"
    for path in runs.glob("*"):
        path.unlink()
    at = NOW - timedelta(days=70)
    run = {"run_id": "r", "started_at": at.isoformat(), "status": "passed", "steps": []}
    small_people.write(runs / "r.json", json.dumps(run))
    done = pipeline.Outcome()
    pipeline._expire(project, done)
    assert "the clock may be wrong" in done.notes[0]
    assert (project.landing / "panel").exists()
    run |= {"started_at": (NOW - timedelta(days=1)).isoformat()}
    small_people.write(runs / "r.json", json.dumps(run))
    done = pipeline.Outcome()
    pipeline._expire(project, done)
    assert not (project.landing / "panel").exists()
    assert any("release" in line for line in done.notes)


def test_the_command(project: Project, run_command: Run) -> None:
    code, said = run_command(project, "expire")
    assert (code, f"kept until {YESTERDAY}" in said, "Nothing was changed" in said) == (
        *(0, True, True),
    )
    assert (project.landing / "panel").exists()
    code, said = run_command(project, "expire", "--apply")
    assert code == 0, said
    assert not (project.landing / "panel").exists()
