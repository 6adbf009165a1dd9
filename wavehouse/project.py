"""Where things are in the project."""

import os
from pathlib import Path

from wavehouse.errors import WavehouseError


class Project:
    """The folders and files of one checkout, so that other modules need not join paths."""

    def __init__(self, root: Path) -> None:
        """Take the folder that holds dbt_project.yml."""
        self.root = root
        self.seeds = root / "seeds"
        self.codebook = self.seeds / "codebook"
        self.library = self.seeds / "library"
        self.waves = self.seeds / "waves"
        self.models = root / "models"
        self.docs = root / "docs"
        self.target = root / "target"
        self.warehouse = root / "warehouse"

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
            return Project(folder)
    raise WavehouseError(
        f"No dbt_project.yml in {here} or above it. "
        "Run the command inside the project, or name it with --project-dir."
    )
