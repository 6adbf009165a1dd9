"""Files for others, such as exports: sealed with age, so that its own tool opens them."""

import os
from collections.abc import Iterable, Sequence
from pathlib import Path

from wavehouse.encryption.key import encrypted_for, read_key, secret
from wavehouse.errors import WavehouseError
from wavehouse.project import Project
from wavehouse.writing import explained

SUFFIX = ".age"
PARTIAL = ".opening"


def seal_files(files: Iterable[Path], recipients: Sequence[str]) -> list[Path]:
    """Encrypt files for public keys, and remove the plain ones.

    Args:
        files: the files.
        recipients: public keys of age; each of them opens the files.

    Returns:
        the sealed files: their names have `.age` at the end.

    Raises:
        WavehouseError: a public key is none.
    """
    from pyrage import RecipientError, encrypt_file, x25519

    known = []
    for each in recipients:
        try:
            known.append(x25519.Recipient.from_str(each))
        except RecipientError as error:
            raise WavehouseError(
                f"{each} is no public key of age: one begins with age1. `age-keygen` makes a pair."
            ) from error
    sealed = []
    for file in files:
        place = file.with_name(file.name + SUFFIX)
        encrypt_file(str(file), str(place), known)
        file.unlink()
        sealed.append(place)
    return sealed


def open_file(project: Project, file: Path, folder: Path | None = None) -> Path:
    """Open a file that was sealed for a project's key.

    Args:
        project: the project, which is encrypted.
        file: the sealed file.
        folder: where the opened file goes; beside the sealed one if left out.

    Raises:
        WavehouseError: it is not sealed, or for another key; or the opened file is there already.
    """
    from pyrage import DecryptError, decrypt_file, x25519

    recipient = encrypted_for(project)
    if recipient is None:
        raise WavehouseError(
            "This project is not encrypted, so it has no key that opens files. Of one that was: "
            "the program `age` opens them with its key file."
        )
    if file.suffix != SUFFIX:
        raise WavehouseError(f"{file}: its name does not end with {SUFFIX}, so it is not sealed.")
    place = (folder or file.parent) / file.name.removesuffix(SUFFIX)
    if place.exists():
        raise WavehouseError(f"{place} is there already. Take it away, or name another folder.")
    identity = x25519.Identity.from_str(secret() or read_key(project, recipient))
    partial = place.with_name(f".{place.name}{PARTIAL}{os.getpid()}")
    with explained(place):
        place.parent.mkdir(parents=True, exist_ok=True)
        try:
            decrypt_file(str(file), str(partial), [identity])
            partial.replace(place)
        except DecryptError as error:
            raise WavehouseError(
                f"{file} was not sealed for this project's key, or it was damaged ({error})."
            ) from error
        finally:
            partial.unlink(missing_ok=True)
    return place
