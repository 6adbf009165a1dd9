"""Waves from Cassandra: tables of a server, and files of cqlsh.

The driver is the official one; the server is `cassandra_server.py`.
"""

import json
import ssl
from collections.abc import Callable
from datetime import UTC, date, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any
from uuid import UUID

import bson
import pyarrow.parquet as pq
import pytest
from authority import authority
from bson import json_util
from cassandra import cqltypes as cql
from cassandra import util
from cassandra_server import (
    INVALID,
    READ_TIMEOUT,
    TEXT,
    UNAUTHORIZED,
    Table,
    serving_table,
)
from delivered_columns import columns_of

from wavehouse.errors import WavehouseError
from wavehouse.project import Project
from wavehouse_exchange.landing import cassandra_pages, land_wave
from wavehouse_exchange.landing.cassandra import PASSWORD
from wavehouse_exchange.landing.cassandra import address_of as table_address
from wavehouse_exchange.landing.options import reading_options
from wavehouse_exchange.landing.readers import open_table
from wavehouse_exchange.landing.servers import Source, address_of, collected
from wavehouse_exchange.landing.tables import AS_DELIVERED

RunCommand = Callable[..., tuple[int, str]]
LISTED, CHOSEN = (kind.apply_parameters([TEXT]) for kind in (cql.ListType, cql.SetType))
PLACED = cql.TupleType.apply_parameters([cql.Int32Type, TEXT])
HOME = cql.UserType.make_udt_class("town", "home", ("district", "block"), (TEXT, cql.ShortType))
ROOMS = cql.ListType.apply_parameters([cql.FrozenType.apply_parameters([HOME])])
OF_DAYS = cql.MapType.apply_parameters([cql.SimpleDateType, cql.Int32Type])
MARKS = cql.MapType.apply_parameters([TEXT, cql.DecimalType])
MARSHAL = "org.apache.cassandra.db.marshal"
PLACE_IN_SPACE = cql.lookup_casstype(f"{MARSHAL}.VectorType({MARSHAL}.FloatType, 2)")
PEOPLE = cql.SetType.apply_parameters([cql.FrozenType.apply_parameters([HOME])])
TIME_ID = UUID("d3d5c1c0-0a7b-11f1-8de9-0242ac120002")
LATE = 1 << 60
# A column of each type: its type, a value, and what the columns say that it becomes.
VALUES: dict[str, tuple[Any, Any, dict[str, str | None]]] = {
    "said": (TEXT, 'Grüße, "東京" \\ \n \u0001', {"said": 'Grüße, "東京" \\ \n \u0001'}),
    "plain": (cql.AsciiType, "007", {"plain": "007"}),
    "empty": (TEXT, "", {"empty": None}),
    "nothing": (cql.Int32Type, None, {"nothing": None}),
    "tiny": (cql.ByteType, -128, {"tiny": "-128"}),
    "small": (cql.ShortType, 32767, {"small": "32767"}),
    "whole": (cql.Int32Type, -(2**31), {"whole": "-2147483648"}),
    "long": (cql.LongType, 2**63 - 1, {"long": "9223372036854775807"}),
    "counted": (cql.CounterColumnType, 12, {"counted": "12"}),
    "huge": (cql.IntegerType, 2**100 + 1, {"huge": str(2**100 + 1)}),
    "endless": (cql.IntegerType, -(10**60) - 7, {"endless": str(-(10**60) - 7)}),
    "weight": (cql.DecimalType, Decimal("0.7130"), {"weight": "0.713"}),
    "exact": (cql.DecimalType, Decimal("1." + "7" * 50), {"exact": "1." + "7" * 50}),
    "vast": (cql.DecimalType, Decimal("1E+200000"), {"vast": "1E+200000"}),
    "single": (cql.FloatType, 0.1, {"single": "0.1"}),
    "double": (cql.DoubleType, 0.1 + 0.2, {"double": "0.30000000000000004"}),
    "none": (cql.DoubleType, float("nan"), {"none": None}),
    "large": (cql.FloatType, float("inf"), {"large": "inf"}),
    "yes": (cql.BooleanType, True, {"yes": "true"}),
    "key": (cql.UUIDType, UUID(int=7), {"key": str(UUID(int=7))}),
    "made": (cql.TimeUUIDType, TIME_ID, {"made": str(TIME_ID)}),
    "when": (
        cql.DateType,
        datetime(2026, 5, 4, 12, 30, 15, 250_000),
        {"when": "2026-05-04T12:30:15.25"},
    ),
    "before": (cql.DateType, -1, {"before": "1969-12-31T23:59:59.999"}),
    "late": (cql.DateType, LATE, {"late": str(LATE)}),
    "day": (cql.SimpleDateType, date(1969, 7, 20), {"day": "1969-07-20"}),
    "far": (cql.SimpleDateType, util.Date(10**7), {"far": "10000000"}),
    "at": (cql.TimeType, util.Time(9 * 3600 * 10**9 + 5), {"at": "09:00:00.000000005"}),
    "sharp": (cql.TimeType, util.Time(21 * 3600 * 10**9), {"sharp": "21:00:00"}),
    "lasted": (cql.DurationType, util.Duration(1, 2, 3), {"lasted": "1mo2d3ns"}),
    "host": (cql.InetAddressType, "2001:db8::1", {"host": "2001:db8::1"}),
    "photo": (cql.BytesType, b"\x01\xff", {"photo": "0x01ff"}),
    "media": (LISTED, ["radio", "press"], {"media[press]": "1", "media[radio]": "1"}),
    "tongues": (CHOSEN, {"R", "Python"}, {"tongues[Python]": "1", "tongues[R]": "1"}),
    "visits": (
        OF_DAYS,
        {date(2026, 5, 4): 3, date(2026, 5, 6): None},
        {"visits.2026-05-04": "3", "visits.2026-05-06": None},
    ),
    # Not what `$date` and `$oid` are in exports of MongoDB.
    "marks": (
        MARKS,
        {"$date": Decimal("1.5"), "a.b": Decimal(2)},
        {"marks.$date": "1.5", "marks.a.b": "2"},
    ),
    "spot": (PLACED, (4, "left"), {"spot.1": "4", "spot.2": "left"}),
    "home": (HOME, ("Old town", 100), {"home.district": "Old town", "home.block": "100"}),
    "vector": (PLACE_IN_SPACE, [0.1, 2.0], {"vector[0.1]": "1", "vector[2]": "1"}),
    "homes": (
        PEOPLE,
        [("A", None), (None, 3)],
        {
            "homes[1].district": "A",
            "homes[1].block": None,
            "homes[2].district": None,
            "homes[2].block": "3",
        },
    ),
    "rooms": (
        ROOMS,
        [("A", 1), ("B", None)],
        {
            "rooms[1].district": "A",
            "rooms[1].block": "1",
            "rooms[2].district": "B",
            "rooms[2].block": None,
        },
    ),
}


