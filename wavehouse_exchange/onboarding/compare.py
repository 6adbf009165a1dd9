"""Compare a new wave with an earlier one, and draft what the codebook needs."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass, replace
from functools import cached_property

from wavehouse.codebook.tables import Codebook, Row, wave_number
from wavehouse_exchange.onboarding.code_rows import Naming, break_row, code_proposals, crosswalk_row
from wavehouse_exchange.onboarding.codes import CodeChange, compare_codes, learned_labels
from wavehouse_exchange.onboarding.draft import (
    ACCEPT,
    REJECT,
    TO_FILL_IN,
    Change,
    Proposal,
    only_when,
)
from wavehouse_exchange.onboarding.known import EMPTY, KnownColumn, covers, known_columns
from wavehouse_exchange.onboarding.matching import (
    LIKELY,
    SAME_LABEL,
    ColumnMatch,
    Matching,
    OldColumn,
    match_columns,
)
from wavehouse_exchange.onboarding.missing import is_number
from wavehouse_exchange.onboarding.numbers import (
    shift,
    shift_of_numbers,
    top_code_change,
    unit_change,
)
from wavehouse_exchange.onboarding.perhaps import MOST_WITH_A_DOUBT, in_words
from wavehouse_exchange.onboarding.profile import ColumnProfile, WaveProfile
from wavehouse_exchange.onboarding.question_rows import new_column_proposals
from wavehouse_exchange.onboarding.texts import similarity, word_difference
from wavehouse_exchange.onboarding.wording import asked, words_in_order

# Below this a label is of another question, which a new version would hide.
SAME_QUESTION = 0.4
# From here on two columns are one question surely enough for others to learn from them.
SURELY_THE_SAME = 0.8
# Below this a name whose label says something else is rather another question's.
RATHER_THE_SAME = 0.7
# Roles of a design that estimates do not need.
DATES_OF_INTERVIEWS = "interview_"
SHOWN = "shown; all codes have labels, and nothing is written"


def compare_wave(
    codebook: Codebook,
    like: Row,
    old: WaveProfile | None,
    new: WaveProfile,
    naming: Naming,
    earlier: Mapping[str, WaveProfile] | None = None,
    concordance: Mapping[str, str] | None = None,
) -> tuple[list[Proposal], int]:
    """Give the proposals for all columns, and the number of columns that need none.

    Args:
        codebook: the codebook.
        like: the row of the wave to compare with.
        old: what was delivered in that wave; None if it is not at hand.
        new: what is delivered now.
        naming: gives the ids of new rows.
        earlier: what is at hand of other earlier waves, by their ids; questions that ended there
            may come back.
        concordance: what the producer says: the earlier name by the new one.
    """
    candidates = _candidates(codebook, like, old, new, earlier or {})
    found = match_columns(
        [candidate.column for candidate in candidates.values()],
        list(new.columns.values()),
        concordance,
    )
    naming.look_at(new, [candidate.known for candidate in candidates.values()])
    wave = Comparison(codebook, naming, like, old, new, candidates, found)
    proposals: list[Proposal] = []
    unchanged = 0
    for column in new.columns.values():
        made = _proposals_of(wave, column)
        proposals += made
        unchanged += not made
    taken = {(match.old_wave, match.old) for match in found.matches.values()}
    for key, candidate in candidates.items():
        if key not in taken and candidate.column.is_last and candidate.known.questions:
            proposals.append(_dropped(wave, key))
    return [*proposals, *_design_proposals(wave)], unchanged


@dataclass(frozen=True)
class Candidate:
    """An earlier column with what the codebook says of it."""

    column: OldColumn
    known: KnownColumn


@dataclass(frozen=True)
class Comparison:
    """All that the proposals of one column are made from."""

    codebook: Codebook
    naming: Naming
    like: Row
    old: WaveProfile | None
    new: WaveProfile
    candidates: Mapping[tuple[str, str], Candidate]
    found: Matching

    def before(self, name: str) -> KnownColumn | None:
        """Give the earlier column that a new one goes on with; None if it is new."""
        match = self.found.matches.get(name)
        return self.candidates[match.old_wave, match.old].known if match else None

    def under_this_name(self, name: str) -> KnownColumn | None:
        """Give what the wave before had under a name."""
        there = self.candidates.get((self.like["wave_id"], name))
        return there.known if there else None

    def successor(self, known: KnownColumn) -> str | None:
        """Give the new name of a column of the wave before; None if nothing goes on with it."""
        wave = self.like["wave_id"]
        return next(
            (
                m.new
                for m in self.found.matches.values()
                if (m.old_wave, m.old) == (wave, known.name)
            ),
            None,
        )

    @cached_property
    def translations(self) -> Mapping[str, str]:
        """Labels of codes that stand for others now, as far as several columns say so."""
        return learned_labels(
            (self.candidates[match.old_wave, match.old].known.profile, self.new.columns[name])
            for name, match in self.found.matches.items()
            if match.confidence >= SURELY_THE_SAME
        )


def _candidates(
    codebook: Codebook,
    like: Row,
    old: WaveProfile | None,
    new: WaveProfile,
    earlier: Mapping[str, WaveProfile],
) -> dict[tuple[str, str], Candidate]:
    """Give each earlier column once: those of the wave before, and questions that had ended."""
    found: dict[tuple[str, str], Candidate] = {}
    known = known_columns(codebook, like, old)
    asked = set()
    for place, (name, column) in enumerate(known.items()):
        asked |= {row["variable_id"] for row in column.questions}
        found[like["wave_id"], name] = Candidate(
            OldColumn(like["wave_id"], _as_delivered(column, old), place), column
        )
    waves = [row for row in codebook.waves() if row["study_id"] == like["study_id"]]
    here = wave_number(like)
    for wave in sorted(waves, key=wave_number, reverse=True):
        if wave_number(wave) >= here or wave["wave_id"] == new.wave_id:
            continue
        profile = earlier.get(wave["wave_id"])
        for name, column in known_columns(codebook, wave, profile).items():
            ended = {row["variable_id"] for row in column.questions} - asked
            if not ended:
                continue
            asked |= ended
            found[wave["wave_id"], name] = Candidate(
                OldColumn(wave["wave_id"], _as_delivered(column, profile), len(found), False),
                column,
            )
    return found


def _as_delivered(column: KnownColumn, wave: WaveProfile | None) -> ColumnProfile:
    """Give a column as it was delivered: the codebook's words are not those of the file."""
    if wave is not None and column.name in wave.columns:
        return wave.columns[column.name]
    return column.profile


