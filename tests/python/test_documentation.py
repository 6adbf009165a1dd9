"""Everything is described, and what the texts say is true. Each check is also made to fail."""

import copy
import csv
import json
import re
import subprocess
import sys
import tomllib
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import documentation as docs
import duckdb
import pytest
import yaml
from workbench import ROOT, DbtRun, copy_built, query, run_dbt

import wavehouse
from wavehouse.changes.baseline import SCHEMAS
from wavehouse.cli import main
from wavehouse.docs_site.site import inline_images
from wavehouse.docs_site.texts import add_texts, find_texts
from wavehouse.errors import WavehouseError
from wavehouse.project import Project
from wavehouse.publishing.contracts import contracts_of

# They read what the checkout has published, or its working database.
pytestmark = pytest.mark.usefixtures("checkout")

REFERENCES = ROOT / "tests/python/references"
GUIDE = sorted((ROOT / "docs/guide").glob("*.md"))
# Texts are checked by folder; those of doc blocks have the links of dbt's docs site.
TEXTS = {
    "project": sorted(ROOT.glob("*.md")),
    "docs": [
        path
        for path in sorted((ROOT / "docs").glob("*.md"))
        if "{% docs " not in path.read_text(encoding="utf-8")
    ],
    "guide": GUIDE,
    "contributing": sorted((ROOT / "docs/contributing").glob("*.md")),
    "decisions": sorted((ROOT / "docs/decisions").glob("*.md")),
    "references": [REFERENCES / "README.md"],
}
README = (ROOT / "README.md").read_text(encoding="utf-8")
TRUST = (ROOT / "docs/guide/trust-the-numbers.md").read_text(encoding="utf-8")
# Kinds of nodes that become tables and views.
BUILT = ("model", "seed")
GATE = "model.wavehouse.int_checks__problems"
# Folders that commands make, and Python's own of the same kind.
MADE = ("target", "warehouse", "logs", ".venv", ".wavehouse")


@pytest.fixture(scope="module")
def manifest(parsed: DbtRun) -> docs.Manifest:
    """What dbt knows of the project as it is now.

    It read all of it: if dbt reads only what changed, a singular test that did loses its
    description.
    """
    assert parsed.exit_code == 0, parsed.output
    return json.loads((ROOT / "target/parse/manifest.json").read_text(encoding="utf-8"))


@pytest.fixture(scope="module")
def catalogue(checkout: Project) -> docs.Catalogue:
    """The columns of every table of the working database."""
    path = checkout.working_database
    columns: dict[tuple[str, str], list[str]] = {}
    with duckdb.connect(str(path), read_only=True) as connection:
        for schema, table, column in connection.execute(
            "select table_schema, table_name, column_name from information_schema.columns"
        ).fetchall():
            columns.setdefault((schema, table), []).append(column)
    return columns


@pytest.fixture(scope="module")
def yaml_texts() -> list[str]:
    """All YAML that dbt reads."""
    folders = ("models", "seeds", "macros", "tests", "analyses")
    return [
        path.read_text(encoding="utf-8")
        for folder in folders
        for path in sorted((ROOT / folder).rglob("*.yml"))
    ]


# The project itself ------------------------------------------------------------------------------


def test_everything_is_described_by_sentences(manifest: docs.Manifest) -> None:
    assert docs.description_problems(manifest) == []


def test_every_macro_and_argument_is_described(manifest: docs.Manifest) -> None:
    assert docs.macro_problems(manifest) == []


def test_every_data_test_has_a_name_that_says_what_holds(manifest: docs.Manifest) -> None:
    assert docs.made_up_name_problems(manifest) == []


def test_the_described_columns_are_those_of_the_database(
    manifest: docs.Manifest, catalogue: docs.Catalogue
) -> None:
    assert docs.column_problems(manifest, catalogue) == []


def test_the_descriptions_reach_the_published_tables() -> None:
    with duckdb.connect(str(ROOT / "warehouse/wavehouse.duckdb"), read_only=True) as connection:
        bare = connection.execute(
            """
            select table_name, column_name from duckdb_columns()
            where schema_name = 'marts' and comment is null
            union all
            select table_name, null from duckdb_tables()
            where schema_name = 'marts' and comment is null
            """
        ).fetchall()
    assert bare == []


def test_every_doc_block_is_used(manifest: docs.Manifest, yaml_texts: list[str]) -> None:
    assert docs.doc_block_problems(manifest, yaml_texts) == []


