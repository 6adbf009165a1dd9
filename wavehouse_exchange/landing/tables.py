"""What a reader gives: the columns of one delivered file, and its rows as text, in chunks."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import pyarrow as pa

# Values of a chunk: readers hold one chunk, so this bounds their memory.
VALUES_OF_A_CHUNK = 2_000_000
FEWEST_ROWS_OF_A_CHUNK = 500

Texts = list[str | None]
# One column of a chunk: texts, or an array of them where the reader makes arrays anyway.
Column = Texts | pa.Array


@dataclass(frozen=True)
class CellList:
    """A column, or several by a pattern with `*`, with many answers in a cell, and their mark."""

    column: str
    mark: str


@dataclass(frozen=True)
class RowsOfAWave:
    """The column of a file with several waves that says which a row is of, and what it says then.

    `value` is empty until the wave is known: then it is the wave's id.
    """

    column: str
    value: str = ""


@dataclass(frozen=True)
class ReadingOptions:
    """What a file does not say of itself; None lets the reader find out.

    `lists` says what becomes of lists of scalars in nested files: `indicators`, a column for each
    value, or `positions`, a column for each place. `escape` is the mark before a quote, or before
    itself, within a text file's value; `none` says that a backslash there is part of the value.
    `decimal` and `thousands` are the marks within
    numbers that are delivered as text. `header_rows` says what each row above the answers holds:
    names, labels, ids or skip. `empty_lists` says what an empty cell of a column in `cell_lists`
    means: `missing`, nothing is known, or `none`, none of the answers was chosen. `leave_out` are
    columns, by name or with `*`, that are not landed at all. `split_by` says which rows are the
    wave's, in a file that holds several waves. `catalogues` are files of SAS with the labels of
    codes, which are delivered beside the data.
    """

    encoding: str | None = None
    delimiter: str | None = None
    sheet: str | None = None
    lists: str = "indicators"
    decimal: str | None = None
    thousands: str | None = None
    header_rows: tuple[str, ...] = ()
    cell_lists: tuple[CellList, ...] = ()
    empty_lists: str = "missing"
    leave_out: tuple[str, ...] = ()
    split_by: RowsOfAWave | None = None
    catalogues: tuple[Path, ...] = ()
    escape: str | None = None


AS_DELIVERED = ReadingOptions()


@dataclass(frozen=True)
class ResponseSet:
    """Columns that a file calls one question with several answers.

    Attributes:
        name: its name in the file.
        label: what was asked; may be empty.
        counted_code: the code that says that the answer was chosen, where each column is one that
            is chosen or not; empty where each column is a mention, and its code the answer.
        columns: the columns, in the file's order.
    """

    name: str
    label: str
    counted_code: str
    columns: tuple[str, ...]


@dataclass
class DeliveredColumn:
    """One column of a file; its type is final only when all rows are read."""

    name: str
    label: str | None = None
    type: str = "text"
    display_format: str | None = None


@dataclass
class DeliveredTable:
    """One file. Labels and ranges are those of the columns, by position.

    `notes` are what was assumed and somebody should look at, such as an encoding. `chunks` give
    for each column the texts of some rows, and can be gone through once. After that the rest is
    final: a reader may complete it on the way. `left_out` are the names of columns that the file
    has and that are not landed.
    """

    path: Path
    file_format: str
    tool: str
    columns: list[DeliveredColumn]
    chunks: Iterable[Sequence[Column]]
    value_labels: dict[int, dict[str, str]] = field(default_factory=dict)
    missing_ranges: dict[int, list[tuple[str | None, str | None]]] = field(default_factory=dict)
    missing_codes: dict[int, set[str]] = field(default_factory=dict)
    encoding: str | None = None
    expected_rows: int | None = None
    notes: list[str] = field(default_factory=list)
    left_out: list[str] = field(default_factory=list)
    response_sets: list[ResponseSet] = field(default_factory=list)

    @property
    def name(self) -> str:
        """The table's name: that of the file without its ending."""
        return self.path.name.split(".")[0] or self.path.stem


def rows_of_a_chunk(column_count: int) -> int:
    """Give the number of rows that are held at once."""
    return max(FEWEST_ROWS_OF_A_CHUNK, VALUES_OF_A_CHUNK // max(column_count, 1))


def in_chunks(rows: Iterable[Texts], column_count: int) -> Iterator[list[Texts]]:
    """Turn rows into chunks of columns."""
    size = rows_of_a_chunk(column_count)
    held: list[Texts] = []
    for row in rows:
        held.append(row)
        if len(held) >= size:
            yield [list(column) for column in zip(*held, strict=True)]
            held = []
    if held:
        yield [list(column) for column in zip(*held, strict=True)]


def texts_of(column: Column) -> Texts:
    """Give a column of a chunk as texts."""
    return column.to_pylist() if isinstance(column, pa.Array) else list(column)


def within(code: str, low: str | None, high: str | None) -> bool:
    """Whether a code lies in a range that a file declares as missing; None is an open end."""
    if low == high:
        return code == low
    try:
        value = float(code)
        return (low is None or float(low) <= value) and (high is None or value <= float(high))
    except ValueError:
        # Dates as text are in the order of their days.
        return (low is None or low <= code) and (high is None or code <= high)
