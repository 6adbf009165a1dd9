"""Begin a project of a team's own: the top level that dbt people know, and an empty codebook."""

import re
import shutil
from importlib.resources import files
from importlib.resources.abc import Traversable
from pathlib import Path

from wavehouse.errors import WavehouseError
from wavehouse.generate import generate
from wavehouse.own.adopt import adopt
from wavehouse.own.lock import lock_of_project
from wavehouse.own.wheel import VENDOR, write_wheel
from wavehouse.product import CODEBOOK, LOCK, PACKAGE, link_product, product_folder
from wavehouse.project import Project
from wavehouse.writing import write_whole

# dbt's own names, and that of the package.
TAKEN = {PACKAGE, "dbt", "dbt_duckdb", "dbt_postgres"}
NAME = re.compile(r"[a-z][a-z0-9_]*")
# Folders for what a team writes; git keeps none that is empty.
EMPTY = ("analyses", "docs", "models/marts", "seeds/waves", "tests")


def init_project(
    folder: Path,
    *,
    name: str | None = None,
    example: bool = False,
    clone: Path | None = None,
    since: str | None = None,
) -> list[str]:
    """Make a project in a folder that is not there yet or is empty.

    Args:
        folder: where.
        name: the project's name for dbt; the folder's, in letters that dbt takes, if left out.
        example: whether it begins with a small made-up study of three waves and a mart of its own.
        clone: a clone of Wavehouse's repository, to begin with its codebook, waves and own files.
        since: the commit of Wavehouse that the clone was made of; see `adopt`.

    Returns:
        lines that say what was made and what comes next.

    Raises:
        WavehouseError: something is in the folder, or the name will not do, or the clone is none.
    """
    if folder.exists() and (not folder.is_dir() or any(folder.iterdir())):
        raise WavehouseError(
            f"{folder} exists already and is not empty. Name a new folder, or empty this one."
        )
    called = name or re.sub(r"\W+", "_", folder.resolve().name.lower())
    if not NAME.fullmatch(called) or called in TAKEN:
        raise WavehouseError(
            f"A project cannot have the name {called!r}. Use small letters, digits and _, begin "
            f"with a letter, and avoid {', '.join(sorted(TAKEN))}. Give the name with --name NAME."
        )
    was_there = folder.exists()
    try:
        taken = _fill(folder, called, example, clone, since)
    except BaseException:
        shutil.rmtree(folder, ignore_errors=True)
        if was_there:
            folder.mkdir()
        raise
    within = "an example study of three waves" if example else "an empty codebook"
    within = "the codebook and waves of the clone" if clone else within
    return [
        *taken,
        f"Made the project {called} in {folder}, with {within}.",
        "Next:",
        f"  cd {folder}",
        "  make                    # sets up .venv, builds, tests and publishes",
        "  less README.md          # what is where, and how the first wave comes in",
    ]


def _fill(
    folder: Path, name: str, example: bool, clone: Path | None, since: str | None
) -> list[str]:
    """Write the files of a project, and say what was taken from a clone."""
    brought = product_folder()
    _copy(files("wavehouse.own") / "files", folder, name)
    if example:
        _copy(files("wavehouse.own") / "example", folder, name)
    for empty in EMPTY:
        place = folder / empty
        place.mkdir(parents=True, exist_ok=True)
        if not any(place.iterdir()):
            (place / ".gitkeep").touch()
    for file in ("profiles.yml", "releases.yml", "operations.yml"):
        text = (brought / file).read_text(encoding="utf-8")
        write_whole(folder / file, re.sub(rf"^{PACKAGE}:$", f"{name}:", text, flags=re.MULTILINE))
    for table in sorted((brought / CODEBOOK).iterdir()):
        place = folder / "seeds" / "codebook" / table.name
        if table.suffix != ".yml" and not place.exists():
            write_whole(place, table.read_bytes())
    write_whole(folder / LOCK, lock_of_project((brought / LOCK).read_text(encoding="utf-8")))
    write_wheel(folder / VENDOR)
    link_product(folder)
    taken = adopt(clone, folder, since).lines() if clone else []
    generate(Project(folder))
    return taken


def _copy(source: Traversable, folder: Path, name: str) -> None:
    """Copy files with the project's name where they ask for it."""
    for each in source.iterdir():
        if each.is_dir():
            _copy(each, folder / each.name, name)
        elif each.name not in {"__init__.py"}:
            # A file of this name would hide others from the wheel.
            place = folder / (".gitignore" if each.name == "gitignore" else each.name)
            text = each.read_text(encoding="utf-8").replace("@NAME@", name)
            write_whole(place, text)
