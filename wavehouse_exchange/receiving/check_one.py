"""One check, in a process of its own: `python -m wavehouse_exchange.receiving.check_one ROOT ID`.

A file may be made to take all time and memory, or to break the program that reads it. So it is read
here, with limits, and never in the server. Deliveries of one study are checked one at a time.
"""

import os
import resource
import signal
import sys
from pathlib import Path

from wavehouse.encryption.key import secret, unlock
from wavehouse.errors import WavehouseError
from wavehouse.locks import only_one
from wavehouse.project import Project
from wavehouse_exchange.receiving.checking import check
from wavehouse_exchange.receiving.quarantine import Quarantine
from wavehouse_exchange.receiving.sealing import seal_waiting
from wavehouse_exchange.serving.audit import AuditLog

# What a check may write to one file, and hold in memory.
MOST_WRITTEN_BYTES = 50_000_000_000
MOST_MEMORY_BYTES = 8_000_000_000
# How it ends where that was not enough.
NO_MEMORY = 75


def main(root: str, delivery_id: str, seconds: str) -> None:
    """Check a delivery and write down what became of it.

    Args:
        root: the folder of the project.
        delivery_id: the delivery.
        seconds: how long the check may take, from when others of the study have ended.
    """
    project = Project(Path(root))
    # The server has no key: here it is read from its file, or a command prints it.
    unlock(project)
    try:
        secret()
    except WavehouseError as error:
        # It is no fault of who delivers.
        sys.exit(str(error))
    quarantine = Quarantine(project)
    known = quarantine.find(delivery_id)
    if known is None:
        return
    _limit()
    with only_one(quarantine.folder / f".{known.study_id}.lock", "check of a delivery"):
        delivery = quarantine.find(delivery_id)
        if delivery is None or delivery.state != "received":
            return
        # It ends the process, whatever library is at work.
        signal.signal(signal.SIGALRM, signal.SIG_DFL)
        signal.alarm(int(seconds))
        try:
            checked = check(quarantine, delivery)
        except MemoryError:
            sys.exit(NO_MEMORY)
        signal.alarm(0)
        log(quarantine, checked.delivery_id, checked.audience_id, checked.key_id, checked.state)
        decided = quarantine.decide(checked)
        if decided.state == "accepted":
            seal_waiting(quarantine, decided)


def log(quarantine: Quarantine, delivery_id: str, audience: str, key: str, state: str) -> None:
    """Write into the log of requests what became of a delivery.

    Args:
        quarantine: where it lies.
        delivery_id: the delivery.
        audience: whose it is.
        key: the id of the key that delivered it.
        state: what became of it.
    """
    AuditLog(quarantine.project.warehouse).add(
        {"audience": audience, "key": key, "delivery": delivery_id, "state": state}
    )


def _limit() -> None:
    os.nice(10)
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    for what, most in (
        (resource.RLIMIT_FSIZE, MOST_WRITTEN_BYTES),
        (resource.RLIMIT_DATA, MOST_MEMORY_BYTES),
    ):
        _, hard = resource.getrlimit(what)
        most = most if hard == resource.RLIM_INFINITY else min(most, hard)
        resource.setrlimit(what, (most, hard))


if __name__ == "__main__":
    main(*sys.argv[1:])
