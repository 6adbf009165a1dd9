"""A project has labels of missing codes of its own, beside those that come with the warehouse.

| new              | what it says                                                        |
|------------------|---------------------------------------------------------------------|
| `missing_labels` | labels by language, and which kind of missing they mean; empty      |
"""

from wavehouse.migrations.tables import Table, Tables


def migrate(tables: Tables) -> list[str]:
    """Add the table. Figures stay as they are: only drafts read it."""
    if "missing_labels" not in tables:
        tables["missing_labels"] = Table(["language", "label", "missing_kind"])
    return []
