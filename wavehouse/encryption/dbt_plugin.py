"""What dbt's connections need in an encrypted project: dbt-duckdb loads it by its name."""

from typing import Any

from dbt.adapters.duckdb.plugins import BasePlugin

from wavehouse.encryption.databases import load_encryption
from wavehouse.encryption.key import PARQUET_KEY, parquet_secret, secret
from wavehouse.escapes import sql_text


class Plugin(BasePlugin):
    """Let dbt read landed waves and published tables that are encrypted."""

    def configure_connection(self, conn: Any) -> None:  # noqa: ANN401 (as its base says)
        """Give a connection the key of Parquet files."""
        key = secret()
        if key is not None:
            load_encryption(conn)
            name = sql_text(PARQUET_KEY)
            conn.execute(f"pragma add_parquet_key({name}, '{parquet_secret(key)}')")
