"""Put the files of a new wave into their place, and take them away again if something fails."""

import hashlib
import shutil
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import duckdb

from wavehouse.csv_files import read_csv
from wavehouse.errors import ProblemsError, WavehouseError
from wavehouse.escapes import sql_text
from wavehouse.ids import inside
from wavehouse.landing import land_wave
from wavehouse.landing.landed import is_landed, wave_folder
from wavehouse.onboarding.profile import (
    WaveProfile,
    labels_file,
    labels_text,
    profile_landed,
    profile_seed,
    seed_file,
)
from wavehouse.project import Project
from wavehouse.writing import write_whole

HASHED_BYTES = 1 << 22


@dataclass
class Placed:
    """What a run has put into place, so that it can be undone."""

    paths: list[Path] = field(default_factory=list)


@contextmanager
def all_or_nothing() -> Iterator[Placed]:
    """Remove what was put into place if the work inside fails, for whatever reason."""
    placed = Placed()
    try:
        yield placed
    except BaseException:
        for path in reversed(placed.paths):
            if path.is_dir():
                shutil.rmtree(path, ignore_errors=True)
            else:
                path.unlink(missing_ok=True)
            _remove_if_empty(path.parent)
        raise


def file_sums(files: Sequence[Path]) -> list[dict[str, str]]:
    """Give name, checksum and size of each file.

    Raises:
        ProblemsError: some of them are not there.
    """
    missing = [
        f"{path}: there is no such file. Correct its name." for path in files if not path.is_file()
    ]
    if missing:
        raise ProblemsError("Some files cannot be read:", missing)
    return [
        {
            "file_name": path.name,
            "sha256": _sha256(path),
            "size_bytes": str(path.stat().st_size),
        }
        for path in files
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
) -> WaveProfile:
    """Land a wave or make it a seed, and say what is in it.

    Raises:
        WavehouseError: a file cannot be read, or something else is in the wave's place.
    """
    seed = seed_file(project, study_id, wave_id)
    is_csv = len(files) == 1 and files[0].suffix.lower() == ".csv"
    if delivered_as == "seed" and is_csv:
        _check_csv(files[0])
        _place(project, seed, files[0].read_bytes(), placed)
        return profile_seed(seed, study_id, wave_id, weight)
    folder = wave_folder(project, study_id, wave_id)
    if delivered_as == "seed" and seed.exists():
        # Landing refuses a wave that is a seed; a second run only compares.
        return profile_seed(seed, study_id, wave_id, weight)
    was_landed = is_landed(project, study_id, wave_id)
    landed = land_wave(project, study_id, wave_id, files, key)
    if not was_landed:
        placed.paths.append(folder)
    profile = profile_landed(landed, weight)
    if delivered_as == "landing":
        return profile
    made = folder / "answers.csv"
    with duckdb.connect() as connection:
        connection.execute(
            f"copy (select * from read_parquet({sql_text(landed.answers)})) to {sql_text(made)} "
            "(format csv, header true, nullstr '')"
        )
    _check_csv(made)
    _place(project, seed, made.read_bytes(), placed)
    _place(project, labels_file(seed), labels_text(profile).encode(), placed)
    if not was_landed:
        shutil.rmtree(folder)
        _remove_if_empty(folder.parent)
    return profile_seed(seed, study_id, wave_id, weight)


def _check_csv(path: Path) -> None:
    content = read_csv(path)
    if content.problems or content.ambiguous:
        raise ProblemsError(
            f"{path.name} cannot be read as a wave:", content.problems + content.ambiguous
        )
    if not content.row_count:
        raise WavehouseError(f"{path.name}: a header and no rows. Deliver the file again.")


def _place(project: Project, path: Path, content: bytes, placed: Placed) -> None:
    """Write a file in one step; the same content again changes nothing."""
    inside(project.root, path, project.relative(path))
    if path.exists():
        if path.read_bytes() == content:
            return
        raise WavehouseError(
            f"{project.relative(path)}: another file is there already, and is not overwritten. "
            "Remove it first, or name the wave otherwise."
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


def _sha256(path: Path) -> str:
    digest = hashlib.sha256()
    with path.open("rb") as file:
        while block := file.read(HASHED_BYTES):
            digest.update(block)
    return digest.hexdigest()
