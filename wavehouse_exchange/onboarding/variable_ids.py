"""Ids and titles of new variables: made of what is asked, and not of a question number."""

from collections.abc import Iterable, Mapping

from wavehouse_exchange.onboarding.batteries import find_batteries
from wavehouse_exchange.onboarding.profile import ColumnProfile
from wavehouse_exchange.onboarding.signs import spelled
from wavehouse_exchange.onboarding.texts import MOST_ID_CHARACTERS
from wavehouse_exchange.onboarding.wording import asked

# Words that a question can do without in an id, where it is too long with them.
_FILLER = {
    *("a", "an", "and", "any", "are", "as", "at", "be", "been", "by", "can", "could", "did", "do"),
    *("does", "for", "from", "has", "have", "how", "if", "in", "is", "it", "its", "of", "on", "or"),
    *("please", "respondent", "respondents", "s", "say", "should", "tell", "that", "the", "their"),
    *("there", "these", "they", "this", "those", "to", "what", "when", "which", "who", "will"),
    *("with", "would", "you", "your", "yours", "der", "die", "das", "den", "dem", "des", "ein"),
    *(
        "eine",
        "einen",
        "einer",
        "sie",
        "ihr",
        "ihre",
        "ihren",
        "ist",
        "sind",
        "haben",
        "wie",
        "und",
    ),
    *("oder", "im", "in", "von", "zu", "zum", "zur", "fur", "mit", "bei", "auf", "le", "la", "les"),
    *("l", "d", "de", "du", "des", "un", "une", "et", "ou", "est", "que", "qu", "vous", "votre"),
    *("vos", "dans", "pour", "avec", "sur", "au", "aux", "el", "los", "las", "lo", "del", "al"),
    *("una", "unos", "y", "o", "en", "por", "con", "para", "su", "sus", "usted", "es", "se"),
    *("os", "do", "da", "dos", "um", "uma", "e", "em", "no", "na", "com", "il", "gli", "di", "che"),
} - {"no"}
# So much of an id is the question that items have in common; the rest tells them apart.
_STEM_CHARACTERS = 18
_FEWEST_SHARED = 2


def title_of(column: ColumnProfile) -> str:
    """Give the label of a column without its question number; its name where it has none."""
    return asked(column.label, column.name).strip().rstrip(".") or column.name


class VariableIds:
    """Gives a readable id for each column of a wave.

    Items of one battery begin with the same words, so that these are shortened before what tells
    the items apart is.
    """

    def __init__(
        self, columns: Iterable[ColumnProfile] = (), titles: Mapping[str, str] | None = None
    ) -> None:
        """Take the columns of the wave, and titles of those that have another than their label."""
        profiles = list(columns)
        self._titles = dict(titles or {})
        by_name = {column.name: column for column in profiles}
        self._shared: dict[str, int] = {}
        for battery in find_batteries(profiles):
            words = [spelled(title_of(by_name[name])) for name in battery.columns]
            shared = _in_common(words)
            self._shared |= dict.fromkeys(battery.columns, shared)

    def title(self, column: ColumnProfile) -> str:
        """Give the title of a variable."""
        return self._titles.get(column.name) or title_of(column)

    def text(self, column: ColumnProfile) -> str:
        """Give the words that an id is made of, short enough for it."""
        title = title_of(column)
        words = spelled(title)
        if not words or not any(word[0].isalpha() for word in words):
            return column.name
        if _length(words) <= MOST_ID_CHARACTERS:
            return " ".join(words)
        shared = self._shared.get(column.name, 0)
        before, colon, _ = title.partition(":")
        if colon and shared < _FEWEST_SHARED:
            shared = len(spelled(before))
        stem, rest = _telling(words[:shared]), _telling(words[shared:])
        if not stem or not rest:
            return " ".join(_cut(_telling(words) or words, MOST_ID_CHARACTERS))
        stem = _cut(stem, max(_STEM_CHARACTERS, MOST_ID_CHARACTERS - _length(rest) - 1))
        return " ".join([*stem, *_cut(rest, MOST_ID_CHARACTERS - _length(stem) - 1)])


def _telling(words: list[str]) -> list[str]:
    return [word for word in words if word not in _FILLER]


def _cut(words: list[str], longest: int) -> list[str]:
    """Keep the first words that fit; a first word that is longer is cut."""
    kept: list[str] = []
    for word in words:
        if _length([*kept, word]) > longest:
            break
        kept.append(word)
    return kept or [words[0][:longest]]


def _length(words: list[str]) -> int:
    return len("_".join(words))


def _in_common(texts: list[list[str]]) -> int:
    """Count the words that all texts begin with."""
    shared = 0
    for words in zip(*texts, strict=False):
        if len(set(words)) > 1:
            break
        shared += 1
    return shared
