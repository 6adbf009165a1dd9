"""CSV on the Web: the package csvw reads what is written, with its types and keys."""

import csv
import json
import re
import shutil
from collections.abc import Callable
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest
from csvw import CSVW, TableGroup
from workbench import Row

from wavehouse.project import Project
from wavehouse_exchange.exports.csvw_metadata import METADATA, TABLES
from wavehouse_exchange.exports.export import export
from wavehouse_exchange.exports.published import connect, records

STUDIES = ("api", "bsa")


@pytest.fixture(scope="module")
def folders(published: Project, tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    folder = tmp_path_factory.mktemp("csvw")
    for study in STUDIES:
        export(published, study, ["csvw"], folder=folder / study)
    return {study: folder / study / "csvw" for study in STUDIES}


def test_the_tables_are_valid(folders: dict[str, Path]) -> None:
    read = CSVW(str(folders["api"] / METADATA), validate=True)
    assert read.is_valid, read.warnings


@pytest.mark.parametrize("study", STUDIES)
def test_keys_refer_to_rows(folders: dict[str, Path], study: str) -> None:
    group = TableGroup.from_file(folders[study] / METADATA)
    assert group.check_referential_integrity()
    assert {table.url.string for table in group.tables} == {
        path.name for path in folders[study].glob("*.csv")
    }


@pytest.mark.parametrize("study", STUDIES)
def test_every_mart_comes_back_with_its_types(
    published: Project, folders: dict[str, Path], study: str
) -> None:
    group = TableGroup.from_file(folders[study] / METADATA)
    connection = connect(published, study)
    for table in TABLES:
        expected = records(connection, table.sql)
        rows = list(group.tabledict[f"{table.name}.csv"].iterdicts(strict=True))
        assert expected, table.name
        assert len(rows) == len(expected)
        for row, wanted in zip(rows, expected, strict=True):
            assert {name: _plain(value) for name, value in row.items()} == {
                name: _plain(value) for name, value in wanted.items()
            }
    connection.close()


@pytest.mark.parametrize("study", STUDIES)
def test_every_column_is_described(folders: dict[str, Path], study: str) -> None:
    metadata = json.loads((folders[study] / METADATA).read_text(encoding="utf-8"))
    assert metadata["dc:rights"]
    assert metadata["dc:bibliographicCitation"]
    for table in metadata["tables"]:
        assert table["dc:title"]
        assert table["tableSchema"]["primaryKey"]
        for column in table["tableSchema"]["columns"]:
            assert column["dc:description"], (table["url"], column["name"])


def test_suppressed_numbers_are_empty(folders: dict[str, Path]) -> None:
    suppressed = [
        row
        for row in _rows(folders["bsa"] / "trend_estimates.csv")
        if row["observation_status"] == "Q"
    ]
    # its rule suppresses for reliability, which is no secret
    assert {row["confidentiality_status"] for row in suppressed} == {"F"}
    assert {
        row[column]
        for row in suppressed
        for column in ("estimate", "standard_error", "n_respondents")
    } == {""}


def test_lines_end_as_the_standard_says(folders: dict[str, Path]) -> None:
    content = (folders["bsa"] / "questions.csv").read_bytes()
    content.decode("utf-8")
    assert content.endswith(b"\r\n")
    assert not re.search(rb"[^\r]\n", content)


@pytest.mark.parametrize(
    ("old", "new", "told"),
    [
        (",conservative,", ",whig,", "does not match|invalid lexical"),
        (",bsa,1983,", ",bsa,1982,", "key"),
    ],
)
def test_a_damaged_file_is_not_valid(
    folders: dict[str, Path], tmp_path: Path, old: str, new: str, told: str
) -> None:
    shutil.copytree(folders["bsa"], tmp_path / "x")
    path = tmp_path / "x" / "answers_1983.csv"
    content = path.read_text(encoding="utf-8")
    assert old in content
    path.write_text(content.replace(old, new, 1), encoding="utf-8")
    group = TableGroup.from_file(tmp_path / "x" / METADATA)

    def check() -> None:
        list(group.tabledict["answers_1983.csv"].iterdicts(strict=True))
        group.check_referential_integrity()

    assert re.search(told, str(_error(check)).lower())


def _error(act: Callable[[], Any]) -> Exception:
    with pytest.raises(ValueError) as caught:  # noqa: PT011, the caller looks at the text
        act()
    return caught.value


def _rows(path: Path) -> list[Row]:
    with path.open(newline="", encoding="utf-8") as file:
        return list(csv.DictReader(file))


def _plain(value: Any) -> Any:  # noqa: ANN401
    # The package reads days as midnights.
    if isinstance(value, datetime):
        return value.date()
    return None if value == "" else value
