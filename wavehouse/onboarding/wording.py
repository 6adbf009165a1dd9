"""Labels as questions: freed of question numbers, with their words weighed, and how alike they are.

Rare words decide what a question is about: in forty labels that begin with `Trust`, the word
`police` tells one from the others and `trust` does not. So words count by how few labels of both
waves have them (inverse document frequency: Spärck Jones 1972), and a word counts as found in
another label where that has it, an inflection, or an abbreviation of it.
"""

import re
from collections import Counter
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cache, lru_cache
from math import log

import numpy as np
from rapidfuzz.distance import JaroWinkler
from rapidfuzz.process import cdist

from wavehouse.onboarding.signs import is_sign, tokens, without_accents

# A code such as Q12a, EA-SVC-B or v101 before a label: with a digit or a dash in it, or the
# column's own name; ended by a sign that does not belong to a word.
_DASH = "[-\u2013\u2014]"
_LEADING_CODE = re.compile(
    r"^\s*[\[(]?([^\W\d_]{0,8}[-_.]?\w*(?:[-_.]\w+)*)[\])]?"
    rf"\s*(?:[.:)|]|\s{_DASH}|{_DASH}\s)+\s*"
)
# So many of a wave's labels begin with a code before one is taken for a question number.
LEAST_NUMBERED = 0.2

_CONTRACTED = re.compile(r"n['\u2019\u00b4`]t\b", re.IGNORECASE)

# The words that languages are known by, such as a questionnaire has them in every other line.
_FUNCTION_WORDS = {
    "en": "the of to and in how your you do is are for with not other very or what which who when "
    "at by from than would should have has been there this that",
    "fr": "le la les de des du et vous votre est que une un en pour avec pas dans autre ou quel "
    "quelle au aux par sur chez ce cette ces son sa ses qui il elle plus",
    "es": "el la los las de del usted su es que una un en por con no otro muy para como qué "
    "cuál cuánto se al sobre este esta más",
    "de": "der die das den dem des und sie ihr ihre ist ein eine im für mit nicht andere sehr oder "
    "wie was zu auf von bei zum zur",
    "it": "il lo la gli le di del della e lei è che un una in per con non altro molto come nel "
    "sul si suo sua",
    "pt": "os as do da dos das você seu sua é que um uma em por com não outro muito ou como no na "
    "ao para",
    "nl": "de het een en van uw is dat in voor met niet andere zeer hoe wat op bij aan",
    "pl": "na do jest czy jak pan pani nie inny bardzo lub przez dla od po",
    "tr": "ve bir bu ne kadar mi ile diğer çok veya olan",
}
_WORDS_OF = {language: frozenset(words.split()) for language, words in _FUNCTION_WORDS.items()}
# What turns a meaning round, or says which one of several it is.
_NEGATIONS = frozenset(
    {
        *("no", "not", "never", "none", "without", "neither", "nor", "non", "ne", "pas", "jamais"),
        *("aucun", "aucune", "sans", "nunca", "ningun", "ninguna", "sin", "nicht", "kein", "keine"),
        *("keinen", "nie", "ohne", "mai", "senza", "nao", "nem", "sem", "niet", "geen", "nooit"),
    }
)
_OPPOSITES = frozenset(
    {
        *("more", "less", "increased", "decreased", "increase", "decrease", "higher", "lower"),
        *("better", "worse", "above", "below", "before", "after", "first", "second", "third"),
        *("last", "support", "oppose", "favour", "favor", "against", "men", "women", "man"),
        *("woman", "male", "female", "mother", "father", "plus", "moins", "avant", "apres"),
        *("hommes", "femmes", "homme", "femme", "mere", "pere", "contre", "premier", "premiere"),
        *("mas", "menos", "antes", "despues", "hombres", "mujeres", "hombre", "mujer", "madre"),
        *("padre", "contra", "primero", "primera", "segundo", "segunda", "mehr", "weniger", "vor"),
        *("nach", "manner", "frauen", "mann", "frau", "mutter", "vater", "gegen", "erste"),
    }
)
_TURNING_PREFIXES = ("dis", "un", "non")

