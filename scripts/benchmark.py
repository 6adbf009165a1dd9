"""Measure how long all estimates take, beside R's package survey on a sample of the same ones.

Measured are the three studies of this warehouse, and a generated one of 35 waves, 15 variables, 6
segments and 75,000 people with strata, PSUs and weights. Each is built in a temporary copy of the
project: the seeds first, then, with the clock running, all models from the delivered cells to the
published estimates with their intervals, checks and disclosure control.

R gets the same respondents and estimates some waves and variables in all segments, by svymean and
svyby with standard errors, one call after another. Its clock runs in these calls only: reading the
data and declaring the design is free. The numbers of both must agree, or nothing is reported.
R's time for all estimates is that of the sample, scaled up by their number.

Needs Rscript with the package survey, or --without-r. Whatever else the machine does changes the
ratios, so no test looks at them.
"""

from __future__ import annotations

import argparse
import csv
import json
import math
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

import duckdb
import numpy as np
import pandas

PROJECT = Path(__file__).resolve().parents[1]
# The copies that tests work on serve here too.
sys.path.insert(0, str(PROJECT / "tests" / "python"))

from studies.generated import Codebook, add_generated_studies  # noqa: E402
from workbench import copy_project, database_path, query, run_dbt  # noqa: E402

from wavehouse.project import Project  # noqa: E402

SEED = 20261123
TOLERANCE = 1e-7
BUILT = "+int_estimates__published"
N_SLOWEST = 10
PROBLEMS = "select * from intermediate.int_checks__problems"
# Generated studies have no files.
OF_FILES = ("wave_file_missing", "generated_file_stale")
# Parts of the project are gone from copies, and their settings with nothing to apply to.
NO_ERRORS = ("--warn-error-options", "{error: []}")

CATEGORIES = {
    "sex": ("1", "2"),
    "age": ("1", "2", "3", "4"),
    "education": ("1", "2", "3"),
    "area": ("1", "2", "3", "4", "5"),
}
# Six segments, of which one is the total and one a crossing.
SEGMENTS = {**{name: (name,) for name in CATEGORIES}, "sex_by_age": ("sex", "age")}
# Of five variables, four are categorical; their number of categories goes round.
N_CATEGORIES = (2, 3, 4, 5)
MISSING = 0.05


HEADER = (
    "| studies | by | estimates | seconds | estimates a second | ratio to R | peak MB |",
    "|---|---|---|---|---|---|---|",
)

# An estimate with its error, by all that says of what it is.
Numbers = Mapping[tuple[str, ...], tuple[float, float]]


class BenchmarkError(Exception):
    """Nothing can be reported, with the reason."""


@dataclass(frozen=True)
class Size:
    """How large the generated study is."""

    n_waves: int
    n_variables: int
    n_people: int
    n_strata: int
    psus_per_stratum: int


FULL = Size(n_waves=35, n_variables=15, n_people=75_000, n_strata=25, psus_per_stratum=4)


@dataclass(frozen=True)
class Measured:
    """What a build took: the number of its estimates, seconds, bytes, seconds by model."""

    n_estimates: int
    seconds: float
    peak_bytes: int
    models: list[tuple[str, float]]


@dataclass(frozen=True)
class Compared:
    """What R took for a sample of the estimates, and the largest difference."""

    n_estimates: int
    seconds: float
    peak_bytes: int
    difference: float


def generated_codebook(size: Size) -> Codebook:
    """Declare the variables of the generated study, with a measure for each that is no segment."""
    numbers = range(1, size.n_variables + 1)
    categories = {
        f"v{number}": tuple(str(code) for code in range(1, N_CATEGORIES[number % 5] + 1))
        for number in numbers
        if number % 5 != 4
    }
    bounds = {f"v{number}": (0, 100) for number in numbers if number % 5 == 4}
    return Codebook(
        categories={**CATEGORIES, **categories},
        bounds=bounds,
        segments=SEGMENTS,
        measures=[
            {"measure_id": name, "variable_id": name, "measure_kind": kind}
            for kind, names in (("share", categories), ("mean", bounds))
            for name in names
        ],
    )


