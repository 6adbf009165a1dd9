"""What the comparison of two waves finds, and what it must not take for a change of the file."""

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from wavehouse.codebook.tables import read_codebook
from wavehouse.project import Project
from wavehouse_exchange.onboarding.code_rows import Naming
from wavehouse_exchange.onboarding.codes import CodeComparison, compare_codes
from wavehouse_exchange.onboarding.compare import compare_wave
from wavehouse_exchange.onboarding.draft import SURE
from wavehouse_exchange.onboarding.matching import ColumnMatch, OldColumn, match_columns
from wavehouse_exchange.onboarding.numbers import (
    shift,
    shift_of_numbers,
    top_code_change,
    unit_change,
)
from wavehouse_exchange.onboarding.profile import (
    QUANTILES,
    ColumnProfile,
    NumberSummary,
    profile_seed,
    profile_wave,
)
from wavehouse_exchange.onboarding.texts import (
    SAME_LABEL,
    identifier,
    is_respelled,
    kind_of_missing,
    similarity,
    word_difference,
)

AGREEMENT = {
    "1": "Agree strongly",
    "2": "Agree",
    "3": "Neither agree nor disagree",
    "4": "Disagree",
    "5": "Disagree strongly",
}
TURNED = dict(zip(AGREEMENT, reversed(AGREEMENT.values()), strict=True))
OPINIONS = (400, 300, 150, 100, 50)
NO_LABELS = dict.fromkeys(AGREEMENT, "")


def column(
    name: str = "q1",
    counts: Mapping[str, float] | None = None,
    label: str = "",
    value_labels: Mapping[str, str] | None = None,
    missing_codes: frozenset[str] = frozenset(),
) -> ColumnProfile:
    """A column of codes with their counts."""
    counts = counts or {}
    return ColumnProfile(
        name,
        label,
        value_labels or {},
        missing_codes,
        counts,
        row_count=int(sum(counts.values())),
        code_count=len(counts),
    )


def scale(counts: tuple[float, ...], labels: Mapping[str, str]) -> ColumnProfile:
    """A column with the codes 1, 2, ..."""
    numbered = {str(i): count for i, count in enumerate(counts, start=1)}
    return column(counts=numbered, value_labels={c: t for c, t in labels.items() if t})


def numbers(values: np.ndarray) -> ColumnProfile:
    """A column of numbers."""
    largest = values.max()
    span = (largest - values.min()) / 10
    summary = NumberSummary(
        tuple(float(q) for q in np.quantile(values, QUANTILES)),
        float(values.min()),
        float(largest),
        float((values == largest).mean()),
        float(((values < largest) & (values >= largest - span)).mean()),
        len(values),
    )
    codes, counts = np.unique(values, return_counts=True)
    return ColumnProfile(
        "q1",
        counts={f"{c:g}": float(n) for c, n in zip(codes, counts, strict=True)},
        row_count=len(values),
        code_count=len(codes),
        numbers=summary,
    )


def kinds(comparison: CodeComparison) -> list[str]:
    """The kinds of all changes."""
    return [change.kind for change in comparison.changes]


def ages(seed: int, top: int) -> ColumnProfile:
    """Ages of a thousand people, cut at the top."""
    drawn = np.random.default_rng(seed).normal(50, 20, 1000).round()
    return numbers(np.clip(drawn, 18, top))


def matched(old: list[ColumnProfile], new: list[ColumnProfile]) -> list[ColumnMatch]:
    """The matches of two waves, in the order of the new columns."""
    candidates = [OldColumn("w1", profile, place) for place, profile in enumerate(old)]
    return list(match_columns(candidates, new).matches.values())


# -- columns ---------------------------------------------------------------------------------------


def test_renamed_column_is_found_by_label_value_labels_and_distribution() -> None:
    old = column("v12", {"1": 500, "2": 300}, "Trust in the police", {"1": "Yes", "2": "No"})
    new = column("q7a", {"1": 480, "2": 310}, "Trust in police", {"1": "Yes", "2": "No"})
    other = column("q8", {"1": 90, "2": 700}, "Owns a bicycle", {"1": "Yes", "2": "No"})
    (match,) = matched([old], [other, new])
    assert (match.old, match.new) == ("v12", "q7a")
    assert match.confidence > 0.8
    assert "labels alike" in match.reason


