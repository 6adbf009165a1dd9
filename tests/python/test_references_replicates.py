"""Errors from replicate weights are those of R, for every method and both centres."""

import pytest
from comparing import CELL_KEYS, ESTIMATES, KeyedFile, check
from studies.replicates import DECLARED_DEGREES_OF_FREEDOM, replicate_studies

from wavehouse.project import Project

FILE = KeyedFile(
    "replicate_measures", "fct_trend_estimates", ("study_id", "wave_id", *CELL_KEYS), ESTIMATES
)
STUDIES = {study.study_id: method for method, _, study in replicate_studies()}


@pytest.mark.parametrize("study_id", STUDIES)
def test_errors_of_replicates_are_those_of_r(overlay_on_duckdb: Project, study_id: str) -> None:
    check(list(FILE.compare(FILE.by_study()[study_id], FILE.found(overlay_on_duckdb))))


def test_no_replicated_estimate_is_without_a_reference(overlay_on_duckdb: Project) -> None:
    assert not FILE.without_reference(FILE.found(overlay_on_duckdb), "estimate")


def test_every_study_has_references_and_the_declared_degrees_of_freedom() -> None:
    studies = FILE.by_study()
    assert set(studies) == set(STUDIES)
    for study_id, method in STUDIES.items():
        if method in DECLARED_DEGREES_OF_FREEDOM:
            found = {row["degrees_of_freedom"] for row in studies[study_id]}
            assert found == {DECLARED_DEGREES_OF_FREEDOM[method]}


def test_the_centre_matters() -> None:
    studies = FILE.by_study()
    for study_id, rows in studies.items():
        if not study_id.endswith("_centred"):
            pairs = zip(rows, studies[f"{study_id}_centred"], strict=True)
            assert any(a["standard_error"] != b["standard_error"] for a, b in pairs)
