"""Names in messages: the first few, so that a long list stays a line."""

from collections.abc import Sequence

MOST_NAMES = 10


def listed(names: Sequence[str], nothing: str = "none") -> str:
    """List names in a sentence.

    Args:
        names: the names, in the order in which they are to be read.
        nothing: what is said where there are none.
    """
    more = ", ..." if len(names) > MOST_NAMES else ""
    return (", ".join(names[:MOST_NAMES]) + more) or nothing
