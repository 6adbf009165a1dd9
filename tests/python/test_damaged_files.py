"""Damaged and odd files: read rightly, or refused with place and remedy; never a traceback."""

import json
import random
import zipfile
from collections.abc import Callable
from pathlib import Path

import duckdb
import openpyxl
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pyreadstat
import pytest

from wavehouse.errors import WavehouseError
from wavehouse.project import Project
from wavehouse_exchange.landing import guards, land_wave, text_files
from wavehouse_exchange.landing.tables import ReadingOptions

ROWS = [{"id": str(number), "town": "Zürich" if number % 2 else "Oak"} for number in range(40)]
# How often each format is damaged: enough to meet its header, its rows and its end.
DAMAGES = 12


def text_of(rows: list[dict[str, str]]) -> str:
    return "id,town\n" + "".join(f"{row['id']},{row['town']}\n" for row in rows)


def write(path: Path) -> Path:
    """Write the rows in the format of a file's ending."""
    frame = pd.DataFrame(ROWS)
    writers: dict[str, Callable[[], object]] = {
        ".csv": lambda: path.write_text(text_of(ROWS), encoding="utf-8"),
        ".ndjson": lambda: path.write_text("".join(json.dumps(row) + "\n" for row in ROWS)),
        ".parquet": lambda: pq.write_table(pa.Table.from_pylist(ROWS), path),
        ".xlsx": lambda: frame.to_excel(path, index=False),
        ".sav": lambda: pyreadstat.write_sav(frame, path),
        ".zsav": lambda: pyreadstat.write_sav(frame, path, compress=True),
        ".por": lambda: pyreadstat.write_por(frame.replace("Zürich", "Zurich"), path),
        ".dta": lambda: pyreadstat.write_dta(frame, path),
        ".xpt": lambda: pyreadstat.write_xport(frame, path),
    }
    writers[path.suffix]()
    return path


def land(project: Project, path: Path, **options: str) -> list[tuple[str, ...]]:
    landed = land_wave(
        project, "study", "1", [path], options=ReadingOptions(**options), replace=True
    )
    with duckdb.connect() as connection:
        return connection.read_parquet(str(landed.answers)).fetchall()


@pytest.mark.parametrize(
    "ending", ["csv", "ndjson", "parquet", "xlsx", "sav", "zsav", "por", "dta", "xpt"]
)
def test_a_damaged_file_is_read_or_refused_with_its_name(
    empty_project: Project, tmp_path: Path, ending: str
) -> None:
    path = write(tmp_path / f"people.{ending}")
    whole = path.read_bytes()
    chance = random.Random(ending)
    messages = []
    for number in range(DAMAGES):
        damaged = bytearray(whole)
        if number % 3 == 0:
            del damaged[chance.randrange(len(damaged)) :]
        else:
            for _ in range(1 + number % 4):
                # The beginning and the end hold what a format says of itself.
                reach = chance.choice([min(400, len(damaged)), len(damaged)])
                place = chance.randrange(reach)
                damaged[chance.choice([place, -place - 1])] ^= 1 << chance.randrange(8)
        path.write_bytes(damaged)
        try:
            land(empty_project, path)
        except WavehouseError as error:
            messages.append(str(error))
    assert messages
    assert [message for message in messages if path.name not in message] == []


def test_nested_without_end_is_refused_with_its_line(
    empty_project: Project, tmp_path: Path
) -> None:
    for levels in (60, 5000):
        path = tmp_path / "deep.ndjson"
        path.write_text('{"id": 1}\n' + '{"a":' * levels + "1" + "}" * levels + "\n")
        with pytest.raises(WavehouseError, match=r"line 2: objects or lists are nested more than"):
            land(empty_project, path)


def test_half_a_character_is_refused_with_its_line(empty_project: Project, tmp_path: Path) -> None:
    path = tmp_path / "half.ndjson"
    path.write_text('{"id": 1, "q": "\\ud83d\\ude00"}\n{"id": 2, "q": "a\\ud800"}\n')
    with pytest.raises(
        WavehouseError, match=r"line 2: a text contains half a character \(\\ud800\)"
    ):
        land(empty_project, path)
    path.write_text('{"id": 1, "q": "\\ud83d\\ude00"}\n')
    assert land(empty_project, path) == [("1", "😀")]


