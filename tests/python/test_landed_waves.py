"""Landed waves give what the same waves give as seeds; a study that is not there gives nothing."""

import pytest
from studies.landed import ABSENT, ABSENT_VARIABLE, LANDED
from workbench import query

from wavehouse.building.dbt import public_tables
from wavehouse.project import Project

# Keys of people and places are made of the study's name.
OWN = {"study_id", "respondent_key", "person_key", "psu_key", "study_label", "is_optional"}


@pytest.mark.parametrize(
    "table",
    [
        "fct_answers",
        "fct_respondents",
        "fct_trend_estimates",
        "fct_trend_changes",
        "fct_trend_slopes",
        "fct_pooled_estimates",
        "fct_wave_quality",
        "fct_question_quality",
        "dictionary_coverage",
        "dictionary_comparability",
    ],
)
def test_a_landed_wave_gives_what_the_seed_gives(overlay_on_duckdb: Project, table: str) -> None:
    names = [
        row["column_name"]
        for row in query(overlay_on_duckdb, f"describe marts.{table}")
        if row["column_name"] not in OWN
    ]
    columns = ", ".join(f'"{name}"' for name in names)
    of_study = {
        study_id: query(
            overlay_on_duckdb,
            f"select {columns} from marts.{table} where study_id = '{study_id}' order by all",
        )
        for study_id in ("bsa", LANDED)
    }
    assert of_study["bsa"]
    assert len(of_study["bsa"]) == len(of_study[LANDED])
    for seed, landed in zip(of_study["bsa"], of_study[LANDED], strict=True):
        for name, value in seed.items():
            expected = pytest.approx(value, rel=1e-9) if isinstance(value, float) else value
            assert landed[name] == expected, (name, seed)


def test_a_study_of_which_nothing_is_landed_is_nowhere(overlay_on_duckdb: Project) -> None:
    for table in public_tables(overlay_on_duckdb.target, "marts"):
        columns = {
            row["column_name"] for row in query(overlay_on_duckdb, f"describe marts.{table}")
        }
        for column, value in {
            "study_id": ABSENT,
            "variable_id": ABSENT_VARIABLE,
            "measure_id": ABSENT_VARIABLE,
            "segment_id": ABSENT_VARIABLE,
        }.items():
            if column in columns:
                found = query(
                    overlay_on_duckdb, f"select * from marts.{table} where {column} = '{value}'"
                )
                assert not found, (table, column)


def test_what_is_landed_is_known(overlay_on_duckdb: Project) -> None:
    files = query(
        overlay_on_duckdb,
        "select wave_id, file_format, n_rows, n_columns from staging.stg_landing__files order by 1",
    )
    assert [tuple(row.values()) for row in files] == [
        (wave_id, "csv", 264, 10) for wave_id in ("1983", "1984", "1985", "1986")
    ]
    columns = query(
        overlay_on_duckdb,
        "select distinct source_column from staging.stg_landing__columns order by position",
    )
    assert len(columns) == 10
