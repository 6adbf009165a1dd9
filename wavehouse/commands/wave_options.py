"""The options of a wave that is brought in, the same for `add-wave` and `new-study`."""

from collections.abc import Callable
from functools import wraps
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from wavehouse.commands.reading_options import reading_options
from wavehouse.commands.shared import DAY, argument

if TYPE_CHECKING:
    from wavehouse_exchange.landing.tables import ReadingOptions


class _Delivered(click.Path):
    """A file, or the address of a file, table or collection on a server."""

    def convert(
        self,
        value: Any,  # noqa: ANN401 (click's own)
        param: click.Parameter | None,
        ctx: click.Context | None,
    ) -> Any:  # noqa: ANN401 (a path or an address)
        from wavehouse_exchange.landing.servers import address_of

        source = address_of(value) if isinstance(value, str) else None
        return source if source is not None else super().convert(value, param, ctx)


def files_argument() -> Callable[[Callable[..., Any]], Callable[..., Any]]:
    """Declare the delivered files."""
    return argument(
        "files",
        "SPSS, Stata, SAS, CSV, Excel, Parquet, NDJSON, BSON or SQLite, here, at an https:// "
        "address or as s3://bucket/name; a collection of MongoDB as "
        "mongodb://[user@]host/database/collection; or a table of Cassandra, MySQL or "
        "PostgreSQL as cassandra://[user@]host/keyspace/table, mysql://[user@]host/database/table "
        "or postgresql://[user@]host/database/table; if there are several, the first has all "
        "respondents",
        nargs=-1,
        required=True,
        type=_Delivered(path_type=Path),
        metavar="FILE...",
    )


def delivered_as_option(text: str) -> Callable[[Callable[..., Any]], Callable[..., Any]]:
    """Declare where waves are kept."""
    return click.option("--as", "delivered_as", type=click.Choice(["seed", "landing"]), help=text)


def wave_options(command: Callable[..., Any]) -> Callable[..., Any]:
    """Declare what a user says of a wave, and give it to the command as `options`."""

    @click.option("--label", metavar="TEXT", help="the wave's name for readers")
    @click.option("--date", type=DAY, metavar="YYYY-MM-DD", help="the date that trends show")
    @click.option(
        "--fieldwork-start", type=DAY, metavar="YYYY-MM-DD", help="first day of fieldwork"
    )
    @click.option("--fieldwork-end", type=DAY, metavar="YYYY-MM-DD", help="its last day")
    @click.option(
        "--expected",
        type=click.IntRange(min=1),
        metavar="N",
        help="number of respondents in the producer's report",
    )
    @click.option("--key", metavar="COLUMN", help="the column that joins several files")
    @delivered_as_option(
        "seed: a CSV file in the repository; landing: Parquet outside of it (default: like the "
        "wave before, if the file is a CSV; otherwise landing)"
    )
    @click.option(
        "--replace",
        is_flag=True,
        help="land these files in place of others of this wave and say what changed; a draft keeps "
        "its decisions about what is the same",
    )
    @click.option(
        "--keep",
        metavar="LIST",
        help="the columns to keep; one proposal waives all others. Give names and patterns "
        "(age,q12*), a file with one name in each line, or a worksheet with its column `wanted` "
        "filled. Names may be those of the wave, of earlier waves, or of variables; `asked` "
        "keeps only what earlier waves asked",
    )
    @reading_options
    @wraps(command)
    def run(
        *arguments: object,
        label: str | None,
        date: str | None,
        fieldwork_start: str | None,
        fieldwork_end: str | None,
        expected: int | None,
        key: str | None,
        delivered_as: str | None,
        replace: bool,
        keep: str | None,
        reading: "ReadingOptions",
        **others: object,
    ) -> object:
        from wavehouse_exchange.onboarding.wanted import read_keep
        from wavehouse_exchange.onboarding.wave_rows import WaveOptions

        wanted = None if keep is None else read_keep(keep)
        if fieldwork_start and fieldwork_end and fieldwork_start > fieldwork_end:
            raise click.UsageError("--fieldwork-end is before --fieldwork-start. Correct one.")
        count = None if expected is None else str(expected)
        said = (label, date, fieldwork_start, fieldwork_end, count, key, delivered_as)
        options = WaveOptions(*said, reading=reading, replace=replace, keep=wanted)
        return command(*arguments, options=options, **others)

    return run
