"""Seal the keys of a release's files to those who may read them, and open what is sealed."""

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from wavehouse.audiences.files import Keys
from wavehouse.audiences.keys import Key, Register, keys_folder, read_register
from wavehouse.errors import NotGivenError, WavehouseError
from wavehouse.locks import only_one
from wavehouse.project import Project
from wavehouse.publishing.history import NAME, history_folder
from wavehouse.publishing.releases import PARTIAL, sync_to_disk, sync_tree
from wavehouse.publishing.retention import MICRODATA
from wavehouse.writing import write_whole

SEALED = "sealed"
SUFFIX = ".age"
OPERATOR = "operator"


@contextmanager
def key_lock(project: Project) -> Iterator[None]:
    """Let one change of keys work at a time; another waits."""
    with only_one(keys_folder(project) / ".lock", "change of keys"):
        yield


def sealed_folder(project: Project, release_id: str) -> Path:
    """Name the folder of what is sealed of a release."""
    return keys_folder(project) / SEALED / release_id


def sealed_file(
    project: Project, release_id: str, part: str, audience_id: str, key_id: str
) -> Path:
    """Name the file that opens a part of a release for a key."""
    return sealed_folder(project, release_id) / part / audience_id / f"{key_id}{SUFFIX}"


def seal_release(project: Project, release_id: str, keys: Keys) -> None:
    """Seal the keys of a release to all who may read it today, before it counts.

    Args:
        project: the project.
        release_id: the release.
        keys: the key of each encrypted file.
    """
    if not keys:
        return
    with key_lock(project):
        register = read_register(project)
        final = sealed_folder(project, release_id)
        partial = final.with_name(f".{release_id}{PARTIAL}")
        shutil.rmtree(partial, ignore_errors=True)
        for (part, audience_id), secret in keys.items():
            place = partial / part / audience_id
            place.mkdir(parents=True)
            for name, public_key in _recipients(register, audience_id):
                (place / f"{name}{SUFFIX}").write_bytes(seal_to(secret, public_key))
        sync_tree(partial)
        partial.rename(final)
        sync_to_disk(final.parent)


def _recipients(register: Register, audience_id: str) -> list[tuple[str, str]]:
    found = [(key.key_id, key.public_key) for key in register.valid(audience_id)]
    return [*found, (OPERATOR, register.operator)] if register.operator else found


def seal_to(secret: str, public_key: str) -> bytes:
    """Encrypt a secret so that only the holder of a key reads it."""
    from pyrage import encrypt, x25519

    return bytes(encrypt(secret.encode(), [x25519.Recipient.from_str(public_key)]))


def unseal(path: Path, identity: str) -> str:
    """Read what is sealed, with the key that it was sealed to.

    Raises:
        NotGivenError: nothing is sealed there.
        WavehouseError: it is sealed to another key, or damaged.
    """
    from pyrage import DecryptError, decrypt, x25519

    try:
        return bytes(decrypt(path.read_bytes(), [x25519.Identity.from_str(identity)])).decode()
    except FileNotFoundError:
        raise NotGivenError(
            "This release is not sealed to this key: the key was added after it was published, or "
            "its sealed keys are gone. Publish again, or seal it again with the operator's key "
            "(`wavehouse key rotate`)."
        ) from None
    except DecryptError as error:
        raise WavehouseError(f"{path.name} is damaged or sealed to another key.") from error


def seal_again(project: Project, key: Key, operator_secret: str) -> tuple[int, int]:
    """Seal all that is kept of an audience to one of its keys.

    Only for the holder of `key_lock`.

    Args:
        project: the project.
        key: the key.
        operator_secret: the operator's secret key, which opens all that was sealed to it.

    Returns:
        how many files were sealed, and how many this operator's key does not open: those of before
        an operator's key that was lost was replaced.
    """
    number = left = 0
    for place in sorted((keys_folder(project) / SEALED).glob(f"[!.]*/*/{key.audience_id}")):
        of_operator = place / f"{OPERATOR}{SUFFIX}"
        if not of_operator.exists():
            continue
        try:
            secret = unseal(of_operator, operator_secret)
        except WavehouseError:
            left += 1
            continue
        write_whole(place / f"{key.key_id}{SUFFIX}", seal_to(secret, key.public_key))
        number += 1
    return number, left


def destroy_sealed(project: Project, register: Register) -> int:
    """Remove what is sealed to keys that are not valid any more; give the number of files.

    Only for the holder of `key_lock`.
    """
    valid = {(key.audience_id, key.key_id) for key in register.keys if key.state() == "valid"}
    gone = 0
    for path in (keys_folder(project) / SEALED).glob(f"[!.]*/*/*/*{SUFFIX}"):
        if path.stem != OPERATOR and (path.parent.name, path.stem) not in valid:
            path.unlink(missing_ok=True)
            gone += 1
    return gone


def tidy_sealed(project: Project) -> None:
    """Destroy what opens releases, or rows of people of releases, that are not kept any more.

    Copies of them elsewhere are unreadable from then on. Only for the holder of `publishing_lock`.
    """
    folder = keys_folder(project) / SEALED
    if not folder.is_dir():
        return
    with key_lock(project):
        for sealed in folder.iterdir():
            name = sealed.name
            live = (project.warehouse / "releases" / name).is_dir()
            kept = history_folder(project) / f"{NAME}{name}"
            if not live and not kept.is_dir():
                shutil.rmtree(sealed)
            elif not live and not (kept / MICRODATA).is_dir():
                shutil.rmtree(sealed / MICRODATA, ignore_errors=True)
        destroy_sealed(project, read_register(project))
