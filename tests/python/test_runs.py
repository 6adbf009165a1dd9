"""What runs leaves a record of itself, however it ends; and never fails for it."""

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import pytest
from test_writing import as_nobody

from wavehouse.building.nodes import _digest_of_runs
from wavehouse.errors import ProblemsError, WavehouseError
from wavehouse.operations.run_history import log
from wavehouse.operations.run_history.messages import ending_of
from wavehouse.operations.run_history.processes_of_runs import lives, this_process, trigger, who
from wavehouse.operations.run_history.run_files import (
    forget_old_runs,
    operations_folder,
    read_nodes,
    read_run,
    read_runs,
    runs_folder,
    write_run,
)
from wavehouse.operations.run_history.runs import RecordedRun, current_run, note, recorded, step
from wavehouse.project import Project

StartProcess = Callable[..., "subprocess.Popen[str]"]
# Runs a step that lasts until somebody ends it.
LASTING = """
import sys, time
from pathlib import Path
from wavehouse.operations.run_history.runs import recorded
from wavehouse.processes import clean_end_on_sigterm
from wavehouse.project import Project
with clean_end_on_sigterm(), recorded(Project(Path(sys.argv[1])), "build") as run:
    with run.step("dbt"):
        print("begun", flush=True)
        time.sleep(600)
"""


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Project:
    for name in ("TRIGGER", "WHO", "WHY", "RUN"):
        monkeypatch.delenv(f"WAVEHOUSE_{name}", raising=False)
    return Project(tmp_path)


def events(project: Project) -> list[dict[str, Any]]:
    return [json.loads(line) for line in log.log_file(project).read_text("utf-8").splitlines()]


def test_a_run_says_what_it_did_and_how_long_it_took(project: Project) -> None:
    with recorded(project, "build", target="duckdb") as run:
        with run.step("generate"):
            pass
        with run.step("dbt") as dbt:
            dbt.rows = 35
            time.sleep(0.02)
        run.note(n_tables=2, details={"left_out": ["gss"]})
        run.note(details={"forced": True})
        run.note_nodes([{"node": "dim_study", "kind": "model", "seconds": 0.5, "rows": 3}])
    (kept,) = read_runs(project)
    assert read_run(project, run.run_id) == kept
    assert (kept["command"], kept["target"], kept["status"]) == ("build", "duckdb", "passed")
    assert [(each["step"], each["status"], each["rows"]) for each in kept["steps"]] == [
        ("generate", "passed", None),
        ("dbt", "passed", 35),
    ]
    assert kept["seconds"] >= kept["steps"][1]["seconds"] >= 0.02
    assert kept["peak_memory_mb"] > 5
    assert kept["n_tables"] == 2
    assert kept["n_tests"] is None
    assert kept["details"] == {"left_out": ["gss"], "forced": True}
    assert kept["versions"]["duckdb"]
    assert (kept["part_of"], kept["message"]) == (None, None)
    assert kept["started_at"] < kept["ended_at"]
    assert read_nodes(project, run.run_id)[0]["node"] == "dim_study"
    assert not list(runs_folder(project).glob("*.running"))
    assert [each["event"] for each in events(project)] == ["begin", "step", "step", "end"]


def test_a_run_that_goes_on_is_seen_from_its_first_moment(project: Project) -> None:
    with recorded(project, "build") as run, run.step("dbt"):
        (kept,) = read_runs(project)
        assert (kept["status"], kept["ended_at"]) == ("running", None)
        assert [each["status"] for each in kept["steps"]] == ["running"]


def test_a_run_within_a_run_is_part_of_it(project: Project) -> None:
    with recorded(project, "run") as outer:
        with recorded(project, "build") as inner:
            assert current_run() is inner
            with recorded(project, "publish") as innermost:
                note(n_tables=3)
        assert current_run() is outer
        assert os.environ["WAVEHOUSE_RUN"] == outer.run_id
    assert "WAVEHOUSE_RUN" not in os.environ
    assert current_run() is None
    parts = {each["run_id"]: each["part_of"] for each in read_runs(project)}
    assert parts == {
        outer.run_id: None,
        inner.run_id: outer.run_id,
        innermost.run_id: inner.run_id,
    }
    assert {each["n_tables"] for each in read_runs(project)} == {None, 3}


def test_a_run_of_another_project_is_not_part_of_this_one(project: Project, tmp_path: Path) -> None:
    with recorded(project, "run"), recorded(Project(tmp_path / "other"), "build") as run:
        pass
    assert run.record["part_of"] is None


