"""No table gives an error, bounds or a test for what lies within one PSU, on either engine.

In the islands of `studies/kinds.py`, group c is twenty people of one PSU and `one` a respondent; b
is one PSU in each of ten strata. Their errors, where there are any, are compared with R's in the
tests of references.
"""

from collections.abc import Callable
from typing import Any

import pytest
from workbench import query, query_postgres

Read = Callable[[str], list[dict[str, Any]]]

STUDIES = ("kinds_islands", "kinds_islands_shared")
UNKNOWN = ("c", "one")
OF_ESTIMATES = (
    *("standard_error", "ci_lower", "ci_upper", "n_effective", "design_effect"),
    "coefficient_of_variation",
)
OF_CONTRASTS = (
    *("standard_error", "ci_lower", "ci_upper", "t_statistic", "p_value", "p_value_adjusted"),
    "is_significant",
)
# Table: what a row is about, its figure, and what follows from an error.
TABLES = {
    "fct_trend_estimates": ("segment_code", "estimate", OF_ESTIMATES),
    "fct_trend_changes": ("segment_code", "change", OF_CONTRASTS),
    "fct_trend_slopes": ("segment_code", "slope", OF_CONTRASTS),
    "fct_trend_indices": ("segment_code", "index_value", OF_CONTRASTS),
    "fct_segment_contrasts": ("segment_code", "difference", OF_CONTRASTS),
}


@pytest.fixture(scope="module", params=["duckdb", "postgres"])
def read(request: pytest.FixtureRequest) -> Read:
    """Reads from the overlay on one of the engines."""
    built = request.getfixturevalue(f"overlay_on_{request.param}")
    reader = query if request.param == "duckdb" else query_postgres
    return lambda sql: reader(built, sql)


def rows_of(read: Read, table: str, groups: tuple[str, ...]) -> list[dict[str, Any]]:
    """Give the rows of the islands that are about some groups and have a figure."""
    group, figure, _ = TABLES.get(table, TABLES["fct_trend_estimates"])
    return read(
        f"select * from marts.{table} where study_id in {STUDIES} and {figure} is not null "
        f"and {group} in ({', '.join(repr(each) for each in groups)}) "
        "and measure_kind <> 'total'"
    )


def wrong_rows(rows: list[dict[str, Any]], numbers: tuple[str, ...]) -> list[dict[str, Any]]:
    """Give rows that tell a number which follows from an error, or do not say why they lack it."""
    return [
        row
        for row in rows
        if any(row[name] is not None for name in numbers)
        or row["observation_status"] != "U"
        or "Error not known" not in (row["status_reason"] or "")
    ]


@pytest.mark.parametrize("table", TABLES)
def test_within_one_psu_there_is_no_error_bound_or_test(read: Read, table: str) -> None:
    rows = rows_of(read, table, UNKNOWN)
    assert {row["study_id"] for row in rows} == set(STUDIES)
    assert {"mean", "share", "ratio", "quantile", "net", "score"} <= {
        row["measure_kind"] for row in rows
    }
    assert wrong_rows(rows, TABLES[table][2]) == []


def test_pooled_waves_count_the_psus_of_all(read: Read) -> None:
    """A PSU of both waves is one; two of independent samples have an error, which is marked."""
    shared, independent = (
        [
            row
            for row in rows_of(read, "fct_pooled_estimates", ("c",))
            if row["study_id"] == study_id
        ]
        for study_id in reversed(STUDIES)
    )
    assert shared
    assert wrong_rows(shared, OF_ESTIMATES) == []
    assert independent
    for row in independent:
        assert row["observation_status"] == "U"
        assert row["status_reason"].startswith("Error ")
    assert any(row["standard_error"] for row in independent)


def test_one_psu_in_each_of_ten_strata_keeps_its_error_and_is_marked(read: Read) -> None:
    rows = [
        row
        for row in rows_of(read, "fct_trend_estimates", ("b",))
        if row["measure_kind"] in ("mean", "share", "ratio") and "by_age" not in row["measure_id"]
    ]
    assert rows
    for row in rows:
        assert row["standard_error"] > 0
        assert row["observation_status"] == "U"
        assert "Error rests on one sampling unit (PSU) in each stratum" in row["status_reason"]
    known = [
        row
        for row in rows_of(read, "fct_trend_estimates", ("a",))
        if row["measure_kind"] in ("mean", "share", "ratio") and "by_age" not in row["measure_id"]
    ]
    assert known
    assert not [row for row in known if "Error" in (row["status_reason"] or "")]
