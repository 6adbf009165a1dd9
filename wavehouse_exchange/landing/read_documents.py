"""NDJSON files: one JSON object a line, as document stores export them.

Objects of MongoDB's Extended JSON, such as `{"$oid": ...}`, are read as what they stand for.
"""

import json
import re
from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path
from typing import Any

from wavehouse.errors import ProblemsError, WavehouseError
from wavehouse_exchange.landing.documents import TOO_DEEP, document_table
from wavehouse_exchange.landing.read_delimited import encoding_notes, find_encoding
from wavehouse_exchange.landing.tables import DeliveredTable, ReadingOptions
from wavehouse_exchange.landing.text_files import check_text_file

MOST_LINES_NAMED = 5
# More digits are no double precision, but a number that is kept with all of them.
DIGITS_OF_A_DOUBLE = 17
HALF_CHARACTER = re.compile(r"\\u[dD][89a-fA-F]")


def open_documents(path: Path, options: ReadingOptions) -> DeliveredTable:
    """Open a file with one object a line.

    Raises:
        ProblemsError: lines are no objects, or cannot be flattened.
        WavehouseError: its text is in another encoding.
    """
    encoding = options.encoding or find_encoding(path)
    check_text_file(path, encoding, quoted=False)

    def documents() -> Iterator[tuple[str, dict[str, Any]]]:
        problems: list[str] = []
        try:
            with path.open(encoding=encoding, newline="\n") as file:
                for number, line in enumerate(file, start=1):
                    if line.strip():
                        try:
                            yield f"line {number}", _parsed(line)
                        except ValueError as error:
                            problems.append(f"line {number}: {error}.")
        except (UnicodeError, LookupError) as error:
            raise WavehouseError(
                f"{path}: the text is not {encoding} ({error}). Name its encoding with --encoding."
            ) from error
        if problems:
            more = len(problems) - MOST_LINES_NAMED
            raise ProblemsError(
                f"{path}: {len(problems)} line(s) cannot be read. Export the file again, with "
                "one JSON object in each line:",
                problems[:MOST_LINES_NAMED] + ([f"{more} more lines."] if more > 0 else []),
            )

    table = document_table(path, path.suffix[1:].lower(), "json", documents, options)
    table.encoding = encoding
    if not options.encoding:
        table.notes = encoding_notes(path, encoding)
    return table


def _parsed(line: str) -> dict[str, Any]:
    try:
        value = json.loads(line, object_pairs_hook=_object, parse_float=_number)
    except RecursionError as error:
        raise ValueError(TOO_DEEP) from error
    except json.JSONDecodeError as error:
        raise ValueError(f"no JSON: {error.msg} at character {error.pos + 1}") from error
    if not isinstance(value, dict):
        raise ValueError("no JSON object")
    if HALF_CHARACTER.search(line):
        try:
            json.dumps(value, ensure_ascii=False).encode()
        except UnicodeEncodeError as error:
            half = f"\\u{ord(error.object[error.start]):04x}"
            raise ValueError(f"a text contains half a character ({half}) by itself") from error
        except RecursionError as error:
            raise ValueError(TOO_DEEP) from error
    return value


def _number(text: str) -> float | Decimal:
    digits = text.lower().partition("e")[0].lstrip("-").replace(".", "").strip("0")
    return float(text) if len(digits) <= DIGITS_OF_A_DOUBLE else Decimal(text)


def _object(pairs: list[tuple[str, Any]]) -> Any:  # noqa: ANN401 (what an object stands for)
    content = dict(pairs)
    if len(content) < len(pairs):
        names = [name for name, _ in pairs]
        twice = next(name for name in names if names.count(name) > 1)
        raise ValueError(f"the key {twice!r} occurs twice in one object")
    if any(name.startswith("$") for name in content):
        # As `mongoexport` writes ids, dates and long numbers.
        from wavehouse_exchange.landing.bson_values import unwrapped

        return unwrapped(content)
    return content
