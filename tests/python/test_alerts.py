"""People are told of findings once, reminded rarely, and told when they are over."""

import hashlib
import json
import logging
import os
import socket
import ssl
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from receivers import Hook, MailBox, certificate, mail_server, webhook
from small_operations import deliver, plan, record, say, small_project

from wavehouse.errors import WavehouseError
from wavehouse.operations.alerts.alert_state import MOST_TELLINGS, read_state
from wavehouse.operations.alerts.alerts import tell
from wavehouse.operations.alerts.mail import send_mail
from wavehouse.operations.alerts.webhook import post
from wavehouse.operations.configuration import Mail, read_operations
from wavehouse.operations.findings.finding import ERROR, WARNING, Finding
from wavehouse.operations.findings.findings import find_all
from wavehouse.operations.run_history import log
from wavehouse.operations.run_history.run_files import operations_folder
from wavehouse.operations.status.report import report
from wavehouse.project import Project

RunCommand = Callable[..., tuple[int, str]]

VARIABLE = "TOWNS_HOOK"
LATE = Finding(
    "wave_late", ERROR, "Wave w4 of towns", "It did not come.", "All stays.", "Ask.", None
)
SHORT = replace(LATE, kind="wave_short", severity=WARNING)
MAY = datetime(2024, 5, 21, 12, tzinfo=UTC)


