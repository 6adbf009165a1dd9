"""`wavehouse drill`."""

from pathlib import Path

import click

from wavehouse.commands.shared import FOLDER, Command, examples, with_project
from wavehouse.escapes import terminal_text
from wavehouse.project import Project

EXAMPLES = examples("""
examples:
  wavehouse drill
  wavehouse drill --to /mnt/scratch/drill

It needs room for a whole project, which is removed again, and the time of a full build. Let a
scheduler call it once a month; `wavehouse status` says when it is late.
""")


@click.command(cls=Command, epilog=EXAMPLES)
@click.option(
    "--to",
    "folder",
    type=FOLDER,
    metavar="FOLDER",
    help="restore to this folder, such as on a larger disk (default: target/drill)",
)
@with_project
def drill(project: Project, folder: Path | None) -> None:
    """Try a backup: restore it beside, build it, and compare its numbers with its release."""
    from wavehouse.operations.backups.drill import drill as try_backup

    place = folder.expanduser().resolve() if folder else None
    for line in try_backup(project, folder=place).lines:
        print(terminal_text(line))
