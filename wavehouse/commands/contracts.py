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
    from wavehouse_exchange.connections.metricflow import PATH, check_semantics, write_semantics

    if check:
        n_tables = check_contracts(project)
        check_semantics(project)
        print(f"The contracts of {n_tables} public tables hold.")
        return
    if record_contracts(project):
        print(f"{RECORD}: new tables or columns recorded")
    if write_semantics(project):
        print(f"{PATH}: semantic models written anew")
