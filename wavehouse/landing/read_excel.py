"""Excel workbooks, read row by row with openpyxl: a sheet with one header row."""

import zlib
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path
from typing import Any
from xml.etree.ElementTree import ParseError
from zipfile import BadZipFile

import openpyxl
from openpyxl.utils.exceptions import InvalidFileException

from wavehouse.errors import WavehouseError
from wavehouse.landing.tables import (
    DeliveredColumn,
    DeliveredTable,
    ReadingOptions,
    Texts,
    in_chunks,
)
from wavehouse.landing.texts import common_kind, kind_of, value_text


def open_excel(path: Path, options: ReadingOptions) -> DeliveredTable:
    """Open the only sheet of a workbook that has rows, or the one that is named.

    Raises:
        WavehouseError: it is no workbook, or it is not clear which sheet is meant.
    """
    try:
        workbook = openpyxl.load_workbook(path, read_only=True, data_only=True)
    except (BadZipFile, InvalidFileException, KeyError) as error:
        raise WavehouseError(
            f"{path}: the file is no Excel workbook ({error}). Save it as .xlsx again."
        ) from error
    rows = _rows(path, _sheet(path, workbook, options.sheet))
    header = [cell.value for cell in next(rows, ())]
    while header and header[-1] is None:
        header.pop()
    columns = [DeliveredColumn(value_text(name) or "") for name in header]
    table = DeliveredTable(path, "xlsx", f"openpyxl {openpyxl.__version__}", columns, [])
    table.chunks = in_chunks(_texts(table, rows), len(columns))
    return table


def _sheet(path: Path, workbook: Any, name: str | None) -> Any:  # noqa: ANN401 (openpyxl is untyped)
    if name is not None:
        if name not in workbook.sheetnames:
            raise WavehouseError(
                f"{path}: there is no sheet {name!r}. Name one of {', '.join(workbook.sheetnames)} "
                "with --sheet."
            )
        return workbook[name]
    filled = [sheet for sheet in workbook.worksheets if next(_rows(path, sheet), None)]
    if len(filled) != 1:
        names = ", ".join(sheet.title for sheet in filled) or "none"
        raise WavehouseError(
            f"{path}: one sheet with rows is expected, and there are {len(filled)} ({names}). "
            "Name the one to be read with --sheet."
        )
    return filled[0]


def _rows(path: Path, sheet: Any) -> Iterator[tuple[Any, ...]]:  # noqa: ANN401
    """Give the rows that are not empty; formats of empty rows are left behind in many sheets."""
    # The size that the file claims may be wrong.
    sheet.reset_dimensions()
    try:
        for row in sheet.iter_rows():
            if any(cell.value is not None for cell in row):
                yield row
    except (BadZipFile, EOFError, ParseError, zlib.error) as error:
        raise WavehouseError(
            f"{path}: the file is damaged ({error}). Have it delivered again."
        ) from error


def _texts(table: DeliveredTable, rows: Iterator[tuple[Any, ...]]) -> Iterator[Texts]:
    width = len(table.columns)
    kinds: list[set[str]] = [set() for _ in table.columns]
    for row in rows:
        beyond = next((cell for cell in row[width:] if cell.value is not None), None)
        if beyond is not None:
            raise WavehouseError(
                f"{table.path}: cell {beyond.coordinate} has the value {beyond.value!r}, and its "
                "column has no name in the first row. Name the column, or remove the value."
            )
        texts: Texts = [None] * width
        for place, cell in enumerate(row[:width]):
            value = _value(cell)
            texts[place] = value_text(value)
            if value is not None:
                kinds[place].add(kind_of(value))
                if table.columns[place].display_format is None:
                    table.columns[place].display_format = cell.number_format
        yield texts
    for column, found in zip(table.columns, kinds, strict=True):
        column.type = common_kind(found)


def _value(cell: Any) -> object:  # noqa: ANN401
    """Give a cell's value; a moment that is shown without its time of day is a date."""
    value = cell.value
    if isinstance(value, datetime) and not {"h", "s"} & set(cell.number_format.lower()):
        return value.date()
    return value
