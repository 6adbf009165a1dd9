"""The project that is disturbed, how commands run on it, and whether what is published is whole."""

import json
import os
import random
import shutil
import signal
import subprocess
import sys
import tempfile
import time
import traceback
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
KILL, END, TWICE, FULL, CLOCK, DAMAGED, GONE, LOST = (
    *("killed", "told to end", "two at once", "disk full", "clock jumps"),
    *("release damaged", "working database gone", "network lost"),
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
    except BaseException:
        # What nobody foresaw is a fault of its own: the trial says so.
        traceback.print_exc()
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
