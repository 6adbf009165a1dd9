"""The queries of `analyses/` run on both engines, and say what is in the tables."""

import json
import math
from collections.abc import Callable
from pathlib import Path
from typing import Any

import duckdb
import pandas as pd
import pytest
from documentation import fences
from workbench import ROOT, DbtRun, query, query_postgres, run_dbt_beside

from wavehouse.project import Project

# They read what the checkout has published, or its working database.
pytestmark = pytest.mark.usefixtures("checkout")

NAMES = sorted(path.stem for path in (ROOT / "analyses").glob("*.sql"))
# The studies of the checkout share no measure, those of other tests do.
NOTHING_HERE = {"studies_compared"}

Rows = list[dict[str, Any]]


def compile_analyses(project: Project, folder: Path) -> DbtRun:
    """Compile the analyses of a project into a folder, without a look at any database."""
    words = ["compile", "--quiet", "--no-introspect", "--no-populate-cache"]
    return run_dbt_beside(project, folder, *words, "--select", "resource_type:analysis")


@pytest.fixture(scope="module")
def compiled(
    checkout: Project, tmp_path_factory: pytest.TempPathFactory
) -> dict[str, dict[str, Any]]:
    """The compiled analyses by name, as the manifest has them."""
    folder = tmp_path_factory.mktemp("compiled")
    run = compile_analyses(checkout, folder)
    assert run.exit_code == 0, run.output
    nodes = json.loads((folder / "manifest.json").read_text(encoding="utf-8"))["nodes"]
    return {
        node["name"]: {
            "sql": (folder / "compiled/wavehouse" / node["original_file_path"]).read_text(),
            "columns": list(node["columns"]),
            "schemas": {nodes[parent]["schema"] for parent in node["depends_on"]["nodes"]},
        }
        for node in nodes.values()
        if node["resource_type"] == "analysis"
    }


def run(sql: str) -> Rows:
    """Run a query on the published warehouse, as an analyst would."""
    columns, rows = columns_and_rows(sql)
    return [dict(zip(columns, row, strict=True)) for row in rows]


def columns_and_rows(sql: str) -> tuple[list[str], list[tuple[Any, ...]]]:
    path = ROOT / "warehouse/wavehouse.duckdb"
    with duckdb.connect(str(path), read_only=True) as connection:
        result = connection.sql(sql)
        return list(result.columns), result.fetchall()


def differences(ours: Rows, theirs: Rows) -> list[str]:
    """Compare two results row by row; numbers may differ in their last digits.

    An order by numbers may differ with these digits, so rows are put in the order of the rest.
    """
    if len(ours) != len(theirs):
        return [f"{len(ours)} rows and {len(theirs)} rows"]
    ours, theirs = (
        sorted(rows, key=lambda row: [str(v) for v in row.values() if not isinstance(v, float)])
        for rows in (ours, theirs)
    )
    return [
        f"row {number}, {column}: {one[column]!r} and {other.get(column)!r}"
        for number, (one, other) in enumerate(zip(ours, theirs, strict=True), start=1)
        for column in one
        if not alike(one[column], other.get(column))
    ]


def alike(one: object, other: object) -> bool:
    """Compare two values."""
    if isinstance(one, float) and isinstance(other, float):
        return math.isclose(one, other, rel_tol=1e-9, abs_tol=1e-12)
    return one == other


def test_there_are_some_and_they_read_marts_only(compiled: dict[str, dict[str, Any]]) -> None:
    assert len(NAMES) >= 6
    assert sorted(compiled) == NAMES
    assert {name for name, each in compiled.items() if each["schemas"] != {"marts"}} == set()


@pytest.mark.parametrize("name", NAMES)
def test_an_analysis_finds_something_and_has_the_columns_described(
    name: str, compiled: dict[str, dict[str, Any]]
) -> None:
    columns, rows = columns_and_rows(compiled[name]["sql"])
    assert bool(rows) == (name not in NOTHING_HERE)
    assert columns == compiled[name]["columns"]


@pytest.mark.slow("server")
@pytest.mark.parametrize("name", NAMES)
def test_an_analysis_gives_the_same_on_both_engines(
    name: str, compiled: dict[str, dict[str, Any]], read: dict[str, Callable[[str], Rows]]
) -> None:
    sql = compiled[name]["sql"]
    rows = read["duckdb"](sql)
    assert rows
    assert differences(rows, read["postgres"](sql)) == []


@pytest.fixture(scope="module")
def read(request: pytest.FixtureRequest) -> dict[str, Callable[[str], Rows]]:
    """Readers of the same studies, built on both engines."""
    # In this order the two builds run at the same time.
    request.getfixturevalue("postgres_build")
    on_duckdb = request.getfixturevalue("overlay_on_duckdb")
    on_postgres = request.getfixturevalue("overlay_on_postgres")
    return {
        "duckdb": lambda sql: query(on_duckdb, sql),
        "postgres": lambda sql: query_postgres(on_postgres, sql),
    }


# What they say, computed again in another way ----------------------------------------------------


