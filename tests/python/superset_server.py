"""A real Apache Superset for tests: one with a database of its own, at a port of its own."""

import os
import secrets
import signal
import socket
import subprocess
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import requests

PROGRAM = Path(__file__).resolve().parents[2] / "target/superset/bin/superset"
PATIENCE = 120
NAME = PASSWORD = "admin"
CONFIG = """\
SECRET_KEY = "{key}"
SQLALCHEMY_DATABASE_URI = "sqlite:///{folder}/superset.db?check_same_thread=false"
TALISMAN_ENABLED = False
WTF_CSRF_ENABLED = False
RATELIMIT_ENABLED = False
"""


@dataclass
class Superset:
    """A server that runs.

    Args:
        address: without a path.
        session: somebody who may do everything.
        environment: what its commands need.
    """

    address: str
    session: requests.Session
    environment: dict[str, str]

    def run(self, *words: str) -> None:
        """Run a command of Superset."""
        _run(self.environment, words)

    def get(self, path: str) -> dict[str, Any]:
        """Ask the API."""
        answer = self.session.get(f"{self.address}/api/v1/{path}", timeout=PATIENCE)
        assert answer.status_code == 200, answer.text
        found: dict[str, Any] = answer.json()
        return found

    def all_of(self, kind: str) -> list[dict[str, Any]]:
        """Give all that there is of a kind: databases, datasets, charts, dashboards."""
        found: list[dict[str, Any]] = self.get(f"{kind}/?q=(page_size:100)")["result"]
        return found

    def upload(self, bundle: bytes) -> None:
        """Import a bundle through the API."""
        answer = self.session.post(
            f"{self.address}/api/v1/assets/import/",
            files={"bundle": ("bundle.zip", bundle, "application/zip")},
            timeout=PATIENCE,
        )
        assert answer.status_code == 200, answer.text

    def ask(
        self,
        dataset: str,
        metrics: Sequence[str | dict[str, Any]],
        columns: Sequence[str] = (),
        **only: str,
    ) -> requests.Response:
        """Ask for figures of a dataset, as a chart does.

        Args:
            dataset: its name.
            metrics: names of metrics, or metrics that a user makes.
            columns: what to group by.
            only: values of columns to filter by.
        """
        [number] = [each["id"] for each in self.all_of("dataset") if each["table_name"] == dataset]
        query = {
            "columns": list(columns),
            "metrics": list(metrics),
            "filters": [{"col": name, "op": "IN", "val": [value]} for name, value in only.items()],
            "row_limit": 50_000,
        }
        return self.session.post(
            f"{self.address}/api/v1/chart/data",
            json={
                "datasource": {"id": number, "type": "table"},
                "queries": [query],
                "result_format": "json",
                "result_type": "full",
            },
            timeout=PATIENCE,
        )

    def rows(self, *words: Any, **only: str) -> list[dict[str, Any]]:  # noqa: ANN401
        """Ask for figures, which there must be."""
        answer = self.ask(*words, **only)
        assert answer.status_code == 200, answer.text
        found: list[dict[str, Any]] = answer.json()["result"][0]["data"]
        return found


@contextmanager
def superset_server(folder: Path) -> Iterator[Superset]:
    """Set up a Superset in a folder, and let it run as long as the block does."""
    assert PROGRAM.exists(), "The test needs Superset. Run `make superset`."
    config = folder / "superset_config.py"
    config.write_text(CONFIG.format(key=secrets.token_hex(32), folder=folder), encoding="utf-8")
    environment = {
        **os.environ,
        "SUPERSET_CONFIG_PATH": str(config),
        "SUPERSET_HOME": str(folder),
        "FLASK_APP": "superset",
    }
    person = ["--username", NAME, "--password", PASSWORD, "--email", "a@example.org"]
    _run(environment, ["db", "upgrade"])
    _run(environment, ["fab", "create-admin", *person, "--firstname", "A", "--lastname", "B"])
    _run(environment, ["init"])
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    with (folder / "server.log").open("wb") as log:
        process = subprocess.Popen(
            [PROGRAM, "run", "--port", str(port), "--with-threads"],
            env=environment,
            stdout=log,
            stderr=log,
            start_new_session=True,
        )
    try:
        address = f"http://127.0.0.1:{port}"
        until = time.monotonic() + PATIENCE
        while not _answers(address):
            assert process.poll() is None, (folder / "server.log").read_text(encoding="utf-8")
            assert time.monotonic() < until
            time.sleep(0.5)
        yield Superset(address, _session(address), environment)
    finally:
        os.killpg(process.pid, signal.SIGTERM)
        process.wait(timeout=30)


def _run(environment: dict[str, str], words: Sequence[str]) -> None:
    done = subprocess.run(
        [PROGRAM, *words], env=environment, check=False, capture_output=True, text=True
    )
    assert done.returncode == 0, (words, done.stdout, done.stderr)


def _answers(address: str) -> bool:
    try:
        return requests.get(f"{address}/health", timeout=PATIENCE).ok
    except requests.ConnectionError:
        return False


def _session(address: str) -> requests.Session:
    session = requests.Session()
    answer = session.post(
        f"{address}/api/v1/security/login",
        json={"username": NAME, "password": PASSWORD, "provider": "db"},
        timeout=PATIENCE,
    )
    session.headers["Authorization"] = f"Bearer {answer.json()['access_token']}"
    return session
