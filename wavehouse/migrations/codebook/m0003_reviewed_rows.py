"""Waivers know the label that they were given for, and crosswalk rows who looked at them.

| new                           | what it says                                             |
|-------------------------------|----------------------------------------------------------|
| `waived_columns.column_label` | the label that the column had; empty: it is not compared |
| `waived_columns.waived_on`    | the day of the decision                                  |
| `crosswalk.reviewed_by`       | who decided what the code means                          |
| `crosswalk.reviewed_on`       | the day of that                                          |

What was not kept is not made up: the new cells of rows that are there stay empty.
"""

from wavehouse.migrations.tables import Tables


def migrate(tables: Tables) -> list[str]:
    """Add the columns. Figures stay as they are."""
    waivers = tables["waived_columns"]
    waivers.add_column("column_label", before="reason")
    waivers.add_column("waived_on")
    tables["crosswalk"].add_column("reviewed_by")
    tables["crosswalk"].add_column("reviewed_on")
    if not waivers.rows:
        return []
    return [
        f"{len(waivers.rows)} waiver(s) have no date and no label. They hold as before; fill in "
        "waived_on where you know it, and column_label (with waived_on) where the waiver should "
        "hold only while the column has that label."
    ]
