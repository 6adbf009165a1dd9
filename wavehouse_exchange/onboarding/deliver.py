"""Put the files of a new wave into their place, and take them away again if something fails."""

import csv
import dataclasses
import os
import shutil
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from itertools import islice
from pathlib import Path
from tempfile import TemporaryDirectory

from wavehouse.checksums import sha256_of
from wavehouse.codebook.csv_files import read_csv
from wavehouse.codebook.ids import inside
from wavehouse.encryption import parquet
from wavehouse.encryption.databases import connect
from wavehouse.errors import ProblemsError, WavehouseError
from wavehouse.escapes import sql_text
from wavehouse.people.erasure_list import read_erased
from wavehouse.people.keeping_times import refuse_when_over
from wavehouse.people.kept_out import leave_out_erased
from wavehouse.people.protections import read_protections
from wavehouse.people.replaced_ids import replace_ids
from wavehouse.project import Project
from wavehouse.writing import write_whole
from wavehouse_exchange.landing import land_wave
from wavehouse_exchange.landing.headers import (
    ROWS_LOOKED_AT,
    refuse_answers,
    refuse_import_ids,
)
from wavehouse_exchange.landing.landed import is_landed, wave_folder
from wavehouse_exchange.landing.options import for_each, written
from wavehouse_exchange.landing.tables import AS_DELIVERED, ReadingOptions
from wavehouse_exchange.onboarding.profile import (
    WaveProfile,
    labels_file,
    labels_text,
    profile_landed,
    profile_seed,
    seed_file,
)


@dataclass
class Placed:
    """What a run has put into place, and what was there before, so that it can be undone."""

    paths: list[Path] = field(default_factory=list)
    texts_before: dict[Path, bytes] = field(default_factory=dict)
    folders_before: dict[Path, Path] = field(default_factory=dict)

    def keep_file(self, path: Path) -> None:
        """Remember what a file holds that is about to be replaced."""
        if path.is_file():
            self.texts_before[path] = path.read_bytes()

    def keep_folder(self, path: Path) -> None:
        """Keep a landed wave that is about to be replaced, beside the others."""
        kept = path.parent / ".before" / f"{path.name}-{os.getpid()}"
        shutil.rmtree(kept, ignore_errors=True)
        kept.parent.mkdir(parents=True, exist_ok=True)
        shutil.copytree(path, kept)
        self.folders_before[path] = kept

    def forget(self) -> None:
        """Remove what was kept."""
        for kept in self.folders_before.values():
            shutil.rmtree(kept, ignore_errors=True)
            _remove_if_empty(kept.parent)

    def undo(self) -> None:
        """Take away what was put into place, and put back what was there before."""
        for path in reversed(self.paths):
            if path.is_dir():
                shutil.rmtree(path, ignore_errors=True)
            else:
                path.unlink(missing_ok=True)
            _remove_if_empty(path.parent)
        for path, content in self.texts_before.items():
            # Beside it and renamed: a copy of the project may share the file by a link.
            write_whole(path, content)
        for path, kept in self.folders_before.items():
            shutil.rmtree(path, ignore_errors=True)
            kept.rename(path)
        self.forget()


@contextmanager
def all_or_nothing() -> Iterator[Placed]:
    """Undo what was put into place if the work inside fails, for whatever reason."""
    placed = Placed()
    try:
        yield placed
    except BaseException:
        placed.undo()
        raise
    placed.forget()


def file_sums(files: Sequence[Path], reading: ReadingOptions | None = None) -> list[dict[str, str]]:
    """Give name, checksum and size of each file, and how it is read where that is said.

    Raises:
        ProblemsError: some of them are not there.
    """
    missing = [
        f"{path}: there is no such file. Correct its name." for path in files if not path.is_file()
    ]
    if missing:
        raise ProblemsError("Some files cannot be read:", missing)
    said = [written(each) for each in for_each(reading or AS_DELIVERED, files)]
    return [
        {
            "file_name": path.name,
            "sha256": sha256_of(path),
            "size_bytes": str(path.stat().st_size),
            **({"reading_options": how} if how else {}),
        }
        for path, how in zip(files, said, strict=True)
    ]


