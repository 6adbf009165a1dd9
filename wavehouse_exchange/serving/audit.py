"""The log of requests: who asked what of which release, and how many rows went out.

    warehouse/audit/<day>-<server>.jsonl    one line a request; lines are only ever added

A line has `payload`, what is told of the request; `digest`, the SHA-256 of it; and `chain`, that
of the chain of the line before and this digest. So a line that is changed, moved or missing is
found (`verify`), and a payload may still be erased: its digest stays, and the chain holds. A
payload has a random salt, so that nobody can guess an erased one from its digest.

The address of a reader is not written: a key says who asked, and the public is not watched.
"""

import io
import json
import os
import secrets
import threading
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from hashlib import sha256
from pathlib import Path
from typing import Any

from wavehouse_exchange.exports.csvw_tables import write_lines

FOLDER = "audit"
BEGIN = "0" * 64
# What is told of a request, in the order of files.
COLUMNS = (
    *("at", "audience", "key", "method", "address", "status", "rows", "release"),
    "milliseconds",
)


@dataclass(frozen=True)
class Fault:
    """A line that is not as it was written.

    Args:
        path: the file.
        line: its number, counted from 1.
        says: what is wrong.
    """

    path: Path
    line: int
    says: str


class AuditLog:
    """The log of one process of the server.

    Each process has a file of its own, so that none waits for another; a new day begins a new one.
    """

    def __init__(self, warehouse: Path) -> None:
        """Take the folder `warehouse`; the log is in `audit` there."""
        self._folder = warehouse / FOLDER
        self._server = f"{os.getpid()}-{secrets.token_hex(4)}"
        self._lock = threading.Lock()
        self._day = ""
        self._chain = BEGIN
        self._file: int | None = None

    def add(self, payload: dict[str, Any]) -> None:
        """Write a line; it is with the operating system when this returns.

        Args:
            payload: what is told of the request.

        Raises:
            OSError: the disk is full, or cannot be written. Nothing may be answered then.
        """
        now = datetime.now(UTC)
        told = json.dumps(
            {"at": now.isoformat(timespec="milliseconds"), **payload, "salt": secrets.token_hex(8)},
            ensure_ascii=False,
        )
        digest = sha256(told.encode()).hexdigest()
        with self._lock:
            self._open(f"{now:%Y-%m-%d}")
            chain = _link(self._chain, digest)
            # The payload is kept as the text that was digested, not as what it means.
            line = json.dumps({"digest": digest, "chain": chain, "payload": told}) + "\n"
            self._write(line.encode())
            self._chain = chain

    def _open(self, day: str) -> None:
        if day == self._day:
            return
        if self._file is not None:
            os.close(self._file)
            self._file = None
        self._folder.mkdir(parents=True, exist_ok=True)
        path = self._folder / f"{day}-{self._server}.jsonl"
        self._file = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
        self._day, self._chain = day, BEGIN

    def _write(self, line: bytes) -> None:
        """Write all of a line or nothing of it."""
        assert self._file is not None
        before = os.fstat(self._file).st_size
        written = 0
        try:
            while written < len(line):
                written += os.write(self._file, line[written:])
        except OSError:
            os.ftruncate(self._file, before)
            raise


def read_log(warehouse: Path) -> Iterator[dict[str, Any]]:
    """Give the payloads that were not erased, file by file."""
    for _, lines in _files(warehouse):
        for line in lines:
            payload = json.loads(line)["payload"]
            if payload is not None:
                yield json.loads(payload)


def written_log(rows: Iterable[dict[str, Any]], form: str) -> str:
    """Write payloads, in the order of their time.

    Args:
        rows: the payloads.
        form: `csv`, whose texts no spreadsheet takes for formulas, or `json`, a line each.
    """
    ordered = sorted(rows, key=lambda row: str(row["at"]))
    if form == "json":
        return "".join(json.dumps(_without_salt(row), ensure_ascii=False) + "\n" for row in ordered)
    file = io.StringIO(newline="")
    write_lines(file, COLUMNS, ([row.get(name) for name in COLUMNS] for row in ordered))
    return file.getvalue()


def erase_payloads(path: Path, tells: Callable[[str], bool]) -> None:
    """Erase payloads of a file of the log; the chain over their digests holds.

    Lines keep their length: a server that is running goes on adding lines to this very file.

    Args:
        path: the file.
        tells: whether a payload is one to be erased.
    """
    with path.open("r+b") as stream:
        place = 0
        for line in path.read_bytes().splitlines(keepends=True):
            row = json.loads(line)
            if row["payload"] is not None and tells(row["payload"]):
                new = json.dumps({**row, "payload": None}).encode()
                stream.seek(place)
                stream.write(new.ljust(len(line) - 1) + b"\n")
            place += len(line)


def count_lines(warehouse: Path) -> tuple[int, int]:
    """Count the lines of the log, and those whose payload was erased."""
    payloads = [json.loads(line)["payload"] for _, lines in _files(warehouse) for line in lines]
    return len(payloads), sum(payload is None for payload in payloads)


def _without_salt(row: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in row.items() if name != "salt"}


def verify(warehouse: Path) -> list[Fault]:
    """Look whether every line is as it was written. An erased payload is no fault."""
    faults = []
    for path, lines in _files(warehouse):
        chain = BEGIN
        for number, line in enumerate(lines, start=1):
            said = _fault_of(line, chain)
            if said is not None:
                faults.append(Fault(path, number, said))
                break
            chain = json.loads(line)["chain"]
    return faults


def _files(warehouse: Path) -> Iterator[tuple[Path, list[str]]]:
    for path in sorted((warehouse / FOLDER).glob("*.jsonl")):
        yield path, path.read_text(encoding="utf-8").splitlines()


def _fault_of(line: str, before: str) -> str | None:
    try:
        row = json.loads(line)
        digest, chain, payload = row["digest"], row["chain"], row["payload"]
    except (ValueError, KeyError, TypeError):
        return "This is no line of the log."
    if payload is not None and sha256(payload.encode()).hexdigest() != digest:
        return "The payload was changed."
    if _link(before, digest) != chain:
        return "A line before this one was changed, moved or taken away."
    return None


def _link(before: str, digest: str) -> str:
    return sha256(f"{before}{digest}".encode()).hexdigest()
