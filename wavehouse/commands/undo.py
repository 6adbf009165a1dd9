"""`wavehouse undo`."""

import click

from wavehouse.commands.shared import Command, examples, with_project
from wavehouse.escapes import terminal_text
from wavehouse.project import Project

EXAMPLES = examples("""
Rows that were written since stay. It refuses where the rows of the command were changed since, or
others need them, and then changes nothing. What is kept is in .wavehouse/edits, a folder for each
command; remove those that you no longer want.
""")


@click.command(cls=Command, epilog=EXAMPLES)
@with_project
def undo(project: Project) -> None:
    """Undo the last apply, remove-wave, remove-study, end-series or split-series."""
    from wavehouse_exchange.onboarding.undoing import undo as put_back

    for line in put_back(project):
        print(terminal_text(line))
