"""Tell people of findings, by a webhook, by mail and in the log: each once, then rarely."""

import logging
import socket
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from datetime import datetime, timedelta
from typing import Any

from wavehouse.errors import WavehouseError
from wavehouse.locks import only_one
from wavehouse.operations.alerts.alert_state import Due, after_telling, due, read_state, write_state
from wavehouse.operations.alerts.mail import send_mail
from wavehouse.operations.alerts.webhook import post
from wavehouse.operations.configuration import Operations
from wavehouse.operations.findings.finding import ERROR, Finding, moment, runbook_of, said_time
from wavehouse.operations.run_history import log
from wavehouse.operations.run_history.run_files import operations_folder
from wavehouse.project import Project
from wavehouse.reports import text

LOG, WEBHOOK, MAIL = "log", "webhook", "mail"
KIND = "alert_failed"
# In full; what is more is counted.
MOST_IN_FULL = 20

# Sends a message, and says what went wrong without keeping it from being sent.
Channel = Callable[[Due], str | None]


def tell(
    project: Project, operations: Operations, findings: Sequence[Finding], now: datetime
) -> list[str]:
    """Tell everybody what they do not know yet.

    Nothing is raised, since the work that this is told of goes on: a message that cannot be sent is
    tried the next time.

    Returns:
        what was sent and what could not be, one line each.
    """
    try:
        with only_one(operations_folder(project) / ".alerts.lock", "message about findings"):
            return _tell(project, operations, findings, now)
    except (WavehouseError, OSError) as error:
        return _tell(project, operations, findings, now, str(error))


def _tell(
    project: Project,
    operations: Operations,
    findings: Sequence[Finding],
    now: datetime,
    problem: str = "",
) -> list[str]:
    after = timedelta(hours=operations.alerts.remind_after_hours)
    states, lines = dict(read_state(project)), [problem] if problem else []
    channels = _channels(project, operations, now)
    # What is no longer declared is forgotten, and with it that it failed.
    states = {name: state for name, state in states.items() if name in channels}
    for name, send in channels.items():
        state = states.get(name, {})
        # Somebody who cannot be reached need not be told so there.
        own = [each for each in findings if (each.kind, each.subject) != (KIND, subject_of(name))]
        what = due(state.get("told", {}), own, now, after)
        if not what:
            continue
        try:
            remark = send(what)
        except (WavehouseError, OSError) as error:
            first = state.get("failed", {}).get("first_at", now.isoformat())
            failed = {"first_at": first, "at": now.isoformat(), "message": str(error)}
            states[name] = state | {"failed": failed}
            lines.append(f"{subject_of(name)} could not be sent: {error}")
            continue
        states[name] = {"told": after_telling(state.get("told", {}), what, now, after)}
        if remark:
            states[name]["failed"] = {"first_at": now.isoformat(), "message": remark}
            lines.append(f"{subject_of(name)}: {remark}")
        elif name != LOG:
            lines.append(f"{subject_of(name)} was sent: {headline(project, what)}")
    try:
        write_state(project, states, now)
    except WavehouseError as error:
        lines.append(str(error))
    with suppress(OSError):
        for line in lines:
            log.tell(project, "alert", message=line)
    return lines


def subject_of(channel: str) -> str:
    """Give what a message by some way is called."""
    return {LOG: "The line of the log", WEBHOOK: "The message to the webhook"}.get(
        channel, "The mail"
    )


def _channels(project: Project, operations: Operations, now: datetime) -> dict[str, Channel]:
    alerts = operations.alerts
    channels: dict[str, Channel] = {LOG: lambda what: _write_log(project, what)}
    if variable := alerts.webhook_from:
        channels[WEBHOOK] = lambda what: post(variable, payload(project, what, now))
    if settings := alerts.mail:
        channels[MAIL] = lambda what: send_mail(
            settings, headline(project, what), message_text(project, what, now)
        )
    return channels


def _write_log(project: Project, what: Due) -> None:
    for finding in [*what.new, *what.reminded]:
        level = logging.ERROR if finding.severity == ERROR else logging.WARNING
        facts = finding.facts()
        log.tell(project, "finding", level, is_reminder=finding in what.reminded, **facts)
    for entry in what.over:
        log.tell(project, "finding_over", key=entry["key"], title=entry["title"])


def headline(project: Project, what: Due) -> str:
    """Give the message in one line: how many, and the first."""
    parts = [
        f"{len(group)} {word}"
        for group, word in (
            (what.new, "new"),
            (what.over, "over"),
            ([*what.reminded, *what.standing], "still open"),
        )
        if group
    ]
    first = [each.title for each in what.new] or [f"over: {each['title']}" for each in what.over]
    first = first or [each.title for each in what.reminded]
    return f"[{project.name}] {first[0]} ({', '.join(parts)})"


def message_text(project: Project, what: Due, now: datetime) -> str:
    """Write the message from its template."""
    # A mail and a chat are no HTML; what a chat would obey is taken out where it is posted.
    in_full = [*what.new, *what.reminded]
    return text(
        "alert.txt",
        headline=headline(project, what),
        runbook=runbook_of(project),
        in_full=in_full[:MOST_IN_FULL],
        n_more=max(len(in_full) - MOST_IN_FULL, 0),
        reminded=what.reminded,
        standing=what.standing,
        over=[entry | {"since": _told_since(entry)} for entry in what.over],
        where=f"{project.root} on {socket.gethostname()}",
        at=said_time(now),
        said_time=said_time,
    )


def _told_since(entry: Mapping[str, Any]) -> str:
    when = moment(entry["first_told_at"])
    return said_time(when) if when else "an unknown time"


def payload(project: Project, what: Due, now: datetime) -> dict[str, Any]:
    """Give the message as JSON: `text` for chats, the rest for programs."""
    return {
        "text": message_text(project, what, now),
        "wavehouse": {
            "project": project.name,
            "host": socket.gethostname(),
            "at": now.isoformat(),
            "new": [each.facts() for each in what.new],
            "reminded": [each.facts() for each in what.reminded],
            "still_open": [each.facts() for each in what.standing],
            "over": [{"key": each["key"], "title": each["title"]} for each in what.over],
        },
    }
