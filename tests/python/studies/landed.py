"""The panel `bsa` again, from the landing folder, and a study of which nothing is landed.

| study      | waves                                                                        |
|------------|------------------------------------------------------------------------------|
| bsa_landed | the same columns and values as `bsa`, landed as Parquet                      |
| bsa_absent | optional and not landed, with a variable, a measure and a segment of its own |
"""

from pathlib import Path

from workbench import Row, add_codebook_rows, codebook_rows, read_rows, set_codebook_rows

from studies.variants import change_rows, copy_study, is_of
from wavehouse.project import Project
from wavehouse_exchange.landing import land_wave

LANDED = "bsa_landed"
ABSENT = "bsa_absent"
ABSENT_VARIABLE = "of_absent_study"
# The columns `rownames` and `year`.
PATTERNS = {"rownames": "row*", "year": "yea*"}


def add_landed_studies(project: Project) -> None:
    """Add both studies; run `generate` afterwards."""
    for study_id in (LANDED, ABSENT):
        copy_study(project, "bsa", study_id, False)
        change_rows(project, "waves", "study_id", study_id, {"delivered_as": "landing"})
        change_rows(project, "studies", "study_id", study_id, {"is_optional": "true"})
    rows = codebook_rows(project, "waived_columns")
    set_codebook_rows(project, "waived_columns", [with_pattern(row) for row in rows])
    for path in wave_files(project, LANDED):
        wave_id = path.stem.removeprefix(f"{LANDED}_")
        delivered = path.rename(project.root / path.name)
        landed = land_wave(project, LANDED, wave_id, [delivered])
        (file,) = landed.files
        delivery = {
            "study_id": LANDED,
            "wave_id": wave_id,
            "position": "1",
            "file_name": file.file_name,
            "sha256": file.sha256,
            "size_bytes": str(file.size_bytes),
        }
        add_codebook_rows(project, {"deliveries": [delivery]})
    for path in wave_files(project, ABSENT):
        path.unlink()
    declare_absent_variable(project)


def wave_files(project: Project, study_id: str) -> list[Path]:
    """Give the seeds of a study."""
    return sorted((project.waves / study_id).glob("*.csv"))


def with_pattern(row: Row) -> Row:
    """Waive by patterns what `bsa` waives by names."""
    if not is_of(row, LANDED):
        return row
    return {**row, "source_column": PATTERNS[row["source_column"]]}


def declare_absent_variable(project: Project) -> None:
    """Declare what only the absent study uses."""
    (question,) = (
        row
        for row in codebook_rows(project, "questions")
        if is_of(row, ABSENT) and row["variable_id"] == "party"
    )
    (variable,) = (
        row for row in codebook_rows(project, "variables") if row["variable_id"] == "party"
    )
    (measure,) = (
        row for row in codebook_rows(project, "measures") if row["measure_id"] == "party_share"
    )
    name = {"variable_id": ABSENT_VARIABLE}
    add_codebook_rows(
        project,
        {
            "variables": [{**variable, **name}],
            "questions": [{**question, **name}],
            "measures": [{**measure, **name, "measure_id": ABSENT_VARIABLE}],
            "segments": [
                {"segment_id": ABSENT_VARIABLE, "segment_label": "Absent", "description": "None."}
            ],
            "segment_variables": [{**name, "segment_id": ABSENT_VARIABLE, "position": "1"}],
        },
    )


def delivered_rows(project: Project, wave_id: str) -> list[Row]:
    """Give the rows of a wave as the seeds of `bsa` have them."""
    return read_rows(project.waves / "bsa" / f"bsa_{wave_id}.csv")
