"""`wavehouse publish`."""

import click

from wavehouse.commands.shared import Command, with_project
from wavehouse.project import Project


@click.command(cls=Command)
@with_project
def publish(project: Project) -> None:
    """Publish the last build again, if it passed."""
    from wavehouse.operations.run_history.runs import recorded
    from wavehouse.publishing.publish import passed_build, publish_and_tell

    with recorded(project, "publish", "duckdb"):
        publish_and_tell(project, passed_build(project))
