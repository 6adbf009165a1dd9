"""A PostgreSQL server for the length of one command or test session, removed afterwards."""

import fcntl
import os
import pwd
import shutil
import socket
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from contextlib import closing, contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from wavehouse.building.postgres_target import DATABASE, SSLMODE, USER, target_settings, where
from wavehouse.encryption.key import without_key
from wavehouse.errors import WavehouseError
from wavehouse.processes import ended_with_us

if TYPE_CHECKING:
    from psycopg2 import extensions

PREFIX = "wavehouse-postgres-"
NEEDED = ("initdb", "pg_ctl", "postgres", "createdb")
# Nothing has to survive a crash of a server that is thrown away.
SETTINGS = {
    "listen_addresses": "127.0.0.1",
    "unix_socket_directories": "",
    "fsync": "off",
    "synchronous_commit": "off",
    "full_page_writes": "off",
    # For a build by one user; the defaults are for many small queries on a small machine.
    "shared_buffers": "512MB",
    "work_mem": "64MB",
    "jit": "off",
}
INITDB_OPTIONS = ("--auth=trust", "-E", "UTF8", "--locale=C.UTF-8", "--no-sync")
TRIES_FOR_A_PORT = 5
DEBIAN_FOLDER = Path("/usr/lib/postgresql")


def connect_to_target(
    environment: Mapping[str, str] = os.environ,
    **settings: Any,  # noqa: ANN401 (psycopg2's own)
) -> "extensions.connection":
    """Connect to the database that the dbt target `postgres` builds in, as profiles.yml says.

    Args:
        environment: the variables that profiles.yml reads.
        settings: what else the connection is told, such as `connect_timeout`.
    """
    import psycopg2

    return psycopg2.connect(**target_settings(environment), **settings)


@contextmanager
def target_cursor(
    environment: Mapping[str, str] = os.environ,
) -> Iterator["extensions.cursor"]:
    """Give a cursor for one transaction on the target's database, and a connection for it alone.

    Args:
        environment: the variables that profiles.yml reads.
    """
    with (
        closing(connect_to_target(environment)) as connection,
        connection,
        connection.cursor() as cursor,
    ):
        yield cursor


@contextmanager
def server_explained(environment: Mapping[str, str] = os.environ) -> Iterator[None]:
    """Let a server that is gone, or that cannot do what the block asks, be a message for users.

    Args:
        environment: the variables that profiles.yml reads.

    Raises:
        WavehouseError: the block ended with an error of the server or of the connection to it.
    """
    try:
        yield
    except Exception as error:
        # Nobody who did not use it has to load it.
        psycopg2 = sys.modules.get("psycopg2")
        if psycopg2 is None or not isinstance(
            error, psycopg2.OperationalError | psycopg2.InterfaceError
        ):
            raise
        said = (str(error).strip().splitlines() or [type(error).__name__])[0].rstrip(".")
        raise WavehouseError(
            f"The PostgreSQL server at {where(environment)} is gone, or did not do what was asked: "
            f"{said}. See whether it runs (`wavehouse status`), then run the command again: it "
            "does what is left."
        ) from error


@dataclass(frozen=True)
class PostgresServer:
    """Where a running server is, and as whom to connect."""

    port: int
    host: str = "127.0.0.1"
    user: str = USER
    password: str = ""
    database: str = DATABASE

    @property
    def environment(self) -> dict[str, str]:
        """The environment variables that the dbt target `postgres` reads."""
        return {
            "WAVEHOUSE_PG_HOST": self.host,
            "WAVEHOUSE_PG_PORT": str(self.port),
            "WAVEHOUSE_PG_USER": self.user,
            "WAVEHOUSE_PG_PASSWORD": self.password,
            "WAVEHOUSE_PG_DATABASE": self.database,
            # It has no certificate, whatever a server of the user's has.
            SSLMODE: "disable",
        }


@contextmanager
def throwaway_postgres(language: str | None = None) -> Iterator[PostgresServer]:
    """Start an empty server with a database, and stop and remove it at the end, come what may.

    Args:
        language: the language, such as `en-US`, that texts are ordered by, from PostgreSQL 15 on;
            without one they are ordered by code point.

    Raises:
        WavehouseError: there is no PostgreSQL and it cannot be installed, or it does not start.
    """
    order = ("--locale-provider=icu", f"--icu-locale={language}") if language else ()
    binaries = find_binaries() or install_binaries()
    account = _account()
    _remove_abandoned(binaries, account)
    folder = Path(tempfile.mkdtemp(prefix=PREFIX))
    lock = (folder / "owner.lock").open("w")
    fcntl.flock(lock, fcntl.LOCK_EX)
    if account:
        shutil.chown(folder, account)
    try:
        _run(
            [binaries / "initdb", "-D", folder / "data", "-U", USER, *INITDB_OPTIONS, *order],
            folder,
            account,
        )
        port = _start(binaries, folder, account)
        server = PostgresServer(port)
        _run(
            [binaries / "createdb", "-h", server.host, "-p", str(port), "-U", USER, DATABASE],
            folder,
            account,
        )
        yield server
    finally:
        _remove(binaries, folder, account)
        lock.close()


