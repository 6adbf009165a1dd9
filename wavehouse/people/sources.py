"""Take erased people out of the rows of waves, and out of what was made of them."""

import json
import shutil
from collections.abc import Collection, Iterable, Iterator
from pathlib import Path
from typing import Any

from wavehouse.building.working_database import DAMAGED, LOG
from wavehouse.locks import only_one
from wavehouse.operations.configuration import inside_project, read_operations
from wavehouse.operations.daily_run.inbox import TAKEN, outcome, read_inbox
from wavehouse.people.found_people import Found
from wavehouse.people.protections import read_protections
from wavehouse.people.traces import Values, text_of
from wavehouse.people.wave_rows import find_wave_rows
from wavehouse.project import Project

DOWNLOADS = ".downloads"
# Of the warehouse; each is written again by a command.
WRITTEN_AGAIN = frozenset({".backup", "docs", "exports", "pages"})
# Of dbt's folder: what was read of the project, and nothing of people. It spares half a minute.
WITHOUT_PEOPLE = frozenset({"manifest.json", "partial_parse.msgpack", "semantic_manifest.json"})


def expect_fewer(project: Project, found: Iterable[Found]) -> list[str]:
    """Let the codebook expect as many respondents as stay in each wave; give a line for each.

    Before rows go: done again after a kill, it changes nothing more.
    """
    from wavehouse_exchange.onboarding.tables import EditedTable, write_all

    table = EditedTable(project.codebook / "waves.csv", ["study_id", "wave_id"])
    lines = []
    for each in found:
        if not each.rows.is_current:
            continue
        study_id, wave_id = each.rows.study_id, each.rows.wave_id
        before, after = each.n_rows, each.n_rows - len(each.places)
        for place in table.places({"study_id": study_id, "wave_id": wave_id}):
            if table.rows[place].get("expected_respondents") == str(before):
                table.change(place, {"expected_respondents": str(after)})
                lines.append(
                    f"seeds/codebook/waves.csv: study {study_id}, wave {wave_id} is expected to "
                    f"have {after:,} respondents, not {before:,}."
                )
    if lines:
        write_all([table])
    return lines


def remove_rows(project: Project, found: Iterable[Found]) -> list[str]:
    """Take rows out of files of waves; give a line for each file."""
    lines = []
    for each in found:
        rows = each.rows
        lock = project.landing / rows.study_id / f".{rows.wave_id}.lock"
        if project.landing in rows.path.parents:
            with only_one(lock, f"landing of wave {rows.wave_id}"):
                rows.remove(each.places)
        else:
            rows.remove(each.places)
        number = len(each.places)
        lines.append(f"{project.relative(rows.path)}: {number} row{'' if number == 1 else 's'}.")
    return lines


def remove_made_again(project: Project, waves: Iterable[tuple[str, str]]) -> list[str]:
    """Remove what was made of rows of waves, or is a delivery that was taken; name it.

    A DuckDB file keeps deleted rows in its blocks, so the working database goes as a whole.
    """
    gone = places_made_again(project, waves)
    told = told_as_made_again(project, gone)
    for path in gone:
        remove_place(path)
    return told


def told_as_made_again(project: Project, places: Iterable[Path]) -> list[str]:
    """Name what is, or would be, removed: a line for each folder that it lies in."""
    folders: dict[str, list[str]] = {}
    for path in places:
        folders.setdefault(project.relative(path.parent), []).append(path.name)
    return [
        f"{folder}: {', '.join(names)} (made of rows of people, or with them)."
        for folder, names in folders.items()
    ]


def places_made_again(project: Project, waves: Iterable[tuple[str, str]]) -> list[Path]:
    """Give what `remove_made_again` removes."""
    return [path for path in _places(project, waves) if path.exists()]


def _places(project: Project, waves: Iterable[tuple[str, str]]) -> Iterator[Path]:
    database = project.working_database
    for ending in ("", LOG, ".tmp", DAMAGED):
        yield database.with_name(f"{database.name}{ending}")
    for path in sorted(project.target.iterdir()) if project.target.is_dir() else ():
        if path.name not in WITHOUT_PEOPLE and not path.name.startswith(".") and path != database:
            yield path
    for path in sorted(project.warehouse.iterdir()) if project.warehouse.is_dir() else ():
        if path.name in WRITTEN_AGAIN or path.suffix == ".html":
            yield path
    yield project.root / "logs"
    yield from _places_of_delivered(project, set(waves))


