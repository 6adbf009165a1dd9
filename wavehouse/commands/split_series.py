"""`wavehouse split-series`."""

import click

from wavehouse.commands.shared import (
    Command,
    apply_option,
    examples,
    study_argument,
    variable_argument,
    wave_option,
    with_project,
)
from wavehouse.escapes import terminal_text
from wavehouse.project import Project

EXAMPLES = examples("""
examples:
  wavehouse split-series gss happiness --from 2004 --into life_happiness
  wavehouse split-series gss happiness --from 2004 --into life_happiness \\
      --label "Happiness with life" --apply
  wavehouse undo                            takes it back

The new variable has the code list and copies of the measures of the old one, and its later breaks.
Segments, groups, derivations and bases that use the old one are told: what they should have from
that wave on is for you to say.
""")


@click.command("split-series", cls=Command, epilog=EXAMPLES)
@study_argument()
@variable_argument()
@wave_option("--from", "first", "the first wave of the new variable")
@click.option("--into", required=True, metavar="ID", help="the id of the new variable")
@click.option(
    "--label", default="", metavar="TEXT", help=("the label of the new variable for readers")
)
@apply_option
@with_project
def split_series(
    project: Project,
    study: str,
    variable: str,
    first: str,
    into: str,
    label: str,
    does_it: bool,
) -> None:
    """Split a series that was continued by mistake: from a wave on, it is another variable."""
    from wavehouse_exchange.onboarding.series import split_series as split

    for line in split(project, study, variable, first, into, label, does_it=does_it):
        print(terminal_text(line))
