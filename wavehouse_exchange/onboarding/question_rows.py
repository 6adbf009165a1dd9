"""The codebook rows of a question that is asked for the first time."""

from collections.abc import Mapping

from wavehouse_exchange.onboarding.code_rows import Naming, crosswalk_row, equal_labels_proposal
from wavehouse_exchange.onboarding.draft import ACCEPT, REJECT, Change, Proposal, only_when
from wavehouse_exchange.onboarding.known import EMPTY, NUMBER
from wavehouse_exchange.onboarding.left_out import FREE_TEXT, PERSONAL_DATA
from wavehouse_exchange.onboarding.missing import MissingGuess, is_number
from wavehouse_exchange.onboarding.offered import Offered, offered_variable
from wavehouse_exchange.onboarding.people import SHORT_TEXTS, personal_data
from wavehouse_exchange.onboarding.profile import ColumnProfile
from wavehouse_exchange.onboarding.scale_measures import measures_of
from wavehouse_exchange.onboarding.scales import Scale, are_numbers, scale_of
from wavehouse_exchange.onboarding.signs import plain

# More codes than these, without labels, are numbers or free text.
MOST_UNLABELLED_CODES = 12
LEAST_LABELLED_SHARE = 0.8

UNIVERSE = "All respondents"


def new_column_proposals(
    new: ColumnProfile, naming: Naming, universe: str = UNIVERSE
) -> list[Proposal]:
    """Draft what a new column needs: a question of its own, or, of people's data, a waiver.

    Whether a column that may tell who somebody is becomes a question, a person decides.
    """
    found = personal_data(new)
    if found is None:
        return _question_proposals(new, naming, universe)
    kind = FREE_TEXT if found.what in ("free text", SHORT_TEXTS) else PERSONAL_DATA
    waiver = _waiver(new, naming, kind, f"Seems personal: {found.what}.")
    usual, *others = _question_proposals(new, naming, universe)
    kept = "it stays in the landed file" if kind == FREE_TEXT else "it is not kept, now or later"
    if found.what == SHORT_TEXTS:
        kept += f" (with {PERSONAL_DATA} as its waiver_kind in the draft it is not kept)"
    people = Proposal(
        "personal_data",
        new.name,
        0.5,
        f"seems personal ({found.what}){_labelled(new)}: {found.reason}. Accepted, it is waived "
        f"as {kind} and {kept}; rejected, it is treated like any other column",
        [waiver],
        usual.changes,
    )
    for other in others:
        # They ask about codes of the column, where it is taken.
        other.changes = [_moved(change, usual, people) for change in other.changes]
        other.if_rejected = [_moved(change, usual, people) for change in other.if_rejected]
    return [people, *others]


def _moved(change: Change, usual: Proposal, people: Proposal) -> Change:
    """Let a change wait for the rejection of one proposal instead of the acceptance of another."""
    when = [
        (people, REJECT) if other is usual else (other, decision)
        for other, decision in change.get("when", [])
    ]
    return {**change, "when": when} if when else change


def _waiver(new: ColumnProfile, naming: Naming, kind: str, reason: str) -> Change:
    return {
        "table": "waived_columns",
        "add": {
            "study_id": naming.study_id,
            "source_column": new.name,
            "valid_from_wave": naming.wave_id,
            "waiver_kind": kind,
            "reason": reason,
        },
    }


