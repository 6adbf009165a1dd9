"""What dbt's connections need in an encrypted project: dbt-duckdb loads it by its name."""

from typing import Any

from dbt.adapters.duckdb.plugins import BasePlugin

from wavehouse.encryption.databases import know_parquet_key, load_encryption
from wavehouse.encryption.key import secret


class Plugin(BasePlugin):
    """Let dbt read landed waves and published tables that are encrypted."""

    def configure_connection(self, conn: Any) -> None:  # noqa: ANN401 (as its base says)
        """Give a connection the key of Parquet files."""
        key = secret()
        if key is not None:
            load_encryption(conn)
            know_parquet_key(conn, key)
