"""Download one file: patiently, politely, and going on where it stopped."""

import hashlib
import re
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import urlsplit

import requests
import urllib3
from requests.auth import AuthBase

from wavehouse.errors import WavehouseError
from wavehouse_exchange.landing.progress import Progress

BLOCK_BYTES = 1 << 16
SECONDS_TO_CONNECT = 15
SECONDS_WITHOUT_DATA = 60
LONGEST_PAUSE = 60.0
# What a server says when it may do better later.
PASSING = {408, 425, 429, 500, 502, 503, 504}
OF_RANGE = re.compile(r"bytes (?P<begin>\d+)-\d+/(?P<size>\d+)")
LISTED = "If the file has moved, correct the url in seeds/codebook/deliveries.csv."


class NotTriedError(WavehouseError):
    """The server could not be reached for a file before, so this one was not tried."""


class _TryAgain(Exception):  # noqa: N818 (no error: it ends one of several tries)
    """A try failed in a way that another may not."""

    def __init__(self, reason: str, pause: float = 0.0) -> None:
        super().__init__(reason)
        self.pause = pause


class _Unreachable(_TryAgain):
    """There was no answer at all, so other files of the server need not be tried."""


def _listed(answer: requests.Response) -> str:  # noqa: ARG001 (the same for each)
    return LISTED


@dataclass(frozen=True)
class Asked:
    """A file, and how it is asked for.

    Args:
        url: where it is.
        name: what messages say in place of the url, which may have a secret in it.
        auth: who asks.
        follows: whether it may be elsewhere, where the server says so.
        mark: where the version that was begun is noted. Without a checksum to compare with in the
            end, a rest is taken only of that version, and a file only if its length is known.
        remedy: says what to do about an answer that does not have the file.
    """

    url: str
    name: str = ""
    auth: AuthBase | None = None
    follows: bool = True
    mark: Path | None = None
    remedy: Callable[[requests.Response], str] = _listed

    def __str__(self) -> str:
        """Name it the way every message does."""
        return self.name or self.url


@dataclass
class Downloader:
    """Downloads files one after the other, and remembers which servers cannot be reached.

    Attributes:
        user_agent: how it introduces itself.
        tries: how often it tries a file before it gives up.
        pause: seconds before the second try; each further pause is twice as long.
    """

    user_agent: str
    tries: int = 5
    pause: float = 1.0
    _unreachable: dict[str, str] = field(default_factory=dict)

    def download(self, asked: Asked, part: Path, what: str, size: int | None, hint: str) -> None:
        """Download a file, or what is missing of it.

        Args:
            asked: the file.
            part: where it goes; what is there already is taken for its beginning.
            what: the file's name in messages.
            size: its size, if that is known.
            hint: what to do where it cannot be had.

        Raises:
            NotTriedError: its server cannot be reached; the text is the reason.
            WavehouseError: it cannot be had. What has come stays, for the next run to go on from.
        """
        host = urlsplit(asked.url).netloc
        reason = self._unreachable.get(host, "")
        if reason:
            raise NotTriedError(reason)
        pause = self.pause
        for number in range(self.tries):
            if number:
                time.sleep(min(pause, LONGEST_PAUSE))
                pause *= 2
            try:
                self._try(asked, part, what, size)
            except _TryAgain as failed:
                reason = str(failed)
                pause = max(pause, failed.pause)
                if isinstance(failed, _Unreachable) and number == self.tries - 1:
                    self._unreachable[host] = reason
            else:
                return
        raise WavehouseError(
            f"{what}: {asked} cannot be downloaded; after {self.tries} tries: {reason}. Check the "
            f"connection and run the command again; it continues where it stopped. {hint}".rstrip()
        )

    def _try(self, asked: Asked, part: Path, what: str, size: int | None) -> None:
        version = _version_begun(asked, part)
        begun = part.stat().st_size if part.exists() else 0
        # Compressed on the way, the bytes of a range would not be those of the file.
        headers = {"User-Agent": self.user_agent, "Accept-Encoding": "identity"}
        if begun:
            headers["Range"] = f"bytes={begun}-"
            if version:
                headers["If-Range"] = version
        try:
            answer = requests.get(
                asked.url,
                headers=headers,
                auth=asked.auth,
                allow_redirects=asked.follows,
                stream=True,
                timeout=(SECONDS_TO_CONNECT, SECONDS_WITHOUT_DATA),
            )
        except requests.RequestException as error:
            host = urlsplit(asked.url).netloc
            raise _Unreachable(f"{host} cannot be reached ({_cause(error)})") from error
        with answer:
            if begun and answer.status_code == requests.codes.requested_range_not_satisfiable:
                whole = answer.headers.get("Content-Range", "").removeprefix("bytes */")
                if begun == size or (version and whole == str(begun)):
                    return
                part.unlink()
                raise _TryAgain("the file on the server is shorter than what was downloaded before")
            self._refuse_errors(answer, asked, what)
            goes_on = answer.status_code == requests.codes.partial_content
            done = begun if goes_on else 0
            expected = _expected(answer, done)
            if asked.mark:
                _judge(answer, asked, what, expected)
                if goes_on and (expected is None or _version(answer) != version):
                    part.unlink()
                    raise _TryAgain("the file on the server changed while it was downloaded")
                asked.mark.write_text(_noted(asked, _version(answer)), encoding="utf-8")
            with (
                part.open("ab" if goes_on else "wb") as file,
                Progress(f"Downloading {what}", size or expected, _megabytes) as progress,
            ):
                try:
                    # What has come counts: a whole block would be lost where it breaks off.
                    while block := answer.raw.read1(BLOCK_BYTES):
                        file.write(block)
                        done += len(block)
                        progress.at(done)
                except (urllib3.exceptions.HTTPError, ConnectionError, TimeoutError) as error:
                    raise _TryAgain(f"the connection broke off ({_cause(error)})") from error
        wanted = expected if size is None else size
        if wanted is not None and done < wanted:
            raise _TryAgain(f"the server sent {done:,} of {wanted:,} bytes")

    @staticmethod
    def _refuse_errors(answer: requests.Response, asked: Asked, what: str) -> None:
        said = f"the server says {answer.status_code} {answer.reason}"
        if answer.status_code in PASSING:
            waiting = answer.headers.get("Retry-After", "")
            raise _TryAgain(said, float(waiting) if waiting.isdecimal() else 0.0)
        if not answer.ok or answer.status_code >= requests.codes.multiple_choices:
            raise WavehouseError(
                f"{what}: {asked} cannot be downloaded: {said}. {asked.remedy(answer)}"
            )
        if answer.headers.get("Content-Type", "").startswith("text/html"):
            raise WavehouseError(
                f"{what}: {asked} returns a web page, not the file. {asked.remedy(answer)}"
            )


