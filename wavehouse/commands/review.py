"""`wavehouse review`."""

from pathlib import Path

import click

from wavehouse.commands.shared import (
    FILE,
    Command,
    argument,
    examples,
    study_argument,
    wave_argument,
    with_project,
)
from wavehouse.escapes import terminal_text
from wavehouse.project import Project

EXAMPLES = examples("""
examples:
  wavehouse review gss 2008                            the open proposals
  wavehouse review gss 2008 p68                        one in full, with the rows it makes
  wavehouse review gss 2008 "q12*"                     those that are open of these columns
  wavehouse review gss 2008 --full                     all that are open, in full
  wavehouse review gss 2008 --worksheet gss_2008.xlsx  a row a column, to fill in; then
  wavehouse decide gss 2008 --from gss_2008.xlsx
  wavehouse review gss 2008 --page                     old and new side by side, in a browser
""")


@click.command(cls=Command, epilog=EXAMPLES)
@study_argument()
@wave_argument()
@argument(
    "which",
    "what is shown in full: ids (p03, p03-p07), columns and patterns (q12*), kind:..., "
    "battery:..., as in `wavehouse decide`",
    nargs=-1,
    metavar="[WHICH]...",
)
@click.option(
    "--all", "everything", is_flag=True, help=("also show decided proposals, with full reasons")
)
@click.option(
    "--full",
    "in_full",
    is_flag=True,
    help="with the rows that each proposal makes; nothing is cut",
)
@click.option(
    "--worksheet",
    type=FILE,
    metavar="FILE",
    help="write a worksheet, .xlsx or .csv: a row a column, to fill in and read back",
)
@click.option(
    "--page",
    is_flag=True,
    help="write target/review_STUDY_WAVE.html: old and new side by side, with distributions",
)
@with_project
def review(
    project: Project,
    study: str,
    wave: str,
    which: tuple[str, ...],
    everything: bool,
    in_full: bool,
    worksheet: Path | None,
    page: bool,
) -> None:
    """Show what a new wave brings, open proposals first, each with its confidence and reason."""
    if which and (everything or in_full or page or worksheet is not None):
        raise click.UsageError(
            "Name the proposals to show in full, or give an option. Named proposals are always "
            "shown in full."
        )
    if worksheet is not None:
        from wavehouse_exchange.onboarding.worksheet_out import write_worksheet

        print(terminal_text(write_worksheet(project, study, wave, worksheet)))
    if page:
        from wavehouse_exchange.onboarding.review_page import write_page

        print(terminal_text(write_page(project, study, wave)))
    if worksheet is None and not page:
        from wavehouse_exchange.onboarding.reviewing import review as review_draft

        print(
            terminal_text(
                review_draft(project, study, wave, which, everything=everything, in_full=in_full)
            )
        )
