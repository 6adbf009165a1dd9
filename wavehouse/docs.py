"""Make the docs site: one page that opens without a server."""

import base64
import json
import mimetypes
import os
import re
from collections.abc import Mapping

from wavehouse.dbt import run_dbt
from wavehouse.docs_data import Json, catalogue_for_site, manifest_for_site
from wavehouse.errors import WavehouseError
from wavehouse.project import Project

PACKAGE = "wavehouse"
# dbt's page cuts the hits of a search before it sorts them, and has lost what it sorts by. Here
# those come first that are named so, then the pages of variables, then what matches most.
WORDS = {
    r"filter:limit_search | orderBy:\'overallWeight\':true": (
        r"orderBy:[\'matches[matches.length-1].key!=&quot;label&quot;\',"
        r"\'model.place\',\'-matches.length\'] | filter:limit_search"
    ),
    "Search for models...": "Search for questions, variables, tables ...",
    # A column that unfolds to a page needs more room than a window within the window.
    "max-height: 800px; overflow-y: scroll;": "overflow-x: auto;",
    # Names of tables that are links look like links.
    "</head>": "<style>a code { color: inherit; }</style></head>",
}
# An image in the Markdown of a doc block, which the page holds as text: `](docs/images/flow.svg)`.
IMAGE = re.compile(r"\]\((docs/images/[^)\s\\\"]+)\)")


def write_docs(project: Project) -> None:
    """Write warehouse/docs/index.html from the project and the working database.

    The page is written beside its place and then renamed, so a reader never finds half of one.

    Raises:
        WavehouseError: there is no working database to read the catalogue from, an image is
            missing, or dbt failed.
    """
    if not project.working_database.exists():
        raise WavehouseError(
            f"{project.relative(project.working_database)} is missing, so there are no tables to "
            "describe. Run `make` first."
        )
    if run_dbt(project, "docs", "generate", "--quiet") != 0:
        raise WavehouseError("The docs were not made; see the messages above.")
    text = replace_in_page(
        (project.target / "index.html").read_text(encoding="utf-8"),
        {
            **WORDS,
            '"MANIFEST.JSON INLINE DATA"': _script(
                manifest_for_site(_read(project, "manifest.json"), PACKAGE)
            ),
            '"CATALOG.JSON INLINE DATA"': _script(
                catalogue_for_site(_read(project, "catalog.json"))
            ),
        },
    )
    # dbt notes where it ran; a page that is passed on should not say so.
    text = text.replace(json.dumps(str(project.root))[1:-1], ".")
    text = inline_images(project, text)
    folder = project.warehouse / "docs"
    folder.mkdir(parents=True, exist_ok=True)
    partial = folder / ".index.html.partial"
    with partial.open("w", encoding="utf-8") as stream:
        stream.write(text)
        stream.flush()
        os.fsync(stream.fileno())
    partial.replace(folder / "index.html")
    print("Wrote warehouse/docs/index.html.")


def replace_in_page(page: str, replacements: Mapping[str, str]) -> str:
    """Put data and words of ours into dbt's page, which otherwise loads data from a server.

    Raises:
        WavehouseError: the page has no such place, because another dbt made it.
    """
    for place, text in replacements.items():
        if place not in page:
            raise WavehouseError(
                f"dbt's docs page has no {place} any more. Install the locked version of dbt "
                "(`make`), or adapt wavehouse/docs.py."
            )
        page = page.replace(place, text)
    return page


def _script(content: Json) -> str:
    text = json.dumps(content, ensure_ascii=False, separators=(",", ":"))
    # A description that ends a script would end that of the page.
    return text.replace("</", "<\\/")


def _read(project: Project, name: str) -> Json:
    return json.loads((project.target / name).read_text(encoding="utf-8"))


def inline_images(project: Project, text: str) -> str:
    """Put the images that doc blocks show into the page itself, so that it can be passed on alone.

    Raises:
        WavehouseError: an image is not there.
    """

    def data_uri(match: re.Match[str]) -> str:
        path = project.root / match[1]
        if not path.is_file():
            raise WavehouseError(f"The docs show {match[1]}, which is not there. Add it.")
        kind = mimetypes.guess_type(path.name)[0] or "application/octet-stream"
        content = base64.b64encode(path.read_bytes()).decode("ascii")
        return f"](data:{kind};base64,{content})"

    return IMAGE.sub(data_uri, text)
