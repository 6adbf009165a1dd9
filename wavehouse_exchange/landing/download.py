"""Download one file: patiently, politely, and going on where it stopped."""

import time
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import urlsplit

import requests
import urllib3

from wavehouse.errors import WavehouseError
from wavehouse_exchange.landing.progress import Progress

BLOCK_BYTES = 1 << 16
SECONDS_TO_CONNECT = 15
SECONDS_WITHOUT_DATA = 60
LONGEST_PAUSE = 60.0
# What a server says when it may do better later.
PASSING = {408, 425, 429, 500, 502, 503, 504}


class NotTriedError(WavehouseError):
    """The server could not be reached for a file before, so this one was not tried."""


class _TryAgain(Exception):  # noqa: N818 (no error: it ends one of several tries)
    """A try failed in a way that another may not."""

    def __init__(self, reason: str, pause: float = 0.0) -> None:
        super().__init__(reason)
        self.pause = pause


class _Unreachable(_TryAgain):
    """There was no answer at all, so other files of the server need not be tried."""


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

    def download(self, url: str, part: Path, what: str, size: int | None, hint: str) -> None:
        """Download a file, or what is missing of it.

        Args:
            url: where it is.
            part: where it goes; what is there already is taken for its beginning.
            what: the file's name in messages.
            size: its size, if that is known.
            hint: what to do where it cannot be had.

        Raises:
            NotTriedError: its server cannot be reached; the text is the reason.
            WavehouseError: it cannot be had. What has come stays, for the next run to go on from.
        """
        host = urlsplit(url).netloc
        reason = self._unreachable.get(host, "")
        if reason:
            raise NotTriedError(reason)
        pause = self.pause
        for number in range(self.tries):
            if number:
                time.sleep(min(pause, LONGEST_PAUSE))
                pause *= 2
            try:
                self._try(url, part, what, size)
            except _TryAgain as failed:
                reason = str(failed)
                pause = max(pause, failed.pause)
                if isinstance(failed, _Unreachable) and number == self.tries - 1:
                    self._unreachable[host] = reason
            else:
                return
        raise WavehouseError(
            f"{what}: {url} cannot be downloaded; after {self.tries} tries: {reason}. Check the "
            f"connection and run the command again; it continues where it stopped. {hint}"
        )

    def _try(self, url: str, part: Path, what: str, size: int | None) -> None:
        begun = part.stat().st_size if part.exists() else 0
        # Compressed on the way, the bytes of a range would not be those of the file.
        headers = {"User-Agent": self.user_agent, "Accept-Encoding": "identity"}
        if begun:
            headers["Range"] = f"bytes={begun}-"
        try:
            answer = requests.get(
                url,
                headers=headers,
                stream=True,
                timeout=(SECONDS_TO_CONNECT, SECONDS_WITHOUT_DATA),
            )
        except requests.RequestException as error:
            host = urlsplit(url).netloc
            raise _Unreachable(f"{host} cannot be reached ({_cause(error)})") from error
        with answer:
            if begun and answer.status_code == requests.codes.requested_range_not_satisfiable:
                if begun == size:
                    return
                part.unlink()
                raise _TryAgain("the file on the server is shorter than what was downloaded before")
            self._refuse_errors(answer, url, what)
            if answer.headers.get("Content-Type", "").startswith("text/html"):
                raise WavehouseError(
                    f"{what}: {url} returns a web page, not the file. If the file has moved, "
                    "correct the url in seeds/codebook/deliveries.csv."
                )
            goes_on = answer.status_code == requests.codes.partial_content
            done = begun if goes_on else 0
            with (
                part.open("ab" if goes_on else "wb") as file,
                Progress(f"Downloading {what}", size, _megabytes) as progress,
            ):
                try:
                    # What has come counts: a whole block would be lost where it breaks off.
                    while block := answer.raw.read1(BLOCK_BYTES):
                        file.write(block)
                        done += len(block)
                        progress.at(done)
                except (urllib3.exceptions.HTTPError, ConnectionError, TimeoutError) as error:
                    raise _TryAgain(f"the connection broke off ({_cause(error)})") from error
        if size is not None and done < size:
            raise _TryAgain(f"the server sent {done:,} of {size:,} bytes")

    @staticmethod
    def _refuse_errors(answer: requests.Response, url: str, what: str) -> None:
        said = f"the server says {answer.status_code} {answer.reason}"
        if answer.status_code in PASSING:
            waiting = answer.headers.get("Retry-After", "")
            raise _TryAgain(said, float(waiting) if waiting.isdecimal() else 0.0)
        if not answer.ok:
            raise WavehouseError(
                f"{what}: {url} cannot be downloaded: {said}. If the file has moved, correct the "
                "url in seeds/codebook/deliveries.csv."
            )


def _megabytes(size: int) -> str:
    return f"{size / 1e6:,.1f} MB"


def _cause(error: BaseException) -> str:
    """Give the innermost reason: the outer ones repeat the address."""
    while error.__cause__ or error.__context__:
        error = error.__cause__ or error.__context__ or error
    return str(error) or type(error).__name__
