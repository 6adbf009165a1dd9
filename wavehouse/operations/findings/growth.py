"""How fast databases grow: `warehouse/operations/sizes.json` has their sizes, once a day."""

import json
from collections.abc import Mapping
from datetime import date, timedelta

from wavehouse.operations.run_history.run_files import operations_folder
from wavehouse.project import Project
from wavehouse.writing import write_whole

FILE = "sizes.json"
DAYS_KEPT = 400
# Growth is told over a week, or the time that is known.
SPAN = timedelta(days=7)


def read_sizes(project: Project) -> dict[date, dict[str, int]]:
    """Give the sizes in bytes by day, the earliest first; nothing if none are known."""
    try:
        found = json.loads((operations_folder(project) / FILE).read_text("utf-8"))
        days = {date.fromisoformat(day): dict(sizes) for day, sizes in found.items()}
    except (OSError, ValueError, AttributeError, TypeError):
        return {}
    return dict(sorted(days.items()))


def note_sizes(project: Project, sizes: Mapping[str, int], today: date) -> None:
    """Keep the sizes of a day, the last ones if there are several.

    Raises:
        WavehouseError: the file cannot be written.
    """
    oldest = today - timedelta(days=DAYS_KEPT)
    kept = {day: known for day, known in read_sizes(project).items() if day >= oldest}
    kept[today] = dict(sizes)
    content = {day.isoformat(): known for day, known in sorted(kept.items())}
    write_whole(operations_folder(project) / FILE, json.dumps(content, indent=1) + "\n")


def growth_per_day(known: Mapping[date, Mapping[str, int]], name: str, today: date) -> float | None:
    """Give the bytes that something grew by in a day, over the last week.

    Args:
        known: sizes by day.
        name: what grew.
        today: the day of the last size.

    Returns:
        None where fewer than two days are known.
    """
    sizes = {day: each[name] for day, each in known.items() if name in each and day <= today}
    if not sizes:
        return None
    last = max(sizes)
    before = [day for day in sizes if day < last]
    if not before:
        return None
    # The latest day that is a week away; where there is none, the earliest.
    week_ago = [day for day in before if last - day >= SPAN]
    first = max(week_ago) if week_ago else min(before)
    return (sizes[last] - sizes[first]) / (last - first).days
