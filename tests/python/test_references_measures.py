"""Every kind of measure is estimated as R does it: quantiles, ratios, totals, nets, and so on."""

import pytest
from comparing import CELL_KEYS, ESTIMATES, Key, KeyedFile, MartRow, check
from workbench import Row

from wavehouse.project import Project

ESTIMATE_KEYS = ("study_id", "wave_id", *CELL_KEYS)
FILES = tuple(
    KeyedFile(name, "fct_trend_estimates", ESTIMATE_KEYS, ESTIMATES)
    for name in ("school_measures", "survey_measures", "kinds_measures")
)
KINDS = {
    "mean",
    "net",
    "quantile",
    "ratio",
    "score",
    "share",
    "share_of_cases",
    "share_of_responses",
    "total",
}
GROUPS = [
    pytest.param(file, rows, id=f"{file.name}-{study_id}")
    for file in FILES
    for study_id, rows in file.by_study().items()
]


@pytest.fixture(scope="module")
def estimates(overlay_on_duckdb: Project) -> dict[Key, list[MartRow]]:
    """The estimates that the overlay publishes, by key."""
    return FILES[0].found(overlay_on_duckdb)


@pytest.mark.parametrize(("file", "rows"), GROUPS)
def test_measures_are_those_of_r(
    estimates: dict[Key, list[MartRow]], file: KeyedFile, rows: list[Row]
) -> None:
    check(list(file.compare(rows, estimates)))


@pytest.mark.parametrize("file", FILES, ids=lambda file: file.name)
def test_no_estimate_is_without_a_reference(
    estimates: dict[Key, list[MartRow]], file: KeyedFile
) -> None:
    assert not file.without_reference(estimates, "estimate")


def test_every_kind_of_measure_has_references(estimates: dict[Key, list[MartRow]]) -> None:
    found = {
        row["measure_kind"]
        for file in FILES
        for key in map(file.key, file.rows())
        for row in estimates[key]
    }
    assert found == KINDS


def test_awkward_cells_are_among_the_references() -> None:
    rows = [row for file in FILES for row in file.rows()]
    assert any(row["n_respondents"] == "1" for row in rows)
    assert {row["ci_method"] for row in rows} == {"t", "logit", "korn_graubard_capped", "woodruff"}
    for value in ("0", "1"):
        assert any(
            row["estimate"] == value and row["ci_method"] == "korn_graubard_capped" for row in rows
        )
    for column in ("standard_error", "design_effect", "ci_lower", "ci_upper"):
        assert any(row[column] == "" for row in rows), column
