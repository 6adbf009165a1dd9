"""The same grants on PostgreSQL: policies for rows, GRANTs for columns, a role for each audience.

    begin;
    select wavehouse_access.authenticate('AGE-SECRET-KEY-1...');   -- null without a key
    set local role wavehouse_reads_<audience>;                     -- what it returned
    set local search_path = served_<release>;                      -- `wavehouse_access.served()`
    select ... ;
    commit;

The login that serves has no right of its own (NOINHERIT). A policy is of a role *and* asks who this
transaction was let in as, in a table that only `authenticate` writes. So whoever takes the role of
another audience sees no row, and whoever was let in without the role has no column.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from wavehouse.audiences.files import NEEDED, OF_TABLES, SOURCE, WIDE, connect
from wavehouse.audiences.grants import ANSWERS, DELIVERIES, Audience, read_audiences
from wavehouse.audiences.keys import Register, read_register
from wavehouse.audiences.postgres_estimation import guard_estimation
from wavehouse.audiences.visible_rows import (
    GRANTS,
    ROW,
    Judged,
    condition,
    is_all,
    may_be_empty,
    of_columns,
    prepare,
)
from wavehouse.building.postgres import connect_to_target
from wavehouse.errors import WavehouseError
from wavehouse.escapes import sql_name, sql_text
from wavehouse.project import Project

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection
    from psycopg2 import extensions

ACCESS = "wavehouse_access"
READS = "wavehouse_reads_"
SETUP = Path(__file__).with_name("postgres.sql")
CODEBOOK = ("audiences", "audience_rows", "audience_columns")
# What `prepare` makes, and policies read.
TABLES = ("grants", "spans", "whole", "measure_variables")
# Dimensions without a study: by which columns a visible row of another table names theirs.
NAMED = {
    "dim_measure": ("measure_id",),
    "dim_segment": ("segment_id", "segment_code"),
    "dim_variable": ("variable_id",),
    "dim_category": ("variable_id",),
    "dictionary_categories": ("variable_id",),
    "dim_weight": ("weight_id",),
}


@dataclass(frozen=True)
class Place:
    """Where things are in the database.

    Args:
        marts: the schema of public tables.
        codebook: the schema of the codebook.
        login: the login that serves.
        grants: what the schemas that policies read begin with; an audience's number follows.
        answers: the schema of what estimates on demand need; None if there is none.
    """

    marts: str = "marts"
    codebook: str = "codebook"
    login: str = "wavehouse_serves"
    grants: str = ACCESS
    answers: str | None = None


def guard_with(
    cursor: "extensions.cursor", register: Register, of_people: set[str], place: Place, today: date
) -> int:
    """Let each audience read what the codebook grants, in the transaction of a cursor.

    Tables that are built again have no grant and no policy, so nobody reads them until this is done
    again. Only the owner of the tables can; policies do not hold for the owner.

    Args:
        cursor: of the owner.
        register: says which keys are good.
        of_people: the tables that hold rows of people.
        place: schemas and the login.
        today: the day for which embargoes are judged.

    Returns:
        how many audiences there are.

    Raises:
        WavehouseError: there is no such login, or it has rights that go past the policies.
    """
    set_up(cursor, place.login)
    cursor.execute(f"grant usage on schema {sql_name(place.marts)} to {sql_name(place.login)}")
    columns = columns_of(cursor, place.marts)
    for table in columns:
        close_tables(cursor, place.marts, table)
    with connect() as connection:
        audiences = _load(cursor, connection, place, columns)
        cursor.execute(f"delete from {ACCESS}.audiences")
        cursor.execute(f"delete from {ACCESS}.deliveries")
        for number, audience in enumerate(audiences, start=1):
            schema = f"{place.grants}_of_{number}"
            cursor.execute(
                f"insert into {ACCESS}.audiences values (%s, %s)",
                [audience.audience_id, audience.needs_key],
            )
            for study_id, wave_id in audience.deliveries if audience.needs_key else ():
                cursor.execute(
                    f"insert into {ACCESS}.deliveries values (%s, %s, %s)",
                    [audience.audience_id, study_id, wave_id],
                )
            prepare(connection, SOURCE, audience.rows, today)
            _guard_audience(cursor, connection, audience, columns, of_people, place, schema)
    load_keys(cursor, register)
    return len(audiences)


def set_up(cursor: "extensions.cursor", login: str) -> None:
    """Make what lets audiences in, for the login that serves.

    Raises:
        WavehouseError: there is no such login, or it has rights that go past the policies.
    """
    _refuse_powerful(cursor, login)
    # Two at once would wait for each other's tables.
    cursor.execute("select pg_advisory_xact_lock(hashtext('wavehouse_access'))")
    cursor.execute(SETUP.read_text(encoding="utf-8"))
    cursor.execute(f"grant usage on schema {ACCESS} to {sql_name(login)}")
    for function in ("authenticate(text)", "admitted_key()", "served()", "deliverable()"):
        cursor.execute(f"grant execute on function {ACCESS}.{function} to {sql_name(login)}")


def load_keys(cursor: "extensions.cursor", register: Register) -> None:
    """Let the database know which keys are good, by their sums."""
    cursor.execute(f"delete from {ACCESS}.keys")
    for key in register.keys:
        if key.key_hash:
            cursor.execute(
                f"insert into {ACCESS}.keys values (%s, %s, %s, %s, %s)",
                [
                    *(key.key_hash, key.key_id, key.audience_id, key.expires_on),
                    key.revoked_at is not None,
                ],
            )


def bring_keys(project: Project) -> str:
    """Let the database know the keys of the register; say what was done.

    Raises:
        WavehouseError: nothing was built there that audiences could read.
    """
    register = read_register(project)
    server = connect_to_target()
    try:
        with server, server.cursor() as cursor:
            cursor.execute("select to_regclass(%s)", [f"{ACCESS}.keys"])
            if cursor.fetchone() == (None,):
                raise WavehouseError(
                    "PostgreSQL serves no audience yet. Run `wavehouse build --target postgres`."
                )
            load_keys(cursor, register)
    finally:
        server.close()
    valid = sum(key.state() == "valid" for key in register.keys)
    return f"PostgreSQL knows {len(register.keys)} keys, {valid} of them valid."


def today_in_utc() -> date:
    """Give the day by which embargoes are judged."""
    return datetime.now(UTC).date()


def _refuse_powerful(cursor: "extensions.cursor", login: str) -> None:
    cursor.execute(
        "select rolinherit, rolsuper, rolbypassrls from pg_roles where rolname = %s", [login]
    )
    found = cursor.fetchone()
    if found is None:
        raise WavehouseError(
            f"PostgreSQL has no login {login}. Make it: create role {login} login noinherit "
            "password '...';"
        )
    if any(found):
        raise WavehouseError(
            f"The login {login} has rights that go past grants and policies. Take them: alter role "
            f"{login} noinherit nosuperuser nobypassrls;"
        )


def columns_of(cursor: "extensions.cursor", schema: str) -> dict[str, list[str]]:
    """Give the columns of each table in a schema."""
    cursor.execute(
        "select columns.table_name, columns.column_name from information_schema.columns "
        "inner join information_schema.tables using (table_schema, table_name) "
        "where table_schema = %s and table_type = 'BASE TABLE' "
        "order by columns.table_name, columns.ordinal_position",
        [schema],
    )
    tables: dict[str, list[str]] = {}
    for table, column in cursor.fetchall():
        tables.setdefault(table, []).append(column)
    return tables


def close_tables(cursor: "extensions.cursor", schema: str, table: str) -> None:
    """Let nobody read a table but its owner, who builds and tests."""
    name = f"{sql_name(schema)}.{sql_name(table)}"
    cursor.execute(
        "select policyname from pg_policies where schemaname = %s and tablename = %s "
        "and starts_with(policyname, %s)",
        [schema, table, READS],
    )
    for (policy,) in cursor.fetchall():
        cursor.execute(f"drop policy {sql_name(policy)} on {name}")
    cursor.execute("select rolname from pg_roles where starts_with(rolname, %s)", [READS])
    for (role,) in cursor.fetchall():
        cursor.execute(f"revoke all on {name} from {sql_name(role)}")
    cursor.execute(f"revoke all on {name} from public")
    cursor.execute(f"alter table {name} enable row level security")


def _load(
    cursor: "extensions.cursor",
    connection: "DuckDBPyConnection",
    place: Place,
    columns: Mapping[str, Sequence[str]],
) -> list[Audience]:
    """Bring what grants are worked out from into DuckDB, so that both engines decide alike."""
    connection.execute("attach ':memory:' as release")
    connection.execute("create schema release.marts; create schema release.codebook")
    if missing := NEEDED - columns.keys():
        raise WavehouseError(
            f"Nobody can say which rows an audience may read without {', '.join(sorted(missing))}. "
            "Build all models on PostgreSQL."
        )
    wanted = {
        table: [name for name in names if name.endswith(("_id", "_code", "_number", "_status"))]
        for table, names in columns.items()
        if table in NEEDED or table in NAMED
    }
    for table, names in wanted.items():
        _copy(cursor, connection, f"{place.marts}.{table}", f"release.marts.{table}", names)
    for table in CODEBOOK:
        names = columns_of(cursor, place.codebook).get(table, [])
        if not names:
            return []
        _copy(cursor, connection, f"{place.codebook}.{table}", f"release.codebook.{table}", names)
    if names := columns_of(cursor, place.codebook).get(DELIVERIES, []):
        there, here = f"{place.codebook}.{DELIVERIES}", f"release.codebook.{DELIVERIES}"
        _copy(cursor, connection, there, here, names)
    return read_audiences(connection, "release")


def _copy(
    cursor: "extensions.cursor",
    connection: "DuckDBPyConnection",
    source: str,
    target: str,
    names: Sequence[str],
) -> None:
    listed = ", ".join(map(sql_name, names))
    kinds = ", ".join(
        f"{sql_name(name)} {'bigint' if name.endswith('_number') else 'text'}" for name in names
    )
    connection.execute(f"create table {target} ({kinds})")
    schema, _, table = source.partition(".")
    cursor.execute(f"select distinct {listed} from {sql_name(schema)}.{sql_name(table)}")
    rows = cursor.fetchall()
    if rows:
        connection.executemany(
            f"insert into {target} values ({', '.join('?' * len(names))})",
            [list(row) for row in rows],
        )


def _guard_audience(
    cursor: "extensions.cursor",
    connection: "DuckDBPyConnection",
    audience: Audience,
    columns: Mapping[str, list[str]],
    of_people: set[str],
    place: Place,
    schema: str,
) -> None:
    """Make the role of an audience, what its policies read, its policies and its grants."""
    role = f"{READS}{audience.audience_id}"
    cursor.execute("select 1 from pg_roles where rolname = %s", [role])
    if cursor.fetchone() is None:
        cursor.execute(f"create role {sql_name(role)} nologin noinherit")
    cursor.execute(f"grant {sql_name(role)} to {sql_name(place.login)}")
    cursor.execute(f"drop schema if exists {sql_name(schema)} cascade")
    cursor.execute(f"create schema {sql_name(schema)}")
    for table in TABLES:
        _store(cursor, connection, schema, table, f"select distinct * from {table}")
    for table, names in NAMED.items():
        if table in columns:
            listed = ", ".join(f"{ROW}.{name}" for name in names)
            judged = condition(Judged(table, frozenset(columns[table]), False), SOURCE)
            query = f"select distinct {listed} from {SOURCE}.{table} as {ROW} where {judged}"
            _store(cursor, connection, schema, table, query)
    # A code list is known to those who know a variable that has it.
    if "code_list_id" in columns["dim_variable"]:
        known = condition(Judged("dim_variable", frozenset(columns["dim_variable"]), False), SOURCE)
        lists = (
            f"select distinct {ROW}.code_list_id from {SOURCE}.dim_variable as {ROW} where {known}"
        )
        _store(cursor, connection, schema, "code_lists", lists)
    cursor.execute(f"grant usage on schema {sql_name(schema)}, {ACCESS} to {sql_name(role)}")
    cursor.execute(f"grant usage on schema {sql_name(place.marts)} to {sql_name(role)}")
    cursor.execute(f"grant select on all tables in schema {sql_name(schema)} to {sql_name(role)}")
    cursor.execute(f"grant execute on function {ACCESS}.is_audience(text) to {sql_name(role)}")
    asked = f"(select {ACCESS}.is_audience({sql_text(audience.audience_id)}))"
    everything = is_all(connection, SOURCE)
    hides_waves = _hides_waves(connection)
    granted = {
        table: chosen
        for table, names in columns.items()
        if (chosen := _granted_columns(audience, table, names, of_people, hides_waves))
        and (everything or not table.startswith(WIDE) or _names_visible(connection, table))
    }
    for table, chosen in granted.items():
        name = f"{sql_name(place.marts)}.{sql_name(table)}"
        visible = "true"
        if not everything:
            visible = _visible(table, columns[table], table in of_people, schema, connection)
        if table in OF_TABLES:
            visible = f"({visible}) and {of_columns(granted)}"
        visible = visible.replace(f"{ROW}.", f"{sql_name(table)}.")
        cursor.execute(
            f"create policy {sql_name(role)} on {name} for select to {sql_name(role)} "
            f"using ({asked} and ({visible}))"
        )
        listed = ", ".join(map(sql_name, chosen))
        cursor.execute(f"grant select ({listed}) on {name} to {sql_name(role)}")
    if place.answers is not None and ANSWERS in audience.whole:
        kept = columns_of(cursor, place.answers)
        of_audience = None if everything else schema
        guard_estimation(cursor, kept, place.answers, role, of_audience, asked)


def _granted_columns(
    audience: Audience, table: str, columns: list[str], of_people: set[str], hides_waves: bool
) -> list[str]:
    """Choose the columns that are granted.

    A policy cannot empty a cell, so what may tell of hidden waves is not granted if there are some.
    """
    chosen = audience.columns_of(table, columns, table in of_people)
    return [name for name in chosen if not (hides_waves and may_be_empty(table, name))]


def _hides_waves(connection: "DuckDBPyConnection") -> bool:
    query = "select 1 from grants where study_id not in (select study_id from whole) limit 1"
    return bool(connection.execute(query).fetchall())


def _names_visible(connection: "DuckDBPyConnection", table: str) -> bool:
    study = table.removeprefix(WIDE)
    query = "select 1 from grants where study_id = ? and measure_id is null and segment_id is null"
    return bool(connection.execute(query, [study]).fetchall())


def _visible(
    table: str, columns: list[str], of_people: bool, schema: str, connection: "DuckDBPyConnection"
) -> str:
    """Write the condition of a policy: that of the files, on what is stored for the audience."""
    place = f"{sql_name(schema)}."
    if "study_id" not in columns:
        named = NAMED.get(table)
        if named:
            same = " and ".join(f"named.{name} = {ROW}.{name}" for name in named)
            return f"exists (select 1 from {place}{table} as named where {same})"
        if table == "dictionary_columns":
            return (
                f"{ROW}.variable_id is null or exists (select 1 from {place}dim_variable as named "
                f"where named.variable_id = {ROW}.variable_id)"
            )
        return "true" if is_all(connection, SOURCE) else "false"
    judged = condition(Judged(table, frozenset(columns), of_people), SOURCE)
    return judged.replace(f"from {GRANTS}", f"from {place}")


def _store(
    cursor: "extensions.cursor",
    connection: "DuckDBPyConnection",
    schema: str,
    table: str,
    query: str,
) -> None:
    """Store what a query of DuckDB gives as a table that policies read."""
    from psycopg2.extras import execute_values

    found = connection.execute(query)
    kinds = ", ".join(
        f"{sql_name(name)} {_kind(kind)}" for name, kind, *_ in found.description or []
    )
    rows = found.fetchall()
    name = f"{sql_name(schema)}.{sql_name(table)}"
    cursor.execute(f"create table {name} ({kinds})")
    if rows:
        execute_values(cursor, f"insert into {name} values %s", rows)


def _kind(kind: Any) -> str:  # noqa: ANN401 (DuckDB's own)
    return {"BOOLEAN": "boolean", "BIGINT": "bigint"}.get(str(kind), "text")
