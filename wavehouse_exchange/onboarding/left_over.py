"""What is left over in the codebook when rows went: what named, or made up, only those."""

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass

from wavehouse.codebook.tables import Row
from wavehouse_exchange.onboarding.edits import CodebookEdit, Reference, bereft

# Rows that are part of what they name: they go with it.
_PARTS = frozenset(
    {
        ("design_columns", "designs"),
        ("categories", "code_lists"),
        ("measures", "variables"),
        ("measures", "variable_groups"),
        ("measure_items", "measures"),
        ("association_tests", "measures"),
        ("association_tests", "segments"),
        ("bridges", "breaks"),
        ("bridges", "measures"),
        ("breaks", "variables"),
        ("segment_contrasts", "segments"),
        ("segment_variables", "segments"),
        ("standard_populations", "variables"),
        ("standard_population_shares", "standard_populations"),
        ("derived_sums", "variable_groups"),
    }
)
# Columns in which a measure has what it could lose: it is not part of that.
_ONLY_NAMED = frozenset({"denominator_variable_id"})
# Things that several variables make up together, by the column that says which: they go if all of
# their variables do, and stay a person's business if some do.
_MADE_UP_OF = {
    "variable_group_members": "variable_group_id",
    "base_categories": "base_id",
    "derivations": "variable_id",
}
# Where a row of a table is used. One that was, and is no more, goes.
_USED_IN: dict[tuple[str, str], tuple[tuple[str, str], ...]] = {
    ("variables", "variable_id"): (
        ("questions", "variable_id"),
        ("derivations", "variable_id"),
        ("derived_sums", "variable_id"),
    ),
    ("variable_groups", "variable_group_id"): (("variable_group_members", "variable_group_id"),),
    ("bases", "base_id"): (("base_categories", "base_id"),),
    ("scores", "score_id"): (("measure_items", "score_id"), ("derived_sums", "score_id")),
    ("code_lists", "code_list_id"): (("variables", "code_list_id"),),
    ("weights", "weight_id"): (
        ("design_columns", "weight_id"),
        ("studies", "weight_id"),
        ("measures", "weight_id"),
    ),
}


@dataclass
class LeftOver:
    """What is left over when rows of a codebook went: taken away in turn, until nothing is.

    Attributes:
        edit: the codebook without those rows.
        before: all rows, as they were.
        what: what went: a wave or a study.
        segments_go: whether segments go that have a variable which goes; else they need it.
    """

    edit: CodebookEdit
    before: Mapping[str, list[Row]]
    what: str
    segments_go: bool

    def take_away(self) -> None:
        """Take away what named only what is gone, and note what still needs it."""
        while self._segments() or self._parts() or self._whole_sets() or self._unused():
            pass
        for reference, row in self._lost():
            column = _own_column(reference)
            self.edit.problems.append(
                f"seeds/codebook/{reference.table}.csv: "
                f"{', '.join(self.edit.tables[reference.table].key_of(row))} has {column} "
                f"{row[column]}, which is removed with the {self.what}. Remove the row first, or "
                f"name another {column} there."
            )

    def _lost(self) -> Iterator[tuple[Reference, Row]]:
        """Give the rows that name what is gone."""
        now = {name: table.rows for name, table in self.edit.tables.items()}
        # Who needs a wave itself is known by then.
        named = [reference for reference in self.edit.references if reference.to != "waves"]
        return bereft(self.before, now, named)

    def _segments(self) -> bool:
        """Take away segments one of whose variables is gone: no study has them any more."""
        if not self.segments_go:
            return False
        return self._remove(
            ("segments", segment)
            for reference, row in self._lost()
            if reference.table == "segment_variables"
            for segment in self._rows("segments")
            if segment["segment_id"] == row["segment_id"]
        )

    def _parts(self) -> bool:
        return self._remove(
            (reference.table, row)
            for reference, row in self._lost()
            if (reference.table, reference.to) in _PARTS
            and _own_column(reference) not in _ONLY_NAMED
        )

    def _whole_sets(self) -> bool:
        """Take away sets of rows all of which name what is gone."""
        lost: dict[tuple[str, str], list[Row]] = {}
        for reference, row in self._lost():
            if reference.table in _MADE_UP_OF:
                key = reference.table, row[_MADE_UP_OF[reference.table]]
                lost.setdefault(key, []).append(row)
        return self._remove(
            (table, row)
            for (table, of), rows in lost.items()
            if len(self.edit.tables[table].places({_MADE_UP_OF[table]: of})) == len(rows)
            for row in rows
        )

    def _unused(self) -> bool:
        return self._remove(
            (table, row)
            for (table, column), uses in _USED_IN.items()
            for row in self.edit.rows(table)
            if row[column] in _values(self.before.get, uses)
            and row[column] not in _values(self._rows, uses)
        )

    def _rows(self, table: str) -> list[Row]:
        return self.edit.rows(table)

    def _remove(self, rows: Iterable[tuple[str, Row]]) -> bool:
        found = list(rows)
        return sum(len(self.edit.remove_rows(table, dict(row))) for table, row in found) > 0


def _values(rows: Callable[[str], list[Row] | None], uses: Iterable[tuple[str, str]]) -> set[str]:
    return {row[column] for table, column in uses for row in rows(table) or ()}


def _own_column(reference: Reference) -> str:
    """Give the column in which a row names what it refers to, behind that of the study."""
    return reference.columns[-1] if reference.columns[0] == "study_id" else reference.columns[0]
