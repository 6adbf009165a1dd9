"""Take columns out of a wave that is landed or a seed, as if they had never been read."""

import csv
import json
import shutil
from collections.abc import Collection, Sequence
from dataclasses import asdict, replace
from io import StringIO
from pathlib import Path

import pyarrow as pa
import pyarrow.compute as pc

from wavehouse.encryption import parquet
from wavehouse.locks import only_one
from wavehouse.project import Project
from wavehouse.writing import explained, write_whole
from wavehouse_exchange.landing.land import PARTIAL, put_in_place
from wavehouse_exchange.landing.landed import (
    READING,
    RESPONSE_SETS,
    SCHEMAS,
    LandedWave,
    landing_folder,
    read_landed,
    wave_folder,
)
from wavehouse_exchange.landing.options import parsed, written
from wavehouse_exchange.landing.store import without_texts


def leave_out_of_landed(
    project: Project, study_id: str, wave_id: str, columns: Collection[str]
) -> list[str]:
    """Take columns out of a landed wave; all of it is replaced at once, or nothing.

    How the files are read says so from now on, so that reading them again gives the same.

    Args:
        project: the project.
        study_id: the study.
        wave_id: the wave.
        columns: the landed names of the columns; those that are not there change nothing.

    Returns:
        how each file is read from now on, in the order of the files.
    """
    landed = read_landed(project, study_id, wave_id)
    gone = [column for column in landed.columns if column.source_column in columns]
    if not gone:
        return [file.reading_options for file in landed.files]
    names = {column.source_column for column in gone}
    read_as = [
        with_left_out(
            file.reading_options,
            [c.delivered_name for c in gone if c.table_name == file.table_name],
        )
        for file in landed.files
    ]
    folder = wave_folder(project, study_id, wave_id)
    partial = folder.with_name(f".{wave_id}{PARTIAL}left-out")
    lock = landing_folder(project) / study_id / f".{wave_id}.lock"
    with explained(lock.parent), only_one(lock, f"landing of wave {wave_id}"):
        shutil.rmtree(partial, ignore_errors=True)
        partial.mkdir()
        try:
            _copy_answers(landed.answers, partial / "answers.parquet", names)
            for table in SCHEMAS:
                rows = parquet.read_table(folder / f"{table}.parquet")
                if "source_column" in rows.column_names:
                    kept = pc.invert(pc.is_in(rows["source_column"], pa.array(sorted(names))))
                    rows = rows.filter(kept)
                if table == "files":
                    rows = _fewer_columns(rows, [column.table_name for column in gone])
                parquet.write_table(rows, partial / f"{table}.parquet")
            said = [
                {"reading_options": how, "notes": [without_texts(note) for note in file.notes]}
                for how, file in zip(read_as, landed.files, strict=True)
            ]
            (partial / READING).write_text(
                json.dumps(said, ensure_ascii=False, indent=1) + "\n", encoding="utf-8"
            )
            _write_sets(landed, partial, names)
            put_in_place(partial, folder)
        finally:
            shutil.rmtree(partial, ignore_errors=True)
    return read_as


def leave_out_of_seed(seed: Path, labels: Path, columns: Collection[str]) -> None:
    """Take columns out of a wave that is a CSV file, and out of the labels beside it."""
    with seed.open(encoding="utf-8-sig", newline="") as file:
        rows = list(csv.reader(file))
    kept = [place for place, name in enumerate(rows[0]) if name not in columns]
    if len(kept) < len(rows[0]):
        text = StringIO(newline="")
        csv.writer(text, lineterminator="\n").writerows(
            [row[place] for place in kept] for row in rows if row
        )
        write_whole(seed, text.getvalue())
    if labels.is_file():
        content = json.loads(labels.read_text(encoding="utf-8"))
        left = {name: known for name, known in content.items() if name not in columns}
        write_whole(labels, json.dumps(left, ensure_ascii=False, indent=1) + "\n")


def with_left_out(options: str, names: Sequence[str]) -> str:
    """Give reading options, as words of the command line, with more columns left out."""
    known = parsed(options)
    return written(replace(known, leave_out=tuple(dict.fromkeys((*known.leave_out, *names)))))


def _write_sets(landed: LandedWave, folder: Path, without: set[str]) -> None:
    sets = [
        {**asdict(each), "columns": [name for name in each.columns if name not in without]}
        for each in landed.response_sets
    ]
    if sets := [each for each in sets if len(each["columns"]) > 1]:
        text = json.dumps(sets, ensure_ascii=False, indent=1) + "\n"
        (folder / RESPONSE_SETS).write_text(text, encoding="utf-8")


def _fewer_columns(files: pa.Table, tables: Sequence[str]) -> pa.Table:
    counts = [row["n_columns"] - tables.count(row["table_name"]) for row in files.to_pylist()]
    place = files.column_names.index("n_columns")
    return files.set_column(place, files.schema.field(place), pa.array(counts, pa.int32()))


def _copy_answers(source: Path, target: Path, without: set[str]) -> None:
    """Copy the answers, a part at a time, without some of their columns."""
    columns = parquet.schema_of(source)
    kept = [name for name in columns.names if name not in without]
    schema = pa.schema([columns.field(name) for name in kept])
    parquet.write_batches(target, schema, parquet.batches(source, kept))
