"""Boxes, the net promoter score and means of categories: one row of `measures.csv` each."""

import math
from collections.abc import Iterator

import pytest
from studies.ratings import MEASURES, STUDY, delivered, worth
from workbench import Row, query

from wavehouse.project import Project

NUMBERS = ("estimate", "standard_error", "degrees_of_freedom", "n_respondents", "sum_of_weights")


def estimates(project: Project, measure_id: str) -> dict[str, Row]:
    """Give the published row of a measure in each wave, for the whole sample."""
    rows = query(
        project,
        "select * from marts.fct_trend_estimates "
        f"where study_id = '{STUDY}' and measure_id = '{measure_id}' and segment_id = 'total'",
    )
    assert len(rows) == len({row["wave_id"] for row in rows}) == 2
    return {row["wave_id"]: row for row in rows}


def answers(measure_id: str, rows: list[Row]) -> Iterator[tuple[float, float]]:
    """Give weight and worth of everybody in the base of a measure."""
    for row in rows:
        value = worth(measure_id, row)
        if value is not None:
            yield float(row["weight"]), value


@pytest.mark.parametrize("measure_id", MEASURES)
def test_a_generated_measure_is_the_mean_of_what_answers_are_worth(
    overlay_on_duckdb: Project, measure_id: str
) -> None:
    found = estimates(overlay_on_duckdb, measure_id)
    by_hand = estimates(overlay_on_duckdb, f"{measure_id}_worth")
    for wave_id, rows in delivered().items():
        pairs = list(answers(measure_id, rows))
        expected = sum(weight * value for weight, value in pairs) / sum(w for w, _ in pairs)
        assert math.isclose(found[wave_id]["estimate"], expected, rel_tol=1e-12)
        assert found[wave_id]["n_respondents"] == len(pairs)
        # The error of a mean of numbers is checked with R elsewhere.
        for column in NUMBERS:
            assert math.isclose(found[wave_id][column], by_hand[wave_id][column], rel_tol=1e-9)


def test_a_generated_measure_says_what_it_is(overlay_on_duckdb: Project) -> None:
    found = query(
        overlay_on_duckdb,
        "select distinct m.measure_id, m.measure_kind, m.declared_kind, m.base_id, "
        "e.category_code, e.category_label "
        "from marts.dim_measure m inner join marts.fct_trend_estimates e using (measure_id) "
        "where m.measure_id in ('ratings_bottom_2', 'ratings_nps', 'ratings_step') order by 1",
    )
    assert [tuple(row.values()) for row in found] == [
        ("ratings_bottom_2", "net", "bottom_2_box", None, "bottom_2_box", "bad, very_bad"),
        (
            "ratings_nps",
            "score",
            "nps",
            "ratings_raters",
            "nps",
            "Promoters (9, 10) less detractors (0 to 6)",
        ),
        (
            "ratings_step",
            "score",
            "mean_step",
            "ratings_on_scale",
            "mean_step",
            "Mean, from very_bad to very_good",
        ),
    ]
