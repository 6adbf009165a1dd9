"""The tables of runs hold what their files say, on both engines, whatever else is built."""

from datetime import UTC, datetime
from typing import Any

import duckdb
import pytest
from guarded import COLUMNS, build_guarded
from workbench import own_database, query, query_postgres, run_dbt

from wavehouse.building.postgres import PostgresServer
from wavehouse.errors import ProblemsError, WavehouseError
from wavehouse.operations.run_history.dbt_results import note_results
from wavehouse.operations.run_history.load_postgres import load_runs
from wavehouse.operations.run_history.load_requests import load_requests
from wavehouse.operations.run_history.run_files import (
    nodes_folder,
    read_nodes,
    read_run,
    read_runs,
    runs_folder,
)
from wavehouse.operations.run_history.runs import RecordedRun, recorded
from wavehouse.project import Project
from wavehouse.publishing.publish import PassedBuild, publish
from wavehouse_exchange.serving.audit import AuditLog, erase_where, verify

TABLES = {
    "ops_runs": "run_id",
    "ops_run_steps": "run_id, step_number",
    "ops_tests": "run_id, test_name",
    "ops_requests": "asked_at, request_digest",
}
BUILD = ("build", "--select", "path:models/staging/operations", "path:models/marts/operations")
RESULTS = {
    "model.wavehouse.dim_wave": {"status": "success", "execution_time": 1.5},
    "test.wavehouse.codes_are_known.0123abcd": {
        "status": "fail",
        "execution_time": 0.25,
        "failures": 3,
    },
    "test.wavehouse.keys_are_filled.0123abcd": {"status": "pass", "failures": 0},
}


def record_some(project: Project) -> list[str]:
    """Record a run with a part and one that failed; give their ids."""
    with recorded(project, "run") as outer, recorded(project, "build", "duckdb") as build:
        with build.step("dbt") as dbt:
            dbt.rows = 35
        build.note(release_id="20260331T061500000000Z", n_rows=3_000_000_000, n_hard_findings=0)
    with pytest.raises(WavehouseError), recorded(project, "build", "duckdb") as failed:
        fail_within(failed)
    return [outer.run_id, build.run_id, failed.run_id]


def fail_within(run: RecordedRun) -> None:
    with run.step("generate"):
        pass
    with run.step("dbt"):
        note_results(RESULTS)
        raise WavehouseError("It's a 'fault'\twith a \\ and \u00e4\u20ac.")


def rows_on_duckdb(project: Project) -> dict[str, list[dict[str, Any]]]:
    return {
        table: query(project, f"select * from operations.{table} order by {key}")
        for table, key in TABLES.items()
    }


def test_files_become_tables(empty: Project) -> None:
    run = run_dbt(empty, *BUILD)
    assert run.exit_code == 0, run.output
    assert rows_on_duckdb(empty) == {table: [] for table in TABLES}

    outer, build, failed = record_some(empty)
    # What somebody damaged stops no build.
    (runs_folder(empty) / "20200101T000000000000Z-build.json").write_text('{"run_id": "x", ')
    (runs_folder(empty) / "20200102T000000000000Z-build.json").write_text("[1]")
    (nodes_folder(empty) / "20200101T000000000000Z-build.jsonl").write_text('{"run_id"')
    with recorded(empty, "build"):
        # The run that builds them is in none of them.
        run = run_dbt(empty, *BUILD)
    assert run.exit_code == 0, run.output
    tables = rows_on_duckdb(empty)
    runs = {row["run_id"]: row for row in tables["ops_runs"]}
    assert list(runs) == sorted([outer, build, failed])
    assert (runs[build]["part_of_run_id"], runs[outer]["part_of_run_id"]) == (outer, None)
    kept = read_run(empty, failed)
    assert kept is not None
    assert runs[failed]["message"] == kept["message"]
    assert runs[failed]["message"].startswith("It's a 'fault' with a \\ and \u00e4\u20ac.")
    assert runs[build]["n_rows"] == 3_000_000_000
    assert (runs[build]["n_hard_findings"], runs[build]["n_findings"]) == (0, None)
    assert runs[failed]["started_at"] == datetime.fromisoformat(kept["started_at"]).replace(
        tzinfo=None
    )
    assert runs[failed]["duckdb_version"] == kept["versions"]["duckdb"]
    assert [
        (row["run_id"], row["step_number"], row["step"], row["status"], row["n_rows"])
        for row in tables["ops_run_steps"]
    ] == [
        (build, 1, "dbt", "passed", 35),
        (failed, 1, "generate", "passed", None),
        (failed, 2, "dbt", "failed", None),
    ]
    assert tables["ops_tests"] == [
        {"run_id": failed, "test_name": "codes_are_known", "status": "fail", "n_failures": 3}
        | {"seconds": 0.25},
        {"run_id": failed, "test_name": "keys_are_filled", "status": "pass", "n_failures": 0}
        | {"seconds": 0.0},
    ]

    # They are made again from the files, were the database lost.
    empty.working_database.unlink()
    run = run_dbt(empty, *BUILD)
    assert run.exit_code == 0, run.output
    again = rows_on_duckdb(empty)
    assert again["ops_runs"][:3] == tables["ops_runs"]
    assert again["ops_tests"] == tables["ops_tests"]


