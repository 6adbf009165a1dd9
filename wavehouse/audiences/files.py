"""Write a file for each audience into a release: only its rows and columns.

    audiences/aggregates/<audience>.duckdb    estimates, dictionary, dimensions
    audiences/microdata/<audience>.duckdb     rows of people, for audiences that may read some

Both parts of an audience that needs a key are encrypted, each with a key of its own, so that rows
of people can be made unreadable without the rest. A file is new and rows are only added to it, so
nothing that it does not show is left in it.
"""

import secrets
from dataclasses import dataclass, replace
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Any

from wavehouse.audiences.estimation import copy_estimation
from wavehouse.audiences.grants import ANSWERS, Audience, problems_of, read_audiences
from wavehouse.audiences.visible_rows import (
    ROW,
    Judged,
    condition,
    is_all,
    may_be_empty,
    of_columns,
    prepare,
    shown,
)
from wavehouse.encryption.databases import attach, load_encryption
from wavehouse.encryption.databases import connect as open_database
from wavehouse.errors import ProblemsError, WavehouseError
from wavehouse.escapes import sql_name, sql_text
from wavehouse.estimating.keeping import FILE as ESTIMATION
from wavehouse.publishing.published_tables import PublishedTable, read_tables
from wavehouse.publishing.retention import AGGREGATES, MICRODATA, PARTS

if TYPE_CHECKING:
    from collections.abc import Mapping

    from duckdb import DuckDBPyConnection

FOLDER = "audiences"
SCHEMA = "marts"
SOURCE = f"release.{SCHEMA}"
# Which waves the audience may deliver, beside the tables that it reads.
DELIVERABLE = "wavehouse_deliverable"
# Their rows tell which tables and columns there are.
NEEDED = frozenset(
    ("dim_measure", "dim_question", "dim_segment", "dim_study", "dim_wave", "fct_trend_estimates")
)
OF_TABLES = ("dictionary_columns", "dictionary_lineage")
# A table of a study, and each of these columns, is there only with a row that fills it: their names
# tell what was asked in studies that may be hidden.
WIDE, SEGMENT = "wide_", "segment_"

# The key of a file, by its part and its audience.
Keys = dict[tuple[str, str], str]


@dataclass(frozen=True)
class Release:
    """What the files are made from.

    Args:
        release_id: its id.
        published_at: when it is published, as it says itself.
        database: its database, with all public tables.
        keys: the keys of tables, by table; those of long ones are not in the database.
        of_people: tables that hold rows of people.
        today: the day for which embargoes are judged.
    """

    release_id: str
    published_at: str
    database: Path
    keys: "Mapping[str, tuple[str, ...]]"
    of_people: set[str]
    today: date


def write_audiences(
    folder: Path, release: Release, working: Path
) -> tuple[list[dict[str, Any]], Keys]:
    """Write the files of all audiences that the codebook of a working database has.

    Args:
        folder: the folder of the release.
        release: what it holds.
        working: the working database.

    Returns:
        for the manifest, what each audience was given; and the keys of what is encrypted.

    Raises:
        ProblemsError: a file cannot be read again as it was written.
        WavehouseError: the package that encrypts is not there.
    """
    said: list[dict[str, Any]] = []
    keys: Keys = {}
    with connect() as connection:
        attach(connection, working, "working")
        audiences = read_audiences(connection, "working")
        connection.execute("detach working")
        if not audiences:
            return said, keys
        attach(connection, release.database, "release")
        tables = read_tables(connection, "release", SCHEMA, release.keys)
        if not tables.keys() >= NEEDED:
            missing = ", ".join(sorted(NEEDED - tables.keys()))
            raise WavehouseError(
                f"Nothing was published: without {missing} nobody can say which rows an audience "
                "may read. Empty the codebook's table `audiences`, or build all models."
            )
        _refuse(connection, audiences, tables)
        if any(audience.needs_key for audience in audiences):
            load_encryption(connection)
        for audience in audiences:
            prepare(connection, SOURCE, audience.rows, release.today)
            parts = _choose(connection, audience, tables, release.of_people)
            given = []
            for part in PARTS:
                if part == MICRODATA and not parts[part]:
                    continue
                path = folder / FOLDER / part / f"{audience.audience_id}.duckdb"
                path.parent.mkdir(parents=True, exist_ok=True)
                key = secrets.token_hex(32) if audience.needs_key else None
                given += _write(connection, path, key, audience, part, parts[part], release)
                if key:
                    keys[part, audience.audience_id] = key
            waits = audience.waits_until(release.today)
            said.append(
                {
                    "audience_id": audience.audience_id,
                    "needs_key": audience.needs_key,
                    "waits_until": waits.isoformat() if waits else None,
                    "tables": given,
                }
            )
    return said, keys


def _refuse(
    connection: "DuckDBPyConnection", audiences: list[Audience], tables: dict[str, PublishedTable]
) -> None:
    ids = {
        column: {value for (value,) in connection.execute(query).fetchall()}
        for column, query in (
            ("study_id", f"select study_id from {SOURCE}.dim_study"),
            ("measure_id", f"select measure_id from {SOURCE}.dim_measure"),
            ("segment_id", f"select segment_id from {SOURCE}.dim_segment"),
        )
    }
    columns = {name: table.columns for name, table in tables.items()}
    if problems := problems_of(audiences, columns, ids):
        raise ProblemsError("Nothing was published: grants name what is not there:", problems)


def connect() -> "DuckDBPyConnection":
    """Give a connection to an empty database in memory, which fetches no extension."""
    off = ("autoinstall_known_extensions", "autoload_known_extensions")
    return open_database(config=dict.fromkeys(off, "false"))


