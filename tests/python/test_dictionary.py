"""The dictionary is complete: compared with the codebook's files, and with what it explains."""

import csv
import json
from collections import defaultdict
from typing import Any

import duckdb
import pytest
from workbench import ROOT

from wavehouse.generate.wide_tables import KEYS, column_of
from wavehouse.project import Project

# Those of the fixture `published`.
STUDIES = ("api", "bsa")


def codebook(table: str) -> list[dict[str, str]]:
    """Read a file of the codebook, of the studies that are in the repository."""
    with (ROOT / f"seeds/codebook/{table}.csv").open(newline="", encoding="utf-8") as file:
        return [row for row in csv.DictReader(file) if row.get("study_id", STUDIES[0]) in STUDIES]


@pytest.fixture(scope="module")
def warehouse(published: Project) -> duckdb.DuckDBPyConnection:
    """The published warehouse, to read."""
    return duckdb.connect(str(published.root / "warehouse/wavehouse.duckdb"), read_only=True)


def rows(warehouse: duckdb.DuckDBPyConnection, sql: str, *values: object) -> list[tuple[Any, ...]]:
    """Read rows as tuples."""
    return warehouse.execute(sql, list(values)).fetchall()


def asked_by_wave() -> dict[tuple[str, str], dict[str, str]]:
    """Give the delivered column of each question of a wave, as the codebook's files have it."""
    order = {(w["study_id"], w["wave_id"]): int(w["wave_number"]) for w in codebook("waves")}
    asked: dict[tuple[str, str], dict[str, str]] = defaultdict(dict)
    for question in codebook("questions"):
        study_id = question["study_id"]
        first = order[study_id, question["valid_from_wave"]]
        last = order.get((study_id, question["valid_to_wave"]), max(order.values()))
        for (study, wave_id), number in order.items():
            if study == study_id and first <= number <= last:
                asked[study, wave_id][question["variable_id"]] = question["source_column"]
    return asked


def test_every_question_of_every_wave_has_lineage_to_a_file_that_is_there(
    warehouse: duckdb.DuckDBPyConnection,
) -> None:
    found = defaultdict(dict)
    for study_id, wave_id, variable_id, column, file in rows(
        warehouse,
        "select distinct study_id, wave_id, variable_id, source_column, delivered_file "
        "from marts.dictionary_lineage "
        "where table_name = 'fct_answers' and variable_id = source_variable_id",
    ):
        found[study_id, wave_id][variable_id] = column
        with (ROOT / file).open(newline="", encoding="utf-8") as delivered:
            assert column in next(csv.reader(delivered)), (file, column)
    assert found == asked_by_wave()


def test_derived_variables_lead_to_the_columns_they_are_made_of(
    warehouse: duckdb.DuckDBPyConnection,
) -> None:
    asked = asked_by_wave()
    sources = {(r["variable_id"], r["source_variable_id"]) for r in codebook("derivations")}
    expected = {
        (*wave, variable_id, source, columns[source])
        for wave, columns in asked.items()
        for variable_id, source in sources
        if source in columns
    }
    assert expected
    assert expected == set(
        rows(
            warehouse,
            "select study_id, wave_id, variable_id, source_variable_id, source_column "
            "from marts.dictionary_lineage "
            "where table_name = 'fct_answers' and column_name = 'category_code' "
            "and variable_id <> source_variable_id",
        )
    )


def test_the_design_of_every_wave_leads_to_its_columns(
    warehouse: duckdb.DuckDBPyConnection,
) -> None:
    designs = defaultdict(set)
    for row in codebook("design_columns"):
        designs[row["design_id"]].add((row["design_role"], row["source_column"]))
    expected = {
        (wave["study_id"], wave["wave_id"], *column)
        for wave in codebook("waves")
        for column in designs[wave["design_id"]]
    }
    assert expected == set(
        rows(
            warehouse,
            "select study_id, wave_id, design_role, source_column from marts.dictionary_lineage "
            "where table_name = 'fct_respondents' and design_role is not null",
        )
    )


