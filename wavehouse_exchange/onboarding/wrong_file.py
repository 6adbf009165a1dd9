"""A file that does not look like the study: said first, and then nothing of its draft is sure."""

from wavehouse_exchange.onboarding.draft import SURE, Draft, Proposal

# Fewer questions than these may all be new in an honest wave.
FEWEST_QUESTIONS = 3
# The most of the questions before that a file of another study has by chance; a file without
# columns of the design may have more.
MOST_BY_CHANCE = 0.1
MOST_WITHOUT_DESIGN = 0.25
# A column that is less surely the same as an earlier one is not called found.
_FOUND = 0.5


def unlike_the_study(draft: Draft) -> str:
    """Say that hardly anything of the wave before is found; nothing where enough is."""
    lost = {p.subject for p in draft.proposals if p.kind == "dropped_column"}
    matched: dict[str, bool] = {}
    for proposal in draft.proposals:
        if proposal.old_column:
            found = matched.get(proposal.old_column, True)
            matched[proposal.old_column] = found and _is_found(proposal)
    found = draft.unchanged_columns + sum(matched.values())
    asked = draft.unchanged_columns + len(matched.keys() | lost)
    missing = [p.subject for p in draft.proposals if p.kind == "design_column_missing"]
    most = MOST_WITHOUT_DESIGN if missing else MOST_BY_CHANCE
    if asked < FEWEST_QUESTIONS or found > most * asked:
        return ""
    are = "are" if len(missing) > 1 else "is"
    design = f", and {', '.join(missing)} of its design {are} not delivered" if missing else ""
    return (
        f"This does not look like study {draft.study}: {found} of {asked} columns of wave "
        f"{draft.like} are found{design}."
    )


def sure_proposals(draft: Draft) -> list[Proposal]:
    """Give the open proposals of high confidence: none in the draft of what seems a wrong file."""
    if unlike_the_study(draft):
        return []
    return [proposal for proposal in draft.open_proposals if proposal.confidence >= SURE]


def _is_found(proposal: Proposal) -> bool:
    if proposal.kind == "reused_name":
        return proposal.confidence < _FOUND
    return proposal.kind != "renamed_column" or proposal.confidence >= _FOUND
