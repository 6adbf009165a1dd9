"""Compare a new wave with an earlier one, and draft what the codebook needs."""

from dataclasses import replace

from wavehouse.codebook import Codebook, Row
from wavehouse.onboarding.code_rows import Naming, break_row, code_proposals, crosswalk_row
from wavehouse.onboarding.codes import CodeChange, compare_codes
from wavehouse.onboarding.draft import ACCEPT, Change, Proposal, only_when
from wavehouse.onboarding.known import EMPTY, KnownColumn, covers, known_columns
from wavehouse.onboarding.matching import ColumnMatch, match_renamed
from wavehouse.onboarding.numbers import shift, shift_of_numbers, top_code_change, unit_change
from wavehouse.onboarding.profile import ColumnProfile, WaveProfile
from wavehouse.onboarding.question_rows import new_column_proposals
from wavehouse.onboarding.signs import plain
from wavehouse.onboarding.texts import kind_of_missing, similarity, word_difference

# Below this a label is of another question, which a new version would hide.
SAME_QUESTION = 0.4


def compare_wave(
    codebook: Codebook,
    like: Row,
    old: WaveProfile | None,
    new: WaveProfile,
    naming: Naming,
) -> tuple[list[Proposal], int]:
    """Give the proposals for all columns, and the number of columns that need none.

    Args:
        codebook: the codebook.
        like: the row of the wave to compare with.
        old: what was delivered in that wave; None if it is not at hand.
        new: what is delivered now.
        naming: gives the ids of new rows.
    """
    known = known_columns(codebook, like, old)
    effective = (old.effective_share if old else 1.0, new.effective_share)
    wave = {**like, "wave_id": new.wave_id}
    added = [column for name, column in new.columns.items() if name not in known]
    added = [column for column in added if not _is_waived(codebook, wave, column.name)]
    gone = [
        column for name, column in known.items() if name not in new.columns and _is_used(column)
    ]
    waived_gone = [
        column for name, column in known.items() if name not in new.columns and column.waiver
    ]
    matches = match_renamed([column.profile for column in gone + waived_gone], added)
    renamed = {match.new: match for match in matches}
    proposals: list[Proposal] = []
    unchanged = 0
    for name, column in new.columns.items():
        match = renamed.get(name)
        before = known.get(match.old if match else name)
        renaming = None
        if match is not None and before is not None:
            renaming = _renamed(before, match, naming)
            proposals.append(renaming)
        if before is None:
            if column in added:
                proposals += new_column_proposals(column, naming)
            continue
        found = _column_proposals(before, column, naming, effective)
        if renaming is not None:
            for proposal in found:
                proposal.changes = [only_when(c, renaming, ACCEPT) for c in proposal.changes]
        proposals += found
        unchanged += not found and match is None
    taken = {match.old for match in matches}
    proposals += [_dropped(column, naming) for column in gone if column.name not in taken]
    return proposals, unchanged


def _is_used(column: KnownColumn) -> bool:
    return bool(column.questions or column.design_roles)


