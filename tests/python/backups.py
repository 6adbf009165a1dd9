"""Small projects to back up, and what came out of a restore."""

import hashlib
import os
import shutil
import stat
import subprocess
import sys
from pathlib import Path
from typing import Any

import duckdb
from test_publish import TABLES, build_working_database, check_published_whole

from wavehouse.operations.backups.restic import Restic
from wavehouse.project import Project
from wavehouse.publishing.publish import PassedBuild, publish

PASSWORD = "a password of the tests"
# Nothing of it may be seen in a repository.
SECRET = b"an answer that is nobody's business"
PEOPLE = "fct_people"
# Of each released version; a restored project has one of them in all of its files.
WAVE = ("answers.parquet", "files.parquet")


def write(project: Project, path: str, content: bytes | str) -> Path:
    """Write a file of a project."""
    place = project.root / path
    place.parent.mkdir(parents=True, exist_ok=True)
    place.write_bytes(content.encode() if isinstance(content, str) else content)
    return place


def fill(project: Project) -> None:
    """Give a project a bit of everything that lies in one."""
    write(project, "operations.yml", "backup:\n  repository: ../repository\n")
    write(project, "seeds/codebook/waves.csv", "study_id,wave_id\npanel,2031\n")
    write(project, "seeds/waves/panel/panel_2030.csv", b"id,answer\n1," + SECRET + b"\n")
    write(project, "models/marts/mine.sql", "select 1 as one\n")
    write(project, "inbox/panel/2032/delivery.csv", "id\n7\n")
    write(project, "warehouse/operations/runs/20310101T000000000000Z-build.json", "{}")
    write(project, "run.sh", "#!/bin/sh\n").chmod(0o750)
    (project.root / "latest.csv").symlink_to("seeds/waves/panel/panel_2030.csv")
    for path in ("target/big", ".venv/pip", "logs/dbt.log", "keys/id", "warehouse/docs/x.html"):
        write(project, path, "not backed up")
    land(project, 1)


def land(project: Project, version: int) -> None:
    """Put a landed wave in place, as landing does: two renames."""
    from wavehouse_exchange.landing.land import put_in_place

    folder = project.landing / "panel" / "2031"
    partial = folder.with_name(f".2031.partial{os.getpid()}")
    partial.mkdir(parents=True)
    for name in WAVE:
        (partial / name).write_bytes(b"version %d " % version + os.urandom(20_000))
    put_in_place(partial, folder)


def landed_version(project: Project) -> int:
    """Give the version of the landed wave, the same in all of its files."""
    folder = project.landing / "panel" / "2031"
    found = {(folder / name).read_bytes().split()[1] for name in WAVE}
    assert len(found) == 1, found
    return int(found.pop())


def release(project: Project, version: int) -> str:
    """Publish a version, with a table of people; give the id of the release."""
    build_working_database(project, version)
    with duckdb.connect(str(project.working_database)) as connection:
        connection.execute(
            f"create table marts.{PEOPLE} as select 'p' || i as respondent_key, {version} as "
            "version from range(1000) as r (i)"
        )
    build = PassedBuild.of(project, f"version {version}", [*TABLES, PEOPLE])
    build.save(project)
    name: str = publish(project, build)["release"]
    return name


def check_whole(project: Project) -> int:
    """Read all that is published in a restored project; give its version."""
    with_people = [*TABLES, PEOPLE]
    folder = (project.warehouse / "current").resolve()
    with duckdb.connect(str(folder / "wavehouse.duckdb"), read_only=True) as connection:
        versions = {
            connection.sql(f"select min(version), max(version) from {source}").fetchall()[0]
            for name in with_people
            for source in (f"marts.{name}", f"'{folder}/parquet/{name}.parquet'")
        }
    assert len(versions) == 1, versions
    lowest, highest = versions.pop()
    assert lowest == highest
    return int(lowest)


def described(folder: Path) -> dict[str, Any]:
    """Describe all files and links below a folder: content, mode; where a link leads."""
    found: dict[str, Any] = {}
    for path in sorted(folder.rglob("*")):
        name = path.relative_to(folder).as_posix()
        if path.is_symlink():
            found[name] = str(path.readlink())
        elif path.is_file():
            total = hashlib.sha256(path.read_bytes()).hexdigest()
            found[name] = (total, stat.S_IMODE(path.stat().st_mode))
    return found


def repository_of(project: Project) -> Restic:
    """Give the repository that `fill` names."""
    return Restic(str((project.root / "../repository").resolve()))


def command(project: Project, *words: str) -> list[str]:
    """Give the words that start a command in a process of its own."""
    return [sys.executable, "-m", "wavehouse", "--project-dir", str(project.root), *words]


def run(project: Project, *words: str) -> "subprocess.CompletedProcess[str]":
    """Run a command in a process of its own."""
    return subprocess.run(command(project, *words), capture_output=True, text=True, check=False)


def remove(folder: Path) -> None:
    """Remove a folder, if it is there."""
    shutil.rmtree(folder, ignore_errors=True)


__all__ = ["build_working_database", "check_published_whole"]
