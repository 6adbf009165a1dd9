"""`wavehouse contracts`."""

import click

from wavehouse.commands.shared import Command, with_project
from wavehouse.project import Project


@click.command(cls=Command)
@click.option(
    "--check", is_flag=True, help=("change nothing, and fail if the record is out of date")
)
@with_project
def contracts(project: Project, check: bool) -> None:
    """Record new public tables and columns, and fail if one is lost."""
    from wavehouse.publishing.contracts import RECORD, check_contracts, record_contracts

    if check:
        print(f"The contracts of {check_contracts(project)} public tables hold.")
    elif record_contracts(project):
        print(f"{RECORD}: new tables or columns recorded")
