"""Where the PostgreSQL server is, and how connections to it are protected.

Every connection is made of these settings: what builds, what serves, what asks the server how it
is. profiles.yml reads the same variables for dbt.
"""

import os
from collections.abc import Mapping
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from psycopg2 import extensions

USER = "wavehouse"
DATABASE = "wavehouse"
HOST, PORT = "127.0.0.1", "5432"
SSLMODE, SSLROOTCERT = "WAVEHOUSE_PG_SSLMODE", "WAVEHOUSE_PG_SSLROOTCERT"
# The mode of libpq in which the server has to show a certificate for the name that was asked for.
NAMED = "verify-full"


def target_settings(environment: Mapping[str, str] = os.environ) -> dict[str, str]:
    """Give the settings of libpq for the database that the dbt target `postgres` builds in.

    What is not set is libpq's own, such as PGSSLMODE.

    Args:
        environment: the variables that profiles.yml reads.
    """
    settings = {
        "host": environment.get("WAVEHOUSE_PG_HOST", HOST),
        "port": environment.get("WAVEHOUSE_PG_PORT", PORT),
        "user": environment.get("WAVEHOUSE_PG_USER", USER),
        "password": environment.get("WAVEHOUSE_PG_PASSWORD", ""),
        "dbname": environment.get("WAVEHOUSE_PG_DATABASE", DATABASE),
        "sslmode": environment.get(SSLMODE, ""),
        "sslrootcert": environment.get(SSLROOTCERT, ""),
    }
    # An empty mode or certificate would take the place of libpq's own variables.
    return {name: value for name, value in settings.items() if value or not name.startswith("ssl")}


def where(environment: Mapping[str, str] = os.environ) -> str:
    """Give host and port for a message."""
    settings = target_settings(environment)
    return f"{settings['host'] or 'the local socket'}:{settings['port']}"


def is_local(environment: Mapping[str, str] = os.environ) -> bool:
    """Tell whether the server is reached without a network: on this machine, or by a socket."""
    host = target_settings(environment)["host"]
    return host in ("", "localhost", "::1") or host.startswith(("/", "@", "127."))


def protection(connection: "extensions.connection") -> str | None:
    """Give the version of TLS that a connection has; None if it is in the clear."""
    info = connection.info
    return str(info.ssl_attribute("protocol")) if info.ssl_in_use else None


def verifies(environment: Mapping[str, str] = os.environ) -> bool:
    """Tell whether connections are made to no server but the one that was named."""
    return (environment.get(SSLMODE) or environment.get("PGSSLMODE")) == NAMED
