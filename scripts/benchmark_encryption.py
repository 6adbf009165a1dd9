"""Measure what encryption at rest costs: builds of the example, and reading and writing of answers.

    .venv/bin/python scripts/benchmark_encryption.py
    .venv/bin/python scripts/benchmark_encryption.py --rows 5000000 --pairs 5

Each thing is done plain and encrypted in turn, so that both meet the same machine. Printed are
processor seconds of all processes (medians), their ratio, and sizes. No test looks at them.
"""

import argparse
import os
import resource
import statistics
import subprocess
import sys
import tempfile
from collections.abc import Callable, Sequence
from pathlib import Path

from pyrage import x25519

from wavehouse.encryption import parquet
from wavehouse.encryption.databases import connect, settle
from wavehouse.encryption.key import FILE, forget_key, use_key
from wavehouse.own.init import init_project

KINDS = ("plain", "encrypted")


def main(arguments: Sequence[str] | None = None) -> None:
    """Measure, and print a table."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n", maxsplit=1)[0])
    parser.add_argument("--rows", type=int, default=2_000_000, help="answers (default: 2,000,000)")
    parser.add_argument("--pairs", type=int, default=3, help="how often each is done (default: 3)")
    said = parser.parse_args(arguments)
    print("| what | plain | encrypted | ratio |\n|---|---|---|---|")
    with tempfile.TemporaryDirectory() as folder:
        os.environ[FILE] = str(Path(folder) / "project.key")
        _measure_files(Path(folder), said.rows, said.pairs)
        _measure_builds(Path(folder), said.pairs)


def _measure_files(folder: Path, rows: int, pairs: int) -> None:
    key = str(x25519.Identity.generate())
    query = f"""
        select range as row_number, hash(range)::varchar as respondent_key,
            'question_' || range % 40 as variable_id, (hash(range * 7) % 9)::varchar as code
        from range({rows})
    """

    def write_parquet(place: Path) -> None:
        with connect() as connection:
            connection.execute(
                f"copy ({query}) to '{place}.parquet' {parquet.copy_options(connection)}"
            )

    def read_parquet(place: Path) -> None:
        with connect() as connection:
            rows = parquet.source(place.with_suffix(".parquet"))
            connection.execute(
                f"select variable_id, code, count(distinct respondent_key) from {rows} group by all"
            ).fetchall()

    def write_database(place: Path) -> None:
        file = place.with_suffix(".duckdb")
        file.unlink(missing_ok=True)
        with connect(file) as connection:
            connection.execute(f"create table answers as {query}")
        settle(file)

    def read_database(place: Path) -> None:
        with connect(place.with_suffix(".duckdb"), read_only=True) as connection:
            connection.execute(
                "select variable_id, code, count(distinct respondent_key) from answers group by all"
            ).fetchall()

    for what in (write_parquet, read_parquet, write_database, read_database):
        seconds: dict[str, list[float]] = {kind: [] for kind in KINDS}
        for _ in range(pairs):
            for kind in KINDS:
                use_key(key) if kind == "encrypted" else forget_key()
                seconds[kind].append(_seconds(resource.RUSAGE_SELF, what, folder / kind))
        _row(f"{what.__name__.replace('_', ' ')}, {rows:,} rows", seconds)
    forget_key()
    for suffix in (".parquet", ".duckdb"):
        sizes = {kind: [(folder / f"{kind}{suffix}").stat().st_size / 1e6] for kind in KINDS}
        _row(f"size of the {suffix} file, MB", sizes)


def _measure_builds(folder: Path, pairs: int) -> None:
    for kind in KINDS:
        init_project(folder / f"{kind}_project", example=True)
        if kind == "encrypted":
            _run(folder / f"{kind}_project", "encryption", "on")
        _run(folder / f"{kind}_project", "build")
    seconds: dict[str, list[float]] = {kind: [] for kind in KINDS}
    for _ in range(pairs):
        for kind in KINDS:
            project = folder / f"{kind}_project"
            seconds[kind].append(
                _seconds(resource.RUSAGE_CHILDREN, _run, project, "build", "--force")
            )
    _row("build and publish of the example", seconds)


def _run(project: Path, *words: str) -> None:
    command = [sys.executable, "-m", "wavehouse", "--project-dir", str(project), *words]
    subprocess.run(command, check=True, stdout=subprocess.DEVNULL)


def _seconds(whose: int, what: Callable[..., None], *arguments: object) -> float:
    """Give the processor seconds that something takes."""
    before = resource.getrusage(whose)
    what(*arguments)
    after = resource.getrusage(whose)
    return after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime


def _row(what: str, measured: dict[str, list[float]]) -> None:
    plain, encrypted = (statistics.median(measured[kind]) for kind in KINDS)
    print(f"| {what} | {plain:.2f} | {encrypted:.2f} | {encrypted / plain:.2f} |", flush=True)


if __name__ == "__main__":
    main()