def _question_proposals(new: ColumnProfile, naming: Naming, universe: str) -> list[Proposal]:
    """Draft variable, code list, categories, crosswalk, question and measure of a new column.

    Rejected, the column is waived. Codes that share a label are asked about in proposals of their
    own, which count only if the column is accepted.
    """
    waiver = _waiver(new, naming, "technical", new.label or "Not used.")
    missing, answers = naming.missing.split(new)
    asked = {code: guess for code, guess in missing.items() if guess.is_asked}
    missing = {code: guess for code, guess in missing.items() if code not in asked}
    # Of a tick list the words stand for 1 and 0, whatever else has a label.
    is_categorical = _is_categorical(new, answers) or new.name in naming.words
    if not is_categorical and new.numbers is None:
        what = f"{new.code_count} different texts{_labelled(new)}: neither codes nor numbers"
        return [
            Proposal(
                "new_text_column", new.name, 0.7, f"{what}. Accept waives it", [waiver], [waiver]
            )
        ]
    offered = offered_variable(
        new, answers if is_categorical else (), naming.codebook, naming.study_id
    )
    if offered is not None and not asked:
        return [_offered(new, naming, offered, missing, universe, waiver)]
    variable = naming.new_id("variables", naming.ids.text(new), "item")
    crosswalk_id = naming.new_id("crosswalk", variable)
    groups = _by_label(new, answers) if is_categorical else []
    scale = scale_of(new, answers) if is_categorical else Scale()
    rows, kind = (
        _categorical(new, naming, variable, crosswalk_id, [group[0] for group in groups], scale)
        if is_categorical
        else _numeric(new, naming, variable, crosswalk_id)
    )
    if is_categorical and rows[0]["add"].get("top_end", "") != scale.top_end:
        # The list is shared with a column of which another end is the top, or none is plain.
        scale = Scale()
    changes = [*rows]
    for code, guess in missing.items():
        changes.append(
            {
                "table": "crosswalk",
                "add": crosswalk_row(naming, crosswalk_id, code, missing=guess.kind),
            }
        )
    if new.empty_count:
        changes.append(_empty_row(naming, crosswalk_id))
    changes.append(_question(new, naming, variable, crosswalk_id, universe))
    changes += measures_of(naming, variable, new, kind, scale)
    sure = [guess.confidence for guess in missing.values()]
    confidence = min([0.9 if new.label and (new.value_labels or kind == "numeric") else 0.6, *sure])
    what = f"{len(answers)} answers" if is_categorical else "numbers"
    proposal = Proposal(
        "new_column",
        new.name,
        round(confidence, 2),
        f"not delivered before{_labelled(new)}; {what}, {len(missing)} missing codes, "
        f"{new.empty_count} of {new.row_count} rows empty. Rejected, it is waived",
        changes,
        [waiver],
    )
    code_list = next((c["add"]["code_list_id"] for c in rows if c["table"] == "code_lists"), "")
    if not is_categorical:
        words = [code for code in answers if not is_number(code) and code in new.counts]
        asked |= {code: _unknown_word(code) for code in words}
        asked |= naming.missing.far_numbers(new)
    return [
        proposal,
        *(
            _asked_code(naming, new, proposal, crosswalk_id, code_list, code, guess)
            for code, guess in asked.items()
        ),
        *(
            equal_labels_proposal(
                naming,
                new.name,
                code_list,
                new.value_labels.get(group[0]) or group[0],
                group,
                [(crosswalk_id, (proposal, ACCEPT))],
            )
            for group in groups
            if len(group) > 1
        ),
    ]


def _question(
    new: ColumnProfile, naming: Naming, variable: str, crosswalk_id: str, universe: str
) -> Change:
    return {
        "table": "questions",
        "add": {
            "study_id": naming.study_id,
            "variable_id": variable,
            "valid_from_wave": naming.wave_id,
            "source_column": new.name,
            "crosswalk_id": crosswalk_id,
            "question_text": _sentence(new.label or new.name),
            "universe": universe,
        },
    }


def _offered(
    new: ColumnProfile,
    naming: Naming,
    offered: Offered,
    missing: Mapping[str, MissingGuess],
    universe: str,
    waiver: Change,
) -> Proposal:
    """Draft a column as a variable that the project has, with a crosswalk of its own."""
    variable = offered.variable["variable_id"]
    crosswalk_id = naming.new_id("crosswalk", f"{naming.study_id}_{variable}")
    mapped = [
        crosswalk_row(naming, crosswalk_id, code, category, method="identity")
        for code, category in offered.categories.items()
    ] or [crosswalk_row(naming, crosswalk_id, NUMBER, method="identity")]
    mapped += [
        crosswalk_row(naming, crosswalk_id, code, missing=guess.kind)
        for code, guess in missing.items()
    ]
    changes: list[Change] = [{"table": "crosswalk", "add": row} for row in mapped]
    if new.empty_count:
        changes.append(_empty_row(naming, crosswalk_id))
    changes.append(_question(new, naming, variable, crosswalk_id, universe))
    unit = offered.variable.get("unit") or ""
    check = f" Make sure that the unit is {unit}." if unit and not offered.categories else ""
    return Proposal(
        "new_column",
        new.name,
        min([0.85, *(guess.confidence for guess in missing.values())]),
        f"not delivered before{_labelled(new)}; the project has the variable {variable} "
        f"({offered.variable['variable_label']!r}), which asks the same with the same answers."
        f"{check} Rejected, it is waived",
        changes,
        [waiver],
    )


def _unknown_word(code: str) -> MissingGuess:
    return MissingGuess(
        "invalid", 0.5, f"{code!r} among numbers is not a number, and not known as missing", True
    )


