"""What becomes of a delivery: the team takes it, declines it; codebooks change, servers die."""

import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
import requests
from conftest import StartProcess
from guarded import build_guarded
from partners import (
    CSV,
    SENDER,
    STUDY,
    WAVE,
    Partner,
    as_csv,
    as_json,
    checked,
    files_in,
    keys_of,
    last_wave,
    next_wave,
    received,
    settled,
    state_of,
)
from workbench import codebook_rows, set_codebook_rows

from wavehouse.errors import ProblemsError
from wavehouse.project import Project
from wavehouse.publishing.publish import publish
from wavehouse_exchange.onboarding.draft import draft_path, read_draft
from wavehouse_exchange.receiving import check_one
from wavehouse_exchange.receiving.checks import Checks
from wavehouse_exchange.receiving.handing_over import remove_delivery
from wavehouse_exchange.receiving.quarantine import Quarantine
from wavehouse_exchange.serving.audit import read_log

PATIENCE = 120
Run = Callable[..., tuple[int, str]]


def draft_text(project: Project, wave: str = WAVE) -> str:
    return draft_path(project, STUDY, wave).read_text(encoding="utf-8")


# The team


def test_taking_a_delivery_in_is_add_wave(town: Project, tmp_path: Path, run_command: Run) -> None:
    other = Project(Path(shutil.copytree(town.root, tmp_path / "other", symlinks=True)))
    body = as_csv(next_wave(town))
    delivery = checked(town, received(town, {f"{STUDY}_{WAVE}.csv": body}))
    assert delivery.state == "accepted"

    code, said = run_command(town, "deliveries", "list")
    assert (code, "1 wait(s) for you" in said) == (0, True), said
    code, said = run_command(town, "deliveries", "show", delivery.delivery_id[:10])
    assert (code, f"to decide: wave {WAVE}" in said) == (0, True), said
    code, said = run_command(town, "deliveries", "take", delivery.delivery_id)
    assert code == 0, said

    by_hand = other.root / f"{STUDY}_{WAVE}.csv"
    by_hand.write_bytes(body)
    code, said_by_hand = run_command(other, "add-wave", STUDY, WAVE, str(by_hand))
    assert code == 0, said_by_hand
    assert (said, draft_text(town)) == (said_by_hand, draft_text(other))
    assert Quarantine(town).all()[0].state == "taken"
    # Each proposal that the sender was told of is one of the draft, and the other way round.
    told = {(each.kind, each.subject) for each in delivery.to_decide}
    assert told == {
        (each.kind, each.subject) for each in read_draft(town, STUDY, WAVE).open_proposals
    }
    events = [each["state"] for each in read_log(town.warehouse) if "state" in each]
    assert events == ["taken"]


def test_rows_that_were_sent_as_json_are_taken_in(town: Project, run_command: Run) -> None:
    rows = next_wave(town)
    delivery = checked(town, received(town, {"rows.json": as_json(rows)}))
    assert (delivery.state, delivery.n_rows) == ("accepted", len(rows))
    code, said = run_command(town, "deliveries", "take", delivery.delivery_id)
    assert code == 0, said
    assert read_draft(town, STUDY, WAVE).files[0]["file_name"] == "rows.ndjson"


def test_a_correction_takes_the_place_of_the_wave_when_it_is_taken(
    town: Project, run_command: Run
) -> None:
    body = as_csv(last_wave(town)[:-20])
    sender = type(SENDER)(SENDER.audience_id, SENDER.key_id, STUDY, "2025")
    delivery = checked(town, received(town, {"w.csv": body}, sender=sender))
    wave = town.waves / STUDY / f"{STUDY}_2025.csv"
    assert (delivery.state, wave.read_bytes() == body) == ("accepted", False)
    code, said = run_command(town, "deliveries", "take", delivery.delivery_id)
    assert (code, wave.read_bytes() == body) == (0, True), said
    assert "20" in said


