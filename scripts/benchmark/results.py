"""What a run found: kept as JSON, listed as rows, and compared with another run's."""

from __future__ import annotations

import json
import os
import platform
import subprocess
from collections.abc import Iterator
from dataclasses import asdict, dataclass, is_dataclass
from importlib.metadata import version
from pathlib import Path
from typing import Any

from benchmark.rivals.run import ROOT, SVY

# Less than this many processor seconds say little about a change.
TOO_SHORT = 0.05
SHOWN = ("dbt-core", "dbt-duckdb", "duckdb", "numpy", "pyarrow")


@dataclass(frozen=True)
class Row:
    """One measured thing, named by part, study and step."""

    part: str
    study: str
    step: str
    cpu_seconds: float
    peak_mb: float

    @property
    def key(self) -> tuple[str, str, str]:
        """What is the same thing in another run."""
        return self.part, self.study, self.step


def as_json(value: object) -> str:
    """Write a result; the parts of it that are dataclasses become objects."""

    def plain(value: object) -> object:
        if is_dataclass(value) and not isinstance(value, type):
            return asdict(value)
        raise TypeError(f"{value!r} is no result")

    return json.dumps(value, indent=1, default=plain)


def about_the_machine() -> dict[str, str]:
    """Say on what was measured."""
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 1024**3
    return {
        "processors": str(os.cpu_count()),
        "memory": f"{memory:.0f} GB",
        "Python": platform.python_version(),
        **{name: version(name) for name in SHOWN},
        "svy": SVY.partition("==")[2],
    }


def commit() -> str:
    """Name the state of the project that is measured; "" outside of git."""
    words = ["git", "rev-parse", "--short", "HEAD"]
    return subprocess.run(words, cwd=ROOT, capture_output=True, text=True).stdout.strip()


def rows_of(results: dict[str, Any]) -> Iterator[Row]:
    """List all that was measured."""
    for part in ("ways", "volumes"):
        for study, ways in results.get(part, {}).items():
            for way in ways["results"]:
                if way["missing"]:
                    continue
                yield Row(part, study, way["label"], way["cpu_seconds"], way["whole"]["peak_mb"])
                for name, usage in way["phases"].items():
                    label = f"{way['label']}: {name}"
                    yield Row(part, study, label, usage["cpu_seconds"], usage["peak_mb"])
    for study, build in results.get("builds", {}).items():
        yield Row("builds", study, "all", build["whole"]["cpu_seconds"], build["whole"]["peak_mb"])
        for step in build["steps"]:
            yield Row("builds", study, step["name"], step["cpu_seconds"], step["peak_mb"])
    for part in ("increments", "operations"):
        for study, found in results.get(part, {}).items():
            for one in found:
                yield Row(part, study, one["step"], one["cpu_seconds"], one["peak_mb"])
    for point in results.get("curves", []):
        study = f"{point['curve']} {point['x']}"
        yield Row("curves", study, point["label"], point["cpu_seconds"], point["peak_mb"])


def as_csv(results: dict[str, Any]) -> str:
    """List all that was measured as CSV."""
    lines = ["part,study,step,cpu_seconds,peak_mb"]
    for row in rows_of(results):
        texts = ",".join(f'"{text}"' for text in row.key)
        lines.append(f"{texts},{row.cpu_seconds:.4f},{row.peak_mb:.1f}")
    return "\n".join(lines) + "\n"


def compare(before: dict[str, Any], after: dict[str, Any]) -> list[str]:
    """Give the lines of a table: what each step took before and after, and the ratios.

    A ratio below 1 means less than before. Steps that only one run has are listed too; those that
    took hardly anything in both are not.
    """
    old = {row.key: row for row in rows_of(before)}
    new = {row.key: row for row in rows_of(after)}
    lines = [
        "| part | study | step | s before | s after | ratio | MB before | MB after | ratio |",
        "|---|---|---|---|---|---|---|---|---|",
    ]
    for key in dict.fromkeys([*old, *new]):
        was, now = old.get(key), new.get(key)
        seconds = [row.cpu_seconds if row else None for row in (was, now)]
        if max(one or 0.0 for one in seconds) < TOO_SHORT:
            continue
        peaks = [row.peak_mb if row else None for row in (was, now)]
        cells = [*_numbers(seconds, "{:.2f}"), *_numbers(peaks, "{:,.0f}")]
        lines.append(f"| {' | '.join([*key, *cells])} |")
    return lines


def _numbers(pair: list[float | None], form: str) -> list[str]:
    was, now = pair
    shown = ["" if one is None else form.format(one) for one in pair]
    return [*shown, f"{now / was:.2f}" if was and now is not None else ""]


def read(path: Path) -> dict[str, Any]:
    """Read the JSON of a run."""
    return json.loads(path.read_text(encoding="utf-8"))
