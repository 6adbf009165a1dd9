"""Erased people on a PostgreSQL server: their rows in the tables of builds and of releases.

A table tells by its columns whose rows it has: keys of respondents, study, wave and id, or study,
wave and row. The tables of delivered waves have the columns of the files. What only these people
delivered goes from tables that say nothing of persons, too. All of it goes in one transaction, and
then from the server's files, by a vacuum.
"""

from collections.abc import Iterable, Iterator, Sequence, Set
from contextlib import closing
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from wavehouse.building.postgres import connect_to_target, server_explained
from wavehouse.errors import WavehouseError
from wavehouse.escapes import sql_name
from wavehouse.people.found_people import Found
from wavehouse.people.traces import Values
from wavehouse.people.values_on_server import remove_values
from wavehouse.people.wave_rows import parts_of_id, respondent_key
from wavehouse.project import Project

if TYPE_CHECKING:
    from psycopg2 import extensions

# How many digits of a key make a number in the models.
NUMBER_DIGITS = 15
ROW = ("study_id", "wave_id", "row_number")
ID = ("study_id", "wave_id", "respondent_id")
# So long a server may take to answer.
SECONDS = 10


@dataclass
class _People:
    """Who is to go, in each of the ways in which tables know people."""

    ids: set[tuple[str, str, str]] = field(default_factory=set)
    keys: list[str] = field(default_factory=list)
    numbers: list[int] = field(default_factory=list)
    rows: set[tuple[str, str, int]] = field(default_factory=set)
    # By the table of a delivered wave: the columns of the id, and the ids of several columns.
    waves: dict[str, tuple[tuple[str, ...], set[tuple[str, ...]]]] = field(default_factory=dict)


def delete_on_server(project: Project, found: Iterable[Found], values: Values) -> list[str]:
    """Delete the rows of erased people, while the waves have their ids still.

    Args:
        project: the project; where it was never built on a server, nothing is done.
        found: where they are in the waves.
        values: what only they delivered.

    Returns:
        a line for each table that had some.

    Raises:
        WavehouseError: the server cannot be reached, or does not do it; nothing is deleted then.
    """
    people = _people(found)
    if not people.ids or not (project.target / "postgres").is_dir():
        return []
    import psycopg2

    try:
        with server_explained(), closing(connect_to_target(connect_timeout=SECONDS)) as connection:
            deleted = _deleted(connection, people, values)
    except psycopg2.Error as error:
        said = (str(error).strip().splitlines() or [type(error).__name__])[0]
        raise WavehouseError(f"The server says: {said}") from error
    return [
        f"PostgreSQL, {schema}.{table}: {number:,} row{'' if number == 1 else 's'}."
        for (schema, table), number in deleted.items()
    ]


def _deleted(
    connection: "extensions.connection", people: _People, values: Values
) -> dict[tuple[str, str], int]:
    with connection, connection.cursor() as cursor:
        tables = _tables(cursor)
        people.rows = set(_rows_of(cursor, tables, people))
        deleted = {
            name: number
            for name, columns in tables.items()
            if (number := _delete(cursor, name, columns.keys(), people))
        }
        others = {
            name: columns
            for name, columns in tables.items()
            if _condition(name, columns.keys(), people) is None
        }
        deleted |= dict(remove_values(cursor, others, values))
    # A deleted row stays in the server's files until its place is used again.
    connection.autocommit = True
    with connection.cursor() as cursor:
        for schema, table in deleted:
            cursor.execute(f"vacuum (full) {sql_name(schema)}.{sql_name(table)}")
    return deleted


def told_of_server(
    project: Project, found: Iterable[Found], values: Values
) -> tuple[list[str], list[str]]:
    """Delete on the server; give what went, and what is left where that did not work."""
    try:
        return delete_on_server(project, found, values), []
    except WavehouseError as error:
        return [], [f"PostgreSQL: nothing was deleted there. {error}"]


def _people(found: Iterable[Found]) -> _People:
    people = _People()
    for each in found:
        study_id, wave_id = each.rows.study_id, each.rows.wave_id
        people.ids |= {(study_id, wave_id, name) for name in each.ids}
        parts = {
            tuple(parts_of_id(name)) if len(each.columns) > 1 else (name,) for name in each.ids
        }
        known = people.waves.get(f"{study_id}_{wave_id}", (each.columns, set()))
        people.waves[f"{study_id}_{wave_id}"] = (each.columns, known[1] | parts)
    for study_id, wave_id, name in sorted(people.ids):
        key = respondent_key(study_id, wave_id, name)
        people.keys.append(key)
        people.numbers.append(int(key[:NUMBER_DIGITS], 16))
    return people


def _tables(cursor: "extensions.cursor") -> dict[tuple[str, str], dict[str, str]]:
    """Give the columns of all tables with their types; views have none of their own."""
    cursor.execute(
        "select columns.table_schema, columns.table_name, "
        "json_object_agg(columns.column_name, columns.data_type) "
        "from information_schema.columns join information_schema.tables "
        "using (table_schema, table_name) where tables.table_type = 'BASE TABLE' "
        "and columns.table_schema not in ('pg_catalog', 'information_schema') group by 1, 2 "
        "order by 1, 2"
    )
    return {(schema, table): kinds for schema, table, kinds in cursor.fetchall()}


def _rows_of(
    cursor: "extensions.cursor", tables: dict[tuple[str, str], dict[str, str]], people: _People
) -> Iterator[tuple[str, str, int]]:
    """Give the rows of waves that are of these people, from tables that have both."""
    for (schema, table), columns in tables.items():
        if {*ID, *ROW} <= columns.keys():
            cursor.execute(
                f"select study_id, wave_id, row_number from {sql_name(schema)}.{sql_name(table)} "
                "where (study_id, wave_id, respondent_id) in %s",
                [tuple(people.ids)],
            )
            yield from cursor.fetchall()


def _delete(
    cursor: "extensions.cursor", name: tuple[str, str], columns: Set[str], people: _People
) -> int:
    """Delete rows from one table, and give how many."""
    chosen = _condition(name, columns, people)
    if chosen is None or not chosen[1]:
        return 0
    condition, values = chosen
    schema, table = name
    cursor.execute(f"delete from {sql_name(schema)}.{sql_name(table)} where {condition}", [values])
    return int(cursor.rowcount)


def _condition(
    name: tuple[str, str], columns: Set[str], people: _People
) -> tuple[str, Sequence[object]] | None:
    """Give what their rows of a table have, with its values; None if it has no rows of people."""
    _, table = name
    if "respondent_key" in columns:
        return "respondent_key = any(%s)", people.keys
    if "respondent_number" in columns:
        return "respondent_number = any(%s)", people.numbers
    if set(ID) <= columns:
        return f"({', '.join(ID)}) in %s", tuple(people.ids)
    if set(ROW) <= columns:
        return f"({', '.join(ROW)}) in %s", tuple(people.rows)
    if table in people.waves and set(people.waves[table][0]) <= columns:
        parts = ", ".join(
            f"btrim({sql_name(each)}, E' \\t\\r\\n')" for each in people.waves[table][0]
        )
        return f"({parts}) in %s", tuple(people.waves[table][1])
    return None