def test_similar_columns_are_matched_one_to_one() -> None:
    trust = {"1": "A lot", "2": "Some", "3": "None"}
    old = [
        column("a1", {"1": 500, "2": 300, "3": 200}, "Trust in the police", trust),
        column("a2", {"1": 480, "2": 320, "3": 200}, "Trust in the press", trust),
    ]
    new = [
        column("b1", {"1": 490, "2": 310, "3": 200}, "Trust in the press", trust),
        column("b2", {"1": 490, "2": 310, "3": 200}, "Trust in the police", trust),
    ]
    assert {(m.old, m.new) for m in matched(old, new)} == {("a1", "b2"), ("a2", "b1")}


def test_other_question_with_the_same_answers_is_no_renamed_column() -> None:
    yes_no = {"1": "Yes", "2": "No"}
    old = column("v1", {"1": 500, "2": 500}, "Owns a car", yes_no)
    new = column("w1", {"1": 500, "2": 500}, "Voted at the last election", yes_no)
    assert matched([old], [new]) == []


def test_match_without_labels_is_never_sure() -> None:
    old, new = (
        column("trust_police", {"1": 500, "2": 300}),
        column("trust_polic", {"1": 500, "2": 300}),
    )
    assert [match.confidence <= 0.75 for match in matched([old], [new])] == [True]


def test_numbered_names_and_quantiles_pair_unlabelled_numbers() -> None:
    drawn = np.random.default_rng(1).normal(650, 100, 180).round()
    again = np.random.default_rng(2).normal(660, 100, 180).round()
    old, other = replace(numbers(drawn), name="api99"), replace(numbers(drawn / 20), name="avg")
    new = replace(numbers(again), name="api00")
    assert [(m.old, m.new) for m in matched([old, other], [new])] == [("api99", "api00")]
    assert matched([replace(old, name="q12")], [replace(numbers(again / 9), name="q13")]) == []


def test_two_candidates_make_a_match_doubtful() -> None:
    answers = {"1": 500, "2": 300}
    old = column("a", answers, "Trust in the police", {"1": "Yes", "2": "No"})
    new = [
        column("b", answers, "Trust in police", {"1": "Yes", "2": "No"}),
        column("c", answers, "Trust in police", {"1": "Yes", "2": "No"}),
    ]
    doubtful, (clear,) = matched([old], new), matched([old], new[:1])
    assert all(match.confidence < clear.confidence - 0.2 for match in doubtful)


# -- scales ----------------------------------------------------------------------------------------


def test_reversed_scale_is_found_by_its_labels() -> None:
    found = compare_codes(scale(OPINIONS, AGREEMENT), scale(OPINIONS[::-1], TURNED), {})
    assert kinds(found) == ["reversed_scale"]
    assert found.changes[0].confidence > 0.9
    assert found.meaning == {"1": "5", "2": "4", "4": "2", "5": "1"}


def test_labels_turned_round_without_the_answers_are_doubtful() -> None:
    found = compare_codes(scale(OPINIONS, AGREEMENT), scale(OPINIONS, TURNED), {})
    assert [(c.kind, c.confidence <= 0.5) for c in found.changes] == [("reversed_scale", True)]


def test_change_of_opinion_is_no_reversal() -> None:
    found = compare_codes(scale(OPINIONS, AGREEMENT), scale(OPINIONS[::-1], AGREEMENT), {})
    assert (found.changes, found.meaning) == ([], {})


def test_reversed_scale_is_found_by_distribution_where_labels_are_missing() -> None:
    found = compare_codes(scale(OPINIONS, AGREEMENT), scale((55, 95, 150, 310, 390), NO_LABELS), {})
    assert kinds(found) == ["reversed_scale"]
    # Without labels only a person can know.
    assert found.changes[0].confidence < 0.9


@pytest.mark.parametrize(
    "now",
    [
        pytest.param((250, 250, 200, 180, 120), id="opinions moved"),
        pytest.param((150, 250, 300, 200, 100), id="moved to the middle"),
        pytest.param((410, 290, 150, 95, 55), id="same"),
    ],
)
def test_scale_without_labels_that_only_moved_is_no_reversal(now: tuple[int, ...]) -> None:
    assert kinds(compare_codes(scale(OPINIONS, AGREEMENT), scale(now, NO_LABELS), {})) == []


