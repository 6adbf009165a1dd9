"""`wavehouse engine`."""

import click

from wavehouse.commands.shared import Command, argument, examples, with_project
from wavehouse.project import Project

EXAMPLES = examples("""
examples:
  wavehouse engine ducklake
  wavehouse engine postgres
""")
NAMES = ("postgres", "ducklake", "ducklake-on-postgres")


@click.command(cls=Command, epilog=EXAMPLES)
@argument("name", "the engine", type=click.Choice(NAMES), metavar="NAME")
@with_project
def engine(project: Project, name: str) -> int:
    """Start an engine, build everything there and on DuckDB, and compare every public table.

    Nothing is published, and the engine is gone afterwards. The exit code is 1 if a value differs.
    """
    from wavehouse.engines.engine import ENGINES
    from wavehouse.engines.trial import describe, try_engine

    trial = try_engine(project, ENGINES[name])
    click.echo(describe(trial))
    return 0 if trial.is_equal else 1
