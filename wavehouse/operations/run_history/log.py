"""The log of operations: one line of JSON for each event, for programs that collect logs.

    {"at": "2026-11-29T06:15:00.123+00:00", "level": "info", "event": "begin", "run_id": "…"}

Ten megabytes make a file; the last five are kept beside it (`log.jsonl.1` is the latest).
"""

import fcntl
import json
import logging
from datetime import UTC, datetime
from logging.handlers import RotatingFileHandler
from pathlib import Path
from typing import Any

from wavehouse.operations.run_history.run_files import operations_folder
from wavehouse.project import Project

MAXIMUM_BYTES = 10_000_000
N_KEPT = 5


class JsonFormatter(logging.Formatter):
    """Writes a record as one line of JSON: when, how severe, which event, and its facts."""

    def format(self, record: logging.LogRecord) -> str:
        """Give the line."""
        at = datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds")
        head = {"at": at, "level": record.levelname.lower(), "event": record.getMessage()}
        facts = {k: v for k, v in getattr(record, "facts", {}).items() if v is not None}
        return json.dumps(head | facts, default=str, ensure_ascii=False)


def log_file(project: Project) -> Path:
    """Give the file of the log."""
    return operations_folder(project) / "log.jsonl"


def tell(project: Project, event: str, level: int = logging.INFO, **facts: Any) -> None:  # noqa: ANN401 (of JSON)
    """Write an event to the log.

    Args:
        project: the project.
        event: what it is: `begin`, `step`, `end`, `finding`, `alert`.
        level: how severe it is, of `logging`.
        facts: what there is to say of it; what is None is left out.

    Raises:
        OSError: the log cannot be written.
    """
    path = log_file(project)
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.with_name(".log.lock").open("w") as lock:
        # Two processes that begin a new file at once would lose one.
        fcntl.flock(lock, fcntl.LOCK_EX)
        handler = _Handler(path, maxBytes=MAXIMUM_BYTES, backupCount=N_KEPT, encoding="utf-8")
        handler.setFormatter(JsonFormatter())
        record = logging.makeLogRecord(
            {"name": "wavehouse", "msg": event, "levelno": level, "facts": facts}
            | {"levelname": logging.getLevelName(level)}
        )
        try:
            handler.emit(record)
        finally:
            handler.close()


class _Handler(RotatingFileHandler):
    """Lets the caller know where a line cannot be written; `logging` would print it."""

    def handleError(self, record: logging.LogRecord) -> None:  # noqa: ARG002, N802 (logging's own)
        raise
