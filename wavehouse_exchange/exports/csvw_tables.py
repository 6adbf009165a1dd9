"""A study as CSV files with metadata by the W3C recommendation CSV on the Web."""

import csv
import json
from collections.abc import Iterable, Sequence
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Any, TextIO

from wavehouse.escapes import csv_text
from wavehouse_exchange.exports.csvw_metadata import (
    KINDS_SQL,
    METADATA,
    TABLES,
    answers_table,
    describe_columns,
    kinds_table,
    metadata,
)
from wavehouse_exchange.exports.study import answer_rows, read_study

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection


def write_csvw(connection: "DuckDBPyConnection", study_id: str, folder: Path) -> list[Path]:
    """Write answers, dictionary and trends of a study as CSV, and what describes them.

    An answer is a category's code or a number; one that is missing is its kind behind an
    underscore, such as `_refused`, which the metadata declare as null.

    Args:
        connection: of `published.connect`.
        study_id: the study.
        folder: where to write.

    Returns:
        the files.
    """
    study = read_study(connection, study_id)
    described = describe_columns(connection)
    tables = []
    for wave in study.waves:
        table = answers_table(connection, study, wave, described)
        _, parts = answer_rows(connection, study, wave["wave_id"])
        write_rows(folder / table.url, table.header, (row for part in parts for row in part))
        tables.append(table)
    for definition, sql in [
        (kinds_table(), KINDS_SQL),
        *((mart.of(connection, described), mart.sql) for mart in TABLES),
    ]:
        result = connection.execute(sql)
        write_rows(folder / definition.url, definition.header, iter(result.fetchone, None))
        tables.append(definition)
    path = folder / METADATA
    path.write_text(
        json.dumps(metadata(study, tables), indent=2, ensure_ascii=False) + "\n", encoding="utf-8"
    )
    return [path, *(folder / table.url for table in tables)]


def write_rows(path: Path, header: Sequence[str], rows: Iterable[Sequence[Any]]) -> None:
    """Write a table as CSV (RFC 4180, UTF-8); numbers as short as they read back unchanged.

    Texts are as `csv_text` writes them, so that a spreadsheet runs none.
    """
    with path.open("w", encoding="utf-8", newline="") as file:
        write_lines(file, header, rows)


def write_lines(file: TextIO, header: Sequence[str], rows: Iterable[Sequence[Any]]) -> None:
    """Write a table as `write_rows` does, into a file that is open."""
    writer = csv.writer(file)  # RFC 4180 is what it writes when it is told nothing else.
    writer.writerow([csv_text(name) for name in header])
    for row in rows:
        writer.writerow([_cell(value) for value in row])


def _cell(value: Any) -> str:  # noqa: ANN401
    if value is None:
        return ""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, float):
        return str(int(value)) if value.is_integer() and abs(value) < 1e15 else repr(value)
    return value.isoformat() if isinstance(value, date) else csv_text(str(value))
