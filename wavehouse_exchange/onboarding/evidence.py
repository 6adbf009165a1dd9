"""What speaks for two columns being one question: each kind of evidence, for each pair, in levels.

A level is a step of agreement, from `absent` (the pair cannot be compared) to the same. `matching`
learns for each level how often pairs that are one question have it, and how often others do.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from wavehouse_exchange.onboarding.likeness import labels_alike
from wavehouse_exchange.onboarding.missing import is_number
from wavehouse_exchange.onboarding.profile import ColumnProfile
from wavehouse_exchange.onboarding.signs import plain
from wavehouse_exchange.onboarding.wording import Wording

# Steps of alike labels, in one language.
_LABEL_STEPS = (0.25, 0.4, 0.55, 0.7, 0.8, 0.9, 0.995)
_MORE_THAN_SIBLINGS = 0.03
_OTHER_LANGUAGE_STEPS = (0.2, 0.4, 0.6)
# Steps of the share of people that would have to move to make two distributions the same.
_MOVED_STEPS = (0.03, 0.06, 0.12, 0.25, 0.5)
_EMPTY_STEPS = (0.01, 0.03, 0.1, 0.3)
_PLACE_STEPS = (0.5, 1.5, 2.5, 5.5, 15.5, 50.5)
_PLACE_SAME = (0.001, 0.42, 0.16, 0.08, 0.1, 0.1, 0.07, 0.07)
_PLACE_APART = (0.001, 0.01, 0.02, 0.02, 0.05, 0.1, 0.25, 0.55)
FEWEST_NUMBERS = 30

CodeList = frozenset[tuple[str, str]]


@dataclass(frozen=True)
class Evidence:
    """One kind of evidence: the level of each pair, and what speaks for a level beforehand.

    Attributes:
        name: the kind, as messages call it.
        levels: one row for each earlier column, one column for each new one.
        same: how often pairs of one question are thought to have each level, before they are seen.
        apart: how often other pairs are thought to have it.
        weight: what it counts; below 1 where it says in part what other evidence says too.
    """

    name: str
    levels: np.ndarray
    same: tuple[float, ...]
    apart: tuple[float, ...]
    weight: float = 1.0


@dataclass(frozen=True)
class Labels:
    """How the labels of two waves compare, each with each.

    Attributes:
        alike: from 0 to 1, NaN where one is absent.
        whole: whether each word of both is in the other, in some form.
        siblings: how alike the label, on either side, that is most like it in its own wave is.
        crossing: whether they are in two languages, with little that is the same.
    """

    alike: np.ndarray
    whole: np.ndarray
    siblings: np.ndarray
    crossing: np.ndarray

    @property
    def has_twin(self) -> np.ndarray:
        """Pairs that are not the same words, where one of the two has its very words elsewhere."""
        same = np.nan_to_num(self.alike) >= _LABEL_STEPS[-1]
        return np.asarray((same.any(axis=1)[:, None] | same.any(axis=0)[None, :]) & ~same)


def compare_labels(before: Sequence[Wording], after: Sequence[Wording]) -> Labels:
    """Compare the labels of two waves."""
    count = len(before)
    alike, whole = labels_alike([*before, *after], [*before, *after])
    siblings = np.maximum(
        _next_alike(alike[:count, :count])[:, None], _next_alike(alike[count:, count:])[None, :]
    )
    alike = alike[:count, count:]
    crossing = _crossing(before, after) & (np.nan_to_num(alike) < _LABEL_STEPS[4])
    return Labels(alike, whole[:count, count:], siblings, crossing)


def label_evidence(
    labels: Labels, reworded: np.ndarray | None = None
) -> tuple[Evidence, np.ndarray]:
    """Give the levels of labels; those of labels in two languages are of their own.

    Items of a battery are alike by their stem. A label that is no more like another than that
    one's own neighbours in its wave are says that it may be any of them: a level of its own.

    Args:
        labels: how they compare.
        reworded: how alike they are where other words stand for the same, as far as that was
            learned; it does not count where one of the two has its very words elsewhere.

    Returns:
        the evidence, and the pairs in one language that do not say that they are one question.
    """
    alike, whole = np.nan_to_num(labels.alike), labels.whole
    if reworded is not None:
        learned = np.where(labels.has_twin, 0.0, np.nan_to_num(reworded))
        whole = whole | ((learned > alike) & (learned >= _LABEL_STEPS[4]))
        alike = np.maximum(alike, learned)
    levels = np.digitize(alike, _LABEL_STEPS) + 1
    as_siblings = (
        (alike >= _LABEL_STEPS[0])
        & (alike < _LABEL_STEPS[-1])
        & (alike <= labels.siblings + _MORE_THAN_SIBLINGS)
        # Where all words are there, inflected or abbreviated, it is the same.
        & ~whole
    )
    first = len(_LABEL_STEPS) + 2
    levels[as_siblings] = first
    crossing = labels.crossing & (alike < _LABEL_STEPS[4])
    other = np.digitize(alike, _OTHER_LANGUAGE_STEPS) + first + 1
    levels = np.where(crossing, other, levels)
    levels[np.isnan(labels.alike)] = 0
    same = (0.05, 0.002, 0.004, 0.01, 0.04, 0.07, 0.1, 0.13, 0.42, 0.004, 0.07, 0.05, 0.03, 0.02)
    unlike = ((alike < _LABEL_STEPS[4]) | as_siblings) & ~whole & ~crossing
    apart = (0.05, 0.6, 0.2, 0.06, 0.02, 3e-3, 1e-3, 5e-4, 5e-4, 0.04, 0.02, 6e-3, 2e-3, 5e-4)
    return Evidence("label", levels, same, apart), unlike & ~np.isnan(labels.alike)


def _next_alike(alike: np.ndarray) -> np.ndarray:
    """Say for each label of a wave how alike the most alike other label of that wave is."""
    others = np.nan_to_num(alike.copy())
    np.fill_diagonal(others, 0.0)
    # The same words elsewhere in the wave say nothing of what a change of words would mean.
    others[others >= _LABEL_STEPS[-1]] = 0.0
    return np.asarray(others.max(axis=1, initial=0.0))


def _crossing(before: Sequence[Wording], after: Sequence[Wording]) -> np.ndarray:
    """Say which pairs are in two languages that are both known."""
    known = np.array([label.language for label in before])[:, None]
    others = np.array([label.language for label in after])[None, :]
    return np.asarray((known != others) & (known != "") & (others != ""))


def code_evidence(
    before: Sequence[ColumnProfile], after: Sequence[ColumnProfile], crossing: np.ndarray
) -> Evidence:
    """Compare code lists: the labels of codes where they are in one language, else the codes.

    Args:
        before: the columns of the earlier wave.
        after: those of the new wave.
        crossing: pairs whose labels are in two languages; if the labels of their codes are too,
            their answers are counted, and the pair has a level of its own.
    """
    lists, places = _distinct([code_list(c) for c in before])
    others, other_places = _distinct([code_list(c) for c in after])
    levels = np.array([[_codes_level(a, b) for b in others] for a in lists], dtype=int)
    levels = levels.reshape(len(lists), len(others))[np.ix_(places, other_places)]
    levels = np.where(_of_no_other(levels), levels + 9, levels)
    counts = np.array([_answer_codes(column) for column in before])
    other_counts = np.array([_answer_codes(column) for column in after])
    gap = np.abs(counts[:, None] - other_counts[None, :])
    levels = np.where(crossing & (levels >= 5) & (levels <= 7), np.minimum(gap, 2) + 8, levels)
    same = (0.2, 0.02, 0.3, 0.1, 0.08, 0.08, 0.04, 0.02, 0.04, 0.01, 0.002, 0.12, 0.04)
    apart = (0.2, 0.2, 0.05, 0.05, 0.1, 0.1, 0.1, 0.2, 0.02, 0.02, 0.04, 2e-3, 2e-3)
    return Evidence("codes", levels, same, apart, 0.8)


def _of_no_other(levels: np.ndarray) -> np.ndarray:
    """Find the pairs with the same or much the same codes, as no other pair of either has them.

    Twenty columns of yes and no are alike by chance, two lists of eight regions are not.
    """
    alike = (levels == 2) | (levels == 3)
    alone = (alike.sum(axis=1)[:, None] == 1) & (alike.sum(axis=0)[None, :] == 1)
    return np.asarray(alike & alone)


def _answer_codes(column: ColumnProfile) -> int:
    """Count the codes that are answers."""
    return len({code for code, _ in code_list(column)} - column.missing_codes)


def distribution_evidence(
    before: Sequence[ColumnProfile], after: Sequence[ColumnProfile]
) -> Evidence:
    """Compare answers: by code also turned round, or numbers by their quantiles."""
    shares = [_shares(column) for column in before]
    other_shares = [_shares(column) for column in after]
    levels = np.zeros((len(before), len(after)), dtype=int)
    last = len(_MOVED_STEPS) + 1
    keys = sorted({code for share in [*shares, *other_shares] if share for code in share})
    place = {code: index for index, code in enumerate(keys)}
    table = _table(shares, place)
    others = _table(other_shares, place)
    turned = _table([_turned(share) for share in other_shares], place)
    coded = np.array([bool(share) for share in shares])
    other_coded = np.array([bool(share) for share in other_shares])
    moved = np.empty(levels.shape)
    for row in range(len(before)):
        gap = np.abs(others - table[row]).sum(axis=1) / 2
        gap_turned = np.abs(turned - table[row]).sum(axis=1) / 2
        # A turned scale is rarer than one that stays: it has to fit far better.
        moved[row] = np.minimum(gap, gap_turned + 0.06)
    both = coded[:, None] & other_coded[None, :]
    levels = np.where(both, np.digitize(moved, _MOVED_STEPS) + 1, levels)
    levels[coded[:, None] != other_coded[None, :]] = last + 1
    for row, column in enumerate(before):
        for place_, other in enumerate(after):
            if coded[row] or other_coded[place_]:
                continue
            gap_of_numbers = _numbers_gap(column, other)
            if gap_of_numbers is not None:
                levels[row, place_] = np.digitize(gap_of_numbers, _MOVED_STEPS) + 1
            elif (column.numbers is None) != (other.numbers is None):
                levels[row, place_] = last + 1
    same = (0.04, 0.28, 0.22, 0.2, 0.14, 0.06, 0.03, 0.03)
    apart = (0.1, 0.03, 0.05, 0.1, 0.17, 0.2, 0.2, 0.15)
    return Evidence("distribution", levels, same, apart, 0.6)


def empty_evidence(before: Sequence[ColumnProfile], after: Sequence[ColumnProfile]) -> Evidence:
    """Compare how many have nothing delivered, which a filter of the questionnaire decides."""
    first = np.array([_share_empty(column) for column in before])
    second = np.array([_share_empty(column) for column in after])
    gap = np.abs(first[:, None] - second[None, :])
    levels = np.digitize(gap, _EMPTY_STEPS) + 2
    none = (first[:, None] < _EMPTY_STEPS[0]) & (second[None, :] < _EMPTY_STEPS[0])
    levels[none] = 1
    same = (0.01, 0.72, 0.09, 0.07, 0.05, 0.03, 0.03)
    apart = (0.01, 0.4, 0.1, 0.1, 0.1, 0.14, 0.15)
    return Evidence("empty rows", levels, same, apart, 0.5)


def name_evidence(before: Sequence[ColumnProfile], after: Sequence[ColumnProfile]) -> Evidence:
    """Compare names: the same, the same but for numbers in it, or another."""
    first = [column.name.casefold() for column in before]
    second = [column.name.casefold() for column in after]
    stems, other_stems = [_stem(name) for name in first], [_stem(name) for name in second]
    levels = np.array(
        [
            [
                3 if a == b else 2 if s and s == t else 1
                for b, t in zip(second, other_stems, strict=True)
            ]
            for a, s in zip(first, stems, strict=True)
        ],
        dtype=int,
    ).reshape(len(first), len(second))
    return Evidence("name", levels, (0.0, 0.45, 0.15, 0.4), (0.0, 0.97, 0.02, 0.01), 0.9)


def place_evidence(count: int, other_count: int, anchors: Sequence[tuple[int, int]]) -> Evidence:
    """Compare places in the questionnaire, seen from the nearest columns that are surely the same.

    Args:
        count: the number of earlier columns, in their order.
        other_count: the number of new columns, in their order.
        anchors: places of earlier columns with those of the new columns that they are.
    """
    own = np.arange(count)[:, None]
    others = np.arange(other_count)[None, :]
    if not anchors:
        steps = np.abs(own / max(count, 1) - others / max(other_count, 1)) * max(count, other_count)
        levels = np.digitize(steps, (15.5, 50.5)) + len(_PLACE_STEPS) - 1
        return Evidence("place", levels, _PLACE_SAME, _PLACE_APART, 0.5)
    known = np.array(sorted(anchors))
    gap = np.full((count, other_count), np.inf)
    for row in range(count):
        at = int(np.searchsorted(known[:, 0], row))
        # Not by itself: a column is no evidence for its own place.
        after = at + (at < len(known) and known[at, 0] == row)
        for index in (at - 1, after):
            if 0 <= index < len(known):
                expected = known[index, 1] + row - known[index, 0]
                gap[row] = np.minimum(gap[row], np.abs(others[0] - expected))
    return Evidence("place", np.digitize(gap, _PLACE_STEPS) + 1, _PLACE_SAME, _PLACE_APART, 0.8)


def _distinct(lists: Sequence[CodeList]) -> tuple[list[CodeList], list[int]]:
    """Give each code list once, and where each column's stands among them."""
    seen: dict[CodeList, int] = {}
    places = [seen.setdefault(each, len(seen)) for each in lists]
    return list(seen), places


