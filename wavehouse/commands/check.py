"""`wavehouse check`."""

import click

from wavehouse.commands.shared import Command, with_project
from wavehouse.project import Project


@click.command(cls=Command)
@with_project
def check(project: Project) -> None:
    """List all problems of the wave and codebook files, and what is open in drafts."""
    from wavehouse.codebook.wave_files import inspect_files, problems_of_files
    from wavehouse_exchange.onboarding.draft import open_problems

    found = inspect_files(project)
    problems = found.all_problems + open_problems(project)
    if problems:
        raise problems_of_files(problems)
    print(f"{len(found.waves)} wave files and the codebook's files were read without problems.")
