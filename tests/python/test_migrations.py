"""Older states are brought up to this version: codebooks, and databases."""

import csv
import json
import math
import shutil
from collections.abc import Callable
from contextlib import closing
from dataclasses import replace
from pathlib import Path

import duckdb
import pytest
from old_codebooks import MANGLED, OLD, PUBLISHED, mangle
from workbench import ROOT, copy_project, query, read_rows, run_dbt, run_wavehouse

from wavehouse.building.postgres import PostgresServer, connect_to_target
from wavehouse.errors import WavehouseError
from wavehouse.generate import generate
from wavehouse.migrations import codebook_state
from wavehouse.migrations.codebook_state import (
    applied_to,
    codebook_problem,
    migrate_codebook,
    plan_codebook,
    undo_codebook,
)
from wavehouse.migrations.database_state import applied_to as applied_to_database
from wavehouse.migrations.database_state import migrate_database, plan_database
from wavehouse.migrations.migration import Migration, known_migrations
from wavehouse.project import Project

# What has been released: a migration that was is never edited, since states remember its checksum.
RELEASED = {
    "codebook": [
        "9cfb1e6d44aa7b067a1bf170471e4c7e13060d917c1584b485b56002464a0500",
        "4556566ca4f9722b023361eb7a1e76af850d5d027c2490d80db3589e1a847032",
        "3abddb0c14d7bcd12003323f90a91eb4ba0fc6c92d3420e78f1d6f5bbb1b991b",
        "c459f54d5e86ccaa0e747f115600cb3030313a89ea2548413cbcc97aa5ae8377",
        "ef5e026bd3c25575c9c458bae02e0d482b043ac9cf7d23d9e50b5e19f39151b7",
        "c7bd71773e68de29b41d09c47ca581cc33f7d990ddc96873114b20e6b9ecc3f4",
        "1d0bcc830bf2d5f4dbd8c2fe77dfaec99873197764b49e0c0ea7e16d1f8690d8",
        "7477049f7a40b10e41d114e7b85beb22371e6ef8eab66ad4fa679b44bfb2b090",
        "c07198b6d40acac2764e8274f94b56f733267e56dbefe5cf0e15e3dd50a5f13d",
    ],
    "database": ["604388d93dc124e210cbaf0da86f100fa02323e6a16c22424bb4496f4b51d67d"],
}
NEWEST = len(RELEASED["codebook"])
TABLES = {
    "fct_trend_estimates": ("estimate", "standard_error", "ci_lower", "ci_upper"),
    "fct_pooled_estimates": ("estimate", "standard_error"),
    "fct_period_estimates": ("estimate", "standard_error"),
    "fct_trend_indices": ("index_value", "standard_error"),
    "fct_trend_changes": ("change", "standard_error", "p_value"),
}


def old_project(folder: Path) -> Project:
    """Give a project with nothing but an old codebook in the folders that migrations look at."""
    shutil.copytree(OLD / "codebook", folder / "seeds/codebook")
    shutil.copytree(ROOT / "seeds/library", folder / "seeds/library")
    (folder / "dbt_project.yml").write_text("name: wavehouse\n")
    return Project(folder)


@pytest.fixture
def old(tmp_path: Path) -> Project:
    """An old codebook."""
    return old_project(tmp_path)


def state_of(project: Project) -> dict[str, bytes]:
    """Give every file of the codebook."""
    return {path.name: path.read_bytes() for path in project.codebook.iterdir()}


def rows_of(project: Project, table: str) -> list[tuple[str, ...]]:
    """Give the rows of a codebook table, without its header."""
    return [tuple(row.values()) for row in read_rows(project.codebook / f"{table}.csv")]


def change(project: Project, table: str, edit: Callable[[list[list[str]]], None]) -> None:
    """Change the lines of a codebook table; the first is its header."""
    path = project.codebook / f"{table}.csv"
    with path.open(encoding="utf-8", newline="") as file:
        lines = list(csv.reader(file))
    edit(lines)
    with path.open("w", encoding="utf-8", newline="") as file:
        csv.writer(file, lineterminator="\n").writerows(lines)


# --- The codebook


@pytest.mark.parametrize("state", RELEASED)
def test_a_released_migration_is_not_edited(state: str) -> None:
    known = known_migrations(state)
    assert [each.number for each in known] == list(range(1, len(known) + 1))
    assert [each.checksum for each in known] == RELEASED[state]


