"""Estimate waves one by one with the Python package svy, which runs in an environment of its own.

    python svy_package.py FOLDER NAME WAVES

Nothing of this project is imported here.
"""

import csv
import json
import sys
import time
from pathlib import Path

import polars as pl
import svy


def main(words: list[str]) -> int:
    """Estimate, and write estimates and what the phases took."""
    folder, name = Path(words[0]), words[1]
    waves = [int(wave) for wave in words[2].split(",")]
    segments = (folder / "segments.txt").read_text().split()
    with (folder / "measures.csv").open(newline="") as file:
        measures = [row for row in csv.DictReader(file) if row["kind"] != "median"]
    seconds = {"read": 0.0, "estimate": 0.0}
    results = []
    for wave in waves:
        begun = time.process_time()
        data = pl.read_parquet(folder / "answers.parquet").filter(pl.col("wave") == wave)
        sample = svy.Sample(
            data=data.with_columns(s0=pl.lit(0)),
            design=svy.Design(stratum="stratum", psu="psu", wgt="weight"),
        )
        seconds["read"] += time.process_time() - begun
        for measure in measures:
            if data[measure["column"]].null_count() == len(data):
                continue
            for segment in segments:
                begun = time.process_time()
                estimated = estimate(sample, measure, segment)
                seconds["estimate"] += time.process_time() - begun
                results.append(
                    estimated.select(
                        wave=pl.lit(wave),
                        measure=pl.lit(int(measure["number"])),
                        category=measure["column"] if measure["kind"] == "share" else pl.lit(0),
                        segment_value=segment,
                        estimate="est",
                        standard_error="se",
                    ).cast({"category": pl.Int64, "segment_value": pl.Int64})
                )
    pl.concat(results).write_parquet(folder / f"{name}.parquet")
    written = {phase: {"cpu_seconds": taken, "peak_mb": 0} for phase, taken in seconds.items()}
    (folder / f"{name}.json").write_text(json.dumps(written))
    return 0


def estimate(sample: svy.Sample, measure: dict[str, str], segment: str) -> pl.DataFrame:
    """Estimate a measure in all values of a segment, of those who answered and are in one."""
    column, under = measure["column"], measure["denominator"]
    answered = pl.col(column).is_not_null() & pl.col(segment).is_not_null()
    if measure["kind"] == "share":
        return sample.estimation.prop(column, by=segment, where=answered).to_polars()
    if measure["kind"] == "ratio":
        return sample.estimation.ratio(column, under, by=segment, where=answered).to_polars()
    return sample.estimation.mean(column, by=segment, where=answered).to_polars()


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
