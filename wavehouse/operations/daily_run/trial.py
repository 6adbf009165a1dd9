"""Try a delivery in a copy of the project, and give what it changes if nobody is needed for it.

The copy shares its files by links with the project, whose own are replaced and never edited in
place. So a delivery that waits for a person, or a run that is killed, leaves the project as it was.
"""

import shutil
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING

from wavehouse.codebook.schedule import PlannedWave, schedule_of
from wavehouse.codebook.tables import read_codebook
from wavehouse.errors import WavehouseError
from wavehouse.operations.daily_run.inbox import Delivery
from wavehouse.operations.run_history.run_files import operations_folder
from wavehouse.people.erasure_list import FILE as ERASED
from wavehouse.project import Project
from wavehouse.publishing.history import link_or_copy
from wavehouse.writing import PARTIAL

if TYPE_CHECKING:
    from wavehouse_exchange.onboarding.wave_rows import WaveOptions

# Of the project's folder: what a delivery may change. Drafts are gone when they are applied.
CHANGED = ("seeds", ".wavehouse/edits", ".wavehouse/drafts")
READ = ("dbt_project.yml", "profiles.yml", "models", "macros", "tests")
PRODUCT = "product"
IN_FIELD = "The wave is in the field, as field_schedule.csv says, and more answers came."
# Tells whether a file was replaced: its number on the disk, its size, its time.
State = tuple[int, int, int]


class Waits(WavehouseError):  # noqa: N818 (it is no fault: a person is asked)
    """A delivery brings something that a person has to decide."""


class Busy(Waits):
    """Somebody works on what the delivery changes, so it is tried again with the next run."""


@dataclass(frozen=True)
class Trial:
    """What a delivery changes in a project.

    Attributes:
        copy: the copy of the project, as it is with the delivery.
        files: names of changed and new files, from the root of the project on.
        removed: names of files that the project does not have with the delivery.
        landed: whether its landed wave is new or another one.
        begun_with: the state of each of the project's files when it was copied.
    """

    copy: Project
    files: list[str]
    removed: list[str]
    landed: bool
    begun_with: dict[str, "State | None"]


class _Copy(Project):
    """A copy of a project, whose landing folder is its own whatever the environment says."""

    @property
    def landing(self) -> Path:
        """The folder of waves that are not seeds."""
        return self.root / "landing"


def try_delivery(project: Project, delivery: Delivery, today: date) -> Trial:
    """Bring a delivery into a copy of the project, as `add-wave` and `apply` would.

    Args:
        project: the project, which is left as it is.
        delivery: the delivery.
        today: the day, which says whether a wave is in the field.

    Raises:
        Waits: something of it is to be decided; the message says what.
        WavehouseError: the delivery cannot be taken as it is.
    """
    from wavehouse_exchange.onboarding.apply import apply_draft
    from wavehouse_exchange.onboarding.draft import draft_path, read_draft
    from wavehouse_exchange.onboarding.edits import alone
    from wavehouse_exchange.onboarding.onboard import add_wave
    from wavehouse_exchange.onboarding.wave_rows import WaveOptions

    study_id, wave_id = delivery.study_id, delivery.wave_id
    if draft_path(project, study_id, wave_id).exists():
        raise Busy(f"drafts/{study_id}_{wave_id}.yml is open: somebody works on this wave.")
    with alone(project):
        begun_with = _states(project)
        copy = copy_for_trial(project, study_id, project.target / "taking")
    codebook = read_codebook(copy)
    known = {(row["study_id"], row["wave_id"]) for row in codebook.rows("waves")}
    if study_id not in {study for study, _ in known}:
        raise Waits(f"There is no study {study_id} in seeds/codebook yet.")
    plans = {(plan.study_id, plan.wave_id): plan for plan in schedule_of(copy).waves}
    plan = plans.get((study_id, wave_id))
    is_known = (study_id, wave_id) in known
    options = WaveOptions(replace=True) if is_known else options_of_plan(plan)
    add_wave(copy, study_id, wave_id, delivery.files, options)
    if draft_path(copy, study_id, wave_id).is_file():
        if is_known and plan and plan.may_grow(today):
            _accept_growth(copy, study_id, wave_id)
        draft = read_draft(copy, study_id, wave_id)
        undecided = draft.open_proposals
        if undecided:
            raise Waits(
                "; ".join(f"{each.kind} {each.subject}: {each.reason}" for each in undecided)
            )
        apply_draft(copy, study_id, wave_id)
    return _changes(project, copy, begun_with, study_id, wave_id)


