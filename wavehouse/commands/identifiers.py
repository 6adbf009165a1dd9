"""`wavehouse identifiers`."""

import click

from wavehouse.commands.shared import STUDY, Command, argument, examples, with_project
from wavehouse.escapes import terminal_text
from wavehouse.project import Project

EXAMPLES = examples("""
examples:
  wavehouse identifiers
  wavehouse identifiers panel
  wavehouse identifiers --published       only what readers of rows of people get

It ends with 1 if something is found. Values are measured and never shown. What is found is for a
person to judge; a column that looks like nothing is not found.
""")


@click.command(cls=Command, epilog=EXAMPLES)
@argument("study", "the study's id; all if left out", type=STUDY, metavar="STUDY", required=False)
@click.option("--published", is_flag=True, help="look at the published release only")
@with_project
def identifiers(project: Project, *, study: str | None, published: bool) -> None:
    """Look for HIPAA's eighteen identifiers in waves and in the published tables of people."""
    from wavehouse.people.identifiers import IDENTIFIERS, scan

    found = [each for each in scan(project, study) if each.is_published or not published]
    for each in found:
        print(terminal_text(str(each)))
    letters = ", ".join(sorted({each.identifier for each in found}))
    kinds = len(letters.split(", ")) if found else 0
    print(
        f"{len(found)} columns may hold an identifier"
        + (f": {kinds} of {len(IDENTIFIERS)} kinds ({letters})." if found else ".")
    )
    if found:
        click.get_current_context().exit(1)
