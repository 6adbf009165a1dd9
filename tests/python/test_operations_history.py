"""What the history tells: in the terminal, as JSON, and on a page."""

import json
import re
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from wavehouse.operations.findings import findings
from wavehouse.operations.findings.finding import ERROR, Finding
from wavehouse.operations.run_history.dbt_results import node_of, note_results
from wavehouse.operations.run_history.history import compare_last_build, duration, find_run
from wavehouse.operations.run_history.page import page_file, read_page, render, write_page
from wavehouse.operations.run_history.run_files import read_nodes, read_runs, write_nodes, write_run
from wavehouse.operations.run_history.runs import RecordedRun, recorded
from wavehouse.project import Project

Run = Callable[..., tuple[int, str]]
NOW = datetime(2026, 3, 31, 6, 15, tzinfo=UTC)


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Project:
    monkeypatch.setenv("WAVEHOUSE_WHO", "the night")
    (tmp_path / "dbt_project.yml").write_text("name: wavehouse\n")
    return Project(tmp_path)


def add_run(
    project: Project,
    days_ago: int,
    command: str = "build",
    status: str = "passed",
    nodes: dict[str, float] | None = None,
    steps: dict[str, float] | None = None,
    **facts: Any,  # noqa: ANN401
) -> str:
    """Write a run that ended some days ago; give its id."""
    began = NOW - timedelta(days=days_ago)
    run_id = f"{began:%Y%m%dT%H%M%S%f}Z-{command}"
    record = RecordedRun(project, command, "duckdb").record | facts
    record |= {"run_id": run_id, "status": status, "started_at": began.isoformat()}
    record |= {"ended_at": began.isoformat(), "seconds": sum((steps or {"dbt": 5.0}).values())}
    record["steps"] = [
        {"number": number, "step": name, "started_at": began.isoformat(), "seconds": seconds}
        | {"status": status, "rows": None}
        for number, (name, seconds) in enumerate((steps or {"dbt": 5.0}).items(), 1)
    ]
    write_run(project, record)
    write_nodes(
        project,
        run_id,
        [
            node_of(f"model.wavehouse.{name}", {"status": "success", "execution_time": seconds})
            for name, seconds in (nodes or {}).items()
        ],
    )
    return run_id


def test_runs_are_listed_the_latest_first(project: Project, run_command: Run) -> None:
    code, said = run_command(project, "history")
    assert (code, said) == (
        0,
        "Nothing has run yet that is recorded. `make` builds and publishes.\n",
    )
    add_run(project, 2, "fetch", "nothing_to_do", study_id="gss")
    add_run(project, 1, release_id="20260330T061500000000Z", why="a correction")
    add_run(project, 0, "export", "failed", study_id="gss", target=None)
    code, said = run_command(project, "history")
    assert code == 0
    assert [re.split(r" {2,}", line) for line in said.splitlines()] == [
        ["began (UTC)", "what ran", "status", "took", "who", "why", "release"],
        ["2026-03-31 06:15", "export gss", "failed", "5.0 s", "the night"],
        ["2026-03-30 06:15", "build", "passed", "5.0 s", "the night", "a correction",
         "20260330T061500000000Z"],
        ["2026-03-29 06:15", "fetch gss", "nothing to do", "5.0 s", "the night"],
    ]  # fmt: skip
    code, said = run_command(project, "history", "--last", "2", "--json")
    assert [run["command"] for run in json.loads(said)] == ["export", "build"]
    assert "process" not in json.loads(said)[0]