@pytest.fixture(autouse=True)
def unwatched(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Let runs be those of a schedule, and let no state outlive the test."""
    monkeypatch.setenv("WAVEHOUSE_TRIGGER", "schedule")
    monkeypatch.delenv("WAVEHOUSE_RUN", raising=False)
    for name in ("HOST", "PORT", "USER", "PASSWORD", "DATABASE"):
        monkeypatch.delenv(f"WAVEHOUSE_PG_{name}", raising=False)
    (tmp_path / "memory").mkdir()
    monkeypatch.setenv("XDG_RUNTIME_DIR", str(tmp_path / "memory"))


@pytest.fixture
def hook(monkeypatch: pytest.MonkeyPatch) -> Iterator[Hook]:
    with webhook() as started:
        monkeypatch.setenv(VARIABLE, started.address)
        yield started


@pytest.fixture
def project(tmp_path: Path) -> Project:
    """A project that posts to a webhook."""
    return small_project(tmp_path / "towns", {"alerts": {"webhook_from": VARIABLE}})


def told(project: Project, *findings: Finding, at: datetime = MAY) -> list[str]:
    """Tell of findings, at a time."""
    return tell(project, read_operations(project), findings, at)


def kinds(posted: dict[str, Any], group: str) -> list[str]:
    return [each["key"].partition(":")[0] for each in posted["wavehouse"][group]]


# When something is told ---------------------------------------------------------------------------


def test_a_hundred_looks_at_the_same_findings_send_one_message(
    project: Project, hook: Hook
) -> None:
    for minute in range(100):
        told(project, LATE, SHORT, at=MAY + timedelta(minutes=minute))
    assert len(hook.posted) == hook.tries == 1
    assert kinds(hook.posted[0], "new") == ["wave_late", "wave_short"]


def test_what_stays_is_told_again_after_a_day_in_one_message(project: Project, hook: Hook) -> None:
    for hour in range(73):
        told(project, LATE, *([SHORT] if hour else []), at=MAY + timedelta(hours=hour))
    # Both are told once, then each time that 24 hours have passed.
    said = [(kinds(p, "new"), kinds(p, "reminded")) for p in hook.posted]
    both = ["wave_late", "wave_short"]
    assert said == [(["wave_late"], []), (["wave_short"], []), ([], both), ([], both)]
    assert kinds(hook.posted[1], "still_open") == ["wave_late"]
    say(project, {"alerts": {"webhook_from": VARIABLE, "remind_after_hours": 1}})
    told(project, LATE, SHORT, at=MAY + timedelta(hours=74, minutes=30))
    assert len(hook.posted) == 5


def test_what_is_over_is_told_once(project: Project, hook: Hook) -> None:
    told(project, LATE)
    for minute in range(10):
        told(project, at=MAY + timedelta(minutes=minute))
    assert len(hook.posted) == 2
    assert hook.posted[1]["wavehouse"]["over"] == [
        {"key": LATE.key, "title": "Wave w4 of towns is late"}
    ]
    assert (
        "OVER: Wave w4 of towns is late, told first 2024-05-21 12:00 UTC"
        in (hook.posted[1]["text"])
    )
    # What comes back is news again.
    told(project, LATE, at=MAY + timedelta(days=9))
    assert kinds(hook.posted[2], "new") == ["wave_late"]


def test_what_comes_and_goes_is_told_a_few_times_a_day(project: Project, hook: Hook) -> None:
    for minute in range(0, 24 * 60, 10):
        told(project, *([LATE] if minute % 20 else []), at=MAY + timedelta(minutes=minute))
    assert sum(bool(kinds(each, "new")) for each in hook.posted) == MOST_TELLINGS
    assert len(hook.posted) == 2 * MOST_TELLINGS
    told(project, LATE, at=MAY + timedelta(days=2))
    assert len(hook.posted) == 2 * MOST_TELLINGS + 1


def test_a_warning_that_became_an_error_is_news(project: Project, hook: Hook) -> None:
    told(project, replace(LATE, severity=WARNING))
    told(project, LATE)
    told(project, replace(LATE, severity=WARNING))
    assert len(hook.posted) == 2


def test_a_clock_that_was_set_back_silences_nobody(project: Project, hook: Hook) -> None:
    told(project, LATE, at=MAY + timedelta(days=400))
    told(project, LATE, at=MAY)
    assert len(hook.posted) == 2


def test_nobody_is_told_where_nobody_is_named(project: Project) -> None:
    say(project, {})
    assert told(project, LATE) == []
    lines = [json.loads(line) for line in log.log_file(project).read_text().splitlines()]
    assert [(line["event"], line["level"], line["key"]) for line in lines] == [
        ("finding", "error", LATE.key)
    ]
    told(project, LATE)
    told(project)
    lines = [json.loads(line) for line in log.log_file(project).read_text().splitlines()]
    assert [line["event"] for line in lines] == ["finding", "finding_over"]


# What a message says ------------------------------------------------------------------------------


def test_a_message_says_what_happened_what_stays_and_what_to_do(
    project: Project, hook: Hook
) -> None:
    since = replace(LATE, since=datetime(2024, 5, 21, tzinfo=UTC))
    told(project, since)
    (posted,) = hook.posted
    lines = posted["text"].splitlines()
    assert lines[:8] == [
        "[towns] Wave w4 of towns is late (1 new)",
        "",
        "NEW (error): Wave w4 of towns is late, since 2024-05-21 00:00 UTC",
        "What happened: It did not come.",
        "What stays as it was: All stays.",
        "What to do: Ask.",
        "More: .wavehouse/product/docs/guide/runbook.md, section wave_late",
        "",
    ]
    assert lines[-1] == f"{project.root} on {socket.gethostname()}, 2024-05-21 12:00 UTC"
    assert posted["wavehouse"]["new"] == [since.facts()]
    assert posted["wavehouse"]["at"] == MAY.isoformat()


def test_very_many_findings_are_counted(project: Project, hook: Hook) -> None:
    many = [replace(LATE, subject=f"Wave {number} of towns") for number in range(500)]
    told(project, *many)
    (posted,) = hook.posted
    assert posted["text"].count("What happened:") == 20
    assert "480 more; `wavehouse status` has all of them." in posted["text"]
    assert len(posted["wavehouse"]["new"]) == 500


def test_texts_of_others_call_nobody_in_a_chat(project: Project, hook: Hook) -> None:
    told(project, replace(LATE, what_happened="<!channel> <http://bad|see> @all {{ 7 * 7 }}."))
    text = hook.posted[0]["text"]
    assert not set(text) & set("<>@")
    assert "{{ 7 * 7 }}" in text


def test_the_end_of_a_run_tells_and_writes_and_breaks_nothing(project: Project, hook: Hook) -> None:
    record(project, "run", fails="A fault.")
    found, sent, written = report(project)
    assert found == "Findings: 1 error; `wavehouse status` has them."
    assert sent == "The message to the webhook was sent: [towns] wavehouse run failed (1 new)"
    assert written == "Wrote warehouse/operations/metrics.prom."
    assert report(project) == [found, written]
    # Whatever is in the way, the run that did its work goes on to its end.
    for name in ("metrics.prom", "sizes.json"):
        (operations_folder(project) / name).unlink()
        (operations_folder(project) / name).mkdir()
    _, line = report(project)
    assert line.startswith("No metrics were written: ")
    assert len(hook.posted) == 1


def test_looks_at_the_same_time_send_one_message(project: Project, hook: Hook) -> None:
    plan(project, [{"wave_id": "w4", "due_on": "2024-05-20"}])
    hook.waits = 0.5
    words = [sys.executable, "-m", "wavehouse", "--project-dir", str(project.root)]
    looks = [
        subprocess.Popen([*words, "status", "--alert"], stdout=subprocess.DEVNULL, stderr=-1)
        for _ in range(4)
    ]
    assert [each.wait(timeout=120) for each in looks] == [1] * 4
    assert (hook.tries, len(hook.posted)) == (1, 1)


# What does not work -------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("status", "said"),
    [
        (500, "the receiver answered with status 500."),
        (302, "the receiver answered with status 302."),
        (404, "the receiver answered with status 404."),
    ],
)
def test_what_a_webhook_does_not_take_is_tried_the_next_time(
    project: Project, hook: Hook, status: int, said: str
) -> None:
    hook.status = status
    assert told(project, LATE) == [f"The message to the webhook could not be sent: {said}"]
    told(project, LATE, at=MAY + timedelta(minutes=1))
    assert (hook.tries, hook.posted) == (2, [])
    (failed,) = find_all(project, MAY)
    assert (failed.kind, failed.severity) == ("alert_failed", ERROR)
    assert said in failed.what_happened
    assert failed.since == MAY
    hook.status = 200
    told(project, LATE, failed, at=MAY + timedelta(minutes=2))
    # The receiver need not be told that it was not reached.
    assert [kinds(each, "new") for each in hook.posted] == [["wave_late"]]
    assert find_all(project, MAY) == []


def test_a_webhook_that_is_not_there_breaks_nothing_and_its_address_is_nowhere(
    project: Project,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
    capfd: pytest.CaptureFixture[str],
) -> None:
    caplog.set_level(logging.DEBUG, logger="wavehouse")
    said = []
    for address, words in {
        "http://127.0.0.1:1/hooks/verysecret": "the receiver cannot be reached.",
        "https://verysecret.invalid/hooks": "the receiver cannot be reached.",
        "verysecret": f"what the environment variable {VARIABLE} has is no address of a webhook.",
        "file:///verysecret": f"what the environment variable {VARIABLE} has is no address",
        "http://[verysecret": f"what the environment variable {VARIABLE} has is no address",
        "": f"the environment variable {VARIABLE} is not set.",
    }.items():
        monkeypatch.setenv(VARIABLE, address)
        (line,) = told(project, LATE)
        assert words in line
        said.append(line)
    kept = "".join(
        path.read_text() for path in operations_folder(project).rglob("*") if path.is_file()
    )
    everywhere = f"{said}{kept}{caplog.text}{capfd.readouterr()}{find_all(project, MAY)}"
    assert "verysecret" not in everywhere


def test_a_webhook_that_does_not_answer_is_waited_for_a_while(
    hook: Hook,
) -> None:
    hook.waits = 5
    began = time.monotonic()
    with pytest.raises(WavehouseError, match="did not answer in time"):
        post(VARIABLE, {"text": "Nothing."}, answer_seconds=0.2)
    assert time.monotonic() - began < 4


def test_one_way_that_fails_holds_up_no_other(project: Project, hook: Hook) -> None:
    with mail_server() as box:
        mail = {
            "server": "127.0.0.1",
            "port": box.port,
            "tls": "none",
            "sender": "towns@example.org",
            "to": ["anna@example.org"],
        }
        say(project, {"alerts": {"webhook_from": VARIABLE, "mail": mail}})
        hook.status = 500
        for minute in range(3):
            told(project, LATE, at=MAY + timedelta(minutes=minute))
        assert (hook.tries, len(box.mails)) == (3, 1)
        (failed,) = find_all(project, MAY)
        told(project, LATE, failed, at=MAY + timedelta(minutes=4))
        assert "The message to the webhook could not be told" in box.mails[1]["Subject"]
        assert "answered with status 500." in box.mails[1].get_content()
    # What is no longer declared does not fail.
    say(project, {})
    told(project, LATE)
    assert find_all(project, MAY) == []


def test_a_full_disk_is_told_once(project: Project, hook: Hook) -> None:
    """The state cannot be written in the project: a folder is in its place."""
    (operations_folder(project) / "findings.json").mkdir(parents=True)
    for minute in range(20):
        told(project, LATE, at=MAY + timedelta(minutes=minute))
    assert len(hook.posted) == 1
    (operations_folder(project) / "findings.json").rmdir()
    told(project, LATE, SHORT, at=MAY + timedelta(minutes=20))
    assert kinds(hook.posted[1], "new") == ["wave_short"]
    assert set(read_state(project)["webhook"]["told"]) == {LATE.key, SHORT.key}


def test_a_damaged_state_tells_again(project: Project, hook: Hook) -> None:
    told(project, LATE)
    state = operations_folder(project) / "findings.json"
    for damaged in (
        "{half",
        "[]",
        '{"channels": {"webhook": []}}',
        '{"channels": {"webhook": {"told": {"wave_late:Wave w4 of towns": {"key": 1}}}}}',
        '{"channels": {"webhook": {"told": [], "failed": 5}}}',
    ):
        state.write_text(damaged)
        told(project, LATE)
    assert len(hook.posted) == 6


# Mail ---------------------------------------------------------------------------------------------


def settings(box: MailBox, **others: Any) -> Mail:  # noqa: ANN401 (of a model)
    """Say how to mail to a server."""
    default = {"tls": "none", "to": ("anna@example.org", "ben@example.org")}
    return Mail(server="localhost", port=box.port, sender="towns@example.org", **default | others)


def test_a_mail_is_one_that_programs_and_people_can_read() -> None:
    with mail_server() as box:
        assert send_mail(settings(box), "Zürich\nBcc: eve@example.org", "Größe: 5\n") is None
    (mail,) = box.mails
    assert mail["Subject"] == "Zürich Bcc: eve@example.org"
    assert mail["Bcc"] is None
    assert (mail["From"], mail["To"]) == (
        *("towns@example.org", "anna@example.org, ben@example.org"),
    )
    assert box.receivers == [["anna@example.org", "ben@example.org"]]
    assert mail["Auto-Submitted"] == "auto-generated"
    assert mail["Message-ID"]
    assert mail["Date"]
    assert mail.get_content().splitlines() == ["Größe: 5"]


def test_a_mail_is_encrypted_and_logs_in(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    context, trusted = certificate(tmp_path)
    monkeypatch.setenv("TOWNS_USER", "towns")
    monkeypatch.setenv("TOWNS_PASSWORD", "verysecret")
    login = {"tls": "starttls", "user_from": "TOWNS_USER", "password_from": "TOWNS_PASSWORD"}
    with mail_server(context, login=("towns", "verysecret")) as box:
        with pytest.raises(WavehouseError, match="connection is not safe") as unsafe:
            send_mail(settings(box, **login), "Hello", "Text")
        assert "verysecret" not in str(unsafe.value)
        monkeypatch.setenv("SSL_CERT_FILE", str(trusted))
        send_mail(settings(box, **login), "Hello", "Text")
        assert (box.encrypted, box.users) == ([True], ["towns"])
        monkeypatch.setenv("TOWNS_PASSWORD", "wrong")
        with pytest.raises(WavehouseError, match="refused name or password") as refused:
            send_mail(settings(box, **login), "Hello", "Text")
        assert "wrong" not in str(refused.value)
        monkeypatch.delenv("TOWNS_PASSWORD")
        with pytest.raises(WavehouseError, match="environment variable TOWNS_PASSWORD is not set"):
            send_mail(settings(box, **login), "Hello", "Text")
    assert len(box.mails) == 1


def test_a_server_without_encryption_gets_no_mail_that_wants_it() -> None:
    with mail_server() as box, pytest.raises(WavehouseError, match="cannot do what is asked"):
        send_mail(settings(box, tls="starttls"), "Hello", "Text")
    assert box.mails == []


def test_receivers_that_are_not_known_are_named() -> None:
    with mail_server() as box:
        box.refused = {"ben@example.org"}
        said = send_mail(settings(box), "Hello", "Text")
        assert said == f"localhost:{box.port} takes no mail for ben@example.org."
        box.refused |= {"anna@example.org"}
        with pytest.raises(WavehouseError, match="takes no mail for anna@"):
            send_mail(settings(box), "Hello", "Text")
        box.refused, box.answer = set(), "554 We do not like it"
        with pytest.raises(WavehouseError, match="answered with code 554"):
            send_mail(settings(box), "Hello", "Text")
    assert len(box.mails) == 1


def test_mail_to_some_is_not_sent_again_to_them(project: Project) -> None:
    with mail_server() as box:
        box.refused = {"ben@example.org"}
        mail = settings(box).model_dump(mode="json", exclude_none=True)
        say(project, {"alerts": {"mail": mail}})
        for minute in range(5):
            told(project, LATE, at=MAY + timedelta(minutes=minute))
        assert len(box.mails) == 1
        (failed,) = find_all(project, MAY)
        assert "takes no mail for ben@example.org" in failed.what_happened


def test_an_address_that_is_none_breaks_nothing() -> None:
    with mail_server() as box, pytest.raises(WavehouseError, match="sender or to"):
        send_mail(settings(box, to=("anna@example.org\nBcc: eve@example.org",)), "Hello", "Text")
    assert box.mails == []


def test_the_state_of_another_user_counts_in_the_project_and_not_in_memory(
    project: Project, hook: Hook, tmp_path: Path
) -> None:
    if os.geteuid() != 0:
        pytest.skip("only root can give a file to another user")
    told(project, LATE)
    state = operations_folder(project) / "findings.json"
    os.chown(state, 65534, 65534)
    told(project, LATE)
    assert len(hook.posted) == 1
    # Somebody else's word in memory, which would silence us.
    content = json.loads(state.read_text())
    state.unlink()
    name = hashlib.sha256(str(project.root.resolve()).encode()).hexdigest()[:16]
    planted = tmp_path / "memory" / f"wavehouse-0-{name}.json"
    planted.write_text(json.dumps(content | {"written_at": "2999-01-01T00:00:00+00:00"}))
    os.chown(planted, 65534, 65534)
    told(project, LATE)
    assert len(hook.posted) == 2


def test_a_mail_server_that_is_silent_or_gone_is_named() -> None:
    with socket.create_server(("127.0.0.1", 0)) as silent:
        port = silent.getsockname()[1]
        here = Mail(
            server="127.0.0.1", port=port, sender="a@example.org", to=("b@example.org",), tls="none"
        )
        with pytest.raises(WavehouseError, match=r"127\.0\.0\.1:\d+ did not answer in time"):
            send_mail(here, "Hello", "Text", seconds=0.2)
    with pytest.raises(WavehouseError, match=r"127\.0\.0\.1:\d+ cannot be reached"):
        send_mail(here, "Hello", "Text")
    encrypted = here.model_copy(update={"tls": "tls"})
    with pytest.raises(WavehouseError):
        send_mail(encrypted, "Hello", "Text", seconds=0.2)
    assert ssl.create_default_context().verify_mode is ssl.CERT_REQUIRED


# The command --------------------------------------------------------------------------------------


def test_status_tells_what_is_new_and_then_is_quiet(
    project: Project, hook: Hook, run_command: RunCommand
) -> None:
    plan(project, [{"wave_id": "w4", "due_on": "2024-05-20"}])
    code, output = run_command(project, "status", "--alert")
    assert code == 1
    assert "The message to the webhook was sent: [towns] Wave w4 of towns is late (1 new)" in output
    for _ in range(3):
        code, output = run_command(project, "status", "--alert")
        assert code == 1
    assert "was sent" not in output
    deliver(project, "w4", 5)
    record(project, fails="A fault.")
    run_command(project, "status", "--alert")
    assert len(hook.posted) == 2
    assert kinds(hook.posted[1], "new") == ["run_failed"]
    assert kinds(hook.posted[1], "over") == ["wave_late"]
    # Looking tells nobody.
    record(project, "attack", fails="Another fault.")
    run_command(project, "status")
    assert len(hook.posted) == 2
