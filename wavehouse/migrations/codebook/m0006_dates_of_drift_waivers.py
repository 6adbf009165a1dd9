"""Waivers of drift know the day that they were given, as those of columns do.

| new                       | what it says            |
|---------------------------|-------------------------|
| `drift_waivers.waived_on` | the day of the decision |

What was not kept is not made up: the new cells of rows that are there stay empty.
"""

from wavehouse.migrations.tables import Tables


def migrate(tables: Tables) -> list[str]:
    """Add the column. Figures stay as they are."""
    waivers = tables["drift_waivers"]
    waivers.add_column("waived_on")
    if not waivers.rows:
        return []
    return [
        f"{len(waivers.rows)} waiver(s) of drift have no date. They hold as before; fill in "
        "waived_on where you know it."
    ]
