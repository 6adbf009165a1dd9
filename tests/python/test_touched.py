"""What a change touches, from two readings of the project; also where dbt is blind to it."""

import json
from pathlib import Path
from typing import Any

import pytest
from workbench import DbtRun

from wavehouse.changes.dbt_change import _without_files
from wavehouse.changes.touched import Compared, Graph, Touched, find_touched
from wavehouse.errors import WavehouseError

Node = dict[str, Any]


def node(name: str, *parents: str, **more: Any) -> Node:  # noqa: ANN401
    """Make a node: `kind.name`, and the names of those that it reads."""
    kind, short = name.split(".")
    parts = {"sql": "", "meta": {}, "materialized": "seed" if kind == "seed" else "table"} | more
    return {
        "unique_id": f"{kind}.wavehouse.{short}",
        "resource_type": kind,
        "package_name": "wavehouse",
        "name": short,
        "raw_code": parts["sql"],
        "config": {"materialized": parts["materialized"], "meta": parts["meta"]},
        "checksum": {"name": parts.get("checksum", "sha256")},
        "original_file_path": f"{short}.csv",
        "depends_on": {
            "nodes": [full(parent) for parent in parents],
            "macros": parts.get("macros", []),
        },
    }


def full(name: str) -> str:
    kind, short = name.split(".")
    return f"{kind}.wavehouse.{short}"


def manifest(*nodes: Node) -> Node:
    """Make what dbt would write of some nodes. Each model has a unit test."""
    children: dict[str, list[str]] = {}
    for each in nodes:
        for parent in each["depends_on"]["nodes"]:
            children.setdefault(parent, []).append(each["unique_id"])
    return {
        "nodes": {each["unique_id"]: each for each in nodes},
        "child_map": children,
        "macros": {
            "macro.wavehouse.asks": {"macro_sql": "graph.nodes", "depends_on": {"macros": []}}
        },
        "unit_tests": {
            f"unit_test.wavehouse.{each['name']}": {"depends_on": {"nodes": [each["unique_id"]]}}
            for each in nodes
            if each["resource_type"] == "model"
        },
    }


PROJECT = (
    node("seed.labels"),
    node("seed.deliveries"),
    node("seed.large", checksum="path"),
    node("model.landed", "source.files"),
    node("model.answers", "model.landed"),
    node("model.estimates", "model.answers", "model.closing"),
    node("model.closing", sql="{{ closing_rows([]) }}"),
    node("model.fct_trend_estimates", "model.estimates"),
    node("model.fct_slopes", "model.estimates"),
    node("model.part", "seed.labels", materialized="ephemeral"),
    node("model.checks", "model.part", macros=["macro.wavehouse.asks"]),
    node("model.names", "seed.large"),
    node("model.published", sql="{{ published_rows('x') }}"),
    node("model.revisions", "model.published", "model.fct_trend_estimates"),
    node("test.slopes", "model.fct_slopes", "model.names"),
)  # fmt: skip
KNOWN = {full("model.checks"): "sum of SQL"}
SUMS = {"large.csv": "1"}


def touched(*modified: str, now: tuple[Node, ...] = PROJECT, **more: Any) -> Touched:  # noqa: ANN401
    """Find what is touched where dbt finds some nodes to be others."""
    known: dict[str, Any] = {
        "compiled_before": KNOWN,
        "compiled": KNOWN,
        "large_seeds": SUMS,
        "large_seeds_now": SUMS,
    }
    compared = Compared(manifest(*PROJECT), {full(name) for name in modified}, **{**known, **more})
    return find_touched(Graph(manifest(*now)), compared)


def names(found: list[str]) -> set[str]:
    """Give names without project and kind."""
    return {name.split(".")[2] for name in found}


def with_node(changed: Node) -> tuple[Node, ...]:
    """Give the project with another node of a name."""
    return tuple(changed if each["name"] == changed["name"] else each for each in PROJECT)


def test_nothing_is_touched_by_nothing() -> None:
    """A change of a text for readers, for instance."""
    assert touched() == Touched([], [], [], [], [])


def test_an_ephemeral_model_is_run_as_part_of_others() -> None:
    """It is no step of a build, but its unit test is."""
    found = touched("seed.labels")
    assert names(found.run) == {"labels", "checks"}
    assert found.unit_tests == []
    found = touched("model.part")
    assert names(found.run) == {"checks"}
    assert names(found.unit_tests) == {"part"}


def test_a_test_runs_if_any_of_its_parents_is_built() -> None:
    """The other parents are those of the release."""
    assert names(touched("model.names").run) == {"names", "slopes"}
    assert names(touched("test.slopes").run) == {"slopes"}


