"""Kill a first `make` at each of its moments, and see that the next one heals all by itself.

    .venv/bin/python scripts/kill_first_make.py [--study ID ...] [--folder FOLDER] [MOMENT ...]

A copy of the checkout's files stands for a fresh clone. For each moment `make` is started there as
a group of processes, which is killed (SIGKILL) as soon as the files on the disk show that the
moment has come. Then `make` runs again, without a hand laid on anything, and must leave an
environment in which every file of every package is whole, and a published warehouse that can be
read. Moments of the installation begin without `.venv`, and after the first of them with what it
built, since that is not their concern; the others begin without anything that a build leaves. With
`--study` only these studies are built, which is quicker. The result is a table in Markdown; the
exit code is 1 if one moment was not met or did not heal.
"""

import argparse
import csv
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections import defaultdict
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import duckdb

ROOT = Path(__file__).resolve().parents[1]
PACKAGES = ".venv/lib/python3*/site-packages"
# Where the changing files of a build are; a trial of the build begins without them.
LEFT_BY_BUILDS = ("target", "logs", "warehouse")
LEFT_BY_INSTALLING = (".venv", "wavehouse.egg-info")
GENERATED = "models/marts/wide"
SECONDS_BETWEEN_LOOKS = 0.002
SECONDS_AT_MOST = 1800.0


@dataclass(frozen=True)
class Moment:
    """A moment to be killed at.

    Attributes:
        name: what is going on.
        has_come: tells it from the files of the clone.
        installs: whether it comes before `.venv` is finished.
    """

    name: str
    has_come: Callable[[Path], bool]
    installs: bool = False


def there(pattern: str, without: str = "") -> Callable[[Path], bool]:
    """Make a look for a file, and for another one that is not there yet."""

    def look(clone: Path) -> bool:
        return any(clone.glob(pattern)) and not (without and any(clone.glob(without)))

    return look


def said(words: str, times: int = 1) -> Callable[[Path], bool]:
    """Make a look for words in dbt's log."""

    def look(clone: Path) -> bool:
        log = clone / "logs/dbt.log"
        return log.exists() and log.read_bytes().count(words.encode()) >= times

    return look


MOMENTS = (
    Moment("the folder .venv is made", there(".venv"), installs=True),
    Moment(".venv has no pip yet", there(".venv/bin/python*", ".venv/bin/pip"), installs=True),
    Moment("pip itself is half there", there(f"{PACKAGES}/pip/__init__.py"), installs=True),
    Moment(
        "packages are downloaded",
        there(".venv/bin/pip3", f"{PACKAGES}/[!ps]*.dist-info"),
        installs=True,
    ),
    Moment(
        "the first package is there", there(f"{PACKAGES}/[!ps]*.dist-info/RECORD"), installs=True
    ),
    Moment(
        "duckdb is half there",
        there(f"{PACKAGES}/duckdb/__init__.py", f"{PACKAGES}/duckdb-*.dist-info/RECORD"),
        installs=True,
    ),
    Moment(
        "dbt is half there",
        there(f"{PACKAGES}/dbt/*", f"{PACKAGES}/dbt_core-*.dist-info/RECORD"),
        installs=True,
    ),
    Moment("the project is installed", there("wavehouse.egg-info"), installs=True),
    Moment("a generated file is written", there(f"{GENERATED}/*.sql")),
    Moment("dbt begins to read", there("logs/dbt.log")),
    Moment("dbt keeps what it read", there("target/partial_parse.msgpack")),
    Moment("the working database is made", there("target/wavehouse.duckdb")),
    Moment("the first seed is loaded", said("START seed file")),
    Moment("seeds are loaded", said("OK loaded seed file", 20)),
    Moment("the first model is made", said("START sql")),
    Moment("half of the models are made", said("OK created sql", 100)),
    Moment("tests run", said("PASS", 100)),
    Moment("dbt has ended, the attack begins", there("target/run_results.json")),
    Moment("the build has passed", there("target/wavehouse_build.json")),
    Moment("the release is begun", there("warehouse/releases/.*.partial")),
    Moment("the first Parquet file is there", there("warehouse/releases/.*/parquet/*.parquet")),
    Moment("the manifest is there", there("warehouse/releases/.*/manifest.json")),
    Moment("the release is whole", there("warehouse/releases/[0-9]*")),
    Moment("the link is switched", lambda clone: (clone / "warehouse/current").is_symlink()),
)


def main(words: Sequence[str]) -> int:
    """Kill at each moment, and print the table."""
    given = parse(words)
    chosen = [moment for moment in MOMENTS if not given.moments or moment.name in given.moments]
    folder = given.folder or Path(tempfile.mkdtemp(prefix="wavehouse_kill_"))
    clone = folder / "clone"
    copy_checkout(clone, given.studies)
    print("| killed when | left behind | then `make` | published |", flush=True)
    print("|---|---|---|---|", flush=True)
    results = []
    try:
        for moment in sorted(chosen, key=lambda moment: not moment.installs):
            results.append(trial(clone, moment))
    finally:
        if not given.folder:
            shutil.rmtree(folder, ignore_errors=True)
    print(f"\n{sum(results)} of {len(results)} healed.")
    return 0 if all(results) else 1


