"""A column that was waived so far becomes a variable in all waves that deliver it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from itertools import groupby

from wavehouse.codebook.ids import judge_ids
from wavehouse.codebook.tables import Codebook, Row, read_codebook, wave_number
from wavehouse.errors import ProblemsError, WavehouseError
from wavehouse.project import Project
from wavehouse_exchange.onboarding.code_rows import Naming, crosswalk_row
from wavehouse_exchange.onboarding.draft import (
    ACCEPT,
    SURE,
    Change,
    Draft,
    Proposal,
    draft_path,
    number_proposals,
    only_when,
    read_draft,
    save_draft,
)
from wavehouse_exchange.onboarding.known import EMPTY, NUMBER, known_columns
from wavehouse_exchange.onboarding.matching import OldColumn, match_columns
from wavehouse_exchange.onboarding.missing import missing_kinds
from wavehouse_exchange.onboarding.profile import ColumnProfile, WaveProfile, profile_wave
from wavehouse_exchange.onboarding.question_rows import UNIVERSE, new_column_proposals
from wavehouse_exchange.onboarding.reviewing import review_text
from wavehouse_exchange.onboarding.signs import plain
from wavehouse_exchange.onboarding.tables import EditedTable

FROM, TO = "valid_from_wave", "valid_to_wave"


@dataclass(frozen=True)
class _Found:
    """The column of one wave: how sure it is the same, why, and the variables it is there."""

    wave: Row
    column: ColumnProfile
    confidence: float
    reason: str
    variables: tuple[str, ...]


@dataclass
class _Later:
    """What all proposals need: the study's waves in order, ids, and the variable's code list."""

    codebook: Codebook
    study_id: str
    waves: list[Row]
    naming: Naming
    variable: str = ""
    code_list: str = ""
    categories: dict[str, str] = field(default_factory=dict)
    made: dict[str, list[Change]] = field(default_factory=dict)

    def place(self, wave: Row) -> int:
        """Give a wave's place among the waves of the study."""
        return self.waves.index(wave)

    def ends(self, waves: Sequence[Row]) -> dict[str, str]:
        """Give the validity of a row that holds in some waves one after the other."""
        last = "" if waves[-1] == self.waves[-1] else waves[-1]["wave_id"]
        return {FROM: waves[0]["wave_id"], **({TO: last} if last else {})}


def add_variable(project: Project, study_id: str, column: str, wave_id: str | None = None) -> str:
    """Find a column in all waves and draft the rows that make a variable of it.

    Args:
        project: the project.
        study_id: the study.
        column: its name in the wave.
        wave_id: the wave of that name; None for the last that delivers it.

    Returns:
        what to tell the user.

    Raises:
        WavehouseError: no wave delivers it, or it is a variable in all that do.
    """
    judge_ids(study_id, wave_id or "1", "No variable was added:")
    codebook = read_codebook(project)
    if codebook.problems:
        raise ProblemsError("The codebook cannot be read:", codebook.problems)
    waves = [row for row in codebook.waves() if row["study_id"] == study_id]
    profiles = _profiles(project, study_id, waves)
    base = _base(waves, profiles, study_id, column, wave_id)
    found = _find(codebook, waves, profiles, base, column)
    naming = Naming(codebook, study_id, base["wave_id"])
    naming.missing = missing_kinds(codebook, profiles[base["wave_id"]].columns)
    later = _Later(codebook, study_id, waves, naming)
    proposals = _proposals(later, found, base)
    if not proposals:
        there = ", ".join(f"{each.wave['wave_id']} ({each.variables[0]})" for each in found)
        raise WavehouseError(
            f"seeds/codebook/questions.csv: {column} is a variable of study {study_id} in all "
            f"waves that deliver it: {there}. There is nothing to do."
        )
    path = draft_path(project, study_id, base["wave_id"])
    if path.is_file():
        raise WavehouseError(
            f"{project.relative(path)}: wave {base['wave_id']} of study {study_id} has a draft. "
            "Apply it first, or delete it."
        )
    draft = Draft(
        study_id,
        base["wave_id"],
        "",
        "",
        base.get("delivered_as") or "seed",
        [],
        0,
        number_proposals(proposals),
    )
    save_draft(project, draft)
    return review_text(project, read_draft(project, study_id, base["wave_id"]))


