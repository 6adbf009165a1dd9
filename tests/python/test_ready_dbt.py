"""A command of the helper that has read dbt ends and speaks as dbt does, and leaves nothing."""

import os
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest
from ready_dbt import ReadyDbt

from wavehouse.building.dbt import START


@pytest.fixture(scope="module")
def ready() -> Iterator[ReadyDbt]:
    """A helper of its own."""
    ready = ReadyDbt()
    yield ready
    ready.end()


@pytest.mark.parametrize("words", [["no-such-command"], ["build", "--help"]])
def test_it_ends_and_speaks_as_dbt_of_its_own(
    ready: ReadyDbt, tmp_path: Path, words: list[str]
) -> None:
    done = subprocess.run(
        [*START, *words],
        cwd=tmp_path,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        check=False,
    )
    code, said = ready.run(words, tmp_path, os.environ)
    # The program that is named is the one that was started.
    expected = done.stdout.replace("Usage: -c", "Usage: dbt").replace("'-c ", "'dbt ")
    assert (code, said) == (done.returncode, expected)


def test_a_command_has_its_own_folder_and_environment(ready: ReadyDbt, tmp_path: Path) -> None:
    words = ["debug", "--config-dir"]
    (tmp_path / "here").mkdir()
    (tmp_path / "here/profiles.yml").write_text("{}")
    named = {**os.environ, "DBT_PROFILES_DIR": str(tmp_path)}
    assert str(tmp_path) in ready.run(words, tmp_path, named)[1]
    plain = {name: value for name, value in named.items() if name != "DBT_PROFILES_DIR"}
    said = ready.run(words, tmp_path / "here", plain)[1]
    assert str(tmp_path / "here") in said


def test_a_helper_that_was_interrupted_is_replaced(
    ready: ReadyDbt, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    ready.run(["--help"], tmp_path, os.environ)
    helper = ready._helper
    assert helper

    def interrupted() -> str:
        raise KeyboardInterrupt

    monkeypatch.setattr(helper.stdout, "readline", interrupted, raising=False)
    with pytest.raises(KeyboardInterrupt):
        ready.run(["no-such-command"], tmp_path, os.environ)
    assert helper.wait(timeout=20) != 0
    assert ready.run(["--help"], tmp_path, os.environ)[0] == 0


def test_a_helper_that_was_ended_is_told(tmp_path: Path) -> None:
    ready = ReadyDbt()
    ready.run(["--help"], tmp_path, os.environ)
    assert ready._helper
    ready._helper.kill()
    ready._helper.wait()
    with pytest.raises((RuntimeError, BrokenPipeError)):
        ready.run(["--help"], tmp_path, os.environ)
