"""`wavehouse person`."""

from pathlib import Path

import click

from wavehouse.commands.shared import (
    FILE,
    Command,
    argument,
    examples,
    study_argument,
    with_project,
)
from wavehouse.errors import WavehouseError
from wavehouse.project import Project
from wavehouse.writing import explained, write_for_owner

EXAMPLES = examples("""
examples:
  wavehouse person panel 4711 > answers.json
  wavehouse person panel 4711 --format csv --to answers.csv

The id is that of the delivered files. Give the file to that person only. What is wrong is corrected
in a new delivery of the wave, or in its file in seeds/waves; then: make
""")


@click.command(cls=Command, epilog=EXAMPLES)
@study_argument()
@argument("respondent", "the respondent's id, as delivered", metavar="ID")
@click.option(
    "--format",
    "form",
    type=click.Choice(["json", "csv"]),
    default="json",
    show_default=True,
    help="json has all that is held; csv has the answers, a row each",
)
@click.option("--to", "to", type=FILE, metavar="FILE", help="the file to write, for its owner only")
@with_project
def person(project: Project, study: str, respondent: str, form: str, to: Path | None) -> None:
    """Write all that is held of one respondent, as delivered and as harmonised, with labels."""
    from wavehouse.people.held import held_of

    held = held_of(project, study, respondent)
    text = held.as_json() if form == "json" else held.as_csv()
    if to is None:
        click.echo(text, nl=False)
        return
    with explained(to):
        try:
            write_for_owner(to, text)
        except FileExistsError:
            raise WavehouseError(f"{to} is there already. Remove it, or name another.") from None
    waves = len({answer["wave_id"] for answer in held.answers})
    print(f"Wrote {len(held.answers):,} values of {waves} waves to {to}.")
