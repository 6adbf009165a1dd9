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
from urllib.parse import unquote_plus

from wavehouse_exchange.exports.csvw_tables import write_lines

FOLDER = "audit"
BEGIN = "0" * 64
# What is told of a request, in the order of files.
COLUMNS = (
    *("at", "audience", "key", "method", "address", "route", "status", "rows", "release"),
    *("delivery", "milliseconds"),
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


def erase_payloads(path: Path, tells: Callable[[str], bool]) -> int:
    """Erase payloads of a file of the log; the chain over their digests holds.

    Lines keep their length: a server that is running goes on adding lines to this very file. What
    is no line of the log has no chain to keep, so it is erased whole.

    Args:
        path: the file.
        tells: whether a payload is one to be erased.

    Returns:
        how many were erased.
    """
    erased = place = 0
    with path.open("r+b") as stream:
        for line in path.read_bytes().splitlines(keepends=True):
            new = _erased(line, tells)
            if new is not None:
                stream.seek(place)
                stream.write(new.ljust(len(line.rstrip(b"\n"))))
                erased += 1
            place += len(line)
    return erased


def erase_where(
    warehouse: Path, containing: str | None, key_id: str | None, before: str | None
) -> tuple[int, int]:
    """Erase the payloads of requests; all that is given has to be true of one.

    Args:
        warehouse: the folder `warehouse`.
        containing: a text in what was asked, as it was sent or as it is read.
        key_id: the key that asked.
        before: the first day (UTC) whose requests stay.

    Returns:
        how many payloads were erased, and in how many files.
    """

    def tells(payload: str) -> bool:
        try:
            row = json.loads(payload)
        except ValueError:
            # Somebody changed it; all that can be known of it is the text.
            row = {"address": payload, "at": ""}
        address = str(row.get("address"))
        return (
            (containing is None or containing in address or containing in unquote_plus(address))
            and key_id in (None, row.get("key"))
            and (before is None or str(row.get("at")) < before)
        )

    counts = [erase_payloads(path, tells) for path, _ in _files(warehouse)]
    return sum(counts), sum(count > 0 for count in counts)


def _erased(line: bytes, tells: Callable[[str], bool]) -> bytes | None:
    """Give a line without its payload; None if it stays as it is."""
    try:
        row = json.loads(line)
        payload = row["payload"]
    except (ValueError, KeyError, TypeError):
        return b" " if tells(line.decode(errors="replace")) else None
    if payload is None or not tells(payload):
        return None
    return json.dumps({**row, "payload": None}).encode()


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
