"""What several test files need: the project's root, and small projects to break."""

import os
import shutil
import signal
import subprocess
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
import quick_restic
from leftovers import end_left_behind, end_with_parent, mark_run
from once import make_once
from overlay import make_overlay
from sharing import arrange, group_of
from studies.grown import make_grown
from studies.nhanes import FOLDER, missing_tables
from targets import REASONS, mark_slow
from workbench import (
    READY_DBT,
    DbtRun,
    copy_built,
    copy_project,
    keep_studies,
    run_dbt,
    run_make,
    run_wavehouse,
)

from wavehouse.building.postgres import PostgresServer, throwaway_postgres
from wavehouse.cli import main
from wavehouse.codebook.wave_files import check_files
from wavehouse.own.init import init_project
from wavehouse.project import Project
from wavehouse_exchange.landing.load_postgres import load_landed_waves

if TYPE_CHECKING:
    from partners import Partner
    from small_server import Server

    from wavehouse_exchange.receiving.quarantine import Quarantine

StartProcess = Callable[..., "subprocess.Popen[Any]"]

ROOT = Path(__file__).resolve().parents[2]
# What a run leaves out because its data are not there; the end of the run says so.
LEFT_OUT = pytest.StashKey[str]()


def pytest_configure(config: pytest.Config) -> None:
    """Declare the marks, and see to it that no process outlives the run."""
    reasons = "; ".join(f"{reason}: {meaning}" for reason, meaning in REASONS.items())
    config.addinivalue_line("markers", f"slow(reason): runs by `make test-slow` ({reasons})")
    mark_run()
    if "PYTEST_XDIST_WORKER" in os.environ:
        end_with_parent()
    else:
        # `kill` and a closed terminal end a run as an interrupt does, with its clean-up.
        for sent in (signal.SIGTERM, signal.SIGHUP):
            if signal.getsignal(sent) is signal.SIG_DFL:
                signal.signal(sent, interrupt)


def interrupt(signum: int, _: object) -> None:
    """End the run."""
    raise KeyboardInterrupt(signal.Signals(signum).name)


def pytest_unconfigure() -> None:
    """End what tests left behind, and say so."""
    READY_DBT.end()
    if "PYTEST_XDIST_WORKER" not in os.environ:
        for command in end_left_behind(mark_run()):
            print(f"A test left a process behind, which was ended: {command}")


# Not known where pytest-xdist is switched off.
@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config: pytest.Config, log: Any) -> Any:  # noqa: ANN401
    """Give each process whole files, and the files that share a server to one.

    The groups of pytest-xdist's own `loadgroup` are lost with the structured node ids of pytest 9.
    """
    from xdist.scheduler import LoadScopeScheduling

    class ByGroup(LoadScopeScheduling):
        def _split_scope(self, nodeid: str) -> str:
            return group_of(nodeid)

    return ByGroup(config, log)


# Before pytest looks at the marks (-m).
@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Put the tests in order, without those of NHANES where somebody does not have its tables."""
    mark_slow(items)
    needing = [
        item
        for item in items
        if any(name.startswith("nhanes") for name in getattr(item, "fixturenames", ()))
    ]
    missing = missing_tables() if needing else []
    if missing:
        config.hook.pytest_deselected(items=needing)
        items[:] = [item for item in items if item not in needing]
        config.stash[LEFT_OUT] = (
            f"{len(needing)} tests of NHANES were left out, because {', '.join(missing)} are not "
            f"in {FOLDER}. The agency publishes them; WAVEHOUSE_NHANES names another folder."
        )
    arrange(items)


def pytest_sessionfinish(session: pytest.Session) -> None:
    """Tell the process that reports, if this is one of several, what was left out."""
    if hasattr(session.config, "workeroutput"):
        session.config.workeroutput["left_out"] = session.config.stash.get(LEFT_OUT, "")


@pytest.hookimpl(optionalhook=True)
def pytest_testnodedown(node: Any) -> None:  # noqa: ANN401 - of a plugin that may be missing
    """Hear from a process what it left out, which is the same in each."""
    output = getattr(node, "workeroutput", None)  # a process that crashed has none
    if output and output.get("left_out"):
        node.config.stash[LEFT_OUT] = output["left_out"]


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Say at the end of a run what it left out."""
    left_out = terminalreporter.config.stash.get(LEFT_OUT, "")
    if left_out:
        terminalreporter.write_line(left_out, yellow=True)


