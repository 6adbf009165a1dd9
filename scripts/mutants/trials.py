"""Mutants on trial: each runs with the inputs of its model's unit tests, in memory."""

import threading
from collections import Counter
from collections.abc import Container, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from enum import StrEnum

import duckdb

from mutants.changes import line_of
from mutants.statements import Key, Mutant, Statement
from mutants.unit_tests import CannotRunError, Model, UnitTest

# What does not even bind is no mutant that somebody could commit unnoticed.
NOT_SQL = (duckdb.BinderException, duckdb.ParserException, duckdb.CatalogException)
# dbt's tables of results take these texts for nothing.
NO_TEXT = ("", "null")

Rows = Counter[tuple[str, ...]]
# A mutant as each unit test of its model would read it; none where a test does not have it.
Readings = tuple[Mutant | None, ...]


class Outcome(StrEnum):
    """What became of a mutant."""

    KILLED = "killed"
    SURVIVED = "survived"
    NOT_SQL = "not SQL"
    UNTESTED = "untested"


@dataclass(frozen=True)
class Verdict:
    """A mutant's outcome.

    Attributes:
        model: the model that was changed.
        line: the line of the model's file.
        key: what the mutant is known by.
        outcome: what became of it.
        sql: the statement that was tried first.
    """

    model: Model
    line: int
    key: Key
    outcome: Outcome
    sql: str


class Court:
    """A unit test in an in-memory database, which says of statements whether they pass."""

    def __init__(self, test: UnitTest, seconds: float) -> None:
        """Load a test's inputs and its expected rows.

        Raises:
            CannotRunError: the model itself does not pass.
        """
        self._test = test
        self._seconds = seconds
        self._database = duckdb.connect(
            ":memory:",
            config={"threads": 1, "memory_limit": "1GB", "max_temp_directory_size": "0B"},
        )
        for name, sql in test.statement.fixtures.items():
            self._database.execute(f'create table "{name}" as {sql}')
        self._expected = self._rows(test.expected) if test.expected else Counter()
        if not self.passes(test.statement.sql()):
            raise CannotRunError(f"The unit test {test.name} fails without any change.")

    def passes(self, sql: str) -> bool:
        """Tell whether a statement gives the expected rows, without an error, in time.

        Raises:
            duckdb.Error: of those that say that it is no SQL for these tables.
        """
        try:
            with self._limit():
                return self._rows(sql) == self._expected
        except NOT_SQL:
            raise
        except duckdb.Error:
            return False

    def close(self) -> None:
        """Forget the tables."""
        self._database.close()

    def _rows(self, sql: str) -> Rows:
        columns = ", ".join(self._test.columns)
        fetched = self._database.execute(f"select {columns} from ({sql}) as given").fetchall()
        return Counter(tuple(_shown(value) for value in row) for row in fetched)

    @contextmanager
    def _limit(self) -> Iterator[None]:
        timer = threading.Timer(self._seconds, self._database.interrupt)
        timer.start()
        try:
            yield
        finally:
            timer.cancel()


def try_mutants(
    model: Model, seconds: float, chosen: Container[Key] | None = None, macros: bool = False
) -> list[Verdict]:
    """Try all mutants of a model, or those that are chosen.

    Raises:
        CannotRunError: a unit test of the model fails without any change.
    """
    courts = [Court(test, seconds) for test in model.tests]
    try:
        return [
            Verdict(
                model,
                model.line_in_file(readings[0].line, key.part),
                key,
                _try(readings, courts),
                readings[0].sql,
            )
            for key, readings in mutants_of(model, macros).items()
            if chosen is None or key in chosen
        ]
    finally:
        for court in courts:
            court.close()


def mutants_of(model: Model, macros: bool = False) -> dict[Key, Readings]:
    """Give a model's mutants, each as every unit test would read it.

    Where a test replaces a macro, the model's statement is another one for it, and may lack a
    mutant. A model without tests is taken as it was compiled.
    """
    lines = None if macros else model.own_lines
    if not model.tests:
        # Counted and not run, so there is no need of their SQL.
        changes = Statement.parse(model.compiled).changes(lines)
        return {key: (Mutant(key, line_of(change.node), ""),) for key, change in changes}
    first, *others = (test.statement for test in model.tests)
    made: dict[Key, Readings] = {mutant.key: (mutant,) for mutant in first.mutants(lines)}
    for other in others:
        if other.sql() == first.sql():
            made = {key: (*readings, readings[0]) for key, readings in made.items()}
        else:
            there = {mutant.key: mutant for mutant in other.mutants()}
            made = {key: (*readings, there.get(key)) for key, readings in made.items()}
    return made


def _try(readings: Readings, courts: Sequence[Court]) -> Outcome:
    if not courts:
        return Outcome.UNTESTED
    is_sql = False
    for mutant, court in zip(readings, courts, strict=True):
        if mutant is None:
            continue
        try:
            if not court.passes(mutant.sql):
                return Outcome.KILLED
            is_sql = True
        except NOT_SQL:
            continue
    return Outcome.SURVIVED if is_sql else Outcome.NOT_SQL


def _shown(value: object) -> str:
    return "" if value is None or value in NO_TEXT else repr(value)
