"""What a file has in its columns, listed before anything of it is brought in."""

import csv
import json
from collections.abc import Sequence
from pathlib import Path

import pandas as pd
import pyreadstat
import pytest

from wavehouse.cli import main

MOOD = {1: "Good", 2: "Bad", 9: "Refused"}
FILE_SIZE = 40


@pytest.fixture
def spss(tmp_path: Path) -> tuple[Path, pd.DataFrame]:
    data = pd.DataFrame(
        {
            "id": [f"r{row:03d}" for row in range(FILE_SIZE)],
            "mood": [None if row % 10 == 0 else (1, 2, 9)[row % 3] for row in range(FILE_SIZE)],
            "age": [20 + row % 30 for row in range(FILE_SIZE)],
            "town": [("Ulm", "Bonn", "")[row % 3] for row in range(FILE_SIZE)],
        }
    )
    path = tmp_path / "survey.sav"
    pyreadstat.write_sav(
        data,
        str(path),
        column_labels=["Number", "Mood today", "Age in years", "Town"],
        variable_value_labels={"mood": MOOD},
        missing_ranges={"mood": [{"lo": 9, "hi": 9}]},
    )
    return path, data


def listed(capsys: pytest.CaptureFixture[str], *words: str | Path) -> str:
    assert main(["columns", *map(str, words)]) == 0
    return capsys.readouterr().out


def test_names_labels_types_counts_and_codes_are_listed(
    spss: tuple[Path, pd.DataFrame],
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
    tmp_path: Path,
) -> None:
    path, data = spss
    # No project is needed, and none is made.
    monkeypatch.chdir(tmp_path)
    found = {each["name"]: each for each in json.loads(listed(capsys, path, "--json"))}
    assert list(tmp_path.iterdir()) == [path]
    assert [*found] == [*data.columns]
    assert found["mood"]["label"] == "Mood today"
    assert found["mood"]["codes"] == {"1": "Good", "2": "Bad", "9": "Refused"}
    assert found["mood"]["missing"] == ["9"]
    for name in ("id", "mood", "age"):
        assert found[name]["different"] == data[name].nunique()
        assert found[name]["empty"] == data[name].isna().sum()
    assert (found["town"]["different"], found["town"]["empty"]) == (2, (data["town"] == "").sum())
    assert {name: each["type"] for name, each in found.items()} == {
        **{"id": "text", "mood": "number", "age": "number", "town": "text"}
    }
    # Of values without labels only few are shown: many may tell who somebody is.
    assert (found["id"]["codes"], found["age"]["codes"]) == ({}, {})
    assert found["town"]["codes"] == {"Bonn": "", "Ulm": ""}


def test_it_is_a_table_on_the_terminal_and_csv_for_programs(
    spss: tuple[Path, pd.DataFrame], capsys: pytest.CaptureFixture[str]
) -> None:
    path, _ = spss
    header, _, mood, *_ = listed(capsys, path).splitlines()
    assert header.split() == ["name", "type", "different", "empty", "label", "codes"]
    assert mood.split() == [
        *("mood", "number", "3", "4", "Mood", "today"),
        *("1", "Good;", "2", "Bad;", "9", "Refused", "(m)"),
    ]
    rows = list(csv.DictReader(listed(capsys, path, "--csv").splitlines()))
    assert rows[1] == {
        **{"name": "mood", "label": "Mood today", "type": "number", "different": "3"},
        **{"empty": "4", "codes": "1 Good; 2 Bad; 9 Refused (m)"},
    }


def test_it_is_read_with_the_options_of_a_wave(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "survey.csv"
    lines = ["id;w;media", "Number;Weight;Media used", "1;0,5;tv|web", "2;1,5;web"]
    path.write_text("\n".join(lines), encoding="utf-8")
    options = ("--delimiter", ";", "--header-rows", "names,labels", "--decimal", ",")
    words = (path, *options, "--lists", "media=|", "--json")
    found = {each["name"]: each for each in json.loads(listed(capsys, *words))}
    assert [*found] == ["id", "w", "media[tv]", "media[web]"]
    assert found["w"]["label"] == "Weight"
    assert [*found["w"]["codes"]] == ["0.5", "1.5"]


@pytest.mark.parametrize(
    ("words", "code", "said"),
    [
        (["nothing.sav"], 1, "nothing.sav: there is no such file. Correct its name."),
        (["survey.sav", "--json", "--csv"], 2, "--json and --csv: give one of the two."),
    ],
)
def test_what_cannot_be_is_said(
    spss: tuple[Path, pd.DataFrame],
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
    words: Sequence[str],
    code: int,
    said: str,
) -> None:
    monkeypatch.chdir(spss[0].parent)
    assert main(["columns", *words]) == code
    assert said in capsys.readouterr().err
