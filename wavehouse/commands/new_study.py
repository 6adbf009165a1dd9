"""`wavehouse new-study`."""

from pathlib import Path
from typing import TYPE_CHECKING

import click

from wavehouse.commands.reading_options import READING_HELP
from wavehouse.commands.shared import (
    Command,
    examples,
    study_argument,
    wave_argument,
    with_project,
)
from wavehouse.commands.wave_options import files_argument, wave_options
from wavehouse.escapes import terminal_text
from wavehouse.project import Project

if TYPE_CHECKING:
    from wavehouse_exchange.landing.servers import Source
    from wavehouse_exchange.onboarding.wave_rows import WaveOptions

EXAMPLES = examples(
    """
example:
  wavehouse new-study panel 1 wave1.sav --study-label "City panel" --date 2024-05-01 \\
      --respondent id --weight w --psu district

"""
    + READING_HELP
    + """
Then go on as with a wave: review, decide, apply (see wavehouse add-wave --help). ??? in the draft
stands for values that only you know, such as the terms of use.
"""
)


@click.command(cls=Command, epilog=EXAMPLES)
@study_argument("the study's id to be")
@wave_argument()
@files_argument()
@click.option("--study-label", metavar="TEXT", help="the study's name for readers")
@click.option("--respondent", metavar="COLUMN", help="the column that identifies the respondent")
@click.option("--weight", metavar="COLUMN", help="the column of the weight")
@click.option("--stratum", metavar="COLUMN", help="the column of the stratum")
@click.option("--psu", metavar="COLUMN", help="the column of the primary sampling unit")
@click.option("--producer", metavar="TEXT", help="who made the data")
@click.option("--universe", metavar="TEXT", help="the population that the study stands for")
@click.option("--citation", metavar="TEXT", help="how to cite it")
@click.option("--terms", metavar="TEXT", help="the terms of use")
@click.option("--rule", default="market_research", show_default=True, help="the publication rule")
@wave_options
@with_project
def new_study(
    project: Project,
    study: str,
    wave: str,
    files: tuple["Path | Source", ...],
    study_label: str | None,
    options: "WaveOptions",
    **said: str,
) -> None:
    """Begin a study with its first wave.

    All columns become proposals, with variables, code lists and measures made from the labels in
    the files.
    """
    from wavehouse_exchange.landing.servers import files_at_hand
    from wavehouse_exchange.onboarding.onboard import new_study as begin
    from wavehouse_exchange.onboarding.wave_rows import StudyOptions

    of_study = StudyOptions(study_label, **said)
    with files_at_hand(project, study, wave, files) as paths:
        print(terminal_text(begin(project, study, wave, paths, options, of_study)))
