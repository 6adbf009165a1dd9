"""Measure what estimates cost here and elsewhere, and print tables.

    make benchmark                               everything, about half an hour
    make benchmark BENCHMARK=--quick             small sizes, a few minutes
    make benchmark BENCHMARK="--only build"      one part
    make benchmark BENCHMARK="--only build --compare before.json"

Parts: `ways`, other ways to the same estimates of the large study; `build`, the steps of this
warehouse with the large study, and its models over fewer waves; `increments`, builds of the large
study after a wave is added, or a label edited; `queries`, what BI tools ask of the published study;
`volumes`, 1, 10 and 100 million answers; `curves`, over waves, answers, segments and PSUs;
`matching`, how well columns of a new wave are told; `review`, the commands of a review at 600
columns and 1,000 proposals; `operations`, what the run history takes of a build of its first waves.
Results are kept as JSON and CSV.
"""

from __future__ import annotations

import argparse
import json
import sys
import tempfile
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from benchmark import results as kept
from benchmark.builds import Build, measure_build
from benchmark.curves import CURVES, Point, measure_build_curve, measure_curve
from benchmark.figures import draw_curves, draw_rates
from benchmark.generate import generate
from benchmark.increments import measure_increments
from benchmark.matching import given_rounds, made_up_rounds, measure_matching, real_rounds
from benchmark.operations import measure_operations
from benchmark.page import page
from benchmark.processes import BenchmarkError, Limits
from benchmark.queries import ask, sizes
from benchmark.report import rates, tables
from benchmark.review import measure_commands
from benchmark.rivals.run import (
    ROOT,
    lean_way,
    package_ways,
    run_ways,
    sql_ways,
    write_csv_waves,
)
from benchmark.shapes import Shape, large, volume
from wavehouse.processes import clean_end_on_sigterm

PAGE = ROOT / "docs" / "benchmark.md"
# The results that the page was made from.
KEPT = PAGE.with_suffix(".json")
PICTURES = ROOT / "docs" / "images"
# Packages take minutes for all waves.
N_FEW = 4
QUICK_WAVES = 4

Results = dict[str, Any]