def leave_out(table: EditedTable, change: Change, numbers: Mapping[str, int]) -> None:
    """Let rows no longer hold from one wave to another; what is left before and after stays.

    Args:
        table: the table, whose rows hold from wave to wave.
        change: `leave_out` has what the rows have, `from` and `to` the waves.
        numbers: the waves of the study, with their numbers.
    """
    waves = sorted(numbers, key=lambda wave: numbers[wave])
    first, last = waves.index(change["from"]), waves.index(change["to"])
    for row in [dict(table.rows[place]) for place in table.places(change["leave_out"])]:
        begins = waves.index(row[FROM]) if row[FROM] in waves else 0
        ends = waves.index(row[TO]) if row[TO] in waves else len(waves) - 1
        if ends < first or begins > last:
            continue
        left = []
        if begins < first:
            left.append({**row, TO: waves[first - 1]})
        if ends > last:
            left.append({**row, FROM: waves[last + 1]})
        table.remove(table.places(row)[0])
        for each in left:
            table.add(each)


def _profiles(project: Project, study_id: str, waves: list[Row]) -> dict[str, WaveProfile]:
    profiles = {}
    for wave in waves:
        profile = profile_wave(project, study_id, wave["wave_id"])
        if profile is not None:
            profiles[wave["wave_id"]] = profile
    return profiles


def _base(
    waves: list[Row],
    profiles: dict[str, WaveProfile],
    study_id: str,
    column: str,
    wave_id: str | None,
) -> Row:
    """Give the wave in which the column has the name that was given."""
    ids = [row["wave_id"] for row in waves]
    if wave_id is not None and wave_id not in ids:
        raise WavehouseError(
            f"--wave {wave_id}: study {study_id} has no such wave. There are {', '.join(ids)}."
        )
    for wave in reversed(waves):
        profile = profiles.get(wave["wave_id"])
        if profile and column in profile.columns and wave_id in (None, wave["wave_id"]):
            return wave
    where = f"wave {wave_id}" if wave_id else "no wave"
    told = "does not deliver" if wave_id else "delivers"
    raise WavehouseError(
        f"{where} of study {study_id} {told} a column {column}. Name it as it is delivered; "
        "`wavehouse fetch` or `wavehouse add-wave` brings files that are not at hand."
    )


def _find(
    codebook: Codebook,
    waves: list[Row],
    profiles: dict[str, WaveProfile],
    base: Row,
    column: str,
) -> list[_Found]:
    """Follow the column from its wave to those before and after, in the order of waves."""
    place = waves.index(base)
    own = profiles[base["wave_id"]].columns[column]
    found = [_found(codebook, base, profiles, own, 1.0, "named")]
    for order in (waves[:place][::-1], waves[place + 1 :]):
        here, name = base, column
        for wave in order:
            if wave["wave_id"] not in profiles:
                continue
            pair = (wave, here) if wave_number(wave) < wave_number(here) else (here, wave)
            old, new = (profiles[row["wave_id"]] for row in pair)
            candidates = [
                OldColumn(pair[0]["wave_id"], each, number)
                for number, each in enumerate(old.columns.values())
            ]
            matches = match_columns(candidates, list(new.columns.values())).matches.values()
            match = next(
                (m for m in matches if name == (m.new if here == pair[1] else m.old)), None
            )
            if match is None:
                continue
            here, name = wave, match.old if here == pair[1] else match.new
            there = profiles[wave["wave_id"]].columns[name]
            found.append(_found(codebook, wave, profiles, there, match.confidence, match.reason))
    return sorted(found, key=lambda each: wave_number(each.wave))


def _found(
    codebook: Codebook,
    wave: Row,
    profiles: dict[str, WaveProfile],
    column: ColumnProfile,
    confidence: float,
    reason: str,
) -> _Found:
    known = known_columns(codebook, wave, profiles[wave["wave_id"]]).get(column.name)
    used = [row["variable_id"] for row in known.questions] if known else []
    used += list(known.design_roles) if known else []
    return _Found(wave, column, confidence, reason, tuple(used))


