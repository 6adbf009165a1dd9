"""The SQL is in the house style, and dbt reads the project without a warning.

Both take a process for minutes, so they are tests among others, which run beside them.
"""

import pytest
from workbench import run_make


@pytest.mark.parametrize("goal", ["sql", "parse"])
def test_make_finds_nothing(goal: str, request: pytest.FixtureRequest) -> None:
    # Others look at what dbt has read.
    run = request.getfixturevalue("parsed") if goal == "parse" else run_make(goal)
    assert run.exit_code == 0, run.output
