"""Bases of measures, sums of answers and rounded numbers, on the made-up survey."""

import math
from collections import Counter
from decimal import ROUND_HALF_UP, Decimal
from typing import Any

import pytest
from studies.bases import LEVEL, MINIMUM, ROUNDED, STUDY, SUM, TWIN, mentions_of
from studies.kinds import KINDS_STUDIES
from studies.made_up import DATA
from workbench import query, read_rows

from wavehouse.project import Project

# Tables of estimates, what names a row of them, and the numbers that must be the same.
NUMBERS = ("standard_error", "degrees_of_freedom", "ci_lower", "ci_upper")
BASE = (*NUMBERS, "estimate", "n_respondents", "n_effective", "sum_of_weights", "design_effect")
TABLES = {
    "fct_trend_estimates": (("wave_id",), BASE),
    "fct_pooled_estimates": (("wave_id", "n_waves"), BASE),
    "fct_trend_changes": (("from_wave_id", "to_wave_id", "comparison"), (*NUMBERS, "change")),
    "fct_trend_slopes": ((), (*NUMBERS, "slope")),
    "fct_trend_indices": (("wave_id",), (*NUMBERS, "index_value")),
}


def rows_of(
    project: Project, table: str, study_id: str, segment: tuple[str, str]
) -> dict[tuple[Any, ...], dict[str, Any]]:
    """Give the rows of a study and a segment value, by measure and all else that names them."""
    keys, _ = TABLES[table]
    found = query(
        project,
        f"select * from marts.{table} where study_id = '{study_id}' "
        f"and segment_id = '{segment[0]}' and segment_code = '{segment[1]}'",
    )
    return {
        (
            row["measure_id"].replace("bases_", "kinds_"),
            row["category_code"].replace("bases_", "kinds_"),
            *(row[key] for key in keys),
        ): row
        for row in found
        if row["measure_id"] != f"{SUM}_mean"
    }


@pytest.mark.parametrize("table", TABLES)
def test_a_base_is_the_domain_that_a_segment_is(overlay_on_duckdb: Project, table: str) -> None:
    of_base = rows_of(overlay_on_duckdb, table, STUDY, ("total", "total"))
    of_segment = rows_of(overlay_on_duckdb, table, TWIN, ("kinds_group", "a"))
    assert of_base.keys() == of_segment.keys()
    compared = 0
    for key, row in of_base.items():
        for column in TABLES[table][1]:
            expected, found = of_segment[key][column], row[column]
            assert (expected is None) == (found is None), (key, column)
            if expected is not None:
                assert math.isclose(found, expected, rel_tol=1e-9, abs_tol=1e-12), (key, column)
                compared += 1
    assert compared > 50


def test_nobody_outside_of_the_base_is_in_its_segments(overlay_on_duckdb: Project) -> None:
    rows = query(
        overlay_on_duckdb,
        f"select distinct segment_code, observation_status = 'M' as is_empty "
        f"from marts.fct_trend_estimates where study_id = '{STUDY}' "
        f"and segment_id = 'bases_group' and measure_id <> '{SUM}_mean' "
        "and segment_code in ('a', 'b')",
    )
    assert {(row["segment_code"], row["is_empty"]) for row in rows} == {("a", False), ("b", True)}


def test_sums_and_their_groups_are_those_of_the_answers(overlay_on_duckdb: Project) -> None:
    waves = KINDS_STUDIES[0].waves
    expected = Counter[Any]()
    for row in read_rows(DATA):
        if row["wave"] in waves:
            answers = mentions_of(row)
            is_enough = len(answers) >= MINIMUM
            total = sum(answer == "1" for answer in answers)
            expected[SUM, float(total) if is_enough else "no_answer"] += 1
            expected[LEVEL, ("high" if total > 1 else "low") if is_enough else "no_answer"] += 1
    found = query(
        overlay_on_duckdb,
        "select variable_id, coalesce(cast(numeric_value as text), category_code, missing_kind) "
        "as answer, count(*) as n from marts.fct_answers "
        f"where study_id = '{STUDY}' and variable_id in ('{SUM}', '{LEVEL}') group by all",
    )
    numbers = {f"{number}.0": float(number) for number in range(4)}
    assert {
        (row["variable_id"], numbers.get(row["answer"], row["answer"])): row["n"] for row in found
    } == expected
    assert min(expected.values()) > 0
    assert expected[SUM, "no_answer"] > 0


def test_a_sum_counts_as_derived_and_names_its_group(overlay_on_duckdb: Project) -> None:
    rows = query(
        overlay_on_duckdb,
        "select variable_id, is_derived, derived_from_variable_id, sum_of_group_id, decimals "
        f"from marts.dim_variable where variable_id in ('{SUM}', '{LEVEL}', '{ROUNDED}') "
        "order by variable_id",
    )
    assert [tuple(row.values()) for row in rows] == [
        (LEVEL, True, SUM, None, None),
        (ROUNDED, False, None, None, 1),
        (SUM, True, None, "bases_mentions", None),
    ]


def test_numbers_are_rounded_half_away_from_zero(overlay_on_duckdb: Project) -> None:
    rows = query(
        overlay_on_duckdb,
        "select distinct source_code, numeric_value from marts.fct_answers "
        f"where study_id = '{STUDY}' and variable_id = '{ROUNDED}' and numeric_value is not null",
    )
    assert len(rows) > 20
    for row in rows:
        exact = Decimal(row["source_code"]).quantize(Decimal("0.1"), ROUND_HALF_UP)
        assert row["numeric_value"] == float(exact)
