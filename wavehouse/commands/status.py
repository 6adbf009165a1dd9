"""`wavehouse status`."""

import json

import click

from wavehouse.commands.shared import Command, examples, with_project
from wavehouse.project import Project

EXAMPLES = examples("""
examples:
  wavehouse status
  wavehouse status --json
  wavehouse status --alert --metrics
  wavehouse status --profile fct_trend_estimates

The exit code is 0 if there is no finding, or only warnings, and 1 if there is an error. Nothing is
built or published. docs/guide/runbook.md explains each kind of finding.
""")


@click.command(cls=Command, epilog=EXAMPLES)
@click.option("--json", "as_json", is_flag=True, help="write all of it as JSON")
@click.option(
    "--alert",
    is_flag=True,
    help="tell those named in operations.yml what is new, what is over, and what stays too long",
)
@click.option(
    "--metrics",
    is_flag=True,
    help="write warehouse/operations/metrics.prom for Prometheus, and note sizes",
)
@click.option(
    "--profile",
    "model",
    metavar="MODEL",
    help="only run the query of a model of the last build, and show what took how long in it",
)
@with_project
def status(
    project: Project, *, as_json: bool, alert: bool, metrics: bool, model: str | None
) -> int:
    """Say what is late, failed, slow or short of room, and what to do about it."""
    from wavehouse.escapes import terminal_text
    from wavehouse.operations.status.report import measure, tell_of
    from wavehouse.operations.status.status import look
    from wavehouse.operations.status.status_text import status_lines

    if model:
        from wavehouse.operations.status.profiling import profile

        if as_json or alert or metrics:
            raise click.UsageError("--profile is for itself; leave the other options out.")
        click.echo(terminal_text(profile(project, model)))
        return 0
    found = look(project)
    if as_json:
        click.echo(json.dumps(found.facts(), indent=2, ensure_ascii=False, default=str))
    else:
        click.echo(terminal_text("\n".join(status_lines(found))))
    lines = tell_of(project, found) if alert else []
    lines += measure(project, found) if metrics else []
    for line in lines:
        click.echo(terminal_text(line), err=True)
    return found.exit_code
