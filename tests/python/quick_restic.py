"""restic with keys that are quick to derive from a password.

restic lets a password cost half a second of a processor, each time that a repository is opened, so
that nobody can try many; a test opens one fifty times. Here the key of a new repository is written
again with the least work that scrypt takes. All else is restic itself. Formats are those of
restic's design document (https://restic.readthedocs.io/en/stable/100_references.html): a key file
holds the master keys, sealed with AES-256-CTR and Poly1305-AES by keys that scrypt derives.
"""

import base64
import hashlib
import json
import os
import shlex
import shutil
import sys
from pathlib import Path

from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes
from cryptography.hazmat.primitives.poly1305 import Poly1305

NONCE, MAC = 16, 16
LEAST = {"N": 2, "r": 1, "p": 1}


def install(folder: Path) -> str | None:
    """Write a program `restic` that makes such keys; give the PATH that finds it first.

    Args:
        folder: where to write it.

    Returns:
        The PATH, or None if restic is not installed.
    """
    real = shutil.which("restic")
    if real is None:
        return None
    again = " ".join(map(shlex.quote, (sys.executable, __file__)))
    program = folder / "restic"
    # What only reads or writes becomes restic itself, so that who ends it ends restic.
    program.write_text(
        f'#!/bin/sh\n[ "$1" = init ] || exec {shlex.quote(real)} "$@"\n'
        f'{shlex.quote(real)} "$@" && exec {again}\n'
    )
    program.chmod(0o755)
    return f"{folder}{os.pathsep}{os.environ['PATH']}"


def write_again(repository: Path, password: bytes) -> None:
    """Write the key of a new repository again, with the same master keys.

    Args:
        repository: its folder.
        password: the password that it was made with.
    """
    (path,) = (repository / "keys").iterdir()
    facts = json.loads(path.read_text(encoding="utf-8"))
    masters = _opened(base64.b64decode(facts["data"]), _derived(password, facts))
    facts |= LEAST
    facts["data"] = base64.b64encode(_sealed(masters, _derived(password, facts))).decode()
    content = json.dumps(facts).encode()
    new = path.with_name(hashlib.sha256(content).hexdigest())
    new.write_bytes(content)
    path.unlink()


def _derived(password: bytes, facts: dict[str, int | str]) -> bytes:
    n, r, p = (int(facts[name]) for name in LEAST)
    salt = base64.b64decode(str(facts["salt"]))
    return hashlib.scrypt(password, salt=salt, n=n, r=r, p=p, maxmem=2**30, dklen=64)


def _crypted(content: bytes, keys: bytes, nonce: bytes) -> bytes:
    stream = Cipher(algorithms.AES(keys[:32]), modes.CTR(nonce)).encryptor()
    return stream.update(content) + stream.finalize()


def _mac(content: bytes, keys: bytes, nonce: bytes) -> bytes:
    block = Cipher(algorithms.AES(keys[32:48]), modes.ECB()).encryptor()
    return Poly1305.generate_tag(keys[48:] + block.update(nonce), content)


def _opened(sealed: bytes, keys: bytes) -> bytes:
    nonce, content, mac = sealed[:NONCE], sealed[NONCE:-MAC], sealed[-MAC:]
    assert _mac(content, keys, nonce) == mac, "the password is not that of the key"
    return _crypted(content, keys, nonce)


def _sealed(content: bytes, keys: bytes) -> bytes:
    nonce = os.urandom(NONCE)
    hidden = _crypted(content, keys, nonce)
    return nonce + hidden + _mac(hidden, keys, nonce)


def main() -> None:
    """Write the key of the repository again that the environment names."""
    repository = Path(os.environ.get("RESTIC_REPOSITORY", ""))
    file = os.environ.get("RESTIC_PASSWORD_FILE")
    password = os.environ.get("RESTIC_PASSWORD") or (
        Path(file).read_text(encoding="utf-8").strip() if file else ""
    )
    # One on a server, or whose password a command says, keeps the key that it has.
    if password and (repository / "keys").is_dir():
        write_again(repository, password.encode())


if __name__ == "__main__":
    main()
