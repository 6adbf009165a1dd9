"""Proposals that another decision has answered: what they would write belongs to what it was not.

Nothing of this is kept: turn the other decision, and they are open again.
"""

from collections.abc import Iterable, Iterator, Mapping
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from wavehouse_exchange.onboarding.draft import Proposal

NOT_NEEDED = "not needed"
_OPEN = "open"
_SAID = {"accept": "accepted", "reject": "rejected"}
# What says which earlier column goes on, the first that is there, and how it is decided if it does.
_GOES_ON = (("renamed_column", "accept"), ("reused_name", "reject"))


def not_needed(proposals: Iterable["Proposal"]) -> dict[str, str]:
    """Give the open proposals that nobody has to decide any more: for their ids, why.

    A proposal is not needed if each of its changes waits for another proposal to be decided
    otherwise than it was. One without changes is not needed if its column does not go on from the
    earlier one that it is about.
    """
    there = list(proposals)
    decisions = {proposal.id: proposal.decision for proposal in there}
    open_ones = [proposal for proposal in there if proposal.is_open]
    kinds = {proposal.id: f"{proposal.id} ({proposal.kind})" for proposal in there}
    links = _links(there)
    found: dict[str, str] = {}
    while True:
        new = {
            proposal.id: ", ".join(
                f"{kinds.get(other, other)} is {_SAID.get(decisions[other], decisions[other])}"
                for other in answered
            )
            for proposal in open_ones
            if proposal.id not in found and (answered := _answers(proposal, decisions, links))
        }
        if not new:
            return found
        found |= new
        # What waits for one of these waits for nothing.
        decisions |= dict.fromkeys(new, NOT_NEEDED)


def _links(proposals: Iterable["Proposal"]) -> dict[tuple[str, str, str], tuple[str, str]]:
    """Give by column what says whether it goes on from an earlier one, and how it says yes."""
    found: dict[tuple[str, str, str], tuple[int, str, str]] = {}
    for proposal in proposals:
        for rank, (kind, decision) in enumerate(_GOES_ON):
            if proposal.kind == kind and proposal.old_column:
                about = (rank, proposal.id, decision)
                found[_about(proposal)] = min(found.get(_about(proposal), about), about)
    return {column: (link, decision) for column, (_, link, decision) in found.items()}


def _about(proposal: "Proposal") -> tuple[str, str, str]:
    return proposal.subject, proposal.old_column, proposal.old_wave


def _answers(
    proposal: "Proposal",
    decisions: Mapping[str, str],
    links: Mapping[tuple[str, str, str], tuple[str, str]],
) -> list[str]:
    """Give the ids of the decisions that make a proposal needless; none if it is needed."""
    if proposal.changes:
        each = [_waits_in_vain(change, decisions) for change in proposal.changes]
        return list(dict.fromkeys(others for others in each if others)) if all(each) else []
    link, wanted = links.get(_about(proposal), (proposal.id, ""))
    # The name of a column may be another question's now, whatever else goes on under it.
    if link == proposal.id or proposal.kind in dict(_GOES_ON):
        return []
    return [link] if decisions[link] not in (_OPEN, wanted) else []


def _waits_in_vain(change: Mapping[str, object], decisions: Mapping[str, str]) -> str:
    """Give the id of a proposal that was decided otherwise than a change waits for; or nothing."""
    return next(
        (
            other
            for other, wanted in _conditions(change.get("when"))
            if decisions.get(other, _OPEN) not in (_OPEN, wanted)
        ),
        "",
    )


def _conditions(when: object) -> Iterator[tuple[str, str]]:
    """Read `p03 accept, p05 reject`; what is written otherwise says nothing here."""
    for part in when.split(",") if isinstance(when, str) else ():
        words = part.split()
        if len(words) == 2:
            yield words[0], words[1]
