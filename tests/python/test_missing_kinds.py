"""Which codes are taken for missing: by whole labels in many languages, file and structure."""

from collections.abc import Mapping
from pathlib import Path

import pytest

from wavehouse.codebook.crosswalk_codes import codes_that_stand_twice
from wavehouse.codebook.tables import Codebook, Row
from wavehouse_exchange.onboarding.code_rows import Naming
from wavehouse_exchange.onboarding.codes import compare_codes
from wavehouse_exchange.onboarding.draft import PRE_ACCEPTED, SURE, Proposal
from wavehouse_exchange.onboarding.known import KnownColumn
from wavehouse_exchange.onboarding.missing import MissingKinds
from wavehouse_exchange.onboarding.missing_labels import made_of, of_library
from wavehouse_exchange.onboarding.profile import ColumnProfile, profile_seed
from wavehouse_exchange.onboarding.question_rows import new_column_proposals

AGREEMENT = {"1": "Agree", "2": "Neither", "3": "Disagree"}


def column(
    labels: Mapping[str, str],
    name: str = "q1",
    missing: frozenset[str] = frozenset(),
    counts: Mapping[str, float] | None = None,
) -> ColumnProfile:
    """A column with labels, each code delivered ten times."""
    counts = counts or dict.fromkeys(labels, 10)
    return ColumnProfile(
        name,
        "Question",
        labels,
        missing,
        counts,
        row_count=int(sum(counts.values())),
        code_count=len(counts),
    )


def kinds(*columns: ColumnProfile) -> MissingKinds:
    return MissingKinds(of_library(), {each.name: each for each in columns})


@pytest.mark.parametrize(
    ("label", "kind"),
    [
        ("Don't know [DNR]", "dont_know"),
        ("Don\u2019t know/Haven\u2019t heard", "dont_know"),
        ("DON'T KNOW / HAVEN'T HEARD ENOU", "dont_know"),
        ("98 = Ne sait pas", "dont_know"),
        ("(98) Refus", "refused"),
        ("[VOL] Don't know", "dont_know"),
        ("Refused to answer", "refused"),
        ("Not applicable (never voted)", "not_applicable"),
        ("Not applicable: has no job", "not_applicable"),
        ("Not asked on ballot C", "not_asked"),
        ("wei\u00df nicht", "dont_know"),
        ("WEISS NICHT", "dont_know"),
        ("k.A.", "no_answer"),
        ("-99 Keine Angabe", "no_answer"),
        ("trifft nicht zu", "not_applicable"),
        ("nicht erhoben", "not_asked"),
        ("A refus\u00e9 de r\u00e9pondre", "refused"),
        ("Sans objet", "not_applicable"),
        ("N'a pas r\u00e9pondu", "no_answer"),
        ("No sabe", "dont_know"),
        ("NS/NC", "dont_know"),
        ("Se neg\u00f3 a responder", "refused"),
        ("No aplica", "not_applicable"),
        ("N\u00e3o sabe", "dont_know"),
        ("N\u00c3O RESPONDEU", "no_answer"),
        ("Non sa", "dont_know"),
        ("Si rifiuta di rispondere", "refused"),
        ("\u0644\u0627 \u0623\u0639\u0631\u0641", "dont_know"),
        ("\u0644\u0627 \u0627\u0639\u0631\u0641", "dont_know"),
        ("\u0631\u0641\u0636 \u0627\u0644\u0625\u062c\u0627\u0628\u0629", "refused"),
        ("\u0644\u0627 \u064a\u0646\u0637\u0628\u0642", "not_applicable"),
        ("B\u0130LM\u0130YORUM", "dont_know"),
        ("Cevap yok", "no_answer"),
        (
            "\u0417\u0430\u0442\u0440\u0443\u0434\u043d\u044f\u044e\u0441\u044c "
            "\u043e\u0442\u0432\u0435\u0442\u0438\u0442\u044c",
            "dont_know",
        ),
        (
            "\u041e\u0442\u043a\u0430\u0437 \u043e\u0442 \u043e\u0442\u0432\u0435\u0442\u0430",
            "refused",
        ),
        ("\u4e0d\u77e5\u9053", "dont_know"),
        ("\u62d2\u7edd\u56de\u7b54", "refused"),
        ("\u4e0d\u9002\u7528", "not_applicable"),
        ("\u308f\u304b\u3089\u306a\u3044", "dont_know"),
        ("\u7121\u56de\u7b54", "no_answer"),
        ("\u975e\u8a72\u5f53", "not_applicable"),
        ("Trudno powiedzie\u0107", "dont_know"),
        ("Odmowa odpowiedzi", "refused"),
        ("Weet niet/geen antwoord", "dont_know"),
        ("n.v.t.", "not_applicable"),
    ],
)
def test_a_label_is_missing_if_all_of_it_says_so(label: str, kind: str) -> None:
    said = of_library().judge(label)
    assert said is not None
    assert said.kind == kind


