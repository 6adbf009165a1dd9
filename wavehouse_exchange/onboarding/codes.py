"""What became of the codes of a column: added, dropped, relabelled, moved, merged, split."""

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from itertools import combinations

import numpy as np
from scipy.optimize import linear_sum_assignment

from wavehouse_exchange.onboarding.matching import total_variation
from wavehouse_exchange.onboarding.missing import MissingGuess, MissingKinds, is_number
from wavehouse_exchange.onboarding.missing_labels import of_library
from wavehouse_exchange.onboarding.profile import ColumnProfile
from wavehouse_exchange.onboarding.signs import plain
from wavehouse_exchange.onboarding.texts import SAME_LABEL, is_respelled, similarity, words_of
from wavehouse_exchange.onboarding.wording import language_of, words_in_order

# A scale without labels is called reversed if turning it explains the new distribution, and much
# better than leaving it as it is.
LEAST_MISFIT = 0.15
MOST_MISFIT_REVERSED = 0.08
REVERSED_GAIN = 0.33
MOST_BY_DISTRIBUTION = 0.8
FEWEST_STEPS = 3

# How far the share of a merged code may be from the sum of its parts.
MERGED_TOLERANCE = 0.08
MOST_PARTS = 4
# How surely a label has to say another kind of missing than the codebook does.
LEAST_CONFIDENCE_OF_ANOTHER_KIND = 0.9

# What is said at most of a code whose label is only nearly that of an earlier one, and of a code
# that is new where one that is gone has some of its words.
MOST_RESPELLED = 0.8
MOST_ADDED_FOR_ANOTHER = 0.7
LEAST_LIKE_ANOTHER = 0.4

# A label stands for another one if so many columns say so, and so many of those that could.
FEWEST_LEARNED = 2
LEAST_LEARNED = 0.6


@dataclass(frozen=True)
class CodeChange:
    """One change. `codes` are of the new wave, `old_codes` of the wave before.

    `missing_kind` is that of a code that is missing now.
    """

    kind: str
    codes: tuple[str, ...]
    old_codes: tuple[str, ...]
    confidence: float
    reason: str
    missing_kind: str | None = None


@dataclass
class CodeComparison:
    """All changes, and the old code that each new code stands for, where it is another one."""

    changes: list[CodeChange] = field(default_factory=list)
    meaning: dict[str, str] = field(default_factory=dict)


def learned_labels(
    pairs: Iterable[tuple[ColumnProfile, ColumnProfile]],
) -> dict[str, str]:
    """Learn which labels of codes stand for which before: a translation, an abbreviation.

    Two labels stand for each other where most columns that have both of their code lists have them
    at the same code: that is as good as a dictionary, and a scale that is turned in one column is
    seen by what its labels are in the others.

    Args:
        pairs: columns of two waves that are surely one question.

    Returns:
        for new labels, as `plain` gives them, the old label, as it was delivered.
    """
    together: Counter[tuple[str, str]] = Counter()
    seen: Counter[str] = Counter()
    known: set[str] = set()
    for old, new in pairs:
        labels = {code: plain(label) for code, label in old.value_labels.items() if label}
        known |= set(labels.values())
        for code, label in new.value_labels.items():
            now = plain(label)
            if not now or now in labels.values():
                continue
            seen[now] += 1
            if code in labels:
                together[now, old.value_labels[code]] += 1
    found: dict[str, str] = {}
    for (now, before), count in together.most_common():
        if count >= FEWEST_LEARNED and count >= LEAST_LEARNED * seen[now] and now not in known:
            found.setdefault(now, before)
    return found


def compare_codes(
    old: ColumnProfile,
    new: ColumnProfile,
    old_missing: Mapping[str, str],
    translations: Mapping[str, str] | None = None,
    kinds: MissingKinds | None = None,
) -> CodeComparison:
    """Compare the codes of a column in two waves.

    Args:
        old: the column before; its labels are those of all codes that the codebook knows.
        new: the column now.
        old_missing: the kinds of missing of the codes that were missing before.
        translations: labels that stand for others, from `learned_labels`.
        kinds: finds missing codes; by the labels of the library alone if left out.
    """
    kinds = kinds or MissingKinds(of_library())
    if translations:
        new = replace(
            new,
            value_labels={
                code: translations.get(plain(label), label)
                for code, label in new.value_labels.items()
            },
        )
    result = CodeComparison()
    before = {
        code: label or code for code, label in old.value_labels.items() if code not in old_missing
    }
    now_missing = _compare_missing(old, new, old_missing, before, kinds, result)
    after = {
        code: new.value_labels.get(code) or code
        for code in {**new.value_labels, **new.counts}
        if code not in now_missing
    }
    if new.value_labels:
        # A code that is labelled and never delivered still says what the scale is.
        unlabelled = {code for code in after if not new.value_labels.get(code)}
    else:
        unlabelled = set(after)
    _compare_labelled(old, new, before, after, unlabelled, result)
    return result


