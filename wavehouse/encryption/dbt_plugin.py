"""What dbt's connections need in an encrypted project: dbt-duckdb loads it by its name."""

from pathlib import Path
from typing import Any

from dbt.adapters.duckdb.plugins import BasePlugin

from wavehouse.encryption.databases import (
    SPILLED,
    know_parquet_key,
    load_encryption,
    spill_beside,
)
from wavehouse.encryption.key import secret
from wavehouse.escapes import sql_text
from wavehouse.project import Project


class Plugin(BasePlugin):
    """Let dbt read landed waves and published tables that are encrypted."""

    def configure_connection(self, conn: Any) -> None:  # noqa: ANN401 (as its base says)
        """Give a connection the key of Parquet files, and say where it writes what does not fit."""
        key = secret()
        if key is not None:
            load_encryption(conn)
            know_parquet_key(conn, key)
            # Once, and before anything is written there: DuckDB refuses to be told again.
            for name, value in SPILLED.items():
                conn.execute(f"set {name} = {sql_text(value)}")
            spill_beside(conn, Project(Path()).working_database)
