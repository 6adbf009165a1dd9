"""Take a wave out of a study: its rows, its files, and what only it had."""

from collections.abc import Iterable
from dataclasses import dataclass

from wavehouse.codebook.ids import judge_ids
from wavehouse.codebook.tables import Row, wave_number
from wavehouse.errors import WavehouseError
from wavehouse.project import Project
from wavehouse_exchange.landing.landed import wave_folder
from wavehouse_exchange.onboarding.draft import all_drafts, draft_path
from wavehouse_exchange.onboarding.edits import CodebookEdit, begin_edit, done_or_shown
from wavehouse_exchange.onboarding.left_over import LeftOver
from wavehouse_exchange.onboarding.made_with import kept_of_draft
from wavehouse_exchange.onboarding.profile import labels_file, seed_file
from wavehouse_exchange.onboarding.tables import OF_REVIEW

VALIDITY = ("valid_from_wave", "valid_to_wave")


@dataclass(frozen=True)
class _Neighbours:
    """The waves of a study in order, and those before and after the one that goes."""

    study_id: str
    wave_id: str
    numbers: dict[str, int]
    before: str
    after: str


def remove_wave(project: Project, study_id: str, wave_id: str, *, does_it: bool) -> list[str]:
    """Take a wave away, or show what goes.

    Returns:
        what goes and what to do next, one line each.

    Raises:
        WavehouseError: there is no such wave.
        ProblemsError: something else needs the wave; nothing was changed then.
    """
    judge_ids(study_id, wave_id, "No wave was removed:")
    edit = begin_edit(project, f"remove-wave {study_id} {wave_id}")
    _files(edit, study_id, wave_id)
    waves = sorted(
        (row for row in edit.rows("waves") if row["study_id"] == study_id), key=wave_number
    )
    ids = [row["wave_id"] for row in waves]
    if wave_id not in ids:
        edit.problems.clear()
        if not any(path.exists() for path in edit.removed):
            raise WavehouseError(
                f"seeds/codebook/waves.csv: study {study_id} has no wave {wave_id}, and it is not "
                f"being brought in. There are {', '.join(ids) or 'none'}."
            )
        return done_or_shown(edit, does_it)
    if len(ids) == 1:
        edit.problems.append(
            f"seeds/codebook/waves.csv: {wave_id} is the only wave of study {study_id}. Remove "
            f"the whole study with `wavehouse remove-study {study_id}`."
        )
        edit.refuse_problems(f"Wave {wave_id} of study {study_id} stays:")
    place = ids.index(wave_id)
    around = _Neighbours(
        study_id,
        wave_id,
        {row["wave_id"]: wave_number(row) for row in waves},
        ids[place - 1] if place else "",
        ids[place + 1] if place + 1 < len(ids) else "",
    )
    before = edit.copied_rows()
    used = {row["crosswalk_id"] for row in edit.rows("questions") if row["study_id"] == study_id}
    design = waves[place]["design_id"]
    _refuse_what_needs_it(edit, around)
    for table in edit.tables:
        if set(VALIDITY) <= set(edit.tables[table].columns):
            _mend_ranges(edit, table, around)
    _breaks(edit, around)
    _rows_of_the_wave(edit, around)
    _wave_row(edit, around)
    _left_over(edit, study_id, used, design)
    LeftOver(edit, before, "wave", segments_go=False).take_away()
    edit.refuse_problems(f"Wave {wave_id} of study {study_id} stays, because something needs it:")
    return done_or_shown(edit, does_it)


def _files(edit: CodebookEdit, study_id: str, wave_id: str) -> None:
    """Note the files of the wave, and refuse if a draft of another one was made from it."""
    project = edit.project
    seed = seed_file(project, study_id, wave_id)
    edit.removed += [
        seed,
        labels_file(seed),
        wave_folder(project, study_id, wave_id),
        draft_path(project, study_id, wave_id),
        *kept_of_draft(project, study_id, wave_id),
    ]
    for name, draft in all_drafts(project):
        if draft.study == study_id and draft.wave != wave_id:
            edit.problems.append(
                f"{name} was made from the waves as they are now. Apply it first, or give it up "
                f"with `wavehouse remove-wave {study_id} {draft.wave} --apply`."
            )


def _refuse_what_needs_it(edit: CodebookEdit, around: _Neighbours) -> None:
    for reference, row in _naming(edit, around):
        table = edit.tables[reference[0]]
        if reference[1] in table.key or reference in {
            ("breaks", "wave_id"),
            ("waves", "shares_date_with"),
        }:
            continue
        edit.problems.append(
            f"seeds/codebook/{reference[0]}.csv: {', '.join(table.key_of(row))} has "
            f"{reference[1]} {around.wave_id}. Name another wave there, or remove the row."
        )


def _naming(edit: CodebookEdit, around: _Neighbours) -> Iterable[tuple[tuple[str, str], Row]]:
    """Give the rows that name the wave in a column of their own, without ranges."""
    for reference in edit.references:
        if reference.to != "waves" or "wave_id" not in reference.to_columns:
            continue
        own = reference.columns[reference.to_columns.index("wave_id")]
        if own in VALIDITY:
            continue
        for row in edit.rows(reference.table):
            if row["study_id"] == around.study_id and row[own] == around.wave_id:
                yield (reference.table, own), row


