"""The made-up rounds are what their key says, read as files by a library that is not ours."""

import csv
import re
import sys
import unicodedata
from collections import Counter
from pathlib import Path
from typing import Any

import pandas as pd
import pyreadstat
import pytest
from workbench import ROOT

sys.path.insert(0, str(ROOT / "scripts"))

from benchmark.questionnaires import Match, write_rounds
from benchmark.questionnaires.texts import questions

Round = tuple[pd.DataFrame, Any]


@pytest.fixture(scope="module", params=["en", "fr", "es"])
def rounds(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> tuple[Round, Round, list[Match], Path]:
    folder = tmp_path_factory.mktemp("rounds")
    key = write_rounds(folder, request.param, 3)
    old, new = (
        pyreadstat.read_sav(str(folder / f"round_{number}.sav"), user_missing=True)
        for number in (1, 2)
    )
    return old, new, key, folder


def test_questions_are_not_copies_of_a_few() -> None:
    for language in ("en", "fr", "es"):
        texts = {question.text[language] for question in questions()}
        assert len(texts) == len(questions()) > 600


def test_rounds_have_the_size_of_a_questionnaire(rounds: tuple) -> None:
    (old, _), (new, _), key, _ = rounds
    assert old.shape == new.shape == (1000, 600)
    found = Counter(match.relation for match in key)
    assert found["same question"] + found["ends"] == 600
    assert 0.1 <= found["ends"] / 600 <= 0.15
    assert found["ends"] == found["new"]
    # Half of what is new looks like an old question.
    alike = [match for match in key if match.change.startswith("looks like")]
    assert len(alike) == round(found["new"] / 2)


def test_most_names_belong_to_another_question(rounds: tuple) -> None:
    (old, _), (new, _), key, _ = rounds
    both = set(old) & set(new)
    reused = {match.column_in_old for match in key if match.relation.startswith("another")}
    assert reused <= both
    assert len(reused) > 0.8 * len(both)
    assert len(reused) > 150


def test_key_says_what_became_of_labels_and_codes(rounds: tuple) -> None:
    (_, old), (_, new), key, _ = rounds
    seen = set()
    for match in key:
        if match.relation != "same question":
            continue
        seen |= set(match.change.split("; "))
        label = old.column_names_to_labels[match.column_in_old].split(". ", 1)[1]
        later = new.column_names_to_labels[match.column_in_new]
        said = set(match.change.split("; "))
        if not said & {"reworded", "another language", "label shortened", "label cut at 40"}:
            assert signs(label) in signs(later), match
        before = codes_by_label(old, match.column_in_old)
        after = codes_by_label(new, match.column_in_new)
        moved = {
            label: (code, after[label])
            for label, code in before.items()
            if label in after and after[label] != code
        }
        if match.change == "":
            assert not moved
        if match.change == "scale turned":
            assert len({code + now for code, now in moved.values()}) == 1
        if match.change == "codes moved by one":
            assert {abs(now - code) for code, now in moved.values()} == {1}
        if match.change == "two codes merged":
            assert len(after) == len(before) - 1
        if match.change == "code added":
            assert len(after) == len(before) + 1
    assert seen >= {
        "",
        "scale turned",
        "two codes merged",
        "codes moved by one",
        "code added",
        "missing codes renumbered",
        "reworded",
        "another language",
        "label shortened",
        "label cut at 40",
    }


def codes_by_label(about: Any, column: str) -> dict[str, float]:  # noqa: ANN401
    """Give the code of each label of a column."""
    labels = about.variable_value_labels.get(column, {})
    return {label: code for code, label in labels.items()}


def signs(text: str) -> str:
    """Give a label's letters and digits without accents, case and signs."""
    plain = unicodedata.normalize("NFKD", text).casefold()
    return re.sub(r"[^a-z0-9]", "", plain)


def test_shares_move_a_little_and_answers_have_labels(rounds: tuple) -> None:
    (old, about_old), (new, about_new), key, _ = rounds
    distances = []
    for match in key:
        codes = about_old.variable_value_labels.get(match.column_in_old)
        if match.relation != "same question" or match.change or not codes:
            continue
        assert set(old[match.column_in_old].dropna()) <= set(codes)
        assert set(new[match.column_in_new].dropna()) <= set(
            about_new.variable_value_labels[match.column_in_new]
        )
        shares = pd.concat(
            [
                old[match.column_in_old].value_counts(normalize=True),
                new[match.column_in_new].value_counts(normalize=True),
            ],
            axis=1,
        ).fillna(0)
        distances.append((shares.iloc[:, 0] - shares.iloc[:, 1]).abs().sum() / 2)
    # Evidence, not proof: of 100 people some three to ten answer otherwise.
    assert 0.02 < pd.Series(distances).median() < 0.1


def test_missing_answers_are_declared_as_lists_as_ranges_or_not_at_all(rounds: tuple) -> None:
    (_, about), _, _, _ = rounds
    declared = about.missing_ranges.values()
    ranges = [any(part["lo"] != part["hi"] for part in parts) for parts in declared]
    assert any(ranges)
    assert not all(ranges)
    undeclared = set(about.variable_value_labels) - set(about.missing_ranges)
    assert len(undeclared) > 50


def test_the_key_is_kept_and_a_seed_gives_it_again(rounds: tuple, tmp_path: Path) -> None:
    _, _, key, folder = rounds
    with (folder / "key.csv").open(encoding="utf-8", newline="") as stream:
        assert [Match(**row) for row in csv.DictReader(stream)] == key
    language = next(
        language
        for language, name in {"en": "id", "fr": "ident", "es": "cuest"}.items()
        if name == key[0].column_in_old
    )
    assert write_rounds(tmp_path, language, 3) == key
    first, again = (
        pyreadstat.read_sav(str(place / "round_2.sav"))[0] for place in (folder, tmp_path)
    )
    pd.testing.assert_frame_equal(first, again)
    assert write_rounds(tmp_path, language, 4) != key
