"""Variables that the project has: a new column that asks the same is offered as that one."""

from collections.abc import Sequence
from dataclasses import dataclass

from wavehouse.codebook.tables import Codebook, Row
from wavehouse_exchange.onboarding.missing_labels import compared
from wavehouse_exchange.onboarding.profile import ColumnProfile
from wavehouse_exchange.onboarding.variable_ids import title_of

FEWEST_ANSWERS = 2

# Words that a label may have more, without asking something else.
_OF_THE_RESPONDENT = frozenset(
    {
        *("of", "the", "respondent", "respondents", "respondent's", "s", "your", "what", "is", "r"),
        *("in", "years", "der", "des", "befragten", "person", "ihr", "du", "de", "repondant"),
        *("del", "entrevistado", "do", "dell", "intervistato"),
    }
)


@dataclass(frozen=True)
class Offered:
    """A variable of the project, and the category that each answer is; none of a number."""

    variable: Row
    categories: dict[str, str]


def offered_variable(
    column: ColumnProfile, answers: Sequence[str], codebook: Codebook, study_id: str
) -> Offered | None:
    """Find the variable of the project that a new column asks.

    It has the same words in its label, and a category of its own with the label of each answer.
    Variables that the study asks already are asked by another column.

    Args:
        column: the new column.
        answers: its codes that are answers; none where it has numbers.
        codebook: the codebook.
        study_id: the study.
    """
    words = _words(title_of(column))
    asked = {
        row["variable_id"]
        for row in codebook.rows("questions")
        if row["study_id"] == study_id and not row["valid_to_wave"]
    }
    labels: dict[str, dict[str, str]] = {}
    for row in codebook.rows("categories"):
        known = labels.setdefault(row["code_list_id"], {})
        known[compared(row["category_label"])] = row["category_code"]
    for variable in codebook.rows("variables"):
        if variable["variable_id"] in asked or not words:
            continue
        if _words(variable["variable_label"]) != words:
            continue
        if not answers:
            if variable["value_type"] == "numeric":
                return Offered(variable, {})
            continue
        there = labels.get(variable["code_list_id"], {})
        found = {
            code: there[label]
            for code in answers
            if (label := compared(column.value_labels.get(code, ""))) in there
        }
        # Codes that share a label are asked about, which a variable that is there would hide.
        if len(found) == len(set(found.values())) == len(answers) >= FEWEST_ANSWERS:
            return Offered(variable, found)
    return None


def _words(label: str) -> frozenset[str]:
    return frozenset(compared(label).split()) - _OF_THE_RESPONDENT
