"""Deliveries through the API: who may, what is refused and in which words, what stays."""

import io
import json
import re
import socket
import subprocess
import threading
import time
from base64 import b64encode
from collections.abc import Callable
from hashlib import sha256
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
import requests
import schemathesis
from partners import (
    CSV,
    STUDY,
    WAVE,
    Partner,
    as_csv,
    as_json,
    delivering,
    files_in,
    last_wave,
    next_wave,
    problem_of,
    settled,
    state_of,
)

from wavehouse.project import Project
from wavehouse_exchange.receiving import arriving
from wavehouse_exchange.receiving.quarantine import Quarantine
from wavehouse_exchange.serving import deliveries
from wavehouse_exchange.serving.audit import read_log, verify

TYPED = {
    "csv": "text/csv",
    "json": "application/json",
    "parquet": "application/vnd.apache.parquet",
    "arrows": "application/vnd.apache.arrow.stream",
    "arrow": "application/vnd.apache.arrow.file",
}


def rows_as(ending: str, rows: list[dict[str, str]]) -> bytes:
    """Write rows in a format."""
    table = pa.Table.from_pylist(rows)
    sink = io.BytesIO()
    if ending == "parquet":
        pq.write_table(table, sink)
    elif ending in ("arrow", "arrows"):
        new = pa.ipc.new_file if ending == "arrow" else pa.ipc.new_stream
        with new(sink, table.schema) as writer:
            writer.write_table(table)
    elif ending == "xlsx":
        pd.DataFrame(rows).to_excel(sink, index=False)
    return sink.getvalue()


def of_project(project: Project) -> dict[str, bytes]:
    """Give all that a build reads, or a person works on."""
    return {
        f"{name}/{path}": content
        for name in ("seeds", "landing", "drafts", "models", ".wavehouse/drafts")
        for path, content in files_in(project.root / name).items()
    }


# What is accepted


@pytest.mark.parametrize("ending", ["csv", "json", "parquet", "arrows", "arrow"])
def test_a_good_delivery_is_accepted_and_says_what_is_to_be_decided(
    harbour: Project, partner: Partner, quarantine: Quarantine, ending: str
) -> None:
    rows = next_wave(harbour)
    body = {"csv": as_csv, "json": as_json}.get(ending, lambda all_rows: rows_as(ending, all_rows))
    before = of_project(harbour)
    answer = partner.send(body(rows), {"Content-Type": TYPED[ending]})
    found = state_of(answer)
    assert (answer.status_code, found["state"], found["rows"]) == (201, "accepted", len(rows))
    # Nobody said when the wave was; the draft asks for it.
    assert ("wave", WAVE) in {(each["kind"], each["subject"]) for each in found["to_decide"]}
    assert all(each["detail"] for each in found["to_decide"])
    assert answer.headers["Location"] == f"{urlsplit(partner.url).path}/{found['delivery_id']}"
    assert partner.ask("GET", f"/{found['delivery_id']}").json()["data"] == found
    # It is in quarantine, and nowhere that a build reads.
    assert of_project(harbour) == before
    assert all(path.is_file() for path in quarantine.paths(quarantine.all()[-1]))
    assert not list(harbour.target.glob("deliveries/*"))


def test_a_form_with_a_file_is_a_delivery(harbour: Project, partner: Partner) -> None:
    content = rows_as("xlsx", next_wave(harbour))
    answer = partner.ask("POST", files={"file": ("Welle 2026.xlsx", content)})
    found = state_of(answer)
    assert (found["state"], found["files"]) == (
        "accepted",
        [
            {
                "name": "Welle 2026.xlsx",
                "sha256": sha256(content).hexdigest(),
                "size_bytes": len(content),
            }
        ],
    )


def test_parameters_say_how_a_file_is_read(harbour: Project, partner: Partner) -> None:
    body = as_csv(next_wave(harbour)).replace(b",", b";").decode().encode("utf-16")
    asked = partner.send(body, query="?encoding=utf-16&delimiter=%3B")
    found = state_of(asked)
    assert (found["state"], found["reading_options"]) == (
        "accepted",
        "--encoding utf-16 --delimiter ';'",
    )
    # Read otherwise, it is another delivery.
    other = partner.send(body)
    assert other.json().get("delivery", "") != found["delivery_id"]


