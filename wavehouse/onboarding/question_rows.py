"""The codebook rows of a question that is asked for the first time."""

from wavehouse.onboarding.code_rows import Naming, crosswalk_row, equal_labels_proposal
from wavehouse.onboarding.draft import ACCEPT, Change, Proposal
from wavehouse.onboarding.known import EMPTY, NUMBER
from wavehouse.onboarding.profile import ColumnProfile
from wavehouse.onboarding.signs import plain
from wavehouse.onboarding.texts import kind_of_missing

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
    missing, answers = _split_codes(new)
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
    for code, (missing_kind, _) in missing.items():
        changes.append(
            {
                "table": "crosswalk",
                "add": crosswalk_row(naming, crosswalk_id, code, missing=missing_kind),
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
    sure = [confidence for _, confidence in missing.values()]
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
    return [
        proposal,
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


def _by_label(new: ColumnProfile, answers: list[str]) -> list[list[str]]:
    """Give the codes in groups that share a label; without labels each code is its own."""
    groups: dict[str, list[str]] = {}
    for code in answers:
        groups.setdefault(plain(new.value_labels.get(code) or code), []).append(code)
    return list(groups.values())


def _split_codes(new: ColumnProfile) -> tuple[dict[str, tuple[str, float]], list[str]]:
    """Tell the missing codes from the answers."""
    missing: dict[str, tuple[str, float]] = {}
    answers = []
    for code in dict.fromkeys([*new.value_labels, *new.counts]):
        label = new.value_labels.get(code, "")
        guess = kind_of_missing(label or code)
        if code in new.missing_codes:
            missing[code] = guess or ("no_answer", 0.5)
        elif guess and label:
            missing[code] = (guess[0], guess[1] - 0.15)
        elif code.startswith(".") and len(code) == 2:
            missing[code] = guess or ("no_answer", 0.5)
        else:
            answers.append(code)
    return missing, answers


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
