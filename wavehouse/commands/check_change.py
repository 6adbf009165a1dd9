"""`wavehouse check-change`."""

from pathlib import Path

import click

from wavehouse.commands.shared import FILE, FOLDER, Command, examples, target_option, with_project
from wavehouse.project import Project

EXAMPLES = examples("""
examples:
  wavehouse check-change --against ~/releases/last
  wavehouse check-change --against release --to target/review.md

The folder is what `wavehouse baseline` wrote after the last publish. If it is missing or empty,
everything is built. Nothing is published, and the clone's own build stays as it is.
""")


@click.command(cls=Command, epilog=EXAMPLES)
@click.option(
    "--against",
    type=FOLDER,
    metavar="FOLDER",
    required=True,
    help="the release to compare with, as `wavehouse baseline` wrote it",
)
@click.option(
    "--to",
    "path",
    type=FILE,
    metavar="FILE",
    help="also write the report to a file (Markdown)",
)
@target_option(
    "the dbt target, the same as that of the release; on postgres the change gets its "
    "own schemas beside it"
)
@with_project
def check_change(project: Project, against: Path, path: Path | None, target: str) -> None:
    """Build and test what a change touches, and show how it changes published numbers."""
    from wavehouse.changes.check_change import check_change as check
    from wavehouse.changes.check_change import report
    from wavehouse.escapes import terminal_text
    from wavehouse.writing import write_whole

    written = report(check(project, against, target))
    click.echo()
    click.echo(terminal_text(written), nl=False)
    if path is not None:
        write_whole(path, written)
        click.echo(f"Wrote {project.relative(path)}.")
