"""`wavehouse restore`."""

from pathlib import Path

import click

from wavehouse.commands.shared import FILE, FOLDER, Command, argument, examples
from wavehouse.escapes import terminal_text

EXAMPLES = examples("""
examples:
  wavehouse restore /mnt/backup ~/surveys
  wavehouse restore s3:https://s3.example.org/backup ~/surveys --at 2026-03-31
  wavehouse restore /mnt/backup ~/surveys --password-file ~/password

The password is that of the repository: RESTIC_PASSWORD_FILE, RESTIC_PASSWORD or
RESTIC_PASSWORD_COMMAND, or --password-file. Nothing else is needed. Then: make
""")


@click.command(cls=Command, epilog=EXAMPLES)
@argument("repository", "the repository of the backups: a folder, sftp:..., s3:...")
@argument("folder", "the folder to restore to; it must not be there, or be empty", type=FOLDER)
@click.option("--at", metavar="DATE", help="the last backup by this date or time (default: now)")
@click.option("--snapshot", metavar="ID", help="the backup of this id")
@click.option(
    "--password-file", type=FILE, metavar="FILE", help="a file with the repository's password"
)
def restore(
    repository: str,
    folder: Path,
    at: str | None,
    snapshot: str | None,
    password_file: Path | None,
) -> None:
    """Bring a project back from a backup, and check every file."""
    from wavehouse.operations.backups.repository import place_of
    from wavehouse.operations.backups.restic import Restic
    from wavehouse.operations.backups.restore import restore as bring_back

    if at and snapshot:
        raise click.UsageError("Say --at or --snapshot, not both.")
    file = password_file.expanduser().resolve() if password_file else None
    place = place_of(repository, Path.cwd())
    for line in bring_back(
        Restic(place, file), folder.expanduser().resolve(), at=at, snapshot=snapshot
    ).lines():
        print(terminal_text(line))
