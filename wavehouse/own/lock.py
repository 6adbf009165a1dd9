"""The lock file in two parts: what Wavehouse needs, then the tools of its contributors.

    python -m wavehouse.own.lock ALL NEEDED > requirements.lock

A team's project is set up from the first part alone.
"""

import re
import sys
from pathlib import Path

HEAD = "# Exact versions of everything. Made by `make lock` from the ranges in pyproject.toml.\n"
TOOLS = "# From here on: tools of contributors, which a project of a team does not need.\n"
OF_PROJECT = "# Exact versions of everything that Wavehouse needs. `wavehouse upgrade` writes it.\n"
# A package with its hashes, as pip reads it.
PINNED = re.compile(r"^([A-Za-z0-9._-]+)(?:\[[^\]]*\])?==([^ \\\n]+)(?:.*\\\n)*.*\n", re.MULTILINE)


def in_two_parts(all_packages: str, needed: str) -> str:
    """Give a lock file with the needed packages first.

    Args:
        all_packages: the lock of everything.
        needed: that of what Wavehouse itself needs; only its names count.
    """
    names = {found[1] for found in PINNED.finditer(needed)}
    parts: tuple[list[str], list[str]] = ([], [])
    for found in PINNED.finditer(all_packages):
        parts[found[1] not in names].append(found[0])
    return HEAD + "".join(parts[0]) + TOOLS + "".join(parts[1])


def lock_of_project(lock: str) -> str:
    """Give the part of a lock file that a team's project is set up from."""
    return OF_PROJECT + "".join(found[0] for found in PINNED.finditer(lock.partition(TOOLS)[0]))


def locked_versions(lock: str) -> dict[str, str]:
    """Give the version of each package of a lock file."""
    return {found[1]: found[2] for found in PINNED.finditer(lock)}


if __name__ == "__main__":
    sys.stdout.write(in_two_parts(*(Path(name).read_text("utf-8") for name in sys.argv[1:])))