def test_the_codebook_of_the_project_is_of_this_version() -> None:
    assert (ROOT / "seeds/codebook/migrations.json").is_file()
    assert codebook_problem(Project(ROOT)) is None
    assert len(applied_to(Project(ROOT))) == len(RELEASED["codebook"])


def test_the_first_migration_says_each_fact_once(old: Project) -> None:
    migrate_codebook(old)
    assert {row[:2] for row in rows_of(old, "bases")} == {
        ("base_of_towns_hours_old", "Old people of the north")
    }
    assert rows_of(old, "base_categories") == [
        ("base_of_towns_hours_old", "towns_age", "old"),
        ("base_of_towns_hours_old", "towns_side", "north"),
    ]
    measures = {row["measure_id"]: row for row in read_rows(old.codebook / "measures.csv")}
    assert {name for name, row in measures.items() if row["base_id"]} == {
        "towns_hours_old",
        "towns_mood_old",
    }
    # Two nets with equal scores, in whatever order, have one set.
    items = {row["measure_id"]: row for row in read_rows(old.codebook / "measure_items.csv")}
    assert items["towns_mood_wide"]["score_id"] == "towns_mood_net_good_or_fair"
    assert [row[0] for row in rows_of(old, "scores")] == [
        *["towns_mood_net_good_or_fair"] * 2,
        *["towns_mood_balance_balance"] * 2,
        *["towns_use_used"] * 2,
        *["towns_media"] * 3,
    ]
    assert rows_of(old, "derived_sums") == [("towns_media", "towns_media", "towns_media", "1")]
    assert rows_of(old, "periods") == [("towns", "pooled_waves", "2"), ("towns", "month", "")]
    assert rows_of(old, "comparisons")[1] == ("towns", "index_w1", "index", "w1")
    # The library's own rule and thresholds go; the rule that the project had changed stays.
    rules = {
        row["publication_rule_id"]: row for row in read_rows(old.codebook / "publication_rules.csv")
    }
    assert {name: row["share_ci_method"] for name, row in rules.items()} == {
        "towns_rule": "wilson",
        "open_data": "logit",
        "dhs": "logit",
    }
    assert len(rows_of(old, "publication_criteria")) == 1 + 1 + 2
    assert [row[:4] for row in rows_of(old, "drift_thresholds")] == [
        ("weights_changed", "kish_factor", "warning", "3")
    ]


def test_rules_of_the_library_go_with_their_criteria(old: Project) -> None:
    def as_in_library(lines: list[list[str]]) -> None:
        (line,) = (line for line in lines if line[:2] == ["dhs", "2"])
        line[lines[0].index("threshold")] = "50"

    change(old, "publication_criteria", as_in_library)
    migrate_codebook(old)
    assert "dhs" not in {row[0] for row in rows_of(old, "publication_rules")}
    assert "dhs" not in {row[0] for row in rows_of(old, "publication_criteria")}


def test_files_as_editors_leave_them_migrate_alike(old: Project, tmp_path: Path) -> None:
    other = old_project(tmp_path / "other")
    mangle(other.codebook)
    migrate_codebook(old)
    migrate_codebook(other)
    for path in sorted(old.codebook.glob("*.csv")):
        ours = [dict(sorted(row.items())) for row in read_rows(path)]
        found = [
            {column.strip("\ufeff "): value for column, value in row.items()}
            for row in read_rows(other.codebook / path.name)
        ]
        if path.stem == "measures":
            # Somebody's own column is kept.
            assert [row.pop("our_note") for row in found] == ["ask Ann"] * len(found)
        if path.stem in MANGLED or path.stem in ("bases", "base_categories", "scores"):
            assert [dict(sorted(row.items())) for row in found] == ours, path.stem
        else:
            assert path.read_bytes() == (other.codebook / path.name).read_bytes()
    measures = (other.codebook / "measures.csv").read_bytes()
    assert measures.startswith(b"\xef\xbb\xbf")
    assert measures.count(b"\r\n") == measures.count(b"\n") > 0


def test_showing_changes_nothing(old: Project, run_command: Callable[..., tuple[int, str]]) -> None:
    before = state_of(old)
    code, said = run_command(old, "migrate")
    assert code == 0
    assert f"seeds/codebook would be brought from version 0 to {NEWEST}:" in said
    assert "  measure_bases.csv: removed (4 rows)" in said
    assert "  base_categories.csv: new (2 rows)" in said
    assert said.endswith("Nothing was changed. `wavehouse migrate --apply` does it.\n")
    assert state_of(old) == before
    assert not (old.root / ".wavehouse").exists()


