"""How a file is to be read, where it does not say it itself: checked, written down, read again.

The options of a file are kept as words of the command line, such as `--encoding cp1250`: in the
landed wave, in its draft, and in the column `reading_options` of `deliveries.csv`.
"""

import codecs
import shlex
from collections.abc import Sequence
from dataclasses import fields, replace
from pathlib import Path

from wavehouse.codebook.ids import shown
from wavehouse.errors import WavehouseError
from wavehouse_exchange.landing.tables import CellList, ReadingOptions, RowsOfAWave

TEXT_FORMATS = frozenset({"csv", "tsv", "tab", "txt"})
DOCUMENT_FORMATS = frozenset({"ndjson", "jsonl"})
STATISTICAL_FORMATS = frozenset({"sav", "zsav", "por", "dta", "xpt", "sas7bdat"})
# Files of a database, with tables as a workbook has sheets.
SQLITE_FORMATS = frozenset({"db", "sqlite", "sqlite3"})
SHEET_FORMATS = frozenset({"xlsx"})
TABLE_FORMATS = TEXT_FORMATS | SHEET_FORMATS
# Columns of texts, with names that stand apart from the rows.
NAMED_FORMATS = STATISTICAL_FORMATS | SQLITE_FORMATS
NESTED_FORMATS = DOCUMENT_FORMATS | {"parquet", "bson"}

# Which formats an option is for: where it says nothing of a file, it is not kept with it.
_FITS = {
    "encoding": TEXT_FORMATS | DOCUMENT_FORMATS | STATISTICAL_FORMATS,
    "delimiter": TEXT_FORMATS,
    "escape": TEXT_FORMATS,
    "sheet": SHEET_FORMATS | SQLITE_FORMATS,
    "decimal": TABLE_FORMATS | SQLITE_FORMATS,
    "thousands": TABLE_FORMATS | SQLITE_FORMATS,
    "header_rows": TABLE_FORMATS,
    "lists": NESTED_FORMATS,
    "cell_lists": TABLE_FORMATS | NAMED_FORMATS,
    "empty_lists": TABLE_FORMATS | NAMED_FORMATS,
    "leave_out": TABLE_FORMATS | NAMED_FORMATS | NESTED_FORMATS,
    "catalogues": STATISTICAL_FORMATS,
    "split_by": TABLE_FORMATS | NAMED_FORMATS | NESTED_FORMATS,
}
_NAMED_MARKS = {"tab": "\t", "\\t": "\t", "newline": "\n", "\\n": "\n", "blank": " "}
HEADER_WORDS = ("names", "labels", "ids", "skip")
NO_ESCAPE = "none"
_USUAL_HEADERS = {"1": ("names",), "2": ("names", "labels"), "3": ("names", "labels", "ids")}


def mark(option: str, text: str) -> str:
    """Give the one character that an option names.

    Raises:
        WavehouseError: it is another number of characters.
    """
    found = _NAMED_MARKS.get(text, text)
    if len(found) != 1:
        raise WavehouseError(
            f"--{option} {text!r}: give one character, or one of {', '.join(_NAMED_MARKS)}."
        )
    return found


def header_rows(text: str) -> tuple[str, ...]:
    """Give what each row above the answers holds.

    Args:
        text: a number, for names, labels and import ids in this order, or words.

    Raises:
        WavehouseError: it says nothing of the kind, or not once where the names are.
    """
    rows = _USUAL_HEADERS.get(text) or tuple(part.strip() for part in text.split(","))
    if rows.count("names") != 1 or rows.count("labels") > 1 or set(rows) - set(HEADER_WORDS):
        raise WavehouseError(
            f"--header-rows {text}: write 1, 2 or 3 (names, labels, import ids), or a word for "
            f"each row, such as skip,names,labels. The words are {', '.join(HEADER_WORDS)}; names "
            "must occur once."
        )
    return rows


def cell_list(text: str) -> CellList:
    """Give the column that `COLUMN=MARK` names, and what stands between its answers.

    Raises:
        WavehouseError: it names none.
    """
    column, _, between = text.rpartition("=")
    if not column:
        raise WavehouseError(
            f"--lists {text}: write indicators or positions for nested files, or COLUMN=MARK for "
            "a column with several answers in a cell, such as 'languages=;'."
        )
    return CellList(column, mark("lists", between))


def rows_of_a_wave(text: str) -> RowsOfAWave:
    """Give the column that `COLUMN` or `COLUMN=VALUE` names, and the value of the wave's rows.

    Raises:
        WavehouseError: it names no column.
    """
    column, _, value = text.partition("=")
    if not column.strip():
        raise WavehouseError(
            f"--split-by {text}: name the column that says which wave a row is of, such as year. "
            "Or write COLUMN=VALUE if the file has another value for the wave, such as "
            "'wave=Round 3'."
        )
    return RowsOfAWave(column.strip(), value.strip())


def of_wave(options: ReadingOptions, wave_id: str) -> ReadingOptions:
    """Let the rows of a file with several waves be those with the wave's id, if none are named."""
    if options.split_by is None or options.split_by.value:
        return options
    return replace(options, split_by=RowsOfAWave(options.split_by.column, wave_id))


