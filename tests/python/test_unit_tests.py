"""dbt's unit tests pass. They bring their own rows, so they run once, on tables of any build."""

import json
from collections import Counter
from pathlib import Path

import yaml
from workbench import ROOT, copy_built, run_dbt

from wavehouse.project import Project


def declared_unit_tests() -> list[str]:
    """List the unit tests of the checkout, by name."""
    return sorted(
        unit_test["name"]
        for path in (ROOT / "models").rglob("*.yml")
        if "unit_tests:" in (text := path.read_text(encoding="utf-8"))
        for unit_test in yaml.safe_load(text)["unit_tests"]
    )


def test_names_of_unit_tests_are_not_too_long_for_postgresql() -> None:
    """A unit test is a table of its name there; longer ones end the build."""
    assert [name for name in declared_unit_tests() if len(name) > 63] == []


def test_every_unit_test_of_a_model_passes(published: Project, tmp_path: Path) -> None:
    project = copy_built(published, tmp_path / "project")
    run = run_dbt(project, "test", "--select", "test_type:unit", "--quiet")
    assert run.exit_code == 0, run.output
    results = json.loads((project.target / "run_results.json").read_text())["results"]
    results = [result for result in results if result["unique_id"].startswith("unit_test.")]
    names = sorted(result["unique_id"].split(".")[-1] for result in results)
    assert names == declared_unit_tests()
    assert Counter(result["status"] for result in results) == {"pass": len(names)}
    assert len(names) > 50
