"""Everything is described, and what the texts say is so."""

import csv
import json
import re
import subprocess
from pathlib import Path
from typing import Any

import duckdb
import pytest

ROOT = Path(__file__).resolve().parents[2]
DESCRIBED = ("model", "seed", "analysis", "test", "unit_test")


@pytest.fixture(scope="session")
def manifest() -> dict[str, Any]:
    """What dbt knows of the project; `make test` has built it before."""
    path = ROOT / "target/manifest.json"
    assert path.exists(), "target/manifest.json is missing. Run `make` first."
    return json.loads(path.read_text())


def undescribed(manifest: dict[str, Any]) -> list[str]:
    """List everything of this project in a manifest that has no description."""
    missing = []
    for node in [*manifest["nodes"].values(), *manifest["unit_tests"].values()]:
        if node["resource_type"] not in DESCRIBED:
            continue
        if not node.get("description", "").strip():
            missing.append(node["unique_id"])
        if node["resource_type"] in ("model", "seed", "analysis"):
            missing += [
                f"{node['unique_id']}.{column['name']}"
                for column in node["columns"].values()
                if not column["description"].strip()
            ]
    for exposure in manifest["exposures"].values():
        if not exposure["description"].strip():
            missing.append(exposure["unique_id"])
    for macro in manifest["macros"].values():
        if macro["package_name"] != "wavehouse" or "__" in macro["name"]:
            continue
        if not macro["description"].strip():
            missing.append(macro["unique_id"])
        missing += [
            f"{macro['unique_id']}({argument['name']})"
            for argument in macro["arguments"]
            if not (argument.get("description") or "").strip()
        ]
    return missing


def test_everything_is_described(manifest: dict[str, Any]) -> None:
    assert undescribed(manifest) == []


def test_a_missing_description_is_noticed(manifest: dict[str, Any]) -> None:
    broken = json.loads(json.dumps(manifest))
    model = broken["nodes"]["model.wavehouse.fct_trend_estimates"]
    model["description"] = " "
    model["columns"]["estimate"]["description"] = ""
    macro = broken["macros"]["macro.wavehouse.to_number"]
    macro["description"] = ""
    macro["arguments"][0]["description"] = ""
    assert sorted(undescribed(broken)) == [
        "macro.wavehouse.to_number",
        "macro.wavehouse.to_number(expression)",
        "model.wavehouse.fct_trend_estimates",
        "model.wavehouse.fct_trend_estimates.estimate",
    ]


def test_the_described_columns_are_those_of_the_tables(manifest: dict[str, Any]) -> None:
    with duckdb.connect(str(ROOT / "target/wavehouse.duckdb"), read_only=True) as connection:
        found: dict[tuple[str, str], set[str]] = {}
        for schema, table, column in connection.execute(
            "select schema_name, table_name, column_name from duckdb_columns()"
        ).fetchall():
            found.setdefault((schema, table), set()).add(column)
    checked = 0
    for node in manifest["nodes"].values():
        if node["resource_type"] in ("model", "seed"):
            described = {column["name"] for column in node["columns"].values()}
            assert described == found[(node["schema"], node["alias"])], node["unique_id"]
            checked += 1
    assert checked > 100


def test_descriptions_reach_the_published_tables() -> None:
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


def test_the_docs_links_lead_to_nodes(manifest: dict[str, Any]) -> None:
    text = (ROOT / "docs/overview.md").read_text()
    names = re.findall(r"#!/(?:model|seed)/([a-z_.]+)", text)
    assert names
    assert [name for name in names if name not in manifest["nodes"]] == []


def test_the_first_query_of_the_readme_gives_what_it_says() -> None:
    text = (ROOT / "README.md").read_text()
    found = re.search(r"```sh\n(\.venv/bin/python -c .*?)```\n\n```text\n(.*?)```", text, re.DOTALL)
    assert found, "README.md has no first query with its output"
    command, expected = found.groups()
    run = subprocess.run(command, shell=True, cwd=ROOT, capture_output=True, text=True, check=True)
    assert [line.rstrip() for line in run.stdout.strip().splitlines()] == expected.splitlines()


@pytest.mark.parametrize("name", ["README.md", "CONTRIBUTING.md", "DECISIONS.md", "CHANGELOG.md"])
def test_links_between_files_lead_somewhere(name: str) -> None:
    text = (ROOT / name).read_text()
    targets = re.findall(r"\]\((?!https?://|#)([^)#]+)", text)
    assert [target for target in targets if not (ROOT / target).exists()] == []


@pytest.mark.parametrize("name", ["README.md", "CONTRIBUTING.md"])
def test_the_make_commands_of_the_texts_exist(name: str) -> None:
    makefile = (ROOT / "Makefile").read_text()
    targets = set(re.findall(r"^([a-z]+):", makefile, re.MULTILINE))
    used = set(re.findall(r"`make ([a-z]+)`", (ROOT / name).read_text()))
    assert used - targets == set()


def test_the_rows_of_the_contributor_guide_are_real() -> None:
    rows = {
        row
        for path in (ROOT / "seeds").rglob("*.csv")
        if path.parent.name in ("codebook", "reference")
        for row in path.read_text().splitlines()
    }
    blocks = re.findall(
        r"^ *```csv\n(.*?)^ *```", (ROOT / "CONTRIBUTING.md").read_text(), re.DOTALL | re.MULTILINE
    )
    assert blocks
    shown = [line.strip() for block in blocks for line in block.splitlines() if line.strip()]
    assert [line for line in shown if line not in rows] == []


def test_the_figure_shows_the_published_numbers() -> None:
    with (ROOT / "docs/images/trend.csv").open(newline="") as file:
        drawn = list(csv.DictReader(file))
    assert drawn
    with duckdb.connect(str(ROOT / "warehouse/wavehouse.duckdb"), read_only=True) as connection:
        for row in drawn:
            found = connection.execute(
                """
                select estimate, observation_status from marts.fct_trend_estimates
                where study_id = ? and wave_id = ? and measure_id = ? and category_code = ?
                and segment_id = ? and segment_code = ?
                """,
                [
                    row[key]
                    for key in (
                        "study_id",
                        "wave_id",
                        "measure_id",
                        "category_code",
                        "segment_id",
                        "segment_code",
                    )
                ],
            ).fetchall()
            assert len(found) == 1, row
            estimate, status = found[0]
            assert status == row["observation_status"]
            if row["estimate"]:
                assert estimate == pytest.approx(float(row["estimate"]), abs=1e-6)
            else:
                assert estimate is None
