"""One plain GROUP BY: weighted counts of all categories in all segments, without any error.

    python -m benchmark.rivals.group_by FOLDER NAME MEMORY_LIMIT

It is the floor of what estimates cost: shares follow by a division, and nothing else does.
"""

from __future__ import annotations

import sys
from pathlib import Path

import duckdb

from benchmark.processes import Phases
from benchmark.shapes import Shape


def query(shape: Shape, path: Path) -> str:
    """Give the query of the shares of all waves."""
    shares = [measure for measure in shape.measures if measure.kind == "share"]
    items = ", ".join(
        f"({measure.number * 16} + {measure.column})::usmallint" for measure in shares
    )
    segments = ["s0", *shape.segment_columns]
    sets = ", ".join(f"(wave, item, {segment})" for segment in segments)
    value = f"coalesce({', '.join(segments)})"
    return f"""
        with counted as (
            select
                wave, item >> 4 as measure, item & 15 as category, {value} as segment_value,
                sum(weight) as total
            from (
                select
                    wave, weight, 0::utinyint as {", ".join(segments)}, unnest([{items}]) as item
                from read_parquet('{path}')
            )
            where item is not null
            group by grouping sets ({sets})
        )
        select *, total / sum(total) over (partition by wave, measure, segment_value) as estimate
        from counted
        where segment_value is not null
    """


def main(words: list[str]) -> int:
    """Count a generated study."""
    folder, name, limit = Path(words[0]), words[1], words[2]
    shape = Shape.read(folder)
    phases = Phases()
    with duckdb.connect() as connection:
        connection.execute(f"set memory_limit = '{limit}'")
        connection.execute("set preserve_insertion_order = false")
        with phases.phase("estimate"):
            counted = query(shape, folder / "answers.parquet")
            connection.execute(f"create table estimates as {counted}")
        out = folder / f"{name}.parquet"
        connection.execute(f"copy estimates to '{out}' (format parquet)")
    phases.write(folder / f"{name}.json")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
