"""`wavehouse review`."""

import click

from wavehouse.commands.shared import Command, study_argument, wave_argument, with_project
from wavehouse.escapes import terminal_text
from wavehouse.project import Project


@click.command(cls=Command)
@study_argument()
@wave_argument()
@click.option("--all", "everything", is_flag=True, help="decided ones too, with full reasons")
@with_project
def review(project: Project, study: str, wave: str, everything: bool) -> None:
    """Show what a new wave brings, open proposals first, each with its confidence and reason."""
    from wavehouse.onboarding.onboard import review as review_draft

    print(terminal_text(review_draft(project, study, wave, everything)))
