"""The encryption key of a project: where it lies, which project it is of, what is derived from it.

The key is an age identity (X25519), so that `age` itself opens what is sealed for it. The project
holds its public part alone, in `dbt_project.yml`, and so knows whether a key is its own.
"""

import base64
import hashlib
import hmac
import os
import re
import shlex
import subprocess
from dataclasses import dataclass
from pathlib import Path

from wavehouse.errors import WavehouseError
from wavehouse.key_files import key_place, refuse_within, write_key
from wavehouse.project import Project

# The key itself; and the same once more, since dbt keeps what has such a name out of its logs.
KEY, OUT_OF_LOGS = "WAVEHOUSE_KEY", "DBT_ENV_SECRET_WAVEHOUSE_KEY"
# A file that holds it, and a command that prints it, such as that of a keyring.
FILE, COMMAND = "WAVEHOUSE_KEY_FILE", "WAVEHOUSE_KEY_COMMAND"
# A key that was given while the project is plain; `on` takes it.
UNUSED = "WAVEHOUSE_KEY_UNUSED"
# What a process knows that may not write plain files, and has no key.
LOCKED = "WAVEHOUSE_KEY_IS_MISSING"
# In `dbt_project.yml`, so that dbt knows it too.
VARIABLE = "encrypted_for"
DECLARED = re.compile(rf"^(?P<indent> +){VARIABLE}: *[\"']?(?P<recipient>age1[0-9a-z]+)", re.M)
PARQUET_KEY = "wavehouse"
SECONDS = 60
# Of an encrypted file in a project that is not.
NO_KEY = (
    f"this project has no key: dbt_project.yml has no line `{VARIABLE}`. Bring the line back, such "
    "as from Git; or take the file away, if it is of another project."
)


@dataclass(frozen=True)
class Begun:
    """What holds for this process since it was unlocked.

    Args:
        project: the project that it works on.
        recipient: the project's public key at that time; None if it was plain.
        is_given: whether the key was in the environment that the process was started with, which
            others of the same user can read as long as it runs.
    """

    project: Project
    recipient: str | None
    is_given: bool


_begun: list[Begun] = []


def encrypted_for(project: Project) -> str | None:
    """Give the public key that a project's files are encrypted for; None if they are plain."""
    path = project.root / "dbt_project.yml"
    found = DECLARED.search(path.read_text(encoding="utf-8")) if path.is_file() else None
    return found["recipient"] if found else None


def unlock(project: Project) -> None:
    """Let this process, and those that it starts, open and write the files of a project.

    A project that is not encrypted needs no key and gets none. Where the key of one that is
    encrypted is missing, what needs it fails, and says so.
    """
    recipient = encrypted_for(project)
    os.environ.pop(LOCKED, None)
    is_given = bool(os.environ.get(KEY))
    if recipient is None:
        if given := os.environ.get(KEY):
            os.environ[UNUSED] = given
        forget_key()
    else:
        try:
            use_key(read_key(project, recipient))
        except WavehouseError as error:
            forget_key()
            os.environ[LOCKED] = str(error)
    _begun.append(Begun(project, recipient, is_given))


def is_unlocked() -> bool:
    """Tell whether this process works on a project already."""
    return bool(_begun)


def use_key(key: str) -> None:
    """Let this process, and those that it starts, write encrypted files, and read them."""
    _begun.clear()
    os.environ[KEY] = os.environ[OUT_OF_LOGS] = key


def leave_key_out() -> None:
    """Let this process have no key for good.

    Raises:
        WavehouseError: it was started with one in its environment.
    """
    if any(each.is_given for each in _begun):
        raise WavehouseError(
            f"The variable {KEY} is set, and a server that was started with it can be read for it. "
            f"Start the server without: env -u {KEY} wavehouse serve. Where deliveries are taken, "
            f"let {FILE} or {COMMAND} say where the key is."
        )
    forget_key()


def forget_key() -> None:
    """Let this process, and those that it starts, have no key, and write plain files."""
    _begun.clear()
    for name in (KEY, OUT_OF_LOGS, LOCKED):
        os.environ.pop(name, None)


def without_key() -> dict[str, str]:
    """Give the environment for programs that are not Wavehouse's, and need no key."""
    names = {KEY, OUT_OF_LOGS, UNUSED}
    return {name: value for name, value in os.environ.items() if name not in names}


