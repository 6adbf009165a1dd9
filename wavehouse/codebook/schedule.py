"""The field schedule: when waves are in the field and due, and how many respondents are agreed."""

import re
from dataclasses import dataclass, field
from datetime import date, timedelta

from wavehouse.codebook.csv_files import read_csv
from wavehouse.codebook.ids import inside, shown
from wavehouse.codebook.tables import Codebook, Row
from wavehouse.project import Project

TABLE = "field_schedule"
FILE = f"seeds/codebook/{TABLE}.csv"
COLUMNS = (
    *("study_id", "wave_id", "field_starts_on", "field_ends_on", "due_on"),
    *("delivery_every_days", "min_respondents"),
)
DATE = re.compile(r"\d{4}-\d{2}-\d{2}")


@dataclass(frozen=True)
class PlannedWave:
    """A wave as it is planned; whether it is a row of `waves` yet does not matter.

    Args:
        study_id: its study.
        wave_id: its id.
        due_on: the last day on which its data may arrive.
        field_starts_on: the first day of fieldwork; None where it is not planned.
        field_ends_on: the last day of fieldwork; the day on which it is due where none is planned.
        delivery_every_days: days between deliveries while in the field; None where it arrives once.
        min_respondents: respondents that it has at least once it is due; None where not agreed.
    """

    study_id: str
    wave_id: str
    due_on: date
    field_starts_on: date | None = None
    field_ends_on: date | None = None
    delivery_every_days: int | None = None
    min_respondents: int | None = None

    def is_due(self, today: date) -> bool:
        """Tell whether the last day on which it may arrive is over."""
        return today > self.due_on

    def is_in_the_field(self, today: date) -> bool:
        """Tell whether deliveries are expected every few days on a day."""
        ends = self.field_ends_on or self.due_on
        return self.field_starts_on is not None and self.field_starts_on <= today <= ends

    def may_grow(self, today: date) -> bool:
        """Tell whether answers may still come: from its first day until it is due."""
        begun = self.field_starts_on is None or self.field_starts_on <= today
        return begun and not self.is_due(today)

    def silent_after(self, last: date | None) -> date | None:
        """Give the last day on which the next delivery may arrive without being missed.

        Args:
            last: the day of the delivery before it; None if none came yet.

        Returns:
            None where no deliveries are expected before the wave is due.
        """
        if self.field_starts_on is None or self.delivery_every_days is None:
            return None
        since = max(last, self.field_starts_on) if last else self.field_starts_on
        return since + timedelta(days=self.delivery_every_days)


@dataclass
class Schedule:
    """The planned waves, and what is wrong with rows that cannot be read."""

    waves: list[PlannedWave] = field(default_factory=list)
    problems: list[str] = field(default_factory=list)


def schedule_of(project: Project) -> Schedule:
    """Read the field schedule from its file, without the rest of the codebook.

    A codebook of a version that had none has no planned waves.

    Raises:
        WavehouseError: a link leads out of the project.
    """
    tables, problems = {}, []
    for table in ("studies", TABLE):
        path = project.codebook / f"{table}.csv"
        name = project.relative(inside(project.root, path, project.relative(path)))
        if not path.is_file():
            continue
        content = read_csv(path, keep_rows=True)
        problems += [f"{name}: {problem}" for problem in content.problems]
        missing = set(COLUMNS if table == TABLE else ("study_id",)) - set(content.columns)
        if missing and not content.problems:
            problems.append(f"{name}: columns are missing: {', '.join(sorted(missing))}. Add them.")
        if not missing:
            tables[table] = content.rows
    found = read_schedule(Codebook(tables))
    return Schedule(found.waves, problems + found.problems)


def read_schedule(codebook: Codebook) -> Schedule:
    """Read the field schedule; a row that cannot be read is a problem and no planned wave."""
    found = Schedule()
    studies = {row["study_id"] for row in codebook.rows("studies")}
    seen: set[tuple[str, str]] = set()
    for row in codebook.rows(TABLE):
        key = (row["study_id"], row["wave_id"])
        problems = _problems(row)
        if row["study_id"] not in studies:
            problems.append(
                "column study_id: seeds/codebook/studies.csv has no such study. Correct the id, or "
                "add the study."
            )
        if key in seen:
            problems.append("the wave stands here more than once. Keep one of the rows.")
        seen.add(key)
        found.problems += [
            f"{FILE}, study {_id(row['study_id'])}, wave {_id(row['wave_id'])}: {problem}"
            for problem in problems
        ]
        if not problems:
            found.waves.append(
                PlannedWave(
                    *key,
                    date.fromisoformat(row["due_on"]),
                    _date(row["field_starts_on"]),
                    _date(row["field_ends_on"]),
                    _count(row["delivery_every_days"]),
                    _count(row["min_respondents"]),
                )
            )
    return found


def _problems(row: Row) -> list[str]:
    problems = []
    for column in ("field_starts_on", "field_ends_on", "due_on"):
        if row[column] and not _is_date(row[column]):
            problems.append(
                f"column {column}, value {shown(row[column])}: this is no date. Write it as "
                "2024-05-01."
            )
    for column in ("delivery_every_days", "min_respondents"):
        if row[column] and not _is_count(row[column]):
            problems.append(
                f"column {column}, value {shown(row[column])}: this is no whole number from 1 on. "
                "Write one, or leave the cell empty."
            )
    if not row["due_on"]:
        problems.append("column due_on is empty. Write the last day on which the data may arrive.")
    if problems:
        return problems
    starts, ends, due = (row[name] for name in ("field_starts_on", "field_ends_on", "due_on"))
    for earlier, later, said in (
        (starts, ends, "field_ends_on is before field_starts_on"),
        (starts, due, "due_on is before field_starts_on"),
        (ends, due, "due_on is before field_ends_on"),
    ):
        if earlier and later and later < earlier:
            problems.append(f"column {said} ({later}, {earlier}). Correct one of the two.")
    if row["delivery_every_days"] and not starts:
        problems.append(
            "column field_starts_on is empty, though deliveries are expected every "
            f"{row['delivery_every_days']} days. Write the first day of fieldwork, or leave "
            "delivery_every_days empty."
        )
    return problems


def _is_date(text: str) -> bool:
    """Tell whether a text is a day, year first."""
    if not DATE.fullmatch(text):
        return False
    try:
        date.fromisoformat(text)
    except ValueError:
        return False
    return True


def _is_count(text: str) -> bool:
    return text.isascii() and text.isdecimal() and int(text) >= 1


def _date(text: str) -> date | None:
    return date.fromisoformat(text) if text else None


def _count(text: str) -> int | None:
    return int(text) if text else None


def _id(text: str) -> str:
    return text if re.fullmatch(r"\w+", text, re.ASCII) else shown(text)
