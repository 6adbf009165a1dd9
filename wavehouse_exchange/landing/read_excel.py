"""Excel workbooks, read row by row with openpyxl: a sheet with one header row."""

import zipfile
import zlib
from collections.abc import Iterator
from datetime import datetime
from itertools import chain
from pathlib import Path
from typing import Any
from xml.etree.ElementTree import ParseError
from zipfile import BadZipFile

import openpyxl
from lxml import etree
from openpyxl.utils.exceptions import InvalidFileException
from openpyxl.xml.constants import SHEET_MAIN_NS

from wavehouse.errors import WavehouseError
from wavehouse_exchange.landing.guards import check_package
from wavehouse_exchange.landing.headers import header_of, refuse_import_ids
from wavehouse_exchange.landing.tables import (
    DeliveredColumn,
    DeliveredTable,
    ReadingOptions,
    Texts,
    in_chunks,
)
from wavehouse_exchange.landing.texts import common_kind, kind_of, value_text

MOST_CELLS_NAMED = 10


def open_excel(path: Path, options: ReadingOptions) -> DeliveredTable:
    """Open the only sheet of a workbook that has rows, or the one that is named.

    Raises:
        WavehouseError: it is no workbook, or it is not clear which sheet is meant.
    """
    try:
        check_package(path)
        workbook = openpyxl.load_workbook(path, read_only=True, data_only=True)
    except (BadZipFile, InvalidFileException, KeyError) as error:
        raise WavehouseError(
            f"{path}: the file is not an Excel workbook ({error}). Save it as .xlsx again."
        ) from error
    sheet = _sheet(path, workbook, options.sheet)
    _refuse_uncomputed(path, sheet)
    rows = _rows(path, sheet)
    count = len(options.header_rows) or 1
    first = [row for _, row in zip(range(count + 2), rows, strict=False)]
    if first and len(first) < count:
        raise WavehouseError(f"{path}: there are fewer than the {count} rows of --header-rows.")
    texts = [[value_text(cell.value) or "" for cell in row] for row in first]
    refuse_import_ids(path, texts, options)
    names = texts[options.header_rows.index("names") if options.header_rows else 0] if texts else []
    width = max((place for place, name in enumerate(names, start=1) if name), default=0)
    above = [(row + [""] * width)[:width] for row in texts[:count]]
    columns = [
        DeliveredColumn(name, label)
        for name, label in (zip(*header_of(above, options), strict=True) if above else ())
    ]
    table = DeliveredTable(path, "xlsx", f"openpyxl {openpyxl.__version__}", columns, [])
    table.chunks = in_chunks(_texts(table, chain(first[count:], rows)), len(columns))
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
            f"{path}: {len(filled)} sheets have rows ({names}), but only one can be read. Name it "
            "with --sheet."
        )
    return filled[0]


def _refuse_uncomputed(path: Path, sheet: Any) -> None:  # noqa: ANN401
    """Refuse formulas whose values are not stored: they would be read as nothing.

    Programs that make workbooks without computing them leave values out; a formula with an empty
    text as its value stores that.
    """
    cells: list[str] = []
    part = sheet._worksheet_path.lstrip("/")
    try:
        with zipfile.ZipFile(path) as package, package.open(part) as file:
            for _, cell in etree.iterparse(
                file, tag=f"{{{SHEET_MAIN_NS}}}c", resolve_entities=False, no_network=True
            ):
                has_formula = cell.find(f"{{{SHEET_MAIN_NS}}}f") is not None
                if has_formula and not cell.findtext(f"{{{SHEET_MAIN_NS}}}v"):
                    is_text = cell.get("t") == "str" and (
                        cell.find(f"{{{SHEET_MAIN_NS}}}v") is not None
                    )
                    if not is_text:
                        cells.append(cell.get("r") or "?")
                cell.clear()
                while cell.getprevious() is not None:
                    del cell.getparent()[0]
    except etree.XMLSyntaxError as error:
        raise WavehouseError(
            f"{path}: the part {part} is broken ({error}). Save the workbook again, or ask for a "
            "new delivery."
        ) from error
    if cells:
        more = len(cells) - MOST_CELLS_NAMED
        named = ", ".join(cells[:MOST_CELLS_NAMED]) + (f" and {more} more" if more > 0 else "")
        raise WavehouseError(
            f"{path}: sheet {sheet.title}: {len(cells)} cell(s) have a formula without its value: "
            f"{named}. Open the workbook in Excel or LibreOffice and save it again, which "
            "computes the values. Or deliver values."
        )


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
            f"{path}: the file is damaged ({error}). Ask for a new delivery."
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
