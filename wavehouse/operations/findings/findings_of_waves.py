"""Findings about waves: late, short, silent, waiting for decisions, refused."""

import json
from collections.abc import Iterator
from contextlib import suppress
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

from wavehouse.codebook.schedule import FILE as SCHEDULE
from wavehouse.codebook.schedule import schedule_of
from wavehouse.errors import WavehouseError
from wavehouse.operations.configuration import Operations
from wavehouse.operations.findings.deliveries import LATE, SHORT, SILENT, WaveState, state_of_wave
from wavehouse.operations.findings.finding import (
    ERROR,
    WARNING,
    Finding,
    moment,
    not_looked_at,
    said_span,
    sentence,
)
from wavehouse.operations.run_history.run_files import operations_folder
from wavehouse.project import Project

REFUSED = "refused"
# A draft that somebody is at work on is no news.
DRAFT_RESTS = timedelta(hours=24)
PUBLISHED_STAYS = "What is published stays as it was."


def wave_states(project: Project, now: datetime) -> list[WaveState]:
    """Compare all planned waves with what came of them, as far as that can be read."""
    states = []
    for wave in schedule_of(project).waves:
        with suppress(WavehouseError):
            states.append(state_of_wave(project, wave, now))
    return states


def findings_of_waves(project: Project, _: Operations, now: datetime) -> Iterator[Finding]:
    """Find what is not as the field schedule has it."""
    schedule = schedule_of(project)
    for problem in schedule.problems:
        place, _, said = problem.partition(": ")
        yield Finding(
            "schedule_wrong",
            ERROR,
            place,
            f"A row of the field schedule cannot be read: {said}",
            f"The other rows are read. {PUBLISHED_STAYS} A build stops before it begins.",
            f"Fix the row in {SCHEDULE}; `wavehouse check` lists all that is wrong.",
        )
    for wave in schedule.waves:
        try:
            state = state_of_wave(project, wave, now)
        except WavehouseError as error:
            yield not_looked_at(f"Wave {wave.wave_id} of {wave.study_id}", error)
            continue
        if state.status in SAID:
            yield SAID[state.status](state)


def findings_of_deliveries(project: Project, _: Operations, now: datetime) -> Iterator[Finding]:
    """Find deliveries that were refused, and waves that wait for decisions."""
    for path in sorted((operations_folder(project) / REFUSED).glob("*.json")):
        if finding := _refused(project, path):
            yield finding
    for path in sorted((project.root / "drafts").glob("*.yml")):
        since = datetime.fromtimestamp(path.stat().st_mtime, UTC)
        if now - since > DRAFT_RESTS:
            yield Finding(
                "wave_waits",
                WARNING,
                f"The draft {path.name}",
                f"A wave was delivered, and its draft {project.relative(path)} was not changed for "
                f"{said_span(now - since)}. The wave is not built before it is decided and "
                "applied.",
                PUBLISHED_STAYS,
                "See what is open with `wavehouse review STUDY WAVE`, decide it with `wavehouse "
                "decide`, and take the wave up with `wavehouse apply`.",
                since,
            )


def _name(state: WaveState) -> str:
    return f"Wave {state.wave.wave_id} of {state.wave.study_id}"


def _late(state: WaveState) -> Finding:
    due = state.wave.due_on
    days = (state.today - due).days
    return Finding(
        "wave_late",
        ERROR,
        _name(state),
        f"The wave was due on {due}, {_days(days)} ago, and nothing of it was delivered.",
        f"{PUBLISHED_STAYS} Other waves are built and published as usual.",
        f"Ask who delivers it. If it comes later, write the new day into due_on in {SCHEDULE}; if "
        "it does not come, take the row out.",
        _day(due),
    )


def _short(state: WaveState) -> Finding:
    wave, there = state.wave, state.delivery.n_respondents
    missing = (wave.min_respondents or 0) - there
    return Finding(
        "wave_short",
        WARNING,
        _name(state),
        f"The wave was due on {wave.due_on} and has {there:,} respondents of the "
        f"{wave.min_respondents:,} agreed: {missing:,} are missing.",
        "What was delivered is built and published as usual; rules of publication decide what is "
        "shown of it.",
        "Ask who delivers it for the rest, and deliver it with `wavehouse add-wave --replace`. If "
        f"no more come, write the number that was agreed into min_respondents in {SCHEDULE}.",
        _day(wave.due_on),
    )


def _silent(state: WaveState) -> Finding:
    wave, last = state.wave, state.delivery.last_at
    came = f"The last delivery came on {last.astimezone().date()}" if last else "No delivery came"
    until = wave.silent_after(last.astimezone().date() if last else None)
    return Finding(
        "wave_silent",
        WARNING,
        _name(state),
        f"The wave has been in the field since {wave.field_starts_on} and delivers every "
        f"{_days(wave.delivery_every_days or 1)}. {came}; the next was due by {until}.",
        f"What was delivered stays as it is. {PUBLISHED_STAYS}",
        "Ask whether fieldwork goes on, and look whether a delivery was refused (`wavehouse "
        f"status`). If fieldwork paused or ended, change field_ends_on in {SCHEDULE}.",
        _day(until) if until else None,
    )


SAID = {LATE: _late, SHORT: _short, SILENT: _silent}


def _refused(project: Project, path: Path) -> Finding | None:
    try:
        said = json.loads(path.read_text(encoding="utf-8"))
        study_id, wave_id = str(said["study_id"]), str(said["wave_id"])
        names = ", ".join(str(file["name"]) for file in said.get("files", []))
    except (OSError, ValueError, KeyError, TypeError):
        study_id, wave_id, names, said = path.stem, "", "", {}
    message = str(said.get("message") or f"{project.relative(path)} says why.")
    return Finding(
        "delivery_refused",
        ERROR,
        f"The delivery of {study_id} {wave_id}".rstrip(),
        f"Files arrived ({names or 'their names are not known'}) and were not taken: "
        f"{sentence(message)}",
        f"The files stay in the inbox as they came. {PUBLISHED_STAYS}",
        sentence(
            said.get("remedy") or "Fix the files, or ask for them again, and put them in the inbox."
        ),
        moment(said.get("refused_at")),
    )


def _days(count: int) -> str:
    return f"{count} day{'' if count == 1 else 's'}"


def _day(last: date) -> datetime:
    """Give the beginning of the day after the last one that was in time."""
    return datetime.combine(last + timedelta(days=1), datetime.min.time()).astimezone()
