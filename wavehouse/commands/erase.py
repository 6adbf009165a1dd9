"""`wavehouse erase`."""

from pathlib import Path

import click

from wavehouse.commands.shared import FILE, STUDY, WAVE, Command, argument, examples, with_project
from wavehouse.escapes import terminal_text
from wavehouse.project import Project

EXAMPLES = examples("""
examples:
  wavehouse erase panel 4711 4712 --dry-run     what would go
  wavehouse erase panel 4711 --wave 2031        of one wave only
  wavehouse erase --file people.csv             study_id, wave_id (may be empty), respondent_id
  wavehouse erase                               go on after a kill; look again

Ids are those of the delivered files. Without --wave a person goes from all waves, and is left out
of later ones. Nothing brings them back: no `undo`, no restore. The project is built and published
anew; rows of people of all earlier releases go. Then: wavehouse backup
""")


@click.command(cls=Command, epilog=EXAMPLES)
@argument("study", "the study's id", type=STUDY, metavar="STUDY", required=False)
@argument("ids", "ids of respondents", nargs=-1, metavar="ID...")
@click.option("--wave", type=WAVE, metavar="WAVE", help="erase them from this wave only")
@click.option("--file", "file", type=FILE, metavar="FILE", help="a CSV file with respondents")
@click.option("--dry-run", is_flag=True, help="say what would go, and change nothing")
@with_project
def erase(
    project: Project,
    *,
    study: str | None,
    ids: tuple[str, ...],
    wave: str | None,
    file: Path | None,
    dry_run: bool,
) -> None:
    """Erase respondents from waves, databases, releases and logs, for good."""
    from wavehouse.people.erasing import erase as erase_people
    from wavehouse.people.erasing import plan
    from wavehouse.people.named import Respondent, read_respondents

    if (study is None) != (not ids) or (file is not None and ids):
        raise click.UsageError("Say STUDY and at least one ID, or --file FILE, or neither.")
    people = (
        read_respondents(file)
        if file is not None
        else [Respondent(study, wave, each) for each in ids if study is not None]
    )
    done = (plan if dry_run else erase_people)(project, people)
    print(terminal_text("Would go:" if dry_run else "Gone:"))
    for line in done.lines:
        print(terminal_text(f"  {line}"))
    for line in done.left:
        print(terminal_text(line))
