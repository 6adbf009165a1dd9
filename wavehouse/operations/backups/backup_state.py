"""What is known of backups: `warehouse/operations/backups.json`, for `wavehouse status` and others.

    repository_id   restic's id of the repository of the last backup
    repository      its name, without a password
    n_backups       how many were made; says which share of the repository is read next
    last            the last backup: backup_id, ended_at, seconds, n_files, n_bytes, added_bytes,
                    release, verified_at, n_kept
    failed          the last attempt, if it failed: at, message; gone after the next that passed
    drill           the last drill: ended_at, seconds, backup_id, passed, message, n_files,
                    n_compared, n_differing
    restored        if this project came out of a backup: at, backup_id

Times are of UTC, in ISO 8601.
"""

import json
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from datetime import UTC, datetime
from typing import Any

from wavehouse.operations.run_history.run_files import operations_folder
from wavehouse.project import Project
from wavehouse.writing import write_whole

FILE = "backups.json"
# Of a message, so much is kept.
LONGEST = 1_000


def read_backups(project: Project) -> dict[str, Any]:
    """Give what is known of backups; nothing if there was none or the file is damaged."""
    try:
        found = json.loads((operations_folder(project) / FILE).read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}
    return found if isinstance(found, dict) else {}


def note_backups(project: Project, **facts: object) -> None:
    """Note facts of backups; None takes one away, the others stay.

    Raises:
        WavehouseError: the file cannot be written.
    """
    known = {**read_backups(project), **facts}
    known = {name: value for name, value in known.items() if value is not None}
    path = operations_folder(project) / FILE
    write_whole(path, json.dumps(known, indent=2) + "\n")


def now() -> str:
    """Give the time, of UTC."""
    return datetime.now(UTC).isoformat(timespec="seconds")


@contextmanager
def failure_noted(project: Project) -> Iterator[None]:
    """Note it if the block fails, for `wavehouse status`; a kill is known by its run record."""
    try:
        yield
    except Exception as error:
        # What failed first is told.
        with suppress(Exception):
            note_backups(project, failed={"at": now(), "message": str(error)[:LONGEST]})
        raise
