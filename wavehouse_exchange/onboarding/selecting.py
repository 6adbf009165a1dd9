"""Which proposals somebody means: by id, column, pattern, kind or battery, with exceptions."""

import re
from collections.abc import Callable, Sequence
from difflib import get_close_matches
from fnmatch import fnmatchcase

from wavehouse.errors import ProblemsError
from wavehouse_exchange.onboarding.draft import BEFOREHAND, Draft, Proposal
from wavehouse_exchange.onboarding.wrong_file import sure_proposals, unlike_the_study

EXCEPT = "except"
# Proposals about no column: a pattern of columns does not mean them.
ABOUT_NO_COLUMN = frozenset(
    {"wave", "delivery", "study", "design", "not_wanted", "segment", "variable_group"}
)
_ID = re.compile(r"p\d+")
_MOST_NAMED = 12


def select(
    draft: Draft, words: Sequence[str], refused: str = "Nothing was decided"
) -> tuple[list[str], list[str]]:
    """Give the ids of the proposals that are meant.

    Ids mean a proposal whatever was decided of it. All else (`sure`, `open`, `kind:...`,
    `battery:...`, columns and patterns of columns) means those that nobody has decided, so that
    one word for many does not turn a decision that was made about one.

    Args:
        draft: the draft.
        words: what was typed, such as `p03`, `p05-p09`, `q12*`, `kind:changed_wording`, `except`.
        refused: what to say is not done where a word means nothing.

    Returns:
        the ids in the order of the draft, and those that were decided before and stay so.

    Raises:
        ProblemsError: a word means nothing in this draft; each of them is named.
    """
    parts = [part for word in words for part in re.split(r"[,\s]+", word) if part]
    problems: list[str] = []
    wanted: dict[str, bool] = {}
    target = wanted
    unwanted: dict[str, bool] = {}
    for part in parts:
        if part.casefold() == EXCEPT:
            target = unwanted
            continue
        for proposal_id, by_id in _meant(draft, part, problems):
            target[proposal_id] = target.get(proposal_id, False) or by_id
    if parts and parts[-1].casefold() == EXCEPT:
        problems.append(
            f"{EXCEPT}: nothing is named after it. Name what is left out, or remove the word."
        )
    # Nothing may be sure, or open.
    asks = {part.casefold() for part in parts} & {"sure", "open"}
    if not wanted and not problems and not asks:
        problems.append("nothing is named. Name ids, columns, kind:..., battery:..., sure or open.")
    if problems:
        raise ProblemsError(f"{refused}, because the draft has nothing of these names:", problems)
    chosen, stay = [], []
    needless = draft.not_needed
    for proposal in draft.proposals:
        if proposal.id not in wanted or proposal.id in unwanted:
            continue
        is_open = proposal.is_open and proposal.id not in needless
        untouched = is_open or proposal.because == BEFOREHAND
        (chosen if wanted[proposal.id] or untouched else stay).append(proposal.id)
    return chosen, stay


def _meant(draft: Draft, part: str, problems: list[str]) -> list[tuple[str, bool]]:
    """Give the ids that one word means, and whether it names them one by one."""
    ids = [proposal.id for proposal in draft.proposals]
    first, dash, last = part.partition("-")
    if part in ids:
        return [(part, True)]
    if _ID.fullmatch(first) and (not dash or _ID.fullmatch(last)):
        last = last or first
        if first not in ids or last not in ids or ids.index(first) > ids.index(last):
            problems.append(f"{part}: there are {ids[0]} to {ids[-1]}." if ids else f"{part}: none")
            return []
        return [(each, True) for each in ids[ids.index(first) : ids.index(last) + 1]]
    name, colon, value = part.partition(":")
    known: dict[str, Callable[[Draft], list[Proposal]]] = {
        "sure": sure_proposals,
        "open": lambda draft: draft.open_proposals,
    }
    if part == "sure" and (unlike := unlike_the_study(draft)):
        problems.append(
            f"{part}: {unlike} So nothing is sure. Name what you decide in another way."
        )
        return []
    if not colon and part in known:
        return [(proposal.id, False) for proposal in known[part](draft)]
    if colon and name == "kind":
        found = [p for p in draft.proposals if fnmatchcase(p.kind, value)]
        there = sorted({p.kind for p in draft.proposals})
    elif colon and name == "battery":
        batteries = _batteries(draft, value)
        found = [p for p in draft.proposals if p.battery in batteries]
        there = sorted({p.battery for p in draft.proposals if p.battery})
        if len(batteries) > 1 and not set("*?[") & set(value):
            problems.append(
                f"{part}: {len(batteries)} batteries have this name: {_some(sorted(batteries))}. "
                f"Name one, or all of them with battery:*{value}*."
            )
            return []
    else:
        pattern = part.casefold()
        found = [
            proposal
            for proposal in draft.proposals
            if proposal.kind not in ABOUT_NO_COLUMN
            and any(
                fnmatchcase(column.casefold(), pattern) or column.casefold() == pattern
                for column in (proposal.subject, proposal.old_column)
                if column
            )
        ]
        there = sorted({p.subject for p in draft.proposals if p.kind not in ABOUT_NO_COLUMN})
    if not found:
        close = get_close_matches(value if colon else part, there, n=3, cutoff=0.5)
        what = f"{name} of a proposal" if colon and name in ("kind", "battery") else "column"
        named = f"Perhaps {', '.join(close)}?" if close else f"There are {_some(there)}."
        problems.append(f"{part}: no {what} with something to decide has this name. {named}")
    return [(proposal.id, False) for proposal in found]


def _batteries(draft: Draft, value: str) -> set[str]:
    """Give the batteries that a name means: that one, else those that have it among their words."""
    names = {proposal.battery for proposal in draft.proposals if proposal.battery}
    wanted = value.casefold()
    if wanted in names:
        return {wanted}
    found = {name for name in names if fnmatchcase(name, wanted)}
    return found or {name for name in names if f"_{wanted}_" in f"_{name}_"}


def _some(names: Sequence[str]) -> str:
    if not names:
        return "none"
    more = len(names) - _MOST_NAMED
    return ", ".join(names[:_MOST_NAMED]) + (f" and {more} more" if more > 0 else "")
