"""The script around dbt-project-evaluator sets the package up, and reads what it reports.

The package itself is not installed: the tests make what it leaves behind.
"""

from collections.abc import Sequence
from pathlib import Path

import duckdb
import pytest
import yaml
from workbench import ROOT, database_path, load_script

from wavehouse.project import Project

evaluate = load_script("evaluate_project")

CHAINS = "fct_chained_views_dependencies"
KEYS = "fct_missing_primary_key_tests"
COVERAGE = "fct_test_coverage"


def rule_of(rows: str, conditions: Sequence[str] = ()) -> str:
    """Write a rule as the package leaves it: its rows, and a line for each exception."""
    filters = "\n".join(f"    and {condition}" for condition in conditions)
    return f"with final as ({rows})\n\nselect * from final\n\n where 1 = 1\n{filters}"


def leave_behind(project: Project, rules: dict[str, str]) -> None:
    """Write what the package leaves behind: a query and a table of each rule."""
    compiled = project.target / "compiled" / evaluate.PACKAGE / "models" / "marts" / "dag"
    compiled.mkdir(parents=True)
    with duckdb.connect(str(database_path(project))) as connection:
        for name, query in rules.items():
            (compiled / f"{name}.sql").write_text(query, encoding="utf-8")
            connection.execute(f"create table {name} as {query}")


@pytest.fixture
def packages(tmp_path: Path) -> Path:
    """Make a folder with checkouts of the packages, as far as the script looks at them."""
    folder = tmp_path / "checkouts"
    for name in evaluate.CHECKOUTS:
        (folder / name).mkdir(parents=True)
        (folder / name / "dbt_project.yml").write_text(f"name: {name}\n")
    return folder


def test_every_exception_has_its_reason_and_stands_once() -> None:
    exemptions = evaluate.read_exemptions()
    assert exemptions
    assert not [each for each in exemptions if not each.comment.strip()]
    named = [(each.fct_name, each.column_name, each.id_to_exclude) for each in exemptions]
    assert len(set(named)) == len(named)


def test_the_copy_reads_the_exceptions_as_the_packages_seed(packages: Path, tmp_path: Path) -> None:
    project = evaluate.prepare(tmp_path / "copy" / "project", packages)
    settings = yaml.safe_load((project.root / "dbt_project.yml").read_text())
    ours = yaml.safe_load((ROOT / "dbt_project.yml").read_text())
    seed = f"{evaluate.EXCEPTIONS}.csv"
    assert (project.root / "seeds" / seed).read_bytes() == (ROOT / "tests" / seed).read_bytes()
    assert settings["seeds"][evaluate.PACKAGE] == {evaluate.EXCEPTIONS: {"+enabled": False}}
    assert settings["vars"][evaluate.PACKAGE]["max_depth_dag"] == 5
    assert settings["models"]["wavehouse"] == ours["models"]["wavehouse"]
    # Nothing of the packages is part of the project itself.
    assert evaluate.PACKAGE not in {**ours["models"], **ours["seeds"]}


def test_checkouts_refer_to_one_another_by_their_folders(packages: Path, tmp_path: Path) -> None:
    project = evaluate.prepare(tmp_path / "copy" / "project", packages)
    utils = {"local": str(tmp_path / "copy" / "dbt-utils")}
    evaluator = tmp_path / "copy" / "dbt-project-evaluator"
    listed = yaml.safe_load((project.root / "packages.yml").read_text())
    assert listed == {"packages": [utils, {"local": str(evaluator)}]}
    assert yaml.safe_load((evaluator / "packages.yml").read_text()) == {"packages": [utils]}


def test_without_a_folder_the_packages_come_from_the_hub(tmp_path: Path) -> None:
    project = evaluate.prepare(tmp_path / "project", None)
    listed = yaml.safe_load((project.root / "packages.yml").read_text())
    assert [each["package"] for each in listed["packages"]] == ["dbt-labs/dbt_project_evaluator"]


def test_a_folder_without_the_packages_is_named(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    words = ["--packages", str(tmp_path), "--folder", str(tmp_path / "copy")]
    assert evaluate.main(words) == 1
    assert capsys.readouterr().err == f"{tmp_path} has no checkout of dbt-utils.\n"


@pytest.mark.parametrize(
    ("rules", "code", "said"),
    [
        (
            {COVERAGE: rule_of("select 60.0 as test_coverage_pct")},
            0,
            "1 rules; 0 findings, 0 stale exceptions.\n",
        ),
        (
            {COVERAGE: rule_of("select 56.9 as test_coverage_pct")},
            1,
            "fct_test_coverage: test_coverage_pct 56.9\n1 rules; 1 findings, 0 stale exceptions.\n",
        ),
        (
            {CHAINS: rule_of("select 'a' as parent, 'b' as child")},
            1,
            f"{CHAINS}: parent a, child b\n1 rules; 1 findings, 0 stale exceptions.\n",
        ),
    ],
    ids=["all is well", "too little is tested", "a rule reports a row"],
)
def test_what_rules_report_is_printed(
    rules: dict[str, str],
    code: int,
    said: str,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.setattr(evaluate, "run_package", lambda project: leave_behind(project, rules))
    monkeypatch.setattr(evaluate, "read_exemptions", list)
    assert evaluate.main(["--folder", str(tmp_path)]) == code
    assert capsys.readouterr().out == said


def test_an_exception_that_excepts_nothing_is_stale() -> None:
    said = [
        evaluate.Exemption(KEYS, "resource_name", "stg_%", "checked"),
        evaluate.Exemption(KEYS, "resource_name", "int_gone", "checked"),
        evaluate.Exemption("fct_of_old", "resource_name", "stg_%", "checked"),
    ]
    query = rule_of(
        "select 'stg_one' as resource_name",
        ["resource_name not like 'stg_%'", "resource_name not like 'int_gone'"],
    )
    with duckdb.connect() as connection:
        assert connection.execute(query).fetchall() == []
        assert evaluate.stale_exemptions(connection, {KEYS: query}, said) == said[1:]


def test_a_package_that_fails_says_where_to_look(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    # An empty project: dbt ends with an error at once.
    def prepare(folder: Path, _: Path | None) -> Project:
        folder.mkdir()
        return Project(folder)

    monkeypatch.setattr(evaluate, "prepare", prepare)
    assert evaluate.main(["--folder", str(tmp_path)]) == 1
    log = tmp_path / "evaluator.log"
    assert capsys.readouterr().err == f"`dbt deps` failed; {log} says why.\n"
    assert "dbt_project.yml" in log.read_text()