def test_what_is_suppressed_besides_is_found_again_where_the_attack_sees_other_figures() -> None:
    """A mart beside them leaves it as it is."""
    assert names(touched("model.fct_slopes").run) == {"fct_slopes", "slopes"}
    assert names(touched("model.answers").run) == {
        *("answers", "estimates", "closing", "fct_trend_estimates", "fct_slopes", "slopes"),
        *("revisions", "published"),
    }


def test_what_is_published_is_read_again_for_what_compares_it() -> None:
    """Revisions are of a build and of what is published."""
    assert names(touched("model.revisions").run) == {"revisions", "published"}


def test_files_that_dbt_compares_by_path_are_compared() -> None:
    """Seeds over 1 MB."""
    found = touched(large_seeds_now={"large.csv": "2"})
    assert names(found.run) == {"large", "names", "slopes"}
    assert names(touched(large_seeds={}).changed) == {"large"}


def test_meta_counts() -> None:
    """Macros read it; dbt's comparison does not."""
    found = touched(now=with_node(node("model.names", "seed.large", meta={"units": "waves"})))
    assert names(found.run) == {"names", "slopes"}


@pytest.mark.parametrize("compiled", [{full("model.checks"): "another sum"}, {}])
def test_what_reads_the_project_is_known_by_its_sql(compiled: dict[str, str]) -> None:
    """What cannot be compiled yet, or was not there, counts as another one."""
    assert Graph(manifest(*PROJECT)).readers_of_project == {full("model.checks")}
    assert names(touched(compiled=compiled).run) == {"checks"}


def test_a_description_touches_its_own_node_only() -> None:
    """Nobody reads it in the database."""
    found = touched(described={full("model.answers")})
    assert names(found.run) == names(found.described) == {"answers"}
    assert found.changed == found.unit_tests == []


def test_deliveries_are_read_again_where_they_are_declared_again() -> None:
    """The codebook says what was landed."""
    assert {"deliveries", "landed", "answers"} <= names(touched("seed.deliveries").run)


def test_a_changed_unit_test_runs_alone() -> None:
    """Its model is as it was."""
    found = touched(unit_tests={"unit_test.wavehouse.names"})
    assert names(found.unit_tests) == {"names"}
    assert found.run == []


def test_what_is_gone_is_told() -> None:
    """What read it reads something else now, which dbt sees."""
    found = touched(now=tuple(each for each in PROJECT if each["name"] != "slopes"))
    assert names(found.gone) == {"slopes"}


MISSING = ["survey/2001", "survey/2003"]


def test_a_description_of_what_reads_landed_waves_can_wait() -> None:
    """Without the files it would be built of nothing."""
    graph = Graph(manifest(*PROJECT))
    found = touched(described={full("model.landed"), full("model.names")})
    assert names(_without_files(graph, found, MISSING).run) == {"names"}
    assert _without_files(graph, found, []) == found


def test_what_reads_landed_waves_needs_them() -> None:
    """The message names who reads, what is missing, and what to do."""
    graph = Graph(manifest(*PROJECT))
    with pytest.raises(WavehouseError) as error:
        _without_files(graph, touched("model.landed"), MISSING)
    assert str(error.value) == (
        "The change touches how landed waves are read (landed), so it cannot be checked without "
        "the landed waves of survey. 2 of them are not here, such as landing/survey/2001. Bring "
        "them with `wavehouse fetch survey`, and run the command again."
    )
    assert _without_files(graph, touched("seed.labels"), MISSING) == touched("seed.labels")


def test_changes_of_the_codebook_need_no_landed_waves(parsed: DbtRun, project_root: Path) -> None:
    """Nothing that follows from a codebook table reads files, nor views that do."""
    assert parsed.exit_code == 0, parsed.output
    read = json.loads((project_root / "target/parse/manifest.json").read_text("utf-8"))
    graph = Graph(read)
    assert len(graph.readers_of_files) > 4
    views = {
        name
        for name in graph.nodes
        if graph.nodes[name]["config"]["materialized"] in ("view", "ephemeral")
    }
    # What shows the files whenever it is read.
    showing = graph.readers_of_files & views
    seeds = [
        name
        for name, node in graph.nodes.items()
        if node["resource_type"] == "seed" and node["fqn"][1] == "codebook"
    ]
    assert len(seeds) > 20
    for seed in seeds:
        following = graph.reading([seed])
        assert not following & graph.readers_of_files, seed
        for name in following:
            reading = showing.intersection(read["parent_map"].get(name, ()))
            # Its fingerprints say that it has no wave to compute.
            is_kept = graph.nodes[name]["config"]["materialized"] == "by_wave"
            assert is_kept or not reading, (seed, name)
