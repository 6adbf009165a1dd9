"""Export a study: run the writers, and put what they wrote in place at once."""

import json
from collections.abc import Sequence
from contextlib import closing
from pathlib import Path

from wavehouse.codebook.ids import inside, judge_ids
from wavehouse.encryption.key import encrypted_for
from wavehouse.encryption.sealed import SUFFIX, seal_files
from wavehouse.errors import WavehouseError
from wavehouse.operations.run_history.runs import recorded
from wavehouse.project import Project
from wavehouse.publishing.releases import refuse_older_release
from wavehouse.writing import explained, new_folder
from wavehouse_exchange.exports.formats import FORMATS, MICRODATA
from wavehouse_exchange.exports.published import connect, release_of
from wavehouse_exchange.exports.readme import write_readme

# Marks a folder as made here, and so one that may be replaced.
RECORD = "export.json"


def export(
    project: Project,
    study_id: str,
    formats: Sequence[str] = (),
    wave_id: str | None = None,
    folder: Path | None = None,
    *,
    recipients: Sequence[str] = (),
    is_plain: bool = False,
) -> list[Path]:
    """Write a study of the published warehouse in other formats.

    The folder is replaced as a whole, so that all in it is of one release. Each format has a folder
    of its own below it.

    Args:
        project: the project whose published warehouse is read.
        study_id: the study.
        formats: names in `FORMATS`; all of them if there are none.
        wave_id: export only this wave.
        folder: where to; warehouse/exports/<study>/ if left out.
        recipients: public keys of age that the files are sealed for, besides that of an encrypted
            project.
        is_plain: leave the files of an encrypted project as they are.

    Returns:
        the files: those of an encrypted project, or for recipients, are sealed.

    Raises:
        WavehouseError: nothing is published, or by an older version, there is no such study, wave
            or format, a format cannot hold the study, or the folder holds something else.
    """
    judge_ids(study_id, wave_id, "Nothing was exported:")
    chosen = list(dict.fromkeys(formats)) or list(FORMATS)
    unknown = [name for name in chosen if name not in FORMATS]
    if unknown:
        raise WavehouseError(
            f"There is no format {', '.join(map(repr, unknown))}. "
            f"Name one or more of {', '.join(FORMATS)}."
        )
    with (
        refuse_older_release("The published warehouse", "exports read"),
        explained(folder or project.warehouse / "exports"),
        closing(connect(project, study_id, wave_id)) as connection,
    ):
        own = project.warehouse / "exports" / study_id
        place = (folder or inside(project.warehouse, own, project.relative(own))).resolve()
        _check_place(place)
        with new_folder(place) as partial:
            written: dict[str, list[Path]] = {}
            for name in chosen:
                (partial / name).mkdir()
                written[name] = FORMATS[name](connection, study_id, partial / name)
            readme = write_readme(connection, study_id, partial, written, wave_id)
            record = {
                "study": study_id,
                "wave": wave_id,
                "formats": chosen,
                "release": release_of(connection).release_id,
            }
            (partial / RECORD).write_text(json.dumps(record, indent=2) + "\n", encoding="utf-8")
            files = [file for name in chosen for file in written[name]]
            own_key = None if is_plain else encrypted_for(project)
            if keys := [*([own_key] if own_key else []), *recipients]:
                files = seal_files(files, keys)
            files = [readme, partial / RECORD, *files]
            names = [file.relative_to(partial) for file in files]
    return [place / name for name in names]


def export_and_tell(
    project: Project,
    study_id: str,
    formats: Sequence[str] = (),
    wave_id: str | None = None,
    folder: Path | None = None,
    *,
    recipients: Sequence[str] = (),
    is_plain: bool = False,
) -> None:
    """Export, and list the files with their sizes. Takes and raises what `export` does."""
    with recorded(project, "export") as run:
        run.note(study_id=study_id)
        files = export(
            project,
            study_id,
            formats,
            wave_id,
            folder,
            recipients=recipients,
            is_plain=is_plain,
        )
        run.note(details={"n_files": len(files), "formats": list(formats or FORMATS)})
    for file in files:
        print(f"{file.stat().st_size:>12,}  {project.relative(file)}")
    told = f"Exported {study_id}: {len(files)} files."
    if any(file.suffix == SUFFIX for file in files):
        told += (
            " They are sealed: `wavehouse encryption open`, or `age --decrypt` with the key, opens "
            "them."
        )
    elif MICRODATA.intersection(formats or FORMATS):
        told += (
            " Files with answers have a row for each respondent and suppress nothing: treat them "
            "like the data that they were made from."
        )
    print(told)


def _check_place(place: Path) -> None:
    """Make sure that replacing a folder loses nothing but an earlier export."""
    if not place.exists() or (place / RECORD).is_file():
        return
    if not place.is_dir() or any(place.iterdir()):
        raise WavehouseError(
            f"{place} was not made by an export, so it is not replaced. Name a folder that is new "
            "or empty, or has an earlier export."
        )
