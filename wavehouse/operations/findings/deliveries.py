"""What has been delivered of the planned waves: respondents, and when the last delivery came.

Read from the files themselves, so that it is known before anything is built.
"""

from dataclasses import dataclass
from datetime import UTC, date, datetime
from pathlib import Path

from wavehouse.codebook.csv_files import read_csv
from wavehouse.codebook.ids import complaint_about_study, complaint_about_wave
from wavehouse.codebook.schedule import PlannedWave
from wavehouse.encryption import parquet
from wavehouse.errors import WavehouseError
from wavehouse.operations.findings.finding import moment
from wavehouse.project import Project

LATE, SHORT, SILENT, COMPLETE = "late", "short", "silent", "complete"
IN_FIELD, PLANNED, DELIVERED = "in_field", "planned", "delivered"


@dataclass(frozen=True)
class Delivery:
    """What there is of a wave.

    Args:
        n_respondents: rows of the landed wave, or of its file; 0 if nothing came.
        last_at: when the last delivery was landed; of a file in `seeds/waves` when it was changed.
    """

    n_respondents: int = 0
    last_at: datetime | None = None


@dataclass(frozen=True)
class WaveState:
    """A planned wave and what there is of it.

    Args:
        wave: the plan.
        delivery: what came.
        status: `planned` before the field, `in_field`, `delivered` before it is due, `complete`
            once due; `late`, `short` or `silent` where it is not as planned.
        today: the day it is judged on.
    """

    wave: PlannedWave
    delivery: Delivery
    status: str
    today: date


def delivered(project: Project, study_id: str, wave_id: str) -> Delivery:
    """Look at the files of a wave, landed or in `seeds/waves`; no rows if there are none."""
    if complaint_about_study(study_id) or complaint_about_wave(wave_id, study_id):
        return Delivery()
    folder = project.landed_wave(study_id, wave_id)
    if (folder / "answers.parquet").is_file():
        return _landed(folder)
    seed = project.waves / study_id / f"{study_id}_{wave_id}.csv"
    if seed.is_file():
        changed = datetime.fromtimestamp(seed.stat().st_mtime, UTC)
        return Delivery(read_csv(seed).row_count, changed)
    return Delivery()


def state_of_wave(project: Project, wave: PlannedWave, now: datetime) -> WaveState:
    """Compare a planned wave with what came of it. Days are those of the machine's time zone.

    Raises:
        WavehouseError: what came cannot be read.
    """
    today = now.astimezone().date()
    delivery = delivered(project, wave.study_id, wave.wave_id)
    return WaveState(wave, delivery, _status(wave, delivery, today), today)


def _status(wave: PlannedWave, delivery: Delivery, today: date) -> str:
    is_there = delivery.n_respondents > 0
    if wave.is_due(today):
        if not is_there:
            return LATE
        too_few = delivery.n_respondents < (wave.min_respondents or 0)
        return SHORT if too_few else COMPLETE
    last = delivery.last_at.astimezone().date() if delivery.last_at and is_there else None
    until = wave.silent_after(last)
    if wave.is_in_the_field(today):
        return SILENT if until and today > until else IN_FIELD
    return DELIVERED if is_there else PLANNED


def _landed(folder: Path) -> Delivery:
    import pyarrow as pa

    try:
        rows = parquet.row_count(folder / "answers.parquet")
        files = parquet.read_table(folder / "files.parquet", ["landed_at"])
    except (pa.ArrowException, OSError) as error:
        raise WavehouseError(
            f"The landed wave in {folder} cannot be read. Land its files again with `wavehouse "
            "add-wave --replace`, or take the folder from a backup."
        ) from error
    landed = files["landed_at"].to_pylist()
    last = max((str(each) for each in landed if each), default=None)
    return Delivery(rows, moment(last) if last else None)