def test_one_run_is_shown_with_steps_slowest_nodes_and_what_failed(
    project: Project, run_command: Run
) -> None:
    run_id = add_run(
        project,
        0,
        status="failed",
        steps={"generate": 1.0, "dbt": 90.0},
        message="The build failed.",
        details={"left_out": ["gss", "bsa"]},
    )
    write_nodes(
        project,
        run_id,
        [
            node_of("model.wavehouse.dim_wave", {"status": "success", "execution_time": 0.25}),
            node_of("model.wavehouse.int_moments__cells", {"status": "success",
                    "execution_time": 61.0, "adapter_response": {"rows_affected": 7}}),
            node_of("test.wavehouse.codes_are_known.0123abcd", {"status": "fail", "failures": 3,
                    "execution_time": 0.5, "message": "Got 3 results"}),
        ],
    )  # fmt: skip
    code, said = run_command(project, "history", run_id[:14])
    assert code == 0
    words = [re.split(r" {2,}", line) for line in said.splitlines()]
    assert said.startswith(f"{run_id}: build, failed\nBegun 2026-03-31 06:15 UTC by the night (")
    assert "\nThe build failed.\n" in said
    assert ["generate", "failed", "1.0 s"] in words
    assert ["dbt", "failed", "1 min 30 s"] in words
    assert ["codes_are_known", "fail", "3"] in words
    place = words.index(["slowest node", "kind", "took"])
    assert words[place + 1] == ["int_moments__cells", "model", "1 min 1 s"]
    assert ["left out", "gss, bsa"] in words
    assert "Got 3 results" not in said
    code, said = run_command(project, "history", run_id, "--json")
    assert json.loads(said)["nodes"] == read_nodes(project, run_id)
    assert read_nodes(project, run_id)[1]["rows"] == 7


def test_a_run_that_is_not_there_or_not_clear_is_refused(
    project: Project, run_command: Run
) -> None:
    first, second = add_run(project, 0, "build"), add_run(project, 0, "export")
    code, said = run_command(project, "history", "2025")
    assert (code, said) == (1, "There is no run '2025'. `wavehouse history` lists the runs.\n")
    code, said = run_command(project, "history", "2026")
    assert code == 1
    assert said == (f"2 runs begin with '2026', such as {first}, {second}. Write more of it.\n")
    assert find_run(project, first)["command"] == "build"


def test_results_of_dbt_become_nodes_and_counts(project: Project) -> None:
    results = {
        "seed.wavehouse.waves": {"status": "success", "execution_time": 0.1},
        "model.ours.dim_wave": {"status": "error", "execution_time": 0.2},
        "test.wavehouse.a.b1": {"status": "pass", "execution_time": 0.3, "failures": 0},
        "test.wavehouse.c.d1": {"status": "warn", "execution_time": 0.4, "failures": 2},
        "test.ours.single": {"status": "error", "execution_time": 0.5, "failures": None},
        "test.wavehouse.e.f1": {"status": "skipped", "execution_time": 0},
    }
    again = {"seed.wavehouse.waves": {"status": "success", "execution_time": 0.2}}
    note_results(results)
    with recorded(project, "build") as run:
        note_results(results, again)
    (kept,) = read_runs(project)
    assert (kept["n_nodes"], kept["n_tests"]) == (6, 4)
    assert (kept["n_failed_tests"], kept["n_warned_tests"]) == (1, 1)
    nodes = {node["node"]: node for node in read_nodes(project, run.run_id)}
    assert set(nodes) == {"waves", "ours.dim_wave", "a", "c", "ours.single", "e"}
    assert nodes["waves"]["seconds"] == 0.3
    assert (nodes["c"]["failures"], nodes["c"]["kind"]) == (2, "test")


def test_what_got_slower_is_told_against_the_median_of_ten_builds(project: Project) -> None:
    assert compare_last_build(project, read_runs(project)).run is None
    # An eleventh build, long ago, would move the medians.
    add_run(project, 12, steps={"dbt": 900.0}, nodes={"a": 900.0})
    for day in range(11, 1, -1):
        quick = day % 2
        add_run(project, day, steps={"dbt": 10.0 + quick, "publish": 5.0}, nodes={"a": 2.0, "b": 1})
    add_run(project, 1, status="failed", steps={"dbt": 900.0})
    add_run(project, 1, "export", steps={"dbt": 900.0})
    last = add_run(
        project, 0, steps={"dbt": 21.0, "publish": 5.5}, nodes={"a": 3.0, "b": 1.1, "new": 9.0}
    )
    compared = compare_last_build(project, read_runs(project))
    assert compared.run
    assert compared.run["run_id"] == last
    (step,) = compared.steps
    assert (step.name, step.seconds, step.usual, step.n_compared) == ("dbt", 21.0, 10.5, 10)
    assert step.times == 2
    (node,) = compared.nodes
    assert (node.name, node.seconds, node.usual) == ("a", 3.0, 2.0)


