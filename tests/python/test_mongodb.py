"""Waves from MongoDB: dumps, exports in Extended JSON, and collections of a server.

The driver is MongoDB's own; the server is `mongodb_server.py`.
"""

import json
from collections.abc import Callable
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any
from uuid import UUID

import bson
import pytest
from bson import json_util
from delivered_columns import columns_of
from mongodb_server import Collection, serving_documents

from wavehouse.errors import WavehouseError
from wavehouse.project import Project
from wavehouse_exchange.landing import land_wave, mongodb
from wavehouse_exchange.landing.landed import code_counts
from wavehouse_exchange.landing.mongodb import PASSWORD, address_of
from wavehouse_exchange.landing.readers import open_table
from wavehouse_exchange.landing.servers import collected
from wavehouse_exchange.landing.tables import AS_DELIVERED

RunCommand = Callable[..., tuple[int, str]]
MOMENT = datetime(2026, 5, 4, 12, 30, 15, 250_000, UTC)
ID = bson.ObjectId("6650f1e2a1b2c3d4e5f60718")
NESTED: dict[str, Any] = {
    "_id": ID,
    "person": bson.Int64(2**40),
    "weight": bson.Decimal128("0.7130"),
    "when": MOMENT,
    "where": {"district": "Old town", "block": 100},
    "media": ["radio", "press"],
    "key": bson.Binary.from_uuid(UUID("12345678-1234-5678-1234-567812345678")),
    "photo": b"\x01\x02",
    "said": "Grüße, 東京 \u0001",
    "nothing": None,
    "ratio": 0.1,
    "yes": True,
}
# As the column says it, whatever form it came in.
TEXTS = {
    "_id": str(ID),
    "person": "1099511627776",
    "weight": "0.713",
    "when": "2026-05-04T12:30:15.25",
    "where.district": "Old town",
    "where.block": "100",
    "media[press]": "1",
    "media[radio]": "1",
    "key": "12345678-1234-5678-1234-567812345678",
    "photo": "AQI=",
    "said": "Grüße, 東京 \u0001",
    "nothing": None,
    "ratio": "0.1",
    "yes": "true",
}


def write_bson(path: Path, documents: list[dict[str, Any]]) -> Path:
    """Write documents as `mongodump` does."""
    path.write_bytes(b"".join(bson.encode(each) for each in documents))
    return path


def test_a_dump_says_what_the_documents_say(tmp_path: Path) -> None:
    path = write_bson(tmp_path / "wave.bson", [NESTED, {"_id": 2, "person": 5}])
    columns = columns_of(path)
    assert {name: column[0] for name, column in columns.items()} == TEXTS
    assert columns["person"] == ["1099511627776", "5"]
    kinds = {each.name: each.type for each in open_table(path, AS_DELIVERED).columns}
    assert (kinds["when"], kinds["weight"], kinds["said"]) == ("datetime", "number", "text")


@pytest.mark.parametrize(
    "options", [json_util.CANONICAL_JSON_OPTIONS, json_util.RELAXED_JSON_OPTIONS]
)
def test_an_export_says_the_same_as_a_dump(tmp_path: Path, options: json_util.JSONOptions) -> None:
    path = tmp_path / "wave.ndjson"
    path.write_text(json_util.dumps(NESTED, json_options=options) + "\n", encoding="utf-8")
    assert {name: column[0] for name, column in columns_of(path).items()} == TEXTS


def test_dollars_in_keys_of_others_stay(tmp_path: Path) -> None:
    path = tmp_path / "wave.ndjson"
    path.write_text(json.dumps({"person": 1, "price": {"$eur": 3}}) + "\n")
    assert columns_of(path) == {"person": ["1"], "price.$eur": ["3"]}


def test_what_is_no_such_object_is_said(tmp_path: Path) -> None:
    path = tmp_path / "wave.ndjson"
    path.write_text('{"person": 1}\n{"_id": {"$oid": "no digits"}}\n')
    with pytest.raises(WavehouseError, match=r"line 2: \$oid: no Extended JSON"):
        open_table(path, AS_DELIVERED)


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (bson.encode({"a": 1})[:-3], "document 1 cannot be read .it ends too early"),
        (bson.encode({"a": 1}) + b"\x05", "document 2 cannot be read .it ends too early"),
        (b"\xff\xff\xff\x7f" + b"x" * 50, "document 1 cannot be read .it ends too early"),
        (b"\x00\x00\x00\x00" + b"x" * 50, "document 1 cannot be read .it ends too early"),
        (b"\x10\x00\x00\x00" + b"x" * 12, "document 1 cannot be read"),
        (b"\x1f\x8b\x08\x00" + b"x" * 50, "unpack it first if it is packed .gzip"),
    ],
)
def test_a_damaged_dump_is_refused(tmp_path: Path, content: bytes, said: str) -> None:
    path = tmp_path / "wave.bson"
    path.write_bytes(content)
    with pytest.raises(WavehouseError, match=said):
        open_table(path, AS_DELIVERED)


