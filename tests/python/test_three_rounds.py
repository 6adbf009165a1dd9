"""Three rounds of a questionnaire whose numbers move, from files to trends, as a new user would.

48 questions, drawn by a seed from the answer keys, are brought in by the commands; the warehouse is
built and published; every share of every trend is computed from the files by pandas.
"""

import csv
import os
import random
import re
from pathlib import Path
from typing import Any, NamedTuple

import duckdb
import pyreadstat
import pytest
from workbench import codebook_rows, copy_project, keep_studies, run_wavehouse

from wavehouse.project import Project
from wavehouse_exchange.onboarding.draft import read_draft

CASES = Path(os.environ.get("WAVEHOUSE_CASES", Path(__file__).parents[3] / "shared/cases"))
ROUNDS = CASES / "renumbered"
STUDY = "rounds"
WEIGHT, RESPONDENT = "withinwt", "RESPNO"
DATES = {"a": "2012-01-01", "b": "2014-01-01", "c": "2016-01-01"}
COUNT = 48
SAME = "same question"
# Beside these nothing is missing in the questions that are drawn.
MISSING = (
    *("missing", "refused", "refused to answer", "not applicable", "no contact", "can't determine"),
    *("don't know", "dont know", "don't know/haven't heard enough", "do not know"),
    *("don't know/can't remember", "don't know / have not heard enough"),
)

pytestmark = [
    pytest.mark.slow("data"),
    pytest.mark.skipif(not ROUNDS.is_dir(), reason="the three rounds are not here"),
]


class Asked(NamedTuple):
    """The columns of one question in the three rounds, and what changed in the last."""

    a: str
    b: str
    c: str
    change: str


def plain(label: str) -> str:
    return re.sub(r"[^a-z0-9]", "", label.casefold())


NOT_ANSWERS = {plain(label) for label in MISSING}


@pytest.fixture(scope="module")
def files() -> dict[str, tuple[Any, Any]]:
    """Read the three files: data and labels."""
    return {
        wave: pyreadstat.read_sav(str(ROUNDS / f"round_{wave}.sav"), user_missing=True)
        for wave in DATES
    }


@pytest.fixture(scope="module")
def drawn(files: dict[str, tuple[Any, Any]]) -> list[Asked]:
    """Draw questions of all three rounds whose answers have the same English labels throughout."""
    first, second = (
        [row for row in csv.DictReader(path.open(encoding="utf-8")) if row["relation"] == SAME]
        for path in (ROUNDS / "key.csv", ROUNDS / "key_c.csv")
    )
    later = {row["column_in_b"]: row for row in second}
    found = []
    for row in first:
        b = row["column_in_b"]
        if b not in later:
            continue
        asked = Asked(row["column_in_a"], b, later[b]["column_in_c"], later[b]["change"])
        labels = [set(answers(files[wave][1], asked[n]).values()) for n, wave in enumerate(DATES)]
        if labels[0] and labels[0] == labels[1] == labels[2]:
            found.append(asked)
    assert len(found) > 2 * COUNT
    return sorted(random.Random(COUNT).sample(found, COUNT))


def answers(about: Any, column: str) -> dict[float, str]:  # noqa: ANN401
    """Give the answers of a column by code, missing ones left out."""
    labels = about.variable_value_labels.get(column, {})
    return {code: plain(text) for code, text in labels.items() if plain(text) not in NOT_ANSWERS}


def run(project: Project, *words: str) -> str:
    done = run_wavehouse(project, *words)
    assert done.exit_code == 0, done.output[-4000:]
    return done.output


def decide(project: Project, wave_id: str, drawn: list[Asked]) -> int:
    """Decide a draft by its kinds and columns, and give how many proposals were looked at.

    What is new and not among the 48 is not wanted; a label that is only spelled otherwise is no
    other answer. All else is accepted: so a wrong continuation would be one in the trends.
    """
    place = list(DATES).index(wave_id)
    wanted = {asked[place] for asked in drawn}
    looked_at = read_draft(project, STUDY, wave_id).open_proposals
    for proposal in looked_at:
        unwanted = proposal.kind == "new_column" and (
            wave_id != "a" or proposal.subject not in wanted
        )
        if unwanted or proposal.kind == "code_relabelled":
            words = ("decide", STUDY, wave_id, proposal.id, "reject", "--because", "not wanted")
            run(project, *words)
    if read_draft(project, STUDY, wave_id).open_proposals:
        run(project, "decide", STUDY, wave_id, "open", "accept")
    return len(looked_at)


