"""Run a made-up daily tracker through a month in fast motion, and say whether all held.

    .venv/bin/python scripts/run_a_month.py                     # a month, most of an hour
    .venv/bin/python scripts/run_a_month.py --days 8 --keep FOLDER

A project begins with the example study. Each day its week's wave grows by a day's answers, and
`wavehouse run` is called as a scheduler would, on a clock that libfaketime sets (Debian: faketime;
for backups: restic). Days go wrong by a plan: a file with a respondent twice, a renamed column,
days without a delivery, a correction of an earlier wave, a run that is killed, a machine that is
off for two days, one that is lost and restored. A second wave comes after the day on which it was
due, then is too small, and then has its rest. Meanwhile a reader opens what is published, over and
over.

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
from datetime import time as time_of_day
from pathlib import Path
from typing import Any

import duckdb

from wavehouse.own.init import init_project
from wavehouse.project import Project

FIRST_DAY = date(2027, 3, 1)  # a Monday
EVENING = time_of_day(22)
WEEK = 7
ANSWERS_A_DAY = 40
ROUNDING = 1e-9
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
TWICE, RENAMED, LATE, CORRECTION, KILLED, LOST, OFF = (
    *("twice", "renamed", "late", "correction", "killed", "lost", "off"),
)
PLAN = {2: TWICE, 4: KILLED, 6: LOST, 7: LATE, 8: LATE, 9: LATE, 10: RENAMED, 11: CORRECTION}
PLAN |= {16: TWICE, 18: KILLED, 20: CORRECTION, 22: OFF, 23: OFF, 24: RENAMED, 26: KILLED, 27: LOST}
# A wave that comes once: due on one day, there in part on the next but two, whole after two more.
SPECIAL, SPECIAL_DUE, SPECIAL_PART, SPECIAL_WHOLE, SPECIAL_AGREED = "2027special", 12, 14, 17, 100
# Of few days, for a test.
SHORT = {1: TWICE, 2: KILLED, 3: LOST, 4: RENAMED}
# How long a build takes is not planned here, and the disk is somebody else's.
UNPLANNED = {"build_slower", "disk_low"}
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
        ended: how the history may say that each run of it ended, by its id.
        unheard: how many runs were killed before their first word.
        off: for how many days nothing was delivered.
        clock: until when the machine was at work.
        seconds: how long the runs took.
    """

    project: Project
    random: random.Random
    delivered: dict[str, list[list[str]]] = field(default_factory=dict)
    wrong: list[str] = field(default_factory=list)
    runs: int = 0
    ended: dict[str, tuple[str, ...]] = field(default_factory=dict)
    unheard: int = 0
    off: int = 0
    clock: datetime = datetime.min
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
        compare(month, said.days)
    finally:
        if not said.keep:
            shutil.rmtree(folder, ignore_errors=True)
    print(
        f"{said.days} days, {month.runs} runs of {min(month.seconds):.0f} to "
        f"{max(month.seconds):.0f} s, of which the history has {len(month.ended)} and "
        f"{month.unheard} were killed before their first word: {len(month.wrong)} thing(s) did not "
        "hold."
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
    due = FIRST_DAY + timedelta(days=SPECIAL_DUE)
    lines.append(f"harbour,{SPECIAL},,,{due},,{SPECIAL_AGREED}")
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
    print(f"{datetime.now():%H:%M:%S}  {today} {wave} {event or ''}", flush=True)
    header, *answers = last_wave(month)
    rows = month.delivered.setdefault(wave, [])
    rows += drawn(month, answers, ANSWERS_A_DAY, len(rows))
    before = release(month)
    if event == OFF:
        # Nothing runs, and nothing is delivered.
        month.off += 1
        old = {"publish_late", "backup_late"} if month.off > 1 else set()
        silent = {"wave_silent"} if month.off > 1 else set()
        judge(month, day, is_late(day) | old, is_short(day) | silent)
        return
    if event == LATE:
        month.off += 1
        run_well(month, day)
        month.expect(release(month) == before, f"{today}: nothing came, and it was published")
        # A day without a delivery is what the schedule allows.
        silent = {"wave_silent"} if month.off > 2 else set()
        old = {"publish_late"} if month.off > 1 else set()
        judge(month, day, is_late(day) | old, is_short(day) | silent)
        return
    month.off = 0
    if event == CORRECTION:
        correct(month, wave_of(day - WEEK))
    elif event in (TWICE, RENAMED):
        refuse(month, day, header, event)
    elif event == KILLED:
        deliver(month, wave, [header, *rows])
        run(month, day, kill_after=month.random.uniform(1, month.seconds[-1]))
        month.expect(release(month) is not None, f"{today}: nothing is published after a kill")
    elif event == LOST:
        lose(month, day)
    if day == SPECIAL_PART:
        special = drawn(month, answers, SPECIAL_AGREED // 2, 0)
        month.delivered[SPECIAL] = special
        deliver(month, SPECIAL, [header, *special])
    elif day == SPECIAL_WHOLE:
        complete_special(month, day, [header, *answers])
    deliver(month, wave, [header, *rows])
    run_well(month, day)
    judge(month, day, is_late(day), is_short(day))
    for each, expected in month.delivered.items():
        found = n_respondents(month, each)
        words = f"{today}: {found} respondents of {each}, not {len(expected)}"
        month.expect(found == len(expected), words)


def is_late(day: int) -> set[str]:
    """Give what is late of the wave that comes once: nothing of it is there after it was due."""
    return {"wave_late"} if SPECIAL_DUE < day < SPECIAL_PART else set()


def is_short(day: int) -> set[str]:
    """Give what is short: the wave that comes once, until the rest of it comes."""
    return {"wave_short"} if SPECIAL_PART <= day < SPECIAL_WHOLE else set()


def judge(month: Month, day: int, errors: set[str], warnings: set[str]) -> None:
    """Compare what `wavehouse status` finds in the evening with what there is to find."""
    found = status(month, day)
    today = FIRST_DAY + timedelta(days=day)
    for severity, expected in (("error", errors), ("warning", warnings)):
        told = {each["kind"] for each in found if each["severity"] == severity} - UNPLANNED
        texts = [each["what_happened"] for each in found if each["kind"] in told - expected]
        words = f"{today}: each {severity} is {told or 'none'}, not {expected or 'none'}: {texts}"
        month.expect(told == expected, words)


def refuse(month: Month, day: int, header: Sequence[str], event: str) -> None:
    """Deliver what cannot be taken, and see that it is told and that nothing changes."""
    wave, today, before = wave_of(day), FIRST_DAY + timedelta(days=day), published_rows(month)
    rows, reason = month.delivered[wave], "More than one row"
    if event == TWICE:
        deliver(month, wave, [header, *rows, rows[-1]])
    else:
        reason = "ferry_use"
        other = [reason if name == "takes_ferry" else name for name in header]
        deliver(month, wave, [other, *rows])
    code, output = run(month, day)
    month.expect(code == 1, f"{today}: {event}: the delivery was taken")
    month.expect(reason in output, f"{today}: {event}: the reason is not told")
    # A build that refused it is followed by one of the project as it was: a release like the last.
    month.expect(published_rows(month) == before, f"{today}: {event}: it was published")
    found = {each["kind"]: each for each in status(month, day)}
    told = found.get("delivery_refused", {}).get("what_happened", "")
    month.expect(reason in told, f"{today}: {event}: status tells {found}")
    month.expect("run_failed" not in found, f"{today}: {event}: the run counts as failed")


def lose(month: Month, day: int) -> None:
    """Lose the machine, and restore it from the last backup."""
    today, before = FIRST_DAY + timedelta(days=day), release(month)
    shutil.rmtree(month.root)
    started = time.monotonic()
    code, output = call(month, day, ["restore", str(month.root.parent / "backup"), str(month.root)])
    print(f"  restored in {time.monotonic() - started:.0f} s", flush=True)
    month.expect(code == 0, f"{today}: the restore failed: {output[-600:]}")
    month.expect(release(month) == before, f"{today}: another release was restored")
    # A backup does not know how the run ended that makes it.
    lost = month.ended.keys() - kept_runs(month).keys()
    last = max(month.ended)
    month.expect(lost <= {last}, f"{today}: runs are lost: {sorted(lost)}")
    for each in lost:
        del month.ended[each]


def complete_special(month: Month, day: int, table: Sequence[list[str]]) -> None:
    """Deliver the rest of the wave that was due: a person says in the schedule that it may come."""
    today, before = FIRST_DAY + timedelta(days=day), release(month)
    rows = month.delivered[SPECIAL]
    rows += drawn(month, table[1:], SPECIAL_AGREED - len(rows), len(rows))
    deliver(month, SPECIAL, [table[0], *rows])
    code, output = run(month, day)
    month.expect(code == 1, f"{today}: a wave grew after it was due, and nobody was asked")
    month.expect("waits for a person" in output, f"{today}: who decides is not told")
    month.expect(release(month) == before, f"{today}: something was published")
    path = month.project.codebook / "field_schedule.csv"
    text = path.read_text(encoding="utf-8")
    due, other = (FIRST_DAY + timedelta(days=each) for each in (SPECIAL_DUE, day))
    # Written with today's due date, which the deliveries of the week may have too.
    path.write_text(text.replace(f"{SPECIAL},,,{due}", f"{SPECIAL},,,{other}"), encoding="utf-8")


def drawn(
    month: Month, answers: Sequence[list[str]], n_rows: int, n_before: int
) -> list[list[str]]:
    """Draw answers of new respondents."""
    ids = (str(1001 + n_before + number) for number in range(n_rows))
    return [[each, *month.random.choice(answers)[1:]] for each in ids]


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


def run_well(month: Month, day: int) -> None:
    """Let the day's run happen, and expect that all goes well."""
    code, output = run(month, day)
    today = FIRST_DAY + timedelta(days=day)
    month.expect(code == 0, f"{today}: the run ended with {code}: {output[-1500:]}")


def run(month: Month, day: int, kill_after: float | None = None) -> tuple[int, str]:
    """Let the day's run happen, and note what the history must say of it."""
    month.runs += 1
    known = kept_runs(month).keys()
    before = release(month)
    started = time.monotonic()
    code, output = call(month, day, ["--project-dir", str(month.root), "run"], kill_after)
    if kill_after is None:
        month.seconds.append(time.monotonic() - started)
    new = kept_runs(month).keys() - known
    as_expected = {0: ("passed", "nothing_to_do"), 1: ("failed",)}.get(code, ("killed", "running"))
    month.ended |= dict.fromkeys(new, as_expected)
    words = f"{FIRST_DAY + timedelta(days=day)}: the history has {len(new)} new runs of one"
    # One that is killed at once has not written its first word; then it has done nothing else.
    is_quick = code not in (0, 1) and not new and release(month) == before
    month.expect(len(new) == 1 or is_quick, words)
    month.unheard += is_quick
    return code, output


def kept_runs(month: Month) -> dict[str, str]:
    """Give how each run of the history ended, by its id."""
    files = (month.project.warehouse / "operations" / "runs").glob("*-run.json")
    return {path.stem: json.loads(path.read_text("utf-8"))["status"] for path in files}


def status(month: Month, day: int) -> list[dict[str, Any]]:
    """Give the findings of the day."""
    _, output = call(month, day, ["--project-dir", str(month.root), "status", "--json"])
    found: list[dict[str, Any]] = json.loads(output)["findings"]
    return found


def call(
    month: Month, day: int, words: Sequence[str], kill_after: float | None = None
) -> tuple[int, str]:
    """Call Wavehouse on the clock of a day; give its exit code and what it printed."""
    evening = datetime.combine(FIRST_DAY + timedelta(days=day), EVENING)
    # What follows on a day comes later than what was before it.
    month.clock = max(evening, month.clock + timedelta(minutes=1))
    ahead = (month.clock - datetime.now()).total_seconds()
    environment = {
        **os.environ,
        "LD_PRELOAD": str(CLOCKS[0]),
        "FAKETIME": f"{ahead:+.0f}s",
        "FAKETIME_DONT_FAKE_MONOTONIC": "1",
        # Else threads that wait for each other never sleep, and builds take three times as long.
        "FAKETIME_FORCE_MONOTONIC_FIX": "0",
        "WAVEHOUSE_TRIGGER": "schedule",
        "RESTIC_PASSWORD": PASSWORD,
    }
    log = month.root.parent / "output.txt"
    began = time.time()
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
        set_times(month, began, ahead)
        month.clock += timedelta(seconds=time.time() - began)
        stream.seek(0)
        return process.returncode, stream.read()


def set_times(month: Month, began: float, ahead: float) -> None:
    """Let the files of waves say that they were changed on the day, as far as the disk said today.

    The disk does not know of the clock of a day.
    """
    for path in [*month.project.waves.rglob("*.csv"), *(month.root / "drafts").glob("*.yml")]:
        changed = path.stat().st_mtime
        if began - 1 <= changed <= time.time():
            os.utime(path, (changed + ahead, changed + ahead))


def release(month: Month) -> str | None:
    """Give the release that counts."""
    link = month.project.warehouse / "current"
    return link.readlink().name if link.is_symlink() else None


def published_rows(month: Month) -> dict[str, int]:
    """Give how many rows each published table has, but for what a release says of the last one."""
    manifest = json.loads((month.project.warehouse / "current" / "manifest.json").read_text())
    tables = {table["name"]: table["rows"] for table in manifest["tables"]}
    return {name: rows for name, rows in tables.items() if name != "fct_revisions"}


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
        while not over.wait(2):
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


def rows_that_differ(base: duckdb.DuckDBPyConnection, one: str, other: str) -> int:
    """Count rows of two tables that differ: in a text, or in a number by more than rounding.

    Sums by wave are added up in another order, which shows in the last digits.
    """
    typed = base.execute(f"describe {one}").fetchall()
    names = [(name, kind == "DOUBLE") for name, kind, *_ in typed if "release" not in name]
    same = " and ".join(
        f"a.{name} is not distinct from b.{name}" for name, is_number in names if not is_number
    )
    differs = " or ".join(
        f"(a.{name} is null) <> (b.{name} is null) "
        f"or abs(a.{name} - b.{name}) > {ROUNDING} * greatest(1, abs(a.{name}))"
        for name, is_number in names
        if is_number
    )
    (found,) = base.execute(
        f"select count(*) from (select *, true as is_there from {one}) as a "
        f"full join (select *, true as is_there from {other}) as b on {same} "
        f"where a.is_there is null or b.is_there is null or {differs or 'false'}"
    ).fetchall()[0]
    return int(found)


def compare(month: Month, day: int) -> None:
    """Compare what is published with a build from nothing, and the history with what was run.

    Args:
        month: what was lived through.
        day: the day of the build: on an earlier one, waves would be of the future.
    """
    for wave, rows in month.delivered.items():
        month.expect(n_respondents(month, wave) == len(rows), f"{wave} is not whole in the end")
    header = last_wave(month)[0]
    for wave, rows in month.delivered.items():
        path = month.project.waves / "harbour" / f"harbour_{wave}.csv"
        found = list(csv.reader(path.read_text(encoding="utf-8").splitlines()))
        month.expect(found == [header, *rows], f"{path.name} is not what was delivered last")
    kept = kept_runs(month)
    missing = sorted(month.ended.keys() - kept.keys())
    month.expect(not missing, f"the history does not have the runs {missing}")
    for each, status_now in kept.items():
        words = f"the history says of {each} that it is {status_now}, not {month.ended.get(each)}"
        month.expect(status_now in month.ended.get(each, ()), words)
    new = month.root.parent / "new"
    shutil.copytree(
        month.root,
        new,
        symlinks=True,
        ignore=shutil.ignore_patterns("target", "warehouse", "logs", "taking*"),
    )
    code, output = call(month, day, ["--project-dir", str(new), "build"])
    month.expect(code == 0, f"the build from nothing failed: {output[-1500:]}")
    if code:
        return
    with duckdb.connect() as base:
        for name, root in (("grown", month.root), ("made", new)):
            base.execute(f"attach '{root}/warehouse/wavehouse.duckdb' as {name} (read_only)")
        for table in ("fct_trend_estimates", "fct_trend_changes", "fct_answers", "fct_respondents"):
            n_other = rows_that_differ(base, f"grown.marts.{table}", f"made.marts.{table}")
            month.expect(n_other == 0, f"{table}: {n_other} rows differ from a build from nothing")


if __name__ == "__main__":
    sys.exit(main())
