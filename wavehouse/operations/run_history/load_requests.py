"""Copy the log of requests to the API into PostgreSQL, which cannot read files of this machine."""

import json
import os
from collections.abc import Mapping
from io import StringIO
from pathlib import Path
from typing import TYPE_CHECKING

from wavehouse.building.postgres import target_cursor
from wavehouse.operations.run_history.load_postgres import SCHEMA, copied_text
from wavehouse.project import Project

if TYPE_CHECKING:
    from psycopg2 import extensions

TABLE = f"{SCHEMA}.requests"
# What is told of a request is copied without its address and other texts of whoever asked: they may
# name a person, and erasure need not look for them there.
COPIED = ("at", "audience", "key", "route", "release", "delivery")
NUMBERS = ("status", "rows", "milliseconds")
METHODS = ("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS")


def load_requests(project: Project, environment: Mapping[str, str] = os.environ) -> int:
    """Bring `history.requests` up to date with the log.

    A file is copied as a whole if lines were added to it, or payloads erased in it.

    Args:
        project: the project.
        environment: where the server is, in the variables that profiles.yml names.

    Returns:
        how many lines were copied.
    """
    files = {
        path.stem: _lines(path) for path in sorted((project.warehouse / "audit").glob("*.jsonl"))
    }
    copied = 0
    with target_cursor(environment) as cursor:
        cursor.execute(f"create schema if not exists {SCHEMA}")
        cursor.execute(
            f"create table if not exists {TABLE} "
            "(log_file text not null, digest text, payload json)"
        )
        cursor.execute(f"select log_file, count(*), count(payload) from {TABLE} group by 1")
        known = {name: (lines, told) for name, lines, told in cursor.fetchall()}
        for name, lines in files.items():
            if known.pop(name, None) != (
                len(lines),
                sum(payload is not None for _, payload in lines),
            ):
                _copy(cursor, name, lines)
                copied += len(lines)
        cursor.execute(f"delete from {TABLE} where log_file = any(%s)", [list(known)])
    return copied


def _lines(path: Path) -> list[tuple[str, str | None]]:
    """Give digest and payload of each line that is one; a payload that is no JSON is none."""
    found = []
    for line in path.read_text(encoding="utf-8", errors="replace").splitlines():
        try:
            row = json.loads(line)
            digest, payload = row["digest"], row["payload"]
            found.append((str(digest), _told(payload)))
        except (ValueError, KeyError, TypeError):
            continue
    return found


def _told(payload: str | None) -> str | None:
    try:
        told = json.loads(payload) if payload is not None else None
    except ValueError:
        return None
    if not isinstance(told, dict):
        return None
    method = told.get("method")
    kept = {name: told.get(name) for name in (*COPIED, *NUMBERS)}
    return json.dumps(kept | {"method": method if method in METHODS else None})


def _copy(cursor: "extensions.cursor", name: str, lines: list[tuple[str, str | None]]) -> None:
    rows = StringIO()
    for digest, payload in lines:
        told = r"\N" if payload is None else copied_text(payload)
        rows.write(f"{copied_text(name)}\t{copied_text(digest)}\t{told}\n")
    rows.seek(0)
    cursor.execute(f"delete from {TABLE} where log_file = %s", [name])
    cursor.copy_expert(f"copy {TABLE} (log_file, digest, payload) from stdin", rows)
