"""CSV and TSV files: delimiter and encoding are found out, every value is text."""

import codecs
import csv
import re
from collections.abc import Iterator
from dataclasses import dataclass
from io import StringIO
from pathlib import Path

import pyarrow as pa
import pyarrow.csv as pc

from wavehouse.errors import ProblemsError, WavehouseError
from wavehouse_exchange.landing.headers import header_of, refuse_answers, refuse_import_ids
from wavehouse_exchange.landing.options import NO_ESCAPE
from wavehouse_exchange.landing.tables import DeliveredColumn, DeliveredTable, ReadingOptions
from wavehouse_exchange.landing.text_files import (
    BLOCK_BYTES,
    check_text_file,
    guessed_encoding,
    lone_quotes,
    too_long,
)

DELIMITERS = (",", ";", "\t", "|")
# Enough to see the header and the delimiter.
SAMPLE_BYTES = 1 << 18
MOST_ROWS_NAMED = 5
# Enough to see that the first row has answers like those below it.
ROWS_SEEN = 200
# Longer texts are cut off by no reader: rows have a limit of their own.
csv.field_size_limit(2 * BLOCK_BYTES)
# What a text is taken for that is not UTF-8 and has no byte order mark.
GUESSED = "cp1252"
NOT_ASCII = re.compile(r"\w*[^\x00-\x7f]\w*")
BYTE_ORDER_MARKS = (
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)


@dataclass(frozen=True)
class _Marks:
    """What separates values, and what stands before a quote within one."""

    delimiter: str
    escape: str | None


def open_delimited(path: Path, options: ReadingOptions) -> DeliveredTable:
    """Open a file of delimited text with a header.

    Raises:
        WavehouseError: its encoding, delimiter or header cannot be made out.
    """
    encoding = options.encoding or find_encoding(path)
    escape = "" if options.escape == NO_ESCAPE else options.escape
    check_text_file(path, encoding, quoted=True, escape=escape)
    notes = [] if options.encoding else encoding_notes(path, encoding)
    sample = _sample(path, encoding)
    if not sample.strip():
        raise WavehouseError(
            f"{path}: the file is empty: it has no header. Ask for a new delivery."
        )
    delimiter = options.delimiter or _find_delimiter(sample, path, escape or None)
    marks = _Marks(delimiter, escape or None)
    above = _rows_above(path, sample, marks, options)
    names, labels = header_of(above, options)
    return DeliveredTable(
        path,
        path.suffix[1:].lower(),
        f"pyarrow {pa.__version__}",
        [DeliveredColumn(name, label) for name, label in zip(names, labels, strict=True)],
        _chunks(path, encoding, marks, names, len(options.header_rows) or 1),
        encoding=encoding,
        notes=notes,
    )


def _rows_above(path: Path, sample: str, marks: _Marks, options: ReadingOptions) -> list[list[str]]:
    """Give the rows above the answers, all as wide as the names."""
    reader = csv.reader(
        StringIO(sample, newline=""), delimiter=marks.delimiter, escapechar=marks.escape
    )
    count = len(options.header_rows) or 1
    try:
        rows = [row for _, row in zip(range(max(count + 2, ROWS_SEEN)), reader, strict=False)]
    except csv.Error as error:
        raise WavehouseError(
            f"{path}: line {reader.line_num}: the header cannot be read ({error}). Have the file "
            "exported again as plain text."
        ) from error
    if len(rows) < count:
        raise WavehouseError(f"{path}: there are fewer than the {count} rows of --header-rows.")
    refuse_import_ids(path, rows, options)
    refuse_answers(path, rows, options)
    names = rows[options.header_rows.index("names") if options.header_rows else 0]
    uneven = [str(place) for place, row in enumerate(rows[:count], 1) if len(row) != len(names)]
    if uneven:
        raise WavehouseError(
            f"{path}: row {', '.join(uneven)} of the header does not have the {len(names)} "
            "columns of the names. Say with --header-rows what the rows are, and with "
            "--delimiter what separates values."
        )
    return rows[:count]


def looks_plain(path: Path) -> bool:
    """Say whether a file is in UTF-8 and has commas between its values.

    Raises:
        WavehouseError: it has what no text has, or an endless row.
    """
    encoding = find_encoding(path)
    if encoding not in {"utf-8", "utf-8-sig"}:
        return False
    check_text_file(path, encoding, quoted=True, escape=None)
    sample = _sample(path, encoding)
    try:
        # Such a file is refused as a seed, in its own words.
        return not sample.strip() or _find_delimiter(sample, path) == ","
    except csv.Error:
        return True


def find_encoding(path: Path) -> str:
    """Find out how a text file is encoded.

    A byte order mark says it. Without one, a text that reads as UTF-8 is UTF-8, one with a NUL in
    every other byte is UTF-16, and what is left is taken for Windows-1252, which has Latin-1 in it.
    """
    with path.open("rb") as file:
        start = file.read(SAMPLE_BYTES)
        for mark, encoding in BYTE_ORDER_MARKS:
            if start.startswith(mark):
                return encoding
        even, odd = start[::2].count(0), start[1::2].count(0)
        if max(even, odd) > len(start) // 5:
            return "utf-16-be" if even > odd else "utf-16-le"
        file.seek(0)
        decoder = codecs.getincrementaldecoder("utf-8")()
        try:
            while block := file.read(BLOCK_BYTES):
                decoder.decode(block)
            decoder.decode(b"", final=True)
        except UnicodeDecodeError:
            return GUESSED
    return "utf-8"


