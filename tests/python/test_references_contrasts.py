"""Changes, contrasts of segments, slopes, indices and pooled waves are those of R, for every kind.

Waves share PSUs or people in some of the studies, share them in part, or not at all.
"""

import pytest
from comparing import CELL_KEYS, ESTIMATES, Key, KeyedFile, MartRow, check, contrasts
from workbench import Row, query

from wavehouse.project import Project

CHANGES = KeyedFile(
    "measure_changes",
    "fct_trend_changes",
    ("study_id", "from_wave_id", "to_wave_id", *CELL_KEYS),
    contrasts("change"),
)
SEGMENTS = KeyedFile(
    "segment_contrasts",
    "fct_segment_contrasts",
    ("study_id", "wave_id", *CELL_KEYS, "reference_segment_code"),
    contrasts("difference"),
)
SLOPES = KeyedFile(
    "slopes",
    "fct_trend_slopes",
    ("study_id", "first_wave_id", "last_wave_id", "n_waves", *CELL_KEYS),
    contrasts("slope"),
)
INDICES = KeyedFile(
    "indices",
    "fct_trend_indices",
    ("study_id", "wave_id", "base_wave_id", *CELL_KEYS),
    contrasts("index_value"),
)
POOLED = KeyedFile(
    "pooled_estimates",
    "fct_pooled_estimates",
    ("study_id", "wave_id", "n_waves", *CELL_KEYS),
    ESTIMATES,
)
FILES = (CHANGES, SEGMENTS, SLOPES, INDICES, POOLED)
# What a study must compare its waves with: comparison, earlier wave, later wave.
DECLARED = {
    "kinds_full_adjust": {
        ("previous", "w1", "w2"),
        ("previous", "w2", "w3"),
        ("previous", "w3", "z1"),
        ("first", "w1", "w2"),
        ("first", "w1", "w3"),
        ("first", "w1", "z1"),
        ("since_w2", "w2", "w1"),
        ("since_w2", "w2", "w3"),
        ("since_w2", "w2", "z1"),
        ("year_before", "w1", "w2"),
    },
    "kinds_panel": {("previous", "p1", "p2"), ("first", "p1", "p2")},
}
Found = dict[str, dict[Key, list[MartRow]]]


@pytest.fixture(scope="module")
def found(overlay_on_duckdb: Project) -> Found:
    """The rows of each mart, by file and key."""
    return {file.name: file.found(overlay_on_duckdb) for file in FILES}


@pytest.mark.parametrize(
    ("file", "rows"),
    [
        pytest.param(file, rows, id=f"{file.name}-{study_id}")
        for file in FILES
        for study_id, rows in file.by_study().items()
    ],
)
def test_contrasts_are_those_of_r(found: Found, file: KeyedFile, rows: list[Row]) -> None:
    check(list(file.compare(rows, found[file.name])))


@pytest.mark.parametrize("file", FILES, ids=lambda file: file.name)
def test_no_contrast_is_without_a_reference(found: Found, file: KeyedFile) -> None:
    (value,) = (column for name, column, _ in file.columns if name in ("value", "estimate"))
    assert not file.without_reference(found[file.name], value)


def test_waves_are_compared_as_declared(overlay_on_duckdb: Project) -> None:
    rows = query(
        overlay_on_duckdb,
        "select distinct study_id, comparison, from_wave_id, to_wave_id"
        " from marts.fct_trend_changes",
    )
    for study_id, declared in DECLARED.items():
        assert declared == {
            (row["comparison"], row["from_wave_id"], row["to_wave_id"])
            for row in rows
            if row["study_id"] == study_id
        }


def test_slopes_say_how_their_waves_hang_together(overlay_on_duckdb: Project) -> None:
    rows = query(
        overlay_on_duckdb,
        "select distinct study_id, covariance_method from marts.fct_trend_slopes",
    )
    by_study: dict[str, set[str]] = {}
    for row in rows:
        by_study.setdefault(row["study_id"], set()).add(row["covariance_method"])
    assert by_study["kinds_simple"] == {"independent"}
    assert by_study["kinds_full_adjust"] == {"shared_psu"}
    assert by_study["kinds_panel"] == {"panel"}
    assert by_study["gss"] == {"independent"}
