"""Say in plain words why a table of Cassandra cannot be read."""

from typing import Any

from cassandra import AuthenticationFailed, DriverException, Unauthorized
from cassandra.cluster import NoHostAvailable, Session

from wavehouse.errors import WavehouseError
from wavehouse_exchange.landing.cassandra import PASSWORD, Address

MOST_NAMES = 10


def refuse_missing(session: Session, address: Address, what: str) -> None:
    """Refuse a keyspace or table that there is not, and name those that there are.

    Args:
        session: a session with the server.
        address: the table.
        what: the study and wave.

    Raises:
        WavehouseError: one of them is missing.
    """
    try:
        keyspaces = _names(session, "SELECT keyspace_name FROM system_schema.keyspaces")
        tables = [
            name
            for kind in ("table", "view")
            for name in _names(
                session,
                f"SELECT {kind}_name FROM system_schema.{kind}s WHERE keyspace_name = %s",
                address.keyspace,
            )
        ]
    except DriverException:
        # Who may not look there is told what the server said.
        return
    for kind, name, names in (
        ("keyspace", address.keyspace, keyspaces),
        ("table", address.table, tables),
    ):
        if name not in names:
            shown = [each for each in sorted(names) if not each.startswith("system")]
            more = "..." if len(shown) > MOST_NAMES else ""
            raise WavehouseError(
                f"{address} ({what}): there is no {kind} {name}. There are "
                f"{', '.join(shown[:MOST_NAMES])}{more}; names are written as they are stored, "
                "mostly in small letters."
                if shown
                else f"{address} ({what}): there is no {kind} {name}, and no other. Check the "
                "address."
            )


def refused(address: Address, what: str, error: Exception) -> WavehouseError:
    """Give what to tell of an error of the driver.

    Args:
        address: the table.
        what: the study and wave.
        error: the driver's error.
    """
    begin = f"{address} ({what}): "
    causes = [error]
    if isinstance(error, NoHostAvailable) and isinstance(error.errors, dict):
        causes = list(error.errors.values()) or causes
    if any(isinstance(cause, AuthenticationFailed) for cause in causes):
        return WavehouseError(
            f"{begin}the server does not accept user {address.user} with this password. Check the "
            f"user in the address, and {PASSWORD}."
            if address.user
            else f"{begin}the server asks who reads. Write user@ before the host, and set "
            f"{PASSWORD}."
        )
    # What the system says stands behind the addresses that were tried.
    said = " ".join(str(causes[0]).rpartition("Last error: ")[2].split())[:200].rstrip(".")
    if isinstance(error, Unauthorized):
        return WavehouseError(
            f"{begin}the user may not read the table: {said}. Ask for the right to SELECT from it."
        )
    return WavehouseError(
        f"{begin}the table cannot be read: {said}. Check hosts, ports and options of TLS, and run "
        "the command again; it continues where it stopped."
    )


def _names(session: Session, query: str, *values: Any) -> list[str]:  # noqa: ANN401
    return [name for (name,) in session.execute(query, values or None)]
