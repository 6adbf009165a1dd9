"""`wavehouse build` publishes what passed, keeps the last good release, and is quick when idle."""

import itertools
import os
import re
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import duckdb
import pytest

import wavehouse.building.build
import wavehouse.disclosure.closing
from wavehouse.building import dbt
from wavehouse.building.dbt import results_of
from wavehouse.building.fingerprint import fingerprint
from wavehouse.building.working_database import set_damaged_aside
from wavehouse.codebook.tables import NEEDED_COLUMNS
from wavehouse.encryption.key import KEY, OUT_OF_LOGS
from wavehouse.project import Project
from wavehouse.publishing.publish import is_as_it_passed
from wavehouse_exchange.onboarding.draft import (
    Draft,
    Proposal,
    number_proposals,
    save_draft,
)

Run = Callable[..., tuple[int, str]]
StartProcess = Callable[..., "subprocess.Popen[str]"]

FILES = {
    "dbt_project.yml": (
        "name: wavehouse\nversion: '1.0'\nconfig-version: 2\nprofile: wavehouse\n"
        "flags: {send_anonymous_usage_stats: false}\n"
        "models: {wavehouse: {+materialized: table, +schema: marts}}\n"
        "seeds: {wavehouse: {+schema: codebook}}\n"
    ),
    "macros/generate_schema_name.sql": (
        "{% macro generate_schema_name(name, node) %}{{ name }}{% endmacro %}"
    ),
    "models/fct_number.sql": "select 1 as number",
    "models/fct_other.sql": "select number + 1 as number from {{ ref('fct_number') }}",
    # Wrong, but a build runs no unit tests.
    "models/_units.yml": (
        "unit_tests: [{name: wrong, model: fct_number, given: [], expect: {rows: [{number: 7}]}}]"
    ),
    "tests/numbers_are_small.sql": "select * from {{ ref('fct_number') }} where number > 10",
    "requirements.lock": "",
    "analyses/question.sql": "select 1",
    "docs/words.md": "{% docs word %}A word.{% enddocs %}",
    "tests/python/test_x.py": "",
}


def write(project: Project, name: str, text: str) -> None:
    """Write a file of the project, with the folders to it."""
    path = project.root / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)


def read_number(project: Project) -> list[tuple[str, int]]:
    """Give every published table with its number."""
    path = str(project.warehouse / "wavehouse.duckdb")
    with duckdb.connect(path, read_only=True) as connection:
        names = connection.sql("select table_name from duckdb_tables() order by all").fetchall()
        return [
            (name, connection.sql(f"select number from marts.{name}").fetchall()[0][0])
            for (name,) in names
        ]


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory, project_root: Path) -> Iterator[Project]:
    """A small project without waves, built and published once; copied for each test."""
    project = Project(tmp_path_factory.mktemp("built"))
    for name, text in FILES.items():
        write(project, name, text)
    for table, columns in NEEDED_COLUMNS.items():
        write(project, f"seeds/codebook/{table}.csv", ",".join(columns) + "\n")
    shutil.copy(project_root / "profiles.yml", project.root)
    with pytest.MonkeyPatch.context() as patch:
        # In the test's environment another file may be named.
        patch.delenv("WAVEHOUSE_DATABASE", raising=False)
        # There are no estimates to attack; test_disclosure.py attacks real ones.
        patch.setattr(
            wavehouse.disclosure.closing, "close_and_report", lambda *_, **__: "Nothing attacked."
        )
        wavehouse.building.build.build(project)
        yield project


@pytest.fixture
def project(built: Project, tmp_path: Path) -> Project:
    """A copy of the built project."""
    shutil.copytree(built.root, tmp_path / "project", symlinks=True)
    return Project(tmp_path / "project")


def test_what_passed_is_published(project: Project) -> None:
    assert read_number(project) == [("fct_number", 1), ("fct_other", 2)]


