"""The codebook's rows by what they are about, so that thousands of variables can be described."""

from collections import defaultdict
from collections.abc import Iterable

from wavehouse.codebook.tables import Codebook, Row, wave_number


class CodebookIndex:
    """Finds rows of the codebook by a column, each table being read through once."""

    def __init__(self, codebook: Codebook) -> None:
        """Take the codebook, whose rows must not change any more."""
        self.codebook = codebook
        self._rows: dict[tuple[str, str], dict[str, list[Row]]] = {}
        self._waves: dict[str, list[Row]] = defaultdict(list)
        for wave in codebook.waves():
            self._waves[wave["study_id"]].append(wave)
        self._numbered = {
            study_id: [(wave["wave_id"], wave_number(wave)) for wave in waves]
            for study_id, waves in self._waves.items()
        }
        self._numbers = {
            (study_id, wave_id): number
            for study_id, waves in self._numbered.items()
            for wave_id, number in waves
        }

    def where(self, table: str, column: str, value: str) -> list[Row]:
        """Give the rows of a table that have a value in a column; none for an empty value."""
        if (table, column) not in self._rows:
            found: dict[str, list[Row]] = defaultdict(list)
            for row in self.codebook.rows(table):
                found[row.get(column, "")].append(row)
            self._rows[table, column] = dict(found)
        return self._rows[table, column].get(value, []) if value else []

    def where_any(self, table: str, column: str, values: Iterable[str]) -> list[Row]:
        """Give the rows of a table that have one of some values in a column."""
        return [row for value in dict.fromkeys(values) for row in self.where(table, column, value)]

    def waves(self, study_id: str) -> list[Row]:
        """Give the waves of a study in their order."""
        return self._waves[study_id]

    def number(self, study_id: str, wave_id: str) -> int | None:
        """Give a wave's place in its study; none, if the study has no such wave."""
        return self._numbers.get((study_id, wave_id))

    def waves_of(self, row: Row) -> list[str]:
        """Give the waves of its study in which a row with a validity holds.

        As in `valid_rows`, a bound that names no wave of the study is open.
        """
        first = self.number(row["study_id"], row["valid_from_wave"])
        last = self.number(row["study_id"], row["valid_to_wave"])
        return [
            wave_id
            for wave_id, number in self._numbered[row["study_id"]]
            if (first is None or first <= number) and (last is None or number <= last)
        ]

    def by_wave(self, rows: Iterable[Row], study_id: str) -> dict[str, list[Row]]:
        """Give those of some rows that hold in each wave of a study."""
        found: dict[str, list[Row]] = defaultdict(list)
        for row in rows:
            if row["study_id"] == study_id:
                for wave_id in self.waves_of(row):
                    found[wave_id].append(row)
        return found

    def label(self, variable_id: str) -> str:
        """Give the label of a variable, or its id where it has none."""
        found = self.where("variables", "variable_id", variable_id)
        return (found and found[0]["variable_label"]) or variable_id

    def code_list(self, variable_id: str) -> str:
        """Give the code list of a variable; an empty text if it has none."""
        found = self.where("variables", "variable_id", variable_id)
        return found[0].get("code_list_id", "") if found else ""

    def members(self, variable_group_id: str) -> list[str]:
        """Give the variables of a group."""
        return [
            row["variable_id"]
            for row in self.where("variable_group_members", "variable_group_id", variable_group_id)
        ]

    def sources(self, variable_id: str) -> list[str]:
        """Give everything that a derived variable is made of, however many steps away."""
        found: dict[str, None] = {}
        open_ends = [variable_id]
        while open_ends:
            here = open_ends.pop()
            direct = [
                row["source_variable_id"] for row in self.where("derivations", "variable_id", here)
            ]
            for row in self.where("derived_sums", "variable_id", here):
                direct += self.members(row["variable_group_id"])
            new = [each for each in dict.fromkeys(direct) if each not in found]
            found.update(dict.fromkeys(new))
            open_ends += new
        return list(found)
