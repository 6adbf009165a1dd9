"""`wavehouse build`."""

import click

from wavehouse.commands.shared import Command, target_option, with_project
from wavehouse.project import Project


@click.command(cls=Command)
@click.option("--force", is_flag=True, help="compute everything anew, even if nothing changed")
@target_option("the dbt target; only duckdb is published")
@with_project
def build(project: Project, force: bool, target: str) -> None:
    """Build everything, test its data, and publish it if all of it passes."""
    from wavehouse.building.build import build as build_all

    build_all(project, target, force)
