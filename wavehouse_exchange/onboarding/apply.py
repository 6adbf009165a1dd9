"""Write the decided proposals of a draft into the codebook."""

import re
from collections.abc import Container
from datetime import datetime
from typing import Any

from wavehouse.codebook.crosswalk_codes import codes_that_stand_twice
from wavehouse.codebook.csv_files import read_csv
from wavehouse.codebook.id_problems import id_problems
from wavehouse.codebook.ids import inside, shown
from wavehouse.codebook.tables import DESCRIPTIONS, Codebook, Row, wave_number
from wavehouse.errors import ProblemsError, WavehouseError
from wavehouse.migrations.codebook_state import refuse_other_versions
from wavehouse.project import Project
from wavehouse.yaml_files import read_yaml
from wavehouse_exchange.onboarding.between import WaveInPlace
from wavehouse_exchange.onboarding.draft import (
    ACCEPT,
    OPEN,
    REJECT,
    TO_FILL_IN,
    Draft,
    Proposal,
    draft_path,
    read_draft,
)
from wavehouse_exchange.onboarding.edits import CodebookEdit, heal
from wavehouse_exchange.onboarding.later_variable import leave_out
from wavehouse_exchange.onboarding.left_out import leave_out_waived
from wavehouse_exchange.onboarding.reviewer import reviewer, with_review
from wavehouse_exchange.onboarding.tables import EditedTable

# Rejected without rows of its own, such a proposal leaves something that the build cannot pass.
_LEFT_BY_REJECTION = {
    "dropped_column": (
        "is declared, but not delivered. End its rows in questions.csv, or deliver it"
    ),
    "design_column_missing": "is declared in design_columns.csv, but not delivered",
    "renamed_column": "is not declared, and its former column is not delivered",
    "same_answers": (
        "has codes whose labels changed under one row. End their rows in crosswalk.csv"
    ),
    "same_wording": "has labels that drift reports. Waive them in drift_waivers.csv",
    "waiver_expired": "has a waiver for another label. End the waiver in waived_columns.csv",
    "code_added": "has a code that no crosswalk row maps. Add the row to crosswalk.csv",
    "code_respelled": "has a code that no crosswalk row maps. Add the row to crosswalk.csv",
    "new_missing_code": "has a missing code that no crosswalk row maps. Add it to crosswalk.csv",
}


def apply_draft(
    project: Project, study_id: str, wave_id: str, named: str | None = None
) -> list[str]:
    """Write the rows of the decided proposals, and remove the draft.

    Args:
        project: the project.
        study_id: the study.
        wave_id: the wave.
        named: who decided, as rows of the crosswalk keep it; None: as `reviewer` finds out.

    Returns:
        the lines to tell the user: the tables that changed, and what rejections leave to do.

    Raises:
        WavehouseError: there is no draft, or the codebook is of another version.
        ProblemsError: something is open, or a row cannot be written. Nothing was written then.
    """
    refuse_other_versions(project)
    heal(project)
    path = draft_path(project, study_id, wave_id)
    if not path.is_file() and _is_declared(project, study_id, wave_id):
        return [
            f"Wave {wave_id} of study {study_id} is in the codebook already; there is nothing "
            "to do."
        ]
    draft = read_draft(project, study_id, wave_id)
    _refuse_undecided(project.relative(path), draft)
    tables = _edited(project)
    decisions = {proposal.id: proposal.decision for proposal in draft.proposals}
    problems = _make_all(tables, draft, decisions, reviewer(project, named))
    problems = problems or [
        *_bad_ids(tables, _patterns(project)),
        *codes_that_stand_twice({name: table.rows for name, table in tables.items()}),
    ]
    if problems:
        raise ProblemsError("Nothing was written, because some rows cannot be:", problems)
    left_out = leave_out_waived(project, study_id, wave_id, draft.delivered_as, tables)
    changed = [table.path.name for table in tables.values() if table.after != table.before]
    _keep_and_write(project, draft, tables, left_out)
    lines = [f"Changed seeds/codebook/{name}" for name in changed]
    lines.append("`wavehouse undo` undoes this.")
    if left_out:
        lines.append(f"Removed from the delivered files: {', '.join(left_out)}")
    lines += [
        f"Still to do: {proposal.subject} {_LEFT_BY_REJECTION[proposal.kind]}."
        for proposal in draft.proposals
        if _leaves_something(proposal, decisions)
    ]
    return lines


