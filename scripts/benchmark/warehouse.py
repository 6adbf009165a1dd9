"""Make a project whose only study is a generated one, delivered as CSV files like any other."""

from __future__ import annotations

import sys
from dataclasses import dataclass
from itertools import groupby
from pathlib import Path

import duckdb

ROOT = Path(__file__).resolve().parents[2]
# The copies that tests work on serve here too.
sys.path.insert(0, str(ROOT / "tests" / "python"))

from studies.generated import ROLES, Codebook, study_rows  # noqa: E402
from workbench import add_codebook_rows, copy_project, keep_studies, set_codebook_rows  # noqa: E402

from benchmark.shapes import Measure, Shape  # noqa: E402
from wavehouse.project import Project  # noqa: E402

STUDY = "benchmark"
POOLED_WAVES = 2
# How measures are named in the codebook.
KINDS = {"share": "share", "mean": "mean", "ratio": "ratio", "median": "quantile"}


@dataclass(frozen=True)
class Delivered:
    """A project that is ready to land its waves and build, and the file of each wave."""

    project: Project
    files: dict[str, Path]


def wave_id(wave: int) -> str:
    """Name a wave."""
    return f"w{wave:02}"


def measure_id(measure: Measure) -> str:
    """Name a measure."""
    return f"m{measure.number}"


def deliver(shape: Shape, folder: Path) -> Delivered:
    """Make the project of a generated study in a folder, beside its answers.

    Args:
        shape: the study, which was generated into the folder.
        folder: gets `project`, and `delivered` with a CSV file of each wave.
    """
    project = copy_project(folder / "project")
    keep_studies(project, [])
    codebook = declared(shape)
    # The total is among the rows that follow.
    set_codebook_rows(project, "segments", [])
    add_codebook_rows(project, codebook.rows())
    sizes = {wave_id(wave): shape.people[wave - 1] for wave in shape.waves}
    # A rule that suppresses, so that disclosure control is measured too.
    tables = study_rows(codebook, STUDY, sizes, "market_research")
    for row in tables["waves"]:
        row["delivered_as"] = "landing"
    tables["questions"] = [
        {**row, "valid_from_wave": wave_id(first), "valid_to_wave": wave_id(last)}
        for row in tables["questions"]
        for first, last in runs(shape, row["variable_id"])
    ]
    tables["comparisons"] = [
        {"study_id": STUDY, "comparison_id": kind, "comparison_kind": kind}
        for kind in ("previous", "first")
    ]
    if len(sizes) >= POOLED_WAVES:
        tables["periods"] = [
            {"study_id": STUDY, "period_kind": "pooled_waves", "n_waves": str(POOLED_WAVES)}
        ]
    add_codebook_rows(project, tables)
    return Delivered(project, write_waves(shape, folder))


def declared(shape: Shape) -> Codebook:
    """Give the codebook of a study: each segment has a variable of its name."""
    segments = {
        name: [str(value) for value in shape.segment_values(number)]
        for number, name in enumerate(shape.segment_columns, start=1)
    }
    shares = {
        measure.column: [str(code) for code in range(1, measure.n_categories + 1)]
        for measure in shape.measures
        if measure.kind == "share"
    }
    numbers = [
        column
        for measure in shape.measures
        if measure.kind != "share"
        for column in (measure.column, measure.denominator)
        if column
    ]
    return Codebook(
        categories={**segments, **shares},
        bounds=dict.fromkeys(numbers, (0, 100)),
        segments={name: (name,) for name in segments},
        measures=[
            {
                "measure_id": measure_id(measure),
                "variable_id": measure.column,
                "measure_kind": KINDS[measure.kind],
                "denominator_variable_id": measure.denominator or "",
                "quantile": "0.5" if measure.kind == "median" else "",
            }
            for measure in shape.measures
        ],
    )


def runs(shape: Shape, variable_id: str) -> list[tuple[int, int]]:
    """Give the first and last wave of each run of waves in which a variable was asked."""
    asking = [
        wave
        for wave in shape.waves
        if all(
            shape.is_asked(measure, wave)
            for measure in shape.measures
            if variable_id in (measure.column, measure.denominator)
        )
    ]
    # Waves in a row differ from their places in the list by the same number.
    grouped = groupby(enumerate(asking), key=lambda pair: pair[1] - pair[0])
    found = [[wave for _, wave in pairs] for _, pairs in grouped]
    return [(waves[0], waves[-1]) for waves in found]


def write_waves(shape: Shape, folder: Path) -> dict[str, Path]:
    """Write a CSV file for each wave, with a column for each question it asked."""
    delivered = folder / "delivered"
    delivered.mkdir()
    files = {}
    with duckdb.connect() as connection:
        for wave in shape.waves:
            asked = [
                column
                for measure in shape.measures
                if shape.is_asked(measure, wave)
                for column in (measure.column, measure.denominator)
                if column
            ]
            columns = [*(name for name in ROLES if name != "respondent"), *shape.segment_columns]
            path = files[wave_id(wave)] = delivered / f"{wave_id(wave)}.csv"
            connection.execute(
                f"""
                copy (
                    select
                        row_number() over () as respondent,
                        {", ".join([*columns, *asked])}
                    from read_parquet('{folder / "answers.parquet"}')
                    where wave = {wave}
                ) to '{path}' (header)
                """
            )
    return files