def test_postgres_has_the_same_tables(empty: Project, postgres_server: PostgresServer) -> None:
    server = own_database(postgres_server, "runs")
    built = {"target": "postgres", "env": server.environment}
    run = run_dbt(empty, *BUILD, **built)
    assert run.exit_code == 0, run.output
    assert query_postgres(server, "select * from operations.ops_runs") == []

    record_some(empty)
    assert load_runs(empty, server.environment) == 3
    assert load_runs(empty, server.environment) == 0
    for target in ({}, built):
        run = run_dbt(empty, *BUILD, **target)
        assert run.exit_code == 0, run.output
    assert rows_on_postgres(server) == rows_on_duckdb(empty)

    # What is forgotten here is forgotten there.
    first, *_ = read_runs(empty)
    (runs_folder(empty) / f"{first['run_id']}.json").unlink()
    assert load_runs(empty, server.environment) == 0
    assert query_postgres(server, "select count(*) as n from history.runs") == [{"n": 2}]
    assert read_nodes(empty, first["run_id"]) == []


def rows_on_postgres(server: PostgresServer) -> dict[str, list[dict[str, Any]]]:
    return {
        table: sorted(
            query_postgres(server, f"select * from operations.{table}"),
            key=lambda row: [str(row[column]) for column in key.split(", ")],
        )
        for table, key in TABLES.items()
    }


def log_some(project: Project) -> None:
    """Log requests, as a server does; one names a person, one has a method of its own."""
    log = AuditLog(project.warehouse)
    said = {"audience": "partners", "key": "key_1", "status": 200, "rows": 2, "milliseconds": 12.5}
    said |= {"method": "GET", "release": "20260331T061500000000Z", "route": "/v1/answers"}
    log.add(said | {"address": "/v1/answers?filter[person]=PERSON117"})
    log.add(said | {"method": "PERSON117", "route": None, "status": 405, "rows": None})
    log.add(said | {"address": "/v1/shut\x00\u00e4", "key": None, "audience": None, "status": 401})


def test_requests_become_a_table_that_names_no_person(empty: Project) -> None:
    log_some(empty)
    run = run_dbt(empty, *BUILD)
    assert run.exit_code == 0, run.output
    rows = {row["status"]: row for row in rows_on_duckdb(empty)["ops_requests"]}
    first, second, third = rows[200], rows[405], rows[401]
    assert first["asked_at"] < datetime.now(UTC).replace(tzinfo=None)
    shown = ("audience_id", "key_id", "method", "route", "status", "n_rows", "seconds")
    assert [first[name] for name in shown] == [
        *("partners", "key_1", "GET", "/v1/answers", 200, 2, 0.0125)
    ]
    assert (second["method"], second["route"], second["n_rows"]) == (None, None, None)
    assert (third["audience_id"], third["status"], third["is_erased"]) == (None, 401, False)
    tables = "staging.stg_operations__requests", "operations.ops_requests"
    assert not any("PERSON117" in str(query(empty, f"from {table}")) for table in tables)

    # What was asked is erased: the table forgets the rest too, and the log still verifies.
    assert erase_where(empty.warehouse, "PERSON117", None, None) == (1, 1)
    run = run_dbt(empty, *BUILD)
    assert run.exit_code == 0, run.output
    erased = {row.pop("request_digest"): row for row in rows_on_duckdb(empty)["ops_requests"]}
    assert len(erased) == 3
    gone = erased[first["request_digest"]]
    assert (gone.pop("is_erased"), gone.pop("log_file")) == (True, first["log_file"])
    assert set(gone.values()) == {None}
    assert verify(empty.warehouse) == []


def test_no_release_has_the_requests_and_no_audience_is_given_them(empty_project: Project) -> None:
    def built(granted: str = "") -> PassedBuild:
        columns = {"audience_columns": COLUMNS + granted}
        build = build_guarded(empty_project, columns)
        with duckdb.connect(str(empty_project.working_database)) as connection:
            connection.execute("create schema operations")
            connection.execute(
                "create table operations.ops_requests as select 'PERSON117' as request_digest"
            )
        return build

    with pytest.raises(ProblemsError, match="there is no public table ops_requests"):
        publish(empty_project, built("public,ops_requests,\n"))
    publish(empty_project, built())
    release = (empty_project.warehouse / "current").resolve()
    databases = [*release.glob("*.duckdb"), release / "audiences/aggregates/public.duckdb"]
    for path in databases:
        with duckdb.connect(str(path), read_only=True) as connection:
            tables = connection.execute("select table_name from duckdb_tables()").fetchall()
            assert ("fct_trend_estimates",) in tables
            assert ("ops_requests",) not in tables
    assert len(databases) > 1
    assert not list(release.rglob("ops_requests*"))


def test_postgres_has_the_same_requests(empty: Project, postgres_server: PostgresServer) -> None:
    server = own_database(postgres_server, "requests")
    built = {"target": "postgres", "env": server.environment}
    log_some(empty)
    (path,) = (empty.warehouse / "audit").iterdir()
    with path.open("a") as stream:
        stream.write('{"digest": \n{"digest": "d", "chain": "c", "payload": "{"}\n')
    assert load_requests(empty, server.environment) == 4
    assert load_requests(empty, server.environment) == 0
    for target in ({}, built):
        run = run_dbt(empty, *BUILD, **target)
        assert run.exit_code == 0, run.output
    assert rows_on_postgres(server)["ops_requests"] == rows_on_duckdb(empty)["ops_requests"]
    assert "PERSON117" not in str(query_postgres(server, "select * from history.requests"))
    # What is erased here is erased there, and nobody reads the table but its owner.
    assert erase_where(empty.warehouse, None, "key_1", None) == (2, 1)
    assert load_requests(empty, server.environment) == 4
    count = "select count(*) as n from history.requests where payload is null"
    assert query_postgres(server, count) == [{"n": 3}]
    grants = "select distinct grantee from information_schema.role_table_grants "
    assert query_postgres(server, grants + "where table_name = 'ops_requests'") == [
        {"grantee": server.user}
    ]
    path.unlink()
    assert load_requests(empty, server.environment) == 0
    assert query_postgres(server, "select count(*) as n from history.requests") == [{"n": 0}]
