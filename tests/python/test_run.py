"""What `wavehouse run` makes of faults: what is told, what is remembered, what is tried again.

The build is stood in for here, so that it fails as it is told to; drills run the real one
(`test_faults.py`).
"""

import csv
import json
import os
import shutil
import signal
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from wavehouse.building.fingerprint import fingerprint
from wavehouse.errors import ProblemsError, WavehouseError
from wavehouse.operations.daily_run import pipeline
from wavehouse.operations.daily_run.build_failure import results_state, why_refused
from wavehouse.operations.daily_run.taking import taking_folder
from wavehouse.operations.findings import findings_of_postgres, findings_of_runs
from wavehouse.operations.findings.postgres_facts import PostgresFacts
from wavehouse.operations.run_history.page import page_file
from wavehouse.operations.run_history.run_files import read_runs
from wavehouse.operations.status import status
from wavehouse.processes import clean_end_on_sigterm
from wavehouse.project import Project
from wavehouse.writing import write_whole

OPERATIONS = "run: {inbox: inbox, settle_seconds: 0, pages: false}\n"
Build = Callable[[Project], None]


@pytest.fixture
def town(town: Project) -> Project:
    """The project with the example, in which two waves are due, with an inbox."""
    path = town.codebook / "field_schedule.csv"
    path.write_text(
        path.read_text(encoding="utf-8").splitlines()[0]
        + "\nharbour,2026,2026-05-01,2026-05-20,2026-05-31,,"
        + "\nharbour,2027,2027-05-01,2027-05-20,2027-05-31,,\n"
    )
    (town.root / "inbox").mkdir()
    (town.root / "operations.yml").write_text(OPERATIONS)
    return town


@pytest.fixture
def built_by(monkeypatch: pytest.MonkeyPatch) -> Callable[[Build], list[set[str]]]:
    """Let something stand in for the build; give the waves that each build met."""

    def stand_in(work: Build) -> list[set[str]]:
        met: list[set[str]] = []

        def build(project: Project) -> None:
            met.append(waves(project))
            work(project)

        monkeypatch.setattr(pipeline, "build", build)
        return met

    return stand_in


def waves(project: Project) -> set[str]:
    """Give the waves of the codebook that were delivered here."""
    with (project.codebook / "waves.csv").open(encoding="utf-8", newline="") as stream:
        return {row["wave_id"] for row in csv.DictReader(stream)} - {"2023", "2024", "2025"}


def deliver(project: Project, wave_id: str, rows: int = 100, name: str = "w.csv") -> Path:
    """Put a wave into the inbox."""
    text = (project.waves / "harbour" / "harbour_2025.csv").read_text(encoding="utf-8")
    path = project.root / "inbox" / "harbour" / wave_id / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text("".join(text.splitlines(keepends=True)[: rows + 1]))
    return path


def passes(_: Project) -> None:
    """Build without a fault."""


def refuses(wave_id: str) -> Build:
    """Give a build that finds a problem in a wave."""

    def work(project: Project) -> None:
        if wave_id in waves(project):
            raise ProblemsError("Not built:", [f"{wave_id}: ann@example.org stands twice."])

    return work


def publishes(project: Project) -> None:
    """Let what there is count as published, and then fail."""
    folder = project.warehouse / "releases" / "r1"
    (folder / "parquet").mkdir(parents=True, exist_ok=True)
    (folder / "wavehouse.duckdb").touch()
    (folder / "manifest.json").write_text(json.dumps({"fingerprint": fingerprint(project)}))
    for name, target in (
        ("current", "releases/r1"),
        ("wavehouse.duckdb", "current/wavehouse.duckdb"),
        ("parquet", "current/parquet"),
    ):
        if not (project.warehouse / name).is_symlink():
            (project.warehouse / name).symlink_to(target)
    raise OSError(5, "broken after the switch")


def test_a_delivery_is_taken_once(
    town: Project, built_by: Callable[[Build], list[set[str]]], capsys: pytest.CaptureFixture[str]
) -> None:
    met = built_by(passes)
    deliver(town, "2026")
    assert pipeline.run(town)
    assert "Taken: harbour 2026." in capsys.readouterr().out
    assert pipeline.run(town)
    assert "Taken" not in capsys.readouterr().out
    assert met == [{"2026"}, {"2026"}]
    assert [run["status"] for run in read_runs(town) if run["command"] == "run"] == ["passed"] * 2


