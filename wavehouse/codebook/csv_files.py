"""Read CSV files strictly: every row must be as wide as the header, nothing is guessed."""

import csv
from collections import Counter
from dataclasses import dataclass, field
from io import StringIO
from pathlib import Path

# A broken export can repeat one problem on every line; the count says the rest.
MOST_LINES_NAMED = 5


@dataclass
class CsvFile:
    """What one CSV file holds, as far as it can be read, and what is wrong with it.

    `problems` keep the file from being read; `ambiguous` are values that not every engine reads as
    they are written.
    """

    path: Path
    columns: list[str] = field(default_factory=list)
    rows: list[dict[str, str]] = field(default_factory=list)
    row_count: int = 0
    problems: list[str] = field(default_factory=list)
    ambiguous: list[str] = field(default_factory=list)


def read_csv(path: Path, keep_rows: bool = False) -> CsvFile:
    """Read one file and note every problem in it.

    Args:
        path: a UTF-8 file, comma separated, with a header.
        keep_rows: keep the values too, not only the columns and the number of rows.

    Returns:
        the content, with problems as texts that do not repeat the file's name. Nothing is raised
        for a bad file: the caller collects the problems of all files.
    """
    result = CsvFile(path)
    raw = path.read_bytes()
    try:
        text = raw.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = raw.count(b"\n", 0, error.start) + 1
        result.problems.append(
            f"line {line}: byte 0x{raw[error.start]:02x} is not UTF-8. Save the file as UTF-8."
        )
        return result
    if not text.strip():
        result.problems.append(
            "the file is empty: it has no header. Deliver it again with a header line."
        )
        return result
    reader = csv.reader(StringIO(text, newline=""), strict=True)
    uneven: list[str] = []
    quotes: list[str] = []
    nulls: list[str] = []
    try:
        result.columns = next(reader)
        result.problems += _column_problems(result.columns)
        for values in reader:
            if len(values) != len(result.columns):
                uneven.append(_describe_uneven(reader.line_num, values, result.columns))
                continue
            result.row_count += 1
            # DuckDB begins a quoted value after blanks, dbt's reader for the others does not.
            quotes += [
                f"line {reader.line_num}, column {column}: blanks before a quote. Remove them."
                for column, value in zip(result.columns, values, strict=True)
                if value.startswith(" ") and value.lstrip(" ").startswith('"')
            ]
            # dbt's reader makes NULL of this word on some engines and keeps it on others.
            nulls += [
                f"line {reader.line_num}, column {column}: the value {value!r} looks like an "
                "empty value on some engines. Replace it by an empty value or another code."
                for column, value in zip(result.columns, values, strict=True)
                if value.strip().lower() == "null"
            ]
            if keep_rows:
                result.rows.append(dict(zip(result.columns, values, strict=True)))
    except csv.Error as error:
        result.problems.append(
            f"line {reader.line_num}: {error}. Repair the quotes: a quote inside a quoted value is "
            "written twice."
        )
    if "\0" in text:
        line = text.count("\n", 0, text.index("\0")) + 1
        result.problems.append(f"line {line} has a NUL character. Export the file as plain text.")
    result.problems += _first(uneven) + _first(quotes)
    result.ambiguous = _first(nulls)
    return result


def _column_problems(columns: list[str]) -> list[str]:
    problems = []
    for position, column in enumerate(columns, start=1):
        if not column.strip():
            problems.append(f"column {position} has no name. Give it one in the header.")
        elif column != column.strip():
            problems.append(
                f"column {column!r} begins or ends with a blank. Remove the blank in the header."
            )
        elif any(character in '"{}' or ord(character) < 32 for character in column):
            problems.append(
                f"column {column!r} has a quote, brace or control character in its name. "
                "Rename it in the header."
            )
    named = [column for column in columns if column.strip()]
    for column, count in Counter(named).items():
        if count > 1:
            problems.append(
                f"column {column} occurs {count} times in the header. Rename or remove the others."
            )
    spellings: dict[str, list[str]] = {}
    for column in dict.fromkeys(named):
        spellings.setdefault(column.lower(), []).append(column)
    problems += [
        f"columns {', '.join(same)} differ only by upper and lower case, which DuckDB does not "
        "tell apart. Rename all but one in the header."
        for same in spellings.values()
        if len(same) > 1
    ]
    return problems


def _describe_uneven(line: int, values: list[str], columns: list[str]) -> str:
    if not values:
        return (
            f'line {line} is blank. Remove it, or write "" if it is a row of one empty value.'
            if len(columns) == 1
            else f"line {line} is blank. Remove it."
        )
    return (
        f"line {line} has {len(values)} values where the header has {len(columns)} columns. "
        "Add the missing commas, or quote values that hold a comma."
    )


def _first(problems: list[str]) -> list[str]:
    more = len(problems) - MOST_LINES_NAMED
    if more <= 0:
        return problems
    return [*problems[:MOST_LINES_NAMED], f"{more} more lines with the same problem."]
