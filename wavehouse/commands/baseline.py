"""`wavehouse baseline`."""

from pathlib import Path

import click

from wavehouse.commands.shared import (
    FOLDER,
    Command,
    argument,
    examples,
    target_option,
    with_project,
)
from wavehouse.project import Project

EXAMPLES = examples("""
examples:
  wavehouse baseline ~/releases/last     after a publish: what changes are checked against

The folder is for `wavehouse check-change`. It holds every answer, so keep it where the data may be.
""")


@click.command(cls=Command, epilog=EXAMPLES)
@argument(
    "folder",
    "the folder to write; an earlier release in it is replaced",
    type=FOLDER,
    metavar="FOLDER",
)
@target_option("the dbt target; for postgres, the last build that passed, which stays there")
@with_project
def baseline(project: Project, folder: Path, target: str) -> None:
    """Copy the release and its working database to a folder, to check changes against it."""
    from wavehouse.changes.baseline import write_baseline

    written = write_baseline(project, folder, target)
    size = sum(file.stat().st_size for file in folder.rglob("*") if file.is_file())
    told = f"Wrote release {written.release} to {folder} ({size / 1e6:,.0f} MB)."
    if target == "duckdb":
        told += " It contains every answer: treat it like the data."
    click.echo(told)
