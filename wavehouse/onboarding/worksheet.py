"""What a worksheet of a review has in its columns, and by what a row is known again."""

import hashlib
import json
import re

from wavehouse.onboarding.draft import Proposal

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
    "decision": "accept, reject or open; for several proposals also: p03 accept; p04 reject",
    "because": "why; needed where something is rejected",
    "row": "leave it as it is: by it the row is known again",
}
# What the last cell of a row says: study, wave and a sum of what was proposed.
_ROW = re.compile(r"row of (\S+) (\S+): (\w+)")
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


def of_key(text: str) -> tuple[str, str] | None:
    """Give study and wave of what a row is known by; None if it is nothing of the kind."""
    found = _ROW.fullmatch(text.strip())
    return (found[1], found[2]) if found else None


def decision_text(proposals: list[Proposal]) -> str:
    """Write the decisions of a row: one word if they are all alike."""
    decisions = {proposal.decision for proposal in proposals}
    if len(decisions) == 1:
        return decisions.pop()
    return "; ".join(f"{p.id} {p.decision}" for p in proposals)


def because_text(proposals: list[Proposal]) -> str:
    """Write the reasons of a row."""
    return "; ".join(dict.fromkeys(p.because for p in proposals if p.because))
