"""A release that a change stands beside: what the change does not have is read there.

On DuckDB the release is a database file, attached for reading only under the name that its own
views say. On PostgreSQL the change has schemas with a prefix, in the database of the release.
"""

import re
from collections.abc import Collection
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from wavehouse.encryption.databases import attach
from wavehouse.escapes import sql_name

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection

# Of schemas on PostgreSQL; several checks at a time on one server need several.
SETTING, PREFIX = "WAVEHOUSE_SCHEMA_PREFIX", "change_"
RELATION = re.compile(r"\b(codebook|staging|intermediate|marts)\.([a-z_]\w*)")


@dataclass(frozen=True)
class Beside:
    """Where the release is, for who reads or builds a change.

    Args:
        options: what tells dbt where the release is; nothing if there is none.
        name: what the release's database is called.
        database: its file; none on PostgreSQL.
        prefix: what the names of the change's schemas begin with.
    """

    options: tuple[str, ...]
    name: str
    database: Path | None = None
    prefix: str = ""

    def attach(self, connection: "DuckDBPyConnection") -> None:
        """Let a connection read the release."""
        assert self.database
        attach(connection, self.database, self.name)

    def placed(self, sql: str, own: Collection[tuple[str, str]]) -> str:
        """Let SQL name each relation where it is: with the change, or else with the release.

        Args:
            sql: names relations by schema and name.
            own: schema and name of those that the change has, without a prefix.
        """

        def place(found: re.Match[str]) -> str:
            schema, name = found.groups()
            if (schema, name) in own:
                return f"{self.prefix}{schema}.{name}"
            return f"{sql_name(self.name)}.{schema}.{name}"

        return RELATION.sub(place, sql)