def test_symmetric_scale_without_labels_cannot_be_called_reversed() -> None:
    even = (100, 200, 400, 200, 100)
    assert kinds(compare_codes(scale(even, AGREEMENT), scale(even, NO_LABELS), {})) == []


def test_words_as_codes_are_never_turned() -> None:
    words = ("low", "medium", "high")
    old = column(
        counts=dict(zip(words, (700, 200, 100), strict=True)), value_labels={w: w for w in words}
    )
    new = column(counts=dict(zip(words, (100, 200, 700), strict=True)))
    assert kinds(compare_codes(old, new, {})) == []


# -- codes -----------------------------------------------------------------------------------------


def test_merged_codes_are_found_by_label_and_share() -> None:
    old = column(
        counts={"1": 500, "2": 200, "3": 100},
        value_labels={"1": "Married", "2": "Divorced", "3": "Separated"},
    )
    new = column(
        counts={"1": 500, "4": 300}, value_labels={"1": "Married", "4": "Divorced or separated"}
    )
    found = compare_codes(old, new, {})
    assert kinds(found) == ["codes_merged"]
    assert set(found.changes[0].old_codes) == {"2", "3"}
    back = compare_codes(new, old, {})
    assert kinds(back) == ["code_split"]
    assert set(back.changes[0].codes) == {"2", "3"}


def test_merged_code_that_keeps_the_code_of_a_part_is_found() -> None:
    old = column(
        counts={"1": 500, "2": 200, "3": 100},
        value_labels={"1": "Married", "2": "Divorced", "3": "Separated"},
    )
    new = column(
        counts={"1": 500, "2": 300}, value_labels={"1": "Married", "2": "Divorced or separated"}
    )
    assert kinds(compare_codes(old, new, {})) == ["codes_merged"]


def test_new_category_is_no_merger() -> None:
    old = column(counts={"1": 500, "2": 200}, value_labels={"1": "Married", "2": "Divorced"})
    new = column(
        counts={"1": 500, "2": 200, "3": 50},
        value_labels={"1": "Married", "2": "Divorced", "3": "Civil partnership"},
    )
    found = compare_codes(old, new, {})
    assert [(c.kind, c.codes) for c in found.changes] == [("code_added", ("3",))]


REGIONS = {"1597": "Gabes", "1599": "Mednine", "1600": "Tozeur"}


def region(codes: Mapping[str, str]) -> ColumnProfile:
    return column(counts=dict.fromkeys(codes, 100), value_labels=dict(codes))


def test_a_code_whose_label_is_spelled_otherwise_is_the_old_one_and_is_asked_about() -> None:
    now = {"1597": "Gabès", "1598": "Medenine", "1600": "TOZEUR"}
    found = compare_codes(region(REGIONS), region(now), {})
    (change,) = found.changes
    assert (change.kind, change.codes, change.old_codes) == ("code_respelled", ("1598",), ("1599",))
    assert change.confidence < SURE
    assert change.reason == (
        "1598 ('Medenine') stands for what was 1599 ('Mednine'). Reject if they are two answers"
    )
    assert found.meaning == {"1598": "1599"}


def test_a_code_that_is_spelled_otherwise_and_moved_with_others_is_asked_about() -> None:
    now = {"1": "Gabes", "1597": "Medenine", "1599": "Tozeur"}
    found = compare_codes(region(REGIONS), region(now), {})
    (change,) = [c for c in found.changes if c.kind == "codes_moved"]
    assert dict(zip(change.codes, change.old_codes, strict=True))["1597"] == "1599"
    assert all(c.confidence < SURE for c in found.changes if "1597" in c.codes)


def test_a_new_code_names_the_one_that_is_gone_and_has_some_of_its_words() -> None:
    now = {"1597": "Gabes", "1598": "Mednine and Tataouine", "1600": "Tozeur"}
    added, dropped = compare_codes(region(REGIONS), region(now), {}).changes
    assert (added.kind, dropped.kind) == ("code_added", "code_dropped")
    assert added.confidence < SURE
    assert "1599 ('Mednine') is gone" in added.reason