@pytest.mark.parametrize(
    "label",
    [
        "Agnostic (do not know if there is a God)",
        "Has declined",
        "Declined",
        "Refused asylum",
        "Refused a job offer",
        "No answer from the office when called",
        "Was not asked to come in",
        "Don't know much about it",
        "stimme nicht zu",
        "Wei\u00df nicht, wen w\u00e4hlen",
        "Pas d'accord",
        "A refus\u00e9 un emploi",
        "No sabe leer",
        "Non sa leggere",
        "Nie wie, jak g\u0142osowa\u0107",
        "\u4e0d\u77e5\u9053\u7684\u4eba",
        "Weet niet veel van politiek",
        "Missing persons",
        "Error of judgement",
    ],
)
def test_a_label_that_only_contains_such_words_is_an_answer(label: str) -> None:
    assert of_library().judge(label) is None


def test_two_kinds_in_one_label_are_not_sure() -> None:
    said = of_library().judge("Don't know, refused")
    assert said is not None
    assert said.kind == "dont_know"
    assert said.confidence < SURE


def test_a_missing_label_beside_something_else_is_asked_about_beyond_the_scale() -> None:
    labels = {**AGREEMENT, "9": "Don't know / too young"}
    guess = kinds(column(labels)).judge(column(labels), "9")
    assert guess is not None
    assert guess.is_asked
    within = {"1": "Yes", "2": "Don't know / too young", "3": "No"}
    assert kinds(column(within)).judge(column(within), "2") is None


def test_rows_of_the_project_go_before_those_of_the_library() -> None:
    library = [{"language": "en", "label": "no opinion", "missing_kind": "dont_know"}]
    project = [
        {"language": "en", "label": "No opinion", "missing_kind": ""},
        {"language": "sw", "label": "Sijui", "missing_kind": "dont_know"},
        {"language": "sw", "label": "amekataa *", "missing_kind": "refused"},
    ]
    labels = made_of(library, project)
    assert [
        labels.judge(label) and labels.judge(label).kind
        for label in (  # type: ignore[union-attr]
            "No opinion",
            "SIJUI",
            "Amekataa kujibu",
            "Amekataa",
        )
    ] == ["", "dont_know", "refused", None]


def test_a_declared_code_is_missing_and_its_label_says_of_which_kind() -> None:
    one = column({**AGREEMENT, "8": "Sijui", "9": "Refused"}, missing=frozenset({"8", "9"}))
    found, answers = kinds(one).split(one)
    assert answers == ["1", "2", "3"]
    assert (found["9"].kind, found["9"].confidence >= PRE_ACCEPTED) == ("refused", True)
    # Missing for certain; which kind is not known.
    assert (found["8"].kind, found["8"].confidence < SURE) == ("no_answer", True)


