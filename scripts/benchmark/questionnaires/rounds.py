"""Draw the answers of two rounds and write them as SPSS files, with the key."""

from __future__ import annotations

import csv
from collections.abc import Sequence
from datetime import date, timedelta
from pathlib import Path
from typing import NamedTuple

import numpy as np
import pandas as pd
import pyreadstat

from benchmark.questionnaires.changes import Column, first_round, second_round
from benchmark.questionnaires.texts import LANGUAGES, Question

PEOPLE = 1000
FILES = ("round_1.sav", "round_2.sav")
KEY = "key.csv"
# What a row of the key says of two columns.
SAME = "same question"
REUSED = "another question under the same name"
ENDS = "ends"
NEW = "new"
# How far shares move from one round to the next, in logits.
MOVED = 0.15


class Match(NamedTuple):
    """A row of the key; `change` says what a later round did, or which old column looks alike."""

    column_in_old: str
    column_in_new: str
    relation: str
    change: str


def write_rounds(folder: Path, language: str, seed: int) -> list[Match]:
    """Write two rounds of 600 columns and 1,000 people, and say which column is which.

    The same language and seed give the same questions, changes and answers. `language` is en, fr
    or es.
    """
    if language not in LANGUAGES:
        raise ValueError(f"There is no {language!r}; there are {', '.join(LANGUAGES)}.")
    draw = np.random.default_rng([seed, LANGUAGES.index(language)])
    old = first_round(language, draw)
    new = second_round(old, draw)
    key = compare(old, new)
    folder.mkdir(parents=True, exist_ok=True)
    for number, (name, columns) in enumerate(zip(FILES, (old, new), strict=True)):
        write_round(folder / name, columns, seed, number)
    with (folder / KEY).open("w", encoding="utf-8", newline="") as stream:
        writer = csv.writer(stream, lineterminator="\n")
        writer.writerows([Match._fields, *key])
    return key


def compare(old: Sequence[Column], new: Sequence[Column]) -> list[Match]:
    """Give the key: what became of each old column, what is new, and which names were reused."""
    new_by_question = {column.question.key: column for column in new}
    old_by_question = {column.question.key: column for column in old}
    new_by_name = {column.name: column for column in new}
    key = []
    for column in old:
        found = new_by_question.get(column.question.key)
        if found:
            key.append(Match(column.name, found.name, SAME, "; ".join(found.changes)))
        else:
            key.append(Match(column.name, "", ENDS, ""))
        if column.name in new_by_name and new_by_name[column.name] is not found:
            key.append(Match(column.name, column.name, REUSED, ""))
    for column in new:
        if column.question.key not in old_by_question:
            like = column.question.like
            alike = f"looks like {old_by_question[like].name}" if like else ""
            key.append(Match("", column.name, NEW, alike))
    return key


def write_round(path: Path, columns: Sequence[Column], seed: int, number: int) -> None:
    """Write one round; its number, 0 or 1, moves the shares."""
    data = pd.DataFrame({column.name: answers(column, seed, number) for column in columns})
    declared = {
        column.name: (
            [{"lo": code, "hi": code} for code in sorted(column.missing.values())]
            if column.declared == "list"
            else [{"lo": min(column.missing.values()), "hi": max(column.missing.values())}]
        )
        for column in columns
        if column.missing and column.declared != "none"
    }
    pyreadstat.write_sav(
        data,
        str(path),
        column_labels=[column.label for column in columns],
        variable_value_labels={column.name: column.labels for column in columns if column.labels},
        missing_ranges=declared,
    )


def answers(column: Column, seed: int, number: int) -> Sequence[object]:
    """Draw what people answered; its shares are those of the question, moved a little."""
    question = column.question
    about = _stream(question.key, seed)
    draw = _stream(f"{question.key} {number}", seed)
    if question.kind == "id":
        return [f"{number + 1}{person:05d}" for person in range(PEOPLE)]
    if question.kind == "weight":
        weights = np.exp(draw.normal(0, 0.35, PEOPLE))
        return np.round(weights / weights.mean(), 4)
    if question.kind == "date":
        first = date(2019 + 2 * number, 3, 1)
        return [first + timedelta(days=int(day)) for day in draw.integers(0, 60, PEOPLE)]
    if question.kind == "open":
        return _in_words(question, column.language, draw)
    if question.kind == "number":
        middle, spread, low, high = question.numbers
        middle += spread * (about.normal(0, 0.3) + draw.normal(0, MOVED / 3))
        drawn = np.clip(np.round(draw.normal(middle, spread, PEOPLE)), low, high)
    else:
        n_answers = len(column.codes)
        # The answers that a later round added come behind those of the question.
        like_battery = _stream(question.block.rstrip("*"), seed).normal(0, 0.8, 30)[:n_answers]
        logits = like_battery + about.normal(0, 0.5, 30)[:n_answers]
        silent = about.uniform(-5, -2, 3)[: len(column.missing)]
        logits = np.concatenate([logits, silent])
        shares = np.exp(logits + draw.normal(0, MOVED, len(logits)))
        codes = [*column.codes, *column.missing.values()]
        drawn = draw.choice(codes, PEOPLE, p=shares / shares.sum()).astype(float)
    return np.where(draw.random(PEOPLE) < question.asked, drawn, np.nan)


def _in_words(question: Question, language: str, draw: np.random.Generator) -> list[str]:
    """Draw open answers: one or two words of a list, or nothing."""
    words = [text[language] for text in question.words]
    found = []
    for asked in draw.random(PEOPLE) < question.asked:
        count = int(draw.choice([0, 1, 2], p=[0.35, 0.45, 0.2])) if asked else 0
        text = ", ".join(draw.choice(words, count, replace=False))
        found.append(text.capitalize() if draw.random() < 0.5 else text)
    return found


def _stream(name: str, seed: int) -> np.random.Generator:
    """Give random numbers of their own to a question, whatever others are drawn."""
    return np.random.default_rng([seed, *name.encode()])
