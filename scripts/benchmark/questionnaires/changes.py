"""How questions stand in a round: names, labels and codes, and what a later round changes.

The first round has question numbers in the order of its topics. The second drops some questions
and asks others, some of them twins of old ones; its blocks are in another order and numbered again,
so that most names belong to another question; labels and code lists change as they do in practice.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from itertools import groupby

import numpy as np

from benchmark.questionnaires.texts import (
    LANGUAGES,
    Question,
    missing_labels,
    questions,
    read,
    scales,
    split,
)

# Columns of a round, the share that the next drops, and the share of those it adds that are twins.
SIZE = 600
DROPPED = 0.12
TWINS = 0.5
CUT = 40
# The share of batteries (or single questions) and of columns that a change meets.
BY_BLOCK = {"reworded": 0.4, "translated": 0.06, "missing codes renumbered": 0.35, "turned": 0.03}
BY_COLUMN = {"turned": 0.02, "merged": 0.03, "moved": 0.02, "added": 0.03}
# The share of cut labels is among the long ones.
SHORTENED, CUT_SHARE, TYPOGRAPHY = 0.08, 0.4, 0.35
NUMBERED_LABELS = 0.9
CURLY, DASH = "\u2019", "\u2013"
LETTERS = "abcdefghijklmnopqrstuvwxyz"
# Scales without an order of answers, or whose order would be odd if it were turned.
NOT_TURNED = {"tick", "yes", "party", "region", "sex", "marital", "occupation", "religion", "mode"}
NOT_MERGED = NOT_TURNED - {"party", "religion", "occupation", "region"} | {"ten", "size"}
# Scales of opinions, to which "it depends" can come.
LENGTHENED = {"agree", "trust", "satisfied", "power", "spend", "well", "important", "likely"}
CODE_CHANGES = {
    "turned": "scale turned",
    "merged": "two codes merged",
    "moved": "codes moved by one",
    "added": "code added",
}


@dataclass
class Column:
    """A question in one round.

    `codes` has the code of each of the scale's answers, in its order (two may have the same), and
    `labels` the label of each code; `missing` the code of each kind of missing answer; `declared`
    says if SPSS is told of these as a list, as a range or not at all. `changes` says what a round
    changed.
    """

    question: Question
    language: str
    name: str = ""
    label: str = ""
    codes: list[int] = field(default_factory=list)
    labels: dict[int, str] = field(default_factory=dict)
    missing: dict[str, int] = field(default_factory=dict)
    declared: str = "list"
    changes: list[str] = field(default_factory=list)


def first_round(language: str, draw: np.random.Generator) -> list[Column]:
    """Give the columns of the first round."""
    chosen = _without(list(questions()), len(questions()) - SIZE, draw)
    columns = [Column(question, language) for question in _mixed(chosen, draw)]
    for block in _blocks(columns):
        declared = str(draw.choice(["list", "range", "none"], p=[0.7, 0.15, 0.15]))
        for column in block:
            column.declared = declared
            _set_codes(column, missing_from=8, style=0)
    _number(columns, language)
    for column in columns:
        column.label = f"{column.name}. {column.question.text[language]}"
    return columns


def second_round(before: Sequence[Column], draw: np.random.Generator) -> list[Column]:
    """Give the columns of a round after this one."""
    language = before[0].language
    old = [column.question for column in before]
    kept = _without(old, round(len(old) * DROPPED), draw)
    asked = _mixed([*kept, *_added(old, kept, draw)], draw)
    columns = [Column(question, language) for question in asked]
    declared = {column.question.key: column.declared for column in before}
    for block in _blocks(columns):
        _change_block(block, {question.key for question in old}, declared, draw)
    _number(columns, language)
    _change_labels(columns, draw)
    return columns


def _without(old: list[Question], count: int, draw: np.random.Generator) -> list[Question]:
    """Leave out some questions: half of them in whole batteries, the others here and there."""
    free = [question for question in old if question.name is None]
    gone: set[str] = set()
    blocks = sorted({question.block for question in free})
    for block in draw.permutation(blocks):
        members = [question.key for question in free if question.block == block]
        if len(members) > 1 and len(gone) + len(members) <= count / 2:
            gone.update(members)
    others = sorted(question.key for question in free if question.key not in gone)
    gone.update(draw.choice(others, count - len(gone), replace=False))
    return [question for question in old if question.key not in gone]


def _added(old: list[Question], kept: list[Question], draw: np.random.Generator) -> list[Question]:
    """Give new questions: twins, the first of which are of dropped questions, and unlike ones."""
    count = len(old) - len(kept)
    remain = {question.key for question in kept}
    known = {question.key for question in old}
    twins = [question for question in old if question.twin]
    blocks = sorted({question.block for question in twins})
    order = {block: place for place, block in enumerate(draw.permutation(blocks))}
    twins.sort(key=lambda question: (question.key in remain, order[question.block]))
    n_twins = min(round(count * TWINS), len(twins))
    unlike = [question for question in questions() if question.key not in known]
    unlike = [unlike[place] for place in draw.permutation(len(unlike))][: count - n_twins]
    return [question.as_twin() for question in twins[:n_twins]] + unlike


def _mixed(asked: Iterable[Question], draw: np.random.Generator) -> list[Question]:
    """Put topics, and the blocks of each, into another order; the fieldwork stays in front."""
    topics: dict[str, dict[str, list[Question]]] = {}
    for question in asked:
        topics.setdefault(question.topic, {}).setdefault(question.block, []).append(question)
    fieldwork = topics.pop("fieldwork")
    found = [question for members in fieldwork.values() for question in members]
    for topic in draw.permutation(sorted(topics)):
        for block in draw.permutation(sorted(topics[topic])):
            members = sorted(topics[topic][block], key=_place)
            if draw.random() < 0.2:
                members = [members[place] for place in draw.permutation(len(members))]
            found.extend(members)
    return found


def _place(question: Question) -> int:
    return int(question.key.rstrip("*").rsplit("_", 1)[1])


def _blocks(columns: Sequence[Column]) -> list[list[Column]]:
    return [list(members) for _, members in groupby(columns, lambda column: column.question.block)]


def _number(columns: Sequence[Column], language: str) -> None:
    """Name columns by their place: Q12A, q12_a, or a running number as in v017."""
    running = (column for column in columns if not column.question.name)
    for number, column in enumerate(running, 1):
        column.name = f"v{number:03d}"
    number = 0
    for block in _blocks(columns):
        if block[0].question.name:
            block[0].name = block[0].question.name[language]
            continue
        number += 1
        for place, column in enumerate(block):
            letter = LETTERS[place] if len(block) > 1 else ""
            if language == "en":
                column.name = f"Q{number}{letter.upper()}"
            elif language == "fr":
                column.name = f"q{number}_{letter}" if letter else f"q{number}"


def _set_codes(column: Column, missing_from: int, style: int) -> None:
    """Give a column the codes of its scale; missing ones are 8 and 9, 98 and 99, or -8 and -9."""
    if not column.question.scale:
        return
    scale = scales()[column.question.scale]
    column.codes = [scale.first + place for place in range(len(scale.labels))]
    column.labels = {
        code: label[column.language] for code, label in zip(column.codes, scale.labels, strict=True)
    }
    if missing_from > 0 and max(column.codes) > 6:
        missing_from = 98
    places = {"not_asked": -1, "dk": 0, "refused": 1}
    for kind in scale.missing:
        step = places[kind] if missing_from > 0 else -places[kind]
        column.missing[kind] = missing_from + step
        column.labels[column.missing[kind]] = missing_labels()[kind][style][column.language]


def _change_block(
    block: Sequence[Column], known: set[str], declared: dict[str, str], draw: np.random.Generator
) -> None:
    """Change the wording and the codes of a battery; what is new in this round has no change."""
    changed = {name for name, share in BY_BLOCK.items() if draw.random() < share}
    other = LANGUAGES[1] if block[0].language == LANGUAGES[0] else LANGUAGES[0]
    missing_from = int(draw.choice([98, -8])) if "missing codes renumbered" in changed else 8
    style = int(draw.random() < 0.25)
    for column in block:
        question = column.question
        column.declared = declared.get(question.key, "list")
        old = question.key in known
        if old and "translated" in changed and not question.name:
            column.language = other
            column.changes.append("another language")
        elif old and "reworded" in changed and question.reworded:
            column.changes.append("reworded")
        _set_codes(column, missing_from, style)
        if old and missing_from != 8 and column.missing:
            regular = Column(question, column.language)
            _set_codes(regular, 8, style)
            if regular.missing != column.missing:
                column.changes.append("missing codes renumbered")
        if old and question.scale and not question.name:
            _change_codes(column, "turned" if "turned" in changed else "", draw)


def _change_codes(column: Column, change: str, draw: np.random.Generator) -> None:
    """Turn, merge, move or lengthen a code list."""
    for name, share in BY_COLUMN.items():
        if not change and draw.random() < share:
            change = name
    scale, n = column.question.scale, len(column.codes)
    labels = [column.labels[code] for code in column.codes]
    taken = {code: column.labels[code] for code in column.missing.values()}
    codes = column.codes
    if change == "turned" and scale not in NOT_TURNED and n > 2:
        codes = codes[::-1]
    elif change == "merged" and scale not in NOT_MERGED and n > 3:
        place = int(draw.integers(0, n - 1))
        codes = [code - (at > place) for at, code in enumerate(codes)]
        both = f"{labels[place]} / {labels[place + 1]}"
        labels[place] = labels[place + 1] = both
    elif change == "moved" and scale != "ten":
        codes = [code + (-1 if codes[0] else 1) for code in codes]
    elif change == "added" and scale in LENGTHENED:
        codes = [*codes, max(codes) + 1]
        labels = [*labels, split(read("codes")["added"])[column.language]]
    else:
        return
    if set(codes) & set(taken):
        return
    column.codes, column.labels = codes, dict(zip(codes, labels, strict=True)) | taken
    column.changes.append(CODE_CHANGES[change])


def _change_labels(columns: Sequence[Column], draw: np.random.Generator) -> None:
    """Write the labels of the second round: other signs, numbers, abbreviations, cuts."""
    for column in columns:
        question = column.question
        text = _words(column).replace("'", CURLY)
        if not question.like and draw.random() < SHORTENED:
            shorter = " ".join(_shortened(word) for word in text.split(" "))
            if shorter != text:
                text = shorter
                column.changes.append("label shortened")
        if draw.random() < TYPOGRAPHY:
            text = _other_signs(text, draw)
        column.label = text
    # A label that is cut still says which question it is, among all that a round can have.
    begins: dict[str, set[str]] = {}
    for question in [*questions(), *(column.question for column in columns)]:
        for text in (question.text, question.reworded or {}):
            for words in text.values():
                begins.setdefault(_begin(words), set()).add(question.key)
    for column in columns:
        long = len(column.label) > CUT and len(begins[_begin(_words(column))]) == 1
        if long and draw.random() < CUT_SHARE:
            column.label = column.label[:CUT]
            column.changes.append(f"label cut at {CUT}")
        if draw.random() < NUMBERED_LABELS:
            column.label = f"{column.name.upper()} - {column.label}"


def _words(column: Column) -> str:
    reworded = "reworded" in column.changes and column.question.reworded
    return (reworded or column.question.text)[column.language]


def _begin(words: str) -> str:
    return words[: CUT - 5].casefold()


def _shortened(word: str) -> str:
    return f"{word[:6]}." if len(word) > 8 and word.isalpha() else word


def _other_signs(text: str, draw: np.random.Generator) -> str:
    """Write a label as another hand would: no accents, a full stop, a dash, capitals."""
    hand = int(draw.integers(0, 5))
    if hand == 0:
        plain = unicodedata.normalize("NFKD", text)
        return "".join(sign for sign in plain if not unicodedata.combining(sign))
    if hand == 1:
        return text.replace(" ", "  ", 1)
    if hand == 2:
        return f"{text}."
    if hand == 3:
        return text.replace(" : ", f" {DASH} ", 1).replace(": ", f" {DASH} ", 1)
    return text.upper()
