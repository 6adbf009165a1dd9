"""Intervals cover the truth as often as they say.

One build serves all: that of samples drawn again and again, a small version of those behind
docs/coverage.md, the same in each run. Its intervals are made once more from errors that are wrong
by half.
"""

from dataclasses import dataclass, replace

import duckdb
import pytest
from workbench import ROOT, copy_project, database_path, load_script

simulation = load_script("simulate_coverage")

N_SAMPLES = 60
STUDY = "many"
# What makes intervals of statistics, in order.
INTERVALS = (
    "int_estimates__effective_bases",
    "int_estimates__interval_choices",
    "int_estimates__exact_bounds",
    "int_estimates__intervals",
)


@dataclass(frozen=True)
class Simulated:
    """How intervals did, with the errors of the warehouse and with half."""

    as_built: list[simulation.Cell]
    with_half_errors: list[simulation.Cell]


@pytest.fixture(scope="module")
def simulated(tmp_path_factory: pytest.TempPathFactory) -> Simulated:
    """Draw samples, and build them."""
    project = copy_project(tmp_path_factory.mktemp("simulated"))
    simulation.add_samples(project, N_SAMPLES, simulation.SEED, [STUDY])
    simulation.build(project)
    as_built = simulation.counted(project)
    with duckdb.connect(str(database_path(project))) as connection:
        connection.execute(
            "update intermediate.int_estimates__estimates "
            "set standard_error = standard_error / 2, variance = variance / 4"
        )
        for model in INTERVALS:
            (compiled,) = (project.target / "compiled").rglob(f"{model}.sql")
            connection.execute(
                f"create or replace table intermediate.{model} as {compiled.read_text()}"
            )
    return Simulated(as_built, simulation.counted(project))


def judged(cells: list[simulation.Cell]) -> list[simulation.Cell]:
    """Give the cells with cases enough to be judged."""
    return [cell for cell in cells if cell.mean_cases >= simulation.ENOUGH_CASES]


def test_intervals_cover_as_often_as_they_say(simulated: Simulated) -> None:
    assert [cell for cell in simulated.as_built if cell.is_off] == []


def test_every_method_is_judged(simulated: Simulated) -> None:
    methods = {(cell.variable_id, cell.ci_method) for cell in judged(simulated.as_built)}
    shares = {(name, method) for name in ("half", "tenth") for method in simulation.METHODS}
    assert methods == shares | {("visits", "t")}
    assert {cell.n_samples for cell in simulated.as_built} == {N_SAMPLES}


def test_errors_wrong_by_half_are_noticed(simulated: Simulated) -> None:
    """Not where the cap of Korn and Graubard makes up for errors that are too small."""
    uncapped = [
        cell
        for cell in judged(simulated.with_half_errors)
        if cell.ci_method != "korn_graubard_capped"
    ]
    assert {cell.ci_method for cell in uncapped} == {*simulation.METHODS} - {"korn_graubard_capped"}
    assert [cell for cell in uncapped if not cell.is_off] == []


def test_rare_answers_are_covered_by_the_default_method(simulated: Simulated) -> None:
    """Without cases enough intervals may be too wide, but hardly too narrow."""
    rare = [
        cell
        for cell in simulated.as_built
        if cell.ci_method == "logit" and cell.variable_id in ("fiftieth", "two_hundredth")
    ]
    assert len(rare) == 6
    assert [cell for cell in rare if cell.coverage < 0.85] == []


def test_intervals_without_bounds_do_not_cover() -> None:
    cell = simulation.Cell("many", "half", "total", "t", 100, 80, 20, 0.1, 300.0)
    assert cell.coverage == 0.8
    assert cell.is_off
    assert not replace(cell, n_covering=95).is_off


def test_the_page_has_all_that_was_simulated() -> None:
    """The page is not made again here, which takes minutes; it must be one of this script."""
    text = (ROOT / simulation.TABLE).read_text(encoding="utf-8")
    for design in simulation.DESIGNS.values():
        for truth in simulation.SHARES.values():
            for domain in simulation.DOMAINS:
                # coverage and width
                assert text.count(f"| {design.label} | {domain} | share of {truth} |") == 2
    assert f"--samples {simulation.N_SAMPLES} --seed {simulation.SEED}" in text
