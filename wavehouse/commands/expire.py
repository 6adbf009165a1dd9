"""`wavehouse expire`."""

import click

from wavehouse.commands.shared import Command, apply_option, examples, with_project
from wavehouse.escapes import terminal_text
from wavehouse.project import Project

EXAMPLES = examples("""
examples:
  wavehouse expire             shows what is due
  wavehouse expire --apply     removes it

For how long rows of people of a study are kept stands in seeds/codebook/study_protections.csv
(rows_until, rows_days). Nothing brings them back: no `undo`, no restore. The project is built and
published anew without the study; rows of people of all earlier releases go. Published figures stay
or go, as is declared. After a kill, run it again. Then: wavehouse backup
""")


@click.command(cls=Command, epilog=EXAMPLES)
@apply_option
@with_project
def expire(project: Project, does_it: bool) -> None:
    """Remove the rows of people of studies whose time is over."""
    from wavehouse.people.expiring import build_without, plan
    from wavehouse.people.expiring import expire as remove_all

    done = remove_all(project, build_without) if does_it else plan(project)
    for line in [*done.lines, *done.left]:
        print(terminal_text(line))
    if not does_it:
        print("Nothing was changed. The same command with --apply does it.")
