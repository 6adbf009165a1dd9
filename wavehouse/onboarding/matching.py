"""Which column of the wave before became which of the new one."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from difflib import SequenceMatcher

import numpy as np
from scipy.optimize import linear_sum_assignment

from wavehouse.onboarding.profile import ColumnProfile
from wavehouse.onboarding.signs import plain
from wavehouse.onboarding.texts import similarity

# What each kind of evidence counts. A label says what a column is; many columns share value labels
# or a distribution, so these can support a label and not replace it.
LABEL_WEIGHT = 0.5
VALUE_LABELS_WEIGHT = 0.2
DISTRIBUTION_WEIGHT = 0.2
NAME_WEIGHT = 0.1

LEAST_SCORE = 0.62
# Without labels on both sides a match is a guess.
MOST_WITHOUT_LABELS = 0.75
# A rival closer than this makes a match doubtful.
CLEAR_MARGIN = 0.15
# Names such as q12 and q13 are alike by chance.
LEAST_STEM = 3
# So many different numbers are compared by quantiles, since single ones rarely repeat.
FEWEST_NUMBERS = 30


@dataclass(frozen=True)
class ColumnMatch:
    """A column that seems to have got another name; `rival` is the next best candidate."""

    old: str
    new: str
    confidence: float
    reason: str


def match_renamed(old: Sequence[ColumnProfile], new: Sequence[ColumnProfile]) -> list[ColumnMatch]:
    """Pair columns that only one of the waves has, one to one, where enough speaks for it.

    Args:
        old: columns that the new wave does not have under their name.
        new: columns that the wave before did not have.
    """
    if not old or not new:
        return []
    scores = np.array([[_score(before, after)[0] for after in new] for before in old])
    matches = []
    for row, place in zip(*linear_sum_assignment(-scores), strict=True):
        score, evidence = _score(old[row], new[place])
        if score < LEAST_SCORE:
            continue
        rivals = [scores[row, j] for j in range(len(new)) if j != place]
        rivals += [scores[i, place] for i in range(len(old)) if i != row]
        margin = score - max(rivals, default=0.0)
        if margin < CLEAR_MARGIN:
            # The margin can be negative, where another pair had the better claim.
            score *= 0.6 + 0.4 * max(margin, 0.0) / CLEAR_MARGIN
            evidence += f"; another column is nearly as like it ({score - margin:.2f})"
        if score < LEAST_SCORE - 0.1:
            continue
        matches.append(
            ColumnMatch(old[row].name, new[place].name, round(min(score, 0.99), 2), evidence)
        )
    return matches


def _score(old: ColumnProfile, new: ColumnProfile) -> tuple[float, str]:
    """Weigh all there is to compare."""
    parts: list[tuple[float, float, str]] = []
    if old.label and new.label:
        alike = similarity(old.label, new.label)
        parts.append((LABEL_WEIGHT, alike, f"labels alike by {alike:.2f}"))
    if old.value_labels and new.value_labels:
        alike = _shared_labels(old, new)
        parts.append((VALUE_LABELS_WEIGHT, alike, f"value labels alike by {alike:.2f}"))
    distribution = _distribution(old, new)
    if distribution is not None:
        parts.append((DISTRIBUTION_WEIGHT, distribution, f"distributions by {distribution:.2f}"))
    name = _names_alike(old.name, new.name)
    parts.append((NAME_WEIGHT, name, f"names by {name:.2f}"))
    weight = sum(part[0] for part in parts)
    score = sum(part[0] * part[1] for part in parts) / weight
    if old.name.casefold() == new.name.casefold():
        return 0.99, "the names differ by upper and lower case only"
    if not (old.label and new.label):
        score = min(score, MOST_WITHOUT_LABELS)
    return score, ", ".join(part[2] for part in parts)


def _names_alike(one: str, other: str) -> float:
    """Say how alike two names are; a number in them is often that of the wave."""
    first, second = (re.sub(r"\d+", "", name.casefold()) for name in (one, other))
    if first == second and len(first) >= LEAST_STEM:
        return 0.9
    return SequenceMatcher(None, one.casefold(), other.casefold(), autojunk=False).ratio()


def _shared_labels(old: ColumnProfile, new: ColumnProfile) -> float:
    before = {plain(label) for label in old.value_labels.values()}
    after = {plain(label) for label in new.value_labels.values()}
    return 2 * len(before & after) / (len(before) + len(after))


def _distribution(old: ColumnProfile, new: ColumnProfile) -> float | None:
    """Say how alike the answers are, by label where there are any; None if it cannot be said."""
    if not old.answer_count or not new.answer_count:
        return None
    are_numbers = old.numbers is not None and new.numbers is not None
    are_many = min(old.code_count, new.code_count) >= FEWEST_NUMBERS
    if old.is_coded and new.is_coded and not (are_numbers and are_many):
        before, after = _by_label(old), _by_label(new)
        return 1 - total_variation(before, after)
    if old.numbers is not None and new.numbers is not None:
        span = max(old.numbers.quantiles[-1] - old.numbers.quantiles[0], 1e-9)
        gaps = [
            abs(before - after) / span
            for before, after in zip(old.numbers.quantiles, new.numbers.quantiles, strict=True)
        ]
        return max(0.0, 1 - 2 * sum(gaps) / len(gaps))
    return 0.0 if old.is_coded != new.is_coded else None


def _by_label(column: ColumnProfile) -> dict[str, float]:
    shares: dict[str, float] = {}
    for code, share in column.shares().items():
        key = plain(column.value_labels.get(code, "")) or code
        shares[key] = shares.get(key, 0.0) + share
    return shares


def total_variation(one: dict[str, float], other: dict[str, float]) -> float:
    """Give the share of people that would have to move to turn one distribution into the other."""
    return sum(abs(one.get(code, 0.0) - other.get(code, 0.0)) for code in {*one, *other}) / 2