@pytest.mark.parametrize("ending", ["csv", "xlsx", "sav", "parquet"])
def test_a_header_without_rows_is_refused(
    empty_project: Project, tmp_path: Path, ending: str
) -> None:
    path = tmp_path / f"none.{ending}"
    frame = pd.DataFrame({"id": pd.Series(dtype=float), "q": pd.Series(dtype=float)})
    {
        "csv": lambda: frame.to_csv(path, index=False),
        "xlsx": lambda: frame.to_excel(path, index=False),
        "sav": lambda: pyreadstat.write_sav(frame, path),
        "parquet": lambda: frame.to_parquet(path),
    }[ending]()
    with pytest.raises(WavehouseError, match=r"none\.\w+: the file has a header but no rows"):
        land(empty_project, path)


def test_a_nul_character_is_refused_with_its_line(empty_project: Project, tmp_path: Path) -> None:
    for ending in ("csv", "ndjson"):
        path = tmp_path / f"nul.{ending}"
        path.write_bytes(b"id,q\n1,a\n2,b\0c\n")
        with pytest.raises(WavehouseError, match="line 3: a NUL character"):
            land(empty_project, path)


@pytest.mark.parametrize("quote", ["", '"'])
def test_an_endless_cell_is_refused_before_it_is_held(
    empty_project: Project, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, quote: str
) -> None:
    monkeypatch.setattr(text_files, "BLOCK_BYTES", 1 << 12)
    monkeypatch.setattr(text_files, "LONGEST_ROW", 1 << 14)
    path = tmp_path / "long.csv"
    # With a quote around it, line ends are part of the cell.
    cell = quote + ("x" * 99 + ("\n" if quote else "x")) * 1000 + quote
    path.write_text(f"id,q\n1,a\n2,{cell}\n3,b\n")
    with pytest.raises(WavehouseError, match=r"line [23]: the row is longer than 16,384 bytes"):
        land(empty_project, path)
    path.write_text("id,q\n" + "".join(f"{n},{quote}{'y' * 50}{quote}\n" for n in range(2000)))
    assert len(land(empty_project, path)) == 2000


def workbook_with(path: Path, name: str, change: Callable[[str], str | bytes]) -> Path:
    """Write a workbook, and change the text of one of its parts."""
    write(path)
    with zipfile.ZipFile(path) as package:
        parts = {each: package.read(each) for each in package.namelist()}
    changed = change(parts[name].decode())
    parts[name] = changed if isinstance(changed, bytes) else changed.encode()
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as package:
        for each, content in parts.items():
            package.writestr(each, content)
    return path