@pytest.mark.parametrize(
    ("one", "other", "is_one"),
    [
        ("Mednine", "Medenine", True),
        ("Sidi Bouzid", "SIDI BOUZÎD", True),
        ("Other protestant church", "Other protestent church", True),
        # Short words, first letters, numbers, negations and opposites decide.
        ("Iran", "Iraq", False),
        ("Gambia", "Zambia", False),
        ("North", "South", False),
        ("Likely", "Unlikely", False),
        ("Increased", "Decreased", False),
        ("Niger", "Nigeria", False),
        ("District 10", "District 11", False),
        ("Mednine", "Mednine town", False),
        ("", "", False),
    ],
)
def test_a_label_is_respelled_by_a_letter_or_two(one: str, other: str, is_one: bool) -> None:
    assert is_respelled(one, other) is is_one
    assert is_respelled(other, one) is is_one


def test_dropped_code_is_found_only_if_somebody_had_it() -> None:
    labels = {"1": "Yes", "2": "No", "3": "Sometimes"}
    new = column(counts={"1": 500, "2": 200}, value_labels={"1": "Yes", "2": "No"})
    used = column(counts={"1": 500, "2": 200, "3": 50}, value_labels=labels)
    unused = column(counts={"1": 500, "2": 200}, value_labels=labels)
    assert kinds(compare_codes(used, new, {})) == ["code_dropped"]
    assert kinds(compare_codes(unused, new, {})) == []


def test_labels_written_another_way_are_no_change() -> None:
    old = scale((500, 300), {"1": "Very happy", "2": "Not too happy"})
    new = scale((500, 300), {"1": "VERY HAPPY", "2": "Not too happy."})
    assert compare_codes(old, new, {}) == CodeComparison()


def test_other_meaning_of_a_code_is_found() -> None:
    old = scale((500, 300), {"1": "Employed", "2": "Student"})
    new = scale((500, 300), {"1": "Employed", "2": "Retired"})
    found = compare_codes(old, new, {})
    assert [(c.kind, c.codes) for c in found.changes] == [("code_relabelled", ("2",))]


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("Very satisfied with life these days", "Not very satisfied with life these days"),
        (
            "Yearly household income of 20000 to 30000 dollars",
            "Yearly household income of 30000 to 40000 dollars",
        ),
        ("Usually does without it at home", "Usually does with it at home"),
        ("Taxes should be increased a lot", "Taxes should be decreased a lot"),
        ("Generally satisfied with my life", "Generally dissatisfied with my life"),
        ("I don't like it", "I do like it"),
    ],
)
def test_a_negation_or_another_number_is_another_meaning(before: str, after: str) -> None:
    assert similarity(before, after) < SAME_LABEL
    found = compare_codes(
        scale((500, 300), {"1": "Other", "2": before}),
        scale((500, 300), {"1": "Other", "2": after}),
        {},
    )
    assert kinds(found) == ["code_relabelled"]


# -- missing codes ---------------------------------------------------------------------------------


def test_new_missing_code_is_found_with_its_kind() -> None:
    old = scale((500, 300), {"1": "Yes", "2": "No"})
    new = column(
        counts={"1": 500, "2": 300, "9": 20},
        value_labels={"1": "Yes", "2": "No", "9": "Refused"},
        missing_codes=frozenset({"9"}),
    )
    (change,) = compare_codes(old, new, {}).changes
    assert (change.kind, change.codes, change.missing_kind) == (
        "new_missing_code",
        ("9",),
        "refused",
    )


def test_counts_of_codes_are_of_rows_and_shares_say_that_they_are_weighted(tmp_path: Path) -> None:
    seed = tmp_path / "town_1.csv"
    before = ["1,0.5", "2,2.5"] * 50
    now = [*before[:40], *["3,0.01"] * 7, *["1,2.5"] * 60]
    profiles = []
    for rows in (before, now):
        seed.write_text("\n".join(["mood,weight", *rows]))
        profiles.append(profile_seed(seed, "town", "1", "weight").columns["mood"])
    added = compare_codes(*profiles, {}).changes[-1]
    assert (added.kind, added.codes) == ("code_added", ("3",))
    assert added.reason == "3 ('3') was not there before; it is in 7 rows"
    moved = shift(*profiles, {})
    assert moved is not None
    weights = pd.DataFrame([row.split(",") for row in now], columns=["mood", "weight"])
    sums = weights.astype({"weight": float}).groupby("mood")["weight"].sum()
    assert "% of the weighted answers moved" in moved.reason
    assert f"code 2, from {125 / 150:.1%} to {sums['2'] / sums.sum():.1%}" in moved.reason