def test_steps_and_facts_without_a_run_are_nobodys(project: Project) -> None:
    with step("dbt") as begun:
        begun.rows = 1
    note(n_tables=3)
    assert read_runs(project) == []


def test_a_fact_that_no_run_has_is_refused(project: Project) -> None:
    run = RecordedRun(project, "build")
    with pytest.raises(TypeError, match=r"^No fact of a run: n_tabels\. Use `details`\.$"):
        run.note(n_tabels=3)


def refuse_after_all(run: RecordedRun) -> None:
    run.nothing_to_do()
    raise WavehouseError("No.")


def test_nothing_to_do_is_no_pass_and_an_error_after_it_is_a_failure(project: Project) -> None:
    with recorded(project, "build") as run:
        run.nothing_to_do()
    with pytest.raises(WavehouseError), recorded(project, "build") as run:
        refuse_after_all(run)
    assert [each["status"] for each in read_runs(project)] == ["nothing_to_do", "failed"]


class LibraryError(Exception):
    """An error that quotes what it met."""


@pytest.mark.parametrize(
    ("error", "status", "message"),
    [
        (WavehouseError("gss is not landed.\nRun it."), "failed", "gss is not landed. Run it."),
        (
            ProblemsError("Not built:", ["row 7 of gss.csv: `ill` is no code"]),
            "failed",
            "Not built: 1 problem; the output of the command has them.",
        ),
        (FileNotFoundError(2, "No such file or directory", "a.csv"), "failed", "a.csv: No such"),
        (LibraryError("could not convert 'ill'"), "failed", "test_runs.LibraryError: an error"),
        (WavehouseError("x" * 2000), "failed", "x" * 599 + "…"),
        (KeyboardInterrupt(), "stopped", "Interrupted by the user."),
        (SystemExit(143), "stopped", "Stopped by SIGTERM."),
        (SystemExit(1), "failed", "Ended with exit code 1."),
    ],
)
def test_an_error_passes_and_its_words_are_kept_without_answers(
    project: Project, error: BaseException, status: str, message: str
) -> None:
    with (
        pytest.raises(type(error)),
        recorded(project, "build") as run,
        run.step("dbt"),
    ):
        raise error
    (kept,) = read_runs(project)
    assert kept["status"] == kept["steps"][0]["status"] == status
    assert kept["message"].startswith(message)
    assert "ill" not in kept["message"].replace("will", "")
    assert ending_of(error) == (status, kept["message"])


@pytest.mark.parametrize(
    ("how", "status"), [(signal.SIGKILL, "killed"), (signal.SIGTERM, "stopped")]
)
def test_a_run_that_is_ended_from_outside_says_so(
    project: Project, start_process: StartProcess, how: signal.Signals, status: str
) -> None:
    process = start_process(
        [sys.executable, "-c", LASTING, str(project.root)], stdout=subprocess.PIPE, text=True
    )
    assert process.stdout is not None
    assert process.stdout.readline() == "begun\n"
    assert [each["status"] for each in read_runs(project)] == ["running"]
    process.send_signal(how)
    process.wait()
    (seen,) = read_runs(project)
    assert (seen["status"], seen["steps"][0]["status"]) == (status, status)
    assert seen["message"]
    assert seen["ended_at"] >= seen["started_at"]
    # The next run writes it down.
    with recorded(project, "build"):
        pass
    written = json.loads((runs_folder(project) / f"{seen['run_id']}.json").read_text())
    assert written["status"] == status
    assert not list(runs_folder(project).glob("*.running"))


def test_a_number_that_another_process_got_since_is_not_the_run(project: Project) -> None:
    run = RecordedRun(project, "build")
    run.record["process"] |= {"began": 1}
    write_run(project, run.record)
    assert [each["status"] for each in read_runs(project)] == ["killed"]
    run.record["process"] = this_process() | {"boot": "another"}
    write_run(project, run.record)
    assert [each["status"] for each in read_runs(project)] == ["killed"]


def test_a_process_of_another_machine_is_gone_when_it_is_silent_for_a_day() -> None:
    process = this_process() | {"host": "another"}
    assert lives(process, 23)
    assert not lives(process, 25)


@pytest.mark.parametrize("in_the_way", ["warehouse", "warehouse/operations"])
def test_a_history_that_cannot_be_written_fails_nothing_and_says_so_once(
    project: Project, capsys: pytest.CaptureFixture[str], in_the_way: str
) -> None:
    place = project.root / in_the_way
    place.parent.mkdir(exist_ok=True)
    place.write_text("a file where a folder should be")
    with recorded(project, "build") as run:
        with run.step("dbt"):
            pass
        run.note_nodes([{"node": "a"}])
        done = True
    assert done
    said = capsys.readouterr().err
    assert said.startswith("This run is not recorded, and goes on: ")
    assert said.count("\n") == 1
    assert str(place) in said