def test_with_nothing_changed_neither_dbt_nor_duckdb_is_loaded(project: Project) -> None:
    script = (
        "import sys; from wavehouse.cli import main; "
        f"code = main(['--project-dir', {str(project.root)!r}, 'build']); "
        "print(sorted({'dbt', 'duckdb', 'csv'} & set(sys.modules))); sys.exit(code)"
    )
    done = subprocess.run(
        [sys.executable, "-c", script], capture_output=True, text=True, check=True
    )
    assert done.stdout.startswith("Nothing changed since ")
    assert done.stdout.endswith("[]\n")


@pytest.mark.parametrize(
    "name",
    [
        "dbt_project.yml",
        "profiles.yml",
        "requirements.lock",
        "models/fct_number.sql",
        "macros/generate_schema_name.sql",
        "seeds/codebook/waves.csv",
        "tests/numbers_are_small.sql",
        "docs/words.md",
        "wavehouse/new.py",
    ],
)
def test_every_input_counts(project: Project, name: str) -> None:
    before = fingerprint(project)
    path = project.root / name
    write(project, name, (path.read_text() if path.exists() else "") + " ")
    assert fingerprint(project) != before


def test_a_renamed_file_counts_and_analyses_and_python_tests_do_not(project: Project) -> None:
    before = fingerprint(project)
    write(project, "analyses/question.sql", "select 2")
    write(project, "tests/python/test_x.py", "x = 1")
    write(project, "docs/tutorial/town.csv", "id\n1\n")
    assert fingerprint(project) == before
    (project.models / "fct_number.sql").rename(project.models / "fct_numbers.sql")
    assert fingerprint(project) != before


def test_a_failed_test_leaves_the_last_good_release_until_it_is_mended(
    project: Project, run_command: Run
) -> None:
    write(project, "models/fct_number.sql", "select 11 as number")
    code, said = run_command(project, "build")
    assert code == 1
    assert "numbers_are_small" in said
    assert said.splitlines()[-1].startswith(
        "The build failed, so nothing was published; see the messages above. "
        "warehouse/wavehouse.duckdb stays as published at 20"
    )
    assert read_number(project) == [("fct_number", 1), ("fct_other", 2)]
    code, said = run_command(project, "publish")
    assert code == 1
    assert "not from a build that passed" in said
    write(project, "models/fct_number.sql", "select 10 as number")
    assert run_command(project, "build")[0] == 0
    assert read_number(project) == [("fct_number", 10), ("fct_other", 11)]


