"""Write what BI tools open: for each tool a folder with its own files, from the public tables.

The files hold descriptions and formulas, and no users or passwords. Extracts for Tableau alone hold
rows: those of the published tables for charts.
"""

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from wavehouse.encryption.key import encrypted_for
from wavehouse.errors import WavehouseError
from wavehouse.project import Project
from wavehouse.publishing.releases import refuse_older_release
from wavehouse.writing import explained, new_folder
from wavehouse_exchange.connections.charts import (
    ChartFacts,
    ChartTable,
    read_published,
)
from wavehouse_exchange.connections.evidence import evidence_files
from wavehouse_exchange.connections.looker import looker_files
from wavehouse_exchange.connections.power_bi import power_bi_files
from wavehouse_exchange.connections.superset import superset_bundle
from wavehouse_exchange.connections.tableau import tableau_files
from wavehouse_exchange.connections.tableau_extracts import tableau_extracts, writes_extracts

# Marks a folder as made here, and so one that may be replaced.
RECORD = "connections.json"
PORT = "5432"

Files = Mapping[str, str | bytes]


@dataclass(frozen=True)
class Published:
    """What is published, and where tools find it.

    Args:
        project: the name of the project.
        charts: the tables for charts.
        facts: what a dashboard opens with.
        warehouse: the folder `warehouse/` of the project.
        server: the host name of a PostgreSQL server with the public tables.
        port: its port.
        database: their database there.
    """

    project: str
    charts: tuple[ChartTable, ...]
    facts: ChartFacts
    warehouse: Path
    server: str
    port: str
    database: str


def _evidence(of: Published) -> Files:
    return evidence_files(of.charts, of.warehouse / "parquet")


def _looker(of: Published) -> Files:
    return looker_files(of.charts)


def _power_bi(of: Published) -> Files:
    return power_bi_files(of.charts, of.warehouse / "parquet", of.server, of.port, of.database)


def _superset(of: Published) -> Files:
    address = f"duckdb:///{of.warehouse / 'wavehouse.duckdb'}"
    return {"superset.zip": superset_bundle(of.charts, of.facts, of.project, address)}


def _tableau(of: Published) -> Files:
    extracts = tableau_extracts(of.charts, of.warehouse / "parquet") if writes_extracts() else {}
    return tableau_files(of.charts, of.server, of.port, of.database, extracts)


WRITERS: dict[str, Callable[[Published], Files]] = {
    "evidence": _evidence,
    "looker": _looker,
    "power-bi": _power_bi,
    "superset": _superset,
    "tableau": _tableau,
}


def write_connections(
    project: Project, tools: Sequence[str] = (), folder: Path | None = None, postgres: str = ""
) -> dict[str, list[Path]]:
    """Write the files of some tools.

    Args:
        project: the project whose published tables the tools will read.
        tools: names in `WRITERS`; all of them if there are none.
        folder: where to, a folder for each tool; `warehouse/connections` if left out.
        postgres: `HOST/DATABASE` or `HOST:PORT/DATABASE`, for tools that read PostgreSQL;
            `localhost/wavehouse` if left out.

    Returns:
        the files of each tool.

    Raises:
        WavehouseError: nothing is published, the project is encrypted, a tool or an address is
            none, or a folder holds something else.
    """
    chosen = list(dict.fromkeys(tools)) or list(WRITERS)
    if unknown := [name for name in chosen if name not in WRITERS]:
        raise WavehouseError(
            f"There are no files for {', '.join(map(repr, unknown))}. Name one or more of "
            f"{', '.join(WRITERS)}; other tools connect as the guide says in `Connect a program`."
        )
    if encrypted_for(project) is not None:
        raise WavehouseError(
            "The published files of this project are encrypted, and BI tools cannot open them. Let "
            "them read PostgreSQL or the API, which ask who may read."
        )
    published = _published(project, postgres)
    home = (folder or project.warehouse / "connections").resolve()
    written = {}
    with explained(home):
        for tool in chosen:
            written[tool] = _write(home / tool, WRITERS[tool](published))
    return written


def _published(project: Project, postgres: str) -> Published:
    host, _, database = (postgres or "localhost/wavehouse").partition("/")
    server, _, port = host.partition(":")
    if not (server and database) or "@" in postgres or not (port or PORT).isdecimal():
        raise WavehouseError(
            f"{postgres!r} is no address of a database. Write HOST/DATABASE or HOST:PORT/DATABASE, "
            "without user and password: the tool asks for these."
        )
    with refuse_older_release("The published warehouse", "connections read"):
        charts, facts = read_published(project)
    return Published(
        project.name,
        charts,
        facts,
        project.warehouse.resolve(),
        server,
        port or PORT,
        database,
    )


def _write(place: Path, files: Files) -> list[Path]:
    if place.exists() and not (place / RECORD).is_file():
        raise WavehouseError(
            f"{place} was not written by `wavehouse connect`, so it stays as it is. Name another "
            "folder with --to."
        )
    with new_folder(place) as partial:
        for name, content in files.items():
            path = partial / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(content.encode() if isinstance(content, str) else content)
        record = json.dumps({"files": sorted(files)}, indent=2)
        (partial / RECORD).write_text(f"{record}\n", encoding="utf-8")
    return [place / name for name in files]
