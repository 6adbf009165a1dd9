"""What dbt's connections need for the target `ducklake`: dbt-duckdb loads it by its name."""

from typing import Any

from dbt.adapters.duckdb.plugins import BasePlugin

from wavehouse.engines.lake import CATALOGUE, load_lake, setting


class Plugin(BasePlugin):
    """Let dbt read and write a lake."""

    def configure_connection(self, conn: Any) -> None:  # noqa: ANN401 (as its base says)
        """Give a connection what reads the catalogue."""
        load_lake(conn, setting(CATALOGUE))
