"""Let dbt-project-evaluator judge the project, in a copy of it, and print what is not excepted.

    .venv/bin/python scripts/evaluate_project.py [--packages FOLDER]

The copy stands in target/evaluator. It gets the packages from the hub with `dbt deps`, or from
FOLDER with checkouts of `dbt-project-evaluator` and `dbt-utils` in it. All rules run as the package
sets them; what differs stands in `VARIABLES`, with reasons. What may stay as it is, stands with its
reason in tests/dbt_project_evaluator_exceptions.csv, the seed that the package reads.

Ends with 1 if a rule reports something, could not run, or if an exception excepts nothing any more.
"""

import argparse
import csv
import os
import shutil
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import duckdb
import yaml

ROOT = Path(__file__).resolve().parents[1]
sys.path[:0] = [str(ROOT), str(ROOT / "tests/python")]

from workbench import copy_project, database_path  # noqa: E402

from wavehouse.project import Project  # noqa: E402

PACKAGE = "dbt_project_evaluator"
EXCEPTIONS = f"{PACKAGE}_exceptions"
FROM_HUB = [{"package": f"dbt-labs/{PACKAGE}", "version": [">=1.3.0", "<2.0.0"]}]
CHECKOUTS = ("dbt-utils", "dbt-project-evaluator")

VARIABLES: dict[str, object] = {
    # Every path of the graph is a row, and ours has 10^11. A path of one step more than this is
    # listed too, which is what the rule of chained views looks for; all others look at two steps.
    "max_depth_dag": 5,
    # Keys have several columns, so their test is ours.
    "primary_key_test_macros": [
        ["dbt.test_unique", "dbt.test_not_null"],
        ["wavehouse.test_unique_combination"],
    ],
    # Of models with a data test of their own. Staging has none: one test reads all problems that
    # the checks find in what was delivered and in the codebook. A floor, to be raised.
    "test_coverage_target": 57,
}


class CannotRunError(Exception):
    """The package did not come to its end. The message says why."""


@dataclass(frozen=True)
class Finding:
    """What a rule reports: a row of its table, by column."""

    rule: str
    row: dict[str, object]

    def __str__(self) -> str:
        return f"{self.rule}: " + ", ".join(f"{name} {value}" for name, value in self.row.items())


@dataclass(frozen=True)
class Exemption:
    """A row of the seed of exceptions: which rows of a rule's table may stay, and why."""

    fct_name: str
    column_name: str
    id_to_exclude: str
    comment: str

    @property
    def meant(self) -> str:
        """Give the condition that a row of the rule's table must meet to be excepted."""
        return f"{self.column_name} like '{self.id_to_exclude}'"

    @property
    def condition(self) -> str:
        """Give what the package adds to the rule's query."""
        return f"and {self.column_name} not like '{self.id_to_exclude}'"


