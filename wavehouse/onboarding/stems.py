"""Batteries whose stem was reworded: which battery of one wave goes on as which of the other.

`Trust: police` and `How far do you trust the police` are one question if all the items around them
say so too. An item alone cannot tell, since other batteries ask of the same items; two batteries
with the same items and the same answers, of which neither has a better partner, can.
"""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
from scipy.optimize import linear_sum_assignment

from wavehouse.onboarding.batteries import name_stem
from wavehouse.onboarding.likeness import labels_alike
from wavehouse.onboarding.profile import ColumnProfile
from wavehouse.onboarding.wording import Wording

FEWEST_ITEMS = 3
LEAST_SHARED = 0.5
SAME_ITEM = 0.8
SAME_STEM = 0.9
CLEAR_MARGIN = 0.05
MOST_ITEMS = 0.6
LEAST_PREFIX = 4
# What a level of `code_evidence` says of two batteries: from no codes to other codes.
_CODES = np.array([0.7, 0.2, 1.0, 0.95, 0.8, 0.9, 0.6, 0.2])
_STEM_COUNTS = 0.25
# What an item under another stem counts of the same item under the same one.
_UNDER_ANOTHER_STEM = 0.95


@dataclass(frozen=True)
class _Battery:
    places: list[int]
    stem: Wording
    items: list[Wording]


def alike_under_stems(
    before: tuple[Sequence[ColumnProfile], Sequence[Wording]],
    after: tuple[Sequence[ColumnProfile], Sequence[Wording]],
    code_levels: np.ndarray,
    lists: tuple[Sequence[object], Sequence[object]],
) -> np.ndarray:
    """Say how alike items are whose batteries seem to be one, under stems that differ.

    Args:
        before: the columns of the earlier wave with their wordings.
        after: those of the new wave.
        code_levels: the levels of `code_evidence` for each pair.
        lists: for the columns of both waves what tells their code lists apart.

    Returns:
        for each pair of columns how alike the items are; 0 where batteries say nothing.
    """
    alike = np.zeros(code_levels.shape)
    old, new = _batteries(*before, lists[0]), _batteries(*after, lists[1])
    if not old or not new:
        return alike
    stems, _ = labels_alike([b.stem for b in old], [b.stem for b in new])
    items, _ = labels_alike(
        [item for battery in old for item in battery.items],
        [item for battery in new for item in battery.items],
    )
    starts = np.cumsum([0, *(len(battery.items) for battery in old)])
    ends = np.cumsum([0, *(len(battery.items) for battery in new)])
    scores = np.zeros((len(old), len(new)))
    for i, battery in enumerate(old):
        for j, other in enumerate(new):
            part = np.nan_to_num(items[starts[i] : starts[i + 1], ends[j] : ends[j + 1]])
            rows, columns = linear_sum_assignment(-part)
            shared = 2 * (part[rows, columns] >= SAME_ITEM).sum() / sum(part.shape)
            if shared < LEAST_SHARED:
                continue
            levels = code_levels[np.ix_(battery.places, other.places)]
            codes = _CODES[np.bincount(levels.ravel()).argmax()]
            scores[i, j] = shared * codes + _STEM_COUNTS * np.nan_to_num(stems[i, j])
    # A battery that is there under its own stem is nobody else's rival.
    kept = (np.nan_to_num(stems) >= SAME_STEM) & (scores > 0)
    scores[(kept.any(axis=1)[:, None] | kept.any(axis=0)[None, :]) & ~kept] = 0.0
    for i, j in np.argwhere(scores > 0):
        rivals = [*np.delete(scores[i], j), *np.delete(scores[:, j], i)]
        if scores[i, j] < LEAST_SHARED or scores[i, j] < max(rivals, default=0.0) + CLEAR_MARGIN:
            continue
        part = np.nan_to_num(items[starts[i] : starts[i + 1], ends[j] : ends[j + 1]])
        alike[np.ix_(old[i].places, new[j].places)] = part * _UNDER_ANOTHER_STEM
    return alike


def _batteries(
    columns: Sequence[ColumnProfile], wordings: Sequence[Wording], lists: Sequence[object]
) -> list[_Battery]:
    """Find runs of columns with the same answers whose labels share words.

    Labels are shortened, cut or spelled otherwise here and there, so a word belongs to the stem if
    most items have it, in whatever form.
    """
    runs: list[list[int]] = []
    for index in range(len(columns)):
        if runs and _goes_on(runs[-1][-1], index, columns, wordings, lists):
            runs[-1].append(index)
        else:
            runs.append([index])
    found = []
    for places in runs:
        if len(places) < FEWEST_ITEMS:
            continue
        words = [wordings[place].words for place in places]
        stem = _stem_words(words)
        items = [tuple(word for word in label if word not in stem) for label in words]
        if not stem or not all(items):
            continue
        first = wordings[places[0]]
        own = tuple(word for word in max(words, key=len) if word in stem)
        found.append(
            _Battery(
                places,
                replace(first, words=own, may_be_cut=False),
                [replace(wordings[p], words=i) for p, i in zip(places, items, strict=True)],
            )
        )
    return found


def _goes_on(
    last: int,
    this: int,
    columns: Sequence[ColumnProfile],
    wordings: Sequence[Wording],
    lists: Sequence[object],
) -> bool:
    if lists[last] != lists[this] or wordings[last].language != wordings[this].language:
        return False
    names = (name_stem(columns[last].name), name_stem(columns[this].name))
    if names[0] and names[0] == names[1]:
        return True
    shared = set(wordings[last].words) & set(wordings[this].words)
    return len(shared) * 2 >= min(len(wordings[last].words), len(wordings[this].words), 4)


def _stem_words(labels: Sequence[tuple[str, ...]]) -> frozenset[str]:
    """Give the words that most of the labels have, and their abbreviations."""
    counts = Counter(word for label in labels for word in set(label))
    usual = {word for word, count in counts.items() if count >= MOST_ITEMS * len(labels)}
    return frozenset(
        word
        for word in counts
        if word in usual
        or any(len(word) >= LEAST_PREFIX and other.startswith(word) for other in usual)
    )
