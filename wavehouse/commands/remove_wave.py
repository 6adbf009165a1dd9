"""`wavehouse remove-wave`."""

import click

from wavehouse.commands.shared import (
    Command,
    apply_option,
    examples,
    study_argument,
    wave_argument,
    with_project,
)
from wavehouse.escapes import terminal_text
from wavehouse.project import Project

EXAMPLES = examples("""
examples:
  wavehouse remove-wave gss 2008            shows what goes
  wavehouse remove-wave gss 2008 --apply
  wavehouse undo                            takes it back

Later waves close up. Rows that begin or end with the wave begin with the next or end with the one
before; what only this wave had (variables, crosswalks, a design) goes with it. It refuses where
something else needs the wave, such as an index that has it as its base. A wave that is still being
brought in is given up: its draft and its files go.
""")


@click.command("remove-wave", cls=Command, epilog=EXAMPLES)
@study_argument()
@wave_argument()
@apply_option
@with_project
def remove_wave(project: Project, study: str, wave: str, does_it: bool) -> None:
    """Remove a wave from a study: its codebook rows, its files, and what only it had."""
    from wavehouse_exchange.onboarding.removing import remove_wave as remove

    for line in remove(project, study, wave, does_it=does_it):
        print(terminal_text(line))
