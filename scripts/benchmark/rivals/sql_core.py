"""Wave estimates and pools with their errors in plain SQL on DuckDB, near what the engine can do.

    python -m benchmark.rivals.sql_core FOLDER NAME WAVES MEMORY_LIMIT

WAVES is `all` for one pass over everything, `each` for one wave at a time, or numbers of waves.

How it goes, with the formulas of Taylor linearisation:

1. A share's variable has a number as an *item*: its block of eight categories, and the slot in it.
   One pass over the answers reduces them to **one row per PSU, block and segment value**: the base
   (sum of weights) and the total of each slot. Grouping sets make all segments in the same pass. A
   number is a block whose only slot is the weighted sum of the number, less a rounded origin, so
   that no digits are lost; a ratio's base is the weighted sum of its denominator.
2. A cell's estimate is r = total / base.
3. u = total - r * base is what a PSU adds to its error.
4. With n PSUs in a stratum, variance = sum over strata of (n * sum(u^2) - sum(u)^2) / (n - 1).
   A PSU without a row is u = 0. A stratum with one PSU is taken around 0 ("adjust").
   The squares of PSUs are added up by cell at once, with their stratum's factor; only plain sums
   are made by stratum, of which there are many.
   Kept are quu, qux and qxx: this form for u with u, u with base, and base with base.
5. For any other ratio R of a cell, the form of total - R * base is
   quu + 2 * (r - R) * qux + (r - R)^2 * qxx. So waves of independent samples are pooled from
   these alone, without a row of any PSU.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import duckdb

from benchmark.processes import Phases
from benchmark.shapes import Measure, Shape

SLOTS = 8
# The slot of an answer that another block of its variable has.
ELSEWHERE = 15
POOLED_WAVES = 2


@dataclass(frozen=True)
class Block:
    """Up to eight categories of a measure, or a number: `first` is the first category."""

    number: int
    measure: Measure
    first: int


def blocks_of(shape: Shape) -> list[Block]:
    """Cut the categories of all measures into blocks; medians have no sums and are left out."""
    firsts = [
        (measure, first)
        for measure in shape.measures
        if measure.kind != "median"
        for first in range(1, max(measure.n_categories, 1) + 1, SLOTS)
    ]
    return [Block(number, *pair) for number, pair in enumerate(firsts)]


def slots(expression: str) -> str:
    """Repeat an expression for each slot, `#` standing for its number."""
    return ",\n    ".join(expression.replace("#", str(slot)) for slot in range(SLOTS))


def prepare(connection: duckdb.DuckDBPyConnection, shape: Shape, path: Path) -> None:
    """Make the small tables: PSUs, strata, categories, origins of numbers, and empty results."""
    blocks = blocks_of(shape)
    connection.execute(
        f"""
        create table psus as
        select distinct psu, stratum, wave from read_parquet('{path}');

        create table strata as
        select
            stratum,
            wave,
            case when count(*) > 1 then count(*) / (count(*) - 1.0) else 1 end::double as factor,
            case when count(*) > 1 then 1 / (count(*) - 1.0) else 0 end::double as less,
            count(*)::integer as n_psus
        from psus
        group by stratum, wave;

        create table estimates (
            wave utinyint, measure utinyint, category utinyint, segment_value utinyint,
            n uinteger, base double, r double, origin double,
            quu double, qux double, qxx double, degrees_of_freedom integer,
            estimate double, standard_error double
        );
        """
    )
    means = [block for block in blocks if block.measure.kind == "mean"]
    origins = ", ".join(f"round(avg({block.measure.column}))" for block in means) or "0"
    found = connection.sql(f"select {origins} from read_parquet('{path}')").fetchone() or ()
    categories = [
        (block.number, slot, block.measure.number, 0 if number else block.first + slot)
        for block in blocks
        for number in (block.measure.kind != "share",)
        for slot in range(SLOTS)
        if slot == 0 or (not number and block.first + slot <= block.measure.n_categories)
    ]
    for table, columns, rows in (
        ("categories", "block, slot, measure, category", categories),
        (
            "origins",
            "block, origin",
            [
                (block.number, found[means.index(block)] if block in means else 0)
                for block in blocks
            ],
        ),
    ):
        values = ", ".join(str(row) for row in rows)
        connection.execute(
            f"create table {table} as select * from (values {values}) as listed ({columns})"
        )


def psu_sums(
    connection: duckdb.DuckDBPyConnection, shape: Shape, path: Path, wave: int | None
) -> str:
    """Give the query of step 1: a row for each PSU, block and segment value."""
    blocks = blocks_of(shape)
    origins = dict(connection.execute("select block, origin from origins").fetchall())
    where = "" if wave is None else f"where wave = {wave}"
    segments = ["s0", *shape.segment_columns]
    sets = ", ".join(f"(psu, block, {segment})" for segment in segments)
    value = f"coalesce({', '.join(segments)})"
    columns = f"psu, weight, 0::utinyint as {', '.join(segments)}"
    items = ", ".join(item(block) for block in blocks if block.measure.kind == "share")
    queries = []
    if items:
        totals = slots("sum(weight) filter (item & 15 = #) as t#")
        queries.append(
            f"""
            select psu, block, {value} as segment_value, n, base,
                {slots("coalesce(t#, 0) as t#")}
            from (
                select
                    psu, item >> 4 as block, {", ".join(segments)},
                    count(*) as n, sum(weight) as base, {totals}
                from (
                    select {columns}, unnest([{items}]) as item
                    from read_parquet('{path}') {where}
                )
                where item is not null
                group by grouping sets ({sets})
            )
            where {value} is not null
            """
        )
    numbers = ", ".join(
        f"struct_pack(block := {block.number}::usmallint, "
        f"y := {block.measure.column} - {origins[block.number]}::double, "
        f"x := {block.measure.denominator or 1}::double)"
        for block in blocks
        if block.measure.kind != "share"
    )
    if numbers:
        rest = ", ".join(f"0 as t{slot}" for slot in range(1, SLOTS))
        queries.append(
            f"""
            select psu, block, {value} as segment_value, n, base, t0, {rest}
            from (
                select
                    psu, number.block as block, {", ".join(segments)},
                    count(*) as n,
                    sum(weight * number.x) as base,
                    sum(weight * number.y) as t0
                from (
                    select {columns}, unnest([{numbers}]) as number
                    from read_parquet('{path}') {where}
                )
                where number.y is not null and number.x is not null
                group by grouping sets ({sets})
            )
            where {value} is not null
            """
        )
    return " union all by name ".join(queries)


def item(block: Block) -> str:
    """Give the expression of an answer's item: block * 16 + slot; null for no answer."""
    column, first = block.measure.column, block.first
    slot = f"{column} - {first}"
    if block.measure.n_categories > SLOTS:
        last = first + SLOTS - 1
        slot = (
            f"case when {column} between {first} and {last} then {slot} "
            f"when {column} is not null then {ELSEWHERE} end"
        )
    return f"({block.number * 16} + {slot})::usmallint"


