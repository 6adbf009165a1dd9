"""Rows of waves, wherever the project keeps them: seeds, landed waves, and what commands kept.

A wave is landed (`landing/<study>/<wave>/answers.parquet`) or a seed
(`seeds/waves/<study>/<study>_<wave>.csv`). Commands that can be undone keep both below
`.wavehouse/` under the same names.
"""

import csv
import os
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from io import StringIO
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

from wavehouse.codebook.tables import Codebook, read_codebook
from wavehouse.errors import WavehouseError
from wavehouse.project import Project
from wavehouse.writing import write_whole

ANSWERS = "answers.parquet"
KEPT = ".wavehouse"
# Copies of a landed wave beside it, until a command that replaces it is done.
BEFORE = ".before"


@dataclass(frozen=True)
class WaveRows:
    """A file with the rows of a wave.

    Args:
        study_id: the study.
        wave_id: the wave.
        path: the file.
        is_current: whether a build reads it; else a command keeps it to be undone.
    """

    study_id: str
    wave_id: str
    path: Path
    is_current: bool

    def read(self) -> pa.Table:
        """Give the rows, every value as text, and empty as nothing.

        Raises:
            WavehouseError: it is no table.
        """
        if self.path.suffix == ".parquet":
            return pq.read_table(self.path)
        records = list(_records(self.path.read_bytes()))
        if not records:
            raise WavehouseError(f"{self.path}: the file is empty. Deliver it again.")
        header, rows = records[0][1], [values for _, values in records[1:]]
        return pa.table(
            [
                pa.array([row[place] or None if place < len(row) else None for row in rows]).cast(
                    pa.string()
                )
                for place in range(len(header))
            ],
            names=header,
        )

    def remove(self, places: Collection[int]) -> None:
        """Take rows away, in one step; the others stay as they are, byte for byte in a CSV file."""
        if self.path.suffix != ".parquet":
            first, *rows = _records(self.path.read_bytes())
            kept = [text for place, (text, _) in enumerate(rows) if place not in places]
            write_whole(self.path, "".join([first[0], *kept]))
            return
        table = self.read()
        mask = pa.array([place not in places for place in range(table.num_rows)], pa.bool_())
        partial = self.path.with_name(f".{self.path.name}.{os.getpid()}.partial")
        try:
            pq.write_table(table.filter(mask), partial, compression="zstd")
            with partial.open("rb") as stream:
                os.fsync(stream.fileno())
            partial.replace(self.path)
        finally:
            partial.unlink(missing_ok=True)


def find_wave_rows(project: Project, studies: Collection[str] | None = None) -> list[WaveRows]:
    """Give all files with rows of waves, those that a build reads first.

    Args:
        project: the project.
        studies: only those of these studies; all if left out.
    """
    found = [
        *_below(project.waves, project.landing, is_current=True),
        *_of_commands(project),
    ]
    return [each for each in found if studies is None or each.study_id in studies]


def _below(waves: Path, landing: Path, *, is_current: bool) -> Iterator[WaveRows]:
    for path in sorted(waves.glob("*/*.csv")):
        study_id = path.parent.name
        if path.stem.startswith(f"{study_id}_"):
            yield WaveRows(study_id, path.stem.removeprefix(f"{study_id}_"), path, is_current)
    for path in sorted(landing.glob(f"*/*/{ANSWERS}")):
        yield WaveRows(path.parent.parent.name, path.parent.name, path, is_current)
    for path in sorted(landing.glob(f"*/{BEFORE}/*/{ANSWERS}")):
        wave_id = path.parent.name.rpartition("-")[0]
        yield WaveRows(path.parent.parent.parent.name, wave_id, path, False)


def _of_commands(project: Project) -> Iterator[WaveRows]:
    for folder, names, _ in os.walk(project.root / KEPT):
        place = Path(folder)
        names[:] = [name for name in names if not (place / name).is_symlink()]
        yield from _below(place / "seeds" / "waves", place / "landing", is_current=False)


class RespondentColumns:
    """Which columns have the respondent's id, by study and wave, as the codebook's designs say."""

    def __init__(self, project: Project, codebook: Codebook | None = None) -> None:
        """Read the codebook, where it was not read already."""
        codebook = codebook or read_codebook(project)
        parts: dict[str, list[tuple[int, str]]] = {}
        for row in codebook.rows("design_columns"):
            if row["design_role"] == "respondent":
                position = row.get("position") or "1"
                number = int(position) if position.isdecimal() else 1
                parts.setdefault(row["design_id"], []).append((number, row["source_column"]))
        self._of_design = {
            design_id: [column for _, column in sorted(columns)]
            for design_id, columns in parts.items()
        }
        self._designs: dict[tuple[str, str], str] = {}
        self._of_study: dict[str, list[str]] = {}
        for row in codebook.waves():
            self._designs[row["study_id"], row["wave_id"]] = row["design_id"]
            self._of_study.setdefault(row["study_id"], []).append(row["design_id"])

    def of(self, study_id: str, wave_id: str, names: Sequence[str]) -> list[str]:
        """Give the columns of a wave; nothing if it is not known which they are.

        Args:
            study_id: the study.
            wave_id: the wave; one that is not declared has the columns of another of its study.
            names: the columns that the file has.
        """
        own = self._designs.get((study_id, wave_id))
        # The last design of the study is the likeliest for a wave that is being brought in.
        designs = [own] if own else [*reversed(self._of_study.get(study_id, []))]
        for design_id in designs:
            columns = self._of_design.get(design_id, [])
            if columns and set(columns) <= set(names):
                return columns
        return []


def ids_of(table: pa.Table, columns: Sequence[str]) -> list[str | None]:
    """Give the id of the respondent of each row, as the models make it of its parts.

    Args:
        table: the rows of a wave.
        columns: where the id is, in the order of its parts; none if that is not known.
    """
    if not columns:
        return [None] * table.num_rows
    parts = [[_trimmed(value) for value in table[name].to_pylist()] for name in columns]
    if len(parts) == 1:
        return parts[0]
    return [
        None if None in row else "-".join(_escaped(part) for part in row if part is not None)
        for row in zip(*parts, strict=True)
    ]


def _trimmed(value: str | None) -> str | None:
    return (value.strip() or None) if value is not None else None


def _escaped(part: str) -> str:
    return part.replace("~", "~~").replace("-", "~-")


def _records(content: bytes) -> Iterator[tuple[str, list[str]]]:
    """Give each record of a CSV file: its text as it stands, and its values."""
    text = content.decode("utf-8-sig")
    mark = "\ufeff" if content.startswith(b"\xef\xbb\xbf") else ""
    taken: list[str] = []

    def lines() -> Iterator[str]:
        for line in StringIO(text, newline=""):
            taken.append(line)
            yield line

    for values in csv.reader(lines()):
        record = mark + "".join(taken)
        mark = ""
        taken.clear()
        if values:
            yield record, values
