"""Commands that need no dbt, disturbed: publish, land, apply, fetch and back up."""

import hashlib
import os
import shutil
import signal
import subprocess
import time
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path

import duckdb

from faults.network import FileServer
from faults.trials import (
    CLOCK,
    CLOCKS,
    COMMAND,
    DAMAGED,
    END,
    FULL,
    GONE,
    KILL,
    LOST,
    TWICE,
    Subject,
    Trials,
    call,
    full,
    is_whole,
    note,
    quiet,
    start,
)
from wavehouse.cli import main as wavehouse
from wavehouse.errors import WavehouseError
from wavehouse_exchange.landing.landed import read_landed


def subjects_of(trials: Trials, server: FileServer) -> dict[str, Subject]:
    """Give the commands that are disturbed.

    Args:
        trials: the project.
        server: has the file that is fetched.
    """
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
    found["fetch"] = Subject(
        ("fetch", "harbour"),
        lambda trials: listed(trials, server),
        landed,
        (LOST, LOST, KILL, END, TWICE, *of_process[4:]),
    )
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


def listed(trials: Trials, server: FileServer) -> None:
    """Let the codebook list a file that a server has, and nothing of it be here."""
    fresh(trials)
    server.begin()
    path = trials.project.codebook / "deliveries.csv"
    header = path.read_text(encoding="utf-8").splitlines()[0]
    content = server.file.read_bytes()
    sum_of_file = hashlib.sha256(content).hexdigest()
    row = f"harbour,2026,1,{server.file.name},{server.url},{sum_of_file},{len(content)},"
    path.write_text(f"{header}\n{row}\n", encoding="utf-8")


def landed(trials: Trials) -> dict[str, str]:
    """Give the codebook and waves, and what was fetched and landed, without when."""
    found = codebook_and_waves(trials)
    with suppress(WavehouseError):
        wave = read_landed(trials.project, "harbour", "2026")
        answers = trials.project.landed_wave("harbour", "2026") / "answers.parquet"
        rows = duckdb.sql(f"select count(*), sum(hash(each)::hugeint) from '{answers}' as each")
        found["landed"] = f"{[file.sha256 for file in wave.files]} {rows.fetchall()}"
    return found


def codebook_and_waves(trials: Trials) -> dict[str, str]:
    """Give the text of each file of the codebook and of the waves, and of drafts."""
    return {
        path.relative_to(trials.root).as_posix(): path.read_text(encoding="utf-8")
        for name in ("seeds", "drafts")
        for path in sorted((trials.root / name).rglob("*"))
        if path.is_file() and not path.name.startswith(".")
    }


def disturb(
    trials: Trials,
    name: str,
    subject: Subject,
    outcome: object,
    outputs: Path,
    server: FileServer,
) -> None:
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
    elif fault == LOST:
        words += f" after {moment:.2f} s{lose_network(trials, subject, moment, outputs, server)}"
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
        damaged, whole = damage(trials)
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
    if fault == DAMAGED and damaged.exists():
        # A backup would rightly name it in a later trial.
        replace_published(damaged, whole)


def lose_network(
    trials: Trials, subject: Subject, moment: float, outputs: Path, server: FileServer
) -> str:
    """Let the server be gone, for good or for a while, or say nothing for a while; say which."""
    child = start(trials, subject.words, outputs)
    time.sleep(moment)
    how = trials.random.choice(["for good", "for a while", "silent for a while"])
    if how == "silent for a while":
        server.be_silent(2)
    else:
        server.kill()
        if how == "for a while":
            time.sleep(1)
            server.begin()
    code = os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
    said = (outputs / "output.txt").read_text(encoding="utf-8", errors="replace")
    # What was fetched already needs no server.
    allowed = (0, 1) if how == "for good" else (0,)
    note(trials, code in allowed, f"fetch, network lost {how}: exit code {code}: {said[-400:]}")
    note(trials, "Traceback" not in said, f"fetch, network lost {how}: no message: {said[-400:]}")
    server.begin()
    return f" {how}"


def damage(trials: Trials) -> tuple[Path, bytes]:
    """Change a byte of a published file, as a failing disk does; give it, and what it was."""
    folder = (trials.project.warehouse / "current").resolve()
    file = trials.random.choice([*sorted(folder.rglob("*.parquet")), folder / "wavehouse.duckdb"])
    whole = file.read_bytes()
    content = bytearray(whole)
    content[trials.random.randrange(len(content))] ^= 0xFF
    folder.chmod(0o755)
    replace_published(file, bytes(content))
    return file, whole


def replace_published(file: Path, content: bytes) -> None:
    """Replace a file alone: links to the same content are of other releases."""
    other = file.with_name(f".{file.name}")
    other.write_bytes(content)
    other.replace(file)