def remove_delivered(project: Project) -> list[str]:
    """Remove what was delivered of waves that the project has, of studies that replace ids.

    Downloads, files in an inbox within the project that were taken, and deliveries through the API
    that were taken in have the ids still.

    Returns:
        what was removed, a line for each folder.
    """
    studies = {each.study_id for each in read_protections(project).values() if each.replaces_ids}
    if not studies:
        return []
    waves = {
        (each.study_id, each.wave_id)
        for each in find_wave_rows(project, studies)
        if each.is_current
    }
    gone = [path for path in _places_of_delivered(project, waves) if path.exists()]
    lines: dict[str, list[str]] = {}
    for path in gone:
        lines.setdefault(project.relative(path.parent), []).append(path.name)
        remove_place(path)
    return [
        f"{folder}: {', '.join(names)} removed, since ids of respondents are replaced."
        for folder, names in lines.items()
    ]


def remove_place(path: Path) -> None:
    """Remove a file, or a folder with all in it; one that is gone already is no error."""
    if path.is_dir() and not path.is_symlink():
        shutil.rmtree(path)
    else:
        path.unlink(missing_ok=True)


def _places_of_delivered(project: Project, waves: set[tuple[str, str]]) -> Iterator[Path]:
    for study_id, wave_id in sorted(waves):
        yield project.landing / study_id / DOWNLOADS / wave_id
    yield from _taken(project, waves)
    yield from _taken_from_quarantine(project, waves)


def _taken(project: Project, waves: set[tuple[str, str]]) -> Iterator[Path]:
    """Give the files of deliveries that were taken from an inbox within the project."""
    inbox = inbox_folder(project)
    if inbox is None or not inbox.is_relative_to(project.root.resolve()):
        return
    for delivery in read_inbox(inbox, project.relative(inbox), 0, 0).deliveries:
        taken = outcome(project, delivery, TAKEN)
        is_theirs = (delivery.study_id, delivery.wave_id) in waves
        if is_theirs and taken is not None and taken["files"] == delivery.sums:
            yield from delivery.files


def _taken_from_quarantine(project: Project, waves: set[tuple[str, str]]) -> Iterator[Path]:
    """Give the folders with files of deliveries through the API that were taken in."""
    for folder, delivery in quarantined(project, waves):
        if delivery["state"] == "taken":
            yield from (folder / name for name in ("files", "read"))


def quarantined(
    project: Project, waves: set[tuple[str, str]]
) -> Iterator[tuple[Path, dict[str, Any]]]:
    """Give the folder, and what is known, of each delivery of some waves in quarantine."""
    for folder, delivery in deliveries_of(project, {study_id for study_id, _ in waves}):
        if (delivery["study_id"], delivery["wave_id"]) in waves:
            yield folder, delivery


def deliveries_of(
    project: Project, studies: Collection[str]
) -> Iterator[tuple[Path, dict[str, Any]]]:
    """Give the folder, and what is known, of each delivery of some studies in quarantine."""
    for file in sorted((project.warehouse / "quarantine").glob("[!.]*/delivery.json")):
        delivery = json.loads(file.read_text(encoding="utf-8"))
        if delivery["study_id"] in studies:
            yield file.parent, delivery


def inbox_folder(project: Project) -> Path | None:
    """Name the folder of deliveries; None if `operations.yml` names none.

    Raises:
        ProblemsError: `operations.yml` is not as it should be.
    """
    named = read_operations(project).run.inbox
    return inside_project(project, named) if named else None


def remove_drafts(project: Project, waves: Iterable[tuple[str, str]], values: Values) -> list[str]:
    """Remove drafts that quote one of the values, with their worksheets and what is kept of them.

    Returns:
        what was removed, a line each, with the command that makes it again.
    """
    from wavehouse_exchange.onboarding.draft import draft_path, forget_kept

    lines = []
    for study_id, wave_id in sorted(set(waves)):
        draft = draft_path(project, study_id, wave_id)
        files = [
            path
            for folder in (draft.parent, project.root / ".wavehouse" / "drafts")
            for path in sorted(folder.glob(f"{draft.stem}.*"))
        ]
        # A worksheet is packed, so nobody can search it as it lies there.
        if not any(quotes(path, values) for path in files):
            continue
        for path in files:
            path.unlink()
            lines.append(
                f"{project.relative(path)}: it quotes what was erased. `wavehouse add-wave "
                f"{study_id} {wave_id} FILE...` makes a draft again."
            )
        forget_kept(draft)
    return lines


def quotes(path: Path, values: Values) -> bool:
    """Tell whether a file has one of the values, or is none that can be searched."""
    text = text_of(path)
    return text is None or values.is_in(text)
