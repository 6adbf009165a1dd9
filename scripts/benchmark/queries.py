"""Ask a published warehouse what BI tools ask, and say how long they wait for an answer.

What counts for a reader is the time that passes, so this is wall time: the shortest of several
times, which other programs have disturbed least.
"""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path

import duckdb

from benchmark.processes import BenchmarkError
from benchmark.shapes import Shape
from benchmark.warehouse import STUDY, wave_id

N_COLD = 3
N_WARM = 9
PUBLIC = "marts"

# What is asked, in words and in SQL. {last} and {middle} are waves.
QUERIES = {
    "trend of a share in the values of a segment": """
        select wave_date, segment_value_label, estimate, ci_lower, ci_upper
        from marts.fct_trend_estimates
        where measure_id = 'm1' and category_code = '1' and segment_id = 's1'
        order by wave_date, segment_value_label
    """,
    "the last wave in the values of all segments": """
        select
            measure_label, category_label, segment_label, segment_value_label,
            estimate, ci_lower, ci_upper
        from marts.fct_trend_estimates
        where wave_id = '{last}' and segment_id <> 'total' and estimate is not null
    """,
    "the latest number of each measure": """
        select measure_label, category_label, wave_label, estimate, observation_status
        from marts.fct_trend_estimates
        where segment_id = 'total'
        qualify wave_date = max(wave_date) over (partition by measure_id)
        order by measure_label, category_label
    """,
    "lists for a filter: measures, segments with their values": """
        select distinct measure_label, segment_label, segment_value_label
        from marts.fct_trend_estimates
    """,
    "the twenty largest changes of a wave": """
        select
            measure_label, category_label, segment_value_label, from_wave_label,
            change, p_value_adjusted
        from marts.fct_trend_changes
        where to_wave_id = '{last}' and comparison = 'previous' and change is not null
        order by abs(change) desc
        limit 20
    """,
    "estimates by wave and measure, labels from dimensions": """
        select
            waves.wave_label, measures.measure_label,
            avg(estimates.estimate) as mean_estimate, sum(estimates.n_respondents) as n
        from marts.fct_trend_estimates as estimates
        inner join marts.dim_wave as waves using (study_id, wave_id)
        inner join marts.dim_measure as measures using (measure_id)
        where estimates.segment_id = 'total'
        group by all
    """,
    "how many estimates have which status, by wave": """
        select wave_label, observation_status, count(*) as n
        from marts.fct_trend_estimates
        group by all
    """,
    "estimates with a status, and the reason": """
        select wave_label, measure_label, segment_value_label, status_reason
        from marts.fct_trend_estimates
        where observation_status <> 'A'
    """,
    "weighted answers to a question by wave": """
        select
            answers.wave_id, answers.category_label,
            count(*) as n, sum(respondents.weight) as weighted
        from marts.fct_answers as answers
        inner join marts.fct_respondents as respondents using (respondent_key)
        where answers.variable_id = 'v1' and answers.category_code is not null
        group by all
    """,
    "the same by a segment, from the wide table": f"""
        select wave_id, v1, s1, count(*) as n, sum(weight) as weighted
        from marts.wide_{STUDY}
        group by all
    """,
    "all answers of one respondent": """
        select variable_id, category_label, numeric_value, missing_kind
        from marts.fct_answers
        where respondent_key = (
            select median(respondent_key) from marts.fct_respondents where wave_id = '{middle}'
        )
    """,
    "missing answers by wave and question": """
        select
            wave_id, variable_id,
            count(*) filter (missing_kind is not null) / count(*) as share_missing
        from marts.fct_answers
        group by all
    """,
    "the first 1,000 rows": "select * from marts.fct_trend_estimates limit 1000",
}


@dataclass(frozen=True)
class Answer:
    """How long a query took, in milliseconds.

    Args:
        query: what is asked.
        n_rows: rows of the answer.
        cold_ms: with opening the database, of which the system had nothing in memory.
        warm_ms: asked again.
        parquet_ms: asked again of the Parquet files.
    """

    query: str
    n_rows: int
    cold_ms: float
    warm_ms: float
    parquet_ms: float


