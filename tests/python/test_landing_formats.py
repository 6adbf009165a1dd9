"""Every format lands as the same text: each test reads a real file of its format."""

import json
from collections.abc import Callable
from datetime import date, datetime, time
from decimal import Decimal
from pathlib import Path

import openpyxl
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pyreadstat
import pytest
from hypothesis import given
from hypothesis import strategies as st

from wavehouse.errors import ProblemsError, WavehouseError
from wavehouse.project import Project
from wavehouse_exchange.landing import LandedWave, code_counts, land_wave
from wavehouse_exchange.landing.tables import ReadingOptions
from wavehouse_exchange.landing.texts import datetime_text, number_text, value_text

SAMPLES = Path(__file__).parent / "samples"
NUMBERS = [1e-5, 0.1, 1234567890123.0, -9.0, 1.0]
NUMBER_TEXTS = ["0.00001", "0.1", "1234567890123", "-9", "1"]
MOMENT = datetime(2020, 1, 2, 3, 4, 5, 250_000)

Land = Callable[..., LandedWave]


@pytest.fixture
def land(empty_project: Project) -> Land:
    """Land files as a wave of a project without anything else."""

    def run(*files: Path, **options: str) -> LandedWave:
        return land_wave(
            empty_project, "study", "1", list(files), options=ReadingOptions(**options)
        )

    return run


def answers(landed: LandedWave) -> dict[str, list[str | None]]:
    """Give the landed texts by column."""
    return pq.read_table(landed.answers).to_pydict()


def types(landed: LandedWave) -> dict[str, str]:
    """Give the delivered type of each column."""
    return {column.source_column: column.delivered_type for column in landed.columns}


def labels(landed: LandedWave, column: str) -> dict[str, tuple[str | None, bool]]:
    """Give label and missingness of each labelled code."""
    return {
        code: (label.value_label, label.is_missing)
        for code, label in landed.value_labels[column].items()
    }


# --- numbers and dates as text


@given(st.floats(allow_nan=False, allow_infinity=False))
def test_a_number_reads_back_unchanged(value: float) -> None:
    text = number_text(value)
    assert text is not None
    assert float(text) == value


@given(st.floats(-1e6, 1e6, width=32))
def test_a_number_of_single_precision_is_not_made_longer(value: float) -> None:
    text = number_text(value, single=True)
    assert text is not None
    assert pa.scalar(float(text)).cast(pa.float32(), safe=False).as_py() == value
    assert len(text) <= len(number_text(value) or "")


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (0.0, "0"),
        (-0.0, "0"),
        (1e21, "1000000000000000000000"),
        (1e-7, "0.0000001"),
        (1.5e-9, "1.5e-09"),
        (1e300, "1e+300"),
        (float("nan"), None),
        (Decimal("1.50"), "1.5"),
        (Decimal(100), "100"),
        (12345678901234567890, "12345678901234567890"),
        (True, "true"),
        ("", None),
        (" 007", " 007"),
        (MOMENT, "2020-01-02T03:04:05.25"),
        (b"\x01\xff", "01ff"),
    ],
)
def test_a_value_has_the_shortest_text(value: object, text: str | None) -> None:
    assert value_text(value) == text


def test_times_beyond_a_day_are_durations() -> None:
    assert datetime_text(pd.Timedelta(hours=25, seconds=1.5)) == "25:00:01.5"


# --- SPSS


