"""The checks of a delivery: `add-wave` in a copy of the project, and what the design demands.

What `wavehouse add-wave` refuses is refused here, in the same words, and so is a file of which the
build would refuse rows. What `add-wave` drafts is what a person is to decide. The project itself is
only read.
"""

import re
import shutil
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path

from wavehouse.codebook.ids import shown
from wavehouse.codebook.schedule import schedule_of
from wavehouse.codebook.tables import Codebook, read_codebook, wave_number
from wavehouse.errors import ProblemsError, WavehouseError
from wavehouse.operations.daily_run.trial import copy_for_trial, options_of_plan
from wavehouse.project import Project
from wavehouse_exchange.landing.options import parsed
from wavehouse_exchange.onboarding.draft import Draft, draft_path, read_draft
from wavehouse_exchange.onboarding.edits import alone
from wavehouse_exchange.onboarding.missing import is_number
from wavehouse_exchange.onboarding.onboard import add_wave
from wavehouse_exchange.onboarding.profile import ColumnProfile, WaveProfile, profile_wave
from wavehouse_exchange.onboarding.wave_rows import WaveOptions
from wavehouse_exchange.onboarding.wrong_file import unlike_the_study
from wavehouse_exchange.receiving.bodies import as_parameters
from wavehouse_exchange.receiving.constraints import broken_constraints, design_of
from wavehouse_exchange.receiving.quarantine import (
    Delivery,
    Fault,
    Quarantine,
    ToDecide,
    codebook_sum,
)
from wavehouse_exchange.receiving.rows import files_to_read

AGAIN = "Correct the file and deliver it again."
# Of what is to be decided, or is wrong, so that people read the answer; the draft has all.
MOST_TO_DECIDE, MOST_FAULTS = 1_000, 100
LONGEST_TEXT = 2_000
MOST_NAMED = 5
COLUMN = re.compile(r"\bcolumns? ['\"`]?([^\s,'\"`:;()]+)")
SENTENCES = re.compile(r"(?<=[.]) +(?=[A-Z`])")
OF_THE_TEAM = re.compile(r"--|`?wavehouse |seeds/|[Aa]sk for a new delivery|the new wave\.$")
NOT_READY = (
    "The study is not ready for deliveries: it has no wave yet. Those who run the warehouse begin "
    "it; ask them."
)


def check(quarantine: Quarantine, delivery: Delivery) -> Delivery:
    """Give a delivery as it is once it was checked: accepted, or refused with its faults.

    Args:
        quarantine: where it lies.
        delivery: the delivery; nothing of it is written here.
    """
    project = quarantine.project
    checked = replace(
        delivery,
        codebook=codebook_sum(project),
        checked_at=datetime.now(UTC).isoformat(timespec="seconds"),
    )
    root = trial_folder(project, delivery.delivery_id)
    try:
        result = _try(quarantine, delivery, root)
    except WavehouseError as error:
        folders = (quarantine.folder / delivery.delivery_id, root, project.root)
        return replace(checked, state="refused", faults=tuple(_faults_of(error, delivery, folders)))
    finally:
        shutil.rmtree(root, ignore_errors=True)
    return replace(
        checked,
        state="refused" if result.faults else "accepted",
        n_rows=result.n_rows,
        n_columns=result.n_columns,
        faults=tuple(result.faults),
        to_decide=() if result.faults else tuple(result.to_decide),
    )


def trial_folder(project: Project, delivery_id: str) -> Path:
    """Give the folder of the copy of the project in which a delivery is tried."""
    return project.target / "deliveries" / delivery_id


def wave_options(project: Project, delivery: Delivery) -> WaveOptions:
    """Give the options of `add-wave` for a delivery, as they follow from the codebook.

    Raises:
        WavehouseError: the study has no wave yet.
    """
    study_id, wave_id = delivery.study_id, delivery.wave_id
    waves = {
        row["wave_id"] for row in read_codebook(project).waves() if row["study_id"] == study_id
    }
    if not waves:
        raise WavehouseError(NOT_READY)
    is_there = wave_id in waves or draft_path(project, study_id, wave_id).is_file()
    plans = {(plan.study_id, plan.wave_id): plan for plan in schedule_of(project).waves}
    plan = None if wave_id in waves else plans.get((study_id, wave_id))
    reading = parsed(delivery.reading_options)
    return replace(options_of_plan(plan), reading=reading, replace=is_there)


@dataclass
class _Result:
    n_rows: int
    n_columns: int
    faults: list[Fault]
    to_decide: list[ToDecide]


