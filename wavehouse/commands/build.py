"""`wavehouse build`."""

import click

from wavehouse.building.target_names import TARGETS
from wavehouse.commands.shared import Command, target_option, with_project
from wavehouse.project import Project


@click.command(cls=Command)
@click.option("--force", is_flag=True, help="compute everything again, even if nothing changed")
@target_option("the dbt target; only duckdb is published", TARGETS)
@with_project
def build(project: Project, force: bool, target: str) -> None:
    """Build everything, test the data, and publish if all tests pass."""
    from wavehouse.building.build import build as build_all

    build_all(project, target, force)