def main(words: Sequence[str] | None = None) -> int:
    """Run the package in a copy, and print what it reports."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument(
        "--packages", type=Path, help=f"folder with {' and '.join(CHECKOUTS)}; else from the hub"
    )
    parser.add_argument("--folder", type=Path, default=ROOT / "target" / "evaluator")
    options = parser.parse_args(words)
    try:
        project = prepare(options.folder / "project", options.packages)
        run_package(project)
        with duckdb.connect(str(database_path(project)), read_only=True) as connection:
            rules = read_rules(project)
            findings = read_findings(connection, rules)
            stale = stale_exemptions(connection, rules, read_exemptions())
    except CannotRunError as error:
        print(error, file=sys.stderr)
        return 1
    for finding in findings:
        print(finding)
    for exemption in stale:
        print(f"{EXCEPTIONS}.csv: {exemption.fct_name} reports no {exemption.id_to_exclude} now.")
    print(f"{len(rules)} rules; {len(findings)} findings, {len(stale)} stale exceptions.")
    return int(bool(findings or stale))


def read_exemptions() -> list[Exemption]:
    """Give the exceptions of the project."""
    path = ROOT / "tests" / f"{EXCEPTIONS}.csv"
    with path.open(newline="", encoding="utf-8") as file:
        return [Exemption(**row) for row in csv.DictReader(file)]


def prepare(folder: Path, packages: Path | None) -> Project:
    """Copy the project into a new folder, with the package's place and settings.

    Args:
        folder: gets the copy; beside it, copies of the packages if there are any.
        packages: has checkouts of the packages; none to get them from the hub.
    """
    shutil.rmtree(folder, ignore_errors=True)
    project = copy_project(folder)
    shutil.move(folder / "tests" / f"{EXCEPTIONS}.csv", folder / "seeds")
    write_yaml(folder / "packages.yml", {"packages": FROM_HUB})
    if packages:
        write_yaml(folder / "packages.yml", {"packages": copy_packages(packages, folder.parent)})
    path = folder / "dbt_project.yml"
    settings = yaml.safe_load(path.read_text(encoding="utf-8"))
    write_yaml(path, with_package(settings))
    return project


def copy_packages(packages: Path, folder: Path) -> list[dict[str, str]]:
    """Copy the packages into a folder, so that one refers to the other there.

    Raises:
        CannotRunError: one is not there.
    """
    copies = [folder / name for name in CHECKOUTS]
    for copy in copies:
        if not (packages / copy.name / "dbt_project.yml").is_file():
            raise CannotRunError(f"{packages} has no checkout of {copy.name}.")
        shutil.rmtree(copy, ignore_errors=True)
        left_out = shutil.ignore_patterns(".git", "integration_tests*")
        shutil.copytree(packages / copy.name, copy, ignore=left_out)
    utils, evaluator = ({"local": str(copy.resolve())} for copy in copies)
    write_yaml(copies[1] / "packages.yml", {"packages": [utils]})
    return [utils, evaluator]


def with_package(settings: dict[str, Any]) -> dict[str, Any]:
    """Give the settings of dbt_project.yml with what the package needs besides."""
    # Read by fifteen rules, and made again by each if it were a view, as it is by default.
    paths = {"int_all_dag_relationships": {"+materialized": "table"}}
    return {
        # What is printed at the end reads tables that are not built here.
        **{name: value for name, value in settings.items() if name != "on-run-end"},
        "vars": {**settings.get("vars", {}), PACKAGE: VARIABLES},
        "models": {**settings["models"], PACKAGE: {"marts": {"core": paths}}},
        "seeds": {**settings["seeds"], PACKAGE: {EXCEPTIONS: {"+enabled": False}}},
    }


def run_package(project: Project) -> None:
    """Build the package's tables, rules and tests.

    Raises:
        CannotRunError: dbt, or a table, failed.
    """
    log = project.root.parent / "evaluator.log"
    commands = [["deps"], ["build", "--select", f"package:{PACKAGE}", EXCEPTIONS]]
    with log.open("w", encoding="utf-8") as file:
        for words in commands:
            done = subprocess.run(
                [sys.executable, "-m", "dbt.cli.main", *words],
                cwd=project.root,
                env={**os.environ, "WAVEHOUSE_MEMORY": "4GB", "DBT_NO_USE_COLORS": "1"},
                stdout=file,
                stderr=subprocess.STDOUT,
                check=False,
            )
            # Findings are warnings, so they leave 0.
            if done.returncode:
                raise CannotRunError(f"`dbt {words[0]}` failed; {log} says why.")


def read_rules(project: Project) -> dict[str, str]:
    """Give the query of each rule that has run, as it ran, by the rule's name."""
    folder = project.target / "compiled" / PACKAGE / "models" / "marts"
    return {path.stem: path.read_text("utf-8") for path in sorted(folder.rglob("fct_*.sql"))}


def read_findings(connection: duckdb.DuckDBPyConnection, rules: dict[str, str]) -> list[Finding]:
    """Give the rows of the rules' tables; those of coverage are findings if it is too small."""
    schemas = dict(
        connection.execute(
            "select table_name, table_schema from information_schema.tables"
        ).fetchall()
    )
    findings = []
    for rule in rules:
        found = connection.execute(f"select * from {schemas[rule]}.{rule}")
        columns = [column[0] for column in found.description]
        findings += [
            Finding(rule, dict(zip(columns, row, strict=True))) for row in found.fetchall()
        ]
    return [finding for finding in findings if not is_covered(finding)]


def is_covered(finding: Finding) -> bool:
    """Tell whether a finding is a coverage that is large enough."""
    targets = {
        "documentation_coverage_pct": 100,
        "test_coverage_pct": VARIABLES["test_coverage_target"],
    }
    return any(finding.row.get(name, -1) >= target for name, target in targets.items())


def stale_exemptions(
    connection: duckdb.DuckDBPyConnection, rules: dict[str, str], exemptions: Sequence[Exemption]
) -> list[Exemption]:
    """Give the exceptions that except nothing, or stand for a rule that is no more."""
    stale = []
    for exemption in exemptions:
        query = rules.get(exemption.fct_name, "")
        for each in exemptions:
            query = query.replace(each.condition, "")
        excepted = f"select 1 from ({query}) where {exemption.meant} limit 1"
        if not query or not connection.execute(excepted).fetchall():
            stale.append(exemption)
    return stale


def write_yaml(path: Path, content: object) -> None:
    """Write a YAML file."""
    path.write_text(yaml.safe_dump(content, sort_keys=False), encoding="utf-8")


if __name__ == "__main__":
    sys.exit(main())
