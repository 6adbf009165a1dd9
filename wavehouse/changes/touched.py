"""What a change touches: compared are two readings of the project by dbt, the release's and ours.

dbt compares the nodes themselves (`state:modified`). It does not see what its comparison leaves
out: files of seeds over 1 MB, `meta`, and what a node reads of the project itself or of the
environment. That is found here. To what changed comes all that reads it.
"""

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

Node = dict[str, Any]
RUN = ("seed", "model", "snapshot", "test")
# Words of SQL and macros by which a node reads more than other nodes: what dbt knows of them, the
# environment, variables.
READS_PROJECT = ("graph.", "env_var(", "var(")
# Macros by which a node reads what no node makes: rows to suppress, and what is published.
READS_OUTSIDE = ("closing_rows(", "published_rows(")
CLOSING = "closing_rows("
# The figures that the attack reads: where none is built, what it made suppress stays as it is.
ATTACKED = frozenset(
    {"fct_trend_estimates", "fct_trend_changes", "fct_pooled_estimates", "fct_period_estimates"}
)


@dataclass(frozen=True)
class Graph:
    """A project as dbt's manifest says."""

    manifest: Mapping[str, Any]

    @property
    def nodes(self) -> dict[str, Node]:
        """Seeds, models, snapshots and data tests by their unique id."""
        nodes: dict[str, Node] = self.manifest["nodes"]
        return nodes

    def is_run(self, name: str) -> bool:
        """Tell whether a node is a step of a build; an ephemeral model is part of others."""
        node = self.nodes.get(name)
        return (
            node is not None
            and node["resource_type"] in RUN
            and node["config"]["materialized"] != "ephemeral"
        )

    def reading(self, names: Iterable[str]) -> set[str]:
        """Give some nodes with all that reads them, tests too."""
        found = {name for name in names if name in self.nodes}
        waiting = list(found)
        while waiting:
            for child in self.manifest["child_map"].get(waiting.pop(), ()):
                if child in self.nodes and child not in found:
                    found.add(child)
                    waiting.append(child)
        return found

    def with_ephemeral(self, names: Iterable[str]) -> set[str]:
        """Give steps of a build for nodes: for an ephemeral model those that it is part of."""
        found, waiting = set(), list(names)
        while waiting:
            name = waiting.pop()
            if self.is_run(name):
                found.add(name)
            elif name in self.nodes:
                waiting += self.manifest["child_map"].get(name, ())
        return found

    def saying(self, words: Iterable[str]) -> set[str]:
        """Give the models in whose SQL, or in a macro that it calls, one of some words stands."""
        return {
            name
            for name, text in self._words.items()
            if self.nodes[name]["resource_type"] == "model" and any(word in text for word in words)
        }

    @cached_property
    def readers_of_files(self) -> set[str]:
        """The models that read landed waves."""
        return self.with_ephemeral(
            name
            for name, node in self.nodes.items()
            if any(each.startswith("source.") for each in node["depends_on"].get("nodes", ()))
        )

    @cached_property
    def readers_of_project(self) -> set[str]:
        """The steps whose SQL depends on what dbt knows of other nodes, or on the environment."""
        outside = self.saying(READS_OUTSIDE)
        names = self.saying(READS_PROJECT) - outside - self.readers_of_files
        return self.with_ephemeral(names) - outside - self.readers_of_files

    @cached_property
    def readers_of_outside(self) -> set[str]:
        """The steps that read what no node makes."""
        return self.with_ephemeral(self.saying(READS_OUTSIDE))

    @cached_property
    def _words(self) -> dict[str, str]:
        macros = self.manifest["macros"]
        found = {}
        for name, node in self.nodes.items():
            waiting = list(node["depends_on"].get("macros", ()))
            called: set[str] = set()
            while waiting:
                macro = waiting.pop()
                if macro in macros and macro not in called and _is_own(macro, node):
                    called.add(macro)
                    waiting += macros[macro]["depends_on"]["macros"]
            parts = [node.get("raw_code") or "", *(macros[one]["macro_sql"] for one in called)]
            found[name] = "\n".join(parts)
        return found


def _is_own(macro: str, node: Node) -> bool:
    return macro.split(".")[1] == node["package_name"]


@dataclass(frozen=True)
class Compared:
    """What is known of both readings.

    Args:
        before: the release's manifest.
        modified: nodes that dbt found to be new or other ones.
        described: nodes of which dbt found another description.
        unit_tests: unit tests that are new or other ones.
        compiled_before: SQL of the release's readers of the project.
        compiled: the same of ours; what could not be compiled is missing.
        large_seeds: digests of the release's files that dbt compares by path only, by path.
        large_seeds_now: the same of ours.
    """

    before: Mapping[str, Any]
    modified: set[str]
    described: set[str] = field(default_factory=set)
    unit_tests: set[str] = field(default_factory=set)
    compiled_before: Mapping[str, str] = field(default_factory=dict)
    compiled: Mapping[str, str] = field(default_factory=dict)
    large_seeds: Mapping[str, str] = field(default_factory=dict)
    large_seeds_now: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Touched:
    """What a change touches.

    Args:
        changed: the nodes that are new or other ones, ephemeral models among them.
        run: the steps of a build that have to run, described ones among them.
        described: those of them of which only a description is another one.
        unit_tests: the unit tests of what changed, and those that changed themselves.
        gone: nodes of the release that are there no more.
    """

    changed: list[str]
    run: list[str]
    described: list[str]
    unit_tests: list[str]
    gone: list[str]


def find_touched(graph: Graph, compared: Compared) -> Touched:
    """Find what a change touches, and all that reads it."""
    nodes, before = graph.nodes, compared.before["nodes"]
    changed = {name for name in compared.modified if name in nodes}
    changed |= {
        name
        for name, node in nodes.items()
        if name in before and _meta(node) != _meta(before[name])
    }
    changed |= {
        name
        for name, node in nodes.items()
        if node["resource_type"] == "seed"
        and node["checksum"]["name"] == "path"
        and compared.large_seeds.get(node["original_file_path"])
        != compared.large_seeds_now[node["original_file_path"]]
    }
    changed |= {
        name
        for name in graph.readers_of_project
        if compared.compiled.get(name) is None
        or compared.compiled.get(name) != compared.compiled_before.get(name)
    }
    if any(nodes[name]["name"] == "deliveries" for name in changed):
        changed |= graph.readers_of_files
    read = graph.reading(changed)
    # What reads what no node makes runs wherever something that follows from it is built.
    closing = graph.with_ephemeral(graph.saying([CLOSING]))
    for name in sorted(graph.readers_of_outside):
        follows = graph.reading([name])
        built = {nodes[one]["name"] for one in follows & read}
        if built & ATTACKED if name in closing else built:
            read |= follows
    described = (compared.described & nodes.keys()) - read
    run = {name for name in read | described if graph.is_run(name)}
    unit_tests = {
        name
        for name, test in unit_tests_of(graph).items()
        if name in compared.unit_tests or changed & set(test["depends_on"]["nodes"])
    }
    return Touched(
        sorted(changed),
        sorted(run),
        sorted(described),
        sorted(unit_tests),
        sorted(name for name in before if name not in nodes),
    )


def unit_tests_of(graph: Graph) -> dict[str, Node]:
    """Give the unit tests by their unique id."""
    tests: dict[str, Node] = graph.manifest["unit_tests"]
    return tests


def _meta(node: Node) -> str:
    return json.dumps(node["config"].get("meta") or {}, sort_keys=True, default=str)
