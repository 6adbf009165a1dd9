"""Tests of association between a question and a segment are those of R, by Rao and Scott."""

import pytest
from comparing import ERROR, P_VALUE, KeyedFile, check
from workbench import Row

from wavehouse.project import Project

FILE = KeyedFile(
    "associations",
    "fct_association_tests",
    ("study_id", "wave_id", "measure_id", "segment_id"),
    (
        ("f_statistic", "f_statistic", ERROR),
        ("numerator_df", "numerator_df", ERROR),
        ("denominator_df", "denominator_df", ERROR),
        ("p_value", "p_value", P_VALUE),
    ),
)


@pytest.mark.parametrize(
    "rows", [pytest.param(rows, id=study_id) for study_id, rows in FILE.by_study().items()]
)
def test_associations_are_those_of_r(overlay_on_duckdb: Project, rows: list[Row]) -> None:
    check(list(FILE.compare(rows, FILE.found(overlay_on_duckdb))))


def test_associations_are_found_and_not_found() -> None:
    p_values = [float(row["p_value"]) for row in FILE.rows() if row["p_value"]]
    assert min(p_values) < 1e-6
    assert max(p_values) > 0.5
