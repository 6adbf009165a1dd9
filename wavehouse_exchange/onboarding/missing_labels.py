"""Labels that say that an answer is missing, in many languages, and how a label is compared.

The words are rows of `library_missing_labels` and of the project's own `missing_labels`. A label is
compared as a whole, never by words within it: "Has declined" and "Agnostic (do not know if there is
a God)" are answers. It is missing if all of it is such a row, or several of them side by side
("Don't know / Haven't heard enough"); a code before it and remarks in brackets do not count.
"""

import csv
import re
import unicodedata
from collections.abc import Iterable
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path

from wavehouse.codebook.tables import Codebook, Row
from wavehouse_exchange.onboarding.signs import plain, without_accents

# How surely a label says it, whatever else is known: all of it, with a remark, two kinds at once,
# with the reason behind it, or with something beside it that the table does not know.
WHOLE, REMARKED, TWO_KINDS, EXPLAINED, PARTLY = 0.95, 0.85, 0.8, 0.7, 0.55

_APOSTROPHES = re.compile("(?<=\\w)['\u2018\u2019\u02bc\u00b4`](?=\\w)")
# What is written without being spoken: Arabic vowels and the stroke that widens a word, and the dot
# that a Turkish capital I leaves behind.
_UNSPOKEN = re.compile("[\u064b-\u0652\u0640\u0307]")
_SAME_LETTERS = str.maketrans(
    "\u0623\u0625\u0622\u0649\u0629\u0451", "\u0627\u0627\u0627\u064a\u0647\u0435"
)

_CODE_BEFORE = re.compile(
    r"^[\s(\[]*-?\d+(?:\.\d+)?(?:[\s)\]]*[=:.)\]\u2013\u2014-]+\s*|\s+)(?=\S)|^[(\[]\d+[)\]]\s*"
)
_OPEN, _CLOSE = "(\\[{\uff08\u3010<", ")\\]}\uff09\u3011>"
_REMARK_BEHIND = re.compile(rf"\s*[{_OPEN}]([^{_OPEN}{_CLOSE}]*)[{_CLOSE}]?\s*$")
_REMARK_BEFORE = re.compile(rf"^\s*[{_OPEN}]([^{_OPEN}{_CLOSE}]*)[{_CLOSE}]\s*")
# Remarks for interviewers; they say nothing of the answer.
_INSTRUCTION = re.compile(
    r"^(?:dnr|vol|volunteered|volunteered only|spontaneous|spontaneously|unprompted|code only"
    r"|interviewer code|(?:do|does)? ?no?t read(?: out| aloud)?|not read out|nicht vorlesen"
    r"|spontan|spontane|ne pas (?:lire|citer|suggerer)|no leer|no mostrar|espontane[ao]"
    r"|nao ler|non leggere|spontaneo|okumayin|okumayiniz|ne zachityvat|nie (?:od)?czytac"
    r"|niet voorlezen|не (?:зачитывать|читать)|不读出|不讀出|读出|読み上げない|لا تقرا|\d+)$"
)
_SEPARATORS = re.compile(
    r"\s*[/|;,\u060c\u3001\u30fb\u00b7&+]\s*"
    r"|\s+(?:or|and|oder|und|ou|et|o|y|e|u|of|en|veya|ya da|ve|или|и|lub|albo|i"
    r"|\u0623\u0648|\u0627\u0648)\s+"
)
_SIDE_BY_SIDE = re.compile(r"\s*[/|;]\s*")
_EXPLANATION = re.compile(r"\s*(?:[:;,]|\s[-\u2013\u2014]|[\u2013\u2014])\s*")
_TAG = re.compile(r"\.[a-z_]")
# A label that a program cut off ends in the middle; shorter ones are whole.
FEWEST_CHARACTERS_OF_A_CUT = 24


@dataclass(frozen=True)
class LabelGuess:
    """What a label says by itself. `kind` is empty where the table calls it an answer."""

    kind: str
    confidence: float


