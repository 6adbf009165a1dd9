"""Measure how a long table is best laid out for those who read it: order, indexes, row groups.

    .venv/bin/python scripts/benchmark_layouts.py                  # of this project's release
    .venv/bin/python scripts/benchmark_layouts.py FOLDER --pairs 9 --only parquet

The answers of a release are written in several layouts into a database of DuckDB, into Parquet and
into a throwaway PostgreSQL, and all layouts are asked the same. In each round every layout is asked
once, in turn, so that all meet the same machine. Printed are milliseconds of processor time of one
thread (medians), and the median of the ratios to the first layout within a round; bytes, and
seconds to write. All layouts must give the same answers, or nothing is reported. No test looks at
the times.
"""

import argparse
import statistics
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import duckdb
import psycopg
import pyarrow as pa
import pyarrow.dataset as ds

from wavehouse.building.postgres import throwaway_postgres
from wavehouse.project import find_project

PUBLISHED = "study_id, wave_id, variable_id, respondent_key"
# So long a query is asked again and again: a clock of the system ticks slowly.
SHORTEST = 0.02
QUERIES = {
    "trend of a variable": """
        select answers.wave_id, answers.category_code, round(sum(respondents.weight)) as n
        from {answers} as answers
        inner join {respondents} as respondents
            on answers.respondent_key = respondents.respondent_key
        where answers.study_id = '{study}' and answers.variable_id = '{first}'
        group by answers.wave_id, answers.category_code
    """,
    "answers of a wave": """
        select variable_id, category_code, count(*) as n
        from {answers}
        where study_id = '{study}' and wave_id = '{wave}'
        group by variable_id, category_code
    """,
    "one respondent": """
        select variable_id, category_code, numeric_value, count(*) as n
        from {answers}
        where respondent_key = '{respondent}'
        group by variable_id, category_code, numeric_value
    """,
    "two variables crossed": """
        select one.category_code, other.category_code as with_code, count(*) as n
        from {answers} as one
        inner join {answers} as other on one.respondent_key = other.respondent_key
        where
            one.study_id = '{study}' and one.variable_id = '{first}'
            and other.study_id = '{study}' and other.variable_id = '{second}'
        group by one.category_code, other.category_code
    """,
}
# Names of folders would be taken for numbers.
KINDS = ds.partitioning(
    pa.schema([("study_id", pa.string()), ("wave_id", pa.string())]), flavor="hive"
)
CHART = """
    select wave_date, segment_value_label, value
    from {chart}
    where study_id = '{study}' and measure_id = '{measure}' and segment_id = '{segment}'
"""


@dataclass
class Layout:
    """One way to lay a table out, and what was measured of it.

    Args:
        name: in words.
        ask: gives the rows of a query, and the processor seconds that it took.
        megabytes: how large it is.
        seconds: of a processor, to write it.
    """

    name: str
    ask: Callable[[str], tuple[list[Any], float]]
    megabytes: float
    seconds: float
    taken: dict[str, list[float]] = field(default_factory=dict)


