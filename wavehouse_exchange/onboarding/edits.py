"""Changes of the codebook by a command: shown first, made as a whole or not at all, taken back.

What a command replaces or takes away is kept in `.wavehouse/edits/`, a folder for each command.
`wavehouse undo` puts it back.
"""

import gzip
import hashlib
import json
import shutil
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from wavehouse.codebook.ids import inside
from wavehouse.codebook.tables import DESCRIPTIONS, Row
from wavehouse.errors import ProblemsError
from wavehouse.locks import if_free, only_one
from wavehouse.migrations.codebook_state import refuse_other_versions
from wavehouse.project import Project
from wavehouse.writing import explained, write_whole
from wavehouse.yaml_files import read_yaml
from wavehouse_exchange.onboarding.draft import forget_kept
from wavehouse_exchange.onboarding.tables import EditedTable, write_all

SAID = "edit.json"
# There as long as a command works: what it moves and changes, should it be killed.
UNFINISHED = "unfinished.json"
# The same of an undo, which keeps the tables as they were before it in this folder.
UNDOING, NOW = "undoing.json", "now"
DONE = ".done"
# What belongs to the commands, and is not the project's.
_OWN = ".wavehouse"
# Of each table, in what is shown.
MOST_ROWS_SHOWN = 12
NOTHING_DONE = "Nothing was changed. The same command with --apply does it."


@dataclass(frozen=True)
class Reference:
    """Columns of a table that name a row of another one."""

    table: str
    columns: tuple[str, ...]
    to: str
    to_columns: tuple[str, ...]


@dataclass
class CodebookEdit:
    """The codebook's tables in memory, and what else a command does.

    `removed` are files and folders that go, `notes` what a person must know or do, `problems` why
    it cannot be done, and `about` is what whoever takes it back has to know.
    """

    project: Project
    command: str
    tables: dict[str, EditedTable]
    references: list[Reference]
    removed: list[Path] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    problems: list[str] = field(default_factory=list)
    about: dict[str, Any] = field(default_factory=dict)

    def rows(self, table: str) -> list[Row]:
        """Give the rows of a table as they are to be; none where there is no such table."""
        return self.tables[table].rows if table in self.tables else []

    def copied_rows(self) -> dict[str, list[Row]]:
        """Give a copy of all rows as they are now, by table."""
        return {name: [dict(row) for row in table.rows] for name, table in self.tables.items()}

    def remove_rows(self, table: str, where: Row) -> list[Row]:
        """Take away the rows with these values, and give them."""
        found = self.tables[table].places(where) if table in self.tables else []
        gone = [self.tables[table].rows[place] for place in found]
        for place in reversed(found):
            self.tables[table].remove(place)
        return gone

    def change_rows(self, table: str, where: Row, values: Row) -> int:
        """Change the rows with these values, and say how many there are."""
        found = self.tables[table].places(where) if table in self.tables else []
        for place in found:
            self.tables[table].change(place, values)
        return len(found)

    def referring(self, to: str, column: str, value: str) -> Iterator[tuple[Reference, Row]]:
        """Give the rows of other tables that name a row of a table by one of its columns."""
        for reference in self.references:
            if reference.to != to or column not in reference.to_columns:
                continue
            own = reference.columns[reference.to_columns.index(column)]
            for row in self.rows(reference.table):
                if row.get(own) == value:
                    yield reference, row

    def refuse_problems(self, why: str) -> None:
        """Stop where the command cannot be done.

        Raises:
            ProblemsError: it cannot.
        """
        if self.problems:
            raise ProblemsError(why, self.problems)

    def shown(self) -> list[str]:
        """Say what changes, row by row."""
        lines = []
        for name, table in self.tables.items():
            before = EditedTable(table.path, table.key).rows if table.after != table.before else []
            if not before and table.after == table.before:
                continue
            lines.append(f"seeds/codebook/{name}.csv")
            gone, new = _left(before, table.rows), _left(table.rows, before)
            changed = [f"  - {_said(row)}" for row in gone] + [f"  + {_said(row)}" for row in new]
            lines += changed[:MOST_ROWS_SHOWN]
            if len(changed) > MOST_ROWS_SHOWN:
                lines.append(f"  and {len(changed) - MOST_ROWS_SHOWN} more")
        lines += [
            f"{self.project.relative(path)} goes"
            for path in self.removed
            if path.exists() and not is_own(self.project, path)
        ]
        return lines + [f"Note: {note}" for note in self.notes]

    def write(self) -> list[str]:
        """Do it, and keep what was there before.

        Returns:
            what was done, one line each.

        Raises:
            WavehouseError: it cannot be written; then everything is as it was.
        """
        shown = self.shown()
        kept = self.do()
        return [
            *shown,
            f"The files as they were are kept in {self.project.relative(kept)}; `wavehouse undo` "
            "puts them back.",
        ]

    def do(self) -> Path:
        """Do it, and keep what was there before; give the place of that.

        Raises:
            WavehouseError: it cannot be written; then everything is as it was.
        """
        kept = _next_place(self.project, self.command)
        with alone(self.project), explained(self.project.seeds):
            changed = [table for table in self.tables.values() if table.after != table.before]
            gone = [path for path in self.removed if path.exists()]
            moved: list[Path] = []
            try:
                for table in changed:
                    write_whole(kept_path(self.project, kept, table.path), table.before)
                    after = gzip.compress(table.after, mtime=0)
                    write_whole(path_after(self.project, kept, table.path), after)
                begun = {
                    "changed": [self.project.relative(table.path) for table in changed],
                    "removed": [str(path) for path in gone],
                }
                write_whole(kept / UNFINISHED, json.dumps(begun, indent=2) + "\n")
                for path in gone:
                    place = kept_path(self.project, kept, path)
                    place.parent.mkdir(parents=True, exist_ok=True)
                    # The landing folder may be on another disk.
                    shutil.move(path, place)
                    moved.append(path)
                write_whole(
                    kept / SAID,
                    json.dumps(
                        {
                            "command": self.command,
                            "made_at": datetime.now(UTC).isoformat(timespec="seconds"),
                            "changed": {
                                self.project.relative(table.path): sha_of(table.after)
                                for table in changed
                            },
                            "removed": [self.project.relative(path) for path in gone],
                            **self.about,
                        },
                        indent=2,
                    )
                    + "\n",
                )
                write_all(changed)
                (kept / UNFINISHED).unlink()
            except BaseException:
                for path in moved:
                    shutil.move(kept_path(self.project, kept, path), path)
                shutil.rmtree(kept, ignore_errors=True)
                raise
        for path in gone:
            _remove_if_empty(path.parent)
            if path.parent.name == "drafts" and path.suffix == ".yml":
                forget_kept(path)
        return kept


