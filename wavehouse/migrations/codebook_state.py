"""The codebook as a state: its version, its migration as a whole, and the way back.

Migrating changes nothing in place. The whole folder is made again beside the old one, and takes its
place by two renames; the old folder is kept as `.wavehouse/codebook.<version>`. A run that is
killed between the renames leaves no codebook in place, but the new one is complete: the next
`wavehouse migrate` puts it in place.
"""

import json
import shutil
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from wavehouse.errors import WavehouseError
from wavehouse.locks import only_one
from wavehouse.migrations.migration import Applied, Migration, known_migrations, pending
from wavehouse.migrations.tables import Tables
from wavehouse.project import Project
from wavehouse.publishing.releases import sync_tree
from wavehouse.writing import explained

STATE = "seeds/codebook"
VERSIONS = "migrations.json"
FORMER_LIBRARY = Path(__file__).parent / "library"
# Tables that only codebooks have which are older than their versions.
FORMER = (
    "calendar_grains.csv",
    "derived_sum_scores.csv",
    "indices.csv",
    "interval_methods.csv",
    "measure_bases.csv",
    "measure_scores.csv",
    "pooled_waves.csv",
    "replicate_factors.csv",
)
LIBRARY_PREFIX = "library_"
HOW = (
    "`wavehouse migrate` shows what changes, `wavehouse migrate --apply` does it, and "
    "`wavehouse migrate --undo` takes it back"
)


@dataclass
class Plan:
    """What migrating a codebook would do: nothing, if there are no migrations."""

    migrations: list[Migration]
    files: dict[str, bytes] = field(default_factory=dict)
    changes: list[str] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)


def codebook_problem(project: Project) -> str | None:
    """Say why this program cannot read a codebook of that version; None if it can."""
    if not project.codebook.is_dir():
        if _waiting(project):
            return (
                f"{STATE} is missing, because a migration was stopped. Run `wavehouse migrate "
                "--apply` to finish it."
            )
        return None
    try:
        applied = applied_to(project)
        needed = pending(STATE, applied, known_migrations("codebook"))
    except WavehouseError as error:
        return str(error)
    if applied and (former := _former_files(project)):
        return (
            f"{STATE} has {', '.join(former)} of an older version beside tables of this version. "
            "If two versions were merged, take the whole folder as it was in yours, without "
            f"{VERSIONS}, and migrate it ({HOW}). Otherwise remove the old tables."
        )
    if not needed:
        return None
    version = needed[0].number - 1
    return (
        f"{STATE} has version {version}, but this program reads version {needed[-1].number}. "
        f"Migrate it: {HOW}."
    )


def refuse_other_versions(project: Project) -> None:
    """Stop where the codebook is of a version that this program does not read.

    Raises:
        WavehouseError: it is; the message says what to do.
    """
    if problem := codebook_problem(project):
        raise WavehouseError(problem)


def applied_to(project: Project) -> list[Applied]:
    """Give the migrations that a codebook has behind it.

    A codebook without the file that says it is of version 0 if it has tables of that version, else
    it was begun with this program's tables.
    """
    path = project.codebook / VERSIONS
    if not path.is_file():
        if _former_files(project):
            return []
        return [
            Applied(each.number, each.name, each.checksum) for each in known_migrations("codebook")
        ]
    try:
        rows = json.loads(path.read_text(encoding="utf-8"))["applied"]
        return [Applied(int(row["number"]), row["name"], row["checksum"]) for row in rows]
    except (ValueError, KeyError, TypeError) as error:
        raise WavehouseError(
            f"{STATE}/{VERSIONS} cannot be read, so the version of the codebook is not known. Take "
            "the file from version control, or from a backup."
        ) from error


def plan_codebook(project: Project) -> Plan:
    """Work out what migrating would do; nothing is changed.

    Raises:
        WavehouseError: the codebook is newer than this program, or cannot be migrated as it is.
    """
    applied = applied_to(project)
    plan = Plan(pending(STATE, applied, known_migrations("codebook")))
    if not plan.migrations:
        return plan
    before = {path.stem: path.read_bytes() for path in sorted(project.codebook.glob("*.csv"))}
    library = {
        path.stem.removeprefix(LIBRARY_PREFIX): path.read_bytes()
        for path in sorted(project.library.glob(f"{LIBRARY_PREFIX}*.csv"))
    }
    # Old codebooks have rows of the library in the words that it had then.
    library |= {path.stem: path.read_bytes() for path in FORMER_LIBRARY.glob("*.csv")}
    tables = Tables(before, library)
    for migration in plan.migrations:
        plan.notes += migration.migrate(tables)
    after = tables.files()
    plan.changes = _changes(before, after)
    now = {"applied_at": datetime.now(UTC).isoformat(timespec="seconds")}
    said = [*map(_said, applied), *(_said(each) | now for each in plan.migrations)]
    plan.files = {f"{name}.csv": content for name, content in after.items()}
    plan.files[VERSIONS] = (json.dumps({"applied": said}, indent=2) + "\n").encode()
    return plan


