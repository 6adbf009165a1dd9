"""Started processes end with the one that started them."""

import signal
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from types import FrameType

# From `kill`, and from a terminal that is closed.
ENDING = (signal.SIGTERM, signal.SIGHUP)


@contextmanager
def clean_end_on_sigterm() -> Iterator[None]:
    """Let a SIGTERM or SIGHUP end this process by way of its clean-up, which it would skip else.

    What somebody has told it to ignore, as `nohup` does, it goes on ignoring.
    """
    ended_by: list[int] = []

    def end(signum: int, frame: FrameType | None) -> None:  # noqa: ARG001 (signal's own signature)
        ended_by.append(signum)
        raise SystemExit(128 + signum)

    before = {
        signum: signal.signal(signum, end)
        for signum in ENDING
        if signal.getsignal(signum) is not signal.SIG_IGN
    }
    try:
        yield
    except Exception as error:
        if not ended_by:
            raise
        # A library made another error of it: DuckDB says that its query was interrupted.
        raise SystemExit(128 + ended_by[0]) from error
    finally:
        for signum, handler in before.items():
            signal.signal(signum, handler)


@contextmanager
def ended_with_us(process: "subprocess.Popen[str] | subprocess.Popen[bytes]") -> Iterator[None]:
    """Terminate a process, and wait for its end, if it still runs when the block ends."""
    try:
        yield
    except BaseException:
        process.terminate()
        process.wait()
        raise


def fields_of(pid: int) -> list[str]:
    """Give what /proc says of a process behind the name of its program: its state, its parent, ...

    Raises:
        OSError: there is no such process, or the system has no /proc.
    """
    # The name, in brackets, may hold anything.
    return Path(f"/proc/{pid}/stat").read_text("utf-8", "replace").rpartition(")")[2].split()
