"""Numbers whose unit or top code changed, and distributions that shifted."""

from dataclasses import dataclass
from typing import TypeGuard

import numpy as np
from scipy.stats import chi2, norm

from wavehouse_exchange.onboarding.matching import total_variation
from wavehouse_exchange.onboarding.profile import ColumnProfile, NumberSummary

# Ratios that people's units have, with what they mean when the new number is so many times the old.
UNIT_RATIOS = (
    (2.54, "inches became centimetres"),
    (0.4536, "pounds became kilograms"),
    (0.3048, "feet became metres"),
    (1.609, "miles became kilometres"),
    (12, "years became months, or a month's amount a year's"),
    (52, "a week's amount became a year's"),
    (7, "days were weeks, or a day's amount became a week's"),
    (60, "hours became minutes"),
    (100, "a factor of 100, such as metres to centimetres or euros to cents"),
    (1000, "a factor of 1000, such as kilograms to grams or thousands written out"),
)
RATIO_TOLERANCE = 0.06
LEAST_NUMBERS = 30

# A top code: many at the largest value, few just below it.
LEAST_SHARE_AT_TOP = 0.01
TOP_HEAP = 3.0
# Of a small wave, one person is a hundredth: fewer than these are no heap.
FEWEST_AT_TOP = 5

# A shift that matters and is not chance; the statistic is divided by the design effect.
LEAST_SHIFT = 0.10
LARGEST_P = 0.001
ASSUMED_DESIGN_EFFECT = 1.5
FEWEST_ANSWERS = 50

# Of the normal distribution: the variance of a median over that of a mean, and the distance of the
# quartiles in standard deviations.
NORMAL_MEDIAN = 1.5708
NORMAL_QUARTILES = 1.349


@dataclass(frozen=True)
class NumberChange:
    """What changed in a column of numbers."""

    kind: str
    confidence: float
    reason: str


def unit_change(old: ColumnProfile, new: ColumnProfile) -> NumberChange | None:
    """Find a new unit: the quartiles are all multiplied by one well-known factor."""
    first, second = old.number_summary, new.number_summary
    if not _are_enough(first) or not _are_enough(second):
        return None
    before = np.array(first.quantiles[1:4])
    after = np.array(second.quantiles[1:4])
    if (before <= 0).any() or (after <= 0).any():
        return None
    ratios = after / before
    candidates = [
        (float(np.abs(ratios / factor - 1).max()), factor, meaning)
        for ratio, text in UNIT_RATIOS
        for factor, meaning in ((ratio, text), (1 / ratio, f"{text}, the other way round"))
    ]
    worst, factor, meaning = min(candidates)
    if worst > RATIO_TOLERANCE:
        return None
    shown = ", ".join(f"{ratio:.3g}" for ratio in ratios)
    return NumberChange(
        "changed_unit",
        round(0.95 - 4 * worst, 2),
        f"quartiles are {shown} times those before, close to {factor:.4g}: {meaning}",
    )


def top_code_change(old: ColumnProfile, new: ColumnProfile) -> NumberChange | None:
    """Find another largest value with a heap of people on it."""
    before, after = old.number_summary, new.number_summary
    if not _are_enough(before) or not _are_enough(after):
        return None
    if before.largest == after.largest or after.largest == after.smallest:
        return None
    if new.code_count <= 10:
        return None
    heap = after.share_at_largest / max(after.share_below_largest / 5, 1e-9)
    is_heap = (
        after.share_at_largest >= LEAST_SHARE_AT_TOP
        and after.share_at_largest * after.count >= FEWEST_AT_TOP
        and heap >= TOP_HEAP
    )
    was_heap = (
        before.share_at_largest >= LEAST_SHARE_AT_TOP
        and before.share_at_largest >= TOP_HEAP * before.share_below_largest / 5
    )
    if not is_heap:
        return None
    return NumberChange(
        "changed_top_code",
        0.9 if was_heap else 0.75,
        f"the largest number is {after.largest:g} with {after.share_at_largest:.1%} on it, after "
        f"{before.largest:g} with {before.share_at_largest:.1%}",
    )


