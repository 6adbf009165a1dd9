"""A project whose partners deliver: a release with grants, keys, a server, requests."""

import csv
import io
import json
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from typing import Any

import requests
from guarded import build_guarded
from small_server import PATIENCE, Server, serving

from wavehouse.audiences.giving import add_key, revoke_key
from wavehouse.project import Project
from wavehouse.publishing.publish import publish
from wavehouse_exchange.receiving.checking import check
from wavehouse_exchange.receiving.quarantine import Delivery, Quarantine, Sender, SentFile

STUDY, WAVE = "harbour", "2026"
SENDER = Sender("readers", "key_00000000", STUDY, WAVE)
CSV = {"Content-Type": "text/csv"}


@dataclass
class Partner:
    """Somebody who delivers.

    Args:
        address: that of the server.
        key: the key; None for none.
        study: the study.
        wave: the wave.
    """

    address: str
    key: str | None
    study: str = STUDY
    wave: str = WAVE

    @property
    def url(self) -> str:
        """Where deliveries go."""
        return f"{self.address}/v1/studies/{self.study}/waves/{self.wave}/deliveries"

    def ask(self, method: str, path: str = "", **settings: Any) -> requests.Response:  # noqa: ANN401 (requests' own)
        """Send a request."""
        headers = dict(settings.pop("headers", {}))
        if self.key is not None:
            headers["Authorization"] = f"Bearer {self.key}"
        url = f"{self.url}{path}"
        return requests.request(method, url, headers=headers, timeout=PATIENCE, **settings)

    def send(
        self, body: bytes, headers: Mapping[str, str] = CSV, query: str = ""
    ) -> requests.Response:
        """Deliver bytes."""
        return self.ask("POST", query, data=body, headers=headers)


def last_wave(project: Project) -> list[dict[str, str]]:
    """Give the rows of the last wave of the example."""
    path = project.waves / STUDY / f"{STUDY}_2025.csv"
    return list(csv.DictReader(io.StringIO(path.read_text(encoding="utf-8"))))


def as_csv(rows: list[dict[str, str]]) -> bytes:
    """Write rows as a CSV file."""
    text = io.StringIO(newline="")
    writer = csv.DictWriter(text, list(rows[0]), lineterminator="\n")
    writer.writeheader()
    writer.writerows(rows)
    return text.getvalue().encode()


def next_wave(project: Project) -> list[dict[str, str]]:
    """Give the rows of a good next wave: other people with the answers of the last ones."""
    return [{**row, "person": f"9{row['person']}"} for row in last_wave(project)]


def keys_of(project: Project) -> dict[str, str | None]:
    """Publish with grants, and give a key of each kind."""
    publish(project, build_guarded(project))
    keys: dict[str, str | None] = {"nobody": None}
    for name, audience in (("partner", "readers"), ("revoked", "readers"), ("other", "mixed")):
        given = add_key(project, audience, f"Somebody, {name}", None)
        keys[name] = given.secret
        if name == "revoked":
            revoke_key(project, given.key.key_id)
    publish(project, build_guarded(project, version="2"))
    return keys


@contextmanager
def delivering(
    project: Project, keys: Mapping[str, str | None], largest: int = 10**9
) -> Iterator[Partner]:
    """Serve a project, and give a partner who may deliver."""
    server: Server
    with serving(project, largest_delivery=largest) as server:
        yield Partner(server.address, keys["partner"])


def state_of(answer: requests.Response) -> dict[str, Any]:
    """Give what an answer says of a delivery that was not refused."""
    assert answer.status_code in (200, 201, 202), answer.text
    data: dict[str, Any] = answer.json()["data"]
    return data


def problem_of(answer: requests.Response, status: int) -> dict[str, Any]:
    """Give the problem that an answer is, and look whether it says no place of ours."""
    assert answer.status_code == status, (answer.status_code, answer.text)
    assert answer.headers["Content-Type"] == "application/problem+json"
    problem: dict[str, Any] = answer.json()
    for ours in ("/tmp", "warehouse/", "Traceback", "quarantine"):
        assert ours not in answer.text, answer.text
    return problem


def settled(partner: Partner, delivery_id: str) -> dict[str, Any]:
    """Wait until a delivery is checked, and give what is known of it."""
    until = time.monotonic() + PATIENCE
    while True:
        found = state_of(partner.ask("GET", f"/{delivery_id}"))
        if found["state"] != "received":
            return found
        assert time.monotonic() < until
        time.sleep(0.2)


def received(
    project: Project, files: Mapping[str, bytes], reading: str = "", sender: Sender = SENDER
) -> Delivery:
    """Put files into quarantine, as the server does."""
    quarantine = Quarantine(project)
    with quarantine.arriving() as arriving:
        for name, content in files.items():
            arriving.place(name).write_bytes(content)
            arriving.files.append(SentFile(name, sha256(content).hexdigest(), len(content)))
        return quarantine.keep(arriving, sender, reading)[0]


def checked(project: Project, delivery: Delivery) -> Delivery:
    """Check a delivery here, and write down what became of it."""
    quarantine = Quarantine(project)
    return quarantine.decide(check(quarantine, delivery))


def files_in(folder: Path) -> dict[str, bytes]:
    """Give all files in a folder but for locks."""
    return {
        path.relative_to(folder).as_posix(): path.read_bytes()
        for path in sorted(folder.rglob("*"))
        if path.is_file() and path.suffix != ".lock" and path.name != "lock"
    }


def as_json(rows: list[dict[str, str]]) -> bytes:
    """Write rows as a JSON array."""
    return json.dumps(rows, indent=1).encode()
