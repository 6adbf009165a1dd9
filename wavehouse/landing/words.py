"""The options of commands that read delivered files, the same for each of them."""

import argparse

from wavehouse.landing.tables import ReadingOptions


def add_reading_options(parser: argparse.ArgumentParser) -> None:
    """Add the options that say how files are read, joined and put into place."""
    parser.add_argument(
        "--key", metavar="COLUMN", help="join several files on this column (default: the design's)"
    )
    parser.add_argument(
        "--encoding", help="encoding of the texts, such as cp1252 (default: found out)"
    )
    parser.add_argument(
        "--delimiter", help="what separates the values of a text file (default: found out)"
    )
    parser.add_argument("--sheet", help="sheet of a workbook (default: the only one that has rows)")
    parser.add_argument(
        "--lists",
        choices=["indicators", "positions"],
        default="indicators",
        help="what lists of values in nested files become: a column for each value (indicators), "
        "or one for each place, where the order counts (default: indicators)",
    )
    parser.add_argument(
        "--replace", action="store_true", help="replace the wave if other files are landed"
    )


def reading_options(options: argparse.Namespace) -> ReadingOptions:
    """Give how files are to be read, as the command line says."""
    delimiter = "\t" if options.delimiter in {"\\t", "tab"} else options.delimiter
    return ReadingOptions(options.encoding, delimiter, options.sheet, options.lists)