def main(arguments: Sequence[str] | None = None) -> None:
    """Measure, and print tables."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n", maxsplit=1)[0])
    parser.add_argument("release", type=Path, nargs="?", help="a folder with parquet/ in it")
    parser.add_argument("--pairs", type=int, default=5, help="rounds (default: 5)")
    parser.add_argument("--only", choices=PARTS, help="one part (default: all)")
    said = parser.parse_args(arguments)
    release = said.release or find_project(None).root / "warehouse"
    with tempfile.TemporaryDirectory() as folder, duckdb.connect() as source:
        source.execute("set threads = 1")
        for name in ("fct_answers", "fct_respondents", "chart_trend_estimates"):
            file = release / "parquet" / f"{name}.parquet"
            source.execute(f"create table {name} as from '{file}'")
        names = _asked_for(source)
        for part in [said.only] if said.only else PARTS:
            place = Path(folder) / part
            place.mkdir()
            with PARTS[part](source, place) as (layouts, queries):
                filled = {name: query.format(**names) for name, query in queries.items()}
                _measure(layouts, filled, said.pairs)
                _print(part, layouts, list(filled))


def _asked_for(source: duckdb.DuckDBPyConnection) -> dict[str, str]:
    """Choose what is asked for: of the largest study, and there what most waves have."""
    (study,) = _row(
        source, "select study_id from fct_answers group by all order by count(*) desc limit 1"
    )
    variables = source.execute(
        "select variable_id from fct_answers where study_id = ? and category_code is not null "
        "group by all order by count(distinct wave_id) desc, variable_id limit 2",
        [study],
    ).fetchall()
    (wave,) = _row(
        source,
        "select wave_id from fct_answers where study_id = ? group by all "
        "order by wave_id offset 3 limit 1",
        study,
    )
    (respondent,) = _row(
        source, "select median(respondent_key) from fct_answers where wave_id = ?", wave
    )
    measure, segment = _row(
        source,
        "select measure_id, segment_id from chart_trend_estimates where study_id = ? "
        "group by all order by count(*) desc, measure_id limit 1",
        study,
    )
    found = {"study": study, "wave": wave, "respondent": respondent, "measure": measure}
    found |= {"segment": segment, "first": variables[0][0], "second": variables[-1][0]}
    # Where a table is stays open.
    return found | {name: f"{{{name}}}" for name in ("answers", "respondents", "chart")}


def _row(source: duckdb.DuckDBPyConnection, query: str, *values: str) -> tuple[Any, ...]:
    found: tuple[Any, ...] = source.execute(query, values).fetchall()[0]
    return found


Part = tuple[list[Layout], dict[str, str]]


@contextmanager
def _duckdb(source: duckdb.DuckDBPyConnection, folder: Path) -> Iterator[Part]:
    """Databases of DuckDB: orders of rows, sizes of row groups, indexes."""
    layouts = []
    for number, (name, order, options, index) in enumerate(
        (
            (
                "as published: by study, wave, variable, key",
                PUBLISHED,
                "row_group_size 122880",
                None,
            ),
            ("in no order", "hash(respondent_key, variable_id)", "row_group_size 122880", None),
            (
                "by study, variable, wave, key",
                "study_id, variable_id, wave_id, 1",
                "row_group_size 122880",
                None,
            ),
            ("by respondent", "respondent_key, variable_id", "row_group_size 122880", None),
            ("as published, row groups of 20,480", PUBLISHED, "row_group_size 20480", None),
            (
                "as published, row groups of 983,040",
                PUBLISHED,
                "row_group_size 983040, storage_version 'v1.2.0'",
                None,
            ),
            ("as published, the latest storage", PUBLISHED, "storage_version 'latest'", None),
            (
                "as published, index on respondent_key",
                PUBLISHED,
                "row_group_size 122880",
                "respondent_key",
            ),
            (
                "as published, index on variable_id",
                PUBLISHED,
                "row_group_size 122880",
                "variable_id",
            ),
        )
    ):
        file, place = folder / f"{number}.duckdb", f"layout_{number}"
        begun = time.process_time()
        source.execute(f"attach '{file}' as {place} ({options})")
        source.execute(f"create table {place}.answers as from fct_answers order by {order}")
        if index:
            source.execute(f"create index found on {place}.answers ({index})")
        source.execute(f"checkpoint {place}")
        seconds = time.process_time() - begun
        size = file.stat().st_size / 1e6
        ask = _asking(source, {"answers": f"{place}.answers", "respondents": "fct_respondents"})
        layouts.append(Layout(name, ask, size, seconds))
    yield layouts, QUERIES


@contextmanager
def _parquet(source: duckdb.DuckDBPyConnection, folder: Path) -> Iterator[Part]:
    """Parquet files, read by DuckDB: orders, row groups, levels, Bloom filters, folders."""
    layouts = []
    usual = "row_group_size 122880"
    for number, (name, order, options) in enumerate(
        (
            ("as published: in order, zstd 3, Bloom filters", PUBLISHED, usual),
            ("in no order", "hash(respondent_key, variable_id)", usual),
            ("by study, variable, wave, key", "study_id, variable_id, wave_id, 1", usual),
            ("row groups of 20,480", PUBLISHED, "row_group_size 20480"),
            ("row groups of 983,040", PUBLISHED, "row_group_size 983040"),
            ("zstd 1", PUBLISHED, f"{usual}, compression_level 1"),
            ("zstd 9", PUBLISHED, f"{usual}, compression_level 9"),
            ("zstd 19", PUBLISHED, f"{usual}, compression_level 19"),
            ("without Bloom filters", PUBLISHED, f"{usual}, write_bloom_filter false"),
            ("a folder for each wave", PUBLISHED, f"{usual}, partition_by (study_id, wave_id)"),
        )
    ):
        place = folder / f"{number}.parquet"
        begun = time.process_time()
        source.execute(
            f"copy (from fct_answers order by {order}) to '{place}' "
            f"(format parquet, compression zstd, {options})"
        )
        seconds = time.process_time() - begun
        files = [place] if place.is_file() else sorted(place.rglob("*.parquet"))
        size = sum(file.stat().st_size for file in files) / 1e6
        read = f"read_parquet('{place}')"
        if place.is_dir():
            # Names of folders would be taken for numbers.
            read = (
                f"read_parquet('{place}/**/*.parquet', hive_partitioning = true, "
                "hive_types = {'study_id': varchar, 'wave_id': varchar})"
            )
        ask = _asking(source, {"answers": read, "respondents": "fct_respondents"})
        layouts.append(Layout(name, ask, size, seconds))
    yield layouts, QUERIES


@contextmanager
def _pyarrow(source: duckdb.DuckDBPyConnection, folder: Path) -> Iterator[Part]:
    """The same files, read by pyarrow, as pandas and Polars read them: filters and columns."""
    with _parquet(source, folder) as (layouts, _):
        for number, layout in enumerate(layouts):
            place = folder / f"{number}.parquet"
            layout.ask = _reading(ds.dataset(place, partitioning=KINDS if place.is_dir() else None))
        wanted = ("wave_id", "variable_id", "respondent_key", "category_code")
        columns = ",".join(wanted)
        yield (
            layouts,
            {
                "trend of a variable": f"{columns};variable_id={{first}}",
                "answers of a wave": f"{columns};wave_id={{wave}}",
                "one respondent": f"{columns};respondent_key={{respondent}}",
            },
        )


@contextmanager
def _postgres(source: duckdb.DuckDBPyConnection, folder: Path) -> Iterator[Part]:
    """Tables of PostgreSQL: indexes, BRIN, partitions by wave."""
    key = "primary key (respondent_key, variable_id)"
    by_variable = "create index on {table} (variable_id, wave_id)"
    covering = "create index on {table} (variable_id, wave_id) include (respondent_key)"
    by_wave = "create index on {table} (wave_id)"
    brin = "create index on {table} using brin (study_id, wave_id, variable_id)"
    with throwaway_postgres() as server:
        connection = psycopg.connect(
            f"host={server.host} port={server.port} user={server.user} dbname={server.database}",
            autocommit=True,
        )
        connection.execute("set max_parallel_workers_per_gather = 0")
        connection.execute("set work_mem = '64MB'")
        for table in ("fct_answers", "fct_respondents"):
            _load(source, connection, table, folder)
        connection.execute("alter table fct_respondents add primary key (respondent_key)")
        layouts = []
        for number, (name, order, statements) in enumerate(
            (
                ("in no order, its key", "md5(respondent_key || variable_id)", ()),
                ("in no order, index on variable", "md5(respondent_key || variable_id)",
                 (by_variable,)),
                ("in the order of files", PUBLISHED, ()),
                ("in the order of files, index on variable", PUBLISHED, (by_variable,)),
                ("the same, with respondent_key in the index", PUBLISHED, (covering,)),
                ("in the order of files, indexes on variable and wave", PUBLISHED,
                 (by_variable, by_wave)),
                ("in the order of files, BRIN", PUBLISHED, (brin,)),
                ("in partitions by wave", PUBLISHED, None),
            )
        ):  # fmt: skip
            table = f"layout_{number}"
            begun = _backend(connection)
            if statements is None:
                _partition(connection, table)
            else:
                connection.execute(f"create table {table} as select * from fct_answers limit 0")
            connection.execute(f"insert into {table} select * from fct_answers order by {order}")
            if statements is not None:
                connection.execute(f"alter table {table} add {key}")
            for statement in statements or ():
                connection.execute(statement.format(table=table))
            connection.execute(f"vacuum analyze {table}")
            seconds = _backend(connection) - begun
            ((size,),) = connection.execute(
                "select coalesce(sum(pg_total_relation_size(relid)), pg_total_relation_size(%s)) "
                "from pg_partition_tree(%s) where isleaf",
                [table, table],
            ).fetchall()
            ask = _asking_server(connection, {"answers": table, "respondents": "fct_respondents"})
            layouts.append(Layout(name, ask, float(size) / 1e6, seconds))
        yield layouts, QUERIES
        connection.close()


@contextmanager
def _chart(source: duckdb.DuckDBPyConnection, folder: Path) -> Iterator[Part]:
    """A table for charts on PostgreSQL, of which a dashboard asks one measure at a time."""
    with throwaway_postgres() as server:
        connection = psycopg.connect(
            f"host={server.host} port={server.port} user={server.user} dbname={server.database}",
            autocommit=True,
        )
        connection.execute("set max_parallel_workers_per_gather = 0")
        _load(source, connection, "chart_trend_estimates", folder)
        layouts = []
        for number, (name, statement) in enumerate(
            (
                ("its key", ""),
                (
                    "index on measure and segment",
                    "create index on {table} (measure_id, segment_id)",
                ),
            )
        ):
            table = f"layout_{number}"
            begun = _backend(connection)
            connection.execute(f"create table {table} as select * from chart_trend_estimates")
            connection.execute(
                f"alter table {table} add primary key "
                "(study_id, wave_id, measure_id, category_code, segment_id, segment_code)"
            )
            if statement:
                connection.execute(statement.format(table=table))
            connection.execute(f"vacuum analyze {table}")
            seconds = _backend(connection) - begun
            ((size,),) = connection.execute(
                "select pg_total_relation_size(%s::regclass)", [table]
            ).fetchall()
            ask = _asking_server(connection, {"chart": table})
            layouts.append(Layout(name, ask, float(size) / 1e6, seconds))
        yield layouts, {"a chart": CHART}
        connection.close()


PARTS = {
    "duckdb": _duckdb,
    "parquet": _parquet,
    "pyarrow": _pyarrow,
    "postgres": _postgres,
    "chart": _chart,
}


def _asking(source: duckdb.DuckDBPyConnection, places: dict[str, str]) -> Callable[..., Any]:
    def ask(query: str) -> tuple[list[Any], float]:
        begun = time.process_time()
        rows = source.execute(query.format(**places)).fetchall()
        return rows, time.process_time() - begun

    return ask


def _reading(dataset: ds.Dataset) -> Callable[..., Any]:
    def ask(query: str) -> tuple[list[Any], float]:
        columns, _, condition = query.partition(";")
        name, _, value = condition.partition("=")
        begun = time.process_time()
        chosen = ds.field(name) == value
        table = dataset.to_table(columns.split(","), filter=chosen, use_threads=False)
        return [table.num_rows], time.process_time() - begun

    return ask


def _asking_server(connection: psycopg.Connection, places: dict[str, str]) -> Callable[..., Any]:
    def ask(query: str) -> tuple[list[Any], float]:
        begun = _backend(connection)
        rows = connection.execute(query.format(**places)).fetchall()
        return rows, _backend(connection) - begun

    return ask


def _backend(connection: psycopg.Connection) -> float:
    """Give the processor seconds that the server's process of a connection has taken."""
    told = Path(f"/proc/{connection.info.backend_pid}/schedstat").read_text(encoding="ascii")
    return int(told.split()[0]) / 1e9


