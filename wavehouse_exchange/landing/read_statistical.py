"""Files of SPSS, Stata and SAS, read with pyreadstat.

Dates are read as numbers and written as text here, because pyreadstat fails on dates beyond the
year 9999 that somebody mistyped.
"""

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import date
from functools import partial
from pathlib import Path
from typing import Any

import pyreadstat

# The public functions for these two formats leave out that user-missing and special missing codes
# may be kept; this is what they call.
from pyreadstat._readstat_parser import parser_entry_point

from wavehouse.errors import WavehouseError
from wavehouse_exchange.landing.read_delimited import GUESSED
from wavehouse_exchange.landing.strict_texts import BYTE_BY_BYTE, StrictTexts, can_decode
from wavehouse_exchange.landing.tables import (
    DeliveredColumn,
    DeliveredTable,
    ReadingOptions,
    ResponseSet,
    Texts,
    rows_of_a_chunk,
)
from wavehouse_exchange.landing.texts import (
    SECONDS_OF_A_DAY,
    Remembered,
    days_since,
    moments_since,
    number_text,
    times_of_day,
)

SPSS_EPOCH = date(1582, 10, 14)
SAS_EPOCH = date(1960, 1, 1)  # Stata's too
TRANSPORT_RECORD = 80
FIRST_UNICODE_RELEASE = 118
# SPSS writes the open end of a range as the largest number there is.
OPEN_END = 1.7e308


@dataclass(frozen=True)
class _Program:
    """How the files of one program are read, and how it counts dates."""

    read: Callable[..., tuple[dict[str, list[Any]], Any]]
    kind_of: Callable[[str], str]
    epoch: date
    date_units: float
    second_units: float


def _spss_kind(display_format: str) -> str:
    name = re.sub(r"[\d.]+$", "", display_format.upper())
    if name in {"DATE", "ADATE", "EDATE", "JDATE", "SDATE", "MOYR", "QYR", "WKYR"}:
        return "date"
    if name in {"DATETIME", "YMDHMS"}:
        return "datetime"
    return "time" if name in {"TIME", "DTIME", "MTIME"} else "number"


def _sas_kind(display_format: str) -> str:
    # Behind a letter, digits are the width; those of E8601DA and the like are part of the name.
    name = re.sub(r"\d*\.?\d*$", "", display_format.upper())
    if re.fullmatch(r"DATETIME|DATEAMPM|[BE]8601D[TZNX]|NLDATM\w*|MDYAMPM", name):
        return "datetime"
    if re.fullmatch(r"TIME|TIMEAMPM|TOD|HHMM|MMSS|[BE]8601T[MZ]|NLTIM\w*", name):
        return "time"
    dates = (
        r"DATE|DAY|(?:YYMMDD|MMDDYY|DDMMYY|MMYY|YYMM|YYQ|YYQR)[BCDNPS]?|[BE]8601DA|MONYY|JULIAN"
        r"|WEEKDATE|WEEKDATX|WORDDATE|WORDDATX|NLDATE\w*|MINGUO|NENGO|YEAR|QTR|QTRR|MONTH|MONNAME"
        r"|WEEKDAY|DOWNAME|WEEK[UVW]|YYMON"
    )
    return "date" if re.fullmatch(dates, name) else "number"


def _stata_kind(display_format: str) -> str:
    if re.match(r"%-?t?d", display_format):
        return "date"
    if re.match(r"%-?tc", display_format):
        detail = re.sub(r"^%-?tc", "", display_format)
        # `%tcHH:MM:SS` shows no day.
        return "time" if detail and not re.search(r"[CYDdNnJjhqwl]", detail) else "datetime"
    # Weeks, months, quarters, half-years and years stay the numbers that they are.
    return "number"


_SPSS = (_spss_kind, SPSS_EPOCH, SECONDS_OF_A_DAY, 1)
_SAS = (_sas_kind, SAS_EPOCH, 1, 1)
_STATA = (_stata_kind, SAS_EPOCH, 1, 1000)
_PROGRAMS = {
    "sav": _Program(pyreadstat.read_sav, *_SPSS),
    "zsav": _Program(pyreadstat.read_sav, *_SPSS),
    "por": _Program(partial(parser_entry_point, parser_format="por"), *_SPSS),
    "dta": _Program(pyreadstat.read_dta, *_STATA),
    "xpt": _Program(partial(parser_entry_point, parser_format="xport"), *_SAS),
    "sas7bdat": _Program(pyreadstat.read_sas7bdat, *_SAS),
}