def test_a_run_looks_once_at_how_all_is(
    town: Project, built_by: Callable[[Build], list[set[str]]], monkeypatch: pytest.MonkeyPatch
) -> None:
    """What it tells, what it measures and what its page shows are of one look."""
    asked = []
    facts = PostgresFacts(error="gone away")
    monkeypatch.setenv("WAVEHOUSE_PG_HOST", "127.0.0.1")
    for module in (status, findings_of_postgres):
        monkeypatch.setattr(module, "ask_postgres", lambda: asked.append("server") or facts)
    known = findings_of_runs.known_runs
    for module in (status, findings_of_runs):
        monkeypatch.setattr(
            module, "known_runs", lambda project: asked.append("runs") or known(project)
        )
    built_by(passes)
    assert pipeline.run(town)
    assert sorted(asked) == ["runs", "server"]
    text = page_file(town).read_text(encoding="utf-8")
    assert "gone away" in text
    (run,) = read_runs(town)
    assert run["status"] == "passed"
    assert f"begun {run['started_at'][:10]}" in " ".join(text.split())


def test_results_are_of_this_build_if_dbt_wrote_them_whatever_the_clock_says(
    town: Project,
) -> None:
    """A disk in the network may have another clock, and this one may be set while it builds."""
    results = town.target / "run_results.json"
    results.parent.mkdir(exist_ok=True)
    nodes = [{"unique_id": "test.wavehouse.codes_are_known.1", "status": "fail"}]
    results.write_text(json.dumps({"results": nodes}))
    os.utime(results, (0, 0))
    failed = WavehouseError("The build failed.")
    assert why_refused(town, failed, None) == "The test codes_are_known failed."
    before = results_state(town)
    assert why_refused(town, failed, before) == ""
    write_whole(results, json.dumps({"results": nodes}))
    os.utime(results, (0, 0))
    assert why_refused(town, failed, before) == "The test codes_are_known failed."


def test_one_wrong_delivery_holds_up_no_other(
    town: Project, built_by: Callable[[Build], list[set[str]]], capsys: pytest.CaptureFixture[str]
) -> None:
    """It is refused without the value that was met, and tried again when something changes."""
    met = built_by(refuses("2026"))
    deliver(town, "2026", name="a b;$(x).csv")
    deliver(town, "2027", 120)
    assert not pipeline.run(town)
    said = capsys.readouterr().out
    assert "Taken: harbour 2027." in said
    assert "'inbox/harbour/2026/a b;$(x).csv'" in said
    assert waves(town) == {"2027"}
    refused = town.warehouse / "operations" / "refused" / "harbour__2026.json"
    assert "ann@" not in refused.read_text()
    assert "ann@" not in json.dumps(read_runs(town))
    # Both, neither, the first, neither, the second.
    assert met == [{"2026", "2027"}, set(), {"2026"}, set(), {"2027"}]
    assert not pipeline.run(town)
    assert "Not taken: study harbour, wave 2026: It was refused." in capsys.readouterr().out
    assert met[5:] == [{"2027"}]
    built_by(passes)
    deliver(town, "2026", 110, name="a b;$(x).csv")
    assert pipeline.run(town)
    assert not refused.exists()


def test_what_says_nothing_of_the_delivery_is_not_remembered(
    town: Project, built_by: Callable[[Build], list[set[str]]], monkeypatch: pytest.MonkeyPatch
) -> None:
    def held(_: Project) -> None:
        raise WavehouseError("Another program has the working database open.")

    built_by(held)
    deliver(town, "2026")
    assert not pipeline.run(town)
    assert waves(town) == set()
    assert not (town.warehouse / "operations" / "refused").exists()
    assert not taking_folder(town).exists()
    with monkeypatch.context() as patched:

        def full(*_: object, **__: object) -> None:
            raise OSError(28, "No space left on device", str(town.target))

        patched.setattr(pipeline, "try_delivery", full)
        assert not pipeline.run(town)
    assert not (town.warehouse / "operations" / "refused").exists()
    built_by(passes)
    assert pipeline.run(town)
    assert waves(town) == {"2026"}


def test_what_is_published_is_not_taken_back(
    town: Project, built_by: Callable[[Build], list[set[str]]]
) -> None:
    """The build fails after its release was switched to."""
    built_by(publishes)
    deliver(town, "2026")
    assert not pipeline.run(town)
    assert waves(town) == {"2026"}
    shutil.rmtree(town.root / "inbox" / "harbour")
    built_by(passes)
    assert pipeline.run(town)
    assert waves(town) == {"2026"}


