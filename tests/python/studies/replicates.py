"""One made-up sample with the replicate weights of every method, each centred in both ways.

A study is named after its method: `replicates_jk1` takes deviations from the estimate of the full
sample, and `replicates_jk1_centred` from the mean of the replicates. The variables, measures and
segment are those of the studies of kinds.
"""

from collections.abc import Iterator
from pathlib import Path

from workbench import Row, add_codebook_rows, read_rows

from studies.kinds import KindsStudy, study_rows, write_waves
from wavehouse.project import Project

REFERENCES = Path(__file__).resolve().parents[1] / "references"
# Method: its columns of weights in the data.
COLUMNS = {
    "jk1": "jk1",
    "jkn": "jkn",
    "brr": "brr",
    "fay": "fay",
    "bootstrap": "boot",
    "successive_difference": "sdr",
}
# Fay's scale depends on how far the weights were perturbed, so that it has to be declared.
DECLARED_SCALES = ("fay",)
# All others are found from the weights.
DECLARED_DEGREES_OF_FREEDOM = {"fay": "4"}
CENTRES = {"": "full_sample", "_centred": "replicate_mean"}


def add_replicate_studies(project: Project) -> None:
    """Add all of them, after the studies of kinds. Run `generate` afterwards."""
    data: dict[str, list[Row]] = {}
    for row in read_rows(REFERENCES / "replicate_designs.csv"):
        data.setdefault(row["wave"], []).append(row)
    for method, centre, study in replicate_studies():
        tables = study_rows(study, data)
        weights = weight_columns(next(iter(data["r1"])), method)
        (design,) = tables["designs"]
        design |= {
            "variance_method": method,
            "replicate_scale": declared_scale(method),
            "replicate_centre": centre,
            "declared_degrees_of_freedom": DECLARED_DEGREES_OF_FREEDOM.get(method, ""),
        }
        factors = {
            row["position"]: row["replicate_factor"]
            for row in scales(method)
            if float(row["replicate_factor"]) != 1
        }
        tables["design_columns"] += [
            {
                "design_id": study.study_id,
                "design_role": "replicate_weight",
                "position": str(position),
                "source_column": column,
                "replicate_factor": factors.get(str(position), ""),
            }
            for position, column in enumerate(weights, start=1)
        ]
        add_codebook_rows(project, tables)
        write_waves(project, study, data, weights)


def replicate_studies() -> Iterator[tuple[str, str, KindsStudy]]:
    """Give each method with what it is centred on and its study."""
    for method in COLUMNS:
        for suffix, centre in CENTRES.items():
            study = KindsStudy(
                f"{method}{suffix}",
                ("weight",),
                ("r1", "r2"),
                base_wave_id="r1",
                pooled=(2,),
                prefix="replicates",
            )
            yield method, centre, study


def weight_columns(row: Row, method: str) -> list[str]:
    """Give the columns of a method's weights in their order."""
    return [column for column in row if column.startswith(f"{COLUMNS[method]}_")]


def scales(method: str) -> list[Row]:
    """Give the scale and the factors of a method's replicates."""
    rows = read_rows(REFERENCES / "replicate_scales.csv")
    return [row for row in rows if row["method"] == method]


def declared_scale(method: str) -> str:
    """Give the scale where a design has to declare it."""
    return scales(method)[0]["scale"] if method in DECLARED_SCALES else ""
