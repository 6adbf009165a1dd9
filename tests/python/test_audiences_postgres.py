"""PostgreSQL lets an audience read what its file has, and no more, whatever the login tries."""

from collections.abc import Iterator
from datetime import date

import duckdb
import psycopg2
import psycopg2.errors
import pytest
from guarded import HIDDEN, TABLES, build_guarded
from postgres_copies import copy_schemas

from wavehouse.audiences.door import open_audience
from wavehouse.audiences.giving import Given, add_key, revoke_key
from wavehouse.audiences.keys import read_register, save_register
from wavehouse.audiences.postgres import Place, bring_keys, guard_with
from wavehouse.building.postgres import PostgresServer
from wavehouse.errors import WavehouseError
from wavehouse.project import Project
from wavehouse.publishing.publish import publish

pytestmark = pytest.mark.slow("server")

OF_PEOPLE = {"fct_answers", "fct_respondents", "wide_shut"}
PLACE = Place("guarded_marts", "guarded_codebook", "guarded_serves")
Rows = list[tuple[object, ...]]


def connect(server: PostgresServer, user: str) -> "psycopg2.extensions.connection":
    return psycopg2.connect(
        host=server.host, port=server.port, user=user, dbname=server.database, connect_timeout=5
    )


@pytest.fixture(scope="module")
def served(
    postgres_server: PostgresServer, tmp_path_factory: pytest.TempPathFactory
) -> tuple[Project, PostgresServer, dict[str, Given]]:
    """A warehouse that is published to files and guarded on PostgreSQL, and keys for it."""
    project = Project(tmp_path_factory.mktemp("served"))
    (project.root / "dbt_project.yml").write_text("name: wavehouse\n")
    project.warehouse.mkdir()
    build = build_guarded(project)
    keys = {name: add_key(project, name, name) for name in ("readers", "mixed")}
    publish(project, build)
    owner = connect(postgres_server, postgres_server.user)
    with owner, owner.cursor() as cursor:
        with duckdb.connect(str(project.working_database), read_only=True) as working:
            schemas = {"marts": PLACE.marts, "codebook": PLACE.codebook}
            copy_schemas(working, cursor, schemas)
        cursor.execute(f"create role {PLACE.login} login noinherit")
        guard_with(cursor, read_register(project), OF_PEOPLE, PLACE, date(2030, 1, 1))
    owner.close()
    return project, postgres_server, keys


@pytest.fixture
def session(
    served: tuple[Project, PostgresServer, dict[str, Given]],
) -> Iterator["psycopg2.extensions.connection"]:
    connection = connect(served[1], PLACE.login)
    yield connection
    connection.close()


def admit(cursor: "psycopg2.extensions.cursor", key: str | None) -> str:
    cursor.execute("select wavehouse_access.authenticate(%s)", [key])
    (audience,) = cursor.fetchone() or ("",)
    cursor.execute(f"set local role wavehouse_reads_{audience}")
    return str(audience)


def columns_of(cursor: "psycopg2.extensions.cursor", table: str) -> list[str]:
    cursor.execute(
        "select column_name from information_schema.column_privileges "
        "where table_schema = %s and table_name = %s and grantee = current_user",
        [PLACE.marts, table],
    )
    return sorted(name for (name,) in cursor.fetchall())


@pytest.mark.parametrize("audience", ["public", "readers", "mixed"])
def test_both_engines_answer_alike(
    served: tuple[Project, PostgresServer, dict[str, Given]],
    session: "psycopg2.extensions.connection",
    audience: str,
) -> None:
    project, _, keys = served
    key = keys[audience].secret if audience in keys else None
    compared = 0
    with open_audience(project, key) as opened, session, session.cursor() as cursor:
        assert admit(cursor, key) == audience
        for table in TABLES:
            names = columns_of(cursor, table)
            there = [
                name
                for (name,) in opened.connection.execute(
                    "select column_name from duckdb_columns() where table_name = ?", [table]
                ).fetchall()
            ]
            if not there:
                assert names == []
                continue
            assert set(names) <= {*there, f"segment_{HIDDEN}"}
            listed = ", ".join(name for name in names if name in there)
            cursor.execute(f"select {listed} from {PLACE.marts}.{table}")
            expected = opened.connection.execute(f"select {listed} from marts.{table}").fetchall()
            assert sorted(map(repr, cursor.fetchall())) == sorted(map(repr, expected)), table
            compared += len(expected)
    assert compared > 30


def refused(cursor: "psycopg2.extensions.cursor", statement: str) -> None:
    cursor.execute("savepoint before")
    with pytest.raises(psycopg2.Error):
        cursor.execute(statement)
    cursor.execute("rollback to before")


def count(cursor: "psycopg2.extensions.cursor", table: str = "dim_wave") -> int:
    cursor.execute(f"select count(study_id) from {PLACE.marts}.{table}")
    (number,) = cursor.fetchone() or (-1,)
    return int(number)


def test_the_login_reads_nothing_by_itself(session: "psycopg2.extensions.connection") -> None:
    with session, session.cursor() as cursor:
        for table in TABLES:
            refused(cursor, f"select * from {PLACE.marts}.{table}")
        for role in ("public", "readers", "mixed"):
            # In the role, but let in by nobody.
            cursor.execute(f"set local role wavehouse_reads_{role}")
            assert count(cursor) == 0


def test_no_role_but_that_of_the_key_shows_a_row(
    served: tuple[Project, PostgresServer, dict[str, Given]],
    session: "psycopg2.extensions.connection",
) -> None:
    keys = served[2]
    for key, own, others in (
        (None, "public", ("readers", "mixed")),
        (keys["readers"].secret, "readers", ("public", "mixed")),
    ):
        with session, session.cursor() as cursor:
            assert admit(cursor, key) == own
            assert count(cursor) > 0
            for other in others:
                cursor.execute("reset role")
                cursor.execute(f"set local role wavehouse_reads_{other}")
                assert count(cursor) == 0


