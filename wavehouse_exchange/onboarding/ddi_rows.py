"""The codebook rows of a variable that a DDI codebook describes, over all waves that have it."""

import re
from collections.abc import Container, Sequence
from dataclasses import dataclass, field

from wavehouse.codebook.tables import Row, whole_number
from wavehouse_exchange.onboarding.code_rows import Naming, break_row
from wavehouse_exchange.onboarding.ddi import DdiVariable
from wavehouse_exchange.onboarding.draft import Change, Proposal
from wavehouse_exchange.onboarding.known import EMPTY, NUMBER
from wavehouse_exchange.onboarding.missing import is_number
from wavehouse_exchange.onboarding.profile import ColumnProfile
from wavehouse_exchange.onboarding.question_rows import MOST_UNLABELLED_CODES, UNIVERSE
from wavehouse_exchange.onboarding.signs import plain
from wavehouse_exchange.onboarding.texts import kind_of_missing

# A code that can stand as it is; others, such as 1, get a code made of their label.
TELLING_CODE = re.compile(r"[a-z0-9_]*[a-z][a-z0-9_]*")
# What a delivered code becomes: a kind of missing, a category or a number; then which.
Meaning = tuple[str, str]
MISSING, CATEGORY, SELF = "missing", "category", "number"


@dataclass(frozen=True)
class Asked:
    """A variable in one wave: what the codebook says of it, and what was delivered."""

    wave_id: str
    variable: DdiVariable
    column: ColumnProfile


@dataclass
class CodeLists:
    """The code lists of a draft, each with its categories: labels by code, in order."""

    naming: Naming
    categories: dict[str, dict[str, str]] = field(default_factory=dict)

    def existing(self, code_list: str) -> dict[str, str]:
        """Give the categories of a list of the project's codebook."""
        rows = [
            row
            for row in self.naming.codebook.rows("categories")
            if row["code_list_id"] == code_list
        ]
        rows.sort(key=lambda row: whole_number(row["category_order"]))
        return {row["category_code"]: row["category_label"] for row in rows}

    def category(
        self, code_list: str, code: str, label: str, others: Container[str] = ()
    ) -> tuple[str, list[Change]]:
        """Give the category that a delivered code is, and the row that makes it if it is new.

        Args:
            code_list: its code list.
            code: the code.
            label: its label. The same label in another wave is the same category.
            others: categories of the other codes of this wave, which is none of these: it gets one
                of its own, with the code behind the label.
        """
        of_list = self.categories.setdefault(code_list, {})
        label = label or code
        if TELLING_CODE.fullmatch(code):
            category = code
        else:
            alike = self._alike(of_list, label)
            if alike in others:
                label = f"{label} ({code})"
                alike = self._alike(of_list, label)
            category = alike or self.naming.new_id(code_list, label, "code")
        if category in of_list:
            return category, []
        of_list[category] = label
        row = {
            "code_list_id": code_list,
            "category_code": category,
            "category_order": str(len(of_list)),
            "category_label": label,
        }
        return category, [{"table": "categories", "add": row}]

    @staticmethod
    def _alike(of_list: dict[str, str], label: str) -> str:
        """Give the category of a label; nothing if there is none."""
        return next((there for there, text in of_list.items() if plain(text) == plain(label)), "")


def variable_proposal(
    name: str, asked: Sequence[Asked], waves: Sequence[str], naming: Naming, lists: CodeLists
) -> Proposal:
    """Draft variable, code list, categories, crosswalk, questions, measure and breaks.

    Args:
        name: the variable's name in the codebook that is read: its concept, or that of the column.
        asked: the waves that have it, in their order.
        waves: all waves of the study, in their order.
        naming: gives ids.
        lists: the code lists of the draft.

    Returns:
        the proposal; rejected, the columns are waived.
    """
    first = asked[0].variable
    waivers = [_waiver(naming, each, waves) for each in _first_of_each_column(asked)]
    answers = [category for each in asked for category in each.variable.answers]
    is_numeric = first.is_numeric and (not answers or any(e.column.numbers for e in asked))
    if not is_numeric and not answers:
        codes = {code for each in asked for code in each.column.counts}
        if not codes or len(codes) > MOST_UNLABELLED_CODES:
            return Proposal(
                "new_text_column",
                first.name,
                0.7,
                f"{_title(first)}: the codebook has no categories, and the delivered values are "
                "neither codes nor numbers. Accept waives it",
                waivers,
                waivers,
            )
    changes: list[Change] = []
    confidence, reasons = 0.95, [f"{_title(first)} ({len(asked)} wave(s))"]
    code_list = ""
    if not is_numeric:
        code_list, made = _code_list(first, name, naming, lists)
        changes += made
    meanings: list[dict[str, Meaning]] = []
    for each in asked:
        meaning, made, unsure = _meaning(each, is_numeric, code_list, lists)
        meanings.append(meaning)
        changes += made
        if unsure:
            confidence = min(confidence, 0.6)
            reasons.append(f"wave {each.wave_id}: {unsure}")
    row = _variable_row(first, is_numeric, code_list)
    variable_id, is_known = _variable_id(name, row, naming, lists)
    if is_known:
        reasons.append(f"it is the variable {variable_id} of the codebook, which has its codes")
    else:
        changes.append({"table": "variables", "add": {"variable_id": variable_id, **row}})
    crosswalks = _crosswalks(variable_id, meanings, naming)
    changes += _crosswalk_rows(asked, meanings, crosswalks, naming)
    changes += _question_rows(variable_id, asked, waves, crosswalks, naming)
    if not is_known:
        changes.append(_measure(variable_id, _title(first), is_numeric, naming))
    for each in asked:
        for found in each.variable.breaks:
            change = break_row(naming, variable_id, found.kind, found.severity, found.description)
            change["add"]["wave_id"] = found.wave_id or each.wave_id
            changes.append(change)
    return Proposal("new_column", first.name, confidence, "; ".join(reasons), changes, waivers)


