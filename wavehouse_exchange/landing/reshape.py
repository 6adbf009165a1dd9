"""What options make of a table: columns left out, numbers with other marks, lists within cells.

The last two need to have seen the whole file, so that it is read twice where they are asked for.
"""

import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from fnmatch import fnmatchcase
from typing import Any

import pyarrow as pa

from wavehouse.errors import ProblemsError, WavehouseError
from wavehouse_exchange.landing.documents import MOST_VALUES_OF_A_LIST, natural_order
from wavehouse_exchange.landing.mentions import mention_sets, with_answers
from wavehouse_exchange.landing.options import written
from wavehouse_exchange.landing.tables import (
    AS_DELIVERED,
    Column,
    DeliveredColumn,
    DeliveredTable,
    ReadingOptions,
    RowsOfAWave,
    Texts,
    texts_of,
)

# How many values of a column a message lists.
MOST_VALUES_NAMED = 30
# Marks that look alike, and are written one for the other.
_ALIKE = {" ": " \u00a0\u202f\u2009", "'": "'\u2019"}


def reshaped(open_again: Callable[[], DeliveredTable], options: ReadingOptions) -> DeliveredTable:
    """Open a file, with its columns, numbers and lists as the options say.

    Args:
        open_again: opens the file.
        options: how it is read.

    Raises:
        WavehouseError: a column of `cell_lists` is not there, or has too many different answers.
    """

    def as_delivered() -> DeliveredTable:
        whole = open_again()
        rows = _only_rows(whole, options.split_by) if options.split_by else whole
        return _without(rows, options.leave_out)

    empty = "0" if options.empty_lists == "none" else None
    mentions = mention_sets(as_delivered)

    def opened() -> DeliveredTable:
        return with_answers(as_delivered(), mentions, empty)

    table = opened()
    lists = _listed_columns(table, options)
    numbers = None
    if options.decimal is not None or options.thousands is not None:
        numbers = _Numbers(options.decimal or ".", options.thousands)
    if not lists and numbers is None:
        return table
    parts: dict[int, dict[str, None]] = {place: {} for place in lists}
    found = [_Marked() for _ in table.columns]
    for chunk in table.chunks:
        for place, column in enumerate(chunk):
            if place in lists:
                for text in set(texts_of(column)) - {None}:
                    parts[place].update(dict.fromkeys(_parts(text or "", lists[place])))
            elif numbers is not None:
                found[place].look(texts_of(column), numbers)
    _check_sizes(table, parts)
    answers = {place: sorted(known, key=natural_order) for place, known in parts.items()}
    # Types are final only now: numbers of a workbook have no marks.
    found = [
        seen if column.type == "text" else _Marked()
        for seen, column in zip(found, table.columns, strict=True)
    ]
    table = opened()
    converted = {place for place, seen in enumerate(found) if seen.is_marked and not seen.odd}
    said = replace(AS_DELIVERED, decimal=options.decimal, thousands=options.thousands)
    table.notes += [
        f"{table.path.name}, column {table.columns[place].name}: {seen.odd!r} is not a number "
        f"(with {written(said)}), although {seen.is_marked!r} is. So the column stays as "
        "delivered."
        for place, seen in enumerate(found)
        if seen.is_marked and seen.odd
    ]
    changed = _with_answers(table, answers)
    changed.chunks = _changed_chunks(table.chunks, converted, numbers, lists, answers, empty)
    return changed


@dataclass
class _Marked:
    """What was seen of a column: a number with a mark, and a text with digits that is no number."""

    is_marked: str = ""
    odd: str = ""
    known: set[str] = field(default_factory=set)

    def look(self, texts: Texts, numbers: "_Numbers") -> None:
        if self.is_marked and self.odd:
            return
        for text in set(texts):
            if text is None or not any(character.isdigit() for character in text):
                continue
            number = numbers.of(text)
            if number is None:
                self.odd = self.odd or text
            elif number != text.strip():
                self.is_marked = self.is_marked or text


