"""Who decided, and when, as codebook rows keep it."""

import getpass
import os
import subprocess
from datetime import date
from typing import Any

from wavehouse.encryption.key import without_key
from wavehouse.project import Project
from wavehouse_exchange.onboarding.draft import BEFOREHAND, Proposal

VARIABLE = "WAVEHOUSE_REVIEWER"
ACCEPTED_BEFOREHAND = "accepted beforehand"
# The columns that say it, by table; other tables have none.
_COLUMNS = {
    "crosswalk": ("reviewed_by", "reviewed_on"),
    "drift_waivers": (None, "waived_on"),
    "waived_columns": (None, "waived_on"),
}


def reviewer(project: Project, named: str | None = None) -> str:
    """Give the name of whoever decides: as named, from the environment, from git, or the account.

    Args:
        project: the project, whose git settings may name somebody.
        named: a name given on the command line.
    """
    told = (named or os.environ.get(VARIABLE) or "").strip()
    return " ".join(told.split()) or _name_in_git(project) or getpass.getuser()


def _name_in_git(project: Project) -> str:
    try:
        done = subprocess.run(
            ["git", "config", "user.name"],
            cwd=project.root,
            capture_output=True,
            text=True,
            check=False,
            timeout=10,
            env=without_key(),
        )
    except (OSError, subprocess.TimeoutExpired):
        return ""
    return done.stdout.strip()


def with_review(change: dict[str, Any], proposal: Proposal, who: str, day: date) -> dict[str, Any]:
    """Give a change whose row says who decided it and when; what it says itself stays.

    Args:
        change: the change.
        proposal: what it belongs to.
        who: whoever decided it.
        day: today.
    """
    by, on = _COLUMNS.get(change.get("table", ""), (None, None))
    part = "add" if "add" in change else "set"
    if on is None or part not in change:
        return change
    if by is not None and proposal.because == BEFOREHAND:
        who = ACCEPTED_BEFOREHAND
    said = {on: day.isoformat()} | ({by: who} if by is not None else {})
    return {**change, part: said | {name: value for name, value in change[part].items() if value}}
