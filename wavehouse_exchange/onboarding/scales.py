"""What kind of answers a code list has: numbers, a scale with a top, or something else.

Only what is plain is taken: a top that is at the wrong end would publish the opposite.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

from wavehouse_exchange.onboarding.missing import is_number
from wavehouse_exchange.onboarding.missing_labels import compared
from wavehouse_exchange.onboarding.profile import ColumnProfile

FEWEST_NUMBERS, FEWEST_STEPS, MOST_STEPS = 5, 3, 7
# Numbers beyond are a scale only if they are evenly spaced, such as 0, 10, ..., 100.
LARGEST_STEP = 11
NPS = tuple(str(number) for number in range(11))

# Beginnings of words for recommending, as labels are compared.
_RECOMMENDING = re.compile(
    r"\b(nps\b|net promoter|recommend|empfehl|weiterempfehl|recommand|recomend"
    r"|raccomand|consigli|polec|aanbevel|tavsiye|\u0440\u0435\u043a\u043e\u043c\u0435\u043d\u0434)"
    r"|\u63a8\u8350|\u63a8\u85a6|\u63a8\u5968|\u85a6\u3081|\u52e7\u3081|\u0627\u0648\u0635\u064a|\u062a\u0648\u0635\u064a"
)
# Words that say the lower end, where the other end has the word without them or an opposite.
_LOW = {
    *("not", "no", "never", "none", "nothing", "bad", "badly", "poor", "poorly", "low", "weak"),
    *("difficult", "worse", "worst", "against", "oppose", "disapprove", "disagree", "nicht", "nie"),
    *("kein", "keine", "schlecht", "schlechter", "gar", "pas", "jamais", "mal", "mauvais", "non"),
    *("mauvaise", "desaccord", "aucun", "aucune", "nunca", "malo", "mala", "desacuerdo", "nada"),
    *("mau", "ma", "ruim", "nao", "discordo", "male", "cattivo", "mai", "disaccordo", "nigdy"),
    *("zle", "zly", "niet", "nooit", "slecht", "oneens", "kotu", "hic", "asla", "degil"),
    *(
        "\u043d\u0435",
        "\u043d\u0438\u043a\u043e\u0433\u0434\u0430",
        "\u043f\u043b\u043e\u0445\u043e",
    ),
}
_HIGH = {
    *("always", "often", "lot", "good", "well", "excellent", "great", "high", "easy", "better"),
    *("support", "favour", "favor", "approve", "immer", "gut", "toujours", "bien", "bon", "bonne"),
    *("beaucoup", "siempre", "bueno", "buena", "mucho", "sempre", "bom", "boa", "buono", "bene"),
    *("zawsze", "dobrze", "altijd", "goed", "veel", "her", "iyi", "daily", "every"),
    *("\u0432\u0441\u0435\u0433\u0434\u0430", "\u0445\u043e\u0440\u043e\u0448\u043e"),
}
_TURNING_PREFIXES = ("dis", "un", "in", "des", "insatis", "on", "nie")
_OFF_SCALE = {
    *("it depends", "depends", "depends on the situation", "kommt darauf an", "ca depend"),
    *("depende", "dipende", "to zalezy", "hangt ervan af", "duruma gore", "both", "both equally"),
    *("no preference", "does not matter", "mixed"),
}


@dataclass(frozen=True)
class Scale:
    """What a code list is as a scale.

    Attributes:
        is_numbers: its codes are numbers that count, such as 0 to 10.
        is_recommendation: 0 to 10, and the question is whether somebody recommends something.
        top_end: `first` or `last`, where one end is plainly the top; else empty.
        off_scale: codes that are no step, such as "it depends".
        steps: the number of steps.
    """

    is_numbers: bool = False
    is_recommendation: bool = False
    top_end: str = ""
    off_scale: frozenset[str] = frozenset()
    steps: int = 0


def scale_of(column: ColumnProfile, answers: Sequence[str]) -> Scale:
    """Say what the answers of a column are as a scale."""
    if are_numbers(column, answers):
        numbers = sorted({str(int(float(code))) for code in answers}, key=int)
        is_nps = tuple(numbers) == NPS
        asks = bool(_RECOMMENDING.search(compared(f"{column.label} {column.name}")))
        return Scale(is_numbers=True, is_recommendation=is_nps and asks, steps=len(numbers))
    off = {
        code
        for code in answers
        if compared(column.value_labels.get(code, "").partition("(")[0]) in _OFF_SCALE
    }
    steps = [column.value_labels.get(code, "") for code in answers if code not in off]
    if not all(steps) or not FEWEST_STEPS <= len(steps) <= MOST_STEPS:
        return Scale()
    top_end = _top_end(steps[0], steps[-1])
    return (
        Scale(top_end=top_end, off_scale=frozenset(off), steps=len(steps)) if top_end else Scale()
    )


def are_numbers(column: ColumnProfile, answers: Sequence[str]) -> bool:
    """Say whether codes are numbers that count, of which at most the ends are labelled."""
    if len(answers) < FEWEST_NUMBERS or not all(_is_whole(code) for code in answers):
        return False
    numbers = sorted({int(float(code)) for code in answers})
    steps = {after - before for before, after in pairwise(numbers)}
    if numbers[-1] > LARGEST_STEP and len(steps) > 1:
        # Ages, or codes of places.
        return False
    named = [
        code
        for code in answers
        if (label := column.value_labels.get(code, "")) and not _says_number(label, code)
    ]
    return 2 * len(named) < len(answers)


def _is_whole(code: str) -> bool:
    return is_number(code) and float(code) == int(float(code)) and float(code) >= 0


def _says_number(label: str, code: str) -> bool:
    """Whether a label is the number that the code is."""
    return is_number(label.strip()) and float(label) == float(code)


def _top_end(first: str, last: str) -> str:
    """Say which end of a scale is the top, if its ends are plainly opposites."""
    one, other = compared(first).split(), compared(last).split()
    if not one or not other:
        return ""
    low_first, low_last = _is_low(one, other), _is_low(other, one)
    if low_first == low_last:
        return ""
    low, high = (one, other) if low_first else (other, one)
    shared = set(low) & set(high)
    turned = any(
        word == prefix + opposite
        for word in low
        for opposite in high
        for prefix in _TURNING_PREFIXES
    )
    if not (shared or turned or set(high) & _HIGH):
        return ""
    return "last" if low_first else "first"


def _is_low(words: list[str], opposite: list[str]) -> bool:
    """Whether an end says the lower one: a word for it, or the other end's word turned round."""
    turned = any(
        word == prefix + other
        for word in words
        for other in opposite
        for prefix in _TURNING_PREFIXES
    )
    return turned or bool(set(words) & _LOW)