@dataclass
class MissingLabels:
    """The table, ready to compare labels with."""

    whole: dict[str, set[str]] = field(default_factory=dict)
    patterns: list[tuple[re.Pattern[str], str]] = field(default_factory=list)

    def __post_init__(self) -> None:
        self._judged: dict[str, LabelGuess | None] = {}

    def judge(self, label: str) -> LabelGuess | None:
        """Say what a label says of missing; None if the table does not know it."""
        if label not in self._judged:
            self._judged[label] = self._judge(label)
        return self._judged[label]

    def _judge(self, label: str) -> LabelGuess | None:
        text = label.strip()
        if _TAG.fullmatch(text):
            kinds = self.whole.get(text)
            return LabelGuess(min(kinds), EXPLAINED) if kinds else None
        found = self._all_of(text, WHOLE)
        if found is None:
            text = _CODE_BEFORE.sub("", text)
            found = self._all_of(text, WHOLE)
        if found is None:
            core, remarks = _without_remarks(text)
            if core and remarks:
                is_known = all(
                    _INSTRUCTION.match(compared(remark)) or self._all_of(remark, WHOLE)
                    for remark in remarks
                )
                found = self._all_of(core, WHOLE if is_known else REMARKED)
            elif remarks:
                found = self._all_of(remarks[0], WHOLE)
            text = core or text
        return found or self._explained(text)

    def _all_of(self, text: str, confidence: float) -> LabelGuess | None:
        """Compare a text as one row, else as several side by side."""
        kinds = self._kinds(text)
        if kinds is not None:
            if len(kinds) == 1:
                return LabelGuess(min(kinds), confidence)
            # Two languages, or two rows, say different things of the same letters.
            return LabelGuess(min(kinds - {""}), EXPLAINED)
        parts = [part for part in _SEPARATORS.split(text) if part.strip(" .")]
        if len(parts) < 2:
            return None
        found = [self._kinds(part) for part in parts]
        if found[-1] is None and found[0] and self._is_cut(text, parts[-1]):
            found.pop()
        if any(not each or each == {""} for each in found):
            return None
        said = list(dict.fromkeys(min(each - {""}) for each in found if each))
        return LabelGuess(said[0], min(confidence, WHOLE if len(said) == 1 else TWO_KINDS))

    def _explained(self, text: str) -> LabelGuess | None:
        """Take what stands before a colon or dash, where it says why nobody was asked."""
        first, _, rest = _split_once(_EXPLANATION, text)
        kinds = self._kinds(first) if rest else None
        if kinds and len(kinds) == 1 and kinds <= {"not_applicable", "not_asked"}:
            return LabelGuess(min(kinds), EXPLAINED)
        first, _, rest = _split_once(_SIDE_BY_SIDE, text)
        kinds, other = self._kinds(first), self._kinds(rest) if rest else {""}
        if kinds and len(kinds) == 1 and "" not in kinds and other is None:
            return LabelGuess(min(kinds), PARTLY)
        return None

    def _kinds(self, text: str) -> set[str] | None:
        key = compared(text)
        if not key:
            return None
        found = self.whole.get(key)
        if found is None:
            kinds = {kind for pattern, kind in self.patterns if pattern.fullmatch(key)}
            found = kinds or None
        return found

    def _is_cut(self, text: str, part: str) -> bool:
        key = compared(part)
        return (
            len(text) >= FEWEST_CHARACTERS_OF_A_CUT
            and bool(key)
            and any(row.startswith(key) for row in self.whole)
        )


def missing_labels(codebook: Codebook) -> MissingLabels:
    """Give the labels of the library, and in their place or beside them those of the project."""
    return made_of(codebook.rows("library_missing_labels"), codebook.rows("missing_labels"))


@cache
def of_library() -> MissingLabels:
    """Give the labels that come with the warehouse, without those of a project."""
    path = Path(__file__).parents[2] / "seeds" / "library" / "library_missing_labels.csv"
    with path.open(encoding="utf-8", newline="") as file:
        return made_of(csv.DictReader(file))


def made_of(library: Iterable[Row], project: Iterable[Row] = ()) -> MissingLabels:
    """Make the table of rows; those of the project go before those of the library."""
    result = MissingLabels()
    own = _by_label(project)
    for label, kinds in {**_by_label(library), **own}.items():
        if "*" in label:
            # The stars are what may be anything; without one there has to be something.
            pattern = re.compile(".+".join(map(re.escape, label.split("*"))))
            result.patterns += [(pattern, kind) for kind in sorted(kinds)]
        else:
            result.whole[label] = kinds
    return result


def _by_label(rows: Iterable[Row]) -> dict[str, set[str]]:
    found: dict[str, set[str]] = {}
    for row in rows:
        label = row["label"].strip()
        key = (
            label
            if _TAG.fullmatch(label)
            else "*".join(
                f"{' ' * part.startswith(' ')}{compared(part)}{' ' * part.endswith(' ')}"
                for part in label.split("*")
            )
        )
        found.setdefault(key, set()).add(row["missing_kind"])
    return found


@cache
def compared(text: str) -> str:
    """Give a label as it is compared: without case, accents, punctuation and apostrophes."""
    joined = _APOSTROPHES.sub("", unicodedata.normalize("NFKC", text))
    words = _UNSPOKEN.sub("", without_accents(plain(joined)))
    words = words.translate(_SAME_LETTERS)
    return words.strip(" .") or words


def _without_remarks(text: str) -> tuple[str, list[str]]:
    """Take the remarks in brackets off both ends of a label; an opened bracket may be cut off."""
    remarks = []
    while found := _REMARK_BEHIND.search(text):
        remarks.append(found[1])
        text = text[: found.start()]
    while found := _REMARK_BEFORE.match(text):
        remarks.append(found[1])
        text = text[found.end() :]
    return text.strip(" :-\u2013"), remarks


def _split_once(pattern: re.Pattern[str], text: str) -> tuple[str, str, str]:
    found = pattern.search(text)
    if found is None:
        return text, "", ""
    return text[: found.start()], found[0], text[found.end() :]
