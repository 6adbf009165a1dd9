"""Each kind of finding, on small projects in the state that it is about. Time is a parameter."""

import fcntl
import json
import os
import re
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import duckdb
import pytest
from small_operations import deliver, plan, publish_small, record, say, small_project, unwatch
from workbench import ROOT

from wavehouse.building.databases import refuse_held
from wavehouse.operations.configuration import read_operations
from wavehouse.operations.findings.finding import (
    ERROR,
    KINDS,
    WARNING,
    Finding,
    said_size,
    said_span,
)
from wavehouse.operations.findings.findings import find_all
from wavehouse.operations.findings.findings_of_postgres import judge_postgres
from wavehouse.operations.findings.postgres_facts import Activity, PostgresFacts
from wavehouse.operations.findings.storage import database_sizes
from wavehouse.operations.run_history.run_files import operations_folder, read_runs, runs_folder
from wavehouse.operations.run_history.runs import recorded
from wavehouse.operations.status.metrics import metrics_text
from wavehouse.operations.status.status import look
from wavehouse.operations.status.status_text import status_lines
from wavehouse.project import Project
from wavehouse_exchange.landing import land_wave

StartProcess = Callable[..., "subprocess.Popen[str]"]

# Ends by a kill in the middle of a step.
LASTING = """
import sys, time
from pathlib import Path
from wavehouse.operations.run_history.runs import recorded
from wavehouse.project import Project
with recorded(Project(Path(sys.argv[1])), "build", target="duckdb") as run, run.step("dbt"):
    print("begun", flush=True)
    time.sleep(600)
"""
MAY = datetime(2024, 5, 21, 12, tzinfo=UTC)
DUE = {"wave_id": "w4", "due_on": "2024-05-20"}


