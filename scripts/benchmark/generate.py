"""Draw the answers of a study, wave by wave, into one Parquet file of narrow integers.

A row is a respondent: wave, stratum, psu (numbered through all waves), weight; the value of each
segment; the answer to each variable, null where it is missing or was not asked. Categories count
from 1. Rows are sorted by wave, stratum and PSU, and each wave is a row group of its own. A wave is
the same whatever other waves there are, and the same in each run.
"""

from __future__ import annotations

from pathlib import Path
from statistics import NormalDist

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from benchmark.shapes import Measure, Shape

SEED = 20261123
MISSING = 0.05
# Share of people who are in no value of a segment.
OUTSIDE = 0.01
# Spread of what people of a PSU have in common; that of each person is 1.
COMMON = 0.3


def generate(shape: Shape, folder: Path) -> Path:
    """Write the answers and the shape of a study into a folder; give the file of answers."""
    folder.mkdir(parents=True, exist_ok=True)
    shape.write(folder)
    path = folder / "answers.parquet"
    fields = schema(shape)
    with pq.ParquetWriter(path, fields, compression="zstd") as writer:
        n_psus = n_strata = 0
        for wave in shape.waves:
            table = draw_wave(shape, wave, n_psus, n_strata)
            writer.write_table(table.cast(fields), row_group_size=len(table))
            n_psus += shape.psus[wave - 1]
            n_strata += shape.strata[wave - 1]
    return path


def schema(shape: Shape) -> pa.Schema:
    """Give the columns of the answers with the narrowest types that hold them."""
    columns = {"wave": pa.uint8(), "stratum": pa.uint32(), "psu": pa.uint32()}
    columns["weight"] = pa.float64()
    columns |= {name: pa.uint8() for name in shape.segment_columns}
    for measure in shape.measures:
        columns[measure.column] = pa.uint8() if measure.kind == "share" else pa.int16()
        if measure.denominator:
            columns[measure.denominator] = pa.int16()
    return pa.schema(list(columns.items()))


def draw_wave(shape: Shape, wave: int, psus_before: int, strata_before: int) -> pa.Table:
    """Draw the respondents of a wave."""
    random = np.random.default_rng([SEED, wave])
    n_people, n_psus = shape.people[wave - 1], shape.psus[wave - 1]
    psu = np.arange(n_people) * n_psus // n_people
    stratum = psu * shape.strata[wave - 1] // n_psus
    columns: dict[str, object] = {
        "wave": np.full(n_people, wave),
        "stratum": strata_before + stratum,
        "psu": psus_before + psu,
        "weight": np.round(random.lognormal(sigma=0.5, size=n_people), 4),
    }
    for number, name in enumerate(shape.segment_columns, start=1):
        values = shape.segment_values(number)
        drawn = random.integers(values.start, values.stop, n_people)
        columns[name] = pa.array(drawn, mask=random.random(n_people) < OUTSIDE)
    for measure in shape.measures:
        common = random.normal(scale=COMMON, size=n_psus)[psu]
        position = common + random.normal(size=n_people)
        missing = random.random(n_people) < MISSING
        if not shape.is_asked(measure, wave):
            missing[:] = True
        columns[measure.column] = pa.array(answers(measure, position), mask=missing)
        if measure.denominator:
            columns[measure.denominator] = pa.array(random.integers(1, 6, n_people), mask=missing)
    return pa.table(columns)


def answers(measure: Measure, position: np.ndarray) -> np.ndarray:
    """Turn positions on a scale into categories, the first the most frequent, or into numbers."""
    if measure.kind != "share":
        return np.clip(np.round(50 + 15 * position), 0, 100).astype(int)
    n = measure.n_categories
    shares = np.cumsum(np.arange(n, 0, -1)) / (n * (n + 1) / 2)
    scale = NormalDist(sigma=(1 + COMMON**2) ** 0.5)
    cuts = [scale.inv_cdf(float(share)) for share in shares[:-1]]
    return np.searchsorted(cuts, position) + 1
