"""The tables of a codebook in memory, as editors leave them, for migrations to change."""

import csv
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from io import StringIO

from wavehouse.errors import WavehouseError

Row = dict[str, str]
# How columns end whose cells are names or numbers, around which a blank means nothing.
NAMES = ("_id", "_kind", "_code", "_role", "_grain", "_method", "_factor", "position", "score")


@dataclass
class Table:
    """A table: its columns in their order, its rows, and how its file is written.

    Columns that the codebook does not know, such as somebody's notes, are kept.
    """

    columns: list[str]
    rows: list[Row] = field(default_factory=list)
    line_end: str = "\n"
    mark: str = ""

    def add_column(self, column: str, before: str | None = None) -> None:
        """Add a column, before another one where that is there, or as the last; cells are empty."""
        if column not in self.columns:
            place = self.columns.index(before) if before in self.columns else len(self.columns)
            self.columns.insert(place, column)
        for row in self.rows:
            row.setdefault(column, "")

    def extend(self, rows: Iterable[Mapping[str, str]]) -> None:
        """Add rows; cells that they leave out are empty, columns that are not there are added."""
        for row in rows:
            for column in row:
                self.add_column(column)
            self.rows.append({column: row.get(column, "") for column in self.columns})

    def content(self) -> bytes:
        """Give the file."""
        stream = StringIO(newline="")
        writer = csv.DictWriter(stream, self.columns, restval="", lineterminator=self.line_end)
        writer.writeheader()
        writer.writerows(self.rows)
        return (self.mark + stream.getvalue()).encode()


def read_table(name: str, content: bytes) -> Table:
    """Read a table; blank lines go, and blanks around names.

    Args:
        name: the file, as messages name it.
        content: what is in it.

    Raises:
        WavehouseError: it is no UTF-8, or a line is not as wide as the header.
    """
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise WavehouseError(f"{name} is not UTF-8. Save it as UTF-8, then migrate.") from error
    reader = csv.reader(StringIO(text, newline=""))
    columns: list[str] = []
    rows: list[Row] = []
    for values in reader:
        if not any(value.strip() for value in values):
            continue
        if not columns:
            columns = [value.strip() for value in values]
            continue
        if len(values) != len(columns):
            raise WavehouseError(
                f"{name}, line {reader.line_num}: {len(values)} values where the header has "
                f"{len(columns)} columns. Repair the line, then migrate."
            )
        rows.append(
            {
                column: value.strip() if _is_name(column) else value
                for column, value in zip(columns, values, strict=True)
            }
        )
    return Table(
        columns,
        rows,
        "\r\n" if b"\r\n" in content else "\n",
        "\ufeff" if content.startswith(b"\xef\xbb\xbf") else "",
    )


def _is_name(column: str) -> bool:
    """Tell whether a column has names and numbers; texts for readers keep their blanks."""
    return column.endswith(NAMES)


class Tables:
    """All tables of a codebook. Those that no migration asks for stay as they are, byte for byte.

    `library` has tables that come with the warehouse, by the name that they have in the codebook;
    migrations only read them.
    """

    def __init__(self, files: Mapping[str, bytes], library: Mapping[str, bytes]) -> None:
        """Take the files by the name of their table."""
        self._files = dict(files)
        self._tables: dict[str, Table] = {}
        self.library = {
            name: read_table(f"seeds/library/library_{name}.csv", content)
            for name, content in library.items()
        }

    def __contains__(self, name: str) -> bool:
        """Tell whether there is such a table."""
        return name in self._tables or name in self._files

    def __getitem__(self, name: str) -> Table:
        """Give a table.

        Raises:
            WavehouseError: there is none, or it cannot be read.
        """
        if name not in self._tables:
            if name not in self._files:
                raise WavehouseError(
                    f"seeds/codebook/{name}.csv is missing, so the codebook cannot be migrated. "
                    "Put the file back, with at least a header."
                )
            self._tables[name] = read_table(f"seeds/codebook/{name}.csv", self._files[name])
        return self._tables[name]

    def __setitem__(self, name: str, table: Table) -> None:
        """Put a table in place."""
        self._tables[name] = table

    def take(self, name: str) -> Table:
        """Give a table and remove it."""
        table = self[name]
        del self._tables[name]
        self._files.pop(name, None)
        return table

    def files(self) -> dict[str, bytes]:
        """Give all files by the name of their table, those that were asked for written again."""
        return {
            **self._files,
            **{name: table.content() for name, table in self._tables.items()},
        }