def test_rows_that_went_are_told(
    town: Project, built_by: Callable[[Build], list[set[str]]], capsys: pytest.CaptureFixture[str]
) -> None:
    """Somebody put the codebook and the waves back to what they were."""
    built_by(passes)
    before = {path: path.read_bytes() for path in (town.codebook).glob("*.csv")}
    deliver(town, "2026")
    assert pipeline.run(town)
    for path, content in before.items():
        path.write_bytes(content)
    (town.waves / "harbour" / "harbour_2026.csv").unlink()
    assert not pipeline.run(town)
    assert "the project does not have it any more" in capsys.readouterr().out


def test_an_inbox_that_is_not_there_is_told(
    town: Project, built_by: Callable[[Build], list[set[str]]]
) -> None:
    built_by(passes)
    (town.root / "inbox").rmdir()
    assert not pipeline.run(town)
    (last,) = [run for run in read_runs(town) if run["command"] == "run"]
    assert "there is no folder inbox" in last["message"]


def test_an_error_that_nobody_expects_ends_one_step_alone(
    town: Project, built_by: Callable[[Build], list[set[str]]], capsys: pytest.CaptureFixture[str]
) -> None:
    def breaks(_: Project) -> None:
        raise KeyError("what")

    built_by(breaks)
    (town.root / "operations.yml").write_text(OPERATIONS + "backup: {repository: ../nowhere}\n")
    assert not pipeline.run(town)
    said = capsys.readouterr().out
    assert "Failed: build: builtins.KeyError" in said
    assert "== backup" in said


def test_a_run_that_takes_too_long_is_stopped_whatever_catches_errors(
    town: Project, built_by: Callable[[Build], list[set[str]]]
) -> None:
    def long(_: Project) -> None:
        import duckdb

        # The one that all share would go on with the query, and whoever asks it next would wait.
        connection = duckdb.connect()
        try:
            connection.execute(
                "select sum(sin(a.i + b.i)) from range(1000000) a(i), range(100000) b(i)"
            ).fetchall()
        finally:
            connection.interrupt()
            deliver(town, "2027")
            connection.close()

    built_by(long)
    (town.root / "operations.yml").write_text(
        OPERATIONS.replace("}", ", time_limit_minutes: 0.02}")
    )
    deliver(town, "2026")
    with pytest.raises(WavehouseError, match=r"stopped after 0\.02 minutes"):
        pipeline.run(town)
    assert waves(town) == set()
    (last,) = [run for run in read_runs(town) if run["command"] == "run"]
    assert last["status"] == "failed"
    assert signal.getitimer(signal.ITIMER_REAL) == (0.0, 0.0)


def test_a_signal_that_a_library_makes_an_error_of_ends_the_process_as_itself() -> None:
    def interrupted() -> None:
        try:
            signal.raise_signal(signal.SIGTERM)
        except SystemExit as error:
            raise RuntimeError("Query interrupted") from error

    with pytest.raises(SystemExit) as ended, clean_end_on_sigterm():
        interrupted()
    assert ended.value.code == 128 + signal.SIGTERM


def test_a_second_run_leaves_the_first_alone(
    town: Project,
    built_by: Callable[[Build], list[set[str]]],
    capsys: pytest.CaptureFixture[str],
) -> None:
    def again(project: Project) -> None:
        assert pipeline.run(project)

    built_by(again)
    assert pipeline.run(town)
    assert "Another run is at work. Nothing was done." in capsys.readouterr().out


def test_what_failed_for_readers_is_written_by_the_next_run(
    town: Project,
    built_by: Callable[[Build], list[set[str]]],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def published(project: Project) -> None:
        try:
            publishes(project)
        except OSError:
            time.sleep(0)

    built_by(published)
    (town.root / "operations.yml").write_text(
        "run: {pages: false, exports: [{study: harbour, format: csv}]}\n"
    )
    tries: list[str] = []

    def export(_: Project, study_id: str, form: str) -> None:
        tries.append(f"{study_id} {form}")
        if len(tries) == 1:
            raise OSError(28, "No space left on device")

    monkeypatch.setattr(pipeline, "_export", export)
    assert [pipeline.run(town) for _ in range(3)] == [False, True, True]
    assert tries == ["harbour csv"] * 2
