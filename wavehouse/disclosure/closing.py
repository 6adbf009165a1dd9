"""Close what the attack finds: suppress more, until no confidential figure can be computed.

The attack names the figure and the sums that tell it. Of what these sums show, the least is
suppressed: near sums before far ones, few rows before many, small figures before large ones. Then
it is attacked again, and so on. At last, what turned out not to be needed is shown again. dbt reads
the choice from a table and builds again what follows from it.
"""

from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from wavehouse.building.dbt import run_dbt
from wavehouse.building.target_names import DUCKDB
from wavehouse.building.targets import open_target
from wavehouse.changes.attached_release import Beside
from wavehouse.disclosure.attack import (
    ROW_KEYS,
    Block,
    Codebook,
    Hole,
    Query,
    Row,
    RowKey,
    Systems,
    Unknown,
    block_of,
    holes_of,
    report,
    row_key,
    rows_by_block,
    shown_differences,
    tables,
)
from wavehouse.errors import WavehouseError
from wavehouse.escapes import sql_text
from wavehouse.project import Project

# Where `int_disclosure__closing` looks (macro `closing_rows`).
TABLE = "intermediate.disclosure_closing"
# A block with more steps than that is suppressed as a whole.
STEPS = 50
# Builds after the first. One is enough, unless suppression opens what the attack cannot foresee.
BUILDS = 3


@dataclass(frozen=True)
class Closing:
    """More rows to suppress, and what they do not close."""

    rows: list[RowKey]
    holes: list[Hole]


def find_closing(query: Query) -> Closing:
    """Attack what is published, and find rows that close what the attack finds.

    Args:
        query: runs SQL on the tables and gives rows by column name.
    """
    codebook = Codebook(query)
    chosen: list[RowKey] = []
    holes = list(shown_differences(query))
    for rows in rows_by_block(codebook, query):
        found, left = _close_block(codebook, rows, query)
        chosen += found
        holes += left
    return Closing(chosen, holes)


def close_and_report(
    project: Project,
    target: str,
    artifacts: Path,
    holding: Sequence[int] = (),
    beside: Beside | None = None,
) -> str:
    """Suppress more in a built warehouse until the attack finds nothing, and say what.

    Args:
        project: the project, whose working database or server was built.
        target: the dbt target that was built.
        artifacts: dbt's folder of that build.
        holding: handles of locks that dbt holds too.
        beside: a release that has what was not built.

    Raises:
        ProblemsError: a confidential figure can be computed whatever is suppressed.
        WavehouseError: what follows could not be built again.
    """
    chosen: dict[RowKey, None] = {}
    said: list[str] = []
    try:
        for _ in range(BUILDS + 1):
            with tables(project, target, beside) as query:
                closing = find_closing(query)
                if not closing.rows:
                    return "\n".join([*said, report(query, closing.holes)])
                said = _describe(query, [*chosen, *closing.rows])
            chosen |= dict.fromkeys(closing.rows)
            write_closing(project, target, list(chosen), beside.prefix if beside else "")
            words = ("build", "--target", target, "--target-path", str(artifacts))
            what = ("--select", "int_disclosure__closing+", "--exclude-resource-type", "unit_test")
            what += beside.options if beside else ()
            if run_dbt(project, *words, *what, holding=holding):
                raise WavehouseError(
                    "Confidential figures can be computed, and the build that suppresses more "
                    "failed; see the messages above."
                )
        with tables(project, target, beside) as query:
            return "\n".join([*said, report(query, find_closing(query).holes)])
    finally:
        forget_closing(project, target, beside.prefix if beside else "")


def forget_closing(project: Project, target: str, prefix: str = "") -> None:
    """Drop the table of rows to suppress, so that no other build reads it.

    What cannot be opened is left to dbt, which says why.

    Args:
        project: the project.
        target: the dbt target.
        prefix: what the names of its schemas begin with.
    """
    import duckdb
    import psycopg2

    if target != DUCKDB or project.working_database.exists():
        with (
            suppress(duckdb.Error, psycopg2.Error, WavehouseError),
            open_target(project, target) as opened,
        ):
            opened.run([f"drop table if exists {prefix}{TABLE}"])


