"""Rows of waves, wherever the project keeps them: seeds, landed waves, and what commands kept.

A wave is landed (`landing/<study>/<wave>/answers.parquet`) or a seed
(`seeds/waves/<study>/<study>_<wave>.csv`). Commands that can be undone keep both below
`.wavehouse/` under the same names.
"""

import csv
import hashlib
import os
import re
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from io import StringIO
from pathlib import Path

import pyarrow as pa

from wavehouse.codebook.tables import Codebook, read_codebook
from wavehouse.encryption import parquet
from wavehouse.errors import WavehouseError
from wavehouse.project import Project
from wavehouse.writing import write_whole

ANSWERS = "answers.parquet"
KEPT = ".wavehouse"
# What the models put between the parts of a key.
KEY_SEPARATOR = "<|>"
# Copies of a landed wave beside it, until a command that replaces it is done.
BEFORE = ".before"
# Between the parts of an id of several columns; one within a part is written otherwise.
HYPHENS = re.compile(r"(?<!~)((?:~~)*)-")
FIELD = re.compile(r'("(?:[^"]|"")*"|[^,\r\n]*)(,|\r?\n|\r|\Z)')


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
            return parquet.read_table(self.path)
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
        self._write(table.filter(mask))

    def replace(self, table: pa.Table, columns: Mapping[str, Sequence[str | None]]) -> None:
        """Give columns other values, in one step; all else stays as it is, byte for byte in CSV.

        Args:
            table: the rows, as `read` gives them.
            columns: the values of each row, by the name of the column.
        """
        if self.path.suffix == ".parquet":
            for name, values in columns.items():
                place = table.column_names.index(name)
                table = table.set_column(place, name, pa.array(values, pa.string()))
            self._write(table)
            return
        first, *rows = _records(self.path.read_bytes())
        texts = [first[0]]
        for place, (text, _) in enumerate(rows):
            new = {table.column_names.index(name): each[place] for name, each in columns.items()}
            texts.append(_with_fields(text, new))
        write_whole(self.path, "".join(texts))

    def _write(self, table: pa.Table) -> None:
        partial = self.path.with_name(f".{self.path.name}.{os.getpid()}.partial")
        try:
            parquet.write_table(table, partial)
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
        for row in codebook.rows("designs"):
            # Of a study that has no wave yet, or of a wave that is still to come.
            self._of_study.setdefault(row["study_id"], []).append(row["design_id"])
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

    def part_counts(self, study_id: str) -> list[int]:
        """Say of how many columns an id of a study may be."""
        return sorted({len(columns) for columns in self._all(study_id)})

    def told(self, study_id: str) -> str:
        """Name all columns that are declared for ids of a study."""
        return ", ".join(dict.fromkeys(name for columns in self._all(study_id) for name in columns))

    def other_uses(self, study_id: str, codebook: Codebook) -> Iterator[tuple[str, str]]:
        """Give columns with ids that the codebook reads as numbers or answers too, and as what."""
        designs = set(self._of_study.get(study_id, []))
        names = {name for columns in self._all(study_id) for name in columns}
        for row in codebook.rows("design_columns"):
            of_them = row["design_id"] in designs and row["source_column"] in names
            if of_them and row["design_role"] not in ("respondent", "psu", "stratum"):
                yield row["source_column"], f"the {row['design_role']} of {row['design_id']}"
        for row in codebook.rows("questions"):
            if row["study_id"] == study_id and row["source_column"] in names:
                yield row["source_column"], f"question {row['variable_id']}"

    def _all(self, study_id: str) -> list[list[str]]:
        designs = dict.fromkeys(self._of_study.get(study_id, []))
        return [self._of_design[each] for each in designs if each in self._of_design]


def respondent_key(study_id: str, wave_id: str, respondent_id: str) -> str:
    """Give the key of a respondent, as the models make it; it is no secret."""
    return hashlib.md5(KEY_SEPARATOR.join((study_id, wave_id, respondent_id)).encode()).hexdigest()


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
        None if None in row else joined_id([part for part in row if part is not None])
        for row in zip(*parts, strict=True)
    ]


def joined_id(parts: Sequence[str]) -> str:
    """Join the parts of an id of several columns."""
    return "-".join(map(_escaped, parts))


def parts_of_id(respondent_id: str) -> list[str]:
    """Give the parts that an id was joined of, if it was."""
    parts = HYPHENS.sub("\\1\x1f", respondent_id).split("\x1f")
    return [re.sub("~([~-])", r"\1", part) for part in parts]


def _trimmed(value: str | None) -> str | None:
    return (value.strip() or None) if value is not None else None


def _escaped(part: str) -> str:
    return part.replace("~", "~~").replace("-", "~-")


def _with_fields(record: str, new: Mapping[int, str | None]) -> str:
    """Give a record of a CSV file with other values in some places; the rest as it stands."""
    texts, at, place = [], 0, 0
    while found := FIELD.match(record, at):
        value = new.get(place)
        texts.append(found[1] if value is None else _quoted(value))
        texts.append(found[2])
        at, place = found.end(), place + 1
        if found[2] != ",":
            break
    return "".join(texts) + record[at:]


def _quoted(value: str) -> str:
    stream = StringIO(newline="")
    csv.writer(stream, lineterminator="").writerow([value])
    return stream.getvalue()


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
