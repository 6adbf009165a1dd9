"""What only erased people delivered, in tables of a PostgreSQL server that do not say whose it is.

Codes of a wave, and scores that are counted by their value, are answers still where nobody else
gave them: such rows go. Of tables that people read, a text loses the value and a number becomes
empty, as in the files of releases.
"""

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING

from wavehouse.escapes import sql_name
from wavehouse.people.traces import Values

if TYPE_CHECKING:
    from psycopg2 import extensions

TEXTS = frozenset({"text", "character varying"})
NUMBERS = frozenset({"double precision", "numeric", "real"})
CODE, LABEL = "source_code", "source_code_label"
# Schemas of tables that people read; the others are steps on the way to them.
MARTS, RELEASE, OF_RELEASE = "marts", "served_", "_of_"

Table = tuple[str, str]


def remove_values(
    cursor: "extensions.cursor", tables: Mapping[Table, Mapping[str, str]], values: Values
) -> Iterator[tuple[Table, int]]:
    """Take values out of tables that have no rows of people; give each with how many rows changed.

    Args:
        cursor: within the transaction.
        tables: the types of the columns of each table.
        values: what only erased people delivered.
    """
    for (schema, table), kinds in tables.items():
        if "study_id" not in kinds:
            continue
        is_read = schema == MARTS or (schema.startswith(RELEASE) and OF_RELEASE not in schema)
        change = _change_cells if is_read else _delete_rows
        number = change(cursor, f"{sql_name(schema)}.{sql_name(table)}", kinds, values)
        if number:
            yield (schema, table), number


def _delete_rows(
    cursor: "extensions.cursor", source: str, kinds: Mapping[str, str], values: Values
) -> int:
    """Delete the rows of codes and of scores that only these people gave."""
    conditions: list[str] = []
    given: list[object] = []
    # A code with a label is one of the codebook, whoever gave it.
    if CODE in kinds and LABEL not in kinds:
        conditions.append(f"{CODE} = any(%s)")
        given.append(sorted(values.texts))
    for name in _of_kind(kinds, NUMBERS) if values.numbers else ():
        conditions.append(f"{sql_name(name)} = any(%s)")
        given.append(values.numbers)
    if not conditions:
        return 0
    cursor.execute(f"delete from {source} where {' or '.join(conditions)}", given)
    return int(cursor.rowcount)


def _change_cells(
    cursor: "extensions.cursor", source: str, kinds: Mapping[str, str], values: Values
) -> int:
    """Take values out of the cells of a table."""
    changed = 0
    for name in _of_kind(kinds, NUMBERS) if values.numbers else ():
        column = sql_name(name)
        cursor.execute(
            f"update {source} set {column} = null where {column} = any(%s)", [values.numbers]
        )
        changed += cursor.rowcount
    for name in _of_kind(kinds, TEXTS):
        column = sql_name(name)
        cursor.execute(f"select distinct {column} from {source} where {column} is not null")
        for text in [text for (text,) in cursor.fetchall() if values.is_in(text)]:
            cursor.execute(
                f"update {source} set {column} = %s where {column} = %s",
                [values.taken_out_of(text), text],
            )
            changed += cursor.rowcount
    return changed


def _of_kind(kinds: Mapping[str, str], wanted: frozenset[str]) -> list[str]:
    return [name for name, kind in kinds.items() if kind in wanted]
