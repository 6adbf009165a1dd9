"""A project says when waves are in the field and when their data are due.

| new              | what it says                                                                |
|------------------|-----------------------------------------------------------------------------|
| `field_schedule` | fieldwork, due date and expected size of planned waves, by wave; empty      |
"""

from wavehouse.migrations.tables import Table, Tables


def migrate(tables: Tables) -> list[str]:
    """Add the table. Figures stay as they are: no model computes with it."""
    if "field_schedule" not in tables:
        tables["field_schedule"] = Table(
            [
                "study_id",
                "wave_id",
                "field_starts_on",
                "field_ends_on",
                "due_on",
                "delivery_every_days",
                "min_respondents",
            ]
        )
    return []
