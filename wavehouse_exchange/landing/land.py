"""Land the files of a wave: read them, join them, and put the whole into place at once.

A wave is written beside its place and renamed, so that others see all of it or nothing.
"""

import hashlib
import os
import shutil
from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path

from wavehouse.codebook.ids import judge_ids
from wavehouse.codebook.tables import Row, read_codebook
from wavehouse.errors import ProblemsError, WavehouseError
from wavehouse.locks import only_one
from wavehouse.people.keeping_times import refuse_when_over
from wavehouse.people.kept_out import leave_out_erased
from wavehouse.people.replaced_ids import replace_ids
from wavehouse.project import Project
from wavehouse.publishing.releases import sync_to_disk
from wavehouse.writing import explained
from wavehouse_exchange.landing.join import join_tables
from wavehouse_exchange.landing.landed import (
    LandedWave,
    is_landed,
    landing_folder,
    read_landed,
    wave_folder,
)
from wavehouse_exchange.landing.options import for_each, written
from wavehouse_exchange.landing.progress import Progress
from wavehouse_exchange.landing.readers import open_table
from wavehouse_exchange.landing.reshape import matching
from wavehouse_exchange.landing.store import (
    StoredTable,
    store_table,
    without_empty_columns,
    without_texts,
    write_wave,
)
from wavehouse_exchange.landing.tables import DeliveredTable, ReadingOptions

# Data of SAS, and the labels of its codes.
OF_SAS, CATALOGUE = ".sas7bdat", ".sas7bcat"
PARTIAL = ".partial-"
REPLACED = ".replaced-"
HASHED_BYTES = 1 << 22


def land_wave(
    project: Project,
    study_id: str,
    wave_id: str,
    files: Sequence[Path],
    key: str | None = None,
    *,
    options: ReadingOptions | Sequence[ReadingOptions] | None = None,
    replace: bool = False,
) -> LandedWave:
    """Read the files of a wave into the landing folder.

    The same files again change nothing.

    Args:
        project: the project.
        study_id: the study.
        wave_id: the wave.
        files: its files; with several, the first has all respondents.
        key: the column that several files are joined on; the respondent column of the wave's design
            if left out.
        options: how to read the files where they do not say it themselves: the same for all, each
            taking what fits its format, or for each file.
        replace: land other files in place of those that are landed.

    Raises:
        WavehouseError: a file cannot be read, or another delivery of the wave is landed.
        ProblemsError: the ids cannot be ids, several things are wrong with the files, or they
            cannot be joined.
    """
    paths = [Path(file) for file in files]
    _check_request(project, study_id, wave_id, paths)
    if options is None or isinstance(options, ReadingOptions):
        options = for_each(options or ReadingOptions(), paths)
    said = [written(each) for each in options]
    lock = landing_folder(project) / study_id / f".{wave_id}.lock"
    with explained(lock.parent), only_one(lock, f"landing of wave {wave_id}"):
        clear_rest(project, study_id, wave_id)
        sums = [sha256_of(path) for path in paths]
        if is_landed(project, study_id, wave_id) and not replace:
            return _same_or_refused(project, study_id, wave_id, paths, sums, said)
        folder = wave_folder(project, study_id, wave_id)
        partial = folder.with_name(f".{wave_id}{PARTIAL}{os.getpid()}")
        partial.mkdir()
        try:
            tables = _store_all(paths, partial, options)
            _refuse_unknown(tables, options)
            answered = [stored for stored in tables if stored.names]
            if len(answered) > 1:
                key = key or respondent_column(project, study_id, wave_id)
            answers, columns = join_tables(answered, key, partial)
            for note in leave_out_erased(project, study_id, wave_id, answers):
                tables[0].table.notes.append(note)
                print(f"Study {study_id}, wave {wave_id}: {note}")
            if replace_ids(project, study_id, wave_id, answers):
                for stored in tables:
                    # They may quote an id.
                    stored.table.notes[:] = map(without_texts, stored.table.notes)
            landed_at = datetime.now(UTC).replace(tzinfo=None)
            write_wave(partial, study_id, wave_id, tables, columns, sums, said, landed_at)
            answers.rename(partial / "answers.parquet")
            shutil.rmtree(partial / "tables")
            put_in_place(partial, folder)
        finally:
            shutil.rmtree(partial, ignore_errors=True)
    return read_landed(project, study_id, wave_id)


def is_catalogue(path: Path) -> bool:
    """Say whether a file has the labels of codes of SAS files, and no rows."""
    return path.suffix.lower() == CATALOGUE


def with_catalogues(files: Sequence[Path]) -> list[Path]:
    """Add the labels that lie beside a file of SAS, under the same name."""
    beside = [
        file.with_suffix(ending)
        for file in files
        if file.suffix.lower() == OF_SAS
        for ending in (CATALOGUE, CATALOGUE.upper())
    ]
    return [*files, *(path for path in beside if path.is_file() and path not in files)]


def respondent_column(project: Project, study_id: str, wave_id: str) -> str | None:
    """Give the column with the respondent's id, as the wave's design declares it; None if none."""
    codebook = read_codebook(project)
    wave: Row | None = next(
        (
            row
            for row in codebook.rows("waves")
            if (row["study_id"], row["wave_id"]) == (study_id, wave_id)
        ),
        None,
    )
    if wave is None:
        return None
    return next(
        (
            row["source_column"]
            for row in codebook.rows("design_columns")
            if row["design_id"] == wave["design_id"] and row["design_role"] == "respondent"
        ),
        None,
    )