def _proposals_of(wave: Comparison, column: ColumnProfile) -> list[Proposal]:
    """Give the proposals for one new column."""
    before = wave.before(column.name)
    proposals: list[Proposal] = []
    namesake = wave.under_this_name(column.name)
    if namesake is not None and (before is None or before.name != column.name):
        proposals += _reused_name(wave, column, namesake, before)
    if before is None:
        if namesake is None and _is_waived(wave.codebook, wave.naming.study_id, column.name):
            return proposals
        chance = wave.found.new.get(column.name, 1.0)
        made = new_column_proposals(column, wave.naming)
        for proposal in made:
            proposal.confidence = round(min(proposal.confidence, chance), 2)
        return [*proposals, *made]
    match = wave.found.matches[column.name]
    renaming = None
    if before.name != column.name or match.old_wave != wave.like["wave_id"]:
        renaming = _renamed(before, column, match, wave)
        proposals.append(renaming)
    elif (
        _is_used(before)
        and match.label_alike is not None
        and match.label_alike < SAME_LABEL
        and not match.same_words
        and before.profile.label_is_delivered
    ):
        renaming = _reworded(before, column, match, wave)
        proposals.append(renaming)
    effective = (
        wave.old.effective_share if wave.old else 1.0,
        wave.new.effective_share,
    )
    has_words = renaming is not None or match.same_words
    made = _column_proposals(before, column, wave, effective, has_words=has_words)
    if renaming is not None:
        goes_on = REJECT if renaming.kind == "reused_name" else ACCEPT
        for proposal in made:
            proposal.changes = [only_when(c, renaming, goes_on) for c in proposal.changes]
    for proposal in [*proposals, *made]:
        proposal.old_column, proposal.old_wave = before.name, match.old_wave
    return [*proposals, *made]