def test_numbers_that_are_none_and_moments_of_no_calendar(tmp_path: Path) -> None:
    odd = {
        "nan": bson.Decimal128("NaN"),
        "large": bson.Decimal128("Infinity"),
        "late": bson.DatetimeMS(2**60),
        "tiny": bson.Decimal128(Decimal("1E-7")),
    }
    columns = columns_of(write_bson(tmp_path / "wave.bson", [odd]))
    assert columns == {
        "nan": [None],
        "large": ["inf"],
        "late": [str(2**60)],
        "tiny": ["0.0000001"],
    }


def people(number: int) -> list[dict[str, Any]]:
    """Give documents of a wave."""
    return [
        {"_id": place, "person": place, "where": {"district": f"D{place % 3}"}}
        for place in range(number)
    ]


def test_a_collection_becomes_a_wave(empty: Project, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(mongodb, "ROWS_OF_A_BATCH", 100)
    with (
        serving_documents(Collection(people(1050))) as server,
        collected(empty, "panel", "2030", address_of(server.address)) as file,
    ):
        landed = land_wave(empty, "panel", "2030", [file])
    assert code_counts(landed, "where.district") == dict.fromkeys(("D0", "D1", "D2"), 350)
    assert landed.row_count == 1050
    assert not list(empty.landing.rglob("*.bson*"))
    # Nothing was asked but to read.
    assert {"find", "getMore"} <= set(server.commands)
    asked = {"hello", "ismaster", "isMaster", "find", "getMore", "aggregate", "endSessions", "ping"}
    assert set(server.commands) <= asked


def test_a_reading_that_breaks_off_goes_on(empty: Project, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(mongodb, "ROWS_OF_A_BATCH", 100)
    with (
        serving_documents(Collection(people(1000), cut_after=4)) as server,
        collected(empty, "panel", "2030", address_of(server.address)) as file,
    ):
        found = bson.decode_all(file.read_bytes())
    assert found == people(1000)
    # The second time it began behind the 400 that had come.
    assert server.batches == len(range(0, 1000, 100)) + 1


def test_a_run_that_was_killed_is_gone_on_with(
    empty: Project, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(mongodb, "ROWS_OF_A_BATCH", 100)
    part = empty.landing / "panel" / ".downloads" / "2030" / "wave.bson.part"
    part.parent.mkdir(parents=True)
    begun = b"".join(bson.encode(each) for each in people(250))
    part.write_bytes(begun + bson.encode(people(251)[-1])[:7])
    with (
        serving_documents(Collection(people(1000))) as server,
        collected(empty, "panel", "2030", address_of(server.address)) as file,
    ):
        assert bson.decode_all(file.read_bytes()) == people(1000)
    assert server.batches == len(range(250, 1000, 100))


def test_a_collection_that_changes_is_not_half_a_wave(empty: Project) -> None:
    with serving_documents(Collection(people(100), grows_by=5)) as server:
        with (
            pytest.raises(WavehouseError, match=r"105 documents came, and 100 are there"),
            collected(empty, "panel", "2030", address_of(server.address)),
        ):
            pass
        server.grows_by = 0
        with collected(empty, "panel", "2030", address_of(server.address)) as file:
            assert len(bson.decode_all(file.read_bytes())) == len(people(105))


@pytest.mark.parametrize(
    ("collection", "said"),
    [
        (Collection([]), "the collection has no documents. Check the names"),
        (Collection(people(1), refuses="not authorized on town"), "not authorized on town"),
    ],
)
def test_what_cannot_be_read_is_said(empty: Project, collection: Collection, said: str) -> None:
    with (
        serving_documents(collection) as server,
        pytest.raises(WavehouseError, match=rf"127.0.0.1:\d+/town/wave .study panel.*{said}"),
        collected(empty, "panel", "2030", address_of(server.address)),
    ):
        pass


def test_a_server_that_is_not_there_is_said(
    empty: Project, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(mongodb, "SECONDS_TO_CONNECT", 1)
    address = address_of("mongodb://127.0.0.1:9/town/wave")
    with (
        pytest.raises(WavehouseError, match=r"cannot be read: .*refused.*continues where"),
        collected(empty, "panel", "2030", address),
    ):
        pass


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("mongodb://me:secret@host/db/wave", f"Leave it out, and set {PASSWORD}"),
        ("mongodb://host/db", "names no collection"),
        ("mongodb:///db/wave", "names no collection"),
        ("mongodb://host/db/wave/more", "names no collection"),
    ],
)
def test_addresses_that_are_none(text: str, said: str) -> None:
    with pytest.raises(WavehouseError, match=said) as refused:
        address_of(text)
    assert "secret" not in str(refused.value)


def test_an_address_has_its_parts() -> None:
    found = address_of("mongodb://some%20body@one,two:27018/surveys/wave.2030?tls=true")
    assert found.server == "mongodb://one,two:27018/?tls=true"
    assert (found.user, found.database, found.collection) == (
        "some body",
        "surveys",
        "wave.2030",
    )


def test_the_command_brings_in_a_collection(town: Project, run_command: RunCommand) -> None:
    from partners import next_wave

    documents = [{"_id": number, **row} for number, row in enumerate(next_wave(town))]
    with serving_documents(Collection(documents)) as server:
        words = ("add-wave", "harbour", "2026", server.address, "--date", "2026-05-01")
        code, printed = run_command(town, *words)
    assert code == 0, printed
    assert (town.landed_wave("harbour", "2026") / "answers.parquet").is_file()
    assert not list(town.landing.rglob("*.bson*"))
