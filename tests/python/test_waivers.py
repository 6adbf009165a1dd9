"""Waivers hold while the label does, and rows say who decided them and when."""

import subprocess
from collections.abc import Callable
from datetime import datetime
from pathlib import Path

import pandas as pd
import pyreadstat
import pytest
import yaml
from workbench import codebook_rows, ran, set_codebook_rows

from wavehouse.project import Project
from wavehouse_exchange.onboarding.draft import BEFOREHAND, draft_path, write_decisions
from wavehouse_exchange.onboarding.reviewer import reviewer

RunCommand = Callable[..., tuple[int, str]]

STUDY = (
    *("--study-label", "Town survey", "--date", "2023-05-01", "--respondent", "id"),
    *("--producer", "The town", "--universe", "Adults in town", "--citation", "Town survey"),
    *("--terms", "Made up.", "--as", "seed"),
)
YES = {1: "Yes", 2: "No", 9: "Refused"}
FIRST = {"mood": "Q1. Good mood", "car": "Q2. Has a car", "hour": "Q3. Hour of the interview"}


def _deliver(folder: Path, wave: int, labels: dict[str, str]) -> str:
    rows = range(60)
    data = pd.DataFrame({"id": [f"{wave}{row:03d}" for row in rows]})
    for place, name in enumerate(labels):
        data[name] = [(1, 2, 1, 9)[(row + place) % 4] for row in rows]
    path = folder / f"town_{wave}.sav"
    pyreadstat.write_sav(
        data,
        str(path),
        column_labels=["Number", *labels.values()],
        variable_value_labels=dict.fromkeys(labels, YES),
    )
    return str(path)


@pytest.fixture
def town(empty: Project, tmp_path: Path, run_command: RunCommand) -> Project:
    """A study whose first wave waives `hour`."""
    ran(run_command, empty, "new-study", "town", "1", _deliver(tmp_path, 1, FIRST), *STUDY)
    draft = yaml.safe_load((empty.root / "drafts/town_1.yml").read_text(encoding="utf-8"))
    (hour,) = [p["id"] for p in draft["proposals"] if p["subject"] == "hour"]
    others = [p["id"] for p in draft["proposals"] if p["subject"] != "hour"]
    ran(run_command, empty, "decide", "town", "1", ",".join(others), "accept")
    ran(run_command, empty, "decide", "town", "1", hour, "reject", "--because", "technical")
    ran(run_command, empty, "apply", "town", "1", "--reviewer", "Ann  Lee")
    return empty


def test_a_waiver_knows_its_label_and_its_day(town: Project) -> None:
    (waiver,) = codebook_rows(town, "waived_columns")
    assert waiver["source_column"] == "hour"
    assert waiver["column_label"] == "Q3. Hour of the interview"
    assert waiver["waived_on"] == datetime.now().astimezone().date().isoformat()


def test_rows_of_the_crosswalk_say_who_decided_them_and_when(
    town: Project, tmp_path: Path, run_command: RunCommand
) -> None:
    today = datetime.now().astimezone().date().isoformat()
    found = {(row["reviewed_by"], row["reviewed_on"]) for row in codebook_rows(town, "crosswalk")}
    assert found == {("Ann Lee", today)}
    before = codebook_rows(town, "crosswalk")

    # In the second wave a code has another number, and nobody has to look at that.
    path = tmp_path / "town_2.sav"
    _deliver(tmp_path, 2, FIRST)
    data, meta = pyreadstat.read_sav(str(path))
    pyreadstat.write_sav(
        data.replace({"mood": {9: 99}}),
        str(path),
        column_labels=meta.column_labels,
        variable_value_labels={"mood": {1: "Yes", 2: "No", 99: "Refused"}, "car": YES, "hour": YES},
    )
    ran(run_command, town, "add-wave", "town", "2", str(path), "--date", "2024-05-01")
    draft = yaml.safe_load((town.root / "drafts/town_2.yml").read_text(encoding="utf-8"))
    (spelled,) = [p["id"] for p in draft["proposals"] if p["subject"] == "mood"][:1]
    write_decisions(draft_path(town, "town", "2"), [spelled], "accept", BEFOREHAND)
    draft = yaml.safe_load((town.root / "drafts/town_2.yml").read_text(encoding="utf-8"))
    still = [p["id"] for p in draft["proposals"] if p["decision"] == "open"]
    ran(run_command, town, "decide", "town", "2", ",".join(still), "accept")
    ran(run_command, town, "apply", "town", "2", "--reviewer", "Ben")
    (added,) = [row for row in codebook_rows(town, "crosswalk") if row not in before]
    assert added["source_code"] == "99"
    assert (added["reviewed_by"], added["reviewed_on"]) == ("accepted beforehand", today)


