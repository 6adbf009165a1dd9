"""Disturb publishing, landing, applying, taking and backing up at random, and see what is left.

    .venv/bin/python scripts/try_faults.py                  # 1,000 faults: most of an hour
    .venv/bin/python scripts/try_faults.py --faults 60 --seed 7
    .venv/bin/python scripts/try_faults.py --faults 0 --pipeline 100   # of whole runs: hours

A small project is built once. Then, over and over, a process is disturbed at a random moment: it is
killed, told to end, met by another one that does the same, left without room on the disk (a file
system of its own in memory, which needs root), given a clock that jumps (libfaketime), or met by a
release or working database that is damaged or gone. Nothing is made up inside the process.

After each fault: the published release is one that was published whole, all of its tables have the
rows that they had, every release that ever counted is still kept, and each file is as before or as
after. Then the same command runs undisturbed, and must succeed and leave what it leaves without a
fault. The result is a table of counts; the exit code is 1 if something did not hold.
"""

import argparse
import json
import os
import random
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path

import duckdb

from wavehouse.cli import main as wavehouse
from wavehouse.own.init import init_project
from wavehouse.project import Project
from wavehouse.publishing.history import kept_releases
from wavehouse.publishing.releases import counting_release, manifest_of

ROOM = "400m"
CLOCKS = sorted(Path("/usr/lib").glob("*/faketime/libfaketime.so.1"))
COMMAND = str(Path(sys.executable).with_name("wavehouse"))
PASSWORD = "of made-up faults"
# What publishing itself says of when a table was published differs from release to release.
NOT_COMPARED = ("fct_revisions", "ops_runs", "ops_run_steps", "ops_tests")
KILL, END, TWICE, FULL, CLOCK, DAMAGED, GONE = (
    *("killed", "told to end", "two at once", "disk full", "clock jumps"),
    *("release damaged", "working database gone"),
)


@dataclass
class Trials:
    """The project that is disturbed, and what was found.

    Attributes:
        project: the project.
        beside: a folder beside it, on another file system.
        random: draws faults and moments.
        expected: rows and a sum over them for each published table.
        counted: releases that ever counted.
        counts: how often each command met each fault.
        wrong: what did not hold.
        seconds: how long each command takes undisturbed.
        faked: whether the clock of a command jumps.
    """

    project: Project
    beside: Path
    random: random.Random
    expected: dict[str, tuple[int, int]] = field(default_factory=dict)
    counted: set[str] = field(default_factory=set)
    counts: Counter[tuple[str, str]] = field(default_factory=Counter)
    wrong: list[str] = field(default_factory=list)
    seconds: dict[str, float] = field(default_factory=dict)

    @property
    def root(self) -> Path:
        """The project's folder."""
        return self.project.root


@dataclass(frozen=True)
class Subject:
    """A command that is disturbed.

    Attributes:
        words: the command.
        prepare: makes the state that it begins with.
        after: tells what it leaves when nothing disturbs it.
        faults: what it is disturbed by.
    """

    words: tuple[str, ...]
    prepare: Callable[[Trials], None]
    after: Callable[[Trials], object]
    faults: tuple[str, ...]


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the trials; end with 1 if something did not hold."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n", maxsplit=1)[0])
    parser.add_argument("--faults", type=int, default=1000, help="how many (default: 1000)")
    parser.add_argument(
        "--pipeline", type=int, default=0, help="how many of `wavehouse run` besides (default: 0)"
    )
    parser.add_argument("--seed", type=int, default=1, help="draws them (default: 1)")
    said = parser.parse_args(arguments)
    with place() as (root, beside), tempfile.TemporaryDirectory() as outputs:
        trials = Trials(Project(root / "town"), beside, random.Random(said.seed))
        begin(trials)
        subjects = subjects_of(trials)
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
            disturb(trials, name, subjects[name], outcomes[name], Path(outputs))
            if number % 50 == 49:
                print(f"{number + 1} faults, {len(trials.wrong)} did not hold", flush=True)
        if said.pipeline:
            disturb_runs(trials, said.pipeline, Path(outputs))
    for (name, fault), n_trials in sorted(trials.counts.items()):
        print(f"{name:10} {fault:22} {n_trials:5}")
    print(f"{sum(trials.counts.values())} faults: {len(trials.wrong)} thing(s) did not hold.")
    return 1 if trials.wrong else 0


