"""Waves from tables of PostgreSQL, on a real server that is thrown away afterwards."""

from collections.abc import Callable
from contextlib import closing

import pytest
from delivered_columns import columns_of

from wavehouse.building.postgres import PostgresServer, connect_to_target
from wavehouse.errors import WavehouseError
from wavehouse.project import Project
from wavehouse_exchange.landing import land_wave
from wavehouse_exchange.landing.landed import code_counts
from wavehouse_exchange.landing.postgresql import PASSWORD, Address
from wavehouse_exchange.landing.servers import Source, address_of, collected

MADE = (
    "drop schema if exists survey cascade",
    "create schema survey",
    "create type survey.home as (district text, block smallint)",
    """create table survey."Wave.1" (
        person int, t text, said text, empty text, nothing int, large bigint, single real,
        ratio double precision, exact numeric, rounded numeric(6, 4), yes boolean, born date,
        "at" timestamptz, plain timestamp, lasted interval, photo bytea, key uuid,
        media text[], home survey.home, notes json, marks jsonb, primary key (person)
    )""",
    r"""insert into survey."Wave.1" values
    (2, 'B', null, null, null, null, null, null, null, null, null, null, null, null, null, null,
     null, null, null, null, null),
    (1, 'A', E'Gr\u00fc\u00dfe, "\u6771" \\ \n', '', null, 9223372036854775807, 0.1,
     0.30000000000000004, 1234567890123456789012345678901234567890.5, 0.7130, true, '1969-07-20',
     '2026-05-04 14:30:15.25+02', '2026-05-04 12:30', '1 day 02:00', '\x01ff',
     '00000000-0000-0000-0000-000000000007', '{radio,press}', row('Old town', 100),
     E'{"a":\n 1}', '{"b": [1, 2]}')""",
    "create table survey.nobody (person int)",
    "create table survey.many as select n as person, 'D' || n % 3 as district"
    " from generate_series(1050, 1, -1) as n",
    "create sequence survey.numbers",
    "create view survey.counted as select nextval('survey.numbers') as person",
    "create table survey.hidden (person int)",
    "insert into survey.hidden values (1)",
)
TEXTS = {
    "person": "1",
    "t": "A",
    "said": 'Grüße, "東" \\ \n',
    "empty": None,
    "nothing": None,
    "large": "9223372036854775807",
    "single": "0.1",
    "ratio": "0.30000000000000004",
    "exact": "1234567890123456789012345678901234567890.5",
    "rounded": "0.713",
    "yes": "true",
    "born": "1969-07-20",
    "at": "2026-05-04T12:30:15.25+00:00",
    "plain": "2026-05-04T12:30:00",
    "lasted": "P1DT2H",
    "photo": "\\x01ff",
    "key": "00000000-0000-0000-0000-000000000007",
    "media[press]": "1",
    "media[radio]": "1",
    "home.district": "Old town",
    "home.block": "100",
    "notes.a": "1",
    "marks.b[1]": "1",
    "marks.b[2]": "1",
}
Named = Callable[[str], Address]


@pytest.fixture(scope="module")
def named(postgres_server: PostgresServer) -> Named:
    """Give the address of a table of the server."""
    with (
        closing(connect_to_target(postgres_server.environment)) as connection,
        connection,
        connection.cursor() as cursor,
    ):
        for statement in MADE:
            cursor.execute(statement)
        settings = connection.get_dsn_parameters()

    def address(table: str) -> Address:
        place = f"{settings['user']}@{settings['host']}:{settings['port']}/{settings['dbname']}"
        found = address_of(f"postgresql://{place}/{table}")
        assert isinstance(found, Address)
        return found

    return address


def collected_columns(project: Project, source: Source) -> dict[str, list[str | None]]:
    """Read a table into its columns."""
    with collected(project, "panel", "2030", source) as file:
        return columns_of(file)


def test_a_table_says_what_is_stored(empty_project: Project, named: Named) -> None:
    columns = collected_columns(empty_project, named("survey.Wave.1"))
    assert {name: column[0] for name, column in columns.items()} == TEXTS
    # In the order of its key; of a row without values nothing is said.
    assert columns["person"] == ["1", "2"]
    assert {column[1] for name, column in columns.items() if name not in {"person", "t"}} == {None}


def test_a_table_becomes_a_wave(empty: Project, named: Named) -> None:
    with collected(empty, "panel", "2030", named("survey.many")) as file:
        landed = land_wave(empty, "panel", "2030", [file])
    assert code_counts(landed, "district") == dict.fromkeys(("D0", "D1", "D2"), 350)
    assert not list(empty.landing.rglob("*.ndjson*"))


@pytest.mark.parametrize(
    ("table", "said"),
    [
        ("survey.nobody", "the table has no rows. Check its name"),
        ("survey.other", r"has no table other. There are Wave.1, counted, hidden, many"),
        ("survey.counted", "read-only transaction"),
        ("other", "schema public has no table other"),
    ],
)
def test_what_cannot_be_read_is_said(
    empty_project: Project, named: Named, table: str, said: str
) -> None:
    with (
        pytest.raises(WavehouseError, match=rf"/{table} .study panel, wave 2030.: .*{said}"),
        collected(empty_project, "panel", "2030", named(table)),
    ):
        pass
    assert not list(empty_project.landing.rglob("*.ndjson*"))


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("postgresql://me:s3cret@host/db/wave", f"Leave it out, and set {PASSWORD}"),
        ("postgres://host/db", "names no table. Write postgres://host/database/table"),
        ("postgresql://host/db/wave?user=me", "no option user. There are sslcert"),
    ],
)
def test_addresses_that_are_none(text: str, said: str) -> None:
    with pytest.raises(WavehouseError, match=said) as refused:
        address_of(text)
    assert "s3cret" not in str(refused.value)


def test_a_server_that_is_not_there_is_said(empty_project: Project) -> None:
    source = address_of("postgres://me@127.0.0.1:9/db/wave?sslmode=require")
    assert source is not None
    with (
        pytest.raises(WavehouseError, match=r"cannot be read: .*refused.*run the command again"),
        collected(empty_project, "panel", "2030", source),
    ):
        pass


def test_rows_that_a_policy_hides_are_an_error(
    empty_project: Project, named: Named, postgres_server: PostgresServer
) -> None:
    with (
        closing(connect_to_target(postgres_server.environment)) as connection,
        connection,
        connection.cursor() as cursor,
    ):
        cursor.execute("drop role if exists guest")
        cursor.execute("create role guest login")
        cursor.execute("grant usage on schema survey to guest")
        cursor.execute("grant select on survey.hidden to guest")
        cursor.execute("alter table survey.hidden enable row level security")
    guest = Address(**{**vars(named("survey.hidden")), "user": "guest"})
    with (
        pytest.raises(WavehouseError, match=r"row-level security policy"),
        collected(empty_project, "panel", "2030", guest),
    ):
        pass
