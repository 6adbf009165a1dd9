"""Build with dbt what changed since the last build, and what reads what changed.

Runs as a process of its own, as dbt does, so that it leaves no lock and no state behind. dbt reads
the project once. Then each stage runs what is stale by then: a table that came out as it was ends
the chain (wavehouse/building/stale.py).
"""

import json
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

from wavehouse.building.dbt import RESULTS, results_of
from wavehouse.building.nodes import N_STAGES, TEXTS, Graph
from wavehouse.building.stale import REST, WHOLE, Content, Known
from wavehouse.encryption.databases import connect, database_name
from wavehouse.encryption.key import secret
from wavehouse.errors import WavehouseError
from wavehouse.escapes import sql_name
from wavehouse.project import Project

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection

START = (sys.executable, "-P", "-c", "from wavehouse.building.stages import main; main()")
# The third argument.
ALL, CHANGED = "all", "changed"
PASSED, WARNED = ("success", "pass", "warn"), "warn"
# What a node of these kinds shows, its key says: that of a view also says what its parents hold.
KNOWN_BY_KEY = ("seed", "test", "view", "ephemeral")
# Views of codebook tables are short, so their rows are looked at too.
SHORT_VIEWS = "models/staging/codebook/"

Results = dict[str, dict[str, Any]]


def main() -> None:
    """Build a project by `root artifacts how option...`; end with 1 if something failed."""
    root, artifacts, how, *options = sys.argv[1:]
    try:
        passed = build_stages(Project(Path(root)), Path(artifacts), how == ALL, options)
    except WavehouseError as error:
        sys.exit(str(error))
    sys.exit(0 if passed else 1)


def build_stages(
    project: Project,
    artifacts: Path,
    all_again: bool,
    options: Sequence[str],
    callbacks: Sequence[Callable[..., None]] = (),
) -> bool:
    """Read the project, run what is stale, stage by stage, and tell whether all of it passed.

    Args:
        project: the project; its working database is built, with DuckDB.
        artifacts: dbt's folder, which gets the manifest, and the results of all stages together.
        all_again: whether tables that are computed by wave are computed again, too.
        options: for every call of dbt.
        callbacks: hear what dbt does.

    Raises:
        WavehouseError: dbt left out a node that it was told to run.
    """
    from dbt.cli.main import dbtRunner

    known = Known.take(project)
    parsed = dbtRunner(callbacks=list(callbacks)).invoke(["parse", *options])
    if not parsed.success:
        # Nothing was touched.
        known.save(project, is_last=False)
        return False
    dbt = dbtRunner(manifest=parsed.result, callbacks=list(callbacks))
    graph = Graph.of(json.loads((artifacts / "manifest.json").read_text("utf-8")), project)
    known.keep_only(graph)
    started = time.monotonic()
    results: Results = {}
    # Where nothing is known all has to run, and nothing is gained from stages.
    stages = range(N_STAGES) if known.keys else [N_STAGES - 1]
    for stage in stages:
        names = known.stale(graph, stage)
        known.forget(names)
        selected = graph.selected(names)
        passed = True
        if selected:
            what = ["--exclude-resource-type", "unit_test"]
            what += ["--full-refresh"] if all_again else []
            if len(selected) < len(graph.selected(graph.nodes)):
                what += ["--indirect-selection", "empty", "--select", *selected]
            # A run that is cut short may write none.
            (artifacts / RESULTS).unlink(missing_ok=True)
            passed = dbt.invoke(["build", *what, *options]).success
            results |= results_of(artifacts)
        done = {name for name in names if _is_done(graph, results, name, passed)}
        if passed and len(done) < len(names):
            left = ", ".join(sorted(set(names) - done))
            raise WavehouseError(
                f"dbt did not run what it was told to: {left}. Run `wavehouse build --force`."
            )
        with _contents(project, graph) as content:
            known.note(graph, done, content)
        if not passed:
            break
    known.forget(_said_again(graph, results))
    _write_results(artifacts, results, time.monotonic() - started)
    n_nodes = len(graph.selected(graph.nodes))
    n_left = n_nodes - sum(name in graph.nodes for name in results)
    if passed and n_left:
        print(
            f"{n_left} of {n_nodes} seeds, models and data tests do not depend on anything that "
            "changed."
        )
    # dbt lets go of the database when the process ends, and may write then.
    known.save(project, is_last=False)
    return passed


