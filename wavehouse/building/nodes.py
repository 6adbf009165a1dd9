"""What a project builds, as dbt's manifest says: its nodes, what each is, and what each reads.

A node reads more than its parents: macros, settings, environment variables, the clock, what dbt
knows of other nodes, files. Each of these is found in its SQL and in the macros that it calls.
"""

import hashlib
import json
import os
import re
from collections.abc import Iterable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cached_property
from importlib.metadata import version
from pathlib import Path
from typing import Any

from wavehouse.building.fingerprint import VERSIONED
from wavehouse.operations.run_history.run_files import is_marked, runs_folder
from wavehouse.project import Project

BUILT = ("seed", "model", "snapshot", "test")
# Stages: seeds and what stages them; what leads to the table of problems, which nearly all reads;
# what follows it; estimation; reports. What was built is looked at between them, so that what need
# not be built again is known; each stage costs a second or two.
CHECKED = "int_checks__problems"
ESTIMATION = frozenset(
    {"moments", "estimates", "rules", "disclosure", "published", "contrasts", "associations"}
)
REPORTS = frozenset({"drift", "dictionary", "revisions", "marts"})
N_STAGES = 5
# Columns whose changes count only for those who name them.
TEXT = "(label|description|text|note|reason)"
TEXTS = re.compile(f"(.*_)?{TEXT}")
# How SQL reads columns that it does not name: lists of columns, whole rows, names put together.
READS_ANY_COLUMN = re.compile(
    r"get_columns_in_relation|names_of_columns|\bcolumns\s*\(|\bdistinct\s+\*"
    rf"|\b(except|intersect|natural)\b|(?<!\w)_{TEXT}\b",
    re.IGNORECASE,
)
# By these a node reads what no node makes, so that it always runs: the database as it happens to
# be, files, the clock of the engine, chance, variables whose names are not written out.
READS_OUTSIDE = re.compile(
    r"run_query|get_relation|load_(cached_)?relation|\b(read|scan|sniff)_\w+\s*\(|\bglob\s*\("
    r"|\bcurrent_(date|time|timestamp)\b|\blocaltime|\b(now|today|getdate|random|setseed)\s*\("
    r"|uuid\w*\s*\(|invocation_id|\bmodules\.datetime\.\w+\.(now|today|utcnow)"
    r"|env_var\((?!\s*['\"])|\bvar\s*\(|\bgetenv\b|information_schema|\bduckdb_(?!_)\w+\s*\(|\bpragma_",
    re.IGNORECASE,
)
ENVIRONMENT = re.compile(r"env_var\(\s*['\"](\w+)")
# dbt's clock: models ask it for the day.
CLOCK = "run_started_at"
# What reads dbt's nodes follows from all of them, and from all seeds, which it may ask by name.
READS_NODES, READS_SOURCES = re.compile(r"\bgraph\b(?!\.sources)"), re.compile(r"\bgraph\b")
# What is landed, and what is recorded of runs, is known by its files.
OF_FILES = re.compile(r"macro\.\w+\.(\w+__)?has_(landed|runs)")
# The source of what is recorded of runs.
RUNS = "operations"
# Macros of dbt itself count by its version.
OF_DBT = ("macro.dbt.", "macro.dbt_duckdb.", "macro.dbt_postgres.")
# Environment variables that dbt takes for options, and the time zone of the engine.
FLAGS = ("DBT_", "TZ")
# What changes from one reading of the project to the next, whatever is read.
NOT_DEFINED = frozenset(
    {"created_at", "build_path", "compiled", "compiled_code", "compiled_path", "extra_ctes",
     "extra_ctes_injected", "contract_checksum", "patch_path", "relation_name", "root_path"}
)  # fmt: skip
# What the node of a model says for readers.
FOR_READERS = frozenset({"description", "doc_blocks"})

Node = dict[str, Any]


