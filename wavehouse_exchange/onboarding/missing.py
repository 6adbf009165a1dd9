"""Which codes of a column mean that an answer is missing, of which kind, and how surely.

| what says it                           | example                                          |
|----------------------------------------|--------------------------------------------------|
| earlier waves                          | code 98 "Refused" was `refused` in any column    |
| the file                               | user-missing codes, Stata's and SAS's .a to .z   |
| the label, in languages of the table   | "98 = Ne sait pas"                               |
| the structure, in any language         | 98 beyond 1 to 4, its label in forty other lists |
| what programs write for nothing        | `NA` among numbers                               |
| numbers such as 998 far from the rest  | ages of 18 to 94, and 998                        |

The last two, and a label that stands within the scale, are asked about: they may be answers.
"""

import re
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from wavehouse.codebook.tables import Codebook
from wavehouse_exchange.onboarding.known import KnownColumn
from wavehouse_exchange.onboarding.missing_labels import (
    PARTLY,
    WHOLE,
    LabelGuess,
    MissingLabels,
    compared,
    missing_labels,
)
from wavehouse_exchange.onboarding.profile import RESERVED_NUMBER, ColumnProfile

# What each finding is worth; PRE_ACCEPTED of the draft is 0.95, SURE 0.9.
DECLARED, KEPT, BEYOND, AT_THE_END, WORD, ONE_WORD = 0.98, 0.97, 0.96, 0.93, 0.92, 0.85
SAME_LABEL_ELSEWHERE, ASKED, UNKNOWN_KIND = 0.8, 0.6, 0.5

# A label without a language is a missing one if it stands beyond the scale in so many columns, and
# beside so many different scales.
FEWEST_COLUMNS, FEWEST_SCALES, FEWEST_STEPS = 5, 3, 2

# A number is far from the rest if its distance is this part of the range of nine tenths of them.
FAR = 0.5
FEWEST_IN_A_HEAP, LEAST_SHARE_OF_A_HEAP = 5, 0.01

# What programs write where nothing is: as answers these are rare, but there are some (Namibia).
_PROGRAMS_NOTHING = {"na", "# n a", "null", "nan", "< na >", "# null", "sysmis", ".", "n a"}
_UPPER_CASE_CODES = re.compile(r"[A-Z]{2}")


@dataclass(frozen=True)
class MissingGuess:
    """What is thought of one code.

    `kind` is empty where it looks missing and is more likely an answer. `is_asked` where only a
    person can say whether it is missing at all, so that nothing is accepted beforehand.
    """

    kind: str
    confidence: float
    reason: str
    is_asked: bool = False


