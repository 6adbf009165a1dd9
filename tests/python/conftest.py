"""What several test files need: the project's root, and small projects to break."""

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from wavehouse.cli import main
from wavehouse.postgres import PostgresServer, throwaway_postgres
from wavehouse.project import Project

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture(scope="session")
def project_root() -> Path:
    """The checkout that the tests belong to."""
    return ROOT


@pytest.fixture
def empty_project(tmp_path: Path) -> Project:
    """A folder that counts as a project, with nothing in it."""
    (tmp_path / "dbt_project.yml").write_text("name: wavehouse\n")
    return Project(tmp_path)


@pytest.fixture
def run_command(capsys: pytest.CaptureFixture[str]) -> Callable[..., tuple[int, str]]:
    """Run a `wavehouse` command in a project; give its exit code and what it printed."""

    def run(project: Project, *words: str) -> tuple[int, str]:
        code = main(["--project-dir", str(project.root), *words])
        printed = capsys.readouterr()
        return code, printed.out + printed.err

    return run


@pytest.fixture(scope="session")
def postgres_server() -> Iterator[PostgresServer]:
    """One throwaway server for all tests that need one."""
    with throwaway_postgres() as server:
        yield server
