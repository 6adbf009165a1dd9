"""Columns that are never landed, since a waiver says that they tell who somebody is."""

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from wavehouse.codebook.tables import Codebook, Row
from wavehouse.project import Project
from wavehouse_exchange.landing.leave_out import leave_out_of_landed, leave_out_of_seed
from wavehouse_exchange.landing.options import fitting
from wavehouse_exchange.landing.readers import open_table
from wavehouse_exchange.landing.reshape import matching
from wavehouse_exchange.landing.tables import ReadingOptions
from wavehouse_exchange.onboarding.known import covers
from wavehouse_exchange.onboarding.profile import labels_file, seed_file
from wavehouse_exchange.onboarding.signs import plain
from wavehouse_exchange.onboarding.tables import EditedTable
from wavehouse_exchange.onboarding.wording import asked

# The kind of waiver that keeps a column out of what is landed, and that of texts that stay there.
PERSONAL_DATA, FREE_TEXT = "personal_data", "free_text"


def with_remembered(
    codebook: Codebook, study_id: str, files: Sequence[Path], reading: ReadingOptions
) -> ReadingOptions:
    """Give the options of reading, with the columns left out that earlier waves left out.

    A waiver with a label holds while the column has it: a name that came to stand for something
    else is landed, and asked about.

    Raises:
        WavehouseError: a file cannot be read.
    """
    waivers = [
        row
        for row in codebook.rows("waived_columns")
        if row["study_id"] == study_id
        and row["waiver_kind"] == PERSONAL_DATA
        and not row["valid_to_wave"]
    ]
    if not waivers:
        return reading
    found = [
        column.name
        for path in files
        if path.is_file()
        for column in open_table(path, replace(fitting(reading, path), leave_out=())).columns
        if any(_holds(waiver, column.name, column.label or "") for waiver in waivers)
    ]
    new = [name for name in found if not matching([name], reading.leave_out)]
    return replace(reading, leave_out=tuple(dict.fromkeys((*reading.leave_out, *new))))


def leave_out_waived(
    project: Project,
    study_id: str,
    wave_id: str,
    delivered_as: str,
    tables: dict[str, EditedTable],
) -> list[str]:
    """Take the columns out of a wave that its new waivers call personal data.

    The rows of its deliveries say so too, so that files that are fetched again are read the same.

    Args:
        project: the project.
        study_id: the study.
        wave_id: the wave.
        delivered_as: `seed` or `landing`.
        tables: the codebook as it is about to be written; `deliveries` is changed.

    Returns:
        the columns that are left out.
    """
    columns = [
        row["source_column"]
        for row in tables["waived_columns"].changed_rows
        if row["study_id"] == study_id
        and row["valid_from_wave"] == wave_id
        and row["waiver_kind"] == PERSONAL_DATA
    ]
    if not columns:
        return []
    if delivered_as == "seed":
        seed = seed_file(project, study_id, wave_id)
        leave_out_of_seed(seed, labels_file(seed), columns)
        return columns
    read_as = leave_out_of_landed(project, study_id, wave_id, columns)
    for position, how in enumerate(read_as, start=1):
        key = {"study_id": study_id, "wave_id": wave_id, "position": str(position)}
        for place in tables["deliveries"].places(key):
            tables["deliveries"].change(place, {"reading_options": how})
    return columns


def _holds(waiver: Row, name: str, label: str) -> bool:
    if not covers(waiver["source_column"], name):
        return False
    known = waiver.get("column_label") or ""
    return not known or plain(asked(known, name)) == plain(asked(label, name))
