"""The reader of each file format, by the ending of the file's name."""

from collections.abc import Callable
from importlib import import_module
from pathlib import Path

from wavehouse.errors import WavehouseError
from wavehouse_exchange.landing.guards import guarded
from wavehouse_exchange.landing.options import SQLITE_FORMATS
from wavehouse_exchange.landing.reshape import reshaped
from wavehouse_exchange.landing.tables import DeliveredTable, ReadingOptions

_STATISTICAL = ("wavehouse_exchange.landing.read_statistical", "open_statistical")
_DELIMITED = ("wavehouse_exchange.landing.read_delimited", "open_delimited")
# The modules are imported only when a file of theirs is read.
READERS = {
    **dict.fromkeys(("sav", "zsav", "por", "dta", "xpt", "sas7bdat"), _STATISTICAL),
    **dict.fromkeys(("csv", "tsv", "tab", "txt"), _DELIMITED),
    "xlsx": ("wavehouse_exchange.landing.read_excel", "open_excel"),
    "parquet": ("wavehouse_exchange.landing.read_parquet", "open_parquet"),
    **dict.fromkeys(
        ("ndjson", "jsonl"), ("wavehouse_exchange.landing.read_documents", "open_documents")
    ),
    **dict.fromkeys(
        sorted(SQLITE_FORMATS), ("wavehouse_exchange.landing.read_sqlite", "open_sqlite")
    ),
    "bson": ("wavehouse_exchange.landing.read_bson", "open_bson"),
}


def open_table(path: Path, options: ReadingOptions) -> DeliveredTable:
    """Open a delivered file with the reader of its format.

    Raises:
        WavehouseError: there is no reader of this format, or it cannot read the file.
    """
    ending = path.suffix[1:].lower()
    if ending not in READERS:
        known = ", ".join(f".{name}" for name in READERS)
        raise WavehouseError(
            f"{path}: files that end in {path.suffix or 'nothing'!r} cannot be read. Deliver one "
            f"of {known}, or rename the file if it is one."
        )
    module, function = READERS[ending]
    open_file: Callable[[Path, ReadingOptions], DeliveredTable] = getattr(
        import_module(module), function
    )
    table = reshaped(lambda: guarded(path, lambda: open_file(path, options)), options)
    if not table.columns:
        raise WavehouseError(f"{path}: the file has no columns. Ask for a new delivery.")
    return table