def test_known_missing_code_is_no_change() -> None:
    old = column(
        counts={"1": 500, "9": 20},
        value_labels={"1": "Yes", "2": "No", "9": "Refused"},
        missing_codes=frozenset({"9"}),
    )
    assert compare_codes(old, old, {"9": "refused"}) == CodeComparison()


def test_answer_that_became_missing_is_found() -> None:
    old = column(counts={"1": 500, "8": 300}, value_labels={"1": "Yes", "8": "No"})
    new = column(
        counts={"1": 500, "8": 30},
        value_labels={"1": "Yes", "8": "Don't know"},
        missing_codes=frozenset({"8"}),
    )
    found = [(c.kind, c.missing_kind) for c in compare_codes(old, new, {}).changes]
    assert ("changed_missing_code", "dont_know") in found


@pytest.mark.parametrize(
    ("label", "kind"),
    [
        ("Refused", "refused"),
        ("REFUSAL", "refused"),
        ("Don't know", "dont_know"),
        ("Can't choose", "dont_know"),
        ("Not applicable", "not_applicable"),
        ("IAP", "not_applicable"),
        ("No answer", "no_answer"),
        ("Missing", "no_answer"),
        ("Not asked on ballot C", "not_asked"),
    ],
)
def test_kind_of_missing_is_read_from_the_label(label: str, kind: str) -> None:
    guess = kind_of_missing(label)
    assert guess is not None
    assert guess[0] == kind


@pytest.mark.parametrize(
    "label",
    [
        "Terrorism",
        "Invalidity pension",
        "Refuse collection",
        "Refugees",
        "Skipped meals",
        "Missing persons",
        "National Alliance",
        "Trial and error",
        "None",
        "No",
    ],
)
def test_answers_that_sound_like_missing_are_answers(label: str) -> None:
    assert kind_of_missing(label) is None


# -- numbers ---------------------------------------------------------------------------------------


@pytest.mark.parametrize("factor", [2.54, 1 / 2.54, 0.4536, 12, 100])
def test_changed_unit_is_found(factor: float) -> None:
    drawn = np.random.default_rng(1).gamma(9, 8, 1000)
    again = np.random.default_rng(2).gamma(9, 8, 1000)
    change = unit_change(numbers(drawn.round(1)), numbers((again * factor).round(3)))
    assert change is not None
    assert change.kind == "changed_unit"


@pytest.mark.parametrize("factor", [1.0, 1.1, 0.85, 1.4, 5.0])
def test_growth_is_no_changed_unit(factor: float) -> None:
    drawn = np.random.default_rng(1).gamma(9, 8, 1000)
    again = np.random.default_rng(2).gamma(9, 8, 1000)
    assert unit_change(numbers(drawn), numbers(again * factor)) is None


def test_changed_top_code_is_found() -> None:
    change = top_code_change(ages(1, 85), ages(2, 80))
    assert change is not None
    assert "80" in change.reason


def test_same_top_code_and_an_older_respondent_are_no_change() -> None:
    assert top_code_change(ages(1, 80), ages(2, 80)) is None
    assert top_code_change(ages(1, 200), ages(2, 201)) is None


def test_one_person_of_a_small_wave_is_no_top_code() -> None:
    """A wave in its first days has a hundred respondents, and the oldest is a hundredth of them."""
    young = [20 + place % 50 for place in range(99)]
    assert top_code_change(ages(1, 85), numbers(np.array([*young, 84.0]))) is None
    assert top_code_change(ages(1, 85), numbers(np.array([*young, *[84.0] * 12])))


def test_missing_code_among_numbers_is_no_top_code() -> None:
    hours = np.random.default_rng(1).poisson(9, 900).astype(float)
    old = numbers(hours)
    new = numbers(np.concatenate([hours, np.full(100, 99.0)]))
    assert top_code_change(old, new) is not None
    answers = replace(new, missing_codes=frozenset({"99"}))
    assert top_code_change(old, answers) is None
    left, right = answers.number_summary, old.numbers
    assert left is not None
    assert right is not None
    assert (left.largest, left.count) == (right.largest, right.count)
    assert left.quantiles == pytest.approx(right.quantiles)


