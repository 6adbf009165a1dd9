"""Sets of SPSS with a column for each mention: each answer gets a column of its own beside them.

`media_1` and `media_2` say what was mentioned first and second. What is asked of such a set is who
mentioned an answer at all, so there is a column for each answer too, 1 or 0, as of answers in one
cell. The columns of the mentions stay as they are delivered.
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace

from wavehouse_exchange.landing.documents import MOST_VALUES_OF_A_LIST, natural_order
from wavehouse_exchange.landing.tables import (
    Column,
    DeliveredColumn,
    DeliveredTable,
    ResponseSet,
    Texts,
    texts_of,
    within,
)

CHOSEN, NOT_CHOSEN = "1", "0"


@dataclass(frozen=True)
class MentionSet:
    """A set of mentions, and the columns that are made of it.

    Attributes:
        given: the set as the file has it.
        places: of its columns.
        answers: the codes that become columns, in their order.
        missing: for the codes that are missing, what the columns have then.
    """

    given: ResponseSet
    places: tuple[int, ...]
    answers: tuple[str, ...]
    missing: dict[str, str]

    def made(self, table: DeliveredTable) -> list[DeliveredColumn]:
        """Give the columns that are made, labelled by what is asked and the answer."""
        labels = _labels(table, self.places)
        asked = self.given.label or self.given.name
        return [
            DeliveredColumn(
                f"{self.given.name}[{answer}]", f"{asked}: {labels.get(answer) or answer}", "number"
            )
            for answer in self.answers
        ]

    def columns(self, chunk: Sequence[Column], empty: str | None) -> list[Texts]:
        """Give the texts of the columns that are made, for some rows."""
        mentions = zip(*(texts_of(chunk[place]) for place in self.places), strict=True)
        cells: list[tuple[frozenset[str], str | None]] = []
        for row in mentions:
            given = [text for text in row if text]
            answers = frozenset(given) - self.missing.keys()
            # Who gave an answer has one, whatever stands in the columns that are left.
            why = next((self.missing[text] for text in given if text in self.missing), empty)
            cells.append((answers, why))
        return [
            [
                why if not answers else CHOSEN if answer in answers else NOT_CHOSEN
                for answers, why in cells
            ]
            for answer in self.answers
        ]


def mention_sets(opened: Callable[[], DeliveredTable]) -> list[MentionSet]:
    """Find the sets of a file that have a column for each mention; the file is read for it.

    A set is left as it is where one of its columns is not landed, where it has very many different
    answers, or where a column is called as one that would be made.

    Args:
        opened: opens the file.
    """
    table = opened()
    names = [column.name for column in table.columns]
    sets = [
        each
        for each in table.response_sets
        if not each.counted_code and len(each.columns) > 1 and set(each.columns) <= set(names)
    ]
    if not sets:
        return []
    places = [tuple(names.index(column) for column in each.columns) for each in sets]
    codes: list[dict[str, None]] = [dict.fromkeys(_labels(table, each)) for each in places]
    for chunk in table.chunks:
        for known, own in zip(codes, places, strict=True):
            for place in own:
                known |= dict.fromkeys(text for text in texts_of(chunk[place]) if text)
    found = []
    for each, own, known in zip(sets, places, codes, strict=True):
        missing = {code for code in known if _is_missing(table, own, code)}
        answers = tuple(sorted(known.keys() - missing, key=natural_order))
        made = {f"{each.name}[{answer}]".casefold() for answer in answers}
        if not answers or len(answers) > MOST_VALUES_OF_A_LIST:
            continue
        if made & {name.casefold() for name in names}:
            continue
        # A missing code of 1 or 0 must not be taken for chosen or not.
        said = {
            code: f"missing {code}" if code in (CHOSEN, NOT_CHOSEN) else code for code in missing
        }
        found.append(MentionSet(each, own, answers, said))
    return found


def with_answers(
    table: DeliveredTable, sets: Sequence[MentionSet], empty: str | None
) -> DeliveredTable:
    """Add the columns of sets at the end of a table.

    Args:
        table: the table, of which nothing was read yet.
        sets: its sets, from `mention_sets`.
        empty: what the columns have where nothing was mentioned, and no column says why.
    """
    if not sets:
        return table
    columns = list(table.columns)
    labels, ranges = dict(table.value_labels), dict(table.missing_ranges)
    response_sets = [each for each in table.response_sets if all(each != s.given for s in sets)]
    for each in sets:
        made = each.made(table)
        known = _labels(table, each.places)
        for place in range(len(columns), len(columns) + len(made)):
            labels[place] = {
                said: known[code] for code, said in each.missing.items() if known.get(code)
            }
            ranges[place] = [(said, said) for said in each.missing.values()]
        columns += made
        names = tuple(column.name for column in made)
        response_sets.append(replace(each.given, counted_code=CHOSEN, columns=names))
        table.notes.append(
            f"{table.path.name}, multiple response set {each.given.name}: each of its columns is a "
            f"mention, so {len(made)} columns {names[0]} to {names[-1]} were made that say who "
            "mentioned an answer at all. The columns of the mentions are there too."
        )

    def chunks() -> Iterator[list[Column]]:
        for chunk in table.chunks:
            yield [*chunk, *(texts for each in sets for texts in each.columns(chunk, empty))]

    return replace(
        table,
        columns=columns,
        value_labels=labels,
        missing_ranges=ranges,
        response_sets=response_sets,
        chunks=chunks(),
    )


def _labels(table: DeliveredTable, places: Sequence[int]) -> dict[str, str]:
    """Give the labels of the codes of all columns of a set; the first that has one counts."""
    found: dict[str, str] = {}
    for place in places:
        found = {**table.value_labels.get(place, {}), **found}
    return found


def _is_missing(table: DeliveredTable, places: Sequence[int], code: str) -> bool:
    """Whether a column of a set declares a code as missing."""
    return any(
        code in table.missing_codes.get(place, ())
        or any(within(code, low, high) for low, high in table.missing_ranges.get(place, []))
        for place in places
    )
