"""Say how far long work is: on a terminal in one line, elsewhere every few seconds."""

import sys
import time
from collections.abc import Callable

SECONDS_BETWEEN_LINES = 10.0
SECONDS_BETWEEN_UPDATES = 0.2


class Progress:
    """Progress of one piece of work, told on standard error; short work says nothing."""

    def __init__(
        self, what: str, total: int | None, describe: Callable[[int], str] = "{:,}".format
    ) -> None:
        """Begin.

        Args:
            what: what is done, such as `Reading happy.sav`.
            total: how much there is, if that is known.
            describe: gives an amount as text.
        """
        self._what = what
        self._total = total
        self._describe = describe
        self._terminal = sys.stderr.isatty()
        self._pause = SECONDS_BETWEEN_UPDATES if self._terminal else SECONDS_BETWEEN_LINES
        self._told = time.monotonic()
        self._written = False

    def at(self, done: int) -> None:
        """Say how much is done, unless that was said just now."""
        now = time.monotonic()
        if now - self._told < self._pause:
            return
        self._told = now
        self._written = True
        text = f"{self._what}: {self._describe(done)}"
        if self._total:
            text += f" of {self._describe(self._total)} ({100 * done // self._total} %)"
        print(
            f"\r{text}\033[K" if self._terminal else text,
            end="" if self._terminal else "\n",
            file=sys.stderr,
            flush=True,
        )

    def __enter__(self) -> "Progress":
        return self

    def __exit__(self, *_: object) -> None:
        """Clear the line of a terminal."""
        if self._written and self._terminal:
            print("\r\033[K", end="", file=sys.stderr, flush=True)
