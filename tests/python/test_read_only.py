"""What is published can be read by all and changed by nobody; a file held open is told of."""

import os
import stat
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from workbench import DbtRun, copy_built, run_wavehouse

from wavehouse.building.databases import held_message
from wavehouse.project import Project
from wavehouse.publishing.releases import seal

NOBODY = 65534
AS_ANOTHER = pytest.mark.skipif(os.geteuid() != 0, reason="only root can become another user")
DATABASE = "warehouse/wavehouse.duckdb"

# Opens a DuckDB file, says so, and keeps it open until its input ends.
HOLD = """
import sys, duckdb
connection = duckdb.connect(sys.argv[1], read_only=sys.argv[2] == "read")
print("open", flush=True)
sys.stdin.read()
"""
PUBLISH = """
for _ in range(3):
    publish(project, passed_build(project))
"""
# The first time as root, which imports whatever is needed.
BEFORE_PUBLISH = f"""
import os, sys
from pathlib import Path
from wavehouse.project import Project
from wavehouse.publishing.publish import passed_build, publish
project = Project(Path(sys.argv[1]))
publish(project, passed_build(project))
for path in [project.root, *project.root.rglob("*")]:
    os.chown(path, {NOBODY}, {NOBODY}, follow_symlinks=False)
"""
# Tries everything that would change what is published; prints what worked.
VANDAL = """
import os, sys, duckdb
from pathlib import Path
warehouse = Path(sys.argv[1])
done = []
def attempt(name, act):
    try:
        act()
    except (OSError, duckdb.Error):
        return
    done.append(name)
database = warehouse / "wavehouse.duckdb"
attempt("connect", lambda: duckdb.connect(str(database)).execute("create table marts.x (a int)"))
def attach():
    duckdb.connect().execute(f"attach '{database}' as x; create table x.marts.y (a int)")
attempt("attach", attach)
release = (warehouse / "current").resolve()
for path in [*release.rglob("*"), warehouse / "drift.html", warehouse / "pages/index.html"]:
    if path.is_file():
        attempt(f"write {path.name}", lambda: path.open("ab").write(b"x"))
        if len(sys.argv) < 3:
            attempt(f"remove {path.name}", path.unlink)
            attempt(f"rename {path.name}", lambda: path.rename(path.with_name("x")))
if len(sys.argv) < 3:
    attempt("add", lambda: (release / "wavehouse.duckdb.wal").write_text("x"))
    attempt("switch", lambda: (warehouse / "current").unlink())
    attempt("remove", lambda: release.rename(warehouse / "releases/x"))
print(done)
with duckdb.connect(str(database), read_only=True) as connection:
    print(connection.sql("select count(*) > 0 from marts.dim_study").fetchall())
parquet = warehouse / "parquet/dim_study.parquet"
print(duckdb.sql(f"select count(*) > 0 from read_parquet('{parquet}')").fetchall())
"""


@pytest.fixture
def project(published: Project, tmp_path: Path) -> Project:
    """A published project that may be changed, where other users may look."""
    project = copy_built(published, tmp_path / "project")
    for folder in (tmp_path, *tmp_path.parents):
        if folder.stat().st_uid == os.geteuid() and "pytest" in str(folder):
            folder.chmod(folder.stat().st_mode | 0o055)
    return project


def as_nobody(preparation: str, program: str, *arguments: str) -> DbtRun:
    """Run Python as a user who owns nothing.

    Python itself may lie where that user may not look, so what is needed is imported before.
    """
    drop = f"import os\nos.setgroups([])\nos.setgid({NOBODY})\nos.setuid({NOBODY})\n"
    done = subprocess.run(
        [sys.executable, "-c", f"{preparation}\n{drop}{program}", *arguments],
        cwd="/",
        env={**os.environ, "PYTHONDONTWRITEBYTECODE": "1"},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        check=False,
    )
    return DbtRun(done.returncode, done.stdout)


@contextmanager
def held(path: Path, how: str) -> Iterator[int]:
    """Let another process hold a database open for a block; give its number."""
    with subprocess.Popen(
        [sys.executable, "-c", HOLD, str(path), how],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    ) as process:
        assert process.stdin
        assert process.stdout
        assert process.stdout.readline() == "open\n"
        yield process.pid
        process.stdin.close()


def modes(folder: Path) -> dict[str, int]:
    """Give the modes of all that is in a folder, and its own."""
    return {path.name: stat.S_IMODE(path.stat().st_mode) for path in [folder, *folder.rglob("*")]}


