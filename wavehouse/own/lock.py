"""The exact packages that a project needs: those of the lock file without the contributors' tools."""

import re
from collections.abc import Iterable, Iterator
from importlib.metadata import PackageNotFoundError, requires

from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from wavehouse.product import PACKAGE

# It installs the others.
INSTALLER = "uv"
PINNED = re.compile(r"^([A-Za-z0-9._-]+)(?:\[[^\]]*\])?==(?:.*\\\n)*.*\n", re.MULTILINE)
HEAD = "# Exact versions of everything that Wavehouse needs. `wavehouse upgrade` writes it.\n"


def locked_packages(lock: str) -> str:
    """Give the part of a lock file that an installed Wavehouse needs, and what installs it."""
    wanted = {INSTALLER, *needed_packages([PACKAGE])}
    parts = [part[0] for part in PINNED.finditer(lock) if canonicalize_name(part[1]) in wanted]
    return HEAD + "".join(parts)


def needed_packages(names: Iterable[str]) -> set[str]:
    """Give the names of all packages that packages need, whatever system they are for."""
    waiting = [(name, frozenset[str]()) for name in names]
    seen: set[tuple[str, frozenset[str]]] = set()
    while waiting:
        one = waiting.pop()
        if one not in seen:
            seen.add(one)
            waiting += _requirements(*one)
    return {canonicalize_name(name) for name, _ in seen} - {PACKAGE}


def _requirements(name: str, extras: frozenset[str]) -> Iterator[tuple[str, frozenset[str]]]:
    try:
        said = requires(name) or []
    except PackageNotFoundError:
        # Of another system.
        return
    for text in said:
        requirement = Requirement(text)
        marker = str(requirement.marker or "")
        if "extra ==" not in marker or any(
            f'extra == "{extra}"' in marker.replace("'", '"') for extra in extras
        ):
            yield requirement.name, frozenset(requirement.extras)
