"""Measure how well columns of a new wave are told, and what is left to decide.

Rounds with a key: made up in three languages (`questionnaires`), waves of this project's studies as
if they were new (`real_rounds`), and others that are given. Each pair is landed and compared as
`wavehouse add-wave` does it; then somebody who wants 48 of the questions that go on brings both
rounds in. Pairs of a group are one row of the table.
"""

from __future__ import annotations

import csv
import random
import shutil
import time
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, fields, replace
from itertools import pairwise
from pathlib import Path

from workbench import copy_project, keep_studies

from benchmark.questionnaires import write_rounds
from benchmark.real_rounds import real_pairs
from wavehouse.project import Project
from wavehouse_exchange.landing import land_wave
from wavehouse_exchange.landing.landed import is_landed, read_landed
from wavehouse_exchange.onboarding.apply import apply_draft
from wavehouse_exchange.onboarding.draft import (
    ACCEPT,
    PRE_ACCEPTED,
    SURE,
    draft_path,
    read_draft,
    write_decisions,
)
from wavehouse_exchange.onboarding.matching import Matching, OldColumn, match_columns
from wavehouse_exchange.onboarding.onboard import add_wave, new_study
from wavehouse_exchange.onboarding.profile import ColumnProfile, profile_landed
from wavehouse_exchange.onboarding.selecting import select
from wavehouse_exchange.onboarding.wave_rows import StudyOptions, WaveOptions

# From which confidence to below which: how often are matches of such a confidence right?
BINS = (0.5, 0.7, SURE, PRE_ACCEPTED, 1.01)
SAME = "same question"
LANGUAGES = ("en", "fr", "es")
SEEDS = (1, 2)
STUDY = "rounds"
WANTED = 48


@dataclass(frozen=True)
class Rounds:
    """Two rounds with what became of each column.

    Attributes:
        name: what to call them.
        old: the files of the earlier round.
        new: those of the later one.
        key: a CSV file; its first columns are the old name, the new name and the relation.
        joined_on: the column that several files are joined on.
        group: the row of the table that they belong to; the name if it is left out.
        design: columns that nobody is asked.
        is_decided: whether to bring them in as a person does.
    """

    name: str
    old: Sequence[Path]
    new: Sequence[Path]
    key: Path
    joined_on: str | None = None
    group: str = ""
    design: frozenset[str] = frozenset()
    is_decided: bool = True


@dataclass(frozen=True)
class Matched:
    """How well columns were matched.

    Attributes:
        rounds: the rounds.
        continuing: the questions that go on, by the key.
        right: those of them that are proposed as what they are.
        wrong: matches that the key says are none: the column is another question, or a new one,
            or the earlier one ended.
        outside: matches of columns that the key does not have.
        sure: the continuing questions that are accepted beforehand or by `sure`.
        sure_wrong: what is accepted so and wrong by the key: columns that are another question, and
            ends of questions that go on.
        bins: for each step of confidence, how many matches of the key have it, and are right.
        seconds: processor seconds of the comparison, without reading the files.
        decisions: what somebody decides in the second round who wants 48 questions: `sure` at
            once, and each proposal that it leaves open.
        seconds_of_wave: processor seconds of `wavehouse add-wave` for them.
        pairs: how many pairs of rounds this is the sum of.
    """

    rounds: str
    continuing: int
    right: int
    wrong: int
    outside: int
    sure: int
    sure_wrong: int
    bins: list[tuple[int, int]]
    seconds: float
    decisions: int = 0
    seconds_of_wave: float = 0.0
    pairs: int = 1


def made_up_rounds(folder: Path, quick: bool = False) -> list[Rounds]:
    """Write rounds in three languages."""
    found = []
    for language in LANGUAGES:
        for seed in SEEDS[:1] if quick else SEEDS:
            place = folder / f"{language}_{seed}"
            write_rounds(place, language, seed)
            found.append(
                Rounds(
                    f"made up, {language} {seed}",
                    [place / "round_1.sav"],
                    [place / "round_2.sav"],
                    place / "key.csv",
                )
            )
    return found


def given_rounds(files: Sequence[Path]) -> Rounds:
    """Give rounds that are at hand: the old file, the new one, and the key."""
    old, new, key = files
    return Rounds(f"{old.stem} to {new.stem}", [old], [new], key)