@pytest.mark.parametrize("ending", ["sav", "zsav"])
def test_spss_file(land: Land, tmp_path: Path, ending: str) -> None:
    path = tmp_path / f"people.{ending}"
    frame = pd.DataFrame(
        {
            "id": ["007", "010", "", "é", "x"],
            "trust": [1.0, 99.0, -9.0, float("nan"), 2.0],
            "number": NUMBERS,
            "day": [date(2020, 1, 2), None, date(1500, 1, 1), date(9999, 12, 31), None],
            "moment": [MOMENT, None, None, None, None],
            "clock": [time(1, 2, 3), None, time(23, 59, 59), time(0), None],
        }
    )
    pyreadstat.write_sav(
        frame,
        path,
        compress=ending == "zsav",
        column_labels={"trust": "Trust in people?" * 15},
        variable_value_labels={
            "trust": {1: "yes", 2: "no", 99: "refused", -9: "not asked"},
            "id": {"007": "seven"},
        },
        missing_ranges={"trust": [99, {"lo": -10, "hi": -1}], "id": ["010"]},
        variable_format={"number": "F20.5"},
    )
    landed = land(path)
    assert answers(landed) == {
        "id": ["007", "010", None, "é", "x"],
        "trust": ["1", "99", "-9", None, "2"],
        "number": NUMBER_TEXTS,
        "day": ["2020-01-02", None, "1500-01-01", "9999-12-31", None],
        "moment": ["2020-01-02T03:04:05.25", None, None, None, None],
        "clock": ["01:02:03", None, "23:59:59", "00:00:00", None],
    }
    assert list(types(landed).values()) == ["text", "number", "number", "date", "datetime", "time"]
    assert labels(landed, "trust") == {
        "1": ("yes", False),
        "2": ("no", False),
        "99": ("refused", True),
        "-9": ("not asked", True),
    }
    assert labels(landed, "id") == {"007": ("seven", False)}
    assert landed.missing_ranges == {"id": [("010", "010")], "trust": [("-10", "-1"), ("99", "99")]}
    trust = landed.column("trust")
    assert trust is not None
    assert trust.column_label == "Trust in people?" * 15
    assert landed.column("number").display_format == "F20.5"  # type: ignore[union-attr]
    assert code_counts(landed, "id", 2) == {"007": 1, "010": 1}


def test_portable_spss_file_keeps_user_missing_codes(land: Land) -> None:
    landed = land(SAMPLES / "missing.por")
    assert answers(landed) == {
        "ID": ["007", "010", "011"],
        "TRUST": ["1", "99", "98"],
        "HOURS": ["-9", "5.5", "-3"],
        "DAY": ["2020-01-01", None, "1999-02-02"],
        "BRAND": ["abc", "007", None],
    }
    assert landed.missing_ranges == {
        "TRUST": [("98", "98"), ("99", "99")],
        "HOURS": [(None, "-1")],
        "BRAND": [("007", "007")],
    }
    assert labels(landed, "TRUST") == {"1": ("yes", False), "99": ("refused", True)}
    assert labels(landed, "BRAND") == {"007": ("the other one", True)}


def test_spss_file_in_windows_1252(land: Land) -> None:
    landed = land(SAMPLES / "cp1252.sav")
    assert answers(landed) == {"id": ["001"], "city": ["Zoë"], "size": ["1"]}
    assert landed.column("size").column_label == "Größe"  # type: ignore[union-attr]
    assert labels(landed, "size") == {"1": ("Ärzte", False)}
    assert landed.files[0].encoding == "CP1252"


# --- Stata


def test_stata_file(land: Land, tmp_path: Path) -> None:
    path = tmp_path / "people.dta"
    frame = pd.DataFrame(
        {
            "id": ["007", "010", "", "é"],
            "q1": pd.Series([1, "a", "z", None], dtype=object),
            "Q1": [1.5, -2.0, 3.0, 1e-5],
            "day": [date(2020, 1, 2), None, date(1959, 12, 31), None],
            "moment": [MOMENT, None, None, None],
        }
    )
    pyreadstat.write_dta(
        frame,
        path,
        column_labels={"q1": "Trust"},
        missing_user_values={"q1": ["a", "z"]},
        variable_value_labels={"q1": {1: "yes", "a": "refused"}},
    )
    landed = land(path)
    assert answers(landed) == {
        "id": ["007", "010", None, "é"],
        "q1": ["1", ".a", ".z", None],
        "Q1__2": ["1.5", "-2", "3", "0.00001"],
        "day": ["2020-01-02", None, "1959-12-31", None],
        "moment": ["2020-01-02T03:04:05.25", None, None, None],
    }
    assert [column.delivered_name for column in landed.columns][:3] == ["id", "q1", "Q1"]
    assert labels(landed, "q1") == {"1": ("yes", False), ".a": ("refused", True)}
    assert landed.missing_ranges == {"q1": [(".a", ".a"), (".z", ".z")]}
    assert types(landed)["q1"] == "number"