def _try(quarantine: Quarantine, delivery: Delivery, root: Path) -> _Result:
    study_id, wave_id = delivery.study_id, delivery.wave_id
    files = files_to_read(quarantine, delivery)
    with alone(quarantine.project):
        copy = copy_for_trial(quarantine.project, study_id, root)
    codebook = read_codebook(copy)
    add_wave(copy, study_id, wave_id, files, wave_options(copy, delivery))
    profile = profile_wave(copy, study_id, wave_id, None)
    assert profile is not None
    has_draft = draft_path(copy, study_id, wave_id).is_file()
    draft = read_draft(copy, study_id, wave_id) if has_draft else None
    faults = list(_without_names(profile, delivery))
    faults += list(_of_another_study(draft, delivery)) if draft else []
    if not faults:
        design = design_of(codebook, _design_id(codebook, study_id, wave_id, draft))
        faults = broken_constraints(copy, study_id, wave_id, design, delivery.files[0].name)
    to_decide = [
        ToDecide(each.kind, each.subject, each.reason[:LONGEST_TEXT])
        for each in (draft.open_proposals if draft else [])
    ]
    return _Result(profile.row_count, len(profile.columns), faults, to_decide[:MOST_TO_DECIDE])


def _design_id(codebook: Codebook, study_id: str, wave_id: str, draft: Draft | None) -> str:
    """Give the design of the wave, or of the wave that it is compared with."""
    waves = [row for row in codebook.waves() if row["study_id"] == study_id]
    wanted = (wave_id, draft.like if draft else "")
    found = [row for each in wanted for row in waves if row["wave_id"] == each]
    return str((found or [max(waves, key=wave_number)])[0]["design_id"])


def _without_names(profile: WaveProfile, delivery: Delivery) -> Iterator[Fault]:
    """Find a file that begins with answers: columns would go by those of its first respondent."""
    columns = profile.columns.values()
    answers = [each.name for each in columns if _is_answer(each)]
    if 2 * len(answers) > len(columns):
        yield Fault(
            "no_header",
            "The first row seems to hold answers, not names of columns: "
            f"{', '.join(map(shown, answers[:MOST_NAMED]))}.",
            "Deliver the file with the names of its columns in the first row.",
            delivery.files[0].name,
        )


def _is_answer(column: ColumnProfile) -> bool:
    plain = column.name.rpartition("__")[0] or column.name
    return plain in column.counts or is_number(plain)


def _of_another_study(draft: Draft, delivery: Delivery) -> Iterator[Fault]:
    if said := unlike_the_study(draft):
        yield Fault(
            "not_this_study",
            said,
            "Deliver the file of this study and wave, or tell those who run the warehouse that "
            "the questionnaire is a new one.",
            delivery.files[0].name,
        )


def _faults_of(
    error: WavehouseError, delivery: Delivery, folders: Sequence[Path]
) -> Iterator[Fault]:
    """Give what was said of a file as faults, without our folders."""
    texts = error.problems if isinstance(error, ProblemsError) else [str(error)]
    names = [each.name for each in delivery.files]
    title = _without_folders(str(error), folders).partition("\n")[0]
    for text in texts[:MOST_FAULTS]:
        yield _fault(_without_folders(text, folders), title, names)
    if len(texts) > MOST_FAULTS:
        yield Fault(
            "further_faults", f"There are {len(texts) - MOST_FAULTS:,} more.", AGAIN, names[0]
        )


def _fault(text: str, title: str, names: Sequence[str]) -> Fault:
    file = next((name for name in names if name in text), names[0])
    is_of_file = "cannot be read" in title or title.startswith(tuple(f"{each}:" for each in names))
    detail = as_parameters(text.removeprefix(f"{file}: "))
    said, *remedies = SENTENCES.split(detail)
    # What only the team can do is no remedy for who delivers.
    remedy = " ".join(each for each in remedies if not OF_THE_TEAM.search(each))
    column = COLUMN.search(detail)
    return Fault(
        "file_not_read" if is_of_file else "wave_not_taken",
        (said if said.endswith(".") else f"{said}.")[:LONGEST_TEXT],
        remedy[:LONGEST_TEXT] or AGAIN,
        file,
        column[1] if column else None,
    )


def _without_folders(text: str, folders: Sequence[Path]) -> str:
    for folder in folders:
        for below in ("files/", "read/", ""):
            text = text.replace(f"{folder}/{below}", "")
    return text
