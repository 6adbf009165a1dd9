"""The pages to browse, of what the public may read; each chart links the request behind it."""

import shutil
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import duckdb
from litestar import route
from litestar.handlers import HTTPRouteHandler
from litestar.response import Redirect

from wavehouse.encryption.databases import connect
from wavehouse.project import Project
from wavehouse_exchange.pages.rows import TABLES, Readable
from wavehouse_exchange.pages.site import fill_site_from
from wavehouse_exchange.serving.copies import copy_table
from wavehouse_exchange.serving.doors import Doors, Opened
from wavehouse_exchange.serving.formats import Body
from wavehouse_exchange.serving.http import READING, Answered, Asked, answered, entered
from wavehouse_exchange.serving.problems import not_found, not_offered
from wavehouse_exchange.serving.resources import VERSION

FOLDER = ".served_pages"
PARTIAL = ".partial"
BEGIN = "index.html"
NO_PAGE = "There is no such page."
MEDIA_TYPES = {
    ".html": "text/html",
    ".css": "text/css",
    ".js": "text/javascript",
    ".txt": "text/plain",
}


def page_routes(project: Project, doors: Doors) -> list[HTTPRouteHandler]:
    """Give the handlers of the pages."""
    sites = _Sites(project.warehouse / FOLDER)

    @route("/", http_method=READING, sync_to_thread=False, name="begin")
    def begin() -> Redirect:
        return Redirect("/pages/index.html", status_code=302)

    @route("/pages/{path:path}", http_method=READING, sync_to_thread=True, name="pages")
    def pages(request: Asked) -> Answered:
        # Pages are the same for everybody; a key opens nothing more here.
        opened = entered(request, doors, of_public=True)
        wanted = str(request.path_params["path"]).lstrip("/") or BEGIN
        return answered(request, opened, "pages", lambda: _read(sites.of(opened), wanted))

    return [begin, pages]


def _read(site: Path, wanted: str) -> Body:
    """Give a file of a site.

    Raises:
        RequestError: there is none, or it is not within the site.
    """
    try:
        path = (site / wanted).resolve()
        if path.is_relative_to(site) and path.suffix in MEDIA_TYPES:
            return Body(path.read_bytes(), MEDIA_TYPES[path.suffix])
    except (OSError, ValueError) as error:
        raise not_found(NO_PAGE) from error
    raise not_found(NO_PAGE)


@contextmanager
def _readable(opened: Opened) -> Iterator[Readable]:
    """Give a release as the pages read it: in a file of DuckDB, or copied to its memory."""
    if opened.cursor is not None:
        yield _InFile(opened.cursor)
        return
    with connect() as connection:
        for table in sorted(TABLES & opened.tables.keys()):
            copy_table(opened, table, connection)
        yield connection


@dataclass(frozen=True)
class _InFile:
    """A release in a file."""

    cursor: "Callable[[], duckdb.DuckDBPyConnection]"


class _Sites:
    """The sites of releases, each written when its first page is asked for."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder.resolve()
        self._lock = threading.Lock()

    def of(self, opened: Opened) -> Path:
        """Give the folder of a release's site."""
        site = self._folder / opened.release_id
        if site.is_dir():
            return site
        with self._lock:
            if not site.is_dir():
                self._write(site, opened)
        return site

    def _write(self, site: Path, opened: Opened) -> None:
        """Write a site beside the others; those of releases before the last one go."""
        partial = site.with_name(f"{site.name}.{threading.get_native_id()}{PARTIAL}")
        partial.mkdir(parents=True)
        try:
            with _readable(opened) as readable:
                fill_site_from(readable, partial, opened.release_id, api=VERSION)
        except (duckdb.CatalogException, duckdb.BinderException) as error:
            raise not_offered("The public may not read all that the pages show.") from error
        else:
            if not site.is_dir():
                partial.rename(site)
        finally:
            shutil.rmtree(partial, ignore_errors=True)
        whole = sorted(path for path in self._folder.iterdir() if path.suffix != PARTIAL)
        for old in whole[:-2]:
            shutil.rmtree(old, ignore_errors=True)
