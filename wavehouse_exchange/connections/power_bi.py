"""A Power BI project over the published Parquet files: a semantic model in TMDL, an empty report.

Beside it is a data source (PBIDS) to begin another report with, on PostgreSQL. Such a file names a
database and nothing else, so no guard comes with it.

The model discourages implicit measures, so nobody can sum a column by dragging it; the figures are
measures of the model, which are empty for several rows.
"""

import json
from collections.abc import Iterator, Sequence
from pathlib import PurePath

from wavehouse.escapes import power_query_text
from wavehouse_exchange.connections.charts import ChartColumn, ChartTable

NAME = "wavehouse"
TYPES = {
    "text": "string",
    "integer": "int64",
    "bigint": "int64",
    "float8": "double",
    "boolean": "boolean",
    "date": "dateTime",
}
# Names of schemas by which Power BI tells the kinds of its files.
SCHEMAS = "https://developer.microsoft.com/json-schemas/fabric"


def power_bi_files(
    charts: Sequence[ChartTable], parquet: PurePath, server: str, port: str, database: str
) -> dict[str, str]:
    """Write a Power BI project (PBIP) and a data source (PBIDS), by file name.

    Args:
        charts: the tables, as they are published.
        parquet: the folder of the published Parquet files, as Power BI's machine names it; the
            model has it as a parameter.
        server: the host name of a PostgreSQL server with the public tables.
        port: its port.
        database: their database there.
    """
    model = f"{NAME}.SemanticModel"
    report = f"{NAME}.Report"
    return {
        f"{NAME}.pbip": _json(
            f"{SCHEMAS}/pbip/pbipProperties/1.0.0/schema.json",
            {
                "version": "1.0",
                "artifacts": [{"report": {"path": report}}],
                "settings": {"enableAutoRecovery": True},
            },
        ),
        f"{report}/definition.pbir": _json(
            f"{SCHEMAS}/item/report/definitionProperties/2.0.0/schema.json",
            {"version": "4.0", "datasetReference": {"byPath": {"path": f"../{model}"}}},
        ),
        f"{report}/definition/version.json": _json(
            f"{SCHEMAS}/item/report/definition/versionMetadata/1.0.0/schema.json",
            {"version": "2.0.0"},
        ),
        f"{report}/definition/report.json": _json(
            f"{SCHEMAS}/item/report/definition/report/3.0.0/schema.json", {"themeCollection": {}}
        ),
        f"{report}/definition/pages/pages.json": _json(
            f"{SCHEMAS}/item/report/definition/pagesMetadata/1.0.0/schema.json",
            {"pageOrder": ["trends"], "activePageName": "trends"},
        ),
        f"{report}/definition/pages/trends/page.json": _json(
            f"{SCHEMAS}/item/report/definition/page/2.0.0/schema.json",
            {
                "name": "trends",
                "displayName": "Trends",
                "displayOption": "FitToPage",
                "height": 720,
                "width": 1280,
            },
        ),
        f"{model}/definition.pbism": _json(
            f"{SCHEMAS}/item/semanticModel/definitionProperties/1.0.0/schema.json",
            {"version": "4.2", "settings": {}},
        ),
        f"{model}/definition/database.tmdl": "database\n\tcompatibilityLevel: 1600\n",
        f"{model}/definition/model.tmdl": "\n".join(_model(charts)) + "\n",
        f"{model}/definition/expressions.tmdl": (
            f"expression Folder = {power_query_text(str(parquet))} meta "
            '[IsParameterQuery=true, Type="Text", IsParameterQueryRequired=true]\n'
        ),
        **{
            f"{model}/definition/tables/{chart.name}.tmdl": "\n".join(_table(chart)) + "\n"
            for chart in charts
        },
        f"{NAME}.pbids": json.dumps(_data_source(server, port, database), indent=2) + "\n",
    }


def _data_source(server: str, port: str, database: str) -> dict[str, object]:
    # Without a mode Power BI asks whether to import rows or to query the server.
    address = {"server": f"{server}:{port}", "database": database}
    details = {"protocol": "postgresql", "address": address}
    return {"version": "0.1", "connections": [{"details": details}]}


def _model(charts: Sequence[ChartTable]) -> Iterator[str]:
    yield "model Model"
    yield "\tculture: en-US"
    yield "\tdefaultPowerBIDataSourceVersion: powerBI_V3"
    yield "\tdiscourageImplicitMeasures"
    yield ""
    yield from (f"ref table {chart.name}" for chart in charts)


def _table(chart: ChartTable) -> Iterator[str]:
    yield from _described(0, chart.description)
    yield f"table {chart.name}"
    for column in chart.figures:
        yield ""
        yield from _described(1, f"{column.description} Empty where there are several rows.")
        yield f"\tmeasure {column.name} = {_guarded(chart.name, column)}"
        yield f"\t\tformatString: {column.number_format}"
    for column in chart.columns:
        yield ""
        yield from _described(1, column.description)
        yield f"\tcolumn {_column_name(column)}"
        yield f"\t\tdataType: {TYPES[column.data_type]}"
        if column.is_figure:
            yield "\t\tisHidden"
        yield "\t\tsummarizeBy: none"
        yield f"\t\tsourceColumn: {column.name}"
    yield ""
    yield f"\tpartition {chart.name} = m"
    yield "\t\tmode: import"
    yield "\t\tsource ="
    yield "\t\t\tlet"
    file = f'Folder & "/{chart.name}.parquet"'
    yield f"\t\t\t\tSource = Parquet.Document(File.Contents({file}))"
    yield "\t\t\tin"
    yield "\t\t\t\tSource"


def _column_name(column: ChartColumn) -> str:
    # A measure and a column of one table may not have the same name.
    return f"'{column.name} (rows)'" if column.is_figure else column.name


def _guarded(table: str, column: ChartColumn) -> str:
    name = _column_name(column).strip("'")
    return f"IF(COUNTROWS({table}) = 1, MAX({table}[{name}]))"


def _described(depth: int, text: str) -> list[str]:
    return [f"{chr(9) * depth}/// {line}" for line in text.splitlines() if line.strip()]


def _json(schema: str, content: dict[str, object]) -> str:
    return json.dumps({"$schema": schema, **content}, indent=2) + "\n"
