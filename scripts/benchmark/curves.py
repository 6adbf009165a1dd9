"""How cost grows with waves, answers, segments and PSUs: one of them doubles, the rest stays."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from benchmark.builds import measure_build
from benchmark.generate import generate
from benchmark.processes import Limits
from benchmark.rivals.run import lean_way, run_ways, sql_ways, write_csv_waves
from benchmark.shapes import Shape, equal_waves

# The middle of all curves. Each point changes one of its numbers.
N_WAVES, N_PEOPLE, N_PSUS, N_VARIABLES, N_SEGMENTS = 8, 4_000, 200, 10, 4
PSUS_PER_STRATUM = 4


def study(
    waves: int = N_WAVES,
    people: int = N_PEOPLE,
    segments: int = N_SEGMENTS,
    psus: int = N_PSUS,
) -> Shape:
    """Give the study in the middle, or one that differs from it."""
    return equal_waves(
        "curve",
        waves,
        people,
        psus,
        max(psus // PSUS_PER_STRATUM, 1),
        categories=(5,) * N_VARIABLES,
        segments=(5,) * segments,
    )


# Each curve: what its axis says, the numbers on it, and the study of a number.
CURVES: dict[str, tuple[str, Sequence[int], Callable[[int], Shape]]] = {
    "waves": ("waves", (4, 8, 16, 32), lambda n: study(waves=n)),
    "answers": (
        "people a wave, each with 10 answers",
        (1_000, 4_000, 16_000, 64_000),
        lambda n: study(people=n),
    ),
    "segments": ("segments beside the total", (2, 4, 8, 16), lambda n: study(segments=n)),
    "psus": ("PSUs a wave", (50, 200, 800, 3_200), lambda n: study(psus=n)),
}


@dataclass(frozen=True)
class Point:
    """What one way took at one place of a curve."""

    curve: str
    x: int
    way: str
    label: str
    n_estimates: int
    cpu_seconds: float
    peak_mb: float


def measure_curve(
    name: str, folder: Path, memory_limit: str, numbers: Sequence[int] | None = None
) -> list[Point]:
    """Measure the ways that are quick enough, without packages, along a curve."""
    _, all_numbers, study_of = CURVES[name]
    points = []
    for x in numbers or all_numbers:
        shape = study_of(x)
        place = folder / f"{name}_{x}"
        generate(shape, place)
        write_csv_waves(shape, place)
        ways = [*sql_ways(memory_limit), lean_way(shape)]
        points += [
            Point(
                name,
                x,
                one.name,
                one.label,
                one.n_estimates,
                one.cpu_seconds,
                one.whole.peak_mb,
            )
            for one in run_ways(shape, place, ways)
            if not one.missing
        ]
    return points


def measure_build_curve(
    shape: Shape, waves: Sequence[int], folder: Path, limits: Limits
) -> list[Point]:
    """Measure the warehouse's models over the first waves of a study."""
    points = []
    for n in waves:
        place = folder / f"build_{n}"
        first = shape.first_waves(n)
        generate(first, place)
        built = measure_build(first, place, limits, models_only=True)
        if built.stopped:
            break
        points += [
            Point(
                "build", n, kind, kind, built.n_estimates, built.seconds(kind), built.whole.peak_mb
            )
            for kind in ("models", "core models")
        ]
    return points


def slope(points: Sequence[Point]) -> float:
    """Give the exponent of cost: 1 if it grows as the number on the axis, 2 as its square.

    It is the slope of a straight line through the logarithms, by least squares. NaN for less than
    two points.
    """
    if len(points) < 2:
        return math.nan
    xs = [math.log(point.x) for point in points]
    ys = [math.log(point.cpu_seconds) for point in points]
    x, y = sum(xs) / len(xs), sum(ys) / len(ys)
    return sum((a - x) * (b - y) for a, b in zip(xs, ys, strict=True)) / sum(
        (a - x) ** 2 for a in xs
    )
