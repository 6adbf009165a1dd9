"""What a worksheet of a review has in its columns, and by what a row is known again."""

import hashlib
import json
import re
from collections.abc import Collection
from dataclasses import dataclass

from wavehouse_exchange.onboarding.draft import DECISIONS, Proposal
from wavehouse_exchange.onboarding.not_needed import NOT_NEEDED

# The columns in their order: name and what the header's note says.
COLUMNS = {
    "place": "where the column stands in the file",
    "name": "the column",
    "label": "its label",
    "codes": "its codes with their labels; (m) marks a missing code",
    "suggestion": "what is proposed; empty: nothing to decide",
    "evidence": "what speaks for it",
    "confidence": "the chance that accepting is right, 0 to 1",
    "old_name": "the earlier column that it goes on from",
    "old_label": "the label of that",
    "old_codes": "the codes of that",
    "battery": "items of one question",
    "wanted": "no: the column is not wanted, so that it is waived",
    "decision": "accept, reject or open; for several proposals also: p03 accept; p04 reject. "
    "`not needed`: another decision answers it, as the evidence says",
    "because": "why; needed where something is rejected",
    "row": "leave it as it is: by it the row is known again",
}
# What the last cell of a row says: study, wave and a sum of what was proposed; then each proposal's
# decision when the worksheet was written, and a sum of the reasons.
_ROW = re.compile(r"row of (\S+) (\S+): (\w+)(?:-([oar]+)-(\w+))?")
_LETTERS = {decision[0]: decision for decision in DECISIONS}
# Spreadsheets take a text that begins so for a formula.
FORMULA = ("=", "+", "-", "@", "\t", "\r")
MOST_CHARACTERS = 30_000


def row_key(study: str, wave: str, name: str, proposals: list[Proposal]) -> str:
    """Give what a row is known by: another draft, or another proposal, has another one."""
    content = [[p.id, p.kind, p.subject, p.reason, p.changes, p.if_rejected] for p in proposals]
    text = json.dumps([study, wave, name, content], sort_keys=True)
    digest = hashlib.sha256(text.encode()).hexdigest()[:12]
    # Begins with a letter, so that no spreadsheet takes it for a number such as 12e34.
    return f"row of {study} {wave}: k{digest}"


def row_cell(key: str, proposals: list[Proposal]) -> str:
    """Give what the last cell of a row says: what it is known by, and what was decided by then.

    So a row that nobody touched is told from one in which somebody wrote the same.
    """
    if not proposals:
        return key
    letters = "".join(proposal.decision[0] for proposal in proposals)
    return f"{key}-{letters}-{_sum_of_reasons(because_text(proposals))}"


@dataclass(frozen=True)
class RowCell:
    """What the last cell of a row says.

    Attributes:
        key: what the row is known by.
        wave: its study and wave.
        decisions: what was decided when it was written, in the order of the proposals; empty if it
            does not say.
        reasons: a sum of the reasons that stood there.
    """

    key: str
    wave: tuple[str, str]
    decisions: list[str]
    reasons: str

    def has_reasons(self, text: str) -> bool:
        """Whether a text is that of the reasons when the row was written."""
        return _sum_of_reasons(text) == self.reasons


def read_row_cell(text: str) -> RowCell | None:
    """Read the last cell of a row; None if it is nothing of the kind."""
    found = _ROW.fullmatch(text.strip())
    if found is None:
        return None
    key = f"row of {found[1]} {found[2]}: {found[3]}"
    decisions = [_LETTERS[letter] for letter in found[4] or ""]
    return RowCell(key, (found[1], found[2]), decisions, found[5] or "")


def _sum_of_reasons(text: str) -> str:
    words = " ".join(text[:MOST_CHARACTERS].split())
    return "r" + hashlib.sha256(words.encode()).hexdigest()[:6]


def decision_text(proposals: list[Proposal], needless: Collection[str] = ()) -> str:
    """Write the decisions of a row: one word if they are all alike.

    Args:
        proposals: those of the row.
        needless: ids of those that another decision has answered.
    """
    said = {p.id: NOT_NEEDED if p.id in needless else p.decision for p in proposals}
    if len({*said.values()}) == 1:
        return said[proposals[0].id]
    return "; ".join(f"{proposal_id} {word}" for proposal_id, word in said.items())


def because_text(proposals: list[Proposal]) -> str:
    """Write the reasons of a row."""
    return "; ".join(dict.fromkeys(p.because for p in proposals if p.because))