def test_a_declined_delivery_leaves_its_record_and_why(town: Project, run_command: Run) -> None:
    delivery = checked(town, received(town, {"w.csv": as_csv(next_wave(town))}))
    words = ("deliveries", "decline", delivery.delivery_id, "--because", "The pilot study.")
    assert run_command(town, *words)[0] == 0
    (known,) = Quarantine(town).all()
    assert (known.state, known.note) == ("declined", "The pilot study.")
    folder = Quarantine(town).folder / delivery.delivery_id
    assert [path.name for path in folder.iterdir()] == ["delivery.json"]
    for verb in (("take",), ("decline",)):
        why = ("--because", "x") if verb == ("decline",) else ()
        code, said = run_command(town, "deliveries", *verb, delivery.delivery_id, *why)
        assert (code, "is declined, so it is not" in said) == (1, True), said
    # The same bytes are known, and stay declined.
    again = received(town, {"w.csv": as_csv(next_wave(town))})
    assert again == known
    assert run_command(town, "deliveries", "remove", delivery.delivery_id)[0] == 0
    assert Quarantine(town).all() == []
    code, said = run_command(town, "deliveries", "show", delivery.delivery_id)
    assert (code, "There is no delivery" in said) == (1, True)


def test_texts_of_partners_are_shown_and_never_obeyed(town: Project, run_command: Run) -> None:
    rows = [{**row, "person": f"\x1b[31m{row['person']}"} for row in next_wave(town)]
    rows[1]["person"] = rows[0]["person"]
    delivery = checked(town, received(town, {"=cmd().csv": as_csv(rows)}))
    assert delivery.state == "refused"
    code, said = run_command(town, "deliveries", "show", delivery.delivery_id)
    assert code == 0
    assert "\x1b" not in said


def test_what_was_refused_is_checked_again_when_the_codebook_is_another_one(town: Project) -> None:
    rows = [
        {**row, "weight": "0" if number == 3 else row["weight"]}
        for number, row in enumerate(next_wave(town))
    ]
    refused = checked(town, received(town, {"w.csv": as_csv(rows)}))
    assert [each.code for each in refused.faults] == ["weight_invalid"]
    assert received(town, {"w.csv": as_csv(rows)}) == refused
    designs = codebook_rows(town, "designs")
    set_codebook_rows(town, "designs", [{**row, "allows_zero_weights": "true"} for row in designs])
    again = received(town, {"w.csv": as_csv(rows)})
    assert (again.delivery_id, again.state) == (refused.delivery_id, "received")
    assert checked(town, again).state == "accepted"


