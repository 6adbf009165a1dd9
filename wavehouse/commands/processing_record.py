"""`wavehouse processing-record`."""

from pathlib import Path

import click

from wavehouse.commands.shared import FILE, Command, examples, with_project
from wavehouse.project import Project

EXAMPLES = examples("""
examples:
  wavehouse processing-record
  wavehouse processing-record --controller "The town" --contact dpo@town.example --to record.md

What the project does not know is marked, to be filled in.
""")


@click.command(cls=Command, epilog=EXAMPLES)
@click.option("--controller", default="", metavar="NAME", help="who decides what the data are for")
@click.option(
    "--contact", default="", metavar="TEXT", help="how they, or their officer, are reached"
)
@click.option("--to", "to", type=FILE, metavar="FILE", help="the file to write")
@with_project
def processing_record(project: Project, controller: str, contact: str, to: Path | None) -> None:
    """Write the record of processing activities (GDPR, article 30) from the codebook."""
    from wavehouse.people.processing_record import OPEN
    from wavehouse.people.processing_record import processing_record as written

    record = written(project, controller, contact)
    if to is None:
        click.echo(record, nl=False)
        return
    to.write_text(record, encoding="utf-8")
    left = record.count(OPEN) - 1
    print(f"Wrote {to}. {left} places are to be filled in." if left else f"Wrote {to}.")
