"""Build a warehouse of a generated study, and say what each of its steps took."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

import duckdb

from benchmark.processes import BenchmarkError, Limits, Usage, read_phases, run
from benchmark.rivals.run import KEYS, SCRIPTS, estimates_of, largest_difference
from benchmark.shapes import Shape
from benchmark.warehouse import STUDY, deliver

# What computes estimates with their errors, and what is computed from these: the core models.
CORE = ("moments", "estimates", "rules", "published", "contrasts")
N_SLOWEST = 12
DBT = "dbt itself: start, parse, compile"


@dataclass(frozen=True)
class Step:
    """A step of a build: its name, how many nodes of dbt it has, and what it took."""

    name: str
    n_nodes: int
    cpu_seconds: float
    peak_mb: float


@dataclass(frozen=True)
class Build:
    """What a build took, by step. `stopped` says why it did not come to its end."""

    whole: Usage
    steps: list[Step]
    slowest: list[Step]
    n_estimates: int
    difference: float
    stopped: str = ""
    stopped_at: str = ""

    def seconds(self, kind: str) -> float:
        """Add up the steps of a kind: `models`, `core models`."""
        return sum(
            step.cpu_seconds
            for step in self.steps
            if step.name.startswith("models: ")
            and (kind == "models" or step.name.removeprefix("models: ") in CORE)
        )


def measure_build(
    shape: Shape, folder: Path, limits: Limits, threads: int = 1, models_only: bool = False
) -> Build:
    """Deliver a study that was generated in a folder, land and build it.

    Args:
        shape: the study.
        folder: where it was generated; gets the project.
        limits: what the build may take.
        threads: of dbt. With one, every node's numbers are its own.
        models_only: leave out tests, the attack and publishing.
    """
    delivered = deliver(shape, folder)
    phases_file, nodes_file = folder / "phases.json", folder / "nodes.jsonl"
    what = "models" if models_only else "all"
    words = [delivered.project.root, folder / "delivered", phases_file, nodes_file]
    whole = run(
        [sys.executable, "-m", "benchmark.build_steps", *words, str(threads), what],
        folder / "build.log",
        limits,
        SCRIPTS,
    )
    nodes = read_nodes(nodes_file)
    phases = read_phases(phases_file) if phases_file.exists() else {}
    steps = steps_of(nodes, phases)
    slowest = slowest_of(nodes)
    if whole.stopped:
        last = nodes[-1]["path"] if nodes else "the landing of waves"
        return Build(whole, steps, slowest, 0, 0.0, whole.stopped, f"after {last}")
    database = delivered.project.working_database
    return Build(whole, steps, slowest, count_estimates(database), agreement(database, folder))


def read_nodes(path: Path) -> list[dict[str, object]]:
    """Read what dbt's process measured; the last line may be half of one."""
    if not path.exists():
        return []
    lines = path.read_text(encoding="utf-8").split("\n")
    return [json.loads(line) for line in lines[:-1]]


def step_of(node: dict[str, object]) -> str:
    """Name the step of a node: its kind, and the room of a model."""
    kind = str(node["node"]).partition(".")[0]
    if kind != "model":
        return {"seed": "seeds", "test": "data tests", "unit_test": "unit tests"}.get(kind, kind)
    layer, *rooms = Path(str(node["path"])).parts[:-1]
    if layer == "intermediate" and rooms:
        return f"models: {rooms[0]}"
    return f"models: {layer}"


def steps_of(nodes: Iterable[dict[str, object]], phases: dict[str, Usage]) -> list[Step]:
    """Add up nodes by step, in the order in which steps began, between the steps around dbt."""
    begun: dict[str, list[tuple[float, float]]] = {}
    whole = 0.0
    for node in nodes:
        usage = float(str(node["cpu_seconds"])), float(str(node["peak_mb"]))
        if node["node"] == "all":
            # dbt runs once more if something has to be suppressed in addition.
            whole += usage[0]
        else:
            begun.setdefault(step_of(node), []).append(usage)
    of_nodes = [
        Step(name, len(usages), sum(one[0] for one in usages), max(one[1] for one in usages))
        for name, usages in begun.items()
    ]
    rest = whole - sum(step.cpu_seconds for step in of_nodes)
    if whole:
        # Read from nothing: the copy was never parsed.
        of_nodes.insert(0, Step(DBT, 0, rest, 0.0))
    around = {
        name: Step(name, 0, usage.cpu_seconds, usage.peak_mb)
        for name, usage in phases.items()
        if name != "dbt"
    }
    before = [around.pop(name) for name in ("land waves", "generate files") if name in around]
    of_nodes.sort(key=lambda step: place_of(step.name))
    return [*before, *of_nodes, *around.values()]


def place_of(step: str) -> int:
    """Give the place of a step of dbt: seeds, models as they began but marts last, then tests."""
    places = {DBT: 0, "seeds": 1, "models: staging": 2, "models: marts": 4}
    return places.get(step, 3 if step.startswith("models: ") else 5)


def slowest_of(nodes: Iterable[dict[str, object]]) -> list[Step]:
    """Give the nodes that took longest."""
    steps = [
        Step(str(node["node"]), 1, float(str(node["cpu_seconds"])), float(str(node["peak_mb"])))
        for node in nodes
        if node["node"] != "all"
    ]
    return sorted(steps, key=lambda step: -step.cpu_seconds)[:N_SLOWEST]


def count_estimates(database: Path) -> int:
    """Count the estimates of waves and pools that were made, suppressed ones too."""
    with duckdb.connect(str(database), read_only=True) as connection:
        counts = [
            connection.execute(
                # L: nothing was collected, so there is nothing to estimate.
                f"select count(*) from marts.{table} where observation_status <> 'L'"
            ).fetchone()
            for table in ("fct_trend_estimates", "fct_pooled_estimates")
        ]
    return sum(count[0] for count in counts if count)


def agreement(database: Path, folder: Path) -> float:
    """Compare what is published with the SQL core's estimates of the same study; 0 without them.

    Raises:
        BenchmarkError: a number is another.
    """
    if not (folder / "core_all.parquet").exists():
        return 0.0
    written = {}
    with duckdb.connect(str(database), read_only=True) as connection:
        for table in ("fct_trend_estimates", "fct_pooled_estimates"):
            written[table] = folder / f"{table}.parquet"
            connection.execute(
                f"""
                copy (
                    select
                        substring(wave_id, 2)::integer as wave,
                        substring(measure_id, 2)::integer as measure,
                        case when category_code = '_Z' then 0 else category_code::integer end
                            as category,
                        case when segment_id = 'total' then 0 else segment_code::integer end
                            as segment_value,
                        estimate,
                        standard_error
                    from marts.{table}
                    where study_id = '{STUDY}'
                        and standard_error is not null
                        and measure_kind <> 'quantile'
                ) to '{written[table]}' (format parquet)
                """
            )
    difference = 0.0
    for (table, path), name in zip(written.items(), ("core_all", "core_all_pools"), strict=True):
        theirs = f"read_parquet('{path}')"
        counted = duckdb.sql(f"select count(*) from {theirs}").fetchone()
        if name == "core_all" and not (counted and counted[0]):
            raise BenchmarkError(f"The warehouse published no number to compare ({table}).")
        found = largest_difference(
            theirs,
            estimates_of(folder, name),
            KEYS,
            ("estimate", "standard_error"),
            f"the warehouse ({table})",
            None,
            only_some=True,
        )
        difference = max(difference, found)
    return difference
