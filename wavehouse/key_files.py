"""Files with keys: outside of the project, and for their owner alone."""

import os
from pathlib import Path

from wavehouse.errors import WavehouseError
from wavehouse.project import Project
from wavehouse.writing import explained, write_for_owner


def key_place(project: Project, variable: str, kind: str) -> Path:
    """Name the file of a key, whether it is there or not.

    Args:
        project: the project.
        variable: the environment variable that may name another file.
        kind: which key, for the file's usual name.
    """
    if named := os.environ.get(variable):
        return Path(named).expanduser()
    home = Path(os.environ.get("XDG_CONFIG_HOME") or "~/.config").expanduser()
    return home / "wavehouse" / f"{project.name}.{kind}.key"


def refuse_within(project: Project, path: Path, so_that: str, variable: str) -> None:
    """Refuse a file that lies within the project.

    Args:
        project: the project.
        path: the file.
        so_that: what whoever has the project could do then.
        variable: the environment variable that may name another file.

    Raises:
        WavehouseError: it does.
    """
    if path.resolve().is_relative_to(project.root.resolve()):
        raise WavehouseError(
            f"{path} is within the project, so whoever has the project {so_that}. Let {variable} "
            "name a file elsewhere."
        )


def write_key(path: Path, text: str) -> None:
    """Write a new key; its folder is made.

    Raises:
        FileExistsError: there is a file already.
        WavehouseError: it cannot be written.
    """
    with explained(path):
        path.parent.mkdir(parents=True, exist_ok=True)
        write_for_owner(path, text)
