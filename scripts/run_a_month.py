"""Run a made-up daily tracker through a month in fast motion, and say whether all held.

    .venv/bin/python scripts/run_a_month.py                     # a month, 15 minutes or more
    .venv/bin/python scripts/run_a_month.py --days 8 --keep FOLDER

A project begins with the example study. Each day its week's wave grows by a day's answers, and
`wavehouse run` is called as a scheduler would, on a clock that libfaketime sets (Debian: faketime;
for backups: restic). Days go wrong by a plan: a file with a respondent twice, a renamed column, a
wave that comes late, a correction of an earlier wave, a run that is killed, a machine that is lost
and restored. Meanwhile a reader opens what is published, over and over.

In the end: what is published equals a build from nothing of the same waves; no reader met a half;
the history has every run; each wrong day was told, and what was right came in the day after.
"""

import argparse
import csv
import json
import os
import random
import shutil
import signal
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Any

import duckdb

from wavehouse.own.init import init_project
from wavehouse.project import Project

FIRST_DAY = date(2027, 3, 1)  # a Monday
WEEK = 7
ANSWERS_A_DAY = 40
COMMAND = [str(Path(sys.executable).with_name("wavehouse"))]
CLOCKS = sorted(Path("/usr/lib").glob("*/faketime/libfaketime.so.1"))
PASSWORD = "of the made-up month"
OPERATIONS = """\
run:
  inbox: ../inbox
  settle_seconds: 0
  pages: false
expect:
  publish_within_hours: 40
backup:
  repository: ../backup
  drill_every_days: null
"""
# What happens on which day, counted from 0; other days are as they should be.
TWICE, RENAMED, LATE, CORRECTION, KILLED, LOST = (
    *("twice", "renamed", "late", "correction", "killed", "lost"),
)
PLAN = {2: TWICE, 4: KILLED, 6: LOST, 7: LATE, 8: LATE, 9: RENAMED, 11: CORRECTION, 16: TWICE}
PLAN |= {18: KILLED, 20: CORRECTION, 23: LATE, 24: RENAMED, 26: KILLED}
# Of few days, for a test.
SHORT = {1: TWICE, 2: KILLED, 3: LOST, 4: RENAMED}
PLANS = {"month": PLAN, "short": SHORT}


@dataclass
class Month:
    """The project, what was delivered, and what was found.

    Attributes:
        project: the project, in a folder of its own; the inbox and the backups lie beside it.
        random: draws answers.
        delivered: rows of each wave as they are right, by wave.
        wrong: what did not hold.
        runs: how many runs were begun.
        lost: how many of them no history has: a backup does not know the run that makes it, and the
            machine was lost after it.
        seconds: how long the runs took.
    """

    project: Project
    random: random.Random
    delivered: dict[str, list[list[str]]] = field(default_factory=dict)
    wrong: list[str] = field(default_factory=list)
    runs: int = 0
    lost: int = 0
    seconds: list[float] = field(default_factory=list)

    @property
    def root(self) -> Path:
        """The project's folder."""
        return self.project.root

    @property
    def inbox(self) -> Path:
        """The folder that deliveries arrive in."""
        return self.root.parent / "inbox"

    def expect(self, holds: object, what: str) -> None:
        """Note what did not hold."""
        if not holds:
            self.wrong.append(what)
            print(f"  WRONG: {what}", flush=True)


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the month; end with 1 if something did not hold."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n", maxsplit=1)[0])
    parser.add_argument("--days", type=int, default=30, help="how many days (default: 30)")
    parser.add_argument("--seed", type=int, default=1, help="draws the answers (default: 1)")
    parser.add_argument("--keep", type=Path, help="work in this new folder, and leave it there")
    parser.add_argument("--plan", choices=list(PLANS), default="month", help="what goes wrong")
    said = parser.parse_args(arguments)
    if not CLOCKS:
        sys.exit("libfaketime is missing, so days cannot pass. Debian: apt-get install faketime")
    if not shutil.which("restic"):
        sys.exit("restic is missing, so nothing is backed up. Debian: apt-get install restic")
    folder = said.keep or Path(tempfile.mkdtemp())
    try:
        month = begin(folder, said.seed, said.days)
        with reading(month):
            for number in range(said.days):
                live(month, number, PLANS[said.plan].get(number))
        compare(month)
    finally:
        if not said.keep:
            shutil.rmtree(folder, ignore_errors=True)
    print(
        f"{said.days} days, {month.runs} runs of {min(month.seconds):.0f} to "
        f"{max(month.seconds):.0f} s: {len(month.wrong)} thing(s) did not hold."
    )
    return 1 if month.wrong else 0


