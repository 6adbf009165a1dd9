"""What Wavehouse brings to a team's project: a dbt package of models, macros, tests and docs.

In this repository the package is the root itself, with three studies as its example. A team's
project has its own codebook, waves and models, and reads the package as dbt reads any `local:` one.
The wheel holds it as `wavehouse/product/`; in a checkout it is put together when it is wanted.

What follows from a codebook is generated in the project that the codebook belongs to, so it is no
part of the package. Nor are unit tests, which say nothing of a team's data.
"""

import os
import re
import shutil
from collections.abc import Iterator
from functools import cache
from pathlib import Path, PurePosixPath

from wavehouse.errors import WavehouseError
from wavehouse.generated import is_generated
from wavehouse.writing import PARTIAL

PACKAGE = "wavehouse"
# Within the package: what only `wavehouse init` and `wavehouse generate` read.
CODEBOOK = PurePosixPath("codebook")
LOCK = "requirements.lock"
# What is taken as it is, by the folders in which dbt looks for it.
FOLDERS = ("models", "macros", "tests", "seeds/library", "seeds/reference", "docs")
FILES = ("dbt_project.yml", "profiles.yml", "releases.yml", "operations.yml", LOCK)
# What stood in the repository and is generated now, or is no part of the package.
FORMER = frozenset(
    {
        "models/intermediate/delivered/int_delivered__answers.yml",
        "models/intermediate/delivered/int_delivered__waves.yml",
        "models/marts/core/fct_respondents.sql",
        "models/marts/released_contracts.json",
        *(f"analyses/{name}" for name in ("_analyses.yml", "cost_of_clustering.sql")),
        *(f"analyses/{name}" for name in ("happiness_by_sex.sql", "item_nonresponse_changes.sql")),
        "analyses/latest_significant_changes.sql",
    }
)
LEFT_OUT = ("tests/python/", "models/marts/released_contracts.json")
SUFFIXES = {".sql", ".yml", ".csv", ".md", ".svg", ".png", ".json"}
# The rows that no codebook is without: the segment of the whole sample.
IN_EVERY_CODEBOOK = {"segments.csv": b"total,"}
UNIT_TESTS = re.compile(r"^unit_tests:\n(?:[ #-].*\n|\n)*", re.MULTILINE)


PACKED = Path(__file__).resolve().parent / "product"
CHECKOUT = PACKED.parents[1]


def is_checkout() -> bool:
    """Say whether Wavehouse runs from a checkout and not from an installed wheel."""
    return not PACKED.is_dir()


@cache
def product_folder() -> Path:
    """Give the folder of the installed package; that of a checkout is brought up to date, once."""
    if not is_checkout():
        return PACKED
    folder = CHECKOUT / "target" / "product"
    put_together(CHECKOUT, folder)
    return folder


def put_together(checkout: Path, folder: Path) -> None:
    """Write the package of a checkout to a folder; what is there and does not belong is removed."""
    wanted = dict(_contents(checkout))
    for name, content in wanted.items():
        path = folder / name
        if not (path.is_file() and path.read_bytes() == content):
            path.parent.mkdir(parents=True, exist_ok=True)
            # Others may be reading it.
            partial = path.with_name(f".{path.name}.{os.getpid()}{PARTIAL}")
            partial.write_bytes(content)
            partial.replace(path)
    for path in sorted(folder.rglob("*"), reverse=True):
        if path.is_file() and path.relative_to(folder).as_posix() not in wanted:
            path.unlink()
        elif path.is_dir() and not any(path.iterdir()):
            path.rmdir()


def is_former_name(name: str) -> bool:
    """Tell whether a file of this name was Wavehouse's in a clone, and is not in the package."""
    return name in FORMER or name.startswith("docs/course/")


def link_product(root: Path) -> None:
    """Let a team's project find the installed package, where its packages.yml says that it is.

    Raises:
        WavehouseError: something else stands there.
    """
    link, target = root / ".wavehouse" / "product", product_folder()
    if link.is_symlink() and link.resolve() == target.resolve():
        return
    if link.exists() and not link.is_symlink():
        raise WavehouseError(
            ".wavehouse/product is in the way: this must be a link to the files of Wavehouse. "
            "Move it elsewhere."
        )
    link.parent.mkdir(exist_ok=True)
    new = link.with_name(f"product.{os.getpid()}")
    new.symlink_to(target)
    new.replace(link)
    # dbt's own link leads to the version before.
    installed = root / "dbt_packages" / PACKAGE
    if installed.is_symlink():
        installed.unlink()
    elif installed.is_dir():
        shutil.rmtree(installed)


def _contents(checkout: Path) -> Iterator[tuple[str, bytes]]:
    """Give the files of the package by their names in it."""
    for name in FILES:
        yield name, (checkout / name).read_bytes()
    for folder in FOLDERS:
        for path in sorted((checkout / folder).rglob("*")):
            name = path.relative_to(checkout).as_posix()
            if path.suffix not in SUFFIXES or not path.is_file() or name.startswith(LEFT_OUT):
                continue
            content = path.read_bytes()
            if is_generated(content):
                continue
            if name.startswith("models/") and path.suffix == ".yml":
                content = UNIT_TESTS.sub("", content.decode()).encode()
            yield name, content
    for path in sorted((checkout / "seeds" / "codebook").iterdir()):
        if path.suffix == ".csv":
            header, *rows = path.read_bytes().splitlines(keepends=True)
            kept = [row for row in rows if row.startswith(IN_EVERY_CODEBOOK.get(path.name, b"\n"))]
            yield f"{CODEBOOK}/{path.name}", b"".join([header, *kept])
        elif path.suffix in {".yml", ".json"}:
            yield f"{CODEBOOK}/{path.name}", path.read_bytes()
