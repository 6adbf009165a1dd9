"""Tables of Cassandra, read into a file of documents (BSON), as a collection of MongoDB is.

Rows come in the order of their tokens, a page at a time. Where the reading is stands beside the
file after each page, so that one that was interrupted goes on with the next page.
"""

import os
import ssl
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qsl

from wavehouse.errors import WavehouseError
from wavehouse_exchange.landing.addresses import parts_of, refuse_unknown

if TYPE_CHECKING:
    from cassandra.connection import DefaultEndPoint

SCHEME = "cassandra"
PASSWORD = "WAVEHOUSE_CASSANDRA_PASSWORD"
PORT = 9042
# As MongoDB's addresses call them.
TLS = ("tls", "tlsCAFile", "tlsCertificateKeyFile", "tlsAllowInvalidHostnames")


@dataclass(frozen=True)
class Address:
    """A table on a server.

    Args:
        hosts: hosts with their ports, as written. Only they are asked.
        user: who reads; empty for nobody.
        keyspace: the keyspace.
        table: the table.
        options: what stands behind `?`, by name: how the connection is encrypted.
    """

    hosts: str
    user: str
    keyspace: str
    table: str
    options: tuple[tuple[str, str], ...] = ()

    def __str__(self) -> str:
        """Name it the way every message does."""
        return f"{SCHEME}://{self.hosts}/{self.keyspace}/{self.table}"

    @property
    def file_name(self) -> str:
        """The name of the file that the table becomes."""
        return f"{self.table}.bson"

    def collect(self, part: Path, what: str) -> None:
        """Read the rows that are not in a file yet.

        Args:
            part: the file.
            what: the study and wave, for messages.

        Raises:
            WavehouseError: the table cannot be read, is empty, or has other columns meanwhile.
        """
        from wavehouse_exchange.landing.cassandra_pages import collect

        collect(self, part, what)

    def endpoints(self) -> "list[DefaultEndPoint]":
        """Give the hosts, by the names that their certificates have."""
        from cassandra.connection import DefaultEndPoint

        found = []
        for each in self.hosts.split(","):
            host, _, port = each.rpartition(":") if not each.endswith("]") else (each, "", "")
            found.append(DefaultEndPoint((host or port).strip("[]"), int(port if host else PORT)))
        return found

    def encryption(self) -> ssl.SSLContext | None:
        """Give how the connection is encrypted; nothing if it is not.

        Raises:
            WavehouseError: a file of certificates cannot be read.
        """
        options = dict(self.options)
        if not _is_true(options, "tls", bool(options)):
            return None
        try:
            context = ssl.create_default_context(cafile=options.get("tlsCAFile"))
            if pair := options.get("tlsCertificateKeyFile"):
                context.load_cert_chain(pair)
        except OSError as error:
            files = ", ".join(text for name, text in self.options if name.endswith("File"))
            raise WavehouseError(
                f"{self}: {files}: the certificates cannot be read ({error}). They are in PEM; "
                "correct the path behind tlsCAFile or tlsCertificateKeyFile."
            ) from error
        context.check_hostname = not _is_true(options, "tlsAllowInvalidHostnames", False)
        return context

    def credentials(self) -> dict[str, Any] | None:
        """Give user and password; nothing if nobody is named.

        Raises:
            WavehouseError: there is a user, and no password.
        """
        if not self.user:
            return None
        password = os.environ.get(PASSWORD)
        if not password:
            raise WavehouseError(
                f"{self}: user {self.user} has no password. Set {PASSWORD} and run the command "
                "again."
            )
        return {"username": self.user, "password": password}


def address_of(text: str) -> Address:
    """Understand an address: cassandra://[user@]host[:port][,host...]/keyspace/table[?options].

    Raises:
        WavehouseError: it is none, has a password in it, or options that there are not.
    """
    parts = parts_of(text, PASSWORD, "keyspace", "table")
    options = dict(parse_qsl(parts.query, keep_blank_values=True))
    address = Address(
        parts.hosts, parts.user, parts.outer, parts.inner, tuple(sorted(options.items()))
    )
    refuse_unknown(address, options, TLS)
    for name in ("tls", "tlsAllowInvalidHostnames"):
        if options.get(name, "true") not in {"true", "false"}:
            raise WavehouseError(f"{address}: {name} is true or false.")
    if options.get("tls") == "false" and len(options) > 1:
        raise WavehouseError(
            f"{address}: tls=false, and other options of TLS: leave out one or the other."
        )
    return address


def _is_true(options: dict[str, str], name: str, usual: bool) -> bool:
    return options[name] == "true" if name in options else usual
