"""The options that say how delivered files are read, the same for each command that reads them."""

from collections.abc import Callable
from functools import wraps
from typing import Any

import click

READING_HELP = """\
options of reading:
  --encoding iso-8859-2                 a file that does not say its encoding
  --delimiter ";" --decimal , --thousands .
  --escape '\\'                          a file with \\" for a quote within a value
  --sheet Data --header-rows skip,names,labels
  --header-rows 3                       names, wording and import ids above the answers
  --lists "languages=;"                 R;Python becomes languages[R] and languages[Python]
  --split-by year                       a file with several waves: the rows of this one
  --leave-out phone --leave-out "addr*" what tells who somebody is never reaches the landed file
"""


def reading_options(command: Callable[..., Any]) -> Callable[..., Any]:
    """Declare how files are read, and give it to the command as `reading`."""

    @click.option("--encoding", metavar="NAME", help="encoding of the texts (default: detected)")
    @click.option(
        "--sheet",
        metavar="NAME",
        help="sheet of a workbook, or table of an SQLite file (default: the only one with rows)",
    )
    @click.option(
        "--delimiter",
        metavar="MARK",
        help="what separates the values of a text file, such as ; or tab (default: detected)",
    )
    @click.option(
        "--escape",
        metavar="MARK",
        help="what stands before a quote within a value of a text file, such as \\ in files of "
        "cqlsh; none if a backslash there is part of the value (default: quotes are written twice)",
    )
    @click.option(
        "--decimal",
        metavar="MARK",
        help=("decimal mark of numbers that are stored as texts (default: .)"),
    )
    @click.option("--thousands", metavar="MARK", help="mark between thousands, such as . or blank")
    @click.option(
        "--header-rows",
        "headers",
        metavar="ROWS",
        help="the rows above the answers: 1, 2 or 3 rows (names, labels, import ids), or a word "
        "for each row, such as skip,names,labels (default: 1)",
    )
    @click.option(
        "--lists",
        multiple=True,
        metavar="COLUMN=MARK",
        help="a column with several answers in a cell, and what separates them: each answer gets a "
        "column with 1 or 0; repeat the option for other columns. For nested files: indicators "
        "for a column for each value (default), or positions for a column for each place",
    )
    @click.option(
        "--empty-lists",
        type=click.Choice(["missing", "none"]),
        help="what an empty cell of --lists means: not known (default), or no answer was chosen",
    )
    @click.option(
        "--split-by",
        metavar="COLUMN",
        help="the column that says which wave a row belongs to, for a file with several waves. "
        "Rows with the wave's id are landed; write COLUMN=VALUE if the file has another value for "
        "the wave",
    )
    @click.option(
        "--leave-out",
        multiple=True,
        metavar="COLUMN",
        help="a column that is not landed at all, such as a name or telephone number; it may be a "
        "pattern with *; repeat the option for other columns. Later waves leave out what is "
        "waived as personal_data",
    )
    @wraps(command)
    def run(
        *arguments: object,
        encoding: str | None,
        sheet: str | None,
        delimiter: str | None,
        escape: str | None,
        decimal: str | None,
        thousands: str | None,
        headers: str | None,
        lists: tuple[str, ...],
        empty_lists: str | None,
        leave_out: tuple[str, ...],
        split_by: str | None,
        **others: object,
    ) -> object:
        from wavehouse_exchange.landing.options import reading_options as given

        reading = given(
            encoding=encoding,
            sheet=sheet,
            delimiter=delimiter,
            escape=escape,
            decimal=decimal,
            thousands=thousands,
            headers=headers,
            lists=lists,
            empty_lists=empty_lists,
            leave_out=leave_out,
            split_by=split_by,
        )
        return command(*arguments, reading=reading, **others)

    return run
