"""Every data test of the project fails on bad data: each on its own, and all in one `dbt test`.

The kinds of tests that say everything in their arguments are tried on rows made from these. For a
condition (`holds`) only its author knows what breaks it, so BREAKS lists it; a new condition that
is not there fails here.
"""

import json
import re
import shutil
from collections.abc import Iterator
from typing import Any, NamedTuple

import duckdb
import pytest
from workbench import ROOT, copy_built, database_path, run_dbt

from wavehouse.project import Project
from wavehouse.yaml_files import read_yaml


class DataTest(NamedTuple):
    """A data test as the YAML beside a model declares it."""

    name: str
    kind: str
    model: str
    arguments: dict[str, Any]
    severity: str


class Breakage(NamedTuple):
    """A row that a test must find: a copy of one `where`, with other values, or these alone."""

    values: dict[str, str]
    where: str = "true"
    copied: bool = True
    # Where the test does not say it.
    model: str = ""


# A query of its own, of whichever models.
SINGULAR = "singular"
# The fixture `published` has other studies. All wide tables have the same tests.
OF_OTHER_STUDIES = {"wide_gss", "wide_nhanes"}
A_RUN = "'a_run' as run_id"


def declared_tests() -> list[DataTest]:
    """Read every data test that the project declares."""
    found = []
    for path in sorted([*ROOT.glob("models/**/*.yml"), *ROOT.glob("seeds/**/*.yml")]):
        content = read_yaml(path)
        for resource in [*content.get("models", []), *content.get("seeds", [])]:
            if resource["name"] in OF_OTHER_STUDIES:
                continue
            for test in resource.get("data_tests", []):
                ((kind, details),) = test.items()
                severity = details.get("config", {}).get("severity", "error")
                arguments = details.get("arguments", {})
                # Generated files name the package of the test.
                kind = kind.removeprefix("wavehouse.")
                found.append(DataTest(details["name"], kind, resource["name"], arguments, severity))
    for test in read_yaml(ROOT / "tests/_tests.yml")["data_tests"]:
        found.append(DataTest(test["name"], SINGULAR, "", {}, "error"))
    return found


TESTS = declared_tests()

SHOWN = "confidentiality_status = 'F' and observation_status in ('A', 'U', 'B') "
SUPPRESSED = "observation_status = 'Q'"
# Of a row that is suppressed to protect people, and of one that is unreliable.
HIDDEN_STATUSES: tuple[dict[str, str], ...] = (
    {"confidentiality_status": "'A'"},
    {"confidentiality_status": "'F'", "observation_status": "'Q'"},
)
NUMBERS_OF_AN_ESTIMATE = (
    "estimate",
    "standard_error",
    "degrees_of_freedom",
    "ci_level",
    "ci_lower",
    "ci_upper",
    "n_respondents",
    "n_effective",
    "sum_of_weights",
    "design_effect",
    "coefficient_of_variation",
)
NUMBERS_OF_A_CHANGE = (
    "change",
    "standard_error",
    "ci_lower",
    "ci_upper",
    "t_statistic",
    "p_value",
    "p_value_adjusted",
)
NUMBERS_OF_A_TEST = (
    "n_respondents",
    "f_statistic",
    "numerator_df",
    "denominator_df",
    "p_value",
    "p_value_adjusted",
)
# What a row of a chart shows, as a number and as text.
CHARTED = {
    **dict.fromkeys(("value", "value_lower", "value_upper"), "1"),
    **dict.fromkeys(("display_value", "display_interval"), "'1'"),
}
TESTED = "observation_status in ('A', 'U')"
UNTESTED = "observation_status not in ('A', 'U')"


def unexplained(number: str) -> list[Breakage]:
    """Give what takes the reason from rows that are not shown or are marked."""
    silent = {"status_reason": "null"}
    return [
        *(Breakage({"observation_status": f"'{code}'", **silent}) for code in "MLQU"),
        Breakage({"observation_status": "'B'", number: "null", **silent}),
    ]


