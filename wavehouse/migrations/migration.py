"""Numbered migrations with checksums, and which of them a state still needs."""

import hashlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from importlib import import_module
from pathlib import Path
from typing import Any

from wavehouse.errors import WavehouseError

REPAIR = "Install the version of Wavehouse that was used last, or take the state from a backup."


@dataclass(frozen=True)
class Migration:
    """A step from one version of a state to the next.

    Attributes:
        number: the version that it leads to; the first is 1.
        name: what it is called, from the name of its file.
        title: what it does, the first line of its docstring.
        checksum: SHA-256 of its file, in hexadecimal.
        migrate: changes the state that it is given, and gives notes for the person who runs it.
    """

    number: int
    name: str
    title: str
    checksum: str
    migrate: Callable[[Any], list[str]]


@dataclass(frozen=True)
class Applied:
    """A migration that a state has behind it, as the state remembers it."""

    number: int
    name: str
    checksum: str


def known_migrations(state: str) -> list[Migration]:
    """Give the migrations of a kind of state, `codebook` or `database`, in their order."""
    folder = Path(__file__).parent / state
    found = []
    for path in sorted(folder.glob("m[0-9]*.py")):
        module = import_module(f"wavehouse.migrations.{state}.{path.stem}")
        number, _, name = path.stem[1:].partition("_")
        title = (module.__doc__ or "").splitlines()[0].rstrip(".")
        found.append(Migration(int(number), name, title, checksum(path), module.migrate))
    return found


def checksum(path: Path) -> str:
    """Give the SHA-256 of a migration's file, whatever its line ends."""
    content = path.read_bytes().replace(b"\r\n", b"\n")
    return hashlib.sha256(content).hexdigest()


def pending(what: str, applied: Sequence[Applied], known: Sequence[Migration]) -> list[Migration]:
    """Give the migrations that a state still needs.

    Args:
        what: the state, as messages name it.
        applied: what it has behind it, in order.
        known: all migrations of this program, in order.

    Raises:
        WavehouseError: the state is newer than this program, has been through a migration that was
            edited afterwards, or does not say all that it has been through.
    """
    if [each.number for each in applied] != list(range(1, len(applied) + 1)):
        numbers = ", ".join(str(each.number) for each in applied)
        raise WavehouseError(
            f"{what} says that it had the migrations {numbers}, which are not all of them in "
            f"order. {REPAIR}"
        )
    if len(applied) > len(known):
        raise WavehouseError(
            f"{what} has version {len(applied)}, but this program knows versions only up to "
            f"{len(known)}. Install the newer version of Wavehouse."
        )
    for before, now in zip(applied, known, strict=False):
        if before.checksum != now.checksum:
            raise WavehouseError(
                f"{what} had migration {before.number} ({before.name}), but this program has "
                f"another one with this number: it was edited afterwards. {REPAIR}"
            )
    return list(known[len(applied) :])
