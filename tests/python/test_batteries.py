"""Batteries: consecutive columns of one question, told by labels, names and code lists."""

from pathlib import Path

import pytest

from wavehouse.project import Project
from wavehouse_exchange.onboarding.batteries import Battery, batteries_by_column, find_batteries
from wavehouse_exchange.onboarding.draft import Draft, Proposal, draft_path, read_draft, save_draft
from wavehouse_exchange.onboarding.profile import ColumnProfile

TRUST = {"0": "Not at all", "1": "Just a little", "2": "A lot", "9": "Don't know"}
AGREE = {"1": "Agree", "2": "Neither", "3": "Disagree"}


def _column(name: str, label: str = "", labels: dict[str, str] | None = None) -> ColumnProfile:
    labels = labels or {}
    counts = dict.fromkeys(labels, 10.0)
    return ColumnProfile(name, label, labels, counts=counts, code_count=len(labels))


def test_one_question_of_several_items_is_a_battery_and_its_neighbours_are_not() -> None:
    columns = [
        _column("Q7", "Q7. Interest in politics", TRUST),
        _column("Q8A", "Q8a. Trust in the president", TRUST),
        _column("Q8B", "Q8b. Trust in courts", TRUST),
        _column("Q8C", "Q8c. Trust in the army", TRUST),
        _column("Q9A", "Q9a. Trust is good", AGREE),
        _column("Q9B", "Q9b. Taxes are too high", AGREE),
        _column("AGE", "Age"),
        _column("WEIGHT", "Weight"),
    ]
    assert find_batteries(columns) == [
        Battery("q8_trust", ("Q8A", "Q8B", "Q8C")),
        Battery("q9", ("Q9A", "Q9B")),
    ]


def test_labels_tell_a_battery_where_names_are_those_of_other_questions() -> None:
    columns = [
        _column("Q3", "Wie oft fehlte es an Essen", AGREE),
        _column("EA_B", "Wie oft fehlte es an Wasser", AGREE),
        _column("Q40", "Wie oft fehlte es an Geld", AGREE),
        _column("Q41", "Wie oft fühlten Sie sich unsicher", AGREE),
    ]
    assert [found.columns for found in find_batteries(columns)] == [("Q3", "EA_B", "Q40")]
    assert find_batteries(columns)[0].name == "wie_oft_fehlte_es"


@pytest.mark.parametrize(
    ("names", "labels"),
    [
        # All columns of a file may be called so.
        (("var1", "var2"), ("Happiness", "Health")),
        # The same answers to two questions, each with its own number.
        (("Q18", "Q19"), ("Leaders help vs. treat all equally", "Men only vs. women too")),
        (("V12", "V13"), ("", "")),
    ],
)
def test_the_same_answers_alone_are_no_battery(
    names: tuple[str, str], labels: tuple[str, str]
) -> None:
    columns = [_column(*both, AGREE) for both in zip(names, labels, strict=True)]
    assert find_batteries(columns) == []


def test_other_answers_end_a_battery() -> None:
    turned = {"1": "Disagree", "2": "Neither", "3": "Agree"}
    columns = [
        _column("q5a", "Taxes are high", AGREE),
        _column("q5b", "Taxes are low", AGREE),
        _column("q5c", "Taxes are fair", turned),
    ]
    assert batteries_by_column(columns) == {"q5a": "q5_taxes_are", "q5b": "q5_taxes_are"}


def test_two_batteries_never_have_one_name() -> None:
    columns = [
        _column("a1", "How often read: papers", TRUST),
        _column("b7", "How often read: books", TRUST),
        _column("c2", "Age"),
        _column("d1", "How often read: mail", AGREE),
        _column("e4", "How often read: news", AGREE),
    ]
    assert [found.name for found in find_batteries(columns)] == [
        "how_often_read",
        "how_often_read_2",
    ]


def test_a_draft_keeps_what_a_proposal_is_about(tmp_path: Path) -> None:
    project = Project(tmp_path)
    about = Proposal(
        "renamed_column",
        "q9",
        0.8,
        "alike",
        id="p1",
        battery="trust",
        old_column="q8",
        old_wave="2001",
    )
    save_draft(
        project,
        Draft(
            "s",
            "2",
            "1",
            "1",
            "seed",
            [],
            0,
            [about, Proposal("new_column", "q1", 0.5, "new", id="p2")],
        ),
    )
    first, second = read_draft(project, "s", "2").proposals
    assert (first.battery, first.old_column, first.old_wave) == ("trust", "q8", "2001")
    assert (second.battery, second.old_column, second.old_wave) == ("", "", "")
    assert draft_path(project, "s", "2").read_text(encoding="utf-8").count("battery:") == 1