def _compare_missing(
    old: ColumnProfile,
    new: ColumnProfile,
    old_missing: Mapping[str, str],
    before: Mapping[str, str],
    kinds: MissingKinds,
    result: CodeComparison,
) -> set[str]:
    """Find the codes that are missing now, and note those that were not, or otherwise."""
    missing = set()
    for code in {**new.value_labels, **new.counts}:
        label = new.value_labels.get(code, "")
        guess = kinds.judge(new, code)
        if guess is not None and not guess.kind:
            guess = None
        was = old_missing.get(code)
        is_known_answer = code in before and (
            not label or similarity(label, before[code]) >= SAME_LABEL
        )
        declared = code in new.missing_codes
        keeps = not _label_changed(old, code, label) or _is_translated(old, code, label)
        if was is not None and (not label or declared or guess or keeps):
            missing.add(code)
            if guess and guess.kind != was and _says_so(guess) and _label_changed(old, code, label):
                result.changes.append(
                    CodeChange(
                        "changed_missing_code",
                        (code,),
                        (code,),
                        round(guess.confidence - 0.1, 2),
                        f"{code} was {was}; now it is labelled {label!r}",
                        guess.kind,
                    )
                )
            continue
        if is_known_answer and not declared:
            continue
        if not declared and guess is None:
            continue
        missing.add(code)
        kind, confidence = (guess.kind, guess.confidence) if guess else ("no_answer", 0.5)
        what = f"labelled {label!r}" if label else "without a label"
        said = guess.reason if guess else "declared missing by the file"
        if code in before:
            result.changes.append(
                CodeChange(
                    "changed_missing_code",
                    (code,),
                    (code,),
                    round(confidence - 0.1, 2),
                    f"{code} was the answer {before[code]!r}; now it is {what}, {said}, "
                    f"in {new.rows_with(code)}",
                    kind,
                )
            )
        else:
            result.changes.append(
                CodeChange(
                    "new_missing_code",
                    (code,),
                    (),
                    round(confidence, 2),
                    f"{code} is {what}, {said}, in {new.rows_with(code)}",
                    kind,
                )
            )
    return missing


def _is_translated(old: ColumnProfile, code: str, label: str) -> bool:
    """Whether a code's label is in another language than before, as far as that can be told."""
    before = language_of(words_in_order(old.value_labels.get(code, "")))
    after = language_of(words_in_order(label))
    return bool(before and after and before != after)


def _says_so(guess: MissingGuess) -> bool:
    """Whether a label says its kind plainly enough to change what was known."""
    return guess.confidence >= LEAST_CONFIDENCE_OF_ANOTHER_KIND


def _label_changed(old: ColumnProfile, code: str, label: str) -> bool:
    return plain(old.value_labels.get(code, "")) != plain(label)


def _compare_labelled(
    old: ColumnProfile,
    new: ColumnProfile,
    before: Mapping[str, str],
    after: Mapping[str, str],
    unlabelled: set[str],
    result: CodeComparison,
) -> None:
    pairs = _pair_by_label(before, after, unlabelled)
    nearly = _pair_by_spelling(before, after, pairs)
    pairs |= nearly
    moved = {code: other for code, other in pairs.items() if code != other and code in before}
    respelled = {
        code: other
        for code, other in pairs.items()
        if code != other and code not in before and other not in after
    }
    # A code outside of the old scale whose label moved with the others belongs to the move.
    moved |= {
        code: other
        for code, other in pairs.items()
        if code != other and code not in moved and code not in respelled
    }
    if moved:
        change = _moved(old, new, moved, before)
        if nearly.keys() & moved.keys():
            change = replace(change, confidence=min(change.confidence, MOST_RESPELLED))
        result.changes.append(change)
        result.meaning |= moved
    for code, other in respelled.items():
        result.meaning[code] = other
        most = MOST_RESPELLED if code in nearly else 0.9
        asked = ". Reject if they are two answers" if code in nearly else ""
        result.changes.append(
            CodeChange(
                "code_respelled",
                (code,),
                (other,),
                most if not unlabelled else 0.75,
                f"{code} ({after[code]!r}) stands for what was {other} ({before[other]!r}){asked}",
            )
        )
    left_old = [code for code in before if code not in pairs.values()]
    left_new = [code for code in after if code not in pairs]
    for code, parts, change in _merged(old, new, before, after, left_old, left_new):
        result.changes.append(change)
        left_new.remove(code)
        left_old = [part for part in left_old if part not in parts]
    for part, codes, change in _split(old, new, before, after, left_old, left_new):
        result.changes.append(change)
        left_old.remove(part)
        left_new = [code for code in left_new if code not in codes]
    for code in list(left_new):
        if code in left_old:
            left_new.remove(code)
            left_old.remove(code)
            alike = similarity(before[code], after[code])
            result.changes.append(
                CodeChange(
                    "code_relabelled",
                    (code,),
                    (code,),
                    round(1 - alike, 2),
                    f"{code} was {before[code]!r} and is {after[code]!r} (alike by {alike:.2f})",
                )
            )
    if not moved:
        turned = _turned_by_distribution(old, new, pairs, unlabelled)
        if turned is not None:
            result.changes.append(turned)
            result.meaning |= dict(zip(turned.codes, turned.old_codes, strict=True))
    result.changes += [
        _added(new, code, after[code], {other: before[other] for other in left_old})
        for code in left_new
    ]
    result.changes += [
        CodeChange(
            "code_dropped",
            (),
            (code,),
            0.9,
            f"{code} ({before[code]!r}) is neither labelled nor delivered any more",
        )
        for code in left_old
        if old.counts.get(code)
    ]


