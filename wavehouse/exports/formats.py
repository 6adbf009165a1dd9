"""The formats of `wavehouse export`, by name. To add one, write a function of this kind."""

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

from wavehouse.exports.ddi import write_ddi

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection

# Reads the published warehouse, writes a study into an empty folder, and gives the files.
Writer = Callable[["DuckDBPyConnection", str, Path], list[Path]]

FORMATS: dict[str, Writer] = {
    "ddi": write_ddi,
}
