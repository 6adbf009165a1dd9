"""Codebook files that are changed row by row, every other line left as it is."""

import csv
from io import StringIO
from pathlib import Path

from wavehouse.codebook.tables import Row
from wavehouse.errors import WavehouseError
from wavehouse.writing import explained, write_whole

Key = tuple[str, ...]

# Who looked at a row and when: it makes no other row.
OF_REVIEW = ("reviewed_by", "reviewed_on", "waived_on")


class EditedTable:
    """One CSV file in memory. Rows that are not touched keep their quotes and line ends."""

    def __init__(self, path: Path, key: list[str], content: bytes | None = None) -> None:
        """Read the file.

        Args:
            path: the file.
            key: the columns of its primary key.
            content: what is taken for its content, if not what it holds now.
        """
        self.path = path
        self.key = key
        self.before = path.read_bytes() if content is None else content
        text = self.before.decode("utf-8-sig")
        self.line_end = "\r\n" if "\r\n" in text else "\n"
        self.mark = "\ufeff" if self.before.startswith(b"\xef\xbb\xbf") else ""
        records = _records(text)
        self.header = records[0]
        self.columns = next(csv.reader([self.header]))
        self.texts: list[str | None] = []
        self.rows: list[Row] = []
        for number, record in enumerate(records[1:], start=1):
            values = next(csv.reader(StringIO(record, newline="")))
            if len(values) != len(self.columns):
                raise WavehouseError(
                    f"seeds/codebook/{path.name}, row {number}: {len(values)} values where the "
                    f"header has {len(self.columns)} columns. Repair the line."
                )
            self.texts.append(record)
            self.rows.append(dict(zip(self.columns, values, strict=True)))
        # Rows by their key, and beginnings of rows: a draft adds thousands.
        self._by_key = {self.key_of(row): row for row in reversed(self.rows)}
        self._beginnings = {each for row in self.rows for each in self._beginnings_of(row)}

    def key_of(self, row: Row) -> Key:
        """Give the primary key of a row."""
        return tuple(row.get(column, "") for column in self.key)

    def add(self, row: Row) -> None:
        """Add a row behind those that it belongs to; the same row again changes nothing.

        Raises:
            WavehouseError: another row has its key, or it has a column that the table has not.
        """
        unknown = [column for column in row if column not in self.columns]
        if unknown:
            raise WavehouseError(
                f"seeds/codebook/{self.path.name}: there is no column {', '.join(unknown)}. "
                "Correct the row in the draft."
            )
        full = {column: str(row.get(column) or "") for column in self.columns}
        there = self._by_key.get(self.key_of(full))
        if there is not None:
            other = [
                column
                for column in self.columns
                if there[column] != full[column] and column not in OF_REVIEW
            ]
            if not other:
                return
            raise WavehouseError(
                f"seeds/codebook/{self.path.name}: a row {', '.join(self.key_of(full))} exists "
                f"already, with another {', '.join(other)}. Change the id in the draft, or remove "
                "the row from it."
            )
        place = self._place(full)
        self.rows.insert(place, full)
        self.texts.insert(place, None)
        self._remember(full)

    def change(self, place: int, values: Row) -> None:
        """Change values of one row."""
        if any(self.rows[place][column] != str(value) for column, value in values.items()):
            row = self.rows[place]
            self._forget(row)
            row |= {column: str(value) for column, value in values.items()}
            self.texts[place] = None
            self._remember(row)

    def remove(self, place: int) -> None:
        """Take one row away."""
        self._forget(self.rows[place])
        del self.rows[place]
        del self.texts[place]

    def places(self, where: Row) -> list[int]:
        """Find the rows that have these values."""
        return [
            place
            for place, row in enumerate(self.rows)
            if all(row.get(column) == str(value) for column, value in where.items())
        ]

    def _forget(self, row: Row) -> None:
        if self._by_key.get(self.key_of(row)) is row:
            del self._by_key[self.key_of(row)]

    def _remember(self, row: Row) -> None:
        self._by_key.setdefault(self.key_of(row), row)
        self._beginnings.update(self._beginnings_of(row))

    def _beginnings_of(self, row: Row) -> list[Key]:
        """Give the first one, two and three values of a row."""
        leading = [row[column] for column in self.columns[:3]]
        return [tuple(leading[:width]) for width in range(1, len(leading) + 1)]

    def _place(self, row: Row) -> int:
        """Find the place behind the last row that shares most of the leading columns."""
        for beginning in reversed(self._beginnings_of(row)):
            if beginning not in self._beginnings:
                continue
            leading = dict(zip(self.columns, beginning, strict=False))
            for place in range(len(self.rows) - 1, -1, -1):
                there = self.rows[place]
                if all(there[column] == value for column, value in leading.items()):
                    return place + 1
        return len(self.rows)

    @property
    def changed_rows(self) -> list[Row]:
        """The rows that are new or changed."""
        pairs = zip(self.texts, self.rows, strict=True)
        return [row for text, row in pairs if text is None]

    @property
    def after(self) -> bytes:
        """The whole file as it is to be."""
        parts = [self.mark, self.header]
        for text, row in zip(self.texts, self.rows, strict=True):
            if text is not None:
                if not parts[-1].endswith("\n"):
                    parts.append(self.line_end)
                parts.append(text)
                continue
            made = StringIO(newline="")
            csv.writer(made, lineterminator=self.line_end).writerow(
                [row[column] for column in self.columns]
            )
            if not parts[-1].endswith("\n"):
                parts.append(self.line_end)
            parts.append(made.getvalue())
        return "".join(parts).encode("utf-8")


def write_all(tables: list[EditedTable]) -> list[str]:
    """Write all changed tables or none, and give the names of those that changed."""
    changed = [table for table in tables if table.after != table.before]
    # Whole beside their places first: a disk that is full is full before anything has changed.
    beside = {table: table.path.with_name(f".{table.path.name}.new") for table in changed}
    replaced: list[EditedTable] = []
    try:
        for table, path in beside.items():
            write_whole(path, table.after)
        for table, path in beside.items():
            with explained(table.path):
                path.replace(table.path)
            replaced.append(table)
    except BaseException:
        for table in replaced:
            write_whole(table.path, table.before)
        raise
    finally:
        for path in beside.values():
            path.unlink(missing_ok=True)
    return [table.path.name for table in changed]


def _records(text: str) -> list[str]:
    """Cut a CSV text into records, which may go over several lines within quotes."""
    records, held = [], ""
    # splitlines() would also cut at characters that are no line ends in CSV.
    for line in StringIO(text, newline="\n"):
        held += line
        if held.count('"') % 2 == 0:
            records.append(held)
            held = ""
    return [*records, held] if held else records
