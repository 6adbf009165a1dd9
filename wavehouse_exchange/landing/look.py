"""What a delivered file has in its columns, before anything is known of it: nothing is landed."""

import csv
import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from io import StringIO
from pathlib import Path

from wavehouse.escapes import csv_text
from wavehouse_exchange.landing.documents import natural_order
from wavehouse_exchange.landing.options import fitting
from wavehouse_exchange.landing.readers import open_table
from wavehouse_exchange.landing.tables import DeliveredTable, ReadingOptions, texts_of, within

# Values of a column that are counted one by one; what has more is only said to have more.
MOST_VALUES = 20_000
# Values without labels are shown where they are so few: others may tell who somebody is.
MOST_SHOWN_UNLABELLED = 12
MOST_CODES_SHOWN = 6
_CHARACTERS = {"name": 24, "label": 48, "codes": 60}


@dataclass(frozen=True)
class FileColumn:
    """One column of a file.

    Attributes:
        name: its name.
        label: what the file says of it; may be empty.
        type: what its values are: text, number, date and the like.
        different: how many different values it has.
        is_more: whether it has more than that.
        empty: how many rows have none.
        codes: codes in their order, each with its label; of values without labels only few.
        missing: those of them that the file declares missing.
    """

    name: str
    label: str
    type: str
    different: int
    is_more: bool
    empty: int
    codes: dict[str, str]
    missing: list[str]


def columns_of_file(path: Path, reading: ReadingOptions) -> list[FileColumn]:
    """Read a file and say what its columns have.

    Args:
        path: the file.
        reading: how it is read, as for a wave.

    Raises:
        WavehouseError: it cannot be read.
    """
    table = open_table(path, fitting(reading, path))
    known: list[dict[str, None]] = [{} for _ in table.columns]
    more = [False] * len(known)
    empty = [0] * len(known)
    for chunk in table.chunks:
        for place, column in enumerate(chunk):
            texts = texts_of(column)
            empty[place] += sum(text is None or not text for text in texts)
            if not more[place]:
                known[place].update(dict.fromkeys(text for text in texts if text))
                more[place] = len(known[place]) > MOST_VALUES
    return [
        _column(table, place, [*known[place]][:MOST_VALUES], more[place], empty[place])
        for place in range(len(known))
    ]


def _column(
    table: DeliveredTable, place: int, values: list[str], is_more: bool, empty: int
) -> FileColumn:
    column = table.columns[place]
    labels = table.value_labels.get(place, {})
    shown = list(labels)
    if len(values) <= MOST_SHOWN_UNLABELLED and not is_more:
        shown += [value for value in values if value not in labels]
    shown.sort(key=natural_order)
    ranges = table.missing_ranges.get(place, [])
    special = table.missing_codes.get(place, set())
    return FileColumn(
        column.name,
        column.label or "",
        column.type,
        len(values),
        is_more,
        empty,
        {code: labels.get(code, "") for code in shown},
        [
            code
            for code in shown
            if code in special or any(within(code, low, high) for low, high in ranges)
        ],
    )


def as_json(columns: Sequence[FileColumn]) -> str:
    """Write columns as a JSON list of objects."""
    return json.dumps([asdict(column) for column in columns], ensure_ascii=False, indent=1)


def as_csv(columns: Sequence[FileColumn]) -> str:
    """Write columns as CSV, a row each; a missing code is marked with (m)."""
    stream = StringIO(newline="")
    writer = csv.writer(stream, lineterminator="\n")
    writer.writerow(["name", "label", "type", "different", "empty", "codes"])
    for each in columns:
        different = f"over {each.different}" if each.is_more else each.different
        texts = [each.name, each.label, "; ".join(_codes(each))]
        name, label, codes = map(csv_text, texts)
        writer.writerow([name, label, each.type, different, each.empty, codes])
    return stream.getvalue().rstrip("\n")


def as_table(columns: Sequence[FileColumn]) -> str:
    """Write columns as a table for a terminal, long texts cut."""
    rows = [("name", "type", "different", "empty", "label", "codes")]
    for each in columns:
        codes = _codes(each)
        more = f"; {len(codes) - MOST_CODES_SHOWN} more" if len(codes) > MOST_CODES_SHOWN else ""
        rows.append(
            (
                _cut(each.name, _CHARACTERS["name"]),
                each.type,
                f">{each.different}" if each.is_more else str(each.different),
                str(each.empty),
                _cut(each.label, _CHARACTERS["label"]),
                _cut("; ".join(codes[:MOST_CODES_SHOWN]), _CHARACTERS["codes"]) + more,
            )
        )
    widths = [max(len(row[place]) for row in rows) for place in range(5)]
    lines = []
    for name, kind, different, empty, label, codes_text in rows:
        cells = (
            name.ljust(widths[0]),
            kind.ljust(widths[1]),
            different.rjust(widths[2]),
            empty.rjust(widths[3]),
            label.ljust(widths[4]),
            codes_text,
        )
        lines.append("  ".join(cells).rstrip())
    return "\n".join(lines)


def _codes(column: FileColumn) -> list[str]:
    return [
        f"{code} {label}".strip() + (" (m)" if code in column.missing else "")
        for code, label in column.codes.items()
    ]


def _cut(text: str, longest: int) -> str:
    return text if len(text) <= longest else f"{text[: longest - 3]}..."
