"""Run all ways to the same estimates on one generated study, and see that their numbers agree."""

from __future__ import annotations

import csv
import shutil
import subprocess
import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

import duckdb

from benchmark.processes import BenchmarkError, Usage, read_phases, run
from benchmark.shapes import Shape

ROOT = Path(__file__).resolve().parents[3]
HERE = Path(__file__).resolve().parent
SCRIPTS = {"PYTHONPATH": str(ROOT / "scripts")}
SVY = "svy==0.35.0"
SVY_FOLDER = ROOT / "target" / "svy"
# The largest difference from the first way: of numbers above 1 as a part of them.
TOLERANCE = 1e-9
KEYS = ("wave", "measure", "category", "segment_value")


@dataclass(frozen=True)
class Way:
    """A way to the estimates: its label, and what gives the words to run it.

    `begin` is None if it cannot run here, with the reason in `missing`. `only` are the waves it
    estimates, None for all. `numbers` are what is compared of it.
    """

    name: str
    label: str
    begin: Callable[[Path, str], list[str | Path]] | None
    only: list[int] | None = None
    numbers: tuple[str, ...] = ("estimate", "standard_error")
    missing: str = ""


@dataclass(frozen=True)
class Result:
    """What a way took: seconds of estimating, and of all with start and reading; peak of all."""

    name: str
    label: str
    n_waves: int
    n_estimates: int
    cpu_seconds: float
    whole: Usage
    phases: dict[str, Usage]
    difference: float
    missing: str = ""

    @property
    def per_second(self) -> float:
        """Estimates for each processor second of estimating."""
        return self.n_estimates / self.cpu_seconds if self.cpu_seconds else 0.0


def sql_ways(memory_limit: str) -> list[Way]:
    """Give the ways in SQL, which manage any size. The first is what all others are held to."""

    def core(waves: str) -> Callable[[Path, str], list[str | Path]]:
        return lambda folder, name: [
            *(sys.executable, "-m", "benchmark.rivals.sql_core"),
            *(folder, name, waves, memory_limit),
        ]

    def group_by(folder: Path, name: str) -> list[str | Path]:
        module = "benchmark.rivals.group_by"
        return [sys.executable, "-m", module, folder, name, memory_limit]

    return [
        Way("core_all", "SQL core, all waves at once", core("all")),
        Way("core_each", "SQL core, a wave at a time", core("each")),
        Way("group_by", "one GROUP BY, shares without errors", group_by, numbers=("estimate",)),
    ]


def package_ways(few: Sequence[int]) -> list[Way]:
    """Give the packages; they take long, so they get a few waves."""
    survey_missing = has_r() or has_survey()
    svy_missing = install_svy()

    def svy(folder: Path, name: str) -> list[str | Path]:
        waves = ",".join(map(str, few))
        return [SVY_FOLDER / "bin" / "python", HERE / "svy_package.py", folder, name, waves]

    return [
        Way(
            "svyby",
            "R survey, svyby a wave at a time",
            None if survey_missing else in_r("svyby.R", few),
            list(few),
            missing=survey_missing,
        ),
        Way("svy", f"Python {SVY}", None if svy_missing else svy, list(few), missing=svy_missing),
    ]


def lean_way(shape: Shape) -> Way:
    """Give the leanest way in R that we know."""
    missing = has_r()
    return Way(
        "lean",
        "lean R, rowsum",
        None if missing else in_r("lean.R", shape.waves),
        list(shape.waves),
        missing=missing,
    )


def in_r(script: str, waves: Sequence[int]) -> Callable[[Path, str], list[str | Path]]:
    """Give what gives the words of a program in R."""
    return lambda folder, name: [
        *("Rscript", "--vanilla", HERE / script),
        *(folder, name, ",".join(map(str, waves))),
    ]


def has_r() -> str:
    """Give "" if R is here, else the reason."""
    return "" if shutil.which("Rscript") else "R is not here (Debian: r-base-core)"


def has_survey() -> str:
    """Give "" if R has its package survey, else what is missing."""
    words = ["Rscript", "--vanilla", "-e", "library(survey)"]
    done = subprocess.run(words, capture_output=True, check=False)
    return "" if done.returncode == 0 else "R has no package survey (Debian: r-cran-survey)"


def install_svy() -> str:
    """Install svy beside this project if it is not there; give "" if it is, else the reason."""
    if (SVY_FOLDER / ".installed").exists():
        return ""
    words = [sys.executable, "-m", "wavehouse.environment", SVY_FOLDER, "--", SVY]
    done = subprocess.run(words, check=False)
    return "" if done.returncode == 0 else f"pip could not install {SVY}"


def run_ways(shape: Shape, folder: Path, ways: Sequence[Way]) -> list[Result]:
    """Run the ways on a study generated in a folder, and compare their numbers.

    Raises:
        BenchmarkError: a way failed, or a number of it is not that of the first.
    """
    write_for_packages(shape, folder)
    return [run_way(shape, folder, way, ways[0]) for way in ways]


