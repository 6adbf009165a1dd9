"""Started processes end with the one that started them."""

import signal
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType


@contextmanager
def clean_end_on_sigterm() -> Iterator[None]:
    """Let a SIGTERM end this process by way of its clean-up, which it would skip otherwise."""

    def end(signum: int, frame: FrameType | None) -> None:  # noqa: ARG001 (signal's own signature)
        raise SystemExit(128 + signum)

    before = signal.signal(signal.SIGTERM, end)
    try:
        yield
    finally:
        signal.signal(signal.SIGTERM, before)


@contextmanager
def ended_with_us(process: "subprocess.Popen[str] | subprocess.Popen[bytes]") -> Iterator[None]:
    """Terminate a process, and wait for its end, if it still runs when the block ends."""
    try:
        yield
    except BaseException:
        process.terminate()
        process.wait()
        raise
