"""Give keys, list them, revoke them, and replace one by another."""

from dataclasses import dataclass
from datetime import UTC, date, datetime
from pathlib import Path

from wavehouse.audiences.grants import FILES, PUBLIC
from wavehouse.audiences.keys import (
    Key,
    Register,
    hash_of,
    new_key_id,
    now,
    read_register,
    save_register,
)
from wavehouse.audiences.sealing import OPERATOR, destroy_sealed, key_lock, seal_again
from wavehouse.codebook.csv_files import read_csv
from wavehouse.errors import WavehouseError
from wavehouse.key_files import write_key
from wavehouse.project import Project
from wavehouse.reports import aligned

NO_OPERATOR = (
    "There is no operator's key yet, so it reads releases from the next publish on. `wavehouse key "
    "operator FILE` makes one."
)

EARLIER_OPERATOR = (
    "{} files of releases stay shut to it: they are sealed to the operator's key before this one."
)


@dataclass(frozen=True)
class Given:
    """A key that was just made.

    Args:
        key: what is known of it.
        secret: the key itself, which is kept nowhere.
        n_sealed: how many files of releases it opens already.
        note: what else is to be known; empty if nothing.
    """

    key: Key
    secret: str
    n_sealed: int
    note: str


def make_operator(project: Project, path: Path) -> str:
    """Make the operator's key: its secret goes into a file, what it makes public into the register.

    Args:
        project: the project.
        path: the file; nobody else may read it. Keep it on another machine.

    Returns:
        what was done.

    Raises:
        WavehouseError: there is an operator already, or something stands at the path.
    """
    from pyrage import x25519

    if path.resolve().is_relative_to(project.root.resolve()):
        raise WavehouseError(
            f"{path} lies within the project, from where backups and copies would take it. Name a "
            "file elsewhere, best on another machine's disk."
        )
    with key_lock(project):
        register = read_register(project)
        if register.operator:
            raise WavehouseError(
                f"There is an operator's key already, {register.operator}. If it is lost, publish "
                f"after you took the line `{OPERATOR}` out of the register, and make a new one."
            )
        identity = x25519.Identity.generate()
        register.operator = str(identity.to_public())
        try:
            write_key(path, f"# public key: {register.operator}\n{identity}\n")
        except FileExistsError:
            raise WavehouseError(f"{path} exists already. Name another file.") from None
        save_register(project, register)
    return (
        f"Wrote the operator's key to {path}. Keep it offline: it opens every release that is "
        "published from now on."
    )


def add_key(
    project: Project,
    audience_id: str,
    label: str,
    expires_on: date | None = None,
    operator_file: Path | None = None,
) -> Given:
    """Make a key for somebody.

    Args:
        project: the project.
        audience_id: the audience that it lets read.
        label: whose it is.
        expires_on: the last day on which it is good; None for no end.
        operator_file: the operator's key, so that releases which are published already are sealed
            to the new key too.

    Raises:
        WavehouseError: there is no such audience, the day is over, or the operator's key is not the
            operator's.
    """
    _check_audience(project, audience_id)
    if expires_on is not None and expires_on < datetime.now(UTC).date():
        raise WavehouseError(f"{expires_on} is over, so the key would open nothing.")
    with key_lock(project):
        register = read_register(project)
        return _add(project, register, audience_id, label, expires_on, operator_file)


def rotate_key(project: Project, key_id: str, operator_file: Path | None = None) -> Given:
    """Replace a key by a new one for the same reader, and revoke the old one.

    Raises what `add_key` raises, and WavehouseError if the key is not valid any more.
    """
    with key_lock(project):
        register = read_register(project)
        old = register.find(key_id)
        if old.state() != "valid":
            raise WavehouseError(f"{key_id} is {old.state()}. Add a new key instead.")
        expires_on = date.fromisoformat(old.expires_on) if old.expires_on else None
        given = _add(project, register, old.audience_id, old.label, expires_on, operator_file)
        register.change(key_id, revoked_at=now())
        save_register(project, register)
        destroy_sealed(project, register)
        return given


def revoke_key(project: Project, key_id: str) -> str:
    """Let a key open nothing from now on; say what was done.

    Raises:
        WavehouseError: there is no such key.
    """
    with key_lock(project):
        register = read_register(project)
        key = register.find(key_id)
        if key.revoked_at:
            return f"{key_id} was revoked at {key.revoked_at} already."
        register.change(key_id, revoked_at=now())
        save_register(project, register)
        gone = destroy_sealed(project, register)
    return (
        f"Revoked {key_id} ({key.label}, {key.audience_id}). {gone} sealed keys were destroyed. "
        "Whoever copied files before can still read those copies; the next publish has new keys."
    )


def describe_keys(project: Project) -> str:
    """List the keys: whose, for which audience, until when."""
    register = read_register(project)
    if not register.keys:
        return "There is no key yet. `wavehouse key add AUDIENCE --for NAME` makes one."
    rows = [("key", "audience", "for", "made", "good until", "")]
    rows += [
        (
            key.key_id,
            key.audience_id,
            key.label,
            key.created_at[:10],
            key.expires_on or "",
            "" if key.state() == "valid" else key.state(),
        )
        for key in register.keys
    ]
    operator = register.operator or "none (`wavehouse key operator FILE` makes one)"
    return "\n".join([*aligned(rows), f"Operator's public key: {operator}"])


def _add(
    project: Project,
    register: Register,
    audience_id: str,
    label: str,
    expires_on: date | None,
    operator_file: Path | None,
) -> Given:
    """Make a key. Only for the holder of `key_lock`."""
    from pyrage import x25519

    operator = _read_operator(register, operator_file) if operator_file else None
    identity = x25519.Identity.generate()
    key = Key(
        new_key_id(register),
        audience_id,
        label,
        str(identity.to_public()),
        now(),
        expires_on.isoformat() if expires_on else None,
        key_hash=hash_of(str(identity)),
    )
    register.keys.append(key)
    save_register(project, register)
    if operator:
        sealed, left = seal_again(project, key, operator)
        return Given(key, str(identity), sealed, EARLIER_OPERATOR.format(left) if left else "")
    note = "" if audience_id == PUBLIC else _note(register)
    return Given(key, str(identity), 0, note)


def _note(register: Register) -> str:
    if not register.operator:
        return NO_OPERATOR
    return (
        "It reads releases from the next publish on. With --operator-key FILE it would read those "
        "that are published already."
    )


def _read_operator(register: Register, path: Path) -> str:
    from pyrage import IdentityError, x25519

    if not register.operator:
        raise WavehouseError(NO_OPERATOR)
    try:
        lines = path.read_text(encoding="utf-8").splitlines()
    except (OSError, UnicodeDecodeError) as error:
        raise WavehouseError(f"The operator's key cannot be read from {path}: {error}.") from error
    for line in lines:
        if line.strip() and not line.startswith("#"):
            try:
                identity = x25519.Identity.from_str(line.strip())
            except IdentityError:
                break
            if str(identity.to_public()) == register.operator:
                return line.strip()
            break
    raise WavehouseError(f"{path} does not hold the operator's key, {register.operator}.")


def _check_audience(project: Project, audience_id: str) -> None:
    path = project.codebook / "audiences.csv"
    rows = read_csv(path, keep_rows=True).rows if path.is_file() else []
    known = sorted(row["audience_id"] for row in rows)
    if audience_id not in known:
        said = f"It has {', '.join(known)}." if known else "It has none yet."
        raise WavehouseError(
            f"The codebook has no audience {audience_id}. {said} Add it to {FILES}/audiences.csv."
        )