def shown_in_the_guide(question: str) -> Rows:
    """Run the SQL of a question; that its result is what is shown is tested with the guide."""
    text = (ROOT / "docs/guide/eight-questions.md").read_text(encoding="utf-8")
    return run(fences(text.split(f"## {question}")[1], "sql")[0])


def test_the_guide_asks_the_same(compiled: dict[str, dict[str, Any]]) -> None:
    marks = run(compiled["attendance_by_sex"]["sql"])
    latest = [row for row in marks if row["wave_label"] >= "GSS 2002"]
    assert [{name: row[name] for name in row if name != "display_interval"} for row in latest] == (
        shown_in_the_guide("How does a group's trend run, with marks?")
    )
    largest = [
        row
        for row in run(compiled["largest_changes"]["sql"])
        if row["study_label"] == "US General Social Survey"
    ]
    shown = shown_in_the_guide("What changed most?")
    assert [{name: row[name] for name in shown[0]} for row in largest[:3]] == shown


def test_two_studies_are_compared_as_in_the_guide(
    compiled: dict[str, dict[str, Any]], overlay_on_duckdb: Project
) -> None:
    """The guide's query is compared with pandas beside its other questions."""
    text = (ROOT / "docs/guide/eight-questions.md").read_text(encoding="utf-8")
    (asked,) = fences(text.split("## Two studies of one measure?")[1].split("\n## ")[0], "sql")
    rows = query(overlay_on_duckdb, compiled["studies_compared"]["sql"])
    assert rows
    expected = query(overlay_on_duckdb, asked)
    for row in expected:
        # The guide's shorter query leaves what is only rounding of two equal totals.
        if abs(row["difference"]) < 1e-9 * (row["error_of_difference"] or 0):
            row["difference"] = 0.0
    assert differences(rows, expected) == []


def test_a_crossing_of_ones_own_has_the_shares_and_errors_of_the_design(
    compiled: dict[str, dict[str, Any]],
) -> None:
    """Shares are counted by pandas, errors are summed over PSUs, those without such people too."""
    rows = run(compiled["party_by_own_variable"]["sql"])
    people = pd.DataFrame(
        run(
            "select stratum_id, psu_key, weight, party, abortion_support, age "
            "from marts.wide_bsa where wave_id = '1986'"
        )
    )
    n_psus = people["psu_key"].nunique()
    assert people["stratum_id"].nunique() == 1
    chosen = people[people["age"] < 55].dropna(subset=["party", "abortion_support"])
    groups = {
        "Fewer than six": chosen[chosen["abortion_support"] < 6],
        "Six or more": chosen[chosen["abortion_support"] >= 6],
    }
    assert {(row["support"], row["party"]) for row in rows} == {
        (group, party) for group in groups for party in chosen["party"].unique()
    }
    for row in rows:
        group = groups[row["support"]]
        is_party = (group["party"] == row["party"]).astype(float)
        weight = group["weight"] / group["weight"].sum()
        share = (weight * is_party).sum()
        scores = (weight * (is_party - share)).groupby(group["psu_key"]).sum()
        assert len(scores) <= n_psus
        spread = (scores**2).sum() - scores.sum() ** 2 / n_psus
        assert row["share"] == pytest.approx(share, abs=1e-12)
        assert row["standard_error"] == pytest.approx(
            (n_psus / (n_psus - 1) * spread) ** 0.5, rel=1e-12
        )
        assert row["n_respondents"] == len(group)


def test_the_largest_changes_go_down_and_are_significant(
    compiled: dict[str, dict[str, Any]],
) -> None:
    """Computed again from the table of changes in fractions."""
    rows = run(compiled["largest_changes"]["sql"])
    for label in {row["study_label"] for row in rows}:
        sizes = run(
            "select abs(change) as size from marts.fct_trend_changes inner join marts.dim_study "
            "using (study_id) "
            f"where study_label = '{label}' and is_significant and comparison = 'first' "
            "and segment_id = 'total' and measure_kind in "
            "('share', 'net', 'share_of_cases', 'share_of_responses') order by 1 desc limit 10"
        )
        places = [row for row in rows if row["study_label"] == label]
        assert [row["place"] for row in places] == list(range(1, len(sizes) + 1))
        for row, expected in zip(places, sizes, strict=True):
            number = float(row["display_value"].split()[0].replace("\N{MINUS SIGN}", "-"))
            assert abs(number) == pytest.approx(100 * expected["size"], abs=0.0501)


def test_the_latest_changes_are_significant_and_know_breaks(
    compiled: dict[str, dict[str, Any]],
) -> None:
    rows = run(compiled["latest_significant_changes"]["sql"])
    assert all(row["p_value_adjusted"] < 0.05 for row in rows)
    assert all(row["ci_lower"] * row["ci_upper"] > 0 for row in rows)
    waves = {(row["study_id"], row["to_wave_id"]) for row in rows}
    assert waves == {("api", "2000"), ("bsa", "1986"), ("gss", "2006")}
    # The study whose universe changed in its latest wave.
    assert {row["study_id"] for row in rows if row["is_across_break"]} == {"gss"}
    expected = run(
        "select count(*) as n from marts.fct_trend_changes where comparison = 'previous' "
        "and is_significant and (study_id, to_wave_id) in "
        "(('api', '2000'), ('bsa', '1986'), ('gss', '2006'))"
    )
    assert len(rows) == expected[0]["n"]