@pytest.mark.parametrize(
    "part",
    ["xl/workbook.xml", "xl/styles.xml", "[Content_Types].xml", "xl/worksheets/sheet1.xml"],
)
def test_a_broken_part_of_a_workbook_is_named(
    empty_project: Project, tmp_path: Path, part: str
) -> None:
    path = workbook_with(tmp_path / "w.xlsx", part, lambda text: text[: len(text) * 2 // 3])
    with pytest.raises(WavehouseError) as refused:
        land(empty_project, path)
    assert f"{path}: the part {part} is broken" in str(refused.value)


def test_entities_are_refused_before_they_are_made(empty_project: Project, tmp_path: Path) -> None:
    laughs = '<!DOCTYPE l [<!ENTITY a "ha"><!ENTITY b "&a;&a;&a;&a;">]>'
    for part in ("xl/worksheets/sheet1.xml", "xl/styles.xml"):
        path = workbook_with(tmp_path / "w.xlsx", part, lambda text: laughs + text)
        with pytest.raises(WavehouseError) as refused:
            land(empty_project, path)
        assert f"the part {part} declares a document type" in str(refused.value)


def test_a_workbook_that_unpacks_without_end_is_refused_by_its_directory(
    empty_project: Project, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(guards, "SMALL_PART_BYTES", 1 << 16)
    blanks = " " * (1 << 22)
    path = workbook_with(
        tmp_path / "w.xlsx",
        "xl/worksheets/sheet1.xml",
        lambda text: text.replace("<sheetData>", f"{blanks}<sheetData>"),
    )
    monkeypatch.setattr(openpyxl, "load_workbook", lambda *_, **__: pytest.fail("unpacked"))
    with pytest.raises(WavehouseError, match=r"sheet1\.xml unpacks to .* over 200 times"):
        land(empty_project, path)
    monkeypatch.setattr(guards, "MOST_UNPACKED_BYTES", 1 << 20)
    with pytest.raises(WavehouseError, match="its parts unpack to"):
        land(empty_project, path)


def test_formulas_without_values_are_named_cell_by_cell(
    empty_project: Project, tmp_path: Path
) -> None:
    workbook = openpyxl.Workbook()
    for row in (["id", "twice"], [1, "=A2*2"], [2, "=A3*2"]):
        workbook.active.append(row)
    workbook.save(tmp_path / "w.xlsx")
    with pytest.raises(WavehouseError, match=r"sheet Sheet: 2 cell\(s\) have .*: B2, B3\. Open"):
        land(empty_project, tmp_path / "w.xlsx")


def test_formulas_with_values_are_read(empty_project: Project, tmp_path: Path) -> None:
    path = workbook_with(
        tmp_path / "w.xlsx",
        "xl/worksheets/sheet1.xml",
        lambda text: text.replace(
            "</sheetData>",
            '<row r="42"><c r="A42"><f>1+1</f><v>2</v></c>'
            '<c r="B42" t="str"><f>""</f><v></v></c></row></sheetData>',
        ),
    )
    assert land(empty_project, path)[-1] == ("2", None)


def as_bytes_of(path: Path, replaced: dict[str, bytes]) -> Path:
    """Write other bytes into an SPSS file, which goes on to say that it is UTF-8."""
    frame = pd.DataFrame({"id": [1.0, 2.0], "town": ["Cafxx", "Oak"]})
    labels = {"id": {1.0: "Labxx", 2.0: "SPD"}}
    pyreadstat.write_sav(frame, path, variable_value_labels=labels, column_labels=["Colxx", "T"])
    content = path.read_bytes()
    for text, raw in replaced.items():
        assert content.count(text.encode()) == 1
        content = content.replace(text.encode(), raw)
    path.write_bytes(content)
    return path


@pytest.mark.parametrize(
    ("replaced", "place"),
    [
        ({"Cafxx": b"Caf\xe9 "}, "row 1, column town"),
        ({"Cafxx": b"Ca\xe9xx"}, None),
        ({"Labxx": b"Lab\xe9 "}, "column id, its labels"),
        ({"Colxx": b"Colx\xe9"}, "the label of column id"),
    ],
)
def test_a_text_in_another_encoding_is_never_cut(
    empty_project: Project, tmp_path: Path, replaced: dict[str, bytes], place: str | None
) -> None:
    path = as_bytes_of(tmp_path / "w.sav", replaced)
    with pytest.raises(WavehouseError, match="--encoding") as refused:
        land(empty_project, path)
    if place is not None:
        assert f"{path}: {place}" in str(refused.value)
        assert "windows-1252" in str(refused.value)
    rows = land(empty_project, path, encoding="windows-1252")
    town = replaced.get("Cafxx", b"Cafxx").decode("cp1252").rstrip()
    assert rows == [("1", town), ("2", "Oak")]


def test_a_text_that_was_cut_before_delivery_keeps_a_mark_and_is_said(
    empty_project: Project, tmp_path: Path
) -> None:
    path = as_bytes_of(tmp_path / "w.sav", {"Cafxx": b"Caf\xc3 "})
    landed = land_wave(
        empty_project, "study", "1", [path], options=ReadingOptions(encoding="utf-8")
    )
    assert (
        "row 1, column town: the text 'Caf\ufffd' ends in the middle of a character"
        in (landed.files[0].notes[0])
    )
