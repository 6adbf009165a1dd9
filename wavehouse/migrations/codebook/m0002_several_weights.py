"""A design may have several weights, by name; a study or a measure chooses one.

| new                        | what it says                                                      |
|----------------------------|-------------------------------------------------------------------|
| `weights`                  | the weights by name; empty, since one weight needs no name        |
| `design_columns.weight_id` | which weight is in a column; empty for the only one               |
| `studies.weight_id`        | the weight of measures that name none                             |
| `measures.weight_id`       | the weight of a measure, where it is another                      |
"""

from wavehouse.migrations.tables import Table, Tables


def migrate(tables: Tables) -> list[str]:
    """Add the table and the columns. Figures stay as they are."""
    if "weights" not in tables:
        tables["weights"] = Table(["weight_id", "weight_label", "description"])
    tables["design_columns"].add_column("weight_id", before="position")
    tables["studies"].add_column("weight_id", before="publication_rule_id")
    tables["measures"].add_column("weight_id", before="description")
    return []
