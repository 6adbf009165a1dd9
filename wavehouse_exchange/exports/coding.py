"""How programs that know only numbers with labels are told categories and kinds of missing."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from typing import Any

from wavehouse_exchange.exports.csvw_tables import write_rows
from wavehouse_exchange.exports.study import Study, Variable

# Codes of a list are kept if they are whole numbers of at most this many digits.
MOST_DIGITS = 4
# A number, or the letter of one of Stata's missing values.
Value = float | str


@dataclass(frozen=True)
class Coding:
    """How the answers to a variable are written: the value of each code, and its label."""

    values: dict[str, Value]
    labels: dict[Value, str]
    missing: tuple[Value, ...]


def category_values(variable: Variable) -> dict[str, float]:
    """Number the categories of a variable.

    The codes themselves are taken where all of the list are small whole numbers that ascend, and
    otherwise their places in it: programs put values in the order of their numbers, so that is the
    order of the list.
    """
    codes = [category.code for category in variable.categories]
    if all(code.isdecimal() and code.isascii() and len(code) <= MOST_DIGITS for code in codes):
        numbers = [float(code) for code in codes]
        if all(one < other for one, other in pairwise(numbers)):
            return dict(zip(codes, numbers, strict=True))
    return {code: float(place) for place, code in enumerate(codes, start=1)}


def negative_kinds(variable: Variable, study: Study) -> list[float]:
    """Give each kind of missing a number below all that the variable may be: -1, -2, ...

    Where numbers of the variable get there, -91, -92, ... and so on with more digits are taken.
    """
    base = 0
    size = 1
    while variable.is_numeric and -(base + 1) >= variable.smallest:
        size *= 10
        base = 10 * size - 10
    return [-float(base + place) for place in range(1, len(study.kinds) + 1)]


def letter_kinds(_: Variable, study: Study) -> list[str]:
    """Give each kind of missing the letter of one of Stata's missing values."""
    return [chr(ord("a") + place) for place in range(len(study.kinds))]


def code_variable(
    variable: Variable, study: Study, kinds: Callable[[Variable, Study], Sequence[Value]]
) -> Coding:
    """Decide how the answers to a variable are written."""
    of_kinds = dict(zip(study.kinds, kinds(variable, study), strict=True))
    numbers = {} if variable.is_numeric else category_values(variable)
    labels: dict[Value, str] = {
        numbers[category.code]: category.label
        for category in variable.categories
        if category.code in numbers
    }
    labels |= {of_kinds[kind]: kind.label for kind in variable.kinds}
    values: dict[str, Value] = {**numbers}
    values |= {kind.code: value for kind, value in of_kinds.items()}
    return Coding(values, labels, tuple(of_kinds[kind] for kind in variable.kinds))


def write_code_lists(
    folder: Path, study: Study, names: Mapping[str, str], codings: Mapping[str, Coding]
) -> list[Path]:
    """Write what each name and code stands for: names.csv and codes.csv."""
    variables = {variable.column: variable for variable in study.variables}
    name_rows: list[Sequence[Any]] = [
        (names[column.name], "", column.label, "") for column in study.columns
    ]
    name_rows += [
        (names[column], variable.variable_id, variable.label, variable.unit or "")
        for column, variable in variables.items()
    ]
    code_rows = [
        (
            names[column],
            variables[column].variable_id,
            code,
            shown_value(value),
            coding.labels[value],
        )
        for column, coding in codings.items()
        for code, value in coding.values.items()
        if value in coding.labels
    ]
    return [
        _write(folder / "names.csv", ("name", "variable_id", "variable_label", "unit"), name_rows),
        _write(
            folder / "codes.csv",
            ("name", "variable_id", "warehouse_code", "value", "value_label"),
            code_rows,
        ),
    ]


def shown_value(value: Value) -> str:
    """Write a value as its program does."""
    return f".{value}" if isinstance(value, str) else f"{value:.0f}"


def _write(path: Path, header: Sequence[str], rows: Sequence[Sequence[Any]]) -> Path:
    write_rows(path, header, rows)
    return path
