"""Which column is which: by what is asked, whatever it is called.

The rounds are made up, with a key (`scripts/benchmark/questionnaires`); other seeds than those that
were looked at while matching was written.
"""

import sys
from dataclasses import replace
from pathlib import Path

import pytest

from wavehouse.codebook.tables import Codebook
from wavehouse.errors import WavehouseError
from wavehouse_exchange.onboarding.code_rows import Naming
from wavehouse_exchange.onboarding.codes import compare_codes, learned_labels
from wavehouse_exchange.onboarding.compare import compare_wave
from wavehouse_exchange.onboarding.concordance import read_concordance
from wavehouse_exchange.onboarding.draft import SURE, Proposal
from wavehouse_exchange.onboarding.matching import (
    MOST_REWORDED,
    MOST_WITHOUT_LABELS,
    ColumnMatch,
    Matching,
    OldColumn,
    match_columns,
)
from wavehouse_exchange.onboarding.perhaps import MOST_WITH_A_DOUBT
from wavehouse_exchange.onboarding.profile import ColumnProfile, WaveProfile
from wavehouse_exchange.onboarding.wording import asked, language_of, wordings, words_in_order

sys.path.insert(0, str(Path(__file__).resolve().parents[2] / "scripts"))

from benchmark.matching import Rounds, columns_of, match, measure, read_key
from benchmark.questionnaires import write_rounds

YES = {"1": "Yes", "2": "No"}
Pairs = tuple[list[ColumnProfile], list[ColumnProfile]]


def column(
    name: str, label: str, labels: dict[str, str] | None = None, shares: tuple[int, ...] = (6, 4)
) -> ColumnProfile:
    """A column of codes 1, 2, ..."""
    counts = {str(code): 100.0 * share for code, share in enumerate(shares, start=1)}
    return ColumnProfile(
        name,
        label,
        YES if labels is None else labels,
        counts=counts,
        row_count=1000,
        code_count=len(counts),
    )


def matched(
    old: list[ColumnProfile], new: list[ColumnProfile], given: dict[str, str] | None = None
) -> dict[str, ColumnMatch]:
    """Match two waves."""
    candidates = [OldColumn("w1", profile, place) for place, profile in enumerate(old)]
    return dict(match_columns(candidates, new, given).matches)


@pytest.mark.parametrize("language", ["fr", "es"])
def test_moved_numbers_and_new_words_lose_few_questions_and_mix_up_none(
    language: str, tmp_path: Path
) -> None:
    write_rounds(tmp_path, language, seed=11)
    old, new, key = (tmp_path / name for name in ("round_1.sav", "round_2.sav", "key.csv"))
    found = measure(Rounds(language, [old], [new], key), tmp_path / "landed")
    # Six of a hundred questions are in another language, which labels alone cannot tell.
    assert found.right >= 0.93 * found.continuing
    assert found.sure >= 0.7 * found.continuing
    assert found.sure_wrong == 0
    assert found.wrong <= 0.06 * found.continuing


def test_a_label_wins_over_a_name_that_another_question_took() -> None:
    topics = ("the police", "the courts", "the army", "the press", "banks", "schools")
    old = [column(f"q{n}", f"Trust in {topic}") for n, topic in enumerate(topics)]
    new = [column(f"q{n}", f"Q{n}. Trust in {topic}") for n, topic in enumerate(reversed(topics))]
    found = matched(old, new)
    assert {new: match.old for new, match in found.items()} == {
        f"q{n}": f"q{5 - n}" for n in range(6)
    }
    assert all(match.confidence >= 0.9 for match in found.values())


def test_a_name_whose_label_says_something_else_does_not_go_on() -> None:
    old = [column("q1", "Importance of religion"), column("q2", "Owns a bicycle")]
    new = [column("q1", "Customs checks at the border"), column("q2", "Owns a bicycle")]
    found = match_columns([OldColumn("w1", c, i) for i, c in enumerate(old)], new)
    assert set(found.matches) == {"q2"}
    assert found.new["q1"] > 0.5
    assert found.ended["w1", "q1"] > 0.5
    assert found.same_name["q1"] < 0.5


def test_items_of_a_battery_are_not_taken_for_each_other() -> None:
    stem = "How often do you use the following: "
    old = [column(f"q1_{n}", stem + item) for n, item in enumerate(("a computer", "the internet"))]
    new = [column(f"q1_{n}", stem + item) for n, item in enumerate(("a tablet", "the internet"))]
    found = matched(old, new)
    assert found["q1_1"].old == "q1_1"
    assert "q1_0" not in found or found["q1_0"].confidence < 0.9


