"""End the series of a variable in a study, or part it into two variables from a wave on."""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from wavehouse.codebook.tables import Row, wave_number
from wavehouse.errors import WavehouseError
from wavehouse.project import Project
from wavehouse_exchange.onboarding.edits import CodebookEdit, begin_edit, done_or_shown

FROM, TO = "valid_from_wave", "valid_to_wave"
ID = re.compile("[a-z][a-z0-9_]*")
# What goes along with a variable or is made anew for its other half; whatever else names the
# variable is told.
GO_ALONG = {("questions", "variable_id"), ("measures", "variable_id"), ("breaks", "variable_id")}
PARTS_OF_MEASURES = ("measure_items", "association_tests")


@dataclass(frozen=True)
class _Series:
    """The questions of a variable in a study, and the study's waves in order."""

    edit: CodebookEdit
    study_id: str
    variable_id: str
    numbers: dict[str, int]

    def covers(self, row: Row, wave_id: str) -> bool:
        """Whether a row of questions holds in a wave."""
        here = self.numbers[wave_id]
        first = self.numbers.get(row[FROM], here)
        return first <= here <= self.numbers.get(row[TO], here)

    def waves_of(self, rows: Iterable[Row]) -> list[str]:
        """Give the waves in which one of some rows holds."""
        rows = list(rows)
        return [wave for wave in self.numbers if any(self.covers(row, wave) for row in rows)]

    @property
    def where(self) -> Row:
        """What the rows of its questions have."""
        return {"study_id": self.study_id, "variable_id": self.variable_id}

    @property
    def questions(self) -> list[Row]:
        """The rows of its questions."""
        table = self.edit.tables["questions"]
        return [table.rows[place] for place in table.places(self.where)]

    def before(self, wave_id: str) -> str:
        """Give the wave before another one."""
        ids = list(self.numbers)
        return ids[ids.index(wave_id) - 1]

    def cut(self, wave_id: str) -> None:
        """Let no row reach over the beginning of a wave."""
        table = self.edit.tables["questions"]
        last = self.before(wave_id)
        for row in [dict(row) for row in self.questions]:
            if self.covers(row, last) and self.covers(row, wave_id):
                table.change(table.places(row)[0], {TO: last})
                table.add({**row, FROM: wave_id})


def end_series(
    project: Project, study_id: str, variable_id: str, last: str, because: str, *, does_it: bool
) -> list[str]:
    """End a variable with a wave; later columns of it are waived.

    Args:
        project: the project.
        study_id: the study.
        variable_id: the variable.
        last: the last wave that it has.
        because: the reason of the waivers.
        does_it: do it, instead of showing it.

    Returns:
        what changes and what to do next, one line each.

    Raises:
        WavehouseError: there is no such series or wave, or nothing to end.
        ProblemsError: something would lose what it rests on.
    """
    words = f"{study_id} {variable_id} --after {last}"
    series = _series(begin_edit(project, f"end-series {words}"), study_id, variable_id, last)
    edit, ids = series.edit, list(series.numbers)
    asked = series.waves_of(series.questions)
    later = [wave for wave in asked if series.numbers[wave] > series.numbers[last]]
    if not later or later == asked:
        raise WavehouseError(
            f"seeds/codebook/questions.csv: variable {variable_id} of study {study_id} is asked "
            f"in {', '.join(asked)}. Name a wave such that the variable is asked up to it and "
            "after it."
        )
    following = ids[ids.index(last) + 1]
    series.cut(following)
    table = edit.tables["questions"]
    gone = [dict(row) for row in series.questions if series.waves_of([row])[0] in later]
    for row in gone:
        table.remove(table.places(row)[0])
    for row in gone:
        _waive(series, row, because)
        _drop_crosswalk(series, row["crosswalk_id"])
    for row in list(edit.rows("breaks")):
        if series.where.items() <= row.items() and row["wave_id"] in later:
            _remove_break(edit, row)
    _tell(series, f"has nothing of study {study_id} from wave {later[0]} on")
    edit.refuse_problems(f"Variable {variable_id} continues, because something needs it:")
    return done_or_shown(edit, does_it)


