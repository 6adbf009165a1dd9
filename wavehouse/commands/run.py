"""`wavehouse run`."""

import os

import click

from wavehouse.commands.shared import Command, examples, with_project
from wavehouse.project import Project

EXAMPLES = examples("""
examples:
  wavehouse run                                     all that is to be done, once
  wavehouse run --why "corrected weights of May"    the reason stands in the history

What is done, and when a run is late, stands in operations.yml. A delivery is taken from the inbox
if nothing of it is to be decided and the build passes with it; else it stays there, and the project
is as it was. docs/guide/run-by-itself.md has units for systemd, cron, GitHub and GitLab.
""")


@click.command(cls=Command, epilog=EXAMPLES)
@click.option("--why", metavar="TEXT", help="why it runs, for the history")
@with_project
def run(project: Project, why: str | None) -> int:
    """Fetch, take deliveries, build, publish, back up and report: what a scheduler calls."""
    from wavehouse.operations.daily_run.pipeline import run as run_all

    if why:
        os.environ["WAVEHOUSE_WHY"] = why
    return 0 if run_all(project) else 1
