"""Which nodes of dbt a build has to run: those that changed, and those that read what changed.

A node's key is its definition with what its parents contain. A node whose key is that of the last
build is left as it is. What a table contains is known by a digest of its rows, so a table that was
built again and came out the same ends the chain: what reads it is not built again. Labels and
other texts have digests of their own, and count for those who name them.

What is known of the last build lies beside the working database, and counts only while that file is
as the build left it.
"""

import json
from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from wavehouse.building.nodes import Graph, digest
from wavehouse.building.working_database import state_of
from wavehouse.project import Project
from wavehouse.writing import write_whole

# Of the file that says what is known. One of another format says nothing.
FORMAT = 2
# Digests of what a node contains: by column of texts, each with all other columns; of all columns
# but texts; and, where there are several texts, of all columns.
Content = Mapping[str, str]
REST, WHOLE = "", "*"


@dataclass
class Known:
    """What is known of the nodes as they are in the working database.

    Args:
        keys: the key that each node was built with; of a test, that it passed with.
        contents: digests of what each node contains.
    """

    keys: dict[str, str] = field(default_factory=dict)
    contents: dict[str, Content] = field(default_factory=dict)

    @classmethod
    def of_last_build(cls, project: Project) -> "Known":
        """Read what is known, if the database is still as the build left it."""
        read = _read(project)
        state = state_of(project.working_database)
        is_as_left = state is not None and read.get("database") == list(state)
        return cls(read["keys"], read["contents"]) if is_as_left else cls()

    @classmethod
    def of_process(cls, project: Project) -> "Known":
        """Read what a process noted that has just ended, and let go of the database by that.

        Nothing is known if it did not come to its end.
        """
        read = _read(project)
        return cls(read.get("keys", {}), read.get("contents", {}))

    @classmethod
    def take(cls, project: Project) -> "Known":
        """Read what another process noted, and forget it: until it is noted again nothing holds."""
        known = cls.of_process(project)
        _file(project).unlink(missing_ok=True)
        return known

    def save(self, project: Project, is_last: bool = True) -> None:
        """Keep it.

        Args:
            project: the project.
            is_last: whether the database stays as it is now; else somebody saves it again who
                knows that.
        """
        state = state_of(project.working_database) if is_last else None
        kept = {
            "format": FORMAT,
            "database": state,
            "keys": self.keys,
            "contents": self.contents,
        }
        write_whole(_file(project), json.dumps(kept) + "\n")

    def stale(self, graph: Graph, stage: int) -> list[str]:
        """Name the nodes up to a stage that have to run, by what is known of their parents.

        Args:
            graph: what the project builds.
            stage: the last stage that counts. Of those before, all that had to run did.
        """
        found: dict[str, None] = {}
        for name in graph.in_order:
            if graph.stages[name] > stage:
                continue
            is_new = self.keys.get(name) != self.key(graph, name)
            if is_new or any(parent in found for parent in graph.parents(name)):
                found[name] = None
        return list(found)

    def key(self, graph: Graph, name: str) -> str:
        """Give the key of a node by its definition and what its parents contain now."""
        read = {parent: self._read(graph, parent, name) for parent in graph.parents(name)}
        return digest([graph.definitions[name], read])

    def _read(self, graph: Graph, parent: str, name: str) -> Content:
        """Give the digests of what a node reads of a parent."""
        content = self.contents.get(parent, {})
        own = self.contents.get(name, {})
        texts = [
            column
            for column in content.keys() - {REST, WHOLE}
            if column in own or graph.reads_text(name, column)
        ]
        # Which of the texts stand in one row is seen only in all of them together.
        columns = [REST, *texts] if len(texts) < 2 else [WHOLE]
        return {column: content[column] for column in columns if column in content}

    def note(
        self, graph: Graph, built: Collection[str], content: Callable[[str], Content | None]
    ) -> None:
        """Note nodes that were built, or passed.

        Args:
            graph: what the project builds.
            built: the nodes.
            content: gives the digests of a node's rows; None where its key says enough.
        """
        for name in graph.in_order:
            if name in built:
                found = content(name)
                self.contents[name] = found or {}
                self.keys[name] = self.key(graph, name)
                self.contents[name] = found or {REST: self.keys[name]}

    def keep_only(self, graph: Graph) -> None:
        """Forget nodes that are gone, and those whose content may have changed by themselves."""
        gone = self.keys.keys() - graph.nodes.keys()
        self.forget(gone | {name for name in graph.nodes if graph.reads_outside(name)})

    def forget(self, names: Iterable[str]) -> None:
        """Forget nodes that may change."""
        for name in names:
            self.keys.pop(name, None)
            self.contents.pop(name, None)


def _read(project: Project) -> dict[str, Any]:
    try:
        read = json.loads(_file(project).read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}
    return read if isinstance(read, dict) and read.get("format") == FORMAT else {}


def _file(project: Project) -> Path:
    return project.target / "wavehouse_nodes.json"