def _said(each: Applied | Migration) -> dict[str, Any]:
    return {"number": each.number, "name": each.name, "checksum": each.checksum}


def migrate_codebook(project: Project) -> Plan:
    """Migrate a codebook as a whole, and keep the old one.

    Returns:
        what was done.

    Raises:
        WavehouseError: it cannot be migrated, or not be written; then it is as it was.
    """
    with only_one(_kept(project) / "lock", "migration of the codebook"), explained(project.seeds):
        if _end_what_was_begun(project):
            return Plan([], changes=[f"{STATE}: the migration that was stopped is finished."])
        plan = plan_codebook(project)
        if not plan.migrations:
            return plan
        new = _new(project)
        shutil.rmtree(new, ignore_errors=True)
        building = new.with_name(f"{new.name}.partial")
        shutil.rmtree(building, ignore_errors=True)
        shutil.copytree(
            project.codebook, building, symlinks=True, ignore=shutil.ignore_patterns("*.csv")
        )
        for name, content in plan.files.items():
            (building / name).write_bytes(content)
        sync_tree(building)
        # Complete from here on, whatever happens.
        building.rename(new)
        old = _old(project, plan.migrations[0].number - 1)
        shutil.rmtree(old, ignore_errors=True)
        _replace(project, new, old)
        return plan


def undo_codebook(project: Project) -> list[str]:
    """Put the codebook back that was kept by the last migration.

    Returns:
        what was done, one line each. The codebook as it was is kept too.

    Raises:
        WavehouseError: there is nothing to go back to.
    """
    with only_one(_kept(project) / "lock", "migration of the codebook"), explained(project.seeds):
        _end_what_was_begun(project)
        version = len(applied_to(project))
        found = [number for number in range(version) if _old(project, number).is_dir()]
        if not found:
            raise WavehouseError(
                f"No codebook is kept in {project.relative(_kept(project))} from before its last "
                "migration, so there is nothing to put back. Take it from version control."
            )
        old, undone = _old(project, found[-1]), _kept(project) / "codebook.undone"
        shutil.rmtree(undone, ignore_errors=True)
        shutil.rmtree(_new(project), ignore_errors=True)
        _replace(project, old, undone)
        return [
            f"{STATE} has version {found[-1]} again, as before its migration.",
            f"Its last state, with all edits since, is in {project.relative(undone)}.",
            "This program cannot read it: install the version of Wavehouse that you used before.",
        ]


def _replace(project: Project, new: Path, kept: Path) -> None:
    """Put a whole folder in the codebook's place, which is kept under another name."""
    project.codebook.rename(kept)
    try:
        new.rename(project.codebook)
    except OSError:
        kept.rename(project.codebook)
        raise


def _end_what_was_begun(project: Project) -> bool:
    """Put a codebook in place if an earlier run was killed between the two renames."""
    if project.codebook.exists() or not (waiting := _waiting(project)):
        return False
    waiting.rename(project.codebook)
    return True


def _waiting(project: Project) -> Path | None:
    """Name what was to take the codebook's place: the new one, or the old one of an undoing."""
    if _new(project).is_dir():
        return _new(project)
    versions = range(len(known_migrations("codebook")) - 1, -1, -1)
    return next((_old(project, each) for each in versions if _old(project, each).is_dir()), None)


def _changes(before: dict[str, bytes], after: dict[str, bytes]) -> list[str]:
    lines = []
    for name in sorted({*before, *after}):
        old, new = before.get(name), after.get(name)
        if new is None:
            lines.append(f"{name}.csv: removed ({_rows(old)} rows)")
        elif old is None:
            lines.append(f"{name}.csv: new ({_rows(new)} rows)")
        elif old != new:
            lines.append(f"{name}.csv: changed ({_rows(old)} rows, then {_rows(new)})")
    return lines


def _rows(content: bytes | None) -> int:
    from wavehouse.migrations.tables import read_table

    return len(read_table("", content or b"").rows)


def _former_files(project: Project) -> list[str]:
    return [name for name in FORMER if (project.codebook / name).is_file()]


def _kept(project: Project) -> Path:
    return project.root / ".wavehouse"


def _new(project: Project) -> Path:
    return _kept(project) / "codebook.new"


def _old(project: Project, version: int) -> Path:
    return _kept(project) / f"codebook.{version}"
