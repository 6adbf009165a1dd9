"""What a wave did not offer is not collected: no zero, no interval, and nothing made of it.

The right values are counted from the interviews, and errors are those of the textbook for people
drawn alone, of a group within the sample of N: the root of N / (N - 1) times the sum of z².
"""

import math
from collections import Counter
from datetime import date
from statistics import fmean
from typing import Any

import pytest
from studies.offered import ITEMS, POPULATION, STUDY, WAVES, interviews
from workbench import Row, query

from wavehouse.project import Project

CHOICES = {"1": "one", "2": "two", "3": "three"}
AREAS = {"n": "north", "s": "south", "w": "west"}
# Measure and category of every figure that the first wave did not offer.
NOT_OFFERED = {
    ("offered_choice_share", "three"),
    ("offered_choice_total", "three"),
    ("offered_choice_net", "one_or_three"),
    ("offered_choice_balance", "balance"),
    ("offered_camp_share", "new"),
    ("offered_cases", "offered_c"),
    ("offered_responses", "offered_c"),
    ("offered_c_share", "yes"),
    ("offered_c_share", "no"),
    ("offered_points_by_area", "_Z"),
    ("offered_points_of_west", "_Z"),
    ("offered_level_share", "many"),
}
# What no wave offers: the code list has it, the crosswalk does not.
NEVER = {("offered_choice_share", "never"), ("offered_choice_total", "never")}
# What does not exist within areas.
IMPOSSIBLE = {"offered_points_by_area", "offered_points_of_west"}
# What is made of other items from the second wave on.
OTHER_ITEMS = {"offered_responses", "offered_sum_mean", "offered_level_share"}
# Tables of figures, the columns that name a row's waves, and the numbers of a row.
TABLES = {
    "fct_trend_estimates": (("wave_id",), "estimate"),
    "fct_pooled_estimates": (("from_wave_id", "wave_id"), "estimate"),
    "fct_trend_changes": (("from_wave_id", "to_wave_id"), "change"),
    "fct_trend_indices": (("wave_id", "base_wave_id"), "index_value"),
    "fct_segment_contrasts": (("wave_id",), "difference"),
}
NUMBERS = ("standard_error", "ci_lower", "ci_upper", "t_statistic", "p_value", "n_respondents")

Cell = dict[str, Any]


@pytest.fixture(scope="module")
def waves() -> dict[str, list[Row]]:
    """The interviews that the study was made of."""
    return interviews()


def rows_of(project: Project, table: str, where: str = "true") -> list[Cell]:
    """Give the rows of the study in a published table."""
    return query(project, f"select * from marts.{table} where study_id = '{STUDY}' and {where}")


def assert_not_collected(row: Cell, value: str) -> None:
    """Check that a row says "not collected" and has no number at all."""
    # an area of the people of another one, or standardised by areas: it cannot exist in any wave
    is_impossible = row["measure_id"] in IMPOSSIBLE and row["segment_id"] != "total"
    assert row["observation_status"] == "L" or (
        is_impossible and row["observation_status"] == "M"
    ), row
    for column in (value, *NUMBERS):
        assert row.get(column) is None, (column, row)


@pytest.mark.parametrize("table", TABLES)
def test_what_the_first_wave_did_not_offer_is_in_no_figure(
    overlay_on_duckdb: Project, table: str
) -> None:
    waves, value = TABLES[table]
    found = Counter[tuple[str, str]]()
    for row in rows_of(overlay_on_duckdb, table):
        cell = (row["measure_id"], row["category_code"])
        is_west = "west" in (row.get("segment_code"), row.get("reference_segment_code"))
        if cell in NEVER or (
            "w1" in (row[name] for name in waves) and (cell in NOT_OFFERED or is_west)
        ):
            assert_not_collected(row, value)
            found[cell] += 1
    # indices and contrasts have no row where they cannot be made
    if table not in ("fct_trend_indices", "fct_segment_contrasts"):
        # a variable that was not asked is compared with no wave before
        expected = {cell for cell in NOT_OFFERED | NEVER if cell[0] != "offered_c_share"}
        assert found.keys() >= expected
        assert found["offered_a_share", "yes"] > 0