def _keep_and_write(
    project: Project, draft: Draft, tables: dict[str, EditedTable], left_out: list[str]
) -> None:
    """Write the tables and take the draft away, so that both can be put back."""
    words = f"{draft.study} {draft.wave}"
    edit = CodebookEdit(project, f"apply {words}", tables, [])
    edit.removed = [draft_path(project, draft.study, draft.wave)]
    edit.about = {"wave": [draft.study, draft.wave], "next": f"wavehouse review {words}"}
    if left_out:
        # What tells who somebody is is kept nowhere, so it cannot be put back.
        is_new = any(proposal.kind == "study" for proposal in draft.proposals)
        command = "new-study" if is_new else "add-wave"
        edit.about["afterwards"] = [
            f"{', '.join(left_out)} are left out of the landed files, because they are not kept. "
            f"`wavehouse {command} {words} FILE... --replace` lands them again."
        ]
    edit.do()


def rows_if_accepted(
    project: Project, draft: Draft, rejected: Container[str] = frozenset()
) -> Codebook:
    """Give the codebook as it would be if everything in a draft were accepted; nothing is written.

    Rows that cannot be made are left out: applying the draft tells of them.

    Args:
        project: the project.
        draft: the draft.
        rejected: ids of proposals that are taken as rejected.
    """
    tables = _edited(project)
    decisions = {p.id: REJECT if p.id in rejected else ACCEPT for p in draft.proposals}
    _make_all(tables, draft, decisions, "")
    library = {
        path.stem: read_csv(path, keep_rows=True).rows for path in project.library.glob("*.csv")
    }
    return Codebook({**library, **{name: table.rows for name, table in tables.items()}})


def _make_all(
    tables: dict[str, EditedTable], draft: Draft, decisions: dict[str, str], who: str
) -> list[str]:
    """Make the changes of a draft in the tables, and list those that cannot be made."""
    problems = []
    numbers = {
        row["wave_id"]: wave_number(row)
        for row in tables["waves"].rows
        if row["study_id"] == draft.study
    }
    in_place = WaveInPlace(tables, draft) if WaveInPlace.is_for(draft) else None
    if in_place:
        in_place.begin()
    today = datetime.now().astimezone().date()
    for proposal in draft.proposals:
        if decisions[proposal.id] == OPEN:
            # Another decision has answered it.
            continue
        accepted = decisions[proposal.id] == ACCEPT
        for change in proposal.changes if accepted else proposal.if_rejected:
            if not _is_wanted(change, decisions):
                continue
            try:
                reviewed = with_review(change, proposal, who, today)
                if in_place is None or not in_place.make(reviewed):
                    _make(reviewed, tables, draft, numbers)
            except (WavehouseError, KeyError) as error:
                problems.append(f"{proposal.id} ({proposal.kind}, {proposal.subject}): {error}")
    if in_place and not problems:
        in_place.finish()
    return problems


def _is_declared(project: Project, study_id: str, wave_id: str) -> bool:
    waves = EditedTable(project.codebook / "waves.csv", ["study_id", "wave_id"])
    return bool(waves.places({"study_id": study_id, "wave_id": wave_id}))


def _leaves_something(proposal: Proposal, decisions: dict[str, str]) -> bool:
    """Whether the build misses a rejected row: not where another decision made it pointless."""
    wanted = [_is_wanted(change, decisions) for change in proposal.changes]
    return (any(wanted) or not wanted) and (
        proposal.decision == REJECT
        and not proposal.if_rejected
        and proposal.kind in _LEFT_BY_REJECTION
    )


def _refuse_undecided(name: str, draft: Draft) -> None:
    words = f"{draft.study} {draft.wave}"
    problems = [
        f"{p.id} ({p.kind}, {p.subject}) is open. Decide it with "
        f"`wavehouse decide {words} {p.id} accept` or `reject --because ...`."
        for p in draft.open_proposals
    ]
    problems += [
        f"{p.id} ({p.kind}, {p.subject}): {change['table']}.{column} is {TO_FILL_IN}. Write the "
        "value into the draft."
        for p in draft.proposals
        for change in {ACCEPT: p.changes, REJECT: p.if_rejected}.get(p.decision, [])
        for column, value in change.get("add", {}).items()
        if value == TO_FILL_IN
    ]
    problems += [
        f"{p.id} ({p.kind}, {p.subject}) is rejected, but without it nothing else can be written. "
        f"To give up the wave, delete {name}."
        for p in draft.proposals
        if p.decision == REJECT and p.kind in ("wave", "study")
    ]
    if problems:
        raise ProblemsError(f"{name}: nothing was written:", problems)