# What breaks each condition, part by part.
BREAKS: dict[str, list[Breakage]] = {
    "each_code_becomes_one_of_category_number_and_missing_kind": [
        Breakage({"category_code": "'yes'", "missing_kind": "'refused'"}),
        Breakage({"category_code": "'yes'", "numeric_value": "1"}),
        Breakage({"category_code": "null", "numeric_value": "null", "missing_kind": "null"}),
        Breakage({"source_code": "'<number>'", "category_code": "'yes'"}),
    ],
    "every_delivered_column_is_in_a_file": [Breakage({"delivered_file": "null"})],
    "each_answer_is_one_of_category_number_and_missing_kind": [
        Breakage({"category_code": "'yes'", "numeric_value": "1", "missing_kind": "null"}),
        Breakage({"category_code": "null", "numeric_value": "1", "missing_kind": "'refused'"}),
        Breakage({"category_code": "null", "numeric_value": "null", "missing_kind": "null"}),
    ],
    "fct_association_tests_are_whole_or_empty": [
        *(Breakage({column: "null"}, TESTED) for column in (*NUMBERS_OF_A_TEST, "is_significant")),
        Breakage({"n_respondents": "0"}, TESTED),
        Breakage({"f_statistic": "-1"}, TESTED),
        Breakage({"numerator_df": "0.9"}, TESTED),
        Breakage({"denominator_df": "0"}, TESTED),
        Breakage({"p_value": "-0.1"}, TESTED),
        Breakage({"p_value": "1.1", "p_value_adjusted": "1.1"}, TESTED),
        Breakage({"p_value": "0.5", "p_value_adjusted": "0.4"}, TESTED),
        Breakage({"p_value": "0.5", "p_value_adjusted": "1.1"}, TESTED),
        Breakage({"f_statistic": "1"}, UNTESTED),
        Breakage({"p_value": "0.5"}, UNTESTED),
    ],
    "fct_association_tests_suppressed_rows_have_no_numbers": [
        Breakage(
            {
                **status,
                **dict.fromkeys((*NUMBERS_OF_A_TEST, "is_significant"), "null"),
                column: value,
            }
        )
        for status in HIDDEN_STATUSES
        for column, value in [
            *((name, "1") for name in NUMBERS_OF_A_TEST),
            ("is_significant", "true"),
        ]
    ],
    "suppressed_changes_have_no_numbers": [
        *(Breakage({column: "1"}, SUPPRESSED) for column in NUMBERS_OF_A_CHANGE),
        Breakage({"is_comparable": "false"}, f"{SHOWN} and change is not null"),
    ],
    "suppressed_and_marked_rows_have_a_reason": unexplained("estimate"),
    **{
        f"{mart}_suppressed_and_marked_rows_have_a_reason": unexplained(number)
        for mart, number in {
            "fct_trend_changes": "change",
            "fct_trend_slopes": "slope",
            "fct_trend_indices": "index_value",
            "fct_segment_contrasts": "difference",
            "fct_association_tests": "f_statistic",
            "fct_pooled_estimates": "estimate",
            "fct_period_estimates": "estimate",
        }.items()
    },
    "suppressed_rows_have_no_numbers": [
        *(Breakage({column: "1"}, SUPPRESSED) for column in NUMBERS_OF_AN_ESTIMATE),
        *(Breakage({"observation_status": f"'{code}'"}, SHOWN) for code in ("L", "M", "Q")),
    ],
    "intervals_hold_their_estimate": [
        Breakage({"ci_lower": "estimate + 1e-9"}, SHOWN),
        Breakage({"ci_upper": "estimate - 1e-9"}, SHOWN),
    ],
    "no_hard_drift_is_left_open": [
        Breakage({"severity": "'hard'", "is_waived": "false"}),
        Breakage({"severity": "'hard'", "is_waived": "null"}),
    ],
    "no_two_ids_share_a_key": [
        Breakage(values, model=model)
        for model, values in (
            ("int_comparisons__period_waves", {"period_grain": "'another'"}),
            ("int_comparisons__period_waves", {"wave_id": "'another'"}),
            ("int_design__units", {"psu_id": "'another'"}),
            ("int_design__strata", {"stratum_id": "'another'"}),
            ("int_design__strata", {"sample_id": "'another'", "stratum_key": "-1"}),
            (
                "int_design__strata",
                {"weight_id": "'another'", "stratum_key": "-1", "sample_key": "-1"},
            ),
            ("int_segments__values", {"segment_code": "'another'"}),
            ("int_measures__variables", {"base_id": "'another'"}),
            ("int_measures__denominators", {"category_code": "'another'"}),
            (
                "int_measures__denominators",
                {"denominator_code": "'another'", "base_key": "-1"},
            ),
            (
                "int_measures__denominators",
                {"denominator_code": "'another'", "denominator_key": "-1"},
            ),
            ("int_estimates__group_totals", {"category_code": "'another'"}),
        )
    ],
    "no_published_code_is_invalid": [Breakage({"n_invalid": "1"}), Breakage({"n_invalid": "null"})],
    "no_respondent_is_without_stratum_and_psu": [
        Breakage({"stratum_id": "null"}),
        Breakage({"psu_key": "null"}),
    ],
    "no_stratum_has_a_lonely_psu": [Breakage({"is_lonely": "true"}, "period_grain = 'wave'")],
    "p_values_lie_in_0_to_1_and_adjusting_raises_them": [
        Breakage({"p_value": "-0.1"}, SHOWN),
        Breakage({"p_value": "1.1", "p_value_adjusted": "1.1"}, SHOWN),
        Breakage({"p_value": "0.5", "p_value_adjusted": "0.4"}, SHOWN),
        Breakage({"p_value": "0.5", "p_value_adjusted": "1.1"}, SHOWN),
        Breakage({"p_value": "0.5", "p_value_adjusted": "null"}, SHOWN),
    ],
    **{
        f"{mart}_suppressed_rows_have_no_numbers": [
            # A row without a number that has one, or says no reason.
            *(
                Breakage(
                    {
                        **status,
                        **dict.fromkeys(numbers, "null"),
                        "missing_reason": "'A reason'",
                        column: value,
                    },
                    SHOWN,
                )
                for status in statuses
                for column, value in {**numbers, "missing_reason": "null"}.items()
            ),
            Breakage({"missing_reason": "'A reason'"}, f"{SHOWN} and value is not null"),
            Breakage({"value": "null"}, f"{SHOWN} and value is not null"),
        ]
        for mart, numbers, statuses in (
            (
                "chart_trend_estimates",
                {**CHARTED, "rounded_percent": "1", "ci_level": "0.9", "n_respondents": "1"},
                HIDDEN_STATUSES,
            ),
            (
                "chart_trend_changes",
                {**CHARTED, "is_significant": "false"},
                (*HIDDEN_STATUSES, {"is_comparable": "false"}),
            ),
        )
    },
    "rounded_percentages_are_next_to_the_shares": [
        Breakage({"rounded_percent": value}, "rounded_percent is not null")
        for value in ("-1", "101", "floor(value) - 1", "floor(value) + 2")
    ],
    "sampling_fractions_are_at_most_one": [
        Breakage({"sampling_fraction": value}) for value in ("1.01", "-0.01", "null")
    ],
    "revisions_tell_no_figure_that_is_suppressed": [
        *(
            Breakage({f"{side}_{number}": "1"})
            for side in ("from", "to")
            for number in ("estimate", "standard_error", "n_respondents")
        ),
        *(
            Breakage(
                {
                    "from_estimate": "1",
                    "to_estimate": "1",
                    "from_observation_status": "'A'",
                    "to_observation_status": "'A'",
                    f"{side}_observation_status": f"'{status}'",
                }
            )
            for side in ("from", "to")
            for status in "LMQ"
        ),
    ],
    "shares_and_their_bounds_lie_in_0_to_1": [
        Breakage({column: value}, f"{SHOWN} and measure_kind = 'share'")
        for column in ("estimate", "ci_lower", "ci_upper")
        for value in ("-0.01", "1.01")
    ],
    "shown_rows_have_estimate_and_error": [
        Breakage({"estimate": "null"}, f"{SHOWN} and measure_kind <> 'quantile'"),
        Breakage({"standard_error": "null"}, f"{SHOWN} and measure_kind <> 'quantile'"),
        Breakage({"standard_error": "-1"}, f"{SHOWN} and measure_kind <> 'quantile'"),
        Breakage({"n_respondents": "0"}, f"{SHOWN} and measure_kind <> 'quantile'"),
        Breakage({"n_respondents": "null"}, f"{SHOWN} and measure_kind <> 'quantile'"),
    ],
    "waves_have_the_expected_rows": [
        Breakage({"loaded_respondents": "expected_respondents + 1"}),
        Breakage({"loaded_respondents": "null"}),
    ],
    "replicates_have_a_weight_and_a_factor": [
        Breakage({"weight": "-1"}),
        Breakage({"weight": "null"}),
        Breakage({"replicate_factor": "-1"}),
        Breakage({"replicate_factor": "null"}),
        Breakage({"replicate_centre": "null"}),
    ],
    "weights_are_not_negative": [Breakage({"weight": "-1"})],
    "weights_by_name_are_there_and_not_negative": [
        Breakage({"weight": "-1"}),
        Breakage({"weight": "null"}),
    ],
    **{
        f"{mart}_suppressed_rows_have_no_numbers": [
            Breakage(
                {
                    **status,
                    **dict.fromkeys((number, "standard_error", "ci_lower", "ci_upper"), "null"),
                    column: "1",
                }
            )
            for status in HIDDEN_STATUSES
            for column in (number, "standard_error", "ci_lower", "ci_upper")
        ]
        for mart, number in {
            "fct_period_estimates": "estimate",
            "fct_pooled_estimates": "estimate",
            "fct_segment_contrasts": "difference",
            "fct_trend_indices": "index_value",
            "fct_trend_slopes": "slope",
        }.items()
    },
}