ITEMS = ("police", "tribunaux", "armée", "presse", "banques", "écoles", "hôpitaux", "partis")
ITEMS_IN_ENGLISH = ("police", "courts", "army", "press", "banks", "schools", "hospitals", "parties")
CONFIANCE = {"1": "Beaucoup", "2": "Assez", "3": "Un peu", "4": "Pas du tout"}
TRUST = {"1": "A lot", "2": "Somewhat", "3": "A little", "4": "Not at all"}
# How people answer each item: no two alike.
ANSWERS = [
    (40, 30, 20, 10), (10, 20, 30, 40), (25, 25, 25, 25), (55, 25, 15, 5),
    (5, 15, 25, 55), (15, 40, 35, 10), (35, 15, 15, 35), (20, 50, 20, 10),
]  # fmt: skip


def two_batteries(
    order: list[int], labels: list[str], codes: dict[str, str], answered: int = 0
) -> Pairs:
    """French questions of one wave; in the next one battery has these labels, codes and answers."""
    yes = {"1": "Oui", "2": "Non"}
    use = [
        column(f"u{n}", f"Avez-vous eu affaire cette année à : {item}", yes, (5 + n, 95 - n))
        for n, item in enumerate(ITEMS)
    ]
    old = [
        column(f"q10_{n + 1}", f"Confiance envers l'institution : {item}", CONFIANCE, ANSWERS[n])
        for n, item in enumerate(ITEMS)
    ]
    new = [
        column(f"q20_{place + 1}", labels[n], codes, ANSWERS[(n + answered) % 8])
        for place, n in enumerate(order)
    ]
    return [*old, *use], [*use, *new]


@pytest.mark.parametrize("left_out", [[], [2, 6]])
def test_a_battery_in_another_language_is_told_as_a_whole_and_never_surely(
    left_out: list[int],
) -> None:
    order = [n for n in range(8) if n not in left_out]
    labels = [f"How much do you trust the {item}" for item in ITEMS_IN_ENGLISH]
    found = matched(*two_batteries(order, labels, TRUST))
    told = {f"q20_{place + 1}": f"q10_{n + 1}" for place, n in enumerate(order)}
    assert {new: match.old for new, match in found.items() if new in told} == told
    assert max(found[new].confidence for new in told) <= MOST_REWORDED
    # What did not change is as sure as before.
    assert min(found[f"u{n}"].confidence for n in range(8)) > MOST_REWORDED


def test_a_battery_with_another_stem_goes_on_if_its_answers_do() -> None:
    labels = [f"Dans quelle mesure faites-vous confiance à : {item}" for item in ITEMS]
    found = matched(*two_batteries(list(range(8)), labels, CONFIANCE))
    assert all(found[f"q20_{n}"].old == f"q10_{n}" for n in range(1, 9))
    assert max(found[f"q20_{n}"].confidence for n in range(1, 9)) <= MOST_REWORDED


def test_the_same_items_with_other_answers_are_no_battery_that_goes_on() -> None:
    labels = [f"Combien sont corrompus, selon vous : {item}" for item in ITEMS]
    other = {"1": "Aucun", "2": "Quelques-uns", "3": "La plupart", "4": "Tous"}
    found = matched(*two_batteries(list(range(8)), labels, other, answered=3))
    assert not [name for name in found if name.startswith("q20")]


def proposed(old: list[ColumnProfile], new: list[ColumnProfile]) -> dict[str, Proposal]:
    """Give what is proposed of earlier questions that nothing goes on with, by their columns."""
    questions = [
        {
            **{"study_id": "s", "variable_id": f"v_{c.name}", "source_column": c.name},
            **{"valid_from_wave": "1", "valid_to_wave": "", "crosswalk_id": "yes"},
        }
        for c in old
    ]
    wave = {"study_id": "s", "wave_id": "1", "wave_number": "1", "design_id": "d"}
    book = Codebook({"studies": [{"study_id": "s"}], "waves": [wave], "questions": questions})
    waves = [
        WaveProfile("s", wave_id, {c.name: c for c in columns}, 1000)
        for wave_id, columns in (("1", old), ("2", new))
    ]
    found, _ = compare_wave(book, wave, *waves, Naming(book, "s", "2"))
    return {p.subject: p for p in found if p.kind == "dropped_column"}


