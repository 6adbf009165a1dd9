"""One number for all that a build is made of, to know without building if it would differ."""

import hashlib
from collections.abc import Iterator
from pathlib import Path

from wavehouse.project import Project

# Analyses and Python tests change no table; the lock file stands for the installed packages.
FOLDERS = ("seeds", "models", "macros", "tests", "docs", "wavehouse")
FILES = ("dbt_project.yml", "profiles.yml", "requirements.lock")
SUFFIXES = {".csv", ".sql", ".yml", ".yaml", ".md", ".py"}
NOT_BUILT = ("tests/python",)


def fingerprint(project: Project) -> str:
    """Hash the names and contents of all inputs of a build (SHA-256, hexadecimal)."""
    total = hashlib.sha256()
    for path in _inputs(project):
        content = path.read_bytes()
        total.update(f"{project.relative(path)}\0{len(content)}\0".encode())
        total.update(content)
    return total.hexdigest()


def _inputs(project: Project) -> Iterator[Path]:
    for name in FILES:
        if (project.root / name).is_file():
            yield project.root / name
    # What was landed is known by the sums in its list of files.
    yield from sorted(project.landing.glob("*/*/files.parquet"))
    for folder in FOLDERS:
        for path in sorted((project.root / folder).rglob("*")):
            name = project.relative(path)
            if path.suffix in SUFFIXES and path.is_file() and not name.startswith(NOT_BUILT):
                yield path
