"""Fetch the delivered files that the codebook lists, and land their waves.

A file is downloaded to `landing/<study>/.downloads/<wave>/`, first with `.part` behind its name. An
interrupted download goes on where it stopped; what counts in the end is the checksum.
"""

from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

from wavehouse import __version__
from wavehouse.codebook.csv_files import read_csv
from wavehouse.codebook.id_problems import file_problems
from wavehouse.codebook.ids import inside, judge_ids
from wavehouse.codebook.tables import read_codebook
from wavehouse.errors import ProblemsError, WavehouseError
from wavehouse.locks import only_one
from wavehouse.people.sources import remove_delivered
from wavehouse.project import Project
from wavehouse_exchange.landing.download import Asked, Downloader, NotTriedError
from wavehouse_exchange.landing.land import land_wave, sha256_of
from wavehouse_exchange.landing.landed import (
    LandedWave,
    is_landed,
    landing_folder,
    read_landed,
    wave_folder,
)
from wavehouse_exchange.landing.options import parsed, written
from wavehouse_exchange.landing.tables import AS_DELIVERED, ReadingOptions

TABLE = "deliveries"
COLUMNS = ("study_id", "wave_id", "position", "file_name", "url", "sha256", "size_bytes")


@dataclass(frozen=True)
class Delivery:
    """A file of a landed wave, as the codebook lists it."""

    study_id: str
    wave_id: str
    position: int
    file_name: str
    url: str
    sha256: str
    size_bytes: int | None
    reading: ReadingOptions = AS_DELIVERED

    def __str__(self) -> str:
        """Name the file the way every message does."""
        return f"{self.file_name} (study {self.study_id}, wave {self.wave_id})"


@dataclass(frozen=True)
class FetchedWave:
    """A wave after a fetch, and whether it was landed by it."""

    landed: LandedWave
    is_new: bool


def fetch(
    project: Project,
    study_id: str,
    source: Path | None = None,
    wave_id: str | None = None,
    *,
    replace: bool = False,
    downloader: Downloader | None = None,
) -> list[FetchedWave]:
    """Get the files of a study and land its waves.

    Waves that are landed from the listed files already are left alone. A wave is landed if all of
    its files are there, even if files of others are not.

    Args:
        project: the project.
        study_id: the study.
        source: a folder that has the files; they are downloaded if left out.
        wave_id: the only wave to fetch; all if left out.
        replace: land the listed files in place of others.
        downloader: what downloads files.

    Raises:
        ProblemsError: ids or names of files cannot be such, and nothing was done. Or files could
            not be had, or are not those that are listed, or a wave could not be landed. All of them
            are named.
        WavehouseError: no files are listed.
    """
    judge_ids(study_id, wave_id, "Nothing was fetched:")
    waves = _listed_waves(project, study_id, wave_id)
    for wave in waves:
        judge_ids(study_id, wave, f"Nothing was fetched; in seeds/codebook/{TABLE}.csv:")
        wave_folder(project, study_id, wave)
    downloads = landing_folder(project) / study_id / ".downloads"
    inside(project.landing, downloads, project.relative(downloads))
    downloader = downloader or Downloader(f"wavehouse/{__version__}")
    fetched: list[FetchedWave] = []
    problems: list[str] = []
    not_tried: dict[str, list[str]] = {}
    with only_one(downloads / ".lock", f"fetch of study {study_id}"):
        for wave, deliveries in waves.items():
            if _is_landed_from(project, deliveries):
                fetched.append(FetchedWave(read_landed(project, study_id, wave), is_new=False))
                continue
            paths = []
            for delivery in deliveries:
                try:
                    paths.append(
                        _given(delivery, source)
                        if source
                        else _downloaded(delivery, downloads / wave, downloader)
                    )
                except NotTriedError as reason:
                    not_tried.setdefault(str(reason), []).append(str(delivery))
                except WavehouseError as error:
                    problems.append(str(error))
            if len(paths) < len(deliveries):
                continue
            try:
                how = [delivery.reading for delivery in deliveries]
                landed = land_wave(project, study_id, wave, paths, options=how, replace=replace)
            except WavehouseError as error:
                problems.append(str(error))
            else:
                fetched.append(FetchedWave(landed, is_new=True))
                remove_delivered(project)
    problems += [
        f"{len(names)} more file(s) were not tried, because {reason}: {', '.join(names)}."
        for reason, names in not_tried.items()
    ]
    if problems:
        done = f"{len(fetched)} of {len(waves)} wave(s) of study {study_id} are landed"
        raise ProblemsError(f"{done}; these problems remain:", problems)
    return fetched