def test_a_label_within_the_scale_is_asked_about() -> None:
    one = column({"1": "Granted", "2": "Refused", "3": "Pending"})
    found, _ = kinds(one).split(one)
    assert found["2"].is_asked
    assert found["2"].confidence < SURE


def test_one_word_at_the_end_of_a_scale_is_not_sure() -> None:
    one = column({"1": "Granted", "2": "Pending", "3": "Refused"})
    found, _ = kinds(one).split(one)
    assert found["3"].confidence < SURE


def test_a_code_beyond_the_scale_in_many_columns_is_missing_in_any_language() -> None:
    scales = [
        ("Ndiyo", "Hapana"),
        ("Mjini", "Kijijini"),
        ("Nzuri sana", "Nzuri", "Mbaya"),
        ("Kila siku", "Wakati mwingine", "Kamwe"),
    ]
    columns = [
        column({str(i): step for i, step in enumerate(steps, 1)} | {"98": "Sijui"}, f"q{n}{m}")
        for n, steps in enumerate(scales)
        for m in range(2)
    ]
    guess = kinds(*columns).judge(columns[0], "98")
    assert guess is not None
    assert guess.is_asked
    assert guess.confidence < SURE
    # The same in one scale only may be an answer: a last village, far down the list.
    same = [column({"1": "Ndiyo", "2": "Hapana", "98": "Sijui"}, f"q{n}") for n in range(8)]
    assert kinds(*same).judge(same[0], "98") is None


def test_an_other_answer_beyond_the_scale_is_an_answer() -> None:
    columns = [
        column({str(i): f"{n} {i}" for i in range(1, 4)} | {"95": "Other (specify)"}, f"q{n}")
        for n in range(9)
    ]
    assert kinds(*columns).judge(columns[0], "95") is None


def earlier(labels: Mapping[str, str], missing: Mapping[str, str]) -> KnownColumn:
    """A column of an earlier wave with its crosswalk."""
    rows: list[Row] = [
        {"source_code": code, "missing_kind": missing.get(code, ""), "category_code": "x"}
        for code in labels
    ]
    return KnownColumn(column(labels, "old"), crosswalk=rows, missing=dict(missing))


def test_codes_keep_the_kind_that_earlier_waves_gave_them_in_any_column() -> None:
    before = earlier(
        {**AGREEMENT, "7": "Sijui", "9": "Not stated"}, {"7": "dont_know", "9": "refused"}
    )
    new = column({"1": "Yes", "2": "No", "7": "Sijui", "9": "Not stated"}, "other")
    found, answers = MissingKinds(of_library(), {"other": new}, [before]).split(new)
    assert {code: guess.kind for code, guess in found.items()} == {"7": "dont_know", "9": "refused"}
    assert answers == ["1", "2"]


def test_a_label_that_was_an_answer_before_does_not_lend_its_kind() -> None:
    before = [
        earlier({**AGREEMENT, "4": "Sijui"}, {"4": "dont_know"}),
        earlier({"1": "Ndiyo", "4": "Sijui"}, {}),
    ]
    new = column({"1": "Ndiyo", "2": "Hapana", "4": "Sijui"})
    assert MissingKinds(of_library(), {"q1": new}, before).judge(new, "4") is None


def test_a_compared_column_knows_missing_labels_of_another_language() -> None:
    old = column(AGREEMENT)
    new = column({**AGREEMENT, "9": "Ne sait pas"})
    (change,) = compare_codes(old, new, {}).changes
    assert (change.kind, change.missing_kind) == ("new_missing_code", "dont_know")
    assert change.confidence >= PRE_ACCEPTED


def seed(folder: Path, text: str) -> dict[str, ColumnProfile]:
    path = folder / "s_1.csv"
    path.write_text(text, encoding="utf-8")
    return dict(profile_seed(path, "s", "1").columns)


def drafted(profile: ColumnProfile) -> list[Proposal]:
    naming = Naming(Codebook({"library_missing_labels": _library_rows()}), "s", "1")
    return new_column_proposals(profile, naming)


