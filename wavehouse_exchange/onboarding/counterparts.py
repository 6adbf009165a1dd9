"""Which earlier column a column is, where a person named it: that wins over everything else.

A draft keeps what was named among the options that it was made with, so that it holds when the
draft is made anew.
"""

from collections.abc import Mapping
from typing import Any

from wavehouse_exchange.onboarding.profile import WaveProfile

# The old name by the new one, among what a draft was made with.
COUNTERPARTS = "counterparts"


def named_counterparts(said: Mapping[str, Any]) -> dict[str, str]:
    """Give the pairs that were named, the old name by the new one.

    Args:
        said: what the draft was made with.
    """
    return dict(said.get(COUNTERPARTS) or {})


def with_pair(pairs: Mapping[str, str], old: str, new: str) -> dict[str, str]:
    """Add a pair, and take away what says otherwise of one of the two: a column goes on as one."""
    return {after: was for after, was in pairs.items() if after != new and was != old} | {new: old}


def with_counterparts(
    given: Mapping[str, str],
    said: Mapping[str, Any],
    old: WaveProfile | None,
    new: WaveProfile,
) -> dict[str, str]:
    """Add what was named to what a concordance says.

    Pairs of which a corrected delivery has no column any more are left out.

    Args:
        given: the concordance, the old name by the new one.
        said: what the draft was made with.
        old: the wave before, if it is at hand.
        new: the new wave.
    """
    pairs = dict(given)
    for after, was in named_counterparts(said).items():
        if after in new.columns and (old is None or was in old.columns):
            pairs = with_pair(pairs, was, after)
    return pairs
