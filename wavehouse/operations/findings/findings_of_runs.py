"""Findings about runs: failed, killed, stuck, slower; and about the age of what is published."""

from collections import defaultdict
from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta
from statistics import median
from typing import Any

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
from wavehouse.operations.run_history.history import DONE, did_its_work, is_made_good
from wavehouse.operations.run_history.messages import FAILED, STOPPED
from wavehouse.operations.run_history.processes_of_runs import MANUAL
from wavehouse.operations.run_history.run_files import KILLED, RUNNING, Run, read_nodes, read_runs
from wavehouse.operations.run_history.runs import PASSED
from wavehouse.project import Project
from wavehouse.publishing.releases import published_manifest

# What is asked of a run; None where its record does not say it.
ASKED = (
    *("part_of", "command", "target", "study_id", "trigger", "message", "ended_at", "seconds"),
    *("processor_seconds", "peak_memory_mb", "process", "details"),
)
# What `backups.json` knows better.
OF_BACKUPS = ("backup", "restore", "drill")
# What somebody tried by hand and gave up is no news after so long.
TRIED = timedelta(days=7)
# A build is compared with so many before it, and with no fewer than so many.
COMPARED, LEAST_COMPARED = 10, 3
# What is slower by less is noise.
NOISE_SECONDS = 10.0
MOST_SLOW_MODELS = 3


def findings_of_runs(
    project: Project, operations: Operations, now: datetime, runs: Sequence[Run] | None = None
) -> Iterator[Finding]:
    """Find runs that did not do what they should, and nothing since has done."""
    runs = known_runs(project) if runs is None else runs
    parts: dict[str, list[Run]] = defaultdict(list)
    for run in runs:
        parts[str(run["part_of"])].append(run)
    seen = set()
    # Runs that others are part of speak for these.
    for run in reversed([run for run in runs if run["part_of"] is None]):
        kind = (run["command"], run["target"], run["study_id"])
        if run["status"] == RUNNING:
            if finding := _stuck(run, operations, now):
                yield finding
            continue
        if kind in seen or run["command"] in OF_BACKUPS:
            continue
        seen.add(kind)
        if _is_open(run, runs, parts[run["run_id"]], now):
            yield _not_done(project, run)
    if slower := _slower(project, operations, runs):
        yield slower


def known_runs(project: Project) -> list[Run]:
    """Give the runs with all that is asked of one here, also those of an older version."""
    return [dict.fromkeys(ASKED) | run for run in read_runs(project)]


def findings_of_release(
    project: Project, operations: Operations, now: datetime
) -> Iterator[Finding]:
    """Find that what is published is older than `operations.yml` lets it be."""
    hours = operations.expect.publish_within_hours
    if hours is None:
        return
    manifest = published_manifest(project)
    published = moment(manifest["published_at"]) if manifest else None
    todo = (
        "Look for other findings: a run that failed, a wave that did not come. `wavehouse run` "
        "makes the next release, `wavehouse build --force` also where nothing changed. If releases "
        "may be older, change publish_within_hours in operations.yml."
    )
    if published is None:
        yield Finding(
            "publish_late",
            ERROR,
            "The release",
            "Nothing is published, and readers find nothing.",
            "Nothing was taken away: there was no release that can be read.",
            todo,
        )
    elif now - published > timedelta(hours=hours):
        yield Finding(
            "publish_late",
            ERROR,
            "The release",
            f"What readers see was published on {said_time(published)}, "
            f"{said_span(now - published)} ago; it should not be older than {hours:g} hours.",
            "The release of then can be read as before.",
            todo,
            published + timedelta(hours=hours),
        )


def _is_open(run: Run, runs: Sequence[Run], parts: Sequence[Run], now: datetime) -> bool:
    """Tell whether what a run failed to do has not been done since, and still matters."""
    began = moment(run["started_at"]) or now
    if run["trigger"] == MANUAL and (run["status"] == STOPPED or now - began > TRIED):
        return False
    if did_its_work(run):
        return False
    failed = [part for part in parts if part["status"] not in DONE]
    if failed and all(part["command"] in OF_BACKUPS for part in failed):
        return False
    return not is_made_good(run, runs)


