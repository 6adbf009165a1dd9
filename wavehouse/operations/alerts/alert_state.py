"""Who was told of which finding, and when: `warehouse/operations/findings.json`.

A message is due for what is new or over, and after a while again for what stays. A finding that
comes and goes is not told each time. Each way of telling has a state of its own, since one may fail
where another works.

Where the file cannot be written, because the disk is full, it is kept in memory of the machine
instead: else the message about the full disk would be sent with every look.
"""

import hashlib
import json
import os
from collections.abc import Iterable, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from wavehouse.errors import WavehouseError
from wavehouse.operations.findings.finding import ERROR, Finding, moment
from wavehouse.operations.run_history.run_files import operations_folder
from wavehouse.project import Project
from wavehouse.writing import write_whole

FILE = "findings.json"
# A finding that comes and goes is told as new so often within the time after which is reminded.
MOST_TELLINGS = 3

Entry = dict[str, Any]
ENTRY = {"key", "title", "severity", "first_told_at", "last_told_at", "tellings"}


@dataclass
class Due:
    """What somebody is to be told now; nothing if all lists but `standing` are empty.

    Args:
        new: findings that were not told, or were over.
        reminded: findings that stay and were told long ago.
        standing: findings that stay and were told lately.
        over: what was told and is no more, as it was kept: title and since when it was told.
    """

    new: list[Finding] = field(default_factory=list)
    reminded: list[Finding] = field(default_factory=list)
    standing: list[Finding] = field(default_factory=list)
    over: list[Entry] = field(default_factory=list)

    def __bool__(self) -> bool:
        """Whether there is something to tell."""
        return bool(self.new or self.reminded or self.over)

    @property
    def told(self) -> list[Finding]:
        """The findings that a message has."""
        return [*self.new, *self.reminded, *self.standing]


def due(
    told: Mapping[str, Entry], findings: Iterable[Finding], now: datetime, after: timedelta
) -> Due:
    """Work out what is to be told.

    Args:
        told: what was told so far, by the key of the finding.
        findings: what there is now.
        now: the time.
        after: how long a finding stays before it is told again.
    """
    found, there = Due(), set()
    for finding in findings:
        there.add(finding.key)
        entry = told.get(finding.key)
        if entry is None or "over_at" in entry:
            if len(_recent(entry, now, after)) < MOST_TELLINGS:
                found.new.append(finding)
        elif finding.severity == ERROR != entry["severity"]:
            found.new.append(finding)
        elif _is_long_ago(entry["last_told_at"], now, after):
            found.reminded.append(finding)
        else:
            found.standing.append(finding)
    found.over = [
        entry for key, entry in told.items() if key not in there and "over_at" not in entry
    ]
    return found


def after_telling(
    told: Mapping[str, Entry], what: Due, now: datetime, after: timedelta
) -> dict[str, Entry]:
    """Give what was told, once a message with all that was due is out."""
    at = now.isoformat()
    # What is over is remembered, for findings that come and go.
    kept = {
        key: entry
        for key, entry in told.items()
        if "over_at" not in entry or not _is_long_ago(entry["over_at"], now, after)
    }
    over = {entry["key"] for entry in what.over}
    kept |= {key: entry | {"over_at": at} for key, entry in kept.items() if key in over}
    for finding in what.told:
        before = kept.get(finding.key)
        is_new = finding in what.new
        tellings = _recent(before, now, after)
        kept[finding.key] = {
            "key": finding.key,
            "title": finding.title,
            "severity": finding.severity,
            "first_told_at": at if is_new or before is None else before["first_told_at"],
            "last_told_at": at,
            "tellings": [*tellings, at] if is_new else tellings,
        }
    return kept


def read_state(project: Project) -> dict[str, Any]:
    """Give the state of each way of telling: `told`, and `failed` if it failed last."""
    first, *others = _places(project)
    # Others may write in the machine's memory too.
    places = [first, *filter(_is_ours, others)]
    found = [state for place in places if (state := _read(place)) is not None]
    newest = max(found, key=lambda state: str(state.get("written_at")), default={})
    channels = newest.get("channels")
    if not isinstance(channels, dict):
        return {}
    return {name: _whole(state) for name, state in channels.items() if isinstance(state, dict)}


def write_state(project: Project, channels: Mapping[str, Any], now: datetime) -> None:
    """Keep the state, in the project or else in the machine's memory.

    Raises:
        WavehouseError: neither can be written.
    """
    content = json.dumps({"written_at": now.isoformat(), "channels": channels}, indent=1) + "\n"
    first, *others = _places(project)
    try:
        write_whole(first, content)
    except (WavehouseError, OSError) as error:
        for place in others:
            with suppress(WavehouseError, OSError):
                write_whole(place, content)
                return
        raise WavehouseError(
            f"{project.relative(first)} cannot be written, so the same message may be sent again."
        ) from error
    for place in others:
        place.unlink(missing_ok=True)


def _places(project: Project) -> list[Path]:
    """Name the file, and where it is kept if that cannot be written: of this user alone."""
    places = [operations_folder(project) / FILE]
    name = hashlib.sha256(str(project.root.resolve()).encode()).hexdigest()[:16]
    for folder in (os.environ.get("XDG_RUNTIME_DIR"), "/dev/shm"):
        if folder and Path(folder).is_dir():
            places.append(Path(folder) / f"wavehouse-{os.geteuid()}-{name}.json")
    return places


def _whole(state: dict[str, Any]) -> dict[str, Any]:
    """Leave out what is not as it was written."""
    told = state.get("told")
    entries = told.items() if isinstance(told, dict) else ()
    kept = {key: each for key, each in entries if isinstance(each, dict) and each.keys() >= ENTRY}
    failed = state.get("failed")
    is_said = isinstance(failed, dict) and "message" in failed
    return {"told": kept} | ({"failed": failed} if is_said else {})


def _is_ours(place: Path) -> bool:
    """Tell whether a file is there and of this user."""
    try:
        return not place.is_symlink() and place.stat().st_uid == os.geteuid()
    except OSError:
        return False


def _read(place: Path) -> dict[str, Any] | None:
    try:
        found = json.loads(place.read_text("utf-8"))
    except (OSError, ValueError):
        return None
    return found if isinstance(found, dict) else None


def _recent(entry: Entry | None, now: datetime, after: timedelta) -> list[str]:
    return [at for at in (entry or {}).get("tellings", []) if not _is_long_ago(at, now, after)]


def _is_long_ago(at: str, now: datetime, after: timedelta) -> bool:
    """Tell whether a time is so far away, on either side: a clock may have been set back."""
    when = moment(at)
    return when is None or abs(now - when) >= after
