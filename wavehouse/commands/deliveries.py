"""`wavehouse deliveries`."""

import click

from wavehouse.commands.shared import Command, argument, examples, with_project
from wavehouse.escapes import terminal_text
from wavehouse.project import Project

EXAMPLES = examples("""
examples:
  wavehouse deliveries list
  wavehouse deliveries show d_6e333f4a
  wavehouse deliveries take d_6e333f4a
  wavehouse deliveries decline d_6e333f4a --because "This is the pilot study."

The guide has a page for those who deliver: docs/guide/deliver-a-wave.md.
""")
ID = argument("delivery_id", "the id of a delivery, or the beginning of one", metavar="ID")


@click.group(epilog=EXAMPLES)
def deliveries() -> None:
    """Look at what partners delivered through the API, and take it in or decline it."""


@deliveries.command(name="list", cls=Command)
@with_project
def list_all(project: Project) -> None:
    """List the deliveries, and what became of them."""
    from wavehouse_exchange.receiving.handing_over import list_deliveries

    print(terminal_text(list_deliveries(project)))


@deliveries.command(cls=Command)
@ID
@with_project
def show(project: Project, delivery_id: str) -> None:
    """Show a delivery: its files, its problems, and what is to be decided."""
    from wavehouse_exchange.receiving.handing_over import show_delivery

    print(terminal_text(show_delivery(project, delivery_id)))


@deliveries.command(cls=Command)
@ID
@with_project
def take(project: Project, delivery_id: str) -> None:
    """Bring a delivery in as `wavehouse add-wave` does: its files are landed and rows drafted."""
    from wavehouse_exchange.receiving.handing_over import take_delivery

    print(terminal_text(take_delivery(project, delivery_id)))


@deliveries.command(cls=Command)
@ID
@click.option("--because", required=True, metavar="TEXT", help="why; who delivered it reads this")
@with_project
def decline(project: Project, delivery_id: str, because: str) -> None:
    """Decline a delivery and remove its files."""
    from wavehouse_exchange.receiving.handing_over import decline_delivery

    print(terminal_text(decline_delivery(project, delivery_id, because)))


@deliveries.command(cls=Command)
@ID
@with_project
def remove(project: Project, delivery_id: str) -> None:
    """Remove a delivery: its files, and what is known of it."""
    from wavehouse_exchange.receiving.handing_over import remove_delivery

    print(terminal_text(remove_delivery(project, delivery_id)))
