"""Check a change: build and test what it touches, and say what that does to published numbers.

All of it happens in `target/change`. The rest is read in a release that stands beside it
(`baseline.py`); neither the release nor this clone's own build and warehouse are touched.
"""

import json
import time
from collections.abc import Iterable, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from wavehouse.building.artifacts import MANIFEST
from wavehouse.building.dbt import run_dbt, summarize_run
from wavehouse.building.fingerprint import VERSIONED
from wavehouse.building.postgres_tables import load_public
from wavehouse.changes import dbt_change
from wavehouse.changes.attached_release import Beside
from wavehouse.changes.baseline import (
    DATABASE,
    Baseline,
    digests_of_inputs,
    own_database,
    own_schemas,
    pin,
    read_baseline,
    standing_beside,
)
from wavehouse.changes.diff import Difference, Side, compare
from wavehouse.changes.diff_report import as_markdown
from wavehouse.changes.touched import CLOSING, Graph
from wavehouse.codebook.wave_files import Inspection, check_files, problems_of_files
from wavehouse.disclosure.closing import close_and_report
from wavehouse.encryption.databases import attach, connect
from wavehouse.errors import ProblemsError, WavehouseError
from wavehouse.escapes import sql_name, sql_text
from wavehouse.generate import generate
from wavehouse.locks import only_one
from wavehouse.project import Project
from wavehouse.publishing.contracts import SCHEMA
from wavehouse.publishing.readers import readers_of
from wavehouse.writing import explained
from wavehouse_exchange.onboarding.draft import open_problems

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection

# So many names of what changed stand in a report.
NAMED = 12


@dataclass
class Checked:
    """How a change was checked.

    Args:
        baseline: the release; none if there is none yet.
        whole: why all was built; empty if only what the change touches was.
        changed: what is new or another one, by kind: names of seeds, models and tests.
        gone: names of seeds and models that the release has and the change does not.
        readers: who reads what is new or another one, and what comes of it.
        ran: what was built and tested, in words.
        n_left: how many steps of a build are those of the release.
        not_compared: studies whose landed waves are not here.
        difference: what differs in published numbers; none if nothing could differ.
    """

    baseline: Baseline | None
    whole: str = ""
    changed: dict[str, list[str]] = field(default_factory=dict)
    gone: list[str] = field(default_factory=list)
    readers: list[str] = field(default_factory=list)
    ran: str = ""
    n_left: int = 0
    not_compared: list[str] = field(default_factory=list)
    difference: Difference | None = None


def check_change(project: Project, against: Path, target: str = "duckdb") -> Checked:
    """Build and test what a change touches, against a release.

    Args:
        project: the clone with the change.
        against: the folder of the release, as `wavehouse baseline` wrote it.
        target: the dbt target, on which the release was built too.

    Raises:
        ProblemsError: files have problems.
        WavehouseError: the change does not pass, or the folder holds no release.
    """
    folder = project.target / "change"
    with ExitStack() as stack:
        stack.enter_context(explained(folder))
        lock = stack.enter_context(only_one(folder / ".lock", "check of a change"))
        baseline = read_baseline(against)
        if baseline is not None and baseline.target != target:
            raise WavehouseError(
                f"The release in {against} was built on {baseline.target}. Name it: --target "
                f"{baseline.target}."
            )
        drafts = open_problems(project)
        if drafts:
            raise ProblemsError(
                "Nothing was checked, because drafts of new waves are not finished:", drafts
            )
        found = check_files(project)
        for change in generate(project, found):
            print(f"Generated {change}: commit it with the change.")
        whole = _why_whole(project, baseline)
        print(_what_is_done(baseline, whole, against))
        checked = Checked(baseline, whole)
        state = folder / "release"
        if baseline is not None:
            pin(against, baseline, state)
        as_pinned = _state_of(state)
        if baseline is None or whole:
            beside = None
            if target == "postgres":
                beside = Beside((), "", prefix=stack.enter_context(own_schemas()))
            else:
                stack.enter_context(own_database(project, folder / "change.duckdb"))
            _run_whole(project, target, folder, found, lock)
            checked.not_compared = found.left_out
            closing = True
        else:
            missing = [wave for wave in baseline.landed if not _is_landed(project, wave)]
            (state / dbt_change.MISSING).write_text(json.dumps(missing), encoding="utf-8")
            beside = stack.enter_context(standing_beside(project, folder, baseline, state))
            closing = _run_touched(project, target, folder, state, found, lock)
        graph = Graph(json.loads((folder / MANIFEST).read_text(encoding="utf-8")))
        _describe(checked, graph, folder)
        if closing:
            try:
                print(close_and_report(project, target, folder, [lock], beside))
            except ProblemsError as problems:
                print(problems)
                raise WavehouseError(_failure()) from problems
        if baseline is not None:
            checked.difference = _compare(project, checked, graph, state, beside)
        if _state_of(state) != as_pinned:
            raise WavehouseError(
                f"The files of the release in {against} changed while they were read. Get them "
                "again, and run the command again."
            )
    return checked