def _described(project: Project) -> list[dict[str, Any]]:
    """Give the descriptions of the codebook's tables."""
    content = read_yaml(project.codebook / DESCRIPTIONS)
    return list(content["seeds"])


def _edited(project: Project) -> dict[str, EditedTable]:
    tables = {}
    for seed in _described(project):
        path = project.codebook / f"{seed['name']}.csv"
        if path.is_file():
            inside(project.root, path, project.relative(path))
            tables[seed["name"]] = EditedTable(path, seed["config"]["meta"]["primary_key"])
    return tables


def _patterns(project: Project) -> dict[tuple[str, str], re.Pattern[str]]:
    """Give the patterns that the codebook's descriptions have for ids, by table and column."""
    return {
        (seed["name"], column["name"]): re.compile(pattern)
        for seed in _described(project)
        for column in seed.get("columns", [])
        if (pattern := column.get("config", {}).get("meta", {}).get("pattern"))
    }


def _bad_ids(
    tables: dict[str, EditedTable], patterns: dict[tuple[str, str], re.Pattern[str]]
) -> list[str]:
    """List ids of changed rows that the build would refuse, or that cannot name a file."""
    problems = [
        f"seeds/codebook/{name}.csv: {column} {shown(row[column])} does not match "
        f"{pattern.pattern}. Correct the row in the draft."
        for (name, column), pattern in patterns.items()
        for row in (tables[name].changed_rows if name in tables else ())
        if row.get(column) and not pattern.fullmatch(row[column])
    ]
    return problems or id_problems(Codebook({name: table.rows for name, table in tables.items()}))


def _is_wanted(change: dict[str, Any], decisions: dict[str, str]) -> bool:
    conditions = [part.split() for part in change.get("when", "").split(",") if part.strip()]
    return all(decisions.get(other) == decision for other, decision in conditions)


def _make(
    change: dict[str, Any], tables: dict[str, EditedTable], draft: Draft, numbers: dict[str, int]
) -> None:
    table = tables.get(change.get("table", ""))
    if table is None:
        raise WavehouseError(f"there is no codebook table {change.get('table')!r}. Correct it.")
    if "add" in change:
        table.add(change["add"])
    elif "version" in change:
        _new_version(table, change["version"], change["set"], draft, numbers)
    elif "end" in change:
        for place in _valid_before(table, change["end"], draft, numbers):
            table.change(place, {"valid_to_wave": draft.previous_wave})
    elif "leave_out" in change:
        leave_out(table, change, numbers)
    elif "where" in change:
        places = table.places(change["where"])
        if not places:
            raise WavehouseError(f"{change['table']}: no row has {change['where']}.")
        for place in places:
            table.change(place, change["set"])
    else:
        raise WavehouseError(
            "a change needs add, version, end or leave_out, or where together with set."
        )


def _new_version(
    table: EditedTable, key: Row, values: Row, draft: Draft, numbers: dict[str, int]
) -> None:
    """End the row that was valid before, and let it go on with other values."""
    there = table.places({**key, "valid_from_wave": draft.wave})
    if there:
        table.change(there[0], values)
        return
    places = _valid_before(table, key, draft, numbers)
    if not places:
        raise WavehouseError(f"{table.path.name}: no row of {key} is valid in the wave before.")
    old = dict(table.rows[places[-1]])
    table.change(places[-1], {"valid_to_wave": draft.previous_wave})
    table.add({**old, "valid_from_wave": draft.wave, **values})


def _valid_before(table: EditedTable, key: Row, draft: Draft, numbers: dict[str, int]) -> list[int]:
    """Find the rows that were valid in the wave before, and would be in this one."""
    here = numbers.get(draft.previous_wave, 0)
    return [
        place
        for place in table.places(key)
        if table.rows[place]["valid_from_wave"] != draft.wave
        and numbers.get(table.rows[place]["valid_from_wave"], 0) <= here
        and numbers.get(table.rows[place]["valid_to_wave"], here + 1) > here
    ]