def _mend_ranges(edit: CodebookEdit, name: str, around: _Neighbours) -> None:
    """Let ranges that begin or end with the wave begin after or end before it."""
    table = edit.tables[name]
    for place in reversed(table.places({"study_id": around.study_id})):
        row = table.rows[place]
        first, last = (row[column] for column in VALIDITY)
        if around.wave_id not in (first, last):
            continue
        first = around.after if first == around.wave_id else first
        last = around.before if last == around.wave_id else last
        # Nothing is left of a range that was the wave's alone.
        ends = around.numbers.get(last, max(around.numbers.values()) + 1)
        if not first or (row[VALIDITY[1]] and (not last or ends < around.numbers[first])):
            table.remove(place)
        else:
            table.change(place, dict(zip(VALIDITY, (first, last), strict=True)))
    _join_ranges(edit, name, around)


def _join_ranges(edit: CodebookEdit, name: str, around: _Neighbours) -> None:
    """Make one row of two that the wave had parted: they say the same before and after it."""
    table = edit.tables[name]
    if not (around.before and around.after):
        return
    not_compared = (*VALIDITY, *OF_REVIEW)
    where = {"study_id": around.study_id, "valid_from_wave": around.after}
    for place in reversed(table.places(where)):
        later = table.rows[place]
        same = {column: value for column, value in later.items() if column not in not_compared}
        earlier = table.places({**same, "valid_to_wave": around.before})
        if earlier:
            table.change(earlier[0], {"valid_to_wave": later["valid_to_wave"]})
            table.remove(place)


def _breaks(edit: CodebookEdit, around: _Neighbours) -> None:
    """Let breaks begin with the next wave, where the question is another one there."""
    table = edit.tables["breaks"]
    where = {"study_id": around.study_id, "wave_id": around.wave_id}
    for place in reversed(table.places(where)):
        row = table.rows[place]
        variable = row["variable_id"]
        goes_on = variable and any(
            _covers(question, around.before, around) and _covers(question, around.after, around)
            for question in edit.rows("questions")
            if question["study_id"] == around.study_id and question["variable_id"] == variable
        )
        if around.before and around.after and not goes_on:
            table.change(place, {"wave_id": around.after})
            edit.notes.append(
                f"break {row['break_id']} now begins with wave {around.after}. If it concerned "
                f"wave {around.wave_id} alone, remove it from seeds/codebook/breaks.csv."
            )
            continue
        table.remove(place)
        for _, bridge in list(edit.referring("breaks", "break_id", row["break_id"])):
            edit.problems.append(
                f"seeds/codebook/bridges.csv: measure {bridge['measure_id']} is bridged over "
                f"break {row['break_id']}, which is removed with the wave. Remove the row first."
            )
        # The other end of a change that only this wave had.
        edit.remove_rows("breaks", {"break_id": f"{row['break_id']}_ends"})


def _covers(row: Row, wave_id: str, around: _Neighbours) -> bool:
    numbers = around.numbers
    here = numbers.get(wave_id, 0)
    return (
        numbers.get(row["valid_from_wave"], here) <= here <= numbers.get(row["valid_to_wave"], here)
    )


def _rows_of_the_wave(edit: CodebookEdit, around: _Neighbours) -> None:
    for (name, column), row in list(_naming(edit, around)):
        if name not in {"breaks", "waves"} and column in edit.tables[name].key:
            edit.remove_rows(name, row)


def _wave_row(edit: CodebookEdit, around: _Neighbours) -> None:
    """Take the wave's own row away, and close the gap in the numbers."""
    own = {"study_id": around.study_id, "wave_id": around.wave_id}
    shared = next(row for row in edit.rows("waves") if own.items() <= row.items())
    edit.change_rows(
        "waves",
        {"study_id": around.study_id, "shares_date_with": around.wave_id},
        {"shares_date_with": shared["shares_date_with"]},
    )
    edit.remove_rows("waves", own)
    # It would be late from now on.
    edit.remove_rows("field_schedule", own)
    gone = around.numbers[around.wave_id]
    for wave_id, number in around.numbers.items():
        if number > gone:
            where = {"study_id": around.study_id, "wave_id": wave_id}
            edit.change_rows("waves", where, {"wave_number": str(number - 1)})


def _left_over(edit: CodebookEdit, study_id: str, used: set[str], design_id: str) -> None:
    """Take away crosswalks and a design that nothing uses any more."""
    questions = edit.rows("questions")
    still = {row["crosswalk_id"] for row in questions if row["study_id"] == study_id}
    for crosswalk_id in used - still:
        edit.remove_rows("crosswalk", {"study_id": study_id, "crosswalk_id": crosswalk_id})
    if all(row["design_id"] != design_id for row in edit.rows("waves")):
        edit.remove_rows("designs", {"design_id": design_id})
        edit.remove_rows("design_columns", {"design_id": design_id})