def test_the_same_delivery_twice_is_one(harbour: Project, partner: Partner) -> None:
    rows = [{**row, "person": f"8{row['person']}"} for row in last_wave(harbour)]
    first = partner.send(as_csv(rows))
    again = partner.send(as_csv(rows), query="?name=other.csv")
    assert (first.status_code, again.status_code) == (201, 200)
    assert state_of(first)["delivery_id"] == state_of(again)["delivery_id"]
    # Of another wave it is another one.
    elsewhere = Partner(partner.address, partner.key, wave="2027").send(as_csv(rows))
    assert elsewhere.status_code == 201


def test_two_at_the_same_time_are_one_or_two_as_their_bytes_are(
    harbour: Project, partner: Partner
) -> None:
    rows = [{**row, "person": f"7{row['person']}"} for row in last_wave(harbour)]
    bodies = [as_csv(rows), as_csv(rows), as_csv(rows[:-1]), as_csv(rows[:-1])]
    answers = []
    threads = [
        threading.Thread(target=lambda body=body: answers.append(partner.send(body)))
        for body in bodies
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(each.status_code for each in answers) == [200, 200, 201, 201]
    ids = {state_of(each)["delivery_id"] for each in answers}
    assert len(ids) == 2
    assert {settled(partner, each)["state"] for each in ids} == {"accepted"}


def test_a_correction_of_a_wave_that_is_there_is_tried_in_its_place(
    harbour: Project, partner: Partner
) -> None:
    corrected = Partner(partner.address, partner.key, wave="2025")
    before = of_project(harbour)
    found = state_of(corrected.send(as_csv(last_wave(harbour)[:-20])))
    assert found["state"] == "accepted"
    assert any(
        "expected_respondents" in each["detail"] or each["kind"] == "wave"
        for each in found["to_decide"]
    )
    assert of_project(harbour) == before


# What is refused


def changed(column: str, value: str, *places: int) -> Callable[[list[dict[str, str]]], object]:
    def change(rows: list[dict[str, str]]) -> None:
        for place in places:
            rows[place][column] = value

    return change


@pytest.mark.parametrize(
    ("change", "code", "column", "value", "rows", "says"),
    [
        (changed("person", "77", 3, 9), "respondent_duplicate", "person", "77", 2, "row 4 of"),
        (changed("person", "", 5), "design_value_missing", "person", None, 1, "row 6 of"),
        (changed("weight", "heavy", 1), "weight_invalid", "weight", "heavy", 1, "not a number"),
        (changed("weight", "-1", 1, 2), "weight_invalid", "weight", "-1", 2, "negative"),
        (changed("weight", "nan", 1), "weight_invalid", "weight", "nan", 1, "not a number"),
        (changed("weight", "", 0), "weight_invalid", "weight", None, 1, "without a weight"),
        (changed("district", "", 0), "design_value_missing", "district", None, 1, "stratum"),
    ],
)
def test_what_the_design_demands_is_refused_with_column_value_and_remedy(
    harbour: Project,
    partner: Partner,
    change: Callable[[list[dict[str, str]]], object],
    code: str,
    column: str,
    value: str | None,
    rows: int,
    says: str,
) -> None:
    delivered = next_wave(harbour)
    change(delivered)
    problem = problem_of(partner.send(as_csv(delivered)), 422)
    (fault,) = [each for each in problem["problems"] if each["code"] == code]
    assert (fault["column"], fault["value"], fault["rows"]) == (column, value, rows)
    assert fault["file"] == f"{STUDY}_{WAVE}.csv"
    assert says in fault["detail"]
    assert fault["remedy"].endswith(".")
    assert f"column {problem['problems'][0]['column']}" in problem["detail"]


def test_a_refused_delivery_leaves_its_problems_and_no_answer_of_anybody(
    harbour: Project, partner: Partner, quarantine: Quarantine
) -> None:
    rows = next_wave(harbour)
    rows[0]["takes_ferry"] = "planted answer of one person"
    rows[1]["person"] = rows[2]["person"]
    problem = problem_of(partner.send(as_csv(rows)), 422)
    found = partner.ask("GET", f"/{problem['delivery']}").json()["data"]
    assert (found["state"], found["problems"]) == ("refused", problem["problems"])
    kept = b"".join(files_in(harbour.root).values())
    assert b"planted answer" not in kept
    assert list((quarantine.folder / problem["delivery"]).iterdir()) == [
        quarantine.folder / problem["delivery"] / "delivery.json"
    ]
    # The same again is known, and is refused in the same words.
    again = problem_of(partner.send(as_csv(rows)), 422)
    assert again["delivery"] == problem["delivery"]
    # Corrected, it is accepted.
    rows[1]["person"] = "9000001"
    assert state_of(partner.send(as_csv(rows)))["state"] == "accepted"


def test_a_file_of_another_study_is_refused(partner: Partner) -> None:
    body = b"id,party,vote\n" + b"".join(b"%d,a,b\n" % each for each in range(50))
    problem = problem_of(partner.send(body), 422)
    assert problem["problems"][0]["code"] == "not_this_study"


def test_a_file_of_another_wave_is_refused(harbour: Project, partner: Partner) -> None:
    problem = problem_of(partner.send(as_csv(last_wave(harbour))), 422)
    assert "same, byte for byte, as the file of wave 2025" in problem["detail"]
    assert "--same-file" not in problem["detail"]


# Who may


@pytest.mark.parametrize("study", [STUDY, "open", "shut", "nowhere"])
@pytest.mark.parametrize("who", ["other", "partner"])
def test_nobody_learns_of_a_study_into_which_they_may_not_deliver(
    partner: Partner, partner_keys: dict[str, str | None], who: str, study: str
) -> None:
    asker = Partner(partner.address, partner_keys[who], study, "w1")
    if (who, study) == ("partner", STUDY):
        assert asker.ask("GET").status_code == 200
        return
    there = problem_of(asker.send(b"a,b\n1,2\n"), 404)
    nowhere = Partner(partner.address, partner_keys[who], "never_heard_of", "w1")
    not_there = problem_of(nowhere.send(b"a,b\n1,2\n"), 404)
    assert {**there, "instance": ""} == {**not_there, "instance": ""}
    assert problem_of(asker.ask("GET"), 404)["detail"] == there["detail"]


def test_a_grant_for_one_wave_is_for_that_wave(
    partner: Partner, partner_keys: dict[str, str | None]
) -> None:
    granted = Partner(partner.address, partner_keys["other"], "open", "w9")
    assert granted.ask("GET").json()["data"] == []
    problem_of(Partner(partner.address, partner_keys["other"], "open", "w8").ask("GET"), 404)


@pytest.mark.parametrize(("who", "says"), [("nobody", "need a key"), ("revoked", "revoked")])
def test_without_a_good_key_nothing_is_taken(
    partner: Partner,
    quarantine: Quarantine,
    partner_keys: dict[str, str | None],
    who: str,
    says: str,
) -> None:
    before = files_in(quarantine.folder)
    answer = Partner(partner.address, partner_keys[who]).send(b"a\n1\n")
    assert says in problem_of(answer, 401)["detail"]
    assert files_in(quarantine.folder) == before


def test_a_delivery_is_seen_by_its_audience_only(
    partner: Partner, partner_keys: dict[str, str | None], quarantine: Quarantine
) -> None:
    mine = quarantine.all()[0] if quarantine.all() else None
    if mine is None:
        problem_of(partner.send(b"a\n1\n"), 422)
        mine = quarantine.all()[0]
    other = Partner(partner.address, partner_keys["other"], "open", "w9")
    problem_of(other.ask("GET", f"/{mine.delivery_id}"), 404)
    for trick in ("..", "%2e%2e", "d_" + "0" * 32, "d_*", ".arriving", "'or'1'='1"):
        assert partner.ask("GET", f"/{trick}").status_code in (404, 405)


# Bodies


def raw(partner: Partner, head: str, body: bytes = b"", wait: float = 0) -> bytes:
    """Send bytes as they are, and give what comes back until the connection ends."""
    place = urlsplit(partner.url)
    assert place.hostname
    assert place.port
    with socket.create_connection((place.hostname, place.port), timeout=60) as connection:
        first = f"POST {place.path} HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer {partner.key}\r\n"
        connection.sendall(first.encode() + head.encode() + b"\r\n" + body)
        if wait:
            time.sleep(wait)
            return b""
        found = b""
        while block := connection.recv(65_536):
            found += block
        return found


def nothing_arrives(quarantine: Quarantine) -> bool:
    """Tell whether nothing is on its way, after what was cut has been noticed."""
    until = time.monotonic() + 20
    while time.monotonic() < until:
        if not list((quarantine.folder / ".arriving").glob("*")):
            return True
        time.sleep(0.1)
    return False


@pytest.mark.parametrize(
    "head",
    [
        "Content-Type: text/csv\r\nContent-Length: 100000\r\n",
        "Content-Type: text/csv\r\nTransfer-Encoding: chunked\r\n",
        "Content-Type: multipart/form-data; boundary=x\r\nContent-Length: 100000\r\n",
    ],
)
def test_a_cut_connection_leaves_nothing(
    partner: Partner, quarantine: Quarantine, head: str
) -> None:
    before = {each.delivery_id for each in quarantine.all()}
    body = b"person,weight\n" + b"1,1\n" * 1000
    if "chunked" in head:
        body = f"{len(body):x}\r\n".encode() + body + b"\r\n"
    if "boundary" in head:
        body = b'--x\r\nContent-Disposition: form-data; name="f"; filename="a.csv"\r\n\r\n' + body
    raw(partner, head, body, wait=0.3)
    assert nothing_arrives(quarantine)
    assert {each.delivery_id for each in quarantine.all()} == before


def test_a_body_in_pieces_without_a_length_is_taken(harbour: Project, partner: Partner) -> None:
    rows = [{**row, "person": f"6{row['person']}"} for row in last_wave(harbour)]
    body = as_csv(rows)
    pieces = (body[at : at + 1000] for at in range(0, len(body), 1000))
    found = state_of(partner.ask("POST", data=pieces, headers=CSV))
    assert (found["state"], found["files"][0]["sha256"]) == ("accepted", sha256(body).hexdigest())


def test_a_request_without_length_has_no_body(partner: Partner) -> None:
    assert b" 400 " in raw(partner, "Content-Type: text/csv\r\nConnection: close\r\n")


@pytest.mark.parametrize(
    ("body", "headers", "query", "status", "says"),
    [
        (b"", CSV, "", 400, "empty"),
        (b"a\n1\n", {}, "", 415, "Content-Type"),
        (b"a\n1\n", {"Content-Type": "text/html"}, "", 415, "name the file"),
        (b"a\n1\n", CSV, "?name=a.exe", 415, "end in 'exe'"),
        (b"a\n1\n", CSV, "?name=a.zip", 415, "unpacked first"),
        (b"a\n1\n", CSV, "?name=..%2Fseeds%2Fa.csv", 400, "without folders"),
        (b"a\n1\n", CSV, "?name=%2Fetc%2Fpasswd.csv", 400, "without folders"),
        (b"a\n1\n", CSV, "?name=..%5Ca.csv", 400, "without folders"),
        (b"a\n1\n", CSV, "?name=.a.csv", 400, "point or a blank"),
        (b"a\n1\n", CSV, "?name=a%00.csv", 400, "control"),
        (b"a\n1\n", CSV, "?name=con.csv", 400, "device"),
        (b"a\n1\n", CSV, "?name=" + "a" * 300 + ".csv", 400, "longer"),
        (b"a\n1\n", CSV, "?nmae=a.csv", 400, "no parameter 'nmae'"),
        (b"a\n1\n", CSV, "?name=a.csv&name=b.csv", 400, "more than once"),
        (b"a\n1\n", CSV, "?encoding=klingon", 400, "no such encoding"),
        (b"a\n1\n", CSV, "?encoding=a%00b", 400, "encoding"),
        (b"a\n1\n", CSV, "?sheet=x", 400, "does not apply"),
        (b"a\n1\n", CSV | {"Content-Encoding": "gzip"}, "", 415, "not unpacked"),
        (b"a\n1\n", CSV | {"Content-Digest": "sha-256=:x:"}, "", 400, "BASE64"),
        (b"a\n1\n", {"Content-Type": "multipart/form-data"}, "", 415, "boundary"),
        (b"a\n1\n", {"Content-Type": "multipart/form-data; boundary=x"}, "", 400, "no whole form"),
    ],
)
def test_a_body_that_is_no_file_is_refused_at_once(
    partner: Partner,
    quarantine: Quarantine,
    body: bytes,
    headers: dict[str, str],
    query: str,
    status: int,
    says: str,
) -> None:
    before = files_in(quarantine.folder)
    assert says in problem_of(partner.send(body, headers, query), status)["detail"]
    assert files_in(quarantine.folder) == before


@pytest.mark.parametrize("name", ["../../seeds/a.csv", "a.csv\r\nX: y", "..", "", "a/../b.csv"])
def test_names_in_forms_lead_nowhere(partner: Partner, quarantine: Quarantine, name: str) -> None:
    body = (
        b'--x\r\nContent-Disposition: form-data; name="f"; filename="'
        + name.encode()
        + b'"\r\n\r\na\n1\n\r\n--x--\r\n'
    )
    answer = partner.send(body, {"Content-Type": "multipart/form-data; boundary=x"})
    assert answer.status_code in (400, 415, 422), answer.text
    for each in quarantine.all():
        assert {path.parent.name for path in quarantine.paths(each)} == {"files"}


@pytest.mark.parametrize(
    "wave", ["..%2F..%2Fseeds", "2026'--", "=cmd()", "W1", "a" * 80, "2026%00", "{{7*7}}", "con"]
)
def test_waves_that_cannot_be_are_refused(
    partner: Partner, quarantine: Quarantine, wave: str
) -> None:
    before = files_in(quarantine.folder)
    answer = Partner(partner.address, partner.key, wave=wave).send(b"a\n1\n")
    assert answer.status_code in (400, 404), answer.text
    assert files_in(quarantine.folder) == before


def test_other_bytes_than_the_sender_says_are_refused(harbour: Project, partner: Partner) -> None:
    rows = [{**row, "person": f"5{row['person']}"} for row in last_wave(harbour)]
    body = as_csv(rows)
    digest = b64encode(sha256(body).digest()).decode()
    headers = CSV | {"Content-Digest": f"sha-256=:{digest}:"}
    cut = problem_of(partner.send(body[: body.rindex(b"\n", 0, -1) + 1], headers), 400)
    assert "not that of Content-Digest" in cut["detail"]
    assert state_of(partner.send(body, headers))["state"] == "accepted"


def test_the_methods_of_an_address_are_named(partner: Partner) -> None:
    answer = partner.ask("DELETE")
    assert problem_of(answer, 405)["title"] == "Not by this method"
    assert set(answer.headers["Allow"].replace(" ", "").split(",")) >= {"GET", "POST"}


# The log


def test_every_delivery_is_in_the_log(harbour: Project, partner: Partner) -> None:
    rows = [{**row, "person": f"4{row['person']}"} for row in last_wave(harbour)]
    found = state_of(partner.send(as_csv(rows)))
    lines = [each for each in read_log(harbour.warehouse) if each.get("delivery")]
    mine = [each for each in lines if each["delivery"] == found["delivery_id"]]
    (asked,) = [each for each in mine if each.get("method") == "POST"]
    assert (asked["audience"], asked["status"]) == ("readers", 201)
    (outcome,) = [each for each in mine if each.get("state")]
    assert (outcome["state"], outcome["key"]) == ("accepted", asked["key"])
    assert verify(harbour.warehouse) == []


# Limits


def test_more_bytes_than_the_limit_are_not_taken(
    harbour: Project, partner_keys: dict[str, str | None], quarantine: Quarantine
) -> None:
    with delivering(harbour, partner_keys, largest=10_000) as partner:
        before = {each.delivery_id for each in quarantine.all()}
        body = b"person\n" + b"1\n" * 10_000
        problem = problem_of(partner.send(body), 413)
        assert "10,000 bytes" in problem["detail"]
        pieces = (body[at : at + 1000] for at in range(0, len(body), 1000))
        problem_of(partner.ask("POST", data=pieces, headers=CSV), 413)
        form = {"file": ("a.csv", body)}
        problem_of(partner.ask("POST", files=form), 413)
        assert {each.delivery_id for each in quarantine.all()} == before
        assert nothing_arrives(quarantine)


def test_a_full_disk_is_said_and_nothing_is_kept(
    partner: Partner, quarantine: Quarantine, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = {each.delivery_id for each in quarantine.all()}
    monkeypatch.setattr(arriving, "KEPT_FREE_BYTES", 10**18)
    problem_of(partner.send(b"a\n1\n"), 507)
    problem_of(partner.ask("POST", data=iter([b"a\n", b"1\n"]), headers=CSV), 507)
    problem_of(partner.ask("POST", files={"file": ("a.csv", b"a\n1\n")}), 507)
    assert {each.delivery_id for each in quarantine.all()} == before
    assert nothing_arrives(quarantine)


def test_too_many_that_wait_are_refused(partner: Partner, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(deliveries, "MOST_WAITING", 0)
    answer = partner.send(b"a\n1\n")
    assert "wait for those who run" in problem_of(answer, 429)["detail"]
    assert answer.headers["Retry-After"]


# What is described


def test_deliveries_are_described_to_those_who_may_deliver(
    partner: Partner, partner_keys: dict[str, str | None]
) -> None:
    described = {}
    for who in ("partner", "nobody"):
        head = {"Authorization": f"Bearer {partner_keys[who]}"} if partner_keys[who] else {}
        asked = [
            requests.get(f"{partner.address}{path}", headers=head, timeout=60)
            for path in ("/openapi.json", "/api")
        ]
        assert [each.status_code for each in asked] == [200, 200], asked[0].text
        described[who] = (asked[0].json(), asked[1].text)
    document, page = described["partner"]
    path = next(each for each in document["paths"] if each.endswith("/deliveries"))
    assert set(document["paths"][path]) == {"get", "post"}
    body = document["paths"][path]["post"]["requestBody"]["content"]
    assert set(TYPED.values()) | {"multipart/form-data"} <= set(body)
    assert f"/v1/studies/{STUDY}/waves/WAVE/deliveries" in page
    schemathesis.openapi.from_dict(document).validate()
    assert "deliver" not in str(described["nobody"]).lower()


# The page of the guide


def shell_of(page: str, number: int) -> str:
    """Give a block of commands of the page."""
    return re.findall(r"```sh\n(.*?)```", page, re.DOTALL)[number]


def json_of(page: str, number: int) -> dict[str, Any]:
    """Give a block of JSON of the page."""
    found: dict[str, Any] = json.loads(re.findall(r"```json\n(.*?)```", page, re.DOTALL)[number])
    return found


def test_the_page_of_the_guide_is_enough_for_a_refused_a_corrected_and_an_accepted_delivery(
    harbour: Project, partner: Partner, project_root: Path, tmp_path: Path
) -> None:
    page = (project_root / "docs/guide/deliver-a-wave.md").read_text(encoding="utf-8")
    sending = (
        shell_of(page, 0)
        .replace("AGE-SECRET-KEY-1…", str(partner.key))
        .replace("http://127.0.0.1:8600", partner.address)
        .replace("gss", STUDY)
    )

    def send(rows: list[dict[str, str]]) -> dict[str, Any]:
        (tmp_path / f"{STUDY}_2026.csv").write_bytes(as_csv(rows))
        ran = subprocess.run(
            ["bash", "-c", sending], cwd=tmp_path, capture_output=True, text=True, check=True
        )
        answer: dict[str, Any] = json.loads(ran.stdout)
        return answer

    rows = [{**row, "person": f"3{row['person']}"} for row in last_wave(harbour)]
    right = rows[1]["weight"]
    rows[1]["weight"] = "-1"
    refused, shown = send(rows), json_of(page, 0)
    assert {name: refused[name] for name in shown if name != "delivery"} == {
        name: value for name, value in shown.items() if name != "delivery"
    }
    rows[1]["weight"] = right
    accepted, shown = send(rows)["data"], json_of(page, 1)["data"]
    assert set(shown) <= set(accepted)
    for name in ("state", "next", "rows", "columns"):
        assert accepted[name] == shown[name]
    assert set(accepted["to_decide"][0]) == set(shown["to_decide"][0])
    assert shown["to_decide"][0]["kind"] in {each["kind"] for each in accepted["to_decide"]}
    # Each state and each code that there is has its row.
    for state in deliveries.NEXT:
        assert f"| `{state}` |" in page
