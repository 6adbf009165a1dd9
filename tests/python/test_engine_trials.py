"""`wavehouse engine`: what differs is found, and engines that are tried come out equal."""

import json
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import duckdb
import pytest
from workbench import ROOT, codebook_rows, copy_project, keep_studies

from wavehouse.commands.engine import NAMES
from wavehouse.engines.comparing import TOLERANCE, Compared, compare
from wavehouse.engines.engine import ENGINES
from wavehouse.engines.lake import connect_to_lake
from wavehouse.engines.trial import try_engine
from wavehouse.errors import WavehouseError
from wavehouse.project import Project

Run = Callable[..., tuple[int, str]]

HERE = """
    create table here as select * from (values
        ('a', 1, 0.25, null, date '2020-01-01'),
        ('b', 2, 1e-12, '', date '2020-01-02'),
        ('c', 3, null, 'x', null),
        (null, 4, 'nan'::double, 'y', null)
    ) as rows (key, number, estimate, label, day)
"""
# As a file brings them: all texts.
THERE = """
    create table there as
    select columns(*)::varchar from here
"""


@pytest.fixture
def tables() -> duckdb.DuckDBPyConnection:
    """Two equal tables, of which the second has texts only."""
    connection = duckdb.connect()
    connection.execute(HERE)
    connection.execute(THERE)
    return connection


def compared(connection: duckdb.DuckDBPyConnection, *key: str) -> Compared:
    """Compare the two."""
    return compare(connection, "table_of_figures", "here", "there", key or ("key",))


def test_equal_tables_are_equal(tables: duckdb.DuckDBPyConnection) -> None:
    found = compared(tables)
    assert (found.n_rows, found.n_values, found.n_off, found.wrong) == (4, 20, 0, [])
    assert found.greatest == 0


def test_a_last_digit_is_told_and_is_no_difference(tables: duckdb.DuckDBPyConnection) -> None:
    tables.execute("update there set estimate = '0.2500000000002' where key = 'a'")
    tables.execute("update there set estimate = '1.5e-12' where key = 'b'")
    found = compared(tables)
    assert not found.wrong
    # Relative to a quarter; next to zero the distance itself would be less.
    assert found.greatest == pytest.approx(8e-13, rel=1e-3)


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (
            "update there set estimate = '0.250001' where key = 'a'",
            "a: estimate is 0.25 on DuckDB and 0.250001 there",
        ),
        (
            "update there set estimate = '2e-9' where key = 'b'",
            "b: estimate is 1e-12 on DuckDB and 2e-09 there",
        ),
        (
            "update there set estimate = null where key = 'a'",
            "a: estimate is 0.25 on DuckDB and None there",
        ),
        (
            "update there set estimate = '0' where key = 'c'",
            "c: estimate is None on DuckDB and 0.0 there",
        ),
        (
            "update there set estimate = null where number = '4'",
            "null: estimate is nan on DuckDB and None there",
        ),
        (
            "update there set label = '' where key = 'a'",
            "a: label is None on DuckDB and '' there",
        ),
        (
            "update there set label = 'X' where key = 'c'",
            "c: label is 'x' on DuckDB and 'X' there",
        ),
        (
            "update there set day = '2020-01-03' where key = 'a'",
            "a: day is datetime.date(2020, 1, 1) on DuckDB and datetime.date(2020, 1, 3) there",
        ),
        ("delete from there where key is null", "row null is only on DuckDB"),
        ("insert into there values ('d', '5', null, null, null)", "row d is not on DuckDB"),
    ],
)
def test_each_kind_of_difference_is_named(
    tables: duckdb.DuckDBPyConnection, change: str, said: str
) -> None:
    tables.execute(change)
    found = compared(tables)
    assert found.wrong == [said]
    assert found.n_off == 1


def test_rows_and_columns_that_should_not_be_there_are_named(
    tables: duckdb.DuckDBPyConnection,
) -> None:
    tables.execute("insert into there select * from there where key = 'a'")
    assert compared(tables).wrong == ["the key names 1 rows more than once"]
    tables.execute("alter table there rename label to title")
    assert compared(tables).wrong == ["column only on DuckDB: label", "column not on DuckDB: title"]


