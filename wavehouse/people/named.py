"""Respondents as they are named to commands: by study, perhaps wave, and delivered id."""

from dataclasses import dataclass
from pathlib import Path

from wavehouse.codebook.csv_files import read_csv
from wavehouse.errors import WavehouseError


@dataclass(frozen=True)
class Respondent:
    """A respondent who is named to be erased.

    Args:
        study_id: the study.
        wave_id: the wave; None for all waves.
        respondent_id: the id as it is delivered.
    """

    study_id: str
    wave_id: str | None
    respondent_id: str

    def __str__(self) -> str:
        """Name the respondent the way messages do."""
        of = f", wave {self.wave_id}" if self.wave_id else ""
        return f"study {self.study_id}{of}, respondent {self.respondent_id}"


def read_respondents(file: Path) -> list[Respondent]:
    """Read respondents from a CSV file with `study_id`, `wave_id` (may be empty), `respondent_id`.

    Raises:
        WavehouseError: it is not there, lacks a column, or a row lacks a value.
    """
    content = read_csv(file, keep_rows=True) if file.is_file() else None
    if content is None or content.problems:
        why = content.problems[0] if content else "there is no such file. Correct its name."
        raise WavehouseError(f"{file}: {why}")
    lacking = [name for name in ("study_id", "respondent_id") if name not in content.columns]
    if lacking:
        raise WavehouseError(f"{file}: column {' and '.join(lacking)} is missing. Add it.")
    people = []
    for number, row in enumerate(content.rows, start=1):
        if not row["study_id"] or not row["respondent_id"]:
            raise WavehouseError(f"{file}, row {number}: study_id or respondent_id is empty.")
        people.append(Respondent(row["study_id"], row.get("wave_id") or None, row["respondent_id"]))
    if not people:
        raise WavehouseError(f"{file}: nobody is in it.")
    return people