def source_of(table: Table) -> Source:
    """Give the table as what can be collected."""
    source = address_of(table.address)
    assert source is not None
    return source


def people(number: int) -> list[tuple[Any, ...]]:
    """Give rows of a wave."""
    moment = datetime(2026, 5, 4, 12, 30)
    return [
        (
            place,
            f"D{place % 3}",
            moment if place % 5 else None,
            Decimal(place).scaleb(-2),
            ["radio", "press"][: place % 3] or None,
            (f"S{place % 7}", place % 100),
        )
        for place in range(number)
    ]


COLUMNS = {
    "person": cql.Int32Type,
    "district": TEXT,
    "when": cql.DateType,
    "weight": cql.DecimalType,
    "media": LISTED,
    "home": HOME,
}


def documents(number: int) -> list[dict[str, Any]]:
    """Give the same rows as documents."""
    return [
        {
            **dict(zip(COLUMNS, row, strict=True)),
            "when": row[2] and row[2].replace(tzinfo=UTC),
            "weight": bson.Decimal128(row[3]),
            "home": {"district": row[5][0], "block": row[5][1]},
        }
        for row in people(number)
    ]


@pytest.fixture(autouse=True)
def _small_pages(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(cassandra_pages, "MOST_ROWS", 100)
    monkeypatch.setattr(cassandra_pages, "PAUSE", 0.01)


def test_every_type_becomes_columns(empty_project: Project) -> None:
    types = {name: type_ for name, (type_, _, _) in VALUES.items()}
    row = tuple(value for _, value, _ in VALUES.values())
    table = Table(types, [row, (None,) * len(row)])
    with (
        serving_table(table),
        collected(empty_project, "panel", "2030", source_of(table)) as file,
    ):
        columns = columns_of(file)
        kinds = {each.name: each.type for each in open_table(file, AS_DELIVERED).columns}
    expected = {name: text for _, _, texts in VALUES.values() for name, text in texts.items()}
    assert {name: column[0] for name, column in columns.items()} == expected
    # Of a row without values nothing is said, not even that a medium is not used.
    assert {column[1] for column in columns.values()} == {None}
    assert [kinds[name] for name in ("when", "weight", "huge", "said", "yes")] == [
        "datetime",
        "number",
        "number",
        "text",
        "boolean",
    ]


def test_a_table_becomes_the_wave_that_the_same_rows_become(empty: Project, tmp_path: Path) -> None:
    table = Table(dict(COLUMNS), people(1050), cut_after=4)
    export = tmp_path / "wave.ndjson"
    export.write_text("".join(f"{json_util.dumps(each)}\n" for each in documents(1050)))
    land_wave(empty, "panel", "2031", [export])
    with (
        serving_table(table),
        collected(empty, "panel", "2030", source_of(table)) as file,
    ):
        assert land_wave(empty, "panel", "2030", [file]).row_count == len(table.rows)
    for name in ("answers", "columns"):
        found, expected = (
            pq.read_table(empty.landed_wave("panel", wave) / f"{name}.parquet")
            for wave in ("2030", "2031")
        )
        keep = [each for each in expected.column_names if each not in {"file", "wave_id"}]
        assert found.select(keep).equals(expected.select(keep)), name
    # The connection broke off once, and no page came twice.
    assert table.sizes == [100] * 12
    assert {query.split()[0] for query in table.queries} == {"SELECT"}
    assert {query.split(" FROM ")[1].split()[0] for query in table.queries} == {
        '"town"."wave"',
        "system.local",
        "system.peers",
        "system.peers_v2",
    }
    assert not list(empty.landing.rglob("*.bson*"))


def test_a_run_that_was_killed_is_gone_on_with(
    empty_project: Project, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(cassandra_pages, "TRIES", 1)
    table = Table(dict(COLUMNS), people(350), cut_after=2)
    part = empty_project.landing / "panel" / ".downloads" / "2030" / "wave.bson.part"
    with serving_table(table):
        with (
            pytest.raises(WavehouseError, match="it continues where it stopped"),
            collected(empty_project, "panel", "2030", source_of(table)),
        ):
            pass
        assert len(bson.decode_all(part.read_bytes())) == 200
        with part.open("ab") as file:
            file.write(bson.encode(documents(201)[-1])[:9])
        with collected(empty_project, "panel", "2030", source_of(table)) as file:
            found = [each["person"] for each in bson.decode_all(file.read_bytes())]
    assert found == list(range(350))
    assert len(table.sizes) == 5


def test_a_mark_that_is_not_known_any_more_begins_anew(empty_project: Project) -> None:
    table = Table(dict(COLUMNS), people(50))
    folder = empty_project.landing / "panel" / ".downloads" / "2030"
    folder.mkdir(parents=True)
    (folder / "wave.bson.part").write_bytes(b"12345")
    with serving_table(table):
        place = {"address": table.address, "rows": 1, "size": 5, "paging": "abcd"}
        (folder / "wave.bson.part.place").write_text(json.dumps(place))
        with (
            pytest.raises(WavehouseError, match="Invalid value for the paging state"),
            collected(empty_project, "panel", "2030", source_of(table)),
        ):
            pass
        assert not list(folder.iterdir())
        with collected(empty_project, "panel", "2030", source_of(table)) as file:
            assert len(bson.decode_all(file.read_bytes())) == 50


def test_columns_that_change_meanwhile_are_refused(empty_project: Project) -> None:
    table = Table(dict(COLUMNS), people(350), changes_after=2)
    with serving_table(table):
        with (
            pytest.raises(WavehouseError, match=r"columns changed while it was read .late.*anew"),
            collected(empty_project, "panel", "2030", source_of(table)),
        ):
            pass
        with collected(empty_project, "panel", "2030", source_of(table)) as file:
            found = bson.decode_all(file.read_bytes())
    assert [each["person"] for each in found] == list(range(350))
    assert {each["late"] for each in found} == {"new"}


def test_pages_are_bounded_by_what_they_weigh(
    empty_project: Project, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(cassandra_pages, "BYTES_OF_A_PAGE", 10_000)
    table = Table({"person": cql.Int32Type, "said": TEXT}, [(n, "x" * 980) for n in range(140)])
    with (
        serving_table(table),
        collected(empty_project, "panel", "2030", source_of(table)) as file,
    ):
        assert len(bson.decode_all(file.read_bytes())) == 140
    assert table.sizes == [100, 9, 9, 9, 9, 9]


UNKNOWN = cql.lookup_casstype("org.example.Shape")
ODD = type(
    "Odd",
    (UNKNOWN,),
    {"cass_parameterized_type": classmethod(lambda _, **__: f"{MARSHAL}.VectorType(7)")},
)
REFUSED: list[tuple[Table, str, str]] = [
    (Table(COLUMNS, []), "", "the table has no rows. Check its name"),
    (
        Table(COLUMNS, people(1), refuses=(INVALID, "unconfigured table")),
        "town/waves",
        "there is no table waves. There are visits, wave; names are written as they are stored",
    ),
    (
        Table(COLUMNS, people(1), refuses=(INVALID, "unknown keyspace")),
        "city/wave",
        "there is no keyspace city. There are town;",
    ),
    (
        Table(COLUMNS, people(1), refuses=(UNAUTHORIZED, "User reader has no SELECT permission")),
        "",
        "the user may not read the table: .*no SELECT permission.*Ask for the right",
    ),
    (
        Table(COLUMNS, people(1), refuses=(READ_TIMEOUT, "Operation timed out")),
        "",
        "the table cannot be read: .*timed out.*it continues",
    ),
    (
        Table({"person": cql.Int32Type, "outline": UNKNOWN}, [(1, None)]),
        "",
        r"columns of these types cannot be read\.[\s\S]*outline: .*org.example.Shape",
    ),
    (
        Table({"person": cql.Int32Type, "when": ODD}, [(1, None)]),
        "",
        r"the driver cannot read what the server sends behind row 0: .*VectorType",
    ),
    (
        Table({"person": cql.Int32Type, "said": TEXT}, [(5, "x" * (1 << 24))]),
        "",
        r"row 1 .person=5. has 16,777,2\d\d bytes; the most are",
    ),
    (
        Table({"person": cql.Int32Type, "m": MARKS}, [(5, {"a\0b": Decimal(1)})]),
        "",
        "row 1 .person=5. cannot become a document: .*NULL",
    ),
    (
        Table(COLUMNS, people(1), user=("reader", "other")),
        "",
        f"the server does not accept user.*{PASSWORD}",
    ),
]


@pytest.mark.parametrize(("table", "within", "said"), REFUSED)
def test_what_cannot_be_read_is_said(
    empty_project: Project,
    table: Table,
    within: str,
    said: str,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
) -> None:
    monkeypatch.setenv(PASSWORD, "s3cret-word")
    with serving_table(table):
        source = table_address(table.address.replace("town/wave", within or "town/wave"))
        with (
            pytest.raises(WavehouseError, match=rf"127.0.0.1:\d+/.*, wave 2030.: {said}"),
            collected(empty_project, "panel", "2030", source),
        ):
            pass
    assert not caplog.records


def test_a_server_that_is_not_there_is_said(empty_project: Project) -> None:
    with (
        pytest.raises(WavehouseError, match=r"cannot be read: Connection refused\. Check hosts"),
        collected(empty_project, "panel", "2030", table_address("cassandra://127.0.0.1:9/a/b")),
    ):
        pass


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("cassandra://me:s3cret@host/town/wave", f"Leave it out, and set {PASSWORD}"),
        ("cassandra://me:s3/cret@host/town/wave", "names no table"),
        ("cassandra://host/town", "names no table. Write cassandra://host/keyspace/table"),
        ("cassandra:///town/wave", "names no table"),
        ("cassandra://[::1/town/wave", "names no table"),
        ("cassandra://host:port/town/wave", "names no table"),
        ("cassandra://host/town/wave?ssl=true", "no option ssl. There are tls, tlsCAFile"),
        ("cassandra://host/town/wave?tls=yes", "tls is true or false"),
        ("cassandra://host/town/wave?tls=false&tlsCAFile=a.pem", "leave out one or the other"),
    ],
)
def test_addresses_that_are_none(text: str, said: str) -> None:
    with pytest.raises(WavehouseError, match=said) as refused:
        address_of(text)
    assert "cret" not in str(refused.value).replace("...@", "").replace("s3/", "")


def test_an_address_has_its_parts(monkeypatch: pytest.MonkeyPatch) -> None:
    found = table_address("cassandra://some%20body@one,[::1]:9043,two:9044/town/Wave.1")
    assert [(each.address, each.port) for each in found.endpoints()] == [
        ("one", 9042),
        ("::1", 9043),
        ("two", 9044),
    ]
    assert (found.user, found.keyspace, found.table) == ("some body", "town", "Wave.1")
    assert found.encryption() is None
    monkeypatch.delenv(PASSWORD, raising=False)
    with pytest.raises(WavehouseError, match=f"user some body has no password. Set {PASSWORD}"):
        found.credentials()
    missing = table_address("cassandra://one/town/wave?tlsCAFile=/no/file.pem")
    with pytest.raises(WavehouseError, match=r"/no/file.pem: the certificates cannot be read"):
        missing.encryption()


def test_the_connection_is_encrypted(empty_project: Project, tmp_path: Path) -> None:
    town = authority(tmp_path, "town")
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(*town.certificate(tmp_path, "127.0.0.1"))
    table = Table(dict(COLUMNS), people(10), tls=context)
    with serving_table(table):
        trusted = table_address(f"{table.address}?tls=true&tlsCAFile={town.pem}")
        with collected(empty_project, "panel", "2030", trusted) as file:
            assert len(bson.decode_all(file.read_bytes())) == 10
        for options in ("?tls=true", ""):
            with (
                pytest.raises(WavehouseError, match="options of TLS"),
                collected(empty_project, "panel", "2030", table_address(table.address + options)),
            ):
                pass


def test_the_command_brings_in_a_table(
    town: Project, run_command: RunCommand, monkeypatch: pytest.MonkeyPatch
) -> None:
    from partners import next_wave

    monkeypatch.setenv(PASSWORD, "s3cret-word")
    rows = next_wave(town)
    types = dict.fromkeys(rows[0], TEXT)
    table = Table(types, [tuple(row.values()) for row in rows], user=("reader", "s3cret-word"))
    with serving_table(table):
        words = ("add-wave", "harbour", "2026", table.address, "--date", "2026-05-01")
        code, printed = run_command(town, *words)
    assert code == 0, printed
    assert (town.landed_wave("harbour", "2026") / "answers.parquet").is_file()
    assert "s3cret-word" not in printed
    files = [each for each in town.root.rglob("*") if each.is_file()]
    assert not [each for each in files if b"s3cret-word" in each.read_bytes()]
    assert not list(town.landing.rglob("*.bson*"))


# What cqlsh 6.2.2 writes by `COPY town.wave TO 'wave.csv' WITH HEADER = true`.
COPIED = r"""
person,said,plain,slash,lines,nothing,empty,weight,dec,yes,when,day,at,photo,host,media,visits,spot
1,"say \"hi\", ok",say \"hi\",a\\\\b,one\\ntwo,,,0.6333333333333,0.7130,True,2026-05-04 12:30:15.250+0000,2026-05-04,09:00:00.000000000,0x01ff,10.0.0.1,"['radio', 'press''s']","{'k': 1, 'l': 2}","(4, 'left')"
""".lstrip()  # noqa: E501
COPIED_TEXTS = {
    "person": "1",
    "said": 'say "hi", ok',
    "plain": 'say "hi"',
    # Backslashes and line ends come as cqlsh shows them.
    "slash": r"a\\b",
    "lines": r"one\ntwo",
    "nothing": None,
    "empty": None,
    "weight": "0.6333333333333",
    "dec": "0.7130",
    "yes": "True",
    "when": "2026-05-04 12:30:15.250+0000",
    "day": "2026-05-04",
    "at": "09:00:00.000000000",
    "photo": "0x01ff",
    "host": "10.0.0.1",
    "media": "['radio', 'press''s']",
    "visits": "{'k': 1, 'l': 2}",
    "spot": "(4, 'left')",
}


def test_a_file_of_cqlsh_says_what_the_table_says(tmp_path: Path) -> None:
    path = tmp_path / "wave.csv"
    path.write_text(COPIED)
    with pytest.raises(WavehouseError, match=r"line 2: a quote has a backslash before it.*cqlsh"):
        open_table(path, AS_DELIVERED)
    escaped = reading_options(escape="\\")
    columns = columns_of(path, escaped)
    assert {name: column[0] for name, column in columns.items()} == COPIED_TEXTS
    # With `AND ESCAPE = '"'` quotes are written twice, and nothing is to be said.
    path.write_text(COPIED.replace(r"say \"hi\", ok", 'say ""hi"", ok').replace(r"say \"hi\"", "x"))
    assert columns_of(path)["said"] == ['say "hi", ok']
    path.write_text('id,path\n1,C:\\"x\n')
    assert columns_of(path, reading_options(escape="none"))["path"] == ['C:\\"x']


@pytest.mark.parametrize(
    "rows",
    [
        "ann,2026-05-04 12:30:15.250+0000\nbob,\n",
        f"{UUID(int=1)},3\n{UUID(int=2)},4\n",
        "ann,True\nbob,False\n",
        "ann,['radio']\nbob,\n",
        "1,Old town,3\n2,Port,3\n3,Old town,4\n",
    ],
)
def test_a_file_of_cqlsh_without_names_is_refused(tmp_path: Path, rows: str) -> None:
    path = tmp_path / "wave.csv"
    path.write_text(rows)
    with pytest.raises(WavehouseError, match="HEADER = true"):
        open_table(path, AS_DELIVERED)
    assert len(open_table(path, reading_options(headers="1")).columns) > 1
