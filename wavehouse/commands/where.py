"""`wavehouse where`."""

import click

from wavehouse.commands.shared import Command, examples, with_project
from wavehouse.project import Project


@click.command(
    cls=Command,
    epilog=examples("""
Examples:

  duckdb -c "from '$(wavehouse where)/parquet/dim_wave.parquet'"

A folder that was asked for once stays as it is until the second publish from then, so that files
opened one after the other are of one release.
"""),
)
@with_project
def where(project: Project) -> None:
    """Print the folder of the published release, whose files never change."""
    from wavehouse.publishing.releases import release_folder

    click.echo(release_folder(project))
