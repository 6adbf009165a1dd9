"""The benchmark measures what it says, and all ways to the estimates give the same numbers.

Nothing here is timed, and nothing is built with dbt: studies are tiny, and what a build took is
made up.
"""

import json
import sys
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import duckdb
import numpy as np
import pandas
import pyarrow.parquet as pq
import pytest
from workbench import ROOT, codebook_rows

sys.path.insert(0, str(ROOT / "scripts"))

from benchmark import __main__ as benchmark
from benchmark import (
    builds,
    curves,
    dbt_nodes,
    figures,
    operations,
    processes,
    queries,
    report,
    review,
)
from benchmark import results as kept
from benchmark.build_steps import RECORDING, STEPS
from benchmark.generate import generate
from benchmark.increments import LAST, Increment, ratio_to_first, until
from benchmark.page import page
from benchmark.processes import BenchmarkError, Limits, Phases, Usage
from benchmark.rivals import run as rivals
from benchmark.rivals.sql_core import blocks_of
from benchmark.shapes import Shape, large, volume
from benchmark.warehouse import STUDY, deliver, runs

from wavehouse.generate import generate as generate_files
from wavehouse.operations.run_history.run_files import read_nodes, read_runs
from wavehouse.operations.run_history.runs import recorded
from wavehouse.project import Project
from wavehouse_exchange.landing import land_wave
from wavehouse_exchange.onboarding.draft import read_draft

# Lists of more than eight categories, every kind of measure, gaps, and a stratum with one PSU.
TINY = Shape(
    name="tiny",
    people=(120, 150, 130, 140),
    psus=(12, 20, 12, 5),
    strata=(4, 5, 4, 5),
    categories=(2, 3, 11),
    segments=(2, 3),
    n_means=1,
    n_ratios=1,
    n_medians=1,
    gap_every=4,
)
SHARE, LONG, MEAN, RATIO, MEDIAN = (TINY.measures[place] for place in (0, 2, 3, 4, 5))