def split_series(
    project: Project,
    study_id: str,
    variable_id: str,
    first: str,
    new_id: str,
    label: str,
    *,
    does_it: bool,
) -> list[str]:
    """Make another variable of what a variable is from a wave on.

    Args:
        project: the project.
        study_id: the study.
        variable_id: the variable, which ends with the wave before.
        first: the first wave of the other one.
        new_id: the id of the other one.
        label: its label; empty for that of the variable with the wave behind it.
        does_it: do it, instead of showing it.

    Returns:
        what changes and what to do next, one line each.

    Raises:
        WavehouseError: there is no such series or wave, or nothing to part.
        ProblemsError: the new id cannot be.
    """
    words = f"{study_id} {variable_id} --from {first} --into {new_id}"
    series = _series(begin_edit(project, f"split-series {words}"), study_id, variable_id, first)
    edit, ids = series.edit, list(series.numbers)
    asked = series.waves_of(series.questions)
    later = [wave for wave in asked if series.numbers[wave] >= series.numbers[first]]
    if not later or later == asked or first == ids[0]:
        raise WavehouseError(
            f"seeds/codebook/questions.csv: variable {variable_id} of study {study_id} is asked "
            f"in {', '.join(asked)}. Name a wave such that the variable is asked before it and "
            "from it on."
        )
    _check_id(edit, new_id)
    edit.refuse_problems("Nothing was parted:")
    series.cut(first)
    for row in series.questions:
        if series.waves_of([row])[0] in later:
            table = edit.tables["questions"]
            table.change(table.places(row)[0], {"variable_id": new_id})
    variable = next(row for row in edit.rows("variables") if row["variable_id"] == variable_id)
    label = label or f"{variable['variable_label']} (from {first})"
    edit.tables["variables"].add({**variable, "variable_id": new_id, "variable_label": label})
    copied = _copy_measures(edit, variable, new_id, label, first)
    _part_breaks(series, first, later, new_id, copied)
    _tell(series, f"has nothing of study {study_id} from wave {first} on; add {new_id} if it is to")
    return done_or_shown(edit, does_it)


def _series(edit: CodebookEdit, study_id: str, variable_id: str, wave_id: str) -> _Series:
    waves = sorted(
        (row for row in edit.rows("waves") if row["study_id"] == study_id), key=wave_number
    )
    series = _Series(
        edit, study_id, variable_id, {row["wave_id"]: wave_number(row) for row in waves}
    )
    if wave_id not in series.numbers:
        there = ", ".join(series.numbers) or "none"
        raise WavehouseError(
            f"seeds/codebook/waves.csv: study {study_id} has no wave {wave_id}. There are {there}."
        )
    if not series.questions:
        raise WavehouseError(
            f"seeds/codebook/questions.csv: no question of study {study_id} has variable "
            f"{variable_id}. A derived variable ends, or is split, with its sources."
        )
    return series


def _check_id(edit: CodebookEdit, new_id: str) -> None:
    if not ID.fullmatch(new_id):
        edit.problems.append(
            f"--into {new_id}: ids begin with a small letter, and consist of small letters, "
            "digits and _."
        )
    if any(row["variable_id"] == new_id for row in edit.rows("variables")):
        edit.problems.append(
            f"--into {new_id}: seeds/codebook/variables.csv has that variable. Choose another id."
        )


def _waive(series: _Series, row: Row, because: str) -> None:
    """Waive the column of a question that is no longer asked about, where nothing else uses it."""
    edit, column = series.edit, row["source_column"]
    for wave_id in series.waves_of([row]):
        used = any(
            other["source_column"] == column and series.covers(other, wave_id)
            for other in edit.rows("questions")
            if other["study_id"] == series.study_id
        )
        if used:
            edit.notes.append(f"column {column} of wave {wave_id} stays, for another variable.")
            return
    waiver = {
        "study_id": series.study_id,
        "source_column": column,
        FROM: row[FROM],
        TO: row[TO],
        "waiver_kind": "out_of_scope",
        "reason": because,
        "waived_on": datetime.now().astimezone().date().isoformat(),
    }
    table = edit.tables["waived_columns"]
    table.add({name: value for name, value in waiver.items() if name in table.columns})