def breakages(test: DataTest) -> list[Breakage]:
    """Give the rows that a test must find, one at a time."""
    arguments = test.arguments
    if test.kind == "unique_combination":
        return [Breakage({})]
    if test.kind == "primary_key":
        return [Breakage({}), *(Breakage({column: "null"}) for column in arguments["columns"])]
    if test.kind == "references_key":
        filled = " and ".join(f"{column} is not null" for column in arguments["columns"])
        # A name of its own, lest a row that is added for another test is what it refers to.
        return [Breakage({column: f"'{test.name}'"}, filled) for column in arguments["columns"]]
    if test.kind == "no_problems":
        return [Breakage({"check_id": value}, copied=False) for value in ("'a_check'", "null")]
    if test.kind == "shares_sum_to_one":
        # A whole base of its own, of one share.
        key = dict.fromkeys(arguments["group_by"], "'nowhere'")
        kind = {"measure_kind": "'share'"}
        return [
            Breakage({**key, **kind, "estimate": value}, SHOWN)
            for value in ("1 - 1e-8", "1 + 1e-8", "0")
        ]
    assert test.kind in ("holds", SINGULAR), (
        f"Say in breakages() which rows break a test of kind {test.kind}."
    )
    assert test.name in BREAKS, (
        f"Say in BREAKS how a row breaks {test.name}, part by part: {arguments.get('condition')}"
    )
    return BREAKS[test.name]


