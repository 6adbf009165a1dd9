"""Runs of columns that seem to be the items of one question, told by codes, names and labels."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, replace

from wavehouse_exchange.onboarding.batteries import name_stem
from wavehouse_exchange.onboarding.evidence import CodeList
from wavehouse_exchange.onboarding.profile import ColumnProfile
from wavehouse_exchange.onboarding.wording import Wording, language_of

FEWEST_ITEMS = 3
# The share of words, or of labels of codes, that neighbours in a run have in common.
LEAST_SHARED = 0.5
# A word belongs to the stem if so many labels have it, or a beginning of it of so many letters.
MOST_ITEMS = 0.6
LEAST_PREFIX = 4


@dataclass(frozen=True)
class Run:
    """Columns that seem to be one battery.

    Attributes:
        places: theirs in the wave.
        stem: the words that most labels have, in the order of the longest.
        items: what is left of each label; all of it where that would leave nothing.
    """

    places: list[int]
    stem: Wording
    items: list[Wording]

    @property
    def language(self) -> str:
        """The language of the labels."""
        return self.items[0].language


def find_runs(
    columns: Sequence[ColumnProfile],
    wordings: Sequence[Wording],
    lists: Sequence[CodeList],
) -> list[Run]:
    """Find runs of columns with the same answers whose labels share words.

    Labels are shortened, cut or spelled otherwise here and there, so a word belongs to the stem if
    most items have it, in whatever form.
    """
    found = []
    for places in _runs(columns, wordings, lists):
        words = [wordings[place].words for place in places]
        stem = _stem_words(words)
        items = [tuple(word for word in label if word not in stem) for label in words]
        if not all(items):
            stem, items = frozenset(), words
        first = wordings[places[0]]
        own = tuple(word for word in max(words, key=len) if word in stem)
        found.append(
            Run(
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
    lists: Sequence[CodeList],
) -> bool:
    if not _same_answers(lists[last], lists[this]):
        return False
    names = (name_stem(columns[last].name), name_stem(columns[this].name))
    if all(any(sign.isdigit() for sign in name) for name in names):
        return names[0] == names[1]
    if names[0] and names[0] == names[1]:
        return True
    words, others = wordings[last].words, wordings[this].words
    if not words or not others:
        return False
    if not _same_word(words[0], others[0]) and not _same_word(words[-1], others[-1]):
        return False
    shared = sum(any(_same_word(word, other) for other in set(others)) for word in set(words))
    return shared * 2 >= min(len(words), len(others), 4)


def _same_word(one: str, other: str) -> bool:
    """Whether two words are the same, or one the beginning of the other, as abbreviations are."""
    short, long = sorted((one, other), key=len)
    return short == long or (len(short) >= LEAST_PREFIX and long.startswith(short))


def _same_answers(one: CodeList, other: CodeList) -> bool:
    """Whether two code lists are mostly the same: an item may be turned, or have a code more."""
    if one == other:
        return True
    labels, others = {label for _, label in one if label}, {label for _, label in other if label}
    if not labels and not others:
        # Numbers, of which there may be few or many.
        return True
    return 2 * len(labels & others) >= LEAST_SHARED * (len(labels) + len(others)) > 0


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


def in_one_language(
    columns: Sequence[ColumnProfile], wordings: Sequence[Wording], lists: Sequence[CodeList]
) -> list[Wording]:
    """Give all items of a battery the language of most of those whose words tell it."""
    found = list(wordings)
    for places in _runs(columns, wordings, lists):
        told = Counter(language_of(wordings[place].words) for place in places)
        del told[""]
        if told:
            language = told.most_common(1)[0][0]
            for place in places:
                found[place] = replace(found[place], language=language)
    return found


def _runs(
    columns: Sequence[ColumnProfile], wordings: Sequence[Wording], lists: Sequence[CodeList]
) -> list[list[int]]:
    """Find columns behind one another that seem to be of one question."""
    runs: list[list[int]] = []
    for index in range(len(columns)):
        if runs and _goes_on(runs[-1][-1], index, columns, wordings, lists):
            runs[-1].append(index)
        else:
            runs.append([index])
    return [places for places in runs if len(places) >= FEWEST_ITEMS]