def test_old_stata_file_in_single_precision_and_latin_1(land: Land, tmp_path: Path) -> None:
    path = tmp_path / "old.dta"
    frame = pd.DataFrame({"city": ["Zoë"], "share": pd.Series([0.1], dtype="float32")})
    frame.to_stata(path, version=114, write_index=False)
    assert answers(land(path)) == {"city": ["Zoë"], "share": ["0.1"]}


# --- SAS


@pytest.mark.parametrize("name", ["special.sas7bdat", "special.xpt"])
def test_sas_file(land: Land, name: str) -> None:
    landed = land(SAMPLES / name)
    assert answers(landed) == {
        "id": ["007", "010", None],
        "trust": ["1", ".a", None],
        "hours": [".z", "-9", "0.00001"],
        "day": ["2020-01-02", None, "1959-12-31"],
        "moment": ["2020-01-02T03:04:05", None, "1999-12-31T00:00:00"],
        "clock": ["01:02:03", None, "00:00:00"],
    }
    assert list(types(landed).values()) == ["text", "number", "number", "date", "datetime", "time"]
    assert landed.missing_ranges == {"trust": [(".a", ".a")], "hours": [(".z", ".z")]}
    assert landed.column("trust").column_label == "Trust in people"  # type: ignore[union-attr]


@pytest.mark.parametrize("version", [5, 8])
def test_sas_transport_file(land: Land, tmp_path: Path, version: int) -> None:
    path = tmp_path / "numbers.xpt"
    frame = pd.DataFrame({"number": NUMBERS, "brand": ["007", "", "010", "é", "x"]})
    pyreadstat.write_xport(frame, path, file_format_version=version)
    landed = land(path)
    assert answers(landed) == {"number": NUMBER_TEXTS, "brand": ["007", None, "010", "é", "x"]}


# --- delimited text


@pytest.mark.parametrize(
    ("encoding", "found"),
    [
        ("utf-8", "utf-8"),
        ("utf-8-sig", "utf-8-sig"),
        ("latin-1", "cp1252"),
        ("cp1252", "cp1252"),
        ("utf-16", "utf-16"),
        ("utf-16-le", "utf-16-le"),
        ("utf-16-be", "utf-16-be"),
    ],
)
def test_encoding_is_found_out(land: Land, tmp_path: Path, encoding: str, found: str) -> None:
    path = tmp_path / "people.csv"
    path.write_bytes("id,city\n007,Zoë\n008,Łódź\n".replace("Łódź", "Århus").encode(encoding))
    landed = land(path)
    assert answers(landed) == {"id": ["007", "008"], "city": ["Zoë", "Århus"]}
    assert landed.files[0].encoding == found


def test_encoding_and_delimiter_can_be_named(land: Land, tmp_path: Path) -> None:
    path = tmp_path / "people.txt"
    path.write_bytes("id~city\n007~Łódź, Zażółć\n".encode("cp1250"))
    landed = land(path, encoding="cp1250", delimiter="~")
    assert answers(landed) == {"id": ["007"], "city": ["Łódź, Zażółć"]}