def generated_respondents(size: Size, codebook: Codebook) -> pandas.DataFrame:
    """Draw the respondents: waves of equal size, people of a PSU alike, weights unequal."""
    random = np.random.default_rng(SEED)
    n_psus = size.n_strata * size.psus_per_stratum
    person = np.arange(size.n_people)
    wave = person % size.n_waves
    # Each PSU has somebody in each wave, if there are people enough.
    psu = person // size.n_waves % n_psus
    place = wave * n_psus + psu
    columns: dict[str, object] = {
        "wave_id": pandas.Series(wave).map(lambda number: f"w{number + 1:03}"),
        "respondent": person,
        "stratum": psu // size.psus_per_stratum,
        "psu": psu,
        "weight": np.round(random.lognormal(sigma=0.5, size=size.n_people), 4),
    }
    for name in codebook.variables:
        common = random.normal(scale=0.3, size=size.n_waves * n_psus)[place]
        position = common + random.normal(size=size.n_people)
        if name in codebook.bounds:
            values = np.clip(np.round(50 + 15 * position), 0, 100).astype(int).astype(str)
        else:
            codes = np.array(codebook.categories[name])
            ranks = pandas.Series(position).rank(pct=True).to_numpy()
            values = codes[np.minimum((ranks * len(codes)).astype(int), len(codes) - 1)]
        missing = random.random(size.n_people) < MISSING
        columns[name] = pandas.Series(values, dtype=object).mask(missing, None)
    return pandas.DataFrame(columns)


def run(words: Sequence[str], folder: Path, environment: dict[str, str] | None = None) -> int:
    """Run a program and give its peak memory in bytes."""
    with (folder / "output.txt").open("w", encoding="utf-8") as output:
        process = subprocess.Popen(
            words,
            cwd=folder,
            env={**os.environ, **(environment or {})},
            stdout=output,
            stderr=subprocess.STDOUT,
        )
        _, status, usage = os.wait4(process.pid, 0)
        process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode:
        said = (folder / "output.txt").read_text(encoding="utf-8")
        raise BenchmarkError(f"{words[0]} failed.\n{said[-3000:]}")
    # Linux counts in kilobytes, macOS in bytes.
    return usage.ru_maxrss * (1 if sys.platform == "darwin" else 1024)


def build(project: Project) -> Measured:
    """Build the estimates of a copy, and measure it from the first model to the last."""
    seeded = run_dbt(project, "seed", *NO_ERRORS)
    if seeded.exit_code:
        raise BenchmarkError(seeded.output[-3000:])
    dbt = [sys.executable, "-c", "from dbt.cli.main import cli; cli()"]
    peak_bytes = run(
        [*dbt, "run", "--no-use-colors", "--target", "duckdb", "--select", BUILT, *NO_ERRORS],
        project.root,
        {"WAVEHOUSE_DATABASE": str(database_path(project)), "DBT_TARGET_PATH": str(project.target)},
    )
    results = json.loads((project.target / "run_results.json").read_text(encoding="utf-8"))
    models = [result for result in results["results"] if result["unique_id"].startswith("model.")]
    begun = [datetime.fromisoformat(model["timing"][0]["started_at"]) for model in models]
    ended = [datetime.fromisoformat(model["timing"][-1]["completed_at"]) for model in models]
    if problems := query(project, f"{PROBLEMS} where check_id not in {OF_FILES}"):
        raise BenchmarkError(f"{len(problems)} problems in the input, the first: {problems[0]}")
    (counted,) = query(
        project,
        "select count(estimate) as n from intermediate.int_estimates__statistics",
    )
    return Measured(
        n_estimates=counted["n"],
        seconds=(max(ended) - min(begun)).total_seconds(),
        peak_bytes=peak_bytes,
        models=sorted(
            (
                (model["unique_id"].rsplit(".", 1)[1], float(model["execution_time"]))
                for model in models
            ),
            key=lambda model: -model[1],
        ),
    )


