"""dbt's unit tests as SQL: dbt runs them once, and leaves the statements that it ran."""

import json
import os
import shutil
import subprocess
import sys
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any

import sqlglot
from sqlglot import exp

from mutants.changes import DIALECT
from mutants.statements import Statement
from wavehouse.generated import is_generated


class CannotRunError(Exception):
    """dbt did not do what was asked; the message says what it printed."""


@dataclass(frozen=True)
class UnitTest:
    """A unit test as dbt ran it.

    Attributes:
        name: its name in the project.
        ran: the whole statement, which gives the rows of the model and the expected ones.
    """

    name: str
    ran: str

    @cached_property
    def _ctes(self) -> dict[str, exp.Query]:
        query = sqlglot.parse_one(self.ran, read=DIALECT)
        return {cte.alias: cte.this for cte in query.args["with_"].expressions}

    @cached_property
    def statement(self) -> Statement:
        """Give what the model does with this test's inputs."""
        return Statement.of(self._ctes["dbt_internal_unit_test_actual"].args["from_"].this.this)

    @cached_property
    def columns(self) -> list[str]:
        """Give the columns that are compared."""
        *columns, _ = self._ctes["dbt_internal_unit_test_actual"].expressions
        return [column.sql(dialect=DIALECT) for column in columns]

    @cached_property
    def expected(self) -> str:
        """Give the SQL of the expected rows, or nothing where no row is expected."""
        query = self._ctes["dbt_internal_unit_test_expected"].args["from_"].this.this
        tables = [table.name for table in query.find_all(exp.Table)]
        if "dbt_internal_unit_test_actual" in tables:
            return ""
        return query.sql(dialect=DIALECT)


@dataclass(frozen=True)
class Model:
    """A model with the unit tests that it has.

    Attributes:
        name: its name in the project.
        path: its file, from the project's folder.
        source: the text of the file.
        compiled: its SQL as dbt compiled it; empty if dbt was not asked.
        tests: its unit tests.
    """

    name: str
    path: str
    source: str
    compiled: str
    tests: Sequence[UnitTest] = field(default_factory=list)

    @property
    def room(self) -> str:
        """Give its folder below `models`."""
        return Path(self.path).parent.relative_to("models").as_posix()

    @property
    def is_generated(self) -> bool:
        """Tell whether its SQL is written by a command."""
        return is_generated(self.source.encode())

    def matches(self, selected: Sequence[str]) -> bool:
        """Tell whether its name, its room or a folder of that is among those selected."""
        places = {self.name, self.room, *map(str, Path(self.room).parents), Path(self.room).name}
        return not selected or bool(places & set(selected))

    @property
    def text(self) -> str:
        """Give the SQL that mutants are made of, as dbt wrote it."""
        return self.tests[0].ran if self.tests else self.compiled

    @cached_property
    def own_lines(self) -> frozenset[int]:
        """Give the lines of `text` that stand like this in the file; macros wrote the others."""
        own = {line.strip() for line in self.source.splitlines()}
        lines = enumerate(self.text.splitlines(), 1)
        return frozenset(number for number, line in lines if line.strip() in own)

    def line_in_file(self, line: int, part: str) -> int:
        """Give the line of the model's file for a line of `text`.

        Args:
            line: a line of `text`, from 1.
            part: the CTE it is in; what a macro writes is on the first line of its CTE.
        """
        lines = [each.strip() for each in self.source.splitlines()]
        start = next((at for at, each in enumerate(lines) if each.startswith(f"{part} as (")), 0)
        wanted = self.text.splitlines()[line - 1].strip() if line else part
        found = (at for at in range(start, len(lines)) if lines[at] == wanted)
        return next(found, start) + 1


def run_unit_tests(project: Path, target: Path, with_models: bool = False) -> None:
    """Let dbt run all unit tests on a copy of the built database, into a folder of its own.

    Args:
        project: the project's folder.
        target: where dbt writes.
        with_models: also compile all models, those without unit tests too.

    Raises:
        CannotRunError: nothing is built, or a unit test fails as it is.
    """
    built = project / "target" / "wavehouse.duckdb"
    if not built.exists():
        raise CannotRunError(
            f"There is no {built}: unit tests need built tables. Run `make` first."
        )
    target.mkdir(parents=True, exist_ok=True)
    shutil.rmtree(target / "run", ignore_errors=True)
    shutil.rmtree(target / "compiled", ignore_errors=True)
    copy = target / "wavehouse.duckdb"
    shutil.copy(built, copy)
    dbt(project, target, "test", "--select", "test_type:unit", WAVEHOUSE_DATABASE=str(copy))
    if with_models:
        dbt(project, target, "compile", WAVEHOUSE_DATABASE=str(copy))


def dbt(project: Path, target: Path, *words: str, **environment: str) -> None:
    """Run dbt of this Python in a project.

    Raises:
        CannotRunError: dbt failed.
    """
    run = subprocess.run(
        [Path(sys.executable).with_name("dbt"), "--quiet", *words, "--target-path", str(target)],
        cwd=project,
        env={**os.environ, **environment},
        capture_output=True,
        text=True,
        check=False,
    )
    if run.returncode:
        raise CannotRunError(f"`dbt {' '.join(words)}` failed:\n{run.stdout}{run.stderr}")


def read_models(target: Path) -> list[Model]:
    """Read what dbt knows of models and unit tests, and the statements that it ran.

    Raises:
        CannotRunError: dbt has not run a unit test.
    """
    manifest = json.loads((target / "manifest.json").read_text(encoding="utf-8"))
    package = manifest["metadata"]["project_name"]
    tests: dict[str, list[UnitTest]] = defaultdict(list)
    for unit in sorted(manifest["unit_tests"].values(), key=lambda each: each["unique_id"]):
        folder = target / "run" / package / unit["original_file_path"]
        paths = list(folder.rglob(f"{unit['name']}.sql"))
        if len(paths) != 1:
            raise CannotRunError(f"dbt has not run the unit test {unit['name']}.")
        tests[unit["model"]].append(UnitTest(unit["name"], paths[0].read_text(encoding="utf-8")))
    return [
        Model(
            node["name"],
            node["original_file_path"],
            node["raw_code"],
            _compiled(target, package, node),
            tests[node["name"]],
        )
        for node in sorted(manifest["nodes"].values(), key=lambda each: each["unique_id"])
        if node["resource_type"] == "model" and node["language"] == "sql"
    ]


def _compiled(target: Path, package: str, node: dict[str, Any]) -> str:
    path = target / "compiled" / package / node["original_file_path"]
    return path.read_text(encoding="utf-8") if path.exists() else ""
