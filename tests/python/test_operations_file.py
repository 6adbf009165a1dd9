"""How a project says that it runs by itself: `operations.yml`."""

import re
from pathlib import Path

import pytest

from wavehouse.errors import ProblemsError
from wavehouse.operations.configuration import FILE, Keep, Operations, read_operations
from wavehouse.project import Project

ROOT = Path(__file__).resolve().parents[2]


def project_with(folder: Path, text: str) -> Project:
    """Give a project with such a file."""
    (folder / FILE).write_text(text, encoding="utf-8")
    return Project(folder)


def test_all_may_be_left_out(tmp_path: Path) -> None:
    """Without the file, and with one that has no lines, the defaults hold."""
    assert read_operations(Project(tmp_path)) == Operations()
    assert read_operations(project_with(tmp_path, "# nothing\n")) == Operations()
    assert read_operations(project_with(tmp_path, "run:\nalerts:\n")) == Operations()


def test_the_file_of_the_project_says_what_there_is(tmp_path: Path) -> None:
    """Its lines are comments; with them, every line that there is stands there with its default."""
    text = (ROOT / FILE).read_text(encoding="utf-8")
    assert read_operations(project_with(tmp_path, text)) == Operations()
    _, *parts = text.split("\n\n")
    lines = "\n\n".join(re.sub(r"^# ?", "", part, flags=re.MULTILINE) for part in parts)
    found = read_operations(project_with(tmp_path, lines))
    assert found.backup
    assert found.alerts.mail
    for part in (found.run, found.expect, found.history, found.alerts, found.backup):
        left_out = type(part).model_fields.keys() - part.model_fields_set
        assert not left_out, (type(part).__name__, left_out)
        of_default = type(part).model_fields
        for name in ("time_limit_minutes", "pages", "free_disk_gb", "slower_than", "days"):
            if name in of_default:
                assert getattr(part, name) == of_default[name].default
    assert found.backup.keep == Keep()


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("run: {tim: 3}", "there is no line `run.tim`. There are inbox, settle_seconds"),
        ("runs: {}", "there is no line `runs`. There are run, expect, history, backup, alerts."),
        ("backup: {}", "`backup.repository` is missing. Write it."),
        ("run: 3", "`run` has no lines below it. Write inbox,"),
        ("run: {time_limit_minutes: '4'}", "`run.time_limit_minutes` is '4'. Write a valid number"),
        (
            "backup: {repository: a, keep: {daily: -1}}",
            "`backup.keep.daily` is -1. Write greater than or equal to 0 or 'all'.",
        ),
        ("run: {exports: [{study: gss}]}", "`run.exports.0.format` is missing."),
        ("run: {inbox: .}", "run.inbox is the project itself."),
        ("- a", "operations.yml has no parts."),
        ("a: [", "operations.yml is no YAML"),
    ],
)
def test_each_wrong_line_is_named(tmp_path: Path, text: str, problem: str) -> None:
    """A message names the line and says what to write."""
    with pytest.raises(ProblemsError) as error:
        read_operations(project_with(tmp_path, text))
    assert problem in str(error.value)


def test_a_secret_in_the_file_is_not_repeated(tmp_path: Path) -> None:
    """Who writes the address in place of the variable's name reads no address in the message."""
    with pytest.raises(ProblemsError) as error:
        read_operations(project_with(tmp_path, "alerts: {webhook_from: 'https://h.org/s3cret'}"))
    assert "s3cret" not in str(error.value)
    assert "`alerts.webhook_from` does not name an environment variable" in str(error.value)