def _reused_name(
    wave: Comparison,
    column: ColumnProfile,
    namesake: KnownColumn,
    before: KnownColumn | None,
) -> list[Proposal]:
    """Say that a name belongs to another question now: what ends, and what goes on where."""
    if not (_is_used(namesake) or namesake.waiver):
        return []
    was = ", ".join(row["variable_id"] for row in namesake.questions) or "not wanted"
    successor = wave.successor(namesake)
    goes = f"goes on as {successor}" if successor else "ends here"
    now = f"goes on with what was {before.name}" if before else "is new"
    waiver = namesake.waiver
    changes: list[Change] = []
    if waiver is not None and waiver["source_column"] == column.name:
        changes.append(
            {
                "table": "waived_columns",
                "end": {"study_id": wave.naming.study_id, "source_column": column.name},
            }
        )
    chance = 1 - wave.found.same_name.get(column.name, 0.0)
    proposal = Proposal(
        "reused_name",
        column.name,
        round(chance, 3),
        f"another question has this name now. It was {namesake.profile.label!r} ({was}), which "
        f"{goes}; it is {column.label!r}, which {now}",
        changes,
    )
    proposal.old_column, proposal.old_wave = namesake.name, wave.like["wave_id"]
    return [proposal]


def _is_used(column: KnownColumn) -> bool:
    return bool(column.questions or column.design_roles)


def _is_waived(codebook: Codebook, study_id: str, name: str) -> bool:
    """Whether a waiver of an earlier wave, perhaps with `*`, covers a new column."""
    return any(
        covers(row["source_column"], name) and not row["valid_to_wave"]
        for row in codebook.rows("waived_columns")
        if row["study_id"] == study_id
    )


def _version(naming: Naming, question: Row, **values: str) -> Change:
    return {
        "table": "questions",
        "version": {"study_id": naming.study_id, "variable_id": question["variable_id"]},
        "set": values,
    }


def _end(naming: Naming, question: Row) -> Change:
    return {
        "table": "questions",
        "end": {"study_id": naming.study_id, "variable_id": question["variable_id"]},
    }


def _waiver(naming: Naming, name: str, kind: str, reason: str) -> Change:
    return {
        "table": "waived_columns",
        "add": {
            "study_id": naming.study_id,
            "source_column": name,
            "valid_from_wave": naming.wave_id,
            "waiver_kind": kind,
            "reason": reason,
        },
    }


def _renamed(
    before: KnownColumn, column: ColumnProfile, match: ColumnMatch, wave: Comparison
) -> Proposal:
    """Propose that a question goes on under another name, or comes back, in other words or not."""
    naming = wave.naming
    returns = match.old_wave != wave.like["wave_id"]
    if returns:
        reason = f"{match.old} of wave {match.old_wave} is asked again: {match.reason}"
    else:
        reason = f"{match.old} seems to be {match.new} now: {match.reason}"
    changes: list[Change] = []
    for question in before.questions:
        if returns:
            row = {
                **_filled(question),
                "valid_from_wave": naming.wave_id,
                "source_column": match.new,
            }
            row.pop("valid_to_wave", None)
            changes.append({"table": "questions", "add": row})
        else:
            changes.append(_version(naming, question, source_column=match.new))
    rejected = [] if returns else [_end(naming, question) for question in before.questions]
    rejected.append(_waiver(naming, match.new, "technical", f"Not the same as {match.old}."))
    for wording in [] if match.same_words else _wording(before, column, naming):
        reason += f". Its {wording.reason}"
        changes += wording.changes
    if before.waiver is not None and not before.questions:
        row = before.waiver
        changes.append(_waiver(naming, match.new, row["waiver_kind"], row["reason"]))
    if before.design_roles:
        reason += f". It is the {', '.join(before.design_roles)} of the design"
        rejected = []
    return Proposal("renamed_column", match.new, match.confidence, reason, changes, rejected)


