"""Builds on PostgreSQL whose server is gone in the middle."""

import os
import signal
import subprocess
import time
from pathlib import Path

import psycopg2

from faults.commands import fresh
from faults.trials import Trials, call, is_whole, note, start
from wavehouse.building.postgres import (
    PostgresServer,
    connect_to_target,
    find_binaries,
    throwaway_postgres,
)

WORDS = ("build", "--target", "postgres")
GONE = "PostgreSQL gone"
FAST, AT_ONCE, KILLED = "told to stop", "stopped at once", "killed"


def disturb_postgres(trials: Trials, n_faults: int, outputs: Path) -> None:
    """Let the server of a build be gone n times, come back, and the next build make all good.

    Published is the warehouse of DuckDB, which a build on PostgreSQL leaves as it is.
    """
    fresh(trials)
    with throwaway_postgres() as server:
        os.environ.update(server.environment)
        started = time.monotonic()
        code = call(trials, WORDS, outputs)
        said = (outputs / "output.txt").read_text(encoding="utf-8", errors="replace")[-600:]
        note(trials, code == 0, f"the build on PostgreSQL fails undisturbed: {said}")
        seconds, expected = time.monotonic() - started, rows_of_marts()
        note(trials, bool(expected), "the build on PostgreSQL made nothing")
        folder = data_folder()
        number = 0
        while number < n_faults:
            how = trials.random.choice([FAST, AT_ONCE, KILLED])
            moment = trials.random.uniform(0, seconds)
            words = f"build on PostgreSQL, {how} after {moment:.0f} s"
            child = start(trials, (*WORDS, "--force"), outputs)
            time.sleep(moment)
            if os.waitpid(child, os.WNOHANG)[0]:
                # It took less time than the first one, so nothing disturbed it.
                seconds = moment
                continue
            number += 1
            take_away(folder, how)
            code = os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
            said = (outputs / "output.txt").read_text(encoding="utf-8", errors="replace")
            note(trials, code == 1, f"{words}: exit code {code}: {said[-600:]}")
            note(trials, "Traceback" not in said, f"{words}: no message: {said[-600:]}")
            trials.counts["postgres", f"{GONE}, {how}"] += 1
            is_whole(trials, words)
            bring_back(server, folder)
            code = call(trials, WORDS, outputs)
            said = (outputs / "output.txt").read_text(encoding="utf-8", errors="replace")[-600:]
            note(trials, code == 0, f"{words}: the next build ended with {code}: {said}")
            found = rows_of_marts()
            other = sorted(each for each in expected if found.get(each) != expected[each])
            note(trials, not other, f"{words}: the next build makes other rows of {other}")
            print(f"{number} servers gone, {len(trials.wrong)} did not hold", flush=True)


def data_folder() -> Path:
    """Give the folder of the server's data."""
    connection = connect_to_target()
    with connection, connection.cursor() as cursor:
        cursor.execute("show data_directory")
        (folder,) = cursor.fetchone() or ("",)
    connection.close()
    return Path(folder)


def rows_of_marts() -> dict[str, int]:
    """Count the rows of each table of the marts."""
    connection = connect_to_target()
    with connection, connection.cursor() as cursor:
        cursor.execute(
            "select table_name from information_schema.tables where table_schema='marts'"
        )
        found = {}
        for (name,) in cursor.fetchall():
            cursor.execute(f'select count(*) from marts."{name}"')
            (found[name],) = cursor.fetchone() or (0,)
    connection.close()
    return found


def take_away(folder: Path, how: str) -> None:
    """Stop or kill the server."""
    if how == KILLED:
        # Its children see that it is gone, and end.
        pid = int((folder / "postmaster.pid").read_text(encoding="ascii").split()[0])
        os.kill(pid, signal.SIGKILL)
    else:
        control(folder, "stop", "-m", "fast" if how == FAST else "immediate")


def bring_back(server: PostgresServer, folder: Path) -> None:
    """Start the server again, with the port and settings that it had."""
    tries = 30
    for number in range(tries):
        with_settings = ("-o", " ".join((folder / "postmaster.opts").read_text().split()[1:]))
        control(folder, "start", "-l", str(folder.parent / "log"), *with_settings)
        try:
            psycopg2.connect(
                host=server.host, port=server.port, user=server.user, dbname=server.database
            ).close()
        except psycopg2.OperationalError:
            if number == tries - 1:
                raise
            time.sleep(1)
        else:
            return


def control(folder: Path, *words: str) -> None:
    """Let pg_ctl do something, as the account that the server runs as."""
    binaries = find_binaries()
    assert binaries is not None
    account = None if folder.owner() == Path.home().owner() else folder.owner()
    subprocess.run(
        [str(binaries / "pg_ctl"), "-D", str(folder), "-w", *words],
        user=account,
        cwd=folder.parent,
        check=False,
        capture_output=True,
    )
