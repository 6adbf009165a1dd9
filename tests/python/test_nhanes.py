"""Figures that the agency published from NHANES, and what R makes of the same files.

The files are no part of the repository. Where they are missing, `conftest.py` takes the tests that
build them out of the run and says so at its end; that the numbers of R are the published ones is
tested everywhere.
"""

import csv
import gzip
import math
import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import pytest
from studies.nhanes import FOLDER, STUDY, WAVES, deliveries, land_nhanes, make_nhanes
from workbench import ROOT, Row, query, read_rows, run_dbt

from wavehouse.project import Project
from wavehouse_exchange.landing import code_counts, read_landed

REFERENCES = read_rows(ROOT / "tests/python/references/nhanes.csv")
KEY = (
    "period_grain",
    "wave_id",
    "period_start",
    "measure_id",
    "category_code",
    "segment_id",
    "segment_code",
)
# The category that R has a number for; means have none.
CATEGORIES = {
    "obesity_share": "obese",
    "depression_share": "yes",
    "body_mass_index_mean": "_Z",
    # of the interview, with its own weight
    "smoked_100_share": "yes",
    "self_rated_health_share": "poor",
}
# Tables of estimates, with what stands for grain and start of their periods.
ESTIMATES = (
    ("fct_trend_estimates", "'wave'", "''"),
    ("fct_pooled_estimates", "'pooled_' || n_waves", "''"),
    ("fct_period_estimates", "period_grain", "cast(period_start as text)"),
)
CELLS = """
    select
        {grain} as period_grain,
        wave_id,
        {start} as period_start,
        measure_id,
        category_code,
        segment_id,
        segment_code,
        estimate,
        standard_error,
        degrees_of_freedom,
        n_respondents,
        observation_status
    from marts.{table}
"""


@dataclass(frozen=True)
class Published:
    """A figure as printed, in percent, with its error where one is printed."""

    grain: str
    wave_id: str
    measure_id: str
    segment_code: str
    percent: str
    error: str
    source: str


OBESITY = "obesity_share_us_2000"
DEPRESSION = "depression_share"
BRIEF_303, BRIEF_360, BRIEF_508 = (f"NCHS Data Brief {number}" for number in (303, 360, 508))
PUBLISHED = [
    Published("wave", "1999", OBESITY, "total", "30.5", "1.5", BRIEF_360),
    Published("wave", "2013", OBESITY, "total", "37.7", "0.9", "JAMA 2016;315(21):2284"),
    Published("wave", "2017", OBESITY, "total", "42.4", "1.8", BRIEF_360),
    Published("wave", "2021", OBESITY, "total", "40.3", "", BRIEF_508),
    Published("pooled_2", "2015", DEPRESSION, "total", "8.1", "", BRIEF_303),
    Published("pooled_2", "2015", DEPRESSION, "male", "5.5", "", BRIEF_303),
    Published("pooled_2", "2015", DEPRESSION, "female", "10.4", "", BRIEF_303),
]


def key_of(row: dict[str, Any] | Row) -> tuple[Any, ...]:
    """Give the key of a cell."""
    return tuple(row[column] for column in KEY)


def reference_key(row: Row) -> tuple[str, ...]:
    """Give the key of the cell that a number of R is for."""
    measure_id = row["measure_id"].removesuffix("_us_2000")
    return key_of({**row, "category_code": CATEGORIES[measure_id]})


def published_key(figure: Published) -> tuple[str, ...]:
    """Give the key of the cell that a published figure is for."""
    segment_id = "total" if figure.segment_code == "total" else "sex"
    return reference_key(
        {
            "period_grain": figure.grain,
            "wave_id": figure.wave_id,
            "period_start": "",
            "measure_id": figure.measure_id,
            "segment_id": segment_id,
            "segment_code": figure.segment_code,
        }
    )


def assert_as_published(figure: Published, estimate: float, standard_error: float) -> None:
    """Compare in the digits that were printed."""
    assert f"{100 * estimate:.1f}" == figure.percent, figure
    if figure.error:
        assert f"{100 * standard_error:.1f}" == figure.error, figure


@pytest.mark.parametrize(
    "figure", PUBLISHED, ids=lambda figure: f"{figure.wave_id}-{figure.percent}"
)
def test_the_numbers_of_r_are_the_published_ones(figure: Published) -> None:
    (row,) = (row for row in REFERENCES if reference_key(row) == published_key(figure))
    assert_as_published(figure, float(row["estimate"]), float(row["standard_error"]))


