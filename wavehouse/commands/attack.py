"""`wavehouse attack`."""

import click

from wavehouse.building.target_names import TARGETS
from wavehouse.commands.shared import Command, target_option, with_project
from wavehouse.project import Project


@click.command(cls=Command)
@target_option("the dbt target whose tables are attacked", TARGETS)
@with_project
def attack(project: Project, target: str) -> None:
    """Try to compute what the tables suppress, and fail if that works."""
    from wavehouse.disclosure.attack import check_disclosure
    from wavehouse.operations.run_history.runs import recorded

    with recorded(project, "attack", target):
        print(check_disclosure(project, target))
