"""Labels as questions: freed of question numbers and typography, as words in a language."""

import re
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache

from wavehouse_exchange.onboarding.signs import is_sign, tokens, without_accents

# A code such as Q12a, EA-SVC-B or v101 before a label: with a digit or a dash in it, or the
# column's own name; ended by a sign that does not belong to a word.
_DASH = "[-\u2013\u2014]"
_LEADING_CODE = re.compile(
    r"^\s*[\[(]?([^\W\d_]{0,8}[-_.]?\w*(?:[-_.]\w+)*)[\])]?"
    rf"\s*(?:[.:)|]|\s{_DASH}|{_DASH}\s)+\s*"
)
# 12, 12a or 12.3; or EA-SVC-B.
_CODE = re.compile(r"\d{1,3}[a-z]?(?:\.\d{1,3}[a-z]?)*|[A-Z]{1,4}(?:[-_][A-Z0-9]{1,4})+")
# So many of a wave's labels begin with a code before one is taken for a question number.
LEAST_NUMBERED = 0.2

_CONTRACTED = re.compile(r"n['\u2019\u00b4`]t\b", re.IGNORECASE)

# The words that languages are known by, such as a questionnaire has them in every other line.
_FUNCTION_WORDS = {
    "en": "the of to and in how your you do is are for with not other very or what which who when "
    "at by from than would should have has been there this that am my it if we they about often "
    "much many most under between can as within here",
    "fr": "le la les de des du et vous votre est que une un en pour avec pas dans autre ou quel "
    "quelle au aux par sur chez ce cette ces son sa ses qui il elle plus je mes nos notre leur "
    "leurs souvent tout tous entre",
    "es": "el la los las de del usted su es que una un en por con no otro muy para como qué "
    "cuál cuánto se al sobre este esta más yo mis sus lo todo todos sin hay cuando",
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

# A label that ends at a length at which suspiciously many end was cut there.
SHORTEST_CUT = 16
_FEWEST_CUT = 4
_CUT_TIMES = 3.0
# A single word of so many letters tells a language.
_TELLING_WORD = 3


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
    return has_both or _CODE.fullmatch(code) is not None


def _without_own_name(label: str, name: str) -> str:
    """Take the column's own name off the beginning of its label, as some exports put it there."""
    # Underscores of names are dashes, full stops or blanks in labels: EA_SVC_A is "EA-SVC-A. ...".
    pattern = r"[\W_]*".join(map(re.escape, re.split(r"[\W_]+", name)))
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
            length >= SHORTEST_CUT
            and count >= _FEWEST_CUT
            and count >= _CUT_TIMES * (sum(around) / len(around))
        ):
            found.add(length)
    return frozenset(found)


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
