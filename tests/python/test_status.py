"""`wavehouse status`: what it shows, its exit code, its JSON and its metrics."""

import json
import re
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest
from prometheus_client import Metric
from prometheus_client.parser import text_string_to_metric_families
from small_operations import deliver, plan, publish_small, record, say, small_project, unwatch
from workbench import ROOT

from wavehouse.building import postgres
from wavehouse.building.postgres import PostgresServer, connect_to_target, throwaway_postgres
from wavehouse.operations.findings.finding import KINDS
from wavehouse.operations.findings.findings_of_postgres import judge_postgres
from wavehouse.operations.findings.growth import growth_per_day, note_sizes, read_sizes
from wavehouse.operations.findings.postgres_facts import ask_postgres
from wavehouse.operations.run_history.run_files import operations_folder
from wavehouse.operations.run_history.runs import recorded
from wavehouse.operations.status.metrics import metrics_file, metrics_text
from wavehouse.operations.status.status import look
from wavehouse.operations.status.status_text import status_lines
from wavehouse.project import Project

RunCommand = Callable[..., tuple[int, str]]
# As dbt begins its queries.
QUERY_COMMENT = '/* {"app": "dbt", "node_id": "model.wavehouse.fct_answers"} */'
MAY = datetime(2024, 5, 21, 12, tzinfo=UTC)
PLANNED = [
    {"wave_id": "w3", "due_on": "2024-02-20", "min_respondents": "2"},
    {"wave_id": "w4", "due_on": "2024-05-20"},
    {"wave_id": "w5", "due_on": "2024-08-20", "field_starts_on": "2024-08-01"},
]


