"""A short form of the script that disturbs commands (`scripts/try_faults.py`)."""

import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]


def script(name: str, *words: str) -> "subprocess.CompletedProcess[str]":
    """Run a script as its head says, and give what it printed."""
    return subprocess.run(
        [sys.executable, ROOT / "scripts" / f"{name}.py", *words],
        capture_output=True,
        text=True,
        check=False,
    )


@pytest.mark.slow("drill")
def test_nothing_is_lost_or_mixed_by_faults_and_the_next_run_heals() -> None:
    done = script("try_faults", "--faults", "20", "--seed", "3")
    assert done.returncode == 0, done.stdout[-3000:] + done.stderr[-1000:]
    assert "20 faults: 0 thing(s) did not hold." in done.stdout
    # What a machine lacks is said, and these trials want all of it.
    assert "missing" not in done.stdout
