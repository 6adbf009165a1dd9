"""A partner's day, from the page of the API alone: refused, corrected, accepted, and looked at.

What is run are the commands that the page shows, with the key, the wave and the file put in.
"""

import json
import shutil
import subprocess
from pathlib import Path
from typing import Any

import requests
from guarded import AUDIENCES, DELIVERIES, build_guarded
from lxml import html
from partners import STUDY, WAVE, Partner, as_csv, last_wave
from small_server import Server, serving

from wavehouse.audiences.giving import add_key
from wavehouse.project import Project
from wavehouse.publishing.publish import publish

BASE = "http://127.0.0.1:8600"
PLACEHOLDER = "AGE-SECRET-KEY-1..."


def run_shown(command: str, partner: Partner, folder: Path) -> str:
    """Run a command as the page shows it, for this server, key and wave."""
    filled = command.replace(BASE, partner.address).replace(PLACEHOLDER, str(partner.key))
    filled = filled.replace("/WAVE/", f"/{WAVE}/")
    ran = subprocess.run(
        ["bash", "-c", filled], cwd=folder, capture_output=True, text=True, check=True
    )
    return ran.stdout


def shown_on(page: str, *words: str) -> str:
    """Give the one command of a page that has all words."""
    blocks = [str(each.text_content()) for each in html.fromstring(page).findall(".//pre")]
    (found,) = (each for each in blocks if all(word in each for word in words))
    return found


def test_the_page_of_the_api_is_enough_for_a_partner(
    harbour: Project, partner: Partner, tmp_path: Path
) -> None:
    # What a browser shows, without the key, says how to get the page of the key.
    public = requests.get(f"{partner.address}/api", timeout=60).text
    run_shown(shown_on(public, "-o api.html"), partner, tmp_path)
    page = (tmp_path / "api.html").read_text(encoding="utf-8")
    assert "-o api.html" not in page
    sending = shown_on(page, "--data-binary @wave.csv")
    assert "Write the id of the wave for" in page

    def send(rows: list[dict[str, str]]) -> dict[str, Any]:
        (tmp_path / "wave.csv").write_bytes(as_csv(rows))
        answer: dict[str, Any] = json.loads(run_shown(sending, partner, tmp_path))
        return answer

    # Who forgets the wave, or the key, is told which it was.
    url = sending.split('"')[-2].replace(BASE, partner.address)
    assert partner.key is not None
    asked = requests.get(url, headers={"Authorization": f"Bearer {partner.key}"}, timeout=60)
    assert (asked.status_code, "wave 'WAVE' cannot be" in asked.json()["detail"]) == (400, True)
    told = requests.post(url, data=b"a\n1\n", headers={"Content-Type": "text/csv"}, timeout=60)
    assert (told.status_code, "key" in told.json()["detail"]) == (401, True)

    rows = [{**row, "person": f"8{row['person']}"} for row in last_wave(harbour)]
    right = rows[4]["weight"]
    rows[4]["weight"], rows[7]["person"] = "none", rows[6]["person"]
    refused = send(rows)
    assert refused["status"] == 422
    problems = {each["code"]: each for each in refused["problems"]}
    assert set(problems) == {"weight_invalid", "respondent_duplicate"}
    # Each names where it is and what to do; what it names is enough to find the cell.
    weight = problems["weight_invalid"]
    assert (weight["column"], weight["value"], "row 5" in weight["detail"]) == (
        *("weight", "none", True),
    )
    assert all(each["remedy"] for each in problems.values())
    rows[4][weight["column"]] = right
    del rows[7]
    accepted = send(rows)["data"]
    assert accepted["state"] == "accepted"
    listing = shown_on(page, 'deliveries"', '-1..." "')
    listed = json.loads(run_shown(listing, partner, tmp_path))["data"]
    found = {each["delivery_id"]: each for each in listed}
    assert found[refused["delivery"]]["state"] == "refused"
    to_decide = found[accepted["delivery_id"]]["to_decide"]
    assert to_decide == accepted["to_decide"]
    assert {"wave"} <= {each["kind"] for each in to_decide}
    assert all(each["detail"] for each in to_decide)


def test_who_may_only_deliver_has_a_page_that_says_how(
    empty_project: Project, project_root: Path
) -> None:
    shutil.copytree(project_root / "seeds" / "reference", empty_project.reference)
    changes = {
        "audiences": f"{AUDIENCES}senders,Senders,,true\n",
        "audience_deliveries": f"{DELIVERIES}senders,{STUDY},\n",
    }
    publish(empty_project, build_guarded(empty_project, changes))
    key = add_key(empty_project, "senders", "Somebody", None).secret
    publish(empty_project, build_guarded(empty_project, changes, version="2"))
    with serving(empty_project) as server:
        page = Server(server.address, key).get("/api").text
    assert "nothing that this audience may read" in page
    assert f"/v1/studies/{STUDY}/waves/WAVE/deliveries" in shown_on(page, "--data-binary")