def test_a_question_does_not_surely_end_while_a_column_that_it_may_be_is_free() -> None:
    # Four items go on; the fifth is in French, with French codes, and far from where it was.
    items = ("courts", "army", "press", "banks")
    battery = [
        column(f"q1_{n}", f"Trust {item}", TRUST, ANSWERS[n]) for n, item in enumerate(items)
    ]
    police = column("q1_8", "Trust police", TRUST, ANSWERS[4])
    other = [column(f"u{n}", f"Owns a {item}", YES) for n, item in enumerate(("car", "bicycle"))]
    french = column("q7", "Confiance : police", CONFIANCE, ANSWERS[5])
    height = ColumnProfile("h", "Height in centimetres", counts={}, row_count=1000, code_count=200)
    found = proposed([*battery, police, *other, height], [*battery, *other, french])
    assert found["q1_8"].confidence <= MOST_WITH_A_DOUBT
    assert (
        "Perhaps it is q7 'Confiance : police': if so, say it with the id of this proposal, "
        "`wavehouse decide s 2 ID is q7`. Accept" in found["q1_8"].reason
    )
    # No column is left that has numbers as it had.
    assert found["h"].confidence >= SURE
    assert found["h"].reason == "h (v_h) is not delivered, and no new column is like it"


def test_without_a_candidate_a_question_surely_ends() -> None:
    stays = [column(f"u{n}", f"Owns a {item}") for n, item in enumerate(("car", "bicycle", "boat"))]
    found = proposed([*stays, column("q9", "Trust police", TRUST, ANSWERS[0])], stays)
    assert found["q9"].confidence >= SURE