def _pair_by_label(
    before: Mapping[str, str], after: Mapping[str, str], unlabelled: set[str]
) -> dict[str, str]:
    """Pair new codes with old ones of the same meaning: by label, else by the code itself."""
    pairs = {code: code for code in after if code in unlabelled and code in before}
    codes = [code for code in after if code not in pairs]
    others = [code for code in before if code not in pairs]
    if not codes or not others:
        return pairs
    # The same label is the same meaning; at equal labels a code stays what it was.
    alike = np.array(
        [
            [similarity(after[c], before[o]) + (0.001 if c == o else 0) for o in others]
            for c in codes
        ]
    )
    for row, place in zip(*linear_sum_assignment(-alike), strict=True):
        if alike[row, place] >= SAME_LABEL:
            pairs[codes[row]] = others[place]
    return pairs


def _pair_by_spelling(
    before: Mapping[str, str], after: Mapping[str, str], pairs: Mapping[str, str]
) -> dict[str, str]:
    """Pair other codes that are left where one label is nearly another, and only that one.

    A code that stays where it is has its own proposal, which asks about its label.
    """
    found: dict[str, str] = {}
    gone = [code for code in before if code not in pairs.values()]
    added = [code for code in after if code not in pairs]
    for code in added:
        near = [other for other in gone if is_respelled(before[other], after[code])]
        if len(near) != 1 or near == [code]:
            continue
        rivals = [each for each in added if is_respelled(before[near[0]], after[each])]
        if rivals == [code]:
            found[code] = near[0]
    return found


def _added(new: ColumnProfile, code: str, label: str, gone: Mapping[str, str]) -> CodeChange:
    """Say that a code is new, and of one that is gone if it may be that one."""
    reason = f"{code} ({label!r}) was not there before; it is in {new.rows_with(code)}"
    confidence = 0.9 if label != code else 0.6
    likeness = {
        other: max(similarity(label, was), float(is_respelled(label, was)))
        for other, was in gone.items()
    }
    other = max(likeness, key=lambda each: likeness[each], default=None)
    if other is not None and likeness[other] >= LEAST_LIKE_ANOTHER:
        confidence = min(confidence, MOST_ADDED_FOR_ANOTHER)
        reason += (
            f". {other} ({gone[other]!r}) is gone: if it is the same answer, give {code} its "
            "category_code in the row below"
        )
    return CodeChange("code_added", (code,), (), confidence, reason)


def _moved(
    old: ColumnProfile, new: ColumnProfile, moved: Mapping[str, str], before: Mapping[str, str]
) -> CodeChange:
    """Say how codes changed their meaning, and whether the distributions agree."""
    codes = sorted(moved, key=_order)
    others = [moved[code] for code in codes]
    is_reversed = len(codes) >= 2 and others == sorted(others, key=_order, reverse=True)
    kind = "reversed_scale" if is_reversed else "codes_moved"
    shares, delivered = old.shares(), new.shares()
    as_moved = total_variation(shares, {moved.get(c, c): s for c, s in delivered.items()})
    as_before = total_variation(shares, delivered)
    if as_moved <= as_before:
        confidence, agrees = 0.97, "and the distribution agrees"
    elif as_moved - as_before < 0.05:
        confidence, agrees = 0.85, "and the distribution does not decide"
    else:
        confidence, agrees = 0.5, "but the distribution speaks against it: perhaps only labels"
    listed = ", ".join(
        f"{code} now stands for {before[other]!r}, before {other}"
        for code, other in zip(codes, others, strict=True)
    )
    return CodeChange(
        kind,
        tuple(codes),
        tuple(others),
        confidence,
        f"by the labels {listed}; {agrees} ({as_moved:.0%} of {new.weighted}answers moved if "
        f"so, {as_before:.0%} if not)",
    )


