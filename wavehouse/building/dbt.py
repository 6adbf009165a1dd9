"""Run dbt in a process of its own, so that it leaves no lock and no state behind."""

import json
import os
import re
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from wavehouse.building.databases import held_message
from wavehouse.building.fingerprint import method_fingerprint
from wavehouse.encryption.databases import settle
from wavehouse.errors import WavehouseError
from wavehouse.escapes import terminal_text
from wavehouse.processes import ended_with_us
from wavehouse.product import PACKAGE
from wavehouse.project import Project
from wavehouse.writing import reason_code, refusal

# Starts dbt, of this installation whatever lies in the folder.
START = (sys.executable, "-P", "-c", "from dbt.cli.main import cli; cli()")
# One line for each of hundreds of nodes hides the few lines that matter; logs/dbt.log has them all.
ROUTINE = re.compile(r"\b(?P<number>\d+) of (?P<all>\d+) (START|OK|PASS|NO-OP|SKIP)\b")
# What dbt says of each of several runs that follow each other.
REPEATED = re.compile(
    r"\b(Running with dbt|Registered adapter|Found \d|Concurrency|Waves computed)\b.*"
)
KINDS = {
    "seed": "seed",
    "snapshot": "snapshot",
    "model": "model",
    "test": "data test",
    "unit_test": "unit test",
}
# In dbt's folder: what ran last, how it ended and how long it took.
RESULTS = "run_results.json"
SECONDS_BETWEEN_COUNTS = 15
COLOUR = re.compile(r"\x1b\[[0-9;]*m")


def run_dbt(
    project: Project,
    *arguments: str,
    holding: Sequence[int] = (),
    program: Sequence[str] = START,
) -> int:
    """Run a dbt command in the project and give its exit code.

    What dbt says is shown as it comes, but for the lines that only say that a node began or passed:
    these become one counter on a terminal, and elsewhere a count now and then. What dbt says at the
    start of each of several runs is shown once.

    Args:
        project: the project.
        arguments: the command with its options.
        holding: handles of locks that dbt holds too, should we be killed and it live on.
        program: what is started: dbt, or what calls it with these arguments and options.

    Raises:
        WavehouseError: dbt failed because another program has the database open, or because the
            system refused to write, such as on a full disk.
    """
    if project.is_own and arguments[:1] != ("deps",):
        install_packages(project)
    from wavehouse.building.kept_by_dbt import forget_if_misleading

    forget_if_misleading(project, arguments)
    held: str | None = None
    refused: int | None = None
    told = time.monotonic()
    said: set[str] = set()
    command = [*program, *arguments]
    folders = ["--project-dir", str(project.root), "--profiles-dir", str(project.root)]
    options = [] if sys.stdout.isatty() else ["--no-use-colors"]
    # With every statement in the log too, dbt takes a tenth longer; target/run has what ran last.
    options += ["--log-level-file", "info"]
    with (
        subprocess.Popen(
            [*command, *folders, *options],
            cwd=project.root,
            # The models say by it why a figure was revised.
            env={**os.environ, "WAVEHOUSE_METHOD": method_fingerprint(project)},
            stdout=subprocess.PIPE,
            text=True,
            encoding="utf-8",
            errors="replace",
            pass_fds=holding,
        ) as process,
        ended_with_us(process),
    ):
        assert process.stdout is not None
        for line in process.stdout:
            held = held or held_message(line, "The working database")
            refused = refused or reason_code(line)
            plain = COLOUR.sub("", line)
            routine, repeated = ROUTINE.search(plain), REPEATED.search(plain)
            if repeated and repeated[0] in said:
                continue
            said |= {repeated[0]} if repeated else set()
            if not routine:
                print(terminal_text(line.rstrip("\n")), flush=True)
            elif sys.stdout.isatty():
                print(f"  {routine['number']} of {routine['all']}", end="\r", flush=True)
            elif time.monotonic() - told >= SECONDS_BETWEEN_COUNTS:
                print(f"  {routine['number']} of {routine['all']}", flush=True)
                told = time.monotonic()
    settle(project.working_database)
    if process.returncode != 0 and held is not None:
        raise WavehouseError(held)
    if process.returncode != 0 and refused is not None:
        raise WavehouseError(refusal(project.target, refused))
    return process.returncode


def install_packages(project: Project) -> None:
    """Let dbt find the packages that packages.yml names, unless it does already.

    Raises:
        WavehouseError: dbt did not install them.
    """
    found = project.root / "dbt_packages" / PACKAGE
    if not found.exists() and run_dbt(project, "deps", "--quiet") != 0:
        raise WavehouseError(
            "dbt did not install the packages of packages.yml; see the messages above."
        )


def public_tables(artifacts: Path, schema: str) -> list[str]:
    """Give the names of the relations that the project's models and seeds make in a schema.

    A working database may hold more: tables of models that are gone.
    """
    nodes = _artifact(artifacts / "manifest.json")["nodes"].values()
    return sorted(
        node["alias"]
        for node in nodes
        if node["resource_type"] in ("model", "seed", "snapshot")
        and node["schema"] == schema
        and node["config"]["enabled"]
        and node["config"]["materialized"] != "ephemeral"
    )


def declared_keys(artifacts: Path, schema: str) -> dict[str, tuple[str, ...]]:
    """Give the primary keys that the contracts of a schema's tables declare, by table.

    A working database does not hold those of long tables: their keys are tested. Without dbt's
    manifest there are none.
    """
    manifest = artifacts / "manifest.json"
    if not manifest.exists():
        return {}
    return {
        node["alias"]: tuple(constraint["columns"])
        for node in _artifact(manifest)["nodes"].values()
        if node["resource_type"] == "model" and node["schema"] == schema
        for constraint in node["constraints"]
        if constraint["type"] == "primary_key"
    }


def declared_microdata(artifacts: Path, schema: str) -> set[str]:
    """Give the tables of a schema whose models say that they hold rows of people.

    They say so by `microdata: true` in their `meta`; those with a column of respondents need not.
    Without dbt's manifest there are none.
    """
    manifest = artifacts / "manifest.json"
    if not manifest.exists():
        return set()
    return {
        node["alias"]
        for node in _artifact(manifest)["nodes"].values()
        if node["resource_type"] == "model"
        and node["schema"] == schema
        and node.get("config", {}).get("meta", {}).get("microdata")
    }


def results_of(artifacts: Path) -> dict[str, dict[str, Any]]:
    """Give the results of the last dbt run by node; none if it did not come that far."""
    try:
        read = _artifact(artifacts / RESULTS)
    except (OSError, ValueError):
        return {}
    return {result["unique_id"]: result for result in read["results"]}


def summarize_run(artifacts: Path) -> str:
    """Say in one line what the last dbt run did: how many nodes of each kind, and how long."""
    results = _artifact(artifacts / RESULTS)
    kinds = Counter(result["unique_id"].split(".")[0] for result in results["results"])
    parts = [
        f"{kinds[kind]} {name}{'' if kinds[kind] == 1 else 's'}"
        for kind, name in KINDS.items()
        if kinds[kind]
    ]
    return f"{', '.join(parts)} in {results['elapsed_time']:.1f} s"


def _artifact(path: Path) -> dict[str, Any]:
    return json.loads(path.read_text(encoding="utf-8"))