def _is_waived(codebook: Codebook, wave: Row, name: str) -> bool:
    """Whether a waiver of an earlier wave, perhaps with `*`, covers a new column."""
    return any(
        covers(row["source_column"], name) and not row["valid_to_wave"]
        for row in codebook.rows("waived_columns")
        if row["study_id"] == wave["study_id"]
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


def _renamed(before: KnownColumn, match: ColumnMatch, naming: Naming) -> Proposal:
    reason = f"{match.old} seems to be {match.new} now: {match.reason}"
    changes = [_version(naming, question, source_column=match.new) for question in before.questions]
    rejected = [_end(naming, question) for question in before.questions]
    rejected.append(_waiver(naming, match.new, "technical", f"Not the same as {match.old}."))
    if before.waiver is not None:
        row = before.waiver
        changes.append(_waiver(naming, match.new, row["waiver_kind"], row["reason"]))
    if before.design_roles:
        reason += (
            f". It is the {', '.join(before.design_roles)} of the design: a new design is made for "
            "this wave"
        )
        changes += _new_design(before, match.new, naming)
        rejected = []
    return Proposal("renamed_column", match.new, match.confidence, reason, changes, rejected)


def _new_design(before: KnownColumn, name: str, naming: Naming) -> list[Change]:
    """Copy the design, with the column's new name."""
    codebook = naming.codebook
    roles = [
        row
        for row in codebook.rows("design_columns")
        if row["source_column"] == before.name
        and any(
            wave["design_id"] == row["design_id"] and wave["study_id"] == naming.study_id
            for wave in codebook.rows("waves")
        )
    ]
    design = next(
        row for row in codebook.rows("designs") if row["design_id"] == roles[-1]["design_id"]
    )
    new_id = f"{design['design_id']}_{naming.wave_id}"
    changes: list[Change] = [{"table": "designs", "add": {**_filled(design), "design_id": new_id}}]
    for row in codebook.rows("design_columns"):
        if row["design_id"] == design["design_id"]:
            column = name if row["source_column"] == before.name else row["source_column"]
            changes.append(
                {
                    "table": "design_columns",
                    "add": {**_filled(row), "design_id": new_id, "source_column": column},
                }
            )
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


def _dropped(before: KnownColumn, naming: Naming) -> Proposal:
    if before.design_roles:
        return Proposal(
            "design_column_missing",
            before.name,
            0.9,
            f"the {', '.join(before.design_roles)} of the design is not delivered. Give the wave "
            "another design by adding rows here, or deliver the column",
        )
    variables = ", ".join(row["variable_id"] for row in before.questions)
    return Proposal(
        "dropped_column",
        before.name,
        0.8,
        f"{before.name} ({variables}) is not delivered, and no new column is like it",
        [_end(naming, question) for question in before.questions],
    )


def _column_proposals(
    before: KnownColumn, column: ColumnProfile, naming: Naming, effective: tuple[float, float]
) -> list[Proposal]:
    if not before.questions:
        return []
    proposals = _wording(before, column, naming)
    meaning: dict[str, str] = {}
    if before.is_numeric:
        proposals += _numeric_codes(before, column, naming)
    elif column.is_coded:
        compared = compare_codes(before.profile, column, before.missing)
        meaning = compared.meaning
        proposals += code_proposals(before, column, compared, naming)
        recoded = any(p.kind in ("codes_merged", "code_split") for p in proposals)
        moved = shift(before.profile, column, meaning, effective)
        if moved is not None and not recoded:
            proposals.append(_advice(moved.kind, column, moved.confidence, moved.reason))
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


def _wording(before: KnownColumn, column: ColumnProfile, naming: Naming) -> list[Proposal]:
    old = before.profile
    if not old.label_is_delivered or not column.label or plain(old.label) == plain(column.label):
        return []
    alike = similarity(old.label, column.label)
    changes: list[Change] = []
    for question in before.questions:
        changes.append(_version(naming, question, question_text=column.label))
        changes.append(
            break_row(
                naming,
                question["variable_id"],
                "wording",
                "soft",
                f"Wording: {word_difference(old.label, column.label)}",
            )
        )
    reason = f"label: {word_difference(old.label, column.label)} (alike by {alike:.2f})"
    if alike < SAME_QUESTION:
        reason += ". So little is the same that it may be another question"
    return [Proposal("changed_wording", column.name, round(1 - alike / 2, 2), reason, changes)]


def _numeric_codes(before: KnownColumn, column: ColumnProfile, naming: Naming) -> list[Proposal]:
    """Find missing codes and words among numbers that the crosswalk does not know."""
    mapped = {row["source_code"] for row in before.crosswalk}
    crosswalk_id = before.questions[0]["crosswalk_id"]
    proposals = []
    for code in dict.fromkeys([*column.value_labels, *column.counts]):
        if code in mapped:
            continue
        label = column.value_labels.get(code, "")
        guess = kind_of_missing(label) if label else None
        is_word = not _is_number(code)
        if code not in column.missing_codes and guess is None and not is_word:
            continue
        kind, confidence = guess or kind_of_missing(code) or ("no_answer", 0.5)
        if code not in column.missing_codes and not is_word:
            confidence -= 0.1
        change = CodeChange(
            "new_missing_code",
            (code,),
            (),
            round(confidence, 2),
            f"{code} among numbers, labelled {label!r}, in {column.counts.get(code, 0):g} rows",
            kind,
        )
        row = crosswalk_row(naming, crosswalk_id, code, missing=kind)
        proposals.append(
            Proposal(
                change.kind,
                column.name,
                change.confidence,
                change.reason,
                [{"table": "crosswalk", "add": row}],
            )
        )
    return proposals


def _is_number(code: str) -> bool:
    try:
        float(code)
    except ValueError:
        return False
    return True


def _empty(before: KnownColumn, column: ColumnProfile, naming: Naming) -> Proposal:
    row = crosswalk_row(
        naming,
        before.questions[0]["crosswalk_id"],
        EMPTY,
        missing="no_answer",
        note="Nothing was delivered; why is not known.",
    )
    return Proposal(
        "new_missing_code",
        column.name,
        0.6,
        f"{column.empty_count} of {column.row_count} rows are empty, which none was before; "
        "no_answer is a guess, it may be not_asked or not_applicable",
        [{"table": "crosswalk", "add": row}],
    )