def _close_block(
    codebook: Codebook, rows: list[Row], query: Query
) -> tuple[list[RowKey], list[Hole]]:
    """Choose rows of a block, and give what stays open whatever is suppressed."""
    windows = _windows(query, rows)
    # what was found of sums that a choice leaves as they are
    systems: Systems = {}

    def attacked(chosen: list[RowKey]) -> tuple[Block, Iterator[Hole]]:
        # with a wave, the models suppress the pools that it is in
        pools = {
            (study_id, *pool, *what)
            for study_id, grain, wave_id, *what in chosen
            if grain == "wave"
            for pool in windows[wave_id]
        }
        block = block_of(codebook, rows, pools.union(chosen))
        return block, holes_of(codebook, block, query, systems)

    def holes_with(chosen: list[RowKey]) -> tuple[Block, list[Hole]]:
        block, holes = attacked(chosen)
        return block, list(holes)

    chosen: list[RowKey] = []
    block, holes = holes_with(chosen)
    for step in range(STEPS + 1):
        if not holes:
            break
        if step == STEPS:
            more = [row for rows in block.shown_by.values() for row in rows]
        else:
            more = [row for hole in holes for row in _rows_to_suppress(block, hole)]
        if not more:
            break
        chosen = list(dict.fromkeys([*chosen, *sorted(row_key(row) for row in more)]))
        block, holes = holes_with(chosen)
    if not holes:
        # the latest first: the earlier ones were nearer
        for key in reversed(chosen):
            fewer = [other for other in chosen if other != key]
            if next(attacked(fewer)[1], None) is None:
                chosen = fewer
    return chosen, holes


def _windows(query: Query, rows: list[Row]) -> dict[str, set[tuple[str, str]]]:
    """Give grain and last wave of each pool that a wave is in."""
    study_id = rows[0]["study_id"]
    waves = [
        row["wave_id"]
        for row in query(
            "select wave_id from marts.dim_wave "
            f"where study_id = {sql_text(study_id)} order by wave_number"
        )
    ]
    windows: dict[str, set[tuple[str, str]]] = {wave_id: set() for wave_id in waves}
    for row in rows:
        if row["period_grain"].startswith("pooled_"):
            last = waves.index(row["period_id"]) + 1
            size = int(row["period_grain"].removeprefix("pooled_"))
            for wave_id in waves[last - size : last]:
                windows[wave_id].add((row["period_grain"], row["period_id"]))
    return windows


def _rows_to_suppress(block: Block, hole: Hole) -> list[Row]:
    """Give the rows that show the least of what tells a figure."""
    assert hole.key is not None
    if hole.key in block.known:
        return block.shown_by[hole.key]
    reached = {hole.key}
    while True:
        near = [equation for equation in hole.equations if reached & equation.terms.keys()]
        candidates = {
            key
            for equation in near
            for key in equation.knowns
            if key not in block.zeros and block.shown_by.get(key)
        }
        if candidates:

            def cost(key: Unknown) -> tuple[int, float, Unknown]:
                return len(block.shown_by[key]), abs(block.known[key]), key

            return block.shown_by[min(candidates, key=cost)]
        further = reached.union(*(equation.terms for equation in near))
        if further == reached:
            return []
        reached = further


def _describe(query: Query, rows: list[RowKey]) -> list[str]:
    """Say which rows are suppressed too: a line for each study, measure, period, segment."""
    n_rows: Counter[RowKey] = Counter()
    values: dict[RowKey, dict[str, None]] = {}
    for row in sorted(rows):
        named = dict(zip(ROW_KEYS, row, strict=True))
        place = (*row[:4], named["segment_id"])
        n_rows[place] += 1
        values.setdefault(place, {})[named["segment_code"]] = None
    shown = query(
        "select count(*) as n from marts.fct_trend_estimates where observation_status <> 'L'"
    )[0]["n"]
    lines = [
        f"Also suppressed, because confidential figures could be computed from them: {len(rows):,} "
        f"estimates ({shown:,} were collected)."
    ]
    for place, n in n_rows.items():
        study_id, grain, period, measure_id, segment_id = place
        when = f"wave {period}" if grain == "wave" else f"{grain} {period}"
        lines.append(
            f"  study {study_id}, measure {measure_id}, {when}, segment {segment_id}, "
            f"{', '.join(values[place])}: {n} row{'' if n == 1 else 's'}"
        )
    return lines


def write_closing(project: Project, target: str, rows: list[RowKey], prefix: str = "") -> None:
    """Write the rows to suppress where dbt reads them."""
    columns = ", ".join(f"{name} text" for name in ROW_KEYS)
    values = ", ".join("(" + ", ".join(sql_text(value) for value in row) + ")" for row in rows)
    with open_target(project, target) as opened:
        opened.run(
            [
                f"drop table if exists {prefix}{TABLE}",
                f"create table {prefix}{TABLE} ({columns})",
                f"insert into {prefix}{TABLE} values {values}",
            ]
        )
