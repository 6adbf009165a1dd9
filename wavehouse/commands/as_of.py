"""`wavehouse as-of`."""

from pathlib import Path

import click

from wavehouse.commands.shared import FILE, Command, argument, examples, with_project
from wavehouse.project import Project

EXAMPLES = examples("""
examples:
  wavehouse as-of 2026-03-31                 what was published on the evening of that day
  wavehouse as-of previous --to before.duckdb
  duckdb -readonly warehouse/as_of/20260331T101500123456Z.duckdb -c "from marts.dim_wave"
""")


@click.command(cls=Command, epilog=EXAMPLES)
@argument(
    "release",
    "an id or the beginning of one, a date or time, `current` or `previous`",
    metavar="RELEASE",
)
@click.option(
    "--to",
    "path",
    type=FILE,
    metavar="FILE",
    help="the DuckDB file (default: warehouse/as_of/ and the release's id)",
)
@with_project
def as_of(project: Project, release: str, path: Path | None) -> None:
    """Write a small DuckDB file with the tables as they were published in a kept release."""
    from wavehouse.publishing.as_of import tell_as_of

    click.echo(tell_as_of(project, release, path))
