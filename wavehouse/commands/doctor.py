"""`wavehouse doctor`."""

import click

from wavehouse.commands.shared import Command, examples, with_project
from wavehouse.errors import WavehouseError
from wavehouse.escapes import terminal_text
from wavehouse.project import Project


@click.command(
    cls=Command,
    epilog=examples(
        """
Nothing is changed. The exit code is 1 if something needs to be done (FAIL); a hint may wait.

Example:
  wavehouse doctor
"""
    ),
)
@with_project
def doctor(project: Project) -> None:
    """Show what is installed, what is missing, and whether the project is in order."""
    from wavehouse.own.doctor import examine

    found = examine(project)
    for finding in found:
        print(terminal_text(str(finding)))
    wrong = sum(finding.is_wrong for finding in found)
    if wrong:
        raise WavehouseError(f"{wrong} things need to be done; see the lines that begin with FAIL.")
    print("Everything is in order.")