def accepted(test: DataTest) -> list[Breakage]:
    """Give rows that a test must let pass, though they are nearly like those it finds."""
    if test.kind == "references_key":
        return [Breakage({column: "null"}) for column in test.arguments["columns"]]
    if test.kind == "shares_sum_to_one":
        key = dict.fromkeys(test.arguments["group_by"], "'nowhere'")
        kind = {"measure_kind": "'share'"}
        return [
            Breakage({**key, **kind, "estimate": value}, SHOWN)
            for value in ("1 - 1e-10", "1 + 1e-10", "null")
        ]
    return []


@pytest.fixture(scope="module")
def loose(published: Project, tmp_path_factory: pytest.TempPathFactory) -> Project:
    """The built project with tables that take any row, and no engine said to enforce keys."""
    project = copy_built(published, tmp_path_factory.mktemp("loose") / "project")
    built = project.target / "built.duckdb"
    shutil.move(database_path(project), built)
    with duckdb.connect(str(database_path(project))) as connection:
        connection.execute(f"attach '{built}' as built (read_only)")
        tables = connection.execute(
            "select schema_name, table_name from duckdb_tables() where database_name = 'built' "
            "union all select schema_name, view_name from duckdb_views() "
            "where database_name = 'built' and view_name = 'stg_codebook__publication_rules'"
        ).fetchall()
        for schema, table in tables:
            connection.execute(f'create schema if not exists "{schema}"')
            connection.execute(
                f'create table "{schema}"."{table}" as from built."{schema}"."{table}"'
            )
            # To have something to copy where a good build leaves nothing.
            if table == "dictionary_breaks":
                # Neither study has a break.
                connection.execute(
                    "insert into marts.dictionary_breaks by name "
                    "select study_id, wave_id, variable_id, 'a_break' as break_id "
                    "from built.marts.dim_question limit 1"
                )
            if table == "fct_period_estimates":
                # Neither study has interview dates; a period's row is like a wave's.
                connection.execute(
                    "insert into marts.fct_period_estimates by name select *, "
                    "'month' as period_grain, wave_date as period_start, wave_date as period_end "
                    "from built.marts.fct_trend_estimates limit 1"
                )
            elif table == "fct_replicate_weights":
                # Neither study has replicate weights.
                connection.execute(
                    "insert into marts.fct_replicate_weights by name select *, "
                    "1 as replicate_number, 1 as replicate_factor, "
                    "'full_sample' as replicate_centre "
                    "from built.marts.fct_respondent_weights limit 1"
                )
            elif table == "fct_revisions":
                # Nothing is revised in a first release.
                connection.execute(
                    "insert into marts.fct_revisions by name select 'a_release' as from_release, "
                    "study_id, 'wave' as period_grain, wave_id as period_id, measure_id, "
                    "category_code, segment_id, segment_code, 'figure' as revision_kind, "
                    "'data' as reason from built.marts.fct_trend_estimates limit 1"
                )
            elif schema == "operations":
                # A build by hand is no run that is recorded.
                keys = {
                    "ops_tests": "'a_run' as run_id, 'a_test' as test_name",
                    "ops_run_steps": "'a_run' as run_id, 1 as step_number",
                    "ops_requests": "'a_digest' as request_digest",
                }
                connection.execute(
                    f'insert into operations."{table}" by name select {keys.get(table, A_RUN)}'
                )
            elif (
                # Any row of problems is one.
                table != "int_checks__problems"
                and not connection.execute(f'from "{schema}"."{table}" limit 1').fetchall()
            ):
                connection.execute(f'insert into "{schema}"."{table}" default values')
                if table.startswith("fct_"):
                    # Nothing is to be explained of a row that is as it should be.
                    connection.execute(f"update marts.{table} set observation_status = 'A'")
        connection.execute("detach built")
    enforces = project.root / "macros/engines/enforces_keys.sql"
    general, *of_engines = re.split(r"(?={% macro (?!default__)\w+__)", enforces.read_text())
    assert len(of_engines) == 2
    enforces.write_text(general, encoding="utf-8")
    # dbt would not look again at tests that were off.
    (project.target / "partial_parse.msgpack").unlink()
    return project


