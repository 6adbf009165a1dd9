"""Findings about rows of people that are kept for longer than is declared."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

from wavehouse.operations.configuration import Operations
from wavehouse.operations.findings.finding import WARNING, Finding
from wavehouse.people.keeping_times import last_days
from wavehouse.project import Project

# So many days before it is due, it is told.
DAYS_BEFORE = 14


def findings_of_times(project: Project, operations: Operations, now: datetime) -> Iterator[Finding]:
    """Find studies whose rows of people are due, or will be soon."""
    from wavehouse.people.expiring import due_studies

    for study_id in due_studies(project, now + timedelta(days=DAYS_BEFORE)):
        last_day = last_days(project)[study_id]
        is_soon = study_id not in due_studies(project, now)
        how = "removes" if not operations.run.expire else "also removes"
        yield Finding(
            "rows_due",
            WARNING,
            f"Study {study_id}",
            f"Its rows of people {'are' if is_soon else 'were'} to be kept until {last_day}.",
            "All of it is there as it was. Nothing goes by itself"
            + (
                ", but with `wavehouse run`, as operations.yml says."
                if operations.run.expire
                else "."
            ),
            f"`wavehouse expire` shows what goes, and with --apply {how} it. If they may be kept "
            "for longer, say so in seeds/codebook/study_protections.csv.",
            datetime(last_day.year, last_day.month, last_day.day, tzinfo=UTC),
        )
