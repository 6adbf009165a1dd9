"""`wavehouse end-series`."""

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
  wavehouse end-series gss happiness --after 2002 --because "another question since"
  wavehouse end-series gss happiness --after 2002 --because "another question since" --apply
  wavehouse undo                            takes it back

To let what comes later go on as a variable of its own, use split-series instead.
""")


@click.command("end-series", cls=Command, epilog=EXAMPLES)
@study_argument()
@variable_argument()
@wave_option("--after", "last", "the last wave that the variable has")
@click.option("--because", required=True, metavar="TEXT", help="why later columns are not used")
@apply_option
@with_project
def end_series(
    project: Project, study: str, variable: str, last: str, because: str, does_it: bool
) -> None:
    """End a variable with a wave: its later columns are waived, and its other uses are listed."""
    from wavehouse_exchange.onboarding.series import end_series as end

    for line in end(project, study, variable, last, because, does_it=does_it):
        print(terminal_text(line))