def _title(variable: DdiVariable) -> str:
    return (variable.label or variable.question or variable.name).rstrip(".")


def _sentence(text: str) -> str:
    return text if text.endswith((".", "?", "!")) else f"{text}."


def _first_of_each_column(asked: Sequence[Asked]) -> list[Asked]:
    return list({each.column.name: each for each in reversed(asked)}.values())


def _waiver(naming: Naming, each: Asked, waves: Sequence[str]) -> Change:
    row = {
        "study_id": naming.study_id,
        "source_column": each.column.name,
        "valid_from_wave": waves[0],
        "waiver_kind": "technical",
        "reason": _sentence(_title(each.variable)),
    }
    return {"table": "waived_columns", "add": row}


def _code_list(
    variable: DdiVariable, name: str, naming: Naming, lists: CodeLists
) -> tuple[str, list[Change]]:
    """Give the code list of a variable, and the row that makes it if it is new."""
    stated, label = variable.code_list
    if stated and stated in lists.categories:
        return stated, []
    wanted = {category.code: category.label for category in variable.answers}
    there = lists.existing(stated) if stated else {}
    if there and wanted.items() <= there.items():
        lists.categories[stated] = there
        return stated, []
    code_list = naming.new_id("code_lists", stated or name)
    if stated:
        # Other variables of the file name it by the same id.
        lists.categories[stated] = lists.categories.setdefault(code_list, {})
    title = label or _title(variable)
    row = {
        "code_list_id": code_list,
        "code_list_label": title,
        "description": _sentence(f"Answers: {title}"),
    }
    return code_list, [{"table": "code_lists", "add": row}]


def _meaning(
    each: Asked, is_numeric: bool, code_list: str, lists: CodeLists
) -> tuple[dict[str, Meaning], list[Change], str]:
    """Give what each code of a wave means, the new categories, and what is only guessed."""
    variable, column = each.variable, each.column
    meaning: dict[str, Meaning] = {NUMBER: (SELF, "")} if is_numeric else {}
    changes: list[Change] = []
    guessed = []
    labels: dict[str, str] = {}
    for category in variable.categories:
        if category.missing_kind:
            meaning[category.code] = (MISSING, category.missing_kind)
            if not category.is_sure:
                guessed.append(f"{category.code} is {category.missing_kind}")
        elif not is_numeric:
            others = {known for kind, known in meaning.values() if kind == CATEGORY}
            code, made = lists.category(code_list, category.code, category.label, others)
            meaning[category.code] = (CATEGORY, code)
            changes += made
            same = labels.setdefault(plain(category.label or category.code), category.code)
            if same != category.code and not TELLING_CODE.fullmatch(category.code):
                guessed.append(
                    f"{same} and {category.code} are two answers, although both have the label "
                    f"{category.label!r}. Give both the same category_code if they are one answer"
                )
    for code in variable.invalid_values:
        if code not in meaning:
            guess = kind_of_missing(code.strip("._").replace("_", " "))
            meaning[code] = (MISSING, guess[0] if guess else "no_answer")
            if not guess:
                guessed.append(f"{code} is no_answer")
    for code in column.counts:
        if code in meaning or (is_numeric and is_number(code)):
            continue
        if is_numeric:
            guess = kind_of_missing(code)
            meaning[code] = (MISSING, guess[0] if guess else "no_answer")
        else:
            found, made = lists.category(code_list, code, code)
            meaning[code] = (CATEGORY, found)
            changes += made
        guessed.append(f"{code} is not in the codebook")
    if column.empty_count:
        meaning[EMPTY] = (MISSING, "no_answer")
    return meaning, changes, ", ".join(guessed[:5])