@pytest.mark.parametrize("delimiter", [",", ";", "\t", "|"])
def test_delimiter_is_found_out(land: Land, tmp_path: Path, delimiter: str) -> None:
    path = tmp_path / "people.csv"
    rows = [["id", "q1", "note"], ["007", "0.10", '"a, b; c|d\te ""f"""'], ["010", "1e-5", ""]]
    path.write_text("".join(delimiter.join(row) + "\r\n" for row in rows), newline="")
    assert answers(land(path)) == {
        "id": ["007", "010"],
        "q1": ["0.10", "1e-5"],
        "note": ['a, b; c|d\te "f"', None],
    }


def test_column_names_of_a_csv_become_unique(land: Land, tmp_path: Path) -> None:
    path = tmp_path / "people.csv"
    path.write_text('id,Q1,q1,q1__2, note ,,"two\nlines"\n1,a,b,c,d,e,"x\ny"\n')
    landed = land(path)
    assert answers(landed) == {
        "id": ["1"],
        "Q1": ["a"],
        "q1__3": ["b"],
        "q1__2": ["c"],
        "note": ["d"],
        "column_6": ["e"],
        "two\nlines": ["x\ny"],
    }
    assert [column.delivered_name for column in landed.columns][2:6] == [
        "q1",
        "q1__2",
        " note ",
        "",
    ]


def test_empty_texts_of_a_csv_are_nothing(land: Land, tmp_path: Path) -> None:
    path = tmp_path / "people.csv"
    path.write_text('id,q1\n1,""\n2,\n3, \n4,NA\n5,null\n')
    assert answers(land(path))["q1"] == [None, None, " ", "NA", "null"]


def test_tab_separated_file(land: Land, tmp_path: Path) -> None:
    path = tmp_path / "people.tsv"
    path.write_text("id\tnote\n007\ta,b,c\n")
    assert answers(land(path)) == {"id": ["007"], "note": ["a,b,c"]}


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"a,b\n1,2\n3\n4,5,6\n", "2 row(s) are not as wide as the header with its 2 columns"),
        (b'a,b\n1,"2\n3,4\n', "a quote is opened but never closed"),
        (b"", "the file is empty"),
        (b"\x81\x8d,b\n1,2\n", "the text is not cp1252"),
    ],
)
def test_broken_csv_is_refused(land: Land, tmp_path: Path, content: bytes, message: str) -> None:
    path = tmp_path / "people.csv"
    path.write_bytes(content)
    with pytest.raises(WavehouseError) as raised:
        land(path)
    assert message in str(raised.value)
    assert "people.csv" in str(raised.value)


# --- Excel


def test_excel_workbook(land: Land, tmp_path: Path) -> None:
    workbook = openpyxl.Workbook()
    sheet = workbook.active
    sheet.append(["id", "Q1", "q1", 2019, "day", "moment", "clock", "yes", "mixed", None])
    sheet.append(["007", 1, 1e-5, 0.1, date(2020, 1, 2), MOMENT, time(1, 2), True, "x"])
    sheet.append([None] * 9)
    sheet.append(["", -9, 1234567890123, None, None, None, None, False, 3])
    workbook.create_sheet("empty")
    path = tmp_path / "people.xlsx"
    workbook.save(path)
    landed = land(path)
    assert answers(landed) == {
        "id": ["007", None],
        "Q1": ["1", "-9"],
        "q1__2": ["0.00001", "1234567890123"],
        "2019": ["0.1", None],
        "day": ["2020-01-02", None],
        "moment": ["2020-01-02T03:04:05.25", None],
        "clock": ["01:02:00", None],
        "yes": ["true", "false"],
        "mixed": ["x", "3"],
    }
    assert types(landed) == {
        "id": "text",
        "Q1": "number",
        "q1__2": "number",
        "2019": "number",
        "day": "date",
        "moment": "datetime",
        "clock": "time",
        "yes": "boolean",
        "mixed": "text",
    }