def test_a_transaction_is_let_in_alone(
    served: tuple[Project, PostgresServer, dict[str, Given]],
    session: "psycopg2.extensions.connection",
) -> None:
    with session, session.cursor() as cursor:
        admit(cursor, served[2]["mixed"].secret)
        assert count(cursor, "fct_answers") > 0
    with session, session.cursor() as cursor:
        cursor.execute("set local role wavehouse_reads_mixed")
        assert count(cursor, "fct_answers") == 0


def test_the_login_cannot_let_itself_in(
    served: tuple[Project, PostgresServer, dict[str, Given]],
    session: "psycopg2.extensions.connection",
) -> None:
    with session, session.cursor() as cursor:
        for role in (None, "public", "mixed"):
            if role:
                cursor.execute(f"set local role wavehouse_reads_{role}")
            for statement in (
                "insert into wavehouse_access.admitted values "
                "(pg_backend_pid(), pg_current_xact_id(), 'mixed', null)",
                "update wavehouse_access.admitted set audience_id = 'mixed'",
                "select * from wavehouse_access.keys",
                "insert into wavehouse_access.audiences values ('mixed', false)",
                "create or replace function wavehouse_access.is_audience(audience text) "
                "returns boolean language sql as 'select true'",
                f"alter table {PLACE.marts}.dim_wave disable row level security",
                f"delete from {PLACE.marts}.dim_wave",
                f"set role {served[1].user}",
                "insert into wavehouse_access_of_1.grants select * "
                "from wavehouse_access_of_2.grants",
            ):
                refused(cursor, statement)


@pytest.mark.parametrize("key", ["", "' or true --", "AGE-SECRET-KEY-1AAAA", "mixed"])
def test_keys_that_are_not_good_let_nobody_in(
    session: "psycopg2.extensions.connection", key: str
) -> None:
    with session, session.cursor() as cursor, pytest.raises(psycopg2.Error, match="unknown"):
        admit(cursor, key)


def test_revoked_and_expired_keys_are_refused(
    served: tuple[Project, PostgresServer, dict[str, Given]],
    session: "psycopg2.extensions.connection",
) -> None:
    project, server, _ = served
    gone = {name: add_key(project, "mixed", name) for name in ("revoked", "expired")}
    register = read_register(project)
    register.change(gone["revoked"].key.key_id, revoked_at="2030-01-01T00:00:00+00:00")
    register.change(gone["expired"].key.key_id, expires_on="2001-01-01")
    save_register(project, register)
    owner = connect(server, server.user)
    with owner, owner.cursor() as cursor:
        guard_with(cursor, read_register(project), OF_PEOPLE, PLACE, date(2030, 1, 1))
    owner.close()
    for why, given in gone.items():
        with session, session.cursor() as cursor, pytest.raises(psycopg2.Error, match=why):
            admit(cursor, given.secret)


def test_the_database_knows_at_once_of_a_revoked_key(
    served: tuple[Project, PostgresServer, dict[str, Given]],
    session: "psycopg2.extensions.connection",
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    project, server, _ = served
    for name, value in server.environment.items():
        monkeypatch.setenv(name, value)
    given = add_key(project, "mixed", "at once")
    bring_keys(project)
    with session, session.cursor() as cursor:
        assert admit(cursor, given.secret) == "mixed"
    revoke_key(project, given.key.key_id)
    assert "PostgreSQL knows" in bring_keys(project)
    with session, session.cursor() as cursor, pytest.raises(psycopg2.Error, match="revoked"):
        admit(cursor, given.secret)


def test_the_owner_sees_every_row(
    served: tuple[Project, PostgresServer, dict[str, Given]],
) -> None:
    owner = connect(served[1], served[1].user)
    with owner, owner.cursor() as cursor:
        cursor.execute(
            f"select count(*) from {PLACE.marts}.dim_wave where wave_label ~ %s", [HIDDEN]
        )
        assert cursor.fetchone() == (3,)
    owner.close()


def test_a_table_that_is_built_again_is_shut_until_it_is_guarded(
    served: tuple[Project, PostgresServer, dict[str, Given]],
    session: "psycopg2.extensions.connection",
) -> None:
    project, server, _ = served
    owner = connect(server, server.user)
    with owner, owner.cursor() as cursor:
        cursor.execute(
            f"create table {PLACE.marts}.new as select * from {PLACE.marts}.dim_wave; "
            f"drop table {PLACE.marts}.dim_wave; "
            f"alter table {PLACE.marts}.new rename to dim_wave"
        )
    with session, session.cursor() as cursor:
        admit(cursor, None)
        refused(cursor, f"select study_id from {PLACE.marts}.dim_wave")
    with owner, owner.cursor() as cursor:
        guard_with(cursor, read_register(project), OF_PEOPLE, PLACE, date(2030, 1, 1))
    owner.close()
    with session, session.cursor() as cursor:
        admit(cursor, None)
        assert count(cursor) == 2


def test_a_login_with_rights_of_its_own_is_refused(
    served: tuple[Project, PostgresServer, dict[str, Given]],
) -> None:
    owner = connect(served[1], served[1].user)
    with owner, owner.cursor() as cursor:
        cursor.execute("create role guarded_powerful login inherit")
        for login, said in (("guarded_powerful", "go past"), ("guarded_nobody", "has no login")):
            place = Place(PLACE.marts, PLACE.codebook, login)
            with pytest.raises(WavehouseError, match=said):
                guard_with(cursor, read_register(served[0]), OF_PEOPLE, place, date(2030, 1, 1))
    owner.close()
