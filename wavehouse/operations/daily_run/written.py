"""Of which release each thing is that a run writes for readers: docs site, pages, exports.

warehouse/operations/written.json    the release, by what was written
"""

import json
from pathlib import Path

from wavehouse.operations.run_history.run_files import operations_folder
from wavehouse.project import Project
from wavehouse.publishing.releases import counting_release
from wavehouse.writing import write_whole


def is_written(project: Project, name: str) -> bool:
    """Whether something was written of the release that counts, or there is none to write of."""
    release = counting_release(project)
    return release is None or _read(project).get(name) == release


def remember_written(project: Project, name: str, release: str | None) -> None:
    """Remember of which release something was written."""
    said = {**_read(project), name: release}
    write_whole(_place(project), json.dumps(said, indent=2) + "\n")


def _read(project: Project) -> dict[str, str | None]:
    try:
        found: dict[str, str | None] = json.loads(_place(project).read_text("utf-8"))
    except (OSError, ValueError):
        return {}
    return found


def _place(project: Project) -> Path:
    return operations_folder(project) / "written.json"