def test_a_reviewer_is_named_by_the_environment_or_by_git(
    town: Project, monkeypatch: pytest.MonkeyPatch
) -> None:
    subprocess.run(["git", "init", "-q"], cwd=town.root, check=True)
    subprocess.run(["git", "config", "user.name", "Git Person"], cwd=town.root, check=True)
    monkeypatch.delenv("WAVEHOUSE_REVIEWER", raising=False)
    assert reviewer(town) == "Git Person"
    monkeypatch.setenv("WAVEHOUSE_REVIEWER", "Env Person")
    assert reviewer(town) == "Env Person"
    assert reviewer(town, "Named") == "Named"


def test_a_waiver_holds_for_the_same_label_in_other_typography(
    town: Project, tmp_path: Path, run_command: RunCommand
) -> None:
    second = _deliver(tmp_path, 2, FIRST | {"hour": "Q17 \u2013 HOUR of the interview."})
    ran(run_command, town, "add-wave", "town", "2", second, "--date", "2024-05-01")
    assert "hour" not in (town.root / "drafts/town_2.yml").read_text(encoding="utf-8")


@pytest.mark.parametrize("decision", ["accept", "reject"])
def test_a_name_that_became_another_question_is_not_waived_any_more(
    town: Project, tmp_path: Path, run_command: RunCommand, decision: str
) -> None:
    second = _deliver(tmp_path, 2, FIRST | {"hour": "Q3. Trust in neighbours"})
    ran(run_command, town, "add-wave", "town", "2", second, "--date", "2024-05-01")
    draft = yaml.safe_load((town.root / "drafts/town_2.yml").read_text(encoding="utf-8"))
    (found,) = [p for p in draft["proposals"] if p["subject"] == "hour"]
    assert (found["kind"], found["decision"]) == ("waiver_expired", "open")
    assert "Hour of the interview" in found["reason"]
    assert "Trust in neighbours" in found["reason"]
    others = [p["id"] for p in draft["proposals"] if p["decision"] == "open" and p is not found]
    ran(run_command, town, "decide", "town", "2", ",".join(others), "accept")
    words = ("decide", "town", "2", found["id"], decision, "--because", "looked at")
    ran(run_command, town, *words)
    ran(run_command, town, "apply", "town", "2")
    waivers = codebook_rows(town, "waived_columns")
    assert (waivers[0]["column_label"], waivers[0]["valid_to_wave"]) == (FIRST["hour"], "1")
    asked = [row for row in codebook_rows(town, "questions") if row["source_column"] == "hour"]
    if decision == "accept":
        assert len(waivers) == 1
        assert [row["valid_from_wave"] for row in asked] == ["2"]
    else:
        assert (waivers[1]["column_label"], waivers[1]["valid_from_wave"]) == (
            "Q3. Trust in neighbours",
            "2",
        )
        assert not asked
    ran(run_command, town, "check")


def test_check_names_a_waiver_that_was_given_for_another_label(
    town: Project, run_command: RunCommand
) -> None:
    (waiver,) = codebook_rows(town, "waived_columns")
    set_codebook_rows(town, "waived_columns", [waiver | {"column_label": "Trust in neighbours"}])
    code, output = run_command(town, "check")
    assert code == 1
    assert (
        "seeds/codebook/waived_columns.csv, study town, wave 1, column hour: the column was "
        'waived with the label "Trust in neighbours", but its label is now "Q3. Hour of the '
        'interview".'
    ) in " ".join(output.split())
    # A waiver without a label, and a pattern, hold whatever the label is.
    for kept in (waiver | {"column_label": ""}, waiver | {"source_column": "h*"}):
        set_codebook_rows(town, "waived_columns", [kept])
        ran(run_command, town, "check")
