"""A server of the API for tests: a real one, at a port of its own, in a thread."""

import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

import requests
import uvicorn

from wavehouse.project import Project
from wavehouse_exchange.serving.app import Settings, create_app

PATIENCE = 60
# More than any test sends.
UNLIMITED = 1_000_000


@dataclass
class Server:
    """A server that runs.

    Args:
        address: without a path.
        key: what to send along; None for the public.
    """

    address: str
    key: str | None = None
    session: requests.Session = field(default_factory=requests.Session)

    def get(self, path: str, **settings: Any) -> requests.Response:  # noqa: ANN401 (requests' own)
        """Ask for a path."""
        headers = dict(settings.pop("headers", {}))
        if self.key is not None:
            headers["Authorization"] = f"Bearer {self.key}"
        url = f"{self.address}{path}"
        return self.session.get(url, headers=headers, timeout=PATIENCE, **settings)

    def rows(self, path: str) -> list[dict[str, Any]]:
        """Ask for rows, and give them; the answer must be one."""
        answer = self.get(path)
        assert answer.status_code == 200, answer.text
        rows: list[dict[str, Any]] = answer.json()["data"]
        return rows

    def refusal(self, path: str, status: int) -> dict[str, Any]:
        """Ask for what is refused, and give the problem."""
        answer = self.get(path)
        assert answer.status_code == status, (path, answer.status_code, answer.text)
        assert answer.headers["Content-Type"] == "application/problem+json"
        problem: dict[str, Any] = answer.json()
        assert problem["status"] == status
        return problem


@contextmanager
def serving(
    project: Project,
    requests_a_minute: int = UNLIMITED,
    engine: str = "duckdb",
    largest_delivery: int = 10**9,
) -> Iterator[Server]:
    """Serve a project as long as the block runs."""
    settings = Settings(requests_a_minute, engine=engine, largest_delivery=largest_delivery)
    app = create_app(project, settings)
    server = uvicorn.Server(uvicorn.Config(app, port=0, log_level="error"))
    thread = threading.Thread(target=server.run, daemon=True)
    thread.start()
    until = time.monotonic() + PATIENCE
    while not server.started:
        assert time.monotonic() < until
        time.sleep(0.02)
    port = server.servers[0].sockets[0].getsockname()[1]
    try:
        yield Server(f"http://127.0.0.1:{port}")
    finally:
        server.should_exit = True
        thread.join(PATIENCE)