def test_links_within_the_docs_site_lead_somewhere(manifest: docs.Manifest) -> None:
    assert docs.site_link_problems(add_texts(manifest, ROOT / "docs", "wavehouse")) == []


def test_the_published_warehouse_has_every_public_model(manifest: docs.Manifest) -> None:
    assert docs.exposure_problems(manifest, ("published_warehouse", "wide_tables")) == []


@pytest.mark.parametrize(
    ("name", "package"),
    [("pages", "pages"), ("exports", "exports"), ("api", "serving"), ("bi_tools", "connections")],
)
def test_an_exposure_has_the_tables_that_its_program_reads(
    manifest: docs.Manifest, name: str, package: str
) -> None:
    """A program reads a table by the name that stands in it."""
    sources = "\n".join(
        path.read_text(encoding="utf-8")
        for path in (ROOT / "wavehouse_exchange" / package).glob("*.py")
    )
    (exposure,) = (each for each in manifest["exposures"].values() if each["name"] == name)
    public = {contract.model for contract in contracts_of(manifest).values()}
    assert [each.split(".")[2] for each in exposure["depends_on"]["nodes"]] == sorted(
        table for table in public if re.search(rf"\b{table}\b", sources)
    )


def test_who_reads_a_table_is_named(manifest: docs.Manifest) -> None:
    """Directly, or by way of tables made of it."""
    contracts = contracts_of(manifest)
    assert contracts["chart_trend_changes"].readers == (
        *(
            "BI tools",
            "Published warehouse",
            "metrics of `changes`",
            "saved query `significant_changes`",
        ),
    )
    assert {"API", "BI tools", "Picture in the README"} <= {
        *contracts["fct_trend_estimates"].readers
    }


def test_a_change_begins_with_every_schema_empty_that_dbt_builds_in(
    manifest: docs.Manifest,
) -> None:
    built = [each for each in docs.own(manifest["nodes"]) if each["resource_type"] in BUILT]
    assert {each["schema"] for each in built} <= set(SCHEMAS)


def test_no_model_skips_a_layer_and_every_mart_waits_for_the_checks(
    manifest: docs.Manifest,
) -> None:
    assert docs.layer_problems(manifest, GATE) == []


def test_every_model_says_its_grain_and_key(manifest: docs.Manifest) -> None:
    assert docs.grain_problems(manifest) == []


def test_rooms_are_read_in_one_order(manifest: docs.Manifest) -> None:
    assert docs.room_problems(manifest) == []


def test_the_rooms_are_told_in_their_order(manifest: docs.Manifest) -> None:
    text = (ROOT / "docs/contributing/models.md").read_text(encoding="utf-8")
    rows = re.findall(r"^\| `([a-z]+)` \|[^|]*\|([^|]*)\|([^|]*)\|$", text, re.MULTILINE)
    assert tuple(room for room, _, _ in rows) == docs.ROOMS
    assert {path.name for path in (ROOT / "models/intermediate").iterdir()} == set(docs.ROOMS)
    models = {node["name"] for node in docs.own(manifest["nodes"])}
    for room, ins, outs in rows:
        ways = [re.findall(r"`(\w+)`", text) for text in (ins, outs)]
        assert all(ways), room
        assert {name for way in ways for name in way} <= models, room
        assert all(name.startswith(f"int_{room}__") for name in ways[1]), room


@pytest.mark.parametrize("folder", TEXTS)
def test_links_and_paths_of_texts_lead_somewhere(folder: str) -> None:
    assert TEXTS[folder]
    for file in TEXTS[folder]:
        assert docs.link_problems(ROOT, file) == []
        assert docs.path_problems(ROOT, file, MADE) == []


@pytest.mark.parametrize("folder", TEXTS)
def test_texts_name_commands_that_exist(folder: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["--help"]) == 0
    commands = re.findall(r"^  ([a-z][a-z-]*)\b", capsys.readouterr().out, re.MULTILINE)
    assert "generate" in commands
    targets = docs.make_targets((ROOT / "Makefile").read_text(encoding="utf-8"))
    for file in TEXTS[folder]:
        text = file.read_text(encoding="utf-8")
        assert docs.command_problems(text, targets, commands) == [], file.name