def _is_done(graph: Graph, results: Results, name: str, passed: bool) -> bool:
    """Tell whether a node is as it has to be; what is part of others is, where these are."""
    if graph.is_ephemeral(name):
        return passed
    return name in results and results[name]["status"] in PASSED


def _said_again(graph: Graph, results: Results) -> set[str]:
    """Give what the next build runs again, whatever changed, to say again what is wrong.

    These are tests that warned, and what failed tests read: reports on their rows, such as problems
    of delivered files, are printed where they were built.
    """
    found = set()
    for name, result in results.items():
        if name.startswith("test.") and result["status"] not in ("pass", "skipped"):
            found.add(name)
            if result["status"] != WARNED:
                found.update(graph.parents(name))
    return found


def _write_results(artifacts: Path, results: Results, seconds: float) -> None:
    """Let dbt's file of results have those of all stages."""
    path = artifacts / RESULTS
    try:
        last = json.loads(path.read_text("utf-8"))
    except (OSError, ValueError):
        last = {}
    together = {**last, "results": list(results.values()), "elapsed_time": seconds}
    path.write_text(json.dumps(together), "utf-8")


@contextmanager
def _contents(project: Project, graph: Graph) -> Iterator[Callable[[str], Content | None]]:
    """Give a function that gives digests of the rows of a node."""
    if secret() is not None:
        # An encrypted file is open once in a process, so what dbt holds open is used.
        def content(name: str) -> Content | None:
            with _beside_dbt(project) as connection:
                return _content(connection, graph, name)

        yield content
        return
    # dbt may hold the file open in this process, so the settings have to be its own.
    with connect(project.working_database) as connection:
        yield lambda name: _content(connection, graph, name)


@contextmanager
def _beside_dbt(project: Project) -> Iterator["DuckDBPyConnection"]:
    """Open the working database; if dbt has it open in this process, as a cursor of dbt's."""
    from dbt.adapters.duckdb.connections import DuckDBConnectionManager

    environment = DuckDBConnectionManager._ENV
    held = getattr(environment, "conn", None)
    with connect(project.working_database) if held is None else held.cursor() as connection:
        if held is not None:
            connection.execute(f"use {sql_name(database_name(project.working_database))}")
        yield connection


def _content(connection: "DuckDBPyConnection", graph: Graph, name: str) -> Content | None:
    """Give digests of a table's rows; of one that is computed by wave, of its fingerprints.

    None where a key says enough; it does not where a view reads what no node makes.
    """
    node = graph.nodes[name]
    kind = node["config"]["materialized"]
    is_short = node["original_file_path"].startswith(SHORT_VIEWS)
    if kind in KNOWN_BY_KEY and not (kind == "view" and (is_short or graph.reads_outside(name))):
        return None
    table = f"{sql_name(node['schema'])}.{sql_name(node['alias'])}"
    if kind == "by_wave":
        table = f"(select distinct fingerprint from {table})"
    columns = [name for name, *_ in connection.execute(f"from {table} limit 0").description or []]
    texts = [column for column in columns if TEXTS.fullmatch(column)]
    rest = [column for column in columns if column not in texts]
    of_columns = {REST: rest} | {column: [*rest, column] for column in texts}
    if len(texts) > 1:
        of_columns[WHOLE] = columns
    digests = ", ".join(map(_digest_of_rows, of_columns.values()))
    (found,) = connection.execute(f"select count(*), {digests} from {table}").fetchall()
    return {one: f"{found[0]} {digest}" for one, digest in zip(of_columns, found[1:], strict=True)}


def _digest_of_rows(columns: Sequence[str]) -> str:
    """Give SQL for one number that rows give in any order."""
    return f"sum(hash({', '.join([*map(sql_name, columns), 'true'])})::hugeint)"
