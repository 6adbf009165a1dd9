"""What differs between SPSS and Stata: limits, dates, missing values, and how a file is written."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path
from textwrap import wrap

import pandas as pd
import pyreadstat

from wavehouse_exchange.exports.coding import (
    Coding,
    Value,
    letter_kinds,
    negative_kinds,
    shown_value,
)
from wavehouse_exchange.exports.names import SPSS, STATA, Rules, cut_to_bytes, cut_to_characters
from wavehouse_exchange.landing.read_statistical import SAS_EPOCH, SPSS_EPOCH
from wavehouse_exchange.landing.texts import SECONDS_OF_A_DAY

SPSS_NOTE_BYTES = 80
STATA_VERSION = 14  # Reads UTF-8; 15 differs only in having more columns.


@dataclass
class Labels:
    """Labels as a program can hold them, and what had to be cut for that."""

    cut: Callable[[str, int], str]
    of_file: int
    of_variable: int
    of_value: int
    cuts: list[str] = field(default_factory=list)

    def fit(self, text: str, most: int, what: str) -> str:
        """Cut a label if it is too long, and note that."""
        fitting = self.cut(text, most)
        if fitting != text:
            self.cuts.append(f"{what} was cut to {fitting!r}. It is {text!r}.")
        return fitting

    def fit_values(self, texts: Mapping[Value, str], name: str) -> dict[Value, str]:
        """Cut the labels of a variable's values; one that an earlier value has gets its value.

        Programs that show labels in place of values would take the two for one.
        """
        fitted: dict[Value, str] = {}
        for value, text in texts.items():
            label = self.fit(text, self.of_value, f"Label of value {value} of {name}")
            if label in fitted.values():
                mark = f" [{shown_value(value)}]"
                label = self.cut(text, self.of_value - len(mark)) + mark
                self.cuts.append(
                    f"Label of value {value} of {name} is {label!r}, because another value has "
                    "the same label."
                )
            fitted[value] = label
        return fitted


@dataclass(frozen=True)
class File:
    """What a writer of one program is given for one file."""

    path: Path
    data: pd.DataFrame
    label: str
    notes: list[str]
    column_labels: dict[str, str]
    value_labels: dict[str, dict[Value, str]]
    codings: dict[str, Coding]
    formats: dict[str, str]
    measures: dict[str, str]


@dataclass(frozen=True)
class Program:
    """What differs between the programs."""

    suffix: str
    rules: Rules
    kinds: Callable[..., Sequence[Value]]
    labels: Callable[[], Labels]
    date_number: Callable[[date], float]
    date_format: str
    number_format: Callable[[int], str]
    write: Callable[[File], None]
    # How R reads a file, with `{}` for its name: categories become factors in their order, and
    # kinds of missing answers NA.
    r_reading: str
    has_do_files: bool


def _write_spss(file: File) -> None:
    pyreadstat.write_sav(
        file.data,
        str(file.path),
        file_label=file.label,
        note=[line for note in file.notes for line in _lines(note)],
        column_labels=file.column_labels,
        variable_value_labels=file.value_labels,
        missing_ranges={
            # Of single values SPSS takes three, of ranges one.
            name: [{"lo": min(coding.missing), "hi": max(coding.missing)}]
            for name, coding in file.codings.items()
            if coding.missing
        },
        variable_format=file.formats,
        variable_measure=file.measures,
        row_compress=True,
    )


def _write_stata(file: File) -> None:
    pyreadstat.write_dta(
        file.data,
        str(file.path),
        file_label=file.label,
        column_labels=file.column_labels,
        version=STATA_VERSION,
        variable_value_labels={
            name: {
                value if isinstance(value, str) else int(value): text
                for value, text in labels.items()
            }
            for name, labels in file.value_labels.items()
        },
        missing_user_values={
            name: list(coding.missing) for name, coding in file.codings.items() if coding.missing
        },
        variable_format=file.formats,
    )


def _lines(note: str) -> list[str]:
    """Break a note into lines that SPSS takes; a character has up to four bytes."""
    lines = []
    for line in wrap(note, SPSS_NOTE_BYTES):
        size = SPSS_NOTE_BYTES if len(line.encode()) <= SPSS_NOTE_BYTES else SPSS_NOTE_BYTES // 4
        lines += wrap(line, size)
    return lines


SPSS_PROGRAM = Program(
    ".sav",
    SPSS,
    negative_kinds,
    lambda: Labels(cut_to_bytes, of_file=64, of_variable=256, of_value=120),
    lambda day: float((day - SPSS_EPOCH).days * SECONDS_OF_A_DAY),
    "DATE11",
    lambda decimals: f"F{12 if decimals else 8}.{decimals}",
    _write_spss,
    # Labels of kinds of missing stay with what they label, so their levels are dropped.
    r_reading="droplevels(haven::as_factor(haven::read_sav({})))",
    has_do_files=False,
)
STATA_PROGRAM = Program(
    ".dta",
    STATA,
    letter_kinds,
    lambda: Labels(cut_to_characters, of_file=80, of_variable=80, of_value=32_000),
    lambda day: float((day - SAS_EPOCH).days),
    "%td",
    lambda decimals: f"%{12 if decimals else 8}.{decimals}f",
    _write_stata,
    r_reading="haven::as_factor(haven::zap_missing(haven::read_dta({})))",
    has_do_files=True,
)
