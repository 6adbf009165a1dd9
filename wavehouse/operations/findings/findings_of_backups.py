"""Findings about backups and drills, from what `backups.json` knows of them."""

from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Any

from wavehouse.operations.backups.backup_state import read_backups
from wavehouse.operations.configuration import Operations
from wavehouse.operations.findings.finding import (
    ERROR,
    WARNING,
    Finding,
    moment,
    said_span,
    said_time,
    sentence,
)
from wavehouse.project import Project


def findings_of_backups(
    project: Project, operations: Operations, now: datetime
) -> Iterator[Finding]:
    """Find backups and drills that failed or are late; none where none are declared."""
    declared = operations.backup
    if declared is None:
        return
    known = read_backups(project)
    last, failed = known.get("last") or {}, known.get("failed")
    made = moment(last.get("ended_at"))
    stays = (
        f"The last backup is of {said_time(made)} and can be restored."
        if made
        else "There is no backup yet: what is only here would be lost with this disk."
    )
    if failed:
        at = moment(failed.get("at"))
        yield Finding(
            "backup_failed",
            ERROR,
            "The backup",
            f"The backup of {said_time(at) if at else 'an unknown time'} failed: "
            f"{sentence(failed.get('message') or 'it did not say why')}",
            f"{stays} The project itself is as it was.",
            "Fix what it names (often: the place cannot be reached, is full, or has another "
            "password), then run `wavehouse backup`.",
            at,
        )
    if made is None or now - made > timedelta(hours=declared.every_hours):
        how = (
            f"The last backup is {said_span(now - made)} old" if made else "No backup was made yet"
        )
        yield Finding(
            "backup_late",
            ERROR,
            "The backup",
            f"{how}; operations.yml wants one every {declared.every_hours:g} hours.",
            stays,
            "Run `wavehouse backup`. If it should have run by itself, look whether the schedule "
            "does: `wavehouse history`.",
            made + timedelta(hours=declared.every_hours) if made else None,
        )
    if made:
        yield from _drills(known.get("drill") or {}, declared.drill_every_days, now)


def _drills(drill: dict[str, Any], every_days: float | None, now: datetime) -> Iterator[Finding]:
    tried = moment(drill.get("ended_at"))
    if tried and not drill.get("passed"):
        yield Finding(
            "drill_failed",
            ERROR,
            "The drill",
            f"The drill of {said_time(tried)} could not restore what was backed up, or it gave "
            f"other numbers: {sentence(drill.get('message') or 'it did not say why')}",
            "The project and what is published are as they were. Until a drill passes, do not rely "
            "on the backups.",
            "Run `wavehouse backup` and then `wavehouse drill`. If it fails again, begin a new "
            "repository, and keep the old one until that is settled.",
            tried,
        )
    if every_days is None:
        return
    if tried is None or now - tried > timedelta(days=every_days):
        ago = (
            f"The last drill was {said_span(now - tried)} ago" if tried else "No drill was made yet"
        )
        yield Finding(
            "drill_late",
            WARNING,
            "The drill",
            f"{ago}; operations.yml wants one every {every_days:g} days. Whether "
            "the backups can be restored is not known.",
            "Backups are made as before.",
            "Run `wavehouse drill`. It restores into a folder of its own, builds and compares.",
            tried + timedelta(days=every_days) if tried else None,
        )
