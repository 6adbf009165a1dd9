"""Waves from SQLite files."""

import sqlite3
from collections.abc import Sequence
from contextlib import closing
from pathlib import Path

import pytest

from wavehouse.errors import WavehouseError
from wavehouse.project import Project
from wavehouse_exchange.landing import land_wave, read_sqlite
from wavehouse_exchange.landing.options import reading_options
from wavehouse_exchange.landing.readers import open_table
from wavehouse_exchange.landing.tables import AS_DELIVERED, ReadingOptions, Texts, texts_of
from wavehouse_exchange.receiving.bodies import ENDINGS

WAVE = "CREATE TABLE wave (person INTEGER PRIMARY KEY, said TEXT, weight REAL, q1, photo BLOB)"
ROWS = (
    (1, 'Grüße, "東京"', 0.1 + 0.2, "007", b"\x01\xff"),
    (2, None, 1.0, 7, None),
    (2**62, "", None, 2.5, None),
)


def made(path: Path, *statements: str, rows: Sequence[tuple[object, ...]] = ROWS) -> Path:
    """Make a file with a table, and do to it what is said."""
    with closing(sqlite3.connect(path)) as connection, connection:
        for statement in (WAVE, *statements):
            connection.execute(statement)
        connection.executemany("INSERT INTO wave VALUES (?, ?, ?, ?, ?)", rows)
    return path


def table_of(path: Path, options: ReadingOptions = AS_DELIVERED) -> dict[str, tuple[str, Texts]]:
    """Read a file into its columns, with their types."""
    table = open_table(path, options)
    texts: list[Texts] = [[] for _ in table.columns]
    for chunk in table.chunks:
        for column, more in zip(texts, chunk, strict=True):
            column.extend(texts_of(more))
    return {
        column.name: (column.type, values)
        for column, values in zip(table.columns, texts, strict=True)
    }


def test_a_table_says_what_is_stored(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(read_sqlite, "rows_of_a_chunk", lambda _: 2)
    # An index with all columns, and other tables that have no rows or are none.
    path = made(
        tmp_path / "wave.sqlite",
        "CREATE INDEX other_order ON wave (weight, said, q1, photo, person)",
        "CREATE TABLE empty (x)",
        "CREATE VIEW seen AS SELECT * FROM wave",
    )
    assert table_of(path) == {
        "person": ("number", ["1", "2", str(2**62)]),
        "said": ("text", ['Grüße, "東京"', None, None]),
        "weight": ("number", ["0.30000000000000004", "1", None]),
        "q1": ("text", ["007", "7", "2.5"]),
        "photo": ("text", ["01ff", None, None]),
    }
    assert [each.name for each in tmp_path.iterdir()] == ["wave.sqlite"]


def test_a_file_with_several_tables_becomes_a_wave(empty: Project, tmp_path: Path) -> None:
    path = made(tmp_path / "wave.db", "CREATE TABLE visits (person, day)")
    with closing(sqlite3.connect(path)) as connection, connection:
        connection.execute("INSERT INTO visits VALUES (1, '2026-05-01')")
    with pytest.raises(WavehouseError, match=r"2 tables have rows .wave, visits.*--sheet"):
        open_table(path, AS_DELIVERED)
    with pytest.raises(WavehouseError, match=r"no table 'people'. Name one of wave, visits"):
        open_table(path, reading_options(sheet="people"))
    landed = land_wave(empty, "panel", "2030", [path], options=reading_options(sheet="wave"))
    assert landed.row_count == len(ROWS)


@pytest.mark.parametrize(
    ("statements", "said"),
    [
        (("CREATE TABLE t (x, y AS (zeroblob(500000000)))",), "too big"),
        (("CREATE VIRTUAL TABLE t USING fts5(x)",), "no table 't'"),
        (("CREATE VIEW t AS SELECT 1",), "no table 't'"),
    ],
)
def test_what_a_file_would_run_is_not_run(
    tmp_path: Path, statements: tuple[str, ...], said: str
) -> None:
    path = made(tmp_path / "wave.sqlite3", *statements)
    with closing(sqlite3.connect(path)) as connection, connection:
        if "zeroblob" in statements[0]:
            connection.execute("INSERT INTO t VALUES (1)")
    with pytest.raises(WavehouseError, match=said):
        table_of(path, reading_options(sheet="t"))
    assert not ENDINGS & {"sqlite", "sqlite3", "db"}


def test_files_that_cannot_be_read_are_refused(tmp_path: Path) -> None:
    path = made(tmp_path / "wave.sqlite")
    content = path.read_bytes()
    path.write_bytes(content[: len(content) // 2])
    with pytest.raises(WavehouseError, match="damaged, or is no SQLite file"):
        table_of(path)
    path.write_bytes(b"person,q1\n1,2\n" * 500)
    with pytest.raises(WavehouseError, match="damaged, or is no SQLite file"):
        table_of(path)
    path.unlink()
    made(path)
    with closing(sqlite3.connect(path)) as connection, connection:
        connection.execute("PRAGMA journal_mode = WAL")
        connection.execute("INSERT INTO wave (person) VALUES (99)")
        connection.commit()
        with pytest.raises(WavehouseError, match=r"wave.sqlite-wal lies beside it"):
            open_table(path, AS_DELIVERED)
