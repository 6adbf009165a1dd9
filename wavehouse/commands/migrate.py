"""`wavehouse migrate`."""

import click

from wavehouse.commands.shared import Command, examples, with_project
from wavehouse.project import Project


@click.command(
    cls=Command,
    epilog=examples(
        """
Without an option nothing is changed.

Examples:
  wavehouse migrate
  wavehouse migrate --apply
  wavehouse migrate --target postgres --apply
"""
    ),
)
@click.option(
    "--apply", "does_it", is_flag=True, help=("make the changes; without this they are only shown")
)
@click.option("--undo", is_flag=True, help="put back the codebook that the last migration kept")
@click.option(
    "--target",
    type=click.Choice(["codebook", "postgres"]),
    default="codebook",
    show_default=True,
    help="what is migrated: seeds/codebook, or the database of the dbt target postgres",
)
@with_project
def migrate(project: Project, does_it: bool, undo: bool, target: str) -> None:
    """Bring the codebook to this version; without --apply, only show the changes."""
    from wavehouse.migrations import run

    if undo and (does_it or target != "codebook"):
        raise click.UsageError("--undo is for the codebook, and takes no other option.")
    if undo:
        lines = run.undo(project)
    elif target == "postgres":
        lines = run.migrate_postgres(does_it=does_it)
    else:
        lines = run.migrate(project, does_it=does_it)
    for line in lines:
        print(line)