@pytest.fixture(scope="module")
def nhanes_waves(tmp_path_factory: pytest.TempPathFactory) -> Project:
    """All waves landed, and nothing built."""
    return land_nhanes(tmp_path_factory.mktemp("nhanes_waves"))


@pytest.fixture(scope="module")
def nhanes(tmp_path_factory: pytest.TempPathFactory, nhanes_waves: Project) -> Project:
    """Some waves of the study, built as far as estimates with all tests of those models."""
    project = make_nhanes(tmp_path_factory.mktemp("nhanes"), nhanes_waves)
    tables = [f"+{table}" for table, _, _ in ESTIMATES]
    run = run_dbt(project, "build", "--exclude-resource-type", "unit_test", "--select", *tables)
    assert run.exit_code == 0, run.output[-5000:]
    return project


@pytest.fixture(scope="module")
def cells(nhanes: Project) -> dict[tuple[Any, ...], dict[str, Any]]:
    """All estimates by wave, by pair of waves and by season."""
    rows = [
        row
        for table, grain, start in ESTIMATES
        for row in query(nhanes, CELLS.format(table=table, grain=grain, start=start))
    ]
    found = {key_of(row): row for row in rows}
    assert len(found) == len(rows)
    return found


@pytest.mark.parametrize(
    "figure", PUBLISHED, ids=lambda figure: f"{figure.wave_id}-{figure.percent}"
)
def test_published_figures_come_out_as_published(
    figure: Published, cells: dict[tuple[Any, ...], dict[str, Any]]
) -> None:
    row = cells[published_key(figure)]
    assert_as_published(figure, row["estimate"], row["standard_error"])


def test_every_number_of_r_is_ours(cells: dict[tuple[Any, ...], dict[str, Any]]) -> None:
    wrong = []
    for reference in REFERENCES:
        row = cells[reference_key(reference)]
        for column, tolerance in (
            ("estimate", 1e-9),
            ("standard_error", 1e-7),
            ("degrees_of_freedom", 0),
            ("n_respondents", 0),
        ):
            expected, found = float(reference[column]), row[column]
            if found is None or not math.isclose(found, expected, rel_tol=tolerance, abs_tol=1e-9):
                wrong.append(f"{reference_key(reference)} {column}: {found}, R: {expected}")
    assert not wrong, "\n".join(wrong[:20])


def test_r_has_every_number_that_we_show(cells: dict[tuple[Any, ...], dict[str, Any]]) -> None:
    shown = {
        key
        for key, row in cells.items()
        if row["estimate"] is not None and row["category_code"] in CATEGORIES.values()
    }
    assert shown == {reference_key(row) for row in REFERENCES}


def test_seasons_are_those_of_fieldwork(nhanes: Project) -> None:
    rows = query(
        nhanes,
        "select distinct period_start, period_end, wave_id, observation_status "
        "from marts.fct_period_estimates where segment_id = 'total' "
        f"and measure_id = '{OBESITY}' order by period_start",
    )
    # Years between two waves that are here have no rows.
    assert [(str(row["period_start"]), row["wave_id"]) for row in rows] == [
        (start, wave_id)
        for wave_id in WAVES
        for start in (f"{wave_id}-07-01", f"{int(wave_id) + 1}-01-01")
    ]
    assert all(row["observation_status"] != "L" for row in rows)


# --- Code counts


# What the agency writes of a number: one value, or the least and the greatest.
RANGE = re.compile(r"(-?[\d.]+) to (-?[\d.]+)")
NO_ANSWER = "."


def valid_in(row: Row, wave_id: str) -> bool:
    """Tell whether a codebook row holds in a wave; waves are named by years."""
    return row["valid_from_wave"] <= wave_id <= (row["valid_to_wave"] or wave_id)


def mapped_columns() -> list[tuple[str, str]]:
    """Give the columns that the study asks, by wave."""
    questions = [
        row for row in read_rows(ROOT / "seeds/codebook/questions.csv") if row["study_id"] == STUDY
    ]
    return [
        (wave_id, row["source_column"])
        for wave_id in deliveries()
        for row in questions
        if valid_in(row, wave_id)
    ]