def _load(
    source: duckdb.DuckDBPyConnection, connection: psycopg.Connection, table: str, folder: Path
) -> None:
    """Copy a table to the server as it is."""
    kinds = {"VARCHAR": "text", "DOUBLE": "float8"}
    described = source.execute(f"describe {table}").fetchall()
    columns = ", ".join(f'"{name}" {kinds.get(kind, kind)}' for name, kind, *_ in described)
    connection.execute(f"create table {table} ({columns})")
    file = folder / f"{table}.csv"
    source.execute(f"copy {table} to '{file}' (header false)")
    with (
        connection.cursor().copy(f"copy {table} from stdin (format csv)") as copying,
        file.open("rb") as stream,
    ):
        while block := stream.read(1 << 20):
            copying.write(block)
    file.unlink()
    connection.execute(f"analyze {table}")


def _partition(connection: psycopg.Connection, table: str) -> None:
    """Make a table with a partition for each wave; its key has to have the wave in it."""
    connection.execute(
        f"create table {table} (like fct_answers, primary key "
        "(respondent_key, variable_id, study_id, wave_id)) partition by list (wave_id)"
    )
    for (wave,) in connection.execute("select distinct wave_id from fct_answers").fetchall():
        connection.execute(
            f"create table \"{table}_{wave}\" partition of {table} for values in ('{wave}')"
        )


