"""Check the exercises of the course, and run the queries of its lessons.

    .venv/bin/python docs/course/course.py check 3    compare your answer to exercise 3
    .venv/bin/python docs/course/course.py show 3     run the queries of lesson 3
    .venv/bin/python docs/course/course.py write      put the results of queries into the lessons

All of them read the published warehouse and change nothing in it. Paths in a query, such as
'seeds/waves/bsa/bsa_1983.csv', start at the project's folder.
"""

import argparse
import math
import re
import sys
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any

import duckdb

FOLDER = Path(__file__).resolve().parent
ROOT = FOLDER.parents[1]
WAREHOUSE = ROOT / "warehouse" / "wavehouse.duckdb"
# A query of a lesson, and the table of its result below it.
QUERY = re.compile(r"```sql\n(?P<sql>.*?)```\n\n(?P<result>(?:\|[^\n]*\n)*)", re.DOTALL)
COMMENT = re.compile(r"^--.*$", re.MULTILINE)
KEY = re.compile(r"^-- One row is: (.+)$", re.MULTILINE)
HINT = re.compile(r"^-- Hint: (.+(?:\n--   .+)*)$", re.MULTILINE)
# So many rows of each kind are named; more would say nothing new.
NAMED = 5


class CourseError(Exception):
    """Something that the learner can put right."""


@dataclass(frozen=True)
class Result:
    """The result of a query."""

    columns: tuple[str, ...]
    rows: tuple[tuple[Any, ...], ...]

    def by_key(self, key: Sequence[str]) -> dict[tuple[Any, ...], dict[str, Any]]:
        """Give the rows by their key and in its order, each as a dictionary."""
        named = [dict(zip(self.columns, row, strict=True)) for row in self.rows]
        found = {tuple(row[column] for column in key): row for row in named}
        return dict(sorted(found.items(), key=lambda each: list(map(str, each[0]))))


def names() -> dict[int, str]:
    """Give the names of the lessons by their numbers: {1: "01_tables", ...}."""
    return {int(path.stem[:2]): path.stem for path in sorted(FOLDER.glob("[0-9][0-9]_*.md"))}


def name_of(number: int) -> str:
    """Give the name of a lesson.

    Raises:
        CourseError: there is no such lesson.
    """
    found = names()
    if number not in found:
        raise CourseError(f"There is no lesson {number}. They are {min(found)} to {max(found)}.")
    return found[number]


def exercise(number: int) -> Path:
    """Give the file that the answer to an exercise is written into."""
    return FOLDER / "exercises" / f"{name_of(number)}.sql"


def solution(number: int) -> Path:
    """Give the file of the solution."""
    return FOLDER / "solutions" / f"{name_of(number)}.sql"


def connect() -> duckdb.DuckDBPyConnection:
    """Open the published warehouse for reading, so that paths start at the project's folder.

    Raises:
        CourseError: nothing is published yet.
    """
    if not WAREHOUSE.exists():
        raise CourseError("warehouse/wavehouse.duckdb is missing. Run `make` first.")
    connection = duckdb.connect(str(WAREHOUSE), read_only=True)
    connection.execute("set file_search_path = $1", [str(ROOT)])
    return connection


def run(sql: str) -> Result:
    """Run a query.

    Raises:
        CourseError: DuckDB does not take it, or it gives no rows and columns.
    """
    with connect() as connection:
        try:
            relation = connection.sql(sql)
            if relation is None:
                raise CourseError("The query gives no table. End it with a `select`.")
            return Result(tuple(relation.columns), tuple(relation.fetchall()))
        except duckdb.Error as error:
            raise CourseError(f"DuckDB does not take the query.\n{error}") from error


def queries(text: str) -> Iterator[tuple[str, str]]:
    """Give the queries of a lesson, each with the result that stands below it."""
    for match in QUERY.finditer(text):
        yield match["sql"], match["result"]


def with_results(text: str) -> str:
    """Put the result of each query of a lesson below it."""
    return QUERY.sub(lambda each: f"```sql\n{each['sql']}```\n\n{table(run(each['sql']))}", text)


def table(result: Result) -> str:
    """Write a result as a Markdown table, with numbers to the right."""
    cells = [[_cell(value) for value in row] for row in result.rows]
    numeric = [
        all(isinstance(row[place], int | float | Decimal | None) for row in result.rows)
        and not all(isinstance(row[place], bool | None) for row in result.rows)
        for place in range(len(result.columns))
    ]
    widths = [max(map(len, column)) for column in zip(result.columns, *cells, strict=True)]
    lines = [
        " | ".join(
            text.rjust(width) if right else text.ljust(width)
            for text, width, right in zip(row, widths, numeric, strict=True)
        )
        for row in [result.columns, *cells]
    ]
    rule = "|".join(
        "-" * (width + 1) + (":" if right else "-")
        for width, right in zip(widths, numeric, strict=True)
    )
    return "".join(f"{line}\n" for line in [f"| {lines[0]} |", f"|{rule}|"]) + "".join(
        f"| {line} |\n" for line in lines[1:]
    )


