"""Where things are in the project."""

import os
import re
from collections.abc import Mapping
from functools import cached_property
from pathlib import Path
from typing import Any

from wavehouse.errors import WavehouseError
from wavehouse.product import PACKAGE, link_product

NAME = re.compile(r"""^name:\s*["']?(\w+)""", re.MULTILINE)


class Project:
    """The folders and files of one project, so that other modules need not join paths.

    A team's project has a codebook, waves and models of its own, and reads what Wavehouse brings as
    a package. In Wavehouse's repository both are one.
    """

    def __init__(self, root: Path) -> None:
        """Take the folder that holds dbt_project.yml."""
        self.root = root
        self.seeds = root / "seeds"
        self.codebook = self.seeds / "codebook"
        self.waves = self.seeds / "waves"
        self.models = root / "models"
        self.docs = root / "docs"
        self.target = root / "target"
        self.warehouse = root / "warehouse"

    @cached_property
    def name(self) -> str:
        """The name of the dbt project."""
        path = self.root / "dbt_project.yml"
        found = NAME.search(path.read_text(encoding="utf-8")) if path.is_file() else None
        return found[1] if found else PACKAGE

    @property
    def is_own(self) -> bool:
        """Whether it is a team's project, apart from what Wavehouse brings."""
        return self.name != PACKAGE

    @property
    def product(self) -> Path:
        """The folder of what Wavehouse brings: models, macros, tests, docs, its library."""
        return self.root / ".wavehouse" / "product" if self.is_own else self.root

    @property
    def library(self) -> Path:
        """The folder of codebook tables that come with the warehouse."""
        return self.product / "seeds" / "library"

    @property
    def reference(self) -> Path:
        """The folder of code lists of standards and of numerical tables."""
        return self.product / "seeds" / "reference"

    @property
    def parts(self) -> tuple[Path, ...]:
        """The folders that hold dbt's files: the project, and what Wavehouse brings."""
        return (self.root, self.product) if self.is_own else (self.root,)

    def file_of_node(self, node: Mapping[str, Any]) -> Path:
        """Give the file that a node of dbt's manifest is defined in."""
        in_product = self.is_own and node["package_name"] == PACKAGE
        return (self.product if in_product else self.root) / node["original_file_path"]

    @property
    def working_database(self) -> Path:
        """The DuckDB file that dbt builds into, the same that profiles.yml names."""
        return self.root / os.environ.get("WAVEHOUSE_DATABASE", "target/wavehouse.duckdb")

    @property
    def landing(self) -> Path:
        """The folder of waves that are not seeds; WAVEHOUSE_LANDING may name another one."""
        return self.root / (os.environ.get("WAVEHOUSE_LANDING") or "landing")

    def landed_wave(self, study_id: str, wave_id: str) -> Path:
        """Name the folder of a landed wave, whether it is there or not."""
        return self.landing / study_id / wave_id

    def relative(self, path: Path) -> str:
        """Name a file as it is seen from the root, the way every message does."""
        try:
            return path.relative_to(self.root).as_posix()
        except ValueError:
            return str(path)


def find_project(start: Path | None = None) -> Project:
    """Find the project at or above a folder.

    Args:
        start: where to begin; the current folder if left out.

    Raises:
        WavehouseError: no folder from there to the top holds dbt_project.yml.
    """
    here = (start or Path.cwd()).resolve()
    for folder in (here, *here.parents):
        if (folder / "dbt_project.yml").is_file():
            project = Project(folder)
            if project.is_own:
                link_product(folder)
            return project
    raise WavehouseError(
        f"No dbt_project.yml in {here} or above it. "
        "Run the command inside the project, or name it with --project-dir."
    )