def code_list(column: ColumnProfile) -> CodeList:
    """Give the codes of a column with their labels; without any, the few codes it has."""
    if column.value_labels:
        return frozenset((code, plain(label)) for code, label in column.value_labels.items())
    if column.code_count >= FEWEST_NUMBERS:
        return frozenset()
    # Codes that are words say what labels say elsewhere.
    return frozenset((code, "" if is_number(code) else plain(code)) for code in column.counts)


def _codes_level(old: CodeList, new: CodeList) -> int:
    if not old and not new:
        return 0
    if not old or not new:
        return 1
    if old == new:
        return 2
    alike = _dice({label for _, label in old if label}, {label for _, label in new if label})
    if alike >= 0.75:
        return 3
    if alike >= 0.4:
        return 4
    codes = _dice({code for code, _ in old}, {code for code, _ in new})
    return 5 if codes >= 0.9 else 6 if codes >= 0.6 else 7


def _dice(one: set[str], other: set[str]) -> float:
    return 2 * len(one & other) / max(len(one) + len(other), 1)


def _shares(column: ColumnProfile) -> dict[str, float]:
    """Give the shares of codes; of a column of many numbers, or of none, nothing."""
    if not column.is_coded or not column.answer_count:
        return {}
    if column.numbers is not None and column.code_count >= FEWEST_NUMBERS:
        return {}
    total = sum(column.counts.values())
    return {code: count / total for code, count in column.counts.items()} if total else {}


