"""Keep erased people out: of waves that are brought in, and of builds."""

from collections.abc import Sequence
from pathlib import Path

import pyarrow as pa

from wavehouse.codebook.tables import Codebook
from wavehouse.people.erasure_list import ErasureList, read_erased
from wavehouse.people.replaced_ids import ReplacedIds
from wavehouse.people.wave_rows import RespondentColumns, WaveRows, find_wave_rows, ids_of
from wavehouse.project import Project


def leave_out_erased(project: Project, study_id: str, wave_id: str, path: Path) -> list[str]:
    """Take erased people out of a file with rows of a wave, before it is put into its place.

    Args:
        project: the project that it is brought into.
        study_id: the study.
        wave_id: the wave.
        path: `answers.parquet` or a CSV file, which is changed.

    Returns:
        what was left out, or why nobody can tell, as notes.

    Raises:
        WavehouseError: people of the study were erased, and the key is not there.
    """
    erased = read_erased(project)
    if study_id not in erased.studies:
        return []
    rows = WaveRows(study_id, wave_id, path, is_current=True)
    table = rows.read()
    known = RespondentColumns(project)
    columns = known.of(study_id, wave_id, table.column_names)
    if not columns:
        return [
            f"People of study {study_id} were erased. The codebook does not say yet which column "
            "of this wave has the respondent's id, so nobody was left out; the build looks again."
        ]
    places = _places(project, erased, rows, table, columns, known)
    if not places:
        return []
    rows.remove(places)
    return [f"People who were erased are left out: {_rows(len(places))}."]


def erased_in_waves(project: Project, codebook: Codebook) -> list[str]:
    """List the files of waves that have rows of erased people, for a build to refuse.

    Raises:
        WavehouseError: people were erased, and the key is not there.
    """
    erased = read_erased(project)
    if not erased.people:
        return []
    problems = []
    known = RespondentColumns(project, codebook)
    for rows in find_wave_rows(project, erased.studies):
        if not rows.is_current:
            continue
        table = rows.read()
        columns = known.of(rows.study_id, rows.wave_id, table.column_names)
        if places := _places(project, erased, rows, table, columns, known):
            problems.append(
                f"{project.relative(rows.path)} (study {rows.study_id}, wave {rows.wave_id}): "
                f"{_rows(len(places))} of people who were erased. `wavehouse erase` takes them out."
            )
    return problems


def _rows(number: int) -> str:
    return f"{number:,} row{'' if number == 1 else 's'}"


def _places(
    project: Project,
    erased: ErasureList,
    rows: WaveRows,
    table: pa.Table,
    columns: Sequence[str],
    known: RespondentColumns,
) -> dict[int, str]:
    key = erased.key(project)
    new = ReplacedIds(rows.study_id, key, known.part_counts(rows.study_id), is_strict=False)
    return erased.picks(key, rows.study_id, rows.wave_id, ids_of(table, columns), new.of_id)