def test_the_rows_that_the_guide_shows_are_in_the_codebook() -> None:
    tables = {
        path.stem: path.read_text(encoding="utf-8")
        for folder in (Project(ROOT).codebook, Project(ROOT).library)
        for path in folder.glob("*.csv")
    }
    texts = {path.name: path.read_text(encoding="utf-8") for path in GUIDE}
    assert sum(len(docs.fences(text, "csv")) for text in texts.values()) > 25
    for name, text in texts.items():
        assert docs.csv_example_problems(text, tables) == [], name


def test_the_results_that_the_guide_shows_are_published() -> None:
    texts = {path.name: path.read_text(encoding="utf-8") for path in GUIDE}
    assert sum(len(docs.fences(text, "sql")) for text in texts.values()) > 15
    with duckdb.connect(str(ROOT / "warehouse/wavehouse.duckdb"), read_only=True) as connection:
        for name, text in texts.items():
            assert docs.result_problems(connection, text) == [], name


def test_the_model_that_the_guide_shows_is_built_and_tested(
    published: Project, tmp_path: Path
) -> None:
    text = (ROOT / "docs/guide/add-a-model.md").read_text(encoding="utf-8")
    project = copy_built(published, tmp_path / "own")
    folder = project.models / "marts" / "own"
    folder.mkdir()
    (folder / "fct_support_by_sex.sql").write_text(docs.fences(text, "sql")[0], encoding="utf-8")
    (folder / "own.yml").write_text(docs.fences(text, "yaml")[0], encoding="utf-8")
    run = run_dbt(project, "build", "--select", "fct_support_by_sex")
    assert run.exit_code == 0, run.output
    assert "support_by_sex_has_one_row_a_wave_and_sex" in run.output
    rows = query(project, "select distinct sex from marts.fct_support_by_sex order by sex")
    assert [row["sex"] for row in rows] == ["female", "male"]


@pytest.mark.parametrize(
    ("index", "folder"),
    [
        ("docs/guide/README.md", "docs/guide"),
        ("CONTRIBUTING.md", "docs/contributing"),
    ],
)
def test_every_page_is_in_its_index(index: str, folder: str) -> None:
    text = (ROOT / index).read_text(encoding="utf-8")
    linked = {
        (ROOT / index).parent / target.partition("#")[0] for target in docs.LINK.findall(text)
    }
    pages = {path for path in (ROOT / folder).glob("*.md") if path != ROOT / index}
    assert pages
    assert pages - linked == set()


def test_texts_use_the_words_of_the_glossary(yaml_texts: list[str]) -> None:
    path = ROOT / "docs/glossary.md"
    words = docs.other_words(path.read_text(encoding="utf-8"))
    assert {"interviewee", "hidden cell", "splice factor"} <= set(words)
    files = [file for folder in TEXTS.values() for file in folder if file != path]
    files += [*(ROOT / "docs/course").glob("*.md"), *(ROOT / "docs").glob("*.md")]
    files += [
        ROOT / "wavehouse_exchange/pages/assets/index.html",
        *(ROOT / "wavehouse").rglob("*.py"),
    ]
    found = {
        file.relative_to(ROOT).as_posix(): docs.word_problems(file.read_text("utf-8"), words)
        for file in files
        if file != path
    }
    assert {file: words for file, words in found.items() if words} == {}
    assert docs.word_problems("\n".join(yaml_texts), words) == []


def test_a_word_that_the_glossary_has_another_for_is_found() -> None:
    words = docs.other_words(
        "| Respondent | one | DDI: [x](y.md) [interviewee, survey subject] |\n"
    )
    assert words == ["interviewee", "survey subject"]
    text = "An Interviewee, a survey\nsubject, `interviewee`, interviewees."
    assert docs.word_problems(text, words) == words
    assert docs.word_problems("Interviewees; `interviewee`.", words) == []


@pytest.mark.parametrize("name", ["CONTRIBUTING.md", "README.md"])
def test_the_first_pages_are_short(name: str) -> None:
    assert len((ROOT / name).read_text(encoding="utf-8").splitlines()) <= 150


def test_every_public_table_is_in_the_list_of_the_guide(manifest: docs.Manifest) -> None:
    text = (ROOT / "docs/guide/the-public-tables.md").read_text(encoding="utf-8")
    marts = {
        node["name"]
        for node in docs.own(manifest["nodes"])
        if node["resource_type"] == "model" and node["config"]["access"] == "public"
    }
    wide = {name for name in marts if name.startswith("wide_")}
    assert marts - wide - set(re.findall(r"`(\w+)`", text)) == set()