def open_statistical(path: Path, options: ReadingOptions) -> DeliveredTable:
    """Open a file of a statistics program.

    Raises:
        WavehouseError: it cannot be read.
    """
    file_format = path.suffix[1:].lower()
    if file_format == "xpt" and path.stat().st_size % TRANSPORT_RECORD:
        # Such a file does not say how many rows it has.
        raise WavehouseError(
            f"{path}: the file does not end with a complete record of {TRANSPORT_RECORD} bytes, "
            "so its end is missing. Ask for a new delivery."
        )
    program = _PROGRAMS[file_format]
    settings: dict[str, Any] = {
        "disable_datetime_conversion": True,
        "output_format": "dict",
        "user_missing": True,
        "encoding": options.encoding,
    }
    _, meta = _read(program, path, options, {**settings, "metadataonly": True})
    # Before Stata 14 and its format 118, texts had the encoding of the machine that wrote them.
    is_guessed = file_format == "dta" and not options.encoding and _is_old_stata(path)
    declared = options.encoding or meta.file_encoding
    encoding = declared or (GUESSED if is_guessed else "utf-8")
    decoded = None
    # Portable files have tables of characters of their own.
    if file_format != "por" and can_decode(encoding):
        decoded = StrictTexts(path, encoding, bool(options.encoding), is_guessed)
        settings["encoding"] = BYTE_BY_BYTE
        _, meta = _read(program, path, options, {**settings, "metadataonly": True})

    def text(raw: str, place: str) -> str:
        return decoded(raw, place) if decoded else raw

    # As they are read, which is how the file's parts name them.
    names = list(meta.column_names)
    types = [meta.readstat_variable_types.get(name) or "double" for name in names]
    formats = [meta.original_variable_types.get(name) for name in names]
    kinds = [
        "text" if stored == "string" else program.kind_of(shown or "")
        for stored, shown in zip(types, formats, strict=True)
    ]
    writers = [
        _writer(program, kind, stored == "float") for kind, stored in zip(kinds, types, strict=True)
    ]
    shown_names = [text(name, f"the name of column {place}") for place, name in enumerate(names, 1)]
    table = DeliveredTable(
        path,
        file_format,
        f"pyreadstat {pyreadstat.__version__}",
        [
            DeliveredColumn(
                name, text(label, f"the label of column {name}") if label else None, kind, shown
            )
            for name, label, kind, shown in zip(
                shown_names, meta.column_labels, kinds, formats, strict=True
            )
        ],
        [],
        encoding=declared,
        expected_rows=meta.number_rows,
        notes=decoded.notes if decoded else [],
    )
    for place, (name, shown) in enumerate(zip(names, shown_names, strict=True)):
        where = f"column {shown}, its labels and missing codes"
        labels = meta.variable_value_labels.get(name)
        if labels:
            table.value_labels[place] = {
                text(writers[place](code) or "", where): text(str(label), where)
                for code, label in labels.items()
            }
        for bounds in meta.missing_ranges.get(name, []):
            low, high = (_bound(bounds[end], writers[place]) for end in ("lo", "hi"))
            table.missing_ranges.setdefault(place, []).append(
                (low and text(low, where), high and text(high, where))
            )
    table.response_sets = [
        ResponseSet(
            text(name, "the name of a multiple response set"),
            text(known["label"] or "", f"the label of the multiple response set {name}"),
            _counted(known, writers[names.index(known["variable_list"][0])]),
            tuple(shown_names[names.index(column)] for column in known["variable_list"]),
        )
        for name, known in (meta.mr_sets or {}).items()
        if _has_columns(known, names)
    ]
    if options.catalogues:
        _add_catalogues(table, options, meta, names, writers)
    table.chunks = _chunks(program, table, options, settings, names, writers, text)
    return table


def _has_columns(known: dict[str, Any], names: list[str]) -> bool:
    """Whether the columns of a set are there; one of chosen columns says how they are counted."""
    columns = known["variable_list"]
    is_told = not known["is_dichotomy"] or known["counted_value"] is not None
    return is_told and len(columns) > 1 and set(columns) <= set(names)


def _counted(known: dict[str, Any], writer: Remembered) -> str:
    """Give the code that is counted; none where each column is a mention."""
    return writer(float(known["counted_value"])) or "" if known["is_dichotomy"] else ""