def write_sample(
    project: Project, folder: Path, waves: Sequence[tuple[str, str]], measures: Sequence[str]
) -> None:
    """Write what R needs: a file of respondents for each wave, and the list of what to estimate."""
    tasks: list[dict[str, str]] = []
    with duckdb.connect(str(database_path(project)), read_only=True) as connection:
        connection.execute("set schema = 'intermediate'")
        for study_id, wave_id in waves:
            here = f"study_id = '{study_id}' and wave_id = '{wave_id}'"
            listed = connection.sql(
                f"""
                select distinct
                    measure_id, measures.measure_kind, measures.variable_id, segment_id
                from int_estimates__statistics
                inner join int_measures__measures as measures using (measure_id)
                where {here} and measures.measure_kind in ('share', 'mean') and estimate is not null
                    and standard_population_id is null and period_grain = 'wave'
                order by measure_id, segment_id
                """
            ).fetchall()
            file = f"{study_id}_{wave_id}.csv"
            chosen = [row for row in listed if not measures or row[0] in measures]
            keys = ("measure_id", "measure_kind", "variable_id", "segment_id")
            tasks.extend(
                {
                    "study_id": study_id,
                    "wave_id": wave_id,
                    "file": file,
                    **dict(zip(keys, row, strict=True)),
                }
                for row in chosen
            )
            variables = ", ".join(f"'{name}'" for name in sorted({row[2] for row in chosen}))
            segments = ", ".join(f"'{name}'" for name in sorted({row[3] for row in chosen}))
            connection.execute(
                f"""
                copy (
                    pivot (
                        select
                            respondent_key, stratum_id, psu_id, weight,
                            case when applies_fpc then psu_population end as psu_population,
                            name, answer
                        from int_design__respondents
                        inner join (
                            select design_id, applies_fpc from staging.stg_codebook__designs
                        ) using (design_id)
                        left join (
                            select
                                respondent_key,
                                'variable.' || variable_id as name,
                                coalesce(category_code, cast(numeric_value as varchar)) as answer
                            from int_answers__coded
                            where {here} and variable_id in ({variables})
                            union all
                            select respondent_key, 'segment.' || segment_id, segment_code
                            from int_segments__memberships
                            where {here} and segment_id in ({segments})
                        ) using (respondent_key)
                        where {here}
                    ) on name using any_value(answer)
                    group by respondent_key, stratum_id, psu_id, weight, psu_population
                ) to '{folder / file}' (header, delimiter ',')
                """
            )
    pandas.DataFrame(tasks).to_csv(folder / "tasks.csv", index=False)


def compare(
    project: Project, folder: Path, waves: Sequence[tuple[str, str]], measures: Sequence[str]
) -> Compared:
    """Let R estimate a sample of what was built, and compare all numbers of it."""
    folder.mkdir()
    write_sample(project, folder, waves, measures)
    peak_bytes = run(
        ["Rscript", "--vanilla", str(PROJECT / "scripts" / "benchmark.R"), str(folder)], folder
    )
    keys = ("study_id", "wave_id", "measure_id", "category_code", "segment_id", "segment_code")
    ours = {
        tuple(row[key] for key in keys): (row["estimate"], row["standard_error"])
        for row in query(
            project,
            f"""
            select {", ".join(keys)}, estimate, standard_error
            from intermediate.int_estimates__statistics where period_grain = 'wave'
            """,
        )
    }
    with (folder / "estimates.csv").open(newline="", encoding="utf-8") as file:
        theirs = {
            tuple(row[key] for key in keys): (
                float(row["estimate"]),
                float(row["standard_error"]),
            )
            for row in csv.DictReader(file)
        }
    difference = largest_difference(ours, theirs)
    seconds = float((folder / "seconds.txt").read_text(encoding="utf-8"))
    return Compared(len(theirs), seconds, peak_bytes, difference)


def largest_difference(ours: Numbers, theirs: Numbers) -> float:
    """Compare all numbers of R with ours, relative to those above 1; fail if one is another."""
    largest = 0.0
    for key, numbers in theirs.items():
        named = zip(("estimate", "standard_error"), ours[key], numbers, strict=True)
        for name, our, their in named:
            difference = abs(our - their) / max(1.0, abs(their))
            # also where it is not a number
            if not difference <= TOLERANCE:
                raise BenchmarkError(f"{name} of {key} is {their} in R, here {our}")
            largest = max(largest, difference)
    return largest


def line(name: str, by: str, n: int, seconds: float, ratio: str, peak_bytes: int) -> str:
    """Give a line of the table."""
    return (
        f"| {name} | {by} | {n:,} | {seconds:.1f} | {n / seconds:,.0f} | {ratio} "
        f"| {peak_bytes / 1024**2:,.0f} |"
    )