def test_sheet_is_named_where_several_have_rows(land: Land, tmp_path: Path) -> None:
    workbook = openpyxl.Workbook()
    workbook.active.append(["read me"])
    for row in (["id"], ["007"]):
        workbook.create_sheet("data").append(row) if row == ["id"] else workbook["data"].append(row)
    path = tmp_path / "people.xlsx"
    workbook.save(path)
    with pytest.raises(WavehouseError, match=r"2 sheets have rows \(Sheet, data\)"):
        land(path)
    with pytest.raises(WavehouseError, match="no sheet 'other'"):
        land(path, sheet="other")
    assert answers(land(path, sheet="data")) == {"id": ["007"]}


def test_excel_value_without_a_column_name_is_refused(land: Land, tmp_path: Path) -> None:
    workbook = openpyxl.Workbook()
    workbook.active.append(["id"])
    workbook.active.append(["007", "lost"])
    path = tmp_path / "people.xlsx"
    workbook.save(path)
    with pytest.raises(WavehouseError, match="cell B2 has the value 'lost'"):
        land(path)


# --- Parquet


def test_parquet_file(land: Land, tmp_path: Path) -> None:
    path = tmp_path / "people.parquet"
    table = pa.table(
        {
            "id": ["007", ""],
            "single": pa.array([0.1, None], pa.float32()),
            "number": [1e-5, 1234567890123.0],
            "money": pa.array([Decimal("1.50"), Decimal("-2.00")], pa.decimal128(5, 2)),
            "big": pa.array([2**62, -1], pa.int64()),
            "day": [date(2020, 1, 2), None],
            "moment": [MOMENT, None],
            "clock": [time(1, 2, 3), None],
            "yes": [True, False],
            "brand": pa.array(["001", "002"]).dictionary_encode(),
        }
    )
    pq.write_table(table, path)
    landed = land(path)
    assert answers(landed) == {
        "id": ["007", None],
        "single": ["0.1", None],
        "number": ["0.00001", "1234567890123"],
        "money": ["1.5", "-2"],
        "big": [str(2**62), "-1"],
        "day": ["2020-01-02", None],
        "moment": ["2020-01-02T03:04:05.25", None],
        "clock": ["01:02:03", None],
        "yes": ["true", "false"],
        "brand": ["001", "002"],
    }
    kinds = ["text", *["number"] * 4, "date", "datetime", "time", "boolean", "text"]
    assert list(types(landed).values()) == kinds


def test_nested_parquet_file(land: Land, tmp_path: Path) -> None:
    path = tmp_path / "people.parquet"
    rows = [{"id": "1", "home": {"rooms": 3}, "media": ["radio"]}, {"id": "2", "home": None}]
    pq.write_table(pa.Table.from_pylist(rows), path)
    assert answers(land(path)) == {
        "id": ["1", "2"],
        "home.rooms": ["3", None],
        "media[radio]": ["1", None],
    }


# --- documents

DOCUMENTS = [
    {"id": "007", "a": {"b": 1.0, "c": None, "d.e": "é"}, "media": ["tv", 10], "x": None},
    {"id": "008", "a": {"b": -2}, "media": [], "home": [{"age": 3}, {"age": 4.5, "tags": ["y"]}]},
    {"id": "009", "media": ["web", 9], "x": {"y": True}, "day": "2020-01-01", "n": 1e-5},
]


def write_documents(path: Path, documents: list[dict[str, object]]) -> Path:
    """Write one object a line."""
    lines = (json.dumps(document, ensure_ascii=False) for document in documents)
    path.write_text("\n".join(lines) + "\n\n", encoding="utf-8")
    return path


