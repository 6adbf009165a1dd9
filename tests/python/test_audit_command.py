"""`wavehouse audit`: the log of requests is verified, and read by those who run the server."""

import csv
import io
import json
from collections.abc import Callable

import pytest

from wavehouse.people.traces import Values, clean_own_texts
from wavehouse.project import Project
from wavehouse_exchange.serving.audit import AuditLog, read_log, verify

Run = Callable[..., tuple[int, str]]


def asked(**told: object) -> dict[str, object]:
    """Give what is told of a request."""
    return {
        "audience": "public",
        "key": None,
        "method": "GET",
        "address": "/v1/studies",
        "status": 200,
        "rows": 3,
        "release": "20270101T000000000000Z",
        "milliseconds": 4.5,
        **told,
    }


@pytest.fixture
def logged(empty_project: Project) -> Project:
    """A project whose server was asked by two processes."""
    for keys in ((None, "key_1"), ("key_2", "key_1")):
        log = AuditLog(empty_project.warehouse)
        for key in keys:
            log.add(asked(key=key, audience="partners" if key else "public"))
        log.add(asked(method="-1+1", status=405, rows=None))
    return empty_project


def test_what_was_not_changed_is_well(logged: Project, run_command: Run) -> None:
    said = "6 lines are as they were written. Of 0 the payload was erased.\n"
    assert run_command(logged, "audit", "verify") == (0, said)


def test_a_changed_line_is_named(logged: Project, run_command: Run) -> None:
    path = min((logged.warehouse / "audit").glob("*.jsonl"))
    lines = path.read_text(encoding="utf-8").splitlines(keepends=True)
    path.write_text("".join([lines[0], lines[2], lines[1]]), encoding="utf-8")
    code, printed = run_command(logged, "audit", "verify")
    assert code == 1
    assert f"{logged.relative(path)}, line 2: A line before this one was changed" in printed


def test_an_erased_payload_is_counted_and_not_shown(logged: Project, run_command: Run) -> None:
    path = min((logged.warehouse / "audit").glob("*.jsonl"))
    lines = path.read_text(encoding="utf-8").splitlines()
    lines[0] = json.dumps(json.loads(lines[0]) | {"payload": None})
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")
    code, printed = run_command(logged, "audit", "verify")
    assert (code, printed.rstrip().endswith("Of 1 the payload was erased.")) == (0, True)
    assert len(run_command(logged, "audit", "show", "--format", "json")[1].splitlines()) == 5


def test_what_a_key_read_is_shown(logged: Project, run_command: Run) -> None:
    _, printed = run_command(logged, "audit", "show", "--key", "key_1")
    rows = list(csv.DictReader(io.StringIO(printed)))
    assert [(row["audience"], row["key"], row["rows"]) for row in rows] == [
        ("partners", "key_1", "3")
    ] * 2
    assert [row["at"] for row in rows] == sorted(row["at"] for row in rows)
    _, printed = run_command(logged, "audit", "show", "--audience", "partners", "--format", "json")
    found = [json.loads(line) for line in printed.splitlines()]
    assert [row["key"] for row in found if row["key"] == "key_2"] == ["key_2"]
    assert len(found) == 3
    assert "salt" not in found[0]
    assert run_command(logged, "audit", "show", "--since", "2999-01-01", "--format", "json") == (
        0,
        "",
    )


def test_no_spreadsheet_runs_what_somebody_sent(logged: Project, run_command: Run) -> None:
    _, printed = run_command(logged, "audit", "show")
    methods = [row["method"] for row in csv.DictReader(io.StringIO(printed))]
    assert methods.count("'-1+1") == 2


def test_what_was_asked_is_erased_and_the_log_still_verifies(
    logged: Project, run_command: Run
) -> None:
    log = AuditLog(logged.warehouse)
    for address in ("/v1/answers?filter[person]=117&x=1", "/v1/answers?filter%5Bperson%5D=117"):
        log.add(asked(address=address))
    log.add(asked(address="/v1/answers?filter[person]=118"))
    # The server goes on with the same file.
    code, printed = run_command(logged, "audit", "erase", "--containing", "[person]=117")
    assert (code, printed.split(",")[0]) == (0, "Erased what was told of 2 requests")
    log.add(asked(address="/v1/studies"))
    code, printed = run_command(logged, "audit", "verify")
    assert (code, printed) == (
        0,
        "10 lines are as they were written. Of 2 the payload was erased.\n",
    )
    texts = "".join(path.read_text() for path in (logged.warehouse / "audit").iterdir())
    assert ("=117" in texts, "=118" in texts) == (False, True)
    assert run_command(logged, "audit", "erase", "--key", "key_1", "--before", "2020-01-01")[1] == (
        "Erased what was told of 0 requests, in 0 files. "
        "The next build takes it out of operations.ops_requests.\n"
    )
    _, printed = run_command(logged, "audit", "erase", "--key", "key_1", "--before", "2999-01-01")
    assert printed.startswith("Erased what was told of 2 requests, in 2 files.")
    assert run_command(logged, "audit", "erase")[0] != 0
    assert run_command(logged, "audit", "verify")[0] == 0


def test_lines_that_are_none_lose_what_is_to_be_erased(logged: Project, run_command: Run) -> None:
    path = min((logged.warehouse / "audit").glob("*.jsonl"))
    with path.open("a") as stream:
        stream.write('{"digest": "x", "person=117\n')
        stream.write(json.dumps({"digest": "x", "chain": "y", "payload": "person=117"}) + "\n")
    _, printed = run_command(logged, "audit", "erase", "--containing", "person=117")
    assert printed.startswith("Erased what was told of 2 requests")
    assert "117" not in path.read_text()
    code, printed = run_command(logged, "audit", "verify")
    assert (code, "line 4: This is no line of the log." in printed) == (1, True)


def test_erasing_a_person_reaches_addresses_as_they_were_sent(logged: Project) -> None:
    log = AuditLog(logged.warehouse)
    sent = ("Ä1%20x", "%C3%841+x", "%C3%841%20x", "%C3%842%20x")
    for each in sent:
        log.add(asked(address=f"/v1/answers?filter%5Bperson%5D={each}"))
    assert len(clean_own_texts(logged, Values(frozenset({"Ä1 x"})))) == 1
    left = [str(row["address"]).partition("=")[2] for row in read_log(logged.warehouse)]
    assert [each for each in left if each] == ["%C3%842%20x"]
    assert verify(logged.warehouse) == []
