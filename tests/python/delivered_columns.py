"""What a delivered file says, column by column."""

from pathlib import Path

from wavehouse_exchange.landing.readers import open_table
from wavehouse_exchange.landing.tables import AS_DELIVERED, ReadingOptions, texts_of


def columns_of(path: Path, options: ReadingOptions = AS_DELIVERED) -> dict[str, list[str | None]]:
    """Read a file into its columns."""
    table = open_table(path, options)
    columns: dict[str, list[str | None]] = {column.name: [] for column in table.columns}
    for chunk in table.chunks:
        for column, texts in zip(columns.values(), chunk, strict=True):
            column.extend(texts_of(texts))
    return columns