@pytest.fixture(scope="module")
def results(loose: Project, tmp_path_factory: pytest.TempPathFactory) -> dict[str, dict[str, Any]]:
    """What dbt says of each data test, by its unique id, with every bad row in the tables."""
    project = copy_built(loose, tmp_path_factory.mktemp("all_bad") / "project")
    with duckdb.connect(str(database_path(project))) as connection:
        for test in TESTS:
            for breakage in breakages(test):
                add_row(connection, table_of(connection, breakage.model or test.model), breakage)
    run = run_dbt(project, "test", "--select", "test_type:data")
    assert run.exit_code == 1, run.output
    # What dbt has read: an engine that enforces no keys has more tests.
    shutil.copy(project.target / "manifest.json", loose.target)
    found = json.loads((project.target / "run_results.json").read_text())["results"]
    return {result["unique_id"]: result for result in found}


@pytest.fixture(scope="module")
def nodes(loose: Project, results: dict[str, dict[str, Any]]) -> dict[str, dict[str, Any]]:
    """The data tests of an engine that enforces no keys, by name, as dbt compiled them."""
    return {
        name: node | {"compiled_code": results[node["unique_id"]]["compiled_code"]}
        for name, node in data_tests_of(loose).items()
    }


def data_tests_of(project: Project) -> dict[str, dict[str, Any]]:
    """Give the data tests that are on, by name."""
    manifest = json.loads((project.target / "manifest.json").read_text(encoding="utf-8"))
    return {
        node["name"]: node for node in manifest["nodes"].values() if node["resource_type"] == "test"
    }