def _check_request(project: Project, study_id: str, wave_id: str, paths: list[Path]) -> None:
    judge_ids(study_id, wave_id, "Nothing was landed:")
    refuse_when_over(project, study_id, wave_id)
    wave_folder(project, study_id, wave_id)
    problems = []
    if (project.waves / study_id / f"{study_id}_{wave_id}.csv").exists():
        problems.append(
            f"seeds/waves/{study_id}/{study_id}_{wave_id}.csv: the wave is delivered as a seed. "
            "Remove that file to land the wave instead."
        )
    if not paths:
        problems.append("no file is named. Name the files of the wave.")
    problems += [
        f"{path}: there is no such file. Correct its name." for path in paths if not path.is_file()
    ]
    if paths and not any(path.suffix.lower() == OF_SAS for path in paths):
        problems += [
            f"{path}: it has the labels of a {OF_SAS} file, but no such file is named. Name that "
            "file first."
            for path in paths
            if is_catalogue(path)
        ]
    names = [path.name for path in paths]
    problems += [
        f"{name}: two files have this name. Rename one."
        for name in dict.fromkeys(names)
        if names.count(name) > 1
    ]
    if problems:
        raise ProblemsError(f"Wave {wave_id} of study {study_id} was not landed:", problems)


def _same_or_refused(
    project: Project,
    study_id: str,
    wave_id: str,
    paths: list[Path],
    sums: list[str],
    said: list[str],
) -> LandedWave:
    landed = read_landed(project, study_id, wave_id)
    if [file.sha256 for file in landed.files] == sums:
        read_as = [file.reading_options for file in landed.files]
        if read_as == said:
            return landed
        raise WavehouseError(
            f"{project.relative(landed.folder)}: wave {wave_id} of study {study_id} is landed "
            f"already, read {_told(read_as)}; now {_told(said)}. To read it again, add --replace."
        )
    there = ", ".join(f"{file.file_name} ({file.sha256[:8]})" for file in landed.files)
    new = ", ".join(f"{path.name} ({sha[:8]})" for path, sha in zip(paths, sums, strict=True))
    raise WavehouseError(
        f"{project.relative(landed.folder)}: wave {wave_id} of study {study_id} is landed already, "
        f"from other files: {there}; now {new}. To land these in their place, add --replace."
    )


def _told(options: Sequence[str]) -> str:
    """Say how files were read."""
    return f"with {' and '.join(dict.fromkeys(filter(None, options))) or 'no options'}"


def _store_all(
    paths: list[Path], partial: Path, options: Sequence[ReadingOptions]
) -> list[StoredTable]:
    """Store each file as a table, and list the problems of all of them."""
    folder = partial / "tables"
    folder.mkdir()
    tables, problems = [], []
    catalogues = tuple(path for path in paths if is_catalogue(path))
    for place, (path, how) in enumerate(zip(paths, options, strict=True)):
        if is_catalogue(path):
            # It has no rows; its labels are in the tables that use them.
            labels = DeliveredTable(
                path, CATALOGUE[1:], f"pyreadstat {version('pyreadstat')}", [], []
            )
            tables.append(StoredTable(labels, [], path, 0))
            continue
        chosen = replace(how, catalogues=catalogues) if path.suffix.lower() == OF_SAS else how
        try:
            stored = store_table(open_table(path, chosen), folder / f"{place}.parquet")
            tables.append(without_empty_columns(stored) if how.split_by else stored)
        except WavehouseError as error:
            problems.append(error)
    if len(problems) == 1:
        raise problems[0]
    if problems:
        raise ProblemsError("Several files cannot be landed:", [str(error) for error in problems])
    return tables


def _refuse_unknown(tables: Sequence[StoredTable], options: Sequence[ReadingOptions]) -> None:
    """Refuse to leave out a column that no file has: it may be there, spelled otherwise.

    Raises:
        WavehouseError: there is such a name.
    """
    left_out = [name for stored in tables for name in stored.table.left_out]
    for pattern in dict.fromkeys(name for each in options for name in each.leave_out):
        if not matching(left_out, [pattern]):
            there = ", ".join(name for stored in tables for name in stored.names[:20])
            raise WavehouseError(
                f"--leave-out {pattern}: no file has a column {pattern}, so nothing was landed. "
                f"There are {there}."
            )


def clear_rest(project: Project, study_id: str, wave_id: str) -> None:
    """Remove what a killed run left; only for the holder of the lock."""
    folder = wave_folder(project, study_id, wave_id)
    for replaced in folder.parent.glob(f".{wave_id}{REPLACED}*"):
        # Killed between its two renames: what was landed before is still good.
        if folder.exists():
            shutil.rmtree(replaced)
        else:
            replaced.rename(folder)
    for partial in folder.parent.glob(f".{wave_id}{PARTIAL}*"):
        shutil.rmtree(partial)


def put_in_place(partial: Path, folder: Path) -> None:
    """Let a folder that is complete take the place of a landed wave, by two renames."""
    for path in [*partial.iterdir(), partial]:
        sync_to_disk(path)
    replaced = folder.with_name(f".{folder.name}{REPLACED}{os.getpid()}")
    if folder.exists():
        folder.rename(replaced)
    partial.rename(folder)
    sync_to_disk(folder.parent)
    shutil.rmtree(replaced, ignore_errors=True)


def sha256_of(path: Path) -> str:
    """Give the SHA-256 sum of a file."""
    total = path.stat().st_size
    digest = hashlib.sha256()
    done = 0
    with (
        path.open("rb") as file,
        Progress(f"Checking {path.name}", total >> 20, "{:,} MB".format) as progress,
    ):
        while block := file.read(HASHED_BYTES):
            digest.update(block)
            done += len(block)
            progress.at(done >> 20)
    return digest.hexdigest()
