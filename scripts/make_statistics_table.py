"""Write the table of statistics of the docs: formula, source, R's number and ours.

R's numbers are those of tests/python/references, ours those of the published warehouse. Written is
docs/statistics.md. --check compares instead, and fails if a number of the table is another now, or
if ours is not R's.
"""

from __future__ import annotations

import argparse
import csv
import sys
from dataclasses import dataclass, field
from pathlib import Path

import duckdb

PROJECT = Path(__file__).resolve().parents[1]
WAREHOUSE = Path("warehouse", "wavehouse.duckdb")
REFERENCES = Path("tests", "python", "references")
TABLE = Path("docs", "statistics.md")
DIGITS = 10
# That of the tests of references, for errors.
TOLERANCE = 1e-7


class StatisticsError(Exception):
    """Nothing to make the table of, with the remedy."""


@dataclass(frozen=True)
class Statistic:
    """A statistic with one example of it.

    `keys` name a row of the reference file; `ours` the same row of the mart where it has other
    names for its columns, and `where` what only the mart tells apart.
    """

    name: str
    formula: str
    source: str
    in_r: str
    example: str
    mart: str
    file: str
    keys: dict[str, str]
    number: str
    reference: str
    ours: dict[str, str] = field(default_factory=dict)

    def in_reference(self, project: Path) -> float:
        """Give R's number."""
        path = project / REFERENCES / f"{self.file}.csv"
        with path.open(newline="", encoding="utf-8") as file:
            found = [
                row
                for row in csv.DictReader(file)
                if all(row[key] == value for key, value in self.keys.items())
            ]
        if len(found) != 1:
            raise StatisticsError(f"{path.name} has {len(found)} rows for {self.name}")
        return float(found[0][self.reference])

    def in_warehouse(self, connection: duckdb.DuckDBPyConnection) -> float:
        """Give the warehouse's number."""
        keys = self.ours or {k: v for k, v in self.keys.items() if k != "ci_method"}
        condition = " and ".join(f"{key} = ?" for key in keys)
        found = connection.execute(
            f"select {self.number} from marts.{self.mart} where {condition}", list(keys.values())
        ).fetchall()
        if len(found) != 1 or found[0][0] is None:
            raise StatisticsError(f"{self.mart} has {len(found)} rows for {self.name}")
        return float(found[0][0])


def cell(study: str, wave: str, measure: str, category: str = "_Z") -> dict[str, str]:
    """Give the key of an estimate of the whole sample."""
    return {
        "study_id": study,
        "wave_id": wave,
        "measure_id": measure,
        "category_code": category,
        "segment_id": "total",
        "segment_code": "total",
    }


def without_wave(keys: dict[str, str], **more: str) -> dict[str, str]:
    """Give the key of something that compares waves."""
    return {**{key: value for key, value in keys.items() if key != "wave_id"}, **more}


SCORE = cell("api", "2000", "api_score_mean")
HAPPY = cell("gss", "2006", "happiness_share", "very_happy")
TARGET = cell("api", "2000", "targets_met_cases", "met_schoolwide_target")
CHANGE = without_wave(SCORE, from_wave_id="1999", to_wave_id="2000")
SCHOOLS = {
    **SCORE,
    "wave_id": "1999",
    "segment_id": "school_type",
    "segment_code": "elementary",
    "reference_segment_code": "high",
}
POOLED = {**cell("gss", "1996", "happiness_share", "very_happy"), "n_waves": "2"}
ESTIMATES = "fct_trend_estimates"