def _proposals(later: _Later, found: list[_Found], base: Row) -> list[Proposal]:
    own = next(each for each in found if each.wave == base)
    free = [each for each in found if not each.variables]
    if own.variables:
        _take_variable(later, own)
        main, others = [], free
        proposals: list[Proposal] = []
    else:
        main = [
            each
            for each in free
            if each is own or (each.confidence >= SURE and _same_codes(own.column, each.column))
        ]
        others = [each for each in free if each not in main]
        proposals = _new_variable(later, own, main, found)
    condition = proposals[0] if proposals else None
    if condition is not None and not later.variable:
        # Neither codes nor numbers: there is no variable to go on with.
        return proposals
    for _, group in groupby(others, key=lambda each: _group_key(later, each, others)):
        proposals.append(_same_question(later, list(group), condition))
    return proposals


def _take_variable(later: _Later, own: _Found) -> None:
    """Go on with the variable that the column is in its own wave."""
    known = known_columns(later.codebook, own.wave, None)[own.column.name]
    later.variable = own.variables[0]
    variable = next(
        row for row in later.codebook.rows("variables") if row["variable_id"] == later.variable
    )
    later.code_list = variable["code_list_id"]
    later.categories = {
        plain(own.column.value_labels.get(row["source_code"]) or row["source_code"]): row[
            "category_code"
        ]
        for row in known.crosswalk
        if row["category_code"]
    }


def _new_variable(
    later: _Later, own: _Found, main: list[_Found], found: list[_Found]
) -> list[Proposal]:
    """Draft the variable for all waves in which its codes say the same."""
    later.naming.wave_id = main[0].wave["wave_id"]
    proposals = new_column_proposals(_merged(own, main), later.naming)
    first = proposals[0]
    first.if_rejected = []
    if first.kind != "new_column":
        raise WavehouseError(
            f"wave {own.wave['wave_id']}, column {own.column.name}: {first.reason.split('. ')[0]}. "
            "Its waiver stays."
        )
    question = next(change["add"] for change in first.changes if change["table"] == "questions")
    first.changes = [change for change in first.changes if change["table"] != "questions"]
    later.variable = question["variable_id"]
    later.code_list = next(
        (
            row.get("code_list_id", "")
            for row in (
                *(c["add"] for c in first.changes if c["table"] == "variables"),
                # One that the project has already is offered as that one.
                *later.codebook.rows("variables"),
            )
            if row["variable_id"] == later.variable
        ),
        "",
    )
    for group in _runs(later, main):
        waves = [each.wave for each in group]
        row = {**question, "source_column": group[0].column.name, **later.ends(waves)}
        if group[0].column.label:
            row["question_text"] = group[0].column.label
        first.changes.append({"table": "questions", "add": row})
        first.changes.append(_unwaive(later, group[0].column.name, waves))
    names = ", ".join(f"{each.wave['wave_id']} ({each.column.name})" for each in main)
    elsewhere = [
        f"in wave {each.wave['wave_id']} it is {each.variables[0]} already"
        for each in found
        if each.variables
    ]
    first.reason = "; ".join([f"a variable in the waves {names}", *elsewhere])
    return proposals


def _merged(own: _Found, main: list[_Found]) -> ColumnProfile:
    """Put together what the column is in several waves with the same codes."""
    labels = dict(own.column.value_labels)
    counts: dict[str, float] = dict(own.column.counts)
    missing = set(own.column.missing_codes)
    empty = rows = 0
    for each in main:
        labels = {**each.column.value_labels, **labels}
        missing |= each.column.missing_codes
        empty += each.column.empty_count
        rows += each.column.row_count
        for code, count in each.column.counts.items() if each is not own else ():
            counts[code] = counts.get(code, 0) + count
    return replace(
        own.column,
        value_labels=labels,
        counts=counts,
        missing_codes=frozenset(missing),
        empty_count=empty,
        row_count=rows,
        code_count=max(len(counts), *(each.column.code_count for each in main)),
    )


