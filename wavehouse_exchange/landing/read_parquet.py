"""Parquet files; nested ones are flattened as documents are."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from wavehouse.errors import WavehouseError
from wavehouse_exchange.landing.documents import document_table
from wavehouse_exchange.landing.tables import (
    DeliveredColumn,
    DeliveredTable,
    ReadingOptions,
    Texts,
    rows_of_a_chunk,
)
from wavehouse_exchange.landing.texts import Remembered, value_text

TOOL = f"pyarrow {pa.__version__}"


def open_parquet(path: Path, options: ReadingOptions) -> DeliveredTable:
    """Open a Parquet file.

    Raises:
        WavehouseError: it is none.
    """
    try:
        schema = pq.read_schema(path)
        row_count = pq.read_metadata(path).num_rows
    except pa.ArrowInvalid as error:
        raise WavehouseError(
            f"{path}: the file is not a complete Parquet file ({error}). Ask for a new delivery."
        ) from error
    if any(pa.types.is_nested(field.type) for field in schema):

        def documents() -> Iterator[tuple[str, dict[str, Any]]]:
            row = 0
            for batch in _batches(path, schema):
                for document in batch.to_pylist():
                    row += 1
                    yield f"row {row}", document

        table = document_table(path, "parquet", TOOL, documents, options)
    else:
        columns = [
            DeliveredColumn(field.name, type=_kind(field.type), display_format=str(field.type))
            for field in schema
        ]
        table = DeliveredTable(path, "parquet", TOOL, columns, _chunks(path, schema))
    table.expected_rows = row_count
    return table


def _chunks(path: Path, schema: pa.Schema) -> Iterator[list[Texts]]:
    writers = [_writer(field.type) for field in schema]
    for batch in _batches(path, schema):
        yield [
            [writer(value) for value in column.to_pylist()]
            for writer, column in zip(writers, batch.columns, strict=True)
        ]


def _batches(path: Path, schema: pa.Schema) -> Iterator[pa.RecordBatch]:
    try:
        yield from pq.ParquetFile(path).iter_batches(rows_of_a_chunk(len(schema)))
    except (pa.ArrowException, OSError) as error:
        raise WavehouseError(
            f"{path}: the file is damaged ({error}). Ask for a new delivery."
        ) from error


def _writer(column_type: pa.DataType) -> Remembered:
    single = pa.types.is_float32(column_type)
    return Remembered(lambda value: value_text(value, single))


def _kind(column_type: pa.DataType) -> str:
    if pa.types.is_dictionary(column_type):
        return _kind(column_type.value_type)
    if pa.types.is_boolean(column_type):
        return "boolean"
    if pa.types.is_date(column_type):
        return "date"
    if pa.types.is_timestamp(column_type):
        return "datetime"
    if pa.types.is_time(column_type) or pa.types.is_duration(column_type):
        return "time"
    is_number = (
        pa.types.is_integer(column_type)
        or pa.types.is_floating(column_type)
        or pa.types.is_decimal(column_type)
    )
    return "number" if is_number else "text"
