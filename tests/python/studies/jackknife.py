"""Wave w1 of the made-up survey with jackknife weights, for tests of association.

Each replicate leaves one PSU out and gives the others its weight. `replicated_full_sample` takes
the replicates' deviations from the full sample, `replicated_replicate_mean` from their own mean.
"""

from workbench import Row, add_codebook_rows, read_rows, write_wave

from studies.made_up import ANSWERS, DATA, MadeUpStudy, study_rows
from wavehouse.project import Project

CENTRES = ("full_sample", "replicate_mean")
TEMPLATE = MadeUpStudy("no_strata", False, "adjust", ("w1",), True)


def add_jackknife_studies(project: Project) -> None:
    """Add both studies; those of `made_up` bring their variables."""
    data = [row for row in read_rows(DATA) if row["wave"] == "w1"]
    psus = sorted({row["psu"] for row in data})
    names = {psu: f"without_{psu}" for psu in psus}
    factor = len(psus) / (len(psus) - 1)
    rows = [
        {
            **{column: row[column] for column in ("respondent", "weight", *ANSWERS)},
            **{
                names[psu]: "0" if row["psu"] == psu else repr(float(row["weight"]) * factor)
                for psu in psus
            },
        }
        for row in data
    ]
    for centre in CENTRES:
        study_id = f"replicated_{centre}"
        tables = codebook_of(study_id, data)
        tables["designs"][0] |= {
            "variance_method": "jk1",
            "replicate_centre": centre,
            "allows_zero_weights": "true",
        }
        kept = [row for row in tables["design_columns"] if row["design_role"] != "psu"]
        tables["design_columns"] = [
            *kept,
            *(
                {
                    "design_id": study_id,
                    "design_role": "replicate_weight",
                    "position": str(position),
                    "source_column": names[psu],
                }
                for position, psu in enumerate(psus, start=1)
            ),
        ]
        add_codebook_rows(project, tables)
        write_wave(project, study_id, "w1", rows)


def codebook_of(study_id: str, data: list[Row]) -> dict[str, list[Row]]:
    """Give the codebook rows of one made-up wave under another study's name."""
    return {
        table: [
            {column: value.replace(TEMPLATE.study_id, study_id) for column, value in row.items()}
            for row in rows
        ]
        for table, rows in study_rows(TEMPLATE, {"w1": data}).items()
    }
