"""Tableau's own engine writes extracts, and reads back every value that is published."""

import datetime
import io
import shutil
import sys
import zipfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import duckdb
import pytest
from lxml import etree
from workbench import ROOT

from wavehouse.project import Project
from wavehouse_exchange.connections.charts import ChartTable, read_published
from wavehouse_exchange.connections.tableau import TYPES
from wavehouse_exchange.connections.tableau_extracts import tableau_extracts

pytestmark = pytest.mark.slow("hyper")

Run = Callable[..., tuple[int, str]]
# How Hyper names the types of contracts, whose whole numbers have 4 and 8 bytes.
HYPER_TYPES = {
    "text": "TEXT",
    "integer": "INT",
    "bigint": "BIG_INT",
    "float8": "DOUBLE",
    "boolean": "BOOL",
    "date": "DATE",
}


@pytest.fixture(scope="module", autouse=True)
def engine() -> Iterator[None]:
    """Let tests find the engine, which is in an environment of its own."""
    places = [str(each) for each in (ROOT / "target/hyper").glob("lib/python*/site-packages")]
    assert places, "The test needs Tableau's engine. Run `make hyper`."
    # Behind all others, so that nothing else comes from there.
    sys.path += places
    yield
    for place in places:
        sys.path.remove(place)


@pytest.fixture(scope="module")
def charts(checkout: Project) -> tuple[ChartTable, ...]:
    return read_published(checkout)[0]


def read_back(file: Path, chart: ChartTable) -> tuple[list[tuple[str, str]], list[tuple[Any, ...]]]:
    """Give the columns and the rows of a table as Hyper reads them, and sorts them by the key."""
    from tableauhyperapi import Connection, Date, HyperProcess, TableName, Telemetry

    quiet = Telemetry.DO_NOT_SEND_USAGE_DATA_TO_TABLEAU
    with (
        HyperProcess(quiet, parameters={"log_config": ""}) as running,
        Connection(running.endpoint, file) as connection,
    ):
        name = TableName("Extract", chart.name)
        assert [str(each) for each in connection.catalog.get_table_names("Extract")] == [str(name)]
        definition = connection.catalog.get_table_definition(name)
        rows = [
            tuple(cell.to_date() if isinstance(cell, Date) else cell for cell in row)
            for row in connection.execute_list_query(
                f"select * from {name} order by {key_of(chart)}"
            )
        ]
    return [(each.name.unescaped, each.type.tag.name) for each in definition.columns], rows


def key_of(chart: ChartTable) -> str:
    return ", ".join(column.name for column in chart.columns if column.is_key)


def published_rows(parquet: Path, chart: ChartTable) -> list[tuple[Any, ...]]:
    with duckdb.connect() as connection:
        sql = f"from read_parquet($1) order by {key_of(chart)}"
        return connection.execute(sql, [str(parquet / f"{chart.name}.parquet")]).fetchall()


def test_hyper_reads_all_values_and_types_and_sorts_rows_the_same(
    checkout: Project, charts: tuple[ChartTable, ...], tmp_path: Path
) -> None:
    # In a folder whose name needs quoting; the engine reads the files by name.
    parquet = tmp_path / 'it\'s a "folder"'
    shutil.copytree(checkout.warehouse / "parquet", parquet)
    extracts = tableau_extracts(charts, parquet)
    assert list(extracts) == [chart.name for chart in charts]
    kinds: set[type] = set()
    for chart in charts:
        file = tmp_path / f"{chart.name}.hyper"
        file.write_bytes(extracts[chart.name])
        columns, rows = read_back(file, chart)
        assert columns == [(each.name, HYPER_TYPES[each.data_type]) for each in chart.columns]
        wanted = published_rows(parquet, chart)
        assert len(wanted) > 1000
        assert rows == wanted
        assert [[type(cell) for cell in row] for row in rows] == [
            [type(cell) for cell in row] for row in wanted
        ]
        kinds |= {type(cell) for row in rows for cell in row}
    assert kinds == {str, int, float, bool, datetime.date, type(None)}


def test_the_command_writes_extracts_and_packs_them_with_guards(
    checkout: Project, charts: tuple[ChartTable, ...], tmp_path: Path, run_command: Run
) -> None:
    code, printed = run_command(checkout, "connect", "tableau", "--to", str(tmp_path))
    assert code == 0, printed
    assert "extracts" not in printed.lower()
    folder = tmp_path / "tableau"
    assert sorted(each.name for each in folder.iterdir()) == sorted(
        [
            "connections.json",
            *(f"{each.name}.{kind}" for each in charts for kind in ("hyper", "tds", "tdsx")),
        ]
    )
    for chart in charts:
        packed = zipfile.ZipFile(io.BytesIO((folder / f"{chart.name}.tdsx").read_bytes()))
        source = etree.fromstring(packed.read(f"{chart.name}.tds"))
        [connection] = source.xpath("//connection[@class='hyper']")
        file = tmp_path / "unpacked.hyper"
        file.write_bytes(packed.read(connection.get("dbname")))
        assert file.read_bytes() == (folder / f"{chart.name}.hyper").read_bytes()
        columns, _ = read_back(file, chart)
        [relation] = source.xpath("//relation")
        assert relation.get("table") == f"[{connection.get('schema')}].[{chart.name}]"
        # All columns that are no formulas, with the types that Tableau gives these of Hyper.
        fields = [each for each in source.iterfind("column") if each.find("calculation") is None]
        of_contract = {HYPER_TYPES[name]: kind for name, (kind, _) in TYPES.items()}
        assert [(each.get("name").strip("[]"), each.get("datatype")) for each in fields] == [
            (name, of_contract[kind]) for name, kind in columns
        ]