def _library_rows() -> list[Row]:
    return [
        {"language": "any", "label": label, "missing_kind": kind}
        for label, kind in (("NA", "no_answer"), ("Don't know", "dont_know"))
    ]


def test_na_is_asked_about_and_numbers_stay_numbers(tmp_path: Path) -> None:
    rows = [
        f"{n},{'NA' if n % 3 == 0 else 'Yes'},{'NA' if n % 2 else 1000 + n},{c}"
        for n, c in enumerate(["DE", "NA", "NO", "SE"] * 10)
    ]
    columns = seed(tmp_path, "id,vote,income,country\n" + "\n".join(rows) + "\n")
    vote = drafted(columns["vote"])[1]
    income = drafted(columns["income"])
    country = drafted(columns["country"])[1]
    assert [p.kind for p in (vote, income[1], country)] == ["unclear_missing_code"] * 3
    added = [c["add"] for c in income[0].changes if c["table"] == "variables"]
    assert added[0]["value_type"] == "numeric"
    assert vote.changes[0]["add"]["missing_kind"] == "no_answer"
    # Among country codes it is Namibia, unless somebody rejects that.
    assert country.changes[-1]["add"]["category_code"]
    assert country.if_rejected[0]["add"]["missing_kind"] == "no_answer"
    assert all(p.confidence < SURE for p in (vote, income[1], country))


def test_numbers_far_from_the_rest_are_asked_about(tmp_path: Path) -> None:
    ages = [18 + n % 70 for n in range(200)] + [998] * 3 + [-1] * 2
    hours = [n % 61 for n in range(203)] + [99] * 2
    text = "age,hours\n" + "\n".join(f"{a},{h}" for a, h in zip(ages, hours, strict=True)) + "\n"
    columns = seed(tmp_path, text)
    found = MissingKinds(of_library()).far_numbers(columns["age"])
    assert set(found) == {"998", "-1"}
    assert all(guess.is_asked and guess.confidence < SURE for guess in found.values())
    assert set(MissingKinds(of_library()).far_numbers(columns["hours"])) == {"99"}
    asked = [p for p in drafted(columns["age"]) if p.kind == "unclear_missing_code"]
    assert [p.changes[0]["add"]["source_code"] for p in asked] == ["-1", "998"]
    assert all(not p.if_rejected for p in asked)


def test_the_oldest_people_are_not_asked_about(tmp_path: Path) -> None:
    ages = [18 + n % 80 for n in range(300)] + [98, 99]
    columns = seed(tmp_path, "age\n" + "\n".join(map(str, ages)) + "\n")
    assert MissingKinds(of_library()).far_numbers(columns["age"]) == {}


def crosswalk(*rows: tuple[str, str, str]) -> dict[str, list[Row]]:
    """Tables with waves 1 to 3 and rows of one crosswalk: code, first and last wave."""
    return {
        "waves": [{"study_id": "s", "wave_id": f"w{n}", "wave_number": str(n)} for n in (1, 2, 3)],
        "questions": [{"study_id": "s", "crosswalk_id": "c", "source_column": "q7"}],
        "crosswalk": [
            {
                "study_id": "s",
                "crosswalk_id": "c",
                "source_code": code,
                "valid_from_wave": first,
                "valid_to_wave": last,
            }
            for code, first, last in rows
        ],
    }


def test_a_code_that_stands_twice_in_a_wave_is_named() -> None:
    (problem,) = codes_that_stand_twice(
        crosswalk(("9", "w1", ""), ("9", "w2", "w2"), ("8", "", ""))
    )
    assert problem.startswith(
        "seeds/codebook/crosswalk.csv, study s, wave w2, column q7: code '9' occurs 2 times"
    )


def test_a_code_whose_rows_follow_each_other_stands_once() -> None:
    assert codes_that_stand_twice(crosswalk(("9", "w1", "w1"), ("9", "w2", ""))) == []