def parse(words: Sequence[str]) -> argparse.Namespace:
    """Read the command line."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument(
        "moments", nargs="*", metavar="MOMENT", help="names as in the table (default: all)"
    )
    parser.add_argument(
        "--study", dest="studies", action="append", metavar="ID", help="build only this study"
    )
    parser.add_argument("--folder", type=Path, help="where to; it stays (default: a temporary one)")
    given = parser.parse_args(words)
    unknown = set(given.moments) - {moment.name for moment in MOMENTS}
    if unknown:
        parser.error(f"there is no moment {', '.join(sorted(unknown))}")
    return given


def copy_checkout(clone: Path, studies: Sequence[str] | None) -> None:
    """Copy what git knows, or would take, of this checkout, and leave out other studies."""
    listed = subprocess.run(
        ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"],
        cwd=ROOT,
        check=True,
        capture_output=True,
        text=True,
    ).stdout
    for name in filter(None, listed.split("\0")):
        if (ROOT / name).is_file():
            (clone / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(ROOT / name, clone / name)
    if studies:
        sys.path.insert(0, str(ROOT / "tests/python"))
        from workbench import keep_studies

        from wavehouse.project import Project

        keep_studies(Project(clone), studies)


def trial(clone: Path, moment: Moment) -> bool:
    """Kill one `make` and run the next; tell whether that healed everything."""
    for name in LEFT_BY_INSTALLING if moment.installs else LEFT_BY_BUILDS:
        shutil.rmtree(clone / name, ignore_errors=True)
    for path in () if moment.installs else (clone / GENERATED).glob("*.sql"):
        path.unlink()
    met = kill_at(clone, moment)
    left = ", ".join(sorted(leftovers(clone))) or "nothing unfinished"
    started = time.monotonic()
    code, output = run_make(clone)
    seconds = time.monotonic() - started
    tables = published_tables(clone)
    faults = damaged_files(clone) if moment.installs else []
    healed = met and code == 0 and tables > 0 and not faults
    told = f"passed in {seconds:.0f} s" if code == 0 else f"**failed** ({output[-300:]!r})"
    if faults:
        told += f", **damaged:** {', '.join(faults[:5])}"
    print(
        f"| {moment.name}{'' if met else ' (**not met**)'} | {left} | {told} | {tables} tables |",
        flush=True,
    )
    return healed


def kill_at(clone: Path, moment: Moment) -> bool:
    """Start `make`, kill its whole group when the moment has come; tell whether it came."""
    with started_make(clone) as process:
        deadline = time.monotonic() + SECONDS_AT_MOST
        while process.poll() is None and time.monotonic() < deadline:
            if moment.has_come(clone):
                os.killpg(process.pid, signal.SIGKILL)
                process.wait()
                return True
            time.sleep(SECONDS_BETWEEN_LOOKS)
        # It may have ended between the moment and the look at it.
        return False


def started_make(clone: Path) -> "subprocess.Popen[str]":
    """Start `make` as the leader of a group of its own."""
    environment = {
        name: value for name, value in os.environ.items() if name != "WAVEHOUSE_DATABASE"
    }
    return subprocess.Popen(
        ["make"],
        cwd=clone,
        env=environment,
        stdin=subprocess.DEVNULL,
        stdout=(clone.parent / "make.log").open("w"),
        stderr=subprocess.STDOUT,
        text=True,
        start_new_session=True,
    )


def run_make(clone: Path) -> tuple[int, str]:
    """Run `make` to its end; give its exit code and what it said."""
    with started_make(clone) as process:
        code = process.wait(timeout=SECONDS_AT_MOST)
    return code, (clone.parent / "make.log").read_text(encoding="utf-8", errors="replace")


def leftovers(clone: Path) -> Iterator[str]:
    """Name what a killed run left unfinished."""
    for pattern in (
        ".venv/.unfinished",
        "target/wavehouse.duckdb",
        "target/wavehouse.duckdb.wal",
        "target/partial_parse.msgpack",
        "warehouse/releases/.*.partial",
        "warehouse/.*.partial",
        f"{GENERATED}/.*.partial",
    ):
        for path in clone.glob(pattern):
            size = f" ({path.stat().st_size:,} bytes)" if path.is_file() else ""
            yield f"`{path.relative_to(clone)}`{size}"


def damaged_files(clone: Path) -> list[str]:
    """Name the files of packages that are not as the list of their package says."""
    (site,) = clone.glob(PACKAGES)
    faults = [
        folder.name for folder in site.glob("*.dist-info") if not (folder / "RECORD").is_file()
    ]
    # Packages of one namespace bring some files several times.
    listed: dict[str, set[str]] = defaultdict(set)
    for record in site.glob("*.dist-info/RECORD"):
        with record.open(newline="", encoding="utf-8") as file:
            for name, _, size in csv.reader(file):
                listed[name].add(size)
    for name, sizes in listed.items():
        path = site / name
        if not path.is_file() or ("" not in sizes and str(path.stat().st_size) not in sizes):
            faults.append(name)
    return faults


def published_tables(clone: Path) -> int:
    """Count the published tables that can be read, from the database and from Parquet."""
    database = clone / "warehouse/wavehouse.duckdb"
    if not database.exists():
        return 0
    with duckdb.connect(str(database), read_only=True) as connection:
        names = connection.sql("select table_name from duckdb_tables()").fetchall()
        for (name,) in names:
            file = clone / f"warehouse/parquet/{name}.parquet"
            (of_table,), (of_file,) = connection.sql(
                f"select count(*) from marts.{name} union all select count(*) from '{file}'"
            ).fetchall()
            if of_table != of_file:
                return 0
    return len(names)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