def _turned(shares: dict[str, float]) -> dict[str, float]:
    """Turn the first codes that follow one another round: 1 to 5 of 1 to 5, 8 and 9."""
    steps = []
    for code in sorted((c for c in shares if c.isdigit()), key=int):
        if steps and int(code) != int(steps[-1]) + 1:
            break
        steps.append(code)
    if len(steps) < 3:
        return shares
    turned = dict(zip(steps, reversed(steps), strict=True))
    return {turned.get(code, code): share for code, share in shares.items()}


def _table(shares: Sequence[dict[str, float]], place: dict[str, int]) -> np.ndarray:
    table = np.zeros((len(shares), len(place)), dtype=np.float32)
    for row, share in enumerate(shares):
        for code, value in share.items():
            table[row, place[code]] = value
    return table


def _numbers_gap(old: ColumnProfile, new: ColumnProfile) -> float | None:
    first, second = old.number_summary, new.number_summary
    if first is None or second is None:
        return None
    span = max(first.quantiles[-1] - first.quantiles[0], 1e-9)
    gaps = [abs(a - b) / span for a, b in zip(first.quantiles, second.quantiles, strict=True)]
    return min(sum(gaps) / len(gaps), 1.0)


def _share_empty(column: ColumnProfile) -> float:
    return column.empty_count / column.row_count if column.row_count else 0.0


def _stem(name: str) -> str:
    """Give a name without its numbers, where letters enough are left to say something."""
    stem = "".join(character for character in name if not character.isdigit())
    return stem if len(stem.strip("_")) >= 4 and stem != name else ""
