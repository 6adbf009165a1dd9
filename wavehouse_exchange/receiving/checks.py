"""The processes that check deliveries, and what becomes of those that end badly."""

import logging
import secrets
import shutil
import signal
import subprocess
import sys
import threading
from concurrent.futures import Future, ThreadPoolExecutor

from wavehouse.locks import only_one
from wavehouse_exchange.receiving import check_one
from wavehouse_exchange.receiving.check_one import NO_MEMORY, log
from wavehouse_exchange.receiving.checking import trial_folder
from wavehouse_exchange.receiving.quarantine import Delivery, Fault, Quarantine
from wavehouse_exchange.receiving.sealing import seal_waiting

LOG = logging.getLogger("wavehouse.receiving")
# How many studies are checked at once; a check takes a processor.
AT_ONCE = 2
SECONDS = 600
# How programs end that a damaged file breaks.
BROKEN = (signal.SIGSEGV, signal.SIGABRT, signal.SIGBUS, signal.SIGFPE, signal.SIGILL)


class Checks:
    """Checks of one process of the server."""

    def __init__(self, quarantine: Quarantine, seconds: int = SECONDS) -> None:
        """Take the quarantine, and how long a check may take."""
        self._quarantine = quarantine
        self._seconds = seconds
        self._pool = ThreadPoolExecutor(AT_ONCE, "check")
        self._running: dict[str, Future[None]] = {}
        self._processes: set[subprocess.Popen[bytes]] = set()
        self._lock = threading.Lock()
        self._ended = False

    def begin(self, delivery: Delivery) -> "Future[None]":
        """Check a delivery, unless that is under way; the future ends when it is done."""
        with self._lock:
            running = self._running.get(delivery.delivery_id)
            if running is None:
                running = self._pool.submit(self._check, delivery)
                self._running[delivery.delivery_id] = running
                running.add_done_callback(lambda _: self._running.pop(delivery.delivery_id, None))
            return running

    def begin_all(self) -> None:
        """Check what a server that ended left unchecked, and remove what it left half."""
        self._quarantine.tidy()
        for delivery in self._quarantine.all():
            if delivery.state == "received":
                self.begin(delivery)
            elif delivery.state == "accepted":
                seal_waiting(self._quarantine, delivery)

    def end(self) -> None:
        """End all checks; the next server begins them again."""
        with self._lock:
            self._ended = True
            for process in self._processes:
                process.terminate()
        self._pool.shutdown(cancel_futures=True)

    def _check(self, delivery: Delivery) -> None:
        command = [sys.executable, "-m", check_one.__name__]
        words = [str(self._quarantine.project.root), delivery.delivery_id, str(self._seconds)]
        with self._lock:
            if self._ended:
                return
            # In a group of its own: what ends the server from a terminal is not meant for it.
            process = subprocess.Popen(
                [*command, *words], stdout=subprocess.DEVNULL, start_new_session=True
            )
            self._processes.add(process)
        code = process.wait()
        with self._lock:
            self._processes.discard(process)
            if self._ended:
                return
        if code != 0:
            self._tell(delivery, code)

    def _tell(self, delivery: Delivery, code: int) -> None:
        """Write down that a check ended without a result."""
        quarantine = self._quarantine
        with only_one(quarantine.folder / f".{delivery.study_id}.lock", "check of a delivery"):
            shutil.rmtree(
                trial_folder(quarantine.project, delivery.delivery_id), ignore_errors=True
            )
            known = quarantine.find(delivery.delivery_id)
            if known is None or known.state != "received":
                return
            fault = _fault_of(delivery, code, self._seconds)
            state = "failed" if fault.code == "incident" else "refused"
            log(quarantine, delivery.delivery_id, delivery.audience_id, delivery.key_id, state)
            quarantine.decide(known, state=state, faults=(fault,))


def _fault_of(delivery: Delivery, code: int, seconds: int) -> Fault:
    name = delivery.files[0].name
    if code == -signal.SIGALRM:
        return Fault(
            "check_too_long",
            f"The checks did not end within {seconds} seconds. The file is too large, or was made "
            "to be.",
            "Deliver the file as Parquet, or in parts that are waves of their own.",
            name,
        )
    if code == NO_MEMORY:
        return Fault(
            "check_too_large",
            "The file takes more memory than a check has.",
            "Deliver the file as Parquet, or in parts that are waves of their own.",
            name,
        )
    if -code in BROKEN:
        return Fault(
            "file_not_read",
            "The file broke the program that reads it, so it is damaged.",
            "Write the file again, or save it in another format, and deliver that.",
            name,
        )
    incident = secrets.token_hex(6)
    LOG.error("Incident %s: the check of %s ended with %d.", incident, delivery, code)
    return Fault(
        "incident",
        f"Something went wrong here. Those who run the server find it as incident {incident}.",
        "Deliver the file again later.",
        name,
    )
