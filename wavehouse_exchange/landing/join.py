"""Join the tables of a wave on the respondent."""

from collections.abc import Sequence
from pathlib import Path

import duckdb

from wavehouse.encryption import parquet
from wavehouse.encryption.databases import connect
from wavehouse.errors import ProblemsError, WavehouseError
from wavehouse.escapes import sql_name, sql_text
from wavehouse_exchange.landing.names import landed_names
from wavehouse_exchange.landing.store import StoredTable, WaveColumn

MOST_KEYS_NAMED = 5


def join_tables(
    tables: Sequence[StoredTable], key: str | None, folder: Path
) -> tuple[Path, list[WaveColumn]]:
    """Join tables to one with a row for each row of the first, in its order.

    A column that comes again with the same values is kept once; with others it gets the table's
    name behind its own.

    Args:
        tables: the stored tables; the first is the base.
        key: the name of the column to join on, whatever its case; not needed for a single table.
        folder: where to write, and to keep what does not fit into memory.

    Returns:
        the file with the answers, and its columns.

    Raises:
        WavehouseError: there are several tables and no key.
        ProblemsError: a table lacks the key, has one twice or none, or has rows without a partner.
    """
    base = tables[0]
    kept = [WaveColumn(name, base.table, place) for place, name in enumerate(base.names)]
    if len(tables) == 1:
        return base.rows, kept
    if key is None:
        raise WavehouseError(
            "Several files need a column by which they are joined. Name it with --key, or "
            "declare the wave's design with its respondent column in "
            "seeds/codebook/design_columns.csv."
        )
    with connect(config={"temp_directory": str(folder / "spill")}) as connection:
        for place, stored in enumerate(tables):
            rows = parquet.source(stored.rows, "file_row_number = true")
            connection.execute(f"create view t{place} as from {rows}")
        keys = _keys(connection, tables, key)
        selected = [(0, name) for name in base.names]
        for place, stored in enumerate(tables[1:], start=1):
            again = _same_values(connection, base, stored, place, keys)
            for column, name in enumerate(stored.names):
                if name == keys[place] or name in again:
                    continue
                is_taken = any(name.lower() == other.source_column.lower() for other in kept)
                new = f"{name}__{stored.table.name}" if is_taken else name
                kept.append(WaveColumn(new, stored.table, column))
                selected.append((place, name))
        names = landed_names([column.source_column for column in kept])
        kept = [
            WaveColumn(name, column.table, column.place)
            for name, column in zip(names, kept, strict=True)
        ]
        answers = folder / "tables" / "joined.parquet"
        listed = ", ".join(
            f"t{place}.{sql_name(name)} as {sql_name(new)}"
            for (place, name), new in zip(selected, names, strict=True)
        )
        joins = " ".join(
            f"left join t{place} on t0.{sql_name(keys[0])} = t{place}.{sql_name(keys[place])}"
            for place in range(1, len(tables))
        )
        connection.execute(
            f"copy (select {listed} from t0 {joins} order by t0.file_row_number) "
            f"to {sql_text(answers)} {parquet.copy_options(connection)}"
        )
    return answers, kept


def _keys(
    connection: duckdb.DuckDBPyConnection, tables: Sequence[StoredTable], key: str
) -> list[str]:
    """Give the key column of each table, after making sure that it identifies its rows."""
    keys = []
    problems = []
    for stored in tables:
        found = next((name for name in stored.names if name.lower() == key.lower()), None)
        if found is None:
            problems.append(
                f"{stored.table.path.name}: there is no column {key} to join by. Name another "
                "with --key, or leave out the file."
            )
        keys.append(found or "")
    if problems:
        raise ProblemsError("The files of the wave cannot be joined:", problems)
    for place, (stored, name) in enumerate(zip(tables, keys, strict=True)):
        file = stored.table.path.name
        column = sql_name(name)
        empty = connection.execute(
            f"select count(*) from t{place} where {column} is null"
        ).fetchone()
        if empty and empty[0]:
            problems.append(f"{file}, column {name}: {empty[0]} row(s) have no key. Repair them.")
        twice = _listed(
            connection,
            f"select {column} from t{place} where {column} is not null "
            "group by 1 having count(*) > 1",
        )
        if twice:
            problems.append(
                f"{file}, column {name}: several rows have the same key: {twice}. "
                "Repair them, or name another key with --key."
            )
        alone = place and _listed(
            connection,
            f"select distinct {column} from t{place} where {column} not in "
            f"(select {sql_name(keys[0])} from t0 where {sql_name(keys[0])} is not null)",
        )
        if alone:
            problems.append(
                f"{file}, column {name}: rows without a partner in {tables[0].table.path.name}, "
                f"the first file: {alone}. Name the file with all respondents first."
            )
    if problems:
        raise ProblemsError("The files of the wave cannot be joined:", problems)
    return keys


def _same_values(
    connection: duckdb.DuckDBPyConnection,
    base: StoredTable,
    stored: StoredTable,
    place: int,
    keys: list[str],
) -> set[str]:
    """Give the columns of a table that the base has too, with the same values in its rows."""
    names = {name.lower(): name for name in base.names}
    again = [name for name in stored.names if name.lower() in names and name != keys[place]]
    if not again:
        return set()
    compared = ", ".join(
        f"bool_and(t0.{sql_name(names[name.lower()])} is not distinct from t1.{sql_name(name)})"
        for name in again
    )
    row = connection.execute(
        f"select {compared} from t0 join t{place} as t1 "
        f"on t0.{sql_name(keys[0])} = t1.{sql_name(keys[place])}"
    ).fetchone()
    return {name for name, same in zip(again, row or (), strict=True) if same is not False}


def _listed(connection: duckdb.DuckDBPyConnection, sql: str) -> str:
    """Give the first few values of a query as text, and how many more there are."""
    rows = connection.execute(
        f"select *, count(*) over () from ({sql}) order by 1 limit ?", [MOST_KEYS_NAMED]
    ).fetchall()
    if not rows:
        return ""
    more = rows[0][1] - len(rows)
    return ", ".join(row[0] for row in rows) + (f" and {more} more" if more else "")
