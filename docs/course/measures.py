"""Measure what the lessons say of costs, on the published warehouse.

    .venv/bin/python docs/course/measures.py

Each figure is a ratio of two files that hold the same rows, so it is nearly the same on every
machine. The tests compare them with the words of the lessons.
"""

import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import duckdb
from course import WAREHOUSE

# What comes with the repository: a study that somebody added changes no figure.
ANSWERS = """
    (select * from published.marts.fct_answers where study_id in ('api', 'bsa', 'gss')
    order by study_id, wave_id, variable_id, respondent_key)
"""
ESTIMATES = "(select * from published.marts.fct_trend_estimates where study_id = 'gss')"
# As md5 sums are at random, their order shuffles rows, the same way each time.
SHUFFLED = f"(select * from {ANSWERS} order by md5(respondent_key || variable_id))"
NUMBERED = (
    "(select * replace (('0x' || left(respondent_key, 15))::bigint as respondent_key) "
    f"from {ANSWERS})"
)
LABELS = (
    "wave_label, wave_date, measure_label, measure_kind, variable_id, variable_label, "
    "category_label, segment_label, segment_value_label, base_description"
)
WITHOUT_LABELS = f"(select * exclude ({LABELS}) from {ESTIMATES})"
KEY = "primary key (respondent_key, variable_id)"


@contextmanager
def _workplace() -> Iterator[tuple[duckdb.DuckDBPyConnection, Path]]:
    with tempfile.TemporaryDirectory() as name, duckdb.connect() as connection:
        # One thread writes the same file each time.
        connection.execute("set threads = 1")
        connection.execute(f"attach '{WAREHOUSE}' as published (read_only)")
        yield connection, Path(name)


def _size(source: str, options: str = "format parquet, compression zstd") -> int:
    """Give the bytes of a source in files."""
    with _workplace() as (connection, folder):
        connection.execute(f"copy {source} to '{folder}/files' ({options})")
        return sum(path.stat().st_size for path in folder.rglob("*") if path.is_file())


def _size_in_parts(source: str, columns: str) -> int:
    """Give the bytes of a source as Parquet files, one for each value of some columns."""
    return _size(source, f"format parquet, compression zstd, partition_by ({columns})")


def _database(constraint: str = "") -> int:
    """Give the bytes of a database that holds the answers, with a constraint or without."""
    with _workplace() as (connection, folder):
        connection.execute(f"attach '{folder}/answers.duckdb' as made")
        columns = connection.sql(f"select * from {ANSWERS} limit 0")
        typed = [
            f"{name} {kind}" for name, kind in zip(columns.columns, columns.types, strict=True)
        ]
        connection.execute(f"create table made.answers ({', '.join([*typed, constraint])})")
        connection.execute(f"insert into made.answers from {ANSWERS}")
        connection.execute("detach made")
        return (folder / "answers.duckdb").stat().st_size


MEASURES: dict[str, Callable[[], float]] = {
    "02_keys: a database with a declared key on its answers, by one without": lambda: (
        _database(KEY) / _database()
    ),
    "03_data_types: answers with text keys, by those with whole numbers as keys": lambda: (
        _size(ANSWERS) / _size(NUMBERED)
    ),
    "05_denormalisation: estimates with labels, by those without": lambda: (
        _size(ESTIMATES) / _size(WITHOUT_LABELS)
    ),
    "05_denormalisation: the same in CSV": lambda: (
        _size(ESTIMATES, "format csv") / _size(WITHOUT_LABELS, "format csv")
    ),
    "08_indexing: answers in a random order, by those in the published order": lambda: (
        _size(SHUFFLED) / _size(ANSWERS)
    ),
    "09_partitioning: a file for each wave, by one file": lambda: (
        _size_in_parts(ANSWERS, "study_id, wave_id") / _size(ANSWERS)
    ),
    "09_partitioning: a file for each wave and variable, by one file": lambda: (
        _size_in_parts(ANSWERS, "study_id, wave_id, variable_id") / _size(ANSWERS)
    ),
}

if __name__ == "__main__":
    for _name, _measure in MEASURES.items():
        print(f"{_measure():.1f} times: {_name}")