def deliver(
    project: Project,
    study_id: str,
    wave_id: str,
    files: Sequence[Path],
    delivered_as: str,
    key: str | None,
    weight: str | None,
    placed: Placed,
    reading: ReadingOptions | None = None,
    *,
    replace: bool = False,
) -> WaveProfile:
    """Land a wave or make it a seed, and say what is in it.

    Args:
        project: the project.
        study_id: the study.
        wave_id: the wave.
        files: the delivered files.
        delivered_as: `seed` or `landing`.
        key: the column that joins several files.
        weight: the column of the weight, for the profile.
        placed: remembers what is put into place.
        reading: how the files are read where they do not say it themselves.
        replace: put them in the place of others.

    Raises:
        WavehouseError: a file cannot be read, or something else is in the wave's place.
    """
    refuse_when_over(project, study_id, wave_id)
    seed = seed_file(project, study_id, wave_id)
    reading = reading or AS_DELIVERED
    if delivered_as == "seed" and _is_plain_csv(files, reading):
        _check_csv(files[0])
        content = _protected(project, study_id, wave_id, files[0])
        _place(project, seed, content, placed, replace)
        if replace:
            placed.keep_file(labels_file(seed))
            labels_file(seed).unlink(missing_ok=True)
        if replace and is_landed(project, study_id, wave_id):
            folder = wave_folder(project, study_id, wave_id)
            placed.keep_folder(folder)
            shutil.rmtree(folder)
        return profile_seed(seed, study_id, wave_id, weight)
    folder = wave_folder(project, study_id, wave_id)
    if seed.exists() and replace:
        # Landing refuses a wave that is a seed.
        for path in (seed, labels_file(seed)):
            placed.keep_file(path)
            path.unlink(missing_ok=True)
    elif delivered_as == "seed" and seed.exists():
        # A second run only compares.
        return profile_seed(seed, study_id, wave_id, weight)
    was_landed = is_landed(project, study_id, wave_id)
    if was_landed and replace:
        placed.keep_folder(folder)
    landed = land_wave(project, study_id, wave_id, files, key, options=reading, replace=replace)
    if not was_landed:
        placed.paths.append(folder)
    profile = profile_landed(landed, weight)
    if delivered_as == "landing":
        return profile
    made = folder / "answers.csv"
    with connect() as connection:
        connection.execute(
            f"copy (from {parquet.source(landed.answers)}) to {sql_text(made)} "
            "(format csv, header true, nullstr '')"
        )
    _check_csv(made)
    _place(project, seed, made.read_bytes(), placed, replace)
    _place(project, labels_file(seed), labels_text(profile).encode(), placed, replace)
    if not was_landed or replace:
        shutil.rmtree(folder)
        _remove_if_empty(folder.parent)
    of_seed = profile_seed(seed, study_id, wave_id, weight)
    return dataclasses.replace(of_seed, notes=profile.notes, response_sets=profile.response_sets)


def _protected(project: Project, study_id: str, wave_id: str, file: Path) -> bytes:
    """Give what a seed is to hold: without people who were erased, and ids that are replaced."""
    declared = read_protections(project).get(study_id)
    is_replaced = declared is not None and declared.replaces_ids
    if study_id not in read_erased(project).studies and not is_replaced:
        return file.read_bytes()
    with TemporaryDirectory() as folder:
        copy = Path(shutil.copy(file, folder))
        for note in leave_out_erased(project, study_id, wave_id, copy):
            print(f"Study {study_id}, wave {wave_id}: {note}")
        replace_ids(project, study_id, wave_id, copy)
        return copy.read_bytes()


def _is_plain_csv(files: Sequence[Path], reading: ReadingOptions) -> bool:
    """Whether a file can be a seed as it is: one CSV in UTF-8, with commas, and nothing to do."""
    if len(files) != 1 or files[0].suffix.lower() != ".csv" or reading != AS_DELIVERED:
        return False
    from wavehouse_exchange.landing.read_delimited import looks_plain

    return looks_plain(files[0])


def _check_csv(path: Path) -> None:
    with path.open(encoding="utf-8-sig", errors="replace", newline="") as file:
        rows = list(islice(csv.reader(line.replace("\0", "") for line in file), ROWS_LOOKED_AT))
    refuse_import_ids(path, rows, AS_DELIVERED)
    refuse_answers(path, rows, AS_DELIVERED)
    content = read_csv(path)
    if content.problems or content.ambiguous:
        raise ProblemsError(
            f"{path.name} cannot be read as a wave:", content.problems + content.ambiguous
        )
    if not content.row_count:
        raise WavehouseError(f"{path.name}: the file has a header but no rows. Deliver it again.")


def _place(
    project: Project, path: Path, content: bytes, placed: Placed, replace: bool = False
) -> None:
    """Write a file in one step; the same content again changes nothing."""
    inside(project.root, path, project.relative(path))
    if path.exists():
        if path.read_bytes() == content:
            return
        placed.keep_file(path)
    if path.exists() and not replace:
        raise WavehouseError(
            f"{project.relative(path)}: another file is there already, and is not overwritten. To "
            "replace it, add --replace. Or give the wave another id."
        )
    placed.paths.append(path)
    write_whole(path, content)


def _remove_if_empty(folder: Path) -> None:
    """Remove a folder with nothing in it but the lock of a landing."""
    if not folder.is_dir():
        return
    left = list(folder.iterdir())
    if all(path.name.startswith(".") and path.suffix == ".lock" for path in left):
        shutil.rmtree(folder, ignore_errors=True)
