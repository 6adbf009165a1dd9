"""A project with the town survey: its first wave in the codebook, and a draft of the second."""

import shutil
from pathlib import Path

from survey_files import write_first, write_second
from workbench import copy_project, keep_studies

from wavehouse.cli import main
from wavehouse.project import Project

STUDY = (
    *("--study-label", "Town survey", "--date", "2023-05-01", "--respondent", "id"),
    *("--producer", "The town", "--universe", "Adults in town", "--citation", "Town survey"),
    *("--terms", "Made up."),
)


def make_bare(folder: Path) -> Project:
    """Make a project without studies, and write the delivered files beside it."""
    project = copy_project(folder / "project")
    keep_studies(project, [])
    write_first(folder)
    write_second(folder)
    return project


def delivered(project: Project, wave: str) -> str:
    """Give the delivered file of a wave."""
    return str(project.root.parent / f"town_{wave}.sav")


def run(project: Project, *words: str) -> None:
    """Run a command that has to pass."""
    assert main(["--project-dir", str(project.root), *words]) == 0, words


def begin_town(project: Project) -> None:
    """Bring in the first wave, as a seed."""
    for words in (
        ("new-study", "town", "1", delivered(project, "1"), *STUDY, "--as", "seed"),
        ("decide", "town", "1", "p01-p09", "accept"),
        # Sex as a segment.
        ("decide", "town", "1", "p10", "reject", "--because", "Not needed here."),
        ("apply", "town", "1"),
    ):
        run(project, *words)


def begun_with_a_draft(folder: Path) -> Project:
    """Make a project with the first wave in the codebook, and a draft of the second."""
    project = make_bare(folder)
    begin_town(project)
    run(project, "add-wave", "town", "2", delivered(project, "2"), "--date", "2024-05-01")
    return project


def copied(project: Project, folder: Path) -> Project:
    """Copy a project and the delivered files beside it."""
    folder.mkdir(parents=True, exist_ok=True)
    for path in project.root.parent.glob("*.sav"):
        shutil.copy(path, folder)
    return Project(Path(shutil.copytree(project.root, folder / "project")))