@pytest.mark.parametrize(
    "words",
    [
        ("check",),
        ("generate",),
        ("add-wave", "towns", "w3", "towns_w3.csv", "--date", "2023-05-01"),
        ("apply", "towns", "w3"),
        ("fetch", "towns"),
    ],
)
def test_commands_leave_an_old_codebook_alone(
    old: Project, run_command: Callable[..., tuple[int, str]], words: tuple[str, ...]
) -> None:
    before = state_of(old)
    (old.root / "towns_w3.csv").write_text("id\n1\n")
    code, said = run_command(old, *words)
    assert code == 1
    assert f"seeds/codebook has version 0, but this program reads version {NEWEST}" in said
    assert state_of(old) == before


def test_a_migration_can_be_taken_back(
    old: Project, run_command: Callable[..., tuple[int, str]]
) -> None:
    before = state_of(old)
    assert run_command(old, "migrate", "--apply")[0] == 0
    migrated = state_of(old)
    assert run_command(old, "migrate") == (
        0,
        "seeds/codebook has the version that this program reads.\n",
    )
    code, said = run_command(old, "migrate", "--undo")
    assert code == 0
    assert "seeds/codebook has version 0 again" in said
    assert state_of(old) == before
    kept = old.root / ".wavehouse/codebook.undone"
    assert {path.name: path.read_bytes() for path in kept.iterdir()} == migrated
    assert "there is nothing to put back" in run_command(old, "migrate", "--undo")[1]
    # And forward again.
    assert run_command(old, "migrate", "--apply")[0] == 0
    assert {*state_of(old)} == {*migrated}


@pytest.mark.parametrize("stop", range(4))
def test_a_killed_migration_leaves_all_or_nothing(
    old: Project, monkeypatch: pytest.MonkeyPatch, stop: int
) -> None:
    before = state_of(old)
    renames = []
    rename = Path.rename

    def stopped(path: Path, target: Path) -> Path:
        renames.append(path)
        if len(renames) > stop:
            raise SystemExit
        return rename(path, target)

    monkeypatch.setattr(Path, "rename", stopped)
    if stop < 3:
        with pytest.raises(SystemExit):
            migrate_codebook(old)
    else:
        migrate_codebook(old)
    monkeypatch.undo()
    if stop < 2:
        assert state_of(old) == before
    if stop == 2:
        assert "a migration was stopped" in (codebook_problem(old) or "")
    migrate_codebook(old)
    assert codebook_problem(old) is None
    assert "scores.csv" in state_of(old)
    assert {
        path.name: path.read_bytes() for path in (old.root / ".wavehouse/codebook.0").iterdir()
    } == before


def test_a_killed_undoing_is_ended(old: Project, monkeypatch: pytest.MonkeyPatch) -> None:
    before = state_of(old)
    migrate_codebook(old)
    migrated = state_of(old)
    rename = Path.rename

    def killed(path: Path, target: Path) -> Path:
        if target == old.codebook:
            raise SystemExit
        return rename(path, target)

    monkeypatch.setattr(Path, "rename", killed)
    with pytest.raises(SystemExit):
        undo_codebook(old)
    monkeypatch.undo()
    assert "a migration was stopped" in (codebook_problem(old) or "")
    assert migrate_codebook(old).migrations == []
    assert state_of(old) == before
    kept = old.root / ".wavehouse/codebook.undone"
    assert {path.name: path.read_bytes() for path in kept.iterdir()} == migrated


