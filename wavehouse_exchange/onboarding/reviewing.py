"""A draft as people read it: its proposals as a table, and what to do next."""

from collections import Counter

from wavehouse.project import Project
from wavehouse_exchange.onboarding.draft import SURE, Draft, draft_path, read_draft

REASON_CHARACTERS = 90


def review(project: Project, study_id: str, wave_id: str, everything: bool = False) -> str:
    """Show the proposals of a draft.

    Args:
        project: the project.
        study_id: the study.
        wave_id: the wave.
        everything: with reasons in full and what is decided.
    """
    return review_text(project, read_draft(project, study_id, wave_id), everything)


def review_text(project: Project, draft: Draft, everything: bool = False) -> str:
    """Write the proposals as a table, open ones first."""
    path = project.relative(draft_path(project, draft.study, draft.wave))
    lines = [
        f"{path}: wave {draft.wave} of study {draft.study}"
        + (f", compared with {draft.like}" if draft.like else ""),
        f"{draft.unchanged_columns} columns are as before.",
    ]
    shown = sorted(draft.proposals, key=lambda p: not p.is_open)
    if not everything:
        decided = Counter(p.decision for p in shown if not p.is_open)
        shown = [p for p in shown if p.is_open]
        if decided:
            told = ", ".join(f"{count} {decision}" for decision, count in decided.items())
            lines.append(f"Decided: {told} (see them with --all).")
    if shown:
        lines.append("")
        widths = [max(len(p.kind) for p in shown), max(len(p.subject) for p in shown)]
        for p in shown:
            reason = p.reason if everything else _short(p.reason)
            lines.append(
                f"{p.id}  {p.decision:<6}  {p.confidence:.2f}  {p.kind:<{widths[0]}}  "
                f"{p.subject:<{widths[1]}}  {reason}"
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
    sure = sum(p.confidence >= SURE for p in still)
    hint = f", or first the {sure} surest: wavehouse decide {words} sure accept" if sure else ""
    return (
        f"{len(still)} open. Read the rows in drafts/{draft.study}_{draft.wave}.yml, then: "
        f"wavehouse decide {words} {still[0].id} accept (or reject --because ...){hint}"
    )


def _short(reason: str) -> str:
    return reason if len(reason) <= REASON_CHARACTERS else f"{reason[: REASON_CHARACTERS - 3]}..."