def test_the_first_query_of_the_readme_gives_what_the_readme_shows() -> None:
    query = next(block for block in docs.fences(README, "sh") if "duckdb.connect" in block)
    expected = README.split(query)[1].split("```text\n")[1].split("```")[0]
    done = subprocess.run(
        ["bash", "-c", query.replace(".venv/bin/python", sys.executable)],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=True,
    )
    assert done.stdout.strip() == expected.strip()


def test_the_version_is_the_same_everywhere() -> None:
    project = yaml.safe_load((ROOT / "dbt_project.yml").read_text(encoding="utf-8"))
    package = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    changelog = (ROOT / "CHANGELOG.md").read_text(encoding="utf-8")
    newest = re.search(r"^## \[(.+?)\]", changelog, re.MULTILINE)
    assert newest
    versions = {project["version"], package["project"]["version"], newest[1], wavehouse.__version__}
    assert len(versions) == 1, versions


@dataclass(frozen=True)
class Comparison:
    """A row of the guide's table: a number of R, and where the warehouse has it."""

    statistic: str
    file: str
    row: dict[str, str]
    column: str
    table: str
    keys: dict[str, str]
    ours: str

    def of_r(self) -> float:
        """Give R's number."""
        with (REFERENCES / self.file).open(newline="", encoding="utf-8") as file:
            rows = [row for row in csv.DictReader(file) if self.row.items() <= row.items()]
        assert len(rows) == 1, rows
        return float(rows[0][self.column])

    def of_warehouse(self) -> float:
        """Give the published number."""
        condition = " and ".join(f"{name} = ${name}" for name in self.keys)
        path = ROOT / "warehouse/wavehouse.duckdb"
        with duckdb.connect(str(path), read_only=True) as connection:
            rows = connection.execute(
                f"select {self.ours} from marts.{self.table} where {condition}", self.keys
            ).fetchall()
        assert len(rows) == 1, rows
        return rows[0][0]

    def line(self) -> str:
        """Write the row of the table."""
        return f"| {self.statistic} | {self.of_r():.10g} | {self.of_warehouse():.10g} |"


INDEX = {"study_id": "api", "measure_id": "api_score_mean", "segment_id": "total"}
TARGET = {"study_id": "api", "measure_id": "met_schoolwide_target_share", "category_code": "yes"}
SUPPORT = {"study_id": "bsa", "measure_id": "abortion_support_mean", "segment_id": "total"}
HAPPY = {"study_id": "gss", "measure_id": "happiness_share", "category_code": "very_happy"}
COMPARISONS = [
    Comparison(
        "mean index of the schools in 2000 (15 districts)",
        "estimates.csv",
        {"design": "clustered", "measure": "api00", "domain": "all", "ci_method": "t"},
        "estimate",
        "fct_trend_estimates",
        {**INDEX, "wave_id": "2000"},
        "estimate",
    ),
    Comparison(
        "its standard error",
        "estimates.csv",
        {"design": "clustered", "measure": "api00", "domain": "all", "ci_method": "t"},
        "se",
        "fct_trend_estimates",
        {**INDEX, "wave_id": "2000"},
        "standard_error",
    ),
    Comparison(
        "its design effect",
        "estimates.csv",
        {"design": "clustered", "measure": "api00", "domain": "all", "ci_method": "t"},
        "deff",
        "fct_trend_estimates",
        {**INDEX, "wave_id": "2000"},
        "design_effect",
    ),
    Comparison(
        "share of elementary schools that met their target, lower bound",
        "estimates.csv",
        {"design": "clustered", "measure": "sch.wide", "domain": "E", "ci_method": "xlogit"},
        "lower",
        "fct_trend_estimates",
        {**TARGET, "wave_id": "2000", "segment_code": "elementary"},
        "ci_lower",
    ),
    Comparison(
        "change of the index since 1999, standard error (same districts)",
        "changes.csv",
        {"design": "clustered", "domain": "all", "samples": "shared"},
        "se",
        "fct_trend_changes",
        {**INDEX, "to_wave_id": "2000", "comparison": "previous"},
        "standard_error",
    ),
    Comparison(
        "change of support for abortion, 1983 to 1984, p (same people)",
        "bsa_change.csv",
        {"to_wave": "1984", "segment": "total", "samples": "shared"},
        "p",
        "fct_trend_changes",
        {**SUPPORT, "to_wave_id": "1984", "comparison": "previous"},
        "p_value",
    ),
    Comparison(
        "very happy women in 2006, upper bound",
        "gss_happy.csv",
        {
            "wave": "2006",
            "segment": "sex",
            "domain": "female",
            "category": "very_happy",
            "ci_method": "xlogit",
        },
        "upper",
        "fct_trend_estimates",
        {**HAPPY, "wave_id": "2006", "segment_id": "sex", "segment_code": "female"},
        "ci_upper",
    ),
]


