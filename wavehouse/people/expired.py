"""Which studies lost their rows of people: `warehouse/operations/expired.json`.

Of each study: the last day that was declared, when the rows went, whether all of it is done, the
releases whose rows of people have to go yet, and the release that keeps its figures.
"""

import json
from dataclasses import asdict, dataclass, field
from datetime import UTC, datetime

from wavehouse.errors import WavehouseError
from wavehouse.operations.run_history.run_files import operations_folder
from wavehouse.project import Project
from wavehouse.writing import write_whole

FILE = "expired.json"
FORMAT = 1


@dataclass
class Expired:
    """What is known of a study whose rows of people went, or are going.

    Args:
        study_id: the study.
        last_day: the last day on which they were kept, as it was declared.
        aggregates: what was declared of figures: `stay` or `go`.
        begun_at: when they began to go, in UTC.
        is_done: whether all of it is done.
        releases: ids of releases whose rows of people have to go yet.
        stays_in: the id of the last release that has the study's figures; None if they go.
        did: what went, a line each.
    """

    study_id: str
    last_day: str
    aggregates: str
    begun_at: str = field(default_factory=lambda: datetime.now(UTC).isoformat(timespec="seconds"))
    is_done: bool = False
    releases: list[str] = field(default_factory=list)
    stays_in: str | None = None
    did: list[str] = field(default_factory=list)


def read_expired(project: Project) -> dict[str, Expired]:
    """Give them by study.

    Raises:
        WavehouseError: the file cannot be read.
    """
    path = operations_folder(project) / FILE
    if not path.exists():
        return {}
    try:
        found = [Expired(**each) for each in json.loads(path.read_bytes())["studies"]]
    except (ValueError, KeyError, TypeError) as error:
        raise WavehouseError(
            f"{project.relative(path)} cannot be read, so nobody knows which studies lost their "
            f"rows of people. Take it from a backup. ({type(error).__name__})"
        ) from None
    return {each.study_id: each for each in found}


def save_expired(project: Project, expired: dict[str, Expired]) -> None:
    """Write them in one step."""
    said = {"format": FORMAT, "studies": [asdict(each) for each in expired.values()]}
    write_whole(operations_folder(project) / FILE, json.dumps(said, indent=1) + "\n")


def releases_that_stay(project: Project) -> set[str]:
    """Give the releases that keep figures of studies that have no rows of people any more."""
    return {each.stays_in for each in read_expired(project).values() if each.stays_in}
