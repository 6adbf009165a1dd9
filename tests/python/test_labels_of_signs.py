"""Codes with different labels stay different; equal labels of two codes are a question."""

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pandas as pd
import pyreadstat
import pytest
from workbench import codebook_rows, copy_project

from wavehouse.codebook.ids import IDENTIFIER
from wavehouse.codebook.tables import read_codebook
from wavehouse.project import Project
from wavehouse_exchange.onboarding.code_rows import Naming, code_proposals
from wavehouse_exchange.onboarding.codes import compare_codes
from wavehouse_exchange.onboarding.draft import read_draft
from wavehouse_exchange.onboarding.known import known_columns
from wavehouse_exchange.onboarding.profile import ColumnProfile, profile_seed
from wavehouse_exchange.onboarding.question_rows import new_column_proposals
from wavehouse_exchange.onboarding.signs import plain
from wavehouse_exchange.onboarding.texts import SAME_LABEL, identifier, similarity

Run = Callable[..., tuple[int, str]]
# Labels of one list each, which mean different things.
DIFFERENT = [
    ["C", "C++", "C#", "R"],
    ["<50", ">50", "≤50", "50"],
    ["-1", "1", "\u22122", "2", "±2"],
    ["🙂", "🙁", "❤️"],
    ["5", "5+", "5%", "€5", "$5"],
    ["1.5", "15", "1/5"],
    ["A*", "A", "A**"],
    ["мой", "мои"],
    ["かき", "がき"],
    ["की", "कि"],
    ["ano", "año"],
    ["?", "!", "..."],
]


@pytest.mark.parametrize("labels", DIFFERENT, ids=lambda labels: labels[0])
def test_labels_that_differ_by_signs_or_marks_are_different(labels: list[str]) -> None:
    assert len({plain(label) for label in labels}) == len(labels)


@pytest.mark.parametrize("labels", DIFFERENT[:7], ids=lambda labels: labels[0])
def test_labels_that_differ_by_signs_are_never_called_the_same(labels: list[str]) -> None:
    for one in labels:
        for other in labels:
            assert (similarity(one, other) >= SAME_LABEL) == (one == other)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("Very happy!", "very happy"),
        ("18\u201334", "18-34"),
        ("Don\u2019t know", "Don't know"),
        ("Yes, always", "Yes - always"),
        ("< 50", "<50"),
        ("fine", "\ufb01ne"),
        ("Cafe\u0301", "Café"),
    ],
)
def test_what_only_sets_words_apart_makes_no_other_label(one: str, other: str) -> None:
    assert plain(one) == plain(other)


@pytest.mark.parametrize("labels", DIFFERENT, ids=lambda labels: labels[0])
def test_ids_of_different_labels_are_valid_and_different(labels: list[str]) -> None:
    taken: set[str] = set()
    for label in labels:
        taken.add(identifier(label, taken, "code"))
    assert len(taken) == len(labels)
    assert [made for made in taken if not IDENTIFIER.fullmatch(made)] == []


@pytest.mark.parametrize(
    ("label", "made"),
    [
        ("C++", "c_plus_plus"),
        ("C#", "c_hash"),
        ("<50", "less_than_50"),
        (">50", "greater_than_50"),
        ("\u22121", "minus_1"),
        ("😀", "grinning_face"),
        ("50 %", "code_50_percent"),
        ("Łódź", "lodz"),
        ("Straße", "strasse"),
    ],
)
def test_ids_of_signs_can_be_read(label: str, made: str) -> None:
    assert identifier(label, fallback="code") == made


def column(labels: dict[str, str], counts: dict[str, float] | None = None) -> ColumnProfile:
    counts = counts or dict.fromkeys(labels, 20.0)
    total = int(sum(counts.values()))
    return ColumnProfile(
        "q", "Question", labels, counts=counts, row_count=total, code_count=len(counts)
    )


def test_a_label_that_differs_by_a_sign_is_another_answer_in_the_next_wave() -> None:
    before = column({"1": "<50", "2": ">50"})
    compared = compare_codes(before, column({"1": ">50", "2": "<50"}), {})
    assert [change.kind for change in compared.changes] == ["reversed_scale"]
    compared = compare_codes(column({"1": "C"}), column({"1": "C++"}), {})
    assert [change.kind for change in compared.changes] == ["code_relabelled"]


@pytest.fixture(scope="module")
def copied(tmp_path_factory: pytest.TempPathFactory) -> Project:
    return copy_project(tmp_path_factory.mktemp("copied"))