def test_a_history_that_may_not_be_read_fails_nothing_either(
    capsys: pytest.CaptureFixture[str],
) -> None:
    # pytest's own folders are closed to other accounts.
    with TemporaryDirectory(prefix="wavehouse-test-") as name:
        project = Project(Path(name))
        project.root.chmod(0o755)
        with recorded(project, "build"):
            pass
        operations_folder(project).chmod(0o700)
        with as_nobody():
            with recorded(project, "build"), step("dbt"):
                pass
            assert _digest_of_runs(project)
            # Who asks for it is told.
            with pytest.raises(PermissionError):
                read_runs(project)
    said = capsys.readouterr().err
    assert said.startswith("This run is not recorded, and goes on: ")
    assert said.count("\n") == 1


def test_a_file_of_a_run_that_is_damaged_stops_nobody(project: Project) -> None:
    with recorded(project, "build") as run:
        pass
    (runs_folder(project) / "20200101T000000000000Z-build.json").write_text('{"run_id": ')
    (runs_folder(project) / "20200102T000000000000Z-build.json").write_text("[1]")
    with recorded(project, "build") as later:
        pass
    assert [each["run_id"] for each in read_runs(project)] == [run.run_id, later.run_id]
    assert [each["run_id"] for each in read_runs(project, last=1)] == [later.run_id]
    assert read_run(project, "../runs/x") is None
    assert read_run(project, "nothing") is None


def test_old_runs_go_with_their_nodes(project: Project) -> None:
    with recorded(project, "build") as run:
        run.note_nodes([{"node": "a"}])
    old = datetime.now(UTC) - timedelta(days=11)
    old_id = f"{old:%Y%m%dT%H%M%S%f}Z-build"
    write_run(project, run.record | {"run_id": old_id})
    (operations_folder(project) / "nodes" / f"{old_id}.jsonl").write_text("")
    forget_old_runs(project, days=12)
    assert [each["run_id"] for each in read_runs(project)] == [old_id, run.run_id]
    forget_old_runs(project, days=10)
    assert [each["run_id"] for each in read_runs(project)] == [run.run_id]
    assert [path.stem for path in (operations_folder(project) / "nodes").iterdir()] == [run.run_id]


@pytest.mark.parametrize(
    ("environment", "begun_by", "name"),
    [
        ({}, "manual", None),
        ({"WAVEHOUSE_TRIGGER": "schedule", "WAVEHOUSE_WHO": "the night"}, "schedule", "the night"),
        ({"WAVEHOUSE_TRIGGER": "a full moon"}, "manual", None),
        ({"CI": "true", "GITHUB_ACTOR": "ada"}, "ci", "ada"),
        ({"CI": "true", "GITLAB_USER_LOGIN": "grace"}, "ci", "grace"),
        ({"INVOCATION_ID": "1"}, "schedule", None),
    ],
)
def test_who_began_a_run_is_told_or_seen(
    project: Project,
    monkeypatch: pytest.MonkeyPatch,
    environment: dict[str, str],
    begun_by: str,
    name: str | None,
) -> None:
    for known in ("CI", "INVOCATION_ID", "GITHUB_ACTOR", "GITLAB_USER_LOGIN"):
        monkeypatch.delenv(known, raising=False)
    for key, value in environment.items():
        monkeypatch.setenv(key, value)
    monkeypatch.setenv("WAVEHOUSE_WHY", "a correction")
    monkeypatch.setattr(os, "isatty", lambda _: False)
    assert trigger() == begun_by
    assert who() == name if name else "@" in who()
    assert RecordedRun(project, "build").record["why"] == "a correction"
    # A terminal that a service opened passes its invocation on to a person.
    monkeypatch.setattr(os, "isatty", lambda _: True)
    assert trigger() == ("manual" if "INVOCATION_ID" in environment else begun_by)


def test_the_log_begins_a_new_file_and_keeps_some(
    project: Project, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(log, "MAXIMUM_BYTES", 500)
    for number in range(40):
        log.tell(project, "finding", key=f"number {number}", nothing=None)
    files = sorted(path.name for path in operations_folder(project).glob("log.jsonl*"))
    assert files == ["log.jsonl", *(f"log.jsonl.{number}" for number in range(1, 6))]
    last = events(project)[-1]
    assert last.pop("at")
    assert last == {"level": "info", "event": "finding", "key": "number 39"}
