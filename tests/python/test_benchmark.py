"""The scripts that measure run, and intervals cover the truth as often as they say.

One build serves both: that of samples drawn again and again, a small version of those behind
docs/coverage.md, the same in each run. Its intervals are made once more from errors that are wrong
by half.
"""

import shutil
from dataclasses import dataclass, replace
from pathlib import Path

import duckdb
import pytest
from workbench import ROOT, copy_project, database_path, load_script

benchmark = load_script("benchmark")
simulation = load_script("simulate_coverage")

# The same everywhere; where R is not there, the comparison with it is left out.
HAS_R = shutil.which("Rscript") is not None
N_SAMPLES = 60
STUDY = "many"
# What makes intervals of statistics, in order.
INTERVALS = (
    "int_estimates__effective_bases",
    "int_estimates__interval_choices",
    "int_estimates__exact_bounds",
    "int_estimates__intervals",
)
# Yes and no of four shares by five methods, and a mean, in everybody and two domains
N_ESTIMATES = (4 * 2 * 5 + 1) * 3


@dataclass(frozen=True)
class Simulated:
    """How intervals did, with the errors of the warehouse and with half, and what was reported."""

    as_built: list[simulation.Cell]
    with_half_errors: list[simulation.Cell]
    table: list[str]
    notes: list[str]


@pytest.fixture(scope="module")
def simulated(tmp_path_factory: pytest.TempPathFactory) -> Simulated:
    """Draw samples, and let the benchmark build them."""
    project = copy_project(tmp_path_factory.mktemp("simulated"))
    simulation.add_samples(project, N_SAMPLES, simulation.SEED, [STUDY])
    lines = benchmark.measured("samples", project, [(STUDY, "s00001")], [], HAS_R)
    as_built = simulation.counted(project)
    with duckdb.connect(str(database_path(project))) as connection:
        connection.execute(
            "update intermediate.int_estimates__statistics "
            "set standard_error = standard_error / 2, variance = variance / 4"
        )
        for model in INTERVALS:
            (compiled,) = (project.target / "compiled").rglob(f"{model}.sql")
            connection.execute(
                f"create or replace table intermediate.{model} as {compiled.read_text()}"
            )
    return Simulated(as_built, simulation.counted(project), *lines)


# Coverage ----------------------------------------------------------------------------------------


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


# Benchmark ---------------------------------------------------------------------------------------


def test_the_benchmark_reports_what_was_built(simulated: Simulated) -> None:
    rows = [[cell.strip() for cell in line.strip("|").split("|")] for line in simulated.table]
    assert {len(row) for row in rows} == {len(benchmark.HEADER[0].strip("|").split("|"))}
    assert rows[0][:3] == ["samples", "Wavehouse", f"{N_ESTIMATES * N_SAMPLES:,}"]
    assert [row[1:3] for row in rows[1:]] == (
        [["R, sample", str(N_ESTIMATES)], ["R, scaled up", f"{N_ESTIMATES * N_SAMPLES:,}"]]
        if HAS_R
        else []
    )
    agree = f"samples: {2 * N_ESTIMATES} estimates and errors are those of R"
    assert any(line.startswith(agree) for line in simulated.notes) == HAS_R
    models = [line for line in simulated.notes if line.startswith(("| int_", "| stg_"))]
    assert len(models) == benchmark.N_SLOWEST


def test_the_benchmark_generates_the_study_that_is_asked_for(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def measured(name: str, project: benchmark.Project, *words: object) -> tuple[list[str], ...]:
        with duckdb.connect() as connection:
            path = project.root / "cells.parquet"
            counted = connection.sql(
                f"""
                select
                    count(distinct wave_id),
                    count(*) filter (where source_column = 'weight'),
                    count(distinct source_column) filter (where source_column like 'v%')
                from '{path}'
                """
            ).fetchone()
        return [f"{name} {counted} {words}"], ["", "notes"]

    monkeypatch.setattr(benchmark, "measured", measured)
    words = ("--waves=3", "--variables=5", "--people=600", "--strata=5", "--only-generated")
    assert benchmark.main([*words, "--without-r"]) == 0
    sample = [("generated", "w001"), ("generated", "w002")]
    asked = (sample, ["v1", "v2", "v3", "v4", "v5"], False)
    assert capsys.readouterr().out.splitlines() == [
        *benchmark.HEADER,
        f"generated (3, 600, 5) {asked}",
        "",
        "notes",
    ]


def test_the_benchmark_says_that_it_needs_r(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    assert benchmark.main([]) == 2
    assert "or give --without-r" in capsys.readouterr().err


def test_numbers_that_are_not_those_of_r_stop_the_benchmark() -> None:
    ours = {("a",): (0.5, 0.01)}
    assert benchmark.largest_difference(ours, {("a",): (0.5, 0.01 + 1e-9)}) < 1e-8
    with pytest.raises(benchmark.BenchmarkError, match=r"standard_error of .* in R, here 0\.01"):
        benchmark.largest_difference(ours, {("a",): (0.5, 0.02)})
    with pytest.raises(benchmark.BenchmarkError, match=r"estimate of .* in R, here nan"):
        benchmark.largest_difference({("a",): (float("nan"), 0.01)}, {("a",): (0.5, 0.01)})
