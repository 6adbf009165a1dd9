"""Make the docs site: one page that opens without a server."""

import base64
import json
import mimetypes
import re
from collections.abc import Mapping
from typing import Any

from wavehouse.building.databases import refuse_held
from wavehouse.building.dbt import run_dbt
from wavehouse.codebook.ids import inside
from wavehouse.docs_site.data import Json, catalogue_for_site, manifest_for_site
from wavehouse.docs_site.texts import add_texts
from wavehouse.errors import WavehouseError
from wavehouse.escapes import script_data
from wavehouse.product import PACKAGE
from wavehouse.project import Project
from wavehouse.writing import write_whole

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
# The page takes what it finds, marked, for HTML. Here it is text: dbt leaves that to the writers of
# descriptions, but labels may come from people who mean harm. What stands for `<` in Markdown is
# read.
HIGHLIGHT = (
    "n.highlight=function(t){if(!n.query||!t)return e.trustAsHtml(t);",
    'return e.trustAsHtml(t.replace(new RegExp(i,"gi"),'
    "'<span class=\"search-result-match\">$&</span>'))}",
)
WORDS |= {
    HIGHLIGHT[0]: (
        'n.highlight=function(t){t=String(t||"").replace(/&lt;/g,"<").replace(/&#124;/g,"|")'
        '.replace(/&amp;/g,"&");const q=function(s){return s.replace(/[&<>"\']/g,'
        'function(c){return"&#"+c.charCodeAt(0)+";"})};if(!n.query||!t)return e.trustAsHtml(q(t));'
    ),
    HIGHLIGHT[1]: (
        'let d="",a=0;t.replace(new RegExp(i,"gi"),function(m){'
        "const p=arguments[arguments.length-2];if(m){d+=q(t.slice(a,p))+"
        '\'<span class="search-result-match">\'+q(m)+"</span>";a=p+m.length}return m});'
        "return e.trustAsHtml(d+q(t.slice(a)))}"
    ),
}
# An image in the Markdown of a doc block: `![Flow](docs/images/flow.svg)`. What a codebook says is
# no image, since its brackets have a backslash before them.
IMAGE = re.compile(r"(?<!\\)(!\[(?:[^\]\\]|\\.)*\])\((docs/images/[^)\s]+)\)")
IMAGES = ("docs", "images")
LINK = re.compile(r"(\]\(#!/(?:model|exposure|seed)/)([\w.]+)\)")
# The fields that the page reads as Markdown.
MARKDOWN = {"description", "block_contents", "source_description"}
KINDS = {"image/svg+xml", "image/png", "image/jpeg", "image/gif", "image/webp"}


def write_docs(project: Project) -> None:
    """Write warehouse/docs/index.html from the project and the working database.

    The page is written beside its place and then renamed, so a reader never finds half of one.

    Raises:
        WavehouseError: there is no working database to read the catalogue from, an image is
            missing, another program has the database open, or dbt failed.
    """
    if not project.working_database.exists():
        raise WavehouseError(
            f"{project.relative(project.working_database)} is missing, so there are no tables to "
            "describe. Run `make` first."
        )
    refuse_held(project)
    if run_dbt(project, "docs", "generate", "--target", "duckdb", "--quiet") != 0:
        raise WavehouseError("The docs were not made; see the messages above.")
    manifest = _read(project, "manifest.json")
    shown = add_texts(
        manifest_for_site(manifest, {project.name, PACKAGE}), project.product / "docs", PACKAGE
    )
    shown = with_texts(project, shown, _ids_by_link(manifest))
    text = replace_in_page(
        (project.target / "index.html").read_text(encoding="utf-8"),
        {
            **WORDS,
            '"MANIFEST.JSON INLINE DATA"': script_data(shown),
            '"CATALOG.JSON INLINE DATA"': script_data(
                catalogue_for_site(_read(project, "catalog.json"))
            ),
        },
    )
    # dbt notes where it ran; a page that is passed on should not say so.
    text = text.replace(json.dumps(str(project.root))[1:-1], ".")
    write_whole(project.warehouse / "docs" / "index.html", text, sealed=True)
    print("Wrote warehouse/docs/index.html.")


def replace_in_page(page: str, replacements: Mapping[str, str]) -> str:
    """Put data and words of ours into dbt's page, which otherwise loads data from a server.

    Raises:
        WavehouseError: the page has no such place, because another dbt made it.
    """
    for place, text in replacements.items():
        if place not in page:
            raise WavehouseError(
                f"dbt's docs page no longer has {place}. Install the locked version of dbt "
                "(`make`), or adapt wavehouse/docs_site/site.py."
            )
        page = page.replace(place, text)
    return page


def _read(project: Project, name: str) -> Json:
    return json.loads((project.target / name).read_text(encoding="utf-8"))


def with_texts(project: Project, content: Any, ids: Mapping[str, str]) -> Any:  # noqa: ANN401
    """Put images into all Markdown of the manifest, and let links find what is a project's own.

    Raises what `inline_images` raises.
    """
    if isinstance(content, dict):
        return {
            name: inline_images(project, _linked(each, ids))
            if name in MARKDOWN and isinstance(each, str)
            else with_texts(project, each, ids)
            for name, each in content.items()
        }
    if isinstance(content, list):
        return [with_texts(project, each, ids) for each in content]
    return content


def _ids_by_link(manifest: Json) -> dict[str, str]:
    """Give the nodes that a project has of its own, by the id that they have in Wavehouse itself.

    Texts link to nodes by their ids there: `#!/model/model.wavehouse.wide_gss`.
    """
    found = {}
    for kind in ("nodes", "exposures"):
        for name, node in manifest[kind].items():
            parts = name.split(".")
            usual = ".".join([parts[0], PACKAGE, *parts[2:]])
            if node["package_name"] != PACKAGE and usual not in manifest[kind]:
                found[usual] = name
    return found


def _linked(text: str, ids: Mapping[str, str]) -> str:
    return LINK.sub(lambda found: f"{found[1]}{ids.get(found[2], found[2])})", text)


def inline_images(project: Project, text: str) -> str:
    """Put the images that a doc block shows into its text, so that the page can be passed on alone.

    Only images below docs/images are read, wherever links lead.

    Raises:
        WavehouseError: an image is not there, is no image, or is elsewhere.
    """

    def data_uri(match: re.Match[str]) -> str:
        name = match[2]
        # A project draws some of them itself, from its own tables.
        part = next((part for part in project.parts if (part / name).is_file()), project.root)
        path = inside(part.joinpath(*IMAGES), part / name, f"{name} in the docs")
        if not path.is_file():
            raise WavehouseError(f"The docs show {name}, but the file is missing. Add it.")
        kind = mimetypes.guess_type(path.name)[0]
        if kind not in KINDS:
            raise WavehouseError(f"The docs show {name}, which is not an image. Take it out.")
        content = base64.b64encode(path.read_bytes()).decode("ascii")
        return f"{match[1]}(data:{kind};base64,{content})"

    return IMAGE.sub(data_uri, text)