def _variable_row(variable: DdiVariable, is_numeric: bool, code_list: str) -> Row:
    title = _title(variable)
    row = {
        "variable_label": title,
        "description": _sentence(variable.description or variable.question or title),
        "value_type": "numeric" if is_numeric else "categorical",
        "code_list_id": code_list,
    }
    if is_numeric:
        row |= {
            "unit": variable.unit or "units",
            "lower_bound": variable.lower_bound,
            "upper_bound": variable.upper_bound,
            "decimals": variable.decimals,
        }
    return {column: value for column, value in row.items() if value}


def _variable_id(name: str, row: Row, naming: Naming, lists: CodeLists) -> tuple[str, bool]:
    """Give the variable's id, and whether the codebook has the very same variable already."""
    for there in naming.codebook.rows("variables"):
        if there["variable_id"] == name:
            compared = ("value_type", "unit", "decimals")
            same = all((there.get(c) or "") == row.get(c, "") for c in compared)
            same_list = (there.get("code_list_id") or "") == row.get("code_list_id", "")
            if same and same_list and row.get("code_list_id", "") in ("", *lists.categories):
                return name, True
    return naming.new_id("variables", name), False


def _crosswalks(
    variable_id: str, meanings: Sequence[dict[str, Meaning]], naming: Naming
) -> list[str]:
    """Give the crosswalk of each wave: another one where a code changes its meaning."""
    crosswalks: list[str] = []
    known: dict[str, Meaning] = {}
    for meaning in meanings:
        clash = any(known.get(code, what) != what for code, what in meaning.items())
        if not crosswalks or clash:
            crosswalks.append(naming.new_id("crosswalk", variable_id))
            known = dict(meaning)
        else:
            crosswalks.append(crosswalks[-1])
            known |= meaning
    return crosswalks


def _crosswalk_rows(
    asked: Sequence[Asked],
    meanings: Sequence[dict[str, Meaning]],
    crosswalks: Sequence[str],
    naming: Naming,
) -> list[Change]:
    rows: dict[tuple[str, str], Row] = {}
    begins: dict[str, str] = {}
    for each, meaning, crosswalk_id in zip(asked, meanings, crosswalks, strict=True):
        begins.setdefault(crosswalk_id, each.wave_id)
        for code, (what, value) in meaning.items():
            row = {
                "study_id": naming.study_id,
                "crosswalk_id": crosswalk_id,
                "source_code": code,
                "valid_from_wave": begins[crosswalk_id],
                "category_code": value if what == CATEGORY else "",
                "missing_kind": value if what == MISSING else "",
                "mapping_method": "sentinel" if what == MISSING else "identity",
                "note": "Nothing was delivered; the reason is not known." if code == EMPTY else "",
            }
            if what == CATEGORY and value != code:
                row["mapping_method"] = "recode"
            rows.setdefault((crosswalk_id, code), {c: text for c, text in row.items() if text})
    return [{"table": "crosswalk", "add": row} for row in rows.values()]


def _question_rows(
    variable_id: str,
    asked: Sequence[Asked],
    waves: Sequence[str],
    crosswalks: Sequence[str],
    naming: Naming,
) -> list[Change]:
    """Join the waves that asked the same in the same way into one row each."""
    rows: list[Row] = []
    place = -1
    for each, crosswalk_id in zip(asked, crosswalks, strict=True):
        said = {
            "source_column": each.column.name,
            "crosswalk_id": crosswalk_id,
            "question_text": _sentence(each.variable.question or _title(each.variable)),
            "universe": each.variable.universe or UNIVERSE,
        }
        here = waves.index(each.wave_id)
        goes_on = rows and here == place + 1 and said.items() <= rows[-1].items()
        if not goes_on:
            rows.append(
                {
                    "study_id": naming.study_id,
                    "variable_id": variable_id,
                    "valid_from_wave": each.wave_id,
                    **said,
                }
            )
        rows[-1]["valid_to_wave"] = each.wave_id
        place = here
    if rows[-1]["valid_to_wave"] == waves[-1]:
        # Still asked.
        del rows[-1]["valid_to_wave"]
    return [{"table": "questions", "add": row} for row in rows]


def _measure(variable_id: str, title: str, is_numeric: bool, naming: Naming) -> Change:
    kind = "mean" if is_numeric else "share"
    row = {
        "measure_id": naming.new_id("measures", f"{variable_id}_{kind}"),
        "measure_label": f"Mean: {title}" if is_numeric else title,
        "measure_kind": kind,
        "variable_id": variable_id,
        "base_description": "Respondents with an answer",
        "description": f"{'Mean' if is_numeric else 'Share of each answer'}: {title}.",
    }
    return {"table": "measures", "add": row}
