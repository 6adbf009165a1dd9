"""Batteries: columns of a wave that ask one question of several items, with the same answers."""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from wavehouse_exchange.onboarding.profile import MOST_CODES, ColumnProfile
from wavehouse_exchange.onboarding.signs import plain
from wavehouse_exchange.onboarding.texts import identifier
from wavehouse_exchange.onboarding.wording import asked

# Two code lists are the same if so many of their codes are in both, with the same label.
SAME_CODES = 0.8
# Without labels, only short lists say that two columns have the same answers.
MOST_UNLABELLED_CODES = 12
# One word is a stem only if it is long; two words are one whatever they are.
LONG_WORD = 6
# Names of items: a question number and what follows it, or the last part behind a separator.
_NUMBERED_NAME = re.compile(r"^([a-z]{1,6}[_.]?\d+)(?:[_.]?[a-z]|[_.]\d)")
_PARTED_NAME = re.compile(r"^(.*[a-z].*)[_.]\w{1,3}$")
_LETTERED_NAME = re.compile(r"^([a-z]{3,})\d{1,2}$")
# A stem does not end in these.
_LINKING = {
    *("a", "an", "and", "as", "by", "for", "from", "in", "is", "of", "on", "or", "the", "to"),
    *("au", "aux", "avec", "d", "dans", "de", "des", "du", "en", "et", "l", "la", "le", "les"),
    *("das", "dem", "den", "der", "die", "ein", "eine", "im", "in", "und", "von", "zu", "zum"),
    *("con", "da", "del", "di", "do", "dos", "e", "el", "il", "las", "los", "o", "para", "y"),
    *("with", "that", "your", "you", "vs"),
}


@dataclass(frozen=True)
class Battery:
    """Consecutive columns with the same answers that belong together.

    Attributes:
        name: what to call it, one of its own in the wave: the words that all labels begin with, or
            what the columns' names share.
        columns: its columns, in delivered order; two or more.
    """

    name: str
    columns: tuple[str, ...]


@dataclass(frozen=True)
class _Item:
    """What of a column says where it belongs."""

    column: ColumnProfile
    words: tuple[str, ...]
    before_colon: str
    name_stem: str


def find_batteries(columns: Iterable[ColumnProfile]) -> list[Battery]:
    """Find the batteries of a wave.

    Args:
        columns: its columns in delivered order.
    """
    runs: list[list[_Item]] = []
    for column in columns:
        item = _item(column)
        if runs and _belongs(runs[-1], item):
            runs[-1].append(item)
        else:
            runs.append([item])
    found: list[Battery] = []
    taken: set[str] = set()
    for run in runs:
        if len(run) > 1:
            name = identifier(_readable(run), taken, "battery")
            taken.add(name)
            found.append(Battery(name, tuple(item.column.name for item in run)))
    return found


def batteries_by_column(columns: Iterable[ColumnProfile]) -> dict[str, str]:
    """Give the name of the battery of each column that is in one."""
    return {name: battery.name for battery in find_batteries(columns) for name in battery.columns}


def _item(column: ColumnProfile) -> _Item:
    text = asked(column.label, column.name)
    before, colon, _ = text.partition(":")
    return _Item(
        column,
        tuple(plain(text).split()),
        plain(before) if colon else "",
        name_stem(column.name),
    )


def name_stem(name: str) -> str:
    """Give what a name shares with those of the same question, or nothing if it has no parts."""
    for pattern in (_NUMBERED_NAME, _PARTED_NAME, _LETTERED_NAME):
        found = pattern.match(name.casefold())
        if found:
            return found[1]
    return ""


def _belongs(run: list[_Item], item: _Item) -> bool:
    """Whether a column goes on with the battery that the columns before it may be."""
    last = run[-1]
    if not _same_answers(last.column, item.column):
        return False
    shared = _common(last.words, item.words)
    same_colon = bool(item.before_colon) and item.before_colon == last.before_colon
    is_stem = same_colon or _is_stem(shared)
    if last.name_stem and last.name_stem == item.name_stem:
        # var1, var2 say nothing by themselves: all columns of a file may be called so.
        return is_stem or not _LETTERED_NAME.match(item.column.name.casefold())
    # Another question number: then the labels have to have as much in common as those before.
    before = _common(*(each.words for each in run)) if len(run) > 1 else shared
    return is_stem and (same_colon or len(shared) >= len(before))


def _same_answers(one: ColumnProfile, other: ColumnProfile) -> bool:
    first, second = _answers(one), _answers(other)
    if len(first) < 2 or len(second) < 2 or max(len(first), len(second)) > MOST_CODES:
        return False
    common = sum(first.get(code) == label for code, label in second.items())
    return common >= SAME_CODES * max(len(first), len(second))


def _answers(column: ColumnProfile) -> Mapping[str, str]:
    """Give the codes with their labels; without labels the codes, where they are few."""
    if column.value_labels:
        return {
            code: plain(label)
            for code, label in column.value_labels.items()
            if code not in column.missing_codes
        }
    codes = set(column.counts) - column.missing_codes
    return dict.fromkeys(codes, "") if len(codes) <= MOST_UNLABELLED_CODES else {}


def _common(*texts: tuple[str, ...]) -> tuple[str, ...]:
    """Give the words that all texts begin with."""
    shared = []
    for words in zip(*texts, strict=False):
        if len(set(words)) > 1:
            break
        shared.append(words[0])
    return tuple(shared)


def _is_stem(words: tuple[str, ...]) -> bool:
    telling = [word for word in words if word not in _LINKING]
    return len(telling) > 1 or any(len(word) >= LONG_WORD for word in telling)


def _readable(run: list[_Item]) -> str:
    """Give the question number, if they have one, and the words that all labels begin with."""
    words = list(_common(*(item.words for item in run)))
    if run[0].before_colon and len({item.before_colon for item in run}) == 1:
        words = run[0].before_colon.split()
    while words and words[-1] in _LINKING:
        words.pop()
    stems = {item.name_stem for item in run}
    stem = stems.pop() if len(stems) == 1 else ""
    is_numbered = any(map(str.isdigit, stem))
    if _is_stem(tuple(words)) or (is_numbered and set(words) - _LINKING):
        return f"{stem} {' '.join(words)}" if is_numbered else " ".join(words)
    return stem or f"{run[0].column.name} to {run[-1].column.name}"