def test_many_differences_are_counted_and_few_are_named(
    tables: duckdb.DuckDBPyConnection,
) -> None:
    tables.execute("create or replace table here as select range as key, 1.0 as n from range(50)")
    tables.execute("create or replace table there as select key, n + 1 as n from here")
    found = compared(tables)
    assert found.n_off == 50
    assert len(found.wrong) == 6
    assert found.wrong[-1] == "... 50 values of n"


def test_the_page_of_engines_says_what_was_found() -> None:
    script = [sys.executable, str(ROOT / "scripts/make_engine_table.py"), "--check"]
    assert subprocess.run(script, check=False).returncode == 0
    found = json.loads((ROOT / "docs/engines.json").read_text("utf-8"))
    assert found.keys() == ENGINES.keys() == set(NAMES)
    for trial in found.values():
        assert trial["n_equal"] == trial["n_tables"] > 30
        assert trial["greatest"] < TOLERANCE


@pytest.fixture
def bare_project(tmp_path: Path) -> Project:
    """A project of which nothing is looked at."""
    (tmp_path / "dbt_project.yml").write_text("name: wavehouse\n", encoding="utf-8")
    return Project(tmp_path)


def test_a_lake_that_was_never_built_is_told(bare_project: Project, run_command: Run) -> None:
    code, output = run_command(bare_project, "attack", "--target", "ducklake")
    assert code == 1
    assert "There is no lake at target/ducklake/catalogue.ducklake." in output


@pytest.fixture(scope="module")
def two_studies(tmp_path_factory: pytest.TempPathFactory) -> Project:
    """The examples without the large one, and without what is not landed."""
    project = copy_project(tmp_path_factory.mktemp("engines") / "project")
    keep_studies(project, ["api", "bsa"])
    return project


@pytest.mark.slow("server")
@pytest.mark.parametrize("name", sorted(ENGINES))
def test_the_small_studies_come_out_equal(
    two_studies: Project, run_command: Run, name: str
) -> None:
    code, output = run_command(two_studies, "engine", name)
    assert code == 0, output
    record = json.loads((two_studies.target / f"engines/{name}/trial.json").read_text("utf-8"))
    assert record["studies"] == ["api", "bsa"]
    assert record["n_equal"] == record["n_tables"] > 30
    assert record["n_values"] > 100_000
    # What it made is gone.
    assert not (two_studies.target / f"engines/{name}/tables").exists()


@pytest.mark.slow("drill")
def test_a_lake_is_built_attacked_and_read_as_it_was(
    two_studies: Project, run_command: Run
) -> None:
    code, output = run_command(two_studies, "build", "--target", "ducklake")
    assert code == 0, output
    code, output = run_command(two_studies, "attack", "--target", "ducklake")
    assert code == 0, output
    n_waves = len(codebook_rows(two_studies, "waves"))
    with connect_to_lake(two_studies, read_only=True) as lake:
        count = "select count(*) from marts.dim_wave"
        assert lake.execute(count).fetchall() == [(n_waves,)]
        ((last,),) = lake.execute("select max(snapshot_id) from lake.snapshots()").fetchall()
    with connect_to_lake(two_studies) as lake:
        lake.execute("delete from marts.dim_wave")
        assert lake.execute(count).fetchall() == [(0,)]
        assert lake.execute(f"{count} at (version => {last})").fetchall() == [(n_waves,)]
    # Once more, with a catalogue that is there; the deleted rows are back.
    code, output = run_command(two_studies, "build", "--target", "ducklake")
    assert code == 0, output
    with connect_to_lake(two_studies, read_only=True) as lake:
        assert lake.execute(count).fetchall() == [(n_waves,)]
    # As the guide says it: earlier versions go with their files.
    data = two_studies.target / "ducklake/data"
    n_files = len(list(data.rglob("*.parquet")))
    with connect_to_lake(two_studies) as lake:
        lake.execute("call ducklake_expire_snapshots('lake', older_than => now())")
        lake.execute("call ducklake_cleanup_old_files('lake', cleanup_all => true)")
        assert lake.execute("select count(*) from lake.snapshots()").fetchall() == [(1,)]
    assert len(list(data.rglob("*.parquet"))) < n_files


def test_an_encrypted_project_is_not_tried(bare_project: Project) -> None:
    with (bare_project.root / "dbt_project.yml").open("a", encoding="utf-8") as file:
        file.write(f"vars:\n  encrypted_for: age1{'q' * 58}\n")
    with pytest.raises(WavehouseError, match="an engine that is tried holds plain tables"):
        try_engine(bare_project, ENGINES["ducklake"])
