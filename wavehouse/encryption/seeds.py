"""Land waves that are text in the project's folder, so that they can be encrypted.

A wave is a seed until the codebook says that it is landed, so what was killed can be taken up.
"""

import json
import shutil
from pathlib import Path
from typing import Any

import pyarrow as pa

from wavehouse.codebook.tables import read_codebook
from wavehouse.codebook.wave_files import is_declared_as_landed
from wavehouse.encryption import parquet
from wavehouse.errors import WavehouseError
from wavehouse.generate import generate
from wavehouse.project import Project
from wavehouse_exchange.landing.land import land_wave
from wavehouse_exchange.landing.landed import SCHEMAS
from wavehouse_exchange.onboarding.edits import begin_edit
from wavehouse_exchange.onboarding.profile import labels_file, seed_file
from wavehouse_exchange.onboarding.tables import write_all

WAITING = ".landing"
COPIES = "encrypting"


def seeds_of(project: Project) -> list[tuple[str, str, Path]]:
    """Give the waves that are seeds: study, wave and file."""
    return [
        (study_id, wave_id, seed)
        for study_id, wave_id, seed, is_landed in _waves(project)
        if not is_landed and seed.is_file()
    ]


def refuse_other_texts(project: Project) -> None:
    """Refuse where a text is in the way that is of no wave yet, such as that of a draft.

    Raises:
        WavehouseError: there is one; it would stay as it is.
    """
    known = {seed for _, _, seed in seeds_of(project)}
    others = [path for path in sorted(project.waves.rglob("*.csv")) if path not in known]
    if others:
        names = ", ".join(map(project.relative, others))
        raise WavehouseError(
            f"{names}: of no wave that the codebook has as a seed, so it would stay text. Apply "
            "its draft first (`wavehouse check` lists drafts), or take the file away. With "
            "--keep-seeds such files stay. Nothing was changed."
        )


def take_up_seeds(project: Project) -> None:
    """Bring seeds back that a killed run had moved, and remove those that it had landed."""
    shutil.rmtree(project.target / COPIES, ignore_errors=True)
    for _, _, seed, is_landed in _waves(project):
        waiting = _waiting(seed)
        if not waiting.is_file():
            continue
        if not is_landed:
            waiting.replace(seed)
            continue
        labels_file(seed).unlink(missing_ok=True)
        waiting.unlink()


def land_seeds(project: Project) -> list[tuple[str, str, Path]]:
    """Bring waves that are seeds into the landing folder, and let the codebook say so.

    Returns:
        what `seeds_of` gave, which is gone.
    """
    seeds = seeds_of(project)
    try:
        for study_id, wave_id, seed in seeds:
            _land(project, study_id, wave_id, seed)
    except BaseException:
        take_up_seeds(project)
        raise
    # A killed run may have landed all, and written no more.
    for change in generate(project):
        print(f"Generated {change}")
    return seeds


def _waves(project: Project) -> list[tuple[str, str, Path, bool]]:
    return [
        (
            wave["study_id"],
            wave["wave_id"],
            seed_file(project, wave["study_id"], wave["wave_id"]),
            is_declared_as_landed(wave),
        )
        for wave in read_codebook(project).waves()
    ]


def _waiting(seed: Path) -> Path:
    return seed.with_name(seed.name + WAITING)


def _land(project: Project, study_id: str, wave_id: str, seed: Path) -> None:
    aside = project.target / COPIES / seed.name
    aside.parent.mkdir(parents=True, exist_ok=True)
    shutil.copyfile(seed, aside)
    # Landing refuses a wave that is a seed.
    seed.rename(_waiting(seed))
    land_wave(project, study_id, wave_id, [aside], replace=True)
    shutil.rmtree(aside.parent)
    _keep_labels(project, study_id, wave_id, labels_file(seed))
    edit = begin_edit(project, "encryption on")
    edit.change_rows(
        "waves", {"study_id": study_id, "wave_id": wave_id}, {"delivered_as": "landing"}
    )
    write_all(table for table in edit.tables.values() if table.after != table.before)
    take_up_seeds(project)


def _keep_labels(project: Project, study_id: str, wave_id: str, labels: Path) -> None:
    """Let a landed wave have the labels that lay beside its seed."""
    if not labels.is_file():
        return
    known: dict[str, Any] = json.loads(labels.read_text(encoding="utf-8"))
    folder = project.landed_wave(study_id, wave_id)
    columns = parquet.read_table(folder / "columns.parquet").to_pylist()
    names = {column["delivered_name"]: column["source_column"] for column in columns}
    for column in columns:
        label = known.get(column["delivered_name"], {}).get("label")
        column["column_label"] = label or column["column_label"]
    value_labels = [
        {
            "study_id": study_id,
            "wave_id": wave_id,
            "source_column": names[name],
            "source_code": code,
            "value_label": label,
            "is_missing": code in said.get("missing_codes", []),
        }
        for name, said in known.items()
        if name in names
        for code, label in said.get("value_labels", {}).items()
    ]
    for name, rows in (("columns", columns), ("value_labels", value_labels)):
        table = pa.Table.from_pylist(rows, SCHEMAS[name])
        parquet.write_table(table, folder / f"{name}.parquet")