def heal(project: Project) -> None:
    """Take back what a command had begun when it was killed, unless one is at work."""
    if not _edits(project).is_dir():
        return
    with if_free(_lock(project)) as is_free:
        if is_free:
            take_back_unfinished(project)


def take_back_unfinished(project: Project) -> None:
    """Do so; only for the holder of the lock."""
    for rest in _edits(project).glob(f".*{DONE}"):
        shutil.rmtree(rest)
    for kept in kept_commands(project):
        if (kept / UNDOING).is_file():
            _take_back_undo(project, kept)
        if not (kept / UNFINISHED).is_file():
            continue
        begun = json.loads((kept / UNFINISHED).read_text(encoding="utf-8"))
        with explained(project.root):
            for name in begun["removed"]:
                path = Path(name)
                moved = kept_path(project, kept, path)
                if moved.exists() and not path.exists():
                    path.parent.mkdir(parents=True, exist_ok=True)
                    shutil.move(moved, path)
            for name in begun["changed"]:
                path = project.root / name
                write_whole(path, kept_path(project, kept, path).read_bytes())
            drop(kept)


def _take_back_undo(project: Project, kept: Path) -> None:
    """Let all be as before an undo that was killed, so that it can be run again."""
    begun = json.loads((kept / UNDOING).read_text(encoding="utf-8"))
    with explained(project.root):
        for name in begun["removed"]:
            path = Path(name)
            moved = kept_path(project, kept, path)
            if path.exists() and not moved.exists():
                shutil.move(path, moved)
        for name in begun["changed"]:
            write_whole(project.root / name, (kept / NOW / name).read_bytes())
        (kept / UNDOING).unlink()


def drop(kept: Path) -> None:
    """Remove what is kept of a command, in one step for whoever looks for it."""
    done = kept.with_name(f".{kept.name}{DONE}")
    kept.rename(done)
    shutil.rmtree(done)


