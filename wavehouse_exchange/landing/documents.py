"""Nested documents as flat tables.

An object within an object becomes columns `a.b`, a list of objects columns `a[1].b`. A list of
scalars is most often a question with several answers, so it becomes a column for each value,
`a[radio]`: 1 where the list has it, 0 where not, nothing where there is no list. Lists whose
order counts are read by position instead, as `a[1]`, `a[2]`, ..., if the options say so.
"""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from wavehouse.errors import ProblemsError
from wavehouse_exchange.landing.tables import (
    DeliveredColumn,
    DeliveredTable,
    ReadingOptions,
    Texts,
    in_chunks,
)
from wavehouse_exchange.landing.texts import common_kind, kind_of, value_text

# More different values are no list of answers to choose from.
MOST_VALUES_OF_A_LIST = 1000
MOST_PROBLEMS = 5
# Answers are never as deep; each level holds a part of the stack.
MOST_LEVELS = 50
TOO_DEEP = f"objects or lists are nested more than {MOST_LEVELS} levels deep"

Documents = Callable[[], Iterable[tuple[str, dict[str, Any]]]]


@dataclass
class _Node:
    """One place in the documents, with all that was found there."""

    children: dict[str, "_Node"] = field(default_factory=dict)
    kinds: set[str] = field(default_factory=set)
    # The values of lists of scalars; None where there was no such list.
    values: dict[str, str] | None = None
    is_scalar: bool = False
    # The columns of the value itself, and of each value of a list.
    column: int | None = None
    value_columns: dict[str, int] = field(default_factory=dict)


def document_table(
    path: Path, file_format: str, tool: str, documents: Documents, options: ReadingOptions
) -> DeliveredTable:
    """Make a flat table of documents, which are read twice: for their columns, and for their rows.

    Args:
        path: the file.
        file_format: its format.
        tool: what reads it.
        documents: gives each document with a name for its place in the file.
        options: how lists are read.

    Raises:
        ProblemsError: a list has a value twice, or too many different ones, so that columns for
            its values would not keep what it says.
    """
    by_position = options.lists == "positions"
    root = _Node()
    problems: list[str] = []
    count = 0
    for place, document in documents():
        count += 1
        if _depth(document) > MOST_LEVELS:
            problems.append(f"{place}: {TOO_DEEP}.")
        else:
            _learn(root, document, "", place, by_position, problems)
    _check_sizes(root, "", problems)
    if problems:
        more = len(problems) - MOST_PROBLEMS
        is_deep = any(problem.endswith(f"{TOO_DEEP}.") for problem in problems)
        raise ProblemsError(
            f"{path}: the documents cannot become a table. Export the file again:"
            if is_deep
            else f"{path}: the lists cannot become one column for each value. Read them by "
            "position, with --lists positions:",
            problems[:MOST_PROBLEMS] + ([f"{more} more."] if more > 0 else []),
        )
    columns: list[DeliveredColumn] = []
    _number_columns(root, "", columns)
    rows = (_texts(root, document, len(columns), by_position) for _, document in documents())
    return DeliveredTable(
        path, file_format, tool, columns, in_chunks(rows, len(columns)), expected_rows=count
    )


def _learn(
    node: _Node, value: object, name: str, place: str, by_position: bool, problems: list[str]
) -> None:
    if isinstance(value, list) and not by_position and not _is_nested(value):
        node.values = {} if node.values is None else node.values
        texts = [text for text in map(value_text, value) if text is not None]
        if len(set(texts)) < len(texts):
            problems.append(f"{place}: {name} has a value twice: {', '.join(texts)[:80]}.")
        node.values.update(
            (text, kind_of(item))
            for text, item in zip(texts, (v for v in value if value_text(v)), strict=True)
            if text not in node.values
        )
    elif isinstance(value, (dict, list)):
        for part, below in _parts(value):
            child = node.children.setdefault(part, _Node())
            _learn(child, below, _joined(name, part), place, by_position, problems)
    else:
        node.is_scalar = True
        if value is not None:
            node.kinds.add(kind_of(value))


def _depth(document: object) -> int:
    """Count the levels of a document, without going down by calls."""
    depth, level = 0, [document]
    while level and depth <= MOST_LEVELS:
        level = [
            below
            for value in level
            if isinstance(value, (dict, list))
            for below in (value.values() if isinstance(value, dict) else value)
        ]
        depth += 1
    return depth


def _check_sizes(node: _Node, name: str, problems: list[str]) -> None:
    if node.values is not None and len(node.values) > MOST_VALUES_OF_A_LIST:
        problems.append(f"{name} has {len(node.values)} different values in its lists.")
    for part, child in node.children.items():
        _check_sizes(child, _joined(name, part), problems)


def _number_columns(node: _Node, name: str, columns: list[DeliveredColumn]) -> None:
    """Give each leaf its column: in the order of the documents, and of the values of a list."""
    # A null where others have an object or a list is no column.
    if node.is_scalar and (node.kinds or (not node.children and node.values is None)):
        node.column = len(columns)
        columns.append(DeliveredColumn(name, type=common_kind(node.kinds)))
    for text in sorted(node.values or (), key=natural_order):
        node.value_columns[text] = len(columns)
        columns.append(DeliveredColumn(f"{name}[{text}]", type="number"))
    for part, child in node.children.items():
        _number_columns(child, _joined(name, part), columns)


def _texts(root: _Node, document: object, width: int, by_position: bool) -> Texts:
    texts: Texts = [None] * width

    def fill(node: _Node, value: object) -> None:
        if isinstance(value, list) and not by_position and not _is_nested(value):
            for column in node.value_columns.values():
                texts[column] = "0"
            for item in value:
                text = value_text(item)
                if text is not None:
                    texts[node.value_columns[text]] = "1"
        elif isinstance(value, (dict, list)):
            for part, below in _parts(value):
                fill(node.children[part], below)
        elif node.column is not None:
            texts[node.column] = value_text(value)

    fill(root, document)
    return texts


def _parts(value: dict[str, Any] | list[Any]) -> Iterator[tuple[str, object]]:
    """Give what is below an object or a list; a key stands apart from a place by its dot."""
    if isinstance(value, dict):
        return ((f".{key}", below) for key, below in value.items())
    return ((f"[{place}]", below) for place, below in enumerate(value, start=1))


def _joined(name: str, part: str) -> str:
    return f"{name}{part}" if name else part.removeprefix(".")


def _is_nested(values: list[Any]) -> bool:
    return any(isinstance(value, (dict, list)) for value in values)


def natural_order(text: str) -> tuple[bool, float, str]:
    """Give what sorts numbers by size, and before other texts."""
    try:
        return False, float(text), text
    except ValueError:
        return True, 0.0, text