def _drop_crosswalk(series: _Series, crosswalk_id: str) -> None:
    """Take a crosswalk away that no question uses any more."""
    used = {
        row["crosswalk_id"]
        for row in series.edit.rows("questions")
        if row["study_id"] == series.study_id
    }
    if crosswalk_id not in used:
        where = {"study_id": series.study_id, "crosswalk_id": crosswalk_id}
        series.edit.remove_rows("crosswalk", where)


def _remove_break(edit: CodebookEdit, row: Row) -> None:
    edit.remove_rows("breaks", {"break_id": row["break_id"]})
    for bridge in edit.remove_rows("bridges", {"break_id": row["break_id"]}):
        edit.notes.append(
            f"the bridge of {bridge['measure_id']} over break {row['break_id']} is removed: there "
            "is no series across it."
        )


def _copy_measures(
    edit: CodebookEdit, variable: Row, new_id: str, label: str, first: str
) -> dict[str, str]:
    """Give the new variable the measures of the old one; give their ids by the old ones."""
    copied = {}
    taken = {row["measure_id"] for row in edit.rows("measures")}
    own = {"variable_id": variable["variable_id"]}
    for row in [dict(row) for row in edit.rows("measures") if own.items() <= row.items()]:
        old_id, old_label = row["measure_id"], variable["variable_label"]
        begins = old_id.startswith(f"{variable['variable_id']}_")
        made = f"{new_id}_{old_id.removeprefix(variable['variable_id'] + '_')}"
        made = made if begins else f"{old_id}_{first}"
        while made in taken:
            made += "_2"
        taken.add(made)
        copied[old_id] = made
        named = (
            row["measure_label"].replace(old_label, label)
            if old_label in row["measure_label"]
            else f"{row['measure_label']} (from {first})"
        )
        edit.tables["measures"].add(
            {**row, "measure_id": made, "measure_label": named, "variable_id": new_id}
        )
        for name in PARTS_OF_MEASURES:
            of_measure = {"measure_id": old_id}
            parts = [dict(part) for part in edit.rows(name) if of_measure.items() <= part.items()]
            for part in parts:
                edit.tables[name].add({**part, "measure_id": made})
    return copied


def _part_breaks(
    series: _Series, first: str, later: list[str], new_id: str, copied: dict[str, str]
) -> None:
    """Take away a break where the variable is parted, and give later ones to the new variable."""
    edit = series.edit
    for row in [dict(row) for row in edit.rows("breaks") if series.where.items() <= row.items()]:
        if series.numbers.get(row["wave_id"], 0) < series.numbers[first]:
            continue
        if series.numbers[row["wave_id"]] <= series.numbers[later[0]]:
            _remove_break(edit, row)
            continue
        edit.change_rows("breaks", {"break_id": row["break_id"]}, {"variable_id": new_id})
        for old_id, made in copied.items():
            where = {"break_id": row["break_id"], "measure_id": old_id}
            edit.change_rows("bridges", where, {"measure_id": made})


def _tell(series: _Series, what: str) -> None:
    """Note what else names the variable, and so ends with it."""
    edit = series.edit
    for reference, row in edit.referring("variables", "variable_id", series.variable_id):
        column = next(own for own in reference.columns if row[own] == series.variable_id)
        if (reference.table, column) not in GO_ALONG:
            key = ", ".join(value for value in edit.tables[reference.table].key_of(row) if value)
            edit.notes.append(
                f"seeds/codebook/{reference.table}.csv: {key} uses {series.variable_id}, and "
                f"{what}."
            )