def _asked_code(
    naming: Naming,
    new: ColumnProfile,
    column: Proposal,
    crosswalk_id: str,
    code_list: str,
    code: str,
    guess: MissingGuess,
) -> Proposal:
    """Ask whether a code is missing or an answer; it counts only if the column is accepted.

    Accepted, it is what it more likely is; rejected, it is the other.
    """
    kind = guess.kind or "no_answer"
    row = crosswalk_row(naming, crosswalk_id, code, missing=kind)
    missing: list[Change] = [{"table": "crosswalk", "add": row}]
    answer: list[Change] = []
    if code_list:
        category, answer = naming.category(code_list, new.value_labels.get(code) or code)
        row = crosswalk_row(naming, crosswalk_id, code, category, method="identity")
        answer = [*answer, {"table": "crosswalk", "add": row}]
    what = "an answer" if code_list else "a number"
    if not code_list and not is_number(code):
        # Numbers have no answers that are words.
        row = crosswalk_row(naming, crosswalk_id, code, missing="invalid")
        what, answer = "invalid", [{"table": "crosswalk", "add": row}]
    accepted, other = (missing, answer) if guess.kind else (answer, missing)
    words = (f"missing ({kind})", what) if guess.kind else (what, f"missing ({kind})")
    return Proposal(
        "unclear_missing_code",
        new.name,
        guess.confidence,
        f"{guess.reason}. Accept if it is {words[0]}; reject if it is {words[1]}",
        [only_when(change, column, ACCEPT) for change in accepted],
        [only_when(change, column, ACCEPT) for change in other],
    )


def _by_label(new: ColumnProfile, answers: list[str]) -> list[list[str]]:
    """Give the codes in groups that share a label; without labels each code is its own."""
    groups: dict[str, list[str]] = {}
    for code in answers:
        groups.setdefault(plain(new.value_labels.get(code) or code), []).append(code)
    return list(groups.values())


def _is_categorical(new: ColumnProfile, answers: list[str]) -> bool:
    if not new.is_coded or not answers:
        return False
    delivered = sum(new.counts.get(code, 0) for code in answers)
    labelled = sum(new.counts.get(code, 0) for code in answers if new.value_labels.get(code))
    if delivered and labelled >= LEAST_LABELLED_SHARE * delivered:
        return True
    if len(answers) <= MOST_UNLABELLED_CODES and are_numbers(new, answers):
        return True
    if new.numbers is not None and new.value_labels:
        # Labels for a few of many numbers, such as "none" or a top code.
        return False
    return len(answers) <= MOST_UNLABELLED_CODES


def _categorical(
    new: ColumnProfile,
    naming: Naming,
    variable: str,
    crosswalk_id: str,
    answers: list[str],
    scale: Scale,
) -> tuple[list[Change], str]:
    label = naming.ids.title(new)
    code_list = naming.lists.get(new.name) or naming.new_id("code_lists", variable)
    shared = naming.titles.get(code_list)
    what = shared or label
    code_list_row = {
        "code_list_id": code_list,
        "code_list_label": what,
        "description": f"Answers to {'the items of ' if shared else ''}{what}.",
        **({"top_end": scale.top_end} if scale.top_end else {}),
    }
    changes: list[Change] = [
        naming.code_list(code_list, code_list_row),
        {
            "table": "variables",
            "add": {
                "variable_id": variable,
                "variable_label": label,
                "description": _sentence(label),
                "value_type": "categorical",
                "code_list_id": code_list,
            },
        },
    ]
    if scale.is_numbers:
        answers = sorted(answers, key=float)
    words = naming.words.get(new.name, {})
    for code in answers:
        category, made = naming.category(
            code_list,
            new.value_labels.get(code) or words.get(code) or code,
            str(int(float(code))) if scale.is_numbers else "",
            is_off_scale=code in scale.off_scale,
        )
        changes += made
        changes.append(
            {
                "table": "crosswalk",
                "add": crosswalk_row(naming, crosswalk_id, code, category, method="identity"),
            }
        )
    return changes, "categorical"


def _numeric(
    new: ColumnProfile, naming: Naming, variable: str, crosswalk_id: str
) -> tuple[list[Change], str]:
    return [
        {
            "table": "variables",
            "add": {
                "variable_id": variable,
                "variable_label": naming.ids.title(new),
                "description": _sentence(naming.ids.title(new)),
                "value_type": "numeric",
                "unit": "units",
            },
        },
        {
            "table": "crosswalk",
            "add": crosswalk_row(naming, crosswalk_id, NUMBER, method="identity"),
        },
    ], "numeric"


def _empty_row(naming: Naming, crosswalk_id: str) -> Change:
    return {
        "table": "crosswalk",
        "add": crosswalk_row(
            naming,
            crosswalk_id,
            EMPTY,
            missing="no_answer",
            note="Nothing was delivered; the reason is not known.",
        ),
    }


def _labelled(new: ColumnProfile) -> str:
    return f" ({new.label!r})" if new.label else ""


def _sentence(text: str) -> str:
    return text if text.endswith((".", "?", "!")) else f"{text}."
