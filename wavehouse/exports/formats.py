"""The formats that a study can be exported to. A format is a writer and its name here.

Writers import their libraries only when they run, so that naming a format costs nothing.
"""

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection

# Takes a connection whose schema `marts` holds what is exported, the study's id and a folder that
# exists and is empty; gives the files it wrote there. `export.connect` says what else there is.
Writer = Callable[["DuckDBPyConnection", str, Path], list[Path]]


def _csvw(connection: "DuckDBPyConnection", study_id: str, folder: Path) -> list[Path]:
    from wavehouse.exports.csvw_tables import write_csvw

    return write_csvw(connection, study_id, folder)


def _ddi(connection: "DuckDBPyConnection", study_id: str, folder: Path) -> list[Path]:
    from wavehouse.exports.ddi import write_ddi

    return write_ddi(connection, study_id, folder)


FORMATS: dict[str, Writer] = {
    "csvw": _csvw,
    "ddi": _ddi,
}

# What the README of an export says of the files of each format.
DESCRIPTIONS: dict[str, str] = {
    "csvw": (
        "Tables as CSV (RFC 4180, UTF-8), described in csv-metadata.json by the W3C standard "
        "CSV on the Web: the answers of each wave, the dictionary, and the published trends."
    ),
    "ddi": (
        "The codebook as DDI-Codebook 2.5, with the data file of each wave that it describes. "
        "`wavehouse import-ddi` makes a study of it again."
    ),
}

# These hold one row for each respondent, as fct_answers does.
MICRODATA = frozenset({"csvw", "ddi", "spss", "stata"})
