"""What BI tools open names the columns that are published, and no figure without its guard.

Looker, Power BI and Tableau are not here: their files are read by other readers, and formulas that
are SQL are run.
"""

import io
import json
import re
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import duckdb
import lkml
import pytest
from lxml import etree
from workbench import ROOT, copy_built, run_wavehouse

from wavehouse.encryption.key import VARIABLE
from wavehouse.escapes import sql_name
from wavehouse.project import Project
from wavehouse_exchange.connections.charts import (
    CHARTS,
    ChartColumn,
    ChartTable,
    guarded,
    read_published,
)
from wavehouse_exchange.connections.connect import WRITERS, Published, write_connections
from wavehouse_exchange.connections.tableau import tableau_files
from wavehouse_exchange.connections.tableau_extracts import ENGINE, NO_EXTRACTS, find_spec

Run = Callable[..., tuple[int, str]]
# What quotes and marks of LookML, TMDL, XML and Jinja could break out of.
HOSTILE = "An \"answer\" of 'them' ;; } <b>&</b> {{ x }} /// \\ ]]> end"


@pytest.fixture(scope="module")
def charts(published: Project) -> tuple[ChartTable, ...]:
    return read_published(published)[0]


@pytest.fixture(scope="module")
def written(published: Project, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The files of all tools, of the two small studies."""
    folder = tmp_path_factory.mktemp("connections") / "bi"
    write_connections(published, folder=folder, postgres="db.example.org:5433/surveys")
    return folder


def rows(project: Project, sql: str) -> list[tuple[Any, ...]]:
    with duckdb.connect(project.warehouse / "wavehouse.duckdb", read_only=True) as connection:
        return connection.sql(sql).fetchall()


def hostile(chart: ChartTable) -> ChartTable:
    return ChartTable(
        chart.name,
        HOSTILE,
        tuple(ChartColumn(c.name, c.data_type, HOSTILE, c.is_key) for c in chart.columns),
    )


def test_figures_are_all_numbers_that_put_no_rows_in_order(
    charts: tuple[ChartTable, ...],
) -> None:
    estimates, changes = charts
    assert [column.name for column in estimates.figures] == [
        *("value", "value_lower", "value_upper", "rounded_percent", "ci_level", "n_respondents"),
    ]
    assert [column.name for column in changes.figures] == [
        *("value", "value_lower", "value_upper", "ci_level"),
    ]
    for chart in charts:
        numbers = {c.name for c in chart.facts if c.data_type not in ("text", "boolean", "date")}
        assert all(re.search(r"_(number|order|depth|decimals)$", name) for name in numbers)
    assert (estimates.date_column, changes.date_column) == ("wave_date", "to_wave_date")
    assert estimates.sort_column("segment_value_label") == "segment_order"
    assert changes.sort_column("from_wave_label") == "from_wave_number"
    assert changes.sort_column("variable_label") is None


def test_a_guard_gives_the_figure_of_one_row_and_nothing_for_two(published: Project) -> None:
    sql = f"select {guarded('value')} from (values {{}}) as figures (value)"
    assert rows(published, sql.format("(2.5)")) == [(2.5,)]
    assert rows(published, sql.format("(2.5), (2.5)")) == [(None,)]
    assert rows(published, sql.format("(2.5), (null)")) == [(None,)]


def test_looker_reads_measures_that_are_guarded_and_dimensions_that_are_no_figures(
    published: Project, written: Path, charts: tuple[ChartTable, ...]
) -> None:
    model = lkml.load((written / "looker/wavehouse.model.lkml").read_text(encoding="utf-8"))
    assert [each["name"] for each in model["explores"]] == list(CHARTS)
    for chart in charts:
        text = (written / f"looker/views/{chart.name}.view.lkml").read_text(encoding="utf-8")
        (view,) = lkml.load(text)["views"]
        key, *dimensions = view["dimensions"]
        assert [each["name"] for each in dimensions] == [c.name for c in chart.facts]
        assert [each["name"] for each in view["measures"]] == [c.name for c in chart.figures]
        assert all(each["type"] == "number" for each in view["measures"])
        assert {each["order_by_field"] for each in dimensions if "order_by_field" in each} <= {
            each["name"] for each in dimensions
        }
        # Looker puts the view in place of ${TABLE}, and groups by what was chosen.
        table = view["sql_table_name"]
        for each in view["measures"]:
            figure = each["sql"].replace("${TABLE}", "t")
            assert rows(published, f"select {figure} from {table} as t") == [(None,)]
            keys = ", ".join(c.name for c in chart.columns if c.is_key)
            wrong = (
                f"select count(*) from (select {keys}, {figure} as shown from {table} as t "
                f"group by {keys}) join {table} as t using ({keys}) "
                f"where shown is distinct from t.{sql_name(each['name'])}"
            )
            assert rows(published, wrong) == [(0,)]
        unique = key["sql"].replace("${TABLE}", "t")
        (n_rows, n_keys), *_ = rows(
            published, f"select count(*), count(distinct {unique}) from {table} as t"
        )
        assert n_rows == n_keys > 0


@pytest.mark.parametrize("kind", ["tds", "tdsx"])
def test_tableau_hides_figures_and_calculates_with_a_guard(
    charts: tuple[ChartTable, ...], kind: str
) -> None:
    extracts = {chart.name: chart.name.encode() for chart in charts}
    files = tableau_files(charts, "db.example.org", "5433", "surveys", extracts)
    for chart in charts:
        assert files[f"{chart.name}.hyper"] == extracts[chart.name]
        said = {"username": "", "password": None}
        if kind == "tds":
            source = etree.fromstring(str(files[f"{chart.name}.tds"]).encode())
            (connection,) = source.xpath("//connection[@class='postgres']")
            said |= {"server": "db.example.org", "port": "5433", "dbname": "surveys"}
        else:
            packed = zipfile.ZipFile(io.BytesIO(files[f"{chart.name}.tdsx"]))
            source = etree.fromstring(packed.read(f"{chart.name}.tds"))
            (connection,) = source.xpath("//connection[@class='hyper']")
            assert packed.read(connection.get("dbname")) == extracts[chart.name]
            said |= {"server": None, "schema": "Extract"}
        assert {name: connection.get(name) for name in said} == said
        columns = {each.get("name").strip("[]"): each for each in source.iterfind("column")}
        hidden = [name for name, each in columns.items() if each.get("hidden") == "true"]
        assert hidden == [column.name for column in chart.figures]
        formulas = {
            name: each.find("calculation").get("formula")
            for name, each in columns.items()
            if each.find("calculation") is not None
        }
        assert formulas == {
            f"{column.name} of one row": f"IF SUM(1) = 1 THEN MAX([{column.name}]) END"
            for column in chart.figures
        }
        captions = [each.get("caption") for each in columns.values()]
        assert len(captions) == len(set(captions))


def blocks(text: str, kind: str) -> dict[str, list[str]]:
    """Read the objects of a kind in a table of TMDL: what stands below each, by its first line."""
    found: dict[str, list[str]] = {}
    current: list[str] | None = None
    for line in text.splitlines():
        depth = len(line) - len(line.lstrip("\t"))
        if depth == 1:
            words = line.strip()
            current = (
                found.setdefault(words.removeprefix(f"{kind} "), [])
                if (words.startswith(f"{kind} "))
                else None
            )
        elif depth == 2 and current is not None:
            current.append(line.strip())
    return found


def test_power_bi_has_measures_for_figures_and_reads_the_published_files(
    written: Path, charts: tuple[ChartTable, ...]
) -> None:
    definition = written / "power-bi/wavehouse.SemanticModel/definition"
    model = (definition / "model.tmdl").read_text(encoding="utf-8")
    assert "\tdiscourageImplicitMeasures\n" in model
    folder = re.search(
        r'^expression Folder = "(.+?)" meta', (definition / "expressions.tmdl").read_text("utf-8")
    )
    assert folder
    for chart in charts:
        assert f"ref table {chart.name}\n" in model
        text = (definition / f"tables/{chart.name}.tmdl").read_text(encoding="utf-8")
        columns = blocks(text, "column")
        sources = {
            line.removeprefix("sourceColumn: ")
            for lines in columns.values()
            for line in lines
            if line.startswith("sourceColumn: ")
        }
        file = Path(folder[1]) / f"{chart.name}.parquet"
        with duckdb.connect() as connection:
            assert sources == set(connection.sql(f"from '{file}'").columns)
        hidden = {name for name, lines in columns.items() if "isHidden" in lines}
        assert hidden == {f"'{column.name} (rows)'" for column in chart.figures}
        assert all("summarizeBy: none" in lines for lines in columns.values())
        assert list(blocks(text, "measure")) == [
            f"{name} = IF(COUNTROWS({chart.name}) = 1, MAX({chart.name}[{name} (rows)]))"
            for name in (column.name for column in chart.figures)
        ]
        assert f'File.Contents(Folder & "/{chart.name}.parquet")' in text


def test_power_bi_finds_each_file_that_another_names(written: Path) -> None:
    folder = written / "power-bi"
    project = json.loads((folder / "wavehouse.pbip").read_text(encoding="utf-8"))
    report = folder / project["artifacts"][0]["report"]["path"]
    reference = json.loads((report / "definition.pbir").read_text(encoding="utf-8"))
    model = (report / reference["datasetReference"]["byPath"]["path"]).resolve()
    assert (model / "definition.pbism").is_file()
    pages = json.loads((report / "definition/pages/pages.json").read_text(encoding="utf-8"))
    for page in pages["pageOrder"]:
        said = json.loads((report / f"definition/pages/{page}/page.json").read_text("utf-8"))
        assert said["name"] == page


def test_power_bi_connects_to_postgresql_by_a_file_without_a_user(written: Path) -> None:
    """As Microsoft documents it: PBIDS, with an address by the reference of data sources."""
    assert json.loads((written / "power-bi/wavehouse.pbids").read_text(encoding="utf-8")) == {
        "version": "0.1",
        "connections": [
            {
                "details": {
                    "protocol": "postgresql",
                    "address": {"server": "db.example.org:5433", "database": "surveys"},
                }
            }
        ],
    }


def test_queries_of_evidence_run_and_have_a_gap_without_a_choice(written: Path) -> None:
    """Its pages ask tables named after its sources, with what was chosen put into the text."""
    folder = written / "evidence"
    with duckdb.connect() as connection:
        connection.execute("create schema wavehouse")
        for source in (folder / "sources/wavehouse").glob("*.sql"):
            sql = source.read_text(encoding="utf-8")
            connection.execute(f"create table wavehouse.{source.stem} as {sql}")
        cell = connection.execute(
            "select study_id, measure_id, category_code, segment_id "
            "from wavehouse.chart_trend_estimates where segment_depth = 1 and value is not null "
            "and category_code <> '_Z' "
            "group by all having count(distinct wave_id) > 1 order by all limit 1"
        ).fetchone()
        assert cell
        chosen = dict(zip(("study", "measure", "category", "segment"), cell, strict=True))
        for page in ("index", "changes"):
            text = (folder / f"pages/{page}.md").read_text(encoding="utf-8")
            queries = dict(re.findall(r"```sql (\w+)\n(.+?)```", text, re.DOTALL))
            drawn = set(re.findall(r"data=\{(\w+)\}", text))
            assert drawn == set(queries)
            rows_of = {
                name: connection.execute(
                    re.sub(r"\$\{inputs\.(\w+)\.value\}", lambda found: chosen[found[1]], sql)
                ).fetchall()
                for name, sql in queries.items()
            }
            assert all(rows_of[name] for name in drawn - {"breaks"})
            if page == "index":
                assert {row[3] for row in rows_of["trend"]} != {None}
                unchosen = re.sub(r"\n  and category_code = '[^']+'", "", queries["trend"])
                several = connection.execute(
                    re.sub(r"\$\{inputs\.(\w+)\.value\}", lambda f: chosen[f[1]], unchosen)
                ).fetchall()
                assert len(several) == len(rows_of["trend"])
                assert {value for row in several for value in row[3:]} == {None}


def test_descriptions_break_out_of_nothing(
    published: Project, charts: tuple[ChartTable, ...]
) -> None:
    tables = tuple(hostile(chart) for chart in charts)
    of = Published(
        *("town", tables, read_published(published)[1], published.warehouse),
        *('h"o<st', "5432", "d'b"),
    )
    files = {tool: write(of) for tool, write in WRITERS.items()}
    for chart in tables:
        (view,) = lkml.load(files["looker"][f"views/{chart.name}.view.lkml"])["views"]
        assert len(view["dimensions"]) == len(chart.facts) + 1
        assert len(view["measures"]) == len(chart.figures)
        source = etree.fromstring(files["tableau"][f"{chart.name}.tds"].encode())
        assert len(source.findall("column")) == len(chart.columns) + len(chart.figures)
        assert HOSTILE in [run.text for run in source.iter("run")]
        tmdl = files["power-bi"][f"wavehouse.SemanticModel/definition/tables/{chart.name}.tmdl"]
        assert len(blocks(tmdl, "column")) == len(chart.columns)
        assert len(blocks(tmdl, "measure")) == len(chart.figures)


def test_the_command_writes_and_writes_again(
    published: Project, tmp_path: Path, run_command: Run
) -> None:
    code, printed = run_command(published, "connect", "--to", str(tmp_path / "bi"))
    assert code == 0, printed
    assert sorted(path.name for path in (tmp_path / "bi").iterdir()) == sorted(WRITERS)
    (tmp_path / "bi/looker/stale.txt").write_text("of an earlier version", encoding="utf-8")
    code, printed = run_command(published, "connect", "looker", "--to", str(tmp_path / "bi"))
    assert (code, "(looker, 3 files)" in printed) == (0, True)
    assert not (tmp_path / "bi/looker/stale.txt").exists()


def test_without_its_engine_tableau_gets_no_extracts_and_a_word_of_it(
    published: Project, tmp_path: Path, run_command: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(
        "wavehouse_exchange.connections.tableau_extracts.find_spec",
        lambda name: None if name == "tableauhyperapi" else find_spec(name),
    )
    code, printed = run_command(published, "connect", "--to", str(tmp_path / "bi"))
    assert (code, printed.count(NO_EXTRACTS)) == (0, 1), printed
    assert {path.suffix for path in (tmp_path / "bi/tableau").iterdir()} == {".tds", ".json"}
    code, printed = run_command(published, "connect", "looker", "--to", str(tmp_path / "bi"))
    assert (code, "Tableau" in printed) == (0, False), printed
    # The version that is tested is the one that people are told to install.
    for place in ("Makefile", "docs/guide/bi-tools.md"):
        assert ENGINE in (ROOT / place).read_text(encoding="utf-8")


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["excel"], "There are no files for 'excel'. Name one or more of evidence"),
        (["--postgres", "me:secret@db/surveys"], "without user and password"),
        (["--postgres", "db"], "is no address of a database"),
        (["--postgres", "db:port/surveys"], "is no address of a database"),
    ],
)
def test_what_cannot_be_written_is_refused(
    published: Project, tmp_path: Path, run_command: Run, words: list[str], said: str
) -> None:
    code, printed = run_command(published, "connect", "--to", str(tmp_path / "bi"), *words)
    assert (code, said in printed) == (1, True), printed
    assert not (tmp_path / "bi").exists()


def test_folders_of_others_stay(published: Project, tmp_path: Path, run_command: Run) -> None:
    own = tmp_path / "bi/looker/mine.lkml"
    own.parent.mkdir(parents=True)
    own.write_text("view: mine {}", encoding="utf-8")
    code, printed = run_command(published, "connect", "looker", "--to", str(tmp_path / "bi"))
    assert (code, "was not written by `wavehouse connect`" in printed) == (1, True)
    assert own.read_text(encoding="utf-8") == "view: mine {}"


def test_nothing_published_is_said(bare: Project, tmp_path: Path, run_command: Run) -> None:
    code, printed = run_command(bare, "connect", "--to", str(tmp_path / "bi"))
    assert (code, "Nothing is published yet" in printed) == (1, True)


def test_an_encrypted_project_is_refused(published: Project, tmp_path: Path) -> None:
    project = copy_built(published, tmp_path / "project")
    settings = project.root / "dbt_project.yml"
    declared = f"\nvars:\n  {VARIABLE}: age1{'q' * 58}\n"
    settings.write_text(settings.read_text(encoding="utf-8") + declared, encoding="utf-8")
    run = run_wavehouse(project, "connect", "--to", str(tmp_path / "bi"))
    assert (run.exit_code, "BI tools cannot open them" in run.output) == (1, True), run.output
    assert not (tmp_path / "bi").exists()