def test_a_folder_that_cannot_be_put_in_place_changes_nothing(
    old: Project, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = state_of(old)
    rename = Path.rename

    def refused(path: Path, target: Path) -> Path:
        if path.name == "codebook.new":
            raise OSError(28, "No space left on device")
        return rename(path, target)

    monkeypatch.setattr(Path, "rename", refused)
    with pytest.raises(WavehouseError, match="the disk is full"):
        migrate_codebook(old)
    assert state_of(old) == before


@pytest.mark.parametrize(
    ("applied", "problem"),
    [
        ([(1, "x")], "this program has another one with this number: it was edited afterwards"),
        (
            [*((number, "") for number in range(1, NEWEST + 1)), (NEWEST + 1, "y")],
            f"has version {NEWEST + 1}, but this program knows versions only up to {NEWEST}",
        ),
        ([(2, "y")], "which are not all of them in order"),
    ],
)
def test_a_state_that_does_not_fit_is_refused(
    old: Project, applied: list[tuple[int, str]], problem: str
) -> None:
    known = {each.number: each.checksum for each in known_migrations("codebook")}
    said = [
        {"number": number, "name": "made_up", "checksum": checksum or known[number]}
        for number, checksum in applied
    ]
    path = old.codebook / "migrations.json"
    path.write_text(json.dumps({"applied": said}))
    before = state_of(old)
    assert problem in (codebook_problem(old) or "")
    with pytest.raises(WavehouseError, match="seeds/codebook"):
        migrate_codebook(old)
    assert state_of(old) == before


def test_versions_that_cannot_be_read_are_a_problem(old: Project) -> None:
    (old.codebook / "migrations.json").write_text("<<<<<<< ours")
    assert "migrations.json cannot be read" in (codebook_problem(old) or "")


def test_old_tables_beside_new_ones_are_a_problem(old: Project) -> None:
    kept = (old.codebook / "measure_bases.csv").read_bytes()
    migrate_codebook(old)
    (old.codebook / "measure_bases.csv").write_bytes(kept)
    said = codebook_problem(old) or ""
    assert "measure_bases.csv" in said
    assert "beside" in said


@pytest.mark.parametrize(
    ("table", "line", "problem"),
    [
        (
            "interval_methods",
            ["towns_rule", "share_of_cases", "t"],
            None,
        ),
        (
            "measure_bases",
            ["nobody", "towns_age", "old"],
            "measure_bases.csv has rows of nobody, which the codebook does not have",
        ),
        (
            "measure_scores",
            ["towns_mood_net", "none", "bad", "1"],
            "measure_scores.csv has rows of towns_mood_net/none",
        ),
        (
            "derived_sum_scores",
            ["towns_hours", "never", "1"],
            "derived_sum_scores.csv has rows of towns_hours",
        ),
        ("measures", ["short"], "measures.csv, line 11: 1 values where the header has 11 columns"),
    ],
)
def test_what_would_be_lost_stops_a_migration(
    old: Project, table: str, line: list[str], problem: str | None
) -> None:
    change(old, table, lambda lines: lines.append(line))
    before = state_of(old)
    if problem is None:
        # No measure has that kind.
        assert plan_codebook(old).migrations
        return
    with pytest.raises(WavehouseError, match=problem):
        migrate_codebook(old)
    assert state_of(old) == before


def test_two_intervals_of_one_rule_stop_a_migration(old: Project) -> None:
    def other_for_nets(lines: list[list[str]]) -> None:
        (line,) = (line for line in lines if line[:2] == ["towns_rule", "net"])
        line[2] = "t"

    change(old, "interval_methods", other_for_nets)
    with pytest.raises(WavehouseError, match="rule towns_rule has wilson for share, t for net"):
        migrate_codebook(old)


def test_factors_of_replicates_stand_with_their_columns(old: Project) -> None:
    change(
        old,
        "design_columns",
        lambda lines: lines.extend(
            ["towns", "replicate_weight", str(position), f"r{position}"] for position in (1, 2)
        ),
    )
    change(
        old,
        "replicate_factors",
        lambda lines: lines.extend([["towns", "2", "0.5"], ["towns", "7", "3"]]),
    )
    plan = migrate_codebook(old)
    assert [row[-2:] for row in rows_of(old, "design_columns")][-2:] == [("r1", ""), ("r2", "0.5")]
    assert "a factor for replicate 7 of design towns" in "\n".join(plan.notes)


def test_the_second_migration_leaves_room_for_several_weights(old: Project) -> None:
    migrate_codebook(old)
    migrated = state_of(old)
    assert rows_of(old, "weights") == []

    # As the version before left it.
    (old.codebook / "weights.csv").unlink()
    for table in ("design_columns", "studies", "measures"):

        def without_weight(lines: list[list[str]]) -> None:
            place = lines[0].index("weight_id")
            for line in lines:
                assert line.pop(place) in ("weight_id", "")

        change(old, table, without_weight)
    said = json.loads((old.codebook / "migrations.json").read_text())
    (old.codebook / "migrations.json").write_text(json.dumps({"applied": said["applied"][:1]}))
    assert "has version 1" in (codebook_problem(old) or "")

    plan = migrate_codebook(old)
    assert [each.number for each in plan.migrations] == list(range(2, NEWEST + 1))
    tables = {name for name in migrated if name.endswith(".csv")}
    assert {name: state_of(old)[name] for name in tables} == {
        name: migrated[name] for name in tables
    }


def test_the_third_migration_makes_no_dates_and_no_names_up(old: Project) -> None:
    change(
        old,
        "waived_columns",
        lambda lines: lines.append(["towns", "q9", "w1", "", "technical", "Says nothing."]),
    )
    plan = migrate_codebook(old)
    migrated = state_of(old)
    added = {"waived_columns": ("column_label", "waived_on")}
    added["crosswalk"] = ("reviewed_by", "reviewed_on")
    assert rows_of(old, "waived_columns") == [
        ("towns", "q9", "w1", "", "technical", "", "Says nothing.", "")
    ]
    assert "1 waiver(s) have no date and no label" in "\n".join(plan.notes)
    for table, columns in added.items():
        for row in read_rows(old.codebook / f"{table}.csv"):
            assert [row[column] for column in columns] == ["", ""]

    # As the version before left it.
    for table, columns in added.items():

        def without(lines: list[list[str]], columns: tuple[str, ...] = columns) -> None:
            for column in columns:
                place = lines[0].index(column)
                for line in lines:
                    del line[place]

        change(old, table, without)
    said = json.loads((old.codebook / "migrations.json").read_text())
    (old.codebook / "migrations.json").write_text(json.dumps({"applied": said["applied"][:2]}))
    plan = migrate_codebook(old)
    assert [each.number for each in plan.migrations] == list(range(3, NEWEST + 1))
    for table in added:
        assert state_of(old)[f"{table}.csv"] == migrated[f"{table}.csv"]


def test_an_old_codebook_gives_the_numbers_that_it_gave(tmp_path: Path) -> None:
    """What is expected was published by the version before, from the same files."""
    project = copy_project(tmp_path / "project")
    for path in [*project.codebook.glob("*.csv"), project.codebook / "migrations.json"]:
        path.unlink()
    shutil.rmtree(project.waves)
    for path in (OLD / "codebook").glob("*.csv"):
        shutil.copy(path, project.codebook)
    mangle(project.codebook)
    shutil.copytree(OLD / "waves", project.waves / "towns")
    before = state_of(project)
    run = run_wavehouse(project, "build")
    assert run.exit_code == 1
    assert f"seeds/codebook has version 0, but this program reads version {NEWEST}" in run.output
    assert "`wavehouse migrate --apply`" in run.output
    assert state_of(project) == before
    migrate_codebook(project)
    generate(project)
    built = run_dbt(
        project,
        "build",
        "--exclude-resource-type",
        "unit_test",
        "test",
        "--select",
        *(f"+{table}" for table in TABLES),
    )
    assert built.exit_code == 0, built.output[-5000:]
    compared = 0
    for table, numbers in TABLES.items():
        expected = read_rows(PUBLISHED / f"{table}.csv")
        keys = [column for column in expected[0] if column not in numbers]
        segments = {row["segment_id"] for row in expected}
        found = {
            tuple("" if row[key] is None else str(row[key]) for key in keys): row
            for row in query(project, f"select * from marts.{table}")
            if row["segment_id"] in segments
        }
        # Periods between waves were rows without numbers, and are none any more.
        expected = [
            row
            for row in expected
            if tuple(row[key] for key in keys) in found or any(row[number] for number in numbers)
        ]
        assert found.keys() == {tuple(row[key] for key in keys) for row in expected}
        for row in expected:
            for number in numbers:
                value = found[tuple(row[key] for key in keys)][number]
                assert (value is None) == (row[number] == "")
                if value is not None:
                    assert math.isclose(value, float(row[number]), rel_tol=1e-9, abs_tol=1e-12)
                    compared += 1
    assert compared > 400


# --- A database


def steps(log: list[int], *numbers: int, fails: int | None = None) -> list[Migration]:
    """Make migrations, each of which adds a table."""

    def migration(number: int) -> Migration:
        def migrate(execute: Callable[[str], object]) -> list[str]:
            execute(f"create table kept_{number} (id integer)")
            if number == fails:
                execute("select * from nothing_of_that_name")
            log.append(number)
            return [f"note {number}"]

        return Migration(number, f"m{number}", "Made up", f"sum {number}", migrate)

    return [migration(number) for number in numbers]


@pytest.fixture
def database() -> duckdb.DuckDBPyConnection:
    """A database with nothing in it."""
    return duckdb.connect()


def table_names(database: duckdb.DuckDBPyConnection) -> set[str]:
    """Give the tables of a database."""
    return {row[0] for row in database.execute("select table_name from duckdb_tables()").fetchall()}


def test_a_database_is_migrated_step_by_step(database: duckdb.DuckDBPyConnection) -> None:
    log: list[int] = []
    assert migrate_database(database, "it", steps(log, 1)) == ["note 1"]
    assert migrate_database(database, "it", steps(log, 1, 2, 3)) == ["note 2", "note 3"]
    assert migrate_database(database, "it", steps(log, 1, 2, 3)) == []
    assert log == [1, 2, 3]
    assert [each.number for each in applied_to_database(database)] == [1, 2, 3]


def test_a_database_has_all_migrations_or_none(database: duckdb.DuckDBPyConnection) -> None:
    migrate_database(database, "it", steps([], 1))
    with pytest.raises(duckdb.Error, match="nothing_of_that_name"):
        migrate_database(database, "it", steps([], 1, 2, 3, fails=3))
    assert table_names(database) == {"migrations", "kept_1"}
    assert [each.number for each in applied_to_database(database)] == [1]


def test_a_database_that_does_not_fit_is_refused(database: duckdb.DuckDBPyConnection) -> None:
    log: list[int] = []
    migrate_database(database, "it", steps(log, 1, 2))
    with pytest.raises(WavehouseError, match="it has version 2, but this program knows"):
        plan_database(database, "it", steps(log, 1))
    edited = [replace(each, checksum="another") for each in steps(log, 1, 2)]
    with pytest.raises(WavehouseError, match="edited afterwards"):
        migrate_database(database, "it", edited)


def test_former_tables_are_dropped(database: duckdb.DuckDBPyConnection) -> None:
    for schema in ("codebook", "staging"):
        database.execute(f"create schema {schema}")
    for name in ("measure_bases", "measures"):
        database.execute(f"create table codebook.{name} (id integer)")
        database.execute(
            f"create view staging.stg_codebook__{name} as select * from codebook.{name}"
        )
    migrate_database(database, "it")
    assert table_names(database) == {"measures", "migrations"}
    views = database.execute(
        "select view_name from duckdb_views() where schema_name = 'staging'"
    ).fetchall()
    assert views == [("stg_codebook__measures",)]
    # Where nothing of them is there, nothing happens.
    empty = duckdb.connect()
    migrate_database(empty, "it")
    assert [each.number for each in applied_to_database(empty)] == [1]


def test_a_postgres_database_is_migrated_in_a_transaction(
    postgres_server: PostgresServer,
    monkeypatch: pytest.MonkeyPatch,
    old: Project,
    run_command: Callable[..., tuple[int, str]],
) -> None:
    with closing(connect_to_target(postgres_server.environment)) as connection:
        connection.autocommit = True
        connection.cursor().execute("create database migrated")
    server = replace(postgres_server, database="migrated")
    for name, value in server.environment.items():
        monkeypatch.setenv(name, value)
    with closing(connect_to_target(server.environment)) as connection:
        connection.autocommit = True
        cursor = connection.cursor()
        for schema in ("codebook", "staging"):
            cursor.execute(f"create schema {schema}")
        cursor.execute("create table codebook.measure_bases (id integer)")
        cursor.execute(
            "create view staging.stg_codebook__left_out_measures as "
            "select * from codebook.measure_bases"
        )

        def tables() -> list[str]:
            cursor.execute(
                "select table_name from information_schema.tables "
                "where table_schema in ('codebook', 'wavehouse') order by 1"
            )
            return [row[0] for row in cursor.fetchall()]

        fails = [*known_migrations("database"), *steps([], 2, fails=2)]
        with pytest.raises(Exception, match="nothing_of_that_name"):
            migrate_database(cursor, "it", fails)
        assert tables() == ["measure_bases"]
        assert "would be migrated" in run_command(old, "migrate", "--target", "postgres")[1]
        assert tables() == ["measure_bases"]
        code, said = run_command(old, "migrate", "--target", "postgres", "--apply")
        assert (code, "was migrated" in said) == (0, True)
        assert tables() == ["migrations"]


def test_new_tables_of_the_first_migration_are_known() -> None:
    """Files that only an old codebook has are told from those of this one."""
    here = {path.name for path in (ROOT / "seeds/codebook").glob("*.csv")}
    old = {path.name for path in (OLD / "codebook").glob("*.csv")}
    assert {*codebook_state.FORMER} == old - here


def test_the_undone_state_is_named(old: Project) -> None:
    migrate_codebook(old)
    assert any(".wavehouse/codebook.undone" in line for line in undo_codebook(old))


def test_the_fourth_migration_leaves_room_for_labels_of_missing_codes(old: Project) -> None:
    migrate_codebook(old)
    assert rows_of(old, "missing_labels") == []
    table = old.codebook / "missing_labels.csv"
    assert table.read_text(encoding="utf-8") == "language,label,missing_kind\n"

    # As the version before left it.
    table.unlink()
    said = json.loads((old.codebook / "migrations.json").read_text())
    (old.codebook / "migrations.json").write_text(json.dumps({"applied": said["applied"][:3]}))
    assert "has version 3" in (codebook_problem(old) or "")
    plan = migrate_codebook(old)
    assert [each.number for each in plan.migrations] == list(range(4, NEWEST + 1))
    assert "missing_labels.csv: new (0 rows)" in plan.changes


def test_the_fifth_migration_leaves_room_for_planned_waves(old: Project) -> None:
    migrate_codebook(old)
    table = old.codebook / "field_schedule.csv"
    assert table.read_bytes() == (ROOT / "seeds/codebook/field_schedule.csv").read_bytes()

    # As the version before left it.
    table.unlink()
    said = json.loads((old.codebook / "migrations.json").read_text())
    (old.codebook / "migrations.json").write_text(json.dumps({"applied": said["applied"][:4]}))
    assert "has version 4" in (codebook_problem(old) or "")
    plan = migrate_codebook(old)
    assert [each.number for each in plan.migrations] == list(range(5, NEWEST + 1))
    assert "field_schedule.csv: new (0 rows)" in plan.changes


def test_the_sixth_migration_makes_no_dates_of_drift_waivers_up(old: Project) -> None:
    waiver = ["towns", "w1", "weights_changed", "weights", "Another scale."]
    change(old, "drift_waivers", lambda lines: lines.append(waiver))
    plan = migrate_codebook(old)
    assert rows_of(old, "drift_waivers") == [(*waiver, "")]
    assert "1 waiver(s) of drift have no date" in "\n".join(plan.notes)

    # As the version before left it.
    change(old, "drift_waivers", lambda lines: [line.pop() for line in lines])
    said = json.loads((old.codebook / "migrations.json").read_text())
    (old.codebook / "migrations.json").write_text(json.dumps({"applied": said["applied"][:5]}))
    plan = migrate_codebook(old)
    assert [each.number for each in plan.migrations] == list(range(6, NEWEST + 1))
    assert rows_of(old, "drift_waivers") == [(*waiver, "")]


def test_the_seventh_migration_serves_nobody_until_rows_say_whom(old: Project) -> None:
    plan = migrate_codebook(old)
    assert "audiences.csv: new (0 rows)" in plan.changes
    for name in ("audiences", "audience_rows", "audience_columns"):
        header = (ROOT / f"seeds/codebook/{name}.csv").read_text(encoding="utf-8").splitlines()[0]
        assert (old.codebook / f"{name}.csv").read_text(encoding="utf-8") == f"{header}\n"


def test_the_eighth_migration_lets_nobody_deliver_until_rows_say_who(old: Project) -> None:
    plan = migrate_codebook(old)
    assert "audience_deliveries.csv: new (0 rows)" in plan.changes
    header = (ROOT / "seeds/codebook/audience_deliveries.csv").read_text().splitlines()[0]
    assert (old.codebook / "audience_deliveries.csv").read_text() == f"{header}\n"


def test_the_ninth_migration_replaces_and_removes_nothing_until_rows_say_so(old: Project) -> None:
    plan = migrate_codebook(old)
    assert "study_protections.csv: new (0 rows)" in plan.changes
    header = (ROOT / "seeds/codebook/study_protections.csv").read_text().splitlines()[0]
    assert (old.codebook / "study_protections.csv").read_text() == f"{header}\n"