def test_drift_that_stops_a_build_is_asked_about_by_the_thresholds_of_the_project(
    town: Project,
) -> None:
    rows = next_wave(town)
    body = as_csv([{**row, "weight": f"{row['weight']}e3"} for row in rows[: len(rows) // 2]])
    kinds = {"weights_changed", "rows_changed"}

    def asked() -> set[str]:
        delivery = checked(town, received(town, {"w.csv": body}))
        assert delivery.state == "accepted", delivery.faults
        return {each.kind for each in delivery.to_decide} & kinds

    assert asked() == {"weights_changed"}
    remove_delivery(town, Quarantine(town).all()[0].delivery_id)
    thresholds = [
        ("rows_changed", "respondents_factor", "1.5"),
        ("weights_changed", "scale_factor", "1000000"),
    ]
    set_codebook_rows(
        town,
        "drift_thresholds",
        [
            {
                **dict(zip(("drift_kind", "statistic", "threshold"), row, strict=True)),
                **{"severity": "hard", "breaks_explain": "true"},
                **{"description": "Planted.", "remedy": "Ask."},
            }
            for row in thresholds
        ],
    )
    assert asked() == {"rows_changed"}


# Grants


def test_the_public_may_not_deliver(town: Project) -> None:
    with pytest.raises(ProblemsError, match="nobody delivers without one"):
        publish(town, build_guarded(town, {"audience_deliveries": "public,harbour,\n"}))
    with pytest.raises(ProblemsError, match="wave 'a b' cannot be an id"):
        publish(town, build_guarded(town, {"audience_deliveries": "readers,harbour,a b\n"}))


# Checks that end badly


def ended(project: Project, seconds: int = 600) -> str:
    """Check what waits in processes, and give what became of it."""
    quarantine = Quarantine(project)
    (delivery,) = quarantine.all()
    checks = Checks(quarantine, seconds)
    checks.begin(delivery).result(timeout=PATIENCE)
    checks.end()
    (delivery,) = quarantine.all()
    code = delivery.faults[0].code if delivery.faults else ""
    return f"{delivery.state} {code}".strip()


@pytest.fixture
def waiting(town: Project) -> Project:
    """A project with a delivery that is not checked yet."""
    received(town, {"w.csv": as_csv(next_wave(town))})
    return town


@pytest.mark.parametrize(
    ("program", "became"),
    [
        ("while True: pass", "refused check_too_long"),
        ("os.kill(os.getpid(), signal.SIGSEGV)", "refused file_not_read"),
        ("raise ValueError('a fault of ours')", "failed incident"),
        ("os.kill(os.getpid(), signal.SIGKILL)", "failed incident"),
        ("x = bytearray(10**12)", "refused check_too_large"),
    ],
)
def test_a_check_that_ends_badly_is_named_and_leaves_nothing(
    waiting: Project, monkeypatch: pytest.MonkeyPatch, program: str, became: str, tmp_path: Path
) -> None:
    module = tmp_path / "ends_badly.py"
    module.write_text(
        "import os, signal, sys\n"
        f"from wavehouse_exchange.receiving import check_one\n"
        f"def check(quarantine, delivery):\n    {program}\n"
        "check_one.check = check\n"
        "check_one.main(*sys.argv[1:])\n"
    )
    monkeypatch.setenv("PYTHONPATH", str(tmp_path))
    monkeypatch.setattr(check_one, "__name__", "ends_badly")
    assert ended(waiting, seconds=2) == became
    folder = Quarantine(waiting).folder
    (record,) = [path for path in folder.glob("d_*/*") if path.suffix != ".lock"]
    assert record.name == "delivery.json"
    assert not list(waiting.target.glob("deliveries/*"))


def test_a_good_delivery_is_accepted_within_the_limits_of_a_check(waiting: Project) -> None:
    assert ended(waiting) == "accepted"


def test_what_failed_through_our_fault_is_checked_when_it_is_sent_again(town: Project) -> None:
    body = as_csv(next_wave(town))
    quarantine = Quarantine(town)
    quarantine.decide(received(town, {"w.csv": body}), state="failed")
    again = received(town, {"w.csv": body})
    assert again.state == "received"
    assert checked(town, again).state == "accepted"


# Servers that die


@contextmanager
def server(project: Project, start: StartProcess) -> Iterator[tuple[str, "subprocess.Popen[str]"]]:
    """Run `wavehouse serve` as its own process."""
    from test_api_faults import server as serving

    with serving(project, start) as found:
        yield found


@pytest.mark.slow("drill")
def test_a_server_that_is_killed_leaves_no_half_delivery_and_checks_what_it_had(
    town: Project, start_process: StartProcess
) -> None:
    keys = keys_of(town)
    body = as_csv(next_wave(town))
    arriving = Quarantine(town).folder / ".arriving"

    def halves() -> Iterator[bytes]:
        yield body[:5000]
        until = time.monotonic() + PATIENCE
        while not list(arriving.glob("*/files/*")):
            assert time.monotonic() < until
            time.sleep(0.05)
        os.kill(process.pid, signal.SIGKILL)
        process.wait()
        yield body[5000:]

    with server(town, start_process) as (address, process):
        partner = Partner(address, keys["partner"])
        with pytest.raises(requests.RequestException):
            partner.ask("POST", data=halves(), headers=CSV)
    assert list(arriving.iterdir())
    with server(town, start_process) as (address, process):
        partner = Partner(address, keys["partner"])
        assert not list(arriving.iterdir())
        assert partner.ask("GET").json()["data"] == []
        # Killed while it checks: the next one begins again.
        delivery = received(town, {f"{STUDY}_{WAVE}.csv": body})
        process.kill()
        process.wait()
    assert Quarantine(town).all()[0].state == "received"
    with server(town, start_process) as (address, process):
        partner = Partner(address, keys["partner"])
        assert settled(partner, delivery.delivery_id)["state"] == "accepted"
        assert state_of(partner.send(body))["delivery_id"] == delivery.delivery_id


@pytest.mark.slow("drill")
@pytest.mark.parametrize("after", [0.05, 0.2, 0.5, 0.9, 1.3, 1.7, 2.1])
def test_a_check_that_is_killed_is_begun_again(waiting: Project, after: float) -> None:
    (delivery,) = Quarantine(waiting).all()
    before = files_in(waiting.root / "seeds")
    words = [str(waiting.root), delivery.delivery_id, "600"]
    process = subprocess.Popen([sys.executable, "-m", check_one.__name__, *words])
    time.sleep(after)
    process.kill()
    process.wait()
    assert Quarantine(waiting).all()[0].state in ("received", "accepted")
    if Quarantine(waiting).all()[0].state == "received":
        assert ended(waiting) == "accepted"
    assert files_in(waiting.root / "seeds") == before