@pytest.fixture(scope="module")
def onboarded(drawn: list[Asked], tmp_path_factory: pytest.TempPathFactory) -> Project:
    """Bring in the three rounds: files, drafts, decisions, rows."""
    folder = tmp_path_factory.mktemp("rounds")
    project = copy_project(folder / "project")
    keep_studies(project, [])
    wanted = folder / "wanted.txt"
    wanted.write_text("".join(f"{asked.a}\n" for asked in drawn), encoding="utf-8")
    about = (
        *("--study-label", "Three rounds", "--producer", "Nobody", "--universe", "Adults"),
        *("--citation", "None", "--terms", "To be read by tests.", "--rule", "open_data"),
        *("--respondent", RESPONDENT, "--weight", WEIGHT, "--keep", str(wanted)),
    )
    for wave_id, date in DATES.items():
        file = str(ROUNDS / f"round_{wave_id}.sav")
        if wave_id == "a":
            run(project, "new-study", STUDY, wave_id, file, "--date", date, *about)
        else:
            # No new question is wanted; the old ones go on.
            words = ("add-wave", STUDY, wave_id, file, "--date", date, "--keep", WEIGHT)
            run(project, *words)
        looked_at = decide(project, wave_id, drawn)
        if wave_id != "a":
            assert looked_at <= 25
        run(project, "apply", STUDY, wave_id)
    return project


@pytest.fixture(scope="module")
def published(onboarded: Project) -> Project:
    """Build and publish the three rounds: what review accepted, a build accepts."""
    run(onboarded, "build")
    return onboarded


def variables(project: Project, drawn: list[Asked]) -> dict[str, Asked]:
    """Give the drawn question of each variable."""
    first = {asked.a: asked for asked in drawn}
    return {
        row["variable_id"]: first[row["source_column"]]
        for row in codebook_rows(project, "questions")
        if row["valid_from_wave"] == "a" and row["source_column"] in first
    }


def columns(project: Project, known: dict[str, Asked]) -> dict[tuple[str, str], str]:
    """Give the column of each variable and round, where the codebook has one."""
    found = {}
    for row in codebook_rows(project, "questions"):
        last = row["valid_to_wave"] or "c"
        for wave in DATES:
            if row["variable_id"] in known and row["valid_from_wave"] <= wave <= last:
                found[row["variable_id"], wave] = row["source_column"]
    return found


def test_no_question_goes_on_as_another_and_nearly_all_go_on(
    onboarded: Project, drawn: list[Asked], files: dict[str, tuple[Any, Any]]
) -> None:
    known = variables(onboarded, drawn)
    assert len(known) == COUNT
    asked = {
        (variable, wave): question[place]
        for variable, question in known.items()
        for place, wave in enumerate(DATES)
    }
    found = columns(onboarded, known)
    wrong = [key for key, column in found.items() if column != asked[key]]
    assert wrong == []
    # One question has no answer of anybody in the later rounds, and has ended.
    answered = [
        key
        for key, column in asked.items()
        if files[key[1]][0][column].isin(answers(files[key[1]][1], column)).any()
    ]
    assert len(answered) >= len(asked) - 2
    # What was not found again has ended, and does not go on as something else.
    lost = [key for key in answered if key not in found]
    assert len(lost) <= 1, lost


def test_every_share_of_every_trend_is_that_of_the_files(
    published: Project, drawn: list[Asked], files: dict[str, tuple[Any, Any]]
) -> None:
    with duckdb.connect(str(published.warehouse / "wavehouse.duckdb"), read_only=True) as database:
        estimates = database.sql(
            "select variable_id, wave_id, category_label, estimate "
            "from marts.fct_trend_estimates "
            f"where study_id = '{STUDY}' and measure_kind = 'share' and segment_id = 'total' "
            "and estimate is not null"
        ).fetchall()
    shares: dict[tuple[str, str], dict[str, float]] = {}
    for variable, wave, label, estimate in estimates:
        shares.setdefault((variable, wave), {})[plain(label)] = estimate
    for (variable, wave), column in columns(published, variables(published, drawn)).items():
        data, about = files[wave]
        named = data[column].map(answers(about, column))
        weights = data[WEIGHT].where(named.notna(), 0)
        expected = (weights.groupby(named).sum() / weights.sum()).to_dict()
        got = {label: share for label, share in shares.get((variable, wave), {}).items() if share}
        assert got == pytest.approx(expected, abs=1e-9), (variable, wave, column)
    assert len(shares) > len(DATES) * COUNT - 5
