"""Files on the web: downloaded once, and then landed as delivered ones are.

A download that breaks off goes on where it stopped, if the server says that the file is still the
same. A file counts as whole only if it has the length that the server says.
"""

import os
from dataclasses import dataclass
from ipaddress import ip_address
from pathlib import Path, PurePosixPath
from urllib.parse import SplitResult, unquote, urlsplit, urlunsplit

import requests
from requests.auth import AuthBase, HTTPBasicAuth

from wavehouse import __version__
from wavehouse.errors import WavehouseError
from wavehouse_exchange.landing.download import Asked, Downloader
from wavehouse_exchange.landing.readers import READERS

PASSWORD = "WAVEHOUSE_HTTP_PASSWORD"
REFUSED = (requests.codes.unauthorized, requests.codes.forbidden)
MARK = ".version"


@dataclass(frozen=True)
class Address:
    """A file on a web server.

    Args:
        url: where it is, without user.
        name: how messages name it: without what stands behind `?`, which may be a secret.
        file_name: what the file is called here.
        user: who asks; empty for nobody.
    """

    url: str
    name: str
    file_name: str
    user: str = ""

    def __str__(self) -> str:
        """Name it the way every message does."""
        return self.name

    def collect(self, part: Path, what: str) -> None:
        """Download what is missing of the file.

        Args:
            part: the file; what an earlier run left of it is gone on with.
            what: the study and wave, for messages.

        Raises:
            WavehouseError: it cannot be had.
        """
        asked = Asked(self.url, self.name, self._auth(), mark=mark_of(part), remedy=self._remedy)
        download(asked, part, f"{self.file_name} ({what})")

    def _auth(self) -> AuthBase | None:
        if not self.user:
            return None
        password = os.environ.get(PASSWORD, "")
        if not password:
            raise WavehouseError(f"{self}: the address has a user. Set {PASSWORD}.")
        parts = urlsplit(self.url)
        if parts.scheme != "https" and not _is_this_machine(parts.hostname or ""):
            raise WavehouseError(
                f"{self}: over http a password is not hidden from the network. Write https."
            )
        return HTTPBasicAuth(self.user.encode(), password.encode())

    def _remedy(self, answer: requests.Response) -> str:
        if answer.status_code in REFUSED:
            return (
                f"Check the user of the address (https://user@host/...) and {PASSWORD}, or ask for "
                "another address."
            )
        return "Check the address; if one has to sign in there, download the file by a browser."


def download(asked: Asked, part: Path, what: str) -> None:
    """Download a file without a known checksum, and forget what was noted on the way."""
    downloader = Downloader(f"wavehouse/{__version__}")
    downloader.download(asked, part, what, None, "")
    mark_of(part).unlink(missing_ok=True)


def mark_of(part: Path) -> Path:
    """Give the file that notes which version of a file was begun."""
    return part.with_name(part.name + MARK)


def address_of(text: str) -> Address:
    """Understand an address: http(s)://[user@]host[:port]/path/name.ending[?query][#name.ending].

    Raises:
        WavehouseError: it is none, has a password in it, or nobody could say what kind of file it
            is.
    """
    scheme = text.partition("://")[0]
    try:
        parts = urlsplit(text)
        host, _ = parts.hostname, parts.port
    except ValueError:
        parts, host = SplitResult(scheme, "", "", "", ""), None
    user, at, hosts = parts.netloc.rpartition("@")
    if ":" in user:
        raise WavehouseError(
            f"{scheme}://...@{hosts}: an address with a password stays in the shell's history. "
            f"Leave it out, and set {PASSWORD}."
        )
    if not host or (at and not user) or any(sign.isspace() for sign in text):
        behind = text.partition("://")[2].rpartition("@")[2].partition("?")[0]
        raise WavehouseError(
            f"{scheme}://{behind}: this names no file. Write https://host/path/name.csv, with %20 "
            "for a blank."
        )
    name = f"{scheme}://{hosts}{parts.path}{'?...' if parts.query else ''}"
    file_name = judged_name(unquote(parts.fragment) or last_part(unquote(parts.path)), name)
    url = urlunsplit((scheme, hosts, parts.path, parts.query, ""))
    return Address(url, name, file_name, unquote(user))


def last_part(path: str) -> str:
    """Give the name of a file from the path to it."""
    return path.rpartition("/")[2]


def judged_name(file_name: str, address: str) -> str:
    """Give the name of a file on a server, if it may be one here and says what kind it is.

    Raises:
        WavehouseError: it may not, or does not.
    """
    ending = PurePosixPath(file_name).suffix[1:].lower()
    if ending not in READERS:
        known = ", ".join(f".{name}" for name in READERS)
        raise WavehouseError(
            f"{address}: its name does not say what kind of file it is. Write the address of a "
            f"file that ends in one of {known}. Where an https address ends otherwise, write the "
            "name behind it: https://host/download?id=7#wave.csv."
        )
    if not file_name.isprintable() or set(file_name) & set('/\\:*?"<>|') or file_name[0] == ".":
        raise WavehouseError(
            f"{address}: no file here can have its name. Download it otherwise, under another name."
        )
    return file_name


def _is_this_machine(host: str) -> bool:
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"