def _not_done(project: Project, run: Run) -> Finding:
    """Say that a run failed or was killed; what nobody watched is an error."""
    name, target = f"wavehouse {run['command']}", run["target"]
    name += f" on {target}" if target not in (None, "duckdb") else ""
    name += f" of {run['study_id']}" if run["study_id"] else ""
    began = moment(run["started_at"])
    step = next((s["step"] for s in run["steps"] if s["status"] in (FAILED, KILLED, STOPPED)), None)
    at = f" at the step {step}" if step else ""
    was = {KILLED: "ended without a word", STOPPED: "was stopped"}.get(run["status"], "failed")
    is_killed = run["status"] == KILLED
    message = "" if is_killed or not run["message"] else f" {sentence(run['message'])}"
    when = f"The run of {said_time(began)} " if began else "The last run "
    return Finding(
        "run_killed" if is_killed else "run_failed",
        WARNING if run["trigger"] == MANUAL else ERROR,
        name,
        f"{when}{was}{at}{' (killed, or the machine stopped)' if is_killed else ''}.{message}",
        _published(project),
        f"`wavehouse history {run['run_id']}` has the run. "
        + (
            "Look whether the machine ran out of memory or was restarted, then run it again: "
            "nothing has to be cleared up first."
            if is_killed
            else f"Fix what it names, then run `wavehouse {run['command']}` again."
        ),
        moment(run["ended_at"]) or began,
    )


def _stuck(run: Run, operations: Operations, now: datetime) -> Finding | None:
    began = moment(run["started_at"])
    limit = timedelta(minutes=operations.run.time_limit_minutes)
    if began is None or now - began <= limit:
        return None
    process = run.get("process") or {}
    return Finding(
        "run_stuck",
        ERROR,
        f"wavehouse {run['command']}",
        f"A run began on {said_time(began)} and still runs after {said_span(now - began)}; "
        f"{said_span(limit)} are allowed.",
        "What is published stays as it was. Other runs wait for this one.",
        f"See what it does: process {process.get('pid', 'unknown')} on "
        f"{process.get('host', 'an unknown machine')}. If it does nothing, end it with `kill PID`: "
        "the next run goes on from what is there. If it needs so long, change time_limit_minutes "
        "in operations.yml.",
        began + limit,
    )


def _slower(project: Project, operations: Operations, runs: Sequence[Run]) -> Finding | None:
    """Compare the last build with what the same models took before.

    A build runs what changed, so its length as a whole says little.
    """
    builds = [run for run in runs if run["command"] == "build" and run["status"] == PASSED]
    if not builds:
        return None
    last = builds[-1]
    before = [run for run in builds[:-1] if run["target"] == last["target"]][-COMPARED:]
    took = seconds_by_node(project, last)
    known: dict[str, list[float]] = defaultdict(list)
    for run in before:
        for node, seconds in seconds_by_node(project, run).items():
            known[node].append(seconds)
    usual = {n: median(s) for n, s in known.items() if len(s) >= LEAST_COMPARED and n in took}
    now_all, usual_all = sum(took[node] for node in usual), sum(usual.values())
    is_slower = now_all > operations.expect.slower_than * usual_all
    if not is_slower or now_all - usual_all < NOISE_SECONDS:
        return None
    worst = sorted(usual, key=lambda node: usual[node] - took[node])[:MOST_SLOW_MODELS]
    named = "; ".join(f"{n} {said_span(took[n])}, usually {said_span(usual[n])}" for n in worst)
    return Finding(
        "build_slower",
        WARNING,
        "wavehouse build",
        f"The last build took {said_span(now_all)} for models and tests that usually take "
        f"{said_span(usual_all)}. The most: {named}.",
        "What it built is right and published.",
        "If data grew, all is well. Else look what else the machine does, whether memory is short, "
        f"and what changed in these models. `wavehouse history {last['run_id']}` has all times.",
        moment(last["ended_at"]),
    )


def seconds_by_node(project: Project, run: Run) -> dict[str, float]:
    """Give how long each model or test of a run took, by its name."""
    nodes: list[dict[str, Any]] = read_nodes(project, run["run_id"])
    return {str(node["node"]): float(node["seconds"] or 0) for node in nodes}


def _published(project: Project) -> str:
    manifest = published_manifest(project)
    if manifest is None:
        return "Nothing was published before, so readers find nothing yet."
    published = moment(manifest["published_at"])
    when = said_time(published) if published else manifest["published_at"]
    return f"Readers see what was published on {when}."