def report(checked: Checked) -> str:
    """Write what a review wants to know, as Markdown."""
    lines = ["## Check of the change", ""]
    baseline = checked.baseline
    if baseline is None:
        lines += ["There is no release to compare with yet, so everything was built and tested."]
    elif checked.whole:
        lines += [
            f"Compared with release {baseline.release}. Everything was built and tested, because "
            f"{checked.whole}."
        ]
    else:
        lines += [f"Compared with release {baseline.release}, published {baseline.published_at}."]
    lines.append("")
    for kind, names in checked.changed.items():
        lines.append(f"- {kind}: {_some(names)}")
    if checked.gone:
        lines.append(f"- gone: {_some(checked.gone)}")
    if checked.readers:
        lines.append(f"- read by: {'; '.join(checked.readers)}")
    if baseline is not None and not checked.whole and not (checked.changed or checked.gone):
        lines.append("- nothing that is built is new or changed")
    lines.append(f"- built and tested: {checked.ran or 'nothing'}")
    if checked.n_left:
        lines.append(f"- taken from the release: {checked.n_left} steps of a build")
    if checked.not_compared:
        lines.append(
            f"- not compared: {', '.join(checked.not_compared)} (the landed waves are not here)"
        )
    lines.append("")
    if checked.difference is not None:
        lines.append(as_markdown(checked.difference))
    elif baseline is not None:
        lines.append("No table of published numbers had to be built, so none differs.")
    return "\n".join(lines).rstrip() + "\n"


def _why_whole(project: Project, baseline: Baseline | None) -> str:
    """Say why what the release has cannot stand for what would be built here; empty if it can."""
    from importlib.metadata import version

    if baseline is None:
        return ""
    for name in VERSIONED:
        if baseline.versions.get(name) != version(name):
            made = baseline.versions.get(name, "no version")
            return f"the release was made with {name} {made}, but {version(name)} is installed here"
    inputs = digests_of_inputs(project)
    for name in sorted(baseline.inputs.keys() | inputs):
        if baseline.inputs.get(name) != inputs.get(name):
            return f"{name} differs from the one that the release was made with"
    return ""


def _what_is_done(baseline: Baseline | None, whole: str, against: Path) -> str:
    if baseline is None:
        return (
            f"There is no release in {against} to compare with yet, so everything is built and "
            "tested. After a publish, `wavehouse baseline FOLDER` writes one."
        )
    if whole:
        return f"Everything is built and tested, because {whole}."
    return (
        "Building and testing what the change touches; everything else is read from release "
        f"{baseline.release}."
    )


def _run_whole(project: Project, target: str, folder: Path, found: Inspection, lock: int) -> None:
    for study_id in found.left_out:
        print(f"Left out: {study_id} (optional, nothing landed)")
    words = ("build", "--target", target, "--target-path", str(folder))
    if run_dbt(project, *words, holding=[lock]) or found.ambiguous:
        _fail(found)


def _run_touched(
    project: Project, target: str, folder: Path, state: Path, found: Inspection, lock: int
) -> bool:
    """Build and test what the change touches; tell whether more may have to be suppressed."""
    for name in (dbt_change.TOUCHED, "run_results.json"):
        (folder / name).unlink(missing_ok=True)
    words = (dbt_change.BUILD, str(project.root), str(folder), str(state))
    options = ("--target", target, "--target-path", str(folder))
    started = time.monotonic()
    failed = run_dbt(project, *words, *options, holding=[lock], program=dbt_change.START)
    if failed or found.ambiguous:
        _fail(found)
    print(f"Built and tested ({time.monotonic() - started:.0f} s with dbt's start).")
    graph = Graph(json.loads((folder / MANIFEST).read_text(encoding="utf-8")))
    touched = json.loads((folder / dbt_change.TOUCHED).read_text(encoding="utf-8"))
    return bool(graph.with_ephemeral(graph.saying([CLOSING])) & set(touched["run"]))