@pytest.fixture
def connection(loose: Project) -> Iterator[duckdb.DuckDBPyConnection]:
    """The loose database; what a test changes there is undone."""
    with duckdb.connect(str(database_path(loose))) as opened:
        yield opened


def table_of(connection: duckdb.DuckDBPyConnection, model: str) -> str:
    """Give the table of a model, with its schema."""
    sql = "select schema_name from duckdb_tables() where table_name = ?"
    ((schema,),) = connection.execute(sql, [model]).fetchall()
    return f"{schema}.{model}"


def add_row(connection: duckdb.DuckDBPyConnection, table: str, breakage: Breakage) -> None:
    """Add a row that is a copy of another, with other values, or has these alone."""
    values = ", ".join(f"{value} as {column}" for column, value in breakage.values.items())
    replaced = f"replace ({values})" if values else ""
    before = connection.execute(f"select count(*) from {table}").fetchall()
    connection.execute(
        f"insert into {table} select * {replaced} from {table} where {breakage.where} limit 1"
        if breakage.copied
        else f"insert into {table} by name select {values}"
    )
    after = connection.execute(f"select count(*) from {table}").fetchall()
    assert after[0][0] == before[0][0] + 1, f"{table} has no row where {breakage.where}"


def failures(connection: duckdb.DuckDBPyConnection, node: dict[str, Any]) -> int:
    """Count the rows that a test finds, as dbt does."""
    sql = node["compiled_code"]
    return connection.execute(f"select count(*) from ({sql}) as found").fetchall()[0][0]


def test_every_test_of_the_build_is_tried(nodes: dict[str, dict[str, Any]]) -> None:
    assert len({test.name for test in TESTS}) == len(TESTS)
    assert {test.name for test in TESTS} == set(nodes), "See declared_tests()."
    assert not set(BREAKS) - set(nodes), "Remove from BREAKS what is no test any more."


def test_keys_of_contracts_are_tested_where_no_engine_enforces_them(
    published: Project, nodes: dict[str, dict[str, Any]]
) -> None:
    keys = [test for test in TESTS if test.kind == "primary_key"]
    long = {test.name for test in keys if test.arguments.get("long_table")}
    assert long
    short = {test.name for test in keys} - long
    assert short
    tested = set(data_tests_of(published))
    assert short == set(nodes) - tested
    assert long <= tested