def report(name: str, ours: Measured, theirs: Compared | None) -> list[str]:
    """Give the lines of the table for one project."""
    n = ours.n_estimates
    if theirs is None:
        return [line(name, "Wavehouse", n, ours.seconds, "", ours.peak_bytes)]
    # What R would take for as many estimates as were built.
    scaled = theirs.seconds / theirs.n_estimates * n
    ratio = f"{scaled / ours.seconds:.1f}"
    sample = theirs.n_estimates
    return [
        line(name, "Wavehouse", n, ours.seconds, ratio, ours.peak_bytes),
        line(name, "R, sample", sample, theirs.seconds, "1", theirs.peak_bytes),
        line(name, "R, scaled up", n, scaled, "1", theirs.peak_bytes),
    ]


def measured(
    name: str,
    project: Project,
    waves: Sequence[tuple[str, str]],
    measures: Sequence[str],
    with_r: bool,
) -> tuple[list[str], list[str]]:
    """Build a copy, compare a sample with R, and give the lines of the table and of the notes.

    Args:
        name: what the lines call it.
        project: the copy.
        waves: studies and waves that R estimates too.
        measures: the measures of these; none for all shares and means.
        with_r: whether R is there.
    """
    ours = build(project)
    total = math.fsum(seconds for _, seconds in ours.models)
    notes = ["", f"{name}, the models that take longest:", ""]
    notes += ["| model | seconds | % of all models |", "|---|---|---|"]
    notes += [
        f"| {model} | {seconds:.2f} | {100 * seconds / total:.0f} |"
        for model, seconds in ours.models[:N_SLOWEST]
    ]
    if not with_r:
        return report(name, ours, None), notes
    theirs = compare(project, project.root / "R", waves, measures)
    agree = f"{name}: {2 * theirs.n_estimates:,} estimates and errors are those of R"
    notes += ["", f"{agree}; the largest difference is {theirs.difference:.1e}."]
    return report(name, ours, theirs), notes


def measure(folder: Path, size: Size, only_generated: bool, with_r: bool) -> list[str]:
    """Build, compare and report."""
    table = list(HEADER)
    notes: list[str] = []
    if not only_generated:
        real = copy_project(folder / "real")
        latest = [("api", "2000"), ("bsa", "1986"), ("gss", "2006")]
        lines, more = measured("the three studies", real, latest, [], with_r)
        table += lines
        notes += more
    codebook = generated_codebook(size)
    respondents = generated_respondents(size, codebook)
    made = copy_project(folder / "generated")
    # A rule that hides, so that disclosure control is measured too.
    add_generated_studies(made, codebook, {"generated": respondents}, "market_research")
    waves = [("generated", wave_id) for wave_id in sorted(set(respondents["wave_id"]))[:2]]
    # Four shares and a mean are in the sample, as among all.
    measures = [f"v{number}" for number in range(1, 6)]
    lines, more = measured("generated", made, waves, measures, with_r)
    return [*table, *lines, *notes, *more]


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the benchmark and print it."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--waves", type=int, default=FULL.n_waves, help="waves of the study")
    parser.add_argument("--variables", type=int, default=FULL.n_variables, help="its variables")
    parser.add_argument("--people", type=int, default=FULL.n_people, help="its respondents")
    parser.add_argument("--strata", type=int, default=FULL.n_strata, help="strata of four PSUs")
    parser.add_argument(
        "--only-generated", action="store_true", help="leave out the studies of this warehouse"
    )
    parser.add_argument("--without-r", action="store_true", help="measure the warehouse only")
    given = parser.parse_args(arguments)
    if not given.without_r and not shutil.which("Rscript"):
        print(
            "The benchmark needs R with its package survey (Debian: r-cran-survey), "
            "or give --without-r.",
            file=sys.stderr,
        )
        return 2
    size = Size(given.waves, given.variables, given.people, given.strata, FULL.psus_per_stratum)
    with tempfile.TemporaryDirectory(prefix="wavehouse_benchmark_") as folder:
        try:
            lines = measure(Path(folder), size, given.only_generated, not given.without_r)
        except BenchmarkError as error:
            print(error, file=sys.stderr)
            return 1
    print("\n".join(lines))
    return 0


if __name__ == "__main__":
    sys.exit(main())