def real_rounds(folder: Path, landing: Path | None, quick: bool = False) -> list[Rounds]:
    """Give waves of this project's studies, each with the one before.

    Args:
        folder: gets the keys, and files with other names.
        landing: where the files of NHANES are, if they are at hand.
        quick: only the last pair of each study.
    """
    return [
        Rounds(
            pair.name,
            pair.old,
            pair.new,
            pair.key,
            pair.joined_on,
            pair.group,
            pair.design,
            pair.is_decided,
        )
        for pair in real_pairs(folder, landing, quick)
    ]


def measure_matching(rounds: Iterable[Rounds], folder: Path) -> list[Matched]:
    """Match the columns of all rounds.

    Args:
        rounds: the rounds.
        folder: gets what is landed.
    """
    found: dict[str, Matched] = {}
    for place, each in enumerate(rounds):
        landed = folder / f"landed_{place}"
        matched = measure(each, landed)
        if each.is_decided:
            decisions, seconds = decide(each, columns_of(each, "old", landed), landed / "project")
            matched = replace(matched, decisions=decisions, seconds_of_wave=seconds)
        shutil.rmtree(landed)
        group = each.group or each.name
        found[group] = together(group, found[group], matched) if group in found else matched
    return list(found.values())


def together(name: str, one: Matched, other: Matched) -> Matched:
    """Add what was found of two pairs of rounds."""
    bins = [(a + c, b + d) for (a, b), (c, d) in zip(one.bins, other.bins, strict=True)]
    sums = {
        field.name: getattr(one, field.name) + getattr(other, field.name)
        for field in fields(Matched)
        if field.name not in ("rounds", "bins")
    }
    return Matched(rounds=name, bins=bins, **sums)


def measure(rounds: Rounds, folder: Path) -> Matched:
    """Match the columns of two rounds and hold them to the key."""
    old = columns_of(rounds, "old", folder)
    new = columns_of(rounds, "new", folder)
    started = time.process_time()
    found = match(old, new)
    return judged(rounds, found, time.process_time() - started)


def columns_of(rounds: Rounds, wave: str, folder: Path) -> list[ColumnProfile]:
    """Land a round, "old" or "new", if it is not there, and give its columns."""
    project = Project(folder)
    if not is_landed(project, STUDY, wave):
        files = rounds.old if wave == "old" else rounds.new
        land_wave(project, STUDY, wave, list(files), rounds.joined_on)
    return list(profile_landed(read_landed(project, STUDY, wave)).columns.values())


def decide(rounds: Rounds, old: Sequence[ColumnProfile], folder: Path) -> tuple[int, float]:
    """Bring both rounds in, wanting some of the questions that go on.

    Returns:
        the decisions that the second round asks for, and the processor seconds of bringing it in.
    """
    respondent = next(c.name for c in old if c.code_count == c.row_count and not c.empty_count)
    # Where no code has a label, few codes say that something was asked.
    labelled = {column.name for column in old if column.value_labels} or {
        column.name for column in old if column.is_coded
    }
    labelled -= rounds.design
    asked = [name for name in read_key(rounds.key).same.values() if name in labelled]
    wanted = random.Random(WANTED).sample(asked, min(WANTED, len(asked)))
    project = copy_project(folder)
    keep_studies(project, [])
    new_study(
        project,
        STUDY,
        "1",
        list(rounds.old),
        WaveOptions(date="2020-01-01", keep=wanted, key=rounds.joined_on),
        StudyOptions(
            label="Rounds",
            respondent=respondent,
            producer="Made up",
            universe="Adults",
            citation="Made up",
            terms="None",
        ),
    )
    accept(project, "1")
    started = time.process_time()
    # What was asked before, and nothing else.
    options = WaveOptions(date="2021-01-01", keep=[], key=rounds.joined_on)
    add_wave(project, STUDY, "2", list(rounds.new), options)
    seconds = time.process_time() - started
    draft = read_draft(project, STUDY, "2")
    sure, _ = select(draft, ["sure"])
    return bool(sure) + sum(p.is_open and p.id not in sure for p in draft.proposals), seconds


