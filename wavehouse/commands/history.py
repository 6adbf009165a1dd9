"""`wavehouse history`."""

import json

import click

from wavehouse.commands.shared import Command, argument, examples, with_project
from wavehouse.escapes import terminal_text
from wavehouse.project import Project

EXAMPLES = examples("""
examples:
  wavehouse history                          the last 20 runs
  wavehouse history --last 5 --json
  wavehouse history 20260331T101500123456Z   one run, with its steps and what took longest

The page warehouse/operations/index.html says besides what got slower and what is late.
""")


@click.command(cls=Command, epilog=EXAMPLES)
@argument("run_id", "a run, by its id or the beginning of it", required=False, metavar="[RUN_ID]")
@click.option(
    "--last",
    type=click.IntRange(min=1),
    default=20,
    show_default=True,
    metavar="N",
    help="list so many runs",
)
@click.option("--json", "as_json", is_flag=True, help="write JSON, for programs")
@with_project
def history(project: Project, run_id: str | None, last: int, *, as_json: bool) -> None:
    """List what ran: builds, publishes, exports and the like, how they went, and who began them."""
    from wavehouse.operations.run_history.history import find_run, last_runs, shown
    from wavehouse.operations.run_history.history_texts import table_of_runs, text_of_run
    from wavehouse.operations.run_history.run_files import read_nodes

    if run_id is not None:
        run = find_run(project, run_id)
        nodes = read_nodes(project, run["run_id"])
        text = text_of_run(run, nodes)
        told = shown(run) | {"nodes": nodes}
        click.echo(json.dumps(told, indent=2) if as_json else terminal_text(text))
        return
    runs = last_runs(project, last)
    if as_json:
        click.echo(json.dumps([shown(run) for run in runs], indent=2))
    elif runs:
        click.echo(terminal_text(table_of_runs(runs)))
    else:
        click.echo("Nothing has run yet that is recorded. `make` builds and publishes.")
