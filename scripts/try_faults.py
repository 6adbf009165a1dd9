"""Disturb publishing, landing, applying, fetching and backing up at random; see what is left.

    .venv/bin/python scripts/try_faults.py                  # 1,000 faults: most of an hour
    .venv/bin/python scripts/try_faults.py --faults 60 --seed 7
    .venv/bin/python scripts/try_faults.py --faults 0 --pipeline 100   # of whole runs: hours
    .venv/bin/python scripts/try_faults.py --faults 0 --postgres 10    # of builds there

A small project is built once. Then, over and over, a process is disturbed at a random moment: it is
killed, told to end, met by another one that does the same, left without room on the disk (a file
system of its own in memory, which needs root), given a clock that jumps (libfaketime), met by a
release or working database that is damaged or gone, or left by the server that it downloads from or
builds on. Nothing is made up inside the process.

After each fault: the published release is one that was published whole, all of its tables have the
rows that they had, every release that ever counted is still kept, and each file is as before or as
after. Then the same command runs undisturbed, and must succeed and leave what it leaves without a
fault. The result is a table of counts; the exit code is 1 if something did not hold.
"""

import argparse
import random
import sys
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path

from faults.commands import disturb, subjects_of
from faults.network import FileServer
from faults.postgres import disturb_postgres
from faults.runs import disturb_runs
from faults.trials import Trials, begin, call, note, place

from wavehouse.project import Project


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the trials; end with 1 if something did not hold."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n", maxsplit=1)[0])
    parser.add_argument("--faults", type=int, default=1000, help="how many (default: 1000)")
    parser.add_argument(
        "--pipeline", type=int, default=0, help="how many of `wavehouse run` besides (default: 0)"
    )
    parser.add_argument(
        "--postgres", type=int, default=0, help="how many of builds on PostgreSQL (default: 0)"
    )
    parser.add_argument("--seed", type=int, default=1, help="draws them (default: 1)")
    said = parser.parse_args(arguments)
    with place() as (root, beside), tempfile.TemporaryDirectory() as outputs:
        trials = Trials(Project(root / "town"), beside, random.Random(said.seed))
        begin(trials)
        server = FileServer(trials.beside / "wave.csv")
        subjects = subjects_of(trials, server)
        outcomes = {}
        for name, subject in subjects.items():
            subject.prepare(trials)
            started = time.monotonic()
            code = call(trials, subject.words, Path(outputs))
            trials.seconds[name] = time.monotonic() - started
            note(trials, code == 0, f"{name} fails undisturbed")
            outcomes[name] = subject.after(trials)
        for number in range(said.faults):
            name = trials.random.choice(list(subjects))
            disturb(trials, name, subjects[name], outcomes[name], Path(outputs), server)
            if number % 50 == 49:
                print(f"{number + 1} faults, {len(trials.wrong)} did not hold", flush=True)
        server.kill()
        if said.postgres:
            disturb_postgres(trials, said.postgres, Path(outputs))
        if said.pipeline:
            disturb_runs(trials, said.pipeline, Path(outputs))
    for (name, fault), n_trials in sorted(trials.counts.items()):
        print(f"{name:10} {fault:22} {n_trials:5}")
    print(f"{sum(trials.counts.values())} faults: {len(trials.wrong)} thing(s) did not hold.")
    return 1 if trials.wrong else 0


if __name__ == "__main__":
    sys.exit(main())
