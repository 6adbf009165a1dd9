"""Two labelled waves of a made-up survey, the second changed in ways that a comparison must find.

People are the same in mind in both waves, so that every jump in a trend is an artefact.
"""

import struct
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pandas as pd
import pyreadstat

SIZE = 800
SATISFACTION = {
    1: "Very satisfied",
    2: "Fairly satisfied",
    3: "Neither satisfied nor dissatisfied",
    4: "Fairly dissatisfied",
    5: "Very dissatisfied",
}
SATISFIED = (0.30, 0.38, 0.16, 0.11, 0.05)
MARITAL = {1: "Married", 2: "Living with a partner", 3: "Widowed", 4: "Never married"}
TRANSPORT = {1: "Car", 2: "Bus or tram", 3: "Bicycle", 4: "On foot"}
SAFETY = {1: "Very safe", 2: "Rather safe", 3: "Rather unsafe", 4: "Very unsafe"}
SEX = {1: "Man", 2: "Woman"}
REFUSED = {9: "Refused"}


def _draw(seed: int) -> pd.DataFrame:
    draw = np.random.default_rng(seed)
    return pd.DataFrame(
        {
            "id": [f"{seed}{number:05d}" for number in range(SIZE)],
            "sex": draw.choice([1, 2], SIZE, p=[0.48, 0.52]),
            "satlife": draw.choice([1, 2, 3, 4, 5], SIZE, p=SATISFIED),
            "marstat": draw.choice([1, 2, 3, 4], SIZE, p=[0.5, 0.15, 0.1, 0.25]),
            "transp": draw.choice([1, 2, 3, 4], SIZE, p=[0.45, 0.3, 0.15, 0.1]),
            "safe": draw.choice([1, 2, 3, 4, 9], SIZE, p=[0.3, 0.4, 0.2, 0.07, 0.03]),
            "age": draw.integers(18, 85, SIZE),
        }
    )


def _write(
    path: Path, data: pd.DataFrame, labels: dict[str, str], values: dict, missing: dict
) -> Path:
    pyreadstat.write_sav(
        data,
        str(path),
        column_labels=[labels.get(column, "") for column in data.columns],
        variable_value_labels=values,
        missing_ranges={
            column: [{"lo": code, "hi": code} for code in codes]
            for column, codes in missing.items()
        },
    )
    return path


def write_first(folder: Path) -> Path:
    """Write the first wave as an SPSS file."""
    return _write(
        folder / "town_1.sav",
        _draw(1),
        {
            "id": "Number of the respondent",
            "sex": "Sex of the respondent",
            "satlife": "Satisfaction with life in this town",
            "marstat": "Marital status",
            "transp": "Usual means of transport to work",
            "safe": "Feeling of safety after dark",
            "age": "Age in years",
        },
        {
            "sex": SEX,
            "satlife": SATISFACTION,
            "marstat": MARITAL,
            "transp": TRANSPORT,
            "safe": SAFETY | REFUSED,
        },
        {"safe": [9]},
    )


def write_second(folder: Path) -> Path:
    """Write the second wave.

    `transp` and `safe` have other names, `satlife` runs the other way, two codes of `marstat`
    are one, the new `safe` has another missing code, and `club` is new.
    """
    data = _draw(2).rename(columns={"transp": "q12_transport", "safe": "q15"})
    draw = np.random.default_rng(3)
    data["satlife"] = 6 - data["satlife"]
    data["marstat"] = data["marstat"].replace({2: 1})
    silent = draw.random(SIZE) < 0.04
    data.loc[silent, "q15"] = 8
    data["club"] = draw.choice([1, 2], SIZE, p=[0.35, 0.65])
    return _write(
        folder / "town_2.sav",
        data,
        {
            "id": "Number of the respondent",
            "sex": "Sex of the respondent",
            "satlife": "Satisfaction with life in this town",
            "marstat": "Marital status",
            "q12_transport": "Usual means of transport to work",
            "q15": "Feeling of safety after dark",
            "age": "Age in years",
            "club": "Member of a club",
        },
        {
            "sex": SEX,
            "satlife": {6 - code: label for code, label in SATISFACTION.items()},
            "marstat": {1: "Married or living with a partner", 3: "Widowed", 4: "Never married"},
            "q12_transport": TRANSPORT,
            "q15": SAFETY | REFUSED | {8: "Don't know"},
            "club": {1: "Yes", 2: "No"},
        },
        {"q15": [8, 9]},
    )


def add_mention_set(path: Path, name: str, label: str, columns: Sequence[str]) -> None:
    """Write into an SPSS file that columns are the mentions of one question.

    No writer of SPSS files for Python knows such sets, so that the record that holds them (type 7,
    subtype 7) is put before the one that ends the dictionary (type 999), as PSPP documents both.
    """
    content = path.read_bytes()
    text = f"${name}=C {len(label)} {label} {' '.join(columns)}\n".encode()
    end = content.index(struct.pack("<ii", 999, 0))
    record = struct.pack("<iiii", 7, 7, 1, len(text)) + text
    path.write_bytes(content[:end] + record + content[end:])


MEDIA = {1: "Television", 2: "Radio: any station", 3: "Newspapers", 4: "Online"}


def write_mentions(path: Path) -> pd.DataFrame:
    """Write a wave whose people name up to three media, and give what they said.

    Some refuse (8, declared as missing), some were not asked (empty), and 0 means that somebody was
    interrupted. Code 7 has no label.
    """
    draw = np.random.default_rng(15)
    rows = []
    for _ in range(400):
        kind = draw.choice(
            ["said", "refused", "interrupted", "not asked"], p=[0.8, 0.1, 0.05, 0.05]
        )
        said = draw.choice([1, 2, 3, 4, 7], draw.integers(1, 4), replace=False).astype(float)
        first = {"refused": [8.0], "interrupted": [0.0], "not asked": []}.get(kind, [*said])
        rows.append([*first, *[np.nan] * (3 - len(first))])
    data = pd.DataFrame(rows, columns=["media_1", "media_2", "media_3"])
    data.insert(0, "id", [str(number) for number in range(1, len(data) + 1)])
    mentions = list(data.columns[1:])
    labels = {**MEDIA, 8: "Refused", 0: "Interrupted"}
    _write(
        path,
        data,
        {f"media_{place}": f"Mention {place}" for place in (1, 2, 3)},
        dict.fromkeys(mentions, labels),
        {column: [8, 0] for column in mentions},
    )
    add_mention_set(path, "media", "Media used for news", mentions)
    return data
