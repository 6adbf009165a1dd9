"""`wavehouse undo`."""

import click

from wavehouse.commands.shared import Command, examples, with_project
from wavehouse.escapes import terminal_text
from wavehouse.project import Project

EXAMPLES = examples("""
It refuses if a file was changed since, and then changes nothing. What is kept is in
.wavehouse/edits, a folder for each command; remove those that you no longer want.
""")


@click.command(cls=Command, epilog=EXAMPLES)
@with_project
def undo(project: Project) -> None:
    """Take back the last remove-wave, end-series or split-series: rows and files are as before."""
    from wavehouse.onboarding.edits import undo as put_back

    for line in put_back(project):
        print(terminal_text(line))