@pytest.fixture(scope="module")
def tiny(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Generate the tiny study, and run all ways that can run here."""
    folder = tmp_path_factory.mktemp("tiny")
    generate(TINY, folder)
    rivals.write_csv_waves(TINY, folder)
    return folder


@pytest.fixture(scope="module")
def ways(tiny: Path) -> dict[str, rivals.Result]:
    """Run all ways, svy only where it was installed before; their numbers are compared."""
    with pytest.MonkeyPatch.context() as patch:
        if not (rivals.SVY_FOLDER / ".installed").exists():
            patch.setattr(rivals, "install_svy", lambda: "is not here")
        listed = [
            *rivals.sql_ways("500MB"),
            *rivals.package_ways([2]),
            rivals.lean_way(TINY),
        ]
        return {result.name: result for result in rivals.run_ways(TINY, tiny, listed)}


# Studies ----------------------------------------------------------------------------------------


def test_the_large_study_has_the_shape_that_is_said() -> None:
    shape = large()
    assert (len(shape.waves), sum(shape.people), len(shape.measures)) == (32, 71_000, 18)
    assert len(shape.segments) == 5
    assert (min(shape.psus), sorted(shape.psus)[-2], max(shape.psus)) == (106, 204, 3_500)
    assert (sum(shape.psus), sum(shape.strata)) == (8_397, 2_424)
    asked = [shape.is_asked(measure, wave) for measure in shape.measures for wave in shape.waves]
    assert 0.9 < np.mean(asked) < 0.92


@pytest.mark.parametrize("millions", [1, 10, 100])
def test_a_volume_has_as_many_answers_as_it_says(millions: int) -> None:
    assert volume(millions).n_answers == millions * 1_000_000


def test_a_generated_study_has_its_shape(tiny: Path) -> None:
    assert Shape.read(tiny) == TINY
    table = pq.read_table(tiny / "answers.parquet").to_pandas()
    by_wave = table.groupby("wave")
    assert tuple(by_wave.size()) == TINY.people
    assert tuple(by_wave["psu"].nunique()) == TINY.psus
    assert tuple(by_wave["stratum"].nunique()) == TINY.strata
    assert table["psu"].nunique() == sum(TINY.psus)
    assert set(table["s2"].dropna()) == {3, 4, 5}
    assert set(table[LONG.column].dropna()) == set(range(1, 12))
    for measure in TINY.measures:
        for wave, answers in by_wave[measure.column]:
            assert answers.notna().any() == TINY.is_asked(measure, wave)
    assert {TINY.is_asked(SHARE, wave) for wave in TINY.waves} == {True, False}


def test_a_wave_is_the_same_with_fewer_others_and_in_each_run(tiny: Path, tmp_path: Path) -> None:
    generate(TINY.first_waves(2), tmp_path)
    expected = pq.read_table(tiny / "answers.parquet", filters=[("wave", "<=", 2)])
    assert pq.read_table(tmp_path / "answers.parquet").equals(expected)


# Ways to the estimates --------------------------------------------------------------------------


def test_all_ways_give_the_same_numbers(ways: dict[str, rivals.Result]) -> None:
    assert {"core_all", "core_each", "group_by"} <= {
        name for name, way in ways.items() if not way.missing
    }
    for way in ways.values():
        if not way.missing:
            assert way.n_estimates > 50
            assert way.difference < 1e-12
            assert way.whole.peak_mb > 10
    assert ways["core_all"].n_estimates == ways["core_each"].n_estimates


def test_the_numbers_are_those_of_the_definition(
    tiny: Path, ways: dict[str, rivals.Result]
) -> None:
    """By loops over strata and PSUs, from the formula of the variance of a ratio of totals."""
    assert ways
    found = pq.read_table(tiny / "core_all.parquet").to_pandas()
    found = found.set_index(["wave", "measure", "category", "segment_value"])
    answers = pq.read_table(tiny / "answers.parquet").to_pandas()
    for wave, measure, category, segment, value in (
        (2, SHARE, 1, "s1", 2),
        (2, LONG, 10, "s2", 4),
        (3, MEAN, 0, "s2", 3),
        (4, RATIO, 0, "s1", 1),
    ):
        people = answers[answers["wave"] == wave]
        inside = people[measure.column].notna() & (people[segment] == value)
        top = people[measure.column] == category if category else people[measure.column]
        bottom = people[measure.denominator] if measure.denominator else 1.0
        y = (top * people["weight"]).where(inside, 0.0).astype(float)
        x = (bottom * people["weight"]).where(inside, 0.0).astype(float)
        estimate = y.sum() / x.sum()
        totals = (y - estimate * x).groupby([people["stratum"], people["psu"]]).sum()
        variance = sum(
            len(of) / (len(of) - 1) * ((of - of.mean()) ** 2).sum()
            if len(of) > 1
            else of.iloc[0] ** 2
            for _, of in totals.groupby(level=0)
        )
        row = found.loc[(wave, measure.number, category, value)]
        assert row["estimate"] == pytest.approx(estimate, rel=1e-12)
        assert row["standard_error"] == pytest.approx(variance**0.5 / x.sum(), rel=1e-12)
        n_psus, n_strata = people.loc[inside, ["psu", "stratum"]].nunique()
        assert row["degrees_of_freedom"] == n_psus - n_strata


def test_pools_are_the_estimates_of_their_waves_together(
    tiny: Path, ways: dict[str, rivals.Result]
) -> None:
    """Their PSUs in one sample: the same formula over the strata of both waves."""
    assert ways
    pools = pq.read_table(tiny / "core_all_pools.parquet").to_pandas()
    (row,) = pools[
        (pools["wave"] == 2) & (pools["measure"] == MEAN.number) & (pools["segment_value"] == 0)
    ].to_dict("records")
    people = pq.read_table(tiny / "answers.parquet", filters=[("wave", "<=", 2)]).to_pandas()
    people = people[people[MEAN.column].notna()]
    weight = people["weight"]
    estimate = (weight * people[MEAN.column]).sum() / weight.sum()
    totals = (weight * (people[MEAN.column] - estimate)).groupby([people["stratum"], people["psu"]])
    variance = sum(
        len(of) / (len(of) - 1) * ((of - of.mean()) ** 2).sum()
        for _, of in totals.sum().groupby(level=0)
    )
    assert row["estimate"] == pytest.approx(estimate, rel=1e-12)
    assert row["standard_error"] == pytest.approx(variance**0.5 / weight.sum(), rel=1e-12)
    asked = {wave for wave in TINY.waves if TINY.is_asked(SHARE, wave)}
    of_share = set(pools.loc[pools["measure"] == SHARE.number, "wave"])
    assert of_share == {wave for wave in asked if wave - 1 in asked}


def test_long_lists_are_cut_into_blocks() -> None:
    firsts = [(block.measure.number, block.first) for block in blocks_of(TINY)]
    assert firsts == [(1, 1), (2, 1), (3, 1), (3, 9), (4, 1), (5, 1)]


def test_a_number_that_is_another_stops_the_benchmark(
    tiny: Path, ways: dict[str, rivals.Result], tmp_path: Path
) -> None:
    assert ways
    expected = rivals.estimates_of(tiny, "core_all")
    numbers = ("estimate", "standard_error")

    def off(change: str, where: str = "true") -> float:
        theirs = tmp_path / "theirs.parquet"
        changed = f"select {change} from {expected} where {where}"
        duckdb.sql(f"copy ({changed}) to '{theirs}' (format parquet)")
        table = f"read_parquet('{theirs}')"
        return rivals.largest_difference(table, expected, rivals.KEYS, numbers, "they", None)

    assert off("*") == 0
    assert 0 < off("* replace (estimate * (1 + 1e-11) as estimate)") < 1e-10
    first = "wave = 2 and measure = 1 and category = 1 and segment_value = 0"
    for wrong in ("standard_error + 1e-6", "'nan'::double", "null"):
        with pytest.raises(
            BenchmarkError, match=r"they: .* wave 2, measure 1, category 1, segment_value 0"
        ):
            off(
                f"* replace (case when {first} then {wrong} else standard_error end "
                "as standard_error)"
            )
    with pytest.raises(BenchmarkError, match="estimate is missing"):
        off("*", f"not ({first})")


def test_a_way_that_cannot_run_here_says_why(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.setattr(rivals, "install_svy", lambda: "pip could not install it")
    listed = [*rivals.package_ways([1]), rivals.lean_way(TINY)]
    results = rivals.run_ways(TINY, tmp_path, listed)
    assert {result.name: result.missing for result in results} == {
        "svyby": "R is not here (Debian: r-base-core)",
        "svy": "pip could not install it",
        "lean": "R is not here (Debian: r-base-core)",
    }
    table = report.ways_table(json.loads(kept.as_json({"results": results})))
    assert sum("left out: " in line for line in table) == 3


# Measuring --------------------------------------------------------------------------------------


def python(program: str) -> list[str]:
    """Give the words that run a program."""
    return [sys.executable, "-c", program]


def test_memory_and_time_are_those_of_all_processes(tmp_path: Path) -> None:
    child = "import time; held = b'x' * 150_000_000; sum(range(3_000_000)); time.sleep(0.4)"
    program = f"import subprocess, sys; subprocess.run([sys.executable, '-c', {child!r}])"
    usage = processes.run(python(program), tmp_path / "log")
    assert 150 < usage.peak_mb < 400
    assert usage.cpu_seconds > 0.01
    assert usage.stopped is None


def test_a_program_is_stopped_at_a_limit(tmp_path: Path) -> None:
    held = "import time; held = b'x' * 200_000_000; time.sleep(60)"
    usage = processes.run(python(held), tmp_path / "log", Limits(peak_mb=100))
    assert usage.stopped == "stopped when it held more than 100 MB"
    busy = processes.run(python("while True: pass"), tmp_path / "log", Limits(cpu_seconds=0.3))
    assert busy.stopped == "stopped after 0 processor seconds"
    assert busy.cpu_seconds > 0.3


def test_a_program_that_fails_is_told_with_what_it_said(tmp_path: Path) -> None:
    with pytest.raises(BenchmarkError, match="It is broken"):
        processes.run(python("raise SystemExit('It is broken')"), tmp_path / "log")


def test_phases_add_up(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    clock = iter([0.0, 1.0, 5.0, 7.0, 10.0, 10.5])
    monkeypatch.setattr(processes, "own_cpu_seconds", lambda: next(clock))
    peaks = iter([30.0, 20.0, 40.0])
    monkeypatch.setattr(processes, "own_peak_mb", lambda: next(peaks))
    phases = Phases()
    for name in ("first", "second", "first"):
        with phases.phase(name):
            pass
    phases.write(tmp_path / "phases.json")
    assert processes.read_phases(tmp_path / "phases.json") == {
        "first": Usage(1.5, 40.0),
        "second": Usage(2.0, 20.0),
    }


def test_nodes_that_run_together_share_what_was_taken(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    clock = iter([0.0, 1.0, 3.0, 7.0, 8.0])
    monkeypatch.setattr(dbt_nodes, "own_cpu_seconds", lambda: next(clock))

    def event(name: str, node: str) -> Any:  # noqa: ANN401 (an event of dbt)
        info = SimpleNamespace(unique_id=node, node_path=f"{node}.sql", node_status="success")
        return SimpleNamespace(
            info=SimpleNamespace(name=name), data=SimpleNamespace(node_info=info)
        )

    with (tmp_path / "nodes").open("w") as file:
        watch = dbt_nodes.Watch(file)
        for name, node in (
            ("NodeStart", "model.a"),
            ("NodeStart", "model.b"),
            ("Other", "model.b"),
            ("NodeFinished", "model.a"),
            ("NodeFinished", "model.b"),
        ):
            watch.hear(event(name, node))
    nodes = builds.read_nodes(tmp_path / "nodes")
    # a alone from 1 to 3, both to 7, b alone to 8
    assert {node["node"]: node["cpu_seconds"] for node in nodes} == {"model.a": 4, "model.b": 3}


# The warehouse ----------------------------------------------------------------------------------


def test_a_generated_study_is_delivered_like_any_other(tiny: Path) -> None:
    delivered = deliver(TINY, tiny)
    project = delivered.project
    assert [row["study_id"] for row in codebook_rows(project, "waves")] == [STUDY] * 4
    assert len(codebook_rows(project, "measures")) == len(TINY.measures)
    for wave_id, path in delivered.files.items():
        landed = land_wave(project, STUDY, wave_id, [path])
        assert landed.files[0].file_name == f"{wave_id}.csv"
    assert "models/staging/benchmark/stg_benchmark__" in "\n".join(generate_files(project))
    header = pandas.read_csv(delivered.files["w01"], nrows=0).columns
    asked = {measure.column for measure in TINY.measures if TINY.is_asked(measure, 1)}
    assert {name for name in header if name.startswith("v")} == asked


def test_a_question_is_declared_for_the_waves_that_asked_it() -> None:
    shape = replace(TINY, people=(10,) * 9)
    # Not in waves 1, 5 and 9: those plus three times the measure's number are multiples of four.
    assert runs(shape, SHARE.column) == [(2, 4), (6, 8)]
    assert runs(shape, str(RATIO.denominator)) == runs(shape, RATIO.column) == [(2, 4), (6, 8)]
    assert runs(shape, "s1") == [(1, 9)]


def test_a_study_before_its_last_wave_declares_nothing_of_it() -> None:
    rows = [
        {"question": "always", "valid_from_wave": "w01", "valid_to_wave": "w03"},
        {"question": "before", "valid_from_wave": "w01", "valid_to_wave": "w01"},
        {"question": "new", "valid_from_wave": "w03", "valid_to_wave": "w03"},
    ]
    assert until(rows, "w02", "w03") == [{**rows[0], "valid_to_wave": "w02"}, rows[1]]


def test_what_changes_cost_is_told_in_parts_of_the_first_wave() -> None:
    steps = [
        Increment("the first wave alone", 1, 500, 40.0, 700.0),
        Increment(LAST, 50, 300, 60.0, 800.0),
    ]
    assert ratio_to_first(steps) == 1.5
    table = report.increments_table(json.loads(kept.as_json(steps)))
    assert table[-1] == "| the last wave is added | 50 | 300 | 60.0 | 1.50 | 800 |"


def test_dbt_and_what_calls_it_are_both_measured(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The builder of stages gets its own words, and what hears of nodes."""
    called: list[Any] = []

    def build_stages(project: Any, *words: Any) -> bool:  # noqa: ANN401
        called.append((project.root, *words[:3]))
        assert callable(words[3][0])
        return len(called) == 1

    monkeypatch.setattr("wavehouse.building.stages.build_stages", build_stages)
    places = (tmp_path, tmp_path / "target")
    words = [str(tmp_path / "nodes"), "stages", *map(str, places), "all", "--threads", "1"]
    assert dbt_nodes.main(words) == 0
    assert called == [(*places, True, ["--threads", "1"])]
    assert dbt_nodes.main(words) == 1
    whole = builds.read_nodes(tmp_path / "nodes")
    assert [(one["node"], one["status"]) for one in whole] == [("all", "success"), ("all", "error")]


def test_the_steps_that_are_watched_are_those_of_the_build() -> None:
    source = (ROOT / "wavehouse/building/build.py").read_text(encoding="utf-8")
    for _, name, _ in STEPS:
        assert f"{name}(" in source
    assert "run_dbt(" in source
    rooms = {path.name for path in (ROOT / "models/intermediate").iterdir()}
    assert set(builds.CORE) <= rooms


def made_up_build() -> builds.Build:
    """Give a build of two rooms, whose dbt ran twice."""
    paths = {
        "seed.a": "codebook/a.csv",
        "model.a": "staging/x/a.sql",
        "model.b": "intermediate/moments/b.sql",
        "model.c": "intermediate/drift/c.sql",
        "model.d": "intermediate/estimates/d.sql",
        "test.a": "a.sql",
    }
    nodes = [
        {"node": node, "path": path, "status": "success", "cpu_seconds": 2.0, "peak_mb": 10.0 * n}
        for n, (node, path) in enumerate(paths.items())
    ]
    nodes += [{**nodes[3], "cpu_seconds": 1.0}]
    nodes += [{"node": "all", "path": "", "cpu_seconds": taken, "peak_mb": 0} for taken in (15, 3)]
    phases = {"land waves": Usage(1, 50), "dbt": Usage(18, 9), "publish": Usage(4, 60)}
    steps = builds.steps_of(nodes, phases)
    return builds.Build(Usage(30, 70), steps, builds.slowest_of(nodes), 600, 1e-15)


def test_nodes_are_summed_by_room() -> None:
    steps = {step.name: (step.n_nodes, step.cpu_seconds) for step in made_up_build().steps}
    assert steps == {
        "land waves": (0, 1),
        builds.DBT: (0, 5),
        "seeds": (1, 2),
        "models: staging": (1, 2),
        "models: moments": (1, 2),
        "models: drift": (2, 3),
        "models: estimates": (1, 2),
        "data tests": (1, 2),
        "publish": (0, 4),
    }
    assert list(steps)[-1] == "publish"
    build = made_up_build()
    assert (build.seconds("models"), build.seconds("core models")) == (9, 4)


def test_estimates_a_second_are_told_of_core_models_all_models_and_all() -> None:
    table = "\n".join(report.build_table(json.loads(kept.as_json(made_up_build()))))
    for said in (
        "- core models (moments, estimates, rules, published, contrasts): 150",
        "- all models: 67",
        "- the whole build: 20",
        "| models: drift | 2 | 3.0 | 30 |",
        "| **all** | | 30.0 | 70 |",
    ):
        assert said in table


def test_a_build_that_was_stopped_says_where(tmp_path: Path) -> None:
    (tmp_path / "nodes").write_text('{"node": "model.a", "path": "a.sql"}\n{"node": "mod')
    assert builds.read_nodes(tmp_path / "nodes") == [{"node": "model.a", "path": "a.sql"}]
    stopped = replace(made_up_build(), stopped="stopped when it held much", stopped_at="after a")
    volumes = {
        "volumes": {"10": {"results": []}, "100": {"results": []}},
        "builds": {"10": stopped},
    }
    left_out = {"left_out": {"100": "not tried: 10 were stopped"}}
    table = report.volumes_table(json.loads(kept.as_json({**volumes, **left_out})))
    assert table[2:] == [
        "| 10 | the warehouse, models | | stopped when it held much, after a | |",
        "| 100 | the warehouse, models | | not tried: 10 were stopped | |",
    ]


def test_volumes_that_are_not_built_say_what_another_study_took() -> None:
    assert benchmark.why_not_tried({}) == "not tried in a run without builds"
    said = benchmark.why_not_tried({"builds": {"large": made_up_build()}})
    assert said == "not tried: the large study took 30 processor seconds and 70 MB"


# Queries ----------------------------------------------------------------------------------------


@pytest.fixture
def release(tmp_path: Path) -> Path:
    """Publish a table of ten waves with a row each."""
    (tmp_path / "parquet").mkdir()
    with duckdb.connect(str(tmp_path / "wavehouse.duckdb")) as connection:
        connection.execute("create schema marts")
        connection.execute("create table marts.waves as select 'w' || i as w from range(10) r (i)")
        connection.execute(f"copy marts.waves to '{tmp_path}/parquet/waves.parquet'")
    return tmp_path


def test_queries_are_asked_of_the_database_and_of_the_files(
    release: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(queries, "QUERIES", {"all": "from marts.waves"})
    (answer,) = queries.ask(TINY, release)
    assert (answer.query, answer.n_rows) == ("all", 10)
    assert min(answer.cold_ms, answer.warm_ms, answer.parquet_ms) > 0


def test_a_query_that_finds_nothing_is_an_error(
    release: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(queries, "QUERIES", {"none": "from marts.waves where w = '{last}'"})
    with pytest.raises(BenchmarkError, match="Nothing was found by the query: none"):
        queries.ask(TINY, release)


def test_the_shortest_time_counts_without_the_first(
    release: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    # Begin and end of each time in seconds: 9, 3, 2 and 4 seconds; the first is not counted.
    clock = iter([0.0, 9.0, 9.0, 12.0, 12.0, 14.0, 14.0, 18.0])
    monkeypatch.setattr(queries.time, "perf_counter", lambda: next(clock))
    assert queries.shortest(duckdb.connect, "select 1", 3) == (2000.0, 1)
    clock = iter([0.0, 1.0, 1.0, 5.0])
    database = release / "wavehouse.duckdb"
    assert queries.shortest(duckdb.connect, "select 1", 2, [database]) == (1000.0, 1)


def test_published_tables_are_weighed(release: Path) -> None:
    (table, whole) = queries.sizes(release)
    assert (table.table, table.n_rows, table.n_columns) == ("waves", 10, 1)
    assert table.database_mb == 0.25
    file = (release / "parquet" / "waves.parquet").stat().st_size
    assert table.parquet_mb == whole.parquet_mb == file / 2**20
    assert whole.database_mb == (release / "wavehouse.duckdb").stat().st_size / 2**20


def test_small_tables_are_not_listed() -> None:
    lines = report.sizes_table(made_up_results()["queries"]["large"])
    assert lines[2:] == [
        "| fct_answers | 2,000 | 10 | 16.0 | 5.3 |",
        "| all | 2,004 | 20 | 20.5 | 5.3 |",
    ]
    asked = report.queries_table(made_up_results()["queries"]["large"])
    assert asked[2:] == ["| a trend | 1,500 | 4 | 61 | 8 |"]


# Results ----------------------------------------------------------------------------------------


def made_up_results(factor: float = 1.0) -> dict[str, Any]:
    """Give results of all parts; what they took is multiplied."""
    ways = [
        rivals.Result(name, label, 4, n, factor * taken, Usage(9, 100 * factor), {}, 1e-15)
        for name, label, n, taken in (("svyby", "svyby", 200, 2.0), ("core_all", "core", 900, 0.5))
    ]
    points = [
        curves.Point(name, x, way, way, 10, factor * x**power, 100)
        for name in (*curves.CURVES, "build")
        for way, power in (("one", 1), ("two", 2))
        for x in (4, 8, 16)
    ]
    made = {
        "machine": kept.about_the_machine(),
        "commits": {"build": "abc1234"},
        "ways": {"large": {"results": ways}},
        "builds": {"large": made_up_build()},
        "queries": {
            "large": {
                "answers": [queries.Answer("a trend", 1500, 61.2, 4.4, 7.7)],
                "sizes": [
                    queries.Size("fct_answers", 2000, 10, 16.0, 5.26),
                    queries.Size("dim_wave", 4, 10, 0.25, 0.002),
                    queries.Size("all", 2004, 20, 20.5, 5.26),
                ],
            }
        },
        "volumes": {"1 million answers": {"results": ways}},
        "left_out": {"1 million answers": "not tried"},
        "curves": points,
    }
    return json.loads(kept.as_json(made))


def test_ways_are_told_with_their_ratio_to_svyby() -> None:
    table = report.ways_table(made_up_results()["ways"]["large"])
    assert table[2] == "| svyby | 4 | 200 | 2.00 | 100 | 1.0 | 100 |"
    assert table[3] == "| core | 4 | 900 | 0.50 | 1,800 | 18.0 | 100 |"


def test_the_commands_of_a_review_are_measured_one_after_the_other(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(review, "N_COLUMNS", 6)
    monkeypatch.setattr(review, "N_PROPOSALS", 10)
    results = json.loads(kept.as_json({"review": review.measure_commands(tmp_path / "review")}))
    draft = read_draft(Project(tmp_path / "review"), review.STUDY, review.WAVE)
    assert [p.decision for p in draft.proposals] == [
        # Ten: q0 to q5, then codes of q0 to q3, of which q1's and q2's were not rejected.
        *["accept"] * 6,
        *("reject", "accept", "accept", "reject"),
    ]
    lines = report.tables(results)
    assert len(lines) == 5 + len(review.STEPS)
    assert lines[4].startswith("| `wavehouse review town 2` | ")


def test_what_the_run_history_takes_is_a_share_of_a_build(tmp_path: Path) -> None:
    nodes = [
        {"node": "model.wavehouse.ops_runs", "cpu_seconds": 0.5},
        {"node": "model.wavehouse.stg_operations__runs", "cpu_seconds": 0.25},
        {"node": "test.wavehouse.ops_tests_has_one_row_per_key.0123abcd", "cpu_seconds": 0.25},
        {"node": "model.wavehouse.fct_answers", "cpu_seconds": 7.0},
    ]
    phases = {RECORDING: Usage(0.5, 10)}
    cost = operations.cost_of("anew", 3, Usage(30, 100), phases, nodes)
    (row,) = report.operations_table(json.loads(kept.as_json([cost])))[2:]
    assert row == "| anew | 3 | 30.0 | 0.50 | 1.00 | 5.0 % |"
    project = Project(tmp_path)
    with recorded(project, "build") as run:
        run.note_nodes([{"node": "ops_runs", "kind": "model"}])
    operations.repeat_last_run(project, 4)
    runs = read_runs(project)
    assert [run["status"] for run in runs] == ["passed"] * 4
    assert len({run["started_at"][:10] for run in runs}) == 4
    for each in runs:
        assert [node["run_id"] for node in read_nodes(project, each["run_id"])] == [each["run_id"]]


def test_slopes_tell_how_cost_grows() -> None:
    table = report.slopes_table(made_up_results()["curves"])
    assert [line.split("|")[4:6] for line in table[2:4]] == [
        [" one ", " 1.00 "],
        [" two ", " 2.00 "],
    ]
    # A fixed part, which counts less and less.
    points = [curves.Point("waves", x, "one", "one", 1, 8.0 + x, 1.0) for x in (8, 16, 32)]
    (row,) = report.slopes_table(json.loads(kept.as_json(points)))[2:]
    assert row.endswith(f"| {curves.slope(points):.2f} | {np.log2(40 / 24):.2f} |")
    assert 0.5 < curves.slope(points) < np.log2(40 / 24) < 1
    one = curves.Point("waves", 4, "one", "one", 1, 1.0, 1.0)
    assert np.isnan(curves.slope([one]))


def test_two_runs_are_compared_step_by_step() -> None:
    before, after = made_up_results(), made_up_results(2.0)
    del after["volumes"]
    lines = kept.compare(before, after)
    assert "| ways | large | core | 0.50 | 1.00 | 2.00 | 100 | 200 | 2.00 |" in lines
    assert "| volumes | 1 million answers | core | 0.50 |  |  | 100 |  |  |" in lines
    assert "| builds | large | models: drift | 3.00 | 3.00 | 1.00 | 30 | 30 | 1.00 |" in lines
    for one in before["ways"]["large"]["results"], after["ways"]["large"]["results"]:
        one[1]["cpu_seconds"] = 0.01
    assert not any("| ways | large | core |" in line for line in kept.compare(before, after))


def test_a_run_keeps_its_results_and_adds_to_them(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def curve(_: object, folder: Path, results: dict[str, Any]) -> None:
        assert folder.is_dir()
        results["curves"] += [curves.Point("waves", 4, "new", "new", 1, 1.0, 1.0)]

    monkeypatch.setitem(benchmark.PARTS, "curves", curve)
    path = tmp_path / "results.json"
    path.write_text(json.dumps(made_up_results()))
    words = ["--only", "curves", "--add", "--output", str(path), "--compare", str(path)]
    assert benchmark.main(words) == 0
    results = kept.read(path)
    assert {point["way"] for point in results["curves"] if point["curve"] == "waves"} == {"new"}
    assert {point["way"] for point in results["curves"]} == {"new", "one", "two"}
    assert set(results) >= {"ways", "builds", "volumes"}
    said = capsys.readouterr().out
    assert "| ways | large | core | 0.50 | 0.50 | 1.00 | 100 | 100 | 1.00 |" in said
    rows = (tmp_path / "results.csv").read_text().splitlines()
    assert '"ways","large","core",0.5000,100.0' in rows


def test_nothing_is_reported_if_a_part_fails(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def broken(*_: object) -> None:
        raise BenchmarkError("numbers are others")

    monkeypatch.setitem(benchmark.PARTS, "ways", broken)
    path = tmp_path / "results.json"
    assert benchmark.main(["--only", "ways", "--output", str(path)]) == 1
    assert "benchmark: numbers are others" in capsys.readouterr().err
    assert not path.exists()


def test_parts_that_are_measured_again_replace_what_was_kept() -> None:
    results = made_up_results()
    results["builds"]["1 million answers"] = results["builds"]["large"]
    benchmark.forget(results, ["build"])
    assert set(results["builds"]) == {"1 million answers"}
    assert {point["curve"] for point in results["curves"]} == set(curves.CURVES)
    results = made_up_results()
    benchmark.forget(results, ["volumes", "curves"])
    assert set(results["builds"]) == {"large"}
    assert not {"volumes", "left_out"} & set(results)


def test_the_page_has_all_tables_and_the_pictures_their_numbers(tmp_path: Path) -> None:
    results = made_up_results()
    text = page(results)
    assert "The figures are of commit abc1234." in text
    for table in (
        report.ways_table(results["ways"]["large"]),
        report.build_table(results["builds"]["large"]),
        report.queries_table(results["queries"]["large"]),
        report.sizes_table(results["queries"]["large"]),
        report.volumes_table(results),
        report.slopes_table(results["curves"]),
    ):
        assert "\n".join(table) in text
    drawn = figures.draw_curves(results["curves"], tmp_path)
    drawn += figures.draw_rates(report.rates(results), tmp_path)
    assert [path.name for path in drawn] == [
        *("benchmark_curves.svg", "benchmark_curves.csv"),
        *("benchmark_rates.svg", "benchmark_rates.csv"),
    ]
    before = drawn[2].read_bytes()
    figures.draw_rates(report.rates(results), tmp_path)
    assert drawn[2].read_bytes() == before
    rates = (tmp_path / "benchmark_rates.csv").read_text().splitlines()
    assert rates[1] == "core,1800.0"
    assert len((tmp_path / "benchmark_curves.csv").read_text().splitlines()) == 31


def test_the_page_of_the_docs_is_of_this_benchmark() -> None:
    """It is not made again here, which takes half an hour."""
    text = benchmark.PAGE.read_text(encoding="utf-8")
    headings = ("ways to the same estimates", "This warehouse", "readers wait", "Millions", "grows")
    for heading in headings:
        assert heading in text
    results = kept.read(benchmark.KEPT)
    assert text == page(results)
    for volume_name in ("1 million answers", "10 million answers", "100 million answers"):
        assert f"| {volume_name} | the warehouse, models |" in text
    for name in ("benchmark_rates", "benchmark_curves"):
        assert f"(images/{name}.svg)" in text
        assert (benchmark.PICTURES / f"{name}.csv").is_file()
