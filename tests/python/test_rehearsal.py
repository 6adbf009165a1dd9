"""What review accepts, the build accepts: what it would refuse is found and asked about before."""

from collections.abc import Callable
from datetime import datetime
from pathlib import Path

import numpy as np
import pandas as pd
import pyreadstat
import pytest
from workbench import codebook_rows, query, ran, run_dbt

from wavehouse.generate import generate
from wavehouse.project import Project
from wavehouse_exchange.onboarding.draft import Proposal, read_draft

RunCommand = Callable[..., tuple[int, str]]

STUDY = (
    *("--study-label", "Town survey", "--date", "2023-05-01", "--respondent", "id"),
    *("--weight", "w", "--producer", "The town", "--universe", "Adults in town"),
    *("--citation", "Town survey", "--terms", "Made up.", "--as", "landing"),
)
SIZE = 400
LIFE = {1: "Very good", 2: "Good", 3: "Bad", 9: "Don't know"}
PARTY = {1: "Reds", 2: "Greens", 3: "Don\u2019t know"}
YES = {1: "Yes", 2: "No"}
FIRST: dict[str, tuple[str, dict]] = {
    "life": ("Q1. How good is your life in this town, all in all?", LIFE),
    "party": ("Q2. Which party's programme do you haven't read", PARTY),
    "safe": ("Q3. Feeling safe in the streets of the town at night", LIFE),
    "cars": ("Q4. Number of cars in the household", {}),
    "club": ("Q5. Member of a club", YES),
    "church": ("Q6. Goes to church at least once a month", YES),
    "lately": ("Q7. Moved house lately", YES),
}
# Typography, other question numbers, a word more, labels of codes that say it otherwise.
SECOND: dict[str, tuple[str, dict]] = {
    "life": ("Q11 - HOW GOOD is your life in this town - all in all", LIFE),
    "party": ("Q12. Which party\u2019s programme do you have not read", PARTY | {4: "Blues"}),
    "safe": (
        "Q13. Feeling safe in the streets of the town by night",
        LIFE | {1: "Very good indeed", 9: "Don\u2019t know."},
    ),
    "cars": FIRST["cars"],
    "club": FIRST["club"],
    "lately": FIRST["lately"],
    "phone": ("Q20. Has a telephone", YES),
    "nobody": ("Q21. Asked of nobody", {9: "Refused"}),
}


def _deliver(folder: Path, wave: int, columns: dict[str, tuple[str, dict]]) -> str:
    draw = np.random.default_rng(wave)
    data = pd.DataFrame({"id": [f"{wave}{row:04d}" for row in range(SIZE)]})
    # In thousands in the second wave, and three people outside of the weighted sample.
    data["w"] = draw.uniform(0.5, 1.5, SIZE) * (1000 if wave == 2 else 1)
    if wave == 2:
        data.loc[:2, "w"] = 0
    for name, (_, labels) in columns.items():
        codes = [*labels] or [0, 1, 2, 3]
        data[name] = draw.choice(codes, SIZE)
    if wave == 2:
        # A code without a label, a column that nobody answers any more, and one that is half empty.
        data.loc[5:8, "club"] = 7
        data["lately"] = np.nan
        data.loc[:150, "cars"] = np.nan
    path = folder / f"town_{wave}.sav"
    pyreadstat.write_sav(
        data,
        str(path),
        column_labels=["Number", "Weight", *(label for label, _ in columns.values())],
        variable_value_labels={name: labels for name, (_, labels) in columns.items() if labels},
        missing_ranges={
            name: [{"lo": 9, "hi": 9}] for name, (_, labels) in columns.items() if 9 in labels
        },
    )
    return str(path)


@pytest.fixture
def drafted(empty: Project, tmp_path: Path, run_command: RunCommand) -> Project:
    """A study with its first wave in the codebook, and a draft of the second."""
    ran(run_command, empty, "new-study", "town", "1", _deliver(tmp_path, 1, FIRST), *STUDY)
    ran(run_command, empty, "decide", "town", "1", "open", "accept")
    ran(run_command, empty, "apply", "town", "1")
    second = _deliver(tmp_path, 2, SECOND)
    ran(run_command, empty, "add-wave", "town", "2", second, "--date", "2024-05-01")
    return empty


def _proposals(project: Project) -> dict[tuple[str, str], Proposal]:
    return {(p.kind, p.subject): p for p in read_draft(project, "town", "2").proposals}


def test_what_the_build_would_refuse_is_asked_about(drafted: Project) -> None:
    found = _proposals(drafted)
    kinds = {kind for kind, _ in found}
    assert {"zero_weights", "weights_changed"} <= kinds
    assert ("new_text_column", "nobody") in found
    assert ("no_valid_answers", "lately") in found
    assert ("dropped_column", "church") in found
    # Typography is no other wording, of questions or of codes.
    about_life = [kind for kind, subject in found if subject == "life"]
    assert not {"changed_wording", "same_answers", "code_relabelled"} & set(about_life)
    assert not [kind for kind, subject in found if subject == "party" and "wording" in kind]
    # A code without a label, and one with a label of its own.
    mapped = {
        change["add"]["source_code"]
        for (_, subject), proposal in found.items()
        if subject in ("club", "party")
        for change in proposal.changes
        if change["table"] == "crosswalk" and "add" in change
    }
    assert {"7", "4"} <= mapped


def test_after_apply_a_build_passes(drafted: Project, run_command: RunCommand) -> None:
    ran(run_command, drafted, "decide", "town", "2", "open", "accept")
    assert "Still to do" not in ran(run_command, drafted, "apply", "town", "2")
    generate(drafted)
    # All that a build computes of answers, with the tests that stop it.
    wanted = ("+fct_trend_estimates", "+fct_drift")
    built = run_dbt(drafted, "build", "--select", *wanted, "--exclude", "resource_type:unit_test")
    assert built.exit_code == 0, built.output
    shown = query(
        drafted,
        "select wave_id, count(estimate) as shown from marts.fct_trend_estimates "
        "where segment_id = 'total' group by wave_id order by wave_id",
    )
    assert [row["wave_id"] for row in shown] == ["1", "2"]
    assert min(row["shown"] for row in shown) > 10
    assert not query(
        drafted, "select * from marts.fct_drift where severity = 'hard' and not is_waived"
    )


def test_what_is_said_to_mean_the_same_is_told_to_the_build(
    drafted: Project, run_command: RunCommand
) -> None:
    """An answer whose label says a little more is the same answer, somebody decides."""
    words = ("kind:code_relabelled", "reject", "--because", "the same answer")
    ran(run_command, drafted, "decide", "town", "2", *words)
    ran(run_command, drafted, "decide", "town", "2", "open", "accept")
    ran(run_command, drafted, "apply", "town", "2")
    (question,) = [
        row
        for row in codebook_rows(drafted, "questions")
        if row["source_column"] == "safe" and not row["valid_to_wave"]
    ]
    rows = [
        row
        for row in codebook_rows(drafted, "crosswalk")
        if row["crosswalk_id"] == question["crosswalk_id"] and row["source_code"] == "1"
    ]
    assert [row["valid_from_wave"] for row in rows] == ["1", "2"]
    assert rows[0]["category_code"] == rows[1]["category_code"]
    assert "'Very good indeed' from here on" in rows[1]["note"]
    waivers = codebook_rows(drafted, "drift_waivers")
    assert ("weights_changed", "weights") in {(w["drift_kind"], w["subject"]) for w in waivers}
    today = datetime.now().astimezone().date().isoformat()
    assert {row["waived_on"] for row in waivers} == {today}
