"""Remove what lies on the disk in the other form, plain or encrypted, and can be made again."""

import shutil
from collections.abc import Iterator

from wavehouse.encryption.convert import is_right
from wavehouse.project import Project
from wavehouse_exchange.onboarding.edits import kept_commands

# Of processes that were killed: what DuckDB wrote when memory was short, and folders not finished.
SPILLED = ".tmp"
UNFINISHED = ("releases/.*.partial", "history/.*.partial", "exports/.*.partial")
# Below `target`: copies of the project, in which upgrades, deliveries and backups are tried. They
# have waves, releases and databases as the project had them.
COPIES = ("*/dbt_project.yml", "*/*/dbt_project.yml")


def remove_made_again(project: Project, *, encrypted: bool) -> Iterator[str]:
    """Remove databases, views and copies that a command makes anew, and kept text files of waves.

    Args:
        project: the project, on which nobody else works.
        encrypted: whether what stays is encrypted.

    Yields:
        what went, for whoever turned encryption on or off.
    """
    for copy in sorted({path.parent for each in COPIES for path in project.target.glob(each)}):
        yield project.relative(copy)
        shutil.rmtree(copy)
    yield from _remove_databases(project, encrypted=encrypted)
    for path in sorted((project.warehouse / "as_of").glob("*.duckdb")):
        # Views that say how files are read.
        yield project.relative(path)
        path.unlink()
    for path in [each for pattern in UNFINISHED for each in project.warehouse.glob(pattern)]:
        shutil.rmtree(path)
    if encrypted:
        for place in kept_commands(project):
            if any(place.rglob("seeds/waves/*/*.csv")):
                yield f"{project.relative(place)} (of `wavehouse undo`)"
                shutil.rmtree(place)


def _remove_databases(project: Project, *, encrypted: bool) -> Iterator[str]:
    """Remove databases in `target`, and the working database, which may lie elsewhere."""
    built = project.working_database
    for path in sorted({*project.target.rglob("*.duckdb*"), *built.parent.glob(f"{built.name}*")}):
        # The log beside a database goes with it.
        of = path.with_suffix("") if path.suffix == ".wal" else path
        is_kept = of.suffix in (".duckdb", ".damaged") and of.is_file()
        if path.is_dir() and path.suffix == SPILLED:
            shutil.rmtree(path)
        elif path.is_file() and not (is_kept and is_right(of, encrypted=encrypted)):
            if path.suffix == ".duckdb":
                yield project.relative(path)
            path.unlink()