def begin_edit(project: Project, command: str) -> CodebookEdit:
    """Read the codebook's tables to change them; what a killed command had begun is taken back.

    Raises:
        WavehouseError: the codebook is of another version, or a table cannot be read.
    """
    refuse_other_versions(project)
    heal(project)
    tables, references = {}, []
    for seed in read_yaml(project.codebook / DESCRIPTIONS)["seeds"]:
        path = project.codebook / f"{seed['name']}.csv"
        if not path.is_file():
            continue
        inside(project.root, path, project.relative(path))
        about: dict[str, Any] = seed["config"]["meta"]
        tables[seed["name"]] = EditedTable(path, about["primary_key"])
        references += [
            Reference(seed["name"], tuple(key["columns"]), key["to"], tuple(key["to_columns"]))
            for key in about.get("foreign_keys", [])
        ]
    return CodebookEdit(project, command, tables, references)


def bereft(
    before: Mapping[str, Sequence[Row]],
    now: Mapping[str, Sequence[Row]],
    references: Sequence[Reference],
) -> Iterator[tuple[Reference, Row]]:
    """Give the rows that name a row of another table which was there before, and is not now.

    Args:
        before: the rows of the codebook as they were, by table.
        now: the rows as they are to be.
        references: which columns name rows.
    """
    gone: dict[tuple[str, tuple[str, ...]], set[tuple[str, ...]]] = {}
    for each in references:
        columns = each.to_columns
        known = gone.get((each.to, columns))
        if known is None:
            were, are = (
                {tuple(row[column] for column in columns) for row in rows.get(each.to, ())}
                for rows in (before, now)
            )
            known = gone[each.to, columns] = were - are
        if known:
            for row in now.get(each.table, ()):
                if tuple(row[column] for column in each.columns) in known:
                    yield each, row


def done_or_shown(edit: CodebookEdit, does_it: bool) -> list[str]:
    """Make an edit, or say what it would do."""
    if does_it:
        return [*edit.write(), "Next: make"]
    return [*edit.shown(), NOTHING_DONE]


def _said(row: Row) -> str:
    return ", ".join(value for value in row.values() if value)


def _left(rows: list[Row], without: list[Row]) -> list[Row]:
    """Give the rows that are not among others, each as often as it stands there too much."""
    counts = Counter(tuple(row.values()) for row in without)
    found = []
    for row in rows:
        values = tuple(row.values())
        if counts[values]:
            counts[values] -= 1
        else:
            found.append(row)
    return found


def _edits(project: Project) -> Path:
    return project.root / _OWN / "edits"


@contextmanager
def alone(project: Project) -> Iterator[None]:
    """Let no other command change the codebook in the block."""
    with only_one(_lock(project), "change of the codebook"):
        yield


def _lock(project: Project) -> Path:
    return project.root / _OWN / "lock"


def is_own(project: Project, path: Path) -> bool:
    """Whether a file belongs to the commands, and is nothing that a user has to know of."""
    return path.is_relative_to(project.root / _OWN)


def kept_commands(project: Project) -> list[Path]:
    """Give the folders of kept edits, the oldest first."""
    folder = _edits(project)
    found = folder.iterdir() if folder.is_dir() else ()
    return sorted(place for place in found if place.name[:6].isdecimal())


def _next_place(project: Project, command: str) -> Path:
    places = kept_commands(project)
    number = int(places[-1].name[:6]) + 1 if places else 1
    return _edits(project) / f"{number:06d}-{command.split()[0]}"


def kept_path(project: Project, kept: Path, path: Path) -> Path:
    """Give the place of what a file or folder of the project was before a kept command."""
    inside_it = path.is_relative_to(project.root)
    return kept / (
        Path("before") / path.relative_to(project.root)
        if inside_it
        else Path("outside") / path.relative_to(path.anchor)
    )


def path_after(project: Project, kept: Path, path: Path) -> Path:
    """Give the place of what a kept command made of a file, compressed."""
    return kept / "after" / f"{project.relative(path)}.gz"


def sha_of(content: bytes) -> str:
    """Give the checksum of a file's content."""
    return hashlib.sha256(content).hexdigest()


def _remove_if_empty(folder: Path) -> None:
    """Remove a folder with nothing in it but the lock of a landing."""
    if folder.is_dir() and all(path.suffix == ".lock" for path in folder.iterdir()):
        shutil.rmtree(folder, ignore_errors=True)
