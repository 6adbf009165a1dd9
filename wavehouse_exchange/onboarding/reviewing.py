"""A draft as people read it: its proposals as a table, and what to do next."""

from collections import Counter
from collections.abc import Sequence

from wavehouse.project import Project
from wavehouse_exchange.onboarding.draft import OPEN, Draft, draft_path, read_draft
from wavehouse_exchange.onboarding.edits import heal
from wavehouse_exchange.onboarding.in_full import full_text
from wavehouse_exchange.onboarding.not_needed import NOT_NEEDED
from wavehouse_exchange.onboarding.selecting import select
from wavehouse_exchange.onboarding.wrong_file import sure_proposals, unlike_the_study

REASON_CHARACTERS = 90


def review(
    project: Project,
    study_id: str,
    wave_id: str,
    words: Sequence[str] = (),
    *,
    everything: bool = False,
    in_full: bool = False,
) -> str:
    """Show the proposals of a draft.

    Args:
        project: the project.
        study_id: the study.
        wave_id: the wave.
        words: which are shown in full, as `select` reads them; all in a table if left out.
        everything: with reasons in full and what is decided.
        in_full: with the rows that each of them makes.

    Raises:
        ProblemsError: a word means nothing in this draft.
    """
    heal(project)
    draft = read_draft(project, study_id, wave_id)
    if not words and not in_full:
        return review_text(project, draft, everything)
    shown = draft.proposals if everything else draft.open_proposals
    if words:
        ids = {each for part in select(draft, words, "Nothing is shown") for each in part}
        shown = [proposal for proposal in draft.proposals if proposal.id in ids]
    return "\n\n".join(filter(None, [full_text(draft, shown), next_step(draft)]))


def review_text(project: Project, draft: Draft, everything: bool = False) -> str:
    """Write the proposals as a table, open ones first."""
    path = project.relative(draft_path(project, draft.study, draft.wave))
    unlike = unlike_the_study(draft)
    lines = [
        *([f"{unlike} Perhaps it is another file?"] if unlike else []),
        f"{path}: wave {draft.wave} of study {draft.study}"
        + (f", compared with {draft.like}" if draft.like else ""),
        f"{draft.unchanged_columns} columns are as before.",
    ]
    needless = draft.not_needed
    said = {p.id: NOT_NEEDED if p.id in needless else p.decision for p in draft.proposals}
    shown = sorted(draft.proposals, key=lambda p: said[p.id] != OPEN)
    if not everything:
        decided = Counter(said[p.id] for p in shown if said[p.id] != OPEN)
        shown = [p for p in shown if said[p.id] == OPEN]
        if decided:
            told = ", ".join(f"{count} {decision}" for decision, count in decided.items())
            lines.append(f"Decided: {told} (see them with --all).")
    if shown:
        lines.append("")
        widths = [
            max(len(said[p.id]) for p in shown),
            max(len(p.kind) for p in shown),
            max(len(p.subject) for p in shown),
        ]
        for p in shown:
            reason = p.reason if everything else _short(p.reason)
            if p.id in needless:
                reason = f"{needless[p.id]}; {reason}"
            lines.append(
                f"{p.id}  {said[p.id]:<{widths[0]}}  {p.confidence:.2f}  {p.kind:<{widths[1]}}  "
                f"{p.subject:<{widths[2]}}  {reason}"
            )
        lines.append("")
    lines.append(next_step(draft))
    return "\n".join(lines)


def next_step(draft: Draft) -> str:
    """Say what to do next."""
    words = f"{draft.study} {draft.wave}"
    still = draft.open_proposals
    if not still:
        return f"Nothing is open. Next: wavehouse apply {words}"
    if unlike_the_study(draft):
        return (
            f"{len(still)} open. If this is the wrong file, take it back: wavehouse remove-wave "
            f"{words} --apply. Else decide one by one: wavehouse decide {words} {still[0].id} "
            "accept (or reject --because ...)"
        )
    sure = len(sure_proposals(draft))
    hint = f", or first the {sure} surest: wavehouse decide {words} sure accept" if sure else ""
    return (
        f"{len(still)} open. See the rows of one: wavehouse review {words} {still[0].id}. Then: "
        f"wavehouse decide {words} {still[0].id} accept (or reject --because ...){hint}"
    )


def _short(reason: str) -> str:
    return reason if len(reason) <= REASON_CHARACTERS else f"{reason[: REASON_CHARACTERS - 3]}..."
