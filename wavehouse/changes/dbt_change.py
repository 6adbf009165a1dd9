"""Build with dbt what a change touches, beside a release that holds the rest.

Runs as a process of its own, as dbt does. dbt reads the project once, compares it with the state of
the release, and builds; what is not built is deferred to the release.
"""

import json
import sys
from collections.abc import Iterable, Sequence
from contextlib import redirect_stdout
from dataclasses import asdict, replace
from hashlib import sha256
from io import StringIO
from pathlib import Path
from typing import TYPE_CHECKING, Any

from wavehouse.building.artifacts import MANIFEST, RESULTS, read_artifact
from wavehouse.changes.touched import Compared, Graph, Touched, find_touched
from wavehouse.errors import WavehouseError

if TYPE_CHECKING:
    from dbt.contracts.graph.manifest import Manifest

START = (sys.executable, "-P", "-c", "from wavehouse.changes.dbt_change import main; main()")
# The first argument: compile what reads the project itself, or build what a change touches.
COMPILE, BUILD = "compile", "build"
COMPILED, TOUCHED, LARGE_SEEDS = "compiled.json", "touched.json", "large_seeds.json"
# Landed waves that the release has and this machine does not.
MISSING = "missing_waves.json"
# All that `state:modified` compares but descriptions, which nobody reads in the database.
KINDS = ("body", "configs", "relation", "macros", "contract")


def main() -> None:
    """Do what the arguments say; end with 1 if something failed."""
    what, root, artifacts, state, *options = sys.argv[1:]
    try:
        if what == COMPILE:
            passed = compile_only(Path(root), Path(artifacts), Path(state), options)
        else:
            passed = build_touched(Path(root), Path(artifacts), Path(state), options)
    except WavehouseError as error:
        print(error)
        passed = False
    sys.exit(0 if passed else 1)


def compile_only(root: Path, artifacts: Path, state: Path, options: Sequence[str]) -> bool:
    """Write what a later change is compared with and dbt does not say: SQL, and digests of files.

    Args:
        root: the project's folder.
        artifacts: dbt's folder, which gets the files.
        state: the folder of the release's state, which is that of the project.
        options: for every call of dbt.
    """
    read = _read(artifacts, options)
    if read is None:
        return False
    _, graph = read
    elsewhere = read_artifact(state / MANIFEST)["nodes"].values()
    compiled = compile_readers(graph, artifacts, [*options, *_defer(state)], elsewhere)
    (artifacts / COMPILED).write_text(json.dumps(compiled), "utf-8")
    (artifacts / LARGE_SEEDS).write_text(json.dumps(digests_of_large_seeds(root, graph)), "utf-8")
    return compiled.keys() == graph.readers_of_project


def build_touched(root: Path, artifacts: Path, state: Path, options: Sequence[str]) -> bool:
    """Read the project, find what the change touches, build and test it; tell whether all passed.

    Args:
        root: the project's folder.
        artifacts: dbt's folder, which gets `touched.json` too.
        state: the folder of the release's state.
        options: for every call of dbt.
    """
    read = _read(artifacts, options)
    if read is None:
        return False
    manifest, graph = read
    defer = [*options, *_defer(state)]
    before = read_artifact(state / MANIFEST)
    compared = Compared(
        before,
        modified=_listed(manifest, [f"state:modified.{kind}" for kind in KINDS], defer),
        described=_listed(manifest, ["state:modified.persisted_descriptions"], defer),
        unit_tests=_listed(manifest, ["state:modified"], [*defer, "--resource-type", "unit_test"]),
        compiled_before=read_artifact(state / COMPILED),
        compiled=compile_readers(graph, artifacts, defer, before["nodes"].values()),
        large_seeds=read_artifact(state / LARGE_SEEDS),
        large_seeds_now=digests_of_large_seeds(root, graph),
    )
    touched = find_touched(graph, compared)
    touched = _without_files(graph, touched, json.loads((state / MISSING).read_text("utf-8")))
    (artifacts / TOUCHED).write_text(json.dumps(asdict(touched)), "utf-8")
    tests = graph.manifest["unit_tests"]
    selected = [_selector(graph.nodes[name]) for name in touched.run]
    selected += [_selector(tests[name]) for name in touched.unit_tests]
    # What dbt compiled to compare was not built.
    (artifacts / RESULTS).unlink(missing_ok=True)
    if not selected:
        return True
    what = ["--indirect-selection", "empty", "--select", *selected]
    # dbt takes a model's name for those of its unit tests, too.
    others = [_selector(test) for name, test in tests.items() if name not in touched.unit_tests]
    what += ["--exclude", *others] if others else []
    return bool(_invoke(["build", *what, *defer], manifest).success)