def _describe(checked: Checked, graph: Graph, folder: Path) -> None:
    """Note what changed and what ran."""
    n_steps = sum(graph.is_run(name) for name in graph.nodes) + len(graph.manifest["unit_tests"])
    if (folder / "run_results.json").exists():
        checked.ran = summarize_run(folder)
    if checked.baseline is None or checked.whole:
        return
    touched = json.loads((folder / dbt_change.TOUCHED).read_text(encoding="utf-8"))
    checked.n_left = n_steps - len(touched["run"]) - len(touched["unit_tests"])
    for names, said in ((touched["changed"], ""), (touched["described"], ", description changed")):
        for name in names:
            kind = {"test": "data test"}.get(name.split(".")[0], name.split(".")[0])
            words = f"{kind}s{said or ' changed'}"
            checked.changed.setdefault(words, []).append(graph.nodes[name]["name"])
    checked.readers = readers_of(graph.manifest, touched["changed"])
    checked.gone = [
        name.split(".")[2] for name in touched["gone"] if name.split(".")[0] in ("seed", "model")
    ]


def _compare(
    project: Project, checked: Checked, graph: Graph, state: Path, beside: Beside | None
) -> Difference | None:
    """Compare the public tables that were built with those of the release."""
    import duckdb

    baseline = checked.baseline
    assert baseline
    if not checked.ran:
        return None
    with connect(config={"autoinstall_known_extensions": "false"}) as connection:
        try:
            if baseline.target == "postgres":
                load_public(connection, {"release": "", "change": beside.prefix if beside else ""})
            else:
                files = {"release": state / DATABASE, "change": project.working_database}
                for name, file in files.items():
                    attach(connection, file, name)
        except duckdb.Error as error:
            if not checked.whole:
                raise
            print(f"The release cannot be read, so nothing is compared. ({error})")
            return None
        before, after = (_public(connection, name) for name in ("release", "change"))
        # What is not there in the change was not built, or is no more.
        wanted = {
            node["alias"]
            for node in graph.nodes.values()
            if node["config"].get("schema") == SCHEMA and node["resource_type"] != "test"
        }
        kept = [name for name in before if name in after or name not in wanted]
        if not kept and not after:
            return None
        sides = (
            Side(f"release {baseline.release}", _sources("release", kept, checked.not_compared)),
            Side("this change", _sources("change", after, [])),
        )
        return compare(connection, project, *sides)


def _public(connection: "DuckDBPyConnection", database: str) -> list[str]:
    """Name the public tables of a database that are of studies."""
    rows: list[tuple[str]] = connection.execute(
        """
        select table_name from duckdb_columns()
        where database_name = $1 and schema_name = $2 and column_name = 'study_id'
        order by all
        """,
        [database, SCHEMA],
    ).fetchall()
    return [row[0] for row in rows]


def _sources(database: str, names: Iterable[str], without: Sequence[str]) -> dict[str, str]:
    studies = ", ".join(sql_text(study_id) for study_id in without)
    condition = f" where study_id not in ({studies})" if studies else ""
    return {
        name: f"(select * from {database}.{SCHEMA}.{sql_name(name)}{condition})" for name in names
    }


def _is_landed(project: Project, wave: str) -> bool:
    return (project.landing / wave / "answers.parquet").is_file()


def _state_of(folder: Path) -> list[tuple[str, int, int]]:
    """Give what would tell that files of a release were changed."""
    files = (path for path in sorted(folder.rglob("*")) if path.name != dbt_change.MISSING)
    states = ((path, path.stat()) for path in files if path.is_file())
    return [(str(path), state.st_size, state.st_mtime_ns) for path, state in states]


def _fail(found: Inspection) -> None:
    if found.ambiguous:
        print(problems_of_files(found.ambiguous))
    raise WavehouseError(_failure())


def _failure() -> str:
    return (
        "The change does not pass; see the messages above. What was built is in target/change; "
        "nothing else was changed."
    )


def _some(names: list[str]) -> str:
    """List names, or the first of many."""
    more = f" and {len(names) - NAMED} more" if len(names) > NAMED else ""
    return ", ".join(f"`{name}`" for name in sorted(names)[:NAMED]) + more