STATISTICS = (
    Statistic(
        "Mean", "Σ w y / Σ w", "Binder (1983)", "svymean",
        "index of the schools, 2000", ESTIMATES, "school_measures", SCORE, "estimate", "estimate",
    ),
    Statistic(
        "its standard error", "V = Σ (1 − f) n/(n − 1) [Σ z² − (Σ z)²/n]", "Binder (1983)",
        "SE(svymean)", "15 districts", ESTIMATES, "school_measures", SCORE,
        "standard_error", "standard_error",
    ),
    Statistic(
        "its design effect", "V / (s²/n)", "Kish (1965)", 'deff = "replace"', "the same",
        ESTIMATES, "school_measures", SCORE, "design_effect", "design_effect",
    ),
    Statistic(
        "Share, lower bound", "expit(logit R − t se / (R (1 − R)))", "Korn and Graubard (1998)",
        'svyciprop(method = "xlogit")', "very happy, 2006", ESTIMATES, "survey_measures", HAPPY,
        "ci_lower", "ci_lower",
    ),
    Statistic(
        "Net", "share of any of its categories", "a sum of shares", "svymean",
        "very or pretty happy, 1994", ESTIMATES, "survey_measures",
        cell("gss", "1994", "happiness_net", "happy"), "standard_error", "standard_error",
    ),
    Statistic(
        "Score", "mean of what the categories score", "a mean", "svymean",
        "happy less not happy, 1994", ESTIMATES, "survey_measures",
        cell("gss", "1994", "happiness_balance", "balance"), "standard_error", "standard_error",
    ),
    Statistic(
        "Median", "smallest value that half of the weight does not exceed", "Woodruff (1952)",
        "svyquantile", "occupational prestige, 1994", ESTIMATES, "survey_measures",
        cell("gss", "1994", "occupational_prestige_median"), "standard_error", "standard_error",
    ),
    Statistic(
        "Ratio", "Σ w y / Σ w x", "Binder (1983)", "svyratio", "students tested, 2000",
        ESTIMATES, "school_measures", cell("api", "2000", "students_tested_ratio"),
        "standard_error", "standard_error",
    ),
    Statistic(
        "Total", "Σ w y", "Lumley (2010)", "svytotal", "enrolment, 2000", ESTIMATES,
        "school_measures", cell("api", "2000", "enrolment_total"),
        "standard_error", "standard_error",
    ),
    Statistic(
        "Share of cases", "Σ w y / Σ w", "a share", "svymean", "met the target, 2000", ESTIMATES,
        "school_measures", TARGET, "standard_error", "standard_error",
    ),
    Statistic(
        "Share of responses", "Σ w y / Σ w (number of answers)", "a ratio", "svyratio",
        "met the target, 2000", ESTIMATES, "school_measures",
        {**TARGET, "measure_id": "targets_met_responses"}, "standard_error", "standard_error",
    ),
    Statistic(
        "Standardised share", "Σ P R over groups", "Lumley (2010)", "svystandardize",
        "very happy by education, 1994", ESTIMATES, "survey_measures",
        cell("gss", "1994", "happiness_share_education_1994", "very_happy"),
        "standard_error", "standard_error",
    ),
    Statistic(
        "Pooled waves", "Σ Σ w y / Σ Σ w", "a ratio of sums", "svymean", "very happy, 1994 to 1996",
        "fct_pooled_estimates", "pooled_estimates", POOLED, "standard_error", "standard_error",
    ),
    Statistic(
        "Change, same districts", "z(later) − z(earlier), PSU by PSU", "Kish (1965)",
        "svyratio(covmat = TRUE)", "index, 1999 to 2000", "fct_trend_changes", "measure_changes",
        CHANGE, "standard_error", "standard_error", {**CHANGE, "comparison": "previous"},
    ),
    Statistic(
        "its p-value", "two-sided, Student's t", "Student (1908)", "pt", "the same",
        "fct_trend_changes", "measure_changes", CHANGE, "p_value", "p_value",
        {**CHANGE, "comparison": "previous"},
    ),
    Statistic(
        "Contrast of two groups", "z(one) − z(other), PSU by PSU", "Kish (1965)", "svycontrast",
        "elementary less high schools, 1999", "fct_segment_contrasts", "segment_contrasts",
        SCHOOLS, "standard_error", "standard_error",
    ),
    Statistic(
        "Slope per year", "weighted least squares, error from all covariances", "Fuller (2009)",
        "svycontrast", "index, 1999 to 2000", "fct_trend_slopes", "slopes",
        without_wave(SCORE, first_wave_id="1999", last_wave_id="2000"),
        "standard_error", "standard_error",
    ),
    Statistic(
        "Index", "100 R / R₀", "delta method", "svycontrast", "index, 1999 is 100",
        "fct_trend_indices", "indices", {**SCORE, "base_wave_id": "1999"},
        "standard_error", "standard_error",
    ),
)  # fmt: skip

HEADER = """\
{% docs statistics %}
**The statistics, and R's numbers beside ours.** One example of each, from the studies of this
warehouse: R's package `survey`, and what is published here. The tests compare many more, whole
samples and domains, with strata, clusters, weights, replicate weights, lonely PSUs, panels and
rotating samples.

| statistic | formula | source | in R | example | R | Wavehouse |
|---|---|---|---|---|---|---|
"""
FOOTER = "{% enddocs %}\n"


def table(project: Path) -> str:
    """Give the text of the table.

    Raises:
        StatisticsError: there is no warehouse, a row is missing, or a number is not R's.
    """
    warehouse = project / WAREHOUSE
    if not warehouse.exists():
        raise StatisticsError(f"{WAREHOUSE.as_posix()} is not there; run `make` first")
    lines = []
    with duckdb.connect(str(warehouse), read_only=True) as connection:
        for each in STATISTICS:
            theirs, ours = each.in_reference(project), each.in_warehouse(connection)
            if abs(ours - theirs) > TOLERANCE * abs(theirs):
                raise StatisticsError(f"{each.name}: {ours!r} is not R's {theirs!r}")
            numbers = [f"{number:.{DIGITS}g}" for number in (theirs, ours)]
            words = [each.name, each.formula, each.source, f"`{each.in_r}`", each.example]
            lines.append(f"| {' | '.join([*words, *numbers])} |\n")
    return HEADER + "".join(lines) + FOOTER


def main(words: list[str] | None = None) -> int:
    """Write the table, or check it; give the exit code."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--project", type=Path, default=PROJECT, help="top folder of the project")
    parser.add_argument("--check", action="store_true", help="only compare with what is there")
    arguments = parser.parse_args(words)
    path = arguments.project / TABLE
    try:
        text = table(arguments.project)
    except StatisticsError as error:
        print(f"make_statistics_table: {error}")
        return 2
    if arguments.check:
        if path.exists() and path.read_text(encoding="utf-8") == text:
            return 0
        print(f"{TABLE.as_posix()} is out of date: run scripts/make_statistics_table.py")
        return 1
    path.write_text(text, encoding="utf-8")
    print(f"Wrote {TABLE.as_posix()}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
