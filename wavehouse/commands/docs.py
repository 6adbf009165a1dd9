"""`wavehouse docs`."""

import click

from wavehouse.commands.shared import Command, with_project
from wavehouse.project import Project


@click.command(cls=Command)
@with_project
def docs(project: Project) -> None:
    """Write the docs site to warehouse/docs/index.html."""
    from wavehouse.docs_site.site import write_docs

    write_docs(project)
