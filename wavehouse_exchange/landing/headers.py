"""The rows above the answers: names, and where there are such rows, labels and import ids."""

import re
from collections.abc import Sequence
from pathlib import Path

from wavehouse.errors import WavehouseError
from wavehouse_exchange.landing.tables import ReadingOptions

# What survey tools write below the wording, for their own import.
IMPORT_ID = re.compile(r'\s*\{\s*"ImportId"')
# What no column is called: a moment with its zone, an id, yes or no, bytes, and the lists, maps and
# own types of Cassandra.
ANSWER = re.compile(
    r"\d{4}-\d\d-\d\d[ T]\d\d:\d\d.*[+-]\d{4}|[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}"
    r"|true|false|0x([0-9a-f]{2})*|[\[{]'.*[\]}]|\{\w+: .*\}",
    re.IGNORECASE,
)
WHOLE = re.compile(r"-?\d+")
# Names and wording may stand above it.
ROWS_LOOKED_AT = 3


def header_of(
    rows: Sequence[Sequence[str]], options: ReadingOptions
) -> tuple[list[str], list[str | None]]:
    """Give the names and labels of the columns.

    Args:
        rows: the rows above the answers, all equally wide.
        options: says what each row holds; a single one holds the names.
    """
    kinds = options.header_rows or ("names",)
    names = list(rows[kinds.index("names")])
    if "labels" not in kinds:
        return names, [None] * len(names)
    return names, [text.strip() or None for text in rows[kinds.index("labels")]]


def refuse_import_ids(path: Path, rows: Sequence[Sequence[str]], options: ReadingOptions) -> None:
    """Refuse a row of import ids that would be read as a respondent.

    Raises:
        WavehouseError: there is one, and nobody said what the rows are.
    """
    if options.header_rows:
        return
    for number, row in enumerate(rows[:ROWS_LOOKED_AT], start=1):
        filled = [text for text in row if text]
        if filled and all(IMPORT_ID.match(text) for text in filled):
            kinds = {2: "names,ids"}.get(number, "names,labels,ids")
            raise WavehouseError(
                f"{path}: row {number} has import ids such as {filled[0]!r}, which are not "
                f"answers. Say what the rows above the answers are: --header-rows {kinds}."
            )


def refuse_answers(path: Path, rows: Sequence[Sequence[str]], options: ReadingOptions) -> None:
    """Refuse a file that begins with answers, as one does that was written without names.

    Args:
        path: the file.
        rows: its first rows.
        options: say what the rows above the answers are; then nothing is looked for.

    Raises:
        WavehouseError: the first row has what no column is called, or begins with a number and has
            a text that the rows below have in the same column.
    """
    if options.header_rows or not rows:
        return
    first, *others = rows
    odd = next(filter(ANSWER.fullmatch, first), None)
    if odd is None and first and WHOLE.fullmatch(first[0]):
        odd = next(
            (
                text
                for place, text in enumerate(first)
                if text
                and not WHOLE.fullmatch(text)
                and any(row != first and text in row[place : place + 1] for row in others)
            ),
            None,
        )
    if odd is not None:
        raise WavehouseError(
            f"{path}: the first row has no names of columns, but answers such as {odd[:60]!r}. "
            "Write the file again with names above the answers: cqlsh does so by COPY ... WITH "
            "HEADER = true. If they are names, say so with --header-rows 1."
        )
