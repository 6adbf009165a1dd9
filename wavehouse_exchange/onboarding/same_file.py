"""A file that is another wave's already: the wrong file was named, unless it is said otherwise."""

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

from wavehouse.checksums import sha256_of
from wavehouse.codebook.tables import Codebook
from wavehouse.errors import ProblemsError, WavehouseError
from wavehouse.project import Project
from wavehouse_exchange.landing.land import is_catalogue
from wavehouse_exchange.landing.options import parsed
from wavehouse_exchange.onboarding.draft import all_drafts
from wavehouse_exchange.onboarding.profile import seed_file

# A file of another wave: its wave, where that is written, its checksum, and how it was read.
_Known = tuple[str, str, str, str]


def refuse_files_of_others(
    project: Project,
    codebook: Codebook,
    study_id: str,
    wave_id: str,
    sums: Sequence[Mapping[str, str]],
) -> None:
    """Refuse files that other waves of the study were made of, byte for byte.

    Files that hold several waves are meant to come again: they are read with other rows or from
    another sheet. Files of SAS with the labels of codes may be the same in each wave.

    Args:
        project: the project.
        codebook: the codebook.
        study_id: the study.
        wave_id: the wave that is brought in.
        sums: its files, as `file_sums` gives them.

    Raises:
        ProblemsError: some of them are another wave's.
    """
    known = list(_known(project, codebook, study_id, wave_id))
    problems = []
    for file in sums:
        if is_catalogue(Path(file["file_name"])):
            continue
        chosen = _chosen(file.get("reading_options") or "")
        for other, place, checksum, how in known:
            differs = any(chosen) and chosen != _chosen(how)
            if checksum == file["sha256"] and not differs:
                problems.append(_told(file["file_name"], study_id, other, place))
                break
    _refuse(wave_id, problems)


def refuse_answers_of_others(
    project: Project, codebook: Codebook, study_id: str, wave_id: str
) -> None:
    """Refuse a wave that has become the very seed that another wave of the study is.

    What other formats deliver is known by its checksum no more once it is a CSV file.

    Raises:
        ProblemsError: another wave's seed has the same content.
    """
    seed = seed_file(project, study_id, wave_id)
    if not seed.is_file():
        return
    for other, path in _seeds(project, codebook, study_id, wave_id):
        if path.stat().st_size == seed.stat().st_size and path.read_bytes() == seed.read_bytes():
            place = project.relative(path)
            _refuse(wave_id, [_told("What is delivered", study_id, other, place)])


def _refuse(wave_id: str, problems: list[str]) -> None:
    if problems:
        raise ProblemsError(
            f"Wave {wave_id} was not brought in, because it has the file of another wave:",
            problems,
        )


def _told(what: str, study_id: str, other: str, place: str) -> str:
    return (
        f"{what} is the same, byte for byte, as the file of wave {other} of study {study_id} "
        f"({place}). Name the file of the new wave. If one file holds several waves, say which "
        "rows are this one's with --split-by. If both waves do have this file, add --same-file."
    )


def _chosen(how: str) -> tuple[object, object]:
    """Give what is read of a file: which rows, and which sheet."""
    reading = parsed(how)
    return reading.split_by, reading.sheet


def _known(project: Project, codebook: Codebook, study_id: str, wave_id: str) -> Iterator[_Known]:
    """Give the files of the other waves: in the codebook, as seeds, and in drafts."""
    place = project.relative(project.codebook / "deliveries.csv")
    for row in codebook.rows("deliveries"):
        if row["study_id"] == study_id and row["wave_id"] != wave_id:
            how = row.get("reading_options") or ""
            yield row["wave_id"], place, row.get("sha256") or "", how
    for other, path in _seeds(project, codebook, study_id, wave_id):
        yield other, project.relative(path), sha256_of(path), ""
    try:
        drafts = all_drafts(project)
    except WavehouseError:
        # `check` and `build` say which cannot be read; it may be of another study.
        drafts = []
    for name, draft in drafts:
        if draft.study == study_id and draft.wave != wave_id:
            for file in draft.files:
                how = file.get("reading_options") or ""
                yield draft.wave, name, file.get("sha256") or "", how


def _seeds(
    project: Project, codebook: Codebook, study_id: str, wave_id: str
) -> Iterator[tuple[str, Path]]:
    for row in codebook.waves():
        if row["study_id"] == study_id and row["wave_id"] != wave_id:
            path = seed_file(project, study_id, row["wave_id"])
            if path.is_file():
                yield row["wave_id"], path