def test_long_tables_have_a_test_in_the_place_of_an_index(published: Project) -> None:
    manifest = json.loads((published.target / "manifest.json").read_text(encoding="utf-8"))
    declared = {
        node["name"]
        for node in manifest["nodes"].values()
        if node["config"].get("meta", {}).get("long_table")
    }
    assert declared == {test.model for test in TESTS if test.arguments.get("long_table")}
    with duckdb.connect(str(database_path(published)), read_only=True) as connection:
        keyed = {
            table
            for (table,) in connection.execute(
                "select table_name from duckdb_constraints() "
                "where schema_name in ('marts', 'operations') and constraint_type = 'PRIMARY KEY'"
            ).fetchall()
        }
    contracts = {
        node["name"]
        for node in manifest["nodes"].values()
        if node["config"].get("contract", {}).get("enforced")
    }
    assert keyed == contracts - declared


def test_every_contract_has_a_test_of_its_key(published: Project) -> None:
    manifest = json.loads((published.target / "manifest.json").read_text(encoding="utf-8"))
    contracts = [
        n for n in manifest["nodes"].values() if n["config"].get("contract", {}).get("enforced")
    ]
    assert len(contracts) > 10
    for model in contracts:
        (key,) = (each["columns"] for each in model["constraints"])
        assert {"not_null"} == {
            constraint["type"]
            for column in key
            for constraint in model["columns"][column]["constraints"]
        }
        tested = [t for t in TESTS if t.model == model["name"] and t.kind == "primary_key"]
        assert [test.arguments["columns"] for test in tested] == [key], model["name"]


def test_every_kind_of_test_of_the_project_is_in_use() -> None:
    kinds = {path.stem for path in (ROOT / "macros/tests").glob("*.sql")}
    assert {test.kind for test in TESTS} == {*kinds, SINGULAR}


@pytest.mark.parametrize("test", TESTS, ids=lambda test: test.name)
def test_a_data_test_finds_each_bad_row(
    test: DataTest,
    nodes: dict[str, dict[str, Any]],
    connection: duckdb.DuckDBPyConnection,
) -> None:
    node = nodes[test.name]
    assert failures(connection, node) == 0
    for breakage, expected in [
        *((breakage, 1) for breakage in breakages(test)),
        *((breakage, 0) for breakage in accepted(test)),
    ]:
        connection.begin()
        add_row(connection, table_of(connection, breakage.model or test.model), breakage)
        assert failures(connection, node) == expected, breakage
        connection.rollback()


def test_all_of_them_fail_in_one_run_of_dbt(
    nodes: dict[str, dict[str, Any]], results: dict[str, dict[str, Any]]
) -> None:
    assert {name: results[node["unique_id"]]["status"] for name, node in nodes.items()} == {
        test.name: {"error": "fail", "warn": "warn"}[test.severity] for test in TESTS
    }


def test_every_model_waits_for_the_checks_or_feeds_them(published: Project) -> None:
    manifest = json.loads((published.target / "manifest.json").read_text(encoding="utf-8"))
    checks = "model.wavehouse.int_checks__problems"

    def related(relatives: dict[str, list[str]]) -> set[str]:
        """Follow one of the manifest's maps from the checks to the end."""
        found, ahead = set(), [checks]
        while ahead:
            node = ahead.pop()
            found.add(node)
            ahead += [other for other in relatives[node] if other not in found]
        return found

    known = related(manifest["parent_map"]) | related(manifest["child_map"])
    models = {
        n["unique_id"]: n for n in manifest["nodes"].values() if n["resource_type"] == "model"
    }
    loose_ends = {
        name
        for name, node in models.items()
        # Views of the codebook hold nothing of their own.
        if name not in known and node["schema"] != "staging"
    }
    assert not loose_ends, (
        "These would be built, and their tests fail, beside a list of problems. Begin them with "
        "-- depends_on: {{ ref('int_checks__problems') }}"
    )