@dataclass(frozen=True)
class Size:
    """How large a published table is."""

    table: str
    n_rows: int
    n_columns: int
    database_mb: float
    parquet_mb: float


def ask(shape: Shape, release: Path) -> list[Answer]:
    """Ask all queries of a release.

    Args:
        shape: the study that is published.
        release: the folder with `wavehouse.duckdb` and `parquet`.

    Raises:
        BenchmarkError: an answer is empty, so it says nothing of the time.
    """
    database = release / "wavehouse.duckdb"
    files = sorted((release / "parquet").glob("*.parquet"))

    def open_database() -> duckdb.DuckDBPyConnection:
        return duckdb.connect(str(database), read_only=True)

    def open_parquet() -> duckdb.DuckDBPyConnection:
        connection = duckdb.connect()
        connection.execute(f"create schema {PUBLIC}")
        for file in files:
            connection.execute(
                f"create view {PUBLIC}.{file.stem} as select * from read_parquet('{file}')"
            )
        return connection

    answers = []
    waves = list(shape.waves)
    named = {"last": wave_id(waves[-1]), "middle": wave_id(waves[len(waves) // 2])}
    for name, text in QUERIES.items():
        query = text.format(**named)
        cold, _ = shortest(open_database, query, N_COLD, forget=[database])
        warm, n_rows = shortest(open_database, query, N_WARM)
        parquet, _ = shortest(open_parquet, query, N_WARM)
        if not n_rows:
            raise BenchmarkError(f"Nothing was found by the query: {name}")
        answers.append(Answer(name, n_rows, cold, warm, parquet))
    return answers


def shortest(
    connect: Callable[[], duckdb.DuckDBPyConnection],
    query: str,
    n_times: int,
    forget: Iterable[Path] = (),
) -> tuple[float, int]:
    """Give the shortest time of a query in milliseconds, and the number of its rows.

    Args:
        connect: opens what is asked.
        query: in SQL.
        n_times: how often it is timed; once more before if nothing is to be forgotten.
        forget: files that the system is to drop from memory each time; opening them counts then.
    """
    times, n_rows = [], 0
    connection = None if forget else connect()
    for _ in range(n_times + 1 - bool(forget)):
        for path in forget:
            drop_from_memory(path)
        begun = time.perf_counter()
        asked = connection or connect()
        n_rows = len(asked.execute(query).fetchall())
        times.append(1000 * (time.perf_counter() - begun))
        if connection is None:
            asked.close()
    if connection is not None:
        connection.close()
        times = times[1:]
    return min(times), n_rows


def drop_from_memory(path: Path) -> None:
    """Let the system forget a file's content, which is on the disk."""
    handle = os.open(path, os.O_RDONLY)
    try:
        os.posix_fadvise(handle, 0, 0, os.POSIX_FADV_DONTNEED)
    finally:
        os.close(handle)


def sizes(release: Path) -> list[Size]:
    """Give the size of each published table, the largest first, and of all."""
    database = release / "wavehouse.duckdb"
    found = []
    with duckdb.connect(str(database), read_only=True) as connection:
        (block,) = connection.execute("select block_size from pragma_database_size()").fetchall()[0]
        for table, n_rows, n_columns in connection.execute(
            "select table_name, estimated_size, column_count from duckdb_tables() "
            f"where schema_name = '{PUBLIC}'"
        ).fetchall():
            (blocks,) = connection.execute(
                f"select count(distinct block_id) from pragma_storage_info('{PUBLIC}.{table}') "
                "where block_id >= 0"
            ).fetchall()[0]
            file = release / "parquet" / f"{table}.parquet"
            found.append(Size(table, n_rows, n_columns, blocks * block / 2**20, megabytes(file)))
    found.sort(key=lambda size: -size.parquet_mb)
    whole = Size(
        "all",
        sum(size.n_rows for size in found),
        sum(size.n_columns for size in found),
        megabytes(database),
        sum(size.parquet_mb for size in found),
    )
    return [*found, whole]


def megabytes(path: Path) -> float:
    """Give the size of a file."""
    return path.stat().st_size / 2**20
