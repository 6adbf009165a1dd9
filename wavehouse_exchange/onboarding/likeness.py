"""How alike labels are as questions: by their words, of which rare ones count.

Rare words decide what a question is about: in forty labels that begin with `Trust`, the word
`police` tells one from the others and `trust` does not. So words count by how few labels of both
waves have them (inverse document frequency: Spärck Jones 1972), and a word counts as found in
another label where that has it, an inflection, or an abbreviation of it.
"""

from bisect import bisect_left
from collections import Counter
from collections.abc import Collection, Iterable, Iterator, Sequence
from functools import lru_cache
from math import log

import numpy as np
from rapidfuzz.distance import JaroWinkler
from rapidfuzz.process import cdist

from wavehouse_exchange.onboarding.signs import is_sign
from wavehouse_exchange.onboarding.wording import SHORTEST_CUT, Wording, decisive

# What one word counts for another: inflections by their beginnings, abbreviations by their letters.
_INFLECTED = 0.9
_ABBREVIATED = 0.8
_LEAST_STEM = 4
_LEAST_INFLECTED = 0.92
# A word that stands for another one, and how often labels have to say so.
_LEARNED = 0.9
_FEWEST_TOGETHER = 3
_LEAST_TOGETHER = 0.5
# What labels count that say the same of another number, or the opposite; and one that was cut.
_OTHER_NUMBER = 0.75
CUT_ALIKE = 0.96
_NOTHING = 1e-9


def labels_alike(
    before: Sequence[Wording],
    after: Sequence[Wording],
    learned: Collection[tuple[str, str]] = (),
) -> tuple[np.ndarray, np.ndarray]:
    """Say how alike the labels of two waves are, each with each: 1 is the same words in order.

    It is the geometric mean of two shares: how much of the one label's weight the other has, and
    the other way round. NaN where one of them has no label.

    Args:
        before: the labels of one wave.
        after: those of the other.
        learned: words of the one with words of the other that stand for them, from `word_pairs`.

    Returns:
        how alike they are, and which pairs have no word that the other has not in some form.
    """
    vocabulary = sorted({word for label in [*before, *after] for word in label.words})
    place = {word: index for index, word in enumerate(vocabulary)}
    weights = _weights(vocabulary, [*before, *after])
    stands = _words_alike(tuple(vocabulary)).copy()
    for one, other in learned:
        stands[place[one], place[other]] = stands[place[other], place[one]] = _LEARNED
    shares, wholes = [], []
    for mine, others in ((before, after), (after, before)):
        own = np.zeros((len(mine), len(vocabulary)))
        for row, label in enumerate(mine):
            for word in label.words:
                own[row, place[word]] = weights[place[word]]
        sums = own.sum(axis=1, keepdims=True)
        own = np.divide(own, sums, out=np.zeros_like(own), where=sums > 0)
        found = np.zeros((len(vocabulary), len(others)))
        for column, label in enumerate(others):
            if label.words:
                found[:, column] = stands[:, [place[word] for word in label.words]].max(axis=1)
        shares.append(own @ found)
        wholes.append(own @ (found == 0) < _NOTHING)
    alike = np.sqrt(shares[0] * shares[1].T)
    same = {label.words: index for index, label in enumerate(after)}
    for row, label in enumerate(before):
        if label.words in same:
            alike[row, [j for j, other in enumerate(after) if other.words == label.words]] = 1.0
        elif label.words:
            alike[row] = np.minimum(alike[row], 0.99)
    otherwise = _decided_otherwise(before, after)
    alike[otherwise] *= _OTHER_NUMBER
    whole = wholes[0] & wholes[1].T & ~otherwise
    for row, column in [*_cuts(before, after), *((i, j) for j, i in _cuts(after, before))]:
        # As alike as a label can be that is not the same, and as all that there was of it.
        alike[row, column] = max(alike[row, column], CUT_ALIKE)
        whole[row, column] = True
    has = np.array([bool(label.words) for label in before])
    have = np.array([bool(label.words) for label in after])
    alike[~has] = np.nan
    alike[:, ~have] = np.nan
    return alike, whole


