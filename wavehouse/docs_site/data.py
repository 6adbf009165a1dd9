"""What the docs site reads of dbt's manifest and catalogue, without what it never shows.

dbt's page cuts the hits of a search after twenty and sorts only those, so that a word of a question
finds every wave and not the question. Each node is told its place here: the pages of variables
come first, then the public tables.
"""

from collections.abc import Collection, Mapping
from typing import Any

Json = dict[str, Any]

# Parts and fields that nothing on the page reads.
UNUSED_PARTS = ("child_map", "group_map", "disabled", "selectors")
UNUSED_FIELDS = {
    "attached_node",
    "build_path",
    "checksum",
    "compiled_path",
    "created_at",
    "doc_blocks",
    "extra_ctes",
    "extra_ctes_injected",
    "patch_path",
    "relation_name",
    "unrendered_config",
}
UNUSED_BY_KIND = {"test": {"compiled_code", "raw_code"}, "unit_test": {"given", "expect"}}
UNUSED_OF_COLUMNS = {"config", "doc_blocks", "granularity"}

# The tree of the page puts the last letters of a name into an element of its own.
SPLIT_AT = 15


def manifest_for_site(manifest: Json, packages: Collection[str]) -> Json:
    """Give the manifest as the site needs it.

    Macros of packages that are not named are left out, whose descriptions are not ours to read
    here, and doc blocks that are no pages, since they stand where they are used.
    """
    found = {name: part for name, part in manifest.items() if name not in UNUSED_PARTS}
    for kind in ("nodes", "sources", "exposures", "unit_tests"):
        found[kind] = {key: _for_site(each) for key, each in manifest[kind].items()}
    for kind in ("macros", "docs"):
        found[kind] = {
            key: each
            for key, each in manifest[kind].items()
            if each["package_name"] in packages
            and (kind != "docs" or each["name"].startswith("__"))
        }
    return found


def catalogue_for_site(catalogue: Json) -> Json:
    """Give the catalogue without comments, which repeat what the manifest says."""
    parts = {
        kind: {key: _without_comments(each) for key, each in catalogue[kind].items()}
        for kind in ("nodes", "sources")
    }
    return {**catalogue, **parts}


def is_variable_page(node: Mapping[str, Any]) -> bool:
    """Say whether a node is the page of a variable."""
    return node["resource_type"] == "exposure" and "variable_id" in node["config"].get("meta", {})


def _for_site(node: Json) -> Json:
    unused = UNUSED_FIELDS | UNUSED_BY_KIND.get(node["resource_type"], set())
    shown = {key: value for key, value in node.items() if key not in unused}
    if "columns" in shown:
        shown["columns"] = {
            name: {key: value for key, value in column.items() if key not in UNUSED_OF_COLUMNS}
            for name, column in shown["columns"].items()
        }
    shown["place"] = 2
    if node["resource_type"] == "model" and node["config"].get("access") == "public":
        shown["place"] = 1
    elif is_variable_page(node):
        # The tree has a folder for each type, in which people look for variables.
        shown.update(place=0, type="variables", label=unbroken(node["label"]))
    return shown


def unbroken(label: str) -> str:
    """Keep a blank that stands where the tree splits a name: it would not be seen there."""
    here = len(label) - SPLIT_AT
    return "".join(
        "\N{NO-BREAK SPACE}" if letter == " " and position in (here - 1, here) else letter
        for position, letter in enumerate(label)
    )


def _without_comments(relation: Json) -> Json:
    metadata = {**relation["metadata"], "comment": None}
    columns = {key: {**each, "comment": None} for key, each in relation["columns"].items()}
    return {**relation, "metadata": metadata, "columns": columns}
