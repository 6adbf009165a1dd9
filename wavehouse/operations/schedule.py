"""Files that let a scheduler call Wavehouse: systemd, cron, GitHub Actions, GitLab."""

import getpass
import math
import re
import shlex
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from wavehouse.errors import WavehouseError
from wavehouse.operations.configuration import Operations, read_operations
from wavehouse.project import Project
from wavehouse.reports import text

SYSTEMD, CRON, GITHUB, GITLAB = "systemd", "cron", "github", "gitlab"
KINDS = (SYSTEMD, CRON, GITHUB, GITLAB)
# What the time limit of a scheduler has over that of `operations.yml`, so that ours comes first.
MORE_MINUTES = 10
HOURS = 24


@dataclass(frozen=True)
class Job:
    """A command and when it is called.

    Attributes:
        name: its name, such as `run`.
        command: the words after `wavehouse`.
        does: what it does, in a few words.
        calendar: when, as systemd writes it.
        cron: when, as cron writes it.
        minutes: how long it may take; None if no limit is said.
    """

    name: str
    command: str
    does: str
    calendar: str
    cron: str
    minutes: int | None = None


def schedule_files(project: Project, kind: str, hour: int, minute: int) -> dict[str, str]:
    """Give the files for a scheduler, by name.

    Args:
        project: the project that is to run.
        kind: of `KINDS`.
        hour: when the daily run begins.
        minute: likewise.

    Raises:
        WavehouseError: the project's folder has a name that the scheduler cannot take.
    """
    operations = read_operations(project)
    jobs = _jobs(operations, hour, minute)
    folder = str(project.root.resolve())
    if re.search(r"[\n%\"\\]", folder):
        raise WavehouseError(
            f"{folder}: schedulers read %, quotes and line ends in a name as something else. "
            "Rename the folder."
        )
    command = str(Path(sys.executable).with_name("wavehouse"))
    facts = {
        "name": re.sub(r"[^a-z0-9-]+", "-", project.root.resolve().name.lower()).strip("-")
        or "project",
        "folder": folder,
        "folder_quoted": shlex.quote(folder),
        "command": f'"{command}"' if " " in command else command,
        "command_quoted": shlex.quote(command),
        "user": getpass.getuser(),
        "secrets": _secrets(operations),
    }
    if kind == SYSTEMD:
        return {
            file: _written(f"systemd.{part}", **facts, job=job, file=file)
            for job in jobs
            for part in ("service", "timer")
            if (file := f"wavehouse-{facts['name']}-{job.name}.{part}")
        }
    if kind == CRON:
        return {f"wavehouse-{facts['name']}.cron": _written("cron", **facts, jobs=jobs)}
    file = "wavehouse.yml" if kind == GITHUB else ".gitlab-ci.yml"
    return {file: _written(f"{kind}.yml", **facts, jobs=jobs)}


def _secrets(operations: Operations) -> list[str]:
    """Give the environment variables that hold secrets of a run."""
    alerts, backup = operations.alerts, operations.backup
    mail = alerts.mail
    found = [alerts.webhook_from, *((mail.user_from, mail.password_from) if mail else ())]
    if backup is not None:
        found += [] if backup.password_file else ["RESTIC_PASSWORD"]
        if backup.repository.startswith("s3:"):
            found += ["AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"]
    return [name for name in found if name]


def _jobs(operations: Operations, hour: int, minute: int) -> Sequence[Job]:
    """Give what is to be called: the run each day, status each hour, and drills."""
    limit = math.ceil(operations.run.time_limit_minutes) + MORE_MINUTES
    jobs = [
        Job(
            "run",
            "run",
            "takes deliveries, builds, publishes, backs up",
            f"*-*-* {hour:02d}:{minute:02d}:00",
            f"{minute} {hour} * * *",
            limit,
        ),
        Job(
            "status",
            "status --alert --metrics",
            "tells what is late or wrong",
            f"*-*-* *:{(minute + 30) % 60:02d}:00",
            f"{(minute + 30) % 60} * * * *",
        ),
    ]
    if operations.backup is not None and operations.backup.drill_every_days is not None:
        later = (hour + 3) % HOURS
        jobs.append(
            Job(
                "drill",
                "drill",
                "restores the last backup and compares it",
                f"*-*-01 {later:02d}:{minute:02d}:00",
                f"{minute} {later} 1 * *",
            )
        )
    return jobs


def _written(template: str, **facts: object) -> str:
    return text(f"schedule/{template}", **facts).rstrip("\n") + "\n"