class MissingKinds:
    """The missing codes of a wave, found by all that is known."""

    def __init__(
        self,
        labels: MissingLabels,
        columns: Mapping[str, ColumnProfile] | None = None,
        earlier: Iterable[KnownColumn] = (),
    ) -> None:
        """Take what is known.

        Args:
            labels: the table of labels.
            columns: the columns of the wave, for what many of them have in common.
            earlier: columns of earlier waves with their codes and kinds.
        """
        self.labels = labels
        self._kinds: dict[tuple[str, str], Counter[str]] = defaultdict(Counter)
        self._kinds_of_label: dict[str, Counter[str]] = defaultdict(Counter)
        for known in earlier:
            self._learn(known)
        self._scales: dict[tuple[str, str], set[frozenset[str]]] = defaultdict(set)
        self._uses: Counter[tuple[str, str]] = Counter()
        self._declared: set[tuple[str, str]] = set()
        for column in (columns or {}).values():
            self._look_at(column)

    def judge(self, column: ColumnProfile, code: str) -> MissingGuess | None:
        """Say whether a code is missing; None if it is an answer, or nothing speaks for it."""
        label = column.value_labels.get(code, "")
        declared = code in column.missing_codes
        said = self._said(label or code) if label or not is_number(code) else None
        if said is None and not label and compared(code) in _PROGRAMS_NOTHING:
            said = LabelGuess("no_answer", WHOLE)
        kept = self._as_before(column, code, label, declared)
        if kept is not None:
            return kept
        if declared:
            return self._declared_missing(label, said)
        if said is not None and said.kind:
            return self._by_label(column, code, label, said)
        if not label and _is_tag(code):
            return MissingGuess(
                "no_answer", UNKNOWN_KIND, "a special missing code, without a label"
            )
        return self._by_structure(column, code, label, said)

    def split(self, column: ColumnProfile) -> tuple[dict[str, MissingGuess], list[str]]:
        """Tell the codes that may be missing from the answers, in the file's order."""
        missing: dict[str, MissingGuess] = {}
        answers = []
        for code in dict.fromkeys([*column.value_labels, *column.counts]):
            guess = self.judge(column, code)
            if guess is None:
                answers.append(code)
            else:
                missing[code] = guess
        return missing, answers

    def far_numbers(self, column: ColumnProfile) -> dict[str, MissingGuess]:
        """Find unlabelled numbers such as 998 or -1 that lie far from the others, or in a heap.

        They are asked about: unlikely numbers are possible.
        """
        counts = column.reserved_counts
        rest = column.other_numbers
        if not counts or rest is None:
            return {}
        spread = max(rest.quantiles[-1] - rest.quantiles[0], 1e-9)
        found = {}
        for code, count in counts.items():
            if column.value_labels.get(code) or code in column.missing_codes:
                continue
            number = float(code)
            distance = max(number - rest.largest, rest.smallest - number)
            is_heap = count >= max(FEWEST_IN_A_HEAP, LEAST_SHARE_OF_A_HEAP * column.row_count)
            is_sign = number < 0 <= rest.smallest
            if distance <= 0 or not (is_sign or distance > FAR * spread or is_heap):
                continue
            found[code] = MissingGuess(
                "no_answer",
                ASKED,
                f"{code} among numbers from {rest.smallest:g} to {rest.largest:g}, in {count:g} "
                "rows: many files write missing answers so",
                is_asked=True,
            )
        return found

    def _learn(self, known: KnownColumn) -> None:
        for code, label in known.profile.value_labels.items():
            if not label:
                continue
            kind = known.missing.get(code)
            if kind is None and known.target(code) is None:
                continue
            self._kinds[code, compared(label)][kind or ""] += 1
            self._kinds_of_label[compared(label)][kind or ""] += 1

    def _look_at(self, column: ColumnProfile) -> None:
        """Count the labels that stand beyond a scale, and beside which scales."""
        scale = self._scale(column)
        own = frozenset(compared(column.value_labels[code]) for code in scale)
        for code, label in column.value_labels.items():
            if not label:
                continue
            key = (code, compared(label))
            if code in column.missing_codes:
                self._declared.add(key)
            if _place(code, scale) == "beyond" and len(scale) >= FEWEST_STEPS:
                self._scales["", compared(label)].add(own)
                self._uses["", compared(label)] += 1

    def _scale(self, column: ColumnProfile, without: str = "") -> list[str]:
        """Give the labelled codes that are steps of the scale, as far as labels tell."""
        steps, others = [], []
        for code, label in column.value_labels.items():
            if code in (without, *column.missing_codes) or not is_number(code) or not label:
                continue
            said = self.labels.judge(label)
            if said is None:
                steps.append(code)
            elif not said.kind:
                # "Other" may stand far beyond the scale too.
                others.append(code)
        if len(steps) < FEWEST_STEPS:
            return [*steps, *others]
        # A code far from the others, such as a single 998 in an unknown language, is no step.
        numbers = sorted(steps, key=float)
        reserved = [code for code in numbers if RESERVED_NUMBER.fullmatch(code)]
        plain_steps = [code for code in numbers if code not in reserved]
        if len(plain_steps) < FEWEST_STEPS:
            return numbers
        return plain_steps + [c for c in reserved if _place(c, plain_steps) != "beyond"]

    def _as_before(
        self, column: ColumnProfile, code: str, label: str, declared: bool
    ) -> MissingGuess | None:
        """Give the kind that earlier waves gave to this code and label, in whatever column."""
        kinds = self._kinds.get((code, compared(label))) if label else None
        if not kinds or len(kinds) > 1 or "" in kinds:
            # An answer here and missing there: the column itself has to say.
            return None
        (kind, count) = kinds.most_common(1)[0]
        confidence = KEPT
        if not declared:
            place = _place(code, self._scale(column, without=code))
            confidence = {"within": ONE_WORD, "end": AT_THE_END}.get(place, KEPT)
        columns = "column" if count == 1 else "columns"
        return MissingGuess(
            kind, confidence, f"{code} {label!r} was {kind} before, in {count} {columns}"
        )

    def _said(self, label: str) -> LabelGuess | None:
        """Give what a label says, by earlier waves if they agree, else by the table."""
        said = self.labels.judge(label)
        kinds = self._kinds_of_label.get(compared(label))
        if not kinds or len(kinds) > 1 or (said is not None and not said.kind):
            return said
        return LabelGuess(min(kinds), said.confidence if said else WHOLE)

    def _declared_missing(self, label: str, said: LabelGuess | None) -> MissingGuess:
        if said is not None and said.kind:
            confidence = DECLARED if said.confidence == WHOLE else said.confidence
            return MissingGuess(said.kind, confidence, "declared missing by the file")
        what = f"labelled {label!r}" if label else "without a label"
        return MissingGuess(
            "no_answer",
            UNKNOWN_KIND,
            f"declared missing by the file, {what}: which kind is a guess",
        )

    def _by_label(
        self, column: ColumnProfile, code: str, label: str, said: LabelGuess
    ) -> MissingGuess | None:
        """Weigh a label that the table knows by its place in the scale."""
        if not label:
            return self._by_text(column, code, said)
        place = _place(code, self._scale(column, without=code))
        shared = len(self._scales.get(("", compared(label)), ())) >= FEWEST_SCALES
        if said.confidence == PARTLY:
            if place != "beyond":
                return None
            return MissingGuess(
                said.kind,
                PARTLY,
                f"{label!r} begins with a missing label and goes on with something else",
                is_asked=True,
            )
        if place == "within" and not shared:
            return MissingGuess(
                said.kind,
                min(ASKED, said.confidence),
                f"{label!r} stands within the scale: it may be an answer",
                is_asked=True,
            )
        if place == "beyond" or shared:
            certain = BEYOND
        elif place == "text":
            certain = WORD
        else:
            # "Refused" may be what became of an application.
            certain = ONE_WORD if " " not in compared(label) else AT_THE_END
        confidence = certain if said.confidence == WHOLE else min(certain, said.confidence)
        return MissingGuess(said.kind, confidence, "by its label; the file does not declare it")

    def _by_text(self, column: ColumnProfile, code: str, said: LabelGuess) -> MissingGuess:
        """Weigh a code that is a text of its own, such as NA."""
        others = [
            other for other in column.counts if other != code and other not in column.missing_codes
        ]
        if _is_tag(code):
            return MissingGuess(said.kind, said.confidence, "a special missing code, by its letter")
        if compared(code) not in _PROGRAMS_NOTHING:
            return MissingGuess(said.kind, min(WORD, said.confidence), "by the text itself")
        if others and all(_UPPER_CASE_CODES.fullmatch(other) for other in [code, *others]):
            return MissingGuess(
                "",
                ASKED,
                f"{code} stands among codes like {', '.join(others[:3])}, so it seems to be one of "
                "them; R and others write it where nothing is",
                is_asked=True,
            )
        what = "numbers" if column.numbers is not None else "texts"
        return MissingGuess(
            said.kind,
            SAME_LABEL_ELSEWHERE,
            f"{code} among {what}: R and others write it where nothing is",
            is_asked=True,
        )

    def _by_structure(
        self, column: ColumnProfile, code: str, label: str, said: LabelGuess | None
    ) -> MissingGuess | None:
        """Find, without reading a label, what stands beyond the scale in many columns."""
        if not label or (said is not None and not said.kind):
            return None
        scale = self._scale(column, without=code)
        if len(scale) < FEWEST_STEPS or _place(code, scale) != "beyond":
            return None
        if (code, compared(label)) in self._declared:
            return MissingGuess(
                "no_answer",
                ASKED,
                f"{label!r} is declared missing in other columns of the file: which kind is a "
                "guess",
                is_asked=True,
            )
        uses = self._uses["", compared(label)]
        scales = len(self._scales["", compared(label)])
        if uses < FEWEST_COLUMNS or scales < FEWEST_SCALES:
            return None
        return MissingGuess(
            "no_answer",
            UNKNOWN_KIND,
            f"{label!r} stands beyond {scales} different scales, in {uses} columns: it seems to be "
            "missing, and which kind is a guess",
            is_asked=True,
        )


def missing_kinds(
    codebook: Codebook,
    columns: Mapping[str, ColumnProfile] | None = None,
    earlier: Iterable[KnownColumn] = (),
) -> MissingKinds:
    """Make what finds the missing codes of a wave: see `MissingKinds`."""
    return MissingKinds(missing_labels(codebook), columns, earlier)


def _place(code: str, scale: list[str]) -> str:
    """Say where a code stands: within the scale, at its end, beyond it, or a text."""
    if not is_number(code) or not scale:
        return "text"
    number = float(code)
    steps = [float(step) for step in scale]
    low, high = min(steps), max(steps)
    if number > high + 1 or number < low - 1 or number < 0 <= low:
        return "beyond"
    return "within" if low < number < high else "end"


def _is_tag(code: str) -> bool:
    return re.fullmatch(r"\.[a-z_]", code) is not None


def is_number(code: str) -> bool:
    """Say whether a code is a number; NaN is none."""
    try:
        return float(code) == float(code)
    except ValueError:
        return False
