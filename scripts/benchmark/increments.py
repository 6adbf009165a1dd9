"""Measure what `wavehouse build` takes when something changes, and when nothing does.

A study grows: all but its last wave are there and built, then the last is delivered. It is compared
with the first wave alone, as a study of one wave. Builds are the command itself, with publishing.
"""

from __future__ import annotations

import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from workbench import Row, codebook_rows, set_codebook_rows

from benchmark.generate import generate
from benchmark.processes import Limits, run
from benchmark.shapes import Shape
from benchmark.warehouse import STUDY, Delivered, deliver
from wavehouse.building.dbt import results_of
from wavehouse_exchange.landing import land_wave

FIRST = "the first wave alone"
LAST = "the last wave is added"
# Tables of the codebook in which rows hold for some waves.
FROM, TO = "valid_from_wave", "valid_to_wave"


@dataclass(frozen=True)
class Increment:
    """What a build took: how many waves there were, and how many nodes of dbt ran."""

    step: str
    n_waves: int
    n_nodes: int
    cpu_seconds: float
    peak_mb: float


def measure_increments(shape: Shape, folder: Path, limits: Limits) -> list[Increment]:
    """Build a study with one wave; and one with all but its last, which is added; and edit it.

    Args:
        shape: the study.
        folder: gets all that is made.
        limits: what each build may take.
    """
    n = len(shape.waves)
    one, many = folder / "one_wave", folder / "growing"
    first = shape.first_waves(1)
    found = []
    generate(first, one)
    delivered = deliver(first, one)
    land(delivered, list(delivered.files))
    found.append(built(FIRST, 1, delivered, limits))

    generate(shape, many)
    delivered = deliver(shape, many)
    project = delivered.project
    waves, questions = (codebook_rows(project, table) for table in ("waves", "questions"))
    *before, last = list(delivered.files)
    set_codebook_rows(project, "waves", waves[:-1])
    set_codebook_rows(project, "questions", until(questions, before[-1], last))
    land(delivered, before)
    found.append(built("all waves but the last, from nothing", n - 1, delivered, limits))

    set_codebook_rows(project, "waves", waves)
    set_codebook_rows(project, "questions", questions)
    land(delivered, [last])
    found.append(built(LAST, n, delivered, limits))

    categories = codebook_rows(project, "categories")
    categories[0]["category_label"] = "Edited"
    set_codebook_rows(project, "categories", categories)
    found.append(built("a label is edited", n, delivered, limits))
    found.append(built("nothing changed", n, delivered, limits))
    found.append(built("everything again", n, delivered, limits, "--force"))
    return found


def until(rows: Sequence[Row], wave_id: str, gone: str) -> list[Row]:
    """Give the rows of a codebook table as they were when a wave was the last one."""
    return [
        {**row, TO: wave_id if row[TO] == gone else row[TO]} for row in rows if row[FROM] != gone
    ]


def land(delivered: Delivered, wave_ids: Sequence[str]) -> None:
    """Land some waves; what that takes is a step of the part `build`."""
    for wave_id in wave_ids:
        land_wave(delivered.project, STUDY, wave_id, [delivered.files[wave_id]])


def built(
    step: str, n_waves: int, delivered: Delivered, limits: Limits, *options: str
) -> Increment:
    """Build and publish as it is, and say what that took."""
    project = delivered.project
    results = project.target / "run_results.json"
    # A build that finds nothing to do leaves those of the last.
    results.unlink(missing_ok=True)
    words = [sys.executable, "-m", "wavehouse", "--project-dir", str(project.root), "build"]
    usage = run([*words, *options], project.root.parent / "build.log", limits)
    n_nodes = len(results_of(project.target))
    return Increment(step, n_waves, n_nodes, usage.cpu_seconds, usage.peak_mb)


def ratio_to_first(found: Sequence[Increment], step: str = LAST) -> float:
    """Give what a step took of what the first wave alone did."""
    taken = {one.step: one.cpu_seconds for one in found}
    return taken[step] / taken[FIRST]