def _reworded(
    before: KnownColumn, column: ColumnProfile, match: ColumnMatch, wave: Comparison
) -> Proposal:
    """Ask whether a column with other words under its old name is the same question.

    Of a column of the design no words are kept, so that nothing is written where it is the same;
    where it is another one, the wave needs another design.
    """
    naming = wave.naming
    changes = [change for p in _wording(before, column, naming) for change in p.changes]
    rejected = [_end(naming, question) for question in before.questions]
    what, then, ends = "question", "the series ends", "the series ends, and the column is waived"
    if before.design_roles:
        what = f"{', '.join(before.design_roles)} of the design"
        if _only_dates(before):
            rejected += _new_design(wave, {}, {column.name})
            then = ends = "the wave has a design without it"
        else:
            rejected += _new_design(wave, {column.name: TO_FILL_IN}, set())
            then = ends = f"the wave has a design of its own; name its column where {TO_FILL_IN} is"
    else:
        rejected.append(
            _waiver(naming, column.name, "technical", f"Not what {column.name} was before.")
        )
    difference = (
        f"label: {word_difference(before.profile.label, column.label)} "
        f"(alike by {match.label_alike:.2f})"
    )
    if match.confidence >= RATHER_THE_SAME:
        return Proposal(
            "changed_wording",
            column.name,
            match.confidence,
            f"{difference}. Accept if it is the same {what} in other words; reject if it is "
            f"another one: then {then}",
            changes,
            rejected,
        )
    return Proposal(
        "reused_name",
        column.name,
        round(1 - match.confidence, 3),
        f"another question may have this name now. {difference}. Accept if it is another one: "
        f"{ends}; reject if it is the same {what} in other words",
        rejected,
        changes,
    )


def _design_proposals(wave: Comparison) -> list[Proposal]:
    """Propose the wave's own design where its columns have other names, or some are gone.

    It is one design for all of them. Without what only dates the interviews a design is a design
    still; without a weight, strata or PSUs it is another sample, which only a person can say.
    """
    here = wave.like["wave_id"]
    names: dict[str, str] = {}
    gone: list[KnownColumn] = []
    for (wave_id, name), candidate in wave.candidates.items():
        if wave_id != here or not candidate.known.design_roles:
            continue
        successor = wave.successor(candidate.known)
        if successor is None:
            gone.append(candidate.known)
        elif successor != name:
            names[name] = successor
    proposals = []
    dated = [column for column in gone if _only_dates(column)]
    if names or dated:
        left_out = {column.name for column in dated}
        told = [f"{old} is {new} now" for old, new in names.items()]
        told += [
            f"{column.name} ({', '.join(column.design_roles)}) is not delivered" for column in dated
        ]
        proposals.append(
            Proposal(
                "design_of_the_wave",
                wave.naming.wave_id,
                0.85,
                f"the wave needs a design of its own: {'; '.join(told)}",
                _new_design(wave, names, left_out),
            )
        )
    proposals += [
        Proposal(
            "design_column_missing",
            column.name,
            0.9,
            f"the {', '.join(column.design_roles)} of the design is not delivered. Give the wave "
            "another design by adding rows here, or deliver the column",
        )
        for column in gone
        if column not in dated
    ]
    return proposals


def _only_dates(column: KnownColumn) -> bool:
    return all(role.startswith(DATES_OF_INTERVIEWS) for role in column.design_roles)