def read_deliveries(project: Project) -> list[Delivery]:
    """Give the files that the codebook lists; none if it has no such table.

    Raises:
        ProblemsError: the table cannot be read.
    """
    path = project.codebook / f"{TABLE}.csv"
    if not path.is_file():
        return []
    content = read_csv(path, keep_rows=True)
    name = project.relative(path)
    problems = [f"{name}: {problem}" for problem in content.problems]
    problems += [
        f"{name}: column {column} is missing. Add it to the header."
        for column in COLUMNS
        if column not in content.columns and not content.problems
    ]
    if not problems:
        problems = [
            f"{name}, study {row['study_id']}, wave {row['wave_id']}: {column} {row[column]!r} "
            f"{complaint}."
            for row in content.rows
            for column, is_bad, complaint in (
                ("position", not row["position"].isdecimal(), "is not a number. Write 1, 2, ..."),
                (
                    "size_bytes",
                    bool(row["size_bytes"]) and not row["size_bytes"].isdecimal(),
                    "is not a number of bytes. Correct it",
                ),
            )
            if is_bad
        ]
        problems += file_problems(content.rows)
    reading = []
    for row in content.rows if not problems else []:
        try:
            # A codebook of an older version has no such column.
            reading.append(parsed(row.get("reading_options", "")))
        except WavehouseError as error:
            problems.append(f"{name}, study {row['study_id']}, wave {row['wave_id']}: {error}")
    if problems:
        raise ProblemsError("Nothing was fetched:", problems)
    return [
        Delivery(
            row["study_id"],
            row["wave_id"],
            int(row["position"]),
            row["file_name"],
            row["url"],
            row["sha256"].lower(),
            int(row["size_bytes"]) if row["size_bytes"] else None,
            how,
        )
        for row, how in zip(content.rows, reading, strict=True)
    ]


def _listed_waves(
    project: Project, study_id: str, wave_id: str | None
) -> dict[str, list[Delivery]]:
    """Give the files of each wave that is to be fetched, in the order of the waves."""
    listed = read_deliveries(project)
    order = [row["wave_id"] for row in read_codebook(project).waves()]
    rows = [row for row in listed if row.study_id == study_id and wave_id in {None, row.wave_id}]
    if not rows:
        known = sorted(
            {row.wave_id for row in listed if row.study_id == study_id}
            if wave_id
            else {row.study_id for row in listed}
        )
        subject = f"wave {wave_id} of study {study_id}" if wave_id else f"study {study_id}"
        raise WavehouseError(
            f"seeds/codebook/{TABLE}.csv lists no files of {subject}"
            f"{'; it has ' + ', '.join(known) if known else ''}. Add its files there, or land "
            f"them with `wavehouse add-wave {study_id} {wave_id or 'WAVE'} FILE...`."
        )
    waves: dict[str, list[Delivery]] = {}
    for row in sorted(
        rows, key=lambda r: (order.index(r.wave_id) if r.wave_id in order else -1, r.position)
    ):
        waves.setdefault(row.wave_id, []).append(row)
    return waves


def _is_landed_from(project: Project, deliveries: list[Delivery]) -> bool:
    study_id, wave_id = deliveries[0].study_id, deliveries[0].wave_id
    if not is_landed(project, study_id, wave_id):
        return False
    files = read_landed(project, study_id, wave_id).files
    return [(file.sha256, file.reading_options) for file in files] == [
        (delivery.sha256, written(delivery.reading)) for delivery in deliveries
    ]


def _given(delivery: Delivery, source: Path) -> Path:
    """Give a file of a folder, after a look at its checksum."""
    path = source / delivery.file_name
    if not path.is_file() and source.is_dir():
        # Many servers and systems change the case of names.
        same = (other for other in source.iterdir() if other.name.lower() == path.name.lower())
        path = next(same, path)
    if not path.is_file():
        raise WavehouseError(
            f"{path}: the file is missing for {delivery}. Put it into the folder, or name another "
            "folder with --from."
        )
    _check(delivery, path, f"the file {path}")
    return path


def _downloaded(delivery: Delivery, folder: Path, downloader: Downloader) -> Path:
    """Give a file of the downloads, downloading it if it is not there."""
    path = inside(folder, folder / delivery.file_name, str(delivery))
    if path.is_file() and sha256_of(path) == delivery.sha256:
        return path
    from_folder = f"wavehouse fetch {delivery.study_id} --from FOLDER"
    if urlsplit(delivery.url).scheme not in {"http", "https"}:
        what = f"the url {delivery.url!r} is none" if delivery.url else "no url is listed"
        raise WavehouseError(
            f"{delivery}: {what} in seeds/codebook/{TABLE}.csv, so it cannot be downloaded. If you "
            f"have the file, run `{from_folder}`."
        )
    folder.mkdir(parents=True, exist_ok=True)
    part = inside(folder, path.with_name(f"{path.name}.part"), str(delivery))
    asked = Asked(delivery.url)
    was_begun = part.exists()
    hint = f"Or get the file another way and run `{from_folder}`."
    downloader.download(asked, part, str(delivery), delivery.size_bytes, hint)
    if was_begun and sha256_of(part) != delivery.sha256:
        # The rest may belong to another version than the beginning.
        part.unlink()
        downloader.download(asked, part, str(delivery), delivery.size_bytes, hint)
    try:
        _check(delivery, part, delivery.url)
    except WavehouseError:
        part.unlink()
        raise
    return part.rename(path)


def _check(delivery: Delivery, path: Path, origin: str) -> None:
    found = sha256_of(path)
    if found == delivery.sha256:
        return
    listed = f"the sha256 {delivery.sha256}" if delivery.sha256 else "no sha256"
    if delivery.size_bytes is not None:
        listed += f" and {delivery.size_bytes:,} bytes"
    raise WavehouseError(
        f"{delivery}: {origin} has the sha256 {found} and {path.stat().st_size:,} bytes, but "
        f"seeds/codebook/{TABLE}.csv lists {listed}. The file is damaged, or the producer has "
        "replaced it. Try again. If you have checked the new version and want it, write its "
        "sha256 and size_bytes into that table."
    )