def reading_options(
    *,
    encoding: str | None = None,
    delimiter: str | None = None,
    sheet: str | None = None,
    decimal: str | None = None,
    thousands: str | None = None,
    headers: str | None = None,
    lists: Sequence[str] = (),
    empty_lists: str | None = None,
    leave_out: Sequence[str] = (),
    split_by: str | None = None,
    escape: str | None = None,
) -> ReadingOptions:
    """Give the options from the words that a user wrote.

    Raises:
        WavehouseError: a word says nothing that can be.
    """
    if encoding is not None:
        try:
            codecs.lookup(encoding)
        except (LookupError, ValueError) as error:
            raise WavehouseError(
                f"--encoding {shown(encoding)}: there is no such encoding. Name one such as utf-8, "
                "cp1252 (Western Europe), cp1250 or iso-8859-2 (Central Europe), cp1251 (Cyrillic)."
            ) from error
    nested = [word for word in lists if word in {"indicators", "positions"}]
    made = ReadingOptions(
        encoding,
        None if delimiter is None else mark("delimiter", delimiter),
        sheet,
        nested[-1] if nested else "indicators",
        None if decimal is None else mark("decimal", decimal),
        None if thousands is None else mark("thousands", thousands),
        header_rows(headers) if headers else (),
        tuple(cell_list(word) for word in lists if word not in nested),
        empty_lists or "missing",
        tuple(dict.fromkeys(leave_out)),
        rows_of_a_wave(split_by) if split_by else None,
        escape=escape if escape in {None, NO_ESCAPE} else mark("escape", escape),
    )
    if made.escape is not None and made.escape in {'"', "\n", made.delimiter}:
        raise WavehouseError(
            f"--escape {_named(made.escape)}: name the mark that stands before a quote, such as "
            "\\. A quote that is written twice needs no option."
        )
    for option, given in (("decimal", made.decimal), ("thousands", made.thousands)):
        if given is not None and (given.isalnum() or given in "+-"):
            raise WavehouseError(f"--{option} {given!r} is part of numbers. Name another mark.")
    if made.thousands is not None and made.thousands == (made.decimal or "."):
        raise WavehouseError(
            f"--thousands {made.thousands!r} is the decimal mark too. Name it with --decimal."
        )
    return made


def written(options: ReadingOptions) -> str:
    """Write options as words of the command line; nothing where they are the usual ones."""
    words: list[str] = []
    for name, value in (
        ("--encoding", options.encoding),
        ("--delimiter", _named(options.delimiter)),
        ("--escape", _named(options.escape)),
        ("--sheet", options.sheet),
        ("--decimal", _named(options.decimal)),
        ("--thousands", _named(options.thousands)),
        ("--header-rows", ",".join(options.header_rows)),
    ):
        words += [name, value] if value else []
    if options.lists != "indicators":
        words += ["--lists", options.lists]
    for column in options.cell_lists:
        words += ["--lists", f"{column.column}={_named(column.mark)}"]
    if options.empty_lists != "missing":
        words += ["--empty-lists", options.empty_lists]
    for name in sorted(options.leave_out):
        words += ["--leave-out", name]
    if options.split_by is not None:
        words += ["--split-by", "=".join(filter(None, vars(options.split_by).values()))]
    return shlex.join(words)


def parsed(text: str) -> ReadingOptions:
    """Read what `written` wrote.

    Raises:
        WavehouseError: it is something else.
    """
    try:
        words = shlex.split(text)
    except ValueError as error:
        raise WavehouseError(f"reading options {text!r}: {error}. Correct the quotes.") from error
    single: dict[str, str] = {}
    several: dict[str, list[str]] = {"--lists": [], "--leave-out": []}
    if len(words) % 2:
        raise WavehouseError(f"reading options {text!r}: an option has no value. Add it.")
    names = {
        "--header-rows": "headers",
        **{
            f"--{name.replace('_', '-')}": name
            for name in _FITS
            if name not in {"header_rows", "lists", "cell_lists", "leave_out", "catalogues"}
        },
    }
    for name, value in zip(words[::2], words[1::2], strict=True):
        if name in several:
            several[name].append(value)
        elif name in names:
            single[names[name]] = value
        else:
            raise WavehouseError(
                f"reading options {text!r}: there is no option {name}. There are "
                f"{', '.join(sorted([*names, *several]))}."
            )
    return reading_options(**single, lists=several["--lists"], leave_out=several["--leave-out"])


def fitting(options: ReadingOptions, path: Path) -> ReadingOptions:
    """Give those of the options that say something of a file, by its format."""
    usual = ReadingOptions()
    file_format = path.suffix[1:].lower()
    return replace(
        options,
        **{name: getattr(usual, name) for name, fits in _FITS.items() if file_format not in fits},
    )


def for_each(options: ReadingOptions, paths: Sequence[Path]) -> list[ReadingOptions]:
    """Give each file those of the options that say something of it.

    Raises:
        WavehouseError: an option says something of none of the files.
    """
    chosen = [fitting(options, path) for path in paths]
    usual = ReadingOptions()
    for each in fields(options):
        value = getattr(options, each.name)
        if value != getattr(usual, each.name) and all(
            getattr(one, each.name) != value for one in chosen
        ):
            said = written(replace(usual, **{each.name: value}))
            names = ", ".join(path.name for path in paths)
            known = ", ".join(f".{name}" for name in sorted(_FITS[each.name]))
            raise WavehouseError(
                f"{said} does not apply to {names}: it is for {known} files. Leave it out."
            )
    return chosen


def _named(character: str | None) -> str:
    return {"\t": "tab", "\n": "newline", " ": "blank"}.get(character or "", character or "")