def test_documents_become_flat(land: Land, tmp_path: Path) -> None:
    landed = land(write_documents(tmp_path / "people.ndjson", DOCUMENTS))
    assert answers(landed) == {
        "id": ["007", "008", "009"],
        "a.b": ["1", "-2", None],
        "a.c": [None, None, None],
        "a.d.e": ["é", None, None],
        "media[9]": ["0", "0", "1"],
        "media[10]": ["1", "0", "0"],
        "media[tv]": ["1", "0", "0"],
        "media[web]": ["0", "0", "1"],
        "x.y": [None, None, "true"],
        "home[1].age": [None, "3", None],
        "home[2].age": [None, "4.5", None],
        "home[2].tags[y]": [None, "1", None],
        "day": [None, None, "2020-01-01"],
        "n": [None, None, "0.00001"],
    }
    assert types(landed)["x.y"] == "boolean"
    assert types(landed)["day"] == "text"


def test_lists_of_documents_by_position(land: Land, tmp_path: Path) -> None:
    path = write_documents(tmp_path / "people.jsonl", [{"rank": ["b", "a", "b"]}, {"rank": ["a"]}])
    assert answers(land(path, lists="positions")) == {
        "rank[1]": ["b", "a"],
        "rank[2]": ["a", None],
        "rank[3]": ["b", None],
    }


def test_a_value_twice_in_a_list_is_not_lost(land: Land, tmp_path: Path) -> None:
    path = write_documents(tmp_path / "people.jsonl", [{"rank": ["b", "a", "b"]}])
    with pytest.raises(ProblemsError, match="line 1: rank has a value twice: b, a, b") as raised:
        land(path)
    assert "--lists positions" in str(raised.value)


def test_all_broken_lines_are_named(land: Land, tmp_path: Path) -> None:
    path = tmp_path / "people.ndjson"
    path.write_text('{"a": 1}\n{"a": }\n[1]\n{"a": 1, "a": 2}\n')
    with pytest.raises(ProblemsError) as raised:
        land(path)
    assert raised.value.problems == [
        "line 2: no JSON: Expecting value at character 7.",
        "line 3: no JSON object.",
        "line 4: the key 'a' occurs twice in one object.",
    ]


# --- what is no file of a known format


@pytest.mark.parametrize(
    ("name", "content", "message"),
    [
        ("people.sav", b"no such thing", "the file cannot be read"),
        ("people.xlsx", b"no such thing", "the file is not an Excel workbook"),
        ("people.parquet", b"no such thing", "the file is not a complete Parquet file"),
        ("people.docx", b"", "files that end in '.docx' cannot be read"),
        ("people", b"", "files that end in 'nothing' cannot be read"),
    ],
)
def test_other_files_are_refused(
    land: Land, tmp_path: Path, name: str, content: bytes, message: str
) -> None:
    path = tmp_path / name
    path.write_bytes(content)
    with pytest.raises(WavehouseError) as raised:
        land(path)
    assert f"{name}: {message}" in str(raised.value)


@pytest.mark.parametrize("name", ["sav", "zsav", "por", "dta", "xpt", "parquet", "xlsx"])
def test_a_file_that_lacks_its_end_is_refused(land: Land, tmp_path: Path, name: str) -> None:
    path = tmp_path / f"people.{name}"
    frame = pd.DataFrame({"id": [str(number) for number in range(1000)], "q1": [1 / 3] * 1000})
    write = {
        "dta": pyreadstat.write_dta,
        "xpt": pyreadstat.write_xport,
        "por": pyreadstat.write_por,
        "parquet": pd.DataFrame.to_parquet,
        "xlsx": pd.DataFrame.to_excel,
    }
    write.get(name, pyreadstat.write_sav)(frame, path)
    path.write_bytes(path.read_bytes()[:-600])
    with pytest.raises(WavehouseError, match=path.name):
        land(path)


def test_a_damaged_parquet_file_is_refused(land: Land, tmp_path: Path) -> None:
    path = tmp_path / "people.parquet"
    pq.write_table(pa.table({"q1": [str(number) for number in range(5000)]}), path)
    content = path.read_bytes()
    middle = len(content) // 2
    path.write_bytes(content[:middle] + bytes(200) + content[middle + 200 :])
    with pytest.raises(WavehouseError, match=r"people\.parquet: the file is damaged"):
        land(path)
