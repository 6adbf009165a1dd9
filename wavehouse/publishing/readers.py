"""Who reads a table: the exposures and metrics that stand behind it in dbt's manifest."""

from collections.abc import Iterable, Mapping
from typing import Any

# What `meta` of an exposure has that is a page of the docs site and no reader.
PAGE = "variable_id"
OTHERS = {"semantic_models": "metrics of", "saved_queries": "saved query"}


def readers_of(manifest: Mapping[str, Any], names: Iterable[str]) -> list[str]:
    """Name who reads some nodes, directly or through others.

    Args:
        manifest: what dbt writes to `target/manifest.json`.
        names: unique ids of nodes.

    Returns:
        labels of exposures, then semantic models and saved queries.
    """
    children = manifest["child_map"]
    found, waiting = set(), list(names)
    while waiting:
        for child in children.get(waiting.pop(), ()):
            if child not in found:
                found.add(child)
                waiting.append(child)
    exposures = [
        each["label"] or each["name"]
        for name, each in manifest["exposures"].items()
        if name in found and PAGE not in each["config"].get("meta", {})
    ]
    others = [
        f"{words} `{each['name']}`"
        for kind, words in OTHERS.items()
        for name, each in manifest[kind].items()
        if name in found
    ]
    return [*sorted(exposures), *sorted(others)]
