"""Publishing is all or nothing: for readers, when it fails, and when it is killed."""

import json
import random
import signal
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Callable
from multiprocessing import get_context
from multiprocessing.synchronize import Event
from pathlib import Path

import duckdb
import pytest

import wavehouse.publishing.publish
import wavehouse.publishing.published_tables
from wavehouse.errors import ProblemsError, WavehouseError
from wavehouse.project import Project
from wavehouse.publishing.publish import PassedBuild, passed_build, publish
from wavehouse.publishing.releases import published_manifest, release_folder

Run = Callable[..., tuple[int, str]]
StartProcess = Callable[..., "subprocess.Popen[bytes]"]

# Enough rows that a publish takes a while and can be caught in the middle.
ROWS = 200_000
TABLES = ["fct_answers", "fct_trend_estimates", "measures_view"]


def build_working_database(project: Project, version: int, rows: int = 1_000) -> PassedBuild:
    """Make a working database as a build would, with the version in every row of every table."""
    project.target.mkdir(exist_ok=True)
    project.working_database.unlink(missing_ok=True)
    with duckdb.connect(str(project.working_database)) as connection:
        connection.execute(
            f"""
            create schema marts;
            create table marts.fct_answers (
                answer_id bigint, version bigint not null, note varchar,
                primary key (answer_id), check (answer_id >= 0)
            );
            insert into marts.fct_answers
            select {rows} - 1 - i, {version}, 'answer ' || hash(i) from range({rows}) as r (i);
            comment on table marts.fct_answers is 'One row per respondent''s answer.';
            comment on column marts.fct_answers.note is 'What was "said".';
            create table marts.fct_trend_estimates as
            select i as answer_id, {version} as version, i / 7 as estimate
            from range({rows}) as r (i);
            create view marts.measures_view as
            select {version} as version, 'it''s' as "Odd name" from range({rows});
            comment on view marts.measures_view is 'A view.';
            create table marts.left_behind as select 1 as of_a_model_that_is_gone;
            create schema intermediate;
            create table intermediate.secret as select 1 as x;
            """
        )
    build = PassedBuild.of(project, f"version {version}", TABLES)
    build.save(project)
    return build


def check_published_whole(project: Project) -> int:
    """Read everything that is published; give its version, the same in all of it."""
    release = (project.warehouse / "current").resolve()
    manifest = json.loads((release / "manifest.json").read_text())
    version = int(manifest["fingerprint"].removeprefix("version "))
    assert [table["name"] for table in manifest["tables"]] == TABLES
    with duckdb.connect(str(release / "wavehouse.duckdb"), read_only=True) as connection:
        for table in manifest["tables"]:
            parquet = release / "parquet" / f"{table['name']}.parquet"
            for source in (f"marts.{table['name']}", f"'{parquet}'"):
                found = connection.sql(
                    f"select count(*), min(version), max(version) from {source}"
                ).fetchall()
                assert found == [(table["rows"], version, version)]
    return version


def releases(project: Project) -> list[str]:
    """Give the names of everything in the folder of releases."""
    return sorted(path.name for path in (project.warehouse / "releases").iterdir())


def start_publish(start_process: StartProcess, project: Project) -> "subprocess.Popen[bytes]":
    """Start `wavehouse publish` in a process of its own."""
    words = [sys.executable, "-m", "wavehouse", "--project-dir", str(project.root), "publish"]
    return start_process(words, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)


def test_tables_constraints_comments_and_order_are_published(empty_project: Project) -> None:
    publish(empty_project, build_working_database(empty_project, 1))
    with duckdb.connect(
        str(empty_project.warehouse / "wavehouse.duckdb"), read_only=True
    ) as connection:
        tables = connection.sql(
            "select schema_name, table_name, comment from duckdb_tables() order by all"
        ).fetchall()
        assert tables == [
            ("marts", "fct_answers", "One row per respondent's answer."),
            ("marts", "fct_trend_estimates", None),
            ("marts", "measures_view", "A view."),
        ]
        constraints = connection.sql(
            "select constraint_type, constraint_column_names from duckdb_constraints()"
        ).fetchall()
        assert sorted(constraints) == [
            ("CHECK", ["answer_id"]),
            ("NOT NULL", ["answer_id"]),
            ("NOT NULL", ["version"]),
            ("PRIMARY KEY", ["answer_id"]),
        ]
        comments = connection.sql(
            "select column_name, comment from duckdb_columns() where comment is not null"
        ).fetchall()
        assert comments == [("note", 'What was "said".')]
        for source in (
            "marts.fct_answers",
            f"'{empty_project.warehouse}/parquet/fct_answers.parquet'",
        ):
            ids = [row[0] for row in connection.sql(f"select answer_id from {source}").fetchall()]
            assert ids == list(range(1000)), "rows are sorted by their key"
    assert not list(empty_project.warehouse.rglob("*.wal"))


