"""Write delivered tables and what is known of them as Parquet."""

import json
import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import asdict, dataclass, replace
from datetime import datetime
from pathlib import Path
from typing import Any

import pyarrow as pa

from wavehouse.encryption import parquet
from wavehouse.errors import WavehouseError
from wavehouse_exchange.landing.landed import READING, RESPONSE_SETS, SCHEMAS
from wavehouse_exchange.landing.names import landed_names
from wavehouse_exchange.landing.progress import Progress
from wavehouse_exchange.landing.reshape import with_places
from wavehouse_exchange.landing.tables import DeliveredColumn, DeliveredTable, ResponseSet, within


@dataclass(frozen=True)
class StoredTable:
    """A delivered table whose rows lie in a Parquet file, under its landed names."""

    table: DeliveredTable
    names: list[str]
    rows: Path
    row_count: int


@dataclass(frozen=True)
class WaveColumn:
    """A column of the wave, and where in which table it comes from."""

    source_column: str
    table: DeliveredTable
    place: int

    @property
    def delivered(self) -> DeliveredColumn:
        """The column as delivered."""
        return self.table.columns[self.place]


def store_table(table: DeliveredTable, path: Path) -> StoredTable:
    """Write the rows of a table, chunk by chunk.

    Raises:
        WavehouseError: the file cannot be read to its end.
    """
    names = landed_names([column.name for column in table.columns])
    schema = pa.schema([(name, pa.string()) for name in names])
    row_count = 0

    def read(progress: Progress) -> Iterator[pa.RecordBatch]:
        nonlocal row_count
        for chunk in table.chunks:
            arrays = [
                column if isinstance(column, pa.Array) else pa.array(column, pa.string())
                for column in chunk
            ]
            yield pa.RecordBatch.from_arrays(arrays, schema=schema)
            row_count += len(arrays[0])
            progress.at(row_count)

    with Progress(
        f"Reading {table.path.name}", table.expected_rows, "{:,} rows".format
    ) as progress:
        parquet.write_batches(path, schema, read(progress))
    if table.expected_rows not in {None, row_count}:
        raise WavehouseError(
            f"{table.path}: the file says that it has {table.expected_rows} rows, but only "
            f"{row_count} can be read. Ask for a new delivery."
        )
    if not row_count:
        raise WavehouseError(
            f"{table.path}: the file has a header but no rows, so no respondents. Ask for a new "
            "delivery."
        )
    return StoredTable(table, names, path, row_count)


def without_empty_columns(stored: StoredTable) -> StoredTable:
    """Leave out the columns in which no row has anything, and note them.

    In a file with several waves these are the questions that this wave did not ask.
    """
    filled: set[int] = set()
    for batch in parquet.batches(stored.rows):
        filled |= {
            place for place, column in enumerate(batch.columns) if column.null_count < len(column)
        }
    kept = sorted(filled)
    if len(kept) == len(stored.names):
        return stored
    empty = [name for place, name in enumerate(stored.names) if place not in filled]
    path = stored.rows.with_suffix(".filled.parquet")
    names = [stored.names[place] for place in kept]
    schema = pa.schema([(name, pa.string()) for name in names])
    rows = (batch.select(names) for batch in parquet.batches(stored.rows, names))
    parquet.write_batches(path, schema, rows)
    path.replace(stored.rows)
    table = with_places(stored.table, kept)
    table.notes.append(
        f"{table.path.name}: no row of this wave has a value in {', '.join(empty)}, so the wave "
        "seems not to have asked this. These columns are left out."
    )
    return StoredTable(table, names, stored.rows, stored.row_count)


