"""Names in messages."""

from collections.abc import Iterable
from difflib import get_close_matches

MOST_NAMED = 12


def listed(names: Iterable[str]) -> str:
    """List names, the first of them if there are many."""
    found = list(names)
    rest = len(found) - MOST_NAMED
    listed = ", ".join(found[:MOST_NAMED]) or "none"
    return f"{listed} and {rest} more" if rest > 0 else listed


def nearest(name: str, names: Iterable[str]) -> str:
    """List what there is, what is written alike first."""
    found = sorted(names)
    alike = get_close_matches(name, found, n=MOST_NAMED)
    return listed([*alike, *(each for each in found if each not in alike)])
