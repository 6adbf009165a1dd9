"""The status for readers: a few lines of what is, then each finding with what to do."""

import textwrap
from collections.abc import Iterator
from datetime import datetime

from wavehouse.operations.findings.finding import (
    Finding,
    counted,
    moment,
    said_size,
    said_span,
    said_time,
)
from wavehouse.operations.status.status import POSTGRES, CommandRuns, Status
from wavehouse.reports import aligned

WIDTH = 100
# More planned waves than these are counted; all are in the JSON.
MOST_WAVES = 12
STATUSES = {
    "planned": "planned",
    "in_field": "in the field",
    "delivered": "delivered",
    "complete": "complete",
    "late": "LATE",
    "short": "SHORT",
    "silent": "SILENT",
}


def status_lines(status: Status) -> list[str]:
    """Write the status for a terminal."""
    lines = [f"{status.project}, {said_time(status.at)}", ""]
    facts = [*_release(status), *_runs(status), *_backups(status), *_room(status)]
    lines += aligned(facts)
    if status.waves:
        lines += ["", "Planned waves", *_waves(status)]
    lines += ["", *_findings(status)]
    return lines


def _counted(count: int, word: str) -> str:
    return f"{count:,} {word}{'' if count == 1 else 's'}"


def _ago(when: datetime | None, now: datetime) -> str:
    return f"{said_span(now - when)} ago" if when else "at an unknown time"


def _release(status: Status) -> Iterator[tuple[str, str]]:
    if status.release is None:
        yield "Published", "nothing yet"
        return
    tables = status.release["tables"]
    rows = sum(table["rows"] for table in tables)
    ago = _ago(moment(status.release["published_at"]), status.at)
    yield (
        "Published",
        f"{ago}, {_counted(len(tables), 'table')}, {_counted(rows, 'row')} "
        f"({status.release['release']})",
    )


def _runs(status: Status) -> Iterator[tuple[str, str]]:
    for (command, target), runs in status.runs.items():
        name = command if target in ("", "duckdb") else f"{command} on {target}"
        yield name.capitalize(), _run(runs, status.at)
    if not status.runs:
        yield "Runs", "none are remembered"


def _run(runs: CommandRuns, now: datetime) -> str:
    said = []
    if running := runs.running:
        said.append(f"has run for {_ago(moment(running['started_at']), now).removesuffix(' ago')}")
    if last := runs.last:
        how = last["status"].replace("_", " ")
        took = f", took {said_span(last['seconds'])}" if last["seconds"] is not None else ""
        said.append(f"{how} {_ago(moment(last['ended_at']), now)}{took}, {last['trigger']}")
        if runs.last_passed is None:
            said.append("never passed")
        elif runs.last_passed is not last:
            said.append(f"passed {_ago(moment(runs.last_passed['ended_at']), now)}")
    return "; ".join(said)


def _backups(status: Status) -> Iterator[tuple[str, str]]:
    if status.operations.backup is None:
        yield "Backups", "none declared in operations.yml"
        return
    last = status.backups.get("last") or {}
    made = moment(last.get("ended_at"))
    said = f"last {_ago(made, status.at)}" if made else "none made yet"
    drill = status.backups.get("drill") or {}
    if tried := moment(drill.get("ended_at")):
        passed = "passed" if drill.get("passed") else "FAILED"
        said += f"; drill {passed} {_ago(tried, status.at)}"
    yield "Backups", said


def _room(status: Status) -> Iterator[tuple[str, str]]:
    for disk in status.disks:
        name = "Disk" if len(status.disks) == 1 else f"Disk of {', '.join(disk.folders)}"
        yield name, f"{said_size(disk.free)} of {said_size(disk.size)} free"
    for each in status.databases:
        unused = f", {said_size(each.unused)} of it unused" if each.unused else ""
        name = {"working": "Working database", "release": "Published database"}.get(
            each.name, "Earlier releases"
        )
        yield name, f"{said_size(each.size)}{unused}{_growth(status, each.name)}"
    if (server := status.postgres) is not None:
        if server.error:
            yield "PostgreSQL", server.error
            return
        up = _ago(server.started_at, status.at).removesuffix(" ago")
        yield (
            "PostgreSQL",
            f"{said_size(server.size)}{_growth(status, POSTGRES)}, up for {up}, "
            f"{server.connections} of {server.max_connections} connections, "
            f"{len(server.running)} queries running, {len(server.waiting)} waiting, "
            f"{server.deadlocks} deadlocks",
        )


def _growth(status: Status, name: str) -> str:
    grew = status.growth.get(name)
    if not grew:
        return ""
    return f", {'+' if grew > 0 else '-'}{said_size(abs(grew))} a day"


def _waves(status: Status) -> list[str]:
    # What is complete needs nobody; of the others, what is due first.
    shown = sorted(status.waves, key=lambda s: (s.status == "complete", s.wave.due_on))
    rows = [("study", "wave", "due", "respondents", "agreed", "last delivery", "status")]
    for state in shown[:MOST_WAVES]:
        last = state.delivery.last_at
        least = state.wave.min_respondents
        rows.append(
            (
                state.wave.study_id,
                state.wave.wave_id,
                state.wave.due_on.isoformat(),
                f"{state.delivery.n_respondents:,}",
                f"{least:,}" if least else "",
                f"{last.astimezone():%Y-%m-%d}" if last else "",
                STATUSES[state.status],
            )
        )
    lines = [f"  {line}" for line in aligned(rows)]
    more = len(shown) - MOST_WAVES
    return [*lines, f"  and {more} more; --json has all of them"] if more > 0 else lines


def _findings(status: Status) -> Iterator[str]:
    if not status.findings:
        yield "Everything is as it should be."
        return
    yield f"Findings: {counted(status.findings)}. {status.runbook} explains each kind."
    for finding in status.findings:
        yield ""
        yield from _finding(finding)


def _finding(finding: Finding) -> Iterator[str]:
    since = f", since {said_time(finding.since)}" if finding.since else ""
    yield f"{finding.severity.upper()}  {finding.title} ({finding.kind}{since})"
    for head, text in (
        ("What happened", finding.what_happened),
        ("What stays", finding.what_stays),
        ("What to do", finding.what_to_do),
    ):
        yield textwrap.fill(
            text,
            WIDTH,
            initial_indent=f"  {head + ':':15}",
            subsequent_indent=" " * 17,
            break_long_words=False,
            break_on_hyphens=False,
        )