def test_equal_labels_of_a_new_column_are_a_question_with_both_readings(copied: Project) -> None:
    naming = Naming(read_codebook(copied), "gss", "2006")
    labels = {"1": "Brick", "96": "Other", "97": "Other"}
    proposal, asked = new_column_proposals(column(labels), naming)
    mapped = {
        change["add"]["source_code"]: change["add"]["category_code"]
        for change in proposal.changes
        if change["table"] == "crosswalk"
    }
    assert mapped == {"1": "brick", "96": "other"}
    assert (asked.kind, asked.decision, asked.confidence < 0.9) == ("equal_labels", "open", True)
    assert [change["add"].get("category_code") for change in asked.changes] == ["other"]
    assert [change["add"].get("category_code") for change in asked.if_rejected] == [
        "other_97",
        "other_97",
    ]


def write_sav(path: Path, rows: int = 60) -> Path:
    """Write codes whose labels are signs, and two codes with one label."""
    number = list(range(rows))
    frame = pd.DataFrame(
        {
            "id": number,
            "lang": [1 + n % 4 for n in number],
            "size": [1 + n % 2 for n in number],
            "diff": [n % 5 - 2 for n in number],
            "mood": [1 + n % 2 for n in number],
            "other": [[1, 96, 97][n % 3] for n in number],
        }
    )
    labels = {
        "lang": {1: "C", 2: "C++", 3: "C#", 4: "R"},
        "size": {1: "<50", 2: ">50"},
        "mood": {1: "🙂", 2: "🙁"},
        "other": {1: "Brick", 96: "Other", 97: "Other"},
    }
    pyreadstat.write_sav(frame, path, variable_value_labels=labels)
    return path


@pytest.mark.parametrize(("decision", "count"), [("accept", 2), ("reject", 3)])
def test_a_study_of_signs_keeps_its_codes_apart(
    copied: Project, run_command: Run, tmp_path: Path, decision: str, count: int
) -> None:
    study = f"signs_{decision}"
    about = ["--study-label", "S", "--producer", "P", "--universe", "U", "--citation", "C"]
    code, told = run_command(
        copied,
        *("new-study", study, "1", str(write_sav(tmp_path / "w.sav"))),
        *("--respondent", "id", "--date", "2024-01-01", "--terms", "T", *about),
    )
    assert code == 0, told
    run_command(copied, "decide", study, "1", "sure", "accept")
    proposals = read_draft(copied, study, "1").proposals
    (asked,) = [p for p in proposals if p.kind == "equal_labels"]
    assert (asked.subject, asked.decision) == ("other", "open")
    others = ",".join(p.id for p in proposals if p.is_open and p is not asked)
    assert run_command(copied, "decide", study, "1", others, "accept")[0] == 0
    assert "is open" in run_command(copied, "apply", study, "1")[1]
    assert (
        run_command(copied, "decide", study, "1", asked.id, decision, "--because", "said so")[0]
        == 0
    )
    code, told = run_command(copied, "apply", study, "1")
    assert code == 0, told
    questions = {
        row["source_column"]: row["crosswalk_id"]
        for row in codebook_rows(copied, "questions")
        if row["study_id"] == study
    }
    categories: dict[str, dict[str, str]] = {}
    for row in codebook_rows(copied, "crosswalk"):
        if row["study_id"] == study:
            categories.setdefault(row["crosswalk_id"], {})[row["source_code"]] = row[
                "category_code"
            ]
    shares = {
        name: len(set(categories[crosswalk].values())) for name, crosswalk in questions.items()
    }
    assert shares == {"lang": 4, "size": 2, "diff": 5, "mood": 2, "other": count}
    assert len(categories[questions["other"]]) == 3


def test_a_new_code_with_the_label_of_another_is_a_question(copied: Project) -> None:
    codebook = read_codebook(copied)
    wave = next(r for r in codebook.waves() if (r["study_id"], r["wave_id"]) == ("bsa", "1986"))
    known = known_columns(codebook, wave, None)["party"]
    labels = dict(known.profile.value_labels)
    code, label = next(iter(labels.items()))
    new = replace(column({**labels, "99": label}), name="party")
    compared = compare_codes(known.profile, new, known.missing)
    naming = Naming(codebook, "bsa", "1987")
    (asked,) = code_proposals(known, new, compared, naming)
    assert (asked.kind, asked.confidence < 0.9) == ("equal_labels", True)
    assert f"codes {code}, 99 have the same label {label!r}" in asked.reason
    there = known.target(code)
    assert there
    assert [change["add"]["category_code"] for change in asked.changes] == [there["category_code"]]
    apart = {change["add"]["category_code"] for change in asked.if_rejected}
    assert len(apart) == 1
    assert apart != {there["category_code"]}


def test_codes_without_labels_are_in_the_order_of_numbers(tmp_path: Path) -> None:
    path = tmp_path / "w.csv"
    path.write_text("id,nps\n" + "".join(f"{n},{n % 11}\n" for n in range(55)))
    counts = profile_seed(path, "study", "1").columns["nps"].counts
    assert list(counts) == [str(number) for number in range(11)]