def _same_codes(one: ColumnProfile, other: ColumnProfile) -> bool:
    """Whether no code has another label, and numbers are numbers in both."""
    if bool(one.value_labels) != bool(other.value_labels):
        return False
    if (one.numbers is None) != (other.numbers is None) and not one.value_labels:
        return False
    labels = {plain(label): code for code, label in one.value_labels.items()}
    return all(
        plain(one.value_labels.get(code, label)) == plain(label)
        and labels.get(plain(label), code) == code
        for code, label in other.value_labels.items()
    )


def _runs(later: _Later, found: list[_Found]) -> list[list[_Found]]:
    """Part occurrences where the name changes or a wave lies between."""
    runs: list[list[_Found]] = []
    for each in found:
        before = runs[-1][-1] if runs else None
        if (
            before is not None
            and before.column.name == each.column.name
            and later.place(each.wave) == later.place(before.wave) + 1
        ):
            runs[-1].append(each)
        else:
            runs.append([each])
    return runs


def _group_key(later: _Later, each: _Found, others: list[_Found]) -> int:
    """Number the groups of waves that one decision is about: one name, the same codes, as sure."""
    number, before = 0, others[0]
    for other in others:
        is_next = later.place(other.wave) - later.place(before.wave) <= 1
        alike = (
            other.column.name == before.column.name
            and _same_codes(before.column, other.column)
            and (other.confidence >= SURE) == (before.confidence >= SURE)
        )
        number += not (is_next and alike)
        if other is each:
            return number
        before = other
    return number


def _same_question(later: _Later, group: list[_Found], condition: Proposal | None) -> Proposal:
    """Draft the question and its codes for some waves one after the other."""
    naming, waves = later.naming, [each.wave for each in group]
    column = _merged(group[0], group)
    naming.wave_id = waves[0]["wave_id"]
    crosswalk_id = naming.new_id("crosswalk", f"{later.variable}_{naming.wave_id}")
    missing, answers = naming.missing.split(column)
    rows = [
        crosswalk_row(naming, crosswalk_id, code, missing=guess.kind or "no_answer")
        for code, guess in missing.items()
    ]
    changes: list[Change] = []
    new = []
    if later.code_list:
        for code in answers:
            label = column.value_labels.get(code) or code
            category = later.categories.get(plain(label))
            if category is None:
                if naming.known_category(later.code_list, label) is None:
                    new.append(label)
                category, made = naming.category(later.code_list, label)
                # Each proposal has it, since another one may be rejected.
                changes += later.made.setdefault(category, made)
            rows.append(crosswalk_row(naming, crosswalk_id, code, category))
    else:
        rows.append(crosswalk_row(naming, crosswalk_id, NUMBER, method="identity"))
    if column.empty_count:
        note = "Nothing was delivered; the reason is not known."
        rows.append(crosswalk_row(naming, crosswalk_id, EMPTY, missing="no_answer", note=note))
    ends = later.ends(waves)
    changes += [{"table": "crosswalk", "add": {**row, **ends}} for row in rows]
    question = {
        "study_id": later.study_id,
        "variable_id": later.variable,
        **ends,
        "source_column": column.name,
        "crosswalk_id": crosswalk_id,
        "question_text": column.label or column.name,
        "universe": UNIVERSE,
    }
    changes.append({"table": "questions", "add": question})
    changes.append(_unwaive(later, column.name, waves))
    if condition is not None:
        changes = [only_when(change, condition, ACCEPT) for change in changes]
    confidence = min(each.confidence for each in group)
    reason = f"{later.variable} in the waves {', '.join(wave['wave_id'] for wave in waves)}: "
    reason += group[0].reason
    if new:
        confidence = min(confidence, 0.6)
        reason += f"; new answers: {', '.join(map(repr, new))}"
    if any(guess.is_asked for guess in missing.values()):
        confidence = min(confidence, 0.6)
        reason += "; check its missing codes"
    return Proposal(
        "same_question",
        column.name,
        round(confidence, 2),
        reason,
        changes,
        old_column=column.name,
        old_wave=waves[0]["wave_id"],
    )


def _unwaive(later: _Later, name: str, waves: Sequence[Row]) -> Change:
    return {
        "table": "waived_columns",
        "leave_out": {"study_id": later.study_id, "source_column": name},
        "from": waves[0]["wave_id"],
        "to": waves[-1]["wave_id"],
    }
