"""Write the site: assets, the chart library, and a data file for each variable.

A page that is opened from a file may not fetch anything, but it may load scripts. So every data
file is a script that hands one record to the page, and is loaded when it is needed.

    warehouse/pages      link to the site that counts; all that a switch replaces
    warehouse/.pages/    the sites; the one before is kept for readers who have it open
"""

import hashlib
import re
import shutil
from collections import defaultdict
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from importlib.metadata import distribution
from importlib.resources import files
from pathlib import Path
from typing import Any

from wavehouse.building.databases import opened_release
from wavehouse.encryption.databases import Cursors, connect
from wavehouse.errors import WavehouseError
from wavehouse.escapes import script_data
from wavehouse.project import Project
from wavehouse.publishing.releases import (
    PARTIAL,
    publishing_lock,
    refuse_older_release,
    replace_link,
    seal,
    sync_to_disk,
    sync_tree,
)
from wavehouse.writing import explained
from wavehouse_exchange.pages import records
from wavehouse_exchange.pages.rows import (
    BY_VARIABLE,
    ByVariable,
    Key,
    Readable,
    Row,
    whole_table,
)
from wavehouse_exchange.pages.trends import TrendMaker

SITES = ".pages"
LINK = "pages"
# Joined into one file in this order: later ones use what earlier ones define.
SCRIPTS = (
    "base.js",
    "data.js",
    "format.js",
    "state.js",
    "search.js",
    "spec.js",
    "chart.js",
    "download.js",
    "changes.js",
    "sections.js",
    "comparability.js",
    "start.js",
    "variable.js",
    "study.js",
    "app.js",
)
SAFE_NAME = re.compile(r"[a-z0-9_][a-z0-9_-]{0,99}")


@dataclass(frozen=True)
class Site:
    """What was written."""

    folder: Path
    variables: int
    files: int
    size: int


def write_pages(project: Project) -> Site:
    """Write warehouse/pages from the published warehouse, and switch to it once it is whole.

    Raises:
        WavehouseError: nothing is published, or something else stands in the way.
    """
    database = project.warehouse / "wavehouse.duckdb"
    if not database.exists():
        raise WavehouseError(
            "warehouse/wavehouse.duckdb is missing, so there is nothing to show. Run `make` first."
        )
    link = project.warehouse / LINK
    if link.exists() and not link.is_symlink():
        raise WavehouseError(
            "warehouse/pages was not made by this command. Move it elsewhere if you need it."
        )
    started = f"{datetime.now(UTC):%Y%m%dT%H%M%S%f}Z"
    with explained(project.warehouse / SITES), publishing_lock(project):
        with _new_site(project.warehouse / SITES, started) as folder:
            variables = fill_site(
                database,
                folder,
                started,
                has_docs=(project.warehouse / "docs" / "index.html").exists(),
            )
        replace_link(link, f"{SITES}/{started}")
        sync_to_disk(project.warehouse)
        _remove_old(project.warehouse / SITES, keep=2)
    written = [path for path in (project.warehouse / SITES / started).rglob("*") if path.is_file()]
    return Site(link, variables, len(written), sum(path.stat().st_size for path in written))


def fill_site(database: Path, folder: Path, release: str, *, has_docs: bool) -> int:
    """Write a whole site into a folder.

    Args:
        database: a DuckDB file with the public tables; it is only read.
        folder: an empty folder.
        release: a name for this site, by which a page knows data of another one.
        has_docs: whether the docs site is beside this one, to be linked.

    Returns:
        the number of variables.

    Raises:
        WavehouseError: the database lacks a table or column that the pages show.
    """
    with (
        refuse_older_release(database.name, "the pages show"),
        opened_release(database) as readable,
        connect(readable, read_only=True) as connection,
    ):
        return fill_site_from(Cursors(connection), folder, release, has_docs=has_docs)


def fill_site_from(
    connection: Readable,
    folder: Path,
    release: str,
    *,
    has_docs: bool = False,
    api: str | None = None,
) -> int:
    """Write a whole site into a folder, of what a connection may read.

    Args:
        connection: its schema `marts` has the public tables.
        folder: an empty folder.
        release: a name for this site, by which a page knows data of another one.
        has_docs: whether the docs site is beside this one, to be linked.
        api: the address of the API that serves the pages too; charts link the request behind them.

    Returns:
        the number of variables.
    """
    write_assets(folder, release)
    return _write_data(connection, folder / "data", release, has_docs=has_docs, api=api)


def write_assets(folder: Path, release: str) -> None:
    """Write the page, its style, its program and the chart library."""
    assets = files("wavehouse_exchange.pages") / "assets"

    def text(name: str) -> str:
        return (assets / name).read_text(encoding="utf-8")

    program = "\n".join(f"// {name}\n{text(name)}" for name in SCRIPTS)
    page = text("index.html").replace("{{release}}", release)
    _write(folder / "index.html", page)
    _write(folder / "assets" / "app.css", text("app.css"))
    _write(folder / "assets" / "app.js", program)
    _write(folder / "assets" / "vega.js", chart_library())
    licence = distribution("vl-convert-python").read_text("licenses/LICENSE")
    if licence:
        _write(folder / "assets" / "vega-licence.txt", licence)