def write_wave(
    folder: Path,
    study_id: str,
    wave_id: str,
    tables: Sequence[StoredTable],
    columns: Sequence[WaveColumn],
    sums: Sequence[str],
    options: Sequence[str],
    landed_at: datetime,
) -> None:
    """Write all that is known of a wave, besides its answers.

    Args:
        folder: where to.
        study_id: the study.
        wave_id: the wave.
        tables: its files, stored.
        columns: its columns.
        sums: the SHA-256 of each file.
        options: how each file was read, as words of the command line.
        landed_at: when.
    """

    def write(name: str, rows: Iterable[dict[str, Any]]) -> None:
        content = [{"study_id": study_id, "wave_id": wave_id, **row} for row in rows]
        table = pa.Table.from_pylist(content, SCHEMAS[name])
        parquet.write_table(table, folder / f"{name}.parquet")

    (folder / READING).write_text(
        json.dumps(
            [
                {"reading_options": said, "notes": notes_of(stored.table)}
                for stored, said in zip(tables, options, strict=True)
            ],
            ensure_ascii=False,
            indent=1,
        )
        + "\n",
        encoding="utf-8",
    )
    if sets := response_sets(columns):
        (folder / RESPONSE_SETS).write_text(
            json.dumps([asdict(each) for each in sets], ensure_ascii=False, indent=1) + "\n",
            encoding="utf-8",
        )
    write(
        "columns",
        (
            {
                "position": position,
                "source_column": column.source_column,
                "delivered_name": column.delivered.name,
                "table_name": column.table.name,
                "column_label": column.delivered.label,
                "delivered_type": column.delivered.type,
                "display_format": column.delivered.display_format,
            }
            for position, column in enumerate(columns, start=1)
        ),
    )
    write("value_labels", (row for column in columns for row in _label_rows(column)))
    write("missing_ranges", (row for column in columns for row in _range_rows(column)))
    write(
        "files",
        (
            {
                "position": position,
                "table_name": stored.table.name,
                "file_name": stored.table.path.name,
                "file_format": stored.table.file_format,
                "size_bytes": stored.table.path.stat().st_size,
                "sha256": sha256,
                "n_rows": stored.row_count,
                "n_columns": len(stored.names),
                "encoding": stored.table.encoding,
                "landed_at": landed_at,
                "tool": stored.table.tool,
            }
            for position, (stored, sha256) in enumerate(zip(tables, sums, strict=True), start=1)
        ),
    )


def response_sets(columns: Sequence[WaveColumn]) -> list[ResponseSet]:
    """Give the sets of the files with the landed names of their columns, as far as these are."""
    tables = {id(column.table): column.table for column in columns}
    found = []
    for table in tables.values():
        names = {c.delivered.name: c.source_column for c in columns if c.table is table}
        for each in table.response_sets:
            if not each.counted_code:
                continue
            landed = tuple(names[column] for column in each.columns if column in names)
            if len(landed) > 1:
                found.append(replace(each, columns=landed))
    return found


def notes_of(table: DeliveredTable) -> list[str]:
    """Give the notes of a table; without texts of the file if any of its columns was left out."""
    if not table.left_out:
        return table.notes
    return [without_texts(note) for note in table.notes]


def without_texts(note: str) -> str:
    """Take what a note quotes out of it: it may be of a column that is left out."""
    return re.sub(r"'[^']*'|\"[^\"]*\"", "(left out)", note)


def _label_rows(column: WaveColumn) -> Iterable[dict[str, Any]]:
    for code, label in column.table.value_labels.get(column.place, {}).items():
        yield {
            "source_column": column.source_column,
            "source_code": code,
            "value_label": label,
            "is_missing": _is_missing(column, code),
        }


def _range_rows(column: WaveColumn) -> Iterable[dict[str, Any]]:
    codes = sorted(column.table.missing_codes.get(column.place, ()))
    ranges = column.table.missing_ranges.get(column.place, [])
    for low, high in [*ranges, *((code, code) for code in codes)]:
        yield {"source_column": column.source_column, "range_low": low, "range_high": high}


def _is_missing(column: WaveColumn, code: str) -> bool:
    is_special = column.delivered.type != "text" and code.startswith(".") and code[1:].islower()
    return is_special or any(
        within(code, low, high) for low, high in column.table.missing_ranges.get(column.place, [])
    )