class _Numbers:
    """Numbers as a country writes them, as numbers of the warehouse."""

    def __init__(self, decimal: str, thousands: str | None) -> None:
        blanks = _ALIKE.get(thousands or "", thousands or "")
        self._thousands = f"[{re.escape(blanks)}]" if blanks else None
        self._decimal = decimal
        whole = r"\d+"
        if self._thousands:
            groups = self._thousands
            # Groups of three, or of two before the last three, as in India.
            by_three, by_two = rf"\d{{1,3}}(?:{groups}\d{{3}})+", rf"\d{{1,2}}(?:{groups}\d{{2}})+"
            whole = rf"(?:{by_three}|{by_two}{groups}\d{{3}}|\d+)"
        mark = re.escape(decimal)
        self._pattern = re.compile(rf"[+-]?(?:{whole}(?:{mark}\d*)?|{mark}\d+)(?:[eE][+-]?\d+)?")

    def of(self, text: str) -> str | None:
        """Give a number with a point and without groups; None if the text is no such number."""
        bare = text.strip()
        if not bare.isascii() and any(c.isdigit() and not c.isascii() for c in bare):
            return None
        if not self._pattern.fullmatch(bare):
            return None
        if self._thousands:
            bare = re.sub(self._thousands, "", bare)
        return bare.replace(self._decimal, ".")


def _listed_columns(table: DeliveredTable, options: ReadingOptions) -> dict[int, str]:
    """Give the mark of each column that holds lists."""
    lists: dict[int, str] = {}
    for wanted in options.cell_lists:
        places = [
            place
            for place, column in enumerate(table.columns)
            if fnmatchcase(column.name, wanted.column)
        ]
        if not places:
            there = ", ".join(column.name for column in table.columns[:20])
            raise WavehouseError(
                f"{table.path}: --lists {wanted.column}={wanted.mark}: there is no column "
                f"{wanted.column}. There are {there}."
            )
        lists |= dict.fromkeys(places, wanted.mark)
    return lists


def values_of(table: DeliveredTable, column: str) -> dict[str, int]:
    """Count the values of a column, blanks around them taken off; this goes through the table.

    Raises:
        WavehouseError: there is no such column.
    """
    place = _place_of(table, column)
    counts: dict[str, int] = {}
    for chunk in table.chunks:
        for text in texts_of(chunk[place]):
            counts[(text or "").strip()] = counts.get((text or "").strip(), 0) + 1
    return dict(sorted(counts.items(), key=lambda item: natural_order(item[0])))


def _place_of(table: DeliveredTable, column: str) -> int:
    for place, each in enumerate(table.columns):
        if each.name.casefold() == column.casefold():
            return place
    there = ", ".join(each.name for each in table.columns[:20])
    raise WavehouseError(
        f"{table.path}: --split-by {column}: there is no column {column}. There are {there}."
    )


def _only_rows(table: DeliveredTable, wanted: RowsOfAWave) -> DeliveredTable:
    """Keep the rows of one wave. Whether the file is whole is seen here, where all rows are."""
    place = _place_of(table, wanted.column)
    expected = table.expected_rows

    def kept() -> Iterator[list[Column]]:
        row_count = found = 0
        seen: set[str] = set()
        for chunk in table.chunks:
            values = [(text or "").strip() for text in texts_of(chunk[place])]
            row_count += len(values)
            seen |= set(values) if len(seen) <= MOST_VALUES_NAMED else set()
            rows = [row for row, value in enumerate(values) if value == wanted.value]
            found += len(rows)
            if rows:
                yield [_rows_of(column, rows) for column in chunk]
        if expected not in {None, row_count}:
            raise WavehouseError(
                f"{table.path}: the file says that it has {expected} rows, but only {row_count} "
                "can be read. Ask for a new delivery."
            )
        if not found:
            named = ", ".join(sorted(filter(None, seen), key=natural_order)[:MOST_VALUES_NAMED])
            raise WavehouseError(
                f"{table.path}: --split-by {wanted.column}: no row has the value "
                f"{wanted.value!r}. There are {named}. Give the wave one of these ids, or write "
                f"--split-by {wanted.column}=VALUE."
            )

    return replace(table, chunks=kept(), expected_rows=None)


def _rows_of(column: Column, rows: list[int]) -> Column:
    if isinstance(column, pa.Array):
        return column.take(pa.array(rows, pa.int64()))
    return [column[row] for row in rows]


def matching(columns: Iterable[str], patterns: Iterable[str]) -> list[str]:
    """Give the columns that are named, or that a pattern with `*` covers; case does not count."""
    wanted = [pattern.casefold() for pattern in patterns]
    return [
        column
        for column in columns
        if any(fnmatchcase(column.casefold(), _literal(pattern)) for pattern in wanted)
    ]