@pytest.fixture(scope="session", autouse=True)
def quick_repositories(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """Repositories of backups that open in milliseconds (`quick_restic.py`)."""
    with pytest.MonkeyPatch.context() as patch:
        found_first = quick_restic.install(tmp_path_factory.mktemp("programs"))
        if found_first:
            patch.setenv("PATH", found_first)
        yield


@pytest.fixture(scope="session")
def project_root() -> Path:
    """The checkout that the tests belong to."""
    return ROOT


@pytest.fixture
def empty_project(tmp_path: Path) -> Project:
    """A folder that counts as a project, with nothing in it."""
    (tmp_path / "dbt_project.yml").write_text("name: wavehouse\n")
    return Project(tmp_path)


@pytest.fixture(scope="session")
def bare(tmp_path_factory: pytest.TempPathFactory) -> Project:
    """A project without studies, to be copied and not to be changed."""
    project = copy_project(tmp_path_factory.mktemp("bare") / "project")
    keep_studies(project, [])
    return project


@pytest.fixture
def empty(bare: Project, tmp_path: Path) -> Project:
    """A project without studies to work in."""
    return Project(Path(shutil.copytree(bare.root, tmp_path / "project")))


@pytest.fixture(scope="session")
def begun(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A project with the example, as `init` leaves it; tests copy it."""
    folder = tmp_path_factory.mktemp("begun") / "town"
    init_project(folder, example=True)
    return folder


@pytest.fixture
def town(begun: Path, tmp_path: Path) -> Project:
    """A copy of the project with the example."""
    shutil.copytree(begun, tmp_path / "town", symlinks=True)
    return Project(tmp_path / "town")


@pytest.fixture
def run_command(capsys: pytest.CaptureFixture[str]) -> Callable[..., tuple[int, str]]:
    """Run a `wavehouse` command in a project; give its exit code and what it printed."""

    def run(project: Project, *words: str) -> tuple[int, str]:
        code = main(["--project-dir", str(project.root), *words])
        printed = capsys.readouterr()
        return code, printed.out + printed.err

    return run


@pytest.fixture
def start_process() -> Iterator[StartProcess]:
    """Start processes that end with the test, however it ends.

    They heed signals that the tests themselves may ignore, as what was started in the background
    does with an interrupt (SIGINT), and what `nohup` runs with the end of the terminal (SIGHUP).
    """
    started: list[subprocess.Popen[Any]] = []

    def start(words: Sequence[str], **options: Any) -> "subprocess.Popen[Any]":  # noqa: ANN401
        process = subprocess.Popen(
            words,
            start_new_session=True,
            preexec_fn=heed_signals,
            **options,
        )
        started.append(process)
        return process

    yield start
    for process in started:
        end_group(process)


def heed_signals() -> None:
    """Take no signal as one to be ignored."""
    for sent in (signal.SIGINT, signal.SIGHUP):
        signal.signal(sent, signal.SIG_DFL)


def end_group(process: "subprocess.Popen[Any]") -> None:
    """End a process and those that it started: kindly, so that they clean up, and then for sure."""
    for sent in (signal.SIGTERM, signal.SIGKILL):
        with suppress(ProcessLookupError):
            os.killpg(process.pid, sent)
        with suppress(subprocess.TimeoutExpired):
            process.wait(timeout=20)
            break
    for stream in (process.stdin, process.stdout, process.stderr):
        if stream:
            with suppress(BrokenPipeError):
                stream.close()


@pytest.fixture(scope="session")
def checkout(tmp_path_factory: pytest.TempPathFactory) -> Project:
    """The checkout itself, built and published; only to be read."""

    def build(_: Path) -> None:
        run = run_wavehouse(Project(ROOT), "build")
        assert run.exit_code == 0, run.output

    make_once(tmp_path_factory, "checkout", build)
    return Project(ROOT)


@pytest.fixture(scope="session")
def parsed(tmp_path_factory: pytest.TempPathFactory) -> DbtRun:
    """How dbt read the whole checkout, with every warning an error; its files: target/parse."""

    def parse(folder: Path) -> None:
        run = run_make("parse")
        folder.mkdir()
        (folder / "exit_code").write_text(str(run.exit_code), encoding="utf-8")
        (folder / "output").write_text(run.output, encoding="utf-8")

    folder = make_once(tmp_path_factory, "parsed", parse)
    exit_code, output = (
        (folder / name).read_text(encoding="utf-8") for name in ("exit_code", "output")
    )
    return DbtRun(int(exit_code), output)


@pytest.fixture(scope="session")
def postgres_server() -> Iterator[PostgresServer]:
    """One throwaway server for all tests that need one; it orders texts as no code point does."""
    with throwaway_postgres("en-US") as server:
        yield server


@pytest.fixture(scope="session")
def published(tmp_path_factory: pytest.TempPathFactory) -> Project:
    """The two small real studies, built and published; only to be read, or copied."""

    def publish(folder: Path) -> None:
        project = copy_project(folder)
        keep_studies(project, ["api", "bsa"])
        run = run_wavehouse(project, "build")
        assert run.exit_code == 0, run.output

    return Project(make_once(tmp_path_factory, "published", publish, keep=True))


@pytest.fixture(scope="module")
def served(published: Project, tmp_path_factory: pytest.TempPathFactory) -> Project:
    """A copy of the published project, of which requests are logged."""
    return copy_built(published, tmp_path_factory.mktemp("served") / "project")


@pytest.fixture(scope="module")
def server(served: Project) -> Iterator["Server"]:
    """A server of that copy, for the public."""
    # Only tests of the API need it, and its packages take a while to load.
    from small_server import serving

    with serving(served) as running:
        yield running


@pytest.fixture(scope="module")
def harbour(begun: Path, tmp_path_factory: pytest.TempPathFactory) -> Project:
    """The example, to be delivered to; tests of deliveries do not change its own files."""
    root = tmp_path_factory.mktemp("harbour") / "town"
    shutil.copytree(begun, root, symlinks=True)
    return Project(root)


@pytest.fixture(scope="module")
def partner_keys(harbour: Project) -> dict[str, str | None]:
    """Keys of those who deliver to it, and of others, by who they are."""
    from partners import keys_of

    return keys_of(harbour)


@pytest.fixture(scope="module")
def partner(harbour: Project, partner_keys: dict[str, str | None]) -> Iterator["Partner"]:
    """Somebody who may deliver to it, and a server that takes it."""
    from partners import delivering

    with delivering(harbour, partner_keys) as found:
        yield found


@pytest.fixture
def quarantine(harbour: Project) -> "Quarantine":
    """Where its deliveries wait."""
    from wavehouse_exchange.receiving.quarantine import Quarantine

    return Quarantine(harbour)


@pytest.fixture(scope="session")
def grown(published: Project, tmp_path_factory: pytest.TempPathFactory) -> Project:
    """The published project with more waves and studies, published again."""

    def make(folder: Path) -> None:
        make_grown(published, folder)

    return Project(make_once(tmp_path_factory, "grown", make))


@pytest.fixture(scope="session")
def overlay(tmp_path_factory: pytest.TempPathFactory) -> Project:
    """The project with all test studies and the bench, not built. For reading only."""
    return Project(make_once(tmp_path_factory, "overlay", make_overlay, keep=True))


@pytest.fixture(scope="session")
def postgres_build(overlay: Project, postgres_server: PostgresServer) -> Iterator[Future[DbtRun]]:
    """The overlay's build on PostgreSQL, begun: it goes on beside whatever else is set up."""
    load_landed_waves(overlay, check_files(overlay).waves, postgres_server.environment)
    with ThreadPoolExecutor(max_workers=1) as executor:
        yield executor.submit(
            run_dbt, overlay, "build", target="postgres", env=postgres_server.environment
        )


@pytest.fixture(scope="session")
def overlay_on_duckdb(overlay: Project, tmp_path_factory: pytest.TempPathFactory) -> Project:
    """The overlay, built on DuckDB with its data tests.

    Unit tests bring their own rows, so they say nothing new here: test_unit_tests.py runs them on
    DuckDB, and the overlay's build on PostgreSQL there.
    """

    def build(_: Path) -> None:
        run = run_dbt(overlay, "build", "--exclude-resource-type", "unit_test")
        assert run.exit_code == 0, run.output[-5000:]

    make_once(tmp_path_factory, "overlay-on-duckdb", build, keep=True)
    return overlay


@pytest.fixture(scope="session")
def overlay_on_postgres(
    postgres_build: Future[DbtRun], postgres_server: PostgresServer
) -> PostgresServer:
    """The overlay, built on PostgreSQL with all its tests."""
    run = postgres_build.result()
    assert run.exit_code == 0, run.output[-5000:]
    return postgres_server
