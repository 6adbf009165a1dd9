"""A project says who may deliver waves of which study through the API.

| new                   | what it says                                            |
|-----------------------|---------------------------------------------------------|
| `audience_deliveries` | studies and waves of which an audience delivers; empty  |
"""

from wavehouse.migrations.tables import Table, Tables

COLUMNS = ["audience_id", "study_id", "wave_id"]


def migrate(tables: Tables) -> list[str]:
    """Add the table. Figures stay as they are; nobody may deliver until rows say who."""
    if "audience_deliveries" not in tables:
        tables["audience_deliveries"] = Table(COLUMNS)
    return []
