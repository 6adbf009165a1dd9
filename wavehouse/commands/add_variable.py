"""`wavehouse add-variable`."""

import click

from wavehouse.commands.shared import (
    WAVE,
    Command,
    argument,
    examples,
    study_argument,
    with_project,
)
from wavehouse.escapes import terminal_text
from wavehouse.project import Project

EXAMPLES = examples("""
examples:
  wavehouse add-variable gss widowed                 finds it in all waves, and drafts the rows
  wavehouse add-variable gss q12 --wave 2004         where the name means another question elsewhere
  wavehouse review gss 2006                          the draft is that of the last wave that has it
  wavehouse decide gss 2006 sure accept
  wavehouse apply gss 2006

Waves in which it has another name or other codes are proposals of their own. If it is a variable in
that wave already, the draft is for the others.
""")


@click.command("add-variable", cls=Command, epilog=EXAMPLES)
@study_argument()
@argument("column", "the column as it is delivered", metavar="COLUMN")
@click.option(
    "--wave",
    type=WAVE,
    metavar="WAVE",
    help="the wave that has it under this name (default: the last)",
)
@with_project
def add_variable(project: Project, study: str, column: str, wave: str | None) -> None:
    """Draft a variable from a column that was waived so far, in all waves that deliver it."""
    from wavehouse_exchange.onboarding.later_variable import add_variable as add

    print(terminal_text(add(project, study, column, wave)))
