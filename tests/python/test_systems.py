"""What is told of an unknown is what every solution says, however it is found."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.optimize import linprog

from wavehouse.disclosure.linear_systems import Sum, System, is_narrow

FIGURES = st.floats(-1e6, 1e6, allow_nan=False)


def name(place: int, kind: str = "respondents") -> tuple[str, str, str, str, str]:
    """Name an unknown."""
    return ("base", "1", kind, "segment", str(place))


def drawn(seed: int) -> tuple[np.ndarray, np.ndarray, list[Sum]]:
    """Draw sums of whole numbers of people; some of the people may be in no part of a sum."""
    chance = np.random.default_rng(seed)
    matrix = chance.choice([0.0, 0.0, 1.0], (4, 7))
    matrix[:, 0] = 1.0
    rest = chance.choice([0.0, 3.0], 4)
    totals = matrix @ chance.integers(0, 30, 7) + rest
    sums = [
        Sum(
            frozenset((name(place), value) for place, value in enumerate(row) if value),
            float(total),
            1e-6,
            float(missing),
            is_bound=bool(missing),
        )
        for row, total, missing in zip(matrix, totals, rest, strict=True)
    ]
    return matrix, totals, sums


@pytest.mark.parametrize("protection", [0.0, 0.2, 0.9, 1.5])
@pytest.mark.parametrize("seed", range(8))
def test_told_is_what_the_extremes_of_each_unknown_tell(seed: int, protection: float) -> None:
    matrix, totals, sums = drawn(seed)
    system = System(frozenset(sums))
    rest = np.array([each.rest for each in sums])
    exact = matrix[rest == 0]
    told = set()
    for place in np.flatnonzero(matrix.any(axis=0)):
        low, high = (
            sign
            * linprog(
                sign * np.eye(7)[place],
                A_ub=np.vstack([matrix, -matrix]),
                b_ub=np.concatenate([totals + 1e-6, rest + 1e-6 - totals]),
            ).fun
            for sign in (1.0, -1.0)
        )
        # an unknown that the exact sums fix is in the space that their rows span
        unit = np.eye(7)[place]
        is_fixed = np.linalg.matrix_rank(np.vstack([exact, unit])) == np.linalg.matrix_rank(exact)
        is_told = is_fixed or high - low <= max(protection * (low + high) / 2, 1e-6)
        answer = system.told(name(int(place)), protection)
        assert bool(answer) == is_told, (place, low, high, answer)
        told.add(is_told)
    assert False in told


def test_what_is_told_does_not_hang_on_what_was_asked_before() -> None:
    _, _, sums = drawn(3)
    names = System(frozenset(sums)).unknowns
    alone = [System(frozenset(sums)).told(key, 0.5) for key in names]
    system = System(frozenset(sums))
    assert [system.told(key, 0.5) for key in reversed(names)] == alone[::-1]


@given(FIGURES, FIGURES, FIGURES, FIGURES, st.floats(0, 0.999))
def test_a_range_that_holds_a_wide_one_is_wide(
    low: float, high: float, less: float, more: float, protection: float
) -> None:
    low, high = sorted((low, high))
    if not is_narrow(low, high, protection, 1.01):
        assert not is_narrow(low - abs(less), high + abs(more), protection)


def test_scores_may_be_negative_and_people_may_not() -> None:
    for kind, told in (("item net x", ""), ("category a", "must lie between 0 and 1")):
        parts = frozenset({(name(1, kind), 1.0), (name(2, kind), 1.0)})
        system = System(frozenset({Sum(parts, 1.0, 0.0, 0.0, is_bound=False)}))
        assert system.told(name(1, kind), 0.9) == ""
        assert system.told(name(1, kind), 2.5) == told
