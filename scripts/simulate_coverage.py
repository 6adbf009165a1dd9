"""Count how often intervals cover the truth, in samples drawn again and again from one population.

The population has strata of unequal size, in each of them any number of PSUs, and people in a PSU
are alike. Each sample is a wave of a generated study in a temporary copy of the project, so that
the warehouse itself computes the intervals of all samples of a design in one build. A share has a
measure for each method, whose publication rule asks for it. Domains are drawn by person, so the
truth in them is that of the whole.

Written is docs/coverage.md; no R is needed. It is a script and not an analysis, because it needs a
project of its own.
"""

from __future__ import annotations

import argparse
import math
import sys
import tempfile
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas

PROJECT = Path(__file__).resolve().parents[1]
# The copies that tests work on serve here too.
sys.path.insert(0, str(PROJECT / "tests" / "python"))

from studies.generated import Codebook, add_generated_studies  # noqa: E402
from workbench import Row, copy_project, query, run_dbt  # noqa: E402

from wavehouse.project import Project  # noqa: E402

SEED = 20261123
N_SAMPLES = 1000
TABLE = Path("docs", "coverage.md")
LEVEL = 0.95
# In ascending order of the share; the name is that of the variable.
SHARES = {"half": 0.5, "tenth": 0.1, "fiftieth": 0.02, "two_hundredth": 0.005}
MEAN = 3.0
METHODS = ("t", "logit", "wilson", "korn_graubard_capped", "korn_graubard_uncapped")
SMALL_DOMAIN = 0.1
# Of the variance of an answer, what lies between PSUs of a stratum.
INTRACLASS_CORRELATION = 0.03
WEIGHT_SPREAD = 0.3
# How far coverage may be off, beside chance: more than any method is known to be in cells that
# have cases enough, less than a standard error that is wrong by half.
MARGIN = 0.03
N_ERRORS = 4
ENOUGH_CASES = 20

DOMAINS = ("total", "large", "small")

# Parts of the project are gone from copies, and their settings with nothing to apply to.
NO_ERRORS = ("--warn-error-options", "{error: []}")
# What the numbers say; look at it again when they change.
READING = (
    "**What follows.** With cases enough, intervals of shares cover about as often as they say,",
    "a little less in few PSUs. With fewer, `t` does not: it is narrowest where too few were found",
    "by chance. `logit` and `wilson` stay close to 95 even there, lowest with about a dozen cases",
    "in few PSUs. `korn_graubard_capped` is hardly ever below 95, and often above, with wider",
    "intervals: a rule that wants to be safe with rare answers asks for it. Where most samples",
    "have one case or none, all cover too often, because the bounds of a share of 0 must be wide.",
    "The mean of a skewed variable, whose few large values come in clusters, is covered less often",
    "in few PSUs and small domains; no method here fixes that.",
)
BUILT = "+int_estimates__intervals"


class SimulationError(Exception):
    """The samples could not be built, with what dbt says."""


@dataclass(frozen=True)
class Design:
    """How each sample of a study is drawn."""

    label: str
    n_strata: int
    psus_per_stratum: int
    people_per_psu: int

    @property
    def n_people(self) -> int:
        """How many people a sample has on average."""
        return self.n_strata * self.psus_per_stratum * self.people_per_psu


DESIGNS = {
    "few": Design("5 strata of 3 PSUs", 5, 3, 40),
    "many": Design("20 strata of 3 PSUs", 20, 3, 10),
}


@dataclass(frozen=True)
class Cell:
    """How the intervals of one method did in one domain of one study."""

    study_id: str
    variable_id: str
    domain: str
    ci_method: str
    n_samples: int
    n_covering: int
    n_unknown: int
    mean_width: float
    mean_cases: float

    @property
    def coverage(self) -> float:
        """Share of samples whose interval covers the truth; one without bounds does not."""
        return self.n_covering / self.n_samples

    @property
    def error(self) -> float:
        """Standard error of the coverage, if it is what it should be."""
        return math.sqrt(LEVEL * (1 - LEVEL) / self.n_samples)

    @property
    def is_off(self) -> bool:
        """Whether coverage is too low for chance, or too high where there are cases enough."""
        allowed = MARGIN + N_ERRORS * self.error
        return self.mean_cases >= ENOUGH_CASES and abs(self.coverage - LEVEL) > allowed


