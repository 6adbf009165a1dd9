"""The server: one command, the published release, and addresses to begin with."""

import os
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

from wavehouse.errors import WavehouseError
from wavehouse.project import Project
from wavehouse_exchange.serving.app import DUCKDB, LOOPBACK, Settings, create_app, doors_of
from wavehouse_exchange.serving.description import address_of
from wavehouse_exchange.serving.problems import RequestError
from wavehouse_exchange.serving.resources import RESOURCES, VERSION
from wavehouse_exchange.serving.transport import StrictTransport, modern_tls

# How the processes of a server know what they serve.
ROOT, LIMIT = "WAVEHOUSE_SERVED", "WAVEHOUSE_REQUESTS_A_MINUTE"
ADDRESS, ENGINE = "WAVEHOUSE_ADDRESS", "WAVEHOUSE_ENGINE"
LARGEST, STRICT = "WAVEHOUSE_LARGEST_DELIVERY", "WAVEHOUSE_STRICT_DAYS"
# Seconds in which running requests may end when the server is ended.
PATIENCE = 10


@dataclass(frozen=True)
class Listening:
    """Where a server listens, and how.

    Args:
        host: the address of the machine.
        port: the port.
        workers: how many processes answer.
        certificate: the file of its certificate; None for a connection in the clear.
        private_key: the file of the certificate's key.
        behind_proxy: whether a proxy does TLS.
    """

    host: str = "127.0.0.1"
    port: int = 8600
    workers: int = 1
    certificate: Path | None = None
    private_key: Path | None = None
    behind_proxy: bool = False

    @property
    def address(self) -> str:
        """The address to ask, without a path."""
        host = f"[{self.host}]" if ":" in self.host else self.host
        return f"http{'s' if self.certificate else ''}://{host}:{self.port}"


def serve_project(project: Project, listening: Listening, settings: Settings) -> None:
    """Serve until the process is ended; running requests are answered first.

    Raises:
        WavehouseError: nothing is published, keys would go over a network in the clear, or a file
            of TLS is missing.
    """
    import uvicorn

    _check(listening)
    print(_welcome(project, listening, settings), flush=True)
    os.environ[ROOT] = str(project.root)
    os.environ[LIMIT] = str(settings.requests_a_minute)
    os.environ[ADDRESS] = settings.address
    os.environ[ENGINE] = settings.engine
    os.environ[LARGEST] = str(settings.largest_delivery)
    os.environ[STRICT] = str(settings.strict_days)
    uvicorn.run(
        f"{__name__}:served_app",
        factory=True,
        host=listening.host,
        port=listening.port,
        workers=listening.workers,
        ssl_certfile=listening.certificate,
        ssl_keyfile=listening.private_key,
        ssl_context_factory=modern_tls if listening.certificate else None,
        # Addresses of readers come from the proxy; nobody else is believed.
        proxy_headers=listening.behind_proxy,
        access_log=False,
        log_level="warning",
        server_header=False,
        timeout_graceful_shutdown=PATIENCE,
    )


def served_app() -> StrictTransport:
    """Make the application in a process of the server, as `serve_project` left word of it."""
    project = Project(Path(os.environ[ROOT]))
    limit, largest, strict = (int(os.environ[name]) for name in (LIMIT, LARGEST, STRICT))
    settings = Settings(limit, os.environ[ADDRESS], os.environ[ENGINE], largest, strict)
    return create_app(project, settings)


def _check(listening: Listening) -> None:
    files = (listening.certificate, listening.private_key)
    if (files[0] is None) != (files[1] is None):
        raise WavehouseError("TLS needs both: name --certificate and --private-key.")
    for path in files:
        if path is not None and not path.is_file():
            raise WavehouseError(f"{path} is missing. Name the file of the certificate or its key.")
    if (
        listening.host in (*LOOPBACK, "localhost")
        or listening.certificate
        or listening.behind_proxy
    ):
        return
    raise WavehouseError(
        f"At {listening.host} keys would go over the network in the clear. Name --certificate and "
        "--private-key, or say --behind-proxy if a proxy does TLS."
    )


def _welcome(project: Project, listening: Listening, settings: Settings) -> str:
    """Say what is served, and give a request to begin with.

    Raises:
        WavehouseError: nothing is published.
    """
    try:
        with closing(doors_of(project, settings.engine)) as doors:
            opened = doors.enter(None)
            estimates = RESOURCES["estimates"]
            first = address_of(estimates, opened) if estimates.table in opened.tables else VERSION
    except RequestError as error:
        raise WavehouseError(error.detail) from error
    where = "" if settings.engine == DUCKDB else " from PostgreSQL"
    lines = [
        f"Serving release {opened.release_id}{where} at {listening.address}, and each later one.",
        f"What there is to ask: {listening.address}/api",
        f'A first request:      curl -g "{listening.address}{first}"',
        "Ctrl-C ends it.",
    ]
    return "\n".join(lines)
