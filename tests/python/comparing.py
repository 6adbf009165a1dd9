"""Numbers of the marts beside those of the references: keys, tolerances, and what is wrong.

A reference file that carries the marts' own keys is a `KeyedFile`: its rows are looked up in the
mart, column by column.
"""

import math
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from workbench import Row, query, read_rows

from wavehouse.project import Project

REFERENCES = Path(__file__).resolve().parent / "references"

MartRow = dict[str, Any]
Key = tuple[str, ...]


@dataclass(frozen=True)
class Tolerance:
    """How far a number may be off: relatively, and absolutely where it should be zero."""

    relative: float
    near_zero: float = 1e-9


EXACT = Tolerance(0.0, 0.0)
ESTIMATE = Tolerance(1e-9)
ERROR = Tolerance(1e-7)
# p-values get very small without being zero.
P_VALUE = Tolerance(1e-7, 0.0)

# Column of a reference file, column of the mart, tolerance.
Column = tuple[str, str, Tolerance]

CELL_KEYS = ("measure_id", "category_code", "segment_id", "segment_code")
BOUNDS: tuple[Column, ...] = (("ci_lower", "ci_lower", ERROR), ("ci_upper", "ci_upper", ERROR))
ESTIMATES: tuple[Column, ...] = (
    ("estimate", "estimate", ESTIMATE),
    ("standard_error", "standard_error", ERROR),
    ("degrees_of_freedom", "degrees_of_freedom", EXACT),
    ("design_effect", "design_effect", ERROR),
    ("n_respondents", "n_respondents", EXACT),
    ("sum_of_weights", "sum_of_weights", ESTIMATE),
    *BOUNDS,
)


def contrasts(value: str) -> tuple[Column, ...]:
    """Give the columns of a mart of contrasts, whose values are in the column `value`."""
    return (
        ("value", value, ESTIMATE),
        ("standard_error", "standard_error", ERROR),
        ("degrees_of_freedom", "degrees_of_freedom", EXACT),
        ("t_statistic", "t_statistic", ERROR),
        ("p_value", "p_value", P_VALUE),
        *BOUNDS,
    )


@dataclass(frozen=True)
class Comparison:
    """One number of a mart beside the reference's; what is not defined is null, not zero."""

    cell: Key
    column: str
    expected: float | None
    actual: float | None
    tolerance: Tolerance

    @property
    def is_close(self) -> bool:
        """Tell whether the number is right."""
        if self.actual is None or self.expected is None:
            return self.actual is self.expected
        near_zero = self.tolerance.near_zero
        absolute = near_zero if abs(self.expected) < near_zero else 0.0
        relative = self.tolerance.relative
        return math.isclose(self.actual, self.expected, rel_tol=relative, abs_tol=absolute)


def compare(
    cell: Key, reference: Row, found: Mapping[str, Any], columns: tuple[Column, ...]
) -> Iterator[Comparison]:
    """Put the numbers of a cell beside those of a reference row."""
    for name, column, tolerance in columns:
        expected = float(reference[name]) if reference[name] else None
        yield Comparison(cell, column, expected, found[column], tolerance)


def check(comparisons: list[Comparison]) -> None:
    """Fail with the first wrong numbers."""
    wrong = [comparison for comparison in comparisons if not comparison.is_close]
    assert comparisons
    assert not wrong, "\n".join([f"{len(wrong)} of {len(comparisons)}:", *map(str, wrong[:20])])


@dataclass(frozen=True)
class KeyedFile:
    """A file of references with the keys of a mart.

    Attributes:
        name: the file, without its ending.
        mart: the table in `marts`.
        keys: the columns by which rows of both are joined.
        columns: the numbers that are compared.
    """

    name: str
    mart: str
    keys: tuple[str, ...]
    columns: tuple[Column, ...]

    def rows(self) -> list[Row]:
        """Give all rows of the file."""
        return read_rows(REFERENCES / f"{self.name}.csv")

    def by_study(self) -> dict[str, list[Row]]:
        """Give the rows of each study."""
        studies: dict[str, list[Row]] = {}
        for row in self.rows():
            studies.setdefault(row["study_id"], []).append(row)
        return studies

    def key(self, row: Mapping[str, Any]) -> Key:
        """Give the key of a row of the file or the mart."""
        return tuple(str(row[name]) for name in self.keys)

    def found(self, project: Project) -> dict[Key, list[MartRow]]:
        """Give the mart's rows by key; only where `keys` leaves one out are there several."""
        index: dict[Key, list[MartRow]] = {}
        for row in query(project, f"select * from marts.{self.mart}"):
            index.setdefault(self.key(row), []).append(row)
        return index

    def compare(self, rows: list[Row], found: Mapping[Key, list[MartRow]]) -> Iterator[Comparison]:
        """Compare reference rows with the mart."""
        missing = [key for key in map(self.key, rows) if key not in found]
        assert not missing, f"{len(missing)} cells are not in {self.mart}: {missing[:10]}"
        for row in rows:
            key = self.key(row)
            for mart_row in found[key]:
                if "ci_method" in row:
                    assert mart_row["ci_method"] == row["ci_method"], key
                yield from compare(key, row, mart_row, self.columns)

    def without_reference(
        self, found: Mapping[Key, list[MartRow]], value: str
    ) -> Counter[tuple[str, ...]]:
        """Count, by study and measure, cells of the mart with a number and without a reference.

        Studies that the file knows nothing of are left out, and so are measures.
        """
        rows = self.rows()
        known = {self.key(row) for row in rows}
        measures = {(row["study_id"], row["measure_id"], row["segment_id"]) for row in rows}
        left_out = (
            (row["study_id"], row["measure_id"], row["segment_id"])
            for key, mart_rows in found.items()
            for row in mart_rows
            if row[value] is not None and key not in known
        )
        return Counter(cell for cell in left_out if cell in measures)
