"""Addresses of tables and collections on a server: `scheme://[user@]host/database/table`."""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from urllib.parse import SplitResult, unquote, urlsplit

from wavehouse.errors import WavehouseError

# Names may have dots; slashes in them are rare.
WITHIN = re.compile(r"/(?P<outer>[^/]+)/(?P<inner>[^/]+)")
HOST = r"(\[[^\]]+\]|[^:\[\],]+)(:\d+)?"
HOSTS = re.compile(rf"{HOST}(,{HOST})*")


@dataclass(frozen=True)
class Parts:
    """The parts of an address.

    Args:
        scheme: what the server is.
        user: who reads; empty for nobody.
        hosts: hosts with their ports, as written.
        outer: the database, or keyspace.
        inner: the collection, or table.
        query: what stands behind `?`.
    """

    scheme: str
    user: str
    hosts: str
    outer: str
    inner: str
    query: str


def parts_of(text: str, password: str, outer: str, inner: str) -> Parts:
    """Take an address apart.

    Args:
        text: the address.
        password: the variable that a password comes by.
        outer: what it names first, such as `database`.
        inner: what it names second, such as `collection`.

    Raises:
        WavehouseError: it is none, or has a password in it.
    """
    scheme, _, rest = text.partition("://")
    # Before anything else, as every other message shows the address.
    user, _, hosts = rest.partition("/")[0].rpartition("@")
    if ":" in user:
        raise WavehouseError(
            f"{scheme}://...@{hosts}: an address with a password stays in the shell's "
            f"history and in the record of runs. Leave it out, and set {password}."
        )
    try:
        parts = urlsplit(text)
    except ValueError:
        parts = SplitResult(scheme, "", "", "", "")
    within = WITHIN.fullmatch(unquote(parts.path))
    if not HOSTS.fullmatch(hosts) or within is None:
        # What stands before an @ may be a password with a slash in it.
        before, at, behind = text.rpartition("@")
        told = f"{scheme}://...@{behind}" if at else before + behind
        raise WavehouseError(
            f"{told}: this names no {inner}. Write {scheme}://host/{outer}/{inner}."
        )
    return Parts(scheme, unquote(user), hosts, within["outer"], within["inner"], parts.query)


def refuse_unknown(address: object, given: Iterable[str], known: Iterable[str]) -> None:
    """Refuse options behind `?` that there are not.

    Args:
        address: the address, as messages name it.
        given: the names of the options that it has.
        known: the names of those that there are.

    Raises:
        WavehouseError: one of them is none.
    """
    if unknown := sorted(set(given) - set(known)):
        raise WavehouseError(
            f"{address}: there is no option {', '.join(unknown)}. There are {', '.join(known)}."
        )
