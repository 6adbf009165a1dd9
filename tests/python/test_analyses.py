"""The queries in analyses/ run and find something."""

import subprocess
import sys
from pathlib import Path

import duckdb
import pytest

ROOT = Path(__file__).resolve().parents[2]
ANALYSES = sorted(path.stem for path in (ROOT / "analyses").glob("*.sql"))


@pytest.fixture(scope="session")
def compiled(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder with the compiled SQL of the analyses."""
    target = tmp_path_factory.mktemp("analyses")
    command = [sys.executable, "-c", "from dbt.cli.main import cli; cli()", "--quiet", "compile"]
    words = ["--select", "path:analyses", "--target-path", str(target)]
    subprocess.run([*command, *words], cwd=ROOT, check=True)
    return target / "compiled/wavehouse/analyses"


@pytest.mark.parametrize("name", ANALYSES)
def test_an_analysis_finds_something(name: str, compiled: Path) -> None:
    sql = (compiled / f"{name}.sql").read_text()
    with duckdb.connect(str(ROOT / "target/wavehouse.duckdb"), read_only=True) as connection:
        assert connection.execute(sql).fetchall()


def test_there_are_analyses() -> None:
    assert len(ANALYSES) >= 4
