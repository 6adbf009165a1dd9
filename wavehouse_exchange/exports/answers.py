"""How exports write an answer that is missing: its kind behind an underscore, such as `_refused`.

So one column says it all: a category as its code, a number as a number, and why there is neither.
"""

from collections.abc import Iterable

from wavehouse.errors import ProblemsError

MISSING_PREFIX = "_"


def missing_code(kind: str) -> str:
    """Give the code that stands for a kind of missing among the answers."""
    return MISSING_PREFIX + kind


def refuse_clashes(study_id: str, categories: Iterable[tuple[str, str]], kinds: set[str]) -> None:
    """Make sure that no category has the code of a missing answer.

    Args:
        study_id: the study.
        categories: variables, each with the code of a category.
        kinds: the kinds of missing.

    Raises:
        ProblemsError: some have.
    """
    taken = {missing_code(kind) for kind in kinds}
    problems = [
        f"study {study_id}, variable {variable_id}: category {code} has the code that exports use "
        "for missing answers. Give it another code in seeds/codebook/categories.csv and "
        "crosswalk.csv."
        for variable_id, code in sorted(categories)
        if code in taken
    ]
    if problems:
        raise ProblemsError("These categories cannot be exported:", problems)
