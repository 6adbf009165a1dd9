"""PostgreSQL gives the same tables as DuckDB: all marts of the overlay, every row and column.

`pytest -rP` shows for each table how much was compared, and the greatest difference.
"""

import itertools
import json
import math
from collections import Counter
from collections.abc import Iterator
from typing import Any

import pytest
from overlay import BENCH_SCHEMA, HERE, INTERVAL_METHODS
from workbench import ROOT, Row, artifacts_folder, query, query_postgres, read_rows

from wavehouse.building.dbt import public_tables
from wavehouse.building.postgres import PostgresServer
from wavehouse.disclosure.closing import TABLE as CLOSING
from wavehouse.disclosure.closing import find_closing, forget_closing, write_closing
from wavehouse.project import Project

# Those of runs are of a machine, not of a survey: test_operations_tables.py has both engines.
TABLES = sorted(
    path.stem for path in (ROOT / "models/marts").rglob("*.sql") if path.parent.name != "operations"
)
# The wide table of a study that is landed nowhere here: it has its columns and no rows.
NOT_LANDED = {"wide_nhanes"}
# No release is there to be revised.
NOTHING_PUBLISHED = {"fct_revisions"}
FINGERPRINTS = {"dictionary_fingerprints"}
TOLERANCE = 1e-9
COLUMNS = """
    select table_name, column_name, data_type
    from information_schema.columns
    where table_schema = '{schema}'
    order by table_name, ordinal_position
"""
ENFORCED = """
    select columns_of_keys.table_name, columns_of_keys.column_name
    from information_schema.table_constraints as keys
    inner join information_schema.key_column_usage as columns_of_keys
        on keys.table_schema = columns_of_keys.table_schema
        and keys.table_name = columns_of_keys.table_name
        and keys.constraint_name = columns_of_keys.constraint_name
    where keys.table_schema in ('marts', 'operations') and keys.constraint_type = 'PRIMARY KEY'
    order by columns_of_keys.table_name, columns_of_keys.ordinal_position
"""
# Names of the types that are the same thing on both engines.
SAME_TYPES = {
    "VARCHAR": "text",
    "character varying": "text",
    "BIGINT": "bigint",
    "INTEGER": "integer",
    "DOUBLE": "double precision",
    "BOOLEAN": "boolean",
    "DATE": "date",
}

BENCH_KEYS = {
    "bench_t_statistics": ["t_statistic", "degrees_of_freedom"],
    "bench_p_values_of_t": ["absolute_t", "degrees_of_freedom"],
    "bench_t_quantiles_of_degrees": ["ci_level", "degrees_of_freedom"],
    "bench_f_statistics": ["f_statistic", "numerator_df", "denominator_df"],
    "bench_p_values_of_f": ["f_statistic", "numerator_df", "denominator_df"],
    "bench_exact_choices": ["exact_base", "estimate", "ci_level"],
    "bench_exact_bounds": ["exact_base", "estimate", "ci_level"],
    **{
        f"bench_{table}_{method}": ["cell_key"]
        for table in ("choices", "intervals")
        for method in INTERVAL_METHODS
    },
}

Rows = list[dict[str, Any]]
Engines = tuple[Project, PostgresServer]


@pytest.fixture(scope="module")
def engines(
    # In this order: PostgreSQL's build begins, DuckDB's runs meanwhile, then the first is awaited.
    postgres_build: object,  # noqa: ARG001
    overlay_on_duckdb: Project,
    overlay_on_postgres: PostgresServer,
) -> Engines:
    """The overlay on both engines."""
    return overlay_on_duckdb, overlay_on_postgres


def query_both(engines: Engines, sql: str) -> tuple[Rows, Rows]:
    """Read the same from both."""
    duckdb, postgres = engines
    return query(duckdb, sql), query_postgres(postgres, sql)


def column_types(rows: Rows) -> dict[str, list[tuple[str, str]]]:
    """Give the columns of each table, in order, with types by one name on both engines."""
    types: dict[str, list[tuple[str, str]]] = {}
    for row in rows:
        data_type = row["data_type"]
        types.setdefault(row["table_name"], []).append(
            (row["column_name"], SAME_TYPES.get(data_type, data_type))
        )
    return types


