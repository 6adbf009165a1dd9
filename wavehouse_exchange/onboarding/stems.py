"""Batteries whose stem is in other words or in another language: which of one wave is which.

`Trust: police` and `How far do you trust the police` are one question if all the items around them
say so too. An item alone cannot tell, since other batteries ask of the same items, and a label in
another language tells next to nothing. A whole battery can: by its code list, its items where their
words can be compared, their order, and above all the answers, of which ten that fit say more than
one.

Batteries are matched as columns are (see `matching`), each with one at most. What comes of it is no
evidence of its own: it says among how many columns a question is looked for.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from math import lgamma, log

import numpy as np
from scipy.optimize import linear_sum_assignment

from wavehouse_exchange.onboarding.chances import pair_chances
from wavehouse_exchange.onboarding.evidence import CodeList
from wavehouse_exchange.onboarding.likeness import labels_alike
from wavehouse_exchange.onboarding.profile import ColumnProfile
from wavehouse_exchange.onboarding.runs import LEAST_SHARED, Run, find_runs
from wavehouse_exchange.onboarding.wording import Wording

SAME_ITEM = 0.8
# What an item under another stem counts of the same item under the same one.
_UNDER_ANOTHER_STEM = 0.95
# What is thought of a battery beforehand: that it goes on, that each item of it does, and that
# they keep their order.
_GOES_ON = 0.7
_ITEM_GOES_ON = 0.9
_IN_ORDER = 0.75
# What stems say, in logarithms of odds, from this likeness on; names and loanwords of items in
# another language, and their absence.
_STEMS = ((0.9, 6.0), (0.6, 2.0), (0.3, 1.0))
_LOANWORDS = ((0.6, 2.5), (0.3, 1.0))
_NO_LOANWORD = -0.3
# The chance that an item of a battery is found elsewhere, torn off it by what a round changed.
_TORN = 0.3
# What the same items say: few batteries have them, and some of these have all.
_SAME_ITEMS = 3.0


@dataclass(frozen=True)
class _Pair:
    """Two batteries that could be one.

    Attributes:
        old, new: which ones.
        crossing: whether they are in two languages.
        stem: what the stems say, in logarithms of odds.
        items: how alike the items are, without the stem.
    """

    old: int
    new: int
    crossing: bool
    stem: float
    items: np.ndarray


@dataclass(frozen=True)
class Sought:
    """Where the questions of batteries are looked for.

    Attributes:
        share: for each pair of columns the chance that a column is picked as the other one before
            anything is known of the two but their batteries.
        alike: how alike items are whose batteries are in one language and thought to be one; 0
            for all others.
    """

    share: np.ndarray
    alike: np.ndarray


class Batteries:
    """The batteries of two waves, compared as far as labels go."""

    def __init__(
        self,
        before: tuple[Sequence[ColumnProfile], Sequence[Wording]],
        after: tuple[Sequence[ColumnProfile], Sequence[Wording]],
        lists: tuple[Sequence[CodeList], Sequence[CodeList]],
    ) -> None:
        """Find the batteries.

        Args:
            before: the columns of the earlier wave with their wordings.
            after: those of the new wave.
            lists: the code lists of the columns of both waves.
        """
        self._shape = (len(before[0]), len(after[0]))
        self._old = find_runs(*before, lists[0])
        self._new = find_runs(*after, lists[1])
        self._pairs = _pairs(self._old, self._new)

    def sought(self, codes: np.ndarray, answers: np.ndarray, empty: np.ndarray) -> Sought:
        """Say where the questions of each battery are looked for.

        Args:
            codes: what the code lists of each pair of columns say, in logarithms of odds.
            answers: what the distributions say of two columns whose code lists compare so.
            empty: what the shares of empty rows say.
        """
        count = self._shape[1]
        share = np.full(self._shape, 1 / count)
        alike = np.zeros(self._shape)
        if not self._pairs:
            return Sought(share, alike)
        odds = np.full((len(self._old), len(self._new)), -np.inf)
        fits = {}
        for pair in self._pairs:
            block = np.ix_(self._old[pair.old].places, self._new[pair.new].places)
            fit = _fit(pair, codes[block], answers[block], empty[block])
            fits[pair.old, pair.new] = (block, fit)
            odds[pair.old, pair.new] = (
                log(_GOES_ON / (1 - _GOES_ON)) - log(len(self._new)) + fit.odds
            )
        chances = pair_chances(np.clip(odds, None, 30.0))
        left = np.maximum(1 - chances.sum(axis=1), _TORN)
        for index, battery in enumerate(self._old):
            share[battery.places] *= left[index]
        for pair in self._pairs:
            chance = chances[pair.old, pair.new]
            block, fit = fits[pair.old, pair.new]
            share[block] += chance * fit.share
            if not pair.crossing and chance >= 0.5:
                alike[block] = np.nan_to_num(pair.items) * _UNDER_ANOTHER_STEM
        return Sought(share, alike)


@dataclass(frozen=True)
class _Fit:
    """How well two batteries fit, and where each item of the one is looked for in the other."""

    odds: float
    share: np.ndarray


def _fit(pair: _Pair, codes: np.ndarray, answers: np.ndarray, empty: np.ndarray) -> _Fit:
    """Weigh two batteries: code list and filter count once, the answers of each item."""
    once = pair.stem + float(np.median(codes)) + float(np.median(empty))
    n_rows, n_columns = answers.shape
    least, most = min(n_rows, n_columns), max(n_rows, n_columns)
    kept, gap = log(_ITEM_GOES_ON), log(1 - _ITEM_GOES_ON)
    any_of_them = np.full(answers.shape, 1 / n_columns)
    if not pair.crossing:
        # Words say which item is which, in whatever order.
        rows, columns = linear_sum_assignment(-np.nan_to_num(pair.items))
        same = np.nan_to_num(pair.items)[rows, columns] >= SAME_ITEM
        return _Fit(
            once + _SAME_ITEMS + float(answers[rows[same], columns[same]].sum()), any_of_them
        )
    alike = np.nan_to_num(pair.items)
    each = answers + np.full(answers.shape, _NO_LOANWORD)
    for least_alike, says in reversed(_LOANWORDS):
        each = np.where(alike >= least_alike, answers + says, each)
    in_order, follows = _in_order(each + kept, gap)
    rows, columns = linear_sum_assignment(-each)
    # As many ways as there are to deal the items out.
    ways = lgamma(most + 1) - lgamma(most - least + 1)
    mixed = float(each[rows, columns].sum()) + least * kept + (most - least) * gap - ways
    one = np.logaddexp(log(_IN_ORDER) + in_order, log(1 - _IN_ORDER) + mixed)
    ordered = float(np.exp(log(_IN_ORDER) + in_order - one))
    return _Fit(once + float(one), ordered * follows + (1 - ordered) * any_of_them)


def _in_order(says: np.ndarray, gap: float) -> tuple[float, np.ndarray]:
    """Align items that keep their order, some of them left out (Needleman and Wunsch 1970).

    Returns:
        what speaks for the best alignment, and which items it puts together.
    """
    n_rows, n_columns = says.shape
    best = np.zeros((n_rows + 1, n_columns + 1))
    best[:, 0] = gap * np.arange(n_rows + 1)
    best[0] = gap * np.arange(n_columns + 1)
    for row in range(1, n_rows + 1):
        for column in range(1, n_columns + 1):
            best[row, column] = max(
                best[row - 1, column - 1] + says[row - 1, column - 1],
                best[row - 1, column] + gap,
                best[row, column - 1] + gap,
            )
    together = np.zeros(says.shape)
    row, column = n_rows, n_columns
    while row and column:
        if best[row, column] == best[row - 1, column - 1] + says[row - 1, column - 1]:
            row, column = row - 1, column - 1
            together[row, column] = 1.0
        elif best[row, column] == best[row - 1, column] + gap:
            row -= 1
        else:
            column -= 1
    return float(best[-1, -1]), together


def _pairs(old: Sequence[Run], new: Sequence[Run]) -> list[_Pair]:
    """Find the batteries that could be one: with the same items, or in two languages."""
    if not old or not new:
        return []
    stems, _ = labels_alike([b.stem for b in old], [b.stem for b in new])
    items, _ = labels_alike(
        [item for battery in old for item in battery.items],
        [item for battery in new for item in battery.items],
    )
    starts = np.cumsum([0, *(len(battery.items) for battery in old)])
    ends = np.cumsum([0, *(len(battery.items) for battery in new)])
    found = []
    for i, battery in enumerate(old):
        for j, other in enumerate(new):
            part = items[starts[i] : starts[i + 1], ends[j] : ends[j + 1]]
            known = np.nan_to_num(part)
            crossing = battery.language != other.language
            rows, columns = linear_sum_assignment(-known)
            shared = 2 * (known[rows, columns] >= SAME_ITEM).sum() / sum(part.shape)
            if not crossing and shared < LEAST_SHARED:
                continue
            alike = np.nan_to_num(stems[i, j])
            says = next((says for least, says in _STEMS if alike >= least), 0.0)
            found.append(_Pair(i, j, crossing and shared < LEAST_SHARED, says, part))
    return found