def chart_library() -> str:
    """Give Vega, Vega-Lite and Vega-Embed as one script for browsers, from the installed package.

    It is wrapped in a function, since the bundle's many short names would become global.
    """
    import vl_convert

    versions = (
        f"Vega {vl_convert.get_vega_version()}, "
        f"Vega-Lite {vl_convert.get_vegalite_versions()[-1]}, "
        f"Vega-Embed {vl_convert.get_vega_embed_version()}"
    )
    return (
        f"/* {versions}: (c) University of Washington Interactive Data Lab and contributors, "
        "BSD-3-Clause; bundled by vl-convert, see vega-licence.txt */\n"
        f"(() => {{\n{vl_convert.javascript_bundle()}\n}})();\n"
    )


def data_script(release: str, name: str, record: Any) -> str:  # noqa: ANN401
    """Make a script that hands a record to the page. No text in it can end a script element."""
    words = (script_data(each) for each in (release, name, record))
    return f"wavehouse.take({','.join(words)});\n"


def file_name(study_id: str, variable_id: str) -> str:
    """Name a variable's data file, below `data/` and without its ending."""
    return "/".join(
        name if SAFE_NAME.fullmatch(name) else "_" + hashlib.sha256(name.encode()).hexdigest()[:20]
        for name in (study_id, variable_id)
    )


def _write_data(
    connection: Readable,
    folder: Path,
    release: str,
    *,
    has_docs: bool,
    api: str | None,
) -> int:
    studies = records.study_records(
        whole_table(connection, "studies"), whole_table(connection, "waves")
    )
    numbers = {study["id"]: place for place, study in enumerate(studies)}
    wave_numbers = {
        study["id"]: {wave["id"]: place for place, wave in enumerate(study["waves"])}
        for study in studies
    }
    measures = whole_table(connection, "measures")
    trends = TrendMaker(measures, whole_table(connection, "segments"))
    by_group: dict[str, list[Row]] = defaultdict(list)
    for measure in measures:
        if measure["variable_id"] is None:
            by_group[measure["variable_group_id"] or measure["measure_id"]].append(measure)
    categories: dict[str, list[Row]] = defaultdict(list)
    for row in whole_table(connection, "categories"):
        categories[row["variable_id"]].append(row)
    sums = {row["variable_id"]: row for row in whole_table(connection, "variables")}

    catalogue, search = [], []
    for key, rows in _variables(connection):
        study_id, variable_id = key
        if rows["variables"]:
            variable = {**sums[variable_id], **rows["variables"][0]}
        else:
            variable = records.group_variable(study_id, variable_id, by_group[variable_id])
        record = records.variable_record(
            variable, rows, wave_numbers[study_id], categories[variable_id], trends
        )
        _note_breaks(studies[numbers[study_id]], record)
        name = file_name(study_id, variable_id)
        _write(folder / f"{name}.js", data_script(release, name, record))
        catalogue.append(records.catalogue_row(record, numbers[study_id], name))
        search.append(records.search_row(record))
    whole = {
        "made": f"{datetime.now(UTC):%Y-%m-%d}",
        "docs": has_docs,
        "api": api,
        "studies": studies,
        "variables": catalogue,
    }
    for name, content in (("catalogue", whole), ("search", search)):
        _write(folder / f"{name}.js", data_script(release, name, content))
    return len(catalogue)


def _variables(connection: Readable) -> Iterator[tuple[Key, dict[str, list[Row]]]]:
    """Go through all tables at once, study by study and variable by variable."""
    tables = {name: ByVariable(connection, name) for name in BY_VARIABLE}
    while keys := [key for table in tables.values() if (key := table.next_key)]:
        key = min(keys)
        yield key, {name: table.take(key) for name, table in tables.items()}


def _note_breaks(study: dict[str, Any], record: dict[str, Any]) -> None:
    """Add a variable's breaks to its study, each once, with the variables that it concerns."""
    known = {found["id"]: found for found in study["breaks"]}
    for found in record["breaks"]:
        if found["id"] not in known:
            known[found["id"]] = {**found, "wave": found["declared"], "variables": []}
            study["breaks"].append(known[found["id"]])
        if not found["of_study"]:
            known[found["id"]]["variables"].append(record["id"])
    study["breaks"].sort(key=lambda found: (found["wave"], found["id"]))


def _write(path: Path, text: str) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, encoding="utf-8", newline="\n")


@contextmanager
def _new_site(sites: Path, name: str) -> Iterator[Path]:
    """Give a folder to fill, which gets its name once it is whole; else no trace of it is left."""
    sites.mkdir(parents=True, exist_ok=True)
    for stale in sites.glob(f"*{PARTIAL}"):
        shutil.rmtree(stale)
    partial = sites / f"{name}{PARTIAL}"
    partial.mkdir()
    try:
        yield partial
        sync_tree(partial)
        seal(partial)
        partial.replace(sites / name)
    finally:
        shutil.rmtree(partial, ignore_errors=True)


def _remove_old(sites: Path, keep: int) -> None:
    for old in sorted(path for path in sites.iterdir() if path.is_dir())[:-keep]:
        shutil.rmtree(old)
