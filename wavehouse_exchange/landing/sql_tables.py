"""What tables of all servers of SQL have in common while they become a file."""

from collections.abc import Callable
from pathlib import Path

from wavehouse.errors import WavehouseError

SECONDS_TO_CONNECT = 15
# What is said where a database or schema shows no table.
NONE_SEEN = "none that this user may see"
MOST_OF_A_REASON = 300


def collect_table(
    table: str,
    part: Path,
    password: str,
    refused: type[Exception] | tuple[type[Exception], ...],
    write: Callable[[], int],
    reason: Callable[[Exception], object] = str,
) -> None:
    """Read all rows of a table into a file; nothing is left where that does not work.

    Args:
        table: the table, with the study and wave, for messages.
        part: the file; what an earlier run left of it is written over.
        password: the variable that a password comes by.
        refused: the errors of the driver.
        write: writes the file and gives the number of rows.
        reason: gives what an error says.

    Raises:
        WavehouseError: the table cannot be read, or is empty.
    """
    try:
        number = write()
    except refused as error:
        part.unlink(missing_ok=True)
        said = " ".join(str(reason(error)).split())[:MOST_OF_A_REASON].rstrip(".")
        raise WavehouseError(
            f"{table}: the table cannot be read: {said}. Check address, user and {password}, and "
            "run the command again."
        ) from error
    if not number:
        part.unlink()
        raise WavehouseError(f"{table}: the table has no rows. Check its name.")
