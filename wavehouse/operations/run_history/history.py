"""What the history tells: which runs there were, what got slower, what failed."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from statistics import median
from typing import Any

from wavehouse.errors import WavehouseError
from wavehouse.operations.run_history.messages import FAILED
from wavehouse.operations.run_history.run_files import (
    KILLED,
    Run,
    read_nodes,
    read_run,
    read_runs,
    runs_folder,
)
from wavehouse.operations.run_history.runs import NOTHING_TO_DO, PASSED
from wavehouse.project import Project

# How many runs of a kind one is compared with.
N_COMPARED = 10
# Slower is what takes so many times as long, and so many seconds more: less is noise.
TIMES_SLOWER = 1.2
STEP_SECONDS, NODE_SECONDS = 1.0, 0.2
N_SLOWEST = 10
DONE = (PASSED, NOTHING_TO_DO)
BAD_TESTS = ("fail", "error", "warn")
# What a record has for the program alone.
INTERNAL = ("process", "said_at")


@dataclass(frozen=True)
class Slower:
    """A step, or a node of dbt, that took longer than before.

    Args:
        name: the step or node.
        seconds: how long it took now.
        usual: the median of the runs before.
        n_compared: of how many runs.
    """

    name: str
    seconds: float
    usual: float
    n_compared: int

    @property
    def times(self) -> float:
        """How many times as long it took."""
        return self.seconds / self.usual if self.usual else float("inf")


@dataclass
class Comparison:
    """The last build that passed, set beside those before it.

    Args:
        run: the build; None if there is none, or none to compare it with.
        steps: what got slower, by step, the worst first.
        nodes: likewise by node of dbt.
    """

    run: Run | None = None
    steps: list[Slower] = field(default_factory=list)
    nodes: list[Slower] = field(default_factory=list)


def shown(run: Run) -> Run:
    """Give a run without what its record has for the program alone."""
    return {name: value for name, value in run.items() if name not in INTERNAL}


def find_run(project: Project, word: str) -> Run:
    """Find a run by its id, or by enough of its beginning.

    Raises:
        WavehouseError: there is none, or there are several.
    """
    exact = read_run(project, word)
    if exact is not None:
        return exact
    found = [path.stem for path in runs_folder(project).glob("*.json")]
    found = sorted(run_id for run_id in found if run_id.startswith(word))
    run = read_run(project, found[0]) if len(found) == 1 else None
    if run is not None:
        return run
    if found:
        some = ", ".join(found[:3])
        raise WavehouseError(
            f"{len(found)} runs begin with {word!r}, such as {some}. Write more of it."
        )
    raise WavehouseError(f"There is no run {word!r}. `wavehouse history` lists the runs.")


def did_its_work(run: Run) -> bool:
    """Tell whether a run did all that it could, also where it refused a delivery.

    What was refused is a finding of its own.
    """
    refused = (run.get("details") or {}).get("refused")
    steps = [step["status"] for step in run["steps"]]
    only_refused = run["status"] == FAILED and refused and steps and FAILED not in steps
    return run["status"] in DONE or bool(only_refused)


def failures(runs: Iterable[Run]) -> list[Run]:
    """Give the runs that failed or were killed before they did their work, the latest first."""
    of_failures = (run for run in runs if run["status"] in (FAILED, KILLED))
    return [run for run in of_failures if not did_its_work(run)][::-1]


def is_made_good(run: Run, runs: Sequence[Run]) -> bool:
    """Tell whether what a run did not do was done since, by its like or by the like of its parts.

    A run within a run is made good with that one, which speaks for it.

    Args:
        run: one that did not do its work.
        runs: all runs that there are to know.
    """
    outer = next((each for each in runs if each["run_id"] == run.get("part_of")), None)
    if outer is not None and (did_its_work(outer) or is_made_good(outer, runs)):
        return True
    missed = [
        part for part in runs if part.get("part_of") == run["run_id"] and part["status"] not in DONE
    ]
    return _done_since(run, runs) or (bool(missed) and all(_done_since(m, runs) for m in missed))


def _done_since(run: Run, runs: Iterable[Run]) -> bool:
    return any(
        other["started_at"] > run["started_at"]
        and same_kind(other) == same_kind(run)
        and did_its_work(other)
        for other in runs
    )


def same_kind(run: Run) -> tuple[Any, ...]:
    """Give what runs have in common that can be compared."""
    return run["command"], run["target"], run["study_id"]


def bad_tests(nodes: Iterable[dict[str, Any]]) -> list[dict[str, Any]]:
    """Give the tests that failed or warned."""
    return [node for node in nodes if node["kind"] == "test" and node["status"] in BAD_TESTS]


def slowest(nodes: Sequence[dict[str, Any]]) -> list[dict[str, Any]]:
    """Give the nodes that took longest."""
    return sorted(nodes, key=lambda node: -node["seconds"])[:N_SLOWEST]


def compare_last_build(project: Project, runs: Sequence[Run]) -> Comparison:
    """Set the last build that passed beside the ten before it, of the same engine.

    A build runs what changed, so a step may take longer because more had to be done; a node does
    the same work each time.
    """
    builds = [run for run in runs if run["command"] == "build" and run["status"] == PASSED]
    if not builds:
        return Comparison()
    last = builds[-1]
    before = [run for run in builds[:-1] if same_kind(run) == same_kind(last)][-N_COMPARED:]
    if not before:
        return Comparison()
    steps = _slower(_steps(last), [_steps(run) for run in before], STEP_SECONDS)
    nodes = _slower(_nodes(project, last), [_nodes(project, run) for run in before], NODE_SECONDS)
    return Comparison(last, steps, nodes)


def _slower(
    now: dict[str, float], before: Sequence[dict[str, float]], least: float
) -> list[Slower]:
    found = []
    for name, seconds in now.items():
        known = [each[name] for each in before if name in each]
        if not known:
            continue
        usual = median(known)
        if seconds >= usual * TIMES_SLOWER and seconds - usual >= least:
            found.append(Slower(name, seconds, usual, len(known)))
    return sorted(found, key=lambda each: each.usual - each.seconds)[:N_SLOWEST]


def _steps(run: Run) -> dict[str, float]:
    found: dict[str, float] = {}
    for step in run["steps"]:
        found[step["step"]] = found.get(step["step"], 0) + (step["seconds"] or 0)
    return found


def _nodes(project: Project, run: Run) -> dict[str, float]:
    return {node["node"]: node["seconds"] for node in read_nodes(project, run["run_id"])}


def when(text: str | None) -> str:
    """Write a time for readers, in UTC."""
    return f"{datetime.fromisoformat(text).astimezone(UTC):%Y-%m-%d %H:%M}" if text else ""


def duration(seconds: float | None) -> str:
    """Write how long something took, for readers."""
    if seconds is None:
        return ""
    if seconds < 60:
        return f"{seconds:.1f} s"
    minutes, rest = divmod(round(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours} h {minutes} min" if hours else f"{minutes} min {rest} s"


def last_runs(project: Project, last: int) -> list[Run]:
    """Read the last runs, the latest first."""
    return list(reversed(read_runs(project, last)))
