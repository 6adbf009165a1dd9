"""The rows above the answers: names, and where there are such rows, labels and import ids."""

import re
from collections.abc import Sequence
from pathlib import Path

from wavehouse.errors import WavehouseError
from wavehouse_exchange.landing.tables import ReadingOptions

# What survey tools write below the wording, for their own import.
IMPORT_ID = re.compile(r'\s*\{\s*"ImportId"')
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
