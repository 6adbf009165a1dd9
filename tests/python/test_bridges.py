"""Over a hard break nothing is compared, unless a bridge says what earlier figures are worth."""

import math
from typing import Any

import pytest
from studies.variants import BRIDGE_ERROR, BRIDGE_FACTOR
from workbench import query

from wavehouse.project import Project


def of(study: str) -> str:
    """Give the condition for one cell of a study."""
    return f"study_id = '{study}' and measure_id = 'abortion_support_mean' and segment_id = 'total'"


def changes(project: Project, study: str) -> dict[tuple[str, str], dict[str, Any]]:
    """Give the changes of the whole sample by their waves."""
    rows = query(project, f"select * from marts.fct_trend_changes where {of(study)}")
    return {(row["from_wave_id"], row["to_wave_id"]): row for row in rows}


def estimates(project: Project, study: str) -> dict[str, dict[str, Any]]:
    """Give the estimates of the whole sample by wave."""
    rows = query(project, f"select * from marts.fct_trend_estimates where {of(study)}")
    return {row["wave_id"]: row for row in rows}


def test_nothing_is_compared_across_a_hard_break(overlay_on_duckdb: Project) -> None:
    for (from_wave, to_wave), row in changes(overlay_on_duckdb, "bsa_broken").items():
        crosses = from_wave < "1985" <= to_wave
        assert row["is_comparable"] == (not crosses)
        assert not row["is_bridged"]
        assert (row["change"] is None) == crosses
        assert (row["observation_status"] == "B") == crosses
    slopes = query(
        overlay_on_duckdb,
        f"select * from marts.fct_trend_slopes where {of('bsa_broken')} order by 2",
    )
    assert [(row["first_wave_id"], row["last_wave_id"]) for row in slopes] == [
        ("1983", "1984"),
        ("1985", "1986"),
    ]
    indices = query(
        overlay_on_duckdb,
        f"select * from marts.fct_trend_indices where {of('bsa_broken')} order by wave_id",
    )
    assert [row["index_value"] is None for row in indices] == [False, True, True]


def test_a_bridge_multiplies_what_is_before_it_and_adds_its_error(
    overlay_on_duckdb: Project,
) -> None:
    by_wave = estimates(overlay_on_duckdb, "bsa_bridged")
    unbridged = changes(overlay_on_duckdb, "bsa")
    rows = changes(overlay_on_duckdb, "bsa_bridged")
    for (from_wave, to_wave), row in rows.items():
        before, after = by_wave[from_wave], by_wave[to_wave]
        assert row["is_bridged"] == (from_wave < "1985" <= to_wave)
        if not row["is_bridged"]:
            assert row["change"] == pytest.approx(unbridged[from_wave, to_wave]["change"])
            continue
        assert row["is_comparable"]
        assert row["change"] == pytest.approx(
            after["estimate"] - BRIDGE_FACTOR * before["estimate"]
        )
        # The covariance of the two waves is what the plain change's error leaves of theirs.
        covariance = (
            before["standard_error"] ** 2
            + after["standard_error"] ** 2
            - unbridged[from_wave, to_wave]["standard_error"] ** 2
        ) / 2
        assert abs(covariance) > 0
        variance = (
            after["standard_error"] ** 2
            + BRIDGE_FACTOR**2 * before["standard_error"] ** 2
            - 2 * BRIDGE_FACTOR * covariance
            + (BRIDGE_ERROR * before["estimate"]) ** 2
        )
        assert row["standard_error"] == pytest.approx(math.sqrt(variance), rel=1e-9)


def test_a_slope_and_an_index_go_over_a_bridge(overlay_on_duckdb: Project) -> None:
    by_wave = estimates(overlay_on_duckdb, "bsa_bridged")
    (slope,) = query(
        overlay_on_duckdb, f"select * from marts.fct_trend_slopes where {of('bsa_bridged')}"
    )
    assert (slope["first_wave_id"], slope["last_wave_id"], slope["n_waves"]) == ("1983", "1986", 4)
    factors = {wave: BRIDGE_FACTOR if wave < "1985" else 1.0 for wave in by_wave}
    values = {wave: factors[wave] * row["estimate"] for wave, row in by_wave.items()}
    weights = {
        wave: 1 / (factors[wave] * row["standard_error"]) ** 2 for wave, row in by_wave.items()
    }
    years = {wave: (row["wave_date"].toordinal()) / 365.25 for wave, row in by_wave.items()}
    mean = sum(weights[w] * years[w] for w in years) / sum(weights.values())
    square = sum(weights[w] * (years[w] - mean) ** 2 for w in years)
    coefficients = {w: weights[w] * (years[w] - mean) / square for w in years}
    assert slope["slope"] == pytest.approx(sum(coefficients[w] * values[w] for w in years))
    # The factor's error counts once for both waves before the break.
    of_factor = BRIDGE_ERROR * sum(
        coefficients[w] * by_wave[w]["estimate"] for w in years if w < "1985"
    )
    assert slope["standard_error"] > abs(of_factor)
    indices = query(
        overlay_on_duckdb, f"select * from marts.fct_trend_indices where {of('bsa_bridged')}"
    )
    for row in indices:
        expected = 100 * values[row["wave_id"]] / values["1983"]
        assert row["index_value"] == pytest.approx(expected)
        if row["wave_id"] >= "1985":
            assert (
                row["standard_error"] > 100 * BRIDGE_ERROR / BRIDGE_FACTOR * expected / 100 * 0.99
            )