@pytest.fixture(autouse=True)
def unwatched(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let runs be those of a schedule, on a machine without PostgreSQL, in UTC."""
    unwatch(monkeypatch)
    monkeypatch.setenv("TZ", "UTC")


@pytest.fixture
def project(tmp_path: Path) -> Project:
    """A project that says nothing of its running, so that nothing is expected but its work."""
    return small_project(tmp_path / "towns", {})


def later(**span: float) -> datetime:
    """Give a time from now on."""
    return datetime.now(UTC) + timedelta(**span)


def only(project: Project, now: datetime | None = None) -> Finding:
    """Give the finding of a project that has one."""
    (finding,) = find_all(project, now)
    assert finding.runbook == f"docs/guide/runbook.md#{finding.kind}"
    assert finding.title.startswith(finding.subject)
    for text in (finding.what_happened, finding.what_stays, finding.what_to_do):
        assert text[0].isupper() or text.startswith(("`", "w")), text
        assert text.endswith((".", ")", "`")), text
        assert "  " not in text
    return finding


def kinds(project: Project, now: datetime | None = None) -> list[str]:
    return [each.kind for each in find_all(project, now)]


# Runs ---------------------------------------------------------------------------------------------


def test_a_project_where_all_is_well_has_no_finding(project: Project) -> None:
    assert find_all(project) == []
    publish_small(project)
    record(project)
    assert find_all(project) == []


def test_a_run_that_failed_is_found_until_it_passes(project: Project) -> None:
    publish_small(project)
    run_id = record(project, fails="The file towns_w4.csv has no header. Deliver it again.")
    finding = only(project)
    assert (finding.kind, finding.severity) == ("run_failed", ERROR)
    assert finding.subject == "wavehouse build"
    assert "at the step dbt" in finding.what_happened
    assert "The file towns_w4.csv has no header." in finding.what_happened
    assert "Readers see what was published on 20" in finding.what_stays
    assert f"wavehouse history {run_id}" in finding.what_to_do
    # Another command is not the same work.
    record(project, "attack")
    assert kinds(project) == ["run_failed"]
    with recorded(project, "build", target="duckdb") as run:
        run.nothing_to_do()
    assert find_all(project) == []


def test_what_fails_again_is_one_finding_and_names_the_last(project: Project) -> None:
    record(project, fails="First fault.")
    record(project, fails="Second fault.")
    assert "Second fault." in only(project).what_happened


def test_a_run_speaks_for_its_parts(project: Project) -> None:
    with suppress(RuntimeError), recorded(project, "run"):
        record(project, fails="The build did not pass.")
        raise RuntimeError("1234567 was the answer of somebody")
    finding = only(project)
    assert finding.subject == "wavehouse run"
    assert "1234567" not in repr(finding)
    # The part that failed is done by hand.
    record(project)
    assert find_all(project) == []


def test_a_run_that_refused_a_delivery_did_its_work(project: Project) -> None:
    record(project, "run", fails="A fault.")
    with recorded(project, "run", target="duckdb") as run:
        with run.step("build"):
            pass
        run.note(details={"refused": 1})
        run.record["status"] = "failed"
        run.record["message"] = "towns w4: It was refused."
    assert find_all(project) == []


def test_a_run_by_hand_that_failed_is_a_warning_for_a_week(
    project: Project, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("WAVEHOUSE_TRIGGER", "manual")
    record(project, "export", fails="There is no study villages.")
    assert only(project).severity == WARNING
    assert kinds(project, later(days=6)) == ["run_failed"]
    assert kinds(project, later(days=8)) == []


def test_a_run_that_a_signal_stopped_is_a_finding_unless_somebody_pressed_the_key(
    project: Project, monkeypatch: pytest.MonkeyPatch
) -> None:
    with pytest.raises(SystemExit), recorded(project, "build"):
        raise SystemExit(128 + signal.SIGTERM)
    finding = only(project)
    assert "was stopped" in finding.what_happened
    assert "SIGTERM" in finding.what_happened
    record(project)
    monkeypatch.setenv("WAVEHOUSE_TRIGGER", "manual")
    with pytest.raises(KeyboardInterrupt), recorded(project, "attack"):
        raise KeyboardInterrupt
    assert "wavehouse attack" not in {each.subject for each in find_all(project)}


def test_a_run_that_was_killed_is_found(project: Project, start_process: StartProcess) -> None:
    process = start_process(
        [sys.executable, "-c", LASTING, str(project.root)], stdout=subprocess.PIPE, text=True
    )
    assert process.stdout is not None
    assert process.stdout.readline() == "begun\n"
    # As long as it runs, it is no finding before its time is over.
    assert find_all(project, later(minutes=119)) == []
    stuck = only(project, later(minutes=121))
    assert (stuck.kind, stuck.severity) == ("run_stuck", ERROR)
    assert f"process {process.pid} on " in stuck.what_to_do
    process.kill()
    process.wait()
    finding = only(project)
    assert (finding.kind, finding.severity) == ("run_killed", ERROR)
    assert "ended without a word at the step dbt" in finding.what_happened
    record(project)
    assert find_all(project) == []


def test_a_run_that_may_take_long_is_not_stuck(project: Project) -> None:
    say(project, {"run": {"time_limit_minutes": 600}})
    with recorded(project, "run"):
        assert find_all(project, later(minutes=599)) == []
        assert kinds(project, later(minutes=601)) == ["run_stuck"]


def test_a_build_is_slower_by_what_it_ran_and_not_by_how_much(project: Project) -> None:
    for _ in range(5):
        record(project, nodes={"fct_trend_estimates": 20.0, "fct_answers": 9.0})
    # A build of one model is no faster, and one with a new model no slower.
    record(project, nodes={"fct_answers": 9.5})
    record(project, nodes={"fct_answers": 9.0, "fct_new": 500.0})
    assert find_all(project) == []
    # Twice as long is not more than twice.
    record(project, nodes={"fct_trend_estimates": 40.0, "fct_answers": 18.0})
    assert find_all(project) == []
    record(project, nodes={"fct_trend_estimates": 90.0, "fct_answers": 9.0})
    finding = only(project)
    assert (finding.kind, finding.severity) == ("build_slower", WARNING)
    assert "took 99 s for models and tests that usually take 29 s" in finding.what_happened
    assert "fct_trend_estimates 90 s, usually 20 s" in finding.what_happened
    say(project, {"expect": {"slower_than": 4}})
    assert find_all(project) == []


def test_noise_of_quick_builds_is_not_slower(project: Project) -> None:
    for _ in range(5):
        record(project, nodes={"fct_answers": 0.5})
    record(project, nodes={"fct_answers": 5.0})
    assert find_all(project) == []


# The release --------------------------------------------------------------------------------------


def test_a_release_that_is_too_old_is_found(project: Project) -> None:
    say(project, {"expect": {"publish_within_hours": 30}})
    finding = only(project)
    assert (finding.kind, finding.severity) == ("publish_late", ERROR)
    assert "Nothing is published" in finding.what_happened
    publish_small(project)
    assert find_all(project, later(hours=29)) == []
    finding = only(project, later(hours=31))
    assert "31 hours ago; it should not be older than 30 hours" in finding.what_happened
    assert finding.since is not None
    assert timedelta(hours=29, minutes=59) < finding.since - later() < timedelta(hours=30)
    say(project, {})
    assert find_all(project, later(days=4000)) == []


@pytest.mark.parametrize("damage", ["database", "parquet", "rows", "manifest", "folder", "bytes"])
def test_a_damaged_release_is_found(project: Project, damage: str) -> None:
    release = project.warehouse / "releases" / publish_small(project)
    assert find_all(project) == []
    files = {
        "database": release / "wavehouse.duckdb",
        "parquet": release / "parquet/fct_trend_estimates.parquet",
        "manifest": release / "manifest.json",
    }
    if damage in files:
        files[damage].unlink()
    elif damage == "folder":
        release.rename(release.with_name("elsewhere"))
    elif damage == "bytes":
        file = files["database"]
        file.chmod(0o644)
        file.write_bytes(file.read_bytes()[:4096] + os.urandom(8192))
    else:
        file = files["parquet"]
        file.unlink()
        duckdb.sql("select 1 as cell, 2.0 as estimate").write_parquet(str(file))
    finding = only(project)
    assert (finding.kind, finding.severity) == ("release_damaged", ERROR)
    if damage == "rows":
        assert "fct_trend_estimates has 1 rows; 1,000 were published." in finding.what_happened


# Waves --------------------------------------------------------------------------------------------


def test_a_wave_is_late_once_it_is_due_and_not_there(project: Project) -> None:
    plan(project, [DUE])
    assert find_all(project, MAY - timedelta(days=1)) == []
    finding = only(project, MAY)
    assert (finding.kind, finding.severity) == ("wave_late", ERROR)
    assert finding.subject == "Wave w4 of towns"
    assert "was due on 2024-05-20, 1 day ago" in finding.what_happened
    assert finding.since == datetime(2024, 5, 21, tzinfo=UTC)
    assert "9 days ago" in only(project, MAY + timedelta(days=8)).what_happened
    # A header alone is nothing.
    deliver(project, "w4", 0)
    assert kinds(project, MAY) == ["wave_late"]
    deliver(project, "w4", 3)
    assert find_all(project, MAY) == []


def test_days_end_where_the_machine_is(project: Project, monkeypatch: pytest.MonkeyPatch) -> None:
    plan(project, [DUE])
    midnight = datetime(2024, 5, 21, 1, tzinfo=UTC)
    assert kinds(project, midnight) == ["wave_late"]
    monkeypatch.setenv("TZ", "America/New_York")
    time.tzset()
    try:
        # There it is the evening of the day that it is due.
        assert kinds(project, midnight) == []
    finally:
        monkeypatch.setenv("TZ", "UTC")
        time.tzset()


def test_a_wave_is_short_once_it_is_due_with_fewer_respondents_than_agreed(
    project: Project,
) -> None:
    plan(project, [DUE | {"min_respondents": "1000"}])
    deliver(project, "w4", 999)
    assert find_all(project, MAY - timedelta(days=1)) == []
    finding = only(project, MAY)
    assert (finding.kind, finding.severity) == ("wave_short", WARNING)
    assert "has 999 respondents of the 1,000 agreed: 1 are missing" in finding.what_happened
    deliver(project, "w4", 1000)
    assert find_all(project, MAY) == []


def test_a_landed_wave_counts_as_delivered_when_it_was_landed(
    project: Project, tmp_path: Path
) -> None:
    today = datetime.now(UTC).date()
    plan(
        project,
        [
            {
                "wave_id": "w4",
                "field_starts_on": str(today - timedelta(days=20)),
                "due_on": str(today + timedelta(days=20)),
                "delivery_every_days": "7",
            }
        ],
    )
    finding = only(project)
    assert (finding.kind, finding.severity) == ("wave_silent", WARNING)
    assert "No delivery came" in finding.what_happened
    file = tmp_path / "delivery.csv"
    file.write_text("id,mood\n1,good\n2,bad\n")
    land_wave(project, "towns", "w4", [file])
    assert find_all(project, later(days=7)) == []
    finding = only(project, later(days=8))
    assert f"The last delivery came on {today}" in finding.what_happened
    assert f"the next was due by {today + timedelta(days=7)}" in finding.what_happened
    # Once it is due, it may be short, but is silent no more.
    assert find_all(project, later(days=21)) == []


def test_a_wave_is_silent_only_while_it_is_in_the_field(project: Project) -> None:
    row = {"field_starts_on": "2024-05-01", "field_ends_on": "2024-05-10"}
    plan(project, [DUE | row | {"delivery_every_days": "3"}])
    days = {day: kinds(project, datetime(2024, 5, day, 12, tzinfo=UTC)) for day in range(1, 22)}
    assert {day for day, found in days.items() if found == ["wave_silent"]} == set(range(5, 11))
    assert {day for day, found in days.items() if found == ["wave_late"]} == {21}


def test_a_schedule_that_cannot_be_read_hides_no_other_row(project: Project) -> None:
    plan(project, [DUE, DUE | {"wave_id": "w5", "due_on": "soon"}])
    found = find_all(project, MAY)
    assert [each.kind for each in found] == ["wave_late", "schedule_wrong"]
    assert found[1].subject == "seeds/codebook/field_schedule.csv, study towns, wave w5"
    assert "column due_on, value 'soon': this is no date." in found[1].what_happened
    (project.codebook / "field_schedule.csv").write_text("study_id,wave_id\ntowns,w4\n")
    assert "columns are missing: delivery_every_days, due_on" in only(project, MAY).what_happened
    # A codebook of an older version plans nothing.
    (project.codebook / "field_schedule.csv").unlink()
    assert find_all(project, MAY) == []


def test_a_delivery_that_was_refused_is_found(project: Project) -> None:
    folder = operations_folder(project) / "refused"
    folder.mkdir(parents=True)
    (folder / "towns__w4.json").write_text(
        json.dumps(
            {
                "study_id": "towns",
                "wave_id": "w4",
                "files": [{"name": "w4.sav", "sha256": "0"}],
                "refused_at": "2024-05-20T06:00:00+00:00",
                "message": "w4.sav is the file of wave w3.",
                "remedy": "Ask for the file of w4.",
            }
        )
    )
    finding = only(project, MAY)
    assert (finding.kind, finding.severity) == ("delivery_refused", ERROR)
    assert finding.subject == "The delivery of towns w4"
    assert "(w4.sav) and were not taken: w4.sav is the file of wave w3." in finding.what_happened
    assert finding.what_to_do == "Ask for the file of w4."
    assert finding.since == datetime(2024, 5, 20, 6, tzinfo=UTC)
    (folder / "towns__w4.json").write_text("half a li")
    assert only(project, MAY).kind == "delivery_refused"


def test_a_wave_that_nobody_decides_waits(project: Project) -> None:
    draft = project.root / "drafts" / "towns_w4.yml"
    draft.parent.mkdir()
    draft.write_text("study: towns\n")
    assert find_all(project, later(hours=23)) == []
    finding = only(project, later(hours=49))
    assert (finding.kind, finding.severity) == ("wave_waits", WARNING)
    assert "drafts/towns_w4.yml was not changed for 49 hours" in finding.what_happened


# Backups ------------------------------------------------------------------------------------------


def know(project: Project, **facts: Any) -> None:  # noqa: ANN401 (of JSON)
    """Write what is known of backups."""
    operations_folder(project).mkdir(parents=True, exist_ok=True)
    (operations_folder(project) / "backups.json").write_text(json.dumps(facts))


def test_backups_that_are_late_or_failed_are_found(project: Project) -> None:
    say(project, {"backup": {"repository": "../backup", "drill_every_days": None}})
    finding = only(project)
    assert (finding.kind, finding.severity) == ("backup_late", ERROR)
    assert "No backup was made yet" in finding.what_happened
    assert "would be lost with this disk" in finding.what_stays
    last = {"ended_at": datetime.now(UTC).isoformat()}
    know(project, last=last)
    assert find_all(project, later(hours=23)) == []
    assert "is 25 hours old" in only(project, later(hours=25)).what_happened
    know(project, last=last, failed={"at": "2024-05-20T06:00:00Z", "message": "No room is left."})
    finding = only(project)
    assert (finding.kind, finding.severity) == ("backup_failed", ERROR)
    assert "of 2024-05-20 06:00 UTC failed: No room is left." in finding.what_happened
    # A backup that failed is told once, by what is known of it and not as a run.
    record(project, "backup", fails="No room is left.")
    with suppress(RuntimeError), recorded(project, "run"):
        record(project, "build")
        record(project, "backup", fails="No room is left.")
        raise RuntimeError
    assert kinds(project) == ["backup_failed"]
    say(project, {})
    assert find_all(project) == []


def test_drills_that_are_late_or_failed_are_found(project: Project) -> None:
    say(project, {"backup": {"repository": "../backup", "every_hours": 1e6}})
    last = {"ended_at": datetime.now(UTC).isoformat()}
    know(project, last=last)
    finding = only(project)
    assert (finding.kind, finding.severity) == ("drill_late", WARNING)
    assert "No drill was made yet" in finding.what_happened
    know(project, last=last, drill=last | {"passed": True})
    assert find_all(project, later(days=29)) == []
    assert "The last drill was 31 days ago" in only(project, later(days=31)).what_happened
    know(project, last=last, drill=last | {"passed": False, "message": "7 numbers differ."})
    finding = only(project)
    assert (finding.kind, finding.severity) == ("drill_failed", ERROR)
    assert "7 numbers differ." in finding.what_happened


# Disks and databases ------------------------------------------------------------------------------


def test_a_disk_without_room_is_found(project: Project) -> None:
    say(project, {"expect": {"free_disk_gb": 1e9}})
    finding = only(project)
    assert (finding.kind, finding.severity) == ("disk_low", ERROR)
    assert re.match(r"Only .+B of .+B are free; operations", finding.what_happened)


def test_looking_into_the_working_database_keeps_no_build_from_it(project: Project) -> None:
    publish_small(project)
    lock = project.target / ".build.lock"
    lock.touch()
    assert {each.name: each.unused is None for each in database_sizes(project)} == {
        "working": False,
        "release": False,
        "history": True,
    }
    with lock.open("w") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        assert database_sizes(project)[0].unused is None
    # What another program writes is left alone, and is no finding.
    with duckdb.connect(str(project.working_database)):
        assert database_sizes(project)[0].size > 0
    refuse_held(project)
    assert find_all(project) == []


def test_a_server_that_is_not_there_is_found(
    project: Project, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("WAVEHOUSE_PG_HOST", "127.0.0.1")
    monkeypatch.setenv("WAVEHOUSE_PG_PORT", "1")
    monkeypatch.setenv("WAVEHOUSE_PG_PASSWORD", "a secret of ours")
    finding = only(project)
    assert (finding.kind, finding.severity) == ("database_unreachable", ERROR)
    assert "a secret of ours" not in repr(finding)


def test_locks_slow_queries_and_few_connections_are_found() -> None:
    waits = Activity(7, "anna", "psql", None, 61.0, (3,))
    runs = Activity(9, "dbt", "dbt", "fct_trend_estimates", 901.0)
    facts = PostgresFacts(
        started_at=MAY, waiting=[waits], running=[runs], connections=81, max_connections=100
    )
    locked, slow, crowded = judge_postgres(facts, MAY)
    assert (locked.kind, slow.kind, crowded.kind) == (
        *("database_locked", "database_slow", "database_crowded"),
    )
    assert locked.what_happened == (
        "Process 7 (psql, user anna) has waited for a lock for 61 s, which is held by process 3."
    )
    assert slow.what_happened == "Process 9 (fct_trend_estimates, user dbt) has run for 15 min."
    assert crowded.what_happened == "81 of 100 connections are taken."
    quiet = PostgresFacts(
        started_at=MAY,
        waiting=[Activity(7, "anna", "psql", None, 59.0, (3,))],
        running=[Activity(9, "dbt", "dbt", None, 899.0)],
        connections=80,
        max_connections=100,
    )
    assert list(judge_postgres(quiet, MAY)) == []


# As a whole ---------------------------------------------------------------------------------------


def test_operations_that_cannot_be_read_hide_nothing_else(project: Project) -> None:
    (project.root / "operations.yml").write_text("expect: {free_disk: 5}\n")
    plan(project, [DUE])
    found = find_all(project, MAY)
    assert [each.kind for each in found] == ["wave_late", "operations_wrong"]
    assert "there is no line `expect.free_disk`" in found[1].what_happened


def test_a_part_that_fails_hides_no_other(project: Project) -> None:
    plan(project, [DUE])
    outside = project.root.parent / "elsewhere.csv"
    (project.codebook / "field_schedule.csv").rename(outside)
    (project.codebook / "field_schedule.csv").symlink_to(outside)
    record(project, fails="A fault.")
    found = find_all(project, later())
    assert [each.kind for each in found] == ["run_failed", "not_looked_at"]
    assert "field_schedule.csv is a link that leads out of the project" in found[1].what_happened
    assert found[1].subject == "The field schedule"


def test_a_landed_wave_that_cannot_be_read_hides_no_other(project: Project) -> None:
    plan(project, [DUE, DUE | {"wave_id": "w5"}])
    folder = project.landed_wave("towns", "w4")
    folder.mkdir(parents=True)
    (folder / "answers.parquet").write_bytes(b"PAR1 and then nothing")
    found = find_all(project, MAY)
    assert [(each.kind, each.subject) for each in found] == [
        ("wave_late", "Wave w5 of towns"),
        ("not_looked_at", "Wave w4 of towns"),
    ]
    assert [each.wave.wave_id for each in look(project, MAY).waves] == ["w5"]


def test_records_of_an_older_version_are_read(project: Project) -> None:
    run_id = record(project, fails="A fault.")
    path = runs_folder(project) / f"{run_id}.json"
    old = json.loads(path.read_text())
    for name in ("study_id", "trigger", "message", "peak_memory_mb", "part_of", "target"):
        del old[name]
    path.write_text(json.dumps(old))
    path.with_name("20200101T000000000000Z-build.json").write_text("{}")
    finding = only(project)
    assert finding.kind == "run_failed"
    assert status_lines(look(project))
    assert metrics_text(look(project))


def test_errors_come_first_and_then_what_began_first(project: Project) -> None:
    plan(
        project,
        [
            DUE | {"min_respondents": "9"},
            DUE | {"wave_id": "w6"},
            {"wave_id": "w5", "due_on": "2024-05-10"},
        ],
    )
    deliver(project, "w4", 1)
    found = find_all(project, MAY)
    assert [each.subject for each in found] == [
        *("Wave w5 of towns", "Wave w6 of towns", "Wave w4 of towns"),
    ]
    keys = [each.key for each in found]
    assert len(set(keys)) == len(keys)
    # The same finding has the same key on the next day.
    assert [each.key for each in find_all(project, MAY + timedelta(days=1))] == keys


def test_nothing_that_is_looked_at_is_changed(project: Project) -> None:
    plan(project, [DUE])
    publish_small(project)
    record(project, fails="A fault.")
    before = {
        path: (path.stat().st_mtime_ns, path.read_bytes())
        for path in project.root.rglob("*")
        if path.is_file() and not path.is_symlink()
    }
    find_all(project, MAY)
    after = {
        path: (path.stat().st_mtime_ns, path.read_bytes())
        for path in project.root.rglob("*")
        if path.is_file() and not path.is_symlink()
    }
    assert before == after
    assert len(read_runs(project)) == 1


def test_the_example_of_operations_expects_what_it_can(tmp_path: Path) -> None:
    (tmp_path / "dbt_project.yml").write_text("name: towns\n")
    (tmp_path / "operations.yml").write_text((ROOT / "operations.yml").read_text())
    assert read_operations(Project(tmp_path)).expect.publish_within_hours is None


def test_the_runbook_has_a_section_for_each_kind_and_no_other() -> None:
    text = (ROOT / "docs/guide/runbook.md").read_text(encoding="utf-8")
    sections = re.findall(r"^### (\w+)$", text, re.MULTILINE)
    assert sorted(sections) == sorted(KINDS)
    for section in re.split(r"^### ", text, flags=re.MULTILINE)[1:]:
        kind, _, body = section.partition("\n")
        for head in ("**What it means.**", "**What stays.**", "**What to do.**"):
            assert head in body, f"{kind}: {head}"


def test_spans_and_sizes_are_said_in_the_unit_that_fits() -> None:
    assert [said_span(s) for s in (0.31, 45, 119, 120, 7100, 7200, 108000, 259200, 864000)] == [
        *("0.3 s", "45 s", "119 s", "2 min", "118 min", "2 hours", "30 hours", "3 days"),
        "10 days",
    ]
    assert [said_size(n) for n in (12, 3400, 5.6e6, 145e6, 2e9, 1.2e13)] == [
        *("12 B", "3.4 kB", "5.6 MB", "145 MB", "2.0 GB", "12,000 GB"),
    ]