def test_no_slope_has_a_wave_in_it_that_did_not_offer_it(overlay_on_duckdb: Project) -> None:
    slopes = {
        (row["measure_id"], row["category_code"]): row
        for row in rows_of(overlay_on_duckdb, "fct_trend_slopes", "segment_id = 'total'")
    }
    assert not slopes.keys() & NEVER
    for cell in NOT_OFFERED:
        assert slopes[cell]["n_waves"] == 2, cell
    assert slopes["offered_choice_share", "one"]["n_waves"] == 3


def test_no_association_is_tested_with_a_value_that_was_not_offered(
    overlay_on_duckdb: Project,
) -> None:
    tests = {
        (row["measure_id"], row["wave_id"]): row
        for row in rows_of(overlay_on_duckdb, "fct_association_tests")
    }
    assert_not_collected(tests["offered_a_share", "w1"], "f_statistic")
    assert_not_collected(tests["offered_choice_share", "w1"], "f_statistic")
    assert tests["offered_a_share", "w2"]["f_statistic"] is not None


def test_each_item_has_the_base_of_those_who_answered_it(
    overlay_on_duckdb: Project, waves: dict[str, list[Row]]
) -> None:
    rows = rows_of(overlay_on_duckdb, "fct_trend_estimates", "segment_id = 'total'")
    cells = {(row["measure_id"], row["category_code"], row["wave_id"]): row for row in rows}
    compared = 0
    for wave_id, people in waves.items():
        for item in ITEMS:
            answers = [int(row[item]) for row in people if row.get(item)]
            for measure_id, category in (
                ("offered_cases", f"offered_{item}"),
                (f"offered_{item}_share", "yes"),
            ):
                row = cells[measure_id, category, wave_id]
                if answers:
                    check_mean(row, answers)
                    compared += 1
    # a, b and d in three waves, c in two, each as an item and by itself
    assert compared == 22
    assert cells["offered_cases", "offered_c", "w3"]["n_respondents"] == 110


def test_responses_are_those_of_people_who_were_asked_all_items(
    overlay_on_duckdb: Project, waves: dict[str, list[Row]]
) -> None:
    rows = rows_of(
        overlay_on_duckdb,
        "fct_trend_estimates",
        "segment_id = 'total' and measure_id = 'offered_responses'",
    )
    cells = {(row["category_code"], row["wave_id"]): row for row in rows}
    for wave_id, people in waves.items():
        offered = [item for item in ITEMS if item in people[0]]
        # a blank of c is "not asked", one of d "no answer"
        asked = [row for row in people if "c" not in row or row["c"]]
        sizes = [sum(row[item] == "1" for item in offered) for row in asked]
        total = sum(sizes)
        for item in offered:
            mentions = [int(row[item] == "1") for row in asked]
            share = sum(mentions) / total
            z = [(y - share * x) / total for y, x in zip(mentions, sizes, strict=True)]
            row = cells[f"offered_{item}", wave_id]
            assert row["n_respondents"] == len(asked)
            assert math.isclose(row["estimate"], share, rel_tol=1e-9)
            assert math.isclose(row["standard_error"], error_of(z, len(people)), rel_tol=1e-7)


def test_later_waves_are_as_counted(
    overlay_on_duckdb: Project, waves: dict[str, list[Row]]
) -> None:
    rows = rows_of(overlay_on_duckdb, "fct_trend_estimates", "segment_id = 'total'")
    cells = {(row["measure_id"], row["category_code"], row["wave_id"]): row for row in rows}
    for wave_id in ("w2", "w3"):
        people = waves[wave_id]
        choices = [CHOICES[row["choice"]] for row in people]
        for category in CHOICES.values():
            check_mean(
                cells["offered_choice_share", category, wave_id], [c == category for c in choices]
            )
        check_mean(cells["offered_camp_share", "new", wave_id], [c == "three" for c in choices])
        check_mean(
            cells["offered_choice_net", "one_or_three", wave_id], [c != "two" for c in choices]
        )
        check_mean(
            cells["offered_choice_balance", "balance", wave_id],
            [(c == "one") - (c == "three") for c in choices],
        )
        points = {
            area: [int(row["points"]) for row in people if AREAS[row["area"]] == area]
            for area in POPULATION
        }
        check_mean(cells["offered_points_of_west", "_Z", wave_id], points["west"])
        standardised = sum(float(POPULATION[area]) * fmean(points[area]) for area in POPULATION)
        row = cells["offered_points_by_area", "_Z", wave_id]
        assert math.isclose(row["estimate"], standardised, rel_tol=1e-9)


