"""The SQL is in the house style, and dbt reads the project without a warning.

Both take a process for minutes, so they are tests among others, which run beside them.
"""

import subprocess

import pytest
from workbench import ROOT


@pytest.mark.parametrize("goal", ["sql", "parse"])
def test_make_finds_nothing(goal: str) -> None:
    done = subprocess.run(
        ["make", goal],
        cwd=ROOT,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout
