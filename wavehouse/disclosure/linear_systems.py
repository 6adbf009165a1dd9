"""Systems of sums: what all their solutions agree on, exactly or nearly.

The attack (`wavehouse.disclosure.attack`) writes down the sums that an outsider knows; here they
are solved. What was found of a system is kept with it: looking for what to suppress
(`wavehouse.disclosure.closing`) asks of the same sums again and again.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from math import inf, isfinite
from typing import Any

import numpy as np

# What is known or not: block, period, quantity, segment, segment value.
Unknown = tuple[str, str, str, str, str]

TOLERANCE = 1e-9
# How much wider than it must be a range is that two solutions show, so that no more are looked for:
# far above the tolerance to which solutions hold.
CLEARLY = 1.01


@dataclass(frozen=True)
class Sum:
    """What anybody knows of a sum of unknowns: see `wavehouse.disclosure.attack.Equation`."""

    terms: frozenset[tuple[Unknown, float]]
    total: float
    slack: float
    rest: float
    is_bound: bool


class System:
    """Sums that hang together, and what has been found of their solutions.

    Unknowns are at least zero, except those that `may_be_negative`.
    """

    def __init__(self, sums: frozenset[Sum]) -> None:
        """Bring the sums in an order, so that the same are always solved in the same way."""
        self._sums = sorted(
            sums, key=lambda each: (sorted(each.terms), each.total, each.slack, each.rest)
        )
        self.unknowns = sorted({key for each in sums for key, _ in each.terms})
        self._places = {key: place for place, key in enumerate(self.unknowns)}
        self._bounds: dict[Unknown, tuple[float, float]] = {}
        # of the solutions met so far: the least and the greatest value of each unknown
        self._least = np.full(len(self.unknowns), inf)
        self._greatest = np.full(len(self.unknowns), -inf)
        self._has_met = False

    def is_open(self, key: Unknown) -> bool:
        """Tell whether the sums that hold exactly leave an unknown open."""
        return bool(self._free[self._places[key]])

    def told(self, key: Unknown, protection: float) -> str:
        """Say what anybody can tell of an unknown, or nothing if it is open enough.

        Args:
            key: the unknown.
            protection: how wide what it may be must be, as a share of its middle.
        """
        if not self.is_open(key):
            return "can be computed exactly"
        place = self._places[key]
        if key not in self._bounds and self._is_seen_to_be_open(place, protection):
            return ""
        low, high = self._between(key)
        if isfinite(high - low) and is_narrow(low, high, protection):
            return f"must lie between {low:.6g} and {high:.6g}"
        return ""

    def _is_seen_to_be_open(self, place: int, protection: float) -> bool:
        """Tell whether the solutions met so far are far enough from each other.

        Below a protection of 1, a wider range than one that is wide enough is so too.
        """
        self._meet_some()
        low, high = float(self._least[place]), float(self._greatest[place])
        return protection < 1 and low < high and not is_narrow(low, high, protection, CLEARLY)

    def _between(self, key: Unknown) -> tuple[float, float]:
        """Give the least and the greatest value of an unknown; infinite where there is none."""
        if key not in self._bounds:
            self._bounds[key] = (self._extreme(key, 1.0), self._extreme(key, -1.0))
        return self._bounds[key]

    def _extreme(self, key: Unknown, sign: float) -> float:
        """Find the least value of an unknown, or with a sign of -1 the greatest."""
        objective = np.zeros(len(self.unknowns))
        objective[self._places[key]] = sign
        return sign * self._least_of(objective)

    def _meet_some(self) -> None:
        """Meet solutions in a few directions, in which most unknowns are seen to be open."""
        if self._has_met:
            return
        self._has_met = True
        chance = np.random.default_rng(1)
        inwards = chance.uniform(0.1, 1, len(self.unknowns))
        across = inwards * chance.choice([-1, 1], len(self.unknowns))
        for direction in (inwards, across, -across):
            self._least_of(direction)

    def _least_of(self, direction: Any) -> float:  # noqa: ANN401 - an array
        """Find the least value of a weighted sum of the unknowns, and note where it is reached."""
        from scipy.optimize import linprog

        objective = np.concatenate([direction, np.zeros(len(self._sums))])
        solution = linprog(objective, **self._problem, method="highs")
        if solution.status != 0:
            return -inf
        values = solution.x[: len(self.unknowns)]
        np.minimum(self._least, values, out=self._least)
        np.maximum(self._greatest, values, out=self._greatest)
        return float(solution.fun)

    @cached_property
    def _free(self) -> Any:  # noqa: ANN401 - an array
        """Tell which unknowns the sums that hold exactly leave open."""
        exact = [each for each in self._sums if not each.is_bound]
        matrix = np.zeros((len(exact), len(self.unknowns)))
        for number, each in enumerate(exact):
            for key, coefficient in each.terms:
                matrix[number, self._places[key]] = coefficient
        return free_unknowns(matrix)

    @cached_property
    def _problem(self) -> Mapping[str, Any]:
        """Give the linear program, without what is to be least."""
        from scipy.sparse import coo_array

        rows, columns, values = [], [], []
        limits: list[tuple[float | None, float | None]] = [
            (None, None) if may_be_negative(key) else (0, None) for key in self.unknowns
        ]
        for number, each in enumerate(self._sums):
            for key, coefficient in sorted(each.terms):
                rows.append(number)
                columns.append(self._places[key])
                values.append(coefficient)
            # what is missing, and what was rounded away
            rows.append(number)
            columns.append(len(self.unknowns) + number)
            values.append(1.0)
            limits.append((-each.slack, each.rest + each.slack))
        shape = (len(self._sums), len(self.unknowns) + len(self._sums))
        return {
            "A_eq": coo_array((values, (rows, columns)), shape=shape).tocsr(),
            "b_eq": [each.total for each in self._sums],
            "bounds": limits,
        }


def may_be_negative(key: Unknown) -> bool:
    """Tell whether a quantity is of numbers or scores, not of people."""
    return key[2] == "category _Z" or key[2].startswith("item ")


def is_narrow(low: float, high: float, protection: float, clearly: float = 1 - TOLERANCE) -> bool:
    """Tell whether a range is too narrow: at most a share of its middle, or of its end beyond zero.

    Args:
        low: its lower end.
        high: its upper end.
        protection: the share.
        clearly: what the narrowest that is allowed is multiplied by.
    """
    middle = max(abs(low), abs(high)) if low < 0 else (low + high) / 2
    return high - low <= max(protection * middle, 1e-6) * clearly


def free_unknowns(matrix: Any) -> Any:  # noqa: ANN401 - arrays
    """Tell which unknowns a system leaves open: those in which its null space is not zero."""
    reduced = matrix.copy()
    n_rows, n_columns = reduced.shape
    pivots: list[int] = []
    row = 0
    for column in range(n_columns):
        if row == n_rows:
            break
        best = row + int(np.argmax(np.abs(reduced[row:, column])))
        if abs(reduced[best, column]) < TOLERANCE:
            continue
        reduced[[row, best]] = reduced[[best, row]]
        reduced[row] /= reduced[row, column]
        others = np.flatnonzero(np.abs(reduced[:, column]) > TOLERANCE)
        others = others[others != row]
        reduced[others] -= np.outer(reduced[others, column], reduced[row])
        pivots.append(column)
        row += 1
    free = np.ones(n_columns, dtype=bool)
    is_free_column = np.ones(n_columns, dtype=bool)
    is_free_column[pivots] = False
    for number, column in enumerate(pivots):
        free[column] = bool((np.abs(reduced[number, is_free_column]) > TOLERANCE).any())
    return free