@contextmanager
def place() -> Iterator[tuple[Path, Path]]:
    """Give a folder on a small file system of its own, where that can be had, and one beside it."""
    with tempfile.TemporaryDirectory() as folder:
        root, beside = Path(folder) / "small", Path(folder) / "beside"
        root.mkdir()
        beside.mkdir()
        mount = ["mount", "-t", "tmpfs", "-o", f"size={ROOM}", "tmpfs", str(root)]
        is_small = subprocess.run(mount, capture_output=True, check=False).returncode == 0
        if not is_small:
            print("No file system of its own can be had (that needs root), so no disk is full.")
        try:
            yield root, beside
        finally:
            if is_small:
                subprocess.run(["umount", "-l", str(root)], check=False)


def begin(trials: Trials) -> None:
    """Make and publish the project, and say what its tables hold."""
    init_project(trials.root, example=True)
    (trials.root / "operations.yml").write_text(
        f"backup:\n  repository: {trials.beside / 'backup'}\n"
    )
    path = trials.project.codebook / "field_schedule.csv"
    header = path.read_text(encoding="utf-8").splitlines()[0]
    path.write_text(f"{header}\nharbour,2026,2026-05-01,2026-05-20,2026-05-31,,\n")
    os.environ["RESTIC_PASSWORD"] = PASSWORD
    subprocess.run([COMMAND, "--project-dir", trials.root, "build"], check=True, stdout=sys.stderr)
    shutil.copytree(trials.root, trials.beside / "pristine", symlinks=True)
    current = trials.project.warehouse / "current"
    trials.expected = contents(current.resolve())
    trials.counted = {counting_release(trials.project) or ""}
    wave = (trials.project.waves / "harbour" / "harbour_2025.csv").read_text(encoding="utf-8")
    (trials.beside / "wave.csv").write_text("".join(wave.splitlines(keepends=True)[:101]))
    (trials.beside / "other.csv").write_text("".join(wave.splitlines(keepends=True)[:141]))


def subjects_of(trials: Trials) -> dict[str, Subject]:
    """Give the commands that are disturbed."""
    wave = str(trials.beside / "wave.csv")
    add = ("add-wave", "harbour", "2026", wave, "--date", "2026-05-01")
    of_process = (KILL, KILL, END, TWICE, *((FULL,) if os.path.ismount(trials.root.parent) else ()))
    found = {
        "publish": Subject(
            ("publish",),
            lambda _: None,
            lambda _: None,
            (*of_process, DAMAGED, GONE, *((CLOCK,) if CLOCKS else ())),
        ),
        "land": Subject(add, fresh, codebook_and_waves, of_process),
        "apply": Subject(
            ("apply", "harbour", "2026", "--reviewer", "somebody"),
            lambda trials: drafted(trials, add),
            codebook_and_waves,
            of_process,
        ),
    }
    if shutil.which("restic"):
        found["backup"] = Subject(("backup",), lambda _: None, lambda _: None, of_process)
    else:
        print("restic is missing, so no backup is disturbed.")
    return found


def fresh(trials: Trials) -> None:
    """Let codebook, waves and drafts be as they were in the beginning."""
    for name in ("seeds", "drafts", ".wavehouse/edits", ".wavehouse/drafts", "landing"):
        shutil.rmtree(trials.root / name, ignore_errors=True)
        kept = trials.beside / "pristine" / name
        if kept.exists():
            shutil.copytree(kept, trials.root / name)