def test_nothing_of_a_release_can_be_written(published: Project) -> None:
    for place in ("current", "pages", "drift.html"):
        path = (published.warehouse / place).resolve()
        if place == "pages" and not path.exists():
            continue
        found = modes(path) if path.is_dir() else {path.name: stat.S_IMODE(path.stat().st_mode)}
        files = {name: mode for name, mode in found.items() if "." in name and name[0] != "2"}
        assert files
        assert not any(mode & 0o222 for mode in files.values())
        assert not any(mode & 0o002 for mode in found.values())


@pytest.mark.parametrize(
    ("umask", "folder", "file"),
    [(0o000, 0o775, 0o444), (0o002, 0o775, 0o444), (0o022, 0o755, 0o444), (0o077, 0o700, 0o400)],
)
def test_the_umask_says_who_may_read(tmp_path: Path, umask: int, folder: int, file: int) -> None:
    before = os.umask(umask)
    try:
        release = tmp_path / "release"
        (release / "parquet").mkdir(parents=True)
        (release / "parquet/a.parquet").write_text("x")
        seal(release)
    finally:
        os.umask(before)
    assert modes(release) == {"release": folder, "parquet": folder, "a.parquet": file}


@AS_ANOTHER
def test_another_user_reads_and_changes_nothing(project: Project) -> None:
    said = as_nobody("import duckdb", VANDAL, str(project.warehouse))
    assert said.output.splitlines() == ["[]", "[(True,)]", "[(True,)]"]


@AS_ANOTHER
def test_the_publisher_changes_nothing_by_accident_and_publishes_again(project: Project) -> None:
    for path in [project.root, *project.root.rglob("*")]:
        os.chown(path, NOBODY, NOBODY, follow_symlinks=False)
    # What the owner opens is not written; its folders are the owner's own.
    said = as_nobody("import duckdb", VANDAL, str(project.warehouse), "only files")
    assert said.output.splitlines()[0] == "[]"
    releases = project.warehouse / "releases"
    before = {path.name for path in releases.iterdir()}
    run = as_nobody(BEFORE_PUBLISH, PUBLISH, str(project.root))
    assert run.exit_code == 0, run.output
    after = {path.name for path in releases.iterdir() if path.is_dir()}
    # The one before stays for its readers; older ones were removed.
    assert len(after) == 2
    assert not before & after


@pytest.mark.parametrize("how", ["read", "write"])
def test_a_tool_that_holds_the_published_file_stops_no_command(project: Project, how: str) -> None:
    if how == "write" and os.geteuid() != 0:
        pytest.skip("only root can open a read-only file for writing")
    with held(project.root / DATABASE, how):
        for words in (("pages",), ("export", "bsa", "--format", "csvw"), ("publish",), ("drift",)):
            run = run_wavehouse(project, *words)
            assert run.exit_code == 0, (words, run.output)


@pytest.mark.parametrize("how", ["read", "write"])
def test_a_program_that_holds_the_working_database_is_named(project: Project, how: str) -> None:
    commands = [("build", "--force"), ("docs",)]
    if how == "write":
        commands += [("publish",), ("drift",), ("attack",)]
    with held(project.working_database, how) as number:
        before = (project.warehouse / "current").readlink()
        for words in commands:
            run = run_wavehouse(project, *words)
            assert run.exit_code == 1, (words, run.output)
            assert f"(process {number}" in run.output, (words, run.output)
            assert "end that program, and run the command again" in run.output
            assert "Traceback" not in run.output
            assert "dbt" not in run.output
        assert (project.warehouse / "current").readlink() == before
    # It is still a build that passed.
    assert run_wavehouse(project, "publish").exit_code == 0


def test_the_message_names_the_program_and_its_user() -> None:
    said = (
        'IO Error: Could not set lock on file "/x/y.duckdb": Conflicting lock is held in '
        "/usr/bin/some tool (PID 42) by user ann. See also https://duckdb.org/docs"
    )
    assert held_message(said, "y.duckdb") == (
        "y.duckdb is open in /usr/bin/some tool (process 42, user ann), which keeps other "
        "programs out. Close it there, or end that program, and run the command again. To query "
        "during builds, open warehouse/wavehouse.duckdb for reading only."
    )
    assert "open in another program" in (held_message('Could not set lock on file "a"', "a") or "")
    assert held_message("IO Error: Permission denied", "a") is None