def run_way(shape: Shape, folder: Path, way: Way, first: Way) -> Result:
    """Run a way, and compare it with the first."""
    n_waves = len(shape.waves if way.only is None else way.only)
    if way.begin is None:
        return Result(way.name, way.label, 0, 0, 0.0, Usage(0, 0), {}, 0.0, way.missing)
    whole = run(way.begin(folder, way.name), folder / f"{way.name}.log", environment=SCRIPTS)
    phases = phases_of(folder, way.name)
    seconds = sum(
        usage.cpu_seconds for name, usage in phases.items() if name.startswith("estimate")
    )
    n, difference = compared(folder, way, first)
    return Result(way.name, way.label, n_waves, n, seconds, whole, phases, difference)


def write_for_packages(shape: Shape, folder: Path) -> None:
    """Write what packages read: a CSV file for each wave, and lists of measures and segments."""
    (folder / "segments.txt").write_text("\n".join(["s0", *shape.segment_columns]) + "\n")
    with (folder / "measures.csv").open("w", newline="", encoding="utf-8") as file:
        writer = csv.writer(file)
        writer.writerow(["number", "kind", "column", "n_categories", "denominator"])
        for one in shape.measures:
            row = [one.number, one.kind, one.column, one.n_categories, one.denominator]
            writer.writerow(row)


def write_csv_waves(shape: Shape, folder: Path) -> None:
    """Write the waves as CSV files, for R."""
    (folder / "waves").mkdir(exist_ok=True)
    with duckdb.connect() as connection:
        for wave in shape.waves:
            connection.execute(
                f"copy (from read_parquet('{folder / 'answers.parquet'}') where wave = {wave}) "
                f"to '{folder / 'waves'}/{wave}.csv' (header, nullstr 'NA')"
            )


def phases_of(folder: Path, name: str) -> dict[str, Usage]:
    """Read what a way measured of itself; R writes CSV and no peaks."""
    path = folder / f"{name}_phases.csv"
    if not path.exists():
        return read_phases(folder / f"{name}.json")
    with path.open(newline="", encoding="utf-8") as file:
        return {row["phase"]: Usage(float(row["cpu_seconds"]), 0) for row in csv.DictReader(file)}


def estimates_of(folder: Path, name: str) -> str:
    """Give the table of a way's estimates, as SQL."""
    path = folder / f"{name}.parquet"
    if path.exists():
        return f"read_parquet('{path}')"
    return f"read_csv('{path.with_suffix('.csv')}', header = true)"


def compared(folder: Path, way: Way, first: Way) -> tuple[int, float]:
    """Count the estimates of a way, pools too, and give its largest difference from the first."""
    theirs = estimates_of(folder, way.name)
    expected = estimates_of(folder, first.name)
    # Shares alone are counted without errors.
    only_some = len(way.numbers) == 1
    difference = largest_difference(
        theirs, expected, KEYS, way.numbers, way.label, way.only, only_some
    )
    tables = [theirs]
    pools = folder / f"{way.name}_pools.parquet"
    if pools.exists():
        tables.append(f"read_parquet('{pools}')")
        pooled = f"read_parquet('{folder / first.name}_pools.parquet')"
        more = largest_difference(tables[-1], pooled, KEYS, way.numbers, way.label, None)
        difference = max(difference, more)
    counts = [duckdb.sql(f"select count(*) from {table}").fetchone() for table in tables]
    n = sum(count[0] for count in counts if count)
    if not n:
        raise BenchmarkError(f"{way.label} has estimated nothing.")
    return n, difference


def largest_difference(
    theirs: str,
    expected: str,
    keys: Sequence[str],
    numbers: Sequence[str],
    label: str,
    waves: Sequence[int] | None,
    only_some: bool = False,
) -> float:
    """Compare tables of estimates, as SQL, number by number.

    All of theirs must be expected. All expected ones of the waves given (None: of all waves) must
    be among theirs, unless these are only some.

    Raises:
        BenchmarkError: a number is another, or missing.
    """
    kept = "" if waves is None else f"where wave in ({', '.join(map(str, waves))})"
    # What is not there is infinitely far off; what is not a number comes first of all.
    off = [
        f"coalesce(abs(theirs.{number} - expected.{number}) / greatest(1, abs(expected.{number})), "
        "'infinity'::double)"
        for number in numbers
    ]
    shown = ", ".join(
        f"'{number} is ' || coalesce(theirs.{number}::varchar, 'missing') || ', expected ' "
        f"|| coalesce(expected.{number}::varchar, 'none')"
        for number in numbers
    )
    join = "left join" if only_some else "full join"
    found = duckdb.sql(
        f"""
        with differences as (
            select
                {", ".join(keys)},
                concat_ws('; ', {shown}) as shown,
                greatest({", ".join(off)}) as difference
            from (from {theirs}) as theirs
            {join} (from {expected} {kept}) as expected using ({", ".join(keys)})
        )
        select * from differences order by difference desc limit 1
        """
    ).fetchone()
    if found is None:
        return 0.0
    *key, said, difference = found
    if not difference <= TOLERANCE:
        named = ", ".join(f"{name} {value}" for name, value in zip(keys, key, strict=True))
        raise BenchmarkError(f"{label}: its numbers are others. {named}: {said}.")
    return float(difference)
