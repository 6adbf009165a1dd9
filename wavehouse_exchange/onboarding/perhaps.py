"""Which new columns an earlier one may be that none was matched with.

To say that a question ended is to end its series. A match needs evidence that outweighs all other
pairs; a doubt needs less: a new column with the same kind of answers that nothing else claims, and
a word, a place or another language that lets it be the question. So a question ends surely only
where there is no such column.
"""

from collections.abc import Collection, Sequence

import numpy as np

from wavehouse_exchange.onboarding.evidence import FEWEST_NUMBERS, Evidence, Labels
from wavehouse_exchange.onboarding.profile import ColumnProfile

# The most that is said of an end, or of a new question, while there is such a column.
MOST_WITH_A_DOUBT = 0.8
# A pair with such a chance is named, whatever else the new column is matched with.
NAMED_CHANCE = 0.05
# Labels that share a word that few have are as alike as this; from the second on they are alike
# enough whatever their answers are.
_SHARES_A_WORD = 0.2
_ALIKE = 0.5
# Levels of the codes, see `code_evidence`: one of the two has none, and lists that are not alike.
_OTHER_ANSWERS = (1, 7)
# Levels of the place, see `place_evidence`: as seen from the nearest match, or beside it.
_IN_PLACE = (1, 2)
# So many codes are numbers or texts in one wave, and may be a list of codes in another.
_MANY_CODES = FEWEST_NUMBERS // 2
_MOST_NAMED = 2


def may_be_one(
    old: Sequence[ColumnProfile],
    new: Sequence[ColumnProfile],
    labels: Labels,
    codes: Evidence,
    place: Evidence,
) -> np.ndarray:
    """Say which pairs of columns nobody may call different without looking at them.

    Args:
        old: the earlier columns.
        new: those of the new wave.
        labels: how the labels compare.
        codes: how the code lists do, from `code_evidence`.
        place: how the places in the questionnaire do, from `place_evidence`.
    """
    alike = np.nan_to_num(labels.alike)
    # Of numbers and texts a file may label the missing codes or not, and have few or many.
    before, after = (np.array([c.code_count >= _MANY_CODES for c in each]) for each in (old, new))
    both_open = before[:, None] & after[None, :]
    same_answers = ~np.isin(codes.levels, _OTHER_ANSWERS) | both_open
    # In another language, or without a label, nothing speaks against a pair; nor do a few words
    # against two of the few columns of numbers or texts.
    is_silent = labels.crossing | np.isnan(labels.alike) | both_open
    has_its_place = np.isin(place.levels, _IN_PLACE)
    return np.asarray(
        (alike >= _ALIKE) | (same_answers & ((alike >= _SHARES_A_WORD) | is_silent | has_its_place))
    )


def nearest(
    row: int,
    doubts: np.ndarray,
    chances: np.ndarray,
    alike: np.ndarray,
    taken: Collection[int],
) -> list[int]:
    """Give the places of the new columns that an earlier one may be, the nearest first.

    Args:
        row: the earlier column, which no new one was matched with.
        doubts: the pairs that may be one, from `may_be_one`.
        chances: the chance of each pair.
        alike: how alike the labels are.
        taken: the places of new columns that another one was matched with. Of these only those are
            given that have a chance to be this one.
    """
    found = [
        place
        for place in range(doubts.shape[1])
        if chances[row, place] >= NAMED_CHANCE or (doubts[row, place] and place not in taken)
    ]
    likeness = np.nan_to_num(alike[row])
    return sorted(found, key=lambda place: (-round(chances[row, place], 1), -likeness[place]))


def in_words(columns: Sequence[tuple[str, str]]) -> str:
    """Name the nearest columns: `Q52C 'Trust: police' or Q52F 'Trust: courts'`.

    Args:
        columns: their names and labels, the nearest first.
    """
    named = [f"{name} {label!r}" if label else name for name, label in columns[:_MOST_NAMED]]
    more = len(columns) - len(named)
    if more:
        return f"{', '.join(named)} or one of {more} more"
    return " or ".join(named)