# A share of everybody is 1, however its weights were added up.
RATIO = "case when abs(sum(t#) / sum(base) - 1) < 1e-12 then 1 else sum(t#) / sum(base) end as r#"
# Steps 2 to 4, each a table of the waves at hand.
STEPS = {
    "cells": f"""
        select
            psus.wave, block, segment_value,
            sum(n) as n,
            sum(base) as base,
            {slots(RATIO)}
        from psu_sums
        inner join psus using (psu)
        group by psus.wave, block, segment_value
    """,
    "influences": f"""
        select
            psus.wave, psus.stratum, block, segment_value, psu_sums.base,
            {slots("t# - r# * psu_sums.base as u#")}
        from psu_sums
        inner join psus using (psu)
        inner join cells using (wave, block, segment_value)
    """,
    # What needs no sums by stratum is added up by cell at once; the rest has half of the columns.
    "psu_part": f"""
        select
            influences.wave, block, segment_value,
            sum(factor * base * base) as xx,
            {slots("sum(factor * u# * u#) as uu#, sum(factor * u# * base) as ux#")}
        from influences
        inner join strata using (wave, stratum)
        group by influences.wave, block, segment_value
    """,
    "stratum_sums": f"""
        select
            wave, stratum, block, segment_value,
            count(*) as n_psus,
            sum(base) as x,
            {slots("sum(u#) as u#")}
        from influences
        group by wave, stratum, block, segment_value
    """,
    "stratum_part": f"""
        select
            stratum_sums.wave, block, segment_value,
            (sum(stratum_sums.n_psus) - count(*))::integer as degrees_of_freedom,
            sum(less * x * x) as xx,
            {slots("sum(less * u# * u#) as uu#, sum(less * u# * x) as ux#")}
        from stratum_sums
        inner join strata using (wave, stratum)
        group by stratum_sums.wave, block, segment_value
    """,
    "variances": f"""
        select
            wave, block, segment_value, degrees_of_freedom,
            one.xx - other.xx as qxx,
            {slots("one.uu# - other.uu# as quu#, one.ux# - other.ux# as qux#")}
        from psu_part as one
        inner join stratum_part as other using (wave, block, segment_value)
    """,
}