@dataclass(frozen=True)
class Graph:
    """What a project builds.

    Args:
        nodes: seeds, models, snapshots and data tests by their unique id.
        macros: the macros by theirs.
        sources: the sources by theirs.
        seeds: digests of the files of seeds.
        landed: a digest of all that landed.
        runs: a digest of what is recorded of runs.
        around: a digest of versions and settings, which count for every node.
    """

    nodes: Mapping[str, Node]
    macros: Mapping[str, Node]
    sources: Mapping[str, Node]
    seeds: Mapping[str, str]
    landed: str = ""
    runs: str = ""
    around: str = ""

    @classmethod
    def of(cls, manifest: Mapping[str, Any], project: Project) -> "Graph":
        """Read a manifest; what lies in files is read from these."""
        nodes = {
            name: node
            for name, node in manifest["nodes"].items()
            if node["resource_type"] in BUILT and node["config"]["enabled"]
        }
        seeds = {
            name: _digest_of_file(project.file_of_node(node))
            for name, node in nodes.items()
            if node["resource_type"] == "seed"
        }
        return cls(
            nodes,
            manifest["macros"],
            manifest["sources"],
            seeds,
            landed=_digest_of_landed(project.landing),
            runs=_digest_of_runs(project),
            around=_digest_of_settings(project),
        )

    @cached_property
    def in_order(self) -> list[str]:
        """All nodes, each after those that it reads."""
        found: dict[str, None] = {}

        def visit(name: str) -> None:
            if name not in found and name in self.nodes:
                for parent in self.parents(name):
                    visit(parent)
                found[name] = None

        for name in sorted(self.nodes):
            visit(name)
        return list(found)

    def parents(self, name: str) -> list[str]:
        """Give what a node reads: nodes and sources."""
        return sorted(set(self.nodes[name]["depends_on"].get("nodes", ())))

    @cached_property
    def stages(self) -> dict[str, int]:
        """The stage that each node is built in; never before that of a parent.

        What always runs does so early, so that its readers need not where it comes out as it was.
        """
        found: dict[str, int] = {}
        for name in self.in_order:
            of_parents = [
                found[parent] + (self.nodes[parent]["name"] == CHECKED)
                for parent in self.parents(name)
                if parent in found
            ]
            own = 0 if self.reads_outside(name) else _stage_of_room(self.nodes[name])
            found[name] = max([own, *of_parents])
        return found

    @cached_property
    def definitions(self) -> dict[str, str]:
        """A digest of what each node is: file, texts, settings, all macros, and what it reads."""
        macros = digest([[name, one["macro_sql"]] for name, one in sorted(self.macros.items())])
        nodes = {name: _without(node, NOT_DEFINED) for name, node in self.nodes.items()}
        # A seed's file is known by itself.
        for name in self.seeds:
            nodes[name].pop("checksum", None)
        sources = {name: _without(one, NOT_DEFINED) for name, one in self.sources.items()}
        of_all = [nodes, self.seeds, sources]
        whole, structure = digest(of_all), digest(_without(of_all, FOR_READERS))
        of_sources = digest(sources)
        found = {}
        for name, node in nodes.items():
            words = self._words[name]
            reads: list[Any] = [os.environ.get(one) for one in ENVIRONMENT.findall(words)]
            if CLOCK in words:
                reads.append(datetime.now(UTC).date().isoformat())
            if READS_NODES.search(words):
                reads.append(whole if "description" in words else structure)
            if READS_SOURCES.search(words):
                reads.append(of_sources)
            parents = [sources[parent] for parent in self.parents(name) if parent in sources]
            of_runs = any(parent.get("source_name") == RUNS for parent in parents)
            reads += [parents, self.runs if of_runs else self.landed] if parents else []
            found[name] = digest([self.around, macros, node, self.seeds.get(name), reads])
        return found

    def reads_outside(self, name: str) -> bool:
        """Tell whether a node reads what no node makes; a snapshot goes by the time anyway."""
        return name in self._reading_outside

    @cached_property
    def _reading_outside(self) -> frozenset[str]:
        return frozenset(
            name
            for name, node in self.nodes.items()
            if node["resource_type"] == "snapshot" or READS_OUTSIDE.search(self._words[name])
        )

    def reads_text(self, name: str, column: str) -> bool:
        """Tell whether a node may read a column: if it names it, or does not name what it reads."""
        return self._reads_any_column[name] or column in self._names[name]

    @cached_property
    def _reads_any_column(self) -> dict[str, bool]:
        return {
            name: READS_NODES.search(words) is not None
            or READS_ANY_COLUMN.search(words) is not None
            # `select *` of what nobody described
            or (self.nodes[name]["resource_type"] == "model" and not self.nodes[name]["columns"])
            for name, words in self._words.items()
        }

    @cached_property
    def _names(self) -> dict[str, frozenset[str]]:
        return {name: frozenset(re.findall(r"\w+", words)) for name, words in self._words.items()}

    @cached_property
    def _words(self) -> dict[str, str]:
        """All that says what a node reads: SQL, settings, its result, macros that it calls."""
        return {
            name: " ".join(
                [
                    node.get("raw_code", ""),
                    json.dumps(node.get("test_metadata")),
                    str(node.get("column_name")),
                    " ".join(node["columns"]),
                    json.dumps(node["config"], default=str),
                    *(self.macros[macro]["macro_sql"] for macro in self._macros_of(name)),
                ]
            )
            for name, node in self.nodes.items()
        }

    def _macros_of(self, name: str) -> list[str]:
        """Give the macros that a node calls, and those that these call."""
        waiting = list(self.nodes[name]["depends_on"].get("macros", ()))
        found: set[str] = set()
        while waiting:
            macro = waiting.pop()
            counts = not macro.startswith(OF_DBT) and not OF_FILES.fullmatch(macro)
            if macro not in found and counts:
                found.add(macro)
                waiting += self.macros[macro]["depends_on"]["macros"]
        return sorted(found)

    def selected(self, names: Iterable[str]) -> list[str]:
        """Give nodes as dbt selects them by name; ephemeral models are part of others."""
        return [
            "fqn:" + ".".join(self.nodes[name]["fqn"])
            for name in names
            if not self.is_ephemeral(name)
        ]

    def is_ephemeral(self, name: str) -> bool:
        """Tell whether a node is only a part of those that read it."""
        return bool(self.nodes[name]["config"]["materialized"] == "ephemeral")


