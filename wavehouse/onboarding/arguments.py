"""The commands of onboarding on the command line, with the help that teaches them.

What computes is imported only when a command runs.
"""

import argparse
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

from wavehouse.project import Project

if TYPE_CHECKING:
    from wavehouse.onboarding.wave_rows import WaveOptions


_ADD_WAVE = """\
Bring in a new wave of a study: land its files, compare them with the wave before, and draft the
codebook rows that it needs. Nothing is written into the codebook yet."""
_ADD_WAVE_MORE = """\
the way of a wave:
  wavehouse add-wave gss 2008 gss_2008.sav --date 2008-03-01   lands it and drafts the rows
  wavehouse review gss 2008                                    what changed, what is open
  wavehouse decide gss 2008 p02,p04-p06 accept                 one decision for each proposal
  wavehouse decide gss 2008 p03 reject --because "other item"
  wavehouse apply gss 2008                                     writes the rows
  make                                                         builds, tests and publishes

The draft is drafts/<study>_<wave>.yml: read and edit it as you like. The same command again changes
nothing and keeps decisions. While something is open, `wavehouse check` lists it and nothing is
published. A run that fails leaves nothing behind."""
_NEW_STUDY = """\
Begin a study with its first wave: all columns become proposals, with variables, code lists and
measures made of the labels in the files."""
_NEW_STUDY_MORE = """\
example:
  wavehouse new-study panel 1 wave1.sav --study-label "City panel" --date 2024-05-01 \\
      --respondent id --weight w --psu district
Then as for a wave: review, decide, apply (see wavehouse add-wave --help). ??? in the draft stands
where only you know the value, such as the terms of use."""
_IMPORT_DDI = """\
Begin a study from a DDI codebook: all waves that it describes, with their variables, categories,
questions and missing codes, become a draft."""
_IMPORT_DDI_MORE = """\
examples:
  wavehouse import-ddi gss_copy warehouse/exports/gss/ddi/gss.xml      a study that was exported
  wavehouse import-ddi panel codebook.xml wave1.sav --wave 2019 --respondent id --weight w
Then as for a wave, under the name of the first one: review, decide, apply.

The data files are looked for beside the codebook, by the names it has for them; or name them behind
it, in the order of its fileDscr elements. DDI-Codebook 2.5, 2.1 and 1.2.2 are read."""
_REVIEW = "Show what a new wave brings, open proposals first, each with its confidence and reason."
_DECIDE = "Decide proposals of a draft, by their ids."
_DECIDE_MORE = """\
examples:
  wavehouse decide gss 2008 p03 accept
  wavehouse decide gss 2008 p03,p05-p09 reject --because "only the words changed"
  wavehouse decide gss 2008 sure accept      all open ones with a confidence of 0.9 or more

A rejected new column is waived, a rejected renaming ends the old question and waives the column;
what a rejection leaves to do, apply says."""
_APPLY = """\
Write the rows of the accepted proposals into seeds/codebook, all of them or none, and remove the
draft. It refuses while a proposal is open or a value is ???. Other rows stay as they are."""


