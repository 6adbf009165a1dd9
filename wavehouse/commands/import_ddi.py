"""`wavehouse import-ddi`."""

from pathlib import Path
from typing import TYPE_CHECKING

import click

from wavehouse.commands.reading_options import reading_options
from wavehouse.commands.shared import (
    FILE,
    Command,
    argument,
    examples,
    study_argument,
    with_project,
)
from wavehouse.commands.wave_options import delivered_as_option
from wavehouse.escapes import terminal_text
from wavehouse.project import Project

if TYPE_CHECKING:
    from wavehouse_exchange.landing.tables import ReadingOptions

EXAMPLES = examples("""
examples:
  wavehouse import-ddi gss_copy warehouse/exports/gss/ddi/gss.xml      a study that was exported
  wavehouse import-ddi panel codebook.xml wave1.sav --wave 2019 --respondent id --weight w

Then as for a wave, under the name of the first one: review, decide, apply.

The data files are looked for beside the codebook, by the names it has for them; or name them behind
it, in the order of its fileDscr elements. DDI-Codebook 2.5, 2.1 and 1.2.2 are read.
""")


@click.command(cls=Command, epilog=EXAMPLES)
@study_argument("the study's id to be")
@argument("codebook", "the DDI-Codebook file", type=FILE, metavar="CODEBOOK")
@argument(
    "files",
    "the data files, in the order of the codebook",
    nargs=-1,
    type=FILE,
    metavar="[FILE...]",
)
@click.option(
    "--wave",
    "waves",
    multiple=True,
    metavar="WAVE",
    help="the id of a file's wave, once for each file (default: from the codebook)",
)
@click.option("--respondent", metavar="COLUMN", help="the column of the respondent")
@click.option("--weight", metavar="COLUMN", help="the column of the weight")
@click.option("--stratum", metavar="COLUMN", help="the column of the stratum")
@click.option("--psu", metavar="COLUMN", help="the column of the psu")
@delivered_as_option("where the waves are kept (default: seed, if all files are CSV)")
@click.option(
    "--replace",
    is_flag=True,
    help="land these files in place of others, and make a new draft if one is open",
)
@reading_options
@with_project
def import_ddi(
    project: Project,
    study: str,
    codebook: Path,
    files: tuple[Path, ...],
    waves: tuple[str, ...],
    delivered_as: str | None,
    replace: bool,
    reading: "ReadingOptions",
    **roles: str | None,
) -> None:
    """Begin a study from a DDI codebook.

    All waves that it describes, with their variables, categories, questions and missing codes,
    become a draft.
    """
    from wavehouse_exchange.onboarding.import_ddi import ImportOptions
    from wavehouse_exchange.onboarding.import_ddi import import_ddi as begin

    named = tuple((role, column) for role, column in roles.items() if column)
    told = ImportOptions(files, waves, named, delivered_as, reading, replace)
    print(terminal_text(begin(project, study, codebook, told)))