def _add_catalogues(
    table: DeliveredTable,
    options: ReadingOptions,
    meta: Any,  # noqa: ANN401 (pyreadstat's own)
    names: list[str],
    writers: list[Remembered],
) -> None:
    """Label codes by the formats of SAS, which lie in files of their own.

    Raises:
        WavehouseError: such a file cannot be read.
    """
    formats: dict[str, dict[Any, str]] = {}
    for path in options.catalogues:
        try:
            _, catalogue = pyreadstat.read_sas7bcat(str(path), encoding=options.encoding)
        except (pyreadstat.ReadstatError, pyreadstat.PyreadstatError, ValueError) as error:
            raise WavehouseError(
                f"{path}: the labels cannot be read: {error}. Ask for labels from the same "
                "version of SAS as the data. Or leave out the file, and write the labels into "
                "the draft."
            ) from error
        formats |= {name.casefold(): labels for name, labels in catalogue.value_labels.items()}
    for place, name in enumerate(names):
        labels = formats.get((meta.variable_to_label.get(name) or "").casefold())
        if labels:
            table.value_labels[place] = {
                writers[place](code) or "": str(label) for code, label in labels.items()
            }


def _is_old_stata(path: Path) -> bool:
    with path.open("rb") as file:
        release = re.match(rb"<stata_dta><header><release>(\d+)<", file.read(64))
    return release is None or int(release[1]) < FIRST_UNICODE_RELEASE


def _chunks(
    program: _Program,
    table: DeliveredTable,
    options: ReadingOptions,
    settings: dict[str, Any],
    names: list[str],
    writers: list[Remembered],
    text: Callable[[str, str], str],
) -> Iterator[list[Texts]]:
    size = rows_of_a_chunk(len(names))
    start = 0
    while table.expected_rows is None or start < table.expected_rows:
        rows = {"row_offset": start, "row_limit": size}
        data, meta = _read(program, table.path, options, {**settings, **rows})
        columns = list(data.values())
        row_count = len(columns[0]) if columns else 0
        if not row_count:
            break
        for place, name in enumerate(names):
            for tag in meta.missing_user_values.get(name, []):
                table.missing_codes.setdefault(place, set()).add(_tag(str(tag)))
        yield [
            _decoded([writer(value) for value in column], delivered.name, start, text)
            if delivered.type == "text"
            else [writer(value) for value in column]
            for writer, column, delivered in zip(writers, columns, table.columns, strict=True)
        ]
        if row_count < size:
            break
        start += size


def _decoded(texts: Texts, name: str, start: int, text: Callable[[str, str], str]) -> Texts:
    """Decode the texts of a column, each different one once."""
    first = {value: row for row, value in reversed(list(enumerate(texts, start=start + 1)))}
    known = {
        value: value and text(value, f"row {row}, column {name}") for value, row in first.items()
    }
    return [known[value] for value in texts]


def _read(
    program: _Program, path: Path, options: ReadingOptions, settings: dict[str, Any]
) -> tuple[dict[str, list[Any]], Any]:
    try:
        return program.read(str(path), **settings)
    except (pyreadstat.ReadstatError, pyreadstat.PyreadstatError, ValueError) as error:
        hint = (
            "Name another encoding with --encoding"
            if options.encoding
            else "If its texts are in an encoding that it does not declare, name it with "
            "--encoding, such as windows-1252"
        )
        raise WavehouseError(
            f"{path}: the file cannot be read: {error}. {hint}, or ask for a new delivery."
        ) from error


def _writer(program: _Program, kind: str, single: bool) -> Remembered:
    if kind == "text":
        # These programs fill texts with blanks; a text of nothing else is their missing one.
        return Remembered(lambda value: value or None)
    by_kind: dict[str, Callable[[float], str | None]] = {
        "date": days_since(program.epoch, program.date_units),
        "datetime": moments_since(program.epoch, program.second_units),
        "time": times_of_day(program.second_units),
    }
    number = by_kind.get(kind, lambda value: number_text(value, single))

    def text(value: float | str | None) -> str | None:
        if value is None or value != value:
            return None
        # Among numbers, a letter is a special missing.
        return _tag(value) if isinstance(value, str) else number(value)

    return Remembered(text)


def _tag(letter: str) -> str:
    return f".{letter.removeprefix('.').lower()}"


def _bound(value: float | str, text: Remembered) -> str | None:
    """Give the text of a bound; None where the range is open."""
    if isinstance(value, float) and not abs(value) < OPEN_END:
        return None
    return text(value)
