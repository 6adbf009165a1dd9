"""The tutorial runs: its commands, one after the other, lead to the results that it shows."""

import re
from pathlib import Path

import documentation as docs
import duckdb
from workbench import ROOT, run_wavehouse

from wavehouse.project import Project

TUTORIAL = ROOT / "docs/tutorial.md"
FILES = ROOT / "docs/tutorial"
# What make does of it; the environment of the tests stands for the project's own.
OF_MAKE = {"make": "wavehouse build", "make pages": "wavehouse pages"}


def commands(text: str) -> list[str]:
    """Give the lines that a reader types, without those that set an environment up."""
    lines = [line for block in docs.fences(text, "sh") for line in block.splitlines()]
    return [line for line in lines if not line.startswith(("source ", "cd "))]


def fill_in(draft: Path, values: str) -> None:
    """Write values into a draft where it asks for them."""
    text = draft.read_text(encoding="utf-8")
    for line in values.splitlines():
        name, _, value = line.partition(": ")
        assert text.count(f"{name}: '???'") == 1, name
        text = text.replace(f"{name}: '???'", f"{name}: '{value}'")
    draft.write_text(text, encoding="utf-8")


def test_the_tutorial_leads_to_the_trend_that_it_shows(tmp_path: Path) -> None:
    text = TUTORIAL.read_text(encoding="utf-8")
    (values,) = docs.fences(text, "yaml")
    project = Project(tmp_path / "my-surveys")
    typed = commands(text)
    assert typed[0] == "wavehouse init ~/my-surveys"
    begun = run_wavehouse(Project(ROOT), "init", str(project.root))
    assert begun.exit_code == 0, begun.output
    # The first `make` sets up what the tests have.
    assert typed[1] == "make"
    said = {}
    for line in typed[2:]:
        if line == "wavehouse decide town 2024 open accept":
            fill_in(project.root / "drafts/town_2024.yml", values)
        words = OF_MAKE.get(line, line).replace("~/", f"{FILES}/").split()
        assert words[0] == "wavehouse", line
        run = run_wavehouse(project, *words[1:])
        assert run.exit_code == 0, run.output
        said[line] = run.output
    # As the text says: the draft asks about sex, and the bus question goes on by itself.
    assert re.search(r"segment +sex ", said["wavehouse review town 2024"])
    assert re.search(r"accept .*renamed_column", said["wavehouse review town 2025 --all"])
    with duckdb.connect(str(project.warehouse / "wavehouse.duckdb"), read_only=True) as database:
        assert docs.result_problems(database, text) == []
    assert (project.warehouse / "pages/index.html").is_file()


def test_the_tutorial_shows_the_first_rows_of_its_file() -> None:
    (rows,) = docs.fences(TUTORIAL.read_text(encoding="utf-8"), "text")
    assert (FILES / "town_2024.csv").read_text(encoding="utf-8").startswith(rows)
