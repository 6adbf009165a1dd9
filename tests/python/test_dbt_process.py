"""dbt is spared work in its own process, and does the same."""

import json
import subprocess
import sys
from pathlib import Path

import pytest
from workbench import ROOT

# In a process of its own each, since what is replaced stays so.
COMPARED = """
import json, sys
from types import SimpleNamespace as Some
import wavehouse.dbt_process as ours
from dbt.artifacts.schemas import base
from dbt.context.macros import MacroNamespaceBuilder
from dbt_common.clients import agate_helper
from dbt_common.events.base_types import EventLevel
from dbt_common.events.event_manager import EventManager

done = ours.quicken() if sys.argv[1] == "quick" else []


def macro(package, name):
    return Some(package_name=package, name=name, unique_id=f"macro.{package}.{name}")


packages = {
    package: {name: macro(package, name) for name in names.split()}
    for package, names in {
        "dbt": "a b c d", "dbt_duckdb": "b c", "root": "a c e", "other": "c f", "third": "a g"
    }.items()
}
namespaces = {}
for node_of in packages:
    context = {"of": node_of}
    builder = MacroNamespaceBuilder("root", node_of, "stack", ["dbt_duckdb", "dbt"], "node")
    namespace = builder.build_namespace(packages, context)
    flat = {}
    flat.update(namespace)

    def shown(value):
        if isinstance(value, dict):
            return {name: shown(each) for name, each in value.items()}
        assert value.context is context
        return [value.macro.unique_id, value.node, value.stack, type(value).__name__]

    namespaces[node_of] = {
        "all": shown(flat),
        "got": [
            None if found is None else shown(found)
            for place in (None, "dbt", "root", "other")
            for found in [namespace.get_from_package(place, name) for name in "abcdefgx"]
        ],
    }

heard = []


class Event:
    def __init__(self, level):
        self.level = level

    def level_tag(self):
        return self.level

    def message(self):
        heard.append(self.level.value)
        raise ValueError("this is far enough")


def fire(tagged, wanted, **how):
    manager = EventManager()
    manager.loggers = [Some(level=each) for each in wanted]
    try:
        manager.fire_event(Event(tagged), **how)
    except (ValueError, AttributeError):
        heard.append("made")


fire(EventLevel.INFO, [EventLevel.ERROR])
fire(EventLevel.WARN, [])
fire(EventLevel.DEBUG, [EventLevel.INFO, EventLevel.DEBUG])
fire(EventLevel.DEBUG, [], force_warn_or_error_handling=True)
fire(EventLevel.DEBUG, [], level=EventLevel.INFO)
n_heard = len(heard)
fire(EventLevel.DEBUG, [EventLevel.INFO])

rows = [["1", "x", 2.5, None], ["null", "", 3, True]]
tables = [
    [(type(column).__name__, [str(value) for value in table.columns[name].values()])
     for name, column in zip(table.column_names, table.column_types)]
    for texts in (None, ["b"], ["a", "b"], [])
    for table in [agate_helper.table_from_rows(rows, ["a", "b", "c", "d"], texts)]
    for _ in range(2)
]
base.write_json("folder/x.json", {"a": [1, "\\u00e4", None], "b": {"c": 1.5}})
print(json.dumps({
    "done": done,
    "of unheard": len(heard) - n_heard,
    "same": [namespaces, heard[:n_heard], tables, open("folder/x.json").read()],
}))
"""


def compared(folder: Path, how: str) -> dict:
    """Give what parts of dbt do, as it is or quick."""
    folder.mkdir()
    done = subprocess.run(
        [sys.executable, "-c", COMPARED, how],
        cwd=folder,
        env={"PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


@pytest.fixture(scope="module")
def both(tmp_path_factory: pytest.TempPathFactory) -> tuple[dict, dict]:
    """What parts of dbt do as they are, and quick."""
    folder = tmp_path_factory.mktemp("compared")
    return compared(folder / "plain", "plain"), compared(folder / "quick", "quick")


def test_quick_parts_do_what_those_of_dbt_do(both: tuple[dict, dict]) -> None:
    plain, quick = both
    assert plain["same"][0]["root"]["all"]["c"][0] == "macro.root.c"
    assert quick["same"] == plain["same"]


def test_every_part_is_quick_in_the_version_of_dbt_that_is_locked(both: tuple[dict, dict]) -> None:
    plain, quick = both
    assert len(quick["done"]) == 4
    # A message that nobody reads is not made.
    assert (plain["of unheard"] > 0, quick["of unheard"]) == (True, 0)
