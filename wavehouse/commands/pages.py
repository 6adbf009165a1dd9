"""`wavehouse pages`."""

import click

from wavehouse.commands.shared import Command, with_project
from wavehouse.project import Project


@click.command(cls=Command)
@with_project
def pages(project: Project) -> None:
    """Write pages to browse to warehouse/pages/index.html."""
    from wavehouse_exchange.pages.site import write_pages

    site = write_pages(project)
    print(
        f"Wrote {project.relative(site.folder)}/index.html: {site.variables:,} variables, "
        f"{site.files:,} files, {site.size / 1e6:,.1f} MB."
    )
