"""Which process a run is, and whether it still lives; what it cost; who began it, and why."""

import os
import resource
import socket
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from wavehouse.processes import fields_of
from wavehouse.writing import is_running, user_name

MANUAL, SCHEDULE, CI = "manual", "schedule", "ci"
TRIGGER, WHO, WHY = "WAVEHOUSE_TRIGGER", "WAVEHOUSE_WHO", "WAVEHOUSE_WHY"
# Whoever pushed or pressed the button, as the two forges say it.
ACTORS = ("GITHUB_ACTOR", "GITLAB_USER_LOGIN")
BOOT = Path("/proc/sys/kernel/random/boot_id")
# A process of another machine cannot be looked at: it counts as gone when it wrote nothing so long.
HOURS_UNSEEN = 24
# States of a process that has ended, as /proc says them.
ENDED = ("Z", "X")
# Of `getrusage`: kilobytes, but bytes on macOS.
UNIT_OF_MEMORY = 1 if sys.platform == "darwin" else 1024


def this_process() -> dict[str, Any]:
    """Describe this process so that no other one is taken for it, even if it gets its number."""
    pid = os.getpid()
    return {"pid": pid, "began": _began(pid), "boot": _boot(), "host": socket.gethostname()}


def lives(process: Mapping[str, Any], hours_since_word: float) -> bool:
    """Tell whether a process still runs.

    Args:
        process: as `this_process` described it.
        hours_since_word: how long ago it wrote the last time, for one of another machine.
    """
    if process.get("host") != socket.gethostname():
        return hours_since_word < HOURS_UNSEEN
    pid = process.get("pid")
    if process.get("boot") != _boot() or not isinstance(pid, int):
        return False
    return is_running(pid) and process.get("began") == _began(pid)


def usage() -> tuple[float, float]:
    """Give the processor seconds of this process and its children so far, and their peak in MB.

    The peak is that of the largest single process.
    """
    both = [resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)]
    seconds = sum(each.ru_utime + each.ru_stime for each in both)
    return seconds, max(each.ru_maxrss for each in both) * UNIT_OF_MEMORY / 1e6


def trigger() -> str:
    """Tell what began this process: a person, a schedule or a pipeline of CI.

    A service of systemd has an id of its invocation; a person's terminal may have inherited one.
    """
    told = os.environ.get(TRIGGER)
    if told in (MANUAL, SCHEDULE, CI):
        return told
    if os.environ.get("CI", "").lower() in ("true", "1"):
        return CI
    return SCHEDULE if "INVOCATION_ID" in os.environ and not os.isatty(0) else MANUAL


def who() -> str:
    """Name who runs this: as told, as the forge says, else the user and the machine."""
    names = (os.environ.get(name) for name in (WHO, *ACTORS))
    return next(filter(None, names), None) or f"{user_name()}@{socket.gethostname()}"


def why() -> str | None:
    """Give the reason that was told, if one was."""
    return os.environ.get(WHY) or None


def _began(pid: int) -> int | None:
    """Give when a process began, in the kernel's ticks; None where the system does not say.

    None too of one that has ended and whose parent has not asked yet.
    """
    try:
        fields = fields_of(pid)
        return None if fields[0] in ENDED else int(fields[19])
    except (OSError, IndexError, ValueError):
        return None


def _boot() -> str | None:
    try:
        return BOOT.read_text("ascii").strip()
    except OSError:
        return None
