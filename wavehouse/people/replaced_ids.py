"""Ids of respondents of a study that are replaced by pseudonyms, so that no file has them.

A pseudonym is made of key, study and id, so a person has the same one in all waves of a study. It
ends with a sum by the same key: whoever has the key knows a pseudonym from an id that was
delivered, and from the pseudonym of another key. So nothing is replaced twice.
"""

import hmac
import re
from collections.abc import Iterator, Sequence
from functools import lru_cache
from pathlib import Path

import pyarrow as pa

from wavehouse.codebook.tables import Codebook
from wavehouse.errors import WavehouseError
from wavehouse.people.protections import read_protections
from wavehouse.people.pseudonyms import OF_THE_KEY, key_file, pseudonym, read_key
from wavehouse.people.wave_rows import (
    RespondentColumns,
    WaveRows,
    find_wave_rows,
    joined_id,
    parts_of_id,
)
from wavehouse.project import Project

START = "pid_"
BODY_DIGITS, SUM_DIGITS = 24, 8
FORM = re.compile(rf"{START}[0-9a-f]{{{BODY_DIGITS + SUM_DIGITS}}}")
# No study has such an id, so these are no pseudonyms of the list of erased people.
OF_AN_ID, OF_A_SUM = "the id of a respondent", "the sum of a pseudonym"
MARK_DIGITS = 32


def mark_of(key: bytes) -> str:
    """Give what tells whether a key is the same one, and nothing else about it."""
    return pseudonym(key, OF_THE_KEY)[:MARK_DIGITS]


class ReplacedIds:
    """The pseudonyms of a study.

    Args:
        study_id: the study.
        key: the key.
        part_counts: of how many columns an id of the study may be.
        is_strict: whether a pseudonym by another key is refused; else it is an id as any other.
    """

    def __init__(
        self,
        study_id: str,
        key: bytes,
        part_counts: Sequence[int] = (1,),
        *,
        is_strict: bool = True,
    ) -> None:
        """Take the study and its key."""
        self._is_strict = is_strict
        self.study_id = study_id
        self._key = key
        self._part_counts = part_counts
        self.of_part = lru_cache(maxsize=1 << 16)(self._of_part)

    def _of_part(self, value: str, position: int) -> str:
        """Give the pseudonym of one part of an id; a pseudonym stays what it is.

        Args:
            value: what a column has.
            position: which part it is; 1 for the only one.

        Raises:
            WavehouseError: it is a pseudonym by another key.
        """
        if FORM.fullmatch(value):
            if hmac.compare_digest(self._sum_of(value[:-SUM_DIGITS]), value[-SUM_DIGITS:]):
                return value
            if self._is_strict:
                raise self._refused()
        begun = START + pseudonym(self._key, OF_AN_ID, self.study_id, str(position), value)
        begun = begun[: len(START) + BODY_DIGITS]
        return begun + self._sum_of(begun)

    def _refused(self) -> WavehouseError:
        return WavehouseError(
            f"study {self.study_id}: an id has the form of a pseudonym and was made with another "
            "key, or for another study. Deliver the ids as they are in the field, or take the "
            "right key from where you keep it."
        )

    def _sum_of(self, begun: str) -> str:
        return pseudonym(self._key, OF_A_SUM, self.study_id, begun)[:SUM_DIGITS]

    def of_id(self, respondent_id: str) -> str:
        """Give the pseudonym of an id as people write it: several parts are joined by hyphens."""
        parts = parts_of_id(respondent_id)
        if len(parts) == 1 or len(parts) not in self._part_counts:
            return self.of_part(respondent_id, 1)
        return joined_id([self.of_part(part, n) for n, part in enumerate(parts, start=1)])

    def of_ids(self, ids: Sequence[str | None]) -> list[str | None]:
        """Give the pseudonyms of ids; None stays None."""
        return [None if each is None else self.of_id(each) for each in ids]

    def column(self, values: Sequence[str | None], position: int) -> list[str | None]:
        """Give a column with pseudonyms in place of ids; what is empty stays empty."""
        return [
            value if value is None or not value.strip() else self.of_part(value.strip(), position)
            for value in values
        ]


