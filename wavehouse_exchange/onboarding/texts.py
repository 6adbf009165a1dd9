"""Labels: how like each other two are, what differs, what they say of missing, ids made of them."""

import re
from collections.abc import Container
from difflib import SequenceMatcher

from rapidfuzz.distance import OSA

from wavehouse_exchange.onboarding.signs import is_sign, plain, spelled, without_accents

SAME_LABEL = 0.85
MOST_ID_CHARACTERS = 40

_LINKING_WORDS = {"a", "an", "and", "are", "as", "of", "on", "or", "the", "to", "in", "is"}

# What turns a meaning round, and what most a label with another of them can be like.
_NEGATIONS = {"no", "not", "never", "none", "without", "neither", "nor", "cannot"}
_OPPOSITES = {
    *("more", "less", "increased", "decreased", "increase", "decrease", "higher", "lower"),
    *("better", "worse", "above", "below", "before", "after", "always", "often", "first", "last"),
    *("support", "oppose", "favour", "favor", "against", "men", "women", "male", "female"),
}
_TURNING_PREFIXES = ("dis", "un", "non")
_NOT_THE_SAME = 0.8
_BUT_FOR_ACCENTS = 0.97
# Words of so many letters may differ in one or two, but for the first: `North` is not `South`.
_SPELLED_FEW = 5
_SPELLED_MANY = 8


def words_of(text: str) -> frozenset[str]:
    """Give the words of a label that carry meaning."""
    return frozenset(plain(text).split()) - _LINKING_WORDS


def similarity(one: str, other: str) -> float:
    """Say how alike two labels are: 1 is the same but for case and punctuation.

    Labels with other numbers, signs or opposites in them, or with a negation more, are never called
    the same.
    """
    first, second = plain(one), plain(other)
    if not first or not second:
        return 0.0
    if first == second:
        return 1.0
    if without_accents(first) == without_accents(second):
        return _BUT_FOR_ACCENTS
    words, others = words_of(one), words_of(other)
    common = 2 * len(words & others) / max(len(words) + len(others), 1)
    alike = (SequenceMatcher(None, first, second, autojunk=False).ratio() + common) / 2
    same = _decisive(one, first) == _decisive(other, second)
    return alike if same else min(alike, _NOT_THE_SAME)


def is_respelled(one: str, other: str) -> bool:
    """Say whether two labels may be one in another spelling, as `Mednine` and `Medenine`.

    Case and accents do not count. In words of five letters or more one letter may be another, left
    out, put in or exchanged with its neighbour; in those of eight or more, two. So may names that
    are two things, such as Slovakia and Slovenia: a person has to look.
    """
    first, second = without_accents(plain(one)), without_accents(plain(other))
    words, others = first.split(), second.split()
    return (
        bool(words)
        and len(words) == len(others)
        and _decisive(one, first) == _decisive(other, second)
        and all(map(_word_is_respelled, words, others))
    )


def _word_is_respelled(word: str, other: str) -> bool:
    if word == other:
        return True
    length = max(len(word), len(other))
    return (
        length >= _SPELLED_FEW
        and word[0] == other[0]
        and OSA.distance(word, other) <= (2 if length >= _SPELLED_MANY else 1)
    )


def _decisive(text: str, plain_text: str) -> list[str]:
    """Give the numbers, signs, negations and opposites of a label: they decide what it means."""
    # "don't" and the like, before the apostrophe goes.
    contracted = ["not"] * len(re.findall(r"n['\u2019]t\b", text.casefold()))
    found = [
        word
        for word in plain_text.split()
        if word in _NEGATIONS | _OPPOSITES
        or word.startswith(_TURNING_PREFIXES)
        or is_sign(word)
        or any(character.isdigit() for character in word)
    ]
    return sorted(found + contracted)


def word_difference(old: str, new: str) -> str:
    """Show what was taken out as [-...-] and what was put in as {+...+}, word by word."""
    before, after = old.split(), new.split()
    parts: list[str] = []
    matcher = SequenceMatcher(None, before, after, autojunk=False)
    for kind, start, end, new_start, new_end in matcher.get_opcodes():
        if kind == "equal":
            parts += before[start:end]
            continue
        if start < end:
            parts.append(f"[-{' '.join(before[start:end])}-]")
        if new_start < new_end:
            parts.append(f"{{+{' '.join(after[new_start:new_end])}+}}")
    return " ".join(parts)


def kind_of_missing(label: str) -> tuple[str, float] | None:
    """Say which kind of missing a label is by the library's table, and how surely.

    What else speaks for it, see `wavehouse_exchange.onboarding.missing`.
    """
    from wavehouse_exchange.onboarding.missing_labels import of_library

    said = of_library().judge(label)
    return (said.kind, said.confidence) if said is not None and said.kind else None


def identifier(
    text: str,
    taken: Container[str] = (),
    fallback: str = "item",
    longest: int = MOST_ID_CHARACTERS,
) -> str:
    """Make an id from a label, another one than those that are taken.

    Args:
        text: the label.
        taken: ids that are in use.
        fallback: what to begin with if the label has no letter.
        longest: the most characters, to which whole words are cut off.
    """
    made = "_".join(spelled(text)) or fallback
    if made[0].isdigit():
        made = f"{fallback}_{made}"
    while len(made) > longest and "_" in made:
        made = made.rpartition("_")[0]
    made = made[:longest]
    candidate, number = made, 2
    while candidate in taken:
        candidate, number = f"{made}_{number}", number + 1
    return candidate
