"""Take back the last command that changed the codebook, and nothing that was written since."""

import gzip
import json
import shutil
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from wavehouse.codebook.tables import Row
from wavehouse.errors import WavehouseError
from wavehouse.project import Project
from wavehouse.writing import explained, write_whole
from wavehouse_exchange.onboarding.draft import all_drafts
from wavehouse_exchange.onboarding.edits import (
    NOW,
    SAID,
    UNDOING,
    CodebookEdit,
    alone,
    begin_edit,
    bereft,
    drop,
    is_own,
    kept_commands,
    kept_path,
    path_after,
    sha_of,
    take_back_unfinished,
)
from wavehouse_exchange.onboarding.removing_study import generated_anew
from wavehouse_exchange.onboarding.tables import EditedTable, Key, write_all

# Of a table, in what is said.
_MOST_ROWS_NAMED = 5


@dataclass
class _Kept:
    """A command whose doing is kept: its folder, and what is written there of it."""

    project: Project
    folder: Path
    said: dict[str, Any]

    @property
    def removed(self) -> list[Path]:
        return [self.project.root / name for name in self.said["removed"]]


def undo(project: Project) -> list[str]:
    """Put back what the last command replaced or took away.

    Rows that were written since stay, if they have nothing to do with those of the command.

    Returns:
        what was done, one line each.

    Raises:
        WavehouseError: there is nothing to take back.
        ProblemsError: something of it was changed since; nothing is put back then.
    """
    with alone(project), explained(project.seeds):
        take_back_unfinished(project)
        places = [place for place in kept_commands(project) if (place / SAID).is_file()]
        if not places:
            raise WavehouseError(
                "No command is kept in .wavehouse/edits, so there is nothing to undo. Take the "
                "codebook from version control."
            )
        said = json.loads((places[-1] / SAID).read_text(encoding="utf-8"))
        kept = _Kept(project, places[-1], said)
        edit = begin_edit(project, "undo")
        before = edit.copied_rows()
        for name in said["changed"]:
            _table_as_before(kept, edit, project.root / name)
        if not edit.problems:
            _refuse_lost(edit, before)
        edit.problems += [
            f"{project.relative(path)} is there again. Move it away first."
            for path in kept.removed
            if path.exists() and not is_own(project, path)
        ]
        edit.problems += _made_from_it(kept)
        edit.refuse_problems(
            f"`wavehouse {said['command']}` cannot be undone (to undo the command before it, "
            f"remove {project.relative(kept.folder)} first):"
        )
        _put_back(kept, edit)
    names = [*said["changed"], *said["removed"]]
    return [
        f"Taken back: wavehouse {said['command']} ({said['made_at']}).",
        *(f"{name} is as it was" for name in names if not is_own(project, project.root / name)),
        *(generated_anew(project) if said.get("generates") else ()),
        *said.get("afterwards", ()),
        f"Next: {said.get('next', 'make')}",
    ]


def _table_as_before(kept: _Kept, edit: CodebookEdit, path: Path) -> None:
    """Make the rows of a table what they were, or note why that cannot be."""
    name = path.stem
    there = edit.tables.get(name)
    earlier = kept_path(kept.project, kept.folder, path).read_bytes()
    if there is not None and sha_of(there.before) == kept.said["changed"][_name(kept, path)]:
        edit.tables[name] = _Whole(path, there.key, there.before, earlier)
        return
    after = path_after(kept.project, kept.folder, path)
    by_hand = (
        f"{_name(kept, path)} has changed since. Undo that change first, or take the file from "
        f"{kept.project.relative(kept_path(kept.project, kept.folder, path))} by hand."
    )
    if there is None or not after.is_file():
        edit.problems.append(by_hand)
        return
    made = EditedTable(path, there.key, gzip.decompress(after.read_bytes()))
    was = EditedTable(path, there.key, earlier)
    if not made.columns == was.columns == there.columns:
        edit.problems.append(by_hand)
        return
    rows_was, rows_made, rows_now = (_by_key(table) for table in (was, made, there))
    concerned = [
        key
        for key in dict.fromkeys((*rows_was, *rows_made))
        if rows_was.get(key) != rows_made.get(key)
    ]
    touched = [key for key in concerned if rows_now.get(key) != rows_made.get(key)]
    if touched:
        edit.problems.append(
            f"{_name(kept, path)}: {_keys(touched)} has changed since the command wrote or "
            "removed it. Undo that change first."
        )
        return
    for key in concerned:
        if key in rows_now:
            (place,) = there.places(dict(zip(there.key, key, strict=True)))
            there.remove(place)
        if key in rows_was:
            there.add(rows_was[key])


class _Whole(EditedTable):
    """A table that gets the very content that it had."""

    def __init__(self, path: Path, key: list[str], before: bytes, after: bytes) -> None:
        super().__init__(path, key, after)
        self._content = after
        self.before = before

    @property
    def after(self) -> bytes:
        """The whole file as it is to be."""
        return self._content


def _refuse_lost(edit: CodebookEdit, before: dict[str, list[Row]]) -> None:
    """Note rows that would name nothing any more."""
    now = {name: table.rows for name, table in edit.tables.items()}
    for each, row in bereft(before, now, edit.references):
        column = each.columns[-1]
        key = ", ".join(edit.tables[each.table].key_of(row))
        edit.problems.append(
            f"seeds/codebook/{each.table}.csv: {key} was written since, but its {column} "
            f"{row[column]} would be removed. Remove the row first."
        )


def _made_from_it(kept: _Kept) -> list[str]:
    """List drafts that were made from a wave which was not in the codebook before."""
    study_id, wave_id = kept.said.get("wave") or (None, None)
    return [
        f"{name} was made from wave {wave_id}. Delete it first; `wavehouse add-wave` makes a new "
        "one."
        for name, draft in all_drafts(kept.project)
        if draft.study == study_id
        and draft.wave != wave_id
        and wave_id in (draft.previous_wave, draft.like, draft.following_wave)
    ]


def _put_back(kept: _Kept, edit: CodebookEdit) -> None:
    moved: list[Path] = []
    changed = [table for table in edit.tables.values() if table.after != table.before]
    for table in changed:
        write_whole(kept.folder / NOW / _name(kept, table.path), table.before)
    begun = {
        "changed": [_name(kept, table.path) for table in changed],
        "removed": [str(path) for path in kept.removed],
    }
    write_whole(kept.folder / UNDOING, json.dumps(begun, indent=2) + "\n")
    try:
        for path in kept.removed:
            if path.exists():
                path.unlink()
            path.parent.mkdir(parents=True, exist_ok=True)
            shutil.move(kept_path(kept.project, kept.folder, path), path)
            moved.append(path)
        write_all(list(edit.tables.values()))
    except BaseException:
        for path in moved:
            shutil.move(path, kept_path(kept.project, kept.folder, path))
        (kept.folder / UNDOING).unlink()
        raise
    drop(kept.folder)


def _by_key(table: EditedTable) -> dict[Key, Row]:
    return {table.key_of(row): row for row in table.rows}


def _keys(keys: Iterable[Key]) -> str:
    named = [", ".join(value for value in key if value) for key in keys]
    more = f" and {len(named) - _MOST_ROWS_NAMED} more" if len(named) > _MOST_ROWS_NAMED else ""
    return "; ".join(named[:_MOST_ROWS_NAMED]) + more


def _name(kept: _Kept, path: Path) -> str:
    return kept.project.relative(path)