def _new_design(
    wave: Comparison, names: Mapping[str, str], left_out: Collection[str]
) -> list[Change]:
    """Copy the design of the wave before, with other names of columns and without some."""
    codebook, naming = wave.codebook, wave.naming
    design = next(
        row for row in codebook.rows("designs") if row["design_id"] == wave.like["design_id"]
    )
    first = design["design_id"].removesuffix(f"_{wave.like['wave_id']}")
    new_id = f"{first}_{naming.wave_id}"
    changes: list[Change] = [{"table": "designs", "add": {**_filled(design), "design_id": new_id}}]
    changes += [
        {
            "table": "design_columns",
            "add": {
                **_filled(row),
                "design_id": new_id,
                "source_column": names.get(row["source_column"], row["source_column"]),
            },
        }
        for row in codebook.rows("design_columns")
        if row["design_id"] == design["design_id"] and row["source_column"] not in left_out
    ]
    changes.append(
        {
            "table": "waves",
            "where": {"study_id": naming.study_id, "wave_id": naming.wave_id},
            "set": {"design_id": new_id},
        }
    )
    return changes


def _filled(row: Row) -> Row:
    return {column: value for column, value in row.items() if value}


def _dropped(wave: Comparison, key: tuple[str, str]) -> Proposal:
    """Propose that a question ends; what it may be after all is named, and the words fit."""
    before, chance = wave.candidates[key].known, wave.found.ended.get(key, MOST_WITH_A_DOUBT)
    what = f"{before.name} ({', '.join(row['variable_id'] for row in before.questions)})"
    near = wave.found.perhaps.get(key, ())
    if near:
        named = in_words([(name, wave.new.columns[name].label) for name in near])
        likely = "It is more likely" if chance < LIKELY else "Perhaps it is"
        words = f"{wave.naming.study_id} {wave.naming.wave_id}"
        reason = (
            f"no new column was surely told to be {what}, {before.profile.label!r}. {likely} "
            f"{named}: if so, say it with the id of this proposal, `wavehouse decide {words} ID is "
            f"{near[0]}`. Accept if the question has ended"
        )
    else:
        reason = f"{what} is not delivered, and no new column is like it"
    return Proposal(
        "dropped_column",
        before.name,
        round(chance, 2),
        reason,
        [_end(wave.naming, question) for question in before.questions],
    )


def _column_proposals(
    before: KnownColumn,
    column: ColumnProfile,
    wave: Comparison,
    effective: tuple[float, float],
    *,
    has_words: bool,
) -> list[Proposal]:
    if not before.questions:
        return []
    naming = wave.naming
    proposals = [] if has_words else _wording(before, column, naming)
    meaning: dict[str, str] = {}
    if before.is_numeric:
        proposals += _numeric_codes(before, column, naming)
    elif column.is_coded:
        compared = compare_codes(
            before.profile, column, before.missing, wave.translations, naming.missing
        )
        meaning = compared.meaning
        proposals += code_proposals(before, column, compared, naming)
        recoded = any(p.kind in ("codes_merged", "code_split") for p in proposals)
        moved = shift(before.profile, column, meaning, effective)
        if moved is not None and not recoded:
            proposals.append(_advice(moved.kind, column, moved.confidence, moved.reason))
            if _says_its_codes(before.profile, column):
                proposals[-1].decision = ACCEPT
                proposals[-1].because = SHOWN
    if column.empty_count and before.target(EMPTY) is None:
        proposals.append(_empty(before, column, naming))
    if before.is_numeric:
        # A new code such as 99 (refused) is neither a unit nor a top code.
        coded = {
            change["add"]["source_code"]
            for proposal in proposals
            for change in proposal.changes
            if change["table"] == "crosswalk" and "add" in change
        }
        missing = column.missing_codes | frozenset(before.missing) | coded
        answers = replace(column, missing_codes=missing)
        changes = [
            unit_change(before.profile, answers),
            top_code_change(before.profile, answers),
        ]
        moved = shift_of_numbers(before.profile, answers, effective)
        if moved is not None and not any(changes):
            proposals.append(_advice(moved.kind, column, moved.confidence, moved.reason))
        for change in changes:
            if change is None:
                continue
            variable = before.questions[0]["variable_id"]
            severity = "hard" if change.kind == "changed_unit" else "soft"
            row = break_row(naming, variable, "code_list", severity, f"{change.reason}.")
            proposals.append(
                Proposal(change.kind, column.name, change.confidence, change.reason, [row])
            )
            if change.kind == "changed_unit":
                # The same numbers in another unit have another largest one too.
                break
    return proposals


