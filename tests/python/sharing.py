"""How tests are put in order and shared among processes (`pytest -n`).

A file's tests stay together, for its fixtures. Files that need a server on which the overlay was
built are one group, since a server ends with its process; so are files that share a build of
their own, for which another process would wait.
"""

from collections.abc import Sequence
from pathlib import Path

import pytest

# The group begins everything: it waits longest, and others use its build on DuckDB.
ENGINES = ("test_engines", "test_analyses", "test_macros")
# One build serves both.
GROWN = ("test_add_wave", "test_purposes")
GROUPS = {"engines": ENGINES, "grown": GROWN}
# Then the files that take longest, by their processor seconds, so that no process is left with a
# long one at the end.
LONG = (
    *("test_house_style", "test_backup", "test_bad_input", *GROWN, "test_build", "test_hostile"),
    *("test_coverage", "test_nhanes", "test_docs_site", "test_disclosure", "test_empty_projects"),
    *("test_read_only", "test_ddi", "test_drift", "test_invariants", "test_unit_tests"),
    *("test_data_tests", "test_onboarding", "test_contracts", "test_exports_statistical"),
    *("test_exports_design", "test_exports_in_r"),
    *("test_ids", "test_publish", "test_benchmark", "test_mutants", "test_scripts"),
    *("test_lint_sql", "test_documentation", "test_exports", "test_dictionary", "test_drill"),
    *("test_backup_s3", "test_backup_parts", "test_superset_server"),
    "test_variable_pages",
)
OVERLAY = "overlay_on_duckdb"


def arrange(items: list[pytest.Item]) -> None:
    """Put the tests in order."""
    needing = {_file(item) for item in items if OVERLAY in getattr(item, "fixturenames", ())}
    items.sort(key=lambda item: _rank(_file(item), needing))


def group_of(node_id: str) -> str:
    """Say which tests one process runs: those of a file, or of the files of a group."""
    name = Path(node_id.partition("::")[0]).stem
    return next((group for group, names in GROUPS.items() if name in names), name)


def _file(item: pytest.Item) -> str:
    return item.path.stem


def _rank(name: str, needing: set[str]) -> Sequence[int]:
    if name in ENGINES:
        return (0, ENGINES.index(name))
    if name in LONG:
        return (1, LONG.index(name))
    # By now the overlay is built.
    return (3,) if name in needing else (2,)