@pytest.mark.parametrize("comparison", COMPARISONS, ids=lambda each: each.statistic)
def test_the_guide_shows_what_r_and_the_warehouse_give(
    comparison: Comparison,
) -> None:
    assert comparison.of_warehouse() == pytest.approx(comparison.of_r(), rel=1e-7)
    assert comparison.line() in TRUST.splitlines()


# The checks themselves, on made-up faults --------------------------------------------------------


def resource(kind: str, name: str, **more: Any) -> dict[str, Any]:  # noqa: ANN401 (any JSON)
    """Make a resource as a manifest has it, without fault."""
    return {
        "resource_type": kind,
        "name": name,
        "alias": name,
        "unique_id": f"{kind}.wavehouse.{name}",
        "package_name": "wavehouse",
        "description": "What it is. Grain: one row per number. Key: `n`.",
        "schema": "marts",
        "columns": {},
        "config": {"access": "public"},
        **more,
    }


def made_up() -> docs.Manifest:
    """Make a small manifest without fault."""
    number = {"n": {"description": "A number."}}
    checks = resource(
        "model",
        "int_checks__problems",
        schema="intermediate",
        columns=number,
        fqn=["wavehouse", "intermediate", "checks", "int_checks__problems"],
        depends_on={"nodes": ["seed.wavehouse.waves"]},
        config={"access": "protected"},
    )
    coded = resource(
        "model",
        "int_answers__coded",
        schema="intermediate",
        columns=number,
        fqn=["wavehouse", "intermediate", "answers", "int_answers__coded"],
        depends_on={"nodes": [GATE]},
        config={"access": "protected"},
    )
    mart = resource(
        "model",
        "fct_numbers",
        columns=number,
        fqn=["wavehouse", "marts", "core", "fct_numbers"],
        depends_on={"nodes": ["model.wavehouse.int_answers__coded"]},
    )
    seed = resource("seed", "waves", schema="codebook", columns=number)
    test = resource(
        "test",
        "numbers_are_small",
        test_metadata={"name": "holds"},
        attached_node="model.wavehouse.fct_numbers",
    )
    macro = resource(
        "macro",
        "double",
        macro_sql="{% macro double(number, unit=none) -%}{% endmacro %}",
        arguments=[
            {"name": "number", "type": "string", "description": "A number."},
            {"name": "unit", "type": "string", "description": "Its unit."},
        ],
    )
    version = resource(
        "macro",
        "duckdb__double",
        description="",
        macro_sql="{% macro duckdb__double(number) -%}{% endmacro %}",
        arguments=[],
    )
    exposure = resource(
        "exposure", "published_warehouse", depends_on={"nodes": ["model.wavehouse.fct_numbers"]}
    )
    block = resource("doc", "number", block_contents="[n](#!/model/model.wavehouse.fct_numbers)")
    key = resource(
        "test",
        "numbers_are_one_each",
        test_metadata={"name": "primary_key", "kwargs": {"columns": ["n"]}},
        attached_node="model.wavehouse.fct_numbers",
    )
    nodes = [checks, coded, mart, seed, test, key]
    return {
        "nodes": {each["unique_id"]: each for each in nodes},
        "macros": {each["unique_id"]: each for each in (macro, version)},
        "exposures": {exposure["unique_id"]: exposure},
        "groups": {"group.wavehouse.g": resource("group", "g")},
        "unit_tests": {"unit_test.wavehouse.u": resource("unit_test", "u")},
        "docs": {"doc.wavehouse.number": block},
        "parent_map": {
            "model.wavehouse.fct_numbers": ["model.wavehouse.int_answers__coded"],
            "model.wavehouse.int_answers__coded": [GATE],
            GATE: ["seed.wavehouse.waves"],
        },
    }


CATALOGUE = {
    ("marts", "fct_numbers"): ["n"],
    ("intermediate", "int_checks__problems"): ["n"],
    ("intermediate", "int_answers__coded"): ["n"],
    ("codebook", "waves"): ["n"],
}
MART = ("nodes", "model.wavehouse.fct_numbers")
CHECKS = ("nodes", GATE)
CODED = ("nodes", "model.wavehouse.int_answers__coded")
MACRO = ("macros", "macro.wavehouse.double")