def shift(
    old: ColumnProfile,
    new: ColumnProfile,
    meaning: dict[str, str] | None = None,
    effective_shares: tuple[float, float] = (1.0, 1.0),
) -> NumberChange | None:
    """Find a distribution that moved further than chance explains.

    Args:
        old: the column before.
        new: the column now.
        meaning: for codes of the new wave the code of the wave before, where it is another.
        effective_shares: for both waves, how many people one respondent is worth after weighting.
    """
    before = old.shares()
    after: dict[str, float] = {}
    for code, share in new.shares(old.missing_codes).items():
        key = (meaning or {}).get(code, code)
        after[key] = after.get(key, 0.0) + share
    if min(old.answer_count, new.answer_count) < FEWEST_ANSWERS or len(before) < 2 or not after:
        return None
    moved = total_variation(before, after)
    if moved < LEAST_SHIFT:
        return None
    counts = [
        profile.answer_count * share
        for profile, share in zip((old, new), effective_shares, strict=True)
    ]
    statistic = _homogeneity(before, after, counts[0], counts[1]) / ASSUMED_DESIGN_EFFECT
    freedom = len({*before, *after}) - 1
    p_value = float(chi2.sf(statistic, freedom))
    if p_value > LARGEST_P:
        return None
    largest = max({*before, *after}, key=lambda c: abs(after.get(c, 0) - before.get(c, 0)))
    return NumberChange(
        "shifted_distribution",
        round(min(0.95, 0.5 + 1.5 * moved), 2),
        f"{moved:.0%} of the {new.weighted}answers moved (total variation); most in code "
        f"{largest}, from {before.get(largest, 0):.1%} to {after.get(largest, 0):.1%}; p "
        f"{_p(p_value)} if clustering makes the design effect {ASSUMED_DESIGN_EFFECT}",
    )


def shift_of_numbers(
    old: ColumnProfile, new: ColumnProfile, effective_shares: tuple[float, float] = (1.0, 1.0)
) -> NumberChange | None:
    """Find numbers whose median moved further than chance explains.

    The error of a median is that of a normal distribution with the same quartiles.

    Args:
        old: the column before.
        new: the column now.
        effective_shares: for both waves, how many people one respondent is worth after weighting.
    """
    before, after = old.number_summary, new.number_summary
    if not _are_enough(before) or not _are_enough(after):
        return None
    spread = before.quantiles[-1] - before.quantiles[0]
    moved = after.quantiles[2] - before.quantiles[2]
    if min(before.count, after.count) < FEWEST_ANSWERS or abs(moved) < LEAST_SHIFT * spread:
        return None
    variance = sum(
        NORMAL_MEDIAN
        * ((numbers.quantiles[3] - numbers.quantiles[1]) / NORMAL_QUARTILES) ** 2
        / (numbers.count * share)
        for numbers, share in zip((before, after), effective_shares, strict=True)
    )
    statistic = abs(moved) / max((variance * ASSUMED_DESIGN_EFFECT) ** 0.5, 1e-12)
    p_value = float(2 * norm.sf(statistic))
    if p_value > LARGEST_P:
        return None
    size = abs(moved) / spread if spread else 1.0
    return NumberChange(
        "shifted_distribution",
        round(min(0.95, 0.5 + 1.5 * size), 2),
        f"the median went from {before.quantiles[2]:g} to {after.quantiles[2]:g}, by {size:.0%} of "
        f"the range of nine tenths of the numbers; p {_p(p_value)} if clustering makes the design "
        f"effect {ASSUMED_DESIGN_EFFECT}",
    )


def _homogeneity(
    before: dict[str, float], after: dict[str, float], n_before: float, n_after: float
) -> float:
    """Give Pearson's statistic of two samples with the same distribution."""
    statistic = 0.0
    for code in {*before, *after}:
        one, other = before.get(code, 0.0), after.get(code, 0.0)
        common = (one * n_before + other * n_after) / (n_before + n_after)
        if common:
            statistic += (n_before * (one - common) ** 2 + n_after * (other - common) ** 2) / common
    return statistic


def _p(value: float) -> str:
    return "below 1e-6" if value < 1e-6 else f"{value:.1g}"


def _are_enough(numbers: NumberSummary | None) -> TypeGuard[NumberSummary]:
    return numbers is not None and numbers.count >= LEAST_NUMBERS
