"""Names and labels that other programs accept."""

import hashlib
import re
from collections.abc import Iterable
from dataclasses import dataclass

from wavehouse.errors import WavehouseError

HASH_DIGITS = 6
SPSS_RESERVED = frozenset(
    ["all", "and", "by", "eq", "ge", "gt", "le", "lt", "ne", "not", "or", "to", "with"]
)
# Those of Stata's manual, [U] 11.3.
STATA_RESERVED = frozenset(
    [
        *["_all", "_b", "_coef", "_cons", "_n", "_pi", "_pred", "_rc", "_skip"],
        *["byte", "double", "float", "if", "in", "int", "long", "strl", "using", "with"],
    ]
)
STATA_TEXT_TYPE = re.compile(r"str[0-9]+")


@dataclass(frozen=True)
class Rules:
    """What names a program accepts: how long they are, and the words it keeps for itself."""

    program: str
    longest: int
    reserved: frozenset[str]


SPSS = Rules("SPSS", 64, SPSS_RESERVED)
# Stata takes 32; pyreadstat names a set of labels after its variable, and takes 31 for that.
STATA = Rules("Stata", 31, STATA_RESERVED)


def legal_names(wanted: Iterable[str], rules: Rules) -> dict[str, str]:
    """Give each name the one that a program accepts.

    A name depends on nothing but itself, so it stays what it is when others come and go. One that
    is too long is cut, and ends with digits of a hash of the whole.

    Raises:
        WavehouseError: two of them would be the same.
    """
    names: dict[str, str] = {}
    taken: dict[str, str] = {}
    for name in wanted:
        legal = _legal(name, rules)
        other = taken.setdefault(legal.lower(), name)
        if other != name:
            raise WavehouseError(
                f"Variables {other} and {name} would both be named {legal} in {rules.program}. "
                "Give one of them another id in seeds/codebook/variables.csv."
            )
        names[name] = legal
    return names


def _legal(name: str, rules: Rules) -> str:
    legal = re.sub(r"[^A-Za-z0-9_]", "_", name)
    if not legal[:1].isalpha():
        legal = f"v{legal}"
    is_type = rules is STATA and STATA_TEXT_TYPE.fullmatch(legal)
    if legal.lower() in rules.reserved or is_type:
        legal += "_"
    if len(legal) > rules.longest:
        digits = hashlib.sha256(name.encode()).hexdigest()[:HASH_DIGITS]
        legal = f"{legal[: rules.longest - HASH_DIGITS - 1]}_{digits}"
    return legal


def cut_to_bytes(text: str, most: int) -> str:
    """Cut a text to a number of bytes in UTF-8, between two characters, and show that it was."""
    if len(text.encode()) <= most:
        return text
    return text.encode()[: most - 3].decode(errors="ignore") + "..."


def cut_to_characters(text: str, most: int) -> str:
    """Cut a text to a number of characters, and show that it was."""
    return text if len(text) <= most else text[: most - 3] + "..."