def all_problems(manifest: docs.Manifest) -> list[str]:
    """Put all that is checked about a manifest together."""
    return [
        *docs.description_problems(manifest),
        *docs.macro_problems(manifest),
        *docs.made_up_name_problems(manifest),
        *docs.column_problems(manifest, CATALOGUE),
        *docs.doc_block_problems(manifest, ["\"{{ doc('number') }}\""]),
        *docs.site_link_problems(manifest),
        *docs.exposure_problems(manifest, ("published_warehouse",)),
        *docs.layer_problems(manifest, GATE),
        *docs.room_problems(manifest),
        *docs.grain_problems(manifest),
    ]


def test_a_manifest_without_fault_passes() -> None:
    assert all_problems(made_up()) == []


@pytest.mark.parametrize(
    ("path", "value", "problem"),
    [
        ((*MART, "description"), "", "model fct_numbers: its description is not a sentence"),
        ((*MART, "description"), None, "model fct_numbers: its description is not a sentence"),
        ((*MART, "description"), "numbers.", "model fct_numbers: its description is not a"),
        ((*MART, "description"), "Numbers", "model fct_numbers: its description is not a"),
        (
            (*MART, "columns"),
            {"n": {"description": ""}},
            "model fct_numbers: the description of column n is not a sentence",
        ),
        ((*MART, "columns"), {}, "model fct_numbers: column n is not described"),
        (
            (*MART, "columns", "m"),
            {"description": "Not there."},
            "model fct_numbers: there is no column m",
        ),
        ((*MART, "alias"), "fct_gone", "model fct_numbers: is not in the database"),
        (
            ("nodes", "seed.wavehouse.waves", "description"),
            "",
            "seed waves: its description is not a sentence",
        ),
        (
            ("nodes", "seed.wavehouse.waves", "columns", "m"),
            {"description": "Not there."},
            "seed waves: there is no column m",
        ),
        (
            ("nodes", "test.wavehouse.numbers_are_small", "description"),
            "",
            "test numbers_are_small: its description is not a sentence",
        ),
        (
            ("nodes", "test.wavehouse.numbers_are_small", "name"),
            "holds_fct_numbers_n_10",
            "test holds_fct_numbers_n_10: give it a name that says what holds",
        ),
        (("groups", "group.wavehouse.g", "description"), "", "group g: its description is not a"),
        (
            ("unit_tests", "unit_test.wavehouse.u", "description"),
            "",
            "unit_test u: its description is not a sentence",
        ),
        (
            ("exposures", "exposure.wavehouse.published_warehouse", "description"),
            "",
            "exposure published_warehouse: its description is not a sentence",
        ),
        (
            ("exposures", "exposure.wavehouse.published_warehouse", "depends_on", "nodes"),
            [],
            "exposure published_warehouse: fct_numbers is missing",
        ),
        ((*MACRO, "description"), "", "macro double: its description is not a sentence"),
        ((*MACRO, "arguments"), [], "macro double: argument number is not described"),
        (
            (*MACRO, "macro_sql"),
            "{%- macro double(\n    unit\n) -%}{% endmacro %}",
            "macro double: there is no argument number",
        ),
        (
            (*MACRO, "arguments"),
            [
                {"name": "number", "type": "string", "description": ""},
                {"name": "unit", "type": "string", "description": "Its unit."},
            ],
            "macro double: argument number has no type or no sentence",
        ),
        (
            ("macros", "macro.wavehouse.duckdb__double", "name"),
            "duckdb__triple",
            "macro duckdb__triple: its description is not a sentence",
        ),
        (("docs", "doc.wavehouse.number", "name"), "m", "doc block m: nothing uses it"),
        (
            ("docs", "doc.wavehouse.number", "block_contents"),
            "[n](#!/model/model.wavehouse.fct_gone)",
            "doc block number: model model.wavehouse.fct_gone does not exist",
        ),
        (
            ("docs", "doc.wavehouse.number", "block_contents"),
            "[n](#!/overview/gone)",
            "doc block number: overview gone does not exist",
        ),
        (
            (*MART, "depends_on", "nodes"),
            ["seed.wavehouse.waves"],
            "model fct_numbers: reads waves (seed)",
        ),
        (
            (*MART, "description"),
            "Numbers. Key: `n`.",
            "model fct_numbers: its description does not say its grain",
        ),
        (
            (*MART, "description"),
            "Numbers. Grain: one row per number.",
            "model fct_numbers: its description does not say its key",
        ),
        (
            (*MART, "description"),
            "Numbers. Grain: one row per number. Key: `m`.",
            "model fct_numbers: has no column m",
        ),
        (
            (*MART, "description"),
            "Numbers. Grain: one row per number. Key: none.",
            "model fct_numbers: the key of its description is not the one that is tested",
        ),
        (
            (*MART, "description"),
            "Numbers. Columns, grain and key: those of `fct_gone`.",
            "model fct_numbers: its description does not say its grain",
        ),
        (
            (*CODED, "fqn", 1),
            "staging",
            "model fct_numbers: reads int_answers__coded (staging)",
        ),
        (
            (*CHECKS, "depends_on", "nodes"),
            ["model.wavehouse.int_answers__coded"],
            "model int_checks__problems: reads int_answers__coded of a later room, answers",
        ),
        (
            (*CODED, "fqn", 2),
            "segments",
            "model int_answers__coded: its name does not say its room, segments",
        ),
        (
            (*CODED, "fqn", 2),
            "attic",
            "model int_answers__coded: stands in no room: attic",
        ),
        (
            ("parent_map", "model.wavehouse.fct_numbers"),
            [],
            f"model fct_numbers: does not wait for {GATE}",
        ),
    ],
)
def test_each_fault_of_a_manifest_is_found(
    path: tuple[str, ...],
    value: Any,  # noqa: ANN401 (any JSON)
    problem: str,
) -> None:
    manifest = copy.deepcopy(made_up())
    place = manifest
    for step in path[:-1]:
        place = place[step]
    place[path[-1]] = value
    assert any(each.startswith(problem) for each in all_problems(manifest)), all_problems(manifest)


