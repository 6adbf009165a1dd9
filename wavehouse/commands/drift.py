"""`wavehouse drift`."""

import click

from wavehouse.commands.shared import Command, with_project
from wavehouse.project import Project


@click.command(cls=Command)
@with_project
def drift(project: Project) -> int:
    """Write what changed between waves to target/drift.html, and fail if a hard finding is open."""
    from wavehouse.drift import write_drift_and_tell

    return 1 if write_drift_and_tell(project, project.target).n_open else 0