def _turned_by_distribution(
    old: ColumnProfile, new: ColumnProfile, pairs: Mapping[str, str], unlabelled: set[str]
) -> CodeChange | None:
    """Find a reversed scale whose labels are not delivered."""
    steps = sorted((code for code in pairs if pairs[code] == code), key=_order)
    if len(steps) < FEWEST_STEPS or not unlabelled.issuperset(steps):
        return None
    if any(not is_number(code) for code in steps):
        # Codes that are words say themselves what they mean.
        return None
    shares = {code: share for code, share in old.shares().items() if code in steps}
    delivered = {code: share for code, share in new.shares().items() if code in steps}
    turned = dict(zip(steps, reversed(steps), strict=True))
    misfit = total_variation(shares, delivered)
    misfit_turned = total_variation(shares, {turned[c]: s for c, s in delivered.items()})
    if (
        misfit < LEAST_MISFIT
        or misfit_turned > MOST_MISFIT_REVERSED
        or misfit_turned > REVERSED_GAIN * misfit
    ):
        return None
    codes = [code for code in steps if turned[code] != code]
    confidence = MOST_BY_DISTRIBUTION * (1 - misfit_turned / misfit)
    return CodeChange(
        "reversed_scale",
        tuple(codes),
        tuple(turned[code] for code in codes),
        round(confidence, 2),
        f"no labels are delivered; turned round, {misfit_turned:.0%} of the {new.weighted}answers "
        f"moved, left as it is {misfit:.0%}. A real change of opinion looks the same only by "
        "chance: look at the questionnaire",
    )


def _merged(
    old: ColumnProfile,
    new: ColumnProfile,
    before: Mapping[str, str],
    after: Mapping[str, str],
    left_old: list[str],
    left_new: list[str],
) -> list[tuple[str, tuple[str, ...], CodeChange]]:
    """Find new codes whose label covers those of several old ones."""
    found = []
    free = list(left_old)
    for code in left_new:
        parts = _covered(after[code], {c: before[c] for c in free})
        if len(parts) < 2:
            continue
        gap = _gap(new, [code], old, parts)
        what = " and ".join(repr(before[part]) for part in parts)
        change = CodeChange(
            "codes_merged",
            (code,),
            parts,
            0.9 if gap <= MERGED_TOLERANCE else 0.6,
            f"{code} ({after[code]!r}) covers {what} ({', '.join(parts)}); its {new.weighted}share "
            f"differs from theirs together by {gap:.1%}",
        )
        free = [part for part in free if part not in parts]
        found.append((code, parts, change))
    return found


def _split(
    old: ColumnProfile,
    new: ColumnProfile,
    before: Mapping[str, str],
    after: Mapping[str, str],
    left_old: list[str],
    left_new: list[str],
) -> list[tuple[str, tuple[str, ...], CodeChange]]:
    """Find old codes whose label covers those of several new ones."""
    found = []
    free = list(left_new)
    for part in left_old:
        codes = _covered(before[part], {c: after[c] for c in free})
        if len(codes) < 2:
            continue
        gap = _gap(old, [part], new, codes)
        what = " and ".join(repr(after[code]) for code in codes)
        change = CodeChange(
            "code_split",
            codes,
            (part,),
            0.9 if gap <= MERGED_TOLERANCE else 0.6,
            f"{part} ({before[part]!r}) became {what} ({', '.join(codes)}); their "
            f"{new.weighted}share together differs from its by {gap:.1%}",
        )
        free = [code for code in free if code not in codes]
        found.append((part, codes, change))
    return found


def _covered(whole: str, parts: Mapping[str, str]) -> tuple[str, ...]:
    """Give the codes whose labels together make up a label, if there are several."""
    words = words_of(whole)
    inside = [code for code, label in parts.items() if words_of(label) and words_of(label) <= words]
    for size in range(2, min(len(inside), MOST_PARTS) + 1):
        for chosen in combinations(inside, size):
            if frozenset().union(*(words_of(parts[code]) for code in chosen)) == words:
                return chosen
    return ()


def _gap(
    one: ColumnProfile, codes: list[str], other: ColumnProfile, others: tuple[str, ...]
) -> float:
    first, second = one.shares(), other.shares()
    return abs(
        sum(first.get(code, 0) for code in codes) - sum(second.get(code, 0) for code in others)
    )


def _order(code: str) -> tuple[int, float, str]:
    return (0, float(code), "") if is_number(code) else (1, 0.0, code)