def _advice(kind: str, column: ColumnProfile, confidence: float, reason: str) -> Proposal:
    return Proposal(
        kind, column.name, confidence, f"{reason}. No row is needed: accept if you believe it"
    )


def _says_its_codes(old: ColumnProfile, new: ColumnProfile) -> bool:
    """Whether both files label all codes that were given: then another meaning would be seen."""
    return all(
        all(column.value_labels.get(code) for code in column.counts) for column in (old, new)
    )


def _wording(before: KnownColumn, column: ColumnProfile, naming: Naming) -> list[Proposal]:
    """Propose the new words of a question, unless only its number or its typography changed."""
    old = before.profile
    if not old.label_is_delivered or not column.label:
        return []
    was, now = asked(old.label, before.name), asked(column.label, column.name)
    if words_in_order(was) == words_in_order(now):
        return []
    alike = similarity(was, now)
    changes: list[Change] = []
    for question in before.questions:
        changes.append(_version(naming, question, question_text=column.label))
        changes.append(
            break_row(
                naming,
                question["variable_id"],
                "wording",
                "soft",
                f"Wording: {word_difference(was, now)}",
            )
        )
    reason = f"label: {word_difference(was, now)} (alike by {alike:.2f})"
    if alike < SAME_QUESTION:
        reason += ". So little is the same that it may be another question"
    return [Proposal("changed_wording", column.name, round(0.5 + alike / 2, 2), reason, changes)]


def _numeric_codes(before: KnownColumn, column: ColumnProfile, naming: Naming) -> list[Proposal]:
    """Find missing codes and words among numbers that the crosswalk does not know."""
    mapped = {row["source_code"] for row in before.crosswalk}
    crosswalk_id = before.questions[0]["crosswalk_id"]
    proposals = []
    for code in dict.fromkeys([*column.value_labels, *column.counts]):
        if code in mapped:
            continue
        label = column.value_labels.get(code, "")
        guess = naming.missing.judge(column, code)
        is_word = not is_number(code)
        if (guess is None or not guess.kind) and not is_word:
            continue
        kind, confidence = (guess.kind, guess.confidence) if guess else ("invalid", 0.5)
        change = CodeChange(
            "new_missing_code",
            (code,),
            (),
            round(confidence, 2),
            f"{code} among numbers, labelled {label!r}, in {column.rows_with(code)}"
            + (f": {guess.reason}" if guess else ""),
            kind or "no_answer",
        )
        row = crosswalk_row(naming, crosswalk_id, code, missing=kind or "no_answer")
        proposals.append(
            Proposal(
                change.kind,
                column.name,
                change.confidence,
                change.reason,
                [{"table": "crosswalk", "add": row}],
            )
        )
    for code, guess in naming.missing.far_numbers(column).items():
        if code not in mapped:
            row = crosswalk_row(naming, crosswalk_id, code, missing=guess.kind)
            proposals.append(
                Proposal(
                    "unclear_missing_code",
                    column.name,
                    guess.confidence,
                    f"{guess.reason}. Accept if it is missing; reject if it is a number",
                    [{"table": "crosswalk", "add": row}],
                )
            )
    return proposals


def _empty(before: KnownColumn, column: ColumnProfile, naming: Naming) -> Proposal:
    row = crosswalk_row(
        naming,
        before.questions[0]["crosswalk_id"],
        EMPTY,
        missing="no_answer",
        note="Nothing was delivered; the reason is not known.",
    )
    return Proposal(
        "new_missing_code",
        column.name,
        0.6,
        f"{column.empty_count} of {column.row_count} rows are empty, which none was before; "
        "no_answer is a guess, it may be not_asked or not_applicable",
        [{"table": "crosswalk", "add": row}],
    )