def _literal(pattern: str) -> str:
    """Let only the star be special: names such as languages[R] have brackets."""
    return "".join(f"[{c}]" if c in "[?" else c for c in pattern)


def _without(table: DeliveredTable, patterns: Sequence[str]) -> DeliveredTable:
    """Leave columns out, with all that is known of them."""
    left_out = set(matching([column.name for column in table.columns], patterns))
    if not left_out:
        return table
    kept = [place for place, c in enumerate(table.columns) if c.name not in left_out]
    if not kept:
        raise WavehouseError(f"{table.path}: --leave-out leaves no column. Name fewer.")
    return replace(with_places(table, kept), left_out=sorted(left_out))


def with_places(table: DeliveredTable, kept: Sequence[int]) -> DeliveredTable:
    """Keep the columns at these places, with all that is known of them."""
    moved = {old: new for new, old in enumerate(kept)}
    return replace(
        table,
        columns=[table.columns[place] for place in kept],
        chunks=([chunk[place] for place in kept] for chunk in table.chunks),
        value_labels={moved[p]: known for p, known in table.value_labels.items() if p in moved},
        missing_ranges={moved[p]: known for p, known in table.missing_ranges.items() if p in moved},
        missing_codes=_Moved(table.missing_codes, moved),
    )


def _check_sizes(table: DeliveredTable, parts: dict[int, dict[str, None]]) -> None:
    problems = [
        f"column {table.columns[place].name} has {len(known):,} different answers in its lists, "
        f"but at most {MOST_VALUES_OF_A_LIST:,} can become columns. Name another mark, or leave "
        "out the option."
        for place, known in parts.items()
        if len(known) > MOST_VALUES_OF_A_LIST
    ]
    if problems:
        raise ProblemsError(f"{table.path}: lists cannot become columns:", problems)


def _changed_chunks(
    chunks: Iterator[Sequence[Column]],
    converted: set[int],
    numbers: _Numbers | None,
    lists: dict[int, str],
    answers: dict[int, list[str]],
    empty: str | None,
) -> Iterator[list[Column]]:
    for chunk in chunks:
        changed: list[Column] = []
        for place, column in enumerate(chunk):
            if place in lists:
                cells = [
                    None if text is None else frozenset(_parts(text, lists[place]))
                    for text in texts_of(column)
                ]
                # A cell of nothing but marks is an empty one.
                changed += [
                    [empty if not cell else "1" if answer in cell else "0" for cell in cells]
                    for answer in answers[place]
                ]
            elif place in converted and numbers is not None:
                texts = texts_of(column)
                known = {text: text and (numbers.of(text) or text) for text in set(texts)}
                changed.append([known[text] for text in texts])
            else:
                changed.append(column)
        yield changed


def _with_answers(table: DeliveredTable, answers: dict[int, list[str]]) -> DeliveredTable:
    """Put a column for each answer in the place of its list, and move what is known of others."""
    columns: list[DeliveredColumn] = []
    moved: dict[int, int] = {}
    for place, column in enumerate(table.columns):
        if place not in answers:
            moved[place] = len(columns)
            columns.append(column)
            continue
        columns += [
            DeliveredColumn(
                f"{column.name}[{answer}]",
                f"{column.label}: {answer}" if column.label else None,
                "number",
            )
            for answer in answers[place]
        ]
    return replace(
        table,
        columns=columns,
        value_labels={
            moved[place]: known for place, known in table.value_labels.items() if place in moved
        },
        missing_ranges={
            moved[place]: known for place, known in table.missing_ranges.items() if place in moved
        },
        missing_codes=_Moved(table.missing_codes, moved),
    )


class _Moved(dict[int, set[str]]):
    """What a reader learns of its columns on the way, seen from the columns that were made."""

    def __init__(self, learned: dict[int, set[str]], moved: dict[int, int]) -> None:
        super().__init__()
        self._learned = learned
        self._origin = {new: old for old, new in moved.items()}

    def get(self, place: int, default: Any = None) -> Any:  # noqa: ANN401 (dict's own)
        return self._learned.get(self._origin.get(place, -1), default)


def _parts(text: str, mark: str) -> list[str]:
    return [part for part in (piece.strip() for piece in text.split(mark)) if part]