def check(number: int, answer: str) -> list[str]:
    """Compare an answer to an exercise with its solution.

    Returns:
        what is not right, without the solution; nothing if all of it is.

    Raises:
        CourseError: there is no query, or DuckDB does not take it.
    """
    if not COMMENT.sub("", answer).strip(" \n;"):
        file = exercise(number).relative_to(ROOT)
        raise CourseError(f"{file} has no query yet. Write one below the task.")
    text = solution(number).read_text(encoding="utf-8")
    key = KEY.findall(text)[0].split(", ")
    problems = differences(run(answer), run(text), key)
    if problems:
        problems += ["Hint: " + re.sub("\n-- +", " ", hint) for hint in HINT.findall(text)]
    return problems


def differences(ours: Result, right: Result, key: Sequence[str]) -> list[str]:
    """Say how a result differs from the right one: columns first, then rows, then values.

    Rows are found by their key, so their order does not matter, nor does that of the columns. The
    values that are expected are not told.
    """
    problems = [
        f"The column `{name}` is missing." for name in right.columns if name not in ours.columns
    ]
    problems += [
        f"The column `{name}` was not asked for."
        for name in ours.columns
        if name not in right.columns
    ]
    if problems:
        return problems
    counts = Counter(tuple(row[ours.columns.index(column)] for column in key) for row in ours.rows)
    found, expected = ours.by_key(key), right.by_key(key)
    wrong = [
        f"{_named(key, each)}: `{column}` is {_text(found[each][column])}, which is not right."
        for each in expected
        if each in found
        for column in right.columns
        if not alike(found[each][column], expected[each][column])
    ]
    return [
        *_first(f"{_named(key, each)} is there {n} times." for each, n in counts.items() if n > 1),
        *_first(f"{_named(key, each)} is missing." for each in expected if each not in found),
        *_first(
            f"{_named(key, each)} does not belong there." for each in found if each not in expected
        ),
        *_first(wrong),
    ]


def alike(one: object, other: object) -> bool:
    """Compare two values; numbers may differ in their last digits."""
    numbers = int | float | Decimal
    if isinstance(one, numbers) and isinstance(other, numbers):
        return math.isclose(float(one), float(other), rel_tol=1e-9, abs_tol=1e-12)
    return one == other


def _named(key: Sequence[str], values: Sequence[object]) -> str:
    parts = [f"{name} {_text(value)}" for name, value in zip(key, values, strict=True)]
    return f"The row of {', '.join(parts)}"


def _first(problems: Iterator[str] | list[str]) -> list[str]:
    found = list(problems)
    more = len(found) - NAMED
    return found[:NAMED] + ([f"... and {more} more like it."] if more > 0 else [])


def _cell(value: object) -> str:
    """Write a value for Markdown, which gives a meaning to some signs."""
    return _text(value).replace("|", "\\|").replace("<", "\\<")


def _text(value: object) -> str:
    if value is None:
        return "null"
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, date):
        return value.isoformat()
    return str(value).replace("\n", " ")


def _check(number: int) -> int:
    problems = check(number, exercise(number).read_text(encoding="utf-8"))
    if problems:
        print("Not yet.", *problems, sep="\n")
        return 1
    print(f"Exercise {number} is right.")
    return 0


def _show(number: int) -> int:
    text = (FOLDER / f"{name_of(number)}.md").read_text(encoding="utf-8")
    for sql, _ in queries(text):
        print(sql, table(run(sql)), sep="\n")
    return 0


def _write() -> int:
    for name in names().values():
        path = FOLDER / f"{name}.md"
        path.write_text(with_results(path.read_text(encoding="utf-8")), encoding="utf-8")
    return 0


def main(words: Sequence[str] | None = None) -> int:
    """Run one of the three. Returns 1 if something is not right, else 0."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    commands = parser.add_subparsers(dest="command", required=True, metavar="COMMAND")
    for name, text in (
        ("check", "compare your answer to an exercise with the solution"),
        ("show", "run the queries of a lesson"),
    ):
        commands.add_parser(name, help=text).add_argument(
            "number", type=int, help="number of the lesson"
        )
    commands.add_parser("write", help="put the results of all queries into the lessons")
    chosen = parser.parse_args(words)
    try:
        if chosen.command == "write":
            return _write()
        return {"check": _check, "show": _show}[chosen.command](chosen.number)
    except CourseError as error:
        print(error, file=sys.stderr)
        return 1


if __name__ == "__main__":
    sys.exit(main())
