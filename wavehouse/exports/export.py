"""Write a study in formats of the field, from the published warehouse, in one step."""

import shutil
from collections.abc import Sequence
from pathlib import Path
from tempfile import mkdtemp

from wavehouse.errors import WavehouseError
from wavehouse.exports.answers import rows_of
from wavehouse.exports.formats import FORMATS
from wavehouse.project import Project


def export(
    project: Project, study_id: str, formats: Sequence[str] = (), folder: Path | None = None
) -> list[Path]:
    """Export a study.

    Args:
        project: the project whose published warehouse is read.
        study_id: the study.
        formats: names of FORMATS; all if there are none.
        folder: where the folders of the formats go; `warehouse/exports/<study>` if left out.

    Returns:
        the files that were written.

    Raises:
        WavehouseError: nothing is published, or the study or a format is not known. What was
            exported before stays in place then.
        ProblemsError: the study cannot be written in a format.
    """
    import duckdb

    unknown = [name for name in formats if name not in FORMATS]
    if unknown:
        raise WavehouseError(
            f"--format {unknown[0]}: there is no such format. There are {', '.join(FORMATS)}."
        )
    database = project.warehouse / "wavehouse.duckdb"
    if not database.exists():
        raise WavehouseError("Nothing is published yet, so nothing can be exported. Run `make`.")
    to = folder or project.warehouse / "exports" / study_id
    to.mkdir(parents=True, exist_ok=True)
    work = Path(mkdtemp(prefix=".exporting-", dir=to))
    try:
        with duckdb.connect(str(database.resolve()), read_only=True) as connection:
            known = [
                row["study_id"]
                for row in rows_of(
                    connection,
                    "select study_id from marts.dim_study where n_waves > 0 order by study_id",
                )
            ]
            if study_id not in known:
                raise WavehouseError(
                    f"study {study_id} is not in the warehouse. There are {', '.join(known)}."
                )
            written = []
            for name in formats or FORMATS:
                (work / name).mkdir()
                files = FORMATS[name](connection, study_id, work / name)
                written += [to / file.relative_to(work) for file in files]
        for name in formats or FORMATS:
            _replace(work / name, to / name)
    finally:
        shutil.rmtree(work, ignore_errors=True)
        if not any(to.iterdir()):
            to.rmdir()
    return written


def _replace(new: Path, old: Path) -> None:
    """Put a folder in the place of another."""
    aside = new.with_name(f"{new.name}.before")
    if old.exists():
        old.rename(aside)
    new.rename(old)