def check_mean(row: Cell, values: list[Any]) -> None:
    """Compare a row with the mean of the values, its base and its error."""
    mean = fmean(values)
    z = [(value - mean) / len(values) for value in values]
    assert row["n_respondents"] == len(values)
    assert math.isclose(row["estimate"], mean, rel_tol=1e-9, abs_tol=1e-12)
    n_people = WAVES[row["wave_id"]][2]
    assert math.isclose(row["standard_error"], error_of(z, n_people), rel_tol=1e-7)


def error_of(z: list[float], n_people: int) -> float:
    """Give the error of a linearised figure whose z are zero for the others of the sample."""
    return math.sqrt(n_people / (n_people - 1) * sum(each * each for each in z))


@pytest.mark.parametrize("measure_id", sorted(OTHER_ITEMS))
def test_nothing_is_compared_across_other_items(
    overlay_on_duckdb: Project, measure_id: str
) -> None:
    where = f"measure_id = '{measure_id}' and segment_id = 'total'"
    compared = Counter[bool]()
    for row in rows_of(overlay_on_duckdb, "fct_trend_changes", where):
        is_across = row["from_wave_id"] == "w1"
        assert (row["change"] is None) == is_across, row
        assert (row["p_value"] is None) == is_across, row
        compared[is_across] += 1
    assert compared[True] > 0
    assert compared[False] > 0
    for row in rows_of(overlay_on_duckdb, "fct_trend_indices", where):
        assert row["index_value"] is None, row
    for row in rows_of(overlay_on_duckdb, "fct_trend_slopes", where):
        assert row["n_waves"] in (2, None), row
    pools = {
        row["wave_id"]: row["estimate"] is None
        for row in rows_of(overlay_on_duckdb, "fct_pooled_estimates", where)
    }
    assert pools == {"w2": True, "w3": False}


def test_a_calendar_period_is_of_waves_that_offered_the_same(
    overlay_on_duckdb: Project, waves: dict[str, list[Row]]
) -> None:
    where = "period_start = '2021-04-01' and period_grain = 'quarter'"
    rows = rows_of(overlay_on_duckdb, "fct_period_estimates", where)
    total = {
        (row["measure_id"], row["category_code"]): row
        for row in rows
        if row["segment_id"] == "total"
    }
    # what only the second wave asked at all is of that wave alone
    of_one_wave = {
        ("offered_cases", "offered_c"),
        *(("offered_c_share", category) for category in ("yes", "no")),
        *((f"offered_points_{name}", "_Z") for name in ("by_area", "of_west")),
    }
    for cell in (NEVER | NOT_OFFERED) - of_one_wave:
        assert_not_collected(total[cell], "estimate")
    for row in rows:
        is_of_one_wave = (row["measure_id"], row["category_code"]) in of_one_wave
        if row["measure_id"] in OTHER_ITEMS or (
            row["segment_code"] == "west" and not is_of_one_wave
        ):
            assert_not_collected(row, "estimate")
    in_quarter = [
        row
        for people in waves.values()
        for row in people
        if date(2021, 4, 1) <= date.fromisoformat(row["day"]) < date(2021, 7, 1)
    ]
    of_item = [int(row["c"]) for row in in_quarter if row.get("c")]
    assert 0 < len(of_item) < len(in_quarter)
    row = total["offered_cases", "offered_c"]
    assert row["n_respondents"] == len(of_item)
    assert math.isclose(row["estimate"], fmean(of_item), rel_tol=1e-9)
    row = total["offered_choice_share", "one"]
    assert row["n_respondents"] == len(in_quarter)


def test_a_new_category_is_a_note_and_no_shift(overlay_on_duckdb: Project) -> None:
    findings = {
        (row["drift_kind"], row["wave_id"], row["subject"]): row["severity"]
        for row in rows_of(overlay_on_duckdb, "fct_drift")
    }
    assert findings["category_added", "w2", "offered_choice=three"] == "note"
    assert findings["category_added", "w2", "offered_area=west"] == "note"
    assert findings["question_added", "w2", "offered_c"] == "note"
    assert not [
        key
        for key in findings
        if key[1] == "w2" and key[0] in ("distribution_shifted", "category_appeared")
    ]