def test_an_end_that_is_unlikely_names_the_columns_that_the_question_is_more_likely(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    key = ("1", "q1")
    told = Matching(ended={key: 0.01}, perhaps={key: ["q6", "q7", "q8"]})
    monkeypatch.setattr("wavehouse_exchange.onboarding.compare.match_columns", lambda *_: told)
    new = [column(f"q{n}", f"Trust {item}") for n, item in ((6, "police"), (7, "army"), (8, ""))]
    found = proposed([column("q1", "Trust the police")], new)["q1"]
    assert found.confidence == 0.01
    assert found.reason == (
        "no new column was surely told to be q1 (v_q1), 'Trust the police'. It is more likely "
        "q6 'Trust police', q7 'Trust army' or one of 1 more: if so, say it with the id of this "
        "proposal, `wavehouse decide s 2 ID is q6`. Accept if the question has ended"
    )


@pytest.mark.parametrize("language", ["en", "es"])
def test_no_question_of_a_made_up_round_surely_ends_that_goes_on(
    language: str, tmp_path: Path
) -> None:
    write_rounds(tmp_path, language, seed=12 if language == "en" else 3)
    old, new, key = (tmp_path / name for name in ("round_1.sav", "round_2.sav", "key.csv"))
    rounds = Rounds(language, [old], [new], key)
    waves = [columns_of(rounds, wave, tmp_path / "landed") for wave in ("old", "new")]
    ended, goes_on = match(*waves).ended, set(read_key(key).same.values())
    # Some of them were not found: that is what a person is asked about.
    lost = {name: chance for (_, name), chance in ended.items() if name in goes_on}
    assert lost
    assert max(lost.values()) <= MOST_WITH_A_DOUBT


def unlabelled(name: str, counts: dict[str, float]) -> ColumnProfile:
    return ColumnProfile(name, "", counts=counts, row_count=1000, code_count=len(counts))


def test_without_labels_code_lists_of_their_own_tell_columns_whose_names_were_dealt_out() -> None:
    answers: list[dict[str, float]] = [
        {"keeping house": 120, "retired": 140, "school": 40, "working": 700},
        {"north": 300, "south": 400, "east": 150, "west": 150},
        {"very happy": 310, "pretty happy": 570, "not too happy": 120},
        {"never": 200, "once a year": 300, "every week": 500},
        *({"0": 100.0 * n, "1": 1000 - 100.0 * n} for n in range(1, 9)),
    ]
    names = [f"{letter}x" for letter in "abcdefghijkl"]
    old = [unlabelled(name, counts) for name, counts in zip(names, answers, strict=True)]
    dealt = [*names[5:], *names[:5]]
    new = [unlabelled(name, counts) for name, counts in zip(dealt, answers, strict=True)]
    found = matched(old, new)
    told = dict(zip(dealt[:4], names[:4], strict=True))
    assert {name: found[name].old for name in told} == told
    # No name is taken for itself, and without labels nothing is sure.
    assert not [match for match in found.values() if match.old == match.new]
    assert max(match.confidence for match in found.values()) <= MOST_WITHOUT_LABELS


def test_without_labels_names_that_stay_go_on() -> None:
    old = [unlabelled(f"c{n}x", {"0": 100.0 * n, "1": 1000 - 100.0 * n}) for n in range(1, 10)]
    # One of them has other codes now.
    new = [*old[:-1], unlabelled("c9x", {"A": 500.0, "B": 500.0})]
    assert {name: match.old for name, match in matched(old, new).items()} == {
        column.name: column.name for column in old
    }


def test_a_word_more_is_for_a_person_to_read() -> None:
    items = ("théâtre", "musée", "cinéma", "concert", "cirque", "stade")
    old = [column(f"a{n}", f"Dans l'enfance avec les parents : {i}") for n, i in enumerate(items)]
    new = [
        column(f"b{n}", f"Dans l'enfance avec les grands-parents : {i}")
        for n, i in enumerate(items)
    ]
    assert all(match.confidence <= MOST_REWORDED for match in matched(old, new).values())


def test_numbers_signs_and_negations_tell_labels_apart() -> None:
    pairs = (
        ("Most important problem, 1st answer", "Most important problem, 2nd answer"),
        ("Household earns <50", "Household earns >50"),
        ("Would vote for a woman", "Would not vote for a woman"),
    )
    for before, after in pairs:
        found = matched([column("a", before)], [column("b", after)])
        assert "b" not in found or found["b"].confidence < 0.9, (before, after)


def test_a_question_that_comes_back_is_the_old_one() -> None:
    here = column("q1", "Owns a car")
    ended = OldColumn("w1", column("x9", "Ever visited a museum"), 1, is_last=False)
    found = match_columns(
        [OldColumn("w2", here, 0), ended],
        [column("q1", "Owns a car"), column("q2", "Q2. Ever visited a museum")],
    )
    assert (found.matches["q2"].old, found.matches["q2"].old_wave) == ("x9", "w1")


def test_a_concordance_wins() -> None:
    old = [column("a", "Owns a car"), column("b", "Reads a newspaper")]
    new = [column("c", "Owns a car"), column("d", "Reads a newspaper")]
    assert matched(old, new)["c"].old == "a"
    found = matched(old, new, {"c": "b"})
    assert (found["c"].old, found["c"].reason) == ("b", "the concordance says so")
    assert found["c"].confidence > 0.99


def test_a_concordance_is_read_strictly(tmp_path: Path) -> None:
    waves = [
        WaveProfile("s", wave, {name: column(name, "") for name in names}, 1)
        for wave, names in (("1", "ab"), ("2", "cd"))
    ]
    path = tmp_path / "names.csv"
    path.write_text("old_name,new_name\na,c\nb,\n,d\n")
    assert read_concordance(path, *waves) == {"c": "a"}
    for text, said in (
        ("old,new\na,c\n", "names.csv: a concordance has the columns old_name and new_name"),
        ("old_name,new_name\nx,c\n", "old_name 'x': wave 1 has no such column"),
        ("old_name,new_name\na,c\na,d\n", "old_name 'a' occurs 2 times"),
    ):
        path.write_text(text)
        with pytest.raises(WavehouseError, match=said):
            read_concordance(path, *waves)


@pytest.mark.parametrize(
    ("label", "name", "question"),
    [
        ("Q12a. Trust in the police", "V5", "Trust in the police"),
        ("EA_SVC_C - EA-SVC-C. Sewage in the area", "EA_SVC_C", "Sewage in the area"),
        ("[q3] How old are you?", "q3", "How old are you?"),
        ("1st answer: what matters", "v1", "1st answer: what matters"),
        ("F2.3) Zufriedenheit mit dem Leben", "x", "Zufriedenheit mit dem Leben"),
        ("Q8a. How often", "Q8A", "How often"),
        ("EA-SVC-A. Electricity grid", "EA_SVC_A", "Electricity grid"),
        ("Q41a.xyz. Democracy", "Q41A_XYZ", "Democracy"),
        ("Q43a. arb. Democracy", "Q43A_ARB", "Democracy"),
        ("F_01 - Vertrauen", "V77", "Vertrauen"),
        ("12.3) Confianza", "p12", "Confianza"),
        ("CALLS - Your living conditions", "CALLS", "Your living conditions"),
        # What only looks like a number of a question, or like the column's name, is left.
        ("2010: voted", "V1", "2010: voted"),
        ("Covid 19: worried", "V1", "Covid 19: worried"),
        ("12 months ago", "V1", "12 months ago"),
        ("Calls to friends", "CALLS_2", "Calls to friends"),
        ("Region of residence", "region", "Region of residence"),
        ("Length of interview", "LENGTH", "Length of interview"),
        ("Age", "AGE", "Age"),
    ],
)
def test_a_question_number_is_no_part_of_a_question(label: str, name: str, question: str) -> None:
    assert asked(label, name) == question


def test_typography_is_no_other_wording() -> None:
    assert words_in_order("Haven\u2019t heard  enough") == words_in_order("have not heard enough")
    assert words_in_order("Don't know") == words_in_order("DON\u2019T KNOW")
    assert words_in_order("Trust \u2013 police") == words_in_order("Trust - police")
    assert words_in_order("-1") != words_in_order("1")


def test_languages_are_told_by_their_small_words() -> None:
    told = {
        "How satisfied are you with the way democracy works": "en",
        "Dans quelle mesure faites-vous confiance à la police": "fr",
        "¿Con qué frecuencia usa usted el transporte público?": "es",
        "Wie zufrieden sind Sie mit der Demokratie": "de",
        "Доверие к полиции": "cyrillic",
        "Police": "",
    }
    assert {text: language_of(words_in_order(text)) for text in told} == told


def test_labels_that_end_where_many_end_were_cut() -> None:
    labels = {f"q{n}": f"Trust in institution number {n:02d}"[:24] for n in range(12)}
    labels |= {"long": "Something of quite another length altogether"}
    found = wordings(labels)
    assert found["q1"].may_be_cut
    assert not found["long"].may_be_cut


def test_translated_codes_are_learned_and_show_a_turned_scale() -> None:
    often = {"0": "Never", "1": "Rarely", "2": "Often"}
    souvent = {"0": "Jamais", "1": "Rarement", "2": "Souvent"}
    turned = {"0": "Souvent", "1": "Rarement", "2": "Jamais"}
    pairs = [(column(f"q{n}", "", often), column(f"q{n}", "", souvent)) for n in range(3)]
    last = (column("q9", "", often), column("q9", "", turned))
    known = learned_labels([*pairs, last])
    assert known == {"jamais": "Never", "rarement": "Rarely", "souvent": "Often"}
    for old, new in pairs:
        assert compare_codes(old, new, {}, known).changes == []
    (change,) = compare_codes(*last, {}, known).changes
    assert change.kind == "reversed_scale"


def test_a_design_follows_its_columns_and_goes_without_a_date() -> None:
    """Two columns have other names and the date is gone: one design of the wave's own says so."""
    roles = {"respondent": "id", "weight": "w", "interview_date": "day", "stratum": "region"}
    book = Codebook(
        {
            "studies": [{"study_id": "s"}],
            "waves": [{"study_id": "s", "wave_id": "1", "wave_number": "1", "design_id": "d"}],
            "designs": [{"design_id": "d", "study_id": "s", "lonely_psu": "adjust"}],
            "design_columns": [
                {"design_id": "d", "design_role": role, "position": "1", "source_column": name}
                for role, name in roles.items()
            ],
        }
    )
    old = {
        "id": column("id", "Number of the respondent", {}, (1,) * 10),
        "w": column("w", "Design weight of the person", {}, (3, 4, 3)),
        "day": column("day", "Day of the interview", {}, (5, 5)),
        "region": column("region", "Region of the country", {"1": "North", "2": "South"}),
    }
    new = {
        "nr": replace(old["id"], name="nr"),
        "weight": replace(old["w"], name="weight"),
        "region": old["region"],
    }
    waves = [WaveProfile("s", wave, columns, 1000) for wave, columns in (("1", old), ("2", new))]
    proposals, _ = compare_wave(book, book.rows("waves")[0], *waves, Naming(book, "s", "2"))
    (design,) = [p for p in proposals if p.kind == "design_of_the_wave"]
    added = [c["add"] for c in design.changes if c["table"] == "design_columns"]
    assert {row["design_role"]: row["source_column"] for row in added} == {
        "respondent": "nr",
        "weight": "weight",
        "stratum": "region",
    }
    assert {row["design_id"] for row in added} == {"d_2"}
    assert design.changes[-1]["set"] == {"design_id": "d_2"}
    assert not [p for p in proposals if p.kind == "design_column_missing"]
    renamed = [p for p in proposals if p.kind == "renamed_column"]
    assert [c for p in renamed for c in p.changes if c["table"].startswith("design")] == []

    # Strata that are gone make another sample: that is no matter for a draft.
    fewer = WaveProfile("s", "2", {name: new[name] for name in ("nr", "weight")}, 1000)
    proposals, _ = compare_wave(
        book, book.rows("waves")[0], waves[0], fewer, Naming(book, "s", "2")
    )
    assert [p.subject for p in proposals if p.kind == "design_column_missing"] == ["region"]
