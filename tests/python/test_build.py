"""`wavehouse build` publishes what passed, keeps the last good release, and is quick when idle."""

import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import duckdb
import pytest

import wavehouse.build
import wavehouse.disclosure
from wavehouse.codebook import NEEDED_COLUMNS
from wavehouse.fingerprint import fingerprint
from wavehouse.project import Project

Run = Callable[..., tuple[int, str]]

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
        patch.setattr(wavehouse.disclosure, "check_disclosure", lambda *_: "Nothing attacked.")
        wavehouse.build.build(project)
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


def test_a_build_that_is_stopped_ends_dbt_too_and_publishes_nothing(project: Project) -> None:
    write(project, "models/fct_slow.sql", "select sum(hash(range)) as s from range(1000000000000)")
    process = subprocess.Popen(
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
    original = wavehouse.build.run_dbt

    def edit_meanwhile(*words: object) -> int:
        code = original(*words)
        write(project, "models/fct_number.sql", "select 3 as number")
        return code

    with monkeypatch.context() as patch:
        patch.setattr(wavehouse.build, "run_dbt", edit_meanwhile)
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
