"""Whole runs, disturbed: a delivery is taken, built, attacked and published, or it is not."""

import os
import shutil
import signal
import time
from pathlib import Path

import duckdb

from faults.trials import END, FULL, KILL, TWICE, Trials, call, contents, full, note, start


def disturb_runs(trials: Trials, n_faults: int, outputs: Path) -> None:
    """Disturb a run that takes a delivery, each time from the same beginning.

    A build adds numbers up in another order where it does so by wave, so rows are counted here, and
    sums of them are not compared.
    """
    reset(trials)
    before = rows_of(trials)
    started = time.monotonic()
    note(trials, call(trials, ("run",), outputs) == 0, "run fails undisturbed")
    seconds, after = time.monotonic() - started, rows_of(trials)
    note(trials, before != after, "the run took nothing")
    for number in range(n_faults):
        fault = trials.random.choice([KILL, KILL, END, TWICE, FULL])
        moment = trials.random.uniform(0, seconds)
        words = f"run, {fault} after {moment:.0f} s"
        reset(trials)
        if fault == TWICE:
            children = [start(trials, ("run",), outputs) for _ in range(2)]
            for child in children:
                os.waitpid(child, 0)
        elif fault == FULL:
            child = start(trials, ("run",), outputs)
            time.sleep(moment)
            with full(trials):
                os.waitpid(child, 0)
        else:
            ended = (signal.SIGKILL if fault == KILL else signal.SIGTERM, moment)
            call(trials, ("run",), outputs, ended=ended)
        trials.counts["run", fault] += 1
        note(trials, rows_of(trials) in (before, after), f"{words}: a mixture is published")
        code = call(trials, ("run",), outputs)
        said = (outputs / "output.txt").read_text(encoding="utf-8", errors="replace")[-600:]
        note(trials, code == 0, f"{words}: the next run ended with {code}: {said}")
        note(trials, rows_of(trials) == after, f"{words}: the next run leaves something else")
        left = trials.root / ".wavehouse" / "taking"
        note(trials, not left.exists(), f"{words}: {left.name} is left")
        print(f"{number + 1} runs disturbed, {len(trials.wrong)} did not hold", flush=True)


def reset(trials: Trials) -> None:
    """Let the project be as it was in the beginning, with a delivery in its inbox."""
    shutil.rmtree(trials.root)
    shutil.copytree(trials.beside / "pristine", trials.root, symlinks=True)
    inbox = trials.root / "inbox" / "harbour" / "2026"
    inbox.mkdir(parents=True)
    shutil.copy(trials.beside / "wave.csv", inbox)
    (trials.root / "operations.yml").write_text(
        "run: {inbox: inbox, settle_seconds: 0, pages: false}\n"
    )


def rows_of(trials: Trials) -> dict[str, int]:
    """Give how many rows each published table has, as counted; nothing where that is not whole."""
    folder = (trials.project.warehouse / "current").resolve()
    try:
        found = contents(folder)
    except (OSError, ValueError, duckdb.Error) as error:
        return {str(error): -1}
    return {name: rows for name, (rows, _) in found.items()}