@pytest.fixture(autouse=True)
def unwatched(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let runs be those of a schedule, on a machine without PostgreSQL."""
    unwatch(monkeypatch)


@pytest.fixture
def project(tmp_path: Path) -> Project:
    """A project with planned waves, of which one is late."""
    made = small_project(tmp_path / "towns", {})
    plan(made, PLANNED)
    deliver(made, "w3", 2)
    return made


def test_status_says_what_is_and_what_to_do(project: Project) -> None:
    publish_small(project)
    record(project, nodes={"fct_trend_estimates": 2.0})
    text = "\n".join(status_lines(look(project, datetime.now(UTC) + timedelta(hours=5))))
    for line in (
        r"^towns, \d{4}-\d\d-\d\d \d\d:\d\d UTC$",
        r"^Published +5 hours ago, 1 table, 1,000 rows \(\d{8}T\d+Z\)$",
        r"^Build +passed 5 hours ago, took [\d.]+ s, schedule$",
        r"^Backups +none declared in operations.yml$",
        r"^Disk.* +[\d.,]+ [GM]B of [\d.,]+ GB free$",
        r"^Working database +\d[\d.]* [kM]B",
        r"^  towns +w3 +2024-02-20 +2 +2 +\d{4}-\d\d-\d\d +complete$",
        r"^  towns +w4 +2024-05-20 +0 +LATE$",
        r"^Findings: \d errors?",
        r"^ERROR  Wave w4 of towns is late \(wave_late, since 2024-05-2\d \d\d:\d\d UTC\)$",
        r"^  What happened: The wave was due on 2024-05-20",
        r"^  What stays:    What is published stays as it was",
        r"^  What to do:    Ask who delivers it",
    ):
        assert re.search(line, text, re.MULTILINE), f"{line}\n\n{text}"
    assert max(map(len, text.splitlines())) <= 100


def test_the_exit_code_is_of_errors_and_not_of_warnings(
    project: Project, run_command: RunCommand
) -> None:
    assert run_command(project, "status")[0] == 1
    deliver(project, "w4", 1)
    plan(project, [PLANNED[0] | {"min_respondents": "3"}])
    code, output = run_command(project, "status")
    assert code == 0
    assert "Findings: 1 warning." in output
    plan(project, [])
    code, output = run_command(project, "status")
    assert code == 0
    assert "Everything is as it should be." in output


def test_status_needs_nothing_that_is_published_or_built(
    tmp_path: Path, run_command: RunCommand
) -> None:
    (tmp_path / "dbt_project.yml").write_text("name: towns\n")
    code, output = run_command(Project(tmp_path), "status")
    assert code == 0
    assert re.search(r"^Published +nothing yet$", output, re.MULTILINE)
    assert re.search(r"^Runs +none are remembered$", output, re.MULTILINE)
    assert not (tmp_path / "warehouse").exists()


def test_json_has_all_of_it(project: Project, run_command: RunCommand) -> None:
    release = publish_small(project)
    record(project)
    run_id = record(project, fails="A fault.")
    code, output = run_command(project, "status", "--json")
    assert code == 1
    said = json.loads(output)
    assert said["project"] == "towns"
    assert said["exit_code"] == 1
    assert {each["kind"] for each in said["findings"]} == {"run_failed", "wave_late"}
    assert said["release"]["release"] == release
    assert said["release"]["n_rows"] == 1000
    (build,) = said["runs"]
    assert (build["command"], build["target"]) == ("build", "duckdb")
    assert build["counts"] == {"passed": 1, "failed": 1}
    assert build["last"]["run_id"] == run_id
    assert build["last_passed"]["run_id"] != run_id
    assert build["running"] is None
    waves = {each["wave_id"]: each for each in said["waves"]}
    assert {name: wave["status"] for name, wave in waves.items()}["w4"] == "late"
    assert waves["w3"]["n_respondents"] == 2
    assert {each["name"] for each in said["databases"]} == {"working", "release", "history"}
    assert said["postgres"] is None


def test_texts_of_others_are_shown_and_not_obeyed(
    project: Project, run_command: RunCommand
) -> None:
    record(project, fails="The file \x1b]0;owned\x07.csv has no header.")
    _, output = run_command(project, "status")
    assert "\x1b]0" not in output
    assert "owned" in output


# Metrics ------------------------------------------------------------------------------------------


def metrics(text: str) -> dict[str, Metric]:
    """Read metrics as Prometheus does."""
    return {family.name: family for family in text_string_to_metric_families(text)}


def value(families: dict[str, Metric], name: str, **labels: str) -> float:
    """Give a value."""
    (found,) = (
        sample.value
        for sample in families[f"wavehouse_{name}"].samples
        if labels.items() <= sample.labels.items()
    )
    return found


def test_metrics_are_what_prometheus_reads(project: Project, run_command: RunCommand) -> None:
    publish_small(project)
    record(project, nodes={"fct_trend_estimates": 2.0, "fct_answers": 0.5})
    record(project, fails="A fault.")
    code, output = run_command(project, "status", "--metrics")
    assert code == 1
    assert "Wrote warehouse/operations/metrics.prom." in output
    families = metrics(metrics_file(project).read_text())
    for name, family in families.items():
        assert name.startswith("wavehouse_")
        assert family.documentation
        assert family.type in ("gauge", "counter")
        assert re.fullmatch(r"wavehouse(_[a-z]+)+", name)
    assert value(families, "findings", kind="wave_late", severity="error") == 2
    assert value(families, "findings", kind="disk_low", severity="error") == 0
    assert {s.labels["kind"] for s in families["wavehouse_findings"].samples} == set(KINDS)
    assert value(families, "wave_late", study="towns", wave="w4") == 1
    assert value(families, "wave_late", study="towns", wave="w3") == 0
    assert value(families, "wave_respondents", study="towns", wave="w3") == 2
    due = datetime(2024, 5, 20, tzinfo=UTC).timestamp()
    assert value(families, "wave_due_timestamp_seconds", wave="w4") == due
    assert value(families, "release_rows") == 1000
    assert time.time() - value(families, "release_published_timestamp_seconds") < 60
    assert value(families, "run_success", command="build", target="duckdb") == 0
    assert value(families, "runs", command="build", status="passed") == 1
    assert value(families, "run_duration_seconds", command="build") < 5
    assert value(families, "run_step_duration_seconds", command="build", step="dbt") < 5
    assert value(families, "model_duration_seconds", model="fct_trend_estimates") == 2
    assert value(families, "database_size_bytes", database="working") > 1000
    assert value(families, "disk_free_bytes") > 0
    assert "wavehouse_backup_failed" not in families


def test_every_metric_is_in_the_guide(project: Project, run_command: RunCommand) -> None:
    say(project, {"backup": {"repository": "../backup"}})
    last = {"ended_at": MAY.isoformat()}
    operations_folder(project).mkdir(parents=True, exist_ok=True)
    (operations_folder(project) / "backups.json").write_text(
        json.dumps({"last": last, "drill": last | {"passed": True}})
    )
    publish_small(project)
    record(project, nodes={"fct_trend_estimates": 2.0})
    note_sizes(project, {"working": 1}, datetime.now(UTC).date() - timedelta(days=30))
    run_command(project, "status", "--metrics")
    status = look(project)
    guide = (ROOT / "docs/guide/know-that-it-runs.md").read_text(encoding="utf-8")
    listed = set(re.findall(r"^\| `(wavehouse_\w+)", guide, re.MULTILINE))
    here = {
        sample.name
        for family in metrics(metrics_text(status)).values()
        for sample in family.samples
    }
    of_server = {name for name in listed if name.startswith("wavehouse_postgres_")}
    assert listed - of_server == here
    source = "".join(
        path.read_text() for path in (ROOT / "wavehouse/operations/status").glob("metrics_of_*.py")
    )
    names = {name.removeprefix("wavehouse_postgres_").removesuffix("_total") for name in of_server}
    assert all(f'"{name}"' in source or f'"postgres_{name}"' in source for name in names), names


def test_labels_of_others_break_no_line(tmp_path: Path) -> None:
    project = small_project(tmp_path / "towns", {})
    with recorded(project, 'build"\n} 1'):
        pass
    families = metrics(metrics_text(look(project)))
    assert value(families, "runs", command='build"\n} 1') == 1


def test_growth_is_told_over_a_week(project: Project) -> None:
    assert growth_per_day({}, "working", date(2024, 5, 21)) is None
    for day, size in ((1, 0), (10, 100), (14, 900), (18, 1000), (21, 1500)):
        note_sizes(project, {"working": size}, date(2024, 5, day))
    known = read_sizes(project)
    # From the 14th, the latest day that is a week away.
    assert growth_per_day(known, "working", date(2024, 5, 21)) == (1500 - 900) / 7
    assert growth_per_day(known, "working", date(2024, 5, 10)) == 100 / 9
    assert growth_per_day(known, "release", date(2024, 5, 21)) is None
    note_sizes(project, {"working": 7}, date(2025, 8, 1))
    assert list(read_sizes(project)) == [date(2025, 8, 1)]
    (operations_folder(project) / "sizes.json").write_text("[]")
    assert read_sizes(project) == {}


def test_a_model_is_profiled_by_duckdb(project: Project, run_command: RunCommand) -> None:
    publish_small(project)
    compiled = project.target / "compiled/towns/models/marts/fct_sums.sql"
    compiled.parent.mkdir(parents=True)
    compiled.write_text("select cell % 7 as rest, sum(estimate) from fct group by 1\n")
    code, output = run_command(project, "status", "--profile", "fct_sums")
    assert code == 1
    assert "The query of fct_sums cannot be run on target/wavehouse.duckdb: Catalog Error" in output
    compiled.write_text(
        "select cell % 7 as rest, sum(estimate) from marts.fct_trend_estimates group by 1\n"
    )
    before = project.working_database.read_bytes()
    code, output = run_command(project, "status", "--profile", "fct_sums")
    assert code == 0
    assert "HASH_GROUP_BY" in output
    assert re.search(r"\b7 rows", output, re.IGNORECASE)
    assert re.search(r"Total Time: [\d.]+s", output)
    assert project.working_database.read_bytes() == before
    for words in (["--profile", "fct_other"], ["--profile", "../fct_sums"], ["--profile", "*"]):
        code, output = run_command(project, "status", *words)
        assert code == 1
        assert "There is no model" in output
    assert run_command(project, "status", "--profile", "fct_sums", "--json")[0] == 2


# PostgreSQL ---------------------------------------------------------------------------------------


@contextmanager
def waiting(server: PostgresServer) -> Iterator[None]:
    """Let a query of dbt wait for a lock that another connection holds."""
    with (
        closing(connect_to_target(server.environment)) as holder,
        closing(connect_to_target(server.environment, application_name="dbt")) as waiter,
    ):
        with holder.cursor() as cursor:
            cursor.execute("create table if not exists locked (i int); truncate locked")
            holder.commit()
            cursor.execute("create table if not exists free as select 1 as i")
            holder.commit()
            # As when a build replaces a table.
            cursor.execute("lock table locked")
        query = (
            '/* {"app": "dbt", "node_id": "model.wavehouse.fct_answers"} */ select * from locked'
        )
        thread = threading.Thread(target=lambda: waiter.cursor().execute(query))
        thread.start()
        try:
            yield
        finally:
            holder.rollback()
            thread.join()


@pytest.mark.slow("server")
def test_a_server_says_how_it_is(project: Project, monkeypatch: pytest.MonkeyPatch) -> None:
    # One of its own: of one that others use the largest tables are told, and these are theirs.
    with throwaway_postgres() as server:
        see_how_it_is(project, server, monkeypatch)


def see_how_it_is(
    project: Project, postgres_server: PostgresServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name, setting in postgres_server.environment.items():
        monkeypatch.setenv(name, setting)
    with waiting(postgres_server):
        deadline = time.monotonic() + 20
        facts = ask_postgres()
        while not facts.waiting and time.monotonic() < deadline:
            time.sleep(0.1)
            facts = ask_postgres()
        (waits,) = facts.waiting
        assert (waits.node, waits.program, len(waits.blocked_by)) == ("fct_answers", "dbt", 1)
        status = look(project)
        families = metrics(metrics_text(status))
        assert value(families, "postgres_queries_waiting") == 1
    assert facts.error is None
    assert facts.started_at is not None
    assert facts.started_at < datetime.now(UTC)
    assert facts.size > 1e6
    # Asking for the size of the locked table would wait.
    assert list(facts.tables) == ["public.free"]
    assert "public.locked" in ask_postgres().tables
    assert 1 < facts.connections <= facts.max_connections
    # It did not wait long enough to be a finding.
    assert list(judge_postgres(facts, datetime.now(UTC))) == []
    assert value(families, "postgres_up") == 1
    assert value(families, "postgres_size_bytes") > 1e6
    assert value(families, "postgres_deadlocks") >= 0
    text = "\n".join(status_lines(status))
    assert re.search(r"^PostgreSQL +[\d.]+ MB, up for .+, 1 waiting, 0 deadlocks$", text, re.M)
    json.dumps(status.facts())
    # Every metric of the server is in the guide.
    guide = (ROOT / "docs/guide/know-that-it-runs.md").read_text(encoding="utf-8")
    listed = set(re.findall(r"^\| `(wavehouse_postgres_\w+)", guide, re.MULTILINE))
    here = {s.name for f in families.values() for s in f.samples if "_postgres_" in s.name}
    assert listed == here


@pytest.mark.slow("server")
def test_a_server_that_counts_statements_says_which_took_most(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setitem(postgres.SETTINGS, "shared_preload_libraries", "pg_stat_statements")
    with throwaway_postgres() as server:
        for name, setting in server.environment.items():
            monkeypatch.setenv(name, setting)
        assert ask_postgres().statements == []
        with closing(connect_to_target()) as connection:
            connection.autocommit = True
            cursor = connection.cursor()
            cursor.execute("create extension pg_stat_statements")
            for _ in range(3):
                cursor.execute("select count(*) from generate_series(1, 300000)")
            slowest = ask_postgres().statements[0]
    assert slowest["calls"] == 3
    assert slowest["seconds"] == pytest.approx(3 * slowest["mean_seconds"], abs=0.01)
