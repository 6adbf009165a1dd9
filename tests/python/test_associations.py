"""Tests of association: what R's `svychisq` gives, and the algebra behind them on any table."""

import math
import re
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any

import duckdb
import numpy as np
import pytest
from numpy.typing import NDArray
from scipy.stats import false_discovery_control
from studies.offered import STUDY as NOT_OFFERED
from workbench import Row, query, read_rows

from wavehouse.project import Project

REFERENCES = Path(__file__).resolve().parent / "references"
KEY = ("study_id", "wave_id", "measure_id", "segment_id")
BSA_TEST = ("1983", "party_share", "sex")
NUMBERS = ("f_statistic", "numerator_df", "denominator_df", "p_value")

Key = tuple[str, ...]
Tests = dict[Key, dict[str, Any]]
Matrix = NDArray[np.float64]


@pytest.fixture(scope="module")
def associations(overlay_on_duckdb: Project) -> Tests:
    """The tests that the overlay publishes."""
    rows = query(overlay_on_duckdb, "select * from marts.fct_association_tests")
    return {tuple(row[name] for name in KEY): row for row in rows}


def references() -> dict[Key, Row]:
    """Give the references by their key."""
    return {
        tuple(row[name] for name in KEY): row
        for row in read_rows(REFERENCES / "association_tests.csv")
    }


def without_pairing(key: Key) -> Key:
    """Name the study alike whether or not its waves share PSUs, which is nothing to one wave."""
    return key[0].removesuffix("_independent"), *key[1:]


def by_study() -> dict[str, dict[Key, Row]]:
    """Give the references of each study."""
    studies: dict[str, dict[Key, Row]] = {}
    for key, row in references().items():
        studies.setdefault(key[0], {})[key] = row
    return studies


@pytest.mark.parametrize("study_id", by_study())
def test_tests_of_association_are_those_of_r(associations: Tests, study_id: str) -> None:
    for key, row in by_study()[study_id].items():
        found = associations[key]
        assert found["n_respondents"] == int(row["n_respondents"]), key
        for name in NUMBERS:
            right = pytest.approx(float(row[name]), rel=1e-7, abs=0) if row[name] else None
            assert found[name] == right, (key, name)


def test_what_is_tested_has_a_reference_and_the_reverse(associations: Tests) -> None:
    # Studies of what was not offered, and of what is suppressed, are there for the tests that
    # they do not have.
    tested = {
        key
        for key, row in associations.items()
        if row["p_value"] is not None and key[0] not in (NOT_OFFERED, "graduates", "staff")
    }
    # Variants of bsa that differ in breaks, or in where they come from, have its first wave.
    variants = {(study, *BSA_TEST) for study in ("bsa_broken", "bsa_bridged", "bsa_landed")}
    others = {
        tuple(row[name] for name in KEY) for row in read_rows(REFERENCES / "associations.csv")
    }
    assert {without_pairing(key) for key in tested} == {
        without_pairing(key) for key in set(references()) | others | variants
    }
    for key in variants:
        for name in NUMBERS:
            ours, theirs = (associations[each][name] for each in (key, ("bsa", *BSA_TEST)))
            assert ours == pytest.approx(theirs, rel=1e-12)


def test_what_is_not_tested_says_why(associations: Tests) -> None:
    untested = {
        key: row["observation_status"]
        for key, row in associations.items()
        if row["p_value"] is None
    }
    # From 1984 on a party has nobody, or nobody of one sex; in 1999 no target was asked for.
    assert {key[1:]: status for key, status in untested.items() if key[0] == "bsa"} == {
        (wave_id, "party_share", "sex"): "M" for wave_id in ("1984", "1985", "1986")
    }
    assert untested["api", "1999", "met_schoolwide_target_share", "school_type"] == "L"
    # A variable with itself has empty cells.
    assert {
        status
        for key, status in untested.items()
        if key[2:] == ("made_up_yes_share", "made_up_yes")
    } == {"M"}
    assert set(untested.values()) == {"L", "M"}


def test_p_values_are_adjusted_over_the_waves(associations: Tests) -> None:
    families: dict[Key, list[dict[str, Any]]] = {}
    for row in associations.values():
        if row["p_value"] is None:
            assert row["p_value_adjusted"] is None
            assert row["is_significant"] is None
        else:
            key = ("study_id", "measure_id", "segment_id")
            families.setdefault(tuple(row[name] for name in key), []).append(row)
    for rows in families.values():
        if rows[0]["adjustment_method"] == "benjamini_hochberg":
            expected = list(false_discovery_control([row["p_value"] for row in rows]))
            found = [row["p_value_adjusted"] for row in rows]
            assert found == pytest.approx(expected, rel=1e-12, abs=0)
        assert all(row["is_significant"] == (row["p_value_adjusted"] < 1 - 0.95) for row in rows)
    assert Counter(map(len, families.values()))[7] == 3