ESTIMATES = f"""
    insert into estimates
    with slots as (
        select
            wave, block, segment_value, n, base, qxx, degrees_of_freedom,
            unnest([{slots("struct_pack(slot := #, r := r#, quu := quu#, qux := qux#)")}]) as one
        from cells
        inner join variances using (wave, block, segment_value)
    )
    select
        wave, measure, category, segment_value, n, base, one.r, origin,
        one.quu, one.qux, qxx, degrees_of_freedom,
        one.r + origin as estimate,
        sqrt(greatest(0, one.quu)) / base as standard_error
    from slots
    inner join categories on categories.block = slots.block and categories.slot = slots.one.slot
    inner join origins on origins.block = slots.block
"""

# Keyed by the last of the waves pooled.
POOLS = """
    create table pools as
    with members as (
        select last.wave, estimates.* exclude (wave)
        from (select distinct wave from psus) as last
        inner join estimates
            on estimates.wave between last.wave - ($waves - 1) and last.wave
    ),
    pooled as (
        select
            wave, measure, category, segment_value,
            sum(n) as n,
            sum(base) as base,
            sum(r * base) / sum(base) as r,
            any_value(origin) as origin
        from members
        group by wave, measure, category, segment_value
        -- Not where a wave has nobody, or did not ask.
        having count(*) = $waves
    ),
    variances as (
        select
            wave, measure, category, segment_value,
            sum(
                members.quu
                + 2 * (members.r - pooled.r) * members.qux
                + pow(members.r - pooled.r, 2) * members.qxx
            ) as variance
        from members
        inner join pooled using (wave, measure, category, segment_value)
        group by wave, measure, category, segment_value
    )
    select
        wave, measure, category, segment_value, n, base, r + origin as estimate,
        sqrt(greatest(0, variance)) / base as standard_error
    from pooled
    inner join variances using (wave, measure, category, segment_value)
"""


def estimate(
    connection: duckdb.DuckDBPyConnection, shape: Shape, path: Path, waves: list[int | None]
) -> Iterator[tuple[str, str]]:
    """Give the statements of all steps with their names, for each wave, or None for all at once."""
    for wave in waves:
        first = psu_sums(connection, shape, path, wave)
        for name, query in {"psu_sums": first, **STEPS}.items():
            yield name, f"create or replace temp table {name} as {query}"
        yield "estimates", ESTIMATES
    yield "pools", POOLS.replace("$waves", str(POOLED_WAVES))


def main(words: list[str]) -> int:
    """Estimate a generated study."""
    folder, name, waves, limit = Path(words[0]), *words[1:4]
    shape = Shape.read(folder)
    path = folder / "answers.parquet"
    chosen: list[int | None] = (
        [None]
        if waves == "all"
        else list(shape.waves)
        if waves == "each"
        else [int(wave) for wave in waves.split(",")]
    )
    phases = Phases()
    with duckdb.connect() as connection:
        connection.execute(f"set memory_limit = '{limit}'")
        connection.execute(f"set temp_directory = '{folder / 'spilled'}'")
        connection.execute("set preserve_insertion_order = false")
        with phases.phase("estimate: design"):
            prepare(connection, shape, path)
        for step, statement in estimate(connection, shape, path, chosen):
            with phases.phase(f"estimate: {step}"):
                connection.execute(statement)
        with phases.phase("write"):
            for table, file in (("estimates", name), ("pools", f"{name}_pools")):
                out = folder / f"{file}.parquet"
                connection.execute(f"copy {table} to '{out}' (format parquet)")
    phases.write(folder / f"{name}.json")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