def _measure(layouts: list[Layout], queries: dict[str, str], pairs: int) -> None:
    """Ask all layouts in turn; each answer has to be that of the first."""
    for name, query in queries.items():
        answers = [sorted(map(str, layout.ask(query)[0])) for layout in layouts]
        for layout, answer in zip(layouts, answers, strict=True):
            if not answer or answer != answers[0]:
                raise SystemExit(f"{layout.name}: {name}: another answer than that of the first.")
        for _ in range(pairs):
            for layout in layouts:
                total, times = 0.0, 0
                while total < SHORTEST and times < 200:
                    total += layout.ask(query)[1]
                    times += 1
                layout.taken.setdefault(name, []).append(1000 * total / times)


def _print(part: str, layouts: list[Layout], queries: list[str]) -> None:
    print(f"\n{part}: {PARTS[part].__doc__}\n")
    print("| layout | MB | seconds to write | " + " | ".join(queries) + " |")
    print("|---|---|---|" + "---|" * len(queries))
    first = layouts[0]
    for layout in layouts:
        cells = []
        for name in queries:
            ratios = [
                mine / theirs
                for mine, theirs in zip(layout.taken[name], first.taken[name], strict=True)
            ]
            cells.append(
                f"{statistics.median(layout.taken[name]):,.1f} ({statistics.median(ratios):.2f})"
            )
        told = " | ".join(cells)
        print(f"| {layout.name} | {layout.megabytes:,.0f} | {layout.seconds:,.1f} | {told} |")


if __name__ == "__main__":
    main()