def test_every_column_that_shows_answers_is_explained_to_the_end(
    warehouse: duckdb.DuckDBPyConnection,
) -> None:
    """Facts lead to delivered columns, and so does each column of a variable in each wide table."""
    traced = set(rows(warehouse, "select table_name, column_name from marts.dictionary_lineage"))
    tables = {name for (name,) in rows(warehouse, "select table_name from duckdb_tables()")}
    assert {name for name in tables if name.startswith("fct_")} <= {table for table, _ in traced}
    shown = rows(
        warehouse,
        "select table_name, column_name from marts.dictionary_columns "
        "where variable_id is not null",
    )
    assert {table for table, _ in shown} == {f"wide_{study_id}" for study_id in STUDIES}
    assert set(shown) <= traced


def test_the_dictionary_has_every_column_of_every_table(
    warehouse: duckdb.DuckDBPyConnection,
) -> None:
    columns = (
        "select table_name, column_name from duckdb_columns() "
        "where schema_name = 'marts' and database_name = current_database()"
    )
    described = (
        "select table_name, column_name from marts.dictionary_columns "
        "where length(column_description) > 2"
    )
    assert set(rows(warehouse, columns)) == set(rows(warehouse, described))


def test_codes_are_those_of_the_crosswalk_wherever_a_question_uses_them(
    warehouse: duckdb.DuckDBPyConnection,
) -> None:
    delivered = rows(
        warehouse,
        "select distinct study_id, wave_id, variable_id, coalesce(source_code, '<empty>'), "
        "category_code, missing_kind from marts.fct_answers "
        "inner join marts.dim_question using (study_id, wave_id, variable_id) "
        "where not is_derived and numeric_value is null",
    )
    listed = rows(
        warehouse,
        "select study_id, wave_id, variable_id, source_code, category_code, missing_kind "
        "from marts.dictionary_codes where is_delivered",
    )
    assert delivered
    # A number that the codebook maps by name is delivered too, and has neither category nor kind.
    assert set(delivered) == {row for row in listed if row[4] or row[5]}
    known = {(row["source_code"], row["category_code"]) for row in codebook("crosswalk")}
    assert known == {
        (code, category or "")
        for code, category in rows(
            warehouse, "select source_code, category_code from marts.dictionary_codes"
        )
    }


@pytest.mark.parametrize("study_id", STUDIES)
def test_a_wide_table_has_every_answer_and_nothing_else(
    warehouse: duckdb.DuckDBPyConnection, study_id: str
) -> None:
    relation = warehouse.execute(f"select * from marts.wide_{study_id}")
    names = [column[0] for column in relation.description]
    wide = [dict(zip(names, row, strict=True)) for row in relation.fetchall()]
    assert names[: len(KEYS)] == list(KEYS)
    answers: dict[str, dict[str, Any]] = defaultdict(dict)
    variables = set()
    for key, variable_id, label, number in rows(
        warehouse,
        "select respondent_key, variable_id, category_label, numeric_value "
        "from marts.fct_answers where study_id = ?",
        study_id,
    ):
        variables.add(variable_id)
        if label is not None or number is not None:
            answers[key][variable_id] = label if number is None else number
    assert set(names[len(KEYS) :]) == {column_of(variable_id) for variable_id in variables}
    for row in wide:
        found = {v: row[column_of(v)] for v in variables if row[column_of(v)] is not None}
        assert found == answers[row["respondent_key"]]
    design = ["respondent_key", "person_key", "wave_id", "stratum_id", "psu_key", "weight"]
    assert sorted(tuple(row[name] for name in design) for row in wide) == sorted(
        rows(
            warehouse,
            f"select {', '.join(design)} from marts.fct_respondents where study_id = ?",
            study_id,
        )
    )


def test_wide_columns_are_described_from_the_codebook(published: Project) -> None:
    manifest = json.loads((published.target / "manifest.json").read_text(encoding="utf-8"))
    labels = {row["variable_id"]: row["variable_label"] for row in codebook("variables")}
    for study_id in STUDIES:
        columns = manifest["nodes"][f"model.wavehouse.wide_{study_id}"]["columns"]
        shown = {
            column["config"]["meta"]["variable_id"]: column["description"]
            for column in columns.values()
            if "variable_id" in column["config"]["meta"]
        }
        assert shown
        for variable_id, description in shown.items():
            assert labels[variable_id] in description
