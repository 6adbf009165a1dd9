"""`wavehouse decide`."""

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
  wavehouse decide gss 2008 p03 accept
  wavehouse decide gss 2008 p03,p05-p09 reject --because "only the words changed"
  wavehouse decide gss 2008 sure accept            the open ones of high confidence
  wavehouse decide gss 2008 "q12*" age accept      all that is open of these columns
  wavehouse decide gss 2008 battery:trust accept   of the items of one question
  wavehouse decide gss 2008 kind:changed_wording except q7 "q9*" accept
  wavehouse decide gss 2008 p80 is q52c            what ended goes on as q52c; a new column is that
  wavehouse decide gss 2008 --keep wanted.txt      new columns that it does not name are waived
  wavehouse decide gss 2008 --from gss_2008.xlsx   what a filled worksheet says

Only ids change what was decided before. A rejected new column is waived, a rejected renaming ends
the old question and waives the column; what a rejection leaves to do, apply says.
""")


@click.command(cls=Command, epilog=EXAMPLES)
@study_argument()
@wave_argument()
@argument(
    "words",
    "what is decided: ids (p03, p03-p07), columns and patterns (q12*), kind:..., battery:..., "
    "sure, open; `except` leaves out what follows; then accept or reject; or an id, `is` and the "
    "column that its column is",
    nargs=-1,
    metavar="WHICH... DECISION",
)
@click.option("--because", default="", metavar="TEXT", help="why, in your words")
@click.option(
    "--keep",
    metavar="LIST",
    help="the new columns to keep; all others are waived. Give names and patterns, a file with one "
    "name in each line, or a worksheet with its column `wanted` filled",
)
@click.option(
    "--from",
    "worksheet",
    type=FILE,
    metavar="FILE",
    help="read the decisions from a worksheet of `wavehouse review --worksheet`",
)
@with_project
def decide(
    project: Project,
    study: str,
    wave: str,
    words: tuple[str, ...],
    because: str,
    keep: str | None,
    worksheet: Path | None,
) -> None:
    """Decide proposals of a draft: by id, column, kind or battery, or from a worksheet."""
    ways = [bool(words), keep is not None, worksheet is not None]
    if sum(ways) != 1:
        raise click.UsageError(
            "Name what is decided, or give --keep or --from: exactly one of the three."
        )
    if worksheet is not None:
        from wavehouse_exchange.onboarding.worksheet_in import decide_from

        print(terminal_text(decide_from(project, study, wave, worksheet)))
        return
    if keep is not None:
        from wavehouse_exchange.onboarding.wanted import decide_wanted

        print(terminal_text(decide_wanted(project, study, wave, keep, because)))
        return
    if len(words) == 3 and words[1] == "is":
        from wavehouse_exchange.onboarding.redrafting import decide_counterpart

        proposal, _, column = words
        told = decide_counterpart(project, study, wave, proposal, column, because)
        print(terminal_text(told))
        return
    *chosen, decision = words
    if decision not in ("accept", "reject"):
        raise click.UsageError(
            f"The last word is the decision: {decision!r} is not one of accept and reject. To name "
            "what a column is: p80 is q52c."
        )
    from wavehouse_exchange.onboarding.deciding import decide as decide_proposals

    print(terminal_text(decide_proposals(project, study, wave, chosen, decision, because)))
