"""Figures that the agency published from NHANES, and what R makes of the same files.

The files are no part of the repository. Where they are missing, `conftest.py` takes the tests that
build them out of the run and says so at its end; that the numbers of R are the published ones is
tested everywhere.
"""

import math
from dataclasses import dataclass
from typing import Any

import pytest
from studies.nhanes import make_nhanes
from workbench import ROOT, Row, query, read_rows, run_dbt

from wavehouse.project import Project

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
CATEGORIES = {"nhanes_obesity": "obese", "nhanes_depression": "yes", "nhanes_bmi": "_Z"}
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


OBESITY = "nhanes_obesity_standardised"
DEPRESSION = "nhanes_depression_crude"
BRIEF_303, BRIEF_360 = "NCHS Data Brief 303", "NCHS Data Brief 360"
PUBLISHED = [
    Published("wave", "1999_2000", OBESITY, "total", "30.5", "1.5", BRIEF_360),
    Published("wave", "2013_2014", OBESITY, "total", "37.7", "0.9", "JAMA 2016;315(21):2284"),
    Published("wave", "2017_2018", OBESITY, "total", "42.4", "1.8", BRIEF_360),
    Published("pooled_2", "2015_2016", DEPRESSION, "total", "8.1", "", BRIEF_303),
    Published("pooled_2", "2015_2016", DEPRESSION, "male", "5.5", "", BRIEF_303),
    Published("pooled_2", "2015_2016", DEPRESSION, "female", "10.4", "", BRIEF_303),
]


def key_of(row: dict[str, Any] | Row) -> tuple[Any, ...]:
    """Give the key of a cell."""
    return tuple(row[column] for column in KEY)


def reference_key(row: Row) -> tuple[str, ...]:
    """Give the key of the cell that a number of R is for."""
    variable_id = row["measure_id"].rpartition("_")[0]
    return key_of({**row, "category_code": CATEGORIES[variable_id]})


def published_key(figure: Published) -> tuple[str, ...]:
    """Give the key of the cell that a published figure is for."""
    segment_id = "total" if figure.segment_code == "total" else "nhanes_sex"
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
def nhanes(tmp_path_factory: pytest.TempPathFactory) -> Project:
    """The study, built with all tests of the project's models."""
    project = make_nhanes(tmp_path_factory.mktemp("nhanes"))
    run = run_dbt(project, "build", "--exclude-resource-type", "unit_test")
    assert run.exit_code == 0, run.output[-5000:]
    return project


@pytest.fixture(scope="module")
def cells(nhanes: Project) -> dict[tuple[Any, ...], dict[str, Any]]:
    """All estimates by wave, by pair of waves and by season."""
    tables = (
        ("fct_trend_estimates", "'wave'", "''"),
        ("fct_pooled_estimates", "'pooled_' || n_waves", "''"),
        ("fct_period_estimates", "period_grain", "cast(period_start as text)"),
    )
    rows = [
        row
        for table, grain, start in tables
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


def test_a_season_without_interviews_is_a_row_without_numbers(nhanes: Project) -> None:
    rows = query(
        nhanes,
        "select distinct period_start, period_end, wave_id, observation_status "
        "from marts.fct_period_estimates where segment_id = 'total' "
        "and measure_id = 'nhanes_obesity_standardised' order by period_start",
    )
    # From the second half of 1999 to the first of 2018.
    assert len(rows) == 38
    assert [str(rows[0]["period_start"]), str(rows[-1]["period_end"])] == [
        "1999-07-01",
        "2018-06-30",
    ]
    seasons = [row for row in rows if row["wave_id"]]
    assert [(str(row["period_start"]), row["wave_id"]) for row in seasons] == [
        (start, wave_id)
        for wave_id in ("1999_2000", "2013_2014", "2015_2016", "2017_2018")
        for start in (f"{wave_id[:4]}-07-01", f"{wave_id[-4:]}-01-01")
    ]
    assert all((row["observation_status"] == "A") == bool(row["wave_id"]) for row in rows)
    assert {row["observation_status"] for row in rows} == {"A", "L"}