def test_a_folder_that_is_too_full_is_found() -> None:
    manifest = made_up()
    for number in range(docs.MODELS_OF_A_FOLDER):
        name = f"int_answers__part_{number}"
        manifest["nodes"][f"model.wavehouse.{name}"] = resource(
            "model",
            name,
            fqn=["wavehouse", "intermediate", "answers", name],
            depends_on={"nodes": []},
        )
    assert docs.room_problems(manifest) == ["folder answers: has 17 models, more than 16"]


def test_resources_of_other_packages_are_not_ours_to_describe() -> None:
    manifest = made_up()
    other = resource("macro", "theirs", package_name="dbt", description="", arguments=[])
    manifest["macros"]["macro.dbt.theirs"] = other
    assert all_problems(manifest) == []


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("What it is.", True),
        ("`total` is everybody.", True),
        ("p-value of a change.", True),
        ("What is it?", True),
        ("", False),
        ("   \n", False),
        ("what it is.", False),
        ("What it is", False),
    ],
)
def test_a_sentence_begins_with_a_capital_and_ends_with_a_full_stop(
    text: str, expected: bool
) -> None:
    assert docs.is_sentence(text) is expected


def test_each_fault_of_a_text_is_found(tmp_path: Path) -> None:
    (tmp_path / "docs").mkdir()
    (tmp_path / "docs/here.md").write_text("# The heading\n")
    text = (
        "# Top\n[a](docs/here.md) [b](docs/here.md#the-heading) [c](#top) [d](https://x.example)\n"
        "[e](docs/gone.md) [f](docs/here.md#gone) [g](#gone)\n"
        "`docs/here.md` `docs/gone.sql` `docs/<name>.md` `build/gone` `docs/`\n"
        "```sh\nmake test\nmake tset PYTHON=x\nwavehouse check\nwavehouse chekc\n```\n"
        "`make it`, and not in code: make nothing of it.\n"
    )
    file = tmp_path / "README.md"
    file.write_text(text)
    assert docs.link_problems(tmp_path, file) == [
        "README.md: docs/gone.md does not exist",
        "README.md: docs/here.md#gone has no such heading",
        "README.md: #gone has no such heading",
    ]
    (tmp_path / "build").mkdir()
    assert docs.path_problems(tmp_path, file, ["build"]) == [
        "README.md: docs/gone.sql does not exist"
    ]
    targets = docs.make_targets("SHELL := bash\ntest: lint ## Run\n\t@run\n.PHONY: x\n")
    assert targets == {"test"}
    assert docs.command_problems(text, targets, ["check"]) == [
        "there is no `make tset`",
        "there is no `make it`",
        "there is no `wavehouse chekc`",
    ]


