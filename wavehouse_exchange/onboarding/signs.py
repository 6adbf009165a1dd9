"""Labels as words and signs: what of them carries meaning, in any language, and what they spell.

Signs are letters: `<50` and `>50`, C, C++ and C#, -1 and 1, a smile and a frown are different
labels. What only sets words apart (commas, quotes, dashes between words) is not.
"""

import re
import unicodedata
from collections.abc import Iterator

# Punctuation that carries meaning by itself, beside all symbols (+ < = € and pictures).
_MEANING_PUNCTUATION = set("#%‰@*§†‡")
# Symbols that only set words apart or adorn a name.
_MEANINGLESS_SYMBOLS = set("|`\u00a8\u00a9\u00ae\u00af\u00b4\u00b8\u2120\u2122")
_DASHES = set("-\u2010\u2011\u2012\u2013\u2014\u2212")
# Between digits these belong to the number: 1.5, 1,5 and 1/2 are not 15.
_WITHIN_NUMBERS = set(".,/\u2044:")
_NAMES = {"#": "hash", "-": "minus", "\u2212": "minus", "*": "star", "@": "at"}
_LATIN = re.compile(
    r"LATIN (?:SMALL|CAPITAL) (?:LETTER|LIGATURE) (?:.* )?([A-Z]{1,2})(?: WITH .*)?$"
)


def tokens(text: str) -> Iterator[str]:
    """Give the words and signs of a label: in lower case, each sign by itself."""
    folded = unicodedata.normalize("NFKC", unicodedata.normalize("NFKC", text).casefold())
    word = ""
    for place, character in enumerate(folded):
        before = folded[place - 1] if place else " "
        after = folded[place + 1] if place + 1 < len(folded) else " "
        if _is_letter(character) or (
            character in _WITHIN_NUMBERS and before.isdigit() and after.isdigit()
        ):
            word += character
            continue
        if word:
            yield word
            word = ""
        is_minus = character in _DASHES and after.isdigit() and not _is_letter(before)
        if is_minus:
            yield "-"
        elif _is_sign(character):
            yield character
    if word:
        yield word


def plain(text: str) -> str:
    """Give a label in lower case, without repeated blanks and what only sets words apart.

    Two labels are the same exactly where these are. A label of nothing but punctuation stays what
    it is.
    """
    return " ".join(tokens(text.replace("_", " "))) or text.strip()


def is_sign(token: str) -> bool:
    """Say whether a token is no word."""
    return not any(_is_letter(character) for character in token)


def spelled(text: str) -> list[str]:
    """Give the words of a label in letters a to z and digits, signs by their names."""
    words: list[str] = []
    for token in tokens(text.replace("_", " ")):
        if is_sign(token):
            name = _NAMES.get(token) or unicodedata.name(token, "").removesuffix(" SIGN")
            words += re.findall(r"[a-z0-9]+", name.lower())
        else:
            words += re.findall(r"[a-z0-9]+", "".join(map(_latin, token)))
    return words


def without_accents(text: str) -> str:
    """Leave accents of Latin letters out; in other scripts a mark can make another letter."""
    return "".join(
        _latin(character) if unicodedata.name(character, "").startswith("LATIN") else character
        for character in unicodedata.normalize("NFC", text)
    )


def _latin(character: str) -> str:
    """Give the plain letter of a Latin one, and anything else as it is."""
    if character.isascii():
        return character if character.isalnum() else " "
    bare = unicodedata.normalize("NFKD", character)[0]
    if bare.isascii():
        return bare.lower()
    found = _LATIN.match(unicodedata.name(character, ""))
    return found[1].lower() if found else character


def _is_letter(character: str) -> bool:
    """Whether a character belongs to a word: letters, digits, and the marks upon them."""
    return unicodedata.category(character)[0] in "LMN" and character not in "\ufe0e\ufe0f"


def _is_sign(character: str) -> bool:
    if character in _MEANINGLESS_SYMBOLS:
        return False
    return unicodedata.category(character)[0] == "S" or character in _MEANING_PUNCTUATION
