"""A file that was clean is not linted again, and a fault is found in any run."""

import subprocess
import sys
from pathlib import Path

import pytest
from workbench import ROOT

CONFIG = "[sqlfluff]\ntemplater = jinja\ndialect = duckdb\n"


def lint(folder: Path, record: str = "kept/clean.txt") -> tuple[int, str]:
    """Lint a folder's SQL; give the exit code and what is printed."""
    done = subprocess.run(
        [sys.executable, ROOT / "scripts/lint_sql.py", record, "."],
        cwd=folder,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        check=False,
    )
    return done.returncode, done.stdout


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A folder with a file that is clean and one that is not."""
    (tmp_path / ".sqlfluff").write_text(CONFIG)
    (tmp_path / "clean.sql").write_text("select a from {{ 'b' }}\n")
    (tmp_path / "spoilt.sql").write_text("select  a from b\n")
    return tmp_path


def test_a_fault_is_found_in_each_run(folder: Path) -> None:
    for _ in range(2):
        code, said = lint(folder)
        assert code == 1, said
        assert "spoilt.sql" in said
        assert "LT01" in said
        assert "clean.sql" not in said
        assert len((folder / "kept/clean.txt").read_text().split()) == 1
    (folder / "spoilt.sql").write_text("select a from b\n")
    assert lint(folder)[0] == 0
    assert len((folder / "kept/clean.txt").read_text().split()) == 2
    # the rules are others
    section = "[sqlfluff:rules:capitalisation.keywords]\ncapitalisation_policy = upper\n"
    (folder / ".sqlfluff").write_text(f"{CONFIG}rules = CP01\n{section}")
    code, said = lint(folder)
    assert code == 1
    assert said.count("CP01") == 4


def test_a_file_to_lint_is_not_taken_for_the_record(folder: Path) -> None:
    before = (folder / "clean.sql").read_text()
    code, said = lint(folder, "clean.sql")
    assert code == 1
    assert "Name the file of what was found clean first" in said
    assert (folder / "clean.sql").read_text() == before
