"""Data sources for Tableau for each table for charts: over PostgreSQL, and with its own rows."""

from collections.abc import Mapping, Sequence

from lxml import etree

from wavehouse.publishing.contracts import SCHEMA
from wavehouse_exchange.connections.charts import ChartColumn, ChartTable
from wavehouse_exchange.connections.packed import zipped
from wavehouse_exchange.connections.tableau_extracts import SCHEMA as EXTRACT_SCHEMA

# Tableau's own names: of its types, and of what a column is for.
TYPES = {
    "text": ("string", "nominal"),
    "integer": ("integer", "ordinal"),
    "bigint": ("integer", "quantitative"),
    "float8": ("real", "quantitative"),
    "boolean": ("boolean", "nominal"),
    "date": ("date", "ordinal"),
}
VERSION = "18.1"


def tableau_files(
    charts: Sequence[ChartTable],
    server: str,
    port: str,
    database: str,
    extracts: Mapping[str, bytes],
) -> dict[str, str | bytes]:
    """Write Tableau data sources, by file name. They hold no user and no password.

    Columns of figures are hidden, and for each there is a calculated field that has the value of
    a mark's only row and is empty for several. An extract has no such fields, so beside it is a
    packaged data source, which is both.

    Args:
        charts: the tables, as they are published.
        server: the host name of the PostgreSQL server.
        port: its port.
        database: the database with the public tables.
        extracts: the extract of each table, by its name; none where Tableau's engine is missing.
    """
    files: dict[str, str | bytes] = {}
    on_server = {
        "class": "postgres",
        "authentication": "username-password",
        "server": server,
        "port": port,
        "dbname": database,
        "username": "",
    }
    for chart in charts:
        source = _data_source(chart, server, on_server, SCHEMA)
        files[f"{chart.name}.tds"] = source.decode("utf-8")
    for chart in charts:
        if chart.name in extracts:
            file = f"{chart.name}.hyper"
            files[file] = extracts[chart.name]
            files[f"{chart.name}.tdsx"] = _packaged(chart, extracts[chart.name], file)
    return files


def _packaged(chart: ChartTable, extract: bytes, file: str) -> bytes:
    place = f"Data/Extracts/{file}"
    in_file = {
        "class": "hyper",
        "authentication": "auth-none",
        "dbname": place,
        "schema": EXTRACT_SCHEMA,
        "username": "",
    }
    source = _data_source(chart, file, in_file, EXTRACT_SCHEMA)
    return zipped({f"{chart.name}.tds": source, place: extract})


def _data_source(
    chart: ChartTable, caption: str, connection: Mapping[str, str], schema: str
) -> bytes:
    source = etree.Element(
        "datasource",
        {"formatted-name": f"wavehouse.{chart.name}", "inline": "true", "version": VERSION},
    )
    federated = etree.SubElement(source, "connection", {"class": "federated"})
    named = etree.SubElement(
        etree.SubElement(federated, "named-connections"),
        "named-connection",
        {"caption": caption, "name": "wavehouse"},
    )
    etree.SubElement(named, "connection", dict(connection))
    etree.SubElement(
        federated,
        "relation",
        {
            "connection": "wavehouse",
            "name": chart.name,
            "table": f"[{schema}].[{chart.name}]",
            "type": "table",
        },
    )
    for column in chart.columns:
        _column(source, column)
    for column in chart.figures:
        _calculated(source, column)
    return etree.tostring(source, xml_declaration=True, encoding="utf-8", pretty_print=True)


def _column(source: "etree._Element", column: ChartColumn) -> None:
    # The caption of a figure is that of the calculated field.
    caption = f"{column.label} (rows)" if column.is_figure else column.label
    element = _field(source, column, column.name, caption)
    if column.is_figure:
        element.set("hidden", "true")
    _described(element, column.description)


def _calculated(source: "etree._Element", column: ChartColumn) -> None:
    element = _field(source, column, f"{column.name} of one row", column.label)
    formula = f"IF SUM(1) = 1 THEN MAX([{column.name}]) END"
    etree.SubElement(element, "calculation", {"class": "tableau", "formula": formula})
    _described(element, f"{column.description} Empty where a mark has several rows.")


def _field(
    source: "etree._Element", column: ChartColumn, name: str, caption: str
) -> "etree._Element":
    """Add a field with the types of a column."""
    data_type, scale = TYPES[column.data_type]
    words = {
        "name": f"[{name}]",
        "caption": caption,
        "datatype": data_type,
        "role": "measure" if column.is_figure else "dimension",
        "type": scale,
    }
    return etree.SubElement(source, "column", words)


def _described(element: "etree._Element", text: str) -> None:
    formatted = etree.SubElement(etree.SubElement(element, "desc"), "formatted-text")
    etree.SubElement(formatted, "run").text = text
