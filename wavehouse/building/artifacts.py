"""What dbt said of a build, kept with the release that was made of it: small, and of no machine.

    dbt/manifest.json.gz       the project as dbt read it: nodes, macros, what reads what
    dbt/run_results.json.gz    what ran last, how it ended and how long it took

Paths of the machine, its environment and compiled SQL are left out, so that both can be given away.
dbt reads them again as the state that a run is compared with.
"""

import gzip
import json
import os
from pathlib import Path
from typing import Any

from wavehouse.project import Project
from wavehouse.writing import write_whole

FOLDER = "dbt"
MANIFEST, RESULTS = "manifest.json", "run_results.json"
# Of the run, its user and machine; nothing that a comparison needs.
OF_RUN = {"env": {}, "user_id": None, "project_id": None, "send_anonymous_usage_stats": None}
# What a node says of the folder it was read in, and what its SQL became there.
OF_PLACE = ("root_path", "compiled_path", "build_path")
OF_COMPILING = ("compiled_code", "extra_ctes")


def keep_artifacts(project: Project, artifacts: Path, folder: Path) -> None:
    """Write dbt's artifacts of a build, without what is of the machine.

    Args:
        project: the project that was built.
        artifacts: dbt's folder of that build.
        folder: gets the files; it is made.
    """
    for name, clean in ((MANIFEST, _clean_manifest), (RESULTS, _clean_results)):
        read = json.loads((artifacts / name).read_text(encoding="utf-8"))
        text = _without_paths(json.dumps(clean(read), separators=(",", ":")), project)
        # Without a time, so that equal artifacts are equal files.
        write_whole(folder / f"{name}.gz", gzip.compress(text.encode(), mtime=0))


def read_artifact(path: Path) -> dict[str, Any]:
    """Read an artifact, packed or not."""
    content = path.read_bytes()
    text = gzip.decompress(content) if path.suffix == ".gz" else content
    artifact: dict[str, Any] = json.loads(text)
    return artifact


def _clean_manifest(manifest: dict[str, Any]) -> dict[str, Any]:
    manifest["metadata"] |= OF_RUN
    for node in manifest["nodes"].values():
        for name in OF_PLACE:
            if node.get(name) is not None:
                # dbt wants the folder of a seed to be a text.
                node[name] = ""
        for name in OF_COMPILING:
            node.pop(name, None)
        node.pop("extra_ctes_injected", None)
        node["compiled"] = False
    return manifest


def _clean_results(results: dict[str, Any]) -> dict[str, Any]:
    results["args"] = {}
    results["metadata"]["env"] = {}
    for result in results["results"]:
        result |= {"message": None, "compiled_code": None}
    return results


def _without_paths(text: str, project: Project) -> str:
    """Name files as they are seen from the root, and the landing folder as where it usually is."""
    places = {str(project.root): ".", str(project.root.resolve()): "."}
    landing = os.environ.get("WAVEHOUSE_LANDING")
    if landing:
        places = {landing: "landing"} | places
    for place, name in places.items():
        text = text.replace(json.dumps(place)[1:-1], name)
    return text
