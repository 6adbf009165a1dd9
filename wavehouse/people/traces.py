"""Traces of erased people in texts: what only they delivered, in messages of runs, drafts and logs.

It can be known only while their rows are still there, so traces go first.
"""

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any
from urllib.parse import unquote_plus

from wavehouse.operations.run_history.run_files import operations_folder
from wavehouse.people.erasure_list import FILE
from wavehouse.project import Project
from wavehouse.writing import write_whole
from wavehouse_exchange.serving.audit import FOLDER as AUDIT
from wavehouse_exchange.serving.audit import erase_payloads

ERASED = "(erased)"
TEXTS = frozenset(
    (".csv", ".html", ".json", ".jsonl", ".log", ".md", ".sql", ".txt", ".yaml", ".yml")
)
# Made by tools, or looked at otherwise.
NOT_LOOKED_AT = frozenset(
    (".git", ".venv", ".wavehouse", "landing", "logs", "node_modules", "target", "warehouse")
)
MOST_BYTES = 50_000_000
WORD = re.compile(r"\w+")
BEFORE = re.compile(r"[\w.]")


@dataclass(frozen=True)
class Values:
    """What only erased people delivered, to be looked for.

    Args:
        texts: the values; there may be very many.
        is_of_figures: whether a figure may be one of them, as an answer is and an id is not.
    """

    texts: frozenset[str]
    is_of_figures: bool = True

    @cached_property
    def _by_word(self) -> dict[str, list[tuple[int, str]]]:
        """The values by their first word, with its place in them, the longest first.

        As they are, and as JSON writes them, with and without escapes for other letters.
        """
        forms = {
            form
            for text in self.texts
            for form in (text, *(json.dumps(text, ensure_ascii=way)[1:-1] for way in (True, False)))
        }
        found: dict[str, list[tuple[int, str]]] = {}
        for form in sorted(forms, key=len, reverse=True):
            word = WORD.search(form)
            if word:
                found.setdefault(word[0], []).append((word.start(), form))
        return found

    def _places(self, text: str) -> Iterator[tuple[int, int]]:
        """Give where values begin and end; none is part of a longer word or number."""
        end = 0
        for word in WORD.finditer(text):
            for offset, form in self._by_word.get(word[0], ()):
                start = word.start() - offset
                stop = start + len(form)
                if (
                    start >= end
                    and text.startswith(form, start)
                    and not BEFORE.match(text[start - 1 : start])
                    and not WORD.match(text[stop : stop + 1])
                ):
                    yield start, stop
                    end = stop
                    break

    def is_in(self, text: str) -> bool:
        """Tell whether a text has one of them."""
        return next(self._places(text), None) is not None

    def taken_out_of(self, text: str) -> str:
        """Give a text without them."""
        kept, end = [], 0
        for start, stop in self._places(text):
            kept += [text[end:start], ERASED]
            end = stop
        return "".join([*kept, text[end:]])

    @property
    def numbers(self) -> list[float]:
        """Those that a figure may be."""
        found: list[float] = []
        if not self.is_of_figures:
            return found
        for text in self.texts:
            try:
                found.append(float(text))
            except ValueError:
                continue
        return found


def clean_own_texts(project: Project, values: Values) -> list[str]:
    """Take values out of what Wavehouse wrote of runs, requests and edits; name the files."""
    changed = []
    for path in _own_texts(project):
        text = text_of(path)
        if text is None:
            continue
        is_log = path.parent.name == AUDIT
        # Addresses stand in the log as they were sent.
        read = unquote_plus(text) if is_log else text
        if not (values.is_in(text) or values.is_in(read)):
            continue
        if is_log:
            erase_payloads(
                path, lambda told: values.is_in(told) or values.is_in(unquote_plus(told))
            )
        elif (new := _cleaned(path, text, values)) != text:
            write_whole(path, new)
        else:
            continue
        changed.append(project.relative(path))
    return changed


def places_in_texts(project: Project, values: Values) -> list[str]:
    """Name file and line where people wrote one of the values down, for people to decide."""
    places = []
    for path in sorted(_all_texts(project)):
        text = text_of(path)
        if text is None or not values.is_in(text):
            continue
        lines = [n for n, line in enumerate(text.splitlines(), start=1) if values.is_in(line)]
        named = ", ".join(map(str, lines[:5])) + (", ..." if len(lines) > 5 else "")
        name = project.relative(path)
        places.append(f"{name}, line {named}" if lines else name)
    return places


def _own_texts(project: Project) -> Iterator[Path]:
    own = (operations_folder(project), project.warehouse / AUDIT)
    records = (project.warehouse / "quarantine").glob("[!.]*/delivery.json")
    for found in (*(folder.rglob("*") for folder in own), records):
        for path in found:
            if path.suffix in TEXTS and path.is_file() and path.name != FILE:
                yield path


def _all_texts(project: Project) -> Iterator[Path]:
    for top in project.root.iterdir():
        if top.name in NOT_LOOKED_AT or top.is_symlink():
            continue
        inner = top.rglob("*") if top.is_dir() else [top]
        for path in inner:
            is_wave = path.is_relative_to(project.waves) and path.suffix == ".csv"
            if path.suffix in TEXTS and path.is_file() and not is_wave:
                yield path
    for path in (project.root / ".wavehouse").glob("*/**/*"):
        if path.suffix in (".json", ".yml", ".yaml") and path.is_file():
            yield path


def text_of(path: Path) -> str | None:
    """Give the text of a file; None if it is none in UTF-8, or a very large one."""
    if path.stat().st_size > MOST_BYTES:
        return None
    try:
        return path.read_text(encoding="utf-8")
    except (UnicodeDecodeError, OSError):
        return None


def _cleaned(path: Path, text: str, values: Values) -> str:
    """Take values out of a text; JSON stays what it is."""
    if path.suffix == ".jsonl":
        return "".join(
            json.dumps(_walked(json.loads(line), values), ensure_ascii=False) + "\n"
            for line in text.splitlines()
        )
    if path.suffix == ".json":
        return json.dumps(_walked(json.loads(text), values), indent=2, ensure_ascii=False) + "\n"
    return values.taken_out_of(text)


def _walked(said: Any, values: Values) -> Any:  # noqa: ANN401 - whatever JSON has
    """Take values out of the sentences of some JSON; names, ids and sums are no sentences."""
    if isinstance(said, dict):
        return {
            # What a delivery was refused for.
            name: ERASED if name == "value" and value in values.texts else _walked(value, values)
            for name, value in said.items()
        }
    if isinstance(said, list):
        return [_walked(value, values) for value in said]
    return values.taken_out_of(said) if isinstance(said, str) and " " in said else said
