"""`wavehouse columns`."""

from pathlib import Path
from typing import TYPE_CHECKING

import click

from wavehouse.commands.reading_options import READING_HELP, reading_options
from wavehouse.commands.shared import FILE, Command, argument, examples
from wavehouse.errors import WavehouseError
from wavehouse.escapes import terminal_text

if TYPE_CHECKING:
    from wavehouse_exchange.landing.tables import ReadingOptions

EXAMPLES = examples(f"""
examples:
  wavehouse columns ~/gss_2008.sav                names, labels, types, codes
  wavehouse columns survey.csv --delimiter ";" --header-rows 2
  wavehouse columns ~/gss_2008.sav --csv > columns.csv

{READING_HELP}
Nothing is landed, and no project is needed. Values without labels are shown where there are up to
twelve: others may tell who somebody is. Next: wavehouse new-study or wavehouse add-wave, with the
same options of reading.
""")


@click.command(cls=Command, epilog=EXAMPLES)
@argument(
    "file",
    "SPSS, Stata, SAS, CSV, Excel, Parquet, NDJSON, BSON or SQLite",
    type=FILE,
    metavar="FILE",
)
@click.option("--json", "is_json", is_flag=True, help="as JSON, with all codes")
@click.option("--csv", "is_csv", is_flag=True, help="as CSV, with all codes")
@reading_options
def columns(file: Path, is_json: bool, is_csv: bool, reading: "ReadingOptions") -> None:
    """List what a file has in its columns, before it is brought in."""
    from wavehouse_exchange.landing.look import as_csv, as_json, as_table, columns_of_file

    if is_json and is_csv:
        raise click.UsageError("--json and --csv: give one of the two.")
    if not file.is_file():
        raise WavehouseError(f"{file}: there is no such file. Correct its name.")
    found = columns_of_file(file, reading)
    # For programs the texts are as they are.
    print(
        as_json(found) if is_json else as_csv(found) if is_csv else terminal_text(as_table(found))
    )