_SCRIPTS = (
    ("cyrillic", "\u0400", "\u04ff"),
    ("arabic", "\u0600", "\u06ff"),
    ("kana", "\u3040", "\u30ff"),
    ("han", "\u4e00", "\u9fff"),
    ("hangul", "\uac00", "\ud7af"),
    ("greek", "\u0370", "\u03ff"),
)

# What one word counts for another: inflections by their beginnings, abbreviations by their letters.
_INFLECTED = 0.9
_LEARNED = 0.9
_FEWEST_TOGETHER = 3
_LEAST_TOGETHER = 0.5
_ABBREVIATED = 0.8
_LEAST_STEM = 4
_LEAST_INFLECTED = 0.92

# A label that ends at a length at which suspiciously many end was cut there.
_SHORTEST_CUT = 16
_FEWEST_CUT = 4
# What labels count that say the same of another number, or the opposite.
_OTHER_NUMBER = 0.75
_NOTHING = 1e-9
_TELLING_WORD = 3
_CUT_TIMES = 3.0
CUT_ALIKE = 0.96


@dataclass(frozen=True)
class Wording:
    """A label as a question: its words in order, its language, and whether it may have been cut.

    `words` is empty where there is no label; `language` is empty where it cannot be told.
    """

    text: str
    words: tuple[str, ...]
    language: str
    may_be_cut: bool = False


def wordings(labels: Mapping[str, str]) -> dict[str, Wording]:
    """Give the wording of each column of a wave.

    Args:
        labels: the labels by the names of the columns; empty where a column has none.
    """
    freed = {name: _without_own_name(label, name) for name, label in labels.items()}
    given = [label for label in labels.values() if label]
    coded = sum(_is_code(label) for label in given)
    if given and coded >= LEAST_NUMBERED * len(given):
        freed = {name: without_number(label) for name, label in freed.items()}
    words = {name: words_in_order(label) for name, label in freed.items()}
    told = {name: language_of(found) for name, found in words.items()}
    usual = Counter(language for language in told.values() if language).most_common(1)
    if usual:
        # One short word, as in "de facto", makes no label another language.
        of_wave = _plain_words().get(usual[0][0], frozenset())
        for name, found in words.items():
            hits = set(found) & _plain_words().get(told[name], frozenset())
            if len(hits) == 1 and (len(max(hits)) < _TELLING_WORD or set(found) & of_wave):
                told[name] = usual[0][0]
    cut = _cut_lengths([len(label) for label in freed.values() if label])
    cut_raw = _cut_lengths([len(label) for label in given])
    return {
        name: Wording(
            freed[name],
            words[name],
            told[name] or (usual[0][0] if usual and words[name] else ""),
            len(freed[name]) in cut or len(labels[name]) in cut_raw,
        )
        for name in labels
    }


def without_number(label: str) -> str:
    """Take the question number, or what looks like one, off the beginning of a label."""
    while _is_code(label):
        found = _LEADING_CODE.match(label)
        rest = label[found.end() :] if found else label
        if not rest.strip():
            return label
        label = rest
    return label.strip()


def asked(label: str, name: str = "") -> str:
    """Give a label without the column's name and without a question number."""
    return without_number(_without_own_name(label, name)) or label


def _is_code(label: str) -> bool:
    found = _LEADING_CODE.match(label)
    if not found or found.end() == len(label):
        return False
    code = found[1]
    has_both = any(c.isdigit() for c in code) and any(c.isalpha() for c in code)
    return has_both or bool(re.fullmatch(r"\d{1,3}[a-z]?|[A-Z]{1,4}(?:[-_][A-Z0-9]{1,4})+", code))