# --- The algebra, on tables that no survey here has


def random_table(rows: int, columns: int, seed: int) -> Matrix:
    """Give shares of a table whose cells differ by several orders of magnitude."""
    table = np.random.default_rng(seed).lognormal(0, 2, (rows, columns))
    return table / table.sum()


def blocks(between: float) -> Matrix:
    """Give a table of two blocks that share hardly anything."""
    table = np.full((4, 3), between)
    table[:2, 0] = (0.2, 0.1)
    table[2:, 1:] = ((0.3, 0.1), (0.1, 0.2))
    return table / table.sum()


TABLES: dict[str, Callable[[], Matrix]] = {
    "two_by_two": lambda: np.array([[0.4, 0.1], [0.2, 0.3]]),
    "independent": lambda: np.outer([0.5, 0.3, 0.2], [0.6, 0.3, 0.1]),
    "random_2_7": lambda: random_table(2, 7, 1),
    "random_7_2": lambda: random_table(7, 2, 2),
    "random_5_6": lambda: random_table(5, 6, 3),
    "random_9_9": lambda: random_table(9, 9, 4),
    "near_blocks": lambda: blocks(1e-4),
    "nearer_blocks": lambda: blocks(2e-5),
    "all_but_blocks": lambda: blocks(1e-8),
}
TOO_NEAR = {"all_but_blocks"}


def expected_residuals(table: Matrix) -> Matrix:
    """Give the projection off rows and columns, between roots of the inverse shares."""
    rows, columns = table.shape
    roots = np.sqrt(table.ravel())
    margins = np.hstack(
        [
            np.kron(np.eye(rows), np.ones((columns, 1))),
            np.kron(np.ones((rows, 1)), np.eye(columns)),
        ]
    )
    left, sizes, _ = np.linalg.svd(margins * roots[:, None], full_matrices=False)
    basis = left[:, sizes > 1e-12 * sizes[0]]
    projection = np.eye(rows * columns) - basis @ basis.T
    return projection / np.outer(roots, roots)


@pytest.fixture(scope="module")
def residuals(overlay_on_duckdb: Project) -> dict[str, dict[Key, float]]:
    """What the very SQL of the models makes of the tables."""
    folder = overlay_on_duckdb.target / "compiled/wavehouse/models/intermediate/associations"
    connection = duckdb.connect()
    connection.execute(
        "create table int_associations__cells (study_id text, wave_id text, measure_id text, "
        "segment_id text, category_code text, segment_code text, cell_share double, "
        "category_share double, segment_share double)"
    )
    for name, make in TABLES.items():
        table = make()
        for (row, column), share in np.ndenumerate(table):
            margins = (table[row].sum(), table[:, column].sum())
            connection.execute(
                "insert into int_associations__cells values (?, 'w', 'm', 's', ?, ?, ?, ?, ?)",
                [name, str(row), str(column), share, *margins],
            )
    for model in ("int_associations__inverses", "int_associations__residuals"):
        sql = (folder / f"{model}.sql").read_text(encoding="utf-8")
        sql = re.sub(r'"\w+"\."intermediate"\."(\w+)"', r"\1", sql)
        connection.execute(f"create table {model} as {sql}")
    found: dict[str, dict[Key, float]] = {}
    for name, *cells, residual in connection.execute(
        "select study_id, category_code, segment_code, to_category_code, to_segment_code, "
        "residual from int_associations__residuals"
    ).fetchall():
        found.setdefault(name, {})[tuple(cells)] = residual
    return found


@pytest.mark.parametrize("name", [name for name in TABLES if name not in TOO_NEAR])
def test_additive_fits_are_exact(residuals: dict[str, dict[Key, float]], name: str) -> None:
    table = TABLES[name]()
    expected = expected_residuals(table)
    names = [(str(row), str(column)) for row, column in np.ndindex(table.shape)]
    assert len(residuals[name]) == len(names) ** 2
    roots = np.sqrt(table.ravel())
    for i, cell in enumerate(names):
        for j, other in enumerate(names):
            scale = roots[i] * roots[j]
            found = residuals[name][(*cell, *other)] * scale
            assert math.isclose(found, expected[i, j] * scale, abs_tol=1e-9), (cell, other)


def test_a_table_too_near_to_perfect_association_has_no_test(
    residuals: dict[str, dict[Key, float]],
) -> None:
    assert set(TABLES) - set(residuals) == TOO_NEAR