def run_with_postgres(words: Sequence[str], directory: Path) -> int:
    """Run a command with a throwaway server named in its environment.

    Args:
        words: the command and its arguments.
        directory: where to run it.

    Returns:
        the command's exit code, as a shell would give it.

    Raises:
        WavehouseError: see `throwaway_postgres`, or the command does not exist.
    """
    with throwaway_postgres() as server:
        environment = {**os.environ, **server.environment}
        try:
            process = subprocess.Popen(words, cwd=directory, env=environment)
        except OSError as error:
            raise WavehouseError(f"{words[0]} cannot be run: {error.strerror}.") from error
        with ended_with_us(process):
            code = process.wait()
    return code if code >= 0 else 128 - code


def find_binaries() -> Path | None:
    """Find the folder of PostgreSQL's server programs: PATH, pg_config, Debian's folders."""
    folders = [Path(folder) for folder in os.environ.get("PATH", "").split(os.pathsep) if folder]
    # Debian and others put links to a few of the programs on the PATH.
    folders += [(folder / "pg_ctl").resolve().parent for folder in folders]
    if config := shutil.which("pg_config"):
        answer = subprocess.run(
            [config, "--bindir"], capture_output=True, text=True, check=False, env=without_key()
        )
        folders.append(Path(answer.stdout.strip()))
    versions = [f for f in DEBIAN_FOLDER.glob("*/bin") if f.parent.name.isdecimal()]
    folders += sorted(versions, key=lambda folder: int(folder.parent.name), reverse=True)
    for folder in folders:
        if all(os.access(folder / name, os.X_OK) for name in NEEDED):
            return folder
    return None


def install_binaries() -> Path:
    """Install Debian's PostgreSQL where that is possible.

    Raises:
        WavehouseError: it is not, or it failed.
    """
    remedy = (
        "Install PostgreSQL's server (Debian and Ubuntu: apt-get install postgresql), or put the "
        "folder with initdb and pg_ctl on the PATH."
    )
    if os.geteuid() != 0 or not shutil.which("apt-get"):
        raise WavehouseError(f"No PostgreSQL was found. {remedy}")
    print("No PostgreSQL was found; installing the package `postgresql`.", flush=True)
    environment = {**without_key(), "DEBIAN_FRONTEND": "noninteractive"}
    for words in (
        ["apt-get", "update", "-q"],
        ["apt-get", "install", "-q", "-y", "--no-install-recommends", "postgresql"],
    ):
        done = subprocess.run(words, env=environment, capture_output=True, text=True, check=False)
        if done.returncode != 0:
            raise WavehouseError(f"`{' '.join(words)}` failed:\n{done.stderr.strip()}\n{remedy}")
    if binaries := find_binaries():
        return binaries
    raise WavehouseError(f"The package `postgresql` contains no server. {remedy}")


def _account() -> str | None:
    """Give the account to run the server as; None for one's own. PostgreSQL refuses root."""
    if os.geteuid() != 0:
        return None
    known = {entry.pw_name for entry in pwd.getpwall()}
    for name in ("postgres", "nobody"):
        if name in known:
            return name
    raise WavehouseError(
        "PostgreSQL refuses to run as root, and there is neither a user `postgres` nor `nobody`. "
        "Run the command as another user."
    )


def _start(binaries: Path, folder: Path, account: str | None) -> int:
    """Start the server on a free port and give the port."""
    settings = " ".join(f"-c {name}='{value}'" for name, value in SETTINGS.items())
    control = [binaries / "pg_ctl", "-D", folder / "data", "-w", "-s", "-l", folder / "log"]
    for attempt in range(1, TRIES_FOR_A_PORT + 1):
        port = _free_port()
        try:
            _run([*control, "-o", f"-p {port} {settings}", "start"], folder, account)
        except WavehouseError as error:
            log = (folder / "log").read_text(errors="replace") if (folder / "log").exists() else ""
            # Between looking for a free port and using it, another process may take it.
            if "Address already in use" in log and attempt < TRIES_FOR_A_PORT:
                continue
            raise WavehouseError(f"{error}\n{log}".strip()) from error
        return port
    raise AssertionError("the loop returns or raises")


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def _run(words: Sequence[str | Path], folder: Path, account: str | None) -> None:
    """Run one of PostgreSQL's programs as the account, in a folder that it may enter."""
    environment = {
        name: value for name, value in without_key().items() if not name.startswith(("PG", "LC_"))
    }
    done = subprocess.run(
        [str(word) for word in words],
        cwd=folder,
        env={**environment, "HOME": str(folder), "LC_ALL": "C"},
        user=account,
        group=pwd.getpwnam(account).pw_gid if account else None,
        extra_groups=[] if account else None,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        check=False,
    )
    if done.returncode != 0:
        raise WavehouseError(f"PostgreSQL's {Path(words[0]).name} failed:\n{done.stdout.strip()}")


def _remove(binaries: Path, folder: Path, account: str | None) -> None:
    stop = [binaries / "pg_ctl", "-D", folder / "data", "-w", "-s", "-m", "immediate", "stop"]
    # A server that has ended by itself cannot be stopped; it may or may not have left its pid file.
    if (folder / "data/postmaster.pid").exists():
        with suppress(WavehouseError):
            _run(stop, folder, account)
    shutil.rmtree(folder)


def _remove_abandoned(binaries: Path, account: str | None) -> None:
    """Stop servers whose owner was killed: the lock that an owner holds is free then."""
    for path in Path(tempfile.gettempdir()).glob(f"{PREFIX}*/owner.lock"):
        # Another command may be removing the same, or ending, at this moment.
        with suppress(FileNotFoundError, BlockingIOError):
            if path.stat().st_uid != os.geteuid():
                continue
            with path.open("r+") as lock:
                fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
                _remove(binaries, path.parent, account)
