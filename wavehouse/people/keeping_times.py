"""How long rows of people of a study are kept, and of which studies the time is over."""

from datetime import UTC, date, datetime, timedelta

from wavehouse.codebook.csv_files import read_csv
from wavehouse.errors import ProblemsError, WavehouseError
from wavehouse.people.protections import TABLE, Protection, read_protections
from wavehouse.project import Project

STAY, GO = "stay", "go"


def last_days(project: Project) -> dict[str, date]:
    """Give the last day on which rows of people are kept, of each study that has one.

    Raises:
        ProblemsError: what is declared is no time, or it is not said what becomes of figures.
    """
    declared = [
        each for each in read_protections(project).values() if each.rows_until or each.rows_days
    ]
    problems = [problem for each in declared for problem in _problems(each)]
    if problems:
        raise ProblemsError("It is not clear how long rows of people are kept:", problems)
    ends = _ends(project) if declared else {}
    found = {}
    for each in declared:
        days = [date.fromisoformat(each.rows_until)] if each.rows_until else []
        if each.rows_days and each.study_id in ends:
            days.append(ends[each.study_id] + timedelta(days=int(each.rows_days)))
        if days:
            found[each.study_id] = min(days)
    return found


def is_over(last_day: date, now: datetime) -> bool:
    """Tell whether a last day is over, everywhere on the earth."""
    return now > datetime(last_day.year, last_day.month, last_day.day, tzinfo=UTC) + timedelta(
        days=1, hours=12
    )


def refuse_when_over(project: Project, study_id: str, wave_id: str) -> None:
    """Refuse to bring in a wave of a study whose time is over.

    Raises:
        WavehouseError: it is.
    """
    if study_id not in read_protections(project):
        return
    last_day = last_days(project).get(study_id)
    if last_day is not None and is_over(last_day, datetime.now(UTC)):
        raise WavehouseError(
            f"study {study_id}, wave {wave_id}: rows of people of this study were kept until "
            f"{last_day}, so nothing is brought in any more. If they may be kept for longer, say "
            f"so in seeds/codebook/{TABLE}.csv."
        )


def _problems(declared: Protection) -> list[str]:
    of = f"seeds/codebook/{TABLE}.csv, study {declared.study_id}"
    problems = []
    if declared.rows_until:
        try:
            date.fromisoformat(declared.rows_until)
        except ValueError:
            problems.append(
                f"{of}, column rows_until: {declared.rows_until!r} is no date such as 2031-12-31. "
                "Write one."
            )
    if declared.rows_days and not declared.rows_days.isdecimal():
        problems.append(
            f"{of}, column rows_days: {declared.rows_days!r} is no whole number of days. Write one."
        )
    if declared.aggregates not in (STAY, GO):
        problems.append(
            f"{of}, column aggregates: it is not said what becomes of published figures when rows "
            f"of people go. Write {STAY} or {GO}."
        )
    return problems


def _ends(project: Project) -> dict[str, date]:
    """Give the last day of the last wave of each study."""
    content = read_csv(project.codebook / "waves.csv", keep_rows=True)
    ends: dict[str, date] = {}
    for row in content.rows:
        for name in ("fieldwork_end", "wave_date"):
            try:
                day = date.fromisoformat(row.get(name) or "")
            except ValueError:
                # Empty, or no date: the checks of the codebook report it.
                continue
            ends[row["study_id"]] = max(day, ends.get(row["study_id"], day))
            break
    return ends