def _choose(
    connection: "DuckDBPyConnection",
    audience: Audience,
    tables: dict[str, PublishedTable],
    of_people: set[str],
) -> dict[str, list[tuple[PublishedTable, str]]]:
    """Choose tables, columns and rows of an audience: by part, tables and the condition of each."""
    parts: dict[str, list[tuple[PublishedTable, str]]] = {part: [] for part in PARTS}
    everything = is_all(connection, SOURCE)
    for name, table in sorted(tables.items()):
        is_of_people = name in of_people
        columns = audience.columns_of(name, list(table.columns), is_of_people)
        if not columns:
            continue
        judged = Judged(name, frozenset(table.columns), is_of_people)
        visible = "true" if everything else condition(judged, SOURCE)
        if not everything:
            columns = _filled(connection, name, columns, visible, is_of_people)
            if not columns:
                continue
        parts[MICRODATA if is_of_people else AGGREGATES].append(
            (_narrowed(table, columns), visible)
        )
    there = {table.name: table.columns for chosen in parts.values() for table, _ in chosen}
    parts[AGGREGATES] = [
        (table, f"({visible}) and {of_columns(there)}" if table.name in OF_TABLES else visible)
        for table, visible in parts[AGGREGATES]
    ]
    return parts


def _filled(
    connection: "DuckDBPyConnection", name: str, columns: list[str], visible: str, of_people: bool
) -> list[str]:
    """Leave out what is there for studies of which no row is visible."""
    source = f"from {SOURCE}.{sql_name(name)} as {ROW} where {visible}"
    if name.startswith(WIDE) and not connection.execute(f"select 1 {source} limit 1").fetchall():
        return []
    asked = [column for column in columns if of_people and column.startswith(SEGMENT)]
    if not asked:
        return columns
    counts = ", ".join(f"count({ROW}.{sql_name(column)})" for column in asked)
    filled = connection.execute(f"select {counts} {source}").fetchall()[0]
    empty = {column for column, count in zip(asked, filled, strict=True) if not count}
    return [column for column in columns if column not in empty]


def _narrowed(table: PublishedTable, columns: list[str]) -> PublishedTable:
    """Give a table with some of its columns. It has its key if all of that is among them."""
    definitions = {}
    for column in columns:
        definition = table.columns[column]
        if may_be_empty(table.name, column):
            definition = definition.removesuffix(" not null")
        definitions[column] = definition
    return replace(
        table,
        columns=definitions,
        key=table.key if set(table.key) <= set(columns) else (),
        # They may name columns and values that are hidden. The build has tested them.
        constraints=(),
        comments={name: text for name, text in table.comments.items() if name in definitions},
    )


def _write(
    connection: "DuckDBPyConnection",
    path: Path,
    key: str | None,
    audience: Audience,
    part: str,
    tables: list[tuple[PublishedTable, str]],
    release: Release,
) -> list[dict[str, Any]]:
    """Write one file and read it again; give its tables with their columns and number of rows."""
    options = f" (encryption_key {sql_text(key)})" if key else ""
    connection.execute(f"attach {sql_text(path)} as made{options}")
    connection.execute("begin")
    connection.execute(f"create schema made.{SCHEMA}")
    if part == AGGREGATES:
        connection.execute(
            "create view made.main.wavehouse_release as select "
            f"{sql_text(release.release_id)} as release, "
            f"{sql_text(release.published_at)} as published_at, "
            f"{sql_text(audience.audience_id)} as audience_id"
        )
        connection.execute(f"create table made.main.{DELIVERABLE} (study_id text, wave_id text)")
        for study_id, wave_id in audience.deliveries:
            connection.execute(
                f"insert into made.main.{DELIVERABLE} values ($1, $2)", [study_id, wave_id]
            )
    counts: dict[str, int] = {}
    lengths = dict(
        connection.execute(
            "select table_name, estimated_size from duckdb_tables() where database_name = 'release'"
        ).fetchall()
    )
    for table, visible in tables:
        source = f"{SOURCE}.{sql_name(table.name)} as {ROW}"
        values = ", ".join(shown(table.name, column) for column in table.columns)
        place = f"made.{SCHEMA}"
        # It has a key where the published table has one.
        connection.execute(table.definition(place, lengths[table.name]))
        counts[table.name] = connection.execute(
            f"insert into {place}.{sql_name(table.name)} "
            f"select {values} from {source} where {visible} {table.order()}"
        ).fetchall()[0][0]
        connection.execute(";".join(table.comment_statements(place)) or "select 1")
    if part == MICRODATA and ANSWERS in audience.whole:
        copy_estimation(
            connection,
            release.database.with_name(ESTIMATION),
            SOURCE,
            "made",
            is_all(connection, SOURCE),
        )
    connection.execute("commit")
    connection.execute("detach database if exists kept")
    connection.execute("checkpoint made")
    connection.execute("detach made")
    _verify(connection, path, key, counts)
    return [
        {
            "name": table.name,
            "columns": list(table.columns),
            "rows": counts[table.name],
            "part": part,
        }
        for table, _ in tables
    ]


def _verify(
    connection: "DuckDBPyConnection", path: Path, key: str | None, counts: dict[str, int]
) -> None:
    """Open a file as a reader does and count its rows."""
    options = f", encryption_key {sql_text(key)}" if key else ""
    connection.execute(f"attach {sql_text(path)} as made (read_only{options})")
    problems = []
    for name, rows in counts.items():
        query = f"select count(*) from made.{SCHEMA}.{sql_name(name)}"
        found = connection.execute(query).fetchall()[0][0]
        if found != rows:
            problems.append(f"{path.stem}, {name}: {found} rows were written, not {rows}.")
    connection.execute("detach made")
    if problems:
        raise ProblemsError("Nothing was published, because files of audiences differ:", problems)