def accept(project: Project, wave: str) -> None:
    """Accept all that is open of a wave, and write its rows."""
    draft = read_draft(project, STUDY, wave)
    ids = [proposal.id for proposal in draft.open_proposals]
    write_decisions(draft_path(project, STUDY, wave), ids, ACCEPT, "")
    apply_draft(project, STUDY, wave, "benchmark")


def match(old: Sequence[ColumnProfile], new: Sequence[ColumnProfile]) -> Matching:
    """Match two waves as if all columns of the first were wanted."""
    candidates = [OldColumn("old", column, place) for place, column in enumerate(old)]
    return match_columns(candidates, new)


def judged(rounds: Rounds, found: Matching, seconds: float) -> Matched:
    """Hold matches to the key."""
    key = read_key(rounds.key)
    matches = found.matches.values()
    right = [match for match in matches if key.same.get(match.new) == match.old]
    wrong = [
        match
        for match in matches
        if match not in right
        and (
            match.new in key.same
            or match.new in key.new
            or match.old in key.ended
            or (match.old == match.new and match.new in key.apart)
        )
    ]
    sure = [match for match in right if match.confidence >= SURE]
    # A draft shows two decimals, and `sure` goes by these.
    lost = [
        name
        for (_, name), chance in found.ended.items()
        if round(chance, 2) >= SURE and name in key.same.values()
    ]
    bins = []
    for low, high in pairwise(BINS):
        inside = [match for match in matches if low <= match.confidence < high]
        judged_ones = [match for match in inside if match in right or match in wrong]
        bins.append((len(judged_ones), sum(match in right for match in judged_ones)))
    return Matched(
        rounds.name,
        len(key.same),
        len(right),
        len(wrong),
        len(matches) - len(right) - len(wrong),
        len(sure),
        sum(match.confidence >= SURE for match in wrong) + len(lost),
        bins,
        seconds,
    )


@dataclass(frozen=True)
class Key:
    """What became of the columns.

    Attributes:
        same: for columns that go on the old name, by the new one.
        apart: names that belong to another question now.
        new: new columns.
        ended: earlier columns that nothing goes on with.
    """

    same: dict[str, str]
    apart: set[str]
    new: set[str]
    ended: set[str]


def read_key(path: Path) -> Key:
    """Read a key."""
    with path.open(encoding="utf-8", newline="") as file:
        _, *rows = csv.reader(file)
    return Key(
        {new: old for old, new, relation, *_ in rows if relation == SAME and new},
        {old for old, _, relation, *_ in rows if relation.startswith("another")},
        {new for _, new, relation, *_ in rows if relation == "new"},
        {old for old, _, relation, *_ in rows if relation == "ends"},
    )


def _each(total: float, found: Matched) -> str:
    """Give the share of a pair; nothing where no pair was brought in."""
    return f"{total / found.pairs:.0f}" if found.seconds_of_wave else ""


def matching_table(found: Sequence[Matched]) -> list[str]:
    """Give the table of all rounds, and how often matches of a confidence are right.

    Seconds and decisions are those of one pair of rounds.
    """
    lines = [
        "| rounds | go on | matched rightly | wrong | not in the key | sure | sure and wrong "
        f"| seconds | decisions for {WANTED} | seconds of add-wave |",
        "|---|---|---|---|---|---|---|---|---|---|",
    ]
    lines += [
        f"| {each.rounds} | {each.continuing} | {each.right / each.continuing:.1%} | {each.wrong} "
        f"| {each.outside} | {each.sure / each.continuing:.1%} | {each.sure_wrong} "
        f"| {each.seconds / each.pairs:.1f} | {_each(each.decisions, each)} "
        f"| {_each(each.seconds_of_wave, each)} |"
        for each in found
    ]
    lines += ["", "| confidence | matches | right |", "|---|---|---|"]
    for place, (low, high) in enumerate(pairwise(BINS)):
        count = sum(each.bins[place][0] for each in found)
        right = sum(each.bins[place][1] for each in found)
        share = f"{right / count:.1%}" if count else ""
        lines.append(f"| {low:.2f} to {min(high, 1.0):.2f} | {count} | {share} |")
    return lines
