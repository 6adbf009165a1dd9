"""Write the table of engines of the docs, from what `make engine` found.

    make engine NAME=ducklake && .venv/bin/python scripts/make_engine_table.py

Takes the trials that lie in target/engines, each in place of an earlier one of the same engine,
into docs/engines.json, and writes docs/engines.md. --check writes nothing, and fails if the page
does not say what the file has.
"""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[1]
TRIALS = ROOT / "target/engines"
FOUND = ROOT / "docs/engines.json"
PAGE = ROOT / "docs/engines.md"

HEAD = """# Engines that were tried

Made by `scripts/make_engine_table.py`; do not edit. Each row is a run of `make engine NAME=...`:
everything was built on DuckDB and on the engine, with all tests of the data and the attack on what
is suppressed, and then every public table was compared, all rows and all columns. Numbers are equal
if they differ by less than 1e-9, relative to their size; all other values if they are the same,
letter by letter. What speaks of the engine itself is not compared: fingerprints, and which tests
guard a key. A build that passes is no row.

"""
COLUMNS = (
    *("engine", "NAME", "server", "tried on", "studies", "tables equal", "rows", "values"),
    *("greatest difference", "processor seconds", "to DuckDB"),
)
FOOT = """
*Processor seconds* are those of the whole build, dbt and the engine's own processes together;
*to DuckDB* is their ratio to the same build on DuckDB in the same run. Single runs vary by a fifth.

What was never run: BigQuery, Redshift, Snowflake and Spark. The words that they spell differently
stand in `macros/engines/`, where their own will go. Until they have a row, nothing is promised.
"""


def row(trial: dict[str, Any]) -> Sequence[str]:
    """Give the cells of a trial."""
    here, there = trial["here"]["processor"], trial["there"]["processor"]
    return (
        trial["title"],
        f"`{trial['engine']}`",
        trial["server"] + ("" if trial["is_real"] else " (emulated)"),
        trial["day"],
        ", ".join(trial["studies"]),
        f"{trial['n_equal']} of {trial['n_tables']}",
        f"{trial['n_rows']:,}",
        f"{trial['n_values']:,}",
        f"{trial['greatest']:.0e}",
        f"{there:.0f}",
        f"{there / here:.2f}",
    )


def page(trials: dict[str, dict[str, Any]]) -> str:
    """Write the page, with engines in the order of their names."""
    rows = [COLUMNS, ["---"] * len(COLUMNS), *(row(trial) for _, trial in sorted(trials.items()))]
    return HEAD + "".join(f"| {' | '.join(cells)} |\n" for cells in rows) + FOOT


def main(arguments: Sequence[str] | None = None) -> int:
    """Write both files, or with --check compare the page; 1 if it is out of date."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n", maxsplit=1)[0])
    parser.add_argument("--check", action="store_true", help="compare instead of writing")
    said = parser.parse_args(arguments)
    trials = json.loads(FOUND.read_text(encoding="utf-8")) if FOUND.exists() else {}
    if said.check:
        if PAGE.read_text(encoding="utf-8") == page(trials):
            return 0
        print("docs/engines.md is out of date: run scripts/make_engine_table.py.")
        return 1
    for path in TRIALS.glob("*/trial.json"):
        trial = json.loads(path.read_text(encoding="utf-8"))
        trials[trial["engine"]] = trial
    FOUND.write_text(json.dumps(dict(sorted(trials.items())), indent=2) + "\n", encoding="utf-8")
    PAGE.write_text(page(trials), encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