def test_happiness_has_a_row_for_each_wave_with_both_sexes(
    compiled: dict[str, dict[str, Any]],
) -> None:
    rows = run(compiled["happiness_by_sex"]["sql"])
    assert [row["wave_id"] for row in rows] == [str(year) for year in range(1994, 2007, 2)]
    assert [row["wave_id"] for row in rows if row["is_after_break"]] == ["2004", "2006"]
    simple = run(
        "select r.wave_id, r.segment_sex as sex, "
        "avg((a.category_code = 'very_happy')::int) as share "
        "from marts.fct_answers as a join marts.fct_respondents as r using (respondent_key) "
        "where a.variable_id = 'happiness' and a.missing_kind is null group by all"
    )
    shares = {(row["wave_id"], row["sex"].lower()): row["share"] for row in simple}
    for row in rows:
        for sex in ("female", "male"):
            assert row[f"{sex}_estimate"] == pytest.approx(shares[row["wave_id"], sex], rel=1e-9)
            assert row[f"{sex}_ci_lower"] < row[f"{sex}_estimate"] < row[f"{sex}_ci_upper"]


def test_the_largest_changes_of_item_nonresponse_are_counted_from_answers(
    compiled: dict[str, dict[str, Any]],
) -> None:
    rows = run(compiled["item_nonresponse_changes"]["sql"])
    assert len(rows) == 20
    sizes = [abs(row["change_in_rate"]) for row in rows]
    assert sizes == sorted(sizes, reverse=True)
    counted = run(
        "select study_id, wave_id, variable_label, "
        "avg((missing_kind is not null)::int) as rate "
        "from marts.fct_answers join marts.dim_variable using (variable_id) "
        "where missing_kind is null or missing_kind not in ('not_asked', 'not_applicable') "
        "group by all"
    )
    rates = {(r["study_id"], r["wave_id"], r["variable_label"]): r["rate"] for r in counted}
    for row in rows:
        later = rates[row["study_id"], row["to_wave_id"], row["variable_label"]]
        earlier = rates[row["study_id"], row["from_wave_id"], row["variable_label"]]
        assert row["change_in_rate"] == pytest.approx(later - earlier, abs=1e-12)


def test_the_cost_of_clustering_is_that_of_clustered_studies(
    compiled: dict[str, dict[str, Any]],
) -> None:
    rows = run(compiled["cost_of_clustering"]["sql"])
    assert {row["study_id"] for row in rows} == {"api", "bsa"}
    means = [row["mean_design_effect"] for row in rows]
    assert means == sorted(means, reverse=True)
    for row in rows:
        assert (
            row["smallest_design_effect"]
            <= row["mean_design_effect"] * (1 + 1e-12)
            <= row["largest_design_effect"] * (1 + 1e-11)
        )
    # R's design effect of the index in 2000, the largest of the two waves (references, estimates).
    index = next(row for row in rows if row["measure_label"] == "Mean Academic Performance Index")
    assert index["largest_design_effect"] == pytest.approx(9.253099070588906, rel=1e-9)


# The checks themselves, made to fail -------------------------------------------------------------


def test_an_analysis_that_reads_what_is_not_there_fails() -> None:
    with pytest.raises(duckdb.CatalogException):
        run("select * from marts.fct_gone")
    with pytest.raises(duckdb.BinderException):
        run("select gone from marts.fct_trend_estimates")


def test_a_reference_to_nothing_does_not_compile(tmp_path: Path) -> None:
    (tmp_path / "analyses").mkdir()
    (tmp_path / "dbt_project.yml").write_text(
        "name: wavehouse\nversion: '1.0'\nconfig-version: 2\nprofile: wavehouse\n"
        "flags: {send_anonymous_usage_stats: false}\n"
    )
    (tmp_path / "profiles.yml").write_text((ROOT / "profiles.yml").read_text())
    (tmp_path / "analyses/question.sql").write_text("select * from {{ ref('fct_gone') }}")
    run = compile_analyses(Project(tmp_path), tmp_path / "target")
    assert run.exit_code != 0
    assert "fct_gone" in run.output


def test_differences_between_engines_are_found() -> None:
    rows = [{"b": "x", "a": 1.0}, {"b": "y", "a": None}]
    assert differences(rows, [{"b": "y", "a": None}, {"b": "x", "a": 1.0 + 1e-12}]) == []
    assert differences(rows, rows[:1]) == ["2 rows and 1 rows"]
    assert differences(rows, [{"b": "x", "a": 1.1}, {"b": "z", "a": 0.0}]) == [
        "row 1, a: 1.0 and 1.1",
        "row 2, b: 'y' and 'z'",
        "row 2, a: None and 0.0",
    ]