def _selector(node: dict[str, Any]) -> str:
    """Name a node for dbt to select; short names may be those of folders too."""
    return ".".join(node["fqn"])


def compile_readers(
    graph: Graph,
    artifacts: Path,
    options: Sequence[str],
    elsewhere: Iterable[dict[str, Any]] = (),
) -> dict[str, str]:
    """Give digests of the SQL of what reads the project itself, wherever its relations are.

    dbt reads the project again for it, as it notes in its nodes what it has compiled.

    Args:
        graph: the project.
        artifacts: dbt's folder.
        options: for dbt.
        elsewhere: nodes of the release, which the SQL may name.
    """
    names = [_selector(graph.nodes[name]) for name in sorted(graph.readers_of_project)]
    if not names:
        return {}
    _quietly(["compile", "--indirect-selection", "empty", "--select", *names, *options])
    nodes = json.loads((artifacts / MANIFEST).read_text("utf-8"))["nodes"]
    return {
        name: sha256(
            placeless(nodes[name]["compiled_code"], [*nodes.values(), *elsewhere]).encode()
        ).hexdigest()
        for name in graph.readers_of_project
        if nodes[name].get("compiled_code")
    }


def placeless(sql: str, nodes: Iterable[dict[str, Any]]) -> str:
    """Name relations in SQL without their database, and their schemas without a prefix."""
    for place in {(node["database"], node["schema"], _schema(node)) for node in nodes}:
        database, schema, plain = place
        sql = sql.replace(f'"{database}"."{schema}".', f'"{plain}".')
    return sql


def _schema(node: dict[str, Any]) -> str:
    schema: str = node["config"].get("schema") or node["schema"]
    return schema


def digests_of_large_seeds(root: Path, graph: Graph) -> dict[str, str]:
    """Give digests of files that dbt compares by path only, by path."""
    return {
        node["original_file_path"]: sha256(
            (root / node["original_file_path"]).read_bytes()
        ).hexdigest()
        for node in graph.nodes.values()
        if node["resource_type"] == "seed" and node["checksum"]["name"] == "path"
    }


def _defer(state: Path) -> list[str]:
    return ["--defer", "--state", str(state)]


def _read(artifacts: Path, options: Sequence[str]) -> "tuple[Manifest, Graph] | None":
    parsed = _invoke(["parse", *options])
    if not parsed.success:
        return None
    manifest = json.loads((artifacts / MANIFEST).read_text("utf-8"))
    return parsed.result, Graph(manifest)


def _listed(manifest: "Manifest", selectors: Sequence[str], options: Sequence[str]) -> set[str]:
    """Give the unique ids of what dbt finds by some selectors."""
    how = ["--indirect-selection", "empty", "--output", "json", "--output-keys", "unique_id"]
    found = _quietly(["ls", "--select", *selectors, *how, *options], manifest)
    return {json.loads(line)["unique_id"] for line in found.result or ()}


def _invoke(words: Sequence[str], manifest: "Manifest | None" = None) -> Any:  # noqa: ANN401
    """Call dbt, with what it has read or reading it again; give what it gives."""
    from dbt.cli.main import dbtRunner

    return dbtRunner(manifest=manifest).invoke(list(words))


def _quietly(words: Sequence[str], manifest: "Manifest | None" = None) -> Any:  # noqa: ANN401
    """Call dbt without its output, which is for the build to say."""
    with redirect_stdout(StringIO()):
        return _invoke([*words, "--quiet"], manifest)


def _without_files(graph: Graph, touched: Touched, missing: Sequence[str]) -> Touched:
    """Leave out what cannot be built without landed waves, if only its description is another one.

    Raises:
        WavehouseError: more of it is.
    """
    needing = graph.readers_of_files.intersection(touched.run)
    if not missing or not needing:
        return touched
    described = needing.intersection(touched.described)
    if needing > described:
        names = ", ".join(sorted(graph.nodes[name]["name"] for name in needing - described))
        studies = sorted({wave.split("/")[0] for wave in missing})
        raise WavehouseError(
            f"The change touches how landed waves are read ({names}), so it cannot be checked "
            f"without the landed waves of {', '.join(studies)}. {len(missing)} of them are not "
            f"here, such as landing/{missing[0]}. Bring them with `wavehouse fetch {studies[0]}`, "
            "and run the command again."
        )
    return replace(
        touched,
        run=[name for name in touched.run if name not in described],
        described=[name for name in touched.described if name not in described],
    )
