"""Erasure in a project that dbt built on PostgreSQL: no table has them, and other rows stay."""

from collections import Counter
from collections.abc import Iterator
from contextlib import closing
from hashlib import md5
from pathlib import Path

import psycopg2
import pytest
from once import make_once
from planted import LAST_ONLY, LAST_WAVE, PANELLIST, SECRETS, STUDIES, make_planted
from workbench import copy_built, own_database, run_wavehouse

from wavehouse.building.postgres import PostgresServer, connect_to_target
from wavehouse.people.pseudonyms import SETTING
from wavehouse.project import Project

pytestmark = pytest.mark.slow("server")

LOGIN = "reads_of_erased"
WAVES = ("1983", "1984", "1985", LAST_WAVE)
WHO = {
    (study_id, wave_id, person["respond"])
    for study_id in STUDIES
    for wave_id in WAVES
    for person in (PANELLIST, LAST_ONLY)
    if person is PANELLIST or wave_id == LAST_WAVE
}
KEYS = [md5("<|>".join(who).encode()).hexdigest() for who in sorted(WHO)]
Rows = dict[str, Counter[str]]


@pytest.fixture
def server(
    postgres_server: PostgresServer, monkeypatch: pytest.MonkeyPatch
) -> Iterator["psycopg2.extensions.connection"]:
    """A connection to a database of this test, from which a login serves releases."""
    server = own_database(postgres_server, "erased")
    for name, value in server.environment.items():
        monkeypatch.setenv(name, value)
    monkeypatch.setenv("WAVEHOUSE_PG_READER", LOGIN)
    with closing(connect_to_target()) as connection, connection.cursor() as cursor:
        connection.autocommit = True
        cursor.execute(f"create role {LOGIN} login noinherit")
        yield connection
        cursor.execute(f"drop owned by {LOGIN} cascade")
        cursor.execute(f"drop role {LOGIN}")


def tables_of(cursor: "psycopg2.extensions.cursor") -> dict[str, list[str]]:
    """Give the columns of each table of each schema."""
    cursor.execute(
        "select format('%I.%I', table_schema, table_name), array_agg(column_name::text) "
        "from information_schema.columns join information_schema.tables "
        "using (table_schema, table_name) where table_type = 'BASE TABLE' "
        "and table_schema not in ('pg_catalog', 'information_schema') group by 1 order by 1"
    )
    return dict(cursor.fetchall())


def having(cursor: "psycopg2.extensions.cursor", secrets: list[str]) -> dict[str, int]:
    """Count the rows that have one of some texts, by table."""
    found = {}
    for table in tables_of(cursor):
        cursor.execute(
            f"select count(*) from {table} as t, unnest(%s) as secret "
            "where strpos(t::text, secret) > 0",
            [secrets],
        )
        (number,) = cursor.fetchone() or (0,)
        if number:
            found[table] = number
    return found


def rows_of_others(cursor: "psycopg2.extensions.cursor") -> Rows:
    """Give the rows of each table but theirs, as sums."""
    cursor.execute(
        "select study_id, wave_id, row_number from intermediate.int_delivered__respondents "
        "where (study_id, wave_id, respondent_id) in %s",
        [tuple(WHO)],
    )
    # After the erasure there are none.
    places = [*cursor.fetchall(), ("", "", -1)]
    numbers = [int(key[:15], 16) for key in KEYS]
    rows: Rows = {}
    for table, columns in tables_of(cursor).items():
        conditions = ["exists (select from unnest(%s) as s where strpos(t::text, s) > 0)"]
        given: list[object] = [[*SECRETS, *KEYS]]
        if "respondent_number" in columns:
            conditions.append("respondent_number = any(%s)")
            given.append(numbers)
        if {"study_id", "wave_id", "row_number"} <= set(columns):
            conditions.append("(study_id, wave_id, row_number) in %s")
            given.append(tuple(places))
        cursor.execute(
            f"select md5(t::text) from {table} as t where not ({' or '.join(conditions)})", given
        )
        rows[table] = Counter(name for (name,) in cursor.fetchall())
    return rows


def test_nothing_of_theirs_is_on_the_server_and_all_else_is(
    server: "psycopg2.extensions.connection",
    tmp_path_factory: pytest.TempPathFactory,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    planted = Project(make_once(tmp_path_factory, "planted", make_planted, keep=True))
    project = copy_built(planted, tmp_path / "project")
    monkeypatch.setenv(SETTING, str(tmp_path / "people.key"))
    run = run_wavehouse(project, "build", "--target", "postgres")
    assert run.exit_code == 0, run.output
    with server.cursor() as cursor:
        there = having(cursor, SECRETS)
        assert {table.partition(".")[0] for table in there} >= {"waves", "landing", "marts"}
        assert [table for table in there if table.startswith("served_")], there
        before = rows_of_others(cursor)
    people = tmp_path / "people.csv"
    rows = [
        *(f"{study_id},,{PANELLIST['respond']}" for study_id in STUDIES),
        *(f"{study_id},{LAST_WAVE},{LAST_ONLY['respond']}" for study_id in STUDIES),
    ]
    people.write_text("\n".join(["study_id,wave_id,respondent_id", *rows]))
    run = run_wavehouse(project, "erase", "--file", str(people))
    assert run.exit_code == 0, run.output
    with server.cursor() as cursor:
        assert having(cursor, [*SECRETS, *KEYS]) == {}
        after = rows_of_others(cursor)
    assert {name for name in before if before[name] != after[name]} == set()
    assert before.keys() == after.keys()
    assert "PostgreSQL, intermediate.int_delivered__codes: " in run.output