def test_rows_stand_by_wave_and_variable_and_long_tables_have_no_index(
    empty_project: Project, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(wavehouse.publishing.published_tables, "KEYED_ROWS", 4)
    build_working_database(empty_project, 1)
    rows = "('k1', 'w2', 'a'), ('k1', 'w2', 'b'), ('k2', 'w1', 'b'), ('k2', 'w1', 'a')"
    with duckdb.connect(str(empty_project.working_database)) as connection:
        for table, more in (("short", ""), ("long", ", ('k3', 'w1', 'b')")):
            connection.execute(
                f"""
                create table marts.{table} (
                    respondent_key varchar, wave_id varchar, variable_id varchar,
                    primary key (respondent_key, variable_id)
                );
                insert into marts.{table} values {rows}{more};
                """
            )
    publish(empty_project, PassedBuild.of(empty_project, "these", ["short", "long"]))
    database = str(empty_project.warehouse / "wavehouse.duckdb")
    with duckdb.connect(database, read_only=True) as connection:
        keys = connection.sql(
            "select table_name from duckdb_constraints() where constraint_type = 'PRIMARY KEY'"
        ).fetchall()
        assert keys == [("short",)]
        assert connection.sql("from marts.long").fetchall() == [
            ("k2", "w1", "a"),
            ("k2", "w1", "b"),
            ("k3", "w1", "b"),
            ("k1", "w2", "a"),
            ("k1", "w2", "b"),
        ]


def test_a_key_that_is_tested_is_that_of_the_contract(empty_project: Project) -> None:
    build_working_database(empty_project, 1)
    with duckdb.connect(str(empty_project.working_database)) as connection:
        connection.execute("create table marts.tested as from (values ('b'), ('a')) as v (id)")
    node = {
        "alias": "tested",
        "schema": "marts",
        "resource_type": "model",
        "constraints": [{"type": "primary_key", "columns": ["id"]}],
    }
    manifest = {"nodes": {"model.wavehouse.tested": node}}
    (empty_project.target / "manifest.json").write_text(json.dumps(manifest), encoding="utf-8")
    publish(empty_project, PassedBuild.of(empty_project, "this", ["tested"]))
    database = str(empty_project.warehouse / "wavehouse.duckdb")
    with duckdb.connect(database, read_only=True) as connection:
        keys = connection.sql(
            "select constraint_column_names from duckdb_constraints() "
            "where constraint_type = 'PRIMARY KEY'"
        ).fetchall()
        assert keys == [(["id"],)]
        assert connection.sql("from marts.tested").fetchall() == [("a",), ("b",)]


def test_the_manifest_tells_what_was_published(empty_project: Project) -> None:
    made = publish(empty_project, build_working_database(empty_project, 1))
    assert published_manifest(empty_project) == made
    assert made["fingerprint"] == "version 1"
    assert made["versions"]["duckdb"] == duckdb.__version__
    assert made["tables"] == [
        {"name": name, "rows": 1_000, "part": "aggregates"} for name in TABLES
    ]
    again = publish(empty_project, build_working_database(empty_project, 2))
    assert (made["previous"], again["previous"]) == (None, made["release"])


def test_a_reader_that_holds_the_old_file_open_goes_on_reading_it(
    empty_project: Project, start_process: StartProcess
) -> None:
    publish(empty_project, build_working_database(empty_project, 1))
    path = str(empty_project.warehouse / "wavehouse.duckdb")
    held = duckdb.connect(path, read_only=True)
    script = (
        "import duckdb, sys; c = duckdb.connect(sys.argv[1], read_only=True); print('open');"
        "sys.stdout.flush(); sys.stdin.readline();"
        "print(c.sql('select max(version), sum(answer_id) from marts.fct_answers').fetchall())"
    )
    other = start_process(
        [sys.executable, "-c", script, path],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    assert other.stdout is not None
    assert other.stdout.readline() == "open\n"
    # Three more, so that the release which is held open is removed meanwhile.
    for version in (2, 3, 4):
        publish(empty_project, build_working_database(empty_project, version))
    assert held.sql("select distinct version from marts.fct_answers").fetchall() == [(1,)]
    held.close()
    said, _ = other.communicate("\n", timeout=60)
    assert said == "[(1, 499500)]\n"
    assert check_published_whole(empty_project) == 4


def test_every_file_names_its_release(empty_project: Project) -> None:
    made = publish(empty_project, build_working_database(empty_project, 1))
    folder = release_folder(empty_project)
    assert folder.name == made["release"]
    with duckdb.connect(str(folder / "wavehouse.duckdb"), read_only=True) as connection:
        assert connection.sql("from wavehouse_release").fetchall() == [(made["release"],)]
    assert releases_of(folder / "parquet") == {made["release"]: len(TABLES)}


def releases_of(parquet: Path) -> Counter[str]:
    """Count the releases that Parquet files name, each found by its own name."""
    return Counter(
        duckdb.sql(
            "select decode(value) from parquet_kv_metadata("
            f"'{parquet}/{name}.parquet') where key = 'wavehouse_release'"
        ).fetchall()[0][0]
        for name in TABLES
    )


def test_files_opened_across_a_publish_are_of_one_release_where_it_was_asked_for_once(
    empty_project: Project, run_command: Run
) -> None:
    first = publish(empty_project, build_working_database(empty_project, 1))["release"]
    code, said = run_command(empty_project, "where")
    folder = Path(said.strip())
    assert (code, folder) == (0, empty_project.warehouse.resolve() / "releases" / first)
    second = publish(empty_project, build_working_database(empty_project, 2))["release"]
    assert releases_of(folder / "parquet") == {first: len(TABLES)}
    assert releases_of(empty_project.warehouse / "parquet") == {second: len(TABLES)}


def test_where_says_that_nothing_is_published(empty_project: Project, run_command: Run) -> None:
    code, said = run_command(empty_project, "where")
    assert (code, said) == (1, "Nothing is published yet. Run `make` first.\n")


def test_the_last_two_releases_are_kept(empty_project: Project) -> None:
    made = []
    for version in (1, 2, 3):
        made.append(publish(empty_project, build_working_database(empty_project, version)))
    assert releases(empty_project) == [made[1]["release"], made[2]["release"]]


def test_what_dead_runs_left_is_removed(empty_project: Project) -> None:
    publish(empty_project, build_working_database(empty_project, 1))
    unfinished = empty_project.warehouse / "releases/.20000101T000000000000Z.partial"
    unfinished.mkdir()
    (unfinished / "wavehouse.duckdb").write_bytes(b"half")
    (empty_project.warehouse / "releases/20000101T000000000000Z").mkdir()
    (empty_project.warehouse / ".current.partial").symlink_to("releases/nowhere")
    publish(empty_project, build_working_database(empty_project, 2))
    assert len(releases(empty_project)) == 2
    assert check_published_whole(empty_project) == 2
    assert not (empty_project.warehouse / ".current.partial").is_symlink()


@pytest.mark.parametrize("step", ["_copy", "_copy_table", "_verify", "_connect"])
def test_an_error_in_the_middle_leaves_the_old_release(
    empty_project: Project, monkeypatch: pytest.MonkeyPatch, step: str
) -> None:
    publish(empty_project, build_working_database(empty_project, 1))
    before = releases(empty_project)
    build = build_working_database(empty_project, 2)
    original = getattr(wavehouse.publishing.publish, step)

    def fail_after_work(*words: object, **named: object) -> None:
        original(*words, **named)
        raise OSError("disk full")

    monkeypatch.setattr(wavehouse.publishing.publish, step, fail_after_work)
    with pytest.raises(OSError, match="disk full"):
        publish(empty_project, build)
    assert releases(empty_project) == before
    assert check_published_whole(empty_project) == 1


def test_a_table_that_cannot_be_read_leaves_the_old_release(empty_project: Project) -> None:
    publish(empty_project, build_working_database(empty_project, 1))
    before = releases(empty_project)
    build_working_database(empty_project, 2)
    with duckdb.connect(str(empty_project.working_database)) as connection:
        connection.execute(
            "create or replace view marts.measures_view as "
            "select cast(note as integer) as version from marts.fct_answers"
        )
    with pytest.raises(duckdb.ConversionException):
        publish(empty_project, PassedBuild.of(empty_project, "version 2", TABLES))
    assert releases(empty_project) == before
    assert check_published_whole(empty_project) == 1


def test_a_table_that_is_missing_is_named(empty_project: Project) -> None:
    build_working_database(empty_project, 1)
    build = PassedBuild.of(empty_project, "version 1", ["dim_wave", "fct_answers", "fct_gone"])
    with pytest.raises(WavehouseError, match=r"lacks marts\.dim_wave, marts\.fct_gone\. Run"):
        publish(empty_project, build)
    assert releases(empty_project) == []


def test_a_copy_that_differs_is_not_published(
    empty_project: Project, monkeypatch: pytest.MonkeyPatch
) -> None:
    publish(empty_project, build_working_database(empty_project, 1))
    build = build_working_database(empty_project, 2)
    original = wavehouse.publishing.publish._copy

    def copy_and_spoil(
        project: Project,
        build: PassedBuild,
        folder: Path,
        release_id: str,
        sources: dict[str, str],
    ) -> dict[str, int]:
        tables = original(project, build, folder, release_id, sources)
        with duckdb.connect(str(folder / "wavehouse.duckdb")) as connection:
            connection.execute("delete from marts.fct_answers where answer_id = 7")
            parquet = folder / "parquet/fct_trend_estimates.parquet"
            connection.execute(f"copy (select 1 as answer_id, 2, 3) to '{parquet}'")
        return tables

    monkeypatch.setattr(wavehouse.publishing.publish, "_copy", copy_and_spoil)
    with pytest.raises(ProblemsError) as caught:
        publish(empty_project, build)
    assert caught.value.problems == [
        "marts.fct_answers: the published table differs from the working table.",
        "marts.fct_trend_estimates: the Parquet file differs from the working table.",
    ]
    assert check_published_whole(empty_project) == 1


@pytest.mark.parametrize("name", ["wavehouse.duckdb", "parquet", "current"])
def test_what_publishing_has_not_made_is_never_overwritten(
    empty_project: Project, run_command: Run, name: str
) -> None:
    build_working_database(empty_project, 1)
    mine = empty_project.warehouse / name
    mine.parent.mkdir()
    mine.write_text("mine")
    code, said = run_command(empty_project, "publish")
    assert code == 1
    assert f"warehouse/{name} was not made by publishing. Move it elsewhere" in said
    assert mine.read_text() == "mine"


def test_a_link_to_elsewhere_is_not_overwritten(empty_project: Project, run_command: Run) -> None:
    build_working_database(empty_project, 1)
    empty_project.warehouse.mkdir()
    (empty_project.warehouse / "wavehouse.duckdb").symlink_to("/elsewhere.duckdb")
    code, said = run_command(empty_project, "publish")
    assert code == 1
    assert "warehouse/wavehouse.duckdb is a link to /elsewhere.duckdb. Remove it." in said


def test_only_a_build_that_passed_and_was_not_touched_since_is_published(
    empty_project: Project, run_command: Run
) -> None:
    code, said = run_command(empty_project, "publish")
    assert code == 1
    assert "target/wavehouse.duckdb is not from a build that passed. Run `make`." in said
    build = build_working_database(empty_project, 1)
    assert passed_build(empty_project) == build
    with duckdb.connect(str(empty_project.working_database)) as connection:
        connection.execute("delete from marts.fct_answers")
    code, said = run_command(empty_project, "publish")
    assert code == 1
    assert "was changed after the build that passed" in said


def test_a_working_database_that_another_program_writes_is_named(empty_project: Project) -> None:
    build = build_working_database(empty_project, 1)
    script = "import duckdb, sys; c = duckdb.connect(sys.argv[1]); print('open'); input()"
    with subprocess.Popen(
        [sys.executable, "-u", "-c", script, str(empty_project.working_database)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
    ) as other:
        assert other.stdout is not None
        other.stdout.readline()
        with pytest.raises(WavehouseError, match=r"wavehouse\.duckdb is open in "):
            publish(empty_project, build)
        other.communicate(b"\n", timeout=60)
    assert releases(empty_project) == []


def read_until(stop: Event, project: Project) -> None:
    """Read in a loop as BI tools do, by the public names; fail if anything is half or mixed."""
    path = str(project.warehouse / "wavehouse.duckdb")
    versions = set()
    while not stop.is_set():
        with duckdb.connect(path, read_only=True) as connection:
            found = connection.sql(
                """
                select count(*), min(version), max(version) from marts.fct_answers
                union all
                select count(*), min(version), max(version) from marts.fct_trend_estimates
                union all
                select count(*), min(version), max(version) from marts.measures_view
                """
            ).fetchall()
        assert len(set(found)) == 1, found
        assert found[0][1] == found[0][2], found
        assert found[0][0] == 1_000, found
        parquet = duckdb.connect()
        file = f"{project.warehouse}/parquet/fct_answers.parquet"
        rows = parquet.sql(f"select count(*), min(version), max(version) from '{file}'").fetchall()
        parquet.close()
        assert rows[0][0] == 1_000, rows
        assert rows[0][1] == rows[0][2], rows
        versions.add(found[0][1])
    assert len(versions) > 1, "the reader saw no switch"


@pytest.mark.slow("drill")
def test_concurrent_readers_never_see_half_a_release(empty_project: Project) -> None:
    publish(empty_project, build_working_database(empty_project, 0))
    processes = get_context("spawn")
    stop = processes.Event()
    # As daemons they end with this process, should the test fail.
    readers = [
        processes.Process(target=read_until, args=(stop, empty_project), daemon=True)
        for _ in range(2)
    ]
    for reader in readers:
        reader.start()
    for version in range(1, 13):
        publish(empty_project, build_working_database(empty_project, version))
        time.sleep(0.2)
    stop.set()
    for reader in readers:
        reader.join(timeout=60)
    assert [reader.exitcode for reader in readers] == [0, 0]


def test_two_publishes_at_once_follow_each_other(
    empty_project: Project, start_process: StartProcess
) -> None:
    build_working_database(empty_project, 1)
    both = [start_publish(start_process, empty_project) for _ in range(2)]
    assert [process.wait(timeout=120) for process in both] == [0, 0]
    assert len(releases(empty_project)) == 2
    assert check_published_whole(empty_project) == 1


# What a publish leaves on the disk on its way, each a moment to be killed at.
MOMENTS = {
    "nothing yet": lambda _: True,
    "the folder": lambda warehouse: list(warehouse.glob("releases/.*.partial")),
    "the database": lambda warehouse: list(warehouse.glob("releases/.*/wavehouse.duckdb")),
    "the first Parquet file": lambda warehouse: list(warehouse.glob("releases/.*/parquet/*")),
    "the last Parquet file": lambda warehouse: list(
        warehouse.glob(f"releases/.*/parquet/{TABLES[-1]}.parquet")
    ),
    "the manifest": lambda warehouse: list(warehouse.glob("releases/.*/manifest.json")),
    "the release": lambda warehouse: len(list(warehouse.glob("releases/[0-9]*"))) > 1,
}


@pytest.mark.slow("drill")
@pytest.mark.parametrize("moment", MOMENTS)
def test_a_publish_killed_at_each_step_leaves_the_old_release_or_the_new(
    empty_project: Project, start_process: StartProcess, moment: str
) -> None:
    publish(empty_project, build_working_database(empty_project, 1))
    build_working_database(empty_project, 2, ROWS)
    process = start_publish(start_process, empty_project)
    while not MOMENTS[moment](empty_project.warehouse) and process.poll() is None:
        time.sleep(0.0005)
    process.send_signal(signal.SIGKILL)
    process.wait()
    assert check_published_whole(empty_project) in (1, 2)
    # And the next one is not in the way of what the dead one left.
    publish(empty_project, build_working_database(empty_project, 3))
    assert check_published_whole(empty_project) == 3
    assert len(releases(empty_project)) == 2


@pytest.mark.slow("drill")
@pytest.mark.parametrize("moment", MOMENTS)
def test_the_first_publish_killed_at_each_step_leaves_nothing_or_all(
    empty_project: Project, start_process: StartProcess, moment: str
) -> None:
    build_working_database(empty_project, 1, ROWS)
    process = start_publish(start_process, empty_project)
    while not MOMENTS[moment](empty_project.warehouse) and process.poll() is None:
        time.sleep(0.0005)
    process.send_signal(signal.SIGKILL)
    process.wait()
    if published_manifest(empty_project):
        assert check_published_whole(empty_project) == 1
    else:
        assert not (empty_project.warehouse / "wavehouse.duckdb").exists()
        assert not (empty_project.warehouse / "parquet").exists()
    publish(empty_project, build_working_database(empty_project, 2))
    assert check_published_whole(empty_project) == 2


@pytest.mark.slow("drill")
def test_a_publish_killed_at_any_time_leaves_the_old_release_or_the_new(
    empty_project: Project, start_process: StartProcess
) -> None:
    build = build_working_database(empty_project, 1, ROWS)
    publish(empty_project, build)
    started = time.monotonic()
    assert start_publish(start_process, empty_project).wait() == 0
    duration = time.monotonic() - started
    outcomes = []
    for version in range(2, 17):
        before = check_published_whole(empty_project)
        build_working_database(empty_project, version, ROWS)
        process = start_publish(start_process, empty_project)
        time.sleep(random.uniform(0.2, 1.1) * duration)
        process.send_signal(signal.SIGKILL)
        code = process.wait()
        now = check_published_whole(empty_project)
        assert now in (before, version)
        outcomes.append((code, now == version))
    assert any(code == -signal.SIGKILL for code, _ in outcomes), "every kill came too late"
