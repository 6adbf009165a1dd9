"""Texts of docs/ that are pages of the docs site, such as the guide, and links between pages.

They are plain Markdown, to be read in an editor and on a code host too. dbt's tree and search know
nodes only, so each page is shown as an exposure, in a folder of the tree; the first page of a
folder, and a text that stands by itself, have an address of their own (`#!/overview/guide`).
"""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from posixpath import normpath

from wavehouse.docs_site.data import Json, unbroken

FOLDERS = ("guide",)
SINGLE = ("audiences.md", "glossary.md", "tutorial.md")
FIRST = "README.md"
CODE = re.compile(r"```.*?```|`[^`\n]*`", re.DOTALL)
# What a codebook says is no link, since its brackets have a backslash before them.
LINK = re.compile(r"(?<!\\)(!?)\[([^\]]*)\]\(([^)\s]+)\)")


@dataclass(frozen=True)
class Text:
    """A page of the site that comes from a Markdown file."""

    path: Path
    folder: str
    name: str

    @property
    def is_first(self) -> bool:
        """Whether it has an address of its own, and is no node of the tree."""
        return self.name == self.folder

    @property
    def content(self) -> str:
        """Its Markdown, as written."""
        return self.path.read_text(encoding="utf-8")

    @property
    def title(self) -> str:
        """Its first heading."""
        heading = re.search(r"^# +(.+)$", self.content, re.MULTILINE)
        return heading[1] if heading else self.name

    def unique_id(self, package: str) -> str:
        """Give the id that the site knows it by."""
        return f"exposure.{package}.{self.name}"

    def address(self, package: str) -> str:
        """Give its place in the site."""
        if self.is_first:
            return f"#!/overview/{self.name}"
        return f"#!/exposure/{self.unique_id(package)}"


def find_texts(docs: Path) -> list[Text]:
    """Find the pages in a folder of documentation."""
    found = [Text(docs / file, file[:-3], file[:-3]) for file in SINGLE if (docs / file).is_file()]
    for folder in FOLDERS:
        for path in sorted((docs / folder).glob("*.md")):
            stem = path.stem.replace("-", "_")
            found.append(Text(path, folder, folder if path.name == FIRST else f"{folder}_{stem}"))
    return found


def add_texts(manifest: Json, docs: Path, package: str) -> Json:
    """Give the manifest of the site with the pages in it, and with the links of the site."""
    texts = find_texts(docs)
    addresses = {
        f"docs/{text.path.relative_to(docs).as_posix()}": text.address(package) for text in texts
    }
    # dbt shows the doc block `__name__` at `#!/overview/name`.
    addresses |= {
        block["original_file_path"]: f"#!/overview/{block['name'].strip('_')}"
        for block in manifest["docs"].values()
        if block["name"].startswith("__")
    }
    blocks = {
        unique_id: {
            **block,
            "block_contents": for_site(
                block["block_contents"], block["original_file_path"], addresses
            ),
        }
        for unique_id, block in manifest["docs"].items()
    }
    nodes = {}
    for text in texts:
        file = f"docs/{text.path.relative_to(docs).as_posix()}"
        content = for_site(text.content, file, addresses)
        if text.is_first:
            block = _block(text, file, content, package)
            blocks[block["unique_id"]] = block
        else:
            nodes[text.unique_id(package)] = _node(text, file, content, package)
    return {
        **manifest,
        "docs": blocks,
        "exposures": {**manifest["exposures"], **nodes},
        "parent_map": {**manifest["parent_map"], **{unique_id: [] for unique_id in nodes}},
    }


def for_site(content: str, file: str, addresses: Mapping[str, str]) -> str:
    """Give a page's Markdown with the links of the site.

    Links to pages lead to their addresses. Of a link to a file that is no page of the site, the
    words stay. Code is as it is.

    Args:
        content: the Markdown.
        file: where it stands, from the top folder.
        addresses: of the pages in the site, by file.
    """
    folder = PurePosixPath(file).parent

    def link(match: re.Match[str]) -> str:
        mark, words, target = match.groups()
        path, _, anchor = target.partition("#")
        # Elsewhere, in the site already, or an image that a doc block names from the top folder.
        if re.match(r"[a-z]+:", target) or anchor.startswith("!/") or path.endswith(".html"):
            return match[0]
        place = normpath(folder / path)
        if mark:
            return f"![{words}]({path if path.startswith('docs/') else place})"
        return f"[{words}]({addresses[place]})" if path and place in addresses else words

    return "".join(part if is_code else LINK.sub(link, part) for part, is_code in _parts(content))


def _parts(content: str) -> Iterator[tuple[str, bool]]:
    end = 0
    for code in CODE.finditer(content):
        yield content[end : code.start()], False
        yield code[0], True
        end = code.end()
    yield content[end:], False


def _block(text: Text, file: str, content: str, package: str) -> Json:
    """Give a page as dbt's manifest has a doc block."""
    name = f"__{text.name}__"
    return {
        "name": name,
        "resource_type": "doc",
        "package_name": package,
        "original_file_path": file,
        "unique_id": f"doc.{package}.{name}",
        "block_contents": content,
    }


def _node(text: Text, file: str, content: str, package: str) -> Json:
    """Give a page as dbt's manifest has an exposure; its heading is the page's own label."""
    return {
        "name": text.name,
        "resource_type": "exposure",
        "package_name": package,
        "path": text.path.name,
        "original_file_path": file,
        "unique_id": text.unique_id(package),
        "fqn": [package, text.folder, text.name],
        "type": text.folder,
        "owner": {"email": "", "name": ""},
        "description": content.partition("\n")[2].strip(),
        "label": unbroken(text.title),
        "maturity": None,
        "meta": {},
        "tags": [],
        "config": {"enabled": True},
        "url": None,
        "depends_on": {"macros": [], "nodes": []},
        "refs": [],
        "sources": [],
        "metrics": [],
        "place": 1,
    }