def encoding_notes(path: Path, encoding: str) -> list[str]:
    """Say so if the encoding is a guess, with a text that shows whether it is a good one."""
    if encoding != GUESSED:
        return []
    with path.open(encoding=encoding, errors="replace", newline="") as file:
        words = (word for line in file for word in NOT_ASCII.findall(line[:BLOCK_BYTES]))
        return [guessed_encoding(path, encoding, words)]


def _sample(path: Path, encoding: str) -> str:
    try:
        with path.open(encoding=encoding, newline="") as file:
            return file.read(SAMPLE_BYTES)
    except LookupError as error:
        raise WavehouseError(
            f"{path}: {encoding} is not an encoding. Name one such as utf-8, cp1252 or latin-1."
        ) from error
    except UnicodeError as error:
        raise WavehouseError(_undecodable(path, encoding, error)) from error


def _find_delimiter(sample: str, path: Path, escape: str | None = None) -> str:
    """Take the delimiter that makes the rows as wide as their header, and the header widest."""
    if path.suffix.lower() in {".tsv", ".tab"}:
        return "\t"

    def even_rows(delimiter: str) -> tuple[bool, int]:
        text = StringIO(sample, newline="")
        rows = list(csv.reader(text, delimiter=delimiter, escapechar=escape))
        # The sample may end within the last row.
        rows = [row for row in (rows[:-1] if len(rows) > 2 else rows) if row]
        width = len(rows[0])
        return width > 1 and all(len(row) == width for row in rows), width

    return max(DELIMITERS, key=even_rows)


def _chunks(
    path: Path, encoding: str, marks: _Marks, names: list[str], header_rows: int
) -> Iterator[list[pa.Array]]:
    uneven: list[str] = []

    def note(row: pc.InvalidRow) -> str:
        uneven.append(
            f"row {row.number}, which is {row.text[:60]!r}, has {row.actual_columns} values."
            if row.number is not None
            else f"the row {row.text[:60]!r} has {row.actual_columns} values."
        )
        return "skip"

    # Names of our own, as pyarrow would mix up columns with the same one.
    columns = [str(place) for place in range(len(names))]
    try:
        reader = pc.open_csv(
            path,
            read_options=pc.ReadOptions(
                use_threads=False,
                block_size=BLOCK_BYTES,
                column_names=columns,
                skip_rows_after_names=header_rows,
                encoding=encoding,
            ),
            parse_options=pc.ParseOptions(
                delimiter=marks.delimiter,
                escape_char=marks.escape or False,
                newlines_in_values=True,
                invalid_row_handler=note,
            ),
            convert_options=pc.ConvertOptions(
                column_types={column: pa.string() for column in columns},
                null_values=[""],
                strings_can_be_null=True,
            ),
        )
        last: list[pa.Array] = []
        for batch in reader:
            last = batch.columns
            yield last
    except UnicodeError as error:
        raise WavehouseError(_undecodable(path, encoding, error)) from error
    except pa.ArrowInvalid as error:
        if "straddl" in str(error):
            raise WavehouseError(too_long(path, "somewhere in it")) from error
        raise WavehouseError(
            f"{path}: the file cannot be read as text in {encoding}, delimited by "
            f"{marks.delimiter!r}: {error}. Name others with --encoding and --delimiter, or ask "
            "for a new delivery."
        ) from error
    if _swallows_the_rest(path, last, marks.escape):
        raise WavehouseError(
            f"{path}: a quote is opened but never closed, so the last row contains the rest of "
            "the file. Repair the quotes: a quote inside a quoted value is written twice."
        )
    if uneven:
        more = len(uneven) - MOST_ROWS_NAMED
        raise ProblemsError(
            f"{path}: {len(uneven)} row(s) are not as wide as the header with its {len(names)} "
            f"columns. Quote values that hold {marks.delimiter!r}, or name the delimiter with "
            "--delimiter:",
            uneven[:MOST_ROWS_NAMED] + ([f"{more} more rows."] if more > 0 else []),
        )


def _swallows_the_rest(path: Path, last: list[pa.Array], escape: str | None) -> bool:
    """Say if the last row goes on over several lines and the file's quotes do not pair."""
    if not any(len(column) and "\n" in (column[-1].as_py() or "") for column in last):
        return False
    with path.open("rb") as file:
        blocks = iter(lambda: file.read(BLOCK_BYTES), b"")
        return sum(lone_quotes(block, escape) for block in blocks) % 2 > 0


def _undecodable(path: Path, encoding: str, error: UnicodeError) -> str:
    return f"{path}: the text is not {encoding} ({error}). Name its encoding with --encoding."