def begin(folder: Path, seed: int, days: int) -> Month:
    """Make the project, its schedule and its first release."""
    folder.mkdir(parents=True, exist_ok=True)
    init_project(folder / "town", example=True)
    month = Month(Project(folder / "town"), random.Random(seed))
    (month.root / "operations.yml").write_text(OPERATIONS)
    (month.inbox).mkdir()
    path = month.project.codebook / "field_schedule.csv"
    lines = path.read_text(encoding="utf-8").splitlines()[:1]
    for week in range(-(-days // WEEK)):
        starts = FIRST_DAY + timedelta(days=WEEK * week)
        ends = starts + timedelta(days=WEEK - 1)
        lines.append(f"harbour,{wave_of(WEEK * week)},{starts},{ends},{ends + timedelta(1)},1,")
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")
    code, output = run(month, -1)
    month.expect(code == 0, f"the first run ended with {code}: {output[-600:]}")
    return month


def wave_of(day: int) -> str:
    """Give the id of the wave of a day: a week."""
    year, week, _ = (FIRST_DAY + timedelta(days=day)).isocalendar()
    return f"{year}w{week:02d}"


def live(month: Month, day: int, event: str | None) -> None:
    """Let a day pass: what is delivered, what goes wrong, and what the run makes of it."""
    wave = wave_of(day)
    today = FIRST_DAY + timedelta(days=day)
    print(f"{today} {wave} {event or ''}", flush=True)
    header, *answers = last_wave(month)
    rows = month.delivered.setdefault(wave, [])
    for _ in range(ANSWERS_A_DAY):
        drawn = month.random.choice(answers)
        rows.append([str(1001 + len(rows)), *drawn[1:]])
    if event == LATE:
        # What should come today comes when the files come again.
        code, _ = run(month, day)
        kinds = {each["kind"] for each in status(month, day)}
        if not (month.inbox / "harbour" / wave).exists() and day % WEEK > 0:
            month.expect("wave_silent" in kinds or "wave_late" in kinds, f"{today}: {kinds}")
        return
    if event == CORRECTION:
        correct(month, wave_of(day - WEEK))
    before = release(month)
    if event == TWICE:
        deliver(month, wave, [header, *rows, rows[-1]])
        code, output = run(month, day)
        month.expect(code == 1, f"{today}: a respondent twice was taken")
        month.expect("More than one row" in output, f"{today}: the reason is not told")
        month.expect(release(month) == before, f"{today}: something was published")
        told = {each["kind"] for each in status(month, day)}
        month.expect("delivery_refused" in told, f"{today}: status tells {told}")
    elif event == RENAMED:
        other = ["ferry_use" if name == "takes_ferry" else name for name in header]
        deliver(month, wave, [other, *rows])
        code, output = run(month, day)
        month.expect(code == 1, f"{today}: a renamed column was taken")
        month.expect("ferry_use" in output, f"{today}: the column is not named")
    elif event == KILLED:
        deliver(month, wave, [header, *rows])
        run(month, day, kill_after=month.random.uniform(1, 25))
        month.expect(release(month) is not None, f"{today}: nothing is published after a kill")
    elif event == LOST:
        shutil.rmtree(month.root)
        month.lost += 1
        code, output = call(
            month, day, ["restore", str(month.root.parent / "backup"), str(month.root)]
        )
        month.expect(code == 0, f"{today}: the restore failed: {output[-600:]}")
        month.expect(release(month) == before, f"{today}: another release was restored")
    deliver(month, wave, [header, *rows])
    code, output = run(month, day)
    month.expect(code == 0, f"{today}: the run ended with {code}: {output[-1500:]}")
    found = n_respondents(month, wave)
    month.expect(found == len(rows), f"{today}: {found} respondents of {wave}, not {len(rows)}")


def last_wave(month: Month) -> list[list[str]]:
    """Give the header and rows that answers are drawn from."""
    path = month.project.waves / "harbour" / "harbour_2025.csv"
    return list(csv.reader(path.read_text(encoding="utf-8").splitlines()))


def deliver(month: Month, wave: str, rows: Sequence[Sequence[str]]) -> None:
    """Put a wave's file into the inbox."""
    path = month.inbox / "harbour" / wave / "tracker.csv"
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("w", encoding="utf-8", newline="") as stream:
        csv.writer(stream).writerows(rows)


def correct(month: Month, wave: str) -> None:
    """Change answers of an earlier wave, and deliver it again."""
    if wave in month.delivered:
        header = last_wave(month)[0]
        for row in month.random.sample(month.delivered[wave], 10):
            row[header.index("takes_ferry")] = "Yes"
        deliver(month, wave, [header, *month.delivered[wave]])


def run(month: Month, day: int, kill_after: float | None = None) -> tuple[int, str]:
    """Let the day's run happen at six in the morning of the day after."""
    month.runs += 1
    started = time.monotonic()
    result = call(month, day, ["--project-dir", str(month.root), "run"], kill_after)
    if kill_after is None:
        month.seconds.append(time.monotonic() - started)
    return result


def status(month: Month, day: int) -> list[dict[str, Any]]:
    """Give the findings of the day."""
    _, output = call(month, day, ["--project-dir", str(month.root), "status", "--json"])
    found: list[dict[str, Any]] = json.loads(output)["findings"]
    return found


def call(
    month: Month, day: int, words: Sequence[str], kill_after: float | None = None
) -> tuple[int, str]:
    """Call Wavehouse on the clock of a day; give its exit code and what it printed."""
    clock = datetime.combine(FIRST_DAY + timedelta(days=day), datetime.min.time())
    ahead = (clock + timedelta(hours=22) - datetime.now()).total_seconds()
    environment = {
        **os.environ,
        "LD_PRELOAD": str(CLOCKS[0]),
        "FAKETIME": f"{ahead:+.0f}s",
        "FAKETIME_DONT_FAKE_MONOTONIC": "1",
        "WAVEHOUSE_TRIGGER": "schedule",
        "RESTIC_PASSWORD": PASSWORD,
    }
    log = month.root.parent / "output.txt"
    with log.open("w+", encoding="utf-8", errors="replace") as stream:
        process = subprocess.Popen(
            [*COMMAND, *words],
            stdout=stream,
            stderr=subprocess.STDOUT,
            env=environment,
            cwd=month.root.parent,
            start_new_session=True,
        )
        try:
            process.wait(kill_after)
        except subprocess.TimeoutExpired:
            os.killpg(process.pid, signal.SIGKILL)
            process.wait()
        stream.seek(0)
        return process.returncode, stream.read()


def release(month: Month) -> str | None:
    """Give the release that counts."""
    link = month.project.warehouse / "current"
    return link.readlink().name if link.is_symlink() else None


def n_respondents(month: Month, wave: str) -> int:
    """Count the respondents of a wave in what is published."""
    with duckdb.connect(str(month.project.warehouse / "wavehouse.duckdb"), read_only=True) as base:
        found = base.execute(
            "select count(*) from marts.fct_respondents where wave_id = ?", [wave]
        ).fetchone()
    return int(found[0]) if found else 0


@contextmanager
def reading(month: Month) -> Iterator[None]:
    """Read what is published over and over in the block; note what is not of one release."""
    over = threading.Event()
    reads = [0]

    def read() -> None:
        while not over.wait(0.5):
            try:
                folder = (month.project.warehouse / "current").resolve(strict=True)
                rows = json.loads((folder / "manifest.json").read_text())["tables"]
                with duckdb.connect(str(folder / "wavehouse.duckdb"), read_only=True) as base:
                    for table in rows:
                        found = base.execute(
                            f"select count(*) from marts.{table['name']}"
                        ).fetchone()
                        month.expect(
                            found and found[0] == table["rows"], f"{folder.name}: {table['name']}"
                        )
                reads[0] += 1
            except (OSError, duckdb.IOException):
                # The machine is lost on one day: nothing is there to read. A release that a reader
                # holds open stays for the next publish, and goes with the one after.
                continue
            except Exception as error:  # whatever a reader meets is a fault
                month.expect(False, f"a reader met {error!r}")

    reader = threading.Thread(target=read)
    reader.start()
    try:
        yield
    finally:
        over.set()
        reader.join()
        print(f"{reads[0]} times somebody read all tables.", flush=True)


def compare(month: Month) -> None:
    """Compare what is published with a build from nothing, and the history with what was run."""
    for wave, rows in month.delivered.items():
        month.expect(n_respondents(month, wave) == len(rows), f"{wave} is not whole in the end")
    kept = len(list((month.project.warehouse / "operations" / "runs").glob("*-run.json")))
    begun = month.runs - month.lost
    month.expect(kept == begun, f"the history has {kept} runs, {begun} were begun")
    new = month.root.parent / "new"
    shutil.copytree(
        month.root,
        new,
        symlinks=True,
        ignore=shutil.ignore_patterns("target", "warehouse", "logs", "taking*"),
    )
    done = subprocess.run(
        [*COMMAND, "--project-dir", str(new), "build"], capture_output=True, text=True, check=False
    )
    month.expect(done.returncode == 0, f"the build from nothing failed: {done.stdout[-1500:]}")
    with duckdb.connect() as base:
        for name, root in (("grown", month.root), ("made", new)):
            base.execute(f"attach '{root}/warehouse/wavehouse.duckdb' as {name} (read_only)")
        for table in ("fct_trend_estimates", "fct_trend_changes", "fct_answers", "fct_respondents"):
            numbers = "columns(c -> c not like '%release%')"
            (n_other,) = base.execute(
                f"select count(*) from ((select {numbers} from grown.marts.{table} except all "
                f"select {numbers} from made.marts.{table}) union all (select {numbers} from "
                f"made.marts.{table} except all select {numbers} from grown.marts.{table}))"
            ).fetchall()[0]
            month.expect(n_other == 0, f"{table}: {n_other} rows differ from a build from nothing")


if __name__ == "__main__":
    sys.exit(main())
