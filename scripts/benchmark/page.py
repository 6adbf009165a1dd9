"""The page of the docs: what was measured, how, and what came out."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import jinja2

from benchmark.report import (
    build_table,
    increments_table,
    queries_table,
    sizes_table,
    slopes_table,
    volumes_table,
    ways_table,
)
from benchmark.shapes import large

TEMPLATE = Path(__file__).with_name("page.md.j2")


def page(results: dict[str, Any]) -> str:
    """Give the text of the page."""
    shape = large()
    kinds = [measure.kind for measure in shape.measures]
    counted = {kind: kinds.count(kind) for kind in dict.fromkeys(kinds)}
    psus = sorted(shape.psus)
    studies = results.get("ways", {})
    builds = results.get("builds", {})
    increments = list(results.get("increments", {}).values())
    asked = list(results.get("queries", {}).values())
    numbers = {
        "people": sum(shape.people),
        "waves": len(shape.waves),
        "measures": len(kinds),
        "segments": len(shape.segments) + 1,
        "psus": sum(shape.psus),
        "strata": sum(shape.strata),
        "fewest": psus[0],
        "many": psus[-2],
        "most": psus[-1],
    }
    environment = jinja2.Environment(
        trim_blocks=True, keep_trailing_newline=True, undefined=jinja2.StrictUndefined
    )
    return environment.from_string(TEMPLATE.read_text(encoding="utf-8")).render(
        **{name: f"{number:,}" for name, number in numbers.items()},
        commit=results.get("commits", {}).get("build", ""),
        machine=about(results["machine"]),
        kinds=", ".join(f"{n} {kind}{'s' if n > 1 else ''}" for kind, n in counted.items()),
        ways=["\n".join(ways_table(ways)) for ways in studies.values()],
        builds=["\n".join(build_table(builds[study])) for study in studies if study in builds],
        increments=["\n".join(increments_table(one)) for one in increments],
        queries=["\n".join(queries_table(one)) for one in asked],
        sizes=["\n".join(sizes_table(one)) for one in asked],
        volumes="\n".join(volumes_table(results)) if results.get("volumes") else "",
        slopes="\n".join(slopes_table(results["curves"])) if results.get("curves") else "",
    )


def about(machine: dict[str, str]) -> str:
    """Say in one line on what was measured."""
    rest = ", ".join(
        f"{name} {value}" for name, value in machine.items() if name not in ("processors", "memory")
    )
    return f"{machine['processors']} processors with {machine['memory']}: {rest}"
