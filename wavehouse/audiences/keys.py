"""The register of keys: whose they are, for which audience, until when. It holds no secret.

    warehouse/keys/register.json                                    keys, and the operator's
    warehouse/keys/sealed/<release>/<part>/<audience>/<key>.age     what opens a file, for one key

A key is an age identity (X25519). Who has it is the only one who knows it; here is what it makes
public. WAVEHOUSE_KEYS may name another folder. Backups leave it out, so that what is destroyed here
is destroyed.
"""

import hashlib
import json
import os
import re
import secrets
from dataclasses import asdict, dataclass, field, replace
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

from wavehouse.errors import WavehouseError
from wavehouse.project import Project
from wavehouse.writing import write_whole

REGISTER = "register.json"
NAME = re.compile(r"key_[0-9a-f]{8}")


@dataclass(frozen=True)
class Key:
    """What is known of a key.

    Args:
        key_id: names it in lists and logs.
        audience_id: whom it lets read.
        label: whose it is, in words of those who gave it.
        public_key: what release keys are sealed to.
        created_at: when it was made, in UTC.
        expires_on: the last day on which it is good, in UTC; None for no end.
        revoked_at: when it was revoked, in UTC; None if it was not.
        key_hash: SHA-256 of the key, by which PostgreSQL knows it; nobody can find the key by it.
    """

    key_id: str
    audience_id: str
    label: str
    public_key: str
    created_at: str
    expires_on: str | None = None
    revoked_at: str | None = None
    key_hash: str = ""

    def state(self, today: date | None = None) -> str:
        """Say whether it is `valid`, `revoked` or `expired`."""
        if self.revoked_at:
            return "revoked"
        today = today or datetime.now(UTC).date()
        is_over = self.expires_on is not None and date.fromisoformat(self.expires_on) < today
        return "expired" if is_over else "valid"


@dataclass
class Register:
    """The keys that were given, and the public key of the operator if there is one.

    Args:
        keys: the keys, the earliest first.
        operator: the public key of the operator, who can open every release offline.
    """

    keys: list[Key] = field(default_factory=list)
    operator: str | None = None

    def find(self, key_id: str) -> Key:
        """Give a key by its id.

        Raises:
            WavehouseError: there is none.
        """
        for key in self.keys:
            if key.key_id == key_id:
                return key
        raise WavehouseError(f"There is no key {key_id}. `wavehouse key list` lists them.")

    def change(self, key_id: str, **changes: str | None) -> Key:
        """Change what is known of a key, and give it."""
        changed = replace(self.find(key_id), **changes)
        self.keys = [changed if key.key_id == key_id else key for key in self.keys]
        return changed

    def valid(self, audience_id: str, today: date | None = None) -> list[Key]:
        """Give the keys that let an audience read today."""
        return [
            key
            for key in self.keys
            if key.audience_id == audience_id and key.state(today) == "valid"
        ]


def keys_folder(project: Project) -> Path:
    """Name the folder of keys, whether it is there or not."""
    named = os.environ.get("WAVEHOUSE_KEYS")
    return project.root / named if named else project.warehouse / "keys"


def read_register(project: Project) -> Register:
    """Read the register; an empty one if no key was ever given.

    Raises:
        WavehouseError: it cannot be read. Nobody gets in then.
    """
    path = keys_folder(project) / REGISTER
    try:
        found: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
        return Register([Key(**key) for key in found["keys"]], found.get("operator"))
    except FileNotFoundError:
        return Register()
    except (ValueError, KeyError, TypeError, OSError) as error:
        raise WavehouseError(
            f"{project.relative(path)} cannot be read, so no key is known. Take it from where it "
            "was copied to; without it remove it, and add keys again."
        ) from error


def save_register(project: Project, register: Register) -> None:
    """Write the register in one step."""
    said = {"operator": register.operator, "keys": [asdict(key) for key in register.keys]}
    write_whole(keys_folder(project) / REGISTER, json.dumps(said, indent=2) + "\n")


def new_key_id(register: Register) -> str:
    """Give an id that no key has."""
    taken = {key.key_id for key in register.keys}
    while (key_id := f"key_{secrets.token_hex(4)}") in taken:
        continue
    return key_id


def hash_of(secret: str) -> str:
    """Give the SHA-256 of a key, as the function `authenticate` of PostgreSQL works it out."""
    return hashlib.sha256(secret.strip().encode()).hexdigest()


def now() -> str:
    """Give the time, in UTC, as the register has it."""
    return datetime.now(UTC).isoformat(timespec="seconds")
