"""Make the numerical reference seeds: quantiles and Gauss-Legendre nodes.

SQL engines have neither the quantiles of distributions nor integration. The seeds bring both:

confidence_levels   the usual levels, with the two-sided quantile of the normal distribution (scipy)
t_quantiles         those of Student's t for up to 200 degrees of freedom
gauss_legendre      64 nodes and weights on [0, 1] (numpy)

Numbers have 17 significant digits, which bring a double back unchanged. Versions of the libraries
may differ in the last of them, so --check compares numbers to a relative 1e-13.
"""

from __future__ import annotations

import argparse
import csv
import io
import math
import sys
from fractions import Fraction
from pathlib import Path

from numpy.polynomial.legendre import leggauss
from scipy.stats import norm
from scipy.stats import t as student_t

PROJECT = Path(__file__).resolve().parents[1]
FOLDER = Path("seeds", "reference")

CI_LEVELS = ("0.80", "0.90", "0.95", "0.99")
MAX_DEGREES_OF_FREEDOM = 200
NODES = 64
RELATIVE_TOLERANCE = 1e-13

Table = list[list[str]]


def full(number: float) -> str:
    """Write a double with all its digits."""
    return f"{number:.17g}"


def tail(level: str) -> float:
    """Probability above the two-sided quantile, without the rounding of 1 - level."""
    return float((1 - Fraction(level)) / 2)


def confidence_levels() -> Table:
    """Levels of intervals, with the two-sided quantile of the normal distribution."""
    table = [["ci_level", "level_label", "normal_quantile"]]
    for level in CI_LEVELS:
        quantile = norm.isf(tail(level))
        table.append([level, f"{float(level):.0%}", full(float(quantile))])
    return table


def t_quantiles() -> Table:
    """Two-sided quantiles of Student's t: |t| stays below with the probability of the level."""
    table = [["ci_level", "degrees_of_freedom", "t_quantile"]]
    for level in CI_LEVELS:
        for degrees in range(1, MAX_DEGREES_OF_FREEDOM + 1):
            quantile = student_t.isf(tail(level), degrees)
            table.append([level, str(degrees), full(float(quantile))])
    return table


def gauss_legendre() -> Table:
    """Nodes and weights of Gauss-Legendre quadrature, moved from [-1, 1] to [0, 1]."""
    nodes, weights = leggauss(NODES)
    table = [["node_number", "node", "node_weight"]]
    for number, (node, weight) in enumerate(zip(nodes, weights, strict=True), start=1):
        table.append([str(number), full((float(node) + 1) / 2), full(float(weight) / 2)])
    return table


TABLES = {
    "confidence_levels": confidence_levels,
    "t_quantiles": t_quantiles,
    "gauss_legendre": gauss_legendre,
}


def as_csv(table: Table) -> str:
    """Write a table as CSV text."""
    text = io.StringIO()
    csv.writer(text, lineterminator="\n").writerows(table)
    return text.getvalue()


def same_cell(expected: str, found: str) -> bool:
    """Compare two cells: as text, or as numbers up to the last digits."""
    if expected == found:
        return True
    try:
        return math.isclose(float(expected), float(found), rel_tol=RELATIVE_TOLERANCE)
    except ValueError:
        return False


def difference(expected: Table, path: Path) -> str | None:
    """Say in what a file differs from its table."""
    if not path.exists():
        return "missing"
    with path.open(encoding="utf-8", newline="") as file:
        found = list(csv.reader(file))
    if len(found) != len(expected):
        return f"has {len(found) - 1} rows instead of {len(expected) - 1}"
    for line, (row, found_row) in enumerate(zip(expected, found, strict=True), start=1):
        if len(row) != len(found_row) or not all(map(same_cell, row, found_row)):
            return f"line {line} is {','.join(found_row)} instead of {','.join(row)}"
    return None


def main(argv: list[str] | None = None) -> int:
    """Write or check the reference tables."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument(
        "--check", action="store_true", help="write nothing; exit with 1 when a file differs"
    )
    parser.add_argument(
        "--project",
        type=Path,
        default=PROJECT,
        help="top folder of the project (default: this one)",
    )
    arguments = parser.parse_args(argv)
    failed = False
    for name, make in TABLES.items():
        file = FOLDER / f"{name}.csv"
        path = arguments.project / file
        if arguments.check:
            found = difference(make(), path)
            if found:
                print(f"make_reference_tables: {file.as_posix()}: {found}", file=sys.stderr)
                failed = True
        else:
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(as_csv(make()), encoding="utf-8", newline="")
            print(f"{file.as_posix()}: {len(make()) - 1} rows")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