def test_a_draft_that_comes_during_a_build_that_fails_is_named(
    project: Project, run_command: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    def draft_meanwhile(*_: object, **__: object) -> int:
        draft = Draft("town", "2", "1", "1", "landing", [], 3, [Proposal("wave", "2", 0.9, "new")])
        number_proposals(draft.proposals)
        save_draft(project, draft)
        return 1

    write(project, "models/fct_number.sql", "select 4 as number")
    monkeypatch.setattr(wavehouse.building.build, "run_dbt", draft_meanwhile)
    code, said = run_command(project, "build")
    assert code == 1
    assert "drafts/town_2.yml: p01 (wave, 2) is open" in said
    assert said.splitlines()[-1].startswith("The build failed, so nothing was published")


def test_a_build_that_is_stopped_ends_dbt_too_and_publishes_nothing(
    project: Project, start_process: StartProcess
) -> None:
    write(project, "models/fct_slow.sql", "select sum(hash(range)) as s from range(1000000000000)")
    process = start_process(
        [sys.executable, "-m", "wavehouse", "--project-dir", str(project.root), "build"],
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    log = project.root / "logs/dbt.log"
    log.write_text("")
    while "START sql table model marts.fct_slow" not in log.read_text():
        assert process.poll() is None
        time.sleep(0.1)
    process.terminate()
    assert process.wait(timeout=30) == 128 + signal.SIGTERM
    # Nobody holds the working database any more.
    duckdb.connect(str(project.working_database)).close()
    assert read_number(project) == [("fct_number", 1), ("fct_other", 2)]


def test_a_build_killed_after_force_is_not_taken_for_up_to_date(
    project: Project, start_process: StartProcess, run_command: Run
) -> None:
    passed = project.target / "wavehouse_build.json"
    log = project.root / "logs/dbt.log"
    log.write_text("")
    process = start_process(
        [sys.executable, "-m", "wavehouse", "--project-dir", str(project.root), "build", "--force"],
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    while "START sql table model" not in log.read_text():
        assert process.poll() is None
        time.sleep(0.01)
    assert not passed.exists()
    # Only the command: dbt lives on, and the next build waits for it.
    process.kill()
    process.wait()
    assert read_number(project) == [("fct_number", 1), ("fct_other", 2)]
    code, said = run_command(project, "build")
    assert code == 0, said
    assert "Nothing changed" not in said
    assert "Published 2 tables" in said
    code, said = run_command(project, "build")
    assert said.startswith("Nothing changed")


def test_what_a_build_by_hand_left_is_not_taken_for_up_to_date(project: Project) -> None:
    assert is_as_it_passed(project, fingerprint(project))
    with duckdb.connect(str(project.working_database)) as connection:
        connection.execute("drop table marts.fct_other")
    assert not is_as_it_passed(project, fingerprint(project))
    assert read_number(project) == [("fct_number", 1), ("fct_other", 2)]
    project.working_database.unlink()
    assert not is_as_it_passed(project, fingerprint(project))


def drop_a_table(database: Path) -> None:
    """Change the database by hand."""
    with duckdb.connect(str(database)) as connection:
        connection.execute("drop table marts.fct_other")


def leave_a_log(database: Path) -> None:
    """Change it in a program that is killed: what it wrote lies beside the file for the next."""
    change = "update marts.fct_number set number = 7"
    script = "import duckdb, os, sys; c = duckdb.connect(sys.argv[1]); c.execute(sys.argv[2]); "
    subprocess.run(
        [sys.executable, "-c", f"{script} os._exit(0)", str(database), change], check=True
    )
    assert database.with_name(f"{database.name}.wal").exists()


def damage(database: Path) -> None:
    """Damage it as a disk does: with neither another size nor another time."""
    state = database.stat()
    database.write_bytes(bytes(state.st_size))
    os.utime(database, ns=(state.st_atime_ns, state.st_mtime_ns))


@pytest.mark.parametrize("change", [drop_a_table, leave_a_log, damage])
def test_a_database_that_was_changed_is_built_whole(
    project: Project, run_command: Run, change: Callable[[Path], None]
) -> None:
    """What a build leaves as it is has to be there, and as the last build left it."""
    change(project.working_database)
    assert not is_as_it_passed(project, fingerprint(project)) or change is damage
    write(project, "models/fct_third.sql", "select 3 as number")
    code, said = run_command(project, "build")
    assert code == 0, said
    assert "do not depend on anything that changed" not in said
    assert read_number(project) == [("fct_number", 1), ("fct_other", 2), ("fct_third", 3)]


def test_only_what_changed_is_built(project: Project, run_command: Run) -> None:
    """Edits that are taken back, failures between, too: what is published follows from all."""
    write(project, "models/fct_third.sql", "select 3 as number")
    code, said = run_command(project, "build")
    assert code == 0, said
    assert "do not depend on anything that changed" in said
    assert set(results_of(project.target)) == {"model.wavehouse.fct_third"}
    # The test on the number fails, after its table was built.
    write(project, "models/fct_number.sql", "select 20 as number")
    assert run_command(project, "build")[0] == 1
    write(project, "models/fct_number.sql", FILES["models/fct_number.sql"])
    code, said = run_command(project, "build")
    assert code == 0, said
    assert read_number(project) == [("fct_number", 1), ("fct_other", 2), ("fct_third", 3)]


def test_what_killed_runs_left_half_written_heals(project: Project, run_command: Run) -> None:
    shutil.rmtree(project.warehouse)
    for name in (
        "target/wavehouse.duckdb",
        "target/partial_parse.msgpack",
        "target/manifest.json",
        "target/run_results.json",
        "target/graph.gpickle",
        "target/wavehouse_build.json",
    ):
        path = project.root / name
        path.write_bytes(path.read_bytes()[: path.stat().st_size // 3])
    write(project, "target/wavehouse.duckdb.wal", "half of a log")
    write(project, "target/wavehouse.duckdb.tmp/duckdb_temp_storage_DEFAULT-0.tmp", "half")
    write(project, "warehouse/releases/.20000101T000000000000Z.partial/wavehouse.duckdb", "half")
    write(project, "warehouse/.drift.html.999999999.partial", "half")
    (project.warehouse / ".current.partial").symlink_to("releases/nowhere")
    code, said = run_command(project, "build")
    assert code == 0, said
    assert "target/wavehouse.duckdb was damaged, perhaps by a run that was killed" in said
    assert read_number(project) == [("fct_number", 1), ("fct_other", 2)]
    assert not (project.target / "wavehouse.duckdb.tmp").exists()
    assert [path.name for path in (project.warehouse / "releases").iterdir()] == [
        (project.warehouse / "current").readlink().name
    ]


@pytest.mark.parametrize("size", [0, 1, 4096, 8192, 12288, 20_000])
def test_a_damaged_working_database_is_set_aside(
    empty_project: Project, capsys: pytest.CaptureFixture[str], size: int
) -> None:
    database = empty_project.working_database
    database.parent.mkdir()
    with duckdb.connect(str(database)) as connection:
        connection.execute("create table t as select * from range(10000)")
    database.write_bytes(database.read_bytes()[:size])
    set_damaged_aside(empty_project)
    assert not database.exists()
    assert (database.parent / "wavehouse.duckdb.damaged").stat().st_size == size
    assert "is built again" in capsys.readouterr().out


def test_a_working_database_that_is_whole_or_in_use_stays(
    empty_project: Project, start_process: StartProcess
) -> None:
    database = empty_project.working_database
    database.parent.mkdir()
    with duckdb.connect(str(database)) as connection:
        connection.execute("create table t as select 1 as x")
    set_damaged_aside(empty_project)
    script = "import duckdb, sys; c = duckdb.connect(sys.argv[1]); print('open'); input()"
    holder = start_process(
        [sys.executable, "-u", "-c", script, str(database)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
    )
    assert holder.stdout is not None
    holder.stdout.readline()
    set_damaged_aside(empty_project)
    holder.communicate(b"\n", timeout=60)
    with duckdb.connect(str(database)) as connection:
        assert connection.sql("select x from t").fetchall() == [(1,)]


def test_bad_files_stop_the_build_before_dbt(project: Project, run_command: Run) -> None:
    write(project, "seeds/waves/a/a_1.csv", "x\n1,2\n")
    code, said = run_command(project, "build")
    assert code == 1
    assert said.startswith("2 problems in the files:")
    assert "Running with dbt" not in said
    assert read_number(project) == [("fct_number", 1), ("fct_other", 2)]


def test_tables_of_models_that_are_gone_are_not_published(
    project: Project, run_command: Run
) -> None:
    (project.models / "fct_other.sql").unlink()
    code, said = run_command(project, "build")
    assert code == 0, said
    assert read_number(project) == [("fct_number", 1)]


def test_files_that_change_during_the_build_cause_another(
    project: Project, run_command: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    original = wavehouse.building.build.run_dbt

    def edit_meanwhile(*words: object, **named: object) -> int:
        code = original(*words, **named)
        write(project, "models/fct_number.sql", "select 3 as number")
        return code

    with monkeypatch.context() as patch:
        patch.setattr(wavehouse.building.build, "run_dbt", edit_meanwhile)
        code, said = run_command(project, "build", "--force")
    assert code == 0
    assert "the next run will build again" in said
    assert run_command(project, "build")[0] == 0
    assert read_number(project) == [("fct_number", 3), ("fct_other", 4)]


def test_the_docs_are_one_page_that_names_no_folder_of_this_machine(
    project: Project, run_command: Run
) -> None:
    code, said = run_command(project, "docs")
    assert code == 0, said
    text = (project.warehouse / "docs/index.html").read_text(encoding="utf-8")
    assert "fct_number" in text
    assert str(project.root) not in text
    assert [path.name for path in (project.warehouse / "docs").iterdir()] == ["index.html"]


def test_docs_without_a_working_database_say_what_to_run(
    project: Project, run_command: Run
) -> None:
    project.working_database.unlink()
    code, said = run_command(project, "docs")
    assert code == 1
    assert "Run `make` first." in said


def test_docs_that_fail_leave_the_old_page(project: Project, run_command: Run) -> None:
    write(project, "warehouse/docs/index.html", "old")
    write(project, "models/fct_number.sql", "select {{ unknown() }}")
    code, said = run_command(project, "docs")
    assert code == 1
    assert said.splitlines()[-1] == "The docs were not made; see the messages above."
    assert (project.warehouse / "docs/index.html").read_text() == "old"


def test_a_build_says_how_far_it_is_where_nobody_watches_a_counter(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "dbt_project.yml").write_text("name: wavehouse\n")
    said = "\n".join(
        f"12:00:0{number}  {number} of 9 OK created sql table model" for number in range(1, 10)
    )
    program = (sys.executable, "-c", f"print('''Begins\n{said}\nEnds''')")
    clock = itertools.count(0, 10)
    monkeypatch.setattr(dbt.time, "monotonic", lambda: next(clock))
    assert dbt.run_dbt(Project(tmp_path), "build", program=program) == 0
    shown = capsys.readouterr().out.splitlines()
    assert shown[0] == "Begins"
    assert shown[-1] == "Ends"
    counts = shown[1:-1]
    assert counts
    assert len(counts) < 9
    assert all(re.fullmatch(r"  \d of 9", line) for line in counts)


SPILLS = """
select number, md5(cast(number as varchar)) as text
from (select range as number from range(3000000)) as numbers
order by text
"""

NOT_ENCRYPTED = """
-- {{{{ ref('large') }}}}
select value from duckdb_settings()
where name = 'temp_file_encryption' and (value = 'true') <> ('{kind}' = 'encrypted')
"""


@pytest.mark.parametrize("kind", ["plain", "encrypted"])
def test_models_are_built_after_one_that_did_not_fit_into_memory(
    tmp_path: Path, project_root: Path, kind: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    # DuckDB lets nobody say again where it writes then, and dbt repeats settings for each model.
    monkeypatch.setenv("WAVEHOUSE_MEMORY", "100MB")
    for name in (KEY, OUT_OF_LOGS) if kind == "encrypted" else ():
        monkeypatch.setenv(name, "no key of anybody")
    project = Project(tmp_path)
    shutil.copy(project_root / "profiles.yml", project.root)
    write(project, "dbt_project.yml", FILES["dbt_project.yml"])
    write(project, "models/large.sql", SPILLS)
    write(project, "models/small.sql", "select count(*) as n from {{ ref('large') }}")
    write(project, "tests/what_is_written_is_encrypted.sql", NOT_ENCRYPTED.format(kind=kind))
    words = ("build", "--project-dir", str(tmp_path), "--profiles-dir", str(tmp_path))
    ran = subprocess.run(
        [*dbt.START, *words], cwd=tmp_path, capture_output=True, text=True, check=False
    )
    assert ran.returncode == 0, ran.stdout
    assert "PASS=3 " in ran.stdout