def _without_own_name(label: str, name: str) -> str:
    """Take the column's own name off the beginning of its label, as some exports put it there."""
    pattern = re.escape(name).replace("_", r"[-_.\s]?").replace(r"\-", "[-_]")
    ended = rf"(?:[\[(]{pattern}[\])]|{pattern}\s*(?:[.:)|]+|{_DASH}+))"
    rest = re.sub(rf"^\s*{ended}\s*(?:[.:|]+|{_DASH}\s)?\s*", "", label, flags=re.IGNORECASE)
    return rest if name and rest.strip() else label


def words_in_order(text: str) -> tuple[str, ...]:
    """Give the words and signs of a label, each in lower case and without accents."""
    expanded = re.sub(r"\bcan(n?['\u2019\u00b4`]t|not)\b", "can not", text, flags=re.I)
    expanded = _CONTRACTED.sub(" not", expanded)
    expanded = re.sub(r"['\u2019\u00b4`]s\b", "", expanded)
    return tuple(without_accents(token) for token in tokens(expanded.replace("_", " ")))


def language_of(words: Sequence[str]) -> str:
    """Tell the language of a label's words; empty where they do not tell."""
    letters = "".join(words)
    for script, first, last in _SCRIPTS:
        if sum(first <= character <= last for character in letters) * 2 > len(letters):
            return script
    found = {language: len(set(words) & known) for language, known in _plain_words().items()}
    best = max(found.values())
    leaders = [language for language, count in found.items() if count == best]
    return leaders[0] if best and len(leaders) == 1 else ""


@cache
def _plain_words() -> dict[str, frozenset[str]]:
    return {
        language: frozenset(without_accents(word) for word in words if len(word) > 1)
        for language, words in _WORDS_OF.items()
    }


def _cut_lengths(lengths: Sequence[int]) -> frozenset[int]:
    """Find lengths at which far more labels end than at those around."""
    ends = Counter(lengths)
    found = set()
    for length, count in ends.items():
        around = [ends[length + step] for step in (-3, -2, -1, 1, 2, 3)]
        if (
            length >= _SHORTEST_CUT
            and count >= _FEWEST_CUT
            and count >= _CUT_TIMES * (sum(around) / len(around))
        ):
            found.add(length)
    return frozenset(found)


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
    _raise_cut(alike, whole, before, after)
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


def decisive(words: Sequence[str]) -> frozenset[str]:
    """Give the words that decide what a label means: numbers, signs, negations, opposites.

    Negations are one in all languages, so that `not` and `pas` do not set labels apart.
    """
    found = set()
    for word in words:
        if word in _NEGATIONS:
            found.add("not")
        elif (
            word in _OPPOSITES
            or word.startswith(_TURNING_PREFIXES)
            or is_sign(word)
            or any(character.isdigit() for character in word)
        ):
            found.add(word)
    return frozenset(found)


def _raise_cut(
    alike: np.ndarray,
    whole: np.ndarray,
    before: Sequence[Wording],
    after: Sequence[Wording],
) -> None:
    """Take a cut label as alike to those that begin as it does, and as all that there was of it."""
    firsts = [" ".join(label.words) for label in before]
    seconds = [" ".join(label.words) for label in after]
    for row, (label, text) in enumerate(zip(before, firsts, strict=True)):
        for column, (other, other_text) in enumerate(zip(after, seconds, strict=True)):
            if _is_cut_of(label, text, other_text) or _is_cut_of(other, other_text, text):
                alike[row, column] = max(alike[row, column], CUT_ALIKE)
                whole[row, column] = True


def _is_cut_of(label: Wording, text: str, longer: str) -> bool:
    """Whether a label is the beginning of another one, and was cut: within a word, or as others."""
    if not _SHORTEST_CUT <= len(text) < len(longer) or not longer.startswith(text):
        return False
    return label.may_be_cut or longer[len(text)] != " "


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
