"""Take a study out of the project: its rows, its files, and what only it had."""

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass

from wavehouse.codebook import Row
from wavehouse.errors import ProblemsError, WavehouseError
from wavehouse.generate import generate
from wavehouse.ids import judge_ids
from wavehouse.onboarding.draft import all_drafts, draft_path
from wavehouse.onboarding.edits import (
    CodebookEdit,
    Reference,
    begin_edit,
    bereft,
    done_or_shown,
)
from wavehouse.onboarding.made_with import kept_of_draft
from wavehouse.project import Project

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
        # A segment needs all of its variables, so no other study has it.
        ("segment_variables", "variables"),
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


def remove_study(project: Project, study_id: str, *, does_it: bool) -> list[str]:
    """Take a study away, or show what goes.

    Returns:
        what goes and what to do next, one line each.

    Raises:
        WavehouseError: there is no such study.
        ProblemsError: something else needs what only it has; nothing was changed then.
    """
    judge_ids(study_id, None, "No study was removed:")
    edit = begin_edit(project, f"remove-study {study_id}")
    waves = [row["wave_id"] for row in edit.rows("waves") if row["study_id"] == study_id]
    drafts = [draft for _, draft in all_drafts(project) if draft.study == study_id]
    edit.removed += [project.waves / study_id, project.landing / study_id]
    for wave_id in dict.fromkeys([*waves, *(draft.wave for draft in drafts)]):
        edit.removed += [
            draft_path(project, study_id, wave_id),
            *kept_of_draft(project, study_id, wave_id),
        ]
    there = [row["study_id"] for row in edit.rows("studies")]
    if study_id not in there and not any(path.exists() for path in edit.removed):
        raise WavehouseError(
            f"seeds/codebook/studies.csv: there is no study {study_id}, and it is not being "
            f"brought in. There are {', '.join(there) or 'none'}."
        )
    before = {name: [dict(row) for row in table.rows] for name, table in edit.tables.items()}
    for table in edit.tables:
        edit.remove_rows(table, {"study_id": study_id})
    _Left(edit, before).take_away()
    gone = {row["variable_id"] for row in before.get("variables", ())}
    gone -= {row["variable_id"] for row in edit.rows("variables")}
    edit.problems += _used_by_drafts(project, study_id, gone)
    edit.refuse_problems(f"Study {study_id} stays, since something needs what only it has:")
    edit.about = {"generates": True}
    lines = done_or_shown(edit, does_it)
    if not does_it:
        return lines
    return [*lines[:-1], *generated_anew(project), lines[-1]]


def generated_anew(project: Project) -> list[str]:
    """Bring generated files up to date, where the codebook lets that be; say which changed."""
    try:
        return generate(project)
    except ProblemsError as error:
        return [f"Generated files are as they were, since {error}"]


@dataclass
class _Left:
    """What is left over when rows of a codebook went: taken away in turn, until nothing is."""

    edit: CodebookEdit
    before: Mapping[str, list[Row]]

    def take_away(self) -> None:
        """Take away what named only what is gone, and note what still needs it."""
        while self._segments() or self._parts() or self._whole_sets() or self._unused():
            pass
        for reference, row in self._lost():
            column = _own_column(reference)
            self.edit.problems.append(
                f"seeds/codebook/{reference.table}.csv: "
                f"{', '.join(self.edit.tables[reference.table].key_of(row))} has {column} "
                f"{row[column]}, which goes with the study. Take the row out first, or name "
                "another one there."
            )

    def _lost(self) -> Iterator[tuple[Reference, Row]]:
        """Give the rows that name what is gone."""
        now = {name: table.rows for name, table in self.edit.tables.items()}
        return bereft(self.before, now, self.edit.references)

    def _segments(self) -> bool:
        """Take away segments one of whose variables is gone."""
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


def _used_by_drafts(project: Project, study_id: str, variables: set[str]) -> list[str]:
    """List drafts of other studies whose rows name variables that go."""
    problems = []
    for name, draft in all_drafts(project):
        if draft.study == study_id:
            continue
        used = {
            row["variable_id"]
            for proposal in draft.proposals
            for change in proposal.changes
            for row in (change.get("add", {}), change.get("where", {}), change.get("version", {}))
            if row.get("variable_id") in variables
        }
        # What it would make itself is its own.
        used -= {
            change["add"]["variable_id"]
            for proposal in draft.proposals
            for change in proposal.changes
            if change.get("table") == "variables" and "add" in change
        }
        problems += [
            f"{name}: it has variable {variable}, which goes with the study. Apply it first, or "
            f"give it up with `wavehouse remove-wave {draft.study} {draft.wave} --apply`."
            for variable in sorted(used)
        ]
    return problems
