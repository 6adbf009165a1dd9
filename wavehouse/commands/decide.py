"""`wavehouse decide`."""

import click

from wavehouse.commands.shared import (
    Command,
    argument,
    examples,
    study_argument,
    wave_argument,
    with_project,
)
from wavehouse.escapes import terminal_text
from wavehouse.project import Project

EXAMPLES = examples("""
examples:
  wavehouse decide gss 2008 p03 accept
  wavehouse decide gss 2008 p03,p05-p09 reject --because "only the words changed"
  wavehouse decide gss 2008 sure accept      all open ones with a confidence of 0.9 or more

A rejected new column is waived, a rejected renaming ends the old question and waives the column;
what a rejection leaves to do, apply says.
""")


@click.command(cls=Command, epilog=EXAMPLES)
@study_argument()
@wave_argument()
@argument("ids", "such as p03, p03,p07, p03-p07, or sure", metavar="IDS")
@argument(
    "decision",
    "accept or reject",
    type=click.Choice(["accept", "reject"]),
    metavar="DECISION",
)
@click.option("--because", default="", metavar="TEXT", help="why, in your words")
@with_project
def decide(project: Project, study: str, wave: str, ids: str, decision: str, because: str) -> None:
    """Decide proposals of a draft, by their ids."""
    from wavehouse.onboarding.onboard import decide as decide_proposals

    print(terminal_text(decide_proposals(project, study, wave, ids, decision, because)))