def _stage_of_room(node: Node) -> int:
    if node["resource_type"] != "model":
        return 0
    layer, room, *_ = [*node["original_file_path"].split("/")[1:-1], "", ""]
    if layer == "staging":
        return 0
    if layer != "intermediate":
        room = layer
    return 4 if room in REPORTS else 3 if room in ESTIMATION else 1


def _without(content: Any, names: Iterable[str]) -> Any:  # noqa: ANN401 - of JSON
    """Give JSON without what is said under some names, however deep."""
    if isinstance(content, Mapping):
        return {key: _without(one, names) for key, one in content.items() if key not in names}
    if isinstance(content, list | tuple):
        return [_without(one, names) for one in content]
    return content


def digest(content: Any) -> str:  # noqa: ANN401 - whatever can be written as JSON
    """Give a digest of something that can be written as JSON."""
    text = json.dumps(content, sort_keys=True, default=str)
    return hashlib.sha256(text.encode()).hexdigest()


def _digest_of_file(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()


def _digest_of_runs(project: Project) -> str:
    """Give a digest of the runs that ended, and of the log of requests.

    Nothing is written of an ended run afterwards. The log gets lines, and payloads are erased in
    it, which leaves its size as it is.
    """
    ended = []
    with suppress(OSError):
        for path in sorted((project.warehouse / "audit").glob("*.jsonl")):
            with suppress(OSError):
                found = path.stat()
                ended.append([path.name, found.st_size, found.st_mtime_ns])
    # Another run may forget some meanwhile, and a folder that may not be read has none for us.
    with suppress(OSError):
        for path in sorted(runs_folder(project).glob("*.json")):
            with suppress(OSError):
                if not is_marked(path):
                    ended.append([path.name, path.stat().st_size])
    return digest(ended)


def _digest_of_settings(project: Project) -> str:
    """Give a digest of versions, of the connection, and of what dbt takes from its environment.

    `DBT_EMPTY`, for one, makes tables without rows.
    """
    versions = [f"{name} {version(name)}" for name in VERSIONED]
    flags = [one for one in sorted(os.environ.items()) if one[0].startswith(FLAGS)]
    return digest([versions, flags, _digest_of_file(project.root / "profiles.yml")])


def _digest_of_landed(folder: Path) -> str:
    """Give a digest of what landed.

    The lists of files count by their content, which has the sums of what was delivered. Tables may
    be long, so they count by size and times; nobody sets the time of a change (ctime).
    """
    lists, tables = [], []
    for path in sorted(folder.glob("*/*/*.parquet")):
        name, state = path.relative_to(folder).as_posix(), path.stat()
        tables.append([name, state.st_size, state.st_mtime_ns, state.st_ctime_ns])
        if path.name == "files.parquet":
            lists.append([name, _digest_of_file(path)])
    return digest([lists, tables])