def word_pairs(pairs: Iterable[tuple[Wording, Wording]]) -> frozenset[tuple[str, str]]:
    """Learn which words stand for each other from labels of which it is known that they do.

    A battery that begins with `Confiance` where it began with `Trust` says so in each of its
    items. Words are paired that are left over together in three labels or more, and together more
    often than not (Dice's coefficient).

    Args:
        pairs: the labels of columns that are surely one question.
    """
    together: Counter[tuple[str, str]] = Counter()
    alone: Counter[str] = Counter()
    others: Counter[str] = Counter()
    seen = list(pairs)
    vocabulary = sorted({word for pair in seen for label in pair for word in label.words})
    place = {word: index for index, word in enumerate(vocabulary)}
    stands = _words_alike(tuple(vocabulary)) > 0
    for before, after in seen:
        first, second = set(before.words), set(after.words)
        rows, columns = [place[w] for w in first], [place[w] for w in second]
        if not rows or not columns or first == second:
            continue
        found = stands[np.ix_(rows, columns)]
        left = [vocabulary[r] for r, hit in zip(rows, found.any(axis=1), strict=True) if not hit]
        new = [vocabulary[c] for c, hit in zip(columns, found.any(axis=0), strict=True) if not hit]
        alone.update(left)
        others.update(new)
        together.update((one, other) for one in left for other in new)
    return frozenset(
        (one, other)
        for (one, other), count in together.items()
        if count >= _FEWEST_TOGETHER
        and 2 * count >= _LEAST_TOGETHER * (alone[one] + others[other])
        and not (decisive([one]) or decisive([other]))
    )


def _decided_otherwise(before: Sequence[Wording], after: Sequence[Wording]) -> np.ndarray:
    """Say which pairs differ in a number, a sign, a negation or an opposite."""
    kinds: dict[frozenset[str], int] = {}
    rows = [kinds.setdefault(decisive(label.words), len(kinds)) for label in before]
    places = [kinds.setdefault(decisive(label.words), len(kinds)) for label in after]
    return np.asarray(np.array(rows)[:, None] != np.array(places)[None, :])


def _cuts(labels: Sequence[Wording], others: Sequence[Wording]) -> Iterator[tuple[int, int]]:
    """Find labels that are the beginning of another one: cut within a word, or as many are."""
    longer = sorted((" ".join(other.words), place) for place, other in enumerate(others))
    texts = [text for text, _ in longer]
    for place, label in enumerate(labels):
        text = " ".join(label.words)
        if len(text) < SHORTEST_CUT:
            continue
        for whole, other in longer[bisect_left(texts, text) :]:
            if not whole.startswith(text):
                break
            if len(whole) > len(text) and (label.may_be_cut or whole[len(text)] != " "):
                yield place, other


def _weights(vocabulary: Sequence[str], labels: Sequence[Wording]) -> np.ndarray:
    """Let words count by how few labels have them."""
    found = Counter(word for label in labels for word in set(label.words))
    total = max(sum(bool(label.words) for label in labels), 1)
    return np.array([log(1 + total / found[word]) for word in vocabulary])


@lru_cache(maxsize=8)
def _words_alike(vocabulary: tuple[str, ...]) -> np.ndarray:
    """Say what each word counts for each other: 1 for itself, less for an inflection."""
    if not vocabulary:
        return np.zeros((0, 0))
    alike = cdist(vocabulary, vocabulary, scorer=JaroWinkler.similarity, dtype=np.float32)
    alike[alike < _LEAST_INFLECTED] = 0
    alike *= _INFLECTED
    by_first: dict[str, list[int]] = {}
    for index, word in enumerate(vocabulary):
        if is_sign(word) or any(character.isdigit() for character in word):
            # A number or a sign is itself and nothing else.
            alike[index, :] = 0
            alike[:, index] = 0
        else:
            by_first.setdefault(word[0], []).append(index)
            if len(word) < _LEAST_STEM:
                alike[index, :] = 0
                alike[:, index] = 0
    for places in by_first.values():
        for index in places:
            for other in places:
                short, long = vocabulary[index], vocabulary[other]
                if short[:3] != long[:3] and alike[index, other]:
                    # What begins otherwise is no inflection: increased, decreased.
                    alike[index, other] = alike[other, index] = 0
                if len(short) >= len(long):
                    continue
                if len(short) >= _LEAST_STEM and long.startswith(short):
                    alike[index, other] = alike[other, index] = _INFLECTED
                elif _abbreviates(short, long):
                    value = max(_ABBREVIATED, alike[index, other])
                    alike[index, other] = alike[other, index] = value
    first = np.array([word[0] for word in vocabulary])
    alike[first[:, None] != first[None, :]] = 0
    np.fill_diagonal(alike, 1.0)
    return alike


def _abbreviates(short: str, long: str) -> bool:
    """Whether a word's letters stand in another in this order: govt, government; ctry, country.

    An abbreviation leaves out a third of the letters or more, and has consonants only, or ends as
    the word does: `vin` is none of `viande`.
    """
    if not 2 <= len(short) <= 5 or len(short) * 3 > len(long) * 2:
        return False
    vowels = sum(letter in "aeiouy" for letter in short)
    if vowels > 1 or (vowels and short[-1] != long[-1]):
        return False
    letters = iter(long)
    return all(letter in letters for letter in short)
