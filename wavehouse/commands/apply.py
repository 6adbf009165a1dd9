"""`wavehouse apply`."""

import click

from wavehouse.commands.shared import Command, study_argument, wave_argument, with_project
from wavehouse.escapes import terminal_text
from wavehouse.project import Project


@click.command(cls=Command)
@study_argument()
@wave_argument()
@click.option(
    "--reviewer",
    metavar="NAME",
    help="who decided, for reviewed_by in the crosswalk (default: $WAVEHOUSE_REVIEWER, else "
    "user.name of git)",
)
@with_project
def apply(project: Project, study: str, wave: str, reviewer: str | None) -> None:
    """Write the rows of a decided draft into seeds/codebook.

    Either all rows are written or none, and the draft is removed. The command refuses while a
    proposal is open or a value is ???. Other rows stay as they are.
    """
    from wavehouse_exchange.onboarding.apply import apply_draft

    for line in apply_draft(project, study, wave, reviewer):
        print(terminal_text(line))
    print("Next: make")
