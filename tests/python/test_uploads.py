"""Large files in parts: what arrived stays, the rest follows, and only the whole is a delivery."""

import os
import socket
import time
from urllib.parse import urlsplit

import pytest
import requests
from partners import Partner, as_csv, next_wave, problem_of, state_of

from wavehouse.project import Project
from wavehouse_exchange.receiving import uploads
from wavehouse_exchange.receiving.quarantine import Quarantine


def begin(partner: Partner, length: int, query: str = "?name=w.csv") -> requests.Response:
    return partner.ask("POST", f"/uploads{query}", headers={"Upload-Length": str(length)})


def at(answer: requests.Response) -> str:
    return "/uploads/" + answer.headers["Location"].rpartition("/")[2]


def add(partner: Partner, place: str, offset: int, body: bytes) -> requests.Response:
    return partner.ask("PATCH", place, headers={"Upload-Offset": str(offset)}, data=body)


def test_a_file_in_parts_goes_on_where_it_was_cut(
    harbour: Project, partner: Partner, quarantine: Quarantine
) -> None:
    body = as_csv(next_wave(harbour))
    place = at(begin(partner, len(body)))
    assert add(partner, place, 0, body[:1000]).headers["Upload-Offset"] == "1000"
    # The second part is cut on its way.
    cut = raw_patch(partner, place, 1000, body[1000:3000], announced=5000)
    assert cut
    until = time.monotonic() + 20
    while (offset := int(partner.ask("HEAD", place).headers["Upload-Offset"])) < 3000:
        assert time.monotonic() < until
        time.sleep(0.1)
    assert offset == 3000
    assert all(each.state != "received" for each in quarantine.all())
    # What does not fit is refused, and says what would.
    wrong = add(partner, place, 1000, body[1000:])
    assert (problem_of(wrong, 409)["title"], wrong.headers["Upload-Offset"]) == (
        "The part does not fit",
        "3000",
    )
    whole = add(partner, place, 3000, body[3000:])
    found = state_of(whole)
    assert (whole.status_code, found["state"]) == (201, "accepted")
    # It is the delivery that it would have been at once.
    assert state_of(partner.send(body))["delivery_id"] == found["delivery_id"]
    problem_of(partner.ask("GET", place), 404)
    assert not list((quarantine.folder / ".uploads").iterdir())
    assert not list((quarantine.folder / ".arriving").iterdir())


def raw_patch(partner: Partner, place: str, offset: int, body: bytes, announced: int) -> bool:
    """Send a part that ends before its length."""
    url = urlsplit(partner.url)
    with socket.create_connection((str(url.hostname), int(url.port or 0)), timeout=60) as line:
        head = (
            f"PATCH {url.path}{place} HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer {partner.key}"
            f"\r\nUpload-Offset: {offset}\r\nContent-Length: {announced}\r\n\r\n"
        )
        line.sendall(head.encode() + body)
        time.sleep(0.5)
    return True


def test_more_than_the_length_is_refused(partner: Partner) -> None:
    place = at(begin(partner, 10))
    problem_of(add(partner, place, 0, b"x" * 11), 413)


@pytest.mark.parametrize(
    ("length", "query", "status"),
    [
        ("", "?name=w.csv", 400),
        ("-1", "?name=w.csv", 400),
        ("1e9", "?name=w.csv", 400),
        ("0", "?name=w.csv", 400),
        ("9999999999999", "?name=w.csv", 413),
        ("5", "", 400),
        ("5", "?name=..%2Fw.csv", 400),
        ("5", "?name=w.exe", 415),
        ("5", "?name=w.csv&sheet=1", 400),
    ],
)
def test_an_upload_that_cannot_be_is_refused_before_it_begins(
    partner: Partner, quarantine: Quarantine, length: str, query: str, status: int
) -> None:
    before = set((quarantine.folder / ".uploads").glob("*"))
    answer = partner.ask("POST", f"/uploads{query}", headers={"Upload-Length": length})
    problem_of(answer, status)
    assert set((quarantine.folder / ".uploads").glob("*")) == before


def test_an_upload_is_its_senders_alone_and_for_a_day(
    partner: Partner, partner_keys: dict[str, str | None], quarantine: Quarantine
) -> None:
    place = at(begin(partner, 10))
    for key, study, wave in (
        (partner_keys["other"], "open", "w9"),
        (partner_keys["other"], partner.study, partner.wave),
        (partner_keys["partner"], partner.study, "2027"),
    ):
        other = Partner(partner.address, key, study, wave)
        problem_of(other.ask("GET", place), 404)
        problem_of(add(other, place, 0, b"x"), 404)
    problem_of(Partner(partner.address, partner_keys["revoked"]).ask("GET", place), 401)
    for path in (quarantine.folder / ".uploads").rglob("*"):
        os.utime(path, (0, 0))
    uploads.Uploads(quarantine).tidy()
    problem_of(partner.ask("GET", place), 404)


def test_too_many_that_are_not_whole_are_refused(
    partner: Partner, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(uploads, "MOST", 0)
    assert "not whole" in problem_of(begin(partner, 10), 429)["detail"]