def samples(design: Design, n_samples: int, random: np.random.Generator) -> pandas.DataFrame:
    """Draw all samples of a study: a row for each person, with the sample as its wave."""
    n_psus = design.n_strata * design.psus_per_stratum
    stratum_of_psu = np.tile(np.arange(n_psus) // design.psus_per_stratum, n_samples)
    # Stratum h has a part of the population, and answers of its own.
    parts = np.linspace(1, 3, design.n_strata)
    parts /= parts.sum()
    levels = np.linspace(1.4, 0.6, design.n_strata)
    levels /= (parts * levels).sum()
    people = design.people_per_psu
    sizes = random.integers(people // 2, people * 3 // 2, len(stratum_of_psu), endpoint=True)
    psu = np.repeat(np.arange(len(stratum_of_psu)), sizes)
    stratum = stratum_of_psu[psu]
    wave = psu // n_psus
    n_people = len(psu)
    spread = 1 / INTRACLASS_CORRELATION - 1
    columns: dict[str, object] = {
        "wave_id": pandas.Series(wave).map(lambda number: f"s{number + 1:05}"),
        "respondent": np.arange(n_people),
        "stratum": stratum,
        "psu": psu,
        "weight": np.round(
            100 * parts[stratum] * design.n_strata * random.lognormal(0, WEIGHT_SPREAD, n_people), 3
        ),
        "domain": np.where(random.random(n_people) < SMALL_DOMAIN, "small", "large"),
    }
    for name, share in SHARES.items():
        # The shares of strata go apart less where they would be above 1.
        shares = share * levels[stratum_of_psu]
        of_psu = random.beta(shares * spread, (1 - shares) * spread)
        columns[name] = np.where(random.random(n_people) < of_psu[psu], "yes", "no")
    rates = MEAN * levels[stratum_of_psu] * random.gamma(10, 1 / 10, len(stratum_of_psu))
    columns["visits"] = random.poisson(rates[psu] * random.gamma(1, 1, n_people))
    return pandas.DataFrame(columns)


def codebook() -> Codebook:
    """Declare the variables, and a measure and a publication rule for each method."""
    share_measures: list[Row] = [
        {
            "measure_id": f"{name}__{method}",
            "variable_id": name,
            "measure_kind": "share",
            "publication_rule_id": f"simulated_{method}",
        }
        for name in SHARES
        for method in METHODS
    ]
    mean: Row = {"measure_id": "visits__t", "variable_id": "visits", "measure_kind": "mean"}
    return Codebook(
        categories={"domain": ("small", "large"), **dict.fromkeys(SHARES, ("yes", "no"))},
        bounds={"visits": (0, 100_000)},
        segments={"domain": ("domain",)},
        measures=[*share_measures, mean],
        more={
            "publication_rules": [
                {
                    "publication_rule_id": f"simulated_{method}",
                    "rule_label": method,
                    "description": "Generated.",
                    "source": "A script",
                    "share_ci_method": method,
                }
                for method in METHODS
            ],
        },
    )


def add_samples(project: Project, n_samples: int, seed: int, study_ids: Iterable[str]) -> None:
    """Draw the samples into a copy of the project, not built."""
    # Each study has a stream of its own, so that it is the same with or without the others.
    studies = {
        study_id: samples(DESIGNS[study_id], n_samples, np.random.default_rng([seed, number]))
        for number, study_id in enumerate(DESIGNS)
        if study_id in study_ids
    }
    add_generated_studies(project, codebook(), studies, "open_data")


def build(project: Project) -> None:
    """Let a copy of the project compute the intervals of its samples."""
    built = run_dbt(
        project,
        "build",
        "--exclude-resource-type",
        "test",
        "unit_test",
        "--select",
        BUILT,
        *NO_ERRORS,
    )
    if built.exit_code:
        raise SimulationError(built.output[-5000:])


def counted(project: Project) -> list[Cell]:
    """Count how often the intervals of each kind cover the truth."""
    truths = " ".join(f"when '{name}' then {truth}" for name, truth in (*SHARES.items(),))
    rows = query(
        project,
        f"""
        with

        numbers as (
            select
                statistics.study_id,
                split_part(statistics.measure_id, '__', 1) as variable_id,
                statistics.segment_code as domain,
                -- A share of 0 or 1 has an exact interval whatever is asked for.
                split_part(statistics.measure_id, '__', 2) as ci_method,
                case split_part(statistics.measure_id, '__', 1) {truths} else {MEAN} end as truth,
                intervals.ci_lower,
                intervals.ci_upper,
                statistics.n_respondents
            from intermediate.int_estimates__estimates as statistics
            inner join intermediate.int_estimates__intervals as intervals using (cell_key)
            where statistics.category_code in ('yes', '_Z')
        )

        select
            study_id,
            variable_id,
            domain,
            ci_method,
            count(*) as n_samples,
            count(*) filter (where truth between ci_lower and ci_upper) as n_covering,
            count(*) filter (where ci_lower is null or ci_upper is null) as n_unknown,
            avg(ci_upper - ci_lower) as mean_width,
            avg(n_respondents * case when variable_id = 'visits' then 1 else truth end)
                as mean_cases
        from numbers
        group by study_id, variable_id, domain, ci_method
        """,
    )
    return [Cell(**row) for row in rows]


def table(cells: Sequence[Cell], value: str) -> list[str]:
    """Give a table with a column for each method."""
    by_key = {(c.study_id, c.domain, c.variable_id, c.ci_method): c for c in cells}
    lines = [
        f"| sample | domain | truth | cases | {' | '.join(METHODS).replace('_', ' ')} |",
        f"|{'---|' * (4 + len(METHODS))}",
    ]
    for study_id, design in DESIGNS.items():
        for domain in DOMAINS:
            for variable_id in (*SHARES, "visits"):
                row = [by_key.get((study_id, domain, variable_id, method)) for method in METHODS]
                (first, *_) = (cell for cell in row if cell)
                numbers = [
                    ""
                    if cell is None
                    else f"{100 * cell.coverage:.1f}"
                    if value == "coverage"
                    else f"{cell.mean_width:.3f}"
                    for cell in row
                ]
                truth = SHARES.get(variable_id)
                lines.append(
                    f"| {design.label} | {domain} "
                    f"| {f'share of {truth}' if truth else f'mean of {MEAN:g}'} "
                    f"| {first.mean_cases:.{0 if first.mean_cases >= 10 else 1}f} "
                    f"| {' | '.join(numbers)} |"
                )
    return lines


def summary(cells: Sequence[Cell]) -> list[str]:
    """Give the lowest and the highest coverage of each method, with many cases and with few."""
    lines = [
        f"| of | by | {ENOUGH_CASES} cases or more | fewer |",
        "|---|---|---|---|",
    ]
    for of, method in (*(("shares", method) for method in METHODS), ("mean", "t")):
        ranges: list[str] = []
        for is_enough in (True, False):
            found = [
                100 * cell.coverage
                for cell in cells
                if cell.ci_method == method
                and (cell.variable_id in SHARES) == (of == "shares")
                and (cell.mean_cases >= ENOUGH_CASES) == is_enough
            ]
            ranges.append(f"{min(found):.1f} to {max(found):.1f}" if found else "")
        lines.append(f"| {of} | {method.replace('_', ' ')} | {' | '.join(ranges)} |")
    return lines


def page(cells: Sequence[Cell], n_samples: int, seed: int) -> str:
    """Write the page of the docs."""
    error = 100 * cells[0].error
    n_unknown = sum(cell.n_unknown for cell in cells)
    few = DESIGNS["few"]
    return "\n".join(
        [
            "{% docs coverage %}",
            "**How often intervals of 95 % cover the truth.** Percent of samples, by method "
            f"(`ci_method`). {n_samples:,} samples of",
            f"about {few.n_people} people each were drawn from a population in which people of a "
            "PSU are alike and weights unequal, and the warehouse",
            f"computed all intervals. The standard error of a coverage of 95.0 is {error:.1f}. "
            "*Cases* is how many people of a sample are counted",
            "on average: those in the category, for a mean all. A share of exactly 0 or 1 has the "
            "exact interval under every method, and",
            f"an interval without bounds does not cover ({n_unknown} of "
            f"{sum(cell.n_samples for cell in cells):,}).",
            "",
            *table(cells, "coverage"),
            "",
            "The mean width of the same intervals:",
            "",
            *table(cells, "width"),
            "",
            *READING,
            "",
            *summary(cells),
            "",
            "This page is written by `.venv/bin/python scripts/simulate_coverage.py "
            f"--samples {n_samples} --seed {seed}`.",
            "{% enddocs %}",
            "",
        ]
    )


def main(arguments: Sequence[str] | None = None) -> int:
    """Simulate, and write the page."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--samples", type=int, default=N_SAMPLES, help="samples of each design")
    parser.add_argument("--seed", type=int, default=SEED, help="of the random numbers")
    parser.add_argument("--project-dir", type=Path, default=PROJECT, help="where docs/ is")
    given = parser.parse_args(arguments)
    with tempfile.TemporaryDirectory(prefix="wavehouse_coverage_") as folder:
        cells: list[Cell] = []
        # One after the other, which takes less memory.
        for study_id in DESIGNS:
            project = copy_project(Path(folder) / study_id)
            try:
                add_samples(project, given.samples, given.seed, [study_id])
                build(project)
            except SimulationError as error:
                print(error, file=sys.stderr)
                return 1
            cells.extend(counted(project))
    path = given.project_dir / TABLE
    path.write_text(page(cells, given.samples, given.seed), encoding="utf-8")
    print(path.read_text(encoding="utf-8"))
    return 0


if __name__ == "__main__":
    sys.exit(main())
