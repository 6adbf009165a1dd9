"""The program that answers: the SQL of the models between segments and estimates.

dbt renders it from the models themselves (`macros/program/estimation_program.sql`), so a question
goes through the same steps as what is declared.
"""

import re
from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING

from wavehouse.errors import NotGivenError
from wavehouse.escapes import sql_name

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection

STEPS = "int_program__steps"
# Kinds of steps: a table that is kept; keys that a question asks for; what it needs of a kept
# table, and a kept table that it needs all of; a model.
INPUT, KEY, NARROWED, WHOLE, MODEL = "input", "key", "narrowed", "whole", "step"
NOT_HERE = (
    "Nothing can be estimated from these tables: they hold no answers, or this audience may read "
    "published estimates only (`fct_trend_estimates`)."
)


@dataclass(frozen=True)
class Program:
    """A program, and where its tables are.

    Args:
        place: the database and schema of its tables, quoted for SQL.
        steps: name, kind and SQL of each step, in their order.
    """

    place: str
    steps: tuple[tuple[str, str, str], ...]

    @classmethod
    def find(cls, connection: "DuckDBPyConnection") -> "Program":
        """Find the program among the databases of a connection.

        Raises:
            NotGivenError: there is none, or a table that it reads is missing.
        """
        places = connection.execute(
            "select database_name, schema_name from duckdb_tables() "
            "where table_name = $1 and not temporary union all "
            "select database_name, schema_name from duckdb_views() "
            "where view_name = $1 and not temporary",
            [STEPS],
        ).fetchall()
        if not places:
            raise NotGivenError(NOT_HERE)
        database, schema = places[0]
        place = f"{sql_name(database)}.{sql_name(schema)}"
        rows = connection.execute(
            f"select step_name, step_kind, step_sql from {place}.{STEPS} order by step_number"
        ).fetchall()
        program = cls(place, tuple(rows))
        held = connection.execute(
            "select table_name from duckdb_tables() where database_name = ? and schema_name = ? "
            "union all "
            "select view_name from duckdb_views() where database_name = ? and schema_name = ?",
            [database, schema] * 2,
        ).fetchall()
        if not program.named(INPUT).keys() <= {name for (name,) in held}:
            raise NotGivenError(NOT_HERE)
        return program

    def named(self, kind: str) -> dict[str, str]:
        """Give the SQL of the steps of a kind by their names."""
        return _named(self.steps, kind)

    def placed(self, sql: str) -> str:
        """Give a query with the place of kept tables, which it names as `stored.<table>`."""
        return re.sub(r"\bstored\.", lambda _: f"{self.place}.", sql)


def input_from(name: str, sql: str, source: str) -> str:
    """Give the query for a kept table, from where it was built.

    Args:
        name: the table.
        sql: what the program says of it.
        source: where it is, quoted for SQL.
    """
    return sql.replace(f"from {name}", f"from {source}")


@lru_cache(maxsize=32)
def _named(steps: tuple[tuple[str, str, str], ...], kind: str) -> dict[str, str]:
    return {name: sql for name, own, sql in steps if own == kind}