def add_onboarding(commands: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    """Add the commands to the parser.

    Args:
        commands: the subparsers of the command line.
    """
    new_wave = _command(commands, "add-wave", _add_wave, _ADD_WAVE, _ADD_WAVE_MORE)
    _wave(new_wave, with_files=True)
    new_wave.add_argument("--like", metavar="WAVE", help="the wave to compare with (default: last)")
    study = _command(commands, "new-study", _new_study, _NEW_STUDY, _NEW_STUDY_MORE)
    _wave(study, with_files=True)
    study.add_argument("--study-label", help="the study's name for readers")
    for role, text in (
        ("respondent", "the column that identifies the respondent"),
        ("weight", "the column of the weight"),
        ("stratum", "the column of the stratum"),
        ("psu", "the column of the primary sampling unit"),
    ):
        study.add_argument(f"--{role}", metavar="COLUMN", help=text)
    for part, text in (
        ("producer", "who made the data"),
        ("universe", "the population it stands for"),
        ("citation", "how to cite it"),
        ("terms", "the terms of use"),
    ):
        study.add_argument(f"--{part}", metavar="TEXT", help=text)
    study.add_argument(
        "--rule", default="market_research", help="the publication rule (default: market_research)"
    )
    ddi = _command(commands, "import-ddi", _import_ddi, _IMPORT_DDI, _IMPORT_DDI_MORE)
    ddi.add_argument("study", metavar="STUDY", help="the study's id to be")
    ddi.add_argument("codebook", metavar="CODEBOOK", type=Path, help="the DDI-Codebook file")
    ddi.add_argument(
        "files", metavar="FILE", nargs="*", type=Path, help="the data files, in its order"
    )
    ddi.add_argument(
        "--wave",
        dest="waves",
        action="append",
        default=[],
        metavar="WAVE",
        help="the id of a file's wave, once for each file (default: from the codebook)",
    )
    for role in ("respondent", "weight", "stratum", "psu"):
        ddi.add_argument(f"--{role}", metavar="COLUMN", help=f"the column of the {role}")
    ddi.add_argument(
        "--as",
        dest="delivered_as",
        choices=["seed", "landing"],
        help="where the waves are kept (default: seed, if all files are CSV)",
    )
    shown = _command(commands, "review", _review, _REVIEW)
    _wave(shown)
    shown.add_argument("--all", action="store_true", help="decided ones too, with full reasons")
    decided = _command(commands, "decide", _decide, _DECIDE, _DECIDE_MORE)
    _wave(decided)
    decided.add_argument("ids", metavar="IDS", help="such as p03, p03,p07, p03-p07, or sure")
    decided.add_argument("decision", choices=["accept", "reject"], help="what is decided")
    decided.add_argument("--because", default="", metavar="TEXT", help="why, in your words")
    _wave(_command(commands, "apply", _apply, _APPLY))


def _command(
    commands: "argparse._SubParsersAction[argparse.ArgumentParser]",
    name: str,
    run: Callable[[Project, argparse.Namespace], int],
    text: str,
    more: str = "",
) -> argparse.ArgumentParser:
    command: argparse.ArgumentParser = commands.add_parser(
        name,
        help=text.split(":")[0].split(".")[0].replace("\n", " "),
        description=text,
        epilog=more,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    command.set_defaults(command=run)
    return command


def _wave(command: argparse.ArgumentParser, with_files: bool = False) -> None:
    command.add_argument("study", metavar="STUDY", help="the study's id")
    command.add_argument("wave", metavar="WAVE", help="the wave's id, such as 2008")
    if not with_files:
        return
    command.add_argument(
        "files",
        metavar="FILE",
        nargs="+",
        type=Path,
        help="SPSS, Stata, SAS, CSV, Excel, Parquet or NDJSON; of several, the first has all "
        "respondents",
    )
    command.add_argument("--label", help="the wave's name for readers")
    command.add_argument("--date", metavar="YYYY-MM-DD", help="the date that trends show")
    command.add_argument("--fieldwork-start", metavar="YYYY-MM-DD", help="first day of fieldwork")
    command.add_argument("--fieldwork-end", metavar="YYYY-MM-DD", help="last day of fieldwork")
    command.add_argument("--expected", metavar="N", help="respondents by the producer's report")
    command.add_argument("--key", metavar="COLUMN", help="the column that joins several files")
    command.add_argument(
        "--as",
        dest="delivered_as",
        choices=["seed", "landing"],
        help="seed: a CSV file in the repository; landing: Parquet outside of it (default: as the "
        "wave before, if the file is a CSV; else landing)",
    )


def _wave_options(options: argparse.Namespace) -> "WaveOptions":
    from wavehouse.onboarding.wave_rows import WaveOptions

    return WaveOptions(
        options.label,
        options.date,
        options.fieldwork_start,
        options.fieldwork_end,
        options.expected,
        options.key,
        options.delivered_as,
        getattr(options, "like", None),
    )


def _add_wave(project: Project, options: argparse.Namespace) -> int:
    from wavehouse.onboarding.onboard import add_wave

    wave = _wave_options(options)
    print(add_wave(project, options.study, options.wave, options.files, wave))
    return 0


def _new_study(project: Project, options: argparse.Namespace) -> int:
    from wavehouse.onboarding.onboard import new_study
    from wavehouse.onboarding.wave_rows import StudyOptions

    study = StudyOptions(
        options.study_label,
        options.respondent,
        options.weight,
        options.stratum,
        options.psu,
        options.producer,
        options.universe,
        options.citation,
        options.terms,
        options.rule,
    )
    wave = _wave_options(options)
    print(new_study(project, options.study, options.wave, options.files, wave, study))
    return 0


def _import_ddi(project: Project, options: argparse.Namespace) -> int:
    from wavehouse.onboarding.import_ddi import ImportOptions, import_ddi

    named = {role: getattr(options, role) for role in ("respondent", "weight", "stratum", "psu")}
    told = ImportOptions(
        tuple(options.files),
        tuple(options.waves),
        tuple((role, column) for role, column in named.items() if column),
        options.delivered_as,
    )
    print(import_ddi(project, options.study, options.codebook, told))
    return 0


def _review(project: Project, options: argparse.Namespace) -> int:
    from wavehouse.onboarding.onboard import review

    print(review(project, options.study, options.wave, options.all))
    return 0


def _decide(project: Project, options: argparse.Namespace) -> int:
    from wavehouse.onboarding.onboard import decide

    words = (options.ids, options.decision, options.because)
    print(decide(project, options.study, options.wave, *words))
    return 0


def _apply(project: Project, options: argparse.Namespace) -> int:
    from wavehouse.onboarding.apply import apply_draft

    for line in apply_draft(project, options.study, options.wave):
        print(line)
    print("Next: make")
    return 0
