"""A project says how a study protects its respondents.

| new                 | what it says                                                              |
|---------------------|---------------------------------------------------------------------------|
| `study_protections` | whether ids are replaced, and how long rows of people stay; empty         |
"""

from wavehouse.migrations.tables import Table, Tables

COLUMNS = ["study_id", "respondent_ids", "key_mark", "rows_until", "rows_days", "aggregates"]


def migrate(tables: Tables) -> list[str]:
    """Add the table. Figures stay as they are; nothing is replaced or removed until rows say so."""
    if "study_protections" not in tables:
        tables["study_protections"] = Table(COLUMNS)
    return []
