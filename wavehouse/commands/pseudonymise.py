"""`wavehouse pseudonymise`."""

import click

from wavehouse.commands.shared import Command, examples, study_argument, with_project
from wavehouse.escapes import terminal_text
from wavehouse.project import Project

EXAMPLES = examples("""
examples:
  wavehouse pseudonymise panel --dry-run     what would change
  wavehouse pseudonymise panel

A person has one pseudonym in all waves. Its key lies outside of the project: keep a copy. Nothing
brings the delivered ids back: no `undo`, no restore. The project is built and published anew; rows
of people of all earlier releases go. After a kill, run it again. Then: wavehouse backup
""")


@click.command(cls=Command, epilog=EXAMPLES)
@study_argument()
@click.option("--dry-run", is_flag=True, help="say what would change, and change nothing")
@with_project
def pseudonymise(project: Project, study: str, dry_run: bool) -> None:
    """Replace respondents' ids by pseudonyms, in all waves of a study and from now on."""
    from wavehouse.people.erasing import build_anew
    from wavehouse.people.pseudonymising import plan
    from wavehouse.people.pseudonymising import pseudonymise as replace_all

    if dry_run:
        done = plan(project, study)
    else:
        done = replace_all(project, study, lambda own: build_anew(own, BUILD_FAILED))
    print("Would change:" if dry_run else "Changed:")
    for line in done.lines:
        print(terminal_text(f"  {line}"))
    for line in done.left:
        print(terminal_text(line))


BUILD_FAILED = (
    "Ids are replaced in the waves, and still as they were delivered in the published release. "
    "Mend what the build says, and run `wavehouse pseudonymise` again: it goes on from here."
)
