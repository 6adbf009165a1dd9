"""A released public table cannot lose what its readers rely on; a new version beside it may."""

import json
import re
import shutil
from dataclasses import replace
from pathlib import Path

import pytest
from workbench import CACHE, ROOT, copy_project, run_wavehouse

import wavehouse.publishing.contracts
from wavehouse.building.dbt import public_tables
from wavehouse.errors import ProblemsError
from wavehouse.project import Project
from wavehouse.publishing.contracts import (
    RECORD,
    Contract,
    check_contracts,
    record_contracts,
    refuse_broken,
)

LATER = "2999-12-31"
RELEASED = {
    "fct_x": {
        "deprecation_date": None,
        "key": ["a"],
        "columns": {"a": "text", "b": "integer"},
    }
}
NOW = Contract("fct_x", ("a",), {"a": "text", "b": "integer"}, None)


def broken(record: dict[str, dict[str, object]], *contracts: Contract) -> str:
    """Give what is said of contracts that are broken."""
    with pytest.raises(ProblemsError) as caught:
        refuse_broken(record, {each.model: each for each in contracts})
    return str(caught.value)


def test_more_columns_and_tables_break_nothing() -> None:
    more = Contract("fct_x", ("a",), {"a": "text", "b": "integer", "c": "date"}, None)
    refuse_broken(RELEASED, {"fct_x": more, "fct_y": NOW})


def test_all_that_is_broken_is_named_at_once() -> None:
    now = Contract("fct_x", ("a", "c"), {"a": "bigint", "c": "text"}, None)
    gone = RELEASED | {"fct_gone": RELEASED["fct_x"]}
    said = broken(gone, now)
    assert [line.split(". ")[0] for line in said.splitlines()] == [
        "Contracts of public tables are broken:",
        "  - fct_x (model fct_x): the column a was text and is bigint",
        "  - fct_x (model fct_x): the column b is gone or renamed",
        "  - fct_x (model fct_x): the key was a, and is now a, c",
        "  - fct_gone: the table was released, but is gone",
    ]


def test_what_is_broken_names_the_readers() -> None:
    now = replace(NOW, columns={"a": "text"}, readers=("A dashboard", "Exports"))
    assert broken(RELEASED, now).endswith(" It is read by: A dashboard; Exports.")


def test_what_was_promised_until_a_day_stays_until_then() -> None:
    promised = {"fct_x": RELEASED["fct_x"] | {"deprecation_date": LATER}}
    assert f"was promised until {LATER}" in broken(promised)
    assert f"was promised until {LATER}" in broken(promised, NOW)
    refuse_broken({"fct_x": RELEASED["fct_x"] | {"deprecation_date": "2001-01-01"}}, {})


def test_an_old_version_needs_its_last_day() -> None:
    old = Contract("fct_x", NOW.key, NOW.columns, None, is_latest=False)
    assert "has no deprecation_date" in broken({}, old)


def test_an_end_is_announced_and_leaves_readers_somewhere_to_go() -> None:
    without_heir = Contract("fct_x", NOW.key, NOW.columns, LATER)
    assert "no newer version" in broken(RELEASED, without_heir)
    too_late = Contract("fct_x", NOW.key, NOW.columns, "2001-01-01", is_latest=False)
    assert "write a later day" in broken(RELEASED, too_late)
    refuse_broken(RELEASED, {"fct_x": replace(too_late, deprecation_date=LATER)})


def test_a_contract_has_to_be_enforced() -> None:
    assert "not enforced" in broken(RELEASED, replace(NOW, is_enforced=False))


@pytest.fixture(scope="module")
def project(checkout: Project, tmp_path_factory: pytest.TempPathFactory) -> Project:
    """A copy of the project as dbt has read it, in which contracts are changed."""
    project = copy_project(tmp_path_factory.mktemp("contracts"))
    project.target.mkdir()
    shutil.copy(checkout.target / CACHE, project.target)
    return project


def replace_in(path: Path, old: str, new: str) -> None:
    """Replace a text that is there once."""
    text = path.read_text(encoding="utf-8")
    assert text.count(old) == 1
    path.write_text(text.replace(old, new), encoding="utf-8")


def test_a_lost_column_fails_and_a_second_version_passes(project: Project) -> None:
    folder = project.models / "marts/dictionary"
    sql, yml = folder / "dictionary_categories.sql", folder / "dictionary_categories.yml"
    column = re.search(
        r"      - name: category_order\n(?:        .*\n)+", yml.read_text(encoding="utf-8")
    )
    assert column
    selected = next(
        line for line in sql.read_text(encoding="utf-8").splitlines() if "category_order" in line
    )
    replace_in(yml, column[0], "")
    replace_in(sql, selected + "\n", "")
    done = run_wavehouse(project, "contracts", "--check")
    assert done.exit_code == 1
    assert done.output == (
        "Contracts of public tables are broken:\n"
        "  - dictionary_categories (model dictionary_categories): the column category_order is "
        f"gone or renamed. {wavehouse.publishing.contracts.HOW} It is read by: Exports; Pages to "
        "browse; Published warehouse.\n"
    )

    # As docs/guide/change-a-public-table.md says: the old version stays, the new one is beside it.
    sql.with_name("dictionary_categories_v2.sql").write_bytes(sql.read_bytes())
    for path in (sql, yml):
        path.write_bytes((ROOT / path.relative_to(project.root)).read_bytes())
    versions = (
        "    latest_version: 2\n"
        "    versions:\n"
        "      - v: 1\n"
        "        defined_in: dictionary_categories\n"
        f"        deprecation_date: {LATER}\n"
        "        config:\n"
        "          alias: dictionary_categories\n"
        "      - v: 2\n"
        "        columns:\n"
        "          - include: all\n"
        "            exclude: [category_order]\n"
    )
    text = yml.read_text(encoding="utf-8")
    yml.write_text(text.replace("    columns:\n", versions + "    columns:\n", 1), encoding="utf-8")
    with pytest.raises(ProblemsError, match="run `make generate`"):
        check_contracts(project)
    assert record_contracts(project)
    assert check_contracts(project) == len(json.loads((ROOT / RECORD).read_text())) + 1
    record = json.loads((project.root / RECORD).read_text())
    assert record["dictionary_categories"]["deprecation_date"] == LATER
    assert "category_order" not in record["dictionary_categories_v2"]["columns"]
    # What is published goes by the names of the tables.
    assert {"dictionary_categories", "dictionary_categories_v2"} <= set(
        public_tables(project.target, "marts")
    )
