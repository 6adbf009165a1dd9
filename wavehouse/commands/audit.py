"""`wavehouse audit`."""

from datetime import datetime

import click

from wavehouse.commands.shared import Command, examples, with_project
from wavehouse.escapes import terminal_text
from wavehouse.project import Project

EXAMPLES = examples("""
examples:
  wavehouse audit verify
  wavehouse audit show --key key_0a1b2c3d              what a leaked key read
  wavehouse audit erase --before 2026-01-01            what is older than you keep it
  wavehouse audit erase --containing "filter[person]=117"
  wavehouse audit show --audience partners --since 2027-03-01 --format csv

docs/guide/serve.md says what is logged.
""")

OF_KEY = click.option("--key", "key_id", metavar="KEY", help="only those of the key of this id")


@click.group(epilog=EXAMPLES)
def audit() -> None:
    """Read the log of requests to the API, look whether it was changed, erase what was asked."""


@audit.command(cls=Command)
@with_project
def verify(project: Project) -> None:
    """Look whether each line of the log is as it was written, and none is missing between."""
    from wavehouse_exchange.serving.audit import count_lines
    from wavehouse_exchange.serving.audit import verify as faults_of

    faults = faults_of(project.warehouse)
    for fault in faults:
        print(terminal_text(f"{project.relative(fault.path)}, line {fault.line}: {fault.says}"))
    if faults:
        print("What follows these lines in their files cannot be relied on.")
        click.get_current_context().exit(1)
    lines, erased = count_lines(project.warehouse)
    print(f"{lines:,} lines are as they were written. Of {erased:,} the payload was erased.")


@audit.command(cls=Command)
@click.option("--audience", metavar="ID", help="only requests of this audience")
@OF_KEY
@click.option(
    "--since",
    type=click.DateTime(["%Y-%m-%d"]),
    metavar="DATE",
    help="only those from this day (UTC) on",
)
@click.option(
    "--format",
    "form",
    type=click.Choice(["csv", "json"]),
    default="csv",
    show_default=True,
    help="json has a line for each request",
)
@with_project
def show(
    project: Project, audience: str | None, key_id: str | None, since: datetime | None, form: str
) -> None:
    """Write the requests: when, who, what, how many rows of which release."""
    from wavehouse_exchange.serving.audit import read_log, written_log

    day = f"{since:%Y-%m-%d}" if since else ""
    rows = (
        row
        for row in read_log(project.warehouse)
        if audience in (None, row["audience"]) and key_id in (None, row["key"]) and row["at"] >= day
    )
    click.echo(written_log(rows, form), nl=False)


@audit.command(cls=Command)
@click.option("--containing", metavar="TEXT", help="only requests whose address has this text")
@OF_KEY
@click.option(
    "--before",
    type=click.DateTime(["%Y-%m-%d"]),
    metavar="DATE",
    help="only those from before this day (UTC)",
)
@with_project
def erase(
    project: Project, containing: str | None, key_id: str | None, before: datetime | None
) -> None:
    """Erase what is told of requests, for good; digests stay, so that the log can be verified.

    All that is given has to be true of a request.
    """
    from wavehouse_exchange.serving.audit import erase_where

    if not (containing or key_id or before):
        raise click.UsageError("Say which requests: --containing, --key or --before.")
    day = f"{before:%Y-%m-%d}" if before else None
    requests, files = erase_where(project.warehouse, containing, key_id, day)
    print(
        f"Erased what was told of {requests:,} requests, in {files:,} files. "
        "The next build takes it out of operations.ops_requests."
    )