def state_of(path: Path) -> State | None:
    """Give what tells whether a file was replaced; None if there is none."""
    try:
        state = path.stat()
    except OSError:
        return None
    return state.st_ino, state.st_size, state.st_mtime_ns


def _states(project: Project) -> dict[str, State | None]:
    return {
        path.relative_to(project.root).as_posix(): state_of(path)
        for name in CHANGED
        for path in _files(project.root / name)
    }


def options_of_plan(plan: PlannedWave | None) -> "WaveOptions":
    """Give what the field schedule says of a wave that is not in the codebook yet."""
    from wavehouse_exchange.onboarding.wave_rows import WaveOptions

    if plan is None:
        return WaveOptions()
    starts, ends = plan.field_starts_on, plan.field_ends_on
    return WaveOptions(
        date=(starts or ends or plan.due_on).isoformat(),
        fieldwork_start=starts.isoformat() if starts else None,
        fieldwork_end=ends.isoformat() if ends else None,
    )


def _accept_growth(copy: Project, study_id: str, wave_id: str) -> None:
    """Accept that a wave has more respondents than before, and nothing else."""
    from wavehouse_exchange.onboarding.draft import ACCEPT, draft_path, read_draft, write_decisions

    draft = read_draft(copy, study_id, wave_id)
    (now,) = (
        int(row["expected_respondents"] or 0)
        for row in read_codebook(copy).rows("waves")
        if (row["study_id"], row["wave_id"]) == (study_id, wave_id)
    )
    grown = [
        proposal.id
        for proposal in draft.open_proposals
        if proposal.kind == "wave"
        and all(
            list(change.get("set", {})) == ["expected_respondents"]
            and int(change["set"]["expected_respondents"]) > now
            for change in proposal.changes
        )
    ]
    write_decisions(draft_path(copy, study_id, wave_id), grown, ACCEPT, IN_FIELD)


def copy_for_trial(project: Project, study_id: str, root: Path) -> Project:
    """Make a copy of what a delivery of a study reads and changes.

    Args:
        project: the project; nobody may edit it meanwhile.
        study_id: the study.
        root: where the copy is made; what is there is removed.
    """
    shutil.rmtree(root, ignore_errors=True)
    root.mkdir(parents=True)
    for name in READ:
        if (project.root / name).exists():
            (root / name).symlink_to(project.root / name)
    if (project.root / ".git").exists():
        # Who decides is asked there.
        (root / ".git").symlink_to(project.root / ".git")
    for name in (*CHANGED, "drafts"):
        _link_all(project.root / name, root / name)
    if project.is_own:
        (root / ".wavehouse" / PRODUCT).symlink_to(project.product.resolve())
    _link_all(project.landing / study_id, root / "landing" / study_id)
    copy = _Copy(root)
    erased = operations_folder(project) / ERASED
    if erased.is_file():
        # Who was erased does not come in with a delivery.
        place = operations_folder(copy) / ERASED
        place.parent.mkdir(parents=True)
        link_or_copy(erased, place)
    return copy


def _link_all(source: Path, place: Path) -> None:
    place.mkdir(parents=True, exist_ok=True)
    for path in _files(source):
        there = place / path.relative_to(source)
        there.parent.mkdir(parents=True, exist_ok=True)
        link_or_copy(path, there)


def _files(folder: Path) -> Iterator[Path]:
    for path in sorted(folder.rglob("*")):
        # A lock is the project's own, and what a killed run left is nothing.
        if path.is_file() and not path.is_symlink() and path.suffix not in (".lock", PARTIAL):
            yield path


def _changes(
    project: Project,
    copy: Project,
    begun_with: dict[str, State | None],
    study_id: str,
    wave_id: str,
) -> Trial:
    files, removed = [], []
    for name in CHANGED:
        before = {path.relative_to(project.root).as_posix() for path in _files(project.root / name)}
        after = {path.relative_to(copy.root).as_posix() for path in _files(copy.root / name)}
        files += [
            each for each in sorted(after) if not _same(project.root / each, copy.root / each)
        ]
        removed += sorted(before - after)
    landed, there = copy.landed_wave(study_id, wave_id), project.landed_wave(study_id, wave_id)
    is_new = landed.is_dir() and any(
        not _same(there / path.relative_to(landed), path) for path in _files(landed)
    )
    if there.is_dir() and not landed.is_dir():
        raise WavehouseError(
            f"{project.relative(there)} would be a seed with this delivery. Bring it in by hand: "
            f"`wavehouse add-wave {study_id} {wave_id} FILE... --replace`."
        )
    return Trial(copy, files, removed, is_new, begun_with)


def _same(one: Path, other: Path) -> bool:
    return one.is_file() and (one.samefile(other) or one.read_bytes() == other.read_bytes())
