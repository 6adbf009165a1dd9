"""`wavehouse postgres`."""

import click

from wavehouse.commands.shared import Command, argument, examples, with_project
from wavehouse.errors import WavehouseError
from wavehouse.project import Project

EXAMPLES = examples("""
examples:
  wavehouse postgres -- dbt build
  wavehouse postgres -- wavehouse build --target postgres
""")


@click.command(
    cls=Command,
    epilog=EXAMPLES,
    # What stands behind the command's own first word is the command's, options too.
    context_settings={"allow_interspersed_args": False},
)
@argument(
    "words",
    "the command and its arguments",
    nargs=-1,
    type=click.UNPROCESSED,
    metavar="-- WORD...",
)
@with_project
def postgres(project: Project, words: tuple[str, ...]) -> int:
    """Run a command with a throwaway PostgreSQL server, and exit with its code."""
    from wavehouse.building.postgres import run_with_postgres

    if not words:
        raise WavehouseError("Name a command, for example: wavehouse postgres -- dbt build")
    return run_with_postgres(list(words), project.root)