def drafted(trials: Trials, add: Sequence[str]) -> None:
    """Let a new wave be landed and drafted, with nothing open."""
    fresh(trials)
    words = ["--project-dir", str(trials.root), *add]
    quiet(lambda: wavehouse(words))
    decided = ["--project-dir", str(trials.root), "decide", "harbour", "2026", "open", "accept"]
    quiet(lambda: wavehouse(decided))


def codebook_and_waves(trials: Trials) -> dict[str, str]:
    """Give the text of each file of the codebook and of the waves, and of drafts."""
    return {
        path.relative_to(trials.root).as_posix(): path.read_text(encoding="utf-8")
        for name in ("seeds", "drafts")
        for path in sorted((trials.root / name).rglob("*"))
        if path.is_file() and not path.name.startswith(".")
    }


def disturb(trials: Trials, name: str, subject: Subject, outcome: object, outputs: Path) -> None:
    """Disturb a command once, look at what is left, and let the command heal it."""
    fault = trials.random.choice(subject.faults)
    subject.prepare(trials)
    before = subject.after(trials)
    words = f"{name}, {fault}"
    moment = trials.random.uniform(0, trials.seconds[name] * 1.1)
    if fault in (KILL, END):
        number = signal.SIGKILL if fault == KILL else signal.SIGTERM
        call(trials, subject.words, outputs, ended=(number, moment))
        words += f" after {moment:.2f} s"
    elif fault == TWICE:
        children = [start(trials, subject.words, outputs) for _ in range(2)]
        if trials.random.random() < 0.5:
            time.sleep(moment)
            os.kill(children[0], signal.SIGKILL)
        for child in children:
            os.waitpid(child, 0)
    elif fault == FULL:
        with full(trials):
            call(trials, subject.words, outputs)
    elif fault == CLOCK:
        jump = trials.random.choice(["-400d", "-1h", "+1h", "+400d"])
        environment = {**os.environ, "LD_PRELOAD": str(CLOCKS[0]), "FAKETIME": jump}
        environment["FAKETIME_DONT_FAKE_MONOTONIC"] = "1"
        words += f" {jump}"
        subprocess.run(
            [COMMAND, "--project-dir", trials.root, *subject.words],
            env=environment,
            check=False,
            capture_output=True,
        )
    elif fault == DAMAGED:
        damage(trials)
    elif fault == GONE:
        aside = trials.root / "target" / "aside"
        trials.project.working_database.rename(aside)
        code = call(trials, subject.words, outputs)
        note(trials, code == 1, f"{words}: exit code {code}")
        aside.rename(trials.project.working_database)
    trials.counts[name, fault] += 1
    if fault != DAMAGED:
        is_whole(trials, words)
    left = subject.after(trials)
    if isinstance(left, dict) and isinstance(before, dict) and isinstance(outcome, dict):
        for file in sorted({*left, *before, *outcome}):
            holds = left.get(file) in (before.get(file), outcome.get(file))
            note(trials, holds, f"{words}: {file} is neither as before nor as after")
    code = call(trials, subject.words, outputs)
    said = (outputs / "output.txt").read_text(encoding="utf-8", errors="replace")[-400:]
    note(trials, code == 0, f"{words}: the next run ended with {code}: {said}")
    note(trials, subject.after(trials) == outcome, f"{words}: the next run leaves something else")
    is_whole(trials, f"{words}, after the next run")


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


def start(trials: Trials, words: Sequence[str], outputs: Path) -> int:
    """Begin a command in a process of its own, and give its number."""
    child = os.fork()
    if child:
        return child
    code = 70
    try:
        output = os.open(outputs / "output.txt", os.O_WRONLY | os.O_CREAT | os.O_TRUNC)
        os.dup2(output, 1)
        os.dup2(output, 2)
        code = wavehouse(["--project-dir", str(trials.root), *words])
    except SystemExit as error:
        code = error.code if isinstance(error.code, int) else 1
    finally:
        sys.stdout.flush()
        sys.stderr.flush()
        os._exit(code)