def _version_begun(asked: Asked, part: Path) -> str:
    """Give the version of a beginning; one that nobody knows the version of is removed."""
    if asked.mark is None or not part.exists():
        return ""
    noted = asked.mark.read_text(encoding="utf-8") if asked.mark.exists() else ""
    version = noted.partition("\n")[2]
    if version and noted == _noted(asked, version):
        return version
    part.unlink()
    return ""


def _noted(asked: Asked, version: str) -> str:
    """Write which version of which file was begun; an address may be a secret, so its digest."""
    return f"{hashlib.sha256(asked.url.encode()).hexdigest()}\n{version}"


def _version(answer: requests.Response) -> str:
    """Give what tells a version of a file from others, as the server says it; or nothing."""
    tag = answer.headers.get("ETag", "")
    # A weak tag says that a reader would see no difference, not that bytes are the same.
    return tag if tag and not tag.startswith("W/") else answer.headers.get("Last-Modified", "")


def _expected(answer: requests.Response, begun: int) -> int | None:
    """Give the size of the whole file as the server says it; none if it does not say, or lies."""
    if answer.status_code == requests.codes.partial_content:
        found = OF_RANGE.fullmatch(answer.headers.get("Content-Range", ""))
        return int(found["size"]) if found and int(found["begin"]) == begun else None
    length = answer.headers.get("Content-Length", "")
    return int(length) if length.isdecimal() else None


def _judge(answer: requests.Response, asked: Asked, what: str, expected: int | None) -> None:
    """Refuse an answer of which nobody could say whether the file is whole, or the one meant."""
    if answer.headers.get("Content-Encoding", "identity") != "identity":
        raise WavehouseError(
            f"{what}: {asked} is sent compressed ({answer.headers['Content-Encoding']}), though "
            "that was not asked for. Download it otherwise and bring in the file."
        )
    # A chunk of no bytes ends a chunked answer.
    is_chunked = answer.headers.get("Transfer-Encoding", "").lower() == "chunked"
    if expected is None and not is_chunked and answer.status_code == requests.codes.ok:
        raise WavehouseError(
            f"{what}: the server of {asked} does not say how long the file is, so nobody could see "
            "whether it is whole. Download it otherwise and bring in the file."
        )
    if urlsplit(asked.url).scheme == "https" and urlsplit(answer.url).scheme != "https":
        raise WavehouseError(
            f"{what}: {asked} leads to an address without encryption. Ask for an address with "
            "https, or download it otherwise and bring in the file."
        )


def _megabytes(size: int) -> str:
    return f"{size / 1e6:,.1f} MB"


def _cause(error: BaseException) -> str:
    """Give the innermost reason: the outer ones repeat the address."""
    while error.__cause__ or error.__context__:
        error = error.__cause__ or error.__context__ or error
    said = str(error)
    # Where an address is itself the reason, it may have a secret in it.
    return said if said and "://" not in said else type(error).__name__
