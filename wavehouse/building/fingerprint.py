"""One number for all that a build is made of, to know without building if it would differ."""

import hashlib
from collections.abc import Iterable, Iterator
from pathlib import Path

from wavehouse.generated import is_generated_file
from wavehouse.project import Project

# Analyses, Python tests, answers to exercises, and the files that texts show change no table; the
# lock file stands for the installed packages.
FOLDERS = ("seeds", "models", "macros", "tests", "docs", "wavehouse", "wavehouse_exchange")
FILES = ("dbt_project.yml", "profiles.yml", "requirements.lock")
SUFFIXES = {".csv", ".sql", ".yml", ".yaml", ".md", ".py"}
NOT_BUILT = (
    "tests/python",
    "docs/course/exercises",
    "docs/course/solutions",
    "docs/images/",
    "docs/tutorial/",
)
# What figures are computed by. Marts only name and place them; what is generated follows from the
# codebook and the waves, which are known by themselves.
METHOD = ("models", "macros")
NOT_METHOD = ("models/marts/",)
VERSIONED = ("wavehouse", "dbt-core", "dbt-duckdb", "duckdb")


def fingerprint(project: Project) -> str:
    """Hash the names and contents of all inputs of a build (SHA-256, hexadecimal)."""
    return sum_of_files(project, _inputs(project))


def method_fingerprint(project: Project) -> str:
    """Hash what figures are computed by: SQL and versions, neither data nor codebook."""
    from importlib.metadata import version

    versions = " ".join(f"{name} {version(name)}" for name in VERSIONED)
    files = (
        path
        for folder in METHOD
        for part in project.parts
        for path in sorted((part / folder).rglob("*.sql"))
        if not path.relative_to(part).as_posix().startswith(NOT_METHOD)
        and not is_generated_file(path)
    )
    return hashlib.sha256(f"{versions} {sum_of_files(project, files)}".encode()).hexdigest()


def sum_of_files(project: Project, paths: Iterable[Path]) -> str:
    """Hash the names and contents of files (SHA-256, hexadecimal)."""
    total = hashlib.sha256()
    for path in paths:
        content = path.read_bytes()
        # The same, whether it is read as a package or in Wavehouse's own repository.
        top = project.product if path.is_relative_to(project.product) else project.root
        name = path.relative_to(top) if path.is_relative_to(top) else path
        total.update(f"{name.as_posix()}\0{len(content)}\0".encode())
        total.update(content)
    return total.hexdigest()


def _inputs(project: Project) -> Iterator[Path]:
    for name in FILES:
        if (project.root / name).is_file():
            yield project.root / name
    # What was landed is known by the sums in its list of files.
    yield from sorted(project.landing.glob("*/*/files.parquet"))
    for part in project.parts:
        for folder in FOLDERS:
            for path in sorted((part / folder).rglob("*")):
                name = path.relative_to(part).as_posix()
                if path.suffix in SUFFIXES and path.is_file() and not name.startswith(NOT_BUILT):
                    yield path
