"""The scripts make what is committed, and notice when it is not so."""

import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]


def run(script: str, *words: str) -> subprocess.CompletedProcess[str]:
    """Run a script of the project and give what came of it."""
    return subprocess.run(
        [sys.executable, str(ROOT / "scripts" / script), *words],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )


def test_reference_tables_are_those_of_their_script() -> None:
    done = run("make_reference_tables.py", "--check")
    assert done.returncode == 0, done.stderr


def test_a_changed_reference_table_is_noticed(tmp_path: Path) -> None:
    shutil.copytree(ROOT / "seeds/reference", tmp_path / "seeds/reference")
    table = tmp_path / "seeds/reference/t_quantiles.csv"
    table.write_text(table.read_text().replace("0.95,10,2.2", "0.95,10,2.3"))
    done = run("make_reference_tables.py", "--check", "--project", str(tmp_path))
    assert done.returncode == 1
    assert "t_quantiles.csv: line" in done.stderr


@pytest.mark.parametrize("study", ["gss", "bsa"])
def test_waves_are_those_of_their_script(study: str) -> None:
    done = run("make_waves.py", "--check", study)
    assert done.returncode == 0, done.stderr


def test_a_changed_wave_is_noticed(tmp_path: Path) -> None:
    shutil.copytree(ROOT / "seeds/waves", tmp_path / "seeds/waves")
    wave = tmp_path / "seeds/waves/bsa/bsa_1983.csv"
    wave.write_text(wave.read_text().replace("labour", "conservative", 1))
    done = run("make_waves.py", "--check", "--project", str(tmp_path), "bsa")
    assert done.returncode == 1
    assert "bsa_1983.csv" in done.stderr
