"""A project says who may read what of a release.

| new                | what it says                                                        |
|--------------------|---------------------------------------------------------------------|
| `audiences`        | who reads together, with a key or without; empty                    |
| `audience_rows`    | studies, waves, measures and segments that they may read; empty     |
| `audience_columns` | tables and columns that they may read; empty                        |
"""

from wavehouse.migrations.tables import Table, Tables

NEW = {
    "audiences": ["audience_id", "audience_label", "description", "needs_key"],
    "audience_rows": [
        "audience_id",
        "study_id",
        "wave_id",
        "measure_id",
        "segment_id",
        "with_provisional",
        "not_before",
    ],
    "audience_columns": ["audience_id", "table_or_group", "column_name"],
}


def migrate(tables: Tables) -> list[str]:
    """Add the tables. Figures stay as they are; nothing is served until rows say to whom."""
    for name, columns in NEW.items():
        if name not in tables:
            tables[name] = Table(columns)
    return []
