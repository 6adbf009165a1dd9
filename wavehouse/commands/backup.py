"""`wavehouse backup`."""

import click

from wavehouse.commands.shared import Command, examples, with_project
from wavehouse.project import Project

EXAMPLES = examples("""
examples:
  wavehouse backup
  RESTIC_PASSWORD_FILE=/etc/wavehouse/password wavehouse backup

operations.yml says where to, and which backups stay. restic has to be installed. Others may build
and publish meanwhile. Then try it: wavehouse drill
""")


@click.command(cls=Command, epilog=EXAMPLES)
@click.option(
    "--new-repository",
    is_flag=True,
    help="begin another repository than that of the last backup, such as after a disk was lost",
)
@click.option(
    "--take-over",
    is_flag=True,
    help="go on in a repository whose backups were made by another machine or copy",
)
@with_project
def backup(project: Project, *, new_repository: bool, take_over: bool) -> None:
    """Back up releases, waves, codebook and all else of the project, encrypted, and verify it."""
    from wavehouse.operations.backups.backup import backup_and_tell

    backup_and_tell(project, new_repository=new_repository, take_over=take_over)