def test_each_fault_of_an_example_row_is_found() -> None:
    text = "1. Like this:\n\n   ```csv\n   a,b\n   1,2\n   3,4\n   ```\n\n```csv\nc\n5\n```\n"
    assert docs.csv_example_problems(text, {"t": "a,b\n1,2\n"}) == [
        "no table has the row 3,4",
        "no table has the header c",
    ]
    assert docs.csv_example_problems(text, {"t": "a,b\n1,2\n3,4\n", "u": "c\n5\n"}) == []


def test_each_result_that_is_not_so_is_found() -> None:
    right = (
        "```sql\nselect 1 as a, null as b, true as c\n```\n\n| a | b | c |\n| --- | --- | --- |\n"
    )
    right += "| 1 |  | true |\n"
    model = "```sql\nselect * from {{ ref('m') }}\n```\n"
    with duckdb.connect() as connection:
        assert docs.result_problems(connection, f"Text.\n\n{right}\n\nMore.\n\n{model}") == []
        for wrong in (
            right.replace("| 1 |", "| 2 |"),
            right.partition("| a |")[0],
            right + "| 2 |",
        ):
            assert len(docs.result_problems(connection, wrong)) == 1, wrong


# The docs site -----------------------------------------------------------------------------------


def test_links_of_texts_become_those_of_the_site(tmp_path: Path) -> None:
    (tmp_path / "guide").mkdir()
    (tmp_path / "glossary.md").write_text("# Glossary\n[up](guide/README.md)\n")
    (tmp_path / "guide/README.md").write_text("# Guide\n[a](add-a-wave.md#by-hand)\n")
    (tmp_path / "guide/add-a-wave.md").write_text(
        "# Add a wave\n[g](../glossary.md), [here](#by-hand), [d](../decisions/README.md),"
        " [x](https://x.example) `[c](../glossary.md)` ![f](../images/flow.svg)\n"
        "```text\n[c](../glossary.md)\n```\n"
    )
    texts = find_texts(tmp_path)
    assert [text.name for text in texts] == ["glossary", "guide", "guide_add_a_wave"]
    assert [text.title for text in texts] == ["Glossary", "Guide", "Add a wave"]
    block = {
        "name": "__overview__",
        "original_file_path": "docs/overview.md",
        "block_contents": r"[g](guide/README.md) [m](#!/m) \[x\](y.md) ![i](docs/images/i.svg)",
    }
    manifest = {"docs": {"o": block}, "exposures": {}, "parent_map": {}}
    before = copy.deepcopy(manifest)
    shown = add_texts(manifest, tmp_path, "p")
    assert manifest == before
    assert {key: each["block_contents"] for key, each in shown["docs"].items()} == {
        "o": r"[g](#!/overview/guide) [m](#!/m) \[x\](y.md) ![i](docs/images/i.svg)",
        "doc.p.__glossary__": "# Glossary\n[up](#!/overview/guide)\n",
        "doc.p.__guide__": "# Guide\n[a](#!/exposure/exposure.p.guide_add_a_wave)\n",
    }
    node = shown["exposures"]["exposure.p.guide_add_a_wave"]
    assert (node["label"], node["type"]) == ("Add a wave", "guide")
    assert node["description"] == (
        "[g](#!/overview/glossary), here, d, [x](https://x.example) `[c](../glossary.md)`"
        " ![f](docs/images/flow.svg)\n```text\n[c](../glossary.md)\n```"
    )


def test_images_of_doc_blocks_become_part_of_the_page(empty_project: Project) -> None:
    folder = empty_project.root / "docs/images"
    folder.mkdir(parents=True)
    (folder / "flow.svg").write_text("<svg/>")
    page = r'{"block_contents": "# Top\n![Flow](docs/images/flow.svg)\n[x](docs/y.md)"}'
    assert inline_images(empty_project, page) == (
        r'{"block_contents": "# Top\n![Flow](data:image/svg+xml;base64,PHN2Zy8+)\n[x](docs/y.md)"}'
    )


def test_an_image_that_is_missing_stops_the_docs(empty_project: Project) -> None:
    with pytest.raises(
        WavehouseError, match=r"The docs show docs/images/gone\.svg, but the file is missing"
    ):
        inline_images(empty_project, "![Gone](docs/images/gone.svg)")
