"""Erased people on a PostgreSQL server: their rows go from builds and releases, all at once."""

from collections.abc import Iterator
from contextlib import closing
from hashlib import md5
from pathlib import Path

import psycopg2
import pytest
import small_people
from planted import found_in
from small_people import ID, SECRETS, make_small, release
from workbench import own_database

from wavehouse.building.postgres import PostgresServer, connect_to_target
from wavehouse.people import erasing, on_server
from wavehouse.people.erasing import erase
from wavehouse.people.named import Respondent
from wavehouse.people.pseudonyms import SETTING
from wavehouse.project import Project

pytestmark = pytest.mark.slow("server")

OTHER = "id-2"
SERVED = "served_20310101t000000000000z"
# Each table with its columns, and the row of a person in wave 2030.
TABLES = {
    "marts.fct_respondents": (
        "respondent_key text, study_id text, weight text",
        "{key}, 'panel', '1'",
    ),
    "marts.fct_answers": ("respondent_key text, value text", "{key}, {said}"),
    f"{SERVED}.fct_answers": ("respondent_key text, value text", "{key}, {said}"),
    f"{SERVED}.wide_panel": ("respondent_key text, said text", "{key}, {said}"),
    f"{SERVED}_of_answers.answers": ("respondent_number bigint, value text", "{number}, {said}"),
    "intermediate.int_delivered__respondents": (
        "study_id text, wave_id text, row_number int, respondent_id text",
        "'panel', '2030', {row}, {id}",
    ),
    "intermediate.int_delivered__answers": (
        "study_id text, wave_id text, row_number int, source_code text",
        "'panel', '2030', {row}, {said}",
    ),
    "waves.panel_2030": ("person text, said text", "{id}, {said}"),
    "landing.panel_2031": ("person text, said text", "{id} || ' ', {said}"),
}


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Project:
    """A project with a person, that was built on a server."""
    monkeypatch.setenv(SETTING, str(tmp_path / "people.key"))
    monkeypatch.setattr(erasing, "_build", lambda project: release(project, version=3))
    project = make_small(tmp_path / "project")
    release(project)
    (project.target / "postgres").mkdir()
    return project


@pytest.fixture(scope="module")
def database(postgres_server: PostgresServer) -> PostgresServer:
    """A database of the tests' server for these tests alone: others read schemas of these names."""
    return own_database(postgres_server, "small_people")


@pytest.fixture
def server(
    database: PostgresServer, monkeypatch: pytest.MonkeyPatch
) -> Iterator["psycopg2.extensions.connection"]:
    """A connection to that database, with tables that have the person and another one."""
    for name, value in database.environment.items():
        monkeypatch.setenv(name, value)
    schemas = sorted({name.partition(".")[0] for name in TABLES})
    with closing(connect_to_target()) as connection:
        connection.autocommit = True
        with connection.cursor() as cursor:
            for schema in schemas:
                cursor.execute(f"drop schema if exists {schema} cascade; create schema {schema}")
            for name, (columns, row) in TABLES.items():
                cursor.execute(f"create table {name} ({columns})")
                for place, person in enumerate((ID, OTHER)):
                    key = md5(f"panel<|>2030<|>{person}".encode()).hexdigest()
                    said = small_people.WORDS if person == ID else "Nothing to add"
                    values = row.format(
                        key=f"'{key}'",
                        number=int(key[:15], 16),
                        row=place,
                        id=f"'{person}'",
                        said=f"'{said}'",
                    )
                    cursor.execute(f"insert into {name} values ({values})")
        yield connection
        with connection.cursor() as cursor:
            for schema in schemas:
                cursor.execute(f"drop schema {schema} cascade")


def rows_in(server: "psycopg2.extensions.connection") -> dict[str, int]:
    """Count the rows of each table."""
    with server.cursor() as cursor:
        counts = {}
        for name in TABLES:
            cursor.execute(f"select count(*) from {name}")
            counts[name] = cursor.fetchone()[0]
    return counts


def test_their_rows_go_and_others_stay(
    project: Project, server: "psycopg2.extensions.connection"
) -> None:
    assert set(rows_in(server).values()) == {2}
    done = erase(project, [Respondent("panel", None, ID)])
    assert rows_in(server) == dict.fromkeys(TABLES, 1)
    for name in TABLES:
        assert f"PostgreSQL, {name}: 1 row." in done.lines
        with server.cursor() as cursor:
            cursor.execute(f"select t::text from {name} as t")
            (text,) = cursor.fetchone()
        assert ID not in text
    assert any("what was estimated with them" in line for line in done.left)
    assert found_in(project.root, SECRETS) == {}


def test_all_or_nothing(
    project: Project, server: "psycopg2.extensions.connection", monkeypatch: pytest.MonkeyPatch
) -> None:
    real, names = on_server._delete, []

    def refused(cursor: "psycopg2.extensions.cursor", name: tuple[str, str], *words: object) -> int:
        names.append(name)
        if len(names) > 3:
            cursor.execute("select 1 / 0")
        return real(cursor, name, *words)

    monkeypatch.setattr(on_server, "_delete", refused)
    done = erase(project, [Respondent("panel", None, ID)])
    assert set(rows_in(server).values()) == {2}
    left = "\n".join(done.left)
    assert "PostgreSQL: nothing was deleted there. The server says: division by zero" in left
    assert "drop the schemas of earlier releases" in left
    # The rest of the project does not wait for the server.
    assert found_in(project.root, SECRETS) == {}


def test_of_one_wave_only(project: Project, server: "psycopg2.extensions.connection") -> None:
    erase(project, [Respondent("panel", "2031", ID)])
    counts = rows_in(server)
    assert counts.pop("landing.panel_2031") == 1
    assert set(counts.values()) == {2}


def test_a_server_that_is_gone_is_said(project: Project, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("WAVEHOUSE_PG_PORT", "1")
    left = "\n".join(erase(project, [Respondent("panel", None, ID)]).left)
    assert "PostgreSQL: nothing was deleted there." in left
    assert found_in(project.root, SECRETS) == {}