def test_both_engines_have_every_mart_with_the_same_columns(engines: Engines) -> None:
    assert public_tables(artifacts_folder(engines[0], "duckdb"), "marts") == TABLES
    on_duckdb, on_postgres = map(column_types, query_both(engines, COLUMNS.format(schema="marts")))
    assert sorted(on_duckdb) == TABLES
    assert sorted(on_postgres) == TABLES
    assert on_duckdb == on_postgres


@pytest.fixture(scope="module")
def nodes(overlay_on_duckdb: Project) -> list[dict[str, Any]]:
    """What dbt built, as its manifest says."""
    path = artifacts_folder(overlay_on_duckdb, "duckdb") / "manifest.json"
    return list(json.loads(path.read_text(encoding="utf-8"))["nodes"].values())


@pytest.fixture(scope="module")
def primary_keys(nodes: list[dict[str, Any]]) -> dict[str, list[str]]:
    """The columns of each mart's primary key, as its contract declares it."""
    return {
        node["alias"]: constraint["columns"]
        for node in nodes
        for constraint in node.get("constraints", [])
        if constraint["type"] == "primary_key"
    }


@pytest.fixture(scope="module")
def long_tables(nodes: list[dict[str, Any]]) -> set[str]:
    """The marts whose key is tested, since DuckDB takes long to enforce it."""
    return {
        node["alias"] for node in nodes if node["config"].get("meta", {}).get("long_table", False)
    }


def test_both_engines_enforce_the_keys_of_contracts(
    engines: Engines, primary_keys: dict[str, list[str]], long_tables: set[str]
) -> None:
    # So that no data test needs to: see the macro `enforces_keys`.
    short = {table: key for table, key in primary_keys.items() if table not in long_tables}
    assert short.keys() < primary_keys.keys()
    for rows, expected in zip(query_both(engines, ENFORCED), (short, primary_keys), strict=True):
        enforced: dict[str, list[str]] = {}
        for row in rows:
            enforced.setdefault(row["table_name"], []).append(row["column_name"])
        assert enforced == expected


@pytest.mark.parametrize("table", TABLES)
def test_the_engines_agree_on_every_row(
    engines: Engines, primary_keys: dict[str, list[str]], table: str
) -> None:
    assert table in primary_keys, f"{table} declares no primary key"
    rows = query_both(engines, f"select * from marts.{table}")
    if table in NOT_LANDED | NOTHING_PUBLISHED:
        assert rows == ([], [])
        return
    for row in itertools.chain(*rows) if table in FINGERPRINTS else ():
        # Each engine sums up in its own way; only two releases of one engine are compared.
        assert row.pop("fingerprint")
    compare_rows(table, *rows, primary_keys[table])


def test_the_engines_agree_on_the_bench(engines: Engines) -> None:
    on_duckdb, on_postgres = map(
        column_types, query_both(engines, COLUMNS.format(schema=BENCH_SCHEMA))
    )
    assert on_duckdb == on_postgres
    for table, columns in on_duckdb.items():
        rows = query_both(engines, f"select * from {BENCH_SCHEMA}.{table}")
        # Where no key is named, rows are told apart by all that is not a number.
        texts = [name for name, data_type in columns if data_type != "double precision"]
        compare_rows(table, *rows, BENCH_KEYS.get(table, texts))


