"""The formats that a study can be exported to. A format is a writer and its name here.

Writers import their libraries only when they run, so that naming a format costs nothing.
"""

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection

# Takes a connection of `published.connect`, whose schema `marts` holds what is exported, the
# study's id, and a folder that exists and is empty; gives the files it wrote there.
Writer = Callable[["DuckDBPyConnection", str, Path], list[Path]]


def _csvw(connection: "DuckDBPyConnection", study_id: str, folder: Path) -> list[Path]:
    from wavehouse_exchange.exports.csvw_tables import write_csvw

    return write_csvw(connection, study_id, folder)


def _ddi(connection: "DuckDBPyConnection", study_id: str, folder: Path) -> list[Path]:
    from wavehouse_exchange.exports.ddi import write_ddi

    return write_ddi(connection, study_id, folder)


def _spss(connection: "DuckDBPyConnection", study_id: str, folder: Path) -> list[Path]:
    from wavehouse_exchange.exports.programs import SPSS_PROGRAM
    from wavehouse_exchange.exports.statistical import write_statistical

    return write_statistical(connection, study_id, folder, SPSS_PROGRAM)


def _stata(connection: "DuckDBPyConnection", study_id: str, folder: Path) -> list[Path]:
    from wavehouse_exchange.exports.programs import STATA_PROGRAM
    from wavehouse_exchange.exports.statistical import write_statistical

    return write_statistical(connection, study_id, folder, STATA_PROGRAM)


def _sdmx(connection: "DuckDBPyConnection", study_id: str, folder: Path) -> list[Path]:
    from wavehouse_exchange.exports.sdmx_files import write_sdmx

    return write_sdmx(connection, study_id, folder)


FORMATS: dict[str, Writer] = {
    "csvw": _csvw,
    "ddi": _ddi,
    "spss": _spss,
    "stata": _stata,
    "sdmx": _sdmx,
}

# What the README of an export says of the files of each format.
DESCRIPTIONS: dict[str, str] = {
    "csvw": (
        "Tables as CSV (RFC 4180, UTF-8), described in csv-metadata.json by the W3C standard CSV "
        "on the Web: the answers of each wave, the dictionary, and the published trends. A "
        "missing answer is an underscore and its kind, such as _refused (missing_kinds.csv has "
        "all). Whatever reads no metadata has to be told that these are missing, or it takes "
        "numbers for texts."
    ),
    "ddi": (
        "The codebook as DDI-Codebook 2.5, with the data file of each wave that it describes. "
        "`wavehouse import-ddi` makes a study of it again."
    ),
    "spss": (
        "Answers for SPSS: a file of all waves and one of each, with labels of variables and "
        "values, which stand in the order of the questionnaire. Kinds of missing answers are "
        "user-missing values; of numbers they have no labels, so that no program takes the numbers "
        "for categories. names.csv and codes.csv give the variable and the code of the warehouse "
        "for each, also of these; notes.txt lists what was shortened."
    ),
    "stata": (
        "Answers for Stata 14 and later: a file of all waves and one of each, with labels of "
        "variables and values. Kinds of missing answers are extended missing values (.a, .b, "
        "...). Labels, names.csv, codes.csv and notes.txt are as for SPSS."
    ),
    "sdmx": (
        "The published trends for statistical offices, by SDMX 2.1: code lists, concepts and data "
        "structure in structure.xml, the estimates with their errors and statuses in data.xml "
        "(structure-specific) and once more in data.csv (SDMX-CSV 2.0)."
    ),
}

# These hold one row for each respondent, as fct_answers does.
MICRODATA = frozenset({"csvw", "ddi", "spss", "stata"})
