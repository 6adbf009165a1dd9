"""Which column of the earlier waves each column of a new one is: identity before name.

This is record linkage (Fellegi and Sunter 1969). Each kind of evidence of a pair has a level, and
the level's weight is the logarithm of how much more often pairs of one question have it than other
pairs do. The second share is counted over all pairs; the first is learned from the pairs
themselves by expectation and maximisation (Winkler 1988), beginning with what is usual. So a
questionnaire that keeps its names makes names count, and one that deals them out again makes them
count nothing; labels in another language are worth what they turn out to be worth.

A column is one question at most, and a question one column. The chance of each pair under that
rule, with "new" and "ends here" as outcomes, is the marginal of a weighted matching by sum-product
message passing (Williams and Lau 2014), so a rival that is as good halves it.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace

import numpy as np
from scipy.optimize import linear_sum_assignment

from wavehouse_exchange.onboarding.chances import pair_chances
from wavehouse_exchange.onboarding.evidence import (
    Evidence,
    Labels,
    code_evidence,
    code_list,
    compare_labels,
    distribution_evidence,
    empty_evidence,
    label_evidence,
    name_evidence,
    place_evidence,
)
from wavehouse_exchange.onboarding.likeness import labels_alike, word_pairs
from wavehouse_exchange.onboarding.perhaps import MOST_WITH_A_DOUBT, may_be_one, nearest
from wavehouse_exchange.onboarding.profile import ColumnProfile
from wavehouse_exchange.onboarding.runs import in_one_language
from wavehouse_exchange.onboarding.stems import Batteries
from wavehouse_exchange.onboarding.wording import Wording, wordings

# From here on a pair is proposed as one question.
LIKELY = 0.5
# Without labels on both sides a match is a guess, unless it has the name and all names stay.
MOST_WITHOUT_LABELS = 0.75
# Words that are not all the same, or in another language, may ask another thing: a person reads
# them.
SAME_LABEL = 0.995
MOST_REWORDED = 0.89

# How much the usual counts beside what is learned, in pairs; and how many rounds of learning.
_USUAL_PAIRS = 20.0
_USUAL_APART = 100.0
_LEAST_APART = 0.05
_ROUNDS = 6
_ANCHOR = 0.8
# What is thought of a question beforehand: that it goes on, and less of one that had ended.
_CONTINUES = 0.7
_RETURNS = 0.05
_MOST_WITHOUT_LABEL = -1.0
_MOST_FOR = 9.0
_MOST_AGAINST = 6.0
_MOST_LOG_ODDS = 30.0
_NAMED_RIVAL = 0.05
# The share of names that stay below which a name is nothing, and from which on it is enough.
_NAMES_SAY_NOTHING = 0.5
_NAMES_SAY_ALL = 0.9


@dataclass(frozen=True)
class OldColumn:
    """A column of an earlier wave that a new one could be.

    Attributes:
        wave_id: the last wave that delivered it.
        profile: what it was there.
        place: its place in that wave.
        is_last: whether that is the wave before the new one.
    """

    wave_id: str
    profile: ColumnProfile
    place: int
    is_last: bool = True


@dataclass(frozen=True)
class ColumnMatch:
    """A column that is proposed as an earlier one.

    Attributes:
        old: its name then.
        new: its name now.
        confidence: the chance that they are one question.
        reason: the evidence in words.
        old_wave: the wave that it is known from.
        label_alike: how alike the labels are, from 0 to 1; None where one is absent.
        rival: another earlier column that it could be, if there is one to be named.
        same_words: whether each word of both labels is in the other, inflected, abbreviated or
            cut: then nothing else is asked.
    """

    old: str
    new: str
    confidence: float
    reason: str
    old_wave: str = ""
    label_alike: float | None = None
    rival: str = ""
    same_words: bool = False


@dataclass(frozen=True)
class Matching:
    """All columns of a wave: what they are, or that they are new; and what ended.

    Attributes:
        matches: by the new name.
        new: for columns that are proposed as new, the chance that they are.
        ended: for earlier columns that nothing goes on with, the chance that they ended; by wave
            and name. It is sure only where `perhaps` has none for them.
        perhaps: for the same columns the new ones that they may be, the nearest first.
        same_name: for names that the wave before has too, the chance that they are one question.
    """

    matches: Mapping[str, ColumnMatch] = field(default_factory=dict)
    new: Mapping[str, float] = field(default_factory=dict)
    ended: Mapping[tuple[str, str], float] = field(default_factory=dict)
    perhaps: Mapping[tuple[str, str], Sequence[str]] = field(default_factory=dict)
    same_name: Mapping[str, float] = field(default_factory=dict)


def match_columns(
    old: Sequence[OldColumn],
    new: Sequence[ColumnProfile],
    given: Mapping[str, str] | None = None,
) -> Matching:
    """Say which earlier column each new one is.

    Args:
        old: the candidates, each question once, as its last wave had it.
        new: the columns of the new wave, in their order.
        given: a concordance of the producer, old name by new name. It wins.
    """
    if not old or not new:
        return Matching(
            {},
            {column.name: 1.0 for column in new},
            {(o.wave_id, o.profile.name): 1.0 for o in old},
        )
    profiles = [column.profile for column in old]
    lists = [code_list(c) for c in profiles], [code_list(c) for c in new]
    before = in_one_language(profiles, _old_wordings(old), lists[0])
    after = list(wordings({column.name: column.label for column in new}).values())
    after = in_one_language(new, after, lists[1])
    labels = compare_labels(before, after)
    fixed = [
        code_evidence(profiles, new, labels.crossing),
        distribution_evidence(profiles, new),
        empty_evidence(profiles, new),
        name_evidence(profiles, new),
    ]
    batteries = Batteries(
        (profiles, before),
        (new, after),
        lists,
    )
    odds, place_of_pairs = _learn(fixed, (before, after), labels, batteries, old)
    doubts = may_be_one(profiles, new, labels, fixed[0], place_of_pairs)
    for row, place in _given_places(old, new, given or {}):
        odds[row, :] = -_MOST_LOG_ODDS
        odds[:, place] = -_MOST_LOG_ODDS
        odds[row, place] = _MOST_LOG_ODDS
    return _outcomes(old, new, odds, labels, doubts, given or {})


def _old_wordings(old: Sequence[OldColumn]) -> list[Wording]:
    """Read the labels of each earlier wave among its own: question numbers differ by wave."""
    by_wave: dict[str, dict[str, str]] = {}
    for column in old:
        by_wave.setdefault(column.wave_id, {})[column.profile.name] = column.profile.label
    read = {wave: wordings(labels) for wave, labels in by_wave.items()}
    return [read[column.wave_id][column.profile.name] for column in old]


def _learn(
    fixed: Sequence[Evidence],
    wording: tuple[Sequence[Wording], Sequence[Wording]],
    labels: Labels,
    batteries: Batteries,
    old: Sequence[OldColumn],
) -> tuple[np.ndarray, Evidence]:
    """Give the logarithm of the odds of each pair, beside those of being nothing that is there.

    Returns:
        the odds, and the places of the pairs as seen from the columns that are surely the same.
    """
    before, after = wording
    count = len(after)
    last = np.array([column.is_last for column in old])
    rates = np.where(last, _CONTINUES, _RETURNS)
    prior = np.log(rates / (1 - rates))[:, None]
    codes, answers, empty, _ = fixed
    place = _places(old, count, [])
    same: dict[str, np.ndarray] = {}
    reworded = np.zeros((len(old), count))
    chances = None
    for step in range(_ROUNDS):
        sought = batteries.sought(
            _said(codes, same, chances),
            _weights_by(codes.levels, answers, same, chances),
            _said(empty, same, chances),
        )
        label, unlike = label_evidence(labels, np.fmax(reworded, sought.alike))
        of_label, *support = (_said(each, same, chances) for each in (label, *fixed, place))
        # Items of a battery share codes, place and answers: these support a label that fits, and
        # do not replace one that does not.
        supported = np.sum(support, axis=0)
        limit = np.log(count) + _MOST_WITHOUT_LABEL
        odds = prior + np.log(sought.share) + of_label
        odds += np.where(unlike, np.minimum(supported, limit), supported)
        np.clip(odds, -_MOST_LOG_ODDS, _MOST_LOG_ODDS, out=odds)
        if step == _ROUNDS - 1:
            break
        chances = pair_chances(odds)
        place = _places(old, count, _anchors(chances, old))
        same = {each.name: _learned(each, chances) for each in (label, *fixed, place)}
        sure = np.argwhere(chances >= _ANCHOR)
        learned = word_pairs((before[row], after[column]) for row, column in sure)
        if learned:
            reworded = labels_alike(before, after, learned)[0]
    return odds, place


def _said(
    evidence: Evidence, same: Mapping[str, np.ndarray], chances: np.ndarray | None
) -> np.ndarray:
    """Give what evidence says of each pair, in logarithms of odds."""
    learned = same.get(evidence.name, np.array(evidence.same))
    return np.asarray(evidence.weight * _weights(evidence, learned, chances)[evidence.levels])


def _weights_by(
    groups: np.ndarray,
    evidence: Evidence,
    same: Mapping[str, np.ndarray],
    chances: np.ndarray | None,
) -> np.ndarray:
    """Give what a level says of a pair beside others of its group, such as those with its codes."""
    learned = same.get(evidence.name, np.array(evidence.same))
    found = np.zeros(groups.shape)
    for group in np.unique(groups):
        inside = groups == group
        part = replace(evidence, levels=evidence.levels[inside][None, :])
        of_part = None if chances is None else chances[inside][None, :]
        found[inside] = _weights(part, learned, of_part)[part.levels[0]]
    return found


def _places(old: Sequence[OldColumn], count: int, anchors: Sequence[tuple[int, int]]) -> Evidence:
    """Compare places; those of columns that had ended say nothing."""
    last = [row for row, column in enumerate(old) if column.is_last]
    found = place_evidence(len(last), count, anchors)
    levels = np.zeros((len(old), count), dtype=int)
    levels[last] = found.levels
    return replace(found, levels=levels)


def _anchors(chances: np.ndarray, old: Sequence[OldColumn]) -> list[tuple[int, int]]:
    rank = {row: i for i, row in enumerate(r for r, c in enumerate(old) if c.is_last)}
    rows, places = np.nonzero(chances >= _ANCHOR)
    return [
        (rank[row], place)
        for row, place in zip(rows.tolist(), places.tolist(), strict=True)
        if row in rank
    ]


def _weights(evidence: Evidence, same: np.ndarray, chances: np.ndarray | None) -> np.ndarray:
    """Give the logarithm of how much more often one question has a level than two questions do.

    Other pairs are all but those that are thought to be one question: of these there are some
    hundreds among a hundred thousand, and nearly all pairs with the same label are.
    """
    counts = np.bincount(evidence.levels.ravel(), minlength=len(same)).astype(float)
    if chances is None:
        matched = same * _CONTINUES * min(evidence.levels.shape)
    else:
        matched = np.bincount(evidence.levels.ravel(), chances.ravel(), minlength=len(same))
    apart = np.maximum(counts - matched, 0.0) + np.array(evidence.apart) * _USUAL_APART
    apart = np.maximum(apart, _LEAST_APART)
    weights = np.log(np.maximum(same, 1e-4) / (apart / apart.sum()))
    # What cannot be compared says nothing.
    weights[0] = 0.0
    return np.asarray(np.clip(weights, -_MOST_AGAINST, _MOST_FOR))


def _learned(evidence: Evidence, chances: np.ndarray) -> np.ndarray:
    usual = np.array(evidence.same)
    seen = np.bincount(evidence.levels.ravel(), weights=chances.ravel(), minlength=len(usual))
    total = usual * _USUAL_PAIRS + seen
    return np.asarray(total / total.sum())


def _given_places(
    old: Sequence[OldColumn], new: Sequence[ColumnProfile], given: Mapping[str, str]
) -> list[tuple[int, int]]:
    rows = {column.profile.name: row for row, column in reversed(list(enumerate(old)))}
    return [
        (rows[given[column.name]], place)
        for place, column in enumerate(new)
        if given.get(column.name) in rows
    ]


def _outcomes(
    old: Sequence[OldColumn],
    new: Sequence[ColumnProfile],
    odds: np.ndarray,
    labels: Labels,
    doubts: np.ndarray,
    given: Mapping[str, str],
) -> Matching:
    chances = pair_chances(odds)
    pairs = _pairs(old, new, odds, chances, labels)
    has_names = _kept(old, new, pairs) >= _NAMES_SAY_ALL
    matches = {}
    for row, place in pairs:
        before, after = old[row], new[place]
        label = None if np.isnan(labels.alike[row, place]) else float(labels.alike[row, place])
        chance = float(chances[row, place])
        others = np.delete(chances[:, place], row)
        rival = ""
        if len(others) and others.max() > _NAMED_RIVAL:
            at = int(others.argmax())
            rival = old[at + (at >= row)].profile.name
        if given.get(after.name) == before.profile.name:
            reason = "the concordance says so"
        else:
            reason = _reason(before, after, label, rival)
            if label is None and not (has_names and before.profile.name == after.name):
                chance = min(chance, MOST_WITHOUT_LABELS)
            elif label is not None and label < SAME_LABEL and not labels.whole[row, place]:
                chance = min(chance, MOST_REWORDED)
        matches[after.name] = ColumnMatch(
            before.profile.name,
            after.name,
            round(min(chance, 0.999), 3),
            reason,
            before.wave_id,
            label,
            rival,
            bool(labels.whole[row, place]),
        )
    taken, claimed = {row for row, _ in pairs}, {place for _, place in pairs}
    free = doubts.copy()
    free[sorted(taken), :] = False
    free[:, sorted(claimed)] = False
    perhaps = {
        row: nearest(row, free, chances, labels.alike, claimed)
        for row in range(len(old))
        if row not in taken
    }
    sums, old_sums = 1 - chances.sum(axis=0), 1 - chances.sum(axis=1)
    # A column that is left over, and may be another one that is, is no sure end and not surely new.
    in_doubt = [row for row, places in perhaps.items() if places]
    old_sums[in_doubt] = np.minimum(old_sums[in_doubt], MOST_WITH_A_DOUBT)
    sums[free.any(axis=0)] = np.minimum(sums[free.any(axis=0)], MOST_WITH_A_DOUBT)
    rows = {column.profile.name: row for row, column in enumerate(old) if column.is_last}
    same_name = np.where(free, np.maximum(chances, 1 - MOST_WITH_A_DOUBT), chances)
    keys = [(column.wave_id, column.profile.name) for column in old]
    return Matching(
        matches,
        {
            column.name: round(float(sums[place]), 3)
            for place, column in enumerate(new)
            if column.name not in matches
        },
        {keys[row]: round(float(old_sums[row]), 3) for row in perhaps},
        {keys[row]: [new[place].name for place in places] for row, places in perhaps.items()},
        {
            column.name: round(float(same_name[rows[column.name], place]), 3)
            for place, column in enumerate(new)
            if column.name in rows
        },
    )


def _pairs(
    old: Sequence[OldColumn],
    new: Sequence[ColumnProfile],
    odds: np.ndarray,
    chances: np.ndarray,
    labels: Labels,
) -> list[tuple[int, int]]:
    """Choose the best pairs together; then names that stay, where nothing speaks against them."""
    chosen = linear_sum_assignment(-np.maximum(odds, 0.0))
    found = [
        (int(row), int(place))
        for row, place in zip(*chosen, strict=True)
        if chances[row, place] >= LIKELY
    ]
    rows, places = {row for row, _ in found}, {place for _, place in found}
    if _kept(old, new, found) < _NAMES_SAY_NOTHING:
        return found
    by_name = {column.name: place for place, column in enumerate(new)}
    for row, column in enumerate(old):
        place = by_name.get(column.profile.name)
        if place is None or place in places or row in rows or not column.is_last:
            continue
        if np.isnan(labels.alike[row, place]):
            found.append((row, place))
            places.add(place)
    return found


def _kept(
    old: Sequence[OldColumn], new: Sequence[ColumnProfile], pairs: Sequence[tuple[int, int]]
) -> float:
    """Give the share of pairs that keep their name; 1 if there are none."""
    same = sum(old[row].profile.name == new[place].name for row, place in pairs)
    return same / len(pairs) if pairs else 1.0


def _reason(before: OldColumn, after: ColumnProfile, label: float | None, rival: str) -> str:
    parts = []
    if label is not None:
        parts.append("the label is the same" if label >= 0.995 else f"labels alike by {label:.2f}")
    else:
        parts.append("no label to compare")
    if before.profile.value_labels and after.value_labels:
        same = dict(before.profile.value_labels) == dict(after.value_labels)
        parts.append("the same codes" if same else "other codes or labels of codes")
    if before.profile.name.casefold() == after.name.casefold():
        parts.append("the same name")
    if not before.is_last:
        parts.append(f"last asked in wave {before.wave_id}")
    if rival:
        parts.append(f"{rival} is similar too")
    return ", ".join(parts)


def total_variation(one: Mapping[str, float], other: Mapping[str, float]) -> float:
    """Give the share of people that would have to move to turn one distribution into the other."""
    return sum(abs(one.get(code, 0.0) - other.get(code, 0.0)) for code in {*one, *other}) / 2
