"""`wavehouse add-wave`."""

from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import click

from wavehouse.commands.reading_options import READING_HELP
from wavehouse.commands.shared import (
    FILE,
    WAVE,
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
the way of a wave:
  wavehouse add-wave gss 2008 gss_2008.sav --date 2008-03-01   lands it and drafts the rows
  wavehouse review gss 2008                                    what changed, what is open
  wavehouse decide gss 2008 p02,p04-p06 accept                 one decision for each proposal
  wavehouse decide gss 2008 p03 reject --because "other item"
  wavehouse apply gss 2008                                     writes the rows
  make                                                         builds, tests and publishes

"""
    + READING_HELP
    + """
The draft is drafts/<study>_<wave>.yml: read and edit it as you like. The same command again changes
nothing; with other options it makes a new draft, and keeps decisions about what is the same.
Options that you do not repeat stay. While something is open, `wavehouse check` lists it and nothing
is published. A run that fails leaves nothing behind.

A corrected delivery of a wave takes --replace, also when the wave is in the codebook already: it
says what changed, and decisions about what is the same are kept. --date says where a wave stands;
between two others it changes nothing of them.
"""
)


@click.command(cls=Command, epilog=EXAMPLES)
@study_argument()
@wave_argument()
@files_argument()
@click.option(
    "--like",
    type=WAVE,
    metavar="WAVE",
    help="the wave to compare with (default: the one before, by its date)",
)
@click.option(
    "--concordance",
    type=FILE,
    metavar="FILE",
    help="a CSV file of the producer with old_name and new_name of columns; it wins",
)
@click.option(
    "--same-file",
    is_flag=True,
    help="bring in a file that another wave of the study has too, byte for byte; otherwise it is "
    "refused",
)
@wave_options
@with_project
def add_wave(
    project: Project,
    study: str,
    wave: str,
    files: tuple["Path | Source", ...],
    like: str | None,
    concordance: Path | None,
    same_file: bool,
    options: "WaveOptions",
) -> None:
    """Bring in a new wave of a study.

    Its files are landed and compared with the wave before, and the codebook rows that it needs are
    drafted. Nothing is written into the codebook yet.
    """
    from wavehouse_exchange.landing.servers import files_at_hand
    from wavehouse_exchange.onboarding.onboard import add_wave as bring_in

    options = replace(options, like=like, concordance=concordance, same_file=same_file)
    with files_at_hand(project, study, wave, files) as paths:
        print(terminal_text(bring_in(project, study, wave, paths, options)))
