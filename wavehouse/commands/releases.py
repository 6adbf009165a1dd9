"""`wavehouse releases`."""

import click

from wavehouse.commands.shared import Command, examples, with_project
from wavehouse.project import Project

EXAMPLES = examples("""
examples:
  wavehouse releases
  wavehouse releases --tidy
  wavehouse releases --remove 20260331T101500123456Z
  wavehouse releases --remove 2026-03-31 --microdata

releases.yml says which releases stay; each publish removes the others.
""")


@click.command(cls=Command, epilog=EXAMPLES)
@click.option(
    "--tidy", is_flag=True, help=("remove now the releases that releases.yml does not keep")
)
@click.option(
    "--remove",
    metavar="RELEASE",
    help=("remove one release, by its id or a date on which it was current"),
)
@click.option("--microdata", is_flag=True, help="remove only the rows of people from that release")
@with_project
def releases(project: Project, remove: str | None, *, tidy: bool, microdata: bool) -> None:
    """List the releases that are kept, with date, parts and size."""
    from wavehouse.publishing.as_of import describe_releases
    from wavehouse.publishing.history import remove_release, tidy_history
    from wavehouse.publishing.releases import publishing_lock

    if microdata and not remove:
        raise click.UsageError("--microdata needs a release: name it with --remove.")
    if remove:
        with publishing_lock(project):
            click.echo(remove_release(project, remove, microdata_only=microdata))
    elif tidy:
        with publishing_lock(project):
            gone = tidy_history(project, is_asked_for=True)
        click.echo("\n".join(f"Removed {each}." for each in gone) or "Nothing to remove.")
    else:
        click.echo(describe_releases(project))