def secret() -> str | None:
    """Give the key of the project that this process works on; None if its files are plain.

    Raises:
        WavehouseError: the project is encrypted, and its key is not there; or it was turned on or
            off since the process began, which may have waited for that.
    """
    if any(encrypted_for(each.project) != each.recipient for each in _begun):
        raise WavehouseError(
            "Encryption of the project was turned on or off meanwhile, so this command stopped "
            "before it wrote what does not fit. Run it again."
        )
    if reason := os.environ.get(LOCKED):
        raise WavehouseError(reason)
    return os.environ.get(KEY) or None


def key_file(project: Project) -> Path:
    """Name the file with the key, whether it is there or not."""
    return key_place(project, FILE, "encryption")


def read_key(project: Project, recipient: str) -> str:
    """Give the key of an encrypted project: of the environment, a command, or a file.

    Args:
        project: the project.
        recipient: the public key that its files are encrypted for.

    Raises:
        WavehouseError: there is none, or it is not the project's.
    """
    try:
        key, place = _looked_up(project, os.environ.get(KEY))
    except OSError as error:
        raise WavehouseError(
            f"{key_file(project)} cannot be read ({error.strerror}). It has the encryption key, "
            "without which nothing of this project can be opened. Copy it there from where you "
            f"keep it, or let {FILE} name it, {COMMAND} print it, or {KEY} hold it."
        ) from None
    if public_part(key) != recipient:
        what = "is not the key of this project" if public_part(key) else "has no key in it"
        raise WavehouseError(
            f"{place} {what}: its files are encrypted for {recipient}, as dbt_project.yml says. "
            "Take the key from where you keep a copy."
        )
    return key.upper()


def _looked_up(project: Project, given: str | None) -> tuple[str, str]:
    """Give what stands where the key is to be: itself, and how messages name the place.

    Args:
        project: the project.
        given: what the environment has; nothing, if a command or a file is asked.

    Raises:
        OSError: the file cannot be read.
    """
    if given:
        return given.strip(), f"The variable {KEY}"
    if command := os.environ.get(COMMAND):
        return _printed(command), f"{COMMAND}: what the command prints"
    path = key_file(project)
    return _identity_in(path.read_text(encoding="utf-8")), str(path)


def _printed(command: str) -> str:
    """Run a command that prints a key, without a shell."""
    try:
        done = subprocess.run(
            shlex.split(command), capture_output=True, text=True, timeout=SECONDS, check=True
        )
    except (OSError, ValueError, subprocess.SubprocessError) as error:
        raise WavehouseError(
            f"{COMMAND}: the command failed, so there is no encryption key: "
            f"{type(error).__name__}. Run it by hand to see why."
        ) from None
    return _identity_in(done.stdout)


def _identity_in(text: str) -> str:
    """Give the line of a file of age that holds the identity; other lines are comments."""
    lines = [line.strip() for line in text.splitlines()]
    return next((line for line in lines if line and not line.startswith("#")), "")


def public_part(key: str) -> str | None:
    """Give the public key that belongs to a key, in capital letters or not; None if it is none."""
    from pyrage import x25519

    try:
        return str(x25519.Identity.from_str(key).to_public())
    except Exception:
        return None


def make_key(project: Project) -> tuple[str, bool]:
    """Give the key for a project that is to be encrypted; tell whether it was made now.

    Raises:
        WavehouseError: its place is within the project, or holds no key.
    """
    try:
        key, place = _looked_up(project, os.environ.get(UNUSED) or os.environ.get(KEY))
    except FileNotFoundError:
        return _made(project, key_file(project)), True
    if public_part(key) is None:
        raise WavehouseError(
            f"{place} has no key in it: a key is a line that begins with AGE-SECRET-KEY-1. "
            "`age-keygen` makes one; so does this command where none is named."
        )
    return key.upper(), False


def _made(project: Project, path: Path) -> str:
    """Make a key and write it into a file that only its owner reads."""
    from pyrage import x25519

    refuse_within(project, path, "could open it", FILE)
    identity = x25519.Identity.generate()
    write_key(path, f"# public key: {identity.to_public()}\n{identity}\n")
    return str(identity)


def parquet_secret(key: str) -> str:
    """Give what Parquet files are encrypted with: 256 bits made of the key, as Base64."""
    made = hmac.new(key.encode(), b"wavehouse parquet", hashlib.sha256).digest()
    return base64.b64encode(made).decode()