def compare_rows(table: str, on_duckdb: Rows, on_postgres: Rows, key: list[str]) -> None:
    """Fail with the first differences of two tables."""
    assert on_duckdb, f"{table} is empty"
    expected, actual = (index_rows(rows, key) for rows in (on_duckdb, on_postgres))
    assert len(expected) == len(on_duckdb)
    assert len(actual) == len(on_postgres)
    only = [f"only on DuckDB: {each}" for each in sorted(expected.keys() - actual.keys(), key=str)]
    only += [
        f"only on PostgreSQL: {each}" for each in sorted(actual.keys() - expected.keys(), key=str)
    ]
    assert not only, "\n".join([f"{table}, {len(only)} rows:", *only[:20]])
    greatest = 0.0
    wrong = []
    for each, row in expected.items():
        if row == actual[each]:
            continue
        for column, value, other in differences(row, actual[each]):
            if isinstance(value, float) and isinstance(other, float):
                size = abs(value - other) / max(1.0, abs(value))
                greatest = max(greatest, size)
                if math.isclose(value, other, rel_tol=TOLERANCE, abs_tol=TOLERANCE):
                    continue
            wrong.append(f"{each}, {column}: {value!r} on DuckDB, {other!r} on PostgreSQL")
    assert not wrong, "\n".join([f"{table}, {len(wrong)} values:", *wrong[:20]])
    print(
        f"{table}: {len(expected)} rows of {len(on_duckdb[0])} columns, "
        f"greatest difference {greatest:.1e}"
    )


def index_rows(rows: Rows, key: list[str]) -> dict[tuple[Any, ...], dict[str, Any]]:
    """Give rows by their key."""
    return {tuple(row[column] for column in key): row for row in rows}


def differences(row: dict[str, Any], other: dict[str, Any]) -> Iterator[tuple[str, Any, Any]]:
    """Give the columns in which two rows differ, with both values."""
    assert row.keys() == other.keys()
    for column, value in row.items():
        if value != other[column]:
            yield column, value, other[column]


def test_odd_codes_are_mapped_letter_for_letter(overlay_on_duckdb: Project) -> None:
    folder = HERE / "studies/odd_names"
    numbers = {
        row["wave_id"]: int(row["wave_number"]) for row in read_rows(folder / "codebook/waves.csv")
    }
    questions = read_rows(folder / "codebook/questions.csv")
    crosswalk = read_rows(folder / "codebook/crosswalk.csv")

    def holds(row: Row, wave_id: str) -> bool:
        last = row["valid_to_wave"] or max(numbers, key=numbers.__getitem__)
        return numbers[row["valid_from_wave"]] <= numbers[wave_id] <= numbers[last]

    def expected_answer(question: Row, wave_id: str, code: str) -> tuple[str | float | None, ...]:
        targets = {
            row["source_code"]: row
            for row in crosswalk
            if row["crosswalk_id"] == question["crosswalk_id"] and holds(row, wave_id)
        }
        target = targets.get(code or "<empty>")
        if target is None:
            assert "<number>" in targets
            return (code, None, float(code), None)
        number = float(target["numeric_value"]) if target["numeric_value"] else None
        return (
            code or None,
            target["category_code"] or None,
            number,
            target["missing_kind"] or None,
        )

    expected = Counter(
        (wave_id, question["variable_id"], *expected_answer(question, wave_id, code))
        for wave_id in numbers
        for question in questions
        if holds(question, wave_id)
        for row in read_rows(folder / f"waves/odd_names_{wave_id}.csv")
        for code in (row[question["source_column"]],)
    )
    found = Counter(
        tuple(row.values())
        for row in query(
            overlay_on_duckdb,
            "select wave_id, variable_id, source_code, category_code, numeric_value, missing_kind "
            "from marts.fct_answers "
            "where study_id = 'odd_names' and variable_id <> 'odd_number_band'",
        )
    )
    assert found == expected
    assert expected.total() == 9 * 60


def test_the_attack_finds_and_closes_the_same_holes(
    engines: Engines, monkeypatch: pytest.MonkeyPatch
) -> None:
    duckdb, postgres = engines
    found = find_closing(lambda sql: query(duckdb, sql))
    assert found.rows
    assert found == find_closing(lambda sql: query_postgres(postgres, sql))
    for name, value in postgres.environment.items():
        monkeypatch.setenv(name, value)
    # written for dbt, read as dbt would, and gone again
    write_closing(duckdb, "postgres", found.rows)
    try:
        rows = query_postgres(postgres, f"select * from {CLOSING}")
        assert [tuple(row.values()) for row in rows] == found.rows
    finally:
        forget_closing(duckdb, "postgres")
    assert not query_postgres(
        postgres,
        "select * from information_schema.tables where table_name = 'disclosure_closing'",
    )