def test_the_page_says_what_ran_what_failed_and_what_got_slower(
    project: Project, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(findings, "find_all", lambda *_: [])
    text = render(read_page(project, NOW))
    assert "Nothing has run yet that is recorded." in text
    assert "There are no two builds that passed yet" in text
    for day in (5, 4):
        add_run(project, day, nodes={"dim_wave": 1.0}, why="<b>because</b>")
    add_run(project, 3, status="failed", message="gss is not landed.")
    add_run(project, 2, nodes={"dim_wave": 9.0}, steps={"dbt": 50.0})
    killed = add_run(project, 1, "export", "killed", study_id="bsa", message="Killed.")
    text = render(read_page(project, NOW))
    assert "<b>because" not in text
    assert "gss is not landed." in text
    assert text.count("(passed since)") == 1
    assert ">1 failed</span> and did not pass since" in text
    assert f"wavehouse history {killed}" in text
    assert re.search(r"dim_wave</th>.*9\.0 s.*1\.0 s", text)
    assert "All is as it should be." in text
    # Nothing comes from elsewhere.
    assert not re.search(r"<script|https?://|<link", text)


def test_page_and_status_judge_alike_what_was_made_good(project: Project) -> None:
    """A run within a run that was done since, and a run that did all but take a delivery."""

    def judged() -> tuple[dict[str, bool], list[str]]:
        page = {each.run["run_id"]: each.is_made_good for each in read_page(project, NOW).failures}
        found = findings.find_all(project, NOW)
        return page, [each.subject for each in found if each.kind == "run_failed"]

    whole = add_run(project, 5, "run", "failed", trigger="schedule", message="build: it failed.")
    part = add_run(project, 5, "build", "failed", part_of=whole, trigger="schedule")
    assert judged() == ({whole: False, part: False}, ["wavehouse run"])
    build = add_run(project, 4, "build", trigger="schedule")
    assert judged() == ({whole: True, part: True}, [])
    (project.warehouse / "operations" / "runs" / f"{build}.json").unlink()
    refusing = add_run(project, 3, "run", "failed", trigger="schedule", details={"refused": 1})
    assert judged() == ({whole: False, part: False, refusing: False}, ["wavehouse run"])
    record = next(run for run in read_runs(project) if run["run_id"] == refusing)
    write_run(
        project, record | {"steps": [step | {"status": "passed"} for step in record["steps"]]}
    )
    # Its steps passed: the delivery is a finding of its own.
    assert judged() == ({whole: True, part: True}, [])


def test_the_page_shows_what_is_not_as_expected(
    project: Project, monkeypatch: pytest.MonkeyPatch
) -> None:
    late, failed = (
        Finding(kind, ERROR, "gss 2026", "It is not there.", "What is published stays.", "Ask.")
        for kind in ("wave_late", "run_failed")
    )
    monkeypatch.setattr(
        findings, "find_all", lambda _, now: [late, failed] if now == NOW else [failed]
    )
    text = render(read_page(project, NOW))
    assert ": gss 2026 is late</h3>" in text
    assert "What to do: Ask." in text
    # What failed is told above.
    assert "gss 2026 failed" not in text
    assert "All is as it should be." in render(read_page(project, NOW + timedelta(days=1)))


def test_the_page_is_written_at_the_end_of_a_run_but_not_of_a_part(
    project: Project, capsys: pytest.CaptureFixture[str]
) -> None:
    with recorded(project, "run"):
        with recorded(project, "build"):
            pass
        assert not page_file(project).exists()
    assert ">passed<" in page_file(project).read_text("utf-8")
    assert write_page(project) == page_file(project)
    before = page_file(project).read_bytes()
    with recorded(project, "build") as run:
        run.nothing_to_do()
    assert page_file(project).read_bytes() == before
    assert capsys.readouterr().err == ""


@pytest.mark.parametrize(
    ("seconds", "text"),
    [(None, ""), (0.04, "0.0 s"), (59.9, "59.9 s"), (61.4, "1 min 1 s"), (7260, "2 h 1 min")],
)
def test_durations_are_written_for_readers(seconds: float | None, text: str) -> None:
    assert duration(seconds) == text