def call(
    trials: Trials,
    words: Sequence[str],
    outputs: Path,
    ended: tuple[signal.Signals, float] | None = None,
) -> int:
    """Run a command, perhaps end it by a signal after some seconds, and give its exit code."""
    child = start(trials, words, outputs)
    if ended:
        time.sleep(ended[1])
        os.kill(child, ended[0])
    return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])


@contextmanager
def full(trials: Trials) -> Iterator[None]:
    """Leave little room on the file system of the project as long as the block lasts."""
    ballast = trials.root.parent / "ballast"
    left = trials.random.choice([0, 1 << 12, 1 << 16, 1 << 20, 4 << 20])
    free = shutil.disk_usage(trials.root).free - left
    with ballast.open("wb") as stream, suppress(OSError):
        os.posix_fallocate(stream.fileno(), 0, max(free, 1))
    try:
        yield
    finally:
        ballast.unlink()


def damage(trials: Trials) -> None:
    """Change a byte of a published file, as a failing disk does."""
    folder = (trials.project.warehouse / "current").resolve()
    file = trials.random.choice([*sorted(folder.rglob("*.parquet")), folder / "wavehouse.duckdb"])
    # Links to the same content are of other releases: these are not damaged.
    content = bytearray(file.read_bytes())
    content[trials.random.randrange(len(content))] ^= 0xFF
    other = file.with_name(f".{file.name}")
    other.write_bytes(content)
    folder.chmod(0o755)
    other.replace(file)


def is_whole(trials: Trials, words: str) -> None:
    """Note what is not right in what is published."""
    current = trials.project.warehouse / "current"
    folder = current.resolve()
    manifest = manifest_of(folder)
    if manifest is None:
        note(trials, False, f"{words}: nothing whole is published")
        return
    trials.counted.add(manifest["release"])
    try:
        found = contents(folder)
    except duckdb.Error as error:
        note(trials, False, f"{words}: {error}")
        return
    for table, expected in trials.expected.items():
        note(trials, found.get(table) == expected, f"{words}: {table} has other rows")
    kept = {each.release_id for each in kept_releases(trials.project)}
    # One whose publish was cut short after its switch is taken into the history by the next one.
    lost = trials.counted - kept - {manifest["release"]}
    note(trials, not lost, f"{words}: releases are lost: {', '.join(sorted(lost))}")
    trials.counted -= lost


def contents(folder: Path) -> dict[str, tuple[int, int]]:
    """Give rows and a sum over them for each table, which Parquet and the database must share."""
    tables = json.loads((folder / "manifest.json").read_text())["tables"]
    found = {}
    with duckdb.connect(str(folder / "wavehouse.duckdb"), read_only=True) as base:
        for table in tables:
            name = table["name"]
            if name in NOT_COMPARED:
                continue
            sums = [
                base.execute(
                    f"select count(*), sum(hash(each)::hugeint) from {source} as each"
                ).fetchall()[0]
                for source in (f"marts.{name}", f"'{folder}/parquet/{name}.parquet'")
            ]
            found[name] = sums[0] if sums[0] == sums[1] else (-1, -1)
    return found


def note(trials: Trials, holds: bool, what: str) -> None:
    """Note what did not hold."""
    if not holds:
        trials.wrong.append(what)
        print(f"WRONG: {what}", flush=True)


def quiet(work: Callable[[], int]) -> None:
    """Do something without its output."""
    with Path(os.devnull).open("w") as nothing:
        before = sys.stdout
        sys.stdout = nothing
        try:
            code = work()
        finally:
            sys.stdout = before
    if code:
        sys.exit("What a trial begins with could not be made.")


if __name__ == "__main__":
    sys.exit(main())
