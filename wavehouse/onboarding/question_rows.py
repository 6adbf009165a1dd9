"""The codebook rows of a question that is asked for the first time."""

from wavehouse.onboarding.code_rows import Naming, crosswalk_row, equal_labels_proposal
from wavehouse.onboarding.draft import ACCEPT, Change, Proposal, only_when
from wavehouse.onboarding.known import EMPTY, NUMBER
from wavehouse.onboarding.missing import MissingGuess, is_number
from wavehouse.onboarding.profile import ColumnProfile
from wavehouse.onboarding.signs import plain

# More codes than these, without labels, are numbers or free text.
MOST_UNLABELLED_CODES = 12
LEAST_LABELLED_SHARE = 0.8

UNIVERSE = "All respondents"


def new_column_proposals(
    new: ColumnProfile, naming: Naming, universe: str = UNIVERSE
) -> list[Proposal]:
    """Draft variable, code list, categories, crosswalk, question and measure of a new column.

    Rejected, the column is waived. Codes that share a label are asked about in proposals of their
    own, which count only if the column is accepted.
    """
    waiver: Change = {
        "table": "waived_columns",
        "add": {
            "study_id": naming.study_id,
            "source_column": new.name,
            "valid_from_wave": naming.wave_id,
            "waiver_kind": "technical",
            "reason": new.label or "Not used.",
        },
    }
    missing, answers = naming.missing.split(new)
    asked = {code: guess for code, guess in missing.items() if guess.is_asked}
    missing = {code: guess for code, guess in missing.items() if code not in asked}
    is_categorical = _is_categorical(new, answers)
    if not is_categorical and new.numbers is None:
        what = f"{new.code_count} different texts{_labelled(new)}: neither codes nor numbers"
        return [
            Proposal(
                "new_text_column", new.name, 0.7, f"{what}. Accept waives it", [waiver], [waiver]
            )
        ]
    variable = naming.new_id("variables", new.label if _is_short(new.label) else new.name, "item")
    crosswalk_id = naming.new_id("crosswalk", variable)
    groups = _by_label(new, answers) if is_categorical else []
    rows, kind = (
        _categorical(new, naming, variable, crosswalk_id, [group[0] for group in groups])
        if is_categorical
        else _numeric(new, naming, variable, crosswalk_id)
    )
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
    changes.append(
        {
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
    )
    changes.append(_measure(naming, variable, new, kind))
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


def _unknown_word(code: str) -> MissingGuess:
    return MissingGuess(
        "invalid", 0.5, f"{code!r} among numbers is no number, and not known as missing", True
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
    if new.numbers is not None and new.value_labels:
        # Labels for a few of many numbers, such as "none" or a top code.
        return False
    return len(answers) <= MOST_UNLABELLED_CODES


def _categorical(
    new: ColumnProfile, naming: Naming, variable: str, crosswalk_id: str, answers: list[str]
) -> tuple[list[Change], str]:
    code_list = naming.new_id("code_lists", variable)
    label = _title(new)
    changes: list[Change] = [
        {
            "table": "code_lists",
            "add": {
                "code_list_id": code_list,
                "code_list_label": label,
                "description": f"Answers to {new.name}: {label}.",
            },
        },
        {
            "table": "variables",
            "add": {
                "variable_id": variable,
                "variable_label": label,
                "description": _sentence(new.label or new.name),
                "value_type": "categorical",
                "code_list_id": code_list,
            },
        },
    ]
    for code in answers:
        category, made = naming.category(code_list, new.value_labels.get(code) or code)
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
                "variable_label": _title(new),
                "description": _sentence(new.label or new.name),
                "value_type": "numeric",
                "unit": "units",
            },
        },
        {
            "table": "crosswalk",
            "add": crosswalk_row(naming, crosswalk_id, NUMBER, method="identity"),
        },
    ], "numeric"


def _measure(naming: Naming, variable: str, new: ColumnProfile, kind: str) -> Change:
    share = kind == "categorical"
    what = "Share of each answer" if share else "Mean"
    return {
        "table": "measures",
        "add": {
            "measure_id": naming.new_id("measures", f"{variable}_{'share' if share else 'mean'}"),
            "measure_label": _title(new) if share else f"Mean: {_title(new)}",
            "measure_kind": "share" if share else "mean",
            "variable_id": variable,
            "base_description": "Respondents with an answer",
            "description": f"{what}: {_title(new)}.",
        },
    }


def _empty_row(naming: Naming, crosswalk_id: str) -> Change:
    return {
        "table": "crosswalk",
        "add": crosswalk_row(
            naming,
            crosswalk_id,
            EMPTY,
            missing="no_answer",
            note="Nothing was delivered; why is not known.",
        ),
    }


def _labelled(new: ColumnProfile) -> str:
    return f" ({new.label!r})" if new.label else ""


def _title(new: ColumnProfile) -> str:
    return (new.label or new.name).rstrip(".")


def _sentence(text: str) -> str:
    return text if text.endswith((".", "?", "!")) else f"{text}."


def _is_short(label: str) -> bool:
    return 0 < len(label) <= 40
