"""Pseudonyms of respondents: HMACs of their ids, by a key that lies outside of the project.

A hash of an id can be found by trying all ids. Without the key nobody can try.
"""

import hashlib
import hmac
import secrets
from pathlib import Path

from wavehouse.errors import WavehouseError
from wavehouse.key_files import key_place, refuse_within, write_key
from wavehouse.project import Project

# Names another file with the key.
SETTING = "WAVEHOUSE_PEOPLE_KEY_FILE"
KEY_BYTES = 32
# No id has it, so ids that are put together differently never look the same.
SEPARATOR = "\x1f"
# What a list is marked with, to know later whether a key is the one that it was made with.
OF_THE_KEY = "the key of this list"


def key_file(project: Project) -> Path:
    """Name the file with the key, whether it is there or not."""
    return key_place(project, SETTING, "people")


def make_key(project: Project) -> bool:
    """Make a key where there is none yet; tell whether it was made.

    Raises:
        WavehouseError: its place is within the project, or cannot be written.
    """
    path = key_file(project)
    refuse_within(project, path, "would know whom pseudonyms stand for", SETTING)
    if path.exists():
        return False
    write_key(path, f"{secrets.token_hex(KEY_BYTES)}\n")
    return True


def read_key(project: Project) -> bytes:
    """Give the key.

    Raises:
        WavehouseError: it is not there, or is no such key.
    """
    path = key_file(project)
    try:
        text = path.read_text(encoding="utf-8").strip()
    except FileNotFoundError:
        raise WavehouseError(
            f"{path} is not there. It has the key of the pseudonyms that stand for respondents: of "
            "erased people, so that they do not come back, and of studies whose ids are replaced. "
            f"Copy it there from where you keep it, or let {SETTING} name it."
        ) from None
    try:
        key = bytes.fromhex(text)
    except ValueError:
        key = b""
    if len(key) != KEY_BYTES:
        raise WavehouseError(
            f"{path} has no key in it: a key is {2 * KEY_BYTES} digits and letters a to f. Take "
            "the file from where you keep a copy."
        )
    return key


def pseudonym(key: bytes, *parts: str) -> str:
    """Give the pseudonym of what is named by some ids, such as a study and a respondent."""
    return hmac.new(key, SEPARATOR.join(parts).encode(), hashlib.sha256).hexdigest()
