"""On PostgreSQL: what estimates on demand need, for audiences that read answers, by policies.

    served_<release>_of_answers     the program, and the tables that it reads

Only the release that counts has it: these are answers of people, and large.
"""

from collections.abc import Mapping
from typing import TYPE_CHECKING

from wavehouse.audiences.estimation import NAMES, Granted, waves_of
from wavehouse.errors import WavehouseError
from wavehouse.escapes import sql_name
from wavehouse.estimating.programs import INPUT, STEPS, input_from

if TYPE_CHECKING:
    from psycopg2 import extensions

# As NAMES, in the tables that are stored for policies.
KNOWN_BY = NAMES | {"code_list_id": ("code_lists", "code_list_id")}
ANSWERS_OF = "_of_answers"
SERVED = "served_"


def copy_estimation(cursor: "extensions.cursor", schema: str) -> bool:
    """Copy the program and its tables to a new schema.

    Args:
        cursor: of the owner.
        schema: is made.

    Returns:
        whether there is a program; none is made if it was not built.

    Raises:
        WavehouseError: two schemas have a table of the program.
    """
    places = _places(cursor, [STEPS])
    if not places:
        return False
    steps = f"{sql_name(places[STEPS])}.{STEPS}"
    cursor.execute(
        f"select step_name, step_sql from {steps} where step_kind = %s order by step_number",
        [INPUT],
    )
    inputs = dict(cursor.fetchall())
    places |= _places(cursor, list(inputs))
    cursor.execute(f"create schema {sql_name(schema)}")
    cursor.execute(f"create table {sql_name(schema)}.{STEPS} as table {steps}")
    for name, sql in inputs.items():
        source = f"{sql_name(places[name])}.{sql_name(name)}"
        made = f"{sql_name(schema)}.{sql_name(name)}"
        cursor.execute(f"create table {made} as {input_from(name, sql, source)}")
        cursor.execute(f"analyze {made}")
    return True


def _places(cursor: "extensions.cursor", names: list[str]) -> dict[str, str]:
    """Give the schema of each table or view that was built."""
    cursor.execute(
        "select table_name, table_schema from information_schema.tables "
        "where table_name = any(%s) and not starts_with(table_schema, %s)",
        [names, SERVED],
    )
    found: dict[str, str] = {}
    for name, schema in cursor.fetchall():
        if name in found:
            raise WavehouseError(
                f"The database has two tables {name}, in {found[name]} and {schema}, so it is not "
                "known which one is of this project. Give the project a database of its own."
            )
        found[name] = schema
    return found


def guard_estimation(
    cursor: "extensions.cursor",
    columns: Mapping[str, list[str]],
    schema: str,
    role: str,
    grants: str | None,
    asked: str,
) -> None:
    """Let the role of an audience read its rows.

    Args:
        cursor: of the owner.
        columns: the columns of each table in the schema.
        schema: where these are.
        role: the role.
        grants: the schema of what the audience may read; None if it may read everything.
        asked: tells in SQL whether this transaction was let in as the audience.
    """
    cursor.execute(f"grant usage on schema {sql_name(schema)} to {sql_name(role)}")
    # A question is run over temporary tables. Mostly everybody may make some, but not everywhere.
    cursor.execute("select current_database()")
    (database,) = cursor.fetchone() or ("",)
    cursor.execute(f"grant temporary on database {sql_name(database)} to {sql_name(role)}")
    granted = None if grants is None else _granted(grants)
    for table, names in columns.items():
        visible = "true"
        if granted is not None:
            visible = granted.rows(sql_name(table), names, columns, sql_name(schema))
        name = f"{sql_name(schema)}.{sql_name(table)}"
        cursor.execute(f"alter table {name} enable row level security")
        cursor.execute(
            f"create policy {sql_name(role)} on {name} for select to {sql_name(role)} "
            f"using ({asked} and ({visible}))"
        )
        cursor.execute(f"grant select on {name} to {sql_name(role)}")


def _granted(grants: str) -> Granted:
    """Give what an audience is granted by what is stored for its policies."""
    kept = sql_name(grants)
    known = {
        column: f"select named.{name} from {kept}.{dimension} as named"
        for column, (dimension, name) in KNOWN_BY.items()
    }
    return Granted(waves_of(f"{kept}.grants"), known)