@pytest.fixture(scope="module")
def agency_counts() -> dict[tuple[str, str], dict[str, int]]:
    """What the agency counted: by table and variable, of each code or range."""
    found: dict[tuple[str, str], dict[str, int]] = {}
    with gzip.open(FOLDER / "codebook_values.csv.gz", "rt", encoding="utf-8") as file:
        for row in csv.DictReader(file):
            codes = found.setdefault((row["TableName"], row["Variable"]), {})
            codes[row["CodeOrValue"]] = int(row["Count"])
    return found


Counts = dict[str | None, int]


@dataclass(frozen=True)
class LandedCounts:
    """The codes of a landed column, and the table that it came in."""

    table: str
    n_rows: int
    counts: Counts


@pytest.fixture(scope="module")
def landed_counts(nhanes_waves: Project) -> dict[tuple[str, str], LandedCounts]:
    """The codes of every mapped column, by wave and column."""
    found = {}
    landed = {wave_id: read_landed(nhanes_waves, STUDY, wave_id) for wave_id in deliveries()}
    for wave_id, column in mapped_columns():
        wave = landed[wave_id]
        (table,) = (c.table_name for c in wave.columns if c.source_column == column)
        (n_rows,) = (file.n_rows for file in wave.files if file.table_name == table)
        counts = code_counts(wave, column, 100_000)
        found[wave_id, column] = LandedCounts(table, n_rows, counts)
    return found


def counted(landed: LandedCounts, codes: dict[str, int]) -> Iterator[tuple[str, int]]:
    """Count the same codes and ranges in a landed column."""
    answers = {code: n for code, n in landed.counts.items() if code is not None}
    for code in codes:
        if code == NO_ANSWER:
            yield code, landed.n_rows - sum(answers.values())
        elif found := RANGE.fullmatch(code):
            low, high = map(float, found.groups())
            yield (
                code,
                sum(
                    n
                    for value, n in answers.items()
                    if value not in codes and low <= float(value) <= high
                ),
            )
        else:
            yield code, answers.get(code, 0)


def test_codes_are_as_often_landed_as_the_agency_counted(
    landed_counts: dict[tuple[str, str], LandedCounts],
    agency_counts: dict[tuple[str, str], dict[str, int]],
) -> None:
    wrong, compared = [], 0
    for (_, column), landed in landed_counts.items():
        expected = agency_counts[landed.table, column]
        for code, n in counted(landed, expected):
            compared += 1
            if n != expected[code]:
                wrong.append(f"{landed.table} {column} {code}: {n}, the agency: {expected[code]}")
    assert not wrong, "\n".join(wrong[:20])
    assert compared > 1000


def test_every_landed_code_is_mapped(
    landed_counts: dict[tuple[str, str], LandedCounts],
) -> None:
    questions, crosswalk = (
        [row for row in read_rows(ROOT / f"seeds/codebook/{name}.csv") if row["study_id"] == STUDY]
        for name in ("questions", "crosswalk")
    )
    unmapped = []
    for (wave_id, column), landed in landed_counts.items():
        names = {
            row["crosswalk_id"]
            for row in questions
            if row["source_column"] == column and valid_in(row, wave_id)
        }
        mapped = {
            row["source_code"]
            for row in crosswalk
            if row["crosswalk_id"] in names and valid_in(row, wave_id)
        }
        unmapped += [
            f"{wave_id} {column} {code}"
            for code in landed.counts
            if (code or "<empty>") not in mapped and (code is None or "<number>" not in mapped)
        ]
    assert not unmapped


def test_answers_are_as_often_coded_as_the_agency_counted(
    nhanes: Project, agency_counts: dict[tuple[str, str], dict[str, int]]
) -> None:
    rows = query(
        nhanes,
        "select codes.wave_id, codes.source_column, codes.source_code, codes.n_respondents "
        "from intermediate.int_delivered__mapped_codes as codes "
        f"where codes.study_id = '{STUDY}' and codes.mapping_method <> 'derived' "
        "and codes.category_code is not null "
        "and codes.source_code <> '<empty>'",
    )
    tables = {wave_id: [path.stem for path in paths] for wave_id, paths in deliveries().items()}
    for row in rows:
        (expected,) = (
            agency_counts[table, row["source_column"]][row["source_code"]]
            for table in tables[row["wave_id"]]
            if (table, row["source_column"]) in agency_counts
        )
        assert row["n_respondents"] == expected, row
    assert len(rows) > 300
