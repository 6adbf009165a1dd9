"""The door to what is published: a key, or none, opens the file of its audience and no other."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, Literal

from wavehouse.audiences.files import FOLDER, SCHEMA, connect
from wavehouse.audiences.grants import PUBLIC
from wavehouse.audiences.keys import REGISTER, Key, keys_folder, read_register
from wavehouse.audiences.sealing import sealed_file, unseal
from wavehouse.errors import NotGivenError, WavehouseError
from wavehouse.escapes import sql_name, sql_text
from wavehouse.project import Project
from wavehouse.publishing.history import find_release
from wavehouse.publishing.releases import counting_release
from wavehouse.publishing.retention import PARTS

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection
    from pyrage import x25519

Reason = Literal["unknown", "revoked", "expired", "malformed"]
WORDS: dict[Reason, str] = {
    "unknown": "This key is not known. Ask those who run the warehouse for one.",
    "revoked": "This key was revoked. Ask those who run the warehouse for a new one.",
    "expired": "This key has expired. Ask those who run the warehouse for a new one.",
    "malformed": "This is no key. A key begins with AGE-SECRET-KEY-1; give all of it.",
}
# The register as it was last read, by its file: what it was like then, and keys by public key.
_READ: dict[Path, tuple[tuple[int, int, int] | None, dict[str, Key]]] = {}


class KeyRefusedError(WavehouseError):
    """A key opens nothing."""

    def __init__(self, reason: Reason) -> None:
        """Say why.

        Args:
            reason: `unknown`, `revoked`, `expired` or `malformed`.
        """
        self.reason: Reason = reason
        super().__init__(WORDS[reason])


@dataclass(frozen=True)
class Permit:
    """What a key is good for.

    Args:
        audience_id: the audience that it lets read.
        key_id: the id of the key, which may be logged; None without a key.
        label: whose key it is; empty without a key.
        expires_on: the last day on which it is good, in UTC; None for no end.
    """

    audience_id: str
    key_id: str | None
    label: str
    expires_on: date | None


@dataclass(frozen=True)
class AudienceRelease:
    """A release as an audience sees it. It holds no key; close it, or use it in `with`.

    Args:
        audience_id: the audience.
        release_id: the release.
        key_id: the id of the key that opened it; None without a key.
        parts: which parts are there: `aggregates`, and `microdata` if there are rows of people.
        connection: a DuckDB connection whose schema `marts` has what the audience may read, and
            nothing else. Files cannot be written, others not be read, and settings not be changed.
        search_path: where the connection looks for tables.
    """

    audience_id: str
    release_id: str
    key_id: str | None
    parts: tuple[str, ...]
    connection: "DuckDBPyConnection"
    search_path: str

    def cursor(self) -> "DuckDBPyConnection":
        """Give a connection of its own on the same files, for another thread or query.

        One that DuckDB gives knows the files, and not where to look for a table.
        """
        cursor = self.connection.cursor()
        cursor.execute(f"set search_path = {sql_text(self.search_path)}")
        return cursor

    def close(self) -> None:
        """Close the file."""
        self.connection.close()

    def __enter__(self) -> "AudienceRelease":
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()


def check_key(project: Project, key: str | None) -> Permit:
    """Tell what a key is good for now. It takes some 0.1 ms, so ask it at every request.

    The register is read again only when its file is another one.

    Args:
        project: the project.
        key: the key; None for the audience `public`.

    Raises:
        KeyRefusedError: the key is malformed, unknown, revoked or expired.
        WavehouseError: the register of keys cannot be read.
    """
    if key is None:
        return Permit(PUBLIC, None, "", None)
    known = _known_keys(project).get(str(_identity(key).to_public()))
    if known is None:
        raise KeyRefusedError("unknown")
    state = known.state()
    if state == "revoked":
        raise KeyRefusedError("revoked")
    if state == "expired":
        raise KeyRefusedError("expired")
    expires_on = date.fromisoformat(known.expires_on) if known.expires_on else None
    return Permit(known.audience_id, known.key_id, known.label, expires_on)


def is_sealed_to(project: Project, release_id: str, permit: Permit) -> bool:
    """Tell whether a key opens a release: it is sealed to the key, or needs none.

    Args:
        project: the project.
        release_id: the release.
        permit: what `check_key` says of the key.
    """
    places = (
        sealed_file(project, release_id, part, permit.audience_id, permit.key_id or "")
        for part in PARTS
    )
    return permit.key_id is None or all(
        place.is_file() or not place.parent.is_dir() for place in places
    )


def open_audience(
    project: Project,
    key: str | None,
    release: str | None = None,
    settings: Mapping[str, str | int] | None = None,
) -> AudienceRelease:
    """Open a release as an audience sees it: with its key, or without one as the public.

    Args:
        project: the project.
        key: the key; None for the audience `public`.
        release: which release, as `find_release` takes it; None for the one that counts.
        settings: of DuckDB, such as `threads`, `memory_limit` and `temp_directory`; set before
            settings are locked.

    Raises:
        KeyRefusedError: the key is malformed, unknown, revoked or expired.
        NotGivenError: the release has nothing for this audience, or is not sealed to this key.
        WavehouseError: there is no such release, or its file cannot be opened.
    """
    permit = check_key(project, key)
    release_id, files = _files(project, permit.audience_id, release)
    import duckdb

    connection = connect()
    try:
        for part, path in files.items():
            options = "read_only"
            place = sealed_file(project, release_id, part, permit.audience_id, permit.key_id or "")
            # A key may be of an audience that needs none, so as to be known by it.
            if key is not None and place.parent.is_dir():
                options += f", encryption_key {sql_text(unseal(place, key))}"
            connection.execute(f"attach {sql_text(path)} as {sql_name(part)} ({options})")
        for name, value in (settings or {}).items():
            text = str(value) if isinstance(value, int) else sql_text(value)
            connection.execute(f"set {sql_name(name)} = {text}")
        where = ",".join(f"{part}.{schema}" for part in files for schema in (SCHEMA, "main"))
        connection.execute(f"set search_path = {sql_text(where)}")
        connection.execute("set temp_file_encryption = true")
        connection.execute("set enable_external_access = false")
        connection.execute("set lock_configuration = true")
    except duckdb.Error as error:
        connection.close()
        raise WavehouseError(
            f"The file of {permit.audience_id} in {release_id} cannot be opened: "
            f"{str(error).splitlines()[0]}"
        ) from None
    except BaseException:
        connection.close()
        raise
    return AudienceRelease(
        permit.audience_id, release_id, permit.key_id, tuple(files), connection, where
    )


def _files(project: Project, audience_id: str, words: str | None) -> tuple[str, dict[str, Path]]:
    """Give a release's id and, by part, the files that an audience has of it."""
    counting = counting_release(project)
    if counting is None:
        raise WavehouseError("Nothing is published yet. Run `make` first.")
    name = f"{audience_id}.duckdb"
    release_id = counting
    # The release that counts is in the history only a moment after it counts.
    if words is not None and words != counting:
        kept = find_release(project, words)
        release_id = kept.release_id
    if release_id == counting:
        folder = project.warehouse / "releases" / counting / FOLDER
        places = {part: folder / part / name for part in PARTS}
    else:
        places = {part: kept.folder / part / FOLDER / name for part in PARTS}
    files = {part: place for part, place in places.items() if place.is_file()}
    if not files:
        raise NotGivenError(
            f"Release {release_id} has nothing for the audience {audience_id}. The codebook's "
            "tables `audiences`, `audience_rows` and `audience_columns` say what it may read; "
            "publish again after a change."
        )
    return release_id, files


def as_it_was_given(key: str) -> str:
    """Write a key as it was given out, however a reader wrote it.

    Raises:
        KeyRefusedError: it is no key.
    """
    return str(_identity(key))


def _identity(key: str) -> "x25519.Identity":
    from pyrage import IdentityError, x25519

    try:
        return x25519.Identity.from_str(key.strip())
    except (IdentityError, ValueError) as error:
        del error
    raise KeyRefusedError("malformed")


def _known_keys(project: Project) -> dict[str, Key]:
    path = keys_folder(project) / REGISTER
    try:
        state = path.stat()
        mark = (state.st_ino, state.st_size, state.st_mtime_ns)
    except FileNotFoundError:
        mark = None
    read = _READ.get(path)
    if read is None or read[0] != mark:
        read = (mark, {each.public_key: each for each in read_register(project).keys})
        _READ[path] = read
    return read[1]
