"""`wavehouse generate`."""

import click

from wavehouse.commands.shared import Command, with_project
from wavehouse.project import Project


@click.command(cls=Command)
@click.option("--check", is_flag=True, help="change nothing, and fail if a file is out of date")
@with_project
def generate(project: Project, check: bool) -> None:
    """Write the files that repeat the codebook."""
    from wavehouse.generate import check_generated
    from wavehouse.generate import generate as write_generated

    if check:
        check_generated(project)
        print("Generated files are up to date.")
        return
    changes = write_generated(project)
    for change in changes:
        print(change)
    print(f"{len(changes)} generated files changed." if changes else "Generated files: no change.")
