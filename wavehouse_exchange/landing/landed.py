"""Landed waves as they lie in the landing folder: which files there are, and what is in them."""

import json
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path

import pyarrow as pa

from wavehouse.codebook.ids import inside, judge_ids
from wavehouse.encryption import parquet
from wavehouse.encryption.databases import connect
from wavehouse.errors import WavehouseError
from wavehouse.escapes import sql_name
from wavehouse.project import Project
from wavehouse_exchange.landing.tables import ResponseSet

# How each file was read, and what was assumed of it. Waves that were landed before it have none.
READING = "reading.json"
# Which columns its files call one question with several answers. Waves without such have none.
RESPONSE_SETS = "response_sets.json"
_WAVE = [("study_id", pa.string()), ("wave_id", pa.string())]
SCHEMAS = {
    "columns": pa.schema(
        [
            *_WAVE,
            ("position", pa.int32()),
            ("source_column", pa.string()),
            ("delivered_name", pa.string()),
            ("table_name", pa.string()),
            ("column_label", pa.string()),
            ("delivered_type", pa.string()),
            ("display_format", pa.string()),
        ]
    ),
    "value_labels": pa.schema(
        [
            *_WAVE,
            ("source_column", pa.string()),
            ("source_code", pa.string()),
            ("value_label", pa.string()),
            ("is_missing", pa.bool_()),
        ]
    ),
    "missing_ranges": pa.schema(
        [
            *_WAVE,
            ("source_column", pa.string()),
            ("range_low", pa.string()),
            ("range_high", pa.string()),
        ]
    ),
    "files": pa.schema(
        [
            *_WAVE,
            ("position", pa.int32()),
            ("table_name", pa.string()),
            ("file_name", pa.string()),
            ("file_format", pa.string()),
            ("size_bytes", pa.int64()),
            ("sha256", pa.string()),
            ("n_rows", pa.int64()),
            ("n_columns", pa.int32()),
            ("encoding", pa.string()),
            ("landed_at", pa.timestamp("us")),
            ("tool", pa.string()),
        ]
    ),
}


@dataclass(frozen=True)
class LandedColumn:
    """One column of a landed wave.

    `delivered_type` is text, number, date, datetime, time or boolean.
    """

    position: int
    source_column: str
    delivered_name: str
    table_name: str
    column_label: str | None
    delivered_type: str
    display_format: str | None


@dataclass(frozen=True)
class ValueLabel:
    """What a file says of one code; `is_missing` if it declares the code as user-missing."""

    value_label: str | None
    is_missing: bool


@dataclass(frozen=True)
class LandedFile:
    """One delivered file, as it was when it was landed.

    `reading_options` says how it was read, as words of the command line; `notes` what was assumed.
    """

    position: int
    table_name: str
    file_name: str
    file_format: str
    size_bytes: int
    sha256: str
    n_rows: int
    n_columns: int
    encoding: str | None
    landed_at: datetime
    tool: str
    reading_options: str = ""
    notes: tuple[str, ...] = ()


@dataclass(frozen=True)
class LandedWave:
    """A wave in the landing folder, without its answers."""

    study_id: str
    wave_id: str
    folder: Path
    columns: list[LandedColumn]
    value_labels: dict[str, dict[str, ValueLabel]]
    missing_ranges: dict[str, list[tuple[str | None, str | None]]]
    files: list[LandedFile]
    response_sets: list[ResponseSet] = field(default_factory=list)

    @property
    def answers(self) -> Path:
        """The Parquet file of the answers."""
        return self.folder / "answers.parquet"

    @property
    def row_count(self) -> int:
        """The number of respondents."""
        return parquet.row_count(self.answers)

    def column(self, source_column: str) -> LandedColumn | None:
        """Give a column by its landed name; None if there is none."""
        return next((c for c in self.columns if c.source_column == source_column), None)


def landing_folder(project: Project) -> Path:
    """Give the folder of landed waves."""
    return project.landing


def wave_folder(project: Project, study_id: str, wave_id: str) -> Path:
    """Give the folder of a wave, whether it is landed or not.

    Raises:
        ProblemsError: the ids cannot name a folder.
        WavehouseError: a link leads out of the landing folder.
    """
    judge_ids(study_id, wave_id)
    folder = project.landed_wave(study_id, wave_id)
    return inside(project.landing, folder, project.relative(folder))


def is_landed(project: Project, study_id: str, wave_id: str) -> bool:
    """Say whether a wave is landed."""
    return (wave_folder(project, study_id, wave_id) / "answers.parquet").is_file()


def read_landed(project: Project, study_id: str, wave_id: str) -> LandedWave:
    """Describe a landed wave.

    Raises:
        WavehouseError: it is not landed.
    """
    folder = wave_folder(project, study_id, wave_id)
    if not is_landed(project, study_id, wave_id):
        raise WavehouseError(
            f"{project.relative(folder)}: wave {wave_id} of study {study_id} is not landed. Land "
            f"its files with `wavehouse add-wave {study_id} {wave_id} FILE...`, or, if "
            f"seeds/codebook/deliveries.csv lists them, with `wavehouse fetch {study_id}`."
        )
    tables = {name: parquet.read_table(folder / f"{name}.parquet").to_pylist() for name in SCHEMAS}
    reading = [{"reading_options": "", "notes": []} for _ in tables["files"]]
    if (folder / READING).is_file():
        reading = json.loads((folder / READING).read_text(encoding="utf-8"))
    labels: dict[str, dict[str, ValueLabel]] = {}
    for row in tables["value_labels"]:
        labels.setdefault(row["source_column"], {})[row["source_code"]] = ValueLabel(
            row["value_label"], row["is_missing"]
        )
    ranges: dict[str, list[tuple[str | None, str | None]]] = {}
    for row in tables["missing_ranges"]:
        ranges.setdefault(row["source_column"], []).append((row["range_low"], row["range_high"]))
    return LandedWave(
        study_id,
        wave_id,
        folder,
        [LandedColumn(**_own(row)) for row in tables["columns"]],
        labels,
        ranges,
        [
            LandedFile(
                **_own(row), reading_options=how["reading_options"], notes=tuple(how["notes"])
            )
            for row, how in zip(tables["files"], reading, strict=True)
        ],
        _response_sets(folder / RESPONSE_SETS),
    )


def _response_sets(path: Path) -> list[ResponseSet]:
    rows = json.loads(path.read_text(encoding="utf-8")) if path.is_file() else []
    return [ResponseSet(**{**row, "columns": tuple(row["columns"])}) for row in rows]


def code_counts(
    landed: LandedWave, source_column: str, limit: int | None = None
) -> dict[str | None, int]:
    """Count the codes of a column, the most frequent first; None is nothing delivered.

    Args:
        landed: the wave.
        source_column: the landed name of the column.
        limit: how many different codes to give at most.

    Raises:
        WavehouseError: the wave has no such column.
    """
    if landed.column(source_column) is None:
        raise WavehouseError(
            f"{landed.answers}: wave {landed.wave_id} of study {landed.study_id} has no column "
            f"{source_column}."
        )
    quoted = sql_name(source_column)
    with connect() as connection:
        rows = connection.execute(
            f"select {quoted}, count(*) from {parquet.source(landed.answers)} "
            "group by 1 order by 2 desc, 1 nulls last limit ?",
            [2**62 if limit is None else limit],
        ).fetchall()
    return dict(rows)


def _own(row: dict[str, object]) -> dict[str, object]:
    """Leave out the ids, which the wave itself has."""
    return {name: value for name, value in row.items() if name not in {"study_id", "wave_id"}}