def replaced_ids(
    project: Project, study_id: str, columns: RespondentColumns, wave_id: str | None = None
) -> ReplacedIds | None:
    """Give the pseudonyms of a study; None if its ids are as they are delivered.

    Args:
        project: the project.
        study_id: the study.
        columns: which columns have ids.
        wave_id: the wave that messages name.

    Raises:
        WavehouseError: the key is not there, or is another one.
    """
    declared = read_protections(project).get(study_id)
    if declared is None or not declared.replaces_ids:
        return None
    of = f"study {study_id}, wave {wave_id}" if wave_id else f"study {study_id}"
    if not declared.key_mark:
        raise WavehouseError(
            f"{of}: seeds/codebook/study_protections.csv says that respondents' ids are replaced, "
            f"and no key is chosen yet. `wavehouse pseudonymise {study_id}` does that, for all "
            "waves."
        )
    try:
        key = read_key(project)
    except WavehouseError as error:
        raise WavehouseError(f"{of}: the ids of its respondents are replaced. {error}") from None
    if mark_of(key) != declared.key_mark:
        raise WavehouseError(
            f"{of}: {key_file(project)} has another key than the one that the ids of its "
            "respondents are replaced with, so a person would get a second pseudonym. Take the "
            "right key from where you keep it."
        )
    return ReplacedIds(study_id, key, columns.part_counts(study_id))


def replace_ids(project: Project, study_id: str, wave_id: str, path: Path) -> bool:
    """Replace the ids in a file with rows of a wave, before it is put into its place.

    Args:
        project: the project that it is brought into.
        study_id: the study.
        wave_id: the wave.
        path: `answers.parquet` or a CSV file, which is changed.

    Returns:
        whether the study replaces ids.

    Raises:
        WavehouseError: the key is missing or another one, or no column is known to have the id.
    """
    columns = RespondentColumns(project)
    new = replaced_ids(project, study_id, columns, wave_id)
    if new is None:
        return False
    rows = WaveRows(study_id, wave_id, path, is_current=True)
    table = rows.read()
    names = columns.of(study_id, wave_id, table.column_names)
    if not names:
        raise WavehouseError(
            f"study {study_id}, wave {wave_id}: the ids of its respondents are replaced, and the "
            "file has none of the columns that are declared for them in "
            f"seeds/codebook/design_columns.csv ({columns.told(study_id) or 'none'}). Declare the "
            "column there, in a design of the study, and bring the wave in again."
        )
    rows.replace(table, with_pseudonyms(table, names, new))
    return True


def with_pseudonyms(
    table: pa.Table, names: Sequence[str], new: ReplacedIds
) -> dict[str, list[str | None]]:
    """Give the columns with ids of a table, with pseudonyms in place of ids."""
    return {
        name: new.column(table[name].to_pylist(), position)
        for position, name in enumerate(names, start=1)
    }


def has_delivered_ids(table: pa.Table, names: Sequence[str]) -> int:
    """Count the rows whose ids are no pseudonyms, by their form; that needs no key."""
    as_delivered = [
        [bool(value and value.strip()) and not FORM.fullmatch(value.strip()) for value in column]
        for column in (table[name].to_pylist() for name in names)
    ]
    return sum(map(any, zip(*as_delivered, strict=True)))


def delivered_ids_in_waves(project: Project, codebook: Codebook) -> Iterator[str]:
    """List the files of waves that have ids where there should be pseudonyms, for a build.

    No key is needed for it.
    """
    studies = {each.study_id for each in read_protections(project).values() if each.replaces_ids}
    columns = RespondentColumns(project, codebook)
    for rows in find_wave_rows(project, studies) if studies else ():
        if not rows.is_current:
            continue
        table = rows.read()
        names = columns.of(rows.study_id, rows.wave_id, table.column_names)
        of = f"{project.relative(rows.path)} (study {rows.study_id}, wave {rows.wave_id})"
        if not names:
            yield (
                f"{of}: the ids of its respondents are replaced, and no column is known to have "
                "them. Declare it in seeds/codebook/design_columns.csv, then run `wavehouse "
                f"pseudonymise {rows.study_id}`."
            )
        elif number := has_delivered_ids(table, names):
            yield (
                f"{of}: {number:,} row{'' if number == 1 else 's'} with ids as they were "
                f"delivered. `wavehouse pseudonymise {rows.study_id}` replaces them."
            )
    for study_id in sorted(studies):
        for column, use in columns.other_uses(study_id, codebook):
            yield (
                f"study {study_id}, column {column}: it has the respondent's id, which is "
                f"replaced by a pseudonym, and is {use} too. Deliver the id in a column of its own."
            )