def test_shifted_numbers_are_found_and_chance_is_not() -> None:
    draw = np.random.default_rng(1).normal
    before = numbers(draw(50, 10, 600).round(1))
    moved = shift_of_numbers(before, numbers(draw(55, 10, 600).round(1)))
    assert moved is not None
    assert moved.kind == "shifted_distribution"
    assert shift_of_numbers(before, numbers(draw(50, 10, 600).round(1))) is None
    assert shift_of_numbers(before, numbers(draw(60, 10, 20).round(1))) is None
    # A weight that leaves a tenth of the information leaves less to be sure of.
    slightly = numbers(draw(53.5, 10, 200).round(1))
    assert shift_of_numbers(before, slightly) is not None
    assert shift_of_numbers(before, slightly, (0.1, 0.1)) is None


def test_shifted_distribution_is_found_with_its_size() -> None:
    change = shift(scale(OPINIONS, AGREEMENT), scale((200, 300, 150, 200, 150), AGREEMENT))
    assert change is not None
    assert "20%" in change.reason


@pytest.mark.parametrize(
    ("before", "after"),
    [
        pytest.param(OPINIONS, (380, 310, 150, 105, 55), id="small"),
        pytest.param((16, 12, 8, 12, 12), (10, 14, 12, 10, 14), id="few people"),
        pytest.param((6, 4, 4, 2, 2), (1, 2, 4, 5, 6), id="too few people"),
    ],
)
def test_what_chance_explains_is_no_shift(before: tuple[int, ...], after: tuple[int, ...]) -> None:
    assert shift(scale(before, AGREEMENT), scale(after, AGREEMENT)) is None


def test_reversed_scale_is_no_shift_once_it_is_turned() -> None:
    old, new = scale(OPINIONS, AGREEMENT), scale(OPINIONS[::-1], TURNED)
    assert shift(old, new) is not None
    assert shift(old, new, compare_codes(old, new, {}).meaning) is None


# -- delivered waves -------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("study_id", "before", "after", "expected"),
    [
        pytest.param("bsa", "1983", "1984", set(), id="panel"),
        pytest.param("gss", "2002", "2004", set(), id="many questions"),
        pytest.param(
            "api",
            "1999",
            "2000",
            {("renamed_column", "api00")}
            | {
                ("new_column", name)
                for name in ("ell", "enroll", "api.stu", "sch.wide", "awards", "comp.imp")
            },
            id="renamed and new columns",
        ),
    ],
)
def test_only_what_changed_between_delivered_waves_is_proposed(
    study_id: str, before: str, after: str, expected: set[tuple[str, str]]
) -> None:
    project = Project(Path(__file__).resolve().parents[2])
    codebook = read_codebook(project)
    old, new = (profile_wave(project, study_id, wave) for wave in (before, after))
    assert new is not None
    like = next(
        row for row in codebook.waves() if (row["study_id"], row["wave_id"]) == (study_id, before)
    )
    naming = Naming(codebook, study_id, after)
    proposals, unchanged = compare_wave(codebook, like, old, new, naming)
    assert {(proposal.kind, proposal.subject) for proposal in proposals} == expected
    assert unchanged + len(expected) == len(new.columns)


# -- texts -----------------------------------------------------------------------------------------


def test_word_difference_shows_what_went_and_what_came() -> None:
    shown = word_difference("How happy are you these days?", "How happy are you nowadays?")
    assert shown == "How happy are you [-these days?-] {+nowadays?+}"


def test_labels_of_any_script_are_compared() -> None:
    assert similarity("Да, 1 раз", "Нет, 1 раз") < SAME_LABEL
    # Accents are letters, which people and programs leave out at times.
    assert SAME_LABEL <= similarity("Élevé", "eleve") < 1


def test_ids_are_made_of_labels_and_never_repeat() -> None:
    assert identifier("Very happy!") == "very_happy"
    assert identifier("Very happy", {"very_happy"}) == "very_happy_2"
    assert identifier("18 to 34", fallback="age") == "age_18_to_34"
    assert identifier("Zufrieden, äußerst") == "zufrieden_ausserst"
    assert identifier("Да", fallback="answer") == "answer"
    assert len(identifier("long words " * 20)) <= 40