def measure_ways(options: argparse.Namespace, folder: Path, results: Results) -> None:
    """Run all ways to the estimates of the large study."""
    shape = study(options)
    place = folder / "large"
    generate(shape, place)
    write_csv_waves(shape, place)
    few = list(shape.waves)[:: max(len(shape.waves) // N_FEW, 1)]
    ways = [*sql_ways(options.core_memory), *package_ways(few), lean_way(shape)]
    results["ways"] = {shape.name: {"results": run_ways(shape, place, ways)}}


def measure_builds(options: argparse.Namespace, folder: Path, results: Results) -> None:
    """Build the large study with all its steps, and its first waves with models alone."""
    shape = study(options)
    place = folder / "large"
    if not (place / "core_all.parquet").exists():
        # What is published is held to it.
        generate(shape, place)
        run_ways(shape, place, sql_ways(options.core_memory)[:1])
    built = measure_build(shape, place, limits(options), options.threads)
    results.setdefault("builds", {})[shape.name] = built
    if options.quick:
        return
    n = len(shape.waves)
    points = measure_build_curve(shape, [n // 4, n // 2], folder, limits(options))
    if not built.stopped:
        points += [
            Point(
                "build", n, kind, kind, built.n_estimates, built.seconds(kind), built.whole.peak_mb
            )
            for kind in ("models", "core models")
        ]
    results.setdefault("curves", []).extend(points)


def measure_increment(options: argparse.Namespace, folder: Path, results: Results) -> None:
    """Build the large study as it grows."""
    shape = study(options)
    found = measure_increments(shape, folder, limits(options))
    results["increments"] = {shape.name: found}


def measure_queries(options: argparse.Namespace, folder: Path, results: Results) -> None:
    """Ask the published study what BI tools ask, and weigh its tables; build it if need be."""
    shape = study(options)
    place = folder / "large"
    release = place / "project" / "warehouse" / "current"
    if not release.exists():
        generate(shape, place)
        built = measure_build(shape, place, limits(options), options.threads)
        if built.stopped:
            raise BenchmarkError(f"No queries: the build was {built.stopped}, {built.stopped_at}.")
    results["queries"] = {shape.name: {"answers": ask(shape, release), "sizes": sizes(release)}}


def measure_volumes(options: argparse.Namespace, folder: Path, results: Results) -> None:
    """Run what can on many answers; builds stop at a limit, and larger ones are not begun then."""
    stopped = ""
    for millions in (1,) if options.quick else (1, 10, 100):
        shape = volume(millions)
        place = folder / f"volume_{millions}"
        generate(shape, place)
        ways = run_ways(shape, place, sql_ways(options.core_memory))
        results.setdefault("volumes", {})[shape.name] = {"results": ways}
        if options.quick or options.without_builds:
            stopped = why_not_tried(results)
        if stopped:
            results.setdefault("left_out", {})[shape.name] = stopped
            continue
        built: Build = measure_build(shape, place, limits(options), models_only=True)
        results.setdefault("builds", {})[shape.name] = built
        if built.stopped:
            stopped = f"not tried: {shape.name} were {built.stopped}"


def why_not_tried(results: Results) -> str:
    """Say why volumes were not built, with what another study took, if one was built."""
    for name, build in json.loads(kept.as_json(results.get("builds", {}))).items():
        whole = build["whole"]
        return (
            f"not tried: the {name} study took {whole['cpu_seconds']:,.0f} processor seconds "
            f"and {whole['peak_mb']:,.0f} MB"
        )
    return "not tried in a run without builds"


def measure_curves(options: argparse.Namespace, folder: Path, results: Results) -> None:
    """Measure how cost grows."""
    for name, (_, numbers, _) in CURVES.items():
        chosen = numbers[:2] if options.quick else numbers
        points = measure_curve(name, folder, options.core_memory, chosen)
        results.setdefault("curves", []).extend(points)


def measure_matches(options: argparse.Namespace, folder: Path, results: Results) -> None:
    """Match the columns of rounds that are made up, of real ones, and of those that are given."""
    rounds = [
        *made_up_rounds(folder / "made_up", options.quick),
        *real_rounds(folder / "real", options.landing, options.quick),
        *map(given_rounds, options.rounds),
    ]
    results["matching"] = measure_matching(rounds, folder / "matching")


def measure_review(options: argparse.Namespace, folder: Path, results: Results) -> None:  # noqa: ARG001 (as all parts)
    """Run the commands of a review at the size of a questionnaire."""
    results["review"] = measure_commands(folder / "review")


def measure_run_history(options: argparse.Namespace, folder: Path, results: Results) -> None:
    """Build the first waves of the large study without and with a run history."""
    shape = large().first_waves(QUICK_WAVES)
    found = measure_operations(shape, folder / "operations", limits(options))
    results["operations"] = {shape.name: found}


PARTS: dict[str, Callable[[argparse.Namespace, Path, Results], None]] = {
    "ways": measure_ways,
    "build": measure_builds,
    "increments": measure_increment,
    "queries": measure_queries,
    "volumes": measure_volumes,
    "curves": measure_curves,
    "matching": measure_matches,
    "review": measure_review,
    "operations": measure_run_history,
}


def study(options: argparse.Namespace) -> Shape:
    """Give the large study, or its first waves."""
    return large().first_waves(QUICK_WAVES) if options.quick else large()


def limits(options: argparse.Namespace) -> Limits:
    """Give what a build may take."""
    return Limits(options.time_limit, options.memory_limit)


def parser() -> argparse.ArgumentParser:
    """Give the options."""
    found = argparse.ArgumentParser(
        prog="benchmark", description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    found.add_argument("--quick", action="store_true", help="small sizes, a few minutes")
    found.add_argument("--only", action="append", choices=PARTS, help="a part; may be repeated")
    found.add_argument("--compare", type=Path, metavar="JSON", help="print ratios to another run")
    found.add_argument(
        "--output",
        type=Path,
        default=ROOT / "target" / "benchmark.json",
        help="where results are kept; a CSV file goes beside it (default: %(default)s)",
    )
    found.add_argument(
        "--add",
        action="store_true",
        help="keep other parts of the file of results (or of the docs), and replace those measured",
    )
    found.add_argument("--docs", action="store_true", help="write the page of the docs too")
    found.add_argument(
        "--time-limit",
        type=float,
        default=1200,
        help="processor seconds after which a build is stopped (default: %(default)s)",
    )
    found.add_argument(
        "--memory-limit",
        type=float,
        default=14_000,
        help="MB with which a build is stopped (default: %(default)s)",
    )
    found.add_argument(
        "--core-memory",
        default="2GB",
        help="memory limit of the SQL core in DuckDB (default: %(default)s)",
    )
    found.add_argument(
        "--threads",
        type=int,
        default=1,
        help="threads of dbt; with one, a node's numbers are its own (default: %(default)s)",
    )
    found.add_argument(
        "--without-builds", action="store_true", help="do not build the volumes, which takes long"
    )
    found.add_argument(
        "--rounds",
        nargs=3,
        type=Path,
        action="append",
        default=[],
        metavar=("OLD", "NEW", "KEY"),
        help="for `matching`: two files of a survey, and a CSV file that says what became of each "
        "column (old name, new name, relation); may be repeated",
    )
    found.add_argument(
        "--landing",
        type=Path,
        metavar="FOLDER",
        help="for `matching`: the delivered files of NHANES with the agency's codebook",
    )
    found.add_argument("--folder", type=Path, help="keep all files here, in a folder to be made")
    return found


def main(words: Sequence[str] | None = None) -> int:
    """Measure, print, keep and compare."""
    options = parser().parse_args(words)
    before = kept.read(options.compare) if options.compare else None
    results: Results = {"machine": kept.about_the_machine(), "quick": options.quick}
    earlier = options.output if options.output.exists() else KEPT
    if options.add and earlier.exists():
        results = {**kept.read(earlier), **results}
        forget(results, options.only or list(PARTS))
    try:
        with (
            clean_end_on_sigterm(),
            tempfile.TemporaryDirectory(prefix="wavehouse_benchmark_") as temporary,
        ):
            folder = options.folder or Path(temporary)
            folder.mkdir(parents=True, exist_ok=True)
            for name in options.only or PARTS:
                print(f"Measuring {name}.", file=sys.stderr, flush=True)
                PARTS[name](options, folder, results)
                results.setdefault("commits", {})[name] = kept.commit()
    except BenchmarkError as error:
        print(f"benchmark: {error}", file=sys.stderr)
        return 1
    # As they will be read.
    text = kept.as_json(results)
    options.output.parent.mkdir(parents=True, exist_ok=True)
    options.output.write_text(text, encoding="utf-8")
    results = kept.read(options.output)
    options.output.with_suffix(".csv").write_text(kept.as_csv(results), encoding="utf-8")
    print("\n".join(tables(results)))
    if before is not None:
        print("\n".join(kept.compare(before, results)))
    if options.docs:
        drawn = [*draw_rates(rates(results), PICTURES), *draw_curves(results["curves"], PICTURES)]
        PAGE.write_text(page(results), encoding="utf-8")
        KEPT.write_text(text + "\n", encoding="utf-8")
        for path in (PAGE, KEPT, *drawn):
            print(f"Wrote {path.relative_to(ROOT)}", file=sys.stderr)
    return 0


def forget(results: Results, parts: Sequence[str]) -> None:
    """Take out of kept results what the parts will measure again."""
    builds = results.get("builds", {})
    volumes = results.get("volumes", {})
    if "ways" in parts:
        results.pop("ways", None)
    if "build" in parts:
        results["builds"] = {name: one for name, one in builds.items() if name in volumes}
    if "volumes" in parts:
        kept_builds = results.get("builds", {})
        results["builds"] = {name: one for name, one in kept_builds.items() if name not in volumes}
        results.pop("volumes", None)
        results.pop("left_out", None)
    for part in ("increments", "matching", "review", "operations"):
        if part in parts:
            results.pop(part, None)
    measured = {"build": {"build"}, "curves": set(CURVES)}
    gone = set().union(*(measured.get(part, set()) for part in parts))
    results["curves"] = [point for point in results.get("curves", []) if point["curve"] not in gone]


if __name__ == "__main__":
    sys.exit(main())
