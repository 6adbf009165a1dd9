"""`wavehouse remove-study`."""

import click

from wavehouse.commands.shared import (
    Command,
    apply_option,
    examples,
    study_argument,
    with_project,
)
from wavehouse.escapes import terminal_text
from wavehouse.project import Project

EXAMPLES = examples("""
examples:
  wavehouse remove-study panel            shows what goes
  wavehouse remove-study panel --apply
  wavehouse undo                          takes it back

What only this study had goes with it: variables with their measures and code lists, segments and
groups of them, designs, weights, and generated files. It refuses where something else needs one of
these, such as a group that has variables of another study too. A study that is still being
brought in is given up: its drafts and its files go.
""")


@click.command("remove-study", cls=Command, epilog=EXAMPLES)
@study_argument()
@apply_option
@with_project
def remove_study(project: Project, study: str, does_it: bool) -> None:
    """Remove a study from the project: its codebook rows, its files, and what only it had."""
    from wavehouse_exchange.onboarding.removing_study import remove_study as remove

    for line in remove(project, study, does_it=does_it):
        print(terminal_text(line))
